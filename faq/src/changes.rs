//! What reads otherwise by a later day: for the editors who prepare a change of law.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::Faq;
use crate::constants::expressions;
use crate::topic::{Section, Topic, TopicId};

/// Something that happens to an answer on a day to come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The file of the topic, relative to the FAQ folder.
    pub path: String,
    /// The first day on which it is so.
    pub on: Date,
    /// The line to look at, from 1.
    pub line: usize,
    /// The topic.
    pub topic: TopicId,
    /// What happens.
    pub kind: ChangeKind,
}

/// What happens to an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An amount reads otherwise. Every place in the topic that names it so is meant; the line is that of the first.
    Amount {
        /// As in the text, without its braces: `base_salary * 4.5%`.
        expression: String,
        /// As read on the day before; `None` when it had no value.
        before: Option<String>,
        /// As read from the day on; `None` when it has no value any more, and the answer is no longer given.
        after: Option<String>,
    },
    /// The days that a section is about begin.
    SectionBegins {
        /// The heading of the section.
        heading: String,
    },
    /// The days that a section is about are over: the rest of the answer is the rule from now on.
    SectionEnds {
        /// The heading of the section.
        heading: String,
    },
    /// The answer is no longer given.
    Expires,
    /// The facts are to be checked again by this day.
    ReviewDue,
    /// A document that the answer cites is out of force.
    DocumentEnds {
        /// Its key in `documents.toml`.
        document: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: on {} ", self.path, self.line, self.on)?;
        match &self.kind {
            ChangeKind::Amount { expression, before, after } => {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "no value".to_owned());
                write!(f, "{{{{{expression}}}}}: {} -> {}", shown(before), shown(after))
            }
            ChangeKind::SectionBegins { heading } => write!(f, "the section `{heading}` begins to hold"),
            ChangeKind::SectionEnds { heading } => write!(f, "the section `{heading}` is about the past"),
            ChangeKind::Expires => f.write_str("it expires"),
            ChangeKind::ReviewDue => f.write_str("its review is due"),
            ChangeKind::DocumentEnds { document } => write!(f, "`{document}` is out of force"),
        }
    }
}

/// Everything that happens to the answers after `from` until `to`, `to` included; sorted by file, then by day. Empty when `to` is
/// not after `from`.
pub fn changes(faq: &Faq, from: Date, to: Date) -> Vec<Change> {
    let mut changes = Vec::new();
    for topic in faq.topics() {
        let mut found = Found { topic, from, to, changes: Vec::new() };
        found.read_times(faq);
        found.read_sections();
        found.read_amounts(faq);
        changes.append(&mut found.changes);
    }
    changes.sort();
    changes
}

/// What was found in one topic.
struct Found<'a> {
    topic: &'a Topic,
    from: Date,
    to: Date,
    changes: Vec<Change>,
}

impl Found<'_> {
    fn push(&mut self, line: usize, on: Option<Date>, kind: ChangeKind) {
        let Some(on) = on.filter(|&on| self.from < on && on <= self.to) else { return };
        // What an answer would say after its end is said to nobody.
        let is_given = kind == ChangeKind::Expires || self.topic.effective_to.is_none_or(|to| on <= to);
        let is_known = self.changes.iter().any(|change| change.on == on && change.kind == kind);
        if is_given && !is_known {
            self.changes.push(Change { path: self.topic.path(), on, line, topic: self.topic.id.clone(), kind });
        }
    }

    fn read_times(&mut self, faq: &Faq) {
        let topic = self.topic;
        self.push(topic.effective_to_line, topic.effective_to.and_then(day_after), ChangeKind::Expires);
        self.push(topic.review_by_line, Some(topic.review_by), ChangeKind::ReviewDue);
        for basis in &topic.basis {
            let end = faq.documents.get(&basis.document).and_then(|document| document.to);
            self.push(basis.line, end.and_then(day_after), ChangeKind::DocumentEnds { document: basis.document.clone() });
        }
    }

    fn read_sections(&mut self) {
        for Section { heading, period, line, .. } in &self.topic.sections {
            let Some(period) = period else { continue };
            self.push(*line, period.from, ChangeKind::SectionBegins { heading: heading.clone() });
            self.push(*line, period.to.and_then(day_after), ChangeKind::SectionEnds { heading: heading.clone() });
        }
    }

    fn read_amounts(&mut self, faq: &Faq) {
        for (line, section, spans) in self.topic.texts() {
            for expression in spans.iter().flat_map(|span| expressions(&span.text)) {
                let text = format!("{{{{{expression}}}}}");
                let read = |day: Date| faq.constants.resolve(&text, section.map_or(day, |section| section.day(day))).ok();
                for on in faq.constants.changes_of(expression) {
                    let (before, after) = (on.yesterday().ok().and_then(read), read(on));
                    if before != after {
                        self.push(line, Some(on), ChangeKind::Amount { expression: expression.to_owned(), before, after });
                    }
                }
            }
        }
    }
}

