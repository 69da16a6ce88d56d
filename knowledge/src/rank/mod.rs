//! Ranking: small scorers, each judging every topic in its own way, fused in one place ([`Ranker::rank`]).
//!
//! To add a scorer (a learned ranker, say), implement [`Scorer`], list it in [`Ranker::new`] and run `hotro fit`: its columns get
//! their weights with all the others.

mod bm25;
mod context;
mod learned;
mod likelihood;
mod nearest;
mod sparse;

use std::sync::Arc;

use crate::corpus::{Corpus, TopicTerms};
use crate::network::{Network, QuestionFeatures};
use crate::terms::{Term, Terms};
use crate::weights::FusionWeights;

pub(crate) use context::{Context, Neighbourhood};
use learned::Learned;
use likelihood::Likelihood;
use nearest::Nearest;

/// Topics of a question that are looked at closely.
pub const CANDIDATES_MAX: usize = 10;

/// Guards the division of a column in which all topics are equal.
const DEVIATION_MIN: f32 = 1e-6;

/// A question as the scorers see it.
pub(crate) struct Asked<'a> {
    pub(crate) terms: &'a Terms,
    /// What the network sees of it, and of the words borrowed from the topic before.
    pub(crate) features: &'a QuestionFeatures,
    pub(crate) borrowed: &'a QuestionFeatures,
    /// Set when the question leans on the topic before it.
    pub(crate) context: Option<Context>,
}

/// One way of judging the topics.
pub(crate) trait Scorer: Send + Sync {
    /// What it judges, one column each.
    fn columns(&self) -> &'static [Column];

    /// Fills its columns (all zero before), each by topic number. More is better.
    fn score(&self, asked: &Asked<'_>, columns: &mut [Vec<f32>]);

    /// Whether it can judge a topic; one that cannot leaves it to [`Column::stand_in`].
    fn knows(&self, _topic: usize) -> bool {
        true
    }

    /// The terms of the question that speak for a topic and how strongly, for `hotro ask --explain`. Most scorers cannot tell.
    fn evidence(&self, _asked: &Asked<'_>, _topic: usize) -> Vec<(Term, f32)> {
        Vec::new()
    }
}

/// One column of scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// How its scores enter the sum.
    pub(crate) scale: Scale,
    /// The column that stands in for topics that the scorer does not know: topics written since it was trained.
    pub(crate) stand_in: Option<&'static str>,
}

