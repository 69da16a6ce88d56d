//! Training: plain stochastic gradient descent with Adam, in a fixed order.
//!
//! Same examples and seed, same network, bit for bit: every sum has one order, random numbers come from [`Random`], and exponentials
//! from `libm`, not from the platform.

use rustc_hash::FxHashMap;

use super::features::{FeatureKey, Kind, for_each_folded};
use super::{
    HIDDEN, IDF_STEPS, Input, Layer, MEMBERS, Network, NetworkError, QuestionFeatures, Stored, StoredMember, VECTOR_STEPS, VERSION, WIDTH,
    read_scale, scale_to_length_one, softmax, step_of, stored_scale,
};
use crate::lexicon::Lexicon;
use crate::random::Random;
use crate::text::words::Word;

/// Passes over all examples.
const EPOCHS: usize = 12;
/// Examples of one step.
const BATCH: usize = 32;
/// Falls to nothing in a straight line.
const LEARNING_RATE: f32 = 0.002;
/// Share of the features that a question loses in training.
const INPUT_DROPOUT: f32 = 0.25;
/// Share of the hidden units that are silent in training.
const HIDDEN_DROPOUT: f32 = 0.3;
/// Share of the examples that are learned without accents: many citizens type none.
const UNACCENTED_SHARE: f32 = 0.25;
/// Probability that is spread over all classes.
const LABEL_SMOOTHING: f32 = 0.1;
/// Part of the first of several right classes; the others share the rest.
const FIRST_CLASS_SHARE: f32 = 0.6;
/// Letter grams are many: each counts for half.
const GRAM_WEIGHT: f32 = 0.5;
/// A pair that fewer examples have says nothing.
const PAIR_EXAMPLES_MIN: u32 = 2;
/// The most frequent features that are kept: they fit four megabytes.
const FEATURES_MAX: usize = 34_000;
/// No feature is so common that it counts for less.
const IDF_MIN: f32 = 0.2;
/// First numbers of the vectors lie between this and its negative.
const VECTOR_START: f32 = 0.1;
/// Adam's memory of the gradient and of its square, and what keeps it from dividing by 0.
const ADAM_MEAN: f32 = 0.9;
const ADAM_SQUARE: f32 = 0.999;
const ADAM_MIN: f32 = 1e-6;

/// A question with what it teaches.
pub(crate) struct Example {
    words: Vec<Word>,
    /// Numbers of the right classes, best first; at least one.
    classes: Vec<usize>,
}

impl Example {
    /// `None` when there is nothing to learn: no words or no right class.
    pub(crate) fn new(words: Vec<Word>, classes: Vec<usize>) -> Option<Example> {
        (!words.is_empty() && !classes.is_empty()).then_some(Example { words, classes })
    }
}

/// The features that are kept, ascending by key, with their weights.
struct Dictionary {
    keys: Vec<FeatureKey>,
    idf: Vec<u8>,
}

impl Dictionary {
    fn of(examples: &[Example]) -> Dictionary {
        // By key: the number of examples that have it, and its kind.
        let mut counts: FxHashMap<FeatureKey, (u32, Kind)> = FxHashMap::default();
        let mut own: Vec<(FeatureKey, Kind)> = Vec::new();
        for example in examples {
            own.clear();
            for_each_folded(&example.words, |kind, key| own.push((key, kind)));
            own.extend(QuestionFeatures::of(&example.words).accented.into_iter().map(|key| (key, Kind::Accented)));
            own.sort_unstable_by_key(|(key, _)| *key);
            own.dedup_by_key(|(key, _)| *key);
            for &(key, kind) in &own {
                counts.entry(key).or_insert((0, kind)).0 += 1;
            }
        }
        let mut kept: Vec<(FeatureKey, u32, Kind)> = counts
            .into_iter()
            .filter(|(_, (count, kind))| *kind != Kind::Pair || *count >= PAIR_EXAMPLES_MIN)
            .map(|(key, (count, kind))| (key, count, kind))
            .collect();
        // The most frequent pairs first to go in, after all words and grams.
        kept.sort_unstable_by_key(|&(key, count, kind)| (kind == Kind::Pair, std::cmp::Reverse(count), key));
        kept.truncate(FEATURES_MAX);
        kept.sort_unstable_by_key(|(key, ..)| *key);
        let idf = |count: u32, kind: Kind| {
            let weight = if kind == Kind::Gram { GRAM_WEIGHT } else { 1.0 };
            let idf = weight * libm::logf(examples.len() as f32 / count as f32).max(IDF_MIN);
            (idf * IDF_STEPS).round().clamp(1.0, f32::from(u8::MAX)) as u8
        };
        Dictionary {
            idf: kept.iter().map(|&(_, count, kind)| idf(count, kind)).collect(),
            keys: kept.into_iter().map(|kept| kept.0).collect(),
        }
    }

