//! One turn of the dialogue.

use faq::{About, Action, Faq, Period, TopicId};
use jiff::civil::Date;
use knowledge::mask::mask;
use knowledge::news::News;
use knowledge::places::{PlaceKind, Places};
use knowledge::{AskContext, CHOICES_MAX, Decision, Intent, Knowledge, MESSAGE_CHARS_MAX, Reading, normalize_for_display};

use super::answer::{answer, make_room, topic_choices};
use super::calculation::{self, Heard};
use super::choice::{Choice, ChoiceId};
use super::event::{Channel, Decided, Event, HandoffReason, Message, Outcome};
use super::handoff::{self, Situation};
use super::input::{Attachment, Input, Unsupported};
use super::lookup::{self, Lookups, NotFetched};
use super::news;
use super::place;
use super::state::{State, Writing};
use super::texts;
use crate::conversation::Phone;
use crate::identity::record::What;

/// What is kept of an unknown command.
const COMMAND_CHARS_MAX: usize = 40;
/// Misses in a row after which the operator is offered first.
pub(super) const MISSES_BEFORE_OPERATOR: u32 = 2;
/// Candidates that are stored with a decision.
const DECIDED_CANDIDATES_MAX: usize = 5;
/// Buttons under a miss: two topics, then the way out.
const NEAREST_MAX: usize = 2;
/// The command that erases the conversation.
const ERASE_COMMAND: &str = "xoadulieu";
/// Vietnam's time: no summer time.
pub(crate) const VIETNAM: jiff::tz::Offset = jiff::tz::Offset::constant(7);

/// What a turn may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The FAQ and its search.
    pub knowledge: &'a Knowledge,
    /// The policy news.
    pub news: &'a News,
    /// Unix milliseconds.
    pub now_ms: i64,
    /// Where the citizen is; used when the conversation begins.
    pub channel: Channel,
    /// Whether operators are there.
    pub desk: &'a Situation,
    /// Offices, collection points and facilities.
    pub places: &'a Places,
    /// Whether records can be looked up.
    pub lookups: Lookups,
}

impl Context<'_> {
    /// The day in Vietnam.
    pub(super) fn today(&self) -> Date {
        day_in_vietnam(self.now_ms)
    }

    pub(super) fn faq(&self) -> &Faq {
        self.knowledge.faq()
    }
}

/// The day in Vietnam at a moment in Unix milliseconds; the first of all days when the moment is out of range.
pub fn day_in_vietnam(at_ms: i64) -> Date {
    jiff::Timestamp::from_millisecond(at_ms).map_or(Date::MIN, |at| VIETNAM.to_datetime(at).date())
}

/// When a day begins in Vietnam, in Unix milliseconds; days out of range begin at the end that they are beyond.
pub fn start_of_day_in_vietnam(day: Date) -> i64 {
    VIETNAM.to_timestamp(day.at(0, 0, 0, 0)).map_or(if day > Date::ZERO { i64::MAX } else { i64::MIN }, |at| at.as_millisecond())
}

/// What one input leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// To be appended, the citizen's own event first.
    pub events: Vec<Event>,
    /// To be done in the same transaction.
    pub effects: Vec<Effect>,
}

/// What leaves the dialogue beside events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Give the conversation a place in the operators' queue.
    QueueHandoff(HandoffReason),
    /// Take it out of the queue, or out of the hands of its operator.
    LeaveQueue,
    /// Tell the operators that something is wrong with a place.
    ReportPlace {
        /// What it is for.
        kind: PlaceKind,
        /// Which.
        id: String,
        /// Its name as it was shown.
        name: String,
    },
    /// Do something slow, and bring the result as an input with the same request.
    Ask {
        /// The seq of the event that asks.
        request: u64,
        /// What.
        errand: Errand,
    },
    /// Send the conversation the news as its state says after this turn, or no more.
    FollowNews,
}

/// Something slow that a turn asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Read a part of the record of the person whom the conversation has proved to be.
    Fetch(What),
    /// Check the citizen's own telephone against the record that the form named.
    CheckContact(Phone),
    /// End what the conversation has proved.
    EndVerification,
    /// Erase the conversation up to here.
    Erase,
}

