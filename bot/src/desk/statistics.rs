//! Figures of some days, from what is stored.

use std::collections::BTreeMap;
use std::fmt::Write;

use faq::Faq;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialogue::{ChoiceId, Event, start_of_day_in_vietnam};
use crate::store::{HandoffTimes, Span, Store, StoreError};

/// Days that are counted at once: a year and a leap day.
pub const DAYS_MAX: i32 = 366;
const HOURS_PER_DAY: i64 = 24;

/// The figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Statistics {
    /// Conversations that began, by channel and hour of the day.
    pub conversations: Vec<ByHour>,
    /// How the bot's replies ended, and how many were handed over.
    pub outcomes: Outcomes,
    /// From asking for an operator to their first words.
    pub first_reply_ms: Percentiles,
    /// From the first claim to the end.
    pub resolution_ms: Percentiles,
    /// Claimed within what is promised.
    pub service_level: Kept,
    /// How many gave one to five stars.
    pub ratings: [i64; ChoiceId::STARS_MAX as usize],
    /// The topics answered most.
    pub topics: Vec<TopicCount>,
    /// Day by day, those without anything included.
    pub by_day: Vec<ByDay>,
}

/// Conversations that began in one hour of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByHour {
    /// web or telegram.
    pub channel: String,
    /// 0 to 23 in Vietnam.
    pub hour: i64,
    /// How many.
    pub count: i64,
}

/// How the bot's replies ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcomes {
    /// A topic was the answer.
    pub answered: i64,
    /// Topics were offered.
    pub clarify: i64,
    /// Nothing fitted.
    pub missed: i64,
    /// Something else was started.
    pub action: i64,
    /// Greetings and the like.
    pub small_talk: i64,
    /// Not for this bot.
    pub refused: i64,
    /// Citizens who asked for an operator.
    pub handed_off: i64,
}

/// Half, and nine of ten, took no longer; null when there was nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Percentiles {
    /// The median.
    pub p50: Option<i64>,
    /// Nine of ten.
    pub p90: Option<i64>,
}

/// A promise, and how often it was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Kept {
    /// In time.
    pub within: i64,
    /// Those that could have been.
    pub of: i64,
}

/// A topic and how often it was the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopicCount {
    /// Its id.
    pub topic: String,
    /// Its title; the id when it is no longer there.
    pub title: String,
    /// How often.
    pub count: i64,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByDay {
    /// In Vietnam.
    #[schema(value_type = String)]
    pub day: Date,
    /// Conversations that began.
    pub conversations: i64,
    /// Citizens who asked for an operator.
    pub handoffs: i64,
}

/// The days from the first to the last; `None` when the last is before the first, or they are too many.
pub fn days(first: Date, last: Date) -> Option<Vec<Date>> {
    let count = first.until(last).ok()?.get_days().checked_add(1)?;
    if !(1..=DAYS_MAX).contains(&count) {
        return None;
    }
    (0..count).map(|after| first.checked_add(after.days()).ok()).collect()
}

/// The moments of these days.
pub fn span_of(days: &[Date]) -> Span {
    let begin = |day: Option<Date>| day.map_or(0, start_of_day_in_vietnam);
    let after = days.last().and_then(|last| last.tomorrow().ok());
    Span { since_ms: begin(days.first().copied()), until_ms: begin(after) }
}

