//! Groups of questions that ask much the same: what editors read to see which topic is missing or misunderstood.
//!
//! Leader clustering: the questions come in a fixed order, each joins the leader that it resembles most or becomes one itself. The
//! leaders are indexed by their terms, and the list of a term is bounded, so that the work grows with the number of questions and not
//! with its square. The same questions give the same groups.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::engine::Engine;
use crate::mask::without_secrets;
use crate::terms::Term;
use crate::text::words::Word;

/// From this cosine on, two questions ask much the same. Of citizens' labelled questions that meet so, three in four share one of more
/// than 300 topics; a higher bar tears more questions of one matter apart than it parts of different ones.
const SIMILAR_MIN: f32 = 0.5;
/// A pair of words counts for so much of what its words do: it tells word order, and few paraphrases keep that.
const PAIR_WEIGHT: f32 = 0.5;
/// Terms of one question that count, the most telling: more than a question has, fewer than a letter.
const TERMS_MAX: usize = 64;
/// Leaders that are listed under one term. A term of more leaders tells little; those of the largest groups are listed.
const LISTED_MAX: usize = 256;
/// Leaders that are compared in full, those with the most in common.
const COMPARED_MAX: usize = 8;

/// Questions that ask much the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The position of the question that is most like all others of the group.
    pub representative: usize,
    /// The positions of all of them, the representative too, ascending.
    pub members: Vec<usize>,
}

/// Groups questions, the largest group first; equal ones by their first question. Every question is in one group.
pub(crate) fn group(engine: &Engine, questions: &[&str]) -> Vec<Group> {
    let mut numbers = FxHashMap::default();
    let vectors = questions.iter().map(|text| {
        let words = engine.read(&without_secrets(text)).words;
        vector(engine, &words, &mut numbers)
    });
    cluster(&vectors.collect::<Vec<_>>())
}

/// The terms of a question with their weights, sorted by term, of length one; empty when it has no words.
type Vector = Vec<(Term, f32)>;

fn vector(engine: &Engine, words: &[Word], numbers: &mut FxHashMap<Box<str>, u32>) -> Vector {
    let weighed: Vec<(u32, f32)> = words
        .iter()
        .map(|word| {
            let next = numbers.len() as u32;
            // Words that no text of ours knows are numbered too: what is asked for and not answered often has one.
            let number = *numbers.entry(Box::from(word.fold.as_ref())).or_insert(next);
            (number, engine.coverage.idf(engine.corpus.vocabulary.fold_id(word)))
        })
        .collect();
    let single = weighed.iter().map(|&(word, weight)| (Term::word(word), weight));
    let pairs = weighed.windows(2).map(|pair| (Term::pair(pair[0].0, pair[1].0), PAIR_WEIGHT * (pair[0].1 + pair[1].1) / 2.0));
    normalized(single.chain(pairs).collect())
}

fn normalized(mut vector: Vector) -> Vector {
    vector.sort_unstable_by_key(|&(term, _)| term);
    vector.dedup_by_key(|&mut (term, _)| term);
    if vector.len() > TERMS_MAX {
        vector.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        vector.truncate(TERMS_MAX);
        vector.sort_unstable_by_key(|&(term, _)| term);
    }
    let norm = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|(_, weight)| *weight /= norm);
    vector
}

fn cluster(vectors: &[Vector]) -> Vec<Group> {
    let mut leaders = Leaders::default();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for same in distinct(vectors) {
        let vector = &vectors[same[0]];
        match leaders.most_similar(vector) {
            Some(leader) => members[leader].extend(same),
            None => {
                leaders.add(vector);
                members.push(same);
            }
        }
    }
    let mut groups: Vec<Group> = members
        .into_iter()
        .map(|mut members| {
            members.sort_unstable();
            Group { representative: most_central(vectors, &members), members }
        })
        .collect();
    groups.sort_by_key(|group| (Reverse(group.members.len()), group.members[0]));
    groups
}

/// Questions of the very same terms, those asked most first, equal ones by the first of them.
fn distinct(vectors: &[Vector]) -> Vec<Vec<usize>> {
    let mut by_terms: FxHashMap<Vec<Term>, usize> = FxHashMap::default();
    let mut distinct: Vec<Vec<usize>> = Vec::new();
    for (position, vector) in vectors.iter().enumerate() {
        let terms = vector.iter().map(|&(term, _)| term).collect();
        let next = distinct.len();
        let at = *by_terms.entry(terms).or_insert(next);
        if at == next {
            distinct.push(Vec::new());
        }
        distinct[at].push(position);
    }
    distinct.sort_by_key(|same| (Reverse(same.len()), same[0]));
    distinct
}

/// The leaders so far, indexed by their terms.
#[derive(Default)]
struct Leaders<'a> {
    vectors: Vec<&'a Vector>,
    /// By term at most [`LISTED_MAX`] leaders, in the order in which they came.
    listed: FxHashMap<Term, Vec<(u32, f32)>>,
    /// By leader what the question at hand has in common with it; zero between questions.
    sums: Vec<f32>,
}

impl<'a> Leaders<'a> {
    fn add(&mut self, vector: &'a Vector) {
        let number = self.vectors.len() as u32;
        self.vectors.push(vector);
        self.sums.push(0.0);
        for &(term, weight) in vector {
            let listed = self.listed.entry(term).or_default();
            if listed.len() < LISTED_MAX {
                listed.push((number, weight));
            }
        }
    }

