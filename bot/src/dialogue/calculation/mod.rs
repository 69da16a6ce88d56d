//! "Của tôi thì được bao nhiêu?": a calculation in the conversation.
//!
//! What the message says is read first and only what is missing is asked. A number that can be read in two ways is asked back. "Không
//! rõ" takes an assumption that is said. Another question in between is answered, and the calculation waits.

mod choices;
mod cues;
mod entry;
mod fill;
mod own;

use std::collections::BTreeSet;

use knowledge::{Amounts, amounts, phrases};
use serde::{Deserialize, Serialize};

use self::fill::Doubt;
use super::answer::make_room;
use super::choice::{Choice, ChoiceId};
use super::event::{Event, Message, Outcome};
use super::lookup;
use super::state::State;
use super::step::{Context, Reply};
use super::texts;
use super::texts::calculation as words;
use crate::calculator::{Answers, Calculator, Law, Refusal, Slot, Value, calculate};
use crate::identity::record::{Record, What};

pub use entry::wanted;
pub use fill::Unsure;

/// Readings that are offered when a number is not clear.
const DOUBTS_MAX: usize = 3;
/// After a result, no more words than these name an input and its new value: "lương 10tr", "con thứ 2".
const CHANGE_WORDS_MAX: usize = 4;
/// No more words than these, which are no question and mean nothing by themselves, were meant as an answer.
const MEANT_AS_ANSWER_WORDS_MAX: usize = 4;
/// A longer answer to a question of ours is a question of theirs.
const ANSWER_WORDS_MAX: usize = 14;

/// A calculation that has begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calculation {
    /// Which.
    pub calculator: Calculator,
    /// What is known.
    pub answers: Answers,
    /// Which answers nobody gave.
    #[serde(default)]
    pub assumed: BTreeSet<Slot>,
    /// What was asked last; `None` when the result was given.
    #[serde(default)]
    pub asked: Option<Slot>,
    /// The contributions are those of the citizen's own record, which are read when they are needed and stand nowhere else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

impl Calculation {
    fn new(calculator: Calculator) -> Calculation {
        Calculation { calculator, answers: Answers::default(), assumed: BTreeSet::new(), asked: None, own: false }
    }

    fn set(&mut self, slot: Slot, value: Value) -> Result<(), Refusal> {
        self.answers.set(slot, value)?;
        self.assumed.remove(&slot);
        // A record says months, salary and end at once, and the other way round.
        let others: &[Slot] = match slot {
            Slot::Periods => &[Slot::Months, Slot::Salary, Slot::LastMonth],
            Slot::Months | Slot::Salary | Slot::LastMonth => &[Slot::Periods],
            _ => &[],
        };
        for other in others {
            self.answers.remove(*other);
            self.assumed.remove(other);
        }
        self.own &= !own::FILLED.contains(&slot);
        Ok(())
    }

    /// Takes the contributions from the citizen's record from now on.
    fn take_own(&mut self) {
        for slot in own::FILLED {
            self.answers.remove(*slot);
            self.assumed.remove(slot);
        }
        self.own = true;
    }

    /// The next input to ask for.
    fn next_question(&self) -> Option<Slot> {
        self.calculator.question(&self.answers, if self.own { own::FILLED } else { &[] })
    }

    /// Whether the citizen's record would answer this input.
    fn can_take_own(&self, slot: Slot, context: &Context<'_>) -> bool {
        own::CALCULATORS.contains(&self.calculator) && own::FILLED.contains(&slot) && lookup::is_available(context)
    }
}

/// A tap within a calculation, as text behind `calc:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalculationChoice {
    /// What can be calculated, the first or the second half.
    Menu(u8),
    /// Take this answer.
    Set(Slot, String),
    /// Ask for this input again.
    Ask(Slot),
    /// "Không rõ".
    Unknown,
    /// Which input is to be changed, from the so many-th on.
    Change(u8),
    /// Take the contributions from the citizen's record; for a calculation that begins with it, or for the one that runs. Neither: ask which.
    Own(Option<Calculator>),
    /// Stop calculating.
    Cancel,
    /// Go on after another question.
    Resume,
}

