//! From a text to a ranking: everything that needs no fitted confidence. Built by [`crate::Knowledge`] and, on parts of the
//! questions, by the fit.

use std::sync::Arc;

use faq::{Faq, TopicId};
use rustc_hash::FxHashSet;

use crate::confidence::Coverage;
use crate::corpus::{Corpus, Labelled, indexed_questions};
use crate::network::{Network, QuestionFeatures, features_of};
use crate::rank::{Asked, CANDIDATES_MAX, Context, Neighbourhood, Ranker, Ranking};
use crate::terms::{Term, Terms};
use crate::text::phrases::{PhraseTable, rows};
use crate::text::question::Question;
use crate::text::words::{Word, literal_words};
use crate::weights::FusionWeights;

/// Raised with every change of the text chain or the index that makes fitted weights stale.
pub(crate) const ANALYZER_VERSION: u32 = 2;
/// Raised with a change of the scores that lets the fitted weights stand. 2: BM25 counts exact lengths, and every term of a long letter.
pub(crate) const RANKER_VERSION: u32 = 2;

/// A question that leans on the one before it is short, and says so at its beginning.
const FOLLOW_UP_WORDS_MAX: usize = 10;
/// So short a question may lean without saying so: "chồng thì sao".
const FOLLOW_UP_UNSAID_MAX: usize = 3;

/// The index, the scorers and what they need.
pub(crate) struct Engine {
    pub(crate) corpus: Arc<Corpus>,
    pub(crate) coverage: Coverage,
    pub(crate) ranker: Ranker,
    /// The title of each topic, which a follow-up question borrows words from.
    titles: Vec<Vec<Word>>,
    follow_ups: PhraseTable<()>,
}

/// A question, read and ranked.
pub(crate) struct Ranked {
    pub(crate) question: Question,
    pub(crate) terms: Terms,
    /// What the network sees.
    pub(crate) features: QuestionFeatures,
    /// The same of the borrowed words.
    pub(crate) borrowed: QuestionFeatures,
    pub(crate) context: Option<Context>,
    pub(crate) ranking: Ranking,
}

impl Engine {
    /// The index over the questions of the topics that `keep` chooses (all of them but for fitting).
    pub(crate) fn build(faq: &Faq, keep: impl Fn(&Labelled<'_>) -> bool, weights: &FusionWeights, network: &Arc<Network>) -> Engine {
        let learned: FxHashSet<&str> = network.classes().iter().map(String::as_str).collect();
        let questions = indexed_questions(faq, |topic| learned.contains(topic.as_str()));
        let questions = questions.into_iter().filter(&keep);
        let corpus = Arc::new(Corpus::build(faq, network.lexicon(), questions));
        let topics = corpus.topic_terms();
        Engine {
            coverage: Coverage::build(&topics),
            ranker: Ranker::new(&corpus, &topics, Neighbourhood::new(&corpus.topics, faq), network, weights),
            titles: faq.topics().iter().map(|topic| literal_words(&topic.title)).collect(),
            follow_ups: PhraseTable::new(rows(include_str!("../data/follow_ups.tsv")).map(|phrase| (literal_words(phrase), ()))),
            corpus,
        }
    }

    /// Reads a question; politeness and spelling are dealt with here.
    pub(crate) fn read(&self, text: &str) -> Question {
        Question::read(text, &self.corpus.vocabulary)
    }

    /// Ranks the topics for a question.
    pub(crate) fn rank(&self, mut question: Question, last_topic: Option<&TopicId>) -> Ranked {
        let context = last_topic
            .and_then(|id| self.corpus.topics.binary_search(id).ok())
            .filter(|_| self.leans(&question))
            .map(|topic| Context { topic });
        if let Some(Context { topic }) = context {
            question.borrowed = self.titles[topic].clone();
        }
        let terms = Terms::of_question(&question, &self.corpus.vocabulary);
        let features = features_of(&question.words, question.accented);
        let borrowed = features_of(&question.borrowed, question.accented);
        let ranking = self.ranker.rank(&Asked { terms: &terms, features: &features, borrowed: &borrowed, context });
        Ranked { question, terms, features, borrowed, context, ranking }
    }

    /// The best [`CANDIDATES_MAX`] topics, best first, with what else ranks between them.
    pub(crate) fn best(&self, ranking: &Ranking) -> Vec<usize> {
        let mut topics = 0;
        let mut best = ranking.best(CANDIDATES_MAX + self.corpus.answers.len() - self.corpus.topics.len());
        best.retain(|&number| {
            let wanted = topics < CANDIDATES_MAX;
            topics += usize::from(number < self.corpus.topics.len());
            wanted
        });
        best
    }

    /// Whether a question reads as a continuation: "thế còn chồng thì sao?".
    fn leans(&self, question: &Question) -> bool {
        let words = &question.words;
        words.len() <= FOLLOW_UP_UNSAID_MAX || (words.len() <= FOLLOW_UP_WORDS_MAX && self.follow_ups.at_start(words).next().is_some())
    }

    /// A term as people read it.
    pub(crate) fn spell(&self, term: Term) -> String {
        let vocabulary = &self.corpus.vocabulary;
        match term.words() {
            (None, word) => vocabulary.folded(word).to_owned(),
            (Some(first), second) => format!("{} {}", vocabulary.folded(first), vocabulary.folded(second)),
        }
    }
}