/// What is said in reply, before it becomes events.
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    pub(super) message: Message,
    pub(super) decided: Option<Decided>,
    pub(super) queue: Option<QueueMove>,
    /// What happened beside, before it is spoken of.
    pub(super) events: Vec<Event>,
    /// What is to be done beside.
    pub(super) effects: Vec<Effect>,
    /// What is asked for beside; the last event of the turn before the reply asks.
    pub(super) errand: Option<Errand>,
    /// Nothing is said now: what was asked for is the reply, or it is among the events.
    pub(super) quiet: bool,
}

/// What becomes of the citizen's place in the queue.
pub(super) enum QueueMove {
    /// They get one.
    Enter(HandoffReason),
    /// They leave it.
    Leave,
    /// They end the talk with the operator.
    End,
}

impl Reply {
    pub(super) fn say(outcome: Outcome, blocks: Vec<faq::Block>) -> Reply {
        Reply {
            outcome,
            message: Message { blocks, ..Message::default() },
            decided: None,
            queue: None,
            events: Vec::new(),
            effects: Vec::new(),
            errand: None,
            quiet: false,
        }
    }

    pub(super) fn offering(mut self, choices: impl IntoIterator<Item = Choice>) -> Reply {
        self.message.choices = choices.into_iter().take(Choice::MAX).collect();
        self
    }

    pub(super) fn decided(mut self, decided: Decided) -> Reply {
        self.decided = Some(decided);
        self
    }
}