impl std::fmt::Display for CalculationChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CalculationChoice::Menu(page) => write!(f, "menu{page}"),
            CalculationChoice::Set(slot, value) => write!(f, "set:{slot}:{value}"),
            CalculationChoice::Ask(slot) => write!(f, "ask:{slot}"),
            CalculationChoice::Unknown => f.write_str("unknown"),
            CalculationChoice::Change(from) => write!(f, "change{from}"),
            CalculationChoice::Own(None) => f.write_str("own"),
            CalculationChoice::Own(Some(calculator)) => write!(f, "own:{calculator}"),
            CalculationChoice::Cancel => f.write_str("cancel"),
            CalculationChoice::Resume => f.write_str("resume"),
        }
    }
}

impl CalculationChoice {
    /// Reads what stands behind `calc:`.
    pub fn parse(text: &str) -> Option<CalculationChoice> {
        /// Choices of a page or a value have no more letters.
        const VALUE_CHARS_MAX: usize = 16;
        let page = |rest: &str| rest.parse::<u8>().ok().filter(|page| rest.len() == 1 && *page <= 9);
        Some(match text.split_once(':') {
            Some(("set", rest)) => {
                let (slot, value) = rest.split_once(':')?;
                let plain = value.len() <= VALUE_CHARS_MAX && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                CalculationChoice::Set(slot.parse().ok()?, plain.then(|| value.to_owned())?)
            }
            Some(("own", calculator)) => CalculationChoice::Own(Some(calculator.parse().ok().filter(|it| own::CALCULATORS.contains(it))?)),
            Some(("ask", slot)) => CalculationChoice::Ask(slot.parse().ok()?),
            Some(_) => return None,
            None => match text {
                "unknown" => CalculationChoice::Unknown,
                "own" => CalculationChoice::Own(None),
                "cancel" => CalculationChoice::Cancel,
                "resume" => CalculationChoice::Resume,
                _ => match (text.strip_prefix("menu"), text.strip_prefix("change")) {
                    (Some(rest), _) => CalculationChoice::Menu(page(rest)?),
                    (_, Some(rest)) => CalculationChoice::Change(page(rest)?),
                    _ => return None,
                },
            },
        })
    }
}

/// What a text is to a calculation.
pub(super) enum Heard {
    /// It belongs to it: this is the reply.
    Reply(Box<Reply>),
    /// It is something else, while the calculation waits for an answer.
    Aside,
    /// There is no calculation to which it could belong.
    Nothing,
}

impl Heard {
    fn reply(reply: Reply) -> Heard {
        Heard::Reply(Box::new(reply))
    }
}

/// Whether a day of birth was asked for.
pub(super) fn asks_birth(state: &State) -> bool {
    state.calculation.as_ref().is_some_and(|calculation| calculation.asked == Some(Slot::Birth))
}

/// Whether a reply belongs to a calculation that knows a birth, by its month.
pub(super) fn keeps_birth(reply: &Reply) -> bool {
    let kept = |event: &Event| matches!(event, Event::CalculationChanged { calculation: Some(kept) } if kept.answers.has(Slot::Birth));
    reply.events.iter().any(kept)
}

/// Hears a text: an answer to what was asked, a correction, or the wish to have something calculated.
pub(super) fn hear(state: &State, text: &str, context: &Context<'_>) -> Heard {
    let today = context.today();
    let read = amounts(text, today);
    // The menu's word, typed where there is no menu.
    if let Some((_, wish)) = text.trim().split_at_checked("/tinh".len()).filter(|(command, _)| command.eq_ignore_ascii_case("/tinh")) {
        let read = amounts(wish, today);
        return Heard::reply(match entry::subject(&read) {
            Some(calculator) => begin(Calculation::new(calculator), &read, state, context),
            None => menu(1),
        });
    }
    let Some(calculation) = &state.calculation else {
        return match wanted(&read) {
            Some(calculator) => Heard::reply(begin(Calculation::new(calculator), &read, state, context)),
            None => Heard::Nothing,
        };
    };
    // The very words of a button are a tap; of a number only where the buttons are the possible answers.
    if state.offered.iter().any(|offered| offered.label.to_lowercase() == text.trim().to_lowercase()) {
        return Heard::Nothing;
    }
    if let Some(slot) = calculation.asked {
        if is_cancel(&read) {
            return Heard::reply(cancel());
        }
        if calculation.can_take_own(slot, context) && is_own(&read) {
            return Heard::reply(take_own(calculation.clone(), state, context));
        }
        if is_unknown(&read) {
            return Heard::reply(assume(calculation.clone(), slot, state, context));
        }
        if let Some(reply) = answer(calculation, slot, &read, state, context) {
            return Heard::reply(reply);
        }
        return match wanted(&read).filter(|other| *other != calculation.calculator) {
            Some(other) => Heard::reply(begin(Calculation::new(other), &read, state, context)),
            None => Heard::Aside,
        };
    }
    if let Some(other) = wanted(&read) {
        return Heard::reply(begin(Calculation::new(other), &read, state, context));
    }
    // After the result: "à không, 10 năm", "nếu lương 10tr thì sao", "con thứ 2".
    let short = read.len() <= CHANGE_WORDS_MAX && !entry::is_question(&read);
    if is_correction(&read) || short {
        let mut changed = calculation.clone();
        let before = changed.answers.clone();
        let doubts = fill::fill(&mut changed, &read, None);
        if changed.answers != before || (!doubts.is_empty() && !short) {
            return Heard::reply(go_on(changed, Some(&before), doubts, state, context));
        }
    }
    Heard::Nothing
}

