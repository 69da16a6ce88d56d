//! What citizens asked and were not helped with, for the editors: which topic is missing, and which answer is not what people mean.
//!
//! [`unhelped`] reads the log, [`Unhelped::group`] puts alike questions together. The log holds masked texts only.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use faq::TopicId;
use knowledge::{AskContext, Candidate, Knowledge};
use serde::Serialize;
use uuid::Uuid;

use super::{ConversationError, EVENTS_READ_MAX, read_page};
use crate::dialogue::{Choice, ChoiceId, Event, Outcome, Recorded, chosen_by_typing};
use crate::store::Store;

/// Questions that are kept for grouping, the newest; some 40 MB when they are as long as they may be.
pub const UNHELPED_KEPT_MAX: usize = 50_000;
/// What is kept of a question: the longest chat message, and the beginning of a letter.
const UNHELPED_CHARS_MAX: usize = 500;
/// Groups that are listed, the largest.
pub const GAPS_LISTED_MAX: usize = 100;
/// Topics that are named beside a group.
const NEAREST_MAX: usize = 3;
/// Conversations read at once.
const CONVERSATIONS_READ_MAX: u32 = 200;

/// Why a question counts as not helped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unhelpful {
    /// Nothing fitted.
    Missed,
    /// The citizen said that neither the answer nor the topics offered were what they meant.
    Unhappy,
    /// The citizen asked for an operator right after the reply.
    HandedOff,
}

/// A question that was not helped with.
#[derive(Clone, PartialEq, Eq)]
pub struct UnhelpedQuestion {
    /// Where it was asked.
    pub conversation: Uuid,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// What was asked, masked, at most 500 characters of it.
    pub text: String,
    /// Why it is here.
    pub why: Unhelpful,
}

/// What the log holds of questions that were not helped with.
#[derive(Default)]
pub struct Unhelped {
    /// Questions of any end that a search decided.
    pub asked: u64,
    /// Oldest first, the newest [`UNHELPED_KEPT_MAX`] of them. The second part of the key is the order in which they were read.
    kept: BTreeMap<(i64, u64), UnhelpedQuestion>,
    /// How many were found.
    found: u64,
}

/// Questions that ask much the same and were not helped with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// The wording most like all others, masked.
    pub question: String,
    /// Conversations in which it was asked: one citizen who asks ten times is one.
    pub conversations: usize,
    /// How often it was asked.
    pub questions: usize,
    /// Of these, how many were missed.
    pub missed: usize,
    /// How many got what was not meant.
    pub unhappy: usize,
    /// How many ended with an operator being asked for.
    pub handed_off: usize,
    /// When it was asked last, in Unix milliseconds.
    pub last_ms: i64,
    /// The topics that the present FAQ would think of first, best first.
    pub nearest: Vec<Candidate>,
}

/// The list for the editors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gaps {
    /// Questions of any end that a search decided.
    pub asked: u64,
    /// Those that were not helped with.
    pub unhelped: u64,
    /// Of these, the oldest, which were too many to be grouped.
    pub left_out: u64,
    /// Groups in all.
    pub groups: usize,
    /// The largest groups, at most [`GAPS_LISTED_MAX`], those of most conversations first.
    pub gaps: Vec<Gap>,
}

/// Reads the log for questions that were asked at `since_ms` or later and not helped with; `None` reads all of it.
pub async fn unhelped(store: &Store, since_ms: Option<i64>) -> Result<Unhelped, ConversationError> {
    let since_ms = since_ms.unwrap_or(i64::MIN);
    let mut unhelped = Unhelped::default();
    let mut after = None;
    loop {
        let conversations = store.conversations_since(after, since_ms, CONVERSATIONS_READ_MAX).await?;
        for row in &conversations {
            let mut reader = Reader::new(row.conversation_id, since_ms, &mut unhelped);
            let mut seq = 0;
            loop {
                let page = read_page(store, row.conversation_id, seq).await?;
                page.iter().for_each(|recorded| reader.read(recorded));
                match page.last() {
                    Some(last) if page.len() == EVENTS_READ_MAX as usize => seq = last.seq,
                    _ => break,
                }
            }
        }
        after = conversations.last().map(|row| row.conversation_id);
        if conversations.len() < CONVERSATIONS_READ_MAX as usize {
            return Ok(unhelped);
        }
    }
}

