//! What happens in a conversation: the log is made of these.

use faq::{About, Block, Citation, NewsId, TopicId};
use jiff::civil::Date;
use knowledge::Candidate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calculation::Calculation;
use super::choice::Choice;
use super::lookup::{Method, NotFetched, Verification};
use super::news::Following;
use super::place::{PlaceList, PlaceSearch};
use crate::identity::record::What;

/// Where a citizen talks to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The widget on a website.
    Web,
    /// Telegram.
    Telegram,
    /// `hotro chat`.
    Terminal,
}

impl Channel {
    /// The word for it in the database, in metrics and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Web => "web",
            Channel::Telegram => "telegram",
            Channel::Terminal => "terminal",
        }
    }
}

/// One entry of the log, numbered and dated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// 1, 2, 3 ... within its conversation.
    pub seq: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. Stored as JSON; a variant or field is added, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The conversation begins.
    Started {
        /// Where.
        channel: Channel,
    },
    /// The citizen wrote. Secrets are masked before this exists.
    CitizenMessage {
        /// The channel's id of the input.
        client_id: String,
        /// The text, masked.
        text: String,
        /// Something was masked: channels that can delete the original do so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        masked: bool,
    },
    /// The citizen tapped a choice.
    CitizenChoice {
        /// The channel's id of the input.
        client_id: String,
        /// [`super::ChoiceId`] as text.
        choice: String,
        /// What the button said.
        label: String,
    },
    /// The citizen sent what the bot cannot read: a photo, a sticker, a voice message.
    CitizenUnsupported {
        /// The channel's id of the input.
        client_id: String,
        /// What it was.
        what: super::Unsupported,
    },
    /// The citizen sent a photo or a file to the operators. It is kept beside the log, and for a while only.
    CitizenAttachment {
        /// The channel's id of the input.
        client_id: String,
        /// Its key.
        attachment: Uuid,
        /// What it is, by its content.
        media_type: String,
        /// Its size as kept.
        bytes: u64,
    },
    /// The citizen shared where they are. Where that is, is not in the log.
    CitizenLocation {
        /// The channel's id of the input.
        client_id: String,
    },
    /// The bot looked for places: what follow-up questions lean on. Never shown to citizens.
    PlacesSought {
        /// For what, where, and what was found.
        search: PlaceSearch,
    },
    /// The bot replied.
    BotMessage {
        /// How the citizen's input ended.
        outcome: Outcome,
        /// What was said.
        message: Message,
        /// What decided it; absent for replies that no search decided. Never shown to citizens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided: Option<Decided>,
    },
    /// The citizen is handed over to the operators and waits in the queue.
    HandoffRequested {
        /// Why.
        reason: HandoffReason,
    },
    /// The citizen left the queue.
    HandoffLeft,
    /// An operator owns the conversation from here on: the bot is silent.
    HandoffClaimed {
        /// Who, as people read it.
        operator: String,
        /// The number of the claim.
        fence: i64,
    },
    /// The operator wrote to the citizen.
    OperatorMessage {
        /// Who, as people read it.
        operator: String,
        /// The text.
        text: String,
        /// The console's id of it.
        client_id: String,
    },
    /// The operator gave an answer of the FAQ, as of that day.
    OperatorAnswer {
        /// Who, as people read it.
        operator: String,
        /// The console's id of it.
        client_id: String,
        /// Which.
        topic: TopicId,
        /// What was said.
        message: Message,
    },
    /// A note among operators. Never shown to citizens.
    OperatorNote {
        /// Who, as people read it.
        operator: String,
        /// The console's id of it.
        client_id: String,
        /// The text.
        text: String,
    },
    /// Operators call the conversation by other labels. Never shown to citizens.
    LabelsChanged {
        /// Who, as people read it.
        operator: String,
        /// All that it has now.
        labels: Vec<String>,
    },
    /// The operator no longer owns the conversation, and the citizen waits again at the old place.
    HandoffReleased {
        /// Who had it, as people read it. Never shown to citizens, like what follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
        /// Why: a word of the queue, such as `returned` or `lease_ended`.
        why: String,
        /// To whom it was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_operator: Option<String>,
        /// For which skill it waits now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_skill: Option<String>,
    },
    /// The talk with the operator is over.
    HandoffResolved {
        /// Why: a word of the queue, such as `answered` or `ended_by_citizen`.
        reason: String,
    },
    /// The citizen is told where they stand, on a channel that has no open stream.
    QueuePosition {
        /// 1 is next.
        position: u32,
        /// An honest range of waiting time; absent when nobody can know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait: Option<Minutes>,
    },
    /// The citizen wants to be called back. The number is not in the log.
    CallbackAsked {
        /// From when, in Unix milliseconds.
        from_ms: i64,
        /// Until when.
        to_ms: i64,
    },
    /// The citizen judged the talk with the operator. A later one replaces it.
    Rated {
        /// 1 to 5.
        stars: u8,
        /// In the citizen's words, masked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<String>,
    },
    /// A calculation began, went on or ended. Never shown to citizens: what they read of it is said in a message.
    CalculationChanged {
        /// How it stands now; absent when it is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calculation: Option<Box<Calculation>>,
    },
    /// The citizen wants to see something of their own record; it is asked for when the conversation has proved who it is.
    LookupAsked {
        /// What; `None`: not said.
        what: Option<What>,
    },
    /// What was asked for is not shown.
    LookupFailed {
        /// The seq of the event that asked.
        request: u64,
        /// Why.
        why: NotFetched,
    },
    /// The citizen has proved who they are.
    Verified {
        /// For how long, and whose record.
        #[serde(flatten)]
        verification: Verification,
        /// How.
        by: Method,
    },
    /// That counts no longer.
    VerificationEnded {
        /// A word for it: `signed_out`, `erased`.
        why: String,
    },
    /// The bot showed a part of the citizen's own record. The log holds it sealed; only who delivers it opens it, and only in time.
    PersonalMessage {
        /// The seq of the event that asked.
        request: u64,
        /// What was shown.
        what: What,
        /// The verification under whose key it is sealed.
        verification: Uuid,
        /// Until when it can be opened, in Unix milliseconds.
        until_ms: i64,
        /// What could be tapped; nothing personal.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
        /// The message.
        sealed: String,
        /// The message before it is sealed. Never stored.
        #[serde(skip)]
        open: Option<Box<Message>>,
    },
    /// The operator has opened a part of the record of the citizen, who has proved who they are. The citizen is told.
    RecordRevealed {
        /// Who, as people read it.
        operator: String,
        /// The console's id of it.
        client_id: String,
        /// Which part.
        what: What,
    },
    /// Here stood something that was erased.
    Erased,
    /// The conversation was erased up to here.
    EraseDone {
        /// By which the citizen can ask about it.
        receipt: String,
        /// So many events.
        events: u64,
    },
    /// The citizen wants to be sent news. A later one replaces it.
    NewsFollowed {
        /// Which, and how often.
        following: Following,
    },
    /// The citizen wants to be sent no more news.
    NewsStopped,
    /// News that the citizen follows. No reply to anything.
    News {
        /// Which items.
        items: Vec<NewsId>,
        /// What is said of them.
        message: Message,
    },
}

