//! Fitting: the weights of the scorers, the confidence model and the thresholds, by cross-validation on the training questions.
//!
//! Every question is judged by an engine and a network that have not seen it, see [`holds_out`]. Questions that cannot be answered
//! come from three sides: answerable ones whose topic is taken out, citizens' questions that no topic answers, and invented ones from
//! outside the domain (`data/outside.tsv`). The questions kept for measuring take no part.

mod solve;

use std::sync::Arc;

use faq::Faq;

use crate::confidence::{FEATURES, Features, features};
use crate::corpus::{Origin, Subject, labelled_questions};
use crate::decide::{CHOICES_MAX, CHOICES_MIN};
use crate::engine::{ANALYZER_VERSION, Engine, Ranked};
use crate::eval::{Perturbation, Row as RealRow, perturb};
use crate::network::{Network, NetworkError};
use crate::rank::{Scale, columns};
use crate::train::{numbers_of, train_on};
use crate::weights::{Calibration, CalibrationBin, ConditionalLogit, FusionWeights, Thresholds, Weights};
use solve::{Alternative, NoneOfThese, Question, Solution, solve};

/// Share of the answers to citizens' questions that must be right.
const PRECISION_TARGET: f64 = 0.92;
/// Share of the invented out-of-domain questions that may be answered. Half of them are neighbours of the domain, written to be
/// mistaken; strangers who are none are mistaken far less often.
const FALSE_ANSWERS_MAX: f64 = 0.08;
/// Share of right lookups that their threshold aims for.
const LOOKUP_PRECISION_TARGET: f64 = 0.8;
/// Share of the answerable questions that may be dismissed for want of confidence: people who are offered choices can still say that
/// none fits, people who are dismissed cannot say anything. Small, because citizens' letters are less clear than the authors'.
const DISMISSED_MAX: f64 = 0.003;
/// A line among the choices is worth reading at this probability.
const CHOICE_PROBABILITY: f64 = 0.03;
/// Wrong topics that each question is compared with when the scorers are weighed.
///
/// Many, because a scorer that had a say in choosing a few would look worse than it is: it has seen to it that they score high.
const RIVALS: usize = 40;
/// Every so many answerable questions, one is asked again without its topic.
const UNANSWERABLE_EVERY: usize = 20;
/// Of the authored questions that a fold holds out, every so many are asked: they are many, and less like citizens' than citizens' are.
const AUTHORED_EVERY: usize = 6;
/// Each question of a citizen counts for so many of the authors'.
const REAL_WEIGHT: f64 = 3.0;
/// Probabilities tried as thresholds.
const STEPS: usize = 200;
/// A threshold is good when so many in a row are.
const STEPS_HELD: usize = 5;
const BINS: usize = 10;
/// Parts that are held out in turn.
const FOLDS: usize = 3;
/// The registers of the authored questions that each fold holds out: the hastiest of each hand, as nobody else's resemble them.
const HELD_REGISTERS: [&[&str]; FOLDS] = [&["phone"], &["chat"], &["short"]];