/// Advances one conversation by one input. Same arguments, same turn. `client_id` is the channel's id of the input.
pub fn step(state: &State, client_id: &str, input: &Input, context: &Context<'_>) -> Turn {
    let mut events = Vec::with_capacity(3);
    if state.seq == 0 {
        events.push(Event::Started { channel: context.channel });
    }
    let client_id = client_id.to_owned();
    // An operator owns the conversation: what the citizen says goes into the log, and the bot is silent.
    let silent = state.operator.is_some();
    let reply = match input {
        Input::Start if state.seq == 0 => Some(Reply::say(Outcome::SmallTalk, texts::greeting()).offering(texts::start_choices())),
        Input::Start => {
            events.push(Event::CitizenMessage { client_id, text: "/start".to_owned(), masked: false });
            (!silent).then(greet_again)
        }
        Input::Message { text } => {
            // Secrets are gone before anything else looks at the text, and the text is cut before anything stores it.
            let too_long = text.chars().count() > MESSAGE_CHARS_MAX;
            let told = Told::of(text, state, context);
            // The cut may go through a number that was not recognised for its half: nothing but words may end a cut text.
            let stored = if too_long { told.text.trim_end_matches(|last: char| !last.is_alphabetic()) } else { &told.text };
            events.push(Event::CitizenMessage { client_id, text: stored.to_owned(), masked: told.masked() });
            if silent {
                // Whoever talks to an operator can still sign out and have everything erased.
                lookup::beside_operator(state, &told.text, context).filter(|_| !too_long)
            } else {
                let reply = match state.writing {
                    _ if too_long => Reply::say(Outcome::Refused, texts::too_long(MESSAGE_CHARS_MAX)),
                    Some(Writing::Message) => handoff::message_left(state, context),
                    Some(Writing::Review) => handoff::reviewed(state, &told.text),
                    None => hear(state, &told, context),
                };
                Some(told.noting(reply))
            }
        }
        Input::Choice { id } => {
            let choice = ChoiceId::parse(id);
            let label = state.offered.iter().find(|offered| offered.id == *id).map(|offered| offered.label.clone());
            let label = label.or_else(|| choice.as_ref().and_then(|choice| default_label(choice, context))).unwrap_or_default();
            // What is not one of ours is not stored: it could be anything.
            let stored = choice.as_ref().filter(|choice| is_ours(choice, id, state, context) && place::is_known(choice, context));
            let stored = stored.map_or_else(|| "unknown".to_owned(), ToString::to_string);
            events.push(Event::CitizenChoice { client_id, choice: stored, label });
            match choice {
                Some(ChoiceId::EndTalk | ChoiceId::LeaveQueue) if silent => Some(handoff::end_talk()),
                Some(choice @ (ChoiceId::SignOut | ChoiceId::AskErase | ChoiceId::Erase | ChoiceId::Keep)) if silent => {
                    (choice != ChoiceId::SignOut || state.verified.is_some()).then(|| choose(state, choice, context))
                }
                _ if silent => None,
                Some(choice) => Some(choose(state, choice, context)),
                None => Some(unknown_choice()),
            }
        }
        Input::Command { name } => {
            // An unknown command may be anything with a slash before it: a question, a number, a day of birth.
            let told = Told::of(&format!("/{name}"), state, context);
            events.push(Event::CitizenMessage {
                client_id,
                text: told.text.chars().take(COMMAND_CHARS_MAX).collect(),
                masked: told.masked(),
            });
            if silent {
                (name == ERASE_COMMAND).then(lookup::ask_erase)
            } else {
                let reply = command(state, name, &told, context);
                Some(told.noting(reply))
            }
        }
        Input::Unsupported(what) => {
            events.push(Event::CitizenUnsupported { client_id, what: *what });
            let reply =
                || Reply::say(Outcome::Refused, texts::unsupported(*what)).offering([texts::help_choice(), texts::operator_choice()]);
            (!silent).then(reply)
        }
        Input::Attachment(attachment) => {
            let Attachment { id, media_type, bytes } = attachment;
            events.push(Event::CitizenAttachment { client_id, attachment: *id, media_type: (*media_type).to_owned(), bytes: *bytes });
            (!silent).then(|| handoff::attached(state))
        }
        Input::Unkept(why) => {
            events.push(Event::CitizenUnsupported { client_id, what: Unsupported::File });
            (!silent).then(|| Reply::say(Outcome::Refused, texts::unkept(*why)).offering([texts::operator_choice()]))
        }
        Input::Location { lat_e6, lon_e6 } => {
            events.push(Event::CitizenLocation { client_id });
            (!silent).then(|| place::shared(state, *lat_e6, *lon_e6, context))
        }
        Input::Contact { own } => {
            events.push(Event::CitizenUnsupported { client_id, what: Unsupported::Contact });
            (!silent).then(|| lookup::contact(own.clone(), context))
        }
        Input::FormSent => (!silent).then(lookup::form_sent),
        Input::Verified { verification, by } if silent => {
            events.push(Event::Verified { verification: verification.clone(), by: *by });
            None
        }
        Input::Verified { verification, by } => Some(lookup::now_verified(state, verification, *by)),
        Input::ContactRefused => (!silent).then(lookup::contact_refused),
        Input::ContactUnchecked(why) => (!silent).then(|| lookup::contact_unchecked(*why)),
        Input::Fetched { request, verification, record } => {
            let shown = lookup::show(state, *request, *verification, record, context);
            if silent {
                shown.map(|_| Reply {
                    events: vec![Event::LookupFailed { request: *request, why: NotFetched::Unverified }],
                    quiet: true,
                    ..Reply::say(Outcome::Action, Vec::new())
                })
            } else {
                shown
            }
        }
        Input::NotFetched { request, why } => {
            let failed = lookup::failed(state, *request, *why);
            failed.map(|reply| Reply { quiet: reply.quiet || silent, ..reply })
        }
        Input::Erased { receipt, events } => Some(lookup::erased(receipt, *events, context.now_ms)),
    };
    let mut effects = Vec::new();
    let Some(reply) = reply else { return Turn { events, effects } };
    if reply.events.iter().any(|event| matches!(event, Event::NewsFollowed { .. } | Event::NewsStopped)) {
        effects.push(Effect::FollowNews);
    }
    events.extend(reply.events);
    effects.extend(reply.effects);
    match reply.queue {
        Some(QueueMove::Enter(reason)) => {
            events.push(Event::HandoffRequested { reason });
            effects.push(Effect::QueueHandoff(reason));
        }
        Some(QueueMove::Leave) => {
            events.push(Event::HandoffLeft);
            effects.push(Effect::LeaveQueue);
        }
        Some(QueueMove::End) => {
            events.push(handoff::ended_by_citizen());
            effects.push(Effect::LeaveQueue);
        }
        None => {}
    }
    if let Some(errand) = reply.errand {
        effects.push(Effect::Ask { request: state.seq + events.len() as u64, errand });
    }
    if reply.quiet {
        return Turn { events, effects };
    }
    events.push(Event::BotMessage { outcome: reply.outcome, message: reply.message, decided: reply.decided });
    Turn { events, effects }
}

