//! The learned ranker: small networks from a question's n-grams to the topics, trained here from nothing.
//!
//! To each network a question is the idf-weighted mean of the vectors of its features (words, pairs and letter grams); one hidden
//! layer stands between that mean and the classes. Several that differ by chance alone judge together: their mean is right more often
//! than one of the same size as all of them. [`train`] learns them, a data file carries them with their vectors in four bits a
//! number, and [`Network::judge`] is all that happens when a citizen asks.

mod features;
mod train;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::hash::fnv1a;
use crate::lexicon::Lexicon;
use crate::text::words::Word;
pub(crate) use features::{FeatureKey, QuestionFeatures};
pub(crate) use train::{Example, train};

/// Raised with every change of the features, the shape or the training: a file of another version is refused.
const VERSION: u32 = 3;
/// Networks that judge together.
const MEMBERS: usize = 3;
/// Numbers in the vector of a feature. Even: two share a byte.
const WIDTH: usize = 64;
/// Units of the hidden layer.
const HIDDEN: usize = 128;
/// A vector is stored as whole numbers from -7 to 7, four bits each, times one scale.
const VECTOR_STEPS: f32 = 7.0;
/// The rows of the two dense layers are stored as whole numbers from -127 to 127, times one scale each.
const LAYER_STEPS: f32 = 127.0;
/// What a step of a vector is worth is stored as its logarithm in so many steps to a doubling, from [`SCALE_LOG_MIN`] up.
const SCALE_STEPS: f32 = 16.0;
const SCALE_LOG_MIN: f32 = -15.0;
/// Steps of a stored idf: the rarest feature of a million questions has an idf below 14.
const IDF_STEPS: f32 = 16.0;
/// Features of one question that are looked at; the longest real letter has about 1,500.
const QUESTION_FEATURES_MAX: usize = 2_048;
/// Keeps logarithms finite.
const PROBABILITY_MIN: f32 = 1e-9;
/// Classes at most; guards against a broken file.
const CLASSES_MAX: usize = 65_536;

/// A trained network.
#[derive(Debug, Clone)]
pub struct Network {
    stored: Stored<'static>,
    layers: Vec<Layers>,
    digest: String,
}

/// The dense layers of a member, ready to be used.
#[derive(Debug, Clone)]
struct Layers {
    hidden: Layer,
    output: Layer,
}