impl Unhelped {
    /// The questions, oldest first; at most [`UNHELPED_KEPT_MAX`].
    pub fn questions(&self) -> impl Iterator<Item = &UnhelpedQuestion> {
        self.kept.values()
    }

    /// Without the questions that were asked at `until_ms` or later.
    #[must_use]
    pub fn until(mut self, until_ms: i64) -> Unhelped {
        let later = self.kept.split_off(&(until_ms, 0));
        self.found -= later.len() as u64;
        self
    }

    fn add(&mut self, question: UnhelpedQuestion) {
        self.found += 1;
        self.kept.insert((question.at_ms, self.found), question);
        if self.kept.len() > UNHELPED_KEPT_MAX {
            self.kept.pop_first();
        }
    }

    /// Puts alike questions together. Takes seconds for the most questions that are kept: no work for a server's async task.
    pub fn group(&self, knowledge: &Knowledge) -> Gaps {
        let questions: Vec<&UnhelpedQuestion> = self.questions().collect();
        let texts: Vec<&str> = questions.iter().map(|question| question.text.as_str()).collect();
        let groups = knowledge.group(&texts);
        let mut gaps: Vec<Gap> = groups
            .iter()
            .map(|group| {
                let members = || group.members.iter().map(|&member| questions[member]);
                let count = |why: Unhelpful| members().filter(|question| question.why == why).count();
                Gap {
                    question: texts[group.representative].to_owned(),
                    conversations: members().map(|question| question.conversation).collect::<BTreeSet<_>>().len(),
                    questions: group.members.len(),
                    missed: count(Unhelpful::Missed),
                    unhappy: count(Unhelpful::Unhappy),
                    handed_off: count(Unhelpful::HandedOff),
                    last_ms: members().map(|question| question.at_ms).max().unwrap_or_default(),
                    nearest: Vec::new(),
                }
            })
            .collect();
        gaps.sort_by_key(|gap| Reverse((gap.conversations, gap.questions)));
        gaps.truncate(GAPS_LISTED_MAX);
        for gap in &mut gaps {
            gap.nearest = knowledge.ask(&gap.question, &AskContext::default()).candidates;
            gap.nearest.truncate(NEAREST_MAX);
        }
        Gaps { asked: self.asked, unhelped: self.found, left_out: self.found - self.kept.len() as u64, groups: groups.len(), gaps }
    }
}

/// Reads one conversation.
struct Reader<'a> {
    conversation: Uuid,
    since_ms: i64,
    unhelped: &'a mut Unhelped,
    /// What can be tapped, or typed, under the bot's last message.
    offered: Vec<Choice>,
    /// What the citizen did in the turn being read.
    heard: Option<Heard>,
    /// An operator was asked for in the turn being read.
    handed_off: bool,
    /// The last question, as long as what follows may still say that the reply was no help.
    open: Option<Open>,
}

enum Heard {
    Text { at_ms: i64, text: String },
    Choice(Option<ChoiceId>),
}

struct Open {
    question: UnhelpedQuestion,
    /// The topic that it was answered with, at once or by a choice; `None` while the citizen has but been asked back.
    answered: Option<TopicId>,
}

