//! Which rule answers a question about another time than today.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::constants::Constants;
use crate::markup::{Block, plain_text};
use crate::period::{About, Period};
use crate::topic::{Section, Topic};

/// The rule that an answer gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Today's, and nothing else was asked for.
    Today,
    /// That of the asked time, from the topic's dated sections in order of time; the short answer and the details beside it are today's.
    Then(Vec<Dated>),
    /// Today's rule, which held at the asked time too, with the amounts of that time everywhere.
    AmountsThen,
    /// Today's, although another time was asked about.
    TodayInstead {
        /// From when it holds; `None` when that is not what keeps the asked time from being answered.
        since: Option<Date>,
    },
}

/// A dated section, read with the amounts of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// When its rule holds.
    pub period: Period,
    /// As in the file: "Trước 01/07/2026".
    pub heading: String,
    /// The rule.
    pub blocks: Vec<Block>,
}

/// The choice of a rule, before anything is read.
pub(crate) struct Chosen<'a> {
    pub(crate) kind: Kind<'a>,
    /// Periods of other dated sections that the question may mean, newest first.
    pub(crate) offered: Vec<Period>,
}

pub(crate) enum Kind<'a> {
    Today,
    Then(Vec<(Period, &'a Section)>),
    AmountsOn(Date),
    TodayInstead { since: Option<Date> },
}

/// Chooses the rule of a topic.
///
/// Today's when the asked time holds today. Otherwise that of the dated sections it falls in; when it reaches out of them into the days
/// of today's rule, nobody can tell on which side the asker's case lies: today's, with the sections offered. Without such a section,
/// today's rule with the amounts of the asked time, where it held then and says so in words that fit any time.
pub(crate) fn choose<'a>(topic: &'a Topic, today: Date, about: Option<&About>, constants: &Constants) -> Chosen<'a> {
    let Some(&About { time, also }) = about else { return Chosen { kind: Kind::Today, offered: Vec::new() } };
    let mut dated: Vec<(Period, &Section)> =
        topic.sections.iter().filter_map(|section| Some((section.period?, section))).filter(|(period, _)| !period.covers(today)).collect();
    dated.sort_by_key(|(period, _)| period.from);
    let named = |period: &Period| period.overlaps(&time) || also.is_some_and(|also| period.overlaps(&also));
    let offered = || dated.iter().rev().map(|(period, _)| *period).filter(named).collect();
    if time.covers(today) {
        return Chosen { kind: Kind::Today, offered: offered() };
    }
    let mut met: Vec<(Period, &Section)> = dated.iter().copied().filter(|(period, _)| period.overlaps(&time)).collect();
    if let (Some((first, _)), Some((last, _))) = (met.first(), met.last()) {
        let past = time.to.is_some_and(|to| to < today);
        let reaches_out = if past { last.to < time.to } else { first.from > time.from };
        if reaches_out {
            let since = last.to.filter(|_| past).and_then(|to| to.checked_add(1.day()).ok());
            return Chosen { kind: Kind::TodayInstead { since }, offered: offered() };
        }
        // "Trước 1/7/2025" goes back for ever; what is meant is the rule that ended then.
        if time.from.is_none() {
            met.drain(..met.len() - 1);
        }
        return Chosen { kind: Kind::Then(met), offered: Vec::new() };
    }
    let day = time.nearest(today);
    let kind = if time.from.unwrap_or(day) < topic.effective_from {
        Kind::TodayInstead { since: Some(topic.effective_from) }
    } else if topic.effective_to.is_some_and(|to| to < day) {
        Kind::TodayInstead { since: None }
    } else {
        match amounts_on(topic, day, today, constants) {
            Amounts::Same => Kind::Today,
            Amounts::Other => Kind::AmountsOn(day),
            Amounts::Unclear => Kind::TodayInstead { since: None },
        }
    };
    Chosen { kind, offered: Vec::new() }
}

enum Amounts {
    /// The text reads on that day as it does today.
    Same,
    Other,
    /// An amount has no value on that day, or stands in words that are true of today only.
    Unclear,
}

fn amounts_on(topic: &Topic, day: Date, today: Date, constants: &Constants) -> Amounts {
    let mut amounts = Amounts::Same;
    for (_, _, spans) in topic.texts().filter(|(_, section, _)| section.is_none_or(|section| section.period.is_none())) {
        let line = plain_text(spans);
        let Ok(then) = constants.resolve(&line, day) else { return Amounts::Unclear };
        if constants.resolve(&line, today).is_ok_and(|now| now != then) {
            if names_a_time(&line) {
                return Amounts::Unclear;
            }
            amounts = Amounts::Other;
        }
    }
    amounts
}