/// A tap within a calculation.
pub(super) fn choose(state: &State, choice: CalculationChoice, context: &Context<'_>) -> Reply {
    let running = state.calculation.clone();
    match (choice, running) {
        (CalculationChoice::Menu(page), _) => menu(page),
        (CalculationChoice::Cancel, _) => cancel(),
        (CalculationChoice::Set(slot, value), Some(mut calculation)) if calculation.calculator.slots().contains(&slot) => {
            let before = calculation.answers.clone();
            let value = value.parse().map_or(Value::Word(value), |number| match slot.kind() {
                crate::calculator::Kind::Choice(_) | crate::calculator::Kind::Date => Value::Word(format!("{number}")),
                _ => Value::Number(number),
            });
            match calculation.set(slot, value) {
                Ok(()) => go_on(calculation, Some(&before), Vec::new(), state, context),
                Err(refusal) => refuse(calculation, &refusal, context),
            }
        }
        (CalculationChoice::Ask(slot), Some(calculation)) if calculation.calculator.slots().contains(&slot) => {
            question(calculation, slot, Vec::new(), context)
        }
        (CalculationChoice::Unknown, Some(calculation)) => match calculation.asked {
            Some(slot) => assume(calculation, slot, state, context),
            None => go_on(calculation, None, Vec::new(), state, context),
        },
        (CalculationChoice::Own(Some(calculator)), _) if lookup::is_available(context) => {
            take_own(Calculation::new(calculator), state, context)
        }
        (CalculationChoice::Own(None), Some(calculation)) if calculation.can_take_own(Slot::Months, context) => {
            take_own(calculation, state, context)
        }
        (CalculationChoice::Own(None), _) => {
            let choices = own::CALCULATORS.iter().map(|calculator| {
                Choice::new(ChoiceId::Calculation(CalculationChoice::Own(Some(*calculator))), words::start_label(*calculator))
            });
            Reply::say(Outcome::Action, words::which_from_own()).offering(choices)
        }
        (CalculationChoice::Change(from), Some(calculation)) => change(calculation, usize::from(from)),
        (CalculationChoice::Resume, Some(calculation)) => go_on(calculation, None, Vec::new(), state, context),
        _ => super::step::unknown_choice(),
    }
}

/// Begins one without anything known.
pub(super) fn start(calculator: Calculator, state: &State, context: &Context<'_>) -> Reply {
    go_on(Calculation::new(calculator), None, Vec::new(), state, context)
}

/// `/tinh`, with what was typed behind it.
pub(super) fn menu(page: u8) -> Reply {
    /// Buttons of a page beside the one that turns it.
    const PAGE: usize = Choice::MAX - 1;
    let first = usize::from(page.saturating_sub(1)) * PAGE;
    let first = if first >= Calculator::ALL.len() { 0 } else { first };
    let shown = Calculator::ALL.into_iter().skip(first).take(PAGE).map(words::start_choice);
    let next = if first + PAGE < Calculator::ALL.len() { u8::try_from(first / PAGE + 2).unwrap_or(1) } else { 1 };
    let turn = Choice::new(ChoiceId::Calculation(CalculationChoice::Menu(next)), words::MORE_CALCULATORS);
    Reply::say(Outcome::Action, words::menu()).offering(shown.chain([turn]))
}

