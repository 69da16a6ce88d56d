//! [`Knowledge`]: the FAQ, ready to be asked.

use std::sync::Arc;

use faq::{Faq, TopicId};

use crate::confidence::{FEATURES, features};
use crate::corpus::Subject;
use crate::decide::{Candidate, Decision, Lead, decide};
use crate::engine::{ANALYZER_VERSION, Engine, Ranked};
use crate::intent;
use crate::mask::without_secrets;
use crate::rank::Asked;
use crate::text::question::Question;
use crate::text::words::Word;
use crate::trace::{CandidateTrace, EVIDENCE_CANDIDATES_MAX, EVIDENCE_TERMS_MAX, QueryTrace, Trace};
use crate::weights::Weights;

/// The FAQ with its index: immutable, shared between threads, replaced as a whole when the content changes.
pub struct Knowledge {
    faq: Arc<Faq>,
    engine: Engine,
    weights: Weights,
    version: String,
}

/// The index cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The embedded weights do not parse: the binary is broken.
    #[error("data/confidence.json does not parse")]
    Weights(#[from] serde_json::Error),
    /// tantivy refused a document.
    #[error("the index cannot be built")]
    Index(#[from] tantivy::TantivyError),
}

/// What is known about the conversation when a question is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct AskContext<'a> {
    /// The topic answered last, which a follow-up question may lean on.
    pub last_topic: Option<&'a TopicId>,
}

/// A question, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Best first, at most 10; equal scores by topic id. Empty for an intent that is recognised by its words.
    pub candidates: Vec<Candidate>,
    /// What to do.
    pub decision: Decision,
    /// The question as it was understood, for "Mình hiểu là: …"; `None` when no token was repaired.
    pub understood: Option<String>,
    /// What decided it.
    pub trace: Trace,
}

impl Knowledge {
    /// Builds the index, in memory, with the weights that the binary carries.
    pub fn build(faq: Arc<Faq>) -> Result<Knowledge, BuildError> {
        Knowledge::with_weights(faq, serde_json::from_str(include_str!("../data/confidence.json"))?)
    }

    /// As [`Knowledge::build`], with other weights: to judge a fit before it is kept.
    pub fn with_weights(faq: Arc<Faq>, weights: Weights) -> Result<Knowledge, BuildError> {
        let engine = Engine::build(&faq, |_| true, &weights.fusion)?;
        let version = format!("a{ANALYZER_VERSION}-{}-{}", faq.version(), weights.digest());
        Ok(Knowledge { faq, engine, weights, version })
    }

    /// The FAQ that is answered from.
    pub fn faq(&self) -> &Faq {
        &self.faq
    }

    /// The versions of the analyzer, the content and the weights: equal versions give equal readings.
    pub fn index_version(&self) -> &str {
        &self.version
    }

    /// The weights in use.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Understands a message. Any text is read in bounded time; the same text in the same context always gives the same reading.
    pub fn ask(&self, question: &str, context: &AskContext<'_>) -> Reading {
        let question = self.engine.read(&without_secrets(question));
        if let Some(intent) = intent::of_words(&question.all_words) {
            return Reading {
                candidates: Vec::new(),
                decision: Decision::Intent(intent),
                understood: question.understood.clone(),
                trace: self.trace(&question),
            };
        }
        let ranked = self.engine.rank(question, context.last_topic);
        let corpus = &self.engine.corpus;
        let best = self.engine.best(&ranked.ranking);
        let features = features(&self.engine, &ranked, &best);
        let probabilities = at_most_one(features.iter().map(|features| self.weights.confidence.probability(features)).collect());
        let candidates: Vec<Candidate> = best
            .iter()
            .zip(&probabilities)
            .filter_map(|(&number, &probability)| match corpus.subject(number) {
                Subject::Topic(id) => {
                    Some(Candidate { topic: id.clone(), probability, score: f64::from(ranked.ranking.fused[number]) })
                }
                Subject::Lookup | Subject::Outside(_) => None,
            })
            .collect();
        let lead = match (best.first().map(|&number| corpus.subject(number)), probabilities.first()) {
            (Some(Subject::Lookup), Some(&probability)) => Lead::Lookup(probability),
            (Some(Subject::Outside(_)), _) => Lead::Outside,
            _ => Lead::Topic,
        };
        let decision = decide(&candidates, lead, &self.weights.thresholds);
        let mut trace = self.trace(&ranked.question);
        trace.context = ranked.context.map(|context| corpus.topics[context.topic].clone());
        trace.candidates = self.candidate_traces(&ranked, &best, &probabilities);
        trace.features = features.first().map(|first| FEATURES.into_iter().zip(*first).collect()).unwrap_or_default();
        Reading { candidates, decision, understood: ranked.question.understood, trace }
    }

    fn trace(&self, question: &Question) -> Trace {
        let spell = |words: &[Word]| words.iter().map(|word| word.syl.as_ref()).collect::<Vec<_>>().join(" ");
        Trace {
            index_version: self.version.clone(),
            query: QueryTrace {
                words: question.words.iter().map(|word| word.syl.to_string()).collect(),
                accented: question.accented,
                alternatives: question.alternatives.iter().map(|words| spell(words)).collect(),
                repairs: question.repairs.clone(),
                unknown: question.unknown.iter().map(|word| word.syl.to_string()).collect(),
            },
            context: None,
            candidates: Vec::new(),
            features: Default::default(),
            thresholds: self.weights.thresholds,
        }
    }

    fn candidate_traces(&self, ranked: &Ranked, best: &[usize], probabilities: &[f64]) -> Vec<CandidateTrace> {
        let Ranked { question, terms, context, ranking } = ranked;
        let asked = Asked { question, terms, context: *context };
        let columns = self.engine.ranker.columns();
        best.iter()
            .zip(probabilities)
            .enumerate()
            .map(|(place, (&topic, &probability))| {
                let mut evidence = Vec::new();
                if place < EVIDENCE_CANDIDATES_MAX {
                    evidence = self.engine.ranker.evidence(&asked, topic);
                    evidence.truncate(EVIDENCE_TERMS_MAX);
                }
                CandidateTrace {
                    subject: match self.engine.corpus.subject(topic) {
                        Subject::Topic(id) => id.to_string(),
                        Subject::Lookup => "lookup".to_owned(),
                        Subject::Outside(field) => format!("outside:{field}"),
                    },
                    probability,
                    score: f64::from(ranking.fused[topic]),
                    parts: columns.iter().zip(&ranking.parts).map(|(column, part)| (column.name, f64::from(part[topic]))).collect(),
                    evidence: evidence.into_iter().map(|(term, part)| (self.engine.spell(term), f64::from(part))).collect(),
                }
            })
            .collect()
    }
}

/// Candidates exclude each other, so their probabilities sum to one at most.
pub(crate) fn at_most_one(mut probabilities: Vec<f64>) -> Vec<f64> {
    let sum: f64 = probabilities.iter().sum();
    if sum > 1.0 {
        probabilities.iter_mut().for_each(|probability| *probability /= sum);
    }
    probabilities
}
