//! The content checks of `hotro check`: what a reviewer would send back, with file and line.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Faq;
use crate::constants::without_expressions;
use crate::markup::{anchor, map_spans, plain_text};
use crate::news;
use crate::period::Period;
use crate::problem::{Problem, Severity};
use crate::topic::Topic;

const QUESTIONS_MIN: usize = 6;
/// Telegram's and the widget's first screen: an answer that needs more is not short.
const SHORT_CHARS_MAX: usize = 300;
const RELATED_MAX: usize = 4;

/// Everything to mend in a set that loads, as of `today`; empty when the set is in order. Sorted by file and line.
pub fn check(faq: &Faq, today: Date) -> Vec<Problem> {
    let mut problems = Vec::new();
    for topic in faq.topics() {
        check_calendar(faq, topic, today, &mut problems);
        check_times(topic, &mut problems);
        check_links(faq, topic, &mut problems);
        check_text(faq, topic, today, &mut problems);
        faq.outdated.check(topic, today, &mut problems);
    }
    for written in &faq.news {
        news::check(faq, written, today, &mut problems);
    }
    check_questions(faq, &mut problems);
    let authored = faq.read_authored();
    problems.extend(authored.problems.iter().cloned());
    for (path, line, topic) in &authored.orphans {
        problems.push(Problem::new(path, *line, format!("no topic `{topic}`")));
    }
    problems.sort();
    problems.dedup();
    problems
}

/// What comes with the days alone.
fn check_calendar(faq: &Faq, topic: &Topic, today: Date, problems: &mut Vec<Problem>) {
    let mut complain = |line, message: String| problems.push(Problem::new(topic.path(), line, message).with(Severity::Due));
    if let Some(to) = topic.effective_to.filter(|&to| to < today) {
        complain(topic.effective_to_line, format!("expired: effective_to is {to}"));
    }
    if topic.review_by < today {
        complain(1, format!("overdue: review_by is {}", topic.review_by));
    }
    if topic.reviewed > today {
        complain(1, format!("reviewed on {}, which is yet to come", topic.reviewed));
    }
    for basis in &topic.basis {
        if let Some(to) = faq.documents.get(&basis.document).and_then(|document| document.to).filter(|&to| to < today) {
            complain(basis.line, format!("`{}` is out of force since {to}", basis.document));
        }
    }
    for section in &topic.sections {
        if section.period.is_some_and(|period| period.to.is_none() && period.covers(today)) {
            complain(
                section.line,
                "the section has come into force: its rule belongs in the text, the old one in a dated section".to_owned(),
            );
        }
    }
}

fn check_times(topic: &Topic, problems: &mut Vec<Problem>) {
    let mut complain = |line, message: String| problems.push(Problem::new(topic.path(), line, message));
    if topic.effective_to.is_some_and(|to| to < topic.effective_from) {
        complain(topic.effective_to_line, "effective_to is before effective_from".to_owned());
    }
    if topic.review_by <= topic.reviewed {
        complain(1, "review_by is not after reviewed".to_owned());
    }
    for (at, section) in topic.sections.iter().enumerate() {
        if section.period.and_then(|period| period.from.zip(period.to)).is_some_and(|(from, to)| from > to) {
            complain(section.line, "the section ends before it begins".to_owned());
        }
        let earlier = topic.sections[..at].iter();
        let overlapped = |period: Period| earlier.clone().find(|earlier| earlier.period.is_some_and(|other| other.overlaps(&period)));
        if let Some(other) = section.period.and_then(overlapped) {
            complain(section.line, format!("the days of `{}` overlap those of `{}`", section.heading, other.heading));
        }
        // "Trước 1/7" without a year, or a misspelt date, would silently be read as today's rule.
        let looks_dated = section.heading.starts_with("Trước ") && section.heading.contains('/');
        if looks_dated && section.period.is_none() {
            complain(section.line, "expected `Trước DD/MM/YYYY`, `Từ DD/MM/YYYY đến DD/MM/YYYY` or `Từ DD/MM/YYYY`".to_owned());
        }
    }
}

fn check_links(faq: &Faq, topic: &Topic, problems: &mut Vec<Problem>) {
    let mut complain = |line, message: String| problems.push(Problem::new(topic.path(), line, message));
    if topic.related.len() > RELATED_MAX {
        complain(1, format!("{} related topics, at most {RELATED_MAX}", topic.related.len()));
    }
    for (related, &line) in topic.related.iter().zip(&topic.related_lines) {
        match faq.topic(related.as_str()) {
            None => complain(line, format!("unknown related topic `{related}`")),
            Some(other) if other.id == topic.id => complain(line, "related to itself".to_owned()),
            Some(_) => {}
        }
    }
    for link in &topic.links {
        let target = if link.topic.is_empty() { Some(topic) } else { faq.topic(&link.topic) };
        match target {
            None => complain(link.line, format!("link to unknown topic `{}`", link.topic)),
            Some(target) if !link.anchor.is_empty() && !target.anchors().any(|anchor| anchor == link.anchor) => {
                complain(link.line, format!("dead anchor `#{}` in {}", link.anchor, target.id));
            }
            Some(_) => {}
        }
    }
}