impl Statistics {
    /// Counts what is stored of these days. `target_ms` is what is promised.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count(store: &Store, faq: &Faq, days: &[Date], target_ms: i64, now_ms: i64) -> Result<Statistics, StoreError> {
        let span = span_of(days);
        let by_hour = store.conversations_by_hour(span).await?;
        let times = store.handoff_times(span).await?;
        let mut outcomes = Outcomes { handed_off: count(times.len()), ..Outcomes::default() };
        for (outcome, count) in store.outcomes(span).await? {
            outcomes.add(&outcome, count);
        }
        let topics = store.topics_answered(span).await?.into_iter().map(|(topic, count)| {
            let title = faq.topic(&topic).map_or_else(|| topic.clone(), |topic| topic.title.clone());
            TopicCount { topic, title, count }
        });
        Ok(Statistics {
            conversations: hours_of_the_day(&by_hour),
            outcomes,
            first_reply_ms: percentiles(times.iter().filter_map(|time| Some(time.first_reply_ms? - time.queued_ms))),
            resolution_ms: percentiles(
                times.iter().filter(|time| time.resolved).filter_map(|time| Some(time.closed_ms? - time.first_claimed_ms?)),
            ),
            service_level: kept(&times, target_ms, now_ms),
            ratings: ratings(&store.ratings(span).await?),
            topics: topics.collect(),
            by_day: day_by_day(days, &by_hour, &times),
        })
    }

    /// The days as a table for a spreadsheet: comma separated, with a byte order mark, without which Excel misreads Vietnamese.
    pub fn csv(&self) -> String {
        let mut csv = String::from("\u{feff}ngay,cuoc_tro_chuyen,chuyen_tong_dai_vien\r\n");
        for ByDay { day, conversations, handoffs } in &self.by_day {
            let _ = write!(csv, "{day},{conversations},{handoffs}\r\n");
        }
        csv.push_str("\r\nkenh,gio,cuoc_tro_chuyen\r\n");
        for ByHour { channel, hour, count } in &self.conversations {
            let _ = write!(csv, "{channel},{hour},{count}\r\n");
        }
        csv.push_str("\r\nket_qua,so_luong\r\n");
        let Outcomes { answered, clarify, missed, action, small_talk, refused, handed_off } = &self.outcomes;
        for (outcome, count) in [
            ("tra_loi", answered),
            ("hoi_lai", clarify),
            ("chua_tra_loi_duoc", missed),
            ("viec_khac", action),
            ("chao_hoi", small_talk),
            ("tu_choi", refused),
            ("chuyen_tong_dai_vien", handed_off),
        ] {
            let _ = write!(csv, "{outcome},{count}\r\n");
        }
        csv.push_str("\r\nsao,so_luong\r\n");
        for (stars, count) in (1..).zip(&self.ratings) {
            let _ = write!(csv, "{stars},{count}\r\n");
        }
        csv.push_str("\r\nchu_de,ten,so_lan\r\n");
        for TopicCount { topic, title, count } in &self.topics {
            let _ = write!(csv, "{topic},{},{count}\r\n", quoted(title));
        }
        csv
    }
}

impl Outcomes {
    fn add(&mut self, outcome: &str, count: i64) {
        match outcome {
            "answered" => self.answered += count,
            "clarify" => self.clarify += count,
            "missed" => self.missed += count,
            "action" => self.action += count,
            "small_talk" => self.small_talk += count,
            "refused" => self.refused += count,
            // Of a newer version of this program.
            _ => {}
        }
    }
}

/// A field of a table. One that begins like a formula is no formula.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn hours_of_the_day(by_hour: &[(String, i64, i64)]) -> Vec<ByHour> {
    let mut sums: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for (channel, hour, count) in by_hour {
        *sums.entry((channel, hour.rem_euclid(HOURS_PER_DAY))).or_default() += count;
    }
    sums.into_iter().map(|((channel, hour), count)| ByHour { channel: channel.to_owned(), hour, count }).collect()
}

fn day_by_day(days: &[Date], by_hour: &[(String, i64, i64)], times: &[HandoffTimes]) -> Vec<ByDay> {
    let mut began: BTreeMap<Date, i64> = BTreeMap::new();
    for (_, hour, count) in by_hour {
        let day = Date::constant(1970, 1, 1).checked_add(hour.div_euclid(HOURS_PER_DAY).days());
        *began.entry(day.unwrap_or(Date::MAX)).or_default() += count;
    }
    let mut asked: BTreeMap<Date, i64> = BTreeMap::new();
    for time in times {
        *asked.entry(crate::dialogue::day_in_vietnam(time.queued_ms)).or_default() += 1;
    }
    let on = |counts: &BTreeMap<Date, i64>, day: &Date| counts.get(day).copied().unwrap_or(0);
    days.iter().map(|day| ByDay { day: *day, conversations: on(&began, day), handoffs: on(&asked, day) }).collect()
}

/// The nearest rank: a value that really occurred.
fn percentiles(values: impl Iterator<Item = i64>) -> Percentiles {
    let mut values: Vec<i64> = values.map(|value| value.max(0)).collect();
    values.sort_unstable();
    let at = |percent: usize| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Percentiles { p50: at(50), p90: at(90) }
}

fn kept(times: &[HandoffTimes], target_ms: i64, now_ms: i64) -> Kept {
    let within = |time: &&HandoffTimes| time.first_claimed_ms.is_some_and(|claimed_ms| claimed_ms - time.queued_ms <= target_ms);
    let could = |time: &&HandoffTimes| time.first_claimed_ms.is_some() || time.closed_ms.unwrap_or(now_ms) - time.queued_ms > target_ms;
    Kept { within: count(times.iter().filter(within).count()), of: count(times.iter().filter(could).count()) }
}