/// Adds the way back to a calculation under the answer to something else.
pub(super) fn beside(state: &State, text: &str, mut reply: Reply, context: &Context<'_>) -> Reply {
    let Some(calculation) = &state.calculation else { return reply };
    let read = amounts(text, context.today());
    let short = read.len() <= MEANT_AS_ANSWER_WORDS_MAX && !entry::is_question(&read);
    let unread = match reply.outcome {
        Outcome::Missed => true,
        Outcome::Clarify => short,
        // "vùng 7"
        Outcome::Answered => short && !read.found.is_empty(),
        _ => false,
    };
    if unread {
        // Not understood as a question either: most likely an answer that was not readable.
        let slot = calculation.asked.unwrap_or(Slot::Salary);
        return not_understood(calculation.clone(), slot, context);
    }
    reply.message.blocks.push(words::waiting(calculation.calculator));
    reply.message.choices.insert(0, Choice::new(ChoiceId::Calculation(CalculationChoice::Resume), words::RESUME));
    make_room(&mut reply.message.choices);
    reply
}

fn begin(mut calculation: Calculation, read: &Amounts, state: &State, context: &Context<'_>) -> Reply {
    let doubts = fill::fill(&mut calculation, read, None);
    let nothing = Answers::default();
    go_on(calculation, Some(&nothing), doubts, state, context)
}

/// Goes on with the citizen's own contributions.
fn take_own(mut calculation: Calculation, state: &State, context: &Context<'_>) -> Reply {
    calculation.take_own();
    match calculation.next_question() {
        Some(slot) => question(calculation, slot, vec![words::own_taken()], context),
        None => result(calculation, state, context),
    }
}

/// Takes the answer to a question of ours; `None` when the text is none.
fn answer(calculation: &Calculation, slot: Slot, read: &Amounts, state: &State, context: &Context<'_>) -> Option<Reply> {
    let asks = entry::is_question(read);
    if read.len() > ANSWER_WORDS_MAX && asks {
        return None;
    }
    let mut changed = calculation.clone();
    let before = changed.answers.clone();
    let mut doubts = fill::fill(&mut changed, read, Some(slot));
    if changed.answers == before && doubts.is_empty() {
        return None;
    }
    // A question with a number in it is still a question: "đóng 15 năm có được lương hưu không".
    if asks && changed.answers.get(slot) == before.get(slot) && !is_correction(read) {
        return None;
    }
    // The other inputs that a question speaks of are not the asker's.
    if asks && read.other_words() > 6 {
        return None;
    }
    doubts.retain(|doubt| !changed.answers.has(doubt.slot) || before.get(doubt.slot) == changed.answers.get(doubt.slot));
    Some(go_on(changed, Some(&before), doubts, state, context))
}

/// The next question, or the result.
fn go_on(calculation: Calculation, before: Option<&Answers>, doubts: Vec<Doubt>, state: &State, context: &Context<'_>) -> Reply {
    let taken: Vec<(Slot, Value)> = match before {
        Some(before) => {
            let new = calculation.answers.iter().filter(|(slot, value)| before.get(*slot) != Some(*value));
            new.map(|(slot, value)| (slot, value.clone())).collect()
        }
        None => Vec::new(),
    };
    let echo = words::taken(&taken, &calculation.assumed);
    if let Some(doubt) = doubts.into_iter().find(|doubt| calculation.calculator.slots().contains(&doubt.slot)) {
        return ask_back(calculation, doubt, echo);
    }
    match calculation.next_question() {
        Some(slot) => question(calculation, slot, echo, context),
        None => result(calculation, state, context),
    }
}

fn question(mut calculation: Calculation, slot: Slot, echo: Vec<faq::Block>, context: &Context<'_>) -> Reply {
    let mut blocks = echo;
    blocks.push(words::question(calculation.calculator, slot));
    let mut choices = words::slot_choices(calculation.calculator, slot, context.today());
    choices.truncate(Choice::MAX - 1);
    if calculation.can_take_own(slot, context) {
        choices.push(Choice::new(ChoiceId::Calculation(CalculationChoice::Own(None)), words::OWN));
    }
    let room = Choice::MAX - choices.len();
    if room > 1 && assumption(&calculation, slot, context).is_some() {
        choices.push(Choice::new(ChoiceId::Calculation(CalculationChoice::Unknown), words::UNKNOWN));
    }
    choices.push(cancel_choice());
    calculation.asked = Some(slot);
    keep(Reply::say(Outcome::Action, blocks).offering(choices), Some(calculation))
}