/// A range of waiting time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minutes {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

impl Event {
    /// The tag by which the event is stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Started { .. } => "started",
            Event::CitizenMessage { .. } => "citizen_message",
            Event::CitizenChoice { .. } => "citizen_choice",
            Event::CitizenUnsupported { .. } => "citizen_unsupported",
            Event::CitizenAttachment { .. } => "citizen_attachment",
            Event::CitizenLocation { .. } => "citizen_location",
            Event::PlacesSought { .. } => "places_sought",
            Event::BotMessage { .. } => "bot_message",
            Event::HandoffRequested { .. } => "handoff_requested",
            Event::HandoffLeft => "handoff_left",
            Event::HandoffClaimed { .. } => "handoff_claimed",
            Event::OperatorMessage { .. } => "operator_message",
            Event::OperatorAnswer { .. } => "operator_answer",
            Event::OperatorNote { .. } => "operator_note",
            Event::LabelsChanged { .. } => "labels_changed",
            Event::HandoffReleased { .. } => "handoff_released",
            Event::HandoffResolved { .. } => "handoff_resolved",
            Event::QueuePosition { .. } => "queue_position",
            Event::CallbackAsked { .. } => "callback_asked",
            Event::Rated { .. } => "rated",
            Event::CalculationChanged { .. } => "calculation_changed",
            Event::LookupAsked { .. } => "lookup_asked",
            Event::LookupFailed { .. } => "lookup_failed",
            Event::Verified { .. } => "verified",
            Event::VerificationEnded { .. } => "verification_ended",
            Event::PersonalMessage { .. } => "personal_message",
            Event::RecordRevealed { .. } => "record_revealed",
            Event::Erased => "erased",
            Event::EraseDone { .. } => "erase_done",
            Event::NewsFollowed { .. } => "news_followed",
            Event::NewsStopped => "news_stopped",
            Event::News { .. } => "news",
        }
    }

    /// The event as the citizen may read it: without what decided it, and nothing of what operators say among themselves.
    pub fn for_citizen(mut self) -> Option<Event> {
        match &mut self {
            Event::OperatorNote { .. } | Event::LabelsChanged { .. } | Event::CalculationChanged { .. } | Event::PlacesSought { .. } => {
                return None;
            }
            Event::BotMessage { decided, .. } => *decided = None,
            Event::PersonalMessage { sealed, .. } => sealed.clear(),
            Event::HandoffReleased { operator, to_operator, to_skill, .. } => (*operator, *to_operator, *to_skill) = (None, None, None),
            _ => {}
        }
        Some(self)
    }
}