impl Column {
    const fn standardized(name: &'static str) -> Column {
        Column { name, scale: Scale::Standardized, stand_in: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// In standard deviations over all topics: scores of different questions become comparable. The weight is fitted.
    Standardized,
    /// As it is, weight 1.
    Plain,
}

/// The scorers and their weights.
pub(crate) struct Ranker {
    scorers: Vec<Box<dyn Scorer>>,
    columns: Vec<Column>,
    weights: Vec<f32>,
    stand_ins: Vec<StandIn>,
    topics: usize,
}

/// A cell of a column that takes its value from another column.
struct StandIn {
    column: usize,
    topic: usize,
    from: usize,
}

/// All columns, in the order of the scorers in [`Ranker::new`].
pub(crate) fn columns() -> impl Iterator<Item = Column> {
    bm25::COLUMNS.into_iter().chain(nearest::COLUMNS).chain(likelihood::COLUMNS).chain(learned::COLUMNS).chain(context::COLUMNS)
}

/// What the scorers say about one question.
pub(crate) struct Ranking {
    /// Scores as the scorers gave them, by column, then by topic number.
    pub(crate) raw: Vec<Vec<f32>>,
    /// The weighted part of each column in the sum, by column, then by topic number.
    pub(crate) parts: Vec<Vec<f32>>,
    /// Their sum, by topic number.
    pub(crate) fused: Vec<f32>,
}

impl Ranker {
    pub(crate) fn new(
        corpus: &Arc<Corpus>,
        topics: &[TopicTerms],
        neighbourhood: Neighbourhood,
        network: &Arc<Network>,
        weights: &FusionWeights,
    ) -> Ranker {
        let likelihood = |key: fn(&TopicTerms) -> &[(Term, u32)]| Likelihood::build(&topics.iter().map(key).collect::<Vec<_>>());
        let scorers: Vec<Box<dyn Scorer>> = vec![
            Box::new(bm25::Bm25::build(topics, &corpus.vocabulary)),
            Box::new(Nearest::build(corpus)),
            Box::new(likelihood::ByWriting { syl: likelihood(|topic| &topic.syl), fold: likelihood(|topic| &topic.fold) }),
            Box::new(Learned::new(network.clone(), corpus)),
            Box::new(neighbourhood),
        ];
        let columns: Vec<Column> = columns().collect();
        let weights = columns
            .iter()
            .map(|column| match column.scale {
                Scale::Standardized => weights.of(column.name),
                Scale::Plain => 1.0,
            })
            .collect();
        let position = |name: &str| columns.iter().position(|column| column.name == name);
        let mut stand_ins = Vec::new();
        let judges = scorers.iter().flat_map(|scorer| scorer.columns().iter().map(move |_| scorer));
        for (column, scorer) in judges.enumerate() {
            if let Some(from) = columns[column].stand_in.and_then(position) {
                let unknown = (0..topics.len()).filter(|&topic| !scorer.knows(topic));
                stand_ins.extend(unknown.map(|topic| StandIn { column, topic, from }));
            }
        }
        Ranker { scorers, columns, weights, stand_ins, topics: topics.len() }
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Scores every topic. This is the one place where the scorers meet.
    pub(crate) fn rank(&self, asked: &Asked<'_>) -> Ranking {
        let mut raw = vec![vec![0.0; self.topics]; self.columns.len()];
        let mut rest = raw.as_mut_slice();
        for scorer in &self.scorers {
            let (own, others) = rest.split_at_mut(scorer.columns().len());
            scorer.score(asked, own);
            rest = others;
        }
        let mut fused = vec![0.0; self.topics];
        let mut parts = raw.clone();
        for (column, part) in self.columns.iter().zip(&mut parts) {
            if column.scale == Scale::Standardized {
                standardize(part);
            }
        }
        for &StandIn { column, topic, from } in &self.stand_ins {
            parts[column][topic] = parts[from][topic];
        }
        for (weight, part) in self.weights.iter().zip(&mut parts) {
            for (part, sum) in part.iter_mut().zip(&mut fused) {
                *part *= weight;
                *sum += *part;
            }
        }
        Ranking { raw, parts, fused }
    }

    /// The terms that speak for a topic, strongest first.
    pub(crate) fn evidence(&self, asked: &Asked<'_>, topic: usize) -> Vec<(Term, f32)> {
        let mut evidence: Vec<(Term, f32)> =
            self.scorers.iter().flat_map(|scorer| scorer.evidence(asked, topic)).filter(|(_, part)| *part > 0.0).collect();
        evidence.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        evidence
    }
}

impl Ranking {
    /// The best topics, best first; equal scores by topic number, which is the order of their ids.
    pub(crate) fn best(&self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.fused.len()).collect();
        let better = |a: &usize, b: &usize| self.fused[*b].total_cmp(&self.fused[*a]).then(a.cmp(b));
        if count < order.len() {
            order.select_nth_unstable_by(count, better);
            order.truncate(count);
        }
        order.sort_unstable_by(better);
        order
    }

    /// Takes a topic out, as if the FAQ did not have it: for fitting.
    pub(crate) fn remove(&mut self, topic: usize) {
        self.fused[topic] = f32::NEG_INFINITY;
    }
}

fn standardize(scores: &mut [f32]) {
    let count = scores.len().max(1) as f32;
    let mean = scores.iter().sum::<f32>() / count;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f32>() / count;
    let deviation = variance.sqrt();
    if deviation < DEVIATION_MIN {
        scores.fill(0.0);
    } else {
        scores.iter_mut().for_each(|score| *score = (*score - mean) / deviation);
    }
}