/// The data file, in postcard's encoding. Equal lessons and seed give equal bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stored<'a> {
    version: u32,
    /// See [`Network::lessons`].
    lessons: String,
    lexicon: Lexicon,
    /// Ids of topics, `lookup`, `outside:<field>`; sorted as in training.
    classes: Vec<String>,
    /// Ascending.
    keys: Vec<FeatureKey>,
    /// By feature, in [`IDF_STEPS`].
    #[serde(borrow, with = "serde_bytes")]
    idf: Cow<'a, [u8]>,
    #[serde(borrow)]
    members: Vec<StoredMember<'a>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredMember<'a> {
    /// By feature: what a step of its vector is worth, see [`stored_scale`].
    #[serde(borrow, with = "serde_bytes")]
    scales: Cow<'a, [u8]>,
    /// By feature [`WIDTH`] numbers, two in a byte, the first in the low half, each plus 8.
    #[serde(borrow, with = "serde_bytes")]
    vectors: Cow<'a, [u8]>,
    hidden: StoredLayer,
    output: StoredLayer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredLayer {
    /// By input, what a step of its row is worth.
    scales: Vec<f32>,
    /// By input a row of one number for each output.
    rows: Vec<i8>,
    /// By output.
    bias: Vec<f32>,
}

/// A dense layer: by input a row of one weight for each output.
#[derive(Debug, Clone)]
struct Layer {
    rows: Vec<f32>,
    bias: Vec<f32>,
}

/// A file is no network of this program.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// It does not parse.
    #[error("the network file cannot be read; train it anew with `hotro train`")]
    Broken(#[from] postcard::Error),
    /// It was made by another version of the program.
    #[error("the network file is of version {0}, this program reads version {VERSION}; train it anew with `hotro train`")]
    Version(u32),
    /// Its parts do not fit together.
    #[error("the network file is inconsistent: {0}; train it anew with `hotro train`")]
    Inconsistent(&'static str),
}

impl Network {
    /// The network that the binary carries.
    pub fn embedded() -> Result<Network, NetworkError> {
        Network::from_bytes(include_bytes!("../../data/network.bin"))
    }

    /// Reads a data file.
    pub fn from_bytes(bytes: &'static [u8]) -> Result<Network, NetworkError> {
        let stored: Stored<'static> = postcard::from_bytes(bytes)?;
        Network::new(stored, bytes)
    }

    fn new(stored: Stored<'static>, bytes: &[u8]) -> Result<Network, NetworkError> {
        if stored.version != VERSION {
            return Err(NetworkError::Version(stored.version));
        }
        let features = stored.keys.len();
        let ensure = |holds: bool, what: &'static str| if holds { Ok(()) } else { Err(NetworkError::Inconsistent(what)) };
        ensure(stored.lexicon.is_consistent(), "the lexicon")?;
        ensure(stored.classes.len() <= CLASSES_MAX, "too many classes")?;
        ensure(stored.keys.is_sorted(), "features are not in order")?;
        ensure(stored.idf.len() == features, "features without weight")?;
        ensure(stored.members.len() == MEMBERS, "members are missing")?;
        let mut layers = Vec::with_capacity(MEMBERS);
        for member in &stored.members {
            ensure(member.scales.len() == features && member.vectors.len() == features * WIDTH / 2, "features without vector")?;
            layers.push(Layers {
                hidden: member.hidden.unpack(WIDTH, HIDDEN).ok_or(NetworkError::Inconsistent("a hidden layer"))?,
                output: member.output.unpack(HIDDEN, stored.classes.len()).ok_or(NetworkError::Inconsistent("an output layer"))?,
            });
        }
        Ok(Network { layers, digest: format!("{:016x}", fnv1a(bytes.iter().copied())), stored })
    }

    /// The data file.
    ///
    /// Errors: none that is known; the encoder's type allows for them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NetworkError> {
        Ok(postcard::to_allocvec(&self.stored)?)
    }

    /// Sixteen hex digits: equal files, equal digest.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Digest of the lessons of the FAQ that it was trained on: when it differs from the content's, the file is older than the content.
    pub fn lessons(&self) -> &str {
        &self.stored.lessons
    }

    /// The words of the authored questions that it was trained on.
    pub(crate) fn lexicon(&self) -> &Lexicon {
        &self.stored.lexicon
    }

    /// What it tells apart: ids of topics, `lookup`, `outside:<field>`.
    pub(crate) fn classes(&self) -> &[String] {
        &self.stored.classes
    }

    /// The number of a feature; `None` when no lesson had it often enough.
    fn feature(&self, key: FeatureKey) -> Option<usize> {
        self.stored.keys.binary_search(&key).ok()
    }

    /// Judges a question; the same for every question of which nothing is known.
    ///
    /// `borrowed` are words of the topic before, which count for the given weight.
    pub(crate) fn judge(&self, features: &QuestionFeatures, borrowed: &QuestionFeatures, borrowed_weight: f32) -> Judgement {
        let parts = features.keys().map(|key| (key, 1.0)).chain(borrowed.keys().map(|key| (key, borrowed_weight)));
        let mut inputs: Vec<Input> = parts
            .take(QUESTION_FEATURES_MAX)
            .filter_map(|(key, weight)| {
                let feature = self.feature(key)?;
                Some(Input { feature: feature as u32, weight: weight * f32::from(self.stored.idf[feature]) / IDF_STEPS })
            })
            .collect();
        scale_to_length_one(&mut inputs);
        let classes = self.stored.classes.len();
        let mut judgement = Judgement { mean: vec![0.0; classes], least: vec![1.0; classes] };
        for (member, layers) in self.stored.members.iter().zip(&self.layers) {
            let mut hidden = layers.hidden.apply(&member.mean(&inputs));
            hidden.iter_mut().for_each(|unit| *unit = unit.max(0.0));
            let mut scores = layers.output.apply(&hidden);
            softmax(&mut scores);
            for ((mean, least), score) in judgement.mean.iter_mut().zip(&mut judgement.least).zip(scores) {
                *mean += score / MEMBERS as f32;
                *least = least.min(score);
            }
        }
        for probability in judgement.mean.iter_mut().chain(&mut judgement.least) {
            *probability = libm::logf(probability.max(PROBABILITY_MIN));
        }
        judgement
    }
}

/// What the members make of a question: logarithms of probabilities, by class.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// Of the members' mean.
    pub(crate) mean: Vec<f32>,
    /// Of the least that any member gives. They agree on what they were taught; on what is new to them each errs in its own way.
    pub(crate) least: Vec<f32>,
}