/// Whether a choice is one that some message may have offered: its topic, if it has one, exists or stood on the screen.
fn is_ours(choice: &ChoiceId, id: &str, state: &State, context: &Context<'_>) -> bool {
    let faq = context.faq();
    match choice {
        ChoiceId::Topic(topic) | ChoiceId::Now(topic) | ChoiceId::Related(topic) | ChoiceId::Wrong(topic) => {
            faq.topic(topic.as_str()).is_some() || state.offered.iter().any(|offered| offered.id == id)
        }
        ChoiceId::AsOf(topic, day) => {
            let known = faq.topic(topic.as_str()).is_some_and(|topic| topic.period_on(*day).is_some());
            known || state.offered.iter().any(|offered| offered.id == id)
        }
        ChoiceId::News(item) => news::is_ours(item, id, state, context),
        _ => true,
    }
}

/// The label of a button that is no longer on the screen.
fn default_label(choice: &ChoiceId, context: &Context<'_>) -> Option<String> {
    let faq = context.faq();
    Some(match choice {
        ChoiceId::Topic(topic) => faq.topic(topic.as_str())?.title.clone(),
        ChoiceId::Now(topic) => texts::todays_rule_choice(topic).label,
        ChoiceId::AsOf(topic, day) => {
            let period = faq.topic(topic.as_str())?.period_on(*day)?;
            texts::other_time_choice(topic, &period, context.today()).label
        }
        ChoiceId::Related(topic) => texts::related_choice(topic).label,
        ChoiceId::Wrong(topic) => texts::wrong_choice(topic).label,
        ChoiceId::Next => texts::NEXT_QUESTION.to_owned(),
        ChoiceId::NoneOfThese => texts::none_of_these_choice().label,
        ChoiceId::Operator => texts::operator_choice().label,
        ChoiceId::LeaveQueue => texts::leave_queue_choice().label,
        ChoiceId::EndTalk => texts::end_talk_choice().label,
        ChoiceId::LeaveMessage => texts::leave_message_choice().label,
        ChoiceId::Rate(stars) => texts::rate_choice(*stars).label,
        ChoiceId::Review => texts::review_choice().label,
        ChoiceId::Help => texts::help_choice().label,
        ChoiceId::Do(action) => texts::action_label(*action).to_owned(),
        ChoiceId::Calculation(_) => return None,
        ChoiceId::PlaceIn(_)
        | ChoiceId::MorePlaces
        | ChoiceId::PlacesOf(_)
        | ChoiceId::Here
        | ChoiceId::ReportPlace
        | ChoiceId::WrongPlace(..) => return place::label(choice, context),
        ChoiceId::Verify => texts::lookup::verify_choice().label,
        ChoiceId::Look(what) => texts::lookup::look_choice(*what).label,
        ChoiceId::SignOut => texts::lookup::sign_out_choice().label,
        ChoiceId::Print => texts::lookup::print_choice().label,
        ChoiceId::ShareContact => texts::lookup::share_contact_choice().label,
        ChoiceId::DeleteMessage => texts::lookup::delete_choice().label,
        ChoiceId::AskErase => texts::lookup::ASK_ERASE.to_owned(),
        ChoiceId::Erase => texts::lookup::erase_choice().label,
        ChoiceId::Keep => texts::lookup::keep_choice().label,
        ChoiceId::News(_)
        | ChoiceId::NewsList(..)
        | ChoiceId::NewsThemes
        | ChoiceId::FollowNews(_)
        | ChoiceId::FollowAs(_)
        | ChoiceId::StopNews => news::default_label(choice, context)?,
    })
}

/// The bot is switched off: what is typed is kept for the operators, and how to reach them is all that is said.
fn switched_off(context: &Context<'_>) -> Reply {
    let choices = [texts::operator_choice(), texts::call_choice()];
    Reply::say(Outcome::Refused, texts::bot_off(context.desk.notice.as_deref())).offering(choices)
}

/// What a citizen wrote, without what must not be stored.
struct Told {
    /// As it is stored, and as everything but a calculation reads it.
    text: String,
    /// The same with a day of birth: a calculation reads it, and keeps its month; nothing else sees it.
    with_birth: String,
    /// Numbers were hidden.
    secrets: bool,
    /// A day of birth was hidden.
    birth: bool,
}

