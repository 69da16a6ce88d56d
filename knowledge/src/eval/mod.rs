//! Measuring: labelled questions in, the figures of `hotro eval` out.
//!
//! A file has the columns question, topics, register, and a header line. Topics are separated by `;`: the first is the best, the
//! others are fully acceptable. Besides ids of topics there are `lookup` (the citizen asks about their own file), `oos` (must not be
//! answered from the FAQ) and `-` (in the domain, but no topic answers it: counts for nothing).

mod curve;
mod perturb;

use std::time::Instant;

use jiff::civil::Date;
use serde::Serialize;

use crate::ask::{AskContext, Knowledge, Reading};
use crate::decide::Decision;
use crate::intent::Intent;
use crate::news::{News, NewsDecision};
use crate::weights::Thresholds;

pub use curve::{CurvePoint, curve, curve_svg, curve_table};
pub use perturb::{Perturbation, perturb};

/// One labelled question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As the citizen wrote it.
    pub question: String,
    /// What would be right, best first.
    pub labels: Vec<Label>,
    /// chat, forum, legal, faq-title, near-miss ...
    pub register: String,
}

/// What would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// A topic or an alias of one.
    Topic(String),
    /// The verified lookup of one's own file.
    Lookup,
    /// No answer from the FAQ.
    OutOfScope,
    /// No topic of the list answers it.
    Nothing,
}

/// A file of questions cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: expected `question<TAB>topics<TAB>register`")]
pub struct RowError {
    /// From 1.
    pub line: usize,
}

/// Reads a file of labelled questions.
pub fn parse(text: &str) -> Result<Vec<Row>, RowError> {
    let lines = text.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty());
    lines
        .map(|(at, line)| {
            let mut columns = line.split('\t');
            let (Some(question), Some(topics), Some(register)) = (columns.next(), columns.next(), columns.next()) else {
                return Err(RowError { line: at + 1 });
            };
            let label = |id: &str| match id {
                "lookup" => Label::Lookup,
                "oos" => Label::OutOfScope,
                "-" => Label::Nothing,
                id => Label::Topic(id.to_owned()),
            };
            let labels = topics.split(';').map(str::trim).map(label).collect();
            Ok(Row { question: question.to_owned(), labels, register: register.to_owned() })
        })
        .collect()
}

/// The figures. Shares are 0 to 1, and 0 when there is nothing to share.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// Rows of the file.
    pub questions: usize,
    /// Rows with a label that the FAQ can give.
    pub scored: usize,
    /// Rows whose topics are all missing from the FAQ.
    pub uncovered: usize,
    /// Scored rows with a right topic (or the lookup, where it is right) in first place.
    pub r_at_1: f64,
    /// Among the first three.
    pub r_at_3: f64,
    /// Mean of 1 / place of the first right one, within ten.
    pub mrr_at_10: f64,
    /// Scored rows that were answered, or taken to the lookup.
    pub answered_share: f64,
    /// Share of those that were right.
    pub answered_precision: f64,
    /// Scored rows that were asked back.
    pub clarify_share: f64,
    /// Share of those that had a right choice.
    pub clarify_hit: f64,
    /// Scored rows answered right, or asked back with a right choice.
    pub resolved: f64,
    /// Rows whose best label is the lookup that were taken to it.
    pub lookup_right: f64,
    /// Out-of-scope rows that were answered from the FAQ.
    pub false_answer_rate: f64,
    /// Out-of-scope rows.
    pub out_of_scope: usize,
    /// Time of one question, in microseconds: median.
    pub p50_us: u64,
    /// 99th percentile.
    pub p99_us: u64,
}

/// Candidates that are looked at.
const PLACES: usize = 10;

/// What happened to one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Whether the row counts for accuracy.
    pub scored: bool,
    /// The place of the first right candidate, from 1; `None` when it is not among the ten.
    pub place: Option<usize>,
    /// Whether the answer, the lookup or one of the choices was right.
    pub resolved: bool,
    /// Whether the news were given instead of what the FAQ decided.
    pub news: bool,
    /// The whole reading.
    pub reading: Reading,
    /// Time taken, in microseconds.
    pub micros: u64,
}