/// The fit failed.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The solver found no weights.
    #[error("no weights were found")]
    Solver(#[from] argmin::core::Error),
    /// A network cannot be trained.
    #[error("the network cannot be trained")]
    Network(#[from] NetworkError),
    /// There is nothing to learn from.
    #[error("fitting needs labelled questions of citizens")]
    NoQuestions,
    /// A fold failed.
    #[error("a fold failed")]
    Panicked,
}

/// Fits all weights on the FAQ's questions and on labelled questions of citizens. The same questions give the same weights, bit for
/// bit. Trains a network for each fold: a few minutes in a release build.
pub fn fit(faq: &Faq, real: &[RealRow]) -> Result<Weights, FitError> {
    if real.is_empty() {
        return Err(FitError::NoQuestions);
    }
    let mut held_out = for_each_fold::<FOLDS, _>(|fold| judge_fold(faq, real, fold))?;
    let fusion = fit_fusion(&mut held_out)?;
    let mut examples = Vec::new();
    for (fold, HeldOut { network, .. }) in held_out.iter().enumerate() {
        examples.extend(collect_examples(faq, real, fold, network, &fusion));
    }
    let confidence = fit_confidence(examples.iter())?;
    let judged = judge(&examples)?;
    let thresholds = choose_thresholds(&judged);
    Ok(Weights { analyzer: ANALYZER_VERSION, fusion, confidence, thresholds, calibration: calibrate(&judged, &thresholds) })
}

/// The results of all folds, in order. Each fold, which is a core's work for minutes, has its own thread.
pub(crate) fn for_each_fold<const FOLDS: usize, T: Send>(judge: impl Fn(usize) -> Result<T, FitError> + Sync) -> Result<Vec<T>, FitError> {
    let judge = &judge;
    let folds = std::thread::scope(|scope| {
        let folds: [_; FOLDS] = std::array::from_fn(|fold| scope.spawn(move || judge(fold)));
        folds.map(|fold| fold.join().unwrap_or(Err(FitError::Panicked)))
    });
    folds.into_iter().collect()
}

/// Whether a fold holds a question out: index and network of the fold have not seen it.
fn holds_out(fold: usize, origin: Origin<'_>) -> bool {
    match origin {
        Origin::Title | Origin::Shown => false,
        Origin::Authored(register) => HELD_REGISTERS[fold].contains(&register),
        Origin::Besides(line) => line % FOLDS == fold,
    }
}

/// What a fold has learned: its network, and how the scorers compare the right topics with their rivals.
struct HeldOut {
    network: Arc<Network>,
    questions: Vec<Question>,
}

/// A question that a fold has not seen.
struct Asked<'a> {
    engine: &'a Engine,
    ranked: Ranked,
    /// What is right, best first; empty when no topic answers it.
    right: Vec<usize>,
    /// A citizen wrote it.
    is_real: bool,
}

/// Trains a fold's network and compares the scorers on what it has not seen.
fn judge_fold(faq: &Faq, real: &[RealRow], fold: usize) -> Result<HeldOut, FitError> {
    let seen = real.iter().enumerate().filter(|(at, _)| at % FOLDS != fold).map(|(_, row)| row);
    let network = Arc::new(train_on(faq, |question| !holds_out(fold, question.origin), seen)?);
    let names = fitted_columns();
    let equal = FusionWeights(names.iter().map(|name| ((*name).to_owned(), 1.0)).collect());
    let mut questions = Vec::new();
    for_each_held_out(faq, real, fold, &network, &equal, |Asked { engine, ranked, right, is_real }| {
        let Some(&best) = right.first() else { return };
        let columns = engine.ranker.columns().iter().zip(&ranked.ranking.parts);
        // With weights of one, the parts are the standardized scores themselves.
        let scores: Vec<&Vec<f32>> = columns.filter(|(column, _)| column.scale == Scale::Standardized).map(|(_, scores)| scores).collect();
        let rivals = ranked.ranking.best(RIVALS).into_iter().filter(|topic| !right.contains(topic));
        let alternatives = std::iter::once(best)
            .chain(rivals)
            .map(|topic| Alternative { features: scores.iter().map(|scores| f64::from(scores[topic])).collect(), right: topic == best });
        questions.push(Question { alternatives: alternatives.collect(), weight: weight(is_real) });
    });
    Ok(HeldOut { network, questions })
}

fn weight(is_real: bool) -> f64 {
    if is_real { REAL_WEIGHT } else { 1.0 }
}

/// The columns whose weights are fitted.
fn fitted_columns() -> Vec<&'static str> {
    columns().filter(|column| column.scale == Scale::Standardized).map(|column| column.name).collect()
}