impl Told {
    fn of(written: &str, state: &State, context: &Context<'_>) -> Told {
        let masked = mask(&normalize_for_display(written));
        let secrets = !masked.found.is_empty();
        let hidden = lookup::hide_birth(&masked.text, secrets || calculation::asks_birth(state), context.today());
        let birth = hidden.is_some();
        Told { text: hidden.unwrap_or_else(|| masked.text.clone()), with_birth: masked.text, secrets, birth }
    }

    fn masked(&self) -> bool {
        self.secrets || self.birth
    }

    /// Without the slash of a command.
    fn without_slash(&self) -> Told {
        let bare = |text: &str| text.strip_prefix('/').unwrap_or(text).to_owned();
        Told { text: bare(&self.text), with_birth: bare(&self.with_birth), ..*self }
    }

    /// The reply, which says what was hidden.
    fn noting(&self, mut reply: Reply) -> Reply {
        if !self.secrets && self.birth && calculation::keeps_birth(&reply) {
            reply.message.blocks.push(texts::calculation::birth_kept_short());
        } else if self.masked() {
            reply.message.blocks.push(texts::masked());
        }
        reply
    }
}

fn hear(state: &State, told: &Told, context: &Context<'_>) -> Reply {
    let (text, masked) = (told.text.as_str(), told.masked());
    let calculation = if context.desk.bot_enabled { calculation::hear(state, &told.with_birth, context) } else { Heard::Nothing };
    let aside = match calculation {
        Heard::Reply(reply) => return *reply,
        Heard::Aside => true,
        Heard::Nothing => false,
    };
    match chosen_by_typing(&state.offered, text).filter(|_| !aside) {
        Some(choice) => choose(state, choice, context),
        // What is about their own data is heard even then.
        None if !context.desk.bot_enabled => lookup::beside_operator(state, text, context).unwrap_or_else(|| switched_off(context)),
        None if aside => calculation::beside(state, text, ask(state, text, masked, state.last_topic.as_ref(), context), context),
        None if let Some(reply) = lookup::command_by_words(state, text, context) => reply,
        None if let Some(reply) = lookup::asks_for_own(state, text, context) => reply,
        None if let Some(reply) = place::hear(state, text, context) => reply,
        None => ask(state, text, masked, state.last_topic.as_ref(), context),
    }
}

/// Asks the FAQ; a question may lean on `last_topic`.
fn ask(state: &State, text: &str, masked: bool, last_topic: Option<&TopicId>, context: &Context<'_>) -> Reply {
    let reading = context.knowledge.ask(text, &AskContext { last_topic, today: Some(context.today()) });
    let about = about(state, &reading);
    let next = reading.next.as_ref().map(|next| next.text.clone());
    let decided = Decided { about, next, ..decided_by(&reading, context.knowledge) };
    let understood = reading.understood.clone();
    let news = context.news.read(&reading, context.today());
    if let Some(mut reply) = news::instead(state, &news, context) {
        reply.message.understood = understood;
        let given = reply.decided.and_then(|given| given.news);
        return Reply { decided: Some(Decided { news: given, ..decided }), ..reply };
    }
    let mut reply = match reading.decision {
        Decision::Answer => match reading.candidates.first() {
            Some(best) => give(&best.topic, about.as_ref(), context).decided(Decided { topic: Some(best.topic.clone()), ..decided }),
            None => miss(state, &[], context).decided(decided),
        },
        Decision::Clarify { choices } => {
            let first = choices.first().cloned();
            offer(Outcome::Clarify, texts::clarify(), &choices, context).decided(Decided { topic: first, ..decided })
        }
        Decision::Miss { nearest } if masked && nearest.is_empty() => only_secrets(),
        Decision::Miss { .. } if place::waits(state) => place::not_found(),
        Decision::Miss { nearest } => miss(state, &nearest, context).decided(decided),
        Decision::Intent(Intent::Empty) if masked => only_secrets(),
        Decision::Intent(Intent::Lookup) => lookup::ask_by_words(state, text, context),
        Decision::Intent(intent) => small_talk(state, intent, context),
    };
    if matches!(reply.outcome, Outcome::Answered | Outcome::Clarify) {
        reply.message.understood = understood;
    }
    news::mention(&news, &mut reply);
    if let Some(next) = reading.next.filter(|_| reply.outcome == Outcome::Answered) {
        offer_next(&mut reply.message.choices, &next.question);
    }
    reply
}