    fn numbers(&self, keys: &[FeatureKey]) -> Vec<Input> {
        let number = |key: &FeatureKey| self.keys.binary_search(key).ok();
        keys.iter()
            .filter_map(number)
            .map(|feature| Input { feature: feature as u32, weight: f32::from(self.idf[feature]) / IDF_STEPS })
            .collect()
    }
}

/// An example, ready for the network.
struct Prepared<'a> {
    folded: Vec<Input>,
    accented: Vec<Input>,
    classes: &'a [usize],
}

/// Trains a network to tell `classes` apart. `lessons` names what it was trained on, see [`Network::lessons`].
///
/// Errors: none that is known; the encoder's type allows for them.
pub(crate) fn train(
    examples: &[Example],
    classes: Vec<String>,
    lexicon: Lexicon,
    lessons: String,
    seed: u64,
) -> Result<Network, NetworkError> {
    let dictionary = Dictionary::of(examples);
    let prepared: Vec<Prepared> = examples
        .iter()
        .map(|example| {
            let features = QuestionFeatures::of(&example.words);
            Prepared {
                folded: dictionary.numbers(&features.folded),
                accented: dictionary.numbers(&features.accented),
                classes: &example.classes,
            }
        })
        .collect();
    let learn = |member: u64| {
        let mut trainer = Trainer::new(dictionary.keys.len(), classes.len(), Random::new(seed + member));
        trainer.run(&prepared);
        trainer.stored()
    };
    // They know nothing of each other: on several cores the bytes are the same.
    let members: Vec<StoredMember<'static>> = std::thread::scope(|scope| {
        let learning: Vec<_> = (0..MEMBERS as u64).map(|member| scope.spawn(move || learn(member))).collect();
        learning.into_iter().filter_map(|member| member.join().ok()).collect()
    });
    let stored = Stored { version: VERSION, lessons, lexicon, classes, keys: dictionary.keys, idf: dictionary.idf.into(), members };
    let bytes = postcard::to_allocvec(&stored)?;
    Network::new(stored, &bytes)
}

/// Numbers that are learned, with Adam's memory.
struct Weights {
    values: Vec<f32>,
    means: Vec<f32>,
    squares: Vec<f32>,
}

impl Weights {
    fn new(values: Vec<f32>) -> Weights {
        Weights { means: vec![0.0; values.len()], squares: vec![0.0; values.len()], values }
    }

    fn zeros(count: usize) -> Weights {
        Weights::new(vec![0.0; count])
    }

    fn random(count: usize, largest: f32, random: &mut Random) -> Weights {
        Weights::new((0..count).map(|_| (2.0 * random.unit() - 1.0) * largest).collect())
    }

