//! What a fetched item is about: its language, its topics by the index of the FAQ, its themes.

use faq::{Theme, TopicId};

use super::cue::themes_of;
use crate::ask::{AskContext, Knowledge};
use crate::text::words::Analyzer;

/// A topic less likely than this is not what the item is about.
const TOPIC_PROBABILITY_MIN: f64 = 0.35;
/// Topics of one item.
const TOPICS_MAX: usize = 2;
/// Text that is looked at for the language.
const LANGUAGE_CHARS_MAX: usize = 2_000;
/// Letters of Vietnamese among all letters: a text without accents has none, an English one hardly any.
const VIETNAMESE_SHARE_MIN: f64 = 0.04;

/// A language, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vietnamese,
    /// English.
    English,
    /// Another, or too short to tell.
    Other,
}

impl Language {
    /// The word for it in the database.
    pub fn name(self) -> &'static str {
        match self {
            Language::Vietnamese => "vi",
            Language::English => "en",
            Language::Other => "other",
        }
    }
}

/// What an item is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// In which language it is.
    pub language: Language,
    /// Topics of the FAQ about the same, most likely first.
    pub topics: Vec<TopicId>,
    /// What it is filed under.
    pub themes: Vec<Theme>,
}

/// Guesses by title and text.
pub fn guess(knowledge: &Knowledge, title: &str, text: &str) -> Guess {
    let language = language_of(&format!("{title} {text}"));
    if language != Language::Vietnamese {
        return Guess { language, topics: Vec::new(), themes: Vec::new() };
    }
    let reading = knowledge.ask(title, &AskContext::default());
    let likely = reading.candidates.into_iter().filter(|candidate| candidate.probability >= TOPIC_PROBABILITY_MIN);
    let topics: Vec<TopicId> = likely.take(TOPICS_MAX).map(|candidate| candidate.topic).collect();
    let mut analyzer = Analyzer::default();
    let mut themes = themes_of(&analyzer.citizen_words(title));
    if themes.is_empty() {
        let beginning: String = text.chars().take(LANGUAGE_CHARS_MAX).collect();
        themes = themes_of(&analyzer.citizen_words(&beginning));
        themes.truncate(1);
    }
    Guess { language, topics, themes }
}

/// Vietnamese is told by its letters, English by the words that every English text has.
pub fn language_of(text: &str) -> Language {
    let text: String = text.chars().take(LANGUAGE_CHARS_MAX).collect::<String>().to_lowercase();
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    // Letters that French, German or Portuguese do not have.
    let vietnamese = text.chars().filter(|letter| matches!(letter, 'ă' | 'đ' | 'ơ' | 'ư' | 'ạ'..='ỹ')).count();
    if letters == 0 {
        return Language::Other;
    }
    if vietnamese as f64 / letters as f64 >= VIETNAMESE_SHARE_MIN {
        return Language::Vietnamese;
    }
    let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let english = words.iter().filter(|word| matches!(**word, "the" | "of" | "and" | "to" | "in" | "for" | "is" | "on" | "with")).count();
    if english * 12 >= words.len().max(1) { Language::English } else { Language::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (text, want) in [
            ("Lương hưu tăng từ tháng 7", Language::Vietnamese),
            ("Pensions rise from July for all who receive them in the country", Language::English),
            ("Renten steigen ab Juli für alle Bezieher", Language::Other),
            ("123 456", Language::Other),
            ("", Language::Other),
        ] {
            assert_eq!(language_of(text), want, "{text}");
        }
    }
}