/// Asks an engine of the fold every question that it has not seen.
fn for_each_held_out(
    faq: &Faq,
    real: &[RealRow],
    fold: usize,
    network: &Arc<Network>,
    fusion: &FusionWeights,
    mut visit: impl FnMut(Asked<'_>),
) {
    let engine = Engine::build(faq, |question| !holds_out(fold, question.origin), fusion, network);
    let mut ask = |text: &str, right: Vec<usize>, is_real: bool| {
        visit(Asked { engine: &engine, ranked: engine.rank(engine.read(text), None), right, is_real });
    };
    let mut authored = 0;
    for question in labelled_questions(faq).into_iter().filter(|question| holds_out(fold, question.origin)) {
        if matches!(question.origin, Origin::Authored(_)) {
            authored += 1;
            if authored % AUTHORED_EVERY != 0 {
                continue;
            }
        }
        ask(&as_typed(question.text, authored / AUTHORED_EVERY), vec![question.number], false);
    }
    for (at, row) in real.iter().enumerate().filter(|(at, _)| at % FOLDS == fold) {
        ask(&row.question, numbers_of(faq, row), true);
        let typed = as_typed(&row.question, at / FOLDS);
        if typed != row.question {
            ask(&typed, numbers_of(faq, row), false);
        }
    }
}

/// The question as some keyboard would send it: what people wrote for a form knows too little of lost accents and slipped keys.
fn as_typed(question: &str, at: usize) -> String {
    let spoilt = match at % 8 {
        1 | 5 => Some(Perturbation::NoAccents),
        3 => Some(Perturbation::Typo),
        7 if at % 16 == 7 => Some(Perturbation::Telex),
        7 => Some(Perturbation::Vni),
        _ => None,
    };
    spoilt.map_or_else(|| question.to_owned(), |kind| perturb(question, kind, at as u64))
}

/// Weighs the scorers, so that the right topic stands out against its rivals.
fn fit_fusion(held_out: &mut [HeldOut]) -> Result<FusionWeights, FitError> {
    let names = fitted_columns();
    let questions: Vec<Question> = held_out.iter_mut().flat_map(|fold| std::mem::take(&mut fold.questions)).collect();
    // More is better in every column: one that seems to count against a topic only corrects another, and is left out.
    let mut kept: Vec<usize> = (0..names.len()).collect();
    loop {
        let weights = solve(&questions, &kept, NoneOfThese::Impossible)?.weights;
        if weights.iter().all(|&weight| weight >= 0.0) {
            let named = kept.iter().map(|&column| names[column].to_owned()).zip(weights.into_iter().map(rounded));
            return Ok(FusionWeights(named.collect()));
        }
        let mut weights = weights.into_iter();
        kept.retain(|_| weights.next().is_some_and(|weight| weight >= 0.0));
    }
}

/// A held-out question with its candidates.
struct Example {
    fold: usize,
    kind: Kind,
    is_real: bool,
    candidates: Vec<ExampleCandidate>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Answerable,
    /// No topic answers it, or its topic was taken out.
    Uncovered,
    OutOfDomain,
}

struct ExampleCandidate {
    features: Features,
    right: bool,
    subject: SubjectKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SubjectKind {
    Topic,
    Lookup,
    Outside,
}

fn collect_examples(faq: &Faq, real: &[RealRow], fold: usize, network: &Arc<Network>, fusion: &FusionWeights) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut asked = 0;
    for_each_held_out(faq, real, fold, network, fusion, |Asked { engine, mut ranked, right, is_real }| {
        let outside = engine.corpus.outside();
        let kind = match right.first() {
            None => Kind::Uncovered,
            Some(first) if outside.contains(first) => Kind::OutOfDomain,
            Some(_) => Kind::Answerable,
        };
        // Any field outside is right for a question from outside: none is answered.
        let right: Vec<usize> = if kind == Kind::OutOfDomain { outside.collect() } else { right };
        let mut add = |ranked: &Ranked, kind: Kind, right: &[usize]| {
            examples.push(Example { fold, kind, is_real, candidates: candidates(engine, ranked, right) });
        };
        add(&ranked, kind, &right);
        asked += 1;
        if kind == Kind::Answerable && asked % UNANSWERABLE_EVERY == 0 {
            right.iter().for_each(|&topic| ranked.ranking.remove(topic));
            add(&ranked, Kind::Uncovered, &[]);
        }
    });
    examples
}

fn candidates(engine: &Engine, ranked: &Ranked, right: &[usize]) -> Vec<ExampleCandidate> {
    let best = engine.best(&ranked.ranking);
    let candidates = features(engine, ranked, &best).into_iter().zip(&best).map(|(features, number)| ExampleCandidate {
        features,
        right: right.contains(number),
        subject: match engine.corpus.subject(*number) {
            Subject::Topic(_) => SubjectKind::Topic,
            Subject::Lookup => SubjectKind::Lookup,
            Subject::Outside(_) => SubjectKind::Outside,
        },
    });
    candidates.collect()
}

/// Fits the probabilities of a question's candidates, and of none of them.
fn fit_confidence<'a>(examples: impl Iterator<Item = &'a Example>) -> Result<ConditionalLogit, FitError> {
    let questions = examples.map(|example| Question {
        alternatives: example
            .candidates
            .iter()
            .map(|candidate| Alternative { features: candidate.features.to_vec(), right: candidate.right })
            .collect(),
        weight: weight(example.is_real),
    });
    let questions: Vec<Question> = questions.collect();
    let all: Vec<usize> = (0..FEATURES.len()).collect();
    let Solution { intercept, weights } = solve(&questions, &all, NoneOfThese::Possible)?;
    let weights = FEATURES.into_iter().map(str::to_owned).zip(weights.into_iter().map(rounded)).collect();
    Ok(ConditionalLogit { intercept: rounded(intercept), weights })
}