/// Asks every row and sums up.
pub fn measure(knowledge: &Knowledge, rows: &[Row]) -> (Metrics, Vec<Outcome>) {
    measure_at(knowledge, rows, &knowledge.weights().thresholds)
}

/// As [`measure`], with news in service: an item that is given stands before all candidates, and is right when it belongs to a right
/// topic; a list of the latest is never right.
pub fn measure_beside(knowledge: &Knowledge, news: &News, today: Date, rows: &[Row]) -> (Metrics, Vec<Outcome>) {
    let outcomes: Vec<Outcome> = rows
        .iter()
        .map(|row| {
            let mut outcome = ask(knowledge, row, &knowledge.weights().thresholds);
            let begun = Instant::now();
            let given = match news.read(&outcome.reading, today).decision {
                NewsDecision::Nothing | NewsDecision::Mention(_) => None,
                NewsDecision::Latest(_) => Some(false),
                NewsDecision::Give(item) => Some(item.topics.iter().any(|topic| is_right(knowledge, row, Shown::Topic(topic.as_str())))),
            };
            outcome.micros += begun.elapsed().as_micros() as u64;
            if let Some(right) = given {
                outcome.place = if right { Some(1) } else { outcome.place.map(|place| place + 1).filter(|place| *place <= PLACES) };
                (outcome.resolved, outcome.news) = (right, true);
            }
            outcome
        })
        .collect();
    (sum_up(knowledge, rows, &outcomes), outcomes)
}

/// As [`measure`], deciding at other thresholds.
pub fn measure_at(knowledge: &Knowledge, rows: &[Row], thresholds: &Thresholds) -> (Metrics, Vec<Outcome>) {
    let outcomes: Vec<Outcome> = rows.iter().map(|row| ask(knowledge, row, thresholds)).collect();
    (sum_up(knowledge, rows, &outcomes), outcomes)
}

fn ask(knowledge: &Knowledge, row: &Row, thresholds: &Thresholds) -> Outcome {
    let start = Instant::now();
    let reading = knowledge.ask_at(&row.question, &AskContext::default(), thresholds);
    let micros = start.elapsed().as_micros() as u64;
    let looked_up = reading.decision == Decision::Intent(Intent::Lookup);
    // A lookup that is started stands before all candidates.
    let shown =
        looked_up.then_some(Shown::Lookup).into_iter().chain(reading.candidates.iter().map(|found| Shown::Topic(found.topic.as_str())));
    let place = shown.take(PLACES).position(|shown| is_right(knowledge, row, shown)).map(|place| place + 1);
    let resolved = match &reading.decision {
        Decision::Answer | Decision::Intent(Intent::Lookup) => place == Some(1),
        Decision::Clarify { choices } => choices.iter().any(|choice| is_right(knowledge, row, Shown::Topic(choice.as_str()))),
        Decision::Miss { .. } | Decision::Intent(_) => false,
    };
    Outcome { scored: is_scored(knowledge, row), place, resolved, news: false, reading, micros }
}

#[derive(Clone, Copy)]
enum Shown<'a> {
    Lookup,
    Topic(&'a str),
}

fn is_right(knowledge: &Knowledge, row: &Row, shown: Shown<'_>) -> bool {
    row.labels.iter().any(|label| match (label, shown) {
        (Label::Lookup, Shown::Lookup) => true,
        (Label::Topic(id), Shown::Topic(shown)) => knowledge.faq().topic(id).is_some_and(|topic| topic.id.as_str() == shown),
        _ => false,
    })
}

fn is_scored(knowledge: &Knowledge, row: &Row) -> bool {
    row.labels.iter().any(|label| match label {
        Label::Topic(id) => knowledge.faq().topic(id).is_some(),
        Label::Lookup => true,
        Label::OutOfScope | Label::Nothing => false,
    })
}

