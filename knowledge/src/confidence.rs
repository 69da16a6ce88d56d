//! Confidence: from what the scorers say to the probability that a topic answers the question.

use rustc_hash::FxHashMap;

use crate::corpus::TopicTerms;
use crate::engine::{Engine, Ranked};
use crate::rank::Scale;
use crate::text::vocabulary::FoldId;
use crate::weights::ConditionalLogit;

/// The features of one candidate, in the order of [`FEATURES`].
pub(crate) type Features = [f64; FEATURES.len()];

/// What the confidence model looks at, by name.
pub(crate) const FEATURES: [&str; 24] = [
    // Log-odds of the candidate against all other topics, by the fused score.
    "log_odds",
    // The same as a probability: the model bends where log-odds alone would be straight.
    "probability",
    // Fused score above the best other topic.
    "gap",
    // Fused score above the mean of the next four.
    "gap_field",
    // Fused score above the best of the fields outside.
    "inside",
    // The fused score itself.
    "fused",
    // Log-likelihood ratio per square root of matched words: how much the topic's language explains at all.
    "likelihood",
    // Cosine with the topic's most similar question, and the mean of the five most similar.
    "nearest_best",
    "nearest_mean",
    // Log-probability by the network, as it is, above its best other, and as a probability.
    "network",
    "network_gap",
    "network_probability",
    // The same by the network's most doubtful member.
    "network_least",
    // Probability by the network of all fields outside together.
    "outside",
    // Share of the question's idf that the topic's questions hold.
    "coverage",
    // Idf of the most telling word that the topic's questions lack, against the rarest word's.
    "missing",
    // Share of the question's idf that any known text holds.
    "known",
    // Share of the question's neighbouring words that stand side by side in known text.
    "known_pairs",
    // Share of the scorers that put this topic among their first three.
    "agreement",
    // Logarithm of the number of words.
    "length",
    // Share of tokens that were guessed from a slip, and that stayed unknown.
    "repaired",
    "unknown",
    // 1 when no accent was typed.
    "unaccented",
    // Share of the ten best candidates that belong to the candidate's domain.
    "domain",
];

/// Which folded words each topic's questions hold, and how telling each word is.
pub(crate) struct Coverage {
    idf: FxHashMap<FoldId, f32>,
    idf_max: f32,
    /// Sorted, by topic number.
    words: Vec<Vec<FoldId>>,
}

impl Coverage {
    pub(crate) fn build(topics: &[TopicTerms]) -> Coverage {
        let words_of = |topic: &TopicTerms| -> Vec<(FoldId, u32)> {
            topic.fold.iter().filter(|(term, _)| !term.is_pair()).map(|&(term, count)| (term.words().1, count)).collect()
        };
        let mut counts: FxHashMap<FoldId, f32> = FxHashMap::default();
        let mut all = 0.0;
        let words = topics.iter().map(|topic| {
            let words = words_of(topic);
            for &(word, count) in &words {
                *counts.entry(word).or_default() += count as f32;
                all += count as f32;
            }
            words.into_iter().map(|(word, _)| word).collect()
        });
        let words = words.collect();
        let idf = |count: f32| (1.0 + all / count).ln();
        Coverage { idf_max: idf(1.0), idf: counts.into_iter().map(|(word, count)| (word, idf(count))).collect(), words }
    }

    /// How telling a folded word is; `None` stands for a word that no text holds.
    pub(crate) fn idf(&self, word: Option<FoldId>) -> f32 {
        word.and_then(|word| self.idf.get(&word)).copied().unwrap_or(self.idf_max)
    }

    fn of(&self, words: &[Option<FoldId>], topic: usize) -> Found {
        let mut found = Found::default();
        for word in words {
            let known = word.and_then(|word| Some((word, *self.idf.get(&word)?)));
            let idf = known.map_or(self.idf_max, |(_, idf)| idf);
            found.all += idf;
            found.known += known.map_or(0.0, |(_, idf)| idf);
            if known.is_some_and(|(word, _)| self.words[topic].binary_search(&word).is_ok()) {
                found.own += idf;
            } else {
                found.missing = found.missing.max(idf);
            }
        }
        found
    }
}

