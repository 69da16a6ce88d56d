//! Around an operator: asking for one, waiting, the talk itself, and what follows it.

use super::choice::ChoiceId;
use super::event::{Event, HandoffReason, Message, Outcome};
use super::state::{Rating, State};
use super::step::{Context, MISSES_BEFORE_OPERATOR, QueueMove, Reply, unknown_choice};
use super::{answer, texts};

/// The word of the log for a talk that the citizen ended.
const ENDED_BY_CITIZEN: &str = "ended_by_citizen";
/// The word of the log for abuse: whoever was sent away for it is not asked how it was.
const MISUSE: &str = "misuse";

/// The topic of complaints (khiếu nại) and denunciations (tố cáo): who asks for an operator after it is served first.
pub const COMPLAINT_TOPIC: &str = "bhxh/complaint-denunciation";

/// Whether operators are there, as far as a turn needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// It is within the hours of the desk.
    pub open: bool,
    /// When the desk opens next, in Unix milliseconds; `None` while it is open, or when nobody knows.
    pub next_opening_ms: Option<i64>,
    /// The bot answers.
    pub bot_enabled: bool,
    /// Citizens can be handed over.
    pub handoff_enabled: bool,
    /// What supervisors tell citizens while something is switched off.
    pub notice: Option<String>,
}

impl Situation {
    /// Everything works.
    pub const USUAL: Situation = Situation { open: true, next_opening_ms: None, bot_enabled: true, handoff_enabled: true, notice: None };
}

/// The citizen wants an operator.
pub(super) fn ask(state: &State, context: &Context<'_>) -> Reply {
    let desk = context.desk;
    if state.in_queue {
        return Reply::say(Outcome::Action, texts::queued_already()).offering([texts::call_choice(), texts::leave_queue_choice()]);
    }
    if !desk.handoff_enabled {
        return Reply::say(Outcome::Action, texts::handoff_off(desk.notice.as_deref())).offering([texts::call_choice()]);
    }
    if !desk.open {
        let choices = [texts::call_choice(), texts::leave_message_choice()];
        return Reply::say(Outcome::Action, texts::closed_now(context.now_ms, desk.next_opening_ms)).offering(choices);
    }
    let reason = if state.last_topic.as_ref().is_some_and(|topic| topic.as_str() == COMPLAINT_TOPIC) {
        HandoffReason::Complaint
    } else if state.misses_in_row >= MISSES_BEFORE_OPERATOR {
        HandoffReason::MissedTwice
    } else if state.misses_in_row > 0 {
        HandoffReason::Unhappy
    } else {
        HandoffReason::Asked
    };
    let reply = Reply::say(Outcome::Action, texts::queued()).offering([texts::call_choice(), texts::leave_queue_choice()]);
    Reply { queue: Some(QueueMove::Enter(reason)), ..reply }
}

/// The citizen no longer wants one.
pub(super) fn leave(state: &State) -> Reply {
    if !state.in_queue {
        return Reply::say(Outcome::SmallTalk, texts::cancelled());
    }
    Reply { queue: Some(QueueMove::Leave), ..Reply::say(Outcome::Action, texts::left_queue()) }
}

/// Out of hours the citizen wants to leave a message; during hours that is waiting like anyone.
pub(super) fn leave_message(state: &State, context: &Context<'_>) -> Reply {
    if state.in_queue || !context.desk.handoff_enabled {
        return ask(state, context);
    }
    Reply::say(Outcome::Action, texts::write_message()).offering([texts::no_message_choice()])
}

/// What the citizen wrote is for the next shift.
pub(super) fn message_left(state: &State, context: &Context<'_>) -> Reply {
    let blocks = texts::message_left(context.now_ms, context.desk.next_opening_ms);
    let reply = Reply::say(Outcome::Action, blocks).offering([texts::call_choice(), texts::leave_queue_choice()]);
    // Whoever waits already has a place: the message is there for the operator who comes.
    Reply { queue: (!state.in_queue).then_some(QueueMove::Enter(HandoffReason::Asked)), ..reply }
}

/// The citizen sent a photo or a file while waiting.
pub(super) fn attached(state: &State) -> Reply {
    // The operator may have left in the moment in which it was kept.
    let blocks = if state.in_queue { texts::attached() } else { texts::attached_too_late() };
    let choices = if state.in_queue { vec![texts::call_choice(), texts::leave_queue_choice()] } else { vec![texts::operator_choice()] };
    Reply::say(Outcome::Action, blocks).offering(choices)
}

/// The citizen ends the talk with the operator.
pub(super) fn end_talk() -> Reply {
    let reply = Reply::say(Outcome::Action, texts::back_with_bot()).offering(texts::rate_choices());
    Reply { queue: Some(QueueMove::End), ..reply }
}

pub(super) fn ended_by_citizen() -> Event {
    Event::HandoffResolved { reason: ENDED_BY_CITIZEN.to_owned() }
}

/// The citizen judges the talk.
pub(super) fn rate(state: &State, stars: u8) -> Reply {
    if state.rating == Rating::Closed {
        return unknown_choice();
    }
    let reply = Reply::say(Outcome::SmallTalk, texts::rated()).offering([texts::review_choice()]);
    Reply { events: vec![Event::Rated { stars, words: None }], ..reply }
}

/// The citizen wants to say more about it.
pub(super) fn review(state: &State) -> Reply {
    match state.rating {
        Rating::Given(_) => Reply::say(Outcome::SmallTalk, texts::write_review()).offering([texts::no_message_choice()]),
        Rating::Open | Rating::Closed => unknown_choice(),
    }
}

/// What the citizen says about it.
pub(super) fn reviewed(state: &State, words: &str) -> Reply {
    let reply = Reply::say(Outcome::SmallTalk, texts::reviewed());
    match state.rating {
        Rating::Given(stars) => Reply { events: vec![Event::Rated { stars, words: Some(words.to_owned()) }], ..reply },
        Rating::Open | Rating::Closed => reply,
    }
}

/// What the log tells when an operator, or a supervisor, is done with a conversation: the bot is back and asks for a rating.
pub fn after_resolution(reason: &str) -> Vec<Event> {
    let choices = if reason == MISUSE { Vec::new() } else { texts::rate_choices() };
    let message = Message { blocks: texts::back_with_bot(), choices, ..Message::default() };
    vec![Event::HandoffResolved { reason: reason.to_owned() }, Event::BotMessage { outcome: Outcome::Action, message, decided: None }]
}

/// What the log tells when a citizen has asked to be called back.
pub fn after_callback(from_ms: i64, to_ms: i64) -> Vec<Event> {
    let message = Message { blocks: texts::callback_asked(from_ms, to_ms), choices: vec![texts::call_choice()], ..Message::default() };
    vec![Event::CallbackAsked { from_ms, to_ms }, Event::BotMessage { outcome: Outcome::Action, message, decided: None }]
}

/// The answer of a topic as an operator gives it: today's, without the bot's buttons. `None` when it may not be given as current.
pub fn answer_of(faq: &faq::Faq, topic: &faq::TopicId, now_ms: i64) -> Option<Message> {
    let topic = faq.topic(topic.as_str())?;
    let message = answer::answer(faq, topic, super::day_in_vietnam(now_ms), None)?;
    Some(Message { choices: message.choices.into_iter().filter(|choice| is_for_talk(&choice.id)).collect(), ..message })
}

/// While an operator talks the bot is silent, so a button that asks it something would do nothing.
fn is_for_talk(id: &str) -> bool {
    matches!(ChoiceId::parse(id), Some(ChoiceId::EndTalk))
}