/// Asks which of several readings was meant.
fn ask_back(mut calculation: Calculation, doubt: Doubt, echo: Vec<faq::Block>) -> Reply {
    let mut blocks = echo;
    blocks.push(words::doubt(doubt.slot, &doubt.written, &doubt.readings, doubt.why));
    let choices = doubt.readings.iter().take(DOUBTS_MAX).map(|value| {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::Word(word) => word.clone(),
            Value::Periods(_) => String::new(),
        };
        Choice::new(ChoiceId::Calculation(CalculationChoice::Set(doubt.slot, text)), words::value(doubt.slot, value))
    });
    let choices: Vec<Choice> = choices.chain([cancel_choice()]).collect();
    calculation.asked = Some(doubt.slot);
    keep(Reply::say(Outcome::Action, blocks).offering(choices), Some(calculation))
}

fn not_understood(calculation: Calculation, slot: Slot, context: &Context<'_>) -> Reply {
    let mut reply = question(calculation, slot, vec![words::not_understood()], context);
    reply.message.choices.truncate(Choice::MAX - 1);
    reply.message.choices.push(texts::operator_choice());
    reply
}

/// Goes on with what is assumed when nobody knows.
fn assume(mut calculation: Calculation, slot: Slot, state: &State, context: &Context<'_>) -> Reply {
    let Some(value) = assumption(&calculation, slot, context) else {
        return question(calculation, slot, vec![words::cannot_assume(slot)], context);
    };
    let before = calculation.answers.clone();
    if calculation.set(slot, value).is_err() {
        return question(calculation, slot, vec![words::cannot_assume(slot)], context);
    }
    calculation.assumed.insert(slot);
    go_on(calculation, Some(&before), Vec::new(), state, context)
}

/// What is assumed of an input that somebody does not know; `None` when nothing can be calculated without it.
fn assumption(calculation: &Calculation, slot: Slot, context: &Context<'_>) -> Option<Value> {
    let today = context.today();
    let law = Law::new(context.faq().constants());
    Some(match slot {
        Slot::Salary | Slot::Income => {
            let voluntary = slot == Slot::Income || calculation.answers.is(Slot::Fund, "voluntary");
            Value::Number(if voluntary { law.income_floor(today) } else { law.reference_level(today) }.ok()?.0)
        }
        Slot::LastMonth => Value::month(knowledge::YearMonth::of(today).shifted(-13)?),
        Slot::StopDate => Value::day(today),
        Slot::Region => Value::word("4"),
        Slot::ChildOrder => Value::word("first"),
        Slot::Delivery => Value::word("natural"),
        Slot::Support => Value::word("other"),
        Slot::Method => Value::word("1"),
        Slot::PayMonths => Value::word("12"),
        Slot::SicknessCase => Value::word("own"),
        Slot::Months if calculation.calculator == Calculator::Sickness => Value::Number(1),
        Slot::Rate => Value::word("80"),
        Slot::FiveYears => Value::word("no"),
        Slot::Stay => Value::word("outpatient"),
        _ => return None,
    })
}

fn result(mut calculation: Calculation, state: &State, context: &Context<'_>) -> Reply {
    if calculation.own {
        calculation.asked = None;
        let mut reply = lookup::ask(state, Some(What::ForCalculation), context);
        // The errand names the event that stands last.
        reply.events.insert(0, Event::CalculationChanged { calculation: Some(Box::new(calculation)) });
        return reply;
    }
    match work_out(&calculation, &calculation.answers, context) {
        Ok(sheet) => {
            calculation.asked = None;
            let print = words::print_choice(calculation.calculator, &calculation.answers);
            let rule = words::rule_choice(calculation.calculator);
            let contract = words::contract_choice(&calculation.answers);
            let choices = [Some(change_choice()), Some(print), rule, contract, Some(texts::operator_choice())].into_iter().flatten();
            let mut reply = Reply::say(Outcome::Action, sheet.blocks).offering(choices);
            reply.message.more = sheet.more;
            keep(reply, Some(calculation))
        }
        Err(refusal) => refuse(calculation, &refusal, context),
    }
}