/// Sums of idf over a question's words.
#[derive(Default)]
struct Found {
    all: f32,
    /// Of words that any topic holds.
    known: f32,
    /// Of words that the topic holds.
    own: f32,
    /// The largest single idf that the topic lacks.
    missing: f32,
}

/// The features of each candidate; `candidates` are topic numbers, best first.
pub(crate) fn features(engine: &Engine, ranked: &Ranked, candidates: &[usize]) -> Vec<Features> {
    let Ranked { question, ranking, .. } = ranked;
    let vocabulary = &engine.corpus.vocabulary;
    let words: Vec<Option<FoldId>> = question.words.iter().map(|word| vocabulary.fold_id(word)).collect();
    let tokens = words.len().max(1) as f64;
    let pairs = words.windows(2).filter(|pair| matches!(pair, [Some(a), Some(b)] if vocabulary.has_pair(*a, *b))).count();
    let top = candidates.first().map_or(0.0, |&topic| f64::from(ranking.fused[topic]));
    let log_sum = top + ranking.fused.iter().map(|&score| (f64::from(score) - top).exp()).sum::<f64>().ln();
    let outside = engine.corpus.outside().map(|number| f64::from(ranking.fused[number])).fold(f64::NEG_INFINITY, f64::max);
    let columns = engine.ranker.columns();
    let raw = |name: &str, topic: usize| {
        columns.iter().position(|column| column.name == name).map_or(0.0, |column| f64::from(ranking.raw[column][topic]))
    };
    // A scorer puts among its first three whatever it scores no lower than its third best; found once, not for each candidate.
    let judges: Vec<(usize, f32)> = (0..columns.len())
        .filter(|&column| columns[column].scale == Scale::Standardized && ranking.raw[column].iter().any(|&score| score != 0.0))
        .map(|column| (column, third_best(&ranking.raw[column])))
        .collect();
    let network: &[f32] = columns.iter().position(|column| column.name == "network").map_or(&[], |column| &ranking.raw[column]);
    let network_best = best_two(network);
    let network_best_but = |topic: usize| f64::from(network_best[usize::from(network_best[0].0 == topic)].1);
    let strange: f64 = engine.corpus.outside().filter_map(|number| network.get(number)).map(|&score| f64::from(score).exp()).sum();
    let domain = |topic: usize| engine.corpus.topics.get(topic).map(|id| id.domain());
    candidates
        .iter()
        .map(|&topic| {
            let fused = f64::from(ranking.fused[topic]);
            let others: Vec<f64> =
                candidates.iter().filter(|&&other| other != topic).map(|&other| f64::from(ranking.fused[other])).collect();
            let field = &others[..others.len().min(4)];
            let field_mean = field.iter().sum::<f64>() / field.len().max(1) as f64;
            let Found { all, known, own, missing } = engine.coverage.of(&words, topic);
            let share = |part: f32| f64::from(part) / f64::from(all.max(f32::MIN_POSITIVE));
            let probability = (fused - log_sum).exp();
            let agreeing = judges.iter().filter(|&&(column, third)| ranking.raw[column][topic] >= third).count();
            [
                log_odds(probability),
                probability,
                fused - others.first().copied().unwrap_or(fused),
                fused - field_mean,
                fused - outside,
                fused,
                raw("likelihood", topic) / tokens.sqrt(),
                raw("nearest_best", topic),
                raw("nearest_mean", topic),
                raw("network", topic),
                raw("network", topic) - network_best_but(topic),
                raw("network", topic).exp(),
                raw("network_least", topic),
                strange,
                share(own),
                f64::from(missing / engine.coverage.idf_max),
                share(known),
                pairs as f64 / (tokens - 1.0).max(1.0),
                agreeing as f64 / judges.len().max(1) as f64,
                tokens.ln(),
                question.repairs.iter().filter(|repair| repair.is_guess()).count() as f64 / tokens,
                question.unknown.len() as f64 / tokens,
                f64::from(u8::from(!question.accented)),
                candidates.iter().filter(|&&other| domain(other) == domain(topic)).count() as f64 / candidates.len() as f64,
            ]
        })
        .collect()
}

