//! The FAQ as the index sees it: texts of numbered words, each belonging to a topic.

use std::ops::Range;
use std::sync::LazyLock;

use faq::{Authored, Faq, TopicId};

use crate::lexicon::Lexicon;
use crate::terms::{Term, run_lengths};
use crate::text::phrases::rows;
use crate::text::vocabulary::{Vocabulary, WordId};
use crate::text::words::Analyzer;

/// All texts that feed the index, and the vocabulary over them.
pub(crate) struct Corpus {
    /// Sorted; a topic's position here is its number everywhere in the index. What else is ranked beside them has the numbers
    /// after the last, see [`Corpus::subject`].
    pub(crate) topics: Vec<TopicId>,
    /// The questions that are indexed, sorted by topic.
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

/// Where a question comes from. Questions of one register resemble each other, so a model is judged on what it has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// The topic's title.
    Title,
    /// The paraphrases in the topic's front matter.
    Shown,
    /// Authored, in this register.
    Authored(&'a str),
    /// This line of the tables of lookups and of fields outside, counted through both.
    Besides(usize),
}

/// A question of ours with what it asks for.
pub(crate) struct Labelled<'a> {
    /// Topic number, or the number of what is ranked beside the topics.
    pub(crate) number: usize,
    pub(crate) origin: Origin<'a>,
    pub(crate) text: &'a str,
}

/// All questions of ours, sorted by number.
pub(crate) fn labelled_questions(faq: &Faq) -> Vec<Labelled<'_>> {
    with_authored(faq, faq.authored())
}

/// The questions that the index holds: titles and shown questions, and what is ranked beside the topics. The authored ones are known
/// to the network; those of topics that it does not know are indexed too.
pub(crate) fn indexed_questions<'a>(faq: &'a Faq, is_learned: impl Fn(&TopicId) -> bool) -> Vec<Labelled<'a>> {
    if faq.topics().iter().all(|topic| is_learned(&topic.id)) {
        return with_authored(faq, &[]);
    }
    let mut questions = labelled_questions(faq);
    questions.retain(|question| match question.origin {
        Origin::Authored(_) => faq.topics().get(question.number).is_some_and(|topic| !is_learned(&topic.id)),
        Origin::Title | Origin::Shown | Origin::Besides(_) => true,
    });
    questions
}

/// Titles, shown questions, these authored ones, and what is ranked beside the topics.
fn with_authored<'a>(faq: &'a Faq, authored: &'a [Authored]) -> Vec<Labelled<'a>> {
    let mut questions = Vec::with_capacity(authored.len() + 10 * faq.topics().len());
    let labelled = |number, origin, text| Labelled { number, origin, text };
    // Both lists are sorted by topic.
    let mut authored = authored.iter().peekable();
    for (number, topic) in faq.topics().iter().enumerate() {
        questions.push(labelled(number, Origin::Title, topic.title.as_str()));
        questions.extend(topic.questions.iter().map(|text| labelled(number, Origin::Shown, text)));
        while let Some(question) = authored.next_if(|question| question.topic <= topic.id) {
            questions.push(labelled(number, Origin::Authored(&question.register), &question.text));
        }
    }
    let lookups = rows(include_str!("../data/lookup.tsv")).map(|text| (0, text));
    let outside = outside_rows().map(|(field, text)| (position_besides(field), text));
    let besides = lookups.chain(outside).enumerate();
    let mut besides: Vec<Labelled> =
        besides.map(|(line, (besides, text))| labelled(faq.topics().len() + besides, Origin::Besides(line), text)).collect();
    besides.sort_by_key(|question| question.number);
    questions.extend(besides);
    questions
}

fn position_besides(field: &str) -> usize {
    subjects_besides().iter().position(|subject| matches!(subject, Subject::Outside(known) if *known == field)).unwrap_or(0)
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

    /// The name of a number: a topic's id, `lookup`, or `outside:<field>`.
    pub(crate) fn name(&self, number: usize) -> String {
        match self.subject(number) {
            Subject::Topic(id) => id.to_string(),
            Subject::Lookup => "lookup".to_owned(),
            Subject::Outside(field) => format!("outside:{field}"),
        }
    }

    /// Reads the texts of the FAQ and indexes the given questions of it.
    pub(crate) fn build<'a>(faq: &Faq, lexicon: &Lexicon, questions: impl IntoIterator<Item = Labelled<'a>>) -> Corpus {
        let mut analyzer = Analyzer::default();
        let mut vocabulary = Vocabulary::of_lexicon(lexicon);
        let questions = questions
            .into_iter()
            .map(|question| Text { topic: question.number, words: vocabulary.add_text(&analyzer.citizen_words(question.text)) })
            .collect();
        let mut answers: Vec<Vec<WordId>> =
            faq.topics().iter().map(|topic| vocabulary.add_text(&analyzer.words(&topic.plain_text()))).collect();
        answers.resize(faq.topics().len() + subjects_besides().len(), Vec::new());
        vocabulary.finish();
        Corpus { topics: faq.topics().iter().map(|topic| topic.id.clone()).collect(), questions, answers, vocabulary }
    }
}