/// The sheet of a calculation with these answers, today.
fn work_out(calculation: &Calculation, answers: &Answers, context: &Context<'_>) -> Result<words::Sheet, Refusal> {
    let (today, law) = (context.today(), Law::new(context.faq().constants()));
    let outcome = calculate(calculation.calculator, answers, today, law)?;
    Ok(words::sheet(calculation.calculator, answers, &calculation.assumed, &outcome, law, today))
}

/// What comes of the citizen's own record, for a personal message. `None`: no calculation waits for it.
pub(super) fn from_own(state: &State, record: &Record, context: &Context<'_>) -> Option<Message> {
    let calculation = state.calculation.as_ref().filter(|calculation| calculation.own)?;
    let Record::Contributions(contributions) = record else { return None };
    let kind = own::kind(calculation.calculator);
    let by_hand = || Choice::new(ChoiceId::Calculation(CalculationChoice::Ask(Slot::Months)), words::BY_HAND);
    let worked_out = own::fill(calculation.calculator, &calculation.answers, contributions, context.today())
        .and_then(|filled| filled.map(|filled| Ok((work_out(calculation, &filled.answers, context)?, filled))).transpose());
    Some(match worked_out {
        Ok(Some((sheet, filled))) => {
            let mut more = sheet.more;
            more.extend(words::from_own(kind, filled.between, filled.twice));
            let choices = [Some(change_choice()), words::rule_choice(calculation.calculator)].into_iter().flatten().collect();
            Message { blocks: sheet.blocks, more, choices, ..Message::default() }
        }
        Ok(None) => Message { blocks: vec![words::nothing_of_own(kind)], choices: vec![by_hand()], ..Message::default() },
        Err(refusal) => {
            Message { blocks: vec![words::own_refused(), words::refusal(&refusal)], choices: vec![by_hand()], ..Message::default() }
        }
    })
}

/// Says what is wrong, and asks for it again.
fn refuse(mut calculation: Calculation, refusal: &Refusal, context: &Context<'_>) -> Reply {
    let slot = match refusal {
        Refusal::Missing(slot)
        | Refusal::NotPositive(slot)
        | Refusal::NotReadable(slot)
        | Refusal::TooLarge { slot, .. }
        | Refusal::BeforeLaw { slot, .. }
        | Refusal::OutOfOrder { second: slot, .. } => *slot,
        Refusal::PeriodBackwards { .. } | Refusal::PeriodsOverlap { .. } => Slot::Periods,
        Refusal::InFuture { .. } if calculation.answers.has(Slot::Periods) => Slot::Periods,
        Refusal::InFuture { .. } => Slot::LastMonth,
        Refusal::Law(_) => {
            return keep(Reply::say(Outcome::Refused, words::no_law()).offering([texts::operator_choice(), texts::call_choice()]), None);
        }
    };
    let slot = if calculation.calculator.slots().contains(&slot) { slot } else { calculation.asked.unwrap_or(slot) };
    calculation.answers.remove(slot);
    question(calculation, slot, vec![words::refusal(refusal)], context)
}

/// Which input is to be changed.
fn change(mut calculation: Calculation, from: usize) -> Reply {
    /// Inputs of a page beside the button that turns it.
    const PAGE: usize = Choice::MAX - 1;
    let slots: Vec<Slot> = changeable(&calculation);
    let from = if from >= slots.len() { 0 } else { from };
    let shown =
        slots.iter().skip(from).take(PAGE).map(|slot| {
            Choice::new(ChoiceId::Calculation(CalculationChoice::Ask(*slot)), words::slot_label(calculation.calculator, *slot))
        });
    let mut choices: Vec<Choice> = shown.collect();
    if slots.len() > PAGE {
        let next = u8::try_from(from + PAGE).ok().filter(|next| usize::from(*next) < slots.len() && *next <= 9).unwrap_or(0);
        choices.push(Choice::new(ChoiceId::Calculation(CalculationChoice::Change(next)), words::MORE_INPUTS));
    }
    calculation.asked = None;
    keep(Reply::say(Outcome::Action, words::which_input()).offering(choices), Some(calculation))
}