/// Offers the second question of a message in the second place, so that typing "2" asks it too.
fn offer_next(choices: &mut Vec<Choice>, question: &str) {
    choices.insert(choices.len().min(1), texts::next_question_choice(question));
    make_room(choices);
}

/// The time that a question is about: its own, or that of the question it leans on.
fn about(state: &State, reading: &Reading) -> Option<About> {
    let before = state.about.filter(|_| reading.trace.context.is_some());
    match &reading.time {
        Some(time) => Some(About { also: time.about.also.or(before.map(|before| before.time)), ..time.about }),
        None => before,
    }
}

pub(super) fn unknown_choice() -> Reply {
    Reply::say(Outcome::Refused, texts::unknown_choice()).offering([texts::help_choice()])
}

/// Nothing but numbers: the notice about them, which the caller adds, is the whole reply, and no question was missed.
fn only_secrets() -> Reply {
    let lookup = Choice::new(ChoiceId::Do(Action::Lookup), texts::action_label(Action::Lookup));
    Reply::say(Outcome::Refused, Vec::new()).offering([lookup, texts::operator_choice()])
}

/// The choice that a text means: "2", "số 2", "ý 2", or the very words of a button.
pub(crate) fn chosen_by_typing(offered: &[Choice], text: &str) -> Option<ChoiceId> {
    let text = text.trim().to_lowercase();
    let offered = || offered.iter().filter(|choice| choice.href.is_none());
    if let Some(choice) = offered().find(|choice| choice.label.to_lowercase() == text) {
        return ChoiceId::parse(&choice.id);
    }
    let number = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let before = text[..text.len() - number.len()].trim();
    if !matches!(before, "" | "số" | "so" | "ý" | "y" | "câu" | "cau" | "chọn" | "chon" | "mục" | "muc" | "(") {
        return None;
    }
    let number: usize = number.trim_end_matches([')', '.', ' ']).parse().ok()?;
    offered().nth(number.checked_sub(1)?).and_then(|choice| ChoiceId::parse(&choice.id))
}

