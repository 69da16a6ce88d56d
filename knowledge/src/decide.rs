//! The decision: answer, ask back, or say that nothing fits.

use faq::TopicId;
use serde::{Deserialize, Serialize};

use crate::intent::Intent;
use crate::weights::Thresholds;

/// Choices offered at most; more are not read on a phone.
pub const CHOICES_MAX: usize = 4;
/// One choice is no question.
pub(crate) const CHOICES_MIN: usize = 2;
/// What it costs to dismiss a question of ours, when choices shown to a stranger cost one.
const DISMISSAL_COST: f64 = 2.0;
/// Topics named when nothing fits.
pub const NEAREST_MAX: usize = 2;

/// What to do with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Give the first candidate's answer.
    Answer,
    /// Ask which of these is meant: 2 to [`CHOICES_MAX`] topics, best first.
    Clarify {
        /// The topics.
        choices: Vec<TopicId>,
    },
    /// Nothing fits.
    Miss {
        /// The least bad topics, at most [`NEAREST_MAX`]; often none.
        nearest: Vec<TopicId>,
    },
    /// No question to the FAQ.
    Intent(Intent),
}

/// A topic that may answer the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id.
    pub topic: TopicId,
    /// Calibrated probability that it answers the question, 0 to 1.
    pub probability: f64,
    /// The fused score of the ranking, for comparing candidates of one question only.
    pub score: f64,
}

/// What ranks first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lead {
    /// The first candidate.
    Topic,
    /// Asking for one's own file, with its probability.
    Lookup(f64),
    /// Another field of life, with its probability.
    Outside(f64),
}

/// Decides by the candidates, best first, and by what ranks before them all.
pub(crate) fn decide(candidates: &[Candidate], lead: Lead, thresholds: &Thresholds) -> Decision {
    match lead {
        Lead::Lookup(probability) if probability >= thresholds.lookup => return Decision::Intent(Intent::Lookup),
        Lead::Topic if candidates.first().is_some_and(|first| first.probability >= thresholds.answer) => return Decision::Answer,
        Lead::Topic | Lead::Lookup(_) | Lead::Outside(_) => {}
    }
    let worth = candidates.iter().take_while(|candidate| candidate.probability >= thresholds.choice).count();
    let offered = &candidates[..worth.clamp(CHOICES_MIN, CHOICES_MAX).min(candidates.len())];
    let together: f64 = offered.iter().map(|candidate| candidate.probability).sum();
    let ids = |candidates: &[Candidate]| candidates.iter().map(|candidate| candidate.topic.clone()).collect();
    // Choices cost a stranger a look; being dismissed costs a citizen the answer.
    let needed =
        if let Lead::Outside(probability) = lead { thresholds.clarify.max(probability / DISMISSAL_COST) } else { thresholds.clarify };
    if offered.len() >= CHOICES_MIN && together >= needed {
        Decision::Clarify { choices: ids(offered) }
    } else {
        Decision::Miss { nearest: ids(&candidates[..worth.min(NEAREST_MAX)]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { answer: 0.6, lookup: 0.5, clarify: 0.4, choice: 0.1, precision_target: 0.9 };

    fn check(probabilities: &[f64], lead: Lead, expected: &str) {
        let candidates: Vec<Candidate> = probabilities
            .iter()
            .zip(["a/1", "a/2", "a/3", "a/4", "a/5", "a/6"])
            .map(|(&probability, id)| Candidate { topic: TopicId::parse(id).expect("an id"), probability, score: 0.0 })
            .collect();
        let decision = match decide(&candidates, lead, &THRESHOLDS) {
            Decision::Answer => "answer".to_owned(),
            Decision::Clarify { choices } => format!("clarify {}", choices.len()),
            Decision::Miss { nearest } => format!("miss {}", nearest.len()),
            Decision::Intent(intent) => format!("{intent:?}"),
        };
        assert_eq!(decision, expected, "{probabilities:?} {lead:?}");
    }

    #[test]
    fn decisions_follow_the_thresholds() {
        check(&[0.7, 0.2], Lead::Topic, "answer");
        check(&[0.5, 0.2, 0.05], Lead::Topic, "clarify 2");
        check(&[0.2, 0.15, 0.15, 0.15, 0.15], Lead::Topic, "clarify 4");
        check(&[0.2, 0.15], Lead::Topic, "miss 2");
        check(&[0.5, 0.05], Lead::Topic, "clarify 2");
        check(&[0.3, 0.05], Lead::Topic, "miss 1");
        check(&[0.5], Lead::Topic, "miss 1");
        check(&[0.01], Lead::Topic, "miss 0");
        check(&[], Lead::Topic, "miss 0");
        check(&[0.2, 0.2], Lead::Lookup(0.5), "Lookup");
        check(&[0.7, 0.2], Lead::Lookup(0.3), "clarify 2");
        check(&[0.25, 0.15], Lead::Outside(0.85), "miss 2");
        check(&[0.25, 0.2], Lead::Outside(0.85), "clarify 2");
        check(&[0.2, 0.1], Lead::Outside(0.2), "miss 2");
    }
}
