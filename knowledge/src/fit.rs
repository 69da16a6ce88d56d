//! Fitting: the weights of the scorers, the confidence model and the thresholds, from the FAQ's own questions.
//!
//! A question is judged by an index that has not seen the hand that wrote it ([`Hand`]): that is how strangers' questions differ
//! from ours. Unanswerable questions come from two sides: answerable ones whose topic is taken out, and invented ones from outside
//! the domain (`data/out_of_domain.tsv`). The evaluation questions take no part.

use faq::Faq;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use crate::ask::at_most_one;
use crate::confidence::{FEATURES, Features, features};
use crate::corpus::{Hand, lookup_questions};
use crate::decide::CHOICES_MAX;
use crate::engine::{ANALYZER_VERSION, Engine, Ranked};
use crate::rank::{CANDIDATES_MAX, Scale, columns};
use crate::text::phrases::rows;
use crate::weights::{Calibration, CalibrationBin, FusionWeights, Logistic, Thresholds, Weights};

/// Share of right answers that the thresholds aim for.
const PRECISION_TARGET: f64 = 0.9;
/// Share of out-of-domain questions that may be answered.
const FALSE_ANSWERS_MAX: f64 = 0.02;
/// Share of right lookups that their threshold aims for.
const LOOKUP_PRECISION_TARGET: f64 = 0.8;
/// A choice is offered when the best candidates hold the right one this often.
const CLARIFY_TARGET: f64 = 0.6;
/// A line among the choices is worth reading at this probability.
const CHOICE_PROBABILITY: f64 = 0.04;
/// Wrong topics that each question is compared with when the scorers are weighed.
const RIVALS: usize = 8;
/// Every so many answerable questions, one is asked again without its topic.
const UNANSWERABLE_EVERY: usize = 5;
/// Strength of the L2 penalty; the features are standardized.
const PENALTY: f64 = 1.0;
const ITERATIONS_MAX: u64 = 200;
/// Probabilities tried as thresholds.
const STEPS: usize = 200;
const BINS: usize = 10;

