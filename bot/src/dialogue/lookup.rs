//! Looking one's own record up: what is wanted, whether it may be shown, and what is said of it.
//!
//! Nothing here reads a record. A turn asks for one ([`Errand::Fetch`]) and gets it as an [`super::Input::Fetched`], which is shown only while
//! the verification that it was fetched for is still the conversation's own and in time.

use faq::TopicId;
use jiff::civil::Date;
use knowledge::{AskContext, Decision, Intent};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use super::answer::topic_choices;
use super::calculation;
use super::choice::ChoiceId;
use super::event::{Channel, Event, Message, Outcome};
use super::state::State;
use super::step::{Context, Errand, QueueMove, Reply};
use super::texts::{self, lookup as words};
use crate::conversation::Phone;
use crate::identity::birth::parse_birth;
use crate::identity::record::{Record, What};

/// Topics that help where there is no lookup.
const TOPICS_MAX: usize = 3;

/// How somebody has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By a one-time password, sent to the registered telephone.
    Otp,
    /// By sharing their own contact on Telegram: the registered telephone.
    Contact,
}

impl Method {
    /// The word for it in the database and in the audit.
    pub fn name(self) -> &'static str {
        match self {
            Method::Otp => "otp",
            Method::Contact => "contact",
        }
    }
}

/// What a conversation has proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Its key.
    pub id: Uuid,
    /// Until when, in Unix milliseconds.
    pub until_ms: i64,
    /// The last digits of the person's code.
    pub ending: String,
}

/// Why a record is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotFetched {
    /// The records cannot be reached.
    Unavailable,
    /// They do not answer in time.
    Slow,
    /// What they answer is not of the agreed form.
    Unreadable,
    /// The conversation has proved nothing, or no longer.
    Unverified,
}

/// Whether records can be looked up here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lookups {
    /// They cannot.
    #[default]
    Off,
    /// They can.
    On,
}

/// Whether records can be looked up in this conversation.
pub(super) fn is_available(context: &Context<'_>) -> bool {
    context.lookups == Lookups::On && context.channel != Channel::Terminal
}

/// The verification that counts now.
fn verified<'a>(state: &'a State, context: &Context<'_>) -> Option<&'a Verification> {
    state.verified.as_ref().filter(|verification| context.now_ms < verification.until_ms)
}

/// The citizen wants to see something; `None`: something of their own.
pub(super) fn ask(state: &State, what: Option<What>, context: &Context<'_>) -> Reply {
    if !is_available(context) {
        let topics: Vec<TopicId> = words::TOPICS_WHEN_OFF.iter().filter_map(|id| TopicId::parse(id)).collect();
        let choices = topic_choices(context.faq(), &topics, TOPICS_MAX);
        return Reply::say(Outcome::Action, words::off()).offering(choices.into_iter().chain([texts::operator_choice()]));
    }
    match (verified(state, context), what) {
        (Some(_), Some(what)) => fetch(what),
        (Some(verification), None) => Reply::say(Outcome::Action, words::menu(verification.until_ms)).offering(words::menu_choices()),
        (None, what) => {
            let over = state.verified.is_some();
            let reply = Reply::say(Outcome::Action, words::verify_first(what, over)).offering(words::verify_choices());
            Reply { events: vec![Event::LookupAsked { what }], ..reply }
        }
    }
}

fn fetch(what: What) -> Reply {
    let reply = Reply::say(Outcome::Action, Vec::new());
    Reply { events: vec![Event::LookupAsked { what: Some(what) }], errand: Some(Errand::Fetch(what)), quiet: true, ..reply }
}

/// As [`ask`], for a question in the citizen's own words.
pub(super) fn ask_by_words(state: &State, text: &str, context: &Context<'_>) -> Reply {
    ask(state, wanted(text), context)
}

/// A command of one word that means something only after a verification.
pub(super) fn command_by_words(state: &State, text: &str, context: &Context<'_>) -> Option<Reply> {
    let said = fold(text);
    verified(state, context)
        .filter(|_| matches!(said.trim_end_matches(['.', '!']), "dang xuat" | "thoat" | "ket thuc"))
        .map(|_| sign_out(state))
}

/// What is heard of a citizen's words while an operator has the conversation and the bot is silent: nothing but what is about their own
/// data.
pub(super) fn beside_operator(state: &State, text: &str, context: &Context<'_>) -> Option<Reply> {
    if verified(state, context).is_some() && fold(text) == "dang xuat" {
        return Some(sign_out(state));
    }
    let ask = AskContext { last_topic: None, today: Some(context.today()) };
    let erases = matches!(context.knowledge.ask(text, &ask).decision, Decision::Intent(Intent::EraseData));
    erases.then(ask_erase)
}