/// An example with the probabilities of a model that has not seen its fold.
struct Judged {
    kind: Kind,
    is_real: bool,
    /// Best first.
    candidates: Vec<JudgedCandidate>,
}

#[derive(Clone, Copy)]
struct JudgedCandidate {
    probability: f64,
    right: bool,
    subject: SubjectKind,
}

impl Judged {
    /// The probability that would have to reach the threshold of `subject`, and whether it is right; `None` when another leads.
    fn led_by(&self, subject: SubjectKind) -> Option<(f64, bool)> {
        let first = self.candidates.first().filter(|first| first.subject == subject)?;
        Some((first.probability, first.right))
    }

    /// Whether it would be answered.
    fn is_answered(&self, threshold: f64) -> bool {
        self.led_by(SubjectKind::Topic).is_some_and(|(probability, _)| probability >= threshold)
    }

    fn first(&self) -> (f64, bool) {
        self.candidates.first().map_or((0.0, false), |first| (first.probability, first.right))
    }

    /// The probability together of the choices that would be offered.
    fn choices(&self) -> f64 {
        let topics = self.candidates.iter().filter(|candidate| candidate.subject == SubjectKind::Topic).map(|topic| topic.probability);
        let worth = topics.clone().take_while(|&probability| probability >= CHOICE_PROBABILITY).count();
        topics.take(worth.clamp(CHOICES_MIN, CHOICES_MAX)).sum()
    }
}

fn judge(examples: &[Example]) -> Result<Vec<Judged>, FitError> {
    let mut judged = Vec::with_capacity(examples.len());
    for fold in 0..FOLDS {
        let model = fit_confidence(examples.iter().filter(|example| example.fold != fold))?;
        for example in examples.iter().filter(|example| example.fold == fold) {
            let features: Vec<Features> = example.candidates.iter().map(|candidate| candidate.features).collect();
            let probabilities = model.probabilities(&features);
            let candidates = probabilities.into_iter().zip(&example.candidates).map(|(probability, candidate)| JudgedCandidate {
                probability,
                right: candidate.right,
                subject: candidate.subject,
            });
            judged.push(Judged { kind: example.kind, is_real: example.is_real, candidates: candidates.collect() });
        }
    }
    Ok(judged)
}