/// The fit failed.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// An index over a part of the questions cannot be built.
    #[error("the index cannot be built")]
    Index(#[from] tantivy::TantivyError),
    /// The solver found no weights.
    #[error("no weights were found")]
    Solver(#[from] linfa_logistic::error::Error),
    /// There is nothing to learn from.
    #[error("the FAQ has no authored questions that an index without their hand could be judged on")]
    NoQuestions,
}

/// Fits all weights. The same FAQ gives the same weights, bit for bit. Takes some seconds per thousand questions in a debug build,
/// under a second in a release build.
pub fn fit(faq: &Faq) -> Result<Weights, FitError> {
    let fusion = fit_fusion(faq)?;
    let examples = collect_examples(faq, &fusion)?;
    let confidence = fit_confidence(examples.iter())?;
    let judged = judge(&examples)?;
    let thresholds = choose_thresholds(&judged);
    Ok(Weights { analyzer: ANALYZER_VERSION, fusion, confidence, thresholds, calibration: calibrate(&judged, &thresholds) })
}

/// The hands that are held out in turn.
const FOLDS: [Hand; 2] = [Hand::First, Hand::Second];

/// An index without one hand, and the questions of that hand.
fn for_each_held_out(
    faq: &Faq,
    held_out: Hand,
    fusion: &FusionWeights,
    mut visit: impl FnMut(&Engine, Ranked, usize),
) -> Result<Engine, FitError> {
    let engine = Engine::build(faq, |hand| hand != held_out, fusion)?;
    for question in faq.authored() {
        if Hand::of_register(&question.register) == held_out
            && let Ok(topic) = engine.corpus.topics.binary_search(&question.topic)
        {
            visit(&engine, engine.rank(engine.read(&question.text), None), topic);
        }
    }
    for (question, _) in lookup_questions().filter(|(_, hand)| *hand == held_out) {
        visit(&engine, engine.rank(engine.read(question), None), engine.corpus.lookup());
    }
    Ok(engine)
}

/// Weighs the scorers: each pair of the right topic and a rival is one example of a logistic model over the differences.
fn fit_fusion(faq: &Faq) -> Result<FusionWeights, FitError> {
    let names: Vec<&'static str> =
        columns().filter(|column| column.scale == Scale::Standardized).map(|column| column.name).collect();
    let equal = FusionWeights(names.iter().map(|name| ((*name).to_owned(), 1.0)).collect());
    let mut rows: Vec<Row> = Vec::new();
    for held_out in FOLDS {
        for_each_held_out(faq, held_out, &equal, |engine, ranked, right| {
            let columns = engine.ranker.columns().iter().zip(&ranked.ranking.parts);
            // With weights of one, the parts are the standardized scores themselves.
            let scores: Vec<&Vec<f32>> =
                columns.filter(|(column, _)| column.scale == Scale::Standardized).map(|(_, scores)| scores).collect();
            for rival in ranked.ranking.best(RIVALS).into_iter().filter(|&topic| topic != right) {
                // "Right above rival" and "rival below right" say the same; taking turns gives the solver both classes.
                let holds = rows.len() % 2 == 0;
                let sign = if holds { 1.0 } else { -1.0 };
                let values = scores.iter().map(|scores| sign * f64::from(scores[right] - scores[rival])).collect();
                rows.push(Row { values, holds });
            }
        })?;
    }
    if rows.is_empty() {
        return Err(FitError::NoQuestions);
    }
    let weights = solve(&rows, Intercept::Without)?.weights;
    Ok(FusionWeights(names.into_iter().map(str::to_owned).zip(weights.into_iter().map(rounded)).collect()))
}

/// A held-out question with its candidates.
struct Example {
    /// Position in [`FOLDS`].
    fold: usize,
    kind: Kind,
    candidates: Vec<ExampleCandidate>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Answerable,
    /// Its topic was taken out.
    TopicRemoved,
    OutOfDomain,
}

struct ExampleCandidate {
    features: Features,
    right: bool,
    is_lookup: bool,
}

fn collect_examples(faq: &Faq, fusion: &FusionWeights) -> Result<Vec<Example>, FitError> {
    let mut examples = Vec::new();
    for (fold, held_out) in FOLDS.into_iter().enumerate() {
        let example = |engine: &Engine, ranked: &Ranked, kind: Kind, right: Option<usize>| {
            let best = ranked.ranking.best(CANDIDATES_MAX);
            let lookup = engine.corpus.lookup();
            let candidates = features(engine, ranked, &best).into_iter().zip(&best).map(|(features, &topic)| ExampleCandidate {
                features,
                right: right == Some(topic),
                is_lookup: topic == lookup,
            });
            Example { fold, kind, candidates: candidates.collect() }
        };
        let mut asked = 0;
        let engine = for_each_held_out(faq, held_out, fusion, |engine, mut ranked, right| {
            examples.push(example(engine, &ranked, Kind::Answerable, Some(right)));
            asked += 1;
            if asked % UNANSWERABLE_EVERY == 0 {
                ranked.ranking.remove(right);
                examples.push(example(engine, &ranked, Kind::TopicRemoved, None));
            }
        })?;
        for row in rows(include_str!("../data/out_of_domain.tsv")) {
            let question = row.split_once('\t').map_or(row, |(_, question)| question);
            let ranked = engine.rank(engine.read(question), None);
            examples.push(example(&engine, &ranked, Kind::OutOfDomain, None));
        }
    }
    Ok(examples)
}

/// Fits the probability of a candidate on the first few candidates of each question.
fn fit_confidence<'a>(examples: impl Iterator<Item = &'a Example>) -> Result<Logistic, FitError> {
    let candidates = examples.flat_map(|example| example.candidates.iter().take(CHOICES_MAX));
    let rows: Vec<Row> =
        candidates.map(|candidate| Row { values: candidate.features.to_vec(), holds: candidate.right }).collect();
    let Solution { intercept, weights } = solve(&rows, Intercept::With)?;
    let weights = FEATURES.into_iter().map(str::to_owned).zip(weights.into_iter().map(rounded)).collect();
    Ok(Logistic { intercept: rounded(intercept), weights })
}

