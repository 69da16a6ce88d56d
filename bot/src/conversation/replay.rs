//! Old questions through the present index: what would be decided otherwise today?

use knowledge::{AskContext, Decision, Knowledge};
use serde::Serialize;

use crate::dialogue::{Event, Outcome, Recorded, State, day_in_vietnam};

/// What a replay saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Replayed {
    /// Questions that a search had decided.
    pub questions: u64,
    /// Those decided otherwise now.
    pub differences: Vec<Difference>,
}

/// One question that would end otherwise today. Holds no text of the citizen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The citizen's event.
    pub seq: u64,
    /// How it ended, and by which topic.
    pub then: (Outcome, Option<String>),
    /// How it would end now.
    pub now: (Outcome, Option<String>),
}

/// Asks every question of one conversation again, in the context that it had then.
pub fn replay(log: &[Recorded], knowledge: &Knowledge) -> Replayed {
    let mut replayed = Replayed::default();
    let mut state = State::default();
    let mut question: Option<(&Recorded, &str, State)> = None;
    for recorded in log {
        match &recorded.event {
            Event::CitizenMessage { text, .. } => question = Some((recorded, text, state.clone())),
            // The news of that day are no longer what they were.
            Event::BotMessage { decided: Some(decided), .. } if !decided.by_search() || decided.news.is_some() => {}
            Event::BotMessage { outcome, decided: Some(decided), .. } => {
                if let Some((asked, text, before)) = question.take() {
                    let today = Some(day_in_vietnam(asked.at_ms));
                    let reading = knowledge.ask(text, &AskContext { last_topic: before.last_topic.as_ref(), today });
                    let best = reading.candidates.first().map(|candidate| candidate.topic.to_string());
                    let now = match reading.decision {
                        Decision::Answer => (Outcome::Answered, best),
                        Decision::Clarify { choices } => (Outcome::Clarify, choices.first().map(ToString::to_string)),
                        Decision::Miss { .. } => (Outcome::Missed, None),
                        Decision::Intent(_) => (Outcome::SmallTalk, None),
                    };
                    let then = (*outcome, decided.topic.as_ref().map(ToString::to_string));
                    replayed.questions += 1;
                    if then != now {
                        replayed.differences.push(Difference { seq: asked.seq, then, now });
                    }
                }
            }
            _ => {}
        }
        state.apply(recorded);
    }
    replayed
}
