//! Topics that are taken for each other: questions of ours, asked of an index and a network that have not seen them.
//!
//! Each fold holds some questions out, trains a network and builds an index on all others, and asks. The questions that remain
//! include their authors' other wordings, so the shares are lower than with strangers; the order of the pairs tells where to write.

use std::collections::BTreeMap;
use std::sync::Arc;

use faq::{Faq, TopicId};

use crate::ask::{AskContext, Knowledge, Reading};
use crate::corpus::{Labelled, Origin, labelled_questions};
use crate::decide::Decision;
use crate::eval::Row;
use crate::fit::{FitError, for_each_fold};
use crate::hash::fnv1a;
use crate::train::train_on;
use crate::weights::Weights;

/// Parts that are held out in turn: each costs the training of a network, and takes but a small part of a topic's questions away.
const FOLDS: usize = 4;
/// Of the authored questions, every so many are asked; all of those that people are shown are.
const AUTHORED_EVERY: u64 = 5;
/// What stands for a topic when the question was taken for small talk.
const SMALL_TALK: &str = "small talk";

/// Which topics are taken for which.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusions {
    /// Questions asked.
    pub asked: usize,
    /// Those that something else than their topic won.
    pub lost: usize,
    /// Of these, those that were answered, wrongly.
    pub wrong: usize,
    /// By topic and winner, those that cost most first; equal ones by name.
    pub pairs: Vec<Confusion>,
}

/// A topic and what is ranked before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusion {
    /// The topic that the questions ask for.
    pub topic: TopicId,
    /// What was ranked first: a topic, `lookup`, `outside:<field>` or small talk.
    pub first: String,
    /// Questions of the topic that were asked.
    pub asked: usize,
    /// Those that the other won.
    pub lost: usize,
    /// Of these, those that were answered, wrongly.
    pub wrong: usize,
    /// What the lost questions cost, in wrong answers.
    pub cost: f64,
    /// The first of them.
    pub example: String,
}

/// What became of a question.
struct Asked {
    topic: TopicId,
    text: String,
    loss: Option<Loss>,
}

struct Loss {
    first: String,
    harm: Harm,
}

/// What a lost question leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// A wrong answer, which misleads.
    Wrong,
    /// No help: the citizen asks again, or an operator.
    Unhelped,
    /// The right topic among the choices: a tap more.
    Choice,
}

impl Harm {
    /// In wrong answers.
    fn cost(self) -> f64 {
        match self {
            Harm::Wrong => 1.0,
            Harm::Unhelped => 0.5,
            Harm::Choice => 0.1,
        }
    }
}

/// Asks the questions that people are shown and a part of the authored ones, each of a network and an index without it. Citizens'
/// labelled questions may help to train. Trains a network for each fold: some minutes in a release build.
pub fn confusions(faq: &Arc<Faq>, weights: &Weights, real: &[Row]) -> Result<Confusions, FitError> {
    let folds = for_each_fold::<FOLDS, _>(|fold| ask_fold(faq, weights, real, fold))?;
    Ok(sum_up(folds.into_iter().flatten()))
}

/// Whether a fold asks a question, and has not seen it.
fn holds_out(fold: usize, question: &Labelled<'_>) -> bool {
    let draw = fnv1a(question.text.bytes());
    let is_asked = match question.origin {
        Origin::Shown => true,
        Origin::Authored(_) => draw.is_multiple_of(AUTHORED_EVERY),
        Origin::Title | Origin::Besides(_) => false,
    };
    is_asked && draw / AUTHORED_EVERY % FOLDS as u64 == fold as u64
}

fn ask_fold(faq: &Arc<Faq>, weights: &Weights, real: &[Row], fold: usize) -> Result<Vec<Asked>, FitError> {
    let keep = |question: &Labelled<'_>| !holds_out(fold, question);
    let network = Arc::new(train_on(faq, keep, real.iter())?);
    let knowledge = Knowledge::over_questions(faq.clone(), keep, weights.clone(), &network);
    let held_out = labelled_questions(faq).into_iter().filter(|question| holds_out(fold, question));
    let asked = held_out.map(|question| {
        let topic = faq.topics()[question.number].id.clone();
        let loss = loss(&topic, &knowledge.ask(question.text, &AskContext::default()));
        Asked { topic, text: question.text.to_owned(), loss }
    });
    Ok(asked.collect())
}

