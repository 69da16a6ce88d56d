//! The state of a conversation: a fold over its log.

use std::mem;

use crate::identity::record::What;
use faq::{About, TopicId};
use serde::{Deserialize, Serialize};

use super::calculation::Calculation;
use super::choice::{Choice, ChoiceId};
use super::event::{Channel, Event, Message, Outcome, Recorded};
use super::lookup::Verification;
use super::news::Following;
use super::place::PlaceSearch;

/// Other candidates remembered after an answer, for "chưa đúng ý".
const OTHERS_MAX: usize = 6;
/// A candidate less likely than this is not worth offering.
const OTHER_PROBABILITY_MIN: f64 = 0.02;

/// All that the dialogue knows of a conversation. Replaying the log gives it; a stored snapshot only saves time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The number of the last event; 0 before the first.
    pub seq: u64,
    /// Set by the first event.
    pub channel: Option<Channel>,
    /// The topic answered last: follow-up questions lean on it.
    pub last_topic: Option<TopicId>,
    /// The time that the last question was about: what is chosen from its list, and what leans on it, is answered for that time.
    #[serde(default)]
    pub about: Option<About>,
    /// What the last message asked after the question that was answered.
    #[serde(default)]
    pub next: Option<String>,
    /// What can be tapped under the last message.
    pub offered: Vec<Choice>,
    /// What else the last question might have meant, best first, without what was offered.
    pub others: Vec<TopicId>,
    /// Questions in a row that ended in a miss.
    pub misses_in_row: u32,
    /// The last thing said that is worth repeating.
    pub last_message: Option<Message>,
    /// The citizen waits for an operator.
    pub in_queue: bool,
    /// The operator who owns the conversation, as people read it. While there is one, the bot is silent.
    #[serde(default)]
    pub operator: Option<String>,
    /// Whether the last talk with an operator can be judged.
    #[serde(default)]
    pub rating: Rating,
    /// What the next text is, when it is no question.
    #[serde(default)]
    pub writing: Option<Writing>,
    /// A calculation that has begun.
    #[serde(default)]
    pub calculation: Option<Calculation>,
    /// The last search for places, while nothing else was answered since.
    #[serde(default)]
    pub places: Option<PlaceSearch>,
    /// What the citizen has proved, in time or not.
    #[serde(default)]
    pub verified: Option<Verification>,
    /// What the citizen wants to see, until it was shown.
    #[serde(default)]
    pub wanted: Option<What>,
    /// The seq of the event that asked for it, and what it asked for, until an answer came.
    #[serde(default)]
    pub asked: Option<(u64, What)>,
    /// The news that the citizen is sent.
    #[serde(default)]
    pub following: Option<Following>,
}

/// Whether the last talk with an operator can be judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// There was none, or another was asked for since.
    #[default]
    Closed,
    /// It can.
    Open,
    /// It was, with so many stars.
    Given(u8),
}

/// What the citizen was asked to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writing {
    /// A message for the next shift.
    Message,
    /// A word about the talk with the operator.
    Review,
}

impl Writing {
    fn asked_by(choice: &str) -> Option<Writing> {
        match ChoiceId::parse(choice)? {
            ChoiceId::LeaveMessage => Some(Writing::Message),
            ChoiceId::Review => Some(Writing::Review),
            _ => None,
        }
    }
}

impl State {
    /// Operators have the conversation, or will: what the citizen sends is for them to look at.
    pub fn in_handoff(&self) -> bool {
        self.in_queue || self.operator.is_some()
    }