fn choose(state: &State, choice: ChoiceId, context: &Context<'_>) -> Reply {
    let faq = context.faq();
    match choice {
        ChoiceId::Topic(topic) => {
            let about = state.about.filter(|_| state.lists(&topic));
            give_chosen(&topic, about, context)
        }
        ChoiceId::Now(topic) => {
            let before = state.about.filter(|_| state.last_topic.as_ref() == Some(&topic)).map(|about| about.time);
            give_chosen(&topic, Some(About { time: Period::day(context.today()), also: before }), context)
        }
        ChoiceId::AsOf(topic, day) => {
            let period = faq.topic(topic.as_str()).and_then(|topic| topic.period_on(day)).unwrap_or(Period::day(day));
            give_chosen(&topic, Some(About { time: period, also: None }), context)
        }
        ChoiceId::Next => match &state.next {
            Some(question) => ask(state, question, false, None, context),
            None => unknown_choice(),
        },
        ChoiceId::Related(topic) => {
            let related = faq.topic(topic.as_str()).map(|topic| topic.related.as_slice()).unwrap_or_default();
            offer(Outcome::Clarify, texts::related(), related, context)
        }
        // `others` are what the last question may have meant; they say nothing about an answer further up.
        ChoiceId::Wrong(ref topic) if state.last_topic.as_ref() == Some(topic) && !state.others.is_empty() => {
            offer(Outcome::Clarify, texts::clarify_again(), &state.others, context)
        }
        ChoiceId::Wrong(_) | ChoiceId::NoneOfThese => Reply::say(Outcome::Missed, texts::wrong_and_nothing_else()).offering([
            texts::operator_choice(),
            texts::call_choice(),
            texts::help_choice(),
        ]),
        ChoiceId::Operator | ChoiceId::Do(Action::Operator) => handoff::ask(state, context),
        ChoiceId::LeaveQueue | ChoiceId::EndTalk => handoff::leave(state),
        ChoiceId::LeaveMessage => handoff::leave_message(state, context),
        ChoiceId::Rate(stars) => handoff::rate(state, stars),
        ChoiceId::Review => handoff::review(state),
        ChoiceId::Help => help(),
        ChoiceId::Calculation(choice) => calculation::choose(state, choice, context),
        ChoiceId::Do(Action::NearOffice) => place::begin(PlaceKind::Office),
        ChoiceId::Do(Action::NearCollectionPoint) => place::begin(PlaceKind::CollectionPoint),
        ChoiceId::Do(Action::NearFacility) => place::begin(PlaceKind::Facility),
        ChoiceId::PlaceIn(_)
        | ChoiceId::MorePlaces
        | ChoiceId::PlacesOf(_)
        | ChoiceId::Here
        | ChoiceId::ReportPlace
        | ChoiceId::WrongPlace(..) => place::choose(state, &choice, context),
        ChoiceId::Do(Action::Lookup) => lookup::ask(state, None, context),
        ChoiceId::Verify => lookup::ask(state, state.wanted, context),
        ChoiceId::Do(Action::News) => news::list(state, None, 0, context),
        ChoiceId::Do(action) => match texts::calculation::calculator(action) {
            Some(calculator) => calculation::start(calculator, state, context),
            None => unknown_choice(),
        },
        ChoiceId::Look(what) => lookup::ask(state, Some(what), context),
        ChoiceId::SignOut => lookup::sign_out(state),
        ChoiceId::DeleteMessage => Reply { quiet: true, ..Reply::say(Outcome::SmallTalk, Vec::new()) },
        ChoiceId::Print | ChoiceId::ShareContact => unknown_choice(),
        ChoiceId::Erase if state.has_button(&ChoiceId::Erase) => lookup::erase(state),
        ChoiceId::AskErase | ChoiceId::Erase => lookup::ask_erase(),
        ChoiceId::Keep => Reply::say(Outcome::SmallTalk, texts::lookup::kept()),
        ChoiceId::News(item) => news::show(state, &item, context),
        ChoiceId::NewsList(theme, page) => news::list(state, theme, page, context),
        ChoiceId::NewsThemes => news::themes(),
        ChoiceId::FollowNews(theme) => news::follow(state, theme),
        ChoiceId::FollowAs(cadence) => news::follow_as(state, cadence),
        ChoiceId::StopNews => news::stop(state),
    }
}

fn command(state: &State, name: &str, told: &Told, context: &Context<'_>) -> Reply {
    match name {
        "start" => greet_again(),
        "help" => help(),
        "tracuu" => lookup::ask(state, None, context),
        "gan" => place::begin_any(),
        "tintuc" => news::list(state, None, 0, context),
        "tinh" => calculation::menu(1),
        "tongdai" => handoff::ask(state, context),
        ERASE_COMMAND => lookup::ask_erase(),
        // An unknown command is most often a question that begins with a slash.
        _ => hear(state, &told.without_slash(), context),
    }
}

fn small_talk(state: &State, intent: Intent, context: &Context<'_>) -> Reply {
    let say = |blocks| Reply::say(Outcome::SmallTalk, blocks);
    match intent {
        Intent::Greeting => greet_again(),
        Intent::Thanks => say(texts::thanks()),
        Intent::Goodbye => say(texts::goodbye()),
        Intent::Praise => say(texts::praise()),
        Intent::WhoAreYou => say(texts::who_are_you()).offering([texts::help_choice(), texts::operator_choice()]),
        Intent::Help => help(),
        Intent::Human => handoff::ask(state, context),
        Intent::Insult => Reply::say(Outcome::Refused, texts::insult()).offering([texts::operator_choice(), texts::call_choice()]),
        Intent::Cancel if state.in_queue => handoff::leave(state),
        Intent::Cancel => say(texts::cancelled()),
        Intent::Repeat => match &state.last_message {
            Some(message) => Reply { message: message.clone(), ..say(Vec::new()) },
            None => say(texts::nothing_to_repeat()),
        },
        Intent::Affirm if state.has_button(&ChoiceId::Next) => choose(state, ChoiceId::Next, context),
        // "Đúng rồi" after a list means its first entry when there is but one topic to mean.
        Intent::Affirm => match only_topic(state) {
            Some(topic) => choose(state, ChoiceId::Topic(topic), context),
            None => say(texts::affirmed()),
        },
        // Only a list to choose from can be denied: after the greeting's suggestions "không" is no complaint.
        Intent::Deny if state.has_button(&ChoiceId::NoneOfThese) => choose(state, ChoiceId::NoneOfThese, context),
        Intent::Deny => say(texts::denied()).offering([texts::operator_choice()]),
        Intent::NotWhatIMeant => match &state.last_topic {
            Some(topic) => choose(state, ChoiceId::Wrong(topic.clone()), context),
            None => choose(state, ChoiceId::NoneOfThese, context),
        },
        Intent::Lookup => lookup::ask(state, None, context),
        Intent::Nearby => place::begin_any(),
        Intent::News => news::list(state, None, 0, context),
        Intent::EraseData => lookup::ask_erase(),
        Intent::OutOfScopeCommand => Reply::say(Outcome::Refused, texts::out_of_scope()).offering([texts::help_choice()]),
        Intent::Empty => Reply::say(Outcome::Refused, texts::empty()).offering([texts::help_choice()]),
    }
}