fn sum_up(knowledge: &Knowledge, rows: &[Row], outcomes: &[Outcome]) -> Metrics {
    let scored: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.scored).collect();
    let count = |wanted: &dyn Fn(&Outcome) -> bool| scored.iter().filter(|outcome| wanted(outcome)).count();
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let answered =
        |outcome: &Outcome| outcome.news || matches!(outcome.reading.decision, Decision::Answer | Decision::Intent(Intent::Lookup));
    let asked_back = |outcome: &Outcome| !outcome.news && matches!(outcome.reading.decision, Decision::Clarify { .. });
    let within = |places: usize| count(&|outcome| outcome.place.is_some_and(|place| place <= places));
    let labelled =
        |label: Label| rows.iter().zip(outcomes).filter(move |(row, _)| row.labels.first() == Some(&label)).map(|(_, outcome)| outcome);
    let lookups = labelled(Label::Lookup).count();
    let looked_up = labelled(Label::Lookup).filter(|outcome| outcome.reading.decision == Decision::Intent(Intent::Lookup)).count();
    let strangers = labelled(Label::OutOfScope).count();
    let is_false = |outcome: &&Outcome| outcome.news || outcome.reading.decision == Decision::Answer;
    let answered_strangers = labelled(Label::OutOfScope).filter(is_false).count();
    let uncovered = rows.iter().filter(|row| {
        let mut topics = row.labels.iter().filter(|label| matches!(label, Label::Topic(_)));
        topics.clone().next().is_some() && !is_scored(knowledge, row) && topics.all(|label| *label != Label::Nothing)
    });
    let mut micros: Vec<u64> = outcomes.iter().map(|outcome| outcome.micros).collect();
    micros.sort_unstable();
    let percentile = |percent: usize| micros.get((micros.len() * percent / 100).min(micros.len().saturating_sub(1))).copied().unwrap_or(0);
    Metrics {
        questions: rows.len(),
        scored: scored.len(),
        uncovered: uncovered.count(),
        r_at_1: share(within(1), scored.len()),
        r_at_3: share(within(3), scored.len()),
        mrr_at_10: scored.iter().filter_map(|outcome| outcome.place).map(|place| 1.0 / place as f64).sum::<f64>()
            / scored.len().max(1) as f64,
        answered_share: share(count(&answered), scored.len()),
        answered_precision: share(count(&|outcome| answered(outcome) && outcome.resolved), count(&answered)),
        clarify_share: share(count(&asked_back), scored.len()),
        clarify_hit: share(count(&|outcome| asked_back(outcome) && outcome.resolved), count(&asked_back)),
        resolved: share(count(&|outcome| outcome.resolved), scored.len()),
        lookup_right: share(looked_up, lookups),
        false_answer_rate: share(answered_strangers, strangers),
        out_of_scope: strangers,
        p50_us: percentile(50),
        p99_us: percentile(99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read() {
        let rows = parse("question\ttopics\tregister\nMất thẻ?\tbhyt/card-lost-damaged;lookup\tchat\n\nĐất?\toos\tforum\nx\t-\tlegal\n");
        let labels: Vec<Vec<Label>> = rows.expect("three rows").into_iter().map(|row| row.labels).collect();
        let topic = Label::Topic("bhyt/card-lost-damaged".to_owned());
        assert_eq!(labels, [vec![topic, Label::Lookup], vec![Label::OutOfScope], vec![Label::Nothing]]);
        assert_eq!(parse("question\ttopics\tregister\nno tabs"), Err(RowError { line: 2 }));
    }

    #[test]
    fn figures_follow_their_definitions() {
        let faq = faq::Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        let knowledge = Knowledge::build(std::sync::Arc::new(faq)).expect("the index builds");
        let rows = parse(
            "question\ttopics\tregister\n\
             quên mật khẩu vssid\tvssid/forgot-password-app;vssid/forgot-password-hotline-sms\tchat\n\
             quên mật khẩu vssid\tno/such-topic\tchat\n\
             công thức nấu phở bò\toos\tforum\n\
             xin chào\t-\tchat\n\
             kiểm tra giúp tôi đóng được bao nhiêu tháng\tlookup\tchat\n",
        );
        let (metrics, outcomes) = measure(&knowledge, &rows.expect("five rows"));
        assert_eq!((metrics.questions, metrics.scored, metrics.uncovered, metrics.out_of_scope), (5, 2, 1, 1));
        assert_eq!((metrics.r_at_1, metrics.lookup_right, metrics.false_answer_rate), (1.0, 1.0, 0.0));
        assert_eq!(outcomes.iter().map(|outcome| outcome.scored).collect::<Vec<_>>(), [true, false, false, false, true]);
    }
}