/// The two best topics by the network, each with its score; of equal ones the first.
fn best_two(network: &[f32]) -> [(usize, f32); 2] {
    let mut best = [(usize::MAX, NETWORK_SCORE_MIN); 2];
    for (topic, &score) in network.iter().enumerate() {
        if score > best[0].1 {
            best = [(topic, score), best[0]];
        } else if score > best[1].1 {
            best[1] = (topic, score);
        }
    }
    best
}

/// The third highest score, equal ones counted each; below every score when there are fewer than three.
fn third_best(scores: &[f32]) -> f32 {
    let mut best = [f32::NEG_INFINITY; 3];
    for &score in scores {
        if score > best[2] {
            best[2] = score;
            best.sort_unstable_by(|a, b| b.total_cmp(a));
        }
    }
    best[2]
}

impl ConditionalLogit {
    /// The probabilities of a question's candidates, best first: together with that of none of them they sum to one, and none is
    /// likelier than one before it.
    pub(crate) fn probabilities(&self, candidates: &[Features]) -> Vec<f64> {
        let utilities: Vec<f64> = candidates.iter().map(|features| self.utility(features)).collect();
        let largest = utilities.iter().copied().fold(0.0, f64::max);
        let shares: Vec<f64> = utilities.into_iter().map(|utility| (utility - largest).exp()).collect();
        let sum = shares.iter().sum::<f64>() + (-largest).exp();
        falling(&shares.into_iter().map(|share| share / sum).collect::<Vec<_>>())
    }

    fn utility(&self, features: &Features) -> f64 {
        let weighted = FEATURES.iter().zip(features).map(|(name, value)| self.weights.get(*name).copied().unwrap_or(0.0) * value);
        self.intercept + weighted.sum::<f64>()
    }
}

/// The falling sequence nearest to the given one: neighbours in the wrong order share their mean.
fn falling(values: &[f64]) -> Vec<f64> {
    // Blocks of equal values: their mean and length.
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(values.len());
    for &value in values {
        let mut block = (value, 1);
        while let Some(&(mean, length)) = blocks.last()
            && mean < block.0
        {
            let together = length + block.1;
            block = ((mean * length as f64 + block.0 * block.1 as f64) / together as f64, together);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(mean, length)| std::iter::repeat_n(mean, length)).collect()
}

/// Keeps the lead of a topic that is all there is finite.
const NETWORK_SCORE_MIN: f32 = -20.0;
/// Keeps the log-odds of certainty finite.
const PROBABILITY_MIN: f64 = 1e-6;

fn log_odds(probability: f64) -> f64 {
    let probability = probability.clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN);
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_in_the_wrong_order_share_their_mean() {
        assert_eq!(falling(&[0.5, 0.25, 0.1]), [0.5, 0.25, 0.1]);
        assert_eq!(falling(&[0.25, 0.75, 0.1]), [0.5, 0.5, 0.1]);
        assert_eq!(falling(&[0.1, 0.2, 0.6]), [0.3, 0.3, 0.3]);
        assert_eq!(falling(&[]), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn a_score_is_among_the_first_three_when_fewer_than_three_are_higher(scores in proptest::collection::vec(-3..3_i8, 0..12)) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            for &score in &scores {
                let higher = scores.iter().filter(|&&other| other > score).count();
                prop_assert_eq!(score >= third_best(&scores), higher < 3);
            }
        }

        #[test]
        fn the_best_but_one_topic_is_among_the_two_best(scores in proptest::collection::vec(-30..3_i8, 1..12)) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            for topic in 0..scores.len() {
                let others = scores.iter().enumerate().filter(|(other, _)| *other != topic).map(|(_, &score)| score);
                let best = best_two(&scores).into_iter().find(|(other, _)| *other != topic).map(|(_, score)| score);
                prop_assert_eq!(best, Some(others.fold(NETWORK_SCORE_MIN, f32::max)));
            }
        }

        #[test]
        fn falling_keeps_length_and_sum(values in proptest::collection::vec(0.0..1.0_f64, 0..20)) {
            let fallen = falling(&values);
            prop_assert_eq!(fallen.len(), values.len());
            prop_assert!(fallen.windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert!((fallen.iter().sum::<f64>() - values.iter().sum::<f64>()).abs() < 1e-9);
        }
    }
}
