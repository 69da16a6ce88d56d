//! Why a question was decided as it was: stored with each turn, and printed by `hotro ask --explain`.

use std::collections::BTreeMap;

use faq::TopicId;
use serde::Serialize;

use crate::text::question::Repair;
use crate::weights::Thresholds;

/// Candidates whose strongest terms are kept.
pub(crate) const EVIDENCE_CANDIDATES_MAX: usize = 3;
/// Terms kept of each.
pub(crate) const EVIDENCE_TERMS_MAX: usize = 6;

/// Everything that decided one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// See [`crate::Knowledge::index_version`].
    pub index_version: String,
    /// How the question was read.
    pub query: QueryTrace,
    /// The topic that the question leans on; `None` when it stands alone.
    pub context: Option<TopicId>,
    /// The best candidates, the lookup and the fields outside among them where they rank.
    pub candidates: Vec<CandidateTrace>,
    /// Features of the first candidate, by name.
    pub features: BTreeMap<&'static str, f64>,
    /// Where the decisions turn.
    pub thresholds: Thresholds,
}

/// How a question was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct QueryTrace {
    /// The words that were searched for, canonical, without politeness.
    pub words: Vec<String>,
    /// Whether accents took part.
    pub accented: bool,
    /// Other readings that were searched for as well.
    pub alternatives: Vec<String>,
    /// What repair changed.
    pub repairs: Vec<Repair>,
    /// Words that no known text holds.
    pub unknown: Vec<String>,
}

/// What the scorers said about one candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateTrace {
    /// The id of a topic, `lookup` for one's own file, or `outside:<field>` for a field that the FAQ does not answer.
    pub subject: String,
    /// Calibrated.
    pub probability: f64,
    /// Sum of the parts.
    pub score: f64,
    /// Weighted part of each scorer's column.
    pub parts: BTreeMap<&'static str, f64>,
    /// The terms that spoke for it, strongest first; only for the first few.
    pub evidence: Vec<(String, f64)>,
}

/// The part of a trace that is stored with every turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceSummary<'a> {
    /// See [`crate::Knowledge::index_version`].
    pub index_version: &'a str,
    /// Subject, probability and score of the first five candidates.
    pub candidates: Vec<(&'a str, f64, f64)>,
    /// The topic that the question leans on.
    pub context: Option<&'a TopicId>,
    /// What repair changed, the first few.
    pub repairs: &'a [Repair],
    /// Where the decisions turn.
    pub thresholds: Thresholds,
}

impl Trace {
    /// What is worth storing with every turn: below 1 kB.
    pub fn summary(&self) -> TraceSummary<'_> {
        const CANDIDATES: usize = 5;
        const REPAIRS: usize = 8;
        TraceSummary {
            index_version: &self.index_version,
            candidates: self
                .candidates
                .iter()
                .take(CANDIDATES)
                .map(|candidate| (candidate.subject.as_str(), candidate.probability, candidate.score))
                .collect(),
            context: self.context.as_ref(),
            repairs: &self.query.repairs[..self.query.repairs.len().min(REPAIRS)],
            thresholds: self.thresholds,
        }
    }
}
