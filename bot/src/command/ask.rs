//! `hotro ask`: one question, answered in the terminal.

use std::time::Instant;

use hotro::channel::terminal;
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::dialogue::{Channel, Context, Event, Input, Lookups, Situation, State, day_in_vietnam, step};
use knowledge::news::News;
use knowledge::{AskContext, Decision, Knowledge, Reading};
use serde_json::json;

pub(crate) fn run(config: &Config, question: &str, as_json: bool, explain: bool) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    let places = super::load_places(config)?;
    let asked = AskContext { today: Some(day_in_vietnam(now_ms())), ..AskContext::default() };
    if explain {
        let reading = knowledge.ask(question, &asked);
        let explained = json!({ "decision": reading.decision, "time": reading.time, "next": reading.next, "trace": reading.trace });
        say!("{}", serde_json::to_string_pretty(&explained)?);
        return Ok(());
    }
    if as_json {
        // The first question pays for cold caches; what is reported is what every later one takes.
        knowledge.ask(question, &asked);
        let before = Instant::now();
        let reading = knowledge.ask(question, &asked);
        let micros = u64::try_from(before.elapsed().as_micros()).unwrap_or(u64::MAX);
        say!("{}", summary(&knowledge, &reading, micros));
        return Ok(());
    }
    let news = News::of_faq(knowledge.faq());
    let context = Context {
        knowledge: &knowledge,
        news: &news,
        now_ms: now_ms(),
        channel: Channel::Terminal,
        desk: &Situation::USUAL,
        places: &places,
        lookups: Lookups::Off,
    };
    let input = Input::Message { text: question.to_owned() };
    // A conversation that has begun: an answer, not a greeting.
    let state = State { seq: 1, ..State::default() };
    for event in step(&state, "ask", &input, &context).events {
        if let Event::BotMessage { message, .. } = event {
            say!("{}", terminal::render(&message));
        }
    }
    Ok(())
}

fn summary(knowledge: &Knowledge, reading: &Reading, micros: u64) -> serde_json::Value {
    // A clarification names the topic that it puts first.
    let (outcome, topic) = match &reading.decision {
        Decision::Answer => ("answered", reading.candidates.first().map(|candidate| candidate.topic.as_str())),
        Decision::Clarify { choices } => ("clarify", choices.first().map(faq::TopicId::as_str)),
        Decision::Miss { .. } => ("missed", None),
        Decision::Intent(knowledge::Intent::Lookup) => ("action", None),
        Decision::Intent(_) => ("small_talk", None),
    };
    let candidates: Vec<_> =
        reading.candidates.iter().map(|candidate| json!({ "topic": candidate.topic, "probability": candidate.probability })).collect();
    json!({
        "outcome": outcome,
        "topic": topic,
        "probability": reading.candidates.first().map(|candidate| candidate.probability),
        "candidates": candidates,
        "index_version": knowledge.index_version(),
        "micros": micros,
    })
}