/// "Hiện là {{base_salary}}", "từ 01/07/2026": true of one time only.
fn names_a_time(line: &str) -> bool {
    let mut words = line.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| {
        let year = word.len() == 4 && word.starts_with("20") && word.bytes().all(|byte| byte.is_ascii_digit());
        year || matches!(word.to_lowercase().as_str(), "nay" | "hiện")
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::source::File;
    use crate::{Faq, vietnamese_date};

    const CONSTANTS: &str = r#"
        [base]
        label = "Lương cơ sở"
        unit = "dong"
        values = [
          { from = 2024-07-01, to = 2026-06-30, value = 2340000, basis = "a" },
          { from = 2026-07-01, value = 2530000, basis = "b" },
        ]
    "#;
    const DOCUMENTS: &str = r#"
        [law]
        title = "Luật"
        url = "https://example.vn/luat"
        from = 2025-07-01
    "#;

    fn faq(effective_from: &str, body: &str) -> Faq {
        let topic = format!(
            "+++\ntitle = \"t\"\nquestions = []\nbasis = [{{ document = \"law\", article = \"Điều 1\" }}]\neffective_from = {effective_from}\n\
             reviewed = 2026-11-22\nreview_by = 2027-05-22\nrelated = []\nactions = []\naliases = []\n+++\n{body}"
        );
        let files = vec![
            File::new("constants.toml", CONSTANTS),
            File::new("content/bhxh/topic.md", &topic),
            File::new("documents.toml", DOCUMENTS),
        ];
        Faq::parse(files, "v1".to_owned()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The rule and what it says, on 25/11/2026.
    fn given(faq: &Faq, from: Option<Date>, to: Option<Date>) -> String {
        let about = About { time: Period { from, to }, also: None };
        let answer = faq.answer(&faq.topics()[0], date(2026, 11, 25), Some(&about)).expect("an answer");
        let words = |blocks: &[Block]| {
            let text = |block: &Block| match block {
                Block::Heading { text } => text.clone(),
                block => plain_text(block.spans()),
            };
            blocks.iter().map(text).collect::<Vec<_>>().join(" ")
        };
        let rule = match &answer.rule {
            Rule::Today => format!("today: {}", plain_text(&answer.short)),
            Rule::AmountsThen => format!("amounts then: {}", plain_text(&answer.short)),
            Rule::TodayInstead { since } => format!("today instead, since {}", since.map_or("-".to_owned(), vietnamese_date)),
            Rule::Then(sections) => {
                let sections: Vec<String> =
                    sections.iter().map(|section| format!("[{}] {}", section.heading, words(&section.blocks))).collect();
                format!("then: {}; details: {}", sections.join(" "), words(&answer.details))
            }
        };
        let offered: Vec<String> = answer.other_times.iter().filter_map(|period| period.to.or(period.from)).map(vietnamese_date).collect();
        if offered.is_empty() { rule } else { format!("{rule}; offers {}", offered.join(", ")) }
    }

    #[test]
    fn the_dated_section_of_the_asked_time_is_given() {
        let faq = faq(
            "2026-07-01",
            "Nay {{base}}.\n\n## Chung\nNhư cũ.\n\n## Từ 01/07/2025 đến 30/06/2026\nKhi đó {{base}}.\n\n## Trước 01/07/2025\nXưa.\n\n## Từ năm 2027\nSau này.\n",
        );
        let day = |year, month, day| Some(date(year, month, day));
        let check = |from, to, expected: &str| assert_eq!(given(&faq, from, to), expected);
        check(
            day(2026, 5, 1),
            day(2026, 5, 31),
            "then: [Từ 01/07/2025 đến 30/06/2026] Khi đó 2.340.000 đồng.; details: Chung Như cũ. Trước 01/07/2025 Xưa. Từ năm 2027 Sau này.",
        );
        check(
            day(2025, 1, 1),
            day(2025, 12, 31),
            "then: [Trước 01/07/2025] Xưa. [Từ 01/07/2025 đến 30/06/2026] Khi đó 2.340.000 đồng.; details: Chung Như cũ. Từ năm 2027 Sau này.",
        );
        // Going back for ever means the rule that ended then.
        check(
            None,
            day(2026, 6, 30),
            "then: [Từ 01/07/2025 đến 30/06/2026] Khi đó 2.340.000 đồng.; details: Chung Như cũ. Trước 01/07/2025 Xưa. Từ năm 2027 Sau này.",
        );
        check(
            day(2027, 1, 1),
            day(2027, 12, 31),
            "then: [Từ năm 2027] Sau này.; details: Chung Như cũ. Từ 01/07/2025 đến 30/06/2026 Khi đó 2.340.000 đồng. Trước 01/07/2025 Xưa.",
        );
        check(day(2026, 6, 1), day(2026, 8, 31), "today instead, since 01/07/2026; offers 30/06/2026");
        check(day(2026, 1, 1), day(2026, 12, 31), "today: Nay 2.530.000 đồng.; offers 30/06/2026");
        check(day(2026, 8, 1), day(2026, 8, 31), "today: Nay 2.530.000 đồng.");
        check(day(2026, 11, 25), day(2026, 11, 25), "today: Nay 2.530.000 đồng.");
    }

    #[test]
    fn amounts_follow_the_asked_time_where_the_rule_held_then() {
        let may = (Some(date(2026, 5, 1)), Some(date(2026, 5, 31)));
        let year_2023 = (Some(date(2023, 1, 1)), Some(date(2023, 12, 31)));
        let check = |effective_from, body, (from, to): (Option<Date>, Option<Date>), expected: &str| {
            assert_eq!(given(&faq(effective_from, body), from, to), expected, "{body}");
        };
        check("2025-07-01", "Được {{base}}.\n", may, "amounts then: Được 2.340.000 đồng.");
        check("2025-07-01", "Không có gì.\n", may, "today: Không có gì.");
        check("2025-07-01", "Hiện là {{base}}.\n", may, "today instead, since -");
        check("2026-07-01", "Được {{base}}.\n", may, "today instead, since 01/07/2026");
        // The constant has no value that long ago: today's stays, and says so.
        check("2016-07-01", "Được {{base}}.\n", year_2023, "today instead, since -");
    }

    #[test]
    fn an_earlier_time_named_besides_is_offered() {
        let faq = faq("2025-07-01", "Nay.\n\n## Trước 01/07/2025\nXưa.\n");
        let today = date(2026, 11, 25);
        let also = Some(Period { from: Some(date(2023, 1, 1)), to: Some(date(2023, 12, 31)) });
        let answer = faq.answer(&faq.topics()[0], today, Some(&About { time: Period::day(today), also })).expect("an answer");
        assert_eq!((answer.rule, answer.other_times), (Rule::Today, vec![Period { from: None, to: Some(date(2025, 6, 30)) }]));
    }
}