    /// The state after one more event of the log.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.seq = recorded.seq;
        match &recorded.event {
            Event::Started { channel } => self.channel = Some(*channel),
            Event::CitizenChoice { choice, .. } => self.writing = Writing::asked_by(choice),
            Event::CitizenMessage { .. }
            | Event::CitizenUnsupported { .. }
            | Event::CitizenAttachment { .. }
            | Event::CitizenLocation { .. } => self.writing = None,
            Event::PlacesSought { search } => self.places = Some(search.clone()),
            Event::HandoffRequested { .. } => (self.in_queue, self.rating) = (true, Rating::Closed),
            Event::HandoffClaimed { operator, .. } => (self.in_queue, self.operator) = (false, Some(operator.clone())),
            Event::HandoffReleased { .. } => (self.in_queue, self.operator) = (true, None),
            Event::HandoffLeft | Event::CallbackAsked { .. } => (self.in_queue, self.operator) = (false, None),
            Event::HandoffResolved { .. } => (self.in_queue, self.operator, self.rating) = (false, None, Rating::Open),
            Event::CalculationChanged { calculation } => self.calculation = calculation.as_deref().cloned(),
            Event::Rated { stars, .. } => self.rating = Rating::Given(*stars),
            // An answer that an operator gave is what the next question leans on.
            Event::OperatorAnswer { topic, .. } => self.last_topic = Some(topic.clone()),
            Event::LookupAsked { what } => {
                self.wanted = *what;
                let in_time = self.verified.as_ref().is_some_and(|verification| recorded.at_ms < verification.until_ms);
                self.asked = what.filter(|_| in_time).map(|what| (recorded.seq, what));
            }
            Event::LookupFailed { .. } => self.asked = None,
            Event::Verified { verification, .. } => self.verified = Some(verification.clone()),
            Event::VerificationEnded { .. } => (self.verified, self.wanted, self.asked) = (None, None, None),
            // What it says stays out of the state, of which snapshots are stored.
            Event::PersonalMessage { choices, .. } => {
                (self.wanted, self.asked, self.last_message, self.misses_in_row) = (None, None, None, 0);
                self.offered.clone_from(choices);
            }
            Event::Erased => {}
            Event::EraseDone { .. } => *self = State { seq: self.seq, channel: self.channel, ..State::default() },
            Event::NewsFollowed { following } => self.following = Some(following.clone()),
            Event::NewsStopped => self.following = None,
            // News come between a question and its answer at any time: what was offered stays.
            Event::News { .. } => {}
            Event::OperatorMessage { .. }
            | Event::OperatorNote { .. }
            | Event::LabelsChanged { .. }
            | Event::RecordRevealed { .. }
            | Event::QueuePosition { .. } => {}
            Event::BotMessage { outcome, message, decided } => {
                match outcome {
                    Outcome::Missed => self.misses_in_row += 1,
                    Outcome::Answered | Outcome::Clarify | Outcome::Action => self.misses_in_row = 0,
                    Outcome::SmallTalk | Outcome::Refused => {}
                }
                self.offered.clone_from(&message.choices);
                self.last_message = Some(message.clone());
                if let Some(decided) = decided {
                    self.about = decided.about;
                    self.next.clone_from(&decided.next);
                    if *outcome == Outcome::Answered {
                        self.last_topic.clone_from(&decided.topic);
                        self.places = None;
                    }
                    // They are offered when the answer is said to be wrong: then what it was given for is theirs to share.
                    let answered = decided.candidates.first().filter(|_| *outcome == Outcome::Answered);
                    let rest = 1.0 - answered.map_or(0.0, |first| first.probability);
                    self.others = decided
                        .candidates
                        .iter()
                        .filter(|candidate| candidate.probability >= OTHER_PROBABILITY_MIN * rest)
                        .map(|candidate| candidate.topic.clone())
                        .filter(|topic| Some(topic) != decided.topic.as_ref() && !self.offers(topic))
                        .take(OTHERS_MAX)
                        .collect();
                } else {
                    // Whoever says again that nothing fits is not shown the same list again.
                    let others = mem::take(&mut self.others);
                    self.others = others.into_iter().filter(|topic| !self.offers(topic)).collect();
                }
            }
        }
    }

    /// Whether a list of what the last question may have meant has this topic. The suggestions of a greeting are no such list.
    pub(super) fn lists(&self, topic: &TopicId) -> bool {
        self.has_button(&ChoiceId::NoneOfThese) && self.offers(topic)
    }

    /// Whether the last message has this button.
    pub(super) fn has_button(&self, id: &ChoiceId) -> bool {
        let id = id.to_string();
        self.offered.iter().any(|choice| choice.id == id)
    }

    /// Whether a tap on this topic is among what was offered last.
    fn offers(&self, topic: &TopicId) -> bool {
        self.has_button(&ChoiceId::Topic(topic.clone()))
    }
}
