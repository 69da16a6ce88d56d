//! Training: what the network is taught, from the FAQ's questions and, where they are at hand, labelled questions of citizens.

use faq::Faq;

use crate::corpus::{Corpus, Labelled, Origin, indexed_questions, labelled_questions};
use crate::engine::ANALYZER_VERSION;
use crate::eval::{Label, Perturbation, Row, perturb};
use crate::hash::fnv1a;
use crate::lexicon::Lexicon;
use crate::network::{Example, Network, NetworkError};
use crate::text::question::Question;

/// Every so many lessons one is taught again with a slip of the keyboard.
const TYPO_EVERY: usize = 8;
/// Lookups and questions from outside are few among the lessons and many in the chat: each is taught so many times.
const BESIDES_TIMES: usize = 4;
const SEED: u64 = 1;

/// Trains the network. Only weights go into it, no sentence can be read out of it. Same content and questions, same bytes.
///
/// Errors: none that is known; the encoder's type allows for them.
pub fn train(faq: &Faq, real: &[Row]) -> Result<Network, NetworkError> {
    train_on(faq, |_| true, real.iter())
}

/// Digest of what the content teaches: the same as [`Network::lessons`] as long as the network is not older than the content.
pub fn lessons_digest(faq: &Faq) -> String {
    let mut text = format!("a{ANALYZER_VERSION}\n");
    for Labelled { number, text: question, .. } in labelled_questions(faq) {
        let topic = faq.topics().get(number).map_or("besides", |topic| topic.id.as_str());
        text.extend([topic, "\t", question, "\n"]);
    }
    format!("{:016x}", fnv1a(text.bytes()))
}

/// Trains on a part of the questions.
pub(crate) fn train_on<'a>(
    faq: &Faq,
    keep: impl Fn(&Labelled<'_>) -> bool,
    real: impl Iterator<Item = &'a Row>,
) -> Result<Network, NetworkError> {
    let lexicon = Lexicon::of(faq);
    let corpus = Corpus::build(faq, &lexicon, indexed_questions(faq, |_| true));
    let ours = labelled_questions(faq).into_iter().filter(|question| keep(question));
    let mut lessons: Vec<(&str, Vec<usize>)> = Vec::new();
    for Labelled { number, origin, text } in ours {
        let times = if matches!(origin, Origin::Besides(_)) { BESIDES_TIMES } else { 1 };
        lessons.extend((0..times).map(|_| (text, vec![number])));
    }
    lessons.extend(real.map(|row| (row.question.as_str(), numbers_of(faq, row))));
    let mut examples = Vec::with_capacity(lessons.len() + lessons.len() / TYPO_EVERY);
    let mut teach = |text: &str, classes: &[usize]| {
        let question = Question::read(text, &corpus.vocabulary);
        examples.extend(Example::new(question.words, classes.to_vec()));
    };
    for (at, (text, classes)) in lessons.iter().enumerate() {
        teach(text, classes);
        if at % TYPO_EVERY == 0 {
            teach(&perturb(text, Perturbation::Typo, at as u64), classes);
        }
    }
    let classes = (0..corpus.answers.len()).map(|number| corpus.name(number)).collect();
    crate::network::train(&examples, classes, lexicon, lessons_digest(faq), SEED)
}

/// The numbers of what is right for a citizen's question, best first; none when no topic answers it.
pub(crate) fn numbers_of(faq: &Faq, row: &Row) -> Vec<usize> {
    let mut numbers: Vec<usize> = Vec::new();
    for label in &row.labels {
        let number = match label {
            Label::Topic(id) => faq.topic(id).and_then(|topic| faq.topics().binary_search_by(|other| other.id.cmp(&topic.id)).ok()),
            // The lookup comes right after the topics.
            Label::Lookup => Some(faq.topics().len()),
            Label::OutOfScope | Label::Nothing => None,
        };
        // Two labels may be one topic by its alias.
        numbers.extend(number.filter(|number| !numbers.contains(number)));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_not_older_than_the_content() {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        let network = Network::embedded().expect("the network is read");
        assert_eq!(network.lessons(), lessons_digest(&faq), "the questions have changed since the last training: run `make train`");
    }
}