/// `None` when the topic is ranked first.
fn loss(topic: &TopicId, reading: &Reading) -> Option<Loss> {
    let first = reading.trace.candidates.first().map_or(SMALL_TALK, |first| &first.subject);
    if first == topic.as_str() {
        return None;
    }
    let harm = match &reading.decision {
        Decision::Answer => Harm::Wrong,
        Decision::Clarify { choices } if choices.contains(topic) => Harm::Choice,
        Decision::Clarify { .. } | Decision::Miss { .. } | Decision::Intent(_) => Harm::Unhelped,
    };
    Some(Loss { first: first.to_owned(), harm })
}

fn sum_up(all: impl Iterator<Item = Asked>) -> Confusions {
    let mut asked: BTreeMap<TopicId, usize> = BTreeMap::new();
    let mut pairs: BTreeMap<(TopicId, String), Confusion> = BTreeMap::new();
    for Asked { topic, text, loss } in all {
        *asked.entry(topic.clone()).or_default() += 1;
        let Some(Loss { first, harm }) = loss else { continue };
        let new = || Confusion { topic: topic.clone(), first: first.clone(), asked: 0, lost: 0, wrong: 0, cost: 0.0, example: text };
        let pair = pairs.entry((topic.clone(), first.clone())).or_insert_with(new);
        pair.lost += 1;
        pair.wrong += usize::from(harm == Harm::Wrong);
        pair.cost += harm.cost();
    }
    let mut pairs: Vec<Confusion> = pairs.into_values().map(|pair| Confusion { asked: asked[&pair.topic], ..pair }).collect();
    pairs.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    let sum = |of: fn(&Confusion) -> usize| pairs.iter().map(of).sum();
    Confusions { asked: asked.values().sum(), lost: sum(|pair| pair.lost), wrong: sum(|pair| pair.wrong), pairs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_that_costs_most_is_first() {
        let id = |id: &str| TopicId::parse(id).expect("an id");
        let lost = |topic: &str, first: &str, harm: Harm| {
            let loss = Some(Loss { first: first.to_owned(), harm });
            Asked { topic: id(topic), text: format!("{topic}?"), loss }
        };
        let found = |topic: &str| Asked { topic: id(topic), text: String::new(), loss: None };
        let all = [
            lost("a/a", "a/b", Harm::Choice),
            lost("a/a", "a/b", Harm::Choice),
            found("a/a"),
            lost("a/b", "lookup", Harm::Wrong),
            lost("a/b", "a/a", Harm::Unhelped),
            lost("a/b", "a/a", Harm::Wrong),
            found("a/c"),
        ];
        let confusions = sum_up(all.into_iter());
        assert_eq!((confusions.asked, confusions.lost, confusions.wrong), (7, 5, 2));
        let pairs =
            confusions.pairs.iter().map(|pair| (pair.topic.as_str(), pair.first.as_str(), pair.asked, pair.lost, pair.wrong, pair.cost));
        assert_eq!(
            pairs.collect::<Vec<_>>(),
            [("a/b", "a/a", 3, 2, 1, 1.5), ("a/b", "lookup", 3, 1, 1, 1.0), ("a/a", "a/b", 3, 2, 0, 0.2)]
        );
    }

    #[test]
    fn every_question_that_is_asked_is_held_out_once() {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        let questions = labelled_questions(&faq);
        let held_out = |question: &Labelled<'_>| (0..FOLDS).filter(|&fold| holds_out(fold, question)).count();
        let mut shown = 0;
        for question in &questions {
            let times = held_out(question);
            match question.origin {
                Origin::Shown => {
                    assert_eq!(times, 1);
                    shown += 1;
                }
                Origin::Authored(_) => assert!(times <= 1),
                Origin::Title | Origin::Besides(_) => assert_eq!(times, 0),
            }
        }
        assert_eq!(shown, faq.topics().iter().map(|topic| topic.questions.len()).sum::<usize>());
        let sampled = questions.iter().filter(|question| matches!(question.origin, Origin::Authored(_)) && held_out(question) == 1).count();
        let expected = faq.authored().len() / AUTHORED_EVERY as usize;
        assert!(sampled.abs_diff(expected) <= expected / 10, "{sampled} of {expected}");
    }
}