/// How an input of the citizen ended: a closed list, read by operators, metrics and `hotro replay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A topic was given as the answer.
    Answered,
    /// Two to four topics were offered.
    Clarify,
    /// Nothing fitted.
    Missed,
    /// Something other than an answer was started: a lookup, a handoff, a place search.
    Action,
    /// Greeting, thanks, help.
    SmallTalk,
    /// Not for this bot: abuse, what it does not do, what it cannot read.
    Refused,
}

impl Outcome {
    /// The word for it in metrics and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Answered => "answered",
            Outcome::Clarify => "clarify",
            Outcome::Missed => "missed",
            Outcome::Action => "action",
            Outcome::SmallTalk => "small_talk",
            Outcome::Refused => "refused",
        }
    }
}

/// What decided an outcome: kept so that old conversations can be replayed against a new index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Versions of analyzer, content and weights.
    pub index_version: String,
    /// The best candidates, best first.
    pub candidates: Vec<Candidate>,
    /// The topic answered, or the first of those offered; `None` on a miss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Probability from which an answer is given.
    pub answer_threshold: f64,
    /// The time that was asked about; `None` when the question named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What the message asked after this question: asked when its button is tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The item of the news that was given instead of a topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<NewsId>,
}

impl Decided {
    /// Whether a search decided it. A tap, or the very words of a button, lead to their topic without one.
    pub fn by_search(&self) -> bool {
        !self.candidates.is_empty() || self.topic.is_none()
    }
}

/// Why someone wants an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoffReason {
    /// Asked for a person.
    Asked,
    /// Two questions in a row were not understood.
    MissedTwice,
    /// Was not content with the answer.
    Unhappy,
    /// Asked about a complaint or denunciation before.
    Complaint,
}

impl HandoffReason {
    /// The word for it in the database.
    pub fn name(self) -> &'static str {
        match self {
            HandoffReason::Asked => "asked",
            HandoffReason::MissedTwice => "missed_twice",
            HandoffReason::Unhappy => "unhappy",
            HandoffReason::Complaint => "complaint",
        }
    }
}

/// What the bot says in one turn. Channels render it; nothing else is sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The question as it was understood, when its spelling was repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understood: Option<String>,
    /// What to read.
    pub blocks: Vec<Block>,
    /// More of it, folded away until asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Block>,
    /// The legal basis of an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<Citation>,
    /// When the facts of an answer were last checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Date>,
    /// The review is overdue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// What can be tapped, most likely first, at most [`Choice::MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Places to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<PlaceList>,
}