/// The citizen has proved who they are.
pub(super) fn now_verified(state: &State, verification: &Verification, by: Method) -> Reply {
    let mut events = vec![Event::Verified { verification: verification.clone(), by }];
    match state.wanted {
        Some(what) => {
            let mut reply = fetch(what);
            events.append(&mut reply.events);
            Reply { events, ..reply }
        }
        None => {
            let reply = Reply::say(Outcome::Action, words::menu(verification.until_ms)).offering(words::menu_choices());
            Reply { events, ..reply }
        }
    }
}

/// The citizen wants it to end.
pub(super) fn sign_out(state: &State) -> Reply {
    let reply = Reply::say(Outcome::Action, words::signed_out());
    if state.verified.is_none() {
        return reply;
    }
    Reply { events: vec![Event::VerificationEnded { why: "signed_out".to_owned() }], errand: Some(Errand::EndVerification), ..reply }
}

/// What was asked for has come. `None`: late news of something that is over.
pub(super) fn show(state: &State, request: u64, fetched_for: Uuid, record: &Record, context: &Context<'_>) -> Option<Reply> {
    let (asked, what) = state.asked.filter(|(asked, _)| *asked == request)?;
    let Some(verification) = verified(state, context).filter(|verification| verification.id == fetched_for) else {
        return Some(not_shown(request, NotFetched::Unverified));
    };
    let own = (what == What::ForCalculation).then(|| calculation::from_own(state, record, context)).flatten();
    let message = match own {
        Some(message) => words::personal(message, verification.until_ms),
        None => words::message(what, record, context.today(), verification.until_ms),
    };
    let known: Vec<_> = message.choices.into_iter().filter(|choice| is_offered(&choice.id, context)).take(super::Choice::MAX).collect();
    let message = Message { choices: known, ..message };
    let event = Event::PersonalMessage {
        request: asked,
        what,
        verification: verification.id,
        until_ms: verification.until_ms,
        choices: message.choices.clone(),
        sealed: String::new(),
        open: Some(Box::new(message)),
    };
    let reply = Reply::say(Outcome::Action, Vec::new());
    Some(Reply { events: vec![event], quiet: true, ..reply })
}

/// A part of the record as the operator who opens it reads it: without buttons, which are the citizen's.
pub fn record_for_operator(what: What, record: &Record, now_ms: i64) -> Message {
    Message { choices: Vec::new(), ..words::part(what, record, super::day_in_vietnam(now_ms)) }
}

/// A button that would lead nowhere is left out: another FAQ may lack the topic, and only a browser prints.
fn is_offered(id: &str, context: &Context<'_>) -> bool {
    match ChoiceId::parse(id) {
        Some(ChoiceId::Topic(topic)) => context.faq().topic(topic.as_str()).is_some(),
        Some(ChoiceId::Print) => context.channel == Channel::Web,
        Some(ChoiceId::DeleteMessage) => context.channel == Channel::Telegram,
        _ => true,
    }
}

/// What was asked for did not come. `None`: late news of something that is over.
pub(super) fn failed(state: &State, request: u64, why: NotFetched) -> Option<Reply> {
    state.asked.filter(|(asked, _)| *asked == request).map(|_| not_shown(request, why))
}

fn not_shown(request: u64, why: NotFetched) -> Reply {
    let reply = match why {
        NotFetched::Unavailable | NotFetched::Slow | NotFetched::Unreadable => {
            Reply::say(Outcome::Action, words::unavailable(why)).offering([texts::operator_choice(), texts::call_choice()])
        }
        NotFetched::Unverified => Reply::say(Outcome::Action, words::verify_first(None, true)).offering(words::verify_choices()),
    };
    Reply { events: vec![Event::LookupFailed { request, why }], ..reply }
}

/// The form was sent, on a channel that can prove the telephone by itself.
pub(super) fn form_sent() -> Reply {
    Reply::say(Outcome::Action, words::share_contact()).offering([words::share_contact_choice()])
}

/// A contact came: the sender's own, or another's.
pub(super) fn contact(own: Option<Phone>, context: &Context<'_>) -> Reply {
    match own {
        Some(phone) if context.lookups == Lookups::On => {
            Reply { errand: Some(Errand::CheckContact(phone)), quiet: true, ..Reply::say(Outcome::Action, Vec::new()) }
        }
        Some(_) => Reply::say(Outcome::Refused, texts::unsupported(super::Unsupported::Contact)),
        None => Reply::say(Outcome::Refused, words::contact_of_another()).offering([texts::operator_choice()]),
    }
}

/// The contact proved nothing; why is nobody's business.
pub(super) fn contact_refused() -> Reply {
    Reply::say(Outcome::Action, words::contact_refused()).offering([words::verify_choice(), texts::operator_choice(), texts::call_choice()])
}

