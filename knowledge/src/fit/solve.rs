//! The conditional logit model: each question chooses one of its alternatives, or none of them; solved by L-BFGS.

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

/// Strength of the L2 penalty, as that many questions of weight one; the features are standardized.
const PENALTY: f64 = 1.0;
const ITERATIONS_MAX: u64 = 300;
/// Steps that the solver remembers.
const MEMORY: usize = 10;

/// A question and what could be chosen for it.
pub(super) struct Question {
    pub(super) alternatives: Vec<Alternative>,
    /// How many times it counts.
    pub(super) weight: f64,
}

/// What could be chosen.
pub(super) struct Alternative {
    pub(super) features: Vec<f64>,
    pub(super) right: bool,
}

/// Whether "none of these" is a choice, which is right where no alternative is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NoneOfThese {
    Possible,
    Impossible,
}

/// What was found: utilities are `intercept + weights · features`, that of "none of these" is 0.
pub(super) struct Solution {
    pub(super) intercept: f64,
    /// One for each column asked for, in the units of the features.
    pub(super) weights: Vec<f64>,
}

/// Finds the weights of the given columns that make the right choices likeliest.
pub(super) fn solve(questions: &[Question], columns: &[usize], none: NoneOfThese) -> Result<Solution, Error> {
    let scales: Vec<Scale> = columns.iter().map(|&column| Scale::of(questions, column)).collect();
    let scaled = questions.iter().map(|question| Question {
        weight: question.weight,
        alternatives: question
            .alternatives
            .iter()
            .map(|alternative| Alternative {
                features: columns.iter().zip(&scales).map(|(&column, scale)| scale.apply(alternative.features[column])).collect(),
                right: alternative.right,
            })
            .collect(),
    });
    // Where nothing can be right there is nothing to learn.
    let learned = |question: &Question| none == NoneOfThese::Possible || question.alternatives.iter().any(|choice| choice.right);
    let problem = Likelihood { questions: scaled.filter(learned).collect(), none };
    let start = vec![0.0; columns.len() + 1];
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY);
    let mut solved = Executor::new(problem, solver).configure(|state| state.param(start).max_iters(ITERATIONS_MAX)).run()?;
    let mut weights = solved.state.take_best_param().unwrap_or_else(|| vec![0.0; columns.len() + 1]);
    let mut intercept = weights.pop().unwrap_or_default();
    for (weight, scale) in weights.iter_mut().zip(&scales) {
        *weight /= scale.deviation;
        intercept -= *weight * scale.mean;
    }
    Ok(Solution { intercept, weights })
}

/// Mean and standard deviation of a column.
struct Scale {
    mean: f64,
    deviation: f64,
}

impl Scale {
    fn of(questions: &[Question], column: usize) -> Scale {
        let values = || questions.iter().flat_map(|question| question.alternatives.iter().map(|choice| choice.features[column]));
        let count = values().count().max(1) as f64;
        let mean = values().sum::<f64>() / count;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        Scale { mean, deviation: if variance > 0.0 { variance.sqrt() } else { 1.0 } }
    }

    fn apply(&self, value: f64) -> f64 {
        (value - self.mean) / self.deviation
    }
}

/// The negative logarithm of the likelihood, per question, with the penalty. The last parameter is the intercept, which is free.
struct Likelihood {
    questions: Vec<Question>,
    none: NoneOfThese,
}

impl Likelihood {
    /// The utilities of the alternatives, the logarithm of the sum of the exponentials of all choices, and of the right ones.
    fn choose(&self, question: &Question, parameters: &[f64]) -> (Vec<f64>, f64, f64) {
        let (weights, intercept) = parameters.split_at(parameters.len() - 1);
        let utility = |choice: &Alternative| intercept[0] + weights.iter().zip(&choice.features).map(|(a, b)| a * b).sum::<f64>();
        let utilities: Vec<f64> = question.alternatives.iter().map(utility).collect();
        let none = (self.none == NoneOfThese::Possible).then_some(0.0);
        let all = log_sum(utilities.iter().copied().chain(none));
        let right: Vec<f64> =
            question.alternatives.iter().zip(&utilities).filter(|(choice, _)| choice.right).map(|(_, utility)| *utility).collect();
        let right = if right.is_empty() { 0.0 } else { log_sum(right.into_iter()) };
        (utilities, all, right)
    }

    fn penalty(&self) -> f64 {
        PENALTY / self.weight()
    }

    fn weight(&self) -> f64 {
        self.questions.iter().map(|question| question.weight).sum::<f64>().max(1.0)
    }
}

impl CostFunction for Likelihood {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, Error> {
        let loss: f64 = self
            .questions
            .iter()
            .map(|question| {
                let (_, all, right) = self.choose(question, parameters);
                question.weight * (all - right)
            })
            .sum();
        let squares: f64 = parameters[..parameters.len() - 1].iter().map(|weight| weight * weight).sum();
        Ok(loss / self.weight() + self.penalty() * squares / 2.0)
    }
}

impl Gradient for Likelihood {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let mut gradient = vec![0.0; parameters.len()];
        for question in &self.questions {
            let (utilities, all, right) = self.choose(question, parameters);
            for (choice, utility) in question.alternatives.iter().zip(utilities) {
                let wanted = if choice.right { (utility - right).exp() } else { 0.0 };
                let error = question.weight * ((utility - all).exp() - wanted);
                let (weights, intercept) = gradient.split_at_mut(choice.features.len());
                weights.iter_mut().zip(&choice.features).for_each(|(sum, feature)| *sum += error * feature);
                intercept[0] += error;
            }
        }
        let weight = self.weight();
        gradient.iter_mut().for_each(|sum| *sum /= weight);
        let last = gradient.len() - 1;
        gradient[..last].iter_mut().zip(parameters).for_each(|(sum, parameter)| *sum += self.penalty() * parameter);
        Ok(gradient)
    }
}

fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + values.map(|value| (value - largest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 75 of 100 questions choose the alternative with the larger feature, 20 the other, 5 none.
    fn questions() -> Vec<Question> {
        let alternative = |feature: f64, right| Alternative { features: vec![feature, 7.0], right };
        let choices = [(75.0, Some(0)), (20.0, Some(1)), (5.0, None)];
        choices
            .map(|(weight, right)| Question {
                alternatives: vec![alternative(2.0, right == Some(0)), alternative(1.0, right == Some(1))],
                weight,
            })
            .into()
    }

    #[test]
    fn the_probabilities_are_those_of_the_examples() {
        let Solution { intercept, weights } = solve(&questions(), &[0], NoneOfThese::Possible).expect("it is solved");
        let utility = |feature: f64| (intercept + weights[0] * feature).exp();
        let sum = 1.0 + utility(1.0) + utility(2.0);
        assert!((utility(2.0) / sum - 0.75).abs() < 0.02, "{}", utility(2.0) / sum);
        assert!((1.0 / sum - 0.05).abs() < 0.02, "{}", 1.0 / sum);
    }

    #[test]
    fn without_none_only_differences_count() {
        let Solution { weights, .. } = solve(&questions(), &[0, 1], NoneOfThese::Impossible).expect("it is solved");
        assert!((weights[0] - (75.0_f64 / 20.0).ln()).abs() < 0.1, "{weights:?}");
        assert!(weights[1].abs() < 1e-6, "a column that never differs says nothing: {weights:?}");
    }
}