    /// One step down the gradient for the numbers from `start`.
    fn learn(&mut self, start: usize, gradient: &[f32], rate: f32) {
        let range = start..start + gradient.len();
        let memory = self.means[range.clone()].iter_mut().zip(&mut self.squares[range.clone()]);
        for ((value, (mean, square)), gradient) in self.values[range].iter_mut().zip(memory).zip(gradient) {
            *mean = ADAM_MEAN * *mean + (1.0 - ADAM_MEAN) * gradient;
            *square = ADAM_SQUARE * *square + (1.0 - ADAM_SQUARE) * gradient * gradient;
            *value -= rate * *mean / (square.sqrt() + ADAM_MIN);
        }
    }
}

struct Trainer {
    vectors: Weights,
    hidden: Weights,
    hidden_bias: Weights,
    output: Weights,
    output_bias: Weights,
    classes: usize,
    random: Random,
}

/// Gradients of one batch.
struct Gradients {
    /// By position in `touched`.
    vectors: Vec<f32>,
    touched: Vec<u32>,
    /// By feature: its position in `touched`, from 1; 0 when it is not there.
    slots: Vec<u32>,
    hidden: Vec<f32>,
    hidden_bias: Vec<f32>,
    output: Vec<f32>,
    output_bias: Vec<f32>,
}

impl Gradients {
    fn clear(&mut self) {
        for feature in self.touched.drain(..) {
            self.slots[feature as usize] = 0;
        }
        self.vectors.clear();
        for gradient in [&mut self.hidden, &mut self.hidden_bias, &mut self.output, &mut self.output_bias] {
            gradient.fill(0.0);
        }
    }

    /// The gradient of a feature's vector.
    fn vector(&mut self, feature: u32) -> &mut [f32] {
        let slot = &mut self.slots[feature as usize];
        if *slot == 0 {
            self.touched.push(feature);
            *slot = self.touched.len() as u32;
            self.vectors.resize(self.touched.len() * WIDTH, 0.0);
        }
        let start = (*slot as usize - 1) * WIDTH;
        &mut self.vectors[start..start + WIDTH]
    }
}

impl Trainer {
    fn new(features: usize, classes: usize, mut random: Random) -> Trainer {
        let start = |inputs: usize, outputs: usize| (6.0 / (inputs + outputs) as f32).sqrt();
        Trainer {
            vectors: Weights::random(features * WIDTH, VECTOR_START, &mut random),
            hidden: Weights::random(WIDTH * HIDDEN, start(WIDTH, HIDDEN), &mut random),
            hidden_bias: Weights::zeros(HIDDEN),
            output: Weights::random(HIDDEN * classes, start(HIDDEN, classes), &mut random),
            output_bias: Weights::zeros(classes),
            classes,
            random,
        }
    }