/// Whose contact it is cannot be looked up at the moment: they share it again later.
pub(super) fn contact_unchecked(why: NotFetched) -> Reply {
    Reply::say(Outcome::Action, words::unavailable(why)).offering([
        words::share_contact_choice(),
        texts::operator_choice(),
        texts::call_choice(),
    ])
}

/// The citizen wants everything gone: asked once more.
pub(super) fn ask_erase() -> Reply {
    Reply::say(Outcome::Action, words::ask_erase()).offering([words::erase_choice(), words::keep_choice()])
}

/// The citizen is sure. Nobody waits or talks in what is erased: a place in the queue is left, a talk ends.
pub(super) fn erase(state: &State) -> Reply {
    let queue = match &state.operator {
        Some(_) => Some(QueueMove::End),
        None => state.in_queue.then_some(QueueMove::Leave),
    };
    Reply { errand: Some(Errand::Erase), queue, ..Reply::say(Outcome::Action, words::erasing()) }
}

/// Everything is gone.
pub(super) fn erased(receipt: &str, events: u64, at_ms: i64) -> Reply {
    let reply = Reply::say(Outcome::Action, words::erased(receipt, events, at_ms)).offering([texts::help_choice()]);
    Reply { events: vec![Event::EraseDone { receipt: receipt.to_owned(), events }], ..reply }
}

/// Questions that only the record answers, however near a topic of the FAQ is.
pub(super) fn asks_for_own(state: &State, text: &str, context: &Context<'_>) -> Option<Reply> {
    let said = format!(" {} ", fold(text));
    let own = [" cua toi ", " cua em ", " cua minh ", " cua con toi "].iter().any(|word| said.contains(word));
    let which = [" la gi ", " la bao nhieu ", " so may ", " la so nao "].iter().any(|word| said.contains(word));
    (context.lookups == Lookups::On && own && which && wanted(text) == Some(What::Code)).then(|| ask(state, Some(What::Code), context))
}

/// What a question about one's own file is about; `None` when that is not said.
fn wanted(text: &str) -> Option<What> {
    let text = format!(" {} ", fold(text));
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let of_child = has(&[" con toi ", " con em ", " con minh ", " cho con ", " cua con ", " be nha ", " chau nha "]);
    if of_child && has(&[" the "]) {
        return Some(What::Dependants);
    }
    if has(&[" ma so bhxh ", " ma bhxh ", " ma so bao hiem ", " so so bhxh ", " so so bao hiem "]) && !has(&[" dong ", " thang ", " nam "])
    {
        return Some(What::Code);
    }
    if has(&[" ho so "]) {
        return Some(What::Dossiers);
    }
    if has(&[" the bhyt", " the bao hiem", " bhyt con han", " han the", " the cua toi", " the cua em", " the con han"]) {
        return Some(What::Card);
    }
    if has(&[" luot kham", " lan kham", " da kham", " kham chua benh", " di kham"]) {
        return Some(What::Visits);
    }
    if has(&[" tien ", " luong huu", " tro cap", " che do da huong", " da huong", " chuyen khoan"]) && !has(&[" dong ", " rut "]) {
        return Some(What::Benefits);
    }
    if has(&[
        " dong ",
        " qua trinh",
        " bao nhieu nam",
        " bao nhieu thang",
        " may nam",
        " may thang",
        " bao luu",
        " chot so",
        " bao tang",
        " bao giam",
    ]) {
        return Some(What::Participation);
    }
    None
}

/// What stands where a date of birth was.
const BIRTH_HIDDEN: &str = "[ngày sinh đã che]";
/// Whoever is asked for a date of birth is at least so old; dates since are of children, of papers, of what the question is about.
const ADULT_YEARS: i16 = 14;

/// Words of the longest writing of a day: "12 tháng 8 năm 1965".
const BIRTH_WORDS_MAX: usize = 5;

/// The text without dates of birth, when it holds one: near a masked number, after "sinh" or where one was asked for (`expected`), an old
/// date is somebody's.
pub fn hide_birth(text: &str, expected: bool, today: Date) -> Option<String> {
    if !expected && !format!(" {} ", fold(text)).contains(" sinh ") {
        return None;
    }
    let words: Vec<(usize, &str)> = text
        .split_inclusive(char::is_whitespace)
        .scan(0, |at, piece| {
            let start = *at;
            *at += piece.len();
            Some((start, piece.trim_end()))
        })
        .filter(|(_, word)| !word.is_empty())
        .collect();
    let mut hidden = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while at < words.len() {
        let longest = (1..=BIRTH_WORDS_MAX.min(words.len() - at)).rev();
        let birth = longest.filter_map(|count| Some((count, birth_in(text, &words[at..at + count], today)?))).next();
        let Some((count, range)) = birth else {
            at += 1;
            continue;
        };
        hidden.push_str(&text[copied..range.start]);
        hidden.push_str(BIRTH_HIDDEN);
        (at, copied) = (at + count, range.end);
    }
    if copied == 0 {
        return None;
    }
    hidden.push_str(&text[copied..]);
    Some(hidden)
}