impl<'a> Reader<'a> {
    fn new(conversation: Uuid, since_ms: i64, unhelped: &'a mut Unhelped) -> Reader<'a> {
        Reader { conversation, since_ms, unhelped, offered: Vec::new(), heard: None, handed_off: false, open: None }
    }

    fn read(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::CitizenMessage { text, .. } => {
                let text = text.chars().take(UNHELPED_CHARS_MAX).collect();
                self.heard = Some(Heard::Text { at_ms: recorded.at_ms, text });
            }
            Event::CitizenChoice { choice, .. } => self.heard = Some(Heard::Choice(ChoiceId::parse(choice))),
            Event::HandoffRequested { .. } => self.handed_off = true,
            Event::BotMessage { outcome, message, decided } => {
                match (self.heard.take(), decided) {
                    (Some(Heard::Text { at_ms, text }), Some(decided)) if decided.by_search() => {
                        let question = UnhelpedQuestion { conversation: self.conversation, at_ms, text, why: Unhelpful::Missed };
                        self.ask(question, *outcome, decided.topic.clone());
                    }
                    (heard, decided) => {
                        let topic = decided.as_ref().and_then(|decided| decided.topic.clone());
                        self.follow_up(heard, *outcome, topic);
                    }
                }
                self.handed_off = false;
                self.offered.clone_from(&message.choices);
            }
            // What is said to an operator is no question to the bot.
            Event::HandoffClaimed { .. } | Event::HandoffResolved { .. } => self.heard = None,
            _ => {}
        }
    }

    fn ask(&mut self, question: UnhelpedQuestion, outcome: Outcome, topic: Option<TopicId>) {
        self.open = None;
        if question.at_ms < self.since_ms {
            return;
        }
        self.unhelped.asked += 1;
        if outcome == Outcome::Missed {
            self.unhelped.add(question);
        } else {
            self.open = Some(Open { question, answered: topic.filter(|_| outcome == Outcome::Answered) });
        }
    }

    /// What the citizen does after a question, short of asking another.
    fn follow_up(&mut self, heard: Option<Heard>, outcome: Outcome, topic: Option<TopicId>) {
        let Some(open) = &mut self.open else { return };
        let (choice, is_typed) = match heard {
            Some(Heard::Choice(choice)) => (choice, false),
            Some(Heard::Text { text, .. }) => (chosen_by_typing(&self.offered, &text), true),
            None => (None, false),
        };
        let why = match choice {
            _ if self.handed_off => Some(Unhelpful::HandedOff),
            // The button of an answer further up says nothing about this one.
            Some(ChoiceId::Wrong(wrong)) if open.answered.as_ref().is_some_and(|answered| *answered != wrong) => return,
            Some(ChoiceId::Wrong(_) | ChoiceId::NoneOfThese) => Some(Unhelpful::Unhappy),
            // The topic that was chosen is answered no more.
            Some(ChoiceId::Topic(_)) if outcome == Outcome::Missed => Some(Unhelpful::Missed),
            Some(ChoiceId::Related(_)) => return,
            _ if outcome == Outcome::Answered && topic.is_some() => {
                open.answered = topic;
                return;
            }
            // "Chưa đúng ý", in words: only that leads to a list or a miss without a search.
            None if is_typed && matches!(outcome, Outcome::Missed | Outcome::Clarify) => Some(Unhelpful::Unhappy),
            _ => None,
        };
        if let Some(Open { mut question, .. }) = self.open.take()
            && let Some(why) = why
        {
            question.why = why;
            self.unhelped.add(question);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_questions_are_kept() {
        let mut unhelped = Unhelped::default();
        let beyond = 100;
        let all = (UNHELPED_KEPT_MAX + beyond) as i64;
        // The newest come first: what is dropped is the oldest, not the last.
        for at_ms in (0..all).rev() {
            unhelped.add(UnhelpedQuestion { conversation: Uuid::nil(), at_ms, text: String::new(), why: Unhelpful::Missed });
        }
        assert_eq!(unhelped.questions().count(), UNHELPED_KEPT_MAX);
        assert_eq!(unhelped.questions().next().map(|question| question.at_ms), Some(beyond as i64));
        assert_eq!(unhelped.found, all as u64);
    }
}
