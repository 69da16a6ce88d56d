//! How a question asks for news, and what it then asks about.

use std::sync::LazyLock;

use faq::Theme;
use serde::{Deserialize, Serialize};

use crate::text::phrases::{PhraseTable, rows};
use crate::text::words::{Word, literal_words, read_chat};
use crate::trace::QueryTrace;

/// Words of a question that are searched for: a longer one is a letter, and its news stand at the beginning or nowhere.
const WORDS_MAX: usize = 64;

/// How a question asks for news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    /// Not at all.
    None,
    /// What has changed, or since when: "lương hưu tăng bao nhiêu từ tháng 7".
    Change,
    /// For news: "tin mới về thai sản".
    News,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    News,
    Change,
    Theme(Theme),
    Plain,
    Stop,
}

struct Phrase {
    words: Vec<Word>,
    kind: Kind,
}

static PHRASES: LazyLock<PhraseTable<Phrase>> = LazyLock::new(|| {
    let kind = |name: &str| match name {
        "news" => Some(Kind::News),
        "change" => Some(Kind::Change),
        "plain" => Some(Kind::Plain),
        "stop" => Some(Kind::Stop),
        name => name.strip_prefix("theme:").and_then(Theme::parse).map(Kind::Theme),
    };
    PhraseTable::new(rows(include_str!("../../data/news.tsv")).filter_map(|row| {
        let (name, phrase) = row.split_once('\t')?;
        let words = read_chat(literal_words(phrase));
        Some((words.clone(), Phrase { words, kind: kind(name)? }))
    }))
});

/// A question as the news understand it.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) cue: Cue,
    pub(super) theme: Option<Theme>,
    /// What is asked about, theme and cue aside.
    pub(super) content: Vec<Word>,
    /// The same with the theme: an item that is meant holds it.
    pub(super) named: Vec<Word>,
    /// All words that are searched for, in their order: neighbours among them are pairs.
    pub(super) words: Vec<Word>,
    /// Whether the question was typed with accents.
    pub(super) accented: bool,
}

impl Wish {
    pub(super) fn read(query: &QueryTrace) -> Wish {
        let words: Vec<Word> = query.words.iter().take(WORDS_MAX).map(|word| Word::new(word)).collect();
        let mut wish =
            Wish { cue: Cue::None, theme: None, content: Vec::new(), named: Vec::new(), words: Vec::new(), accented: query.accented };
        let mut at = 0;
        while at < words.len() {
            let rest = &words[at..];
            // "mọi" is no "mới" where accents were typed.
            let agrees = |phrase: &Phrase| {
                let typed = rest.iter().zip(&phrase.words);
                !query.accented || typed.into_iter().all(|(typed, wanted)| !typed.is_accented() || typed.syl == wanted.syl)
            };
            let found = PHRASES.at_start(rest).find(|(_, phrase)| agrees(phrase));
            let (length, kind) = found.map_or((1, None), |(length, phrase)| (length, Some(phrase.kind)));
            let these = &rest[..length];
            match kind {
                Some(Kind::News) => wish.cue = Cue::News,
                Some(Kind::Change) => {
                    if wish.cue == Cue::None {
                        wish.cue = Cue::Change;
                    }
                    wish.words.extend_from_slice(these);
                }
                Some(Kind::Theme(theme)) => {
                    wish.theme.get_or_insert(theme);
                    wish.named.extend_from_slice(these);
                    wish.words.extend_from_slice(these);
                }
                Some(Kind::Stop) => wish.words.extend_from_slice(these),
                // Days and months say when, not what; "nghị định 283" says what.
                None if is_time(&these[0].syl) => wish.words.extend_from_slice(these),
                Some(Kind::Plain) | None => {
                    wish.words.extend_from_slice(these);
                    wish.content.extend_from_slice(these);
                    wish.named.extend_from_slice(these);
                }
            }
            at += length;
        }
        wish
    }
}

/// The themes that a text names, the one named most often first.
pub(super) fn themes_of(words: &[Word]) -> Vec<Theme> {
    let mut counts = Theme::ALL.map(|theme| (0_usize, theme));
    let mut at = 0;
    while at < words.len() {
        // A text of ours has its accents: "hưu" is no "hữu".
        let agrees = |phrase: &Phrase| words[at..].iter().zip(&phrase.words).all(|(word, wanted)| word.syl == wanted.syl);
        let found = PHRASES.at_start(&words[at..]).find(|(_, phrase)| agrees(phrase));
        if let Some((_, Phrase { kind: Kind::Theme(theme), .. })) = found {
            counts.iter_mut().filter(|(_, counted)| counted == theme).for_each(|(count, _)| *count += 1);
        }
        at += found.map_or(1, |(length, _)| length);
    }
    counts.sort_by_key(|(count, theme)| (std::cmp::Reverse(*count), *theme));
    counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, theme)| theme).collect()
}

/// A day, a month, or a year of these times.
fn is_time(word: &str) -> bool {
    word.parse::<u32>().is_ok_and(|number| number <= 31 || (2000..2100).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Wish {
        let words = crate::text::words::Analyzer::default().citizen_words(text);
        let accented = words.iter().any(Word::is_accented);
        let words = words.iter().map(|word| word.syl.to_string()).collect();
        Wish::read(&QueryTrace { words, accented, alternatives: Vec::new(), repairs: Vec::new(), unknown: Vec::new() })
    }

    #[test]
    fn cues_and_themes_are_told_apart() {
        let check = |text: &str, cue: Cue, theme: Option<Theme>, content: &str| {
            let wish = wish(text);
            let named: Vec<&str> = wish.content.iter().map(|word| word.syl.as_ref()).collect();
            assert_eq!((wish.cue, wish.theme, named.join(" ").as_str()), (cue, theme, content), "{text}");
        };
        check("có gì mới không", Cue::News, None, "");
        check("tin mới về thai sản", Cue::News, Some(Theme::ThaiSan), "");
        check("tin moi ve bao hiem y te", Cue::News, Some(Theme::Bhyt), "");
        check("lương hưu tăng bao nhiêu từ tháng 7", Cue::Change, Some(Theme::HuuTri), "");
        check("luật bhxh mới có hiệu lực khi nào", Cue::Change, None, "luật");
        check("thay đổi thông tin trên thẻ bhyt", Cue::None, Some(Theme::Bhyt), "thay đổi thông tin");
        check("mọi người hỏi thẻ bhyt", Cue::None, Some(Theme::Bhyt), "mọi người");
        check("sai thông tin trên vssid", Cue::None, Some(Theme::Vssid), "sai thông tin");
    }

    #[test]
    fn every_row_of_the_table_is_understood() {
        for row in rows(include_str!("../../data/news.tsv")) {
            let (kind, phrase) = row.split_once('\t').expect("two columns");
            let known = ["news", "change", "plain", "stop"].contains(&kind) || kind.strip_prefix("theme:").and_then(Theme::parse).is_some();
            assert!(known && !literal_words(phrase).is_empty(), "{row}");
        }
    }
}
