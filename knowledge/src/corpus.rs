//! The FAQ as the index sees it: texts of numbered words, each belonging to a topic.

use std::ops::Range;
use std::sync::LazyLock;

use faq::{Faq, TopicId};

use crate::terms::{Term, run_lengths};
use crate::text::phrases::rows;
use crate::text::vocabulary::{Vocabulary, WordId};
use crate::text::words::Analyzer;

/// All texts that feed the index, and the vocabulary over them.
pub(crate) struct Corpus {
    /// Sorted; a topic's position here is its number everywhere in the index. What else is ranked beside them has the numbers
    /// after the last, see [`Corpus::subject`].
    pub(crate) topics: Vec<TopicId>,
    /// Title, shown and authored questions, sorted by topic.
    pub(crate) questions: Vec<Text>,
    /// The answer of each topic, by topic number; empty for what is no topic.
    pub(crate) answers: Vec<Vec<WordId>>,
    pub(crate) vocabulary: Vocabulary,
}

/// One question of a topic.
pub(crate) struct Text {
    /// Topic number.
    pub(crate) topic: usize,
    pub(crate) words: Vec<WordId>,
}

/// Who wrote a question. Questions of one hand resemble each other, so a model is judged on a hand that it has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hand {
    /// The topic's title.
    Title,
    /// The paraphrases in the topic's front matter.
    Shown,
    /// Authored questions written from the fact sheets: short, ask, letter, formal.
    First,
    /// Authored questions written against the confusions of the first: chat, headline, citizen, boundary, and any later register.
    Second,
}

impl Hand {
    pub(crate) fn of_register(register: &str) -> Hand {
        match register {
            "short" | "ask" | "letter" | "formal" => Hand::First,
            _ => Hand::Second,
        }
    }
}

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    /// A topic of the FAQ.
    Topic(&'a TopicId),
    /// One's own file, which only the verified lookup can tell about.
    Lookup,
    /// Another field of life, to be recognised and not answered.
    Outside(&'static str),
}

/// What is ranked beside the topics: the lookup, then the fields outside, in the order of the file.
fn subjects_besides() -> &'static [Subject<'static>] {
    static SUBJECTS: LazyLock<Vec<Subject<'static>>> = LazyLock::new(|| {
        let mut subjects = vec![Subject::Lookup];
        for (field, _) in outside_rows() {
            if subjects.last() != Some(&Subject::Outside(field)) {
                subjects.push(Subject::Outside(field));
            }
        }
        subjects
    });
    &SUBJECTS
}

/// Field and question.
fn outside_rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    rows(include_str!("../data/outside.tsv")).filter_map(|row| row.split_once('\t'))
}

/// The questions beside the FAQ's: the position of their subject among [`subjects_besides`], and the question with its hand.
///
/// Every second line in turn, as if two people had written them.
pub(crate) fn questions_besides() -> impl Iterator<Item = (usize, (&'static str, Hand))> {
    let position = |field| subjects_besides().iter().position(|subject| *subject == Subject::Outside(field)).unwrap_or(0);
    let lookups = rows(include_str!("../data/lookup.tsv")).map(|question| (0, question));
    let outside = outside_rows().map(move |(field, question)| (position(field), question));
    let hands = [Hand::First, Hand::Second].into_iter().cycle();
    lookups.chain(outside).zip(hands).map(|((besides, question), hand)| (besides, (question, hand)))
}

/// The terms of one topic and how often each occurs, sorted.
pub(crate) struct TopicTerms {
    /// Of its questions, by accented words.
    pub(crate) syl: Vec<(Term, u32)>,
    /// Of its questions, by folded words.
    pub(crate) fold: Vec<(Term, u32)>,
    /// Of its answer, by folded words.
    pub(crate) answer: Vec<(Term, u32)>,
}

impl Corpus {
    /// What a number stands for.
    pub(crate) fn subject(&self, number: usize) -> Subject<'_> {
        match self.topics.get(number) {
            Some(id) => Subject::Topic(id),
            None => subjects_besides()[number - self.topics.len()],
        }
    }

    /// The numbers of the fields outside.
    pub(crate) fn outside(&self) -> Range<usize> {
        self.topics.len() + 1..self.answers.len()
    }

    /// The terms of every topic, by topic number.
    pub(crate) fn topic_terms(&self) -> Vec<TopicTerms> {
        let folded = |words: &[WordId]| words.iter().map(|&word| self.vocabulary.fold_of(word)).collect::<Vec<_>>();
        let collect = |texts: &mut dyn Iterator<Item = Vec<u32>>| {
            let mut terms: Vec<Term> = texts.flat_map(|text| Term::of_text(&text).collect::<Vec<_>>()).collect();
            terms.sort_unstable();
            run_lengths(&terms)
        };
        let mut by_topic = self.questions.chunk_by(|a, b| a.topic == b.topic).peekable();
        let topics = self.answers.iter().enumerate().map(|(topic, answer)| {
            let own = by_topic.next_if(|texts| texts[0].topic == topic).unwrap_or_default();
            TopicTerms {
                syl: collect(&mut own.iter().map(|text| text.words.clone())),
                fold: collect(&mut own.iter().map(|text| folded(&text.words))),
                answer: collect(&mut std::iter::once(folded(answer))),
            }
        });
        topics.collect()
    }

    /// Reads the texts of the FAQ; `keep` chooses the hands that take part (all of them but for fitting).
    pub(crate) fn build(faq: &Faq, keep: impl Fn(Hand) -> bool) -> Corpus {
        let mut analyzer = Analyzer::default();
        let mut vocabulary = Vocabulary::default();
        let mut questions = Vec::with_capacity(faq.authored().len() + 10 * faq.topics().len());
        let mut answers = Vec::with_capacity(faq.topics().len());
        // Both lists are sorted by topic.
        let mut authored = faq.authored().iter().peekable();
        for (number, topic) in faq.topics().iter().enumerate() {
            let mut add = |hand: Hand, text: &str| {
                if keep(hand) {
                    let words = vocabulary.add_text(&analyzer.citizen_words(text));
                    questions.push(Text { topic: number, words });
                }
            };
            add(Hand::Title, &topic.title);
            topic.questions.iter().for_each(|question| add(Hand::Shown, question));
            while let Some(question) = authored.next_if(|question| question.topic <= topic.id) {
                add(Hand::of_register(&question.register), &question.text);
            }
            answers.push(vocabulary.add_text(&analyzer.words(&topic.plain_text())));
        }
        for (besides, (question, _)) in questions_besides().filter(|(_, (_, hand))| keep(*hand)) {
            let words = vocabulary.add_text(&analyzer.citizen_words(question));
            questions.push(Text { topic: faq.topics().len() + besides, words });
        }
        answers.resize(faq.topics().len() + subjects_besides().len(), Vec::new());
        vocabulary.finish();
        Corpus { topics: faq.topics().iter().map(|topic| topic.id.clone()).collect(), questions, answers, vocabulary }
    }
}