fn check_text(faq: &Faq, topic: &Topic, today: Date, problems: &mut Vec<Problem>) {
    let mut complain = |severity, line, message: String| problems.push(Problem::new(topic.path(), line, message).with(severity));
    match map_spans(&topic.short, &|text| faq.constants.resolve(text, today)) {
        Ok(short) => {
            let length = plain_text(&short).chars().count();
            if length > SHORT_CHARS_MAX {
                complain(
                    Severity::Invalid,
                    topic.short_line,
                    format!("the short answer has {length} characters, at most {SHORT_CHARS_MAX}"),
                );
            }
        }
        Err(error) => complain(Severity::Withheld, topic.short_line, error.to_string()),
    }
    for (line, section, spans) in topic.texts() {
        let text = plain_text(spans);
        if let Some(amount) = raw_amount(&text) {
            complain(Severity::Invalid, line, format!("amount typed by hand: `{amount}`; name it through constants.toml"));
        }
        if let Some(section) = section
            && let Err(error) = faq.constants.resolve(&text, section.day(today))
        {
            complain(Severity::Withheld, line, error.to_string());
        }
    }
}

/// The first amount in đồng that stands in the text and not in `{{...}}`.
pub(crate) fn raw_amount(text: &str) -> Option<String> {
    let outside = without_expressions(text);
    let words: Vec<&str> = outside.split_whitespace().collect();
    words.iter().enumerate().find_map(|(at, whole)| {
        let word = whole.trim_matches(|c: char| !c.is_alphanumeric());
        let glued = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
        let digits = &word[..word.len() - glued.len()];
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let ends_here = word.ends_with(digits);
        // "80%, đồng thời": the number is over before the next word begins.
        let joined = !ends_here || whole.ends_with(digits);
        let next = |ahead: usize| words.get(at + ahead).map_or("", |next| next.trim_matches(|c: char| !c.is_alphanumeric()));
        let unit = if glued.is_empty() { next(1) } else { glued };
        // "tỷ lệ", "triệu chứng", "đồng thời" begin like money and are not.
        let compound = glued.is_empty() && matches!(next(2), "lệ" | "chứng" | "hồi" | "thời" | "ý" | "phục" | "nghiệp");
        let money = joined && !compound && matches!(unit, "đồng" | "đ" | "triệu" | "nghìn" | "ngàn" | "tỷ" | "tỉ" | "VNĐ" | "vnđ");
        let grouped = digits.split('.').skip(1).any(|group| group.len() == 3) && !digits.contains(',');
        (money || (grouped && glued.is_empty())).then(|| format!("{digits} {unit}").trim().to_owned())
    })
}

fn check_questions(faq: &Faq, problems: &mut Vec<Problem>) {
    // Spelling marks and accents aside, two topics that share a question cannot be told apart.
    let mut seen: BTreeMap<String, &Topic> = BTreeMap::new();
    for topic in faq.topics() {
        if topic.questions.len() < QUESTIONS_MIN {
            let message = format!("{} questions, at least {QUESTIONS_MIN}", topic.questions.len());
            problems.push(Problem::new(topic.path(), 1, message));
        }
        for (question, &line) in topic.questions.iter().zip(&topic.question_lines) {
            let key = anchor(question);
            if key.is_empty() {
                problems.push(Problem::new(topic.path(), line, "empty question"));
            } else if let Some(other) = seen.insert(key, topic) {
                let message = format!("question shared with {}: {question}", other.id);
                problems.push(Problem::new(topic.path(), line, message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub(crate) fn raw_amounts_are_seen_and_laws_are_not() {
        let check = |text: &str, want: Option<&str>| assert_eq!(raw_amount(text).as_deref(), want, "{text}");
        check("đóng 113.850 đồng mỗi tháng", Some("113.850 đồng"));
        check("đóng 113.850đ", Some("113.850 đ"));
        check("khoảng 2 triệu", Some("2 triệu"));
        check("mức 2.530.000.", Some("2.530.000"));
        check("{{base_salary}} đồng", None);
        check("Nghị định 158/2025/NĐ-CP, 45 ngày, 4,5%, Điều 31", None);
        check("gọi 1900 9068", None);
        check("phiên bản 1.6.3", None);
        check("hưởng 80%, đồng thời", None);
        check("năm 2027 tỷ lệ tăng", None);
    }
}
