//! Every statement, step and utility of the VssID guide of 2021 is covered, by a topic or by a feature.

use std::collections::BTreeSet;

use faq::Action;
use harness::dialogue::{Conversation, knowledge};
use hotro::dialogue::{Channel, Choice, ChoiceId, Event, Input, Outcome};

const REQUIREMENTS: usize = 94;

/// Features that are no action of a topic, and where they are proved.
const FEATURES: [&str; 4] = [
    // tests/conversations/secrets, and `no_secret_number_is_stored` in dialogue.rs
    "masking",
    // tests/conversations/secrets: whoever sends one is told not to
    "no-secrets-asked",
    // A house rule: people in tests are invented, and the repository holds nothing of the guide's filled-in form
    "no-personal-data",
    // `the_embedded_faq_is_in_order` in command_line.rs
    "outdated-statements",
];

/// A requirement and what covers it.
struct Row {
    requirement: &'static str,
    kind: &'static str,
    topics: Vec<&'static str>,
    features: Vec<&'static str>,
    question: &'static str,
}

impl Row {
    fn is_answered(&self) -> bool {
        self.kind.split('+').any(|kind| kind == "A")
    }
}

fn rows() -> Vec<Row> {
    let lines = include_str!("../data/seed-coverage.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let rows = lines.map(|line| {
        let [requirement, kind, covered, question] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("four columns: {line}") };
        let (features, topics): (Vec<&str>, Vec<&str>) = covered.split(';').partition(|name| name.starts_with("feature:"));
        let features = features.into_iter().filter_map(|name| name.strip_prefix("feature:")).collect();
        Row { requirement, kind, topics, features, question }
    });
    rows.collect()
}

#[test]
fn every_requirement_of_the_guide_is_listed_once() {
    let listed: Vec<String> = rows().iter().map(|row| row.requirement.to_owned()).collect();
    let wanted: Vec<String> = (1..=REQUIREMENTS).map(|number| format!("S{number}")).collect();
    assert_eq!(listed, wanted);
}

#[test]
fn what_covers_a_requirement_exists() {
    let faq = knowledge().faq();
    for Row { requirement, kind, topics, features, question } in rows() {
        assert!(["A", "A+D", "D", "H", "C"].contains(&kind), "{requirement}: kind {kind}");
        assert!(!topics.is_empty() || !features.is_empty(), "{requirement}: nothing covers it");
        for topic in topics {
            assert!(faq.topic(topic).is_some(), "{requirement}: no topic {topic}");
        }
        for feature in features {
            let action: Option<Action> = serde_json::from_value(feature.into()).ok();
            let is_offered = action.is_some_and(|action| faq.topics().iter().any(|topic| topic.actions.contains(&action)));
            assert!(is_offered || FEATURES.contains(&feature), "{requirement}: no feature {feature}");
        }
        assert_eq!(kind.starts_with('A'), !question.is_empty(), "{requirement}: what is answered has a question, and only that");
    }
    let questions: BTreeSet<&str> = rows().iter().map(|row| row.question).filter(|question| !question.is_empty()).collect();
    assert_eq!(questions.len(), rows().iter().filter(|row| row.is_answered()).count(), "each asks in its own words");
}

/// The topics that a citizen reads or is offered when they ask this first.
fn led_to(question: &str) -> Vec<String> {
    let mut conversation = Conversation::on(Channel::Web);
    conversation.hear(&Input::Start);
    let turn = conversation.hear(&Input::Message { text: question.to_owned() });
    let Some(Event::BotMessage { outcome, message, decided }) = turn.events.last() else { panic!("no reply to {question}") };
    if !matches!(outcome, Outcome::Answered | Outcome::Clarify) {
        return Vec::new();
    }
    let offered = message.choices.iter().filter_map(|Choice { id, .. }| match ChoiceId::parse(id) {
        Some(ChoiceId::Topic(topic)) => Some(topic),
        _ => None,
    });
    let answered = decided.as_ref().and_then(|decided| decided.topic.clone());
    answered.into_iter().chain(offered).map(|topic| topic.to_string()).collect()
}

#[test]
fn what_the_guide_says_is_answered() {
    let mut failures = Vec::new();
    for Row { requirement, topics, question, .. } in rows().into_iter().filter(Row::is_answered) {
        let led_to = led_to(question);
        if !topics.iter().any(|topic| led_to.iter().any(|led_to| led_to == topic)) {
            failures.push(format!("{requirement}: {question}\n  wanted {topics:?}\n  led to {led_to:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of the requirements:\n{}", failures.len(), failures.join("\n"));
}