    fn run(&mut self, examples: &[Prepared<'_>]) {
        let mut gradients = Gradients {
            vectors: Vec::new(),
            touched: Vec::new(),
            slots: vec![0; self.vectors.values.len() / WIDTH],
            hidden: vec![0.0; self.hidden.values.len()],
            hidden_bias: vec![0.0; HIDDEN],
            output: vec![0.0; self.output.values.len()],
            output_bias: vec![0.0; self.classes],
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let steps = EPOCHS * order.len().div_ceil(BATCH);
        let mut step = 0;
        for _ in 0..EPOCHS {
            self.random.shuffle(&mut order);
            for batch in order.chunks(BATCH) {
                gradients.clear();
                for &example in batch {
                    self.add_gradients(&examples[example], 1.0 / batch.len() as f32, &mut gradients);
                }
                self.learn(&gradients, LEARNING_RATE * (1.0 - step as f32 / steps as f32));
                step += 1;
            }
        }
    }

    fn stored(&self) -> StoredMember<'static> {
        let vectors = self.vectors.values.chunks_exact(WIDTH);
        let scales: Vec<u8> = vectors.clone().map(|vector| stored_scale(step_of(vector, VECTOR_STEPS))).collect();
        let steps = |(vector, &scale): (&[f32], &u8)| {
            let step = |number: f32| ((number / read_scale(scale)).round() + 8.0) as u8;
            vector.chunks_exact(2).map(|pair| step(pair[0]) | step(pair[1]) << 4).collect::<Vec<u8>>()
        };
        let layer = |rows: &Weights, bias: &Weights| Layer { rows: rows.values.clone(), bias: bias.values.clone() }.pack();
        StoredMember {
            vectors: vectors.zip(&scales).flat_map(steps).collect::<Vec<u8>>().into(),
            hidden: layer(&self.hidden, &self.hidden_bias),
            output: layer(&self.output, &self.output_bias),
            scales: scales.into(),
        }
    }

    fn learn(&mut self, gradients: &Gradients, rate: f32) {
        for (&feature, gradient) in gradients.touched.iter().zip(gradients.vectors.chunks_exact(WIDTH)) {
            self.vectors.learn(feature as usize * WIDTH, gradient, rate);
        }
        self.hidden.learn(0, &gradients.hidden, rate);
        self.hidden_bias.learn(0, &gradients.hidden_bias, rate);
        self.output.learn(0, &gradients.output, rate);
        self.output_bias.learn(0, &gradients.output_bias, rate);
    }

    /// The features that are left after dropout, their weights scaled to a vector of length one.
    fn inputs(&mut self, example: &Prepared<'_>) -> Vec<Input> {
        let accented = if self.random.unit() < UNACCENTED_SHARE { &[] } else { example.accented.as_slice() };
        let all = example.folded.iter().chain(accented);
        let mut inputs: Vec<Input> = all.filter(|_| self.random.unit() >= INPUT_DROPOUT).copied().collect();
        scale_to_length_one(&mut inputs);
        inputs
    }

    /// Forward and backward through one example; each gradient is scaled by `scale`.
    fn add_gradients(&mut self, example: &Prepared<'_>, scale: f32, gradients: &mut Gradients) {
        let inputs = self.inputs(example);
        if inputs.is_empty() {
            return;
        }
        let mut mean = [0.0_f32; WIDTH];
        for input in &inputs {
            let vector = &self.vectors.values[input.feature as usize * WIDTH..][..WIDTH];
            add_scaled(&mut mean, vector, input.weight);
        }
        let mut hidden = [0.0_f32; HIDDEN];
        hidden.copy_from_slice(&self.hidden_bias.values);
        for (&value, row) in mean.iter().zip(self.hidden.values.chunks_exact(HIDDEN)) {
            add_scaled(&mut hidden, row, value);
        }
        // What the active units are worth; the silent ones are 0.
        let mut active = [0.0_f32; HIDDEN];
        for (unit, active) in hidden.iter_mut().zip(&mut active) {
            if *unit > 0.0 && self.random.unit() >= HIDDEN_DROPOUT {
                *active = 1.0 / (1.0 - HIDDEN_DROPOUT);
            }
            *unit *= *active;
        }
        let mut errors = self.output_bias.values.clone();
        let rows = || self.output.values.chunks_exact(self.classes);
        for ((&unit, &active), row) in hidden.iter().zip(&active).zip(rows()) {
            if active != 0.0 {
                add_scaled(&mut errors, row, unit);
            }
        }
        softmax(&mut errors);
        errors.iter_mut().for_each(|error| *error -= LABEL_SMOOTHING / self.classes as f32);
        let others = example.classes.len() - 1;
        for (place, &class) in example.classes.iter().enumerate() {
            let share = match (others, place) {
                (0, _) => 1.0,
                (_, 0) => FIRST_CLASS_SHARE,
                (others, _) => (1.0 - FIRST_CLASS_SHARE) / others as f32,
            };
            errors[class] -= (1.0 - LABEL_SMOOTHING) * share;
        }
        errors.iter_mut().for_each(|error| *error *= scale);
        add_scaled(&mut gradients.output_bias, &errors, 1.0);
        let mut hidden_errors = [0.0_f32; HIDDEN];
        let output_gradients = gradients.output.chunks_exact_mut(self.classes);
        for (at, ((row, gradient), &active)) in rows().zip(output_gradients).zip(&active).enumerate() {
            if active != 0.0 {
                hidden_errors[at] = active * dot(&errors, row);
                add_scaled(gradient, &errors, hidden[at]);
            }
        }
        add_scaled(&mut gradients.hidden_bias, &hidden_errors, 1.0);
        let mut mean_errors = [0.0_f32; WIDTH];
        let hidden_gradients = gradients.hidden.chunks_exact_mut(HIDDEN);
        for (at, (row, gradient)) in self.hidden.values.chunks_exact(HIDDEN).zip(hidden_gradients).enumerate() {
            mean_errors[at] = dot(&hidden_errors, row);
            add_scaled(gradient, &hidden_errors, mean[at]);
        }
        for input in &inputs {
            add_scaled(gradients.vector(input.feature), &mean_errors, input.weight);
        }
    }
}

fn add_scaled(sum: &mut [f32], numbers: &[f32], factor: f32) {
    sum.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += factor * number);
}