/// Where the date of birth stands that these words, no more and no less, are.
fn birth_in(text: &str, words: &[(usize, &str)], today: Date) -> Option<std::ops::Range<usize>> {
    let (first, last) = (words.first()?, words.last()?);
    // "sn12/8/1965" is cut before its digits; what follows the last digit is no letter.
    let start = first.0 + first.1.find(|letter: char| letter.is_ascii_digit())?;
    let end = last.0 + last.1.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let written = text.get(start..end)?;
    let plain: Vec<String> =
        fold_keeping_marks(written).split(' ').filter(|word| !matches!(*word, "thang" | "nam" | "")).map(str::to_owned).collect();
    if plain.len() + 2 < words.len() || plain.iter().any(|word| word.contains(char::is_alphabetic)) {
        return None;
    }
    let typed = plain.join(" ");
    let parts = typed.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty());
    // "12/8/65": nobody who is asked for a date of birth was born in this century's twenties.
    let full = match (words.len(), parts.clone().count(), parts.clone().next_back()) {
        (1, 3, Some(year)) if year.len() == 2 && !typed.starts_with("19") => format!("{}19{year}", &typed[..typed.len() - 2]),
        _ => typed,
    };
    parse_birth(&full, today).is_ok_and(|birth| birth.year() <= today.year() - ADULT_YEARS).then_some(start..end)
}

/// Lower case without marks, with what stands between the words.
fn fold_keeping_marks(text: &str) -> String {
    text.nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .map(|letter| if matches!(letter, 'đ' | 'Đ') { 'd' } else { letter })
        .collect::<String>()
        .to_lowercase()
}

/// Lower case without marks, one space between words.
fn fold(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .map(|letter| if matches!(letter, 'đ' | 'Đ') { 'd' } else { letter })
        .collect();
    let spaced: String = plain.to_lowercase().chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_birth_is_hidden_and_other_dates_are_not() {
        let today = jiff::civil::date(2026, 11, 26);
        let check = |text: &str, masked: bool, want: Option<&str>| assert_eq!(hide_birth(text, masked, today).as_deref(), want, "{text}");
        check("tôi sinh ngày 05/03/1990, tra giúp", false, Some("tôi sinh ngày [ngày sinh đã che], tra giúp"));
        check("[mã số đã che] 5-3-1990", true, Some("[mã số đã che] [ngày sinh đã che]"));
        check("sinh con ngày 05/03/2026 được nghỉ mấy tháng", false, None);
        check("đi làm từ 05/03/1990 thì tính sao", false, None);
        check("sinh ngày 12 tháng 8 năm 1965, nam", false, Some("sinh ngày [ngày sinh đã che], nam"));
        check("nữ sinh 12 8 1965 đóng 20 năm", false, Some("nữ sinh [ngày sinh đã che] đóng 20 năm"));
        check("sinh 12081965", false, Some("sinh [ngày sinh đã che]"));
        check("12/8/65", true, Some("[ngày sinh đã che]"));
        check("sinh tháng 8 năm 1965", false, None);
        check("sinh năm 1965 đóng từ 3/2010", false, None);
        check("luật ngày 29/06/2024", true, None);
    }

    #[test]
    fn a_question_says_what_it_is_about() {
        let check = |text: &str, want: Option<What>| assert_eq!(wanted(text), want, "{text}");
        check("tôi đóng được bao nhiêu năm rồi", Some(What::Participation));
        check("thẻ bảo hiểm của tôi còn hạn không", Some(What::Card));
        check("hồ sơ thai sản của em tới đâu rồi", Some(What::Dossiers));
        check("mã số bhxh của tôi là gì", Some(What::Code));
        check("con tôi có thẻ chưa", Some(What::Dependants));
        check("thẻ của con em hết hạn ngày nào", Some(What::Dependants));
        check("tiền thai sản của em đã về chưa", Some(What::Benefits));
        check("sao tháng này tôi chưa nhận được lương hưu", Some(What::Benefits));
        check("ad tra giúp công ty em đóng bảo hiểm cho em tới tháng mấy rồi", Some(What::Participation));
        check("toi da kham bao nhieu lan", Some(What::Visits));
        check("tra cứu giúp tôi", None);
    }
}