/// A rating replaces an earlier one of the same talk; what is rated is the talk that ended last.
fn ratings(rows: &[(String, String, String)]) -> [i64; ChoiceId::STARS_MAX as usize] {
    let mut counts = [0; ChoiceId::STARS_MAX as usize];
    let mut last: Option<(&str, Option<u8>)> = None;
    let mut add = |stars: Option<u8>| {
        if let Some(count) = stars.and_then(|stars| counts.get_mut(usize::from(stars).checked_sub(1)?)) {
            *count += 1;
        }
    };
    for (conversation, kind, body) in rows {
        let stars = match serde_json::from_str(body) {
            Ok(Event::Rated { stars, .. }) => Some(stars),
            _ => None,
        };
        let goes_on = last.is_some_and(|(other, _)| other == conversation) && kind == "rated";
        if let Some((_, before)) = last.filter(|_| !goes_on) {
            add(before);
        }
        last = Some((conversation, stars));
    }
    if let Some((_, stars)) = last {
        add(stars);
    }
    counts
}

/// The beginning of a topic for a question that nothing answers yet: what an editor fills in, in the form that `hotro check` reads.
pub fn topic_draft(question: &str, today: Date) -> String {
    let line = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = toml::Value::String(line).to_string();
    let review_by = today.checked_add(6.months()).unwrap_or(today);
    format!(
        "+++\n\
         title = {text}\n\
         questions = [\n  {text},\n]\n\
         basis = [\n  # {{ document = \"\", article = \"\" }},\n]\n\
         effective_from = {today}\n\
         reviewed = {today}\n\
         review_by = {review_by}\n\
         related = []\n\
         actions = [\"operator\"]\n\
         aliases = []\n\
         +++\n\
         Câu trả lời ngắn, tối đa 300 ký tự.\n\n\
         ## Bạn làm gì\n\
         1. \n"
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let of = |values: &[i64]| percentiles(values.iter().copied());
        assert_eq!(of(&[]), Percentiles { p50: None, p90: None });
        assert_eq!(of(&[7]), Percentiles { p50: Some(7), p90: Some(7) });
        assert_eq!(of(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), Percentiles { p50: Some(5), p90: Some(9) });
    }

    #[test]
    fn the_last_rating_of_each_talk_counts() {
        let row = |conversation: &str, kind: &str, body: &str| (conversation.to_owned(), kind.to_owned(), body.to_owned());
        let end = |conversation: &str| row(conversation, "handoff_resolved", r#"{"kind":"handoff_resolved","reason":"answered"}"#);
        let rated = |conversation: &str, stars: u8| row(conversation, "rated", &format!(r#"{{"kind":"rated","stars":{stars}}}"#));
        let rows = [end("a"), rated("a", 1), rated("a", 4), end("a"), rated("a", 5), end("b"), end("c"), rated("c", 5)];
        assert_eq!(ratings(&rows), [0, 0, 0, 1, 2]);
    }

    #[test]
    fn days_are_counted_with_both_ends() {
        assert_eq!(days(date(2026, 2, 28), date(2026, 3, 1)), Some(vec![date(2026, 2, 28), date(2026, 3, 1)]));
        assert_eq!(days(date(2026, 3, 1), date(2026, 2, 28)), None);
        assert_eq!(days(date(2020, 1, 1), date(2026, 1, 1)), None);
        let span = span_of(&[date(2026, 11, 26)]);
        assert_eq!(span.until_ms - span.since_ms, 24 * 60 * 60 * 1_000);
    }

    #[test]
    fn a_cell_is_no_formula() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }

    #[test]
    fn a_draft_keeps_the_question_inside_its_quotes() {
        let draft = topic_draft("thẻ \"BHYT\"\n+++ của tôi\\", date(2026, 11, 26));
        assert!(draft.starts_with("+++\ntitle = "), "{draft}");
        assert_eq!(draft.matches("\n+++\n").count(), 1, "{draft}");
        let front = draft.split("+++\n").nth(1).expect("a front");
        let table: toml::Table = front.parse().expect("TOML");
        assert_eq!(table["title"].as_str(), Some("thẻ \"BHYT\" +++ của tôi\\"));
    }
}