/// The sum of products, in eight interleaved sums: the compiler may compute them at once without changing the result.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::features_of;
    use crate::text::words::literal_words;

    fn lessons() -> Vec<Example> {
        let lessons = [
            ("quên mật khẩu", 0),
            ("lấy lại mật khẩu đã quên", 0),
            ("mất thẻ bảo hiểm y tế", 1),
            ("thẻ bị rách xin cấp lại", 1),
            ("nghỉ thai sản mấy tháng", 2),
            ("sinh con được nghỉ bao lâu", 2),
        ];
        lessons.iter().cycle().take(240).filter_map(|&(text, class)| Example::new(literal_words(text), vec![class])).collect()
    }

    fn small_network(seed: u64) -> Network {
        let classes = ["account/password", "bhyt/card", "bhxh/maternity"].map(str::to_owned).to_vec();
        train(&lessons(), classes, Lexicon::default(), "digest".to_owned(), seed).expect("it trains")
    }

    #[test]
    fn what_was_taught_is_known_with_and_without_accents() {
        let network = small_network(1);
        for (text, class) in [("quên mật khẩu rồi", 0), ("cap lai the", 1), ("sinh con nghỉ mấy tháng", 2)] {
            let words = literal_words(text);
            let accented = words.iter().any(Word::is_accented);
            let scores = network.judge(&features_of(&words, accented), &QuestionFeatures::default(), 0.0).mean;
            let best = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            assert_eq!(best, Some(class), "{text}: {scores:?}");
            let sum: f32 = scores.iter().map(|score| score.exp()).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
    }

    #[test]
    fn equal_lessons_and_seed_give_equal_bytes() {
        let bytes = |seed| small_network(seed).to_bytes().expect("it is written");
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }

    #[test]
    fn a_file_comes_back_as_it_was_and_a_broken_one_is_refused() {
        let network = small_network(1);
        let bytes: &'static [u8] = network.to_bytes().expect("it is written").leak();
        let read = Network::from_bytes(bytes).expect("it is read");
        assert_eq!((read.digest(), &read.stored), (network.digest(), &network.stored));
        for cut in [0, 1, 100, bytes.len() / 2, bytes.len() - 1] {
            assert!(Network::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        let mut other = network.stored.clone();
        other.version += 1;
        let other = postcard::to_allocvec(&other).expect("it is written").leak();
        assert!(matches!(Network::from_bytes(other), Err(NetworkError::Version(_))));
    }

    #[test]
    fn a_question_of_unknown_words_has_finite_scores() {
        let judgement = small_network(1).judge(&features_of(&literal_words("zzz qqq"), false), &QuestionFeatures::default(), 0.0);
        assert!(judgement.mean.iter().chain(&judgement.least).all(|score| score.is_finite()), "{judgement:?}");
    }
}