fn day_after(day: Date) -> Option<Date> {
    day.checked_add(1.day()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::File;
    use jiff::civil::date;

    const CONSTANTS: &str = r#"
[fee]
label = "Phí"
unit = "dong"
values = [
  { from = 2020-01-01, to = 2026-06-30, value = 1000, basis = "Điều 1" },
  { from = 2026-07-01, to = 2026-12-31, value = 2000, basis = "Điều 2" },
  { from = 2027-01-01, to = 2027-12-31, value = 3000, basis = "Điều 3" },
]
[share]
label = "Phần"
unit = "percent"
values = [{ from = 2020-01-01, value = 50, basis = "Điều 4" }]
"#;
    const DOCUMENTS: &str = r#"
guide = { title = "Hướng dẫn", url = "https://guide.example/", from = 2020-01-01, to = 2026-10-31 }
law = { title = "Luật", url = "https://law.example/", from = 2020-01-01 }
"#;
    const TOPIC: &str = r#"+++
title = "Phí"
questions = []
basis = [
  { document = "guide", article = "Mục I" },
  { document = "law", article = "Điều 1" },
]
effective_from = 2020-01-01
reviewed = 2026-06-01
review_by = 2026-12-01
related = []
actions = []
aliases = []
+++
Phí là {{fee}}, giảm {{share}}.

## Cách tính
- Nửa phí là {{fee * share}}.
- Phí {{fee}} và một ví dụ {{example 100 * share}}.

## Trước 01/07/2026
- Phí là {{fee}}.

## Từ 01/01/2026 đến 31/03/2027
- Phí riêng là {{fee * 2}}.
"#;

    fn listed(topic: &str, from: Date, to: Date) -> String {
        let files =
            vec![File::new("constants.toml", CONSTANTS), File::new("content/vssid/fee.md", topic), File::new("documents.toml", DOCUMENTS)];
        let faq = Faq::parse(files, "v1".to_owned()).unwrap_or_else(|error| panic!("{error}"));
        changes(&faq, from, to).iter().map(|change| format!("{change}\n")).collect()
    }

    #[test]
    fn every_change_is_told_with_its_day_and_line() {
        insta::assert_snapshot!(listed(TOPIC, date(2025, 12, 15), date(2028, 1, 1)), @"
        content/vssid/fee.md:24: on 2026-01-01 the section `Từ 01/01/2026 đến 31/03/2027` begins to hold
        content/vssid/fee.md:15: on 2026-07-01 {{fee}}: 1.000 đồng -> 2.000 đồng
        content/vssid/fee.md:18: on 2026-07-01 {{fee * share}}: 500 đồng -> 1.000 đồng
        content/vssid/fee.md:21: on 2026-07-01 the section `Trước 01/07/2026` is about the past
        content/vssid/fee.md:25: on 2026-07-01 {{fee * 2}}: 2.000 đồng -> 4.000 đồng
        content/vssid/fee.md:5: on 2026-11-01 `guide` is out of force
        content/vssid/fee.md:10: on 2026-12-01 its review is due
        content/vssid/fee.md:15: on 2027-01-01 {{fee}}: 2.000 đồng -> 3.000 đồng
        content/vssid/fee.md:18: on 2027-01-01 {{fee * share}}: 1.000 đồng -> 1.500 đồng
        content/vssid/fee.md:25: on 2027-01-01 {{fee * 2}}: 4.000 đồng -> 6.000 đồng
        content/vssid/fee.md:24: on 2027-04-01 the section `Từ 01/01/2026 đến 31/03/2027` is about the past
        content/vssid/fee.md:15: on 2028-01-01 {{fee}}: 3.000 đồng -> no value
        content/vssid/fee.md:18: on 2028-01-01 {{fee * share}}: 1.500 đồng -> no value
        ");
    }

    #[test]
    fn an_answer_that_has_expired_changes_no_more() {
        let expiring = TOPIC.replace("effective_from", "effective_to = 2026-12-31\neffective_from");
        insta::assert_snapshot!(listed(&expiring, date(2026, 12, 1), date(2028, 1, 1)), @"
        content/vssid/fee.md:8: on 2027-01-01 it expires
        ");
    }

    #[test]
    fn nothing_changes_in_no_time() {
        let day = date(2026, 12, 31);
        assert_eq!(listed(TOPIC, day, day), "");
        assert_eq!(listed(TOPIC, date(2030, 1, 1), day), "");
    }

    #[test]
    fn the_embedded_set_announces_the_poverty_line_of_2027() {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        let read = |amount: &str| Some(amount.to_owned());
        let kind = ChangeKind::Amount {
            expression: "rural_poverty_line".to_owned(),
            before: read("1.500.000 đồng"),
            after: read("2.200.000 đồng"),
        };
        let announced = changes(&faq, date(2026, 12, 31), date(2027, 1, 1));
        assert!(announced.iter().any(|change| change.topic.as_str() == "bhxh-tn/contribution-level" && change.kind == kind));
    }
}