fn choose_thresholds(judged: &[Judged]) -> Thresholds {
    let precise = |subject: SubjectKind, target: f64, threshold: f64| {
        // What is asked in the chat resembles citizens' questions, lookups apart, of which they wrote few.
        let asked = judged.iter().filter(|judged| subject == SubjectKind::Lookup || (judged.is_real && judged.kind == Kind::Answerable));
        let led = asked.filter_map(|judged| judged.led_by(subject));
        let taken: Vec<bool> = led.filter(|first| first.0 >= threshold).map(|first| first.1).collect();
        share(taken.iter().filter(|right| **right).count(), taken.len()) >= target
    };
    let answer = lowest(|threshold| {
        precise(SubjectKind::Topic, PRECISION_TARGET, threshold) && false_answer_rate(judged, threshold) <= FALSE_ANSWERS_MAX
    });
    let lookup = lowest(|threshold| precise(SubjectKind::Lookup, LOOKUP_PRECISION_TARGET, threshold));
    let answerable: Vec<&Judged> = judged.iter().filter(|judged| judged.kind == Kind::Answerable).collect();
    let clarify = highest(|threshold| {
        let unanswered = answerable.iter().filter(|judged| !judged.is_answered(answer));
        let dismissed = unanswered.filter(|judged| judged.choices() < threshold);
        share(dismissed.count(), answerable.len()) <= DISMISSED_MAX
    });
    Thresholds { answer, lookup, clarify, choice: CHOICE_PROBABILITY, precision_target: PRECISION_TARGET }
}

fn false_answer_rate(judged: &[Judged], threshold: f64) -> f64 {
    let strangers: Vec<&Judged> = judged.iter().filter(|judged| judged.kind == Kind::OutOfDomain).collect();
    share(strangers.iter().filter(|judged| judged.is_answered(threshold)).count(), strangers.len())
}

/// The lowest probability that passes, and those right above it too: one that passes by the luck of a question is no threshold. 1 when
/// none does.
fn lowest(passes: impl Fn(f64) -> bool) -> f64 {
    let threshold = |step: usize| step.min(STEPS) as f64 / STEPS as f64;
    let holds = |step: &usize| (*step..step + STEPS_HELD).all(|step| passes(threshold(step)));
    (1..=STEPS).find(holds).map_or(1.0, threshold)
}

/// The highest probability that passes; 0 when none does.
fn highest(passes: impl Fn(f64) -> bool) -> f64 {
    (1..=STEPS).rev().map(|step| step as f64 / STEPS as f64).find(|&threshold| passes(threshold)).unwrap_or(0.0)
}

fn calibrate(judged: &[Judged], thresholds: &Thresholds) -> Calibration {
    let answerable = judged.iter().filter(|judged| judged.kind == Kind::Answerable).count();
    let found = judged.iter().filter(|judged| judged.kind == Kind::Answerable && judged.first().1).count();
    let real: Vec<&Judged> = judged.iter().filter(|judged| judged.is_real && judged.kind == Kind::Answerable).collect();
    let found_real = real.iter().filter(|judged| judged.first().1).count();
    let answered: Vec<&Judged> = real.iter().copied().filter(|judged| judged.is_answered(thresholds.answer)).collect();
    let right = answered.iter().filter(|judged| judged.first().1).count();
    let mut bins: Vec<CalibrationBin> =
        (0..BINS).map(|bin| CalibrationBin { from: bin as f64 / BINS as f64, count: 0, predicted: 0.0, observed: 0.0 }).collect();
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
        real: real.len(),
        real_r_at_1: rounded(share(found_real, real.len())),
        answered_share: rounded(share(answered.len(), real.len())),
        answered_precision: rounded(share(right, answered.len())),
        false_answer_rate: rounded(false_answer_rate(judged, thresholds.answer)),
        expected_error: rounded(error / judged.len().max(1) as f64),
        bins,
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Six decimals: enough for every decision, and the file reads well.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