/// A feature of a question and how much it counts.
#[derive(Debug, Clone, Copy)]
struct Input {
    feature: u32,
    weight: f32,
}

/// Scales the weights to a vector of length one.
fn scale_to_length_one(inputs: &mut [Input]) {
    let norm = inputs.iter().map(|input| input.weight * input.weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    inputs.iter_mut().for_each(|input| input.weight /= norm);
}

impl StoredMember<'_> {
    /// The weighted sum of the vectors.
    fn mean(&self, inputs: &[Input]) -> [f32; WIDTH] {
        let mut mean = [0.0; WIDTH];
        for &Input { feature, weight } in inputs {
            let step = weight * read_scale(self.scales[feature as usize]);
            let vector = &self.vectors[feature as usize * WIDTH / 2..][..WIDTH / 2];
            for (pair, &byte) in mean.chunks_exact_mut(2).zip(vector) {
                pair[0] += step * (f32::from(byte & 0xf) - 8.0);
                pair[1] += step * (f32::from(byte >> 4) - 8.0);
            }
        }
        mean
    }
}

/// The code of the smallest scale that is stored and at least this one.
fn stored_scale(scale: f32) -> u8 {
    ((libm::log2f(scale) - SCALE_LOG_MIN) * SCALE_STEPS).ceil().clamp(0.0, f32::from(u8::MAX)) as u8
}

fn read_scale(code: u8) -> f32 {
    libm::exp2f(f32::from(code) / SCALE_STEPS + SCALE_LOG_MIN)
}

impl Layer {
    fn apply(&self, input: &[f32]) -> Vec<f32> {
        let mut output = self.bias.clone();
        for (&value, row) in input.iter().zip(self.rows.chunks_exact(self.bias.len().max(1))) {
            if value != 0.0 {
                output.iter_mut().zip(row).for_each(|(output, weight)| *output += value * weight);
            }
        }
        output
    }

    fn pack(&self) -> StoredLayer {
        let mut scales = Vec::new();
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows.chunks_exact(self.bias.len().max(1)) {
            let scale = step_of(row, LAYER_STEPS);
            scales.push(scale);
            rows.extend(row.iter().map(|weight| (weight / scale).round() as i8));
        }
        StoredLayer { scales, rows, bias: self.bias.clone() }
    }
}

impl StoredLayer {
    /// `None` when it is not of this shape.
    fn unpack(&self, inputs: usize, outputs: usize) -> Option<Layer> {
        let fits = self.scales.len() == inputs && self.bias.len() == outputs && self.rows.len() == inputs * outputs;
        fits.then(|| {
            let rows = self.rows.chunks_exact(outputs.max(1)).zip(&self.scales);
            Layer {
                rows: rows.flat_map(|(row, scale)| row.iter().map(move |&step| f32::from(step) * scale)).collect(),
                bias: self.bias.clone(),
            }
        })
    }
}

/// The size of a step with which the largest of the numbers takes `steps`; never 0.
fn step_of(numbers: &[f32], steps: f32) -> f32 {
    let largest = numbers.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    (largest / steps).max(f32::MIN_POSITIVE)
}

/// Turns scores into probabilities.
fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = libm::expf(*score - largest));
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The features of a question, for [`Network::judge`].
pub(crate) fn features_of(words: &[Word], accented: bool) -> QuestionFeatures {
    let mut features = QuestionFeatures::of(words);
    if !accented {
        features.accented.clear();
    }
    features
}
