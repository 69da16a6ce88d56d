//! What `hotro fit` learns and the binary carries: weights, thresholds and how well they are calibrated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::fnv1a;

/// Everything that is fitted, as stored in `data/confidence.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The analyzer that the texts were read with when the weights were fitted.
    pub analyzer: u32,
    /// Weight of each scorer's column in the fused score.
    pub fusion: FusionWeights,
    /// From features of a candidate to the probability that it answers the question.
    pub confidence: ConditionalLogit,
    /// Where the decisions turn.
    pub thresholds: Thresholds,
    /// How the probabilities fared on questions that the fitting did not see.
    pub calibration: Calibration,
}

impl Weights {
    /// The weights that the binary carries.
    pub fn embedded() -> Result<Weights, serde_json::Error> {
        serde_json::from_str(include_str!("../data/confidence.json"))
    }

    /// Sixteen hex digits: equal weights, equal digest.
    pub(crate) fn digest(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{:016x}", fnv1a(text.bytes()))
    }

    /// The stored form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|json| json + "\n")
    }
}

/// Weight of each column by name; a column that is not listed counts nothing until the next fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FusionWeights(pub BTreeMap<String, f64>);

impl FusionWeights {
    pub(crate) fn of(&self, column: &str) -> f32 {
        self.0.get(column).copied().unwrap_or(0.0) as f32
    }
}

/// A choice between candidates and none of them: the probability of each is its share in the sum of the exponentials of all utilities.
/// The utility of a candidate is linear in its named features, that of none is 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalLogit {
    /// What each candidate begins with.
    pub intercept: f64,
    /// Weight of each feature by name; a feature that is not listed counts nothing.
    pub weights: BTreeMap<String, f64>,
}

/// The probabilities at which decisions turn. Chosen by the fit for [`Thresholds::precision_target`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// The first candidate is given as the answer at this probability or above.
    pub answer: f64,
    /// A lookup is started when asking for one's own record is at least so probable.
    pub lookup: f64,
    /// The best candidates are offered as choices when together they are at least so probable.
    pub clarify: f64,
    /// A candidate below this probability is not worth a line among the choices.
    pub choice: f64,
    /// The share of answers that must be right on held-out questions, unanswerable ones among them.
    pub precision_target: f64,
}

/// Predicted against observed, on held-out questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Held-out questions whose topic was there to be found.
    pub answerable: usize,
    /// Held-out questions that no topic answers: their topic was taken out, or they are out of the domain.
    pub unanswerable: usize,
    /// Share of answerable questions whose topic ranks first.
    pub r_at_1: f64,
    /// Of the answerable questions those that citizens wrote.
    pub real: usize,
    /// Share of those whose topic ranks first.
    pub real_r_at_1: f64,
    /// Share of citizens' answerable questions that are answered at the threshold.
    pub answered_share: f64,
    /// Share of those answers that are right.
    pub answered_precision: f64,
    /// Share of out-of-domain questions that are answered.
    pub false_answer_rate: f64,
    /// Mean distance between predicted and observed, weighted by the bins' sizes.
    pub expected_error: f64,
    /// The first candidates, by predicted probability.
    pub bins: Vec<CalibrationBin>,
}

/// First candidates whose predicted probability lies in one tenth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationBin {
    /// Lower end of the tenth.
    pub from: f64,
    /// Candidates in it.
    pub count: usize,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share that were right.
    pub observed: f64,
}

impl std::fmt::Display for Calibration {
    /// The calibration table, as `hotro fit` prints it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "held-out questions: {} answerable, {} not", self.answerable, self.unanswerable)?;
        writeln!(f, "R@1 {:.3}", self.r_at_1)?;
        write!(f, "citizens' questions: {}, R@1 {:.3}, ", self.real, self.real_r_at_1)?;
        writeln!(f, "answered {:.3} with precision {:.3}", self.answered_share, self.answered_precision)?;
        writeln!(f, "out-of-domain questions answered {:.3}", self.false_answer_rate)?;
        writeln!(f, "{:>11} {:>6} {:>9} {:>8}", "probability", "count", "predicted", "observed")?;
        for CalibrationBin { from, count, predicted, observed } in &self.bins {
            writeln!(f, "{:>11} {count:>6} {predicted:>9.3} {observed:>8.3}", format!("{from:.1}-{:.1}", from + 0.1))?;
        }
        write!(f, "expected error {:.3}", self.expected_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confidence::FEATURES;
    use crate::engine::ANALYZER_VERSION;

    #[test]
    fn the_stored_weights_are_of_this_program() {
        let weights = Weights::embedded().expect("the weights parse");
        assert_eq!(weights.analyzer, ANALYZER_VERSION, "run `hotro fit`");
        assert!(FEATURES.iter().all(|name| weights.confidence.weights.contains_key(*name)), "run `hotro fit`");
        assert_eq!(weights.confidence.weights.len(), FEATURES.len(), "run `hotro fit`");
        assert!(crate::rank::columns().any(|column| weights.fusion.of(column.name) > 0.0));
        let json = weights.to_json().expect("weights are JSON");
        assert_eq!(serde_json::from_str::<Weights>(&json).expect("and back"), weights);
    }
}