    /// The leader that a question resembles most; `None` when it resembles none enough.
    fn most_similar(&mut self, vector: &Vector) -> Option<usize> {
        let mut touched: Vec<u32> = Vec::new();
        for (term, weight) in vector {
            for &(leader, other) in self.listed.get(term).map(Vec::as_slice).unwrap_or_default() {
                let sum = &mut self.sums[leader as usize];
                if *sum == 0.0 {
                    touched.push(leader);
                }
                *sum += weight * other;
            }
        }
        let mut found: Vec<(f32, u32)> = touched.iter().map(|&leader| (std::mem::take(&mut self.sums[leader as usize]), leader)).collect();
        let better = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > COMPARED_MAX {
            found.select_nth_unstable_by(COMPARED_MAX, better);
            found.truncate(COMPARED_MAX);
        }
        // The sums lack what common terms add, whose lists are not whole.
        let compared = found.into_iter().map(|(_, leader)| (cosine(vector, self.vectors[leader as usize]), leader));
        let best = compared.min_by(better)?;
        (best.0 >= SIMILAR_MIN).then_some(best.1 as usize)
    }
}

fn cosine(a: &Vector, b: &Vector) -> f32 {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut sum = 0.0;
    while let (Some(&&(left, weight)), Some(&&(right, other))) = (a.peek(), b.peek()) {
        if left <= right {
            a.next();
        }
        if right <= left {
            b.next();
        }
        if left == right {
            sum += weight * other;
        }
    }
    sum
}

/// The member that is most like the sum of all.
fn most_central(vectors: &[Vector], members: &[usize]) -> usize {
    let mut sum: FxHashMap<Term, f32> = FxHashMap::default();
    for (term, weight) in members.iter().flat_map(|&member| &vectors[member]) {
        *sum.entry(*term).or_default() += weight;
    }
    let likeness = |member: usize| vectors[member].iter().map(|(term, weight)| weight * sum[term]).sum::<f32>();
    let central = members.iter().map(|&member| (likeness(member), member)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    central.map_or(0, |(_, member)| member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Knowledge;
    use crate::random::Random;
    use faq::Faq;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// The vector of some numbered words of equal weight.
    fn of_words(words: &[u32]) -> Vector {
        normalized(words.iter().map(|&word| (Term::word(word), 1.0)).collect())
    }

    #[test]
    fn questions_of_one_matter_meet_however_they_are_typed() {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        let knowledge = Knowledge::build(Arc::new(faq)).expect("the index builds");
        let questions = [
            "Bảo hiểm y tế có chi trả tiền niềng răng không ạ",
            "bhyt co chi tra nieng rang ko",
            "quên mật khẩu vssid thì làm sao",
            "Cho em hỏi BHYT chi trả niềng răng không?",
            "queen maatj khaaur vssid",
            "giá vàng hôm nay",
            "",
        ];
        let groups = knowledge.group(&questions);
        let members: Vec<&[usize]> = groups.iter().map(|group| group.members.as_slice()).collect();
        assert_eq!(members, [&[0, 1, 3][..], &[2, 4], &[5], &[6]]);
    }

    #[test]
    fn fifty_thousand_questions_find_their_groups() {
        // Families of seven words, each question with six of them and two words that many use.
        const FAMILIES: u32 = 2_000;
        const OWN: u32 = 7;
        let mut random = Random::new(1);
        let mut families = Vec::new();
        let vectors: Vec<Vector> = (0..50_000)
            .map(|_| {
                let family = random.below(FAMILIES as usize) as u32;
                families.push(family);
                let left_out = random.below(OWN as usize) as u32;
                let own = (0..OWN).filter(|&word| word != left_out).map(|word| OWN * family + word);
                let common = (0..2).map(|_| OWN * FAMILIES + random.below(20) as u32);
                of_words(&own.chain(common).collect::<Vec<_>>())
            })
            .collect();
        let groups = cluster(&vectors);
        assert_eq!(groups.len(), FAMILIES as usize);
        for group in groups {
            assert!(group.members.iter().all(|&member| families[member] == families[group.representative]));
        }
    }

    #[test]
    fn a_word_of_all_questions_joins_none_and_costs_little() {
        // Every question holds the same word and one of its own: the list of that word is bounded.
        let vectors: Vec<Vector> =
            (0..20_000).map(|question| normalized(vec![(Term::word(0), 0.5), (Term::word(1 + question), 1.0)])).collect();
        assert_eq!(cluster(&vectors).len(), vectors.len());
    }

    #[test]
    fn the_representative_is_the_most_central_and_the_largest_group_is_first() {
        let vectors = [of_words(&[7, 8]), of_words(&[1, 2, 3, 9]), of_words(&[1, 2, 3]), of_words(&[1, 2, 3, 4])];
        let expected = [Group { representative: 2, members: vec![1, 2, 3] }, Group { representative: 0, members: vec![0] }];
        assert_eq!(cluster(&vectors), expected);
    }

    proptest! {
        #[test]
        fn every_question_is_in_one_group(texts in prop::collection::vec(prop::collection::vec(0..30_u32, 0..6), 0..60)) {
            let vectors: Vec<Vector> = texts.iter().map(|words| of_words(words)).collect();
            let groups = cluster(&vectors);
            let mut members: Vec<usize> = groups.iter().flat_map(|group| group.members.clone()).collect();
            members.sort_unstable();
            prop_assert_eq!(members, (0..texts.len()).collect::<Vec<_>>());
            prop_assert!(groups.iter().all(|group| group.members.contains(&group.representative)));
            prop_assert!(groups.windows(2).all(|pair| pair[0].members.len() >= pair[1].members.len()));
            prop_assert_eq!(cluster(&vectors), groups);
        }
    }
}