/// An example with the probabilities of a model that has not seen its fold.
struct Judged {
    kind: Kind,
    /// Best first: probability, whether it is right, whether it is the lookup.
    candidates: Vec<(f64, bool, bool)>,
}

impl Judged {
    fn first(&self) -> (f64, bool) {
        self.candidates.first().map_or((0.0, false), |&(probability, right, _)| (probability, right))
    }

    fn asks_lookup(&self) -> bool {
        self.candidates.first().is_some_and(|&(_, _, is_lookup)| is_lookup)
    }

    /// The choices that would be offered: their probability together, and whether the right one is among them.
    fn choices(&self) -> Option<(f64, bool)> {
        let worth = self.candidates.iter().filter(|(probability, _, is_lookup)| !is_lookup && *probability >= CHOICE_PROBABILITY);
        let choices: Vec<_> = worth.take(CHOICES_MAX).collect();
        (choices.len() >= 2).then(|| (choices.iter().map(|choice| choice.0).sum(), choices.iter().any(|choice| choice.1)))
    }
}

fn judge(examples: &[Example]) -> Result<Vec<Judged>, FitError> {
    let mut judged = Vec::with_capacity(examples.len());
    for fold in 0..FOLDS.len() {
        let model = fit_confidence(examples.iter().filter(|example| example.fold != fold))?;
        for example in examples.iter().filter(|example| example.fold == fold) {
            let probabilities = at_most_one(
                example.candidates.iter().map(|candidate| model.probability(&candidate.features)).collect(),
            );
            let candidates = probabilities.into_iter().zip(&example.candidates);
            judged.push(Judged {
                kind: example.kind,
                candidates: candidates.map(|(probability, of)| (probability, of.right, of.is_lookup)).collect(),
            });
        }
    }
    Ok(judged)
}

fn choose_thresholds(judged: &[Judged]) -> Thresholds {
    let asked: Vec<&Judged> = judged.iter().filter(|judged| !judged.asks_lookup()).collect();
    let precise = |judged: &[&Judged], target: f64, threshold: f64| {
        let taken: Vec<bool> = judged.iter().map(|judged| judged.first()).filter(|first| first.0 >= threshold).map(|first| first.1).collect();
        share(taken.iter().filter(|right| **right).count(), taken.len()) >= target
    };
    let answer = lowest(|threshold| {
        precise(&asked, PRECISION_TARGET, threshold) && false_answer_rate(judged, threshold) <= FALSE_ANSWERS_MAX
    });
    let lookups: Vec<&Judged> = judged.iter().filter(|judged| judged.asks_lookup()).collect();
    let lookup = lowest(|threshold| precise(&lookups, LOOKUP_PRECISION_TARGET, threshold));
    let unanswered: Vec<(f64, bool)> =
        asked.iter().filter(|judged| judged.first().0 < answer).filter_map(|judged| judged.choices()).collect();
    let clarify = lowest(|threshold| {
        let offered: Vec<bool> = unanswered.iter().filter(|(sum, _)| *sum >= threshold).map(|&(_, hit)| hit).collect();
        share(offered.iter().filter(|hit| **hit).count(), offered.len()) >= CLARIFY_TARGET
    });
    Thresholds { answer, lookup, clarify, choice: CHOICE_PROBABILITY, precision_target: PRECISION_TARGET }
}

fn false_answer_rate(judged: &[Judged], threshold: f64) -> f64 {
    let strangers: Vec<&Judged> = judged.iter().filter(|judged| judged.kind == Kind::OutOfDomain).collect();
    let answered = strangers.iter().filter(|judged| !judged.asks_lookup() && judged.first().0 >= threshold);
    share(answered.count(), strangers.len())
}