/// The inputs that can be changed: those that a result depends on.
fn changeable(calculation: &Calculation) -> Vec<Slot> {
    let answers = &calculation.answers;
    let with_periods = answers.has(Slot::Periods) || calculation.own;
    let of_case = |slot: Slot| match (calculation.calculator, slot) {
        (Calculator::LumpSum | Calculator::Pension, Slot::Months | Slot::Salary | Slot::LastMonth) => !with_periods,
        (Calculator::LumpSum | Calculator::Pension, Slot::Periods) => true,
        (Calculator::Maternity, Slot::PregnancyWeeks | Slot::Days) => answers.is(Slot::MaternityCase, "miscarriage"),
        (Calculator::Maternity, Slot::ChildBirth | Slot::ChildOrder | Slot::Children | Slot::Delivery | Slot::MonthsInYear) => {
            !answers.is(Slot::MaternityCase, "miscarriage")
        }
        (Calculator::Sickness, Slot::ChildAge) => answers.is(Slot::SicknessCase, "child"),
        (Calculator::Voluntary, Slot::MissingMonths) => answers.is(Slot::Method, "missing"),
        (Calculator::Bill, Slot::CoPaidBefore) => answers.has(Slot::CoPaid),
        _ => true,
    };
    // What was answered first, then what was taken as usual.
    let slots = calculation.calculator.slots().iter().copied().filter(|slot| of_case(*slot));
    let (given, other): (Vec<Slot>, Vec<Slot>) = slots.partition(|slot| answers.has(*slot));
    given.into_iter().chain(other).collect()
}

fn cancel() -> Reply {
    keep(Reply::say(Outcome::Action, words::cancelled()).offering([texts::help_choice(), texts::operator_choice()]), None)
}

fn cancel_choice() -> Choice {
    Choice::new(ChoiceId::Calculation(CalculationChoice::Cancel), words::CANCEL)
}

fn change_choice() -> Choice {
    Choice::new(ChoiceId::Calculation(CalculationChoice::Change(0)), words::CHANGE)
}

/// The reply with what the calculation has become.
fn keep(mut reply: Reply, calculation: Option<Calculation>) -> Reply {
    reply.events.push(Event::CalculationChanged { calculation: calculation.map(Box::new) });
    reply
}

fn is_cancel(read: &Amounts) -> bool {
    const WORDS_MAX: usize = 7;
    let cancel = phrases!["thôi", "hủy", "không tính nữa", "dừng lại", "bỏ qua", "stop", "cancel", "thoát", "khỏi tính"];
    read.len() <= WORDS_MAX && read.found.is_empty() && read.says(cancel)
}

fn is_unknown(read: &Amounts) -> bool {
    const WORDS_MAX: usize = 8;
    let unknown = phrases![
        "không rõ",
        "không biết",
        "không nhớ",
        "chưa biết",
        "chưa rõ",
        "quên rồi",
        "chịu thôi",
        "không chắc",
        "chẳng nhớ",
        "chả nhớ",
        "không xác định",
        "ko rõ",
        "ko biết",
        "ko nhớ",
    ];
    read.len() <= WORDS_MAX && read.found.is_empty() && read.says(unknown)
}

/// "Lấy quá trình đóng của tôi", where the contributions are asked for.
fn is_own(read: &Amounts) -> bool {
    let own = phrases![
        "quá trình đóng của tôi",
        "quá trình đóng của em",
        "quá trình đóng của mình",
        "dữ liệu của tôi",
        "dữ liệu của em",
        "hồ sơ của tôi",
        "tra giúp",
        "xem giúp",
        "tự tra",
    ];
    read.found.is_empty() && read.says(own)
}

fn is_correction(read: &Amounts) -> bool {
    let opening =
        phrases!["à không", "ý không", "nhầm", "mình nhầm", "em nhầm", "tôi nhầm", "sửa", "không phải", "à nhầm", "lộn", "ủa nhầm", "đổi"];
    let supposing = phrases!["nếu", "còn nếu", "thế nếu", "vậy nếu", "giả sử", "thử", "tính lại"];
    read.begins_with(opening) || read.begins_with(supposing) || read.says(phrases!["tính lại", "nhầm", "sửa lại"])
}