fn only_topics(state: &State) -> impl Iterator<Item = TopicId> + '_ {
    state.offered.iter().filter_map(|choice| match ChoiceId::parse(&choice.id) {
        Some(ChoiceId::Topic(topic)) => Some(topic),
        _ => None,
    })
}

fn only_topic(state: &State) -> Option<TopicId> {
    let mut topics = only_topics(state);
    topics.next().filter(|_| topics.next().is_none())
}

/// The answer of a topic that was tapped: no search decided it.
pub(super) fn give_chosen(topic: &TopicId, about: Option<About>, context: &Context<'_>) -> Reply {
    give(topic, about.as_ref(), context).decided(Decided {
        index_version: context.knowledge.index_version().to_owned(),
        candidates: Vec::new(),
        topic: context.faq().topic(topic.as_str()).map(|topic| topic.id.clone()),
        answer_threshold: 0.0,
        about,
        next: None,
        news: None,
    })
}

fn give(topic: &TopicId, about: Option<&About>, context: &Context<'_>) -> Reply {
    let faq = context.faq();
    match faq.topic(topic.as_str()).and_then(|topic| answer(faq, topic, context.today(), about)) {
        Some(message) => {
            let mut reply = Reply { message, ..Reply::say(Outcome::Answered, Vec::new()) };
            news::beside(topic, &mut reply, context);
            reply
        }
        None => Reply::say(Outcome::Missed, texts::no_longer_answered()).offering([texts::operator_choice(), texts::call_choice()]),
    }
}

fn offer(outcome: Outcome, blocks: Vec<faq::Block>, topics: &[TopicId], context: &Context<'_>) -> Reply {
    let choices = topic_choices(context.faq(), topics, CHOICES_MAX);
    if choices.is_empty() {
        return Reply::say(Outcome::Missed, texts::wrong_and_nothing_else()).offering([texts::operator_choice(), texts::call_choice()]);
    }
    Reply::say(outcome, blocks).offering(choices.into_iter().chain([texts::none_of_these_choice()]))
}

fn miss(state: &State, nearest: &[TopicId], context: &Context<'_>) -> Reply {
    let topics = topic_choices(context.faq(), nearest, NEAREST_MAX);
    if state.misses_in_row + 1 >= MISSES_BEFORE_OPERATOR {
        return Reply::say(Outcome::Missed, texts::missed_again())
            .offering([texts::operator_choice(), texts::call_choice()].into_iter().chain(topics));
    }
    Reply::say(Outcome::Missed, texts::missed(!topics.is_empty())).offering(topics.into_iter().chain([texts::operator_choice()]))
}

fn greet_again() -> Reply {
    Reply::say(Outcome::SmallTalk, texts::greeting_again()).offering(texts::start_choices())
}

fn help() -> Reply {
    Reply::say(Outcome::SmallTalk, texts::help()).offering(texts::start_choices())
}

fn decided_by(reading: &Reading, knowledge: &Knowledge) -> Decided {
    Decided {
        index_version: knowledge.index_version().to_owned(),
        candidates: reading.candidates.iter().take(DECIDED_CANDIDATES_MAX).cloned().collect(),
        topic: None,
        answer_threshold: knowledge.weights().thresholds.answer,
        about: None,
        next: None,
        news: None,
    }
}