/// The lowest probability that passes; 1 when none does.
fn lowest(passes: impl Fn(f64) -> bool) -> f64 {
    (1..=STEPS).map(|step| step as f64 / STEPS as f64).find(|&threshold| passes(threshold)).unwrap_or(1.0)
}

fn calibrate(judged: &[Judged], thresholds: &Thresholds) -> Calibration {
    let answerable = judged.iter().filter(|judged| judged.kind == Kind::Answerable).count();
    let found = judged.iter().filter(|judged| judged.kind == Kind::Answerable && judged.first().1).count();
    let answered: Vec<&Judged> =
        judged.iter().filter(|judged| !judged.asks_lookup() && judged.first().0 >= thresholds.answer).collect();
    let right = answered.iter().filter(|judged| judged.first().1).count();
    let mut bins: Vec<CalibrationBin> = (0..BINS)
        .map(|bin| CalibrationBin { from: bin as f64 / BINS as f64, count: 0, predicted: 0.0, observed: 0.0 })
        .collect();
    for (probability, right) in judged.iter().map(Judged::first) {
        let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.predicted += probability;
        bin.observed += f64::from(u8::from(right));
    }
    for bin in &mut bins {
        let count = bin.count.max(1) as f64;
        bin.predicted = rounded(bin.predicted / count);
        bin.observed = rounded(bin.observed / count);
    }
    let error: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.predicted - bin.observed).abs()).sum();
    Calibration {
        answerable,
        unanswerable: judged.len() - answerable,
        r_at_1: rounded(share(found, answerable)),
        answered_share: rounded(share(answered.len(), judged.len())),
        answered_precision: rounded(share(right, answered.len())),
        false_answer_rate: rounded(false_answer_rate(judged, thresholds.answer)),
        expected_error: rounded(error / judged.len().max(1) as f64),
        bins,
    }
}

/// One example of a logistic model.
struct Row {
    values: Vec<f64>,
    holds: bool,
}

#[derive(PartialEq)]
enum Intercept {
    With,
    Without,
}

struct Solution {
    intercept: f64,
    /// In the units of the rows.
    weights: Vec<f64>,
}

/// Solves a logistic model over scaled columns.
fn solve(rows: &[Row], intercept: Intercept) -> Result<Solution, FitError> {
    let width = rows.first().map_or(0, |row| row.values.len());
    let count = rows.len().max(1) as f64;
    let mean = |column: usize| rows.iter().map(|row| row.values[column]).sum::<f64>() / count;
    let with = intercept == Intercept::With;
    let scales: Vec<(f64, f64)> = (0..width)
        .map(|column| {
            // Without an intercept zero must stay zero.
            let middle = if with { mean(column) } else { 0.0 };
            let variance = rows.iter().map(|row| (row.values[column] - middle).powi(2)).sum::<f64>() / count;
            (middle, if variance > 0.0 { variance.sqrt() } else { 1.0 })
        })
        .collect();
    let records = Array2::from_shape_fn((rows.len(), width), |(row, column)| {
        (rows[row].values[column] - scales[column].0) / scales[column].1
    });
    let targets: Array1<bool> = rows.iter().map(|row| row.holds).collect();
    let model = LogisticRegression::default()
        .alpha(PENALTY)
        .max_iterations(ITERATIONS_MAX)
        .with_intercept(with)
        .fit(&Dataset::new(records, targets))?;
    // linfa says which class its weights argue for.
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    let weights: Vec<f64> = model.params().iter().zip(&scales).map(|(weight, (_, scale))| sign * weight / scale).collect();
    let shift: f64 = weights.iter().zip(&scales).map(|(weight, (middle, _))| weight * middle).sum();
    Ok(Solution { intercept: sign * model.intercept() - shift, weights })
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Six decimals: enough for every decision, and the file reads well.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
