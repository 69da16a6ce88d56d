//! Two questions in one message: where the first ends and the second begins.
//!
//! This finds places where a second question may begin; whether it is one is for the ranking of both to say. A message is cut behind a
//! question mark, at a connector ("với lại", "cho em hỏi thêm", "câu 2") and before the later items of a numbered list. What asks nothing
//! is no part of its own: it is the story before the question that follows.

use std::sync::LazyLock;

use super::phrases::{PhraseTable, rows, tables};
use super::words::{Run, Word, literal_words, runs};

/// A longer message is a letter, and letters are not cut: they ask about one case, and ranking their parts takes long.
const MESSAGE_CHARS_MAX: usize = 600;
/// With fewer words beside those that ask, and numbers, a question says nothing of what it is about: "01/01/2027 đúng không?".
const SUBJECT_WORDS_MIN: usize = 3;

static CONNECTORS: LazyLock<PhraseTable<()>> = LazyLock::new(|| {
    let phrases = rows(include_str!("../../data/connectors.tsv"));
    PhraseTable::new(phrases.map(|phrase| (literal_words(phrase), ())))
});

/// Folded words of which a question has one.
const ASKING: &[&str] = &[
    "gi", "nao", "sao", "nhieu", "lau", "dau", "may", "khong", "ko", "k", "hong", "hok", "hem", "chua", "ai", "hay", "cach", "muc", "j",
    "ntn", "bn", "huong", "thu", "ha", "nhi",
];

const QUESTION_MARK: char = '?';

/// A message that may hold two questions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// Up to the end of the first question, with the story before it.
    pub(crate) first: &'a str,
    /// The second question.
    pub(crate) second: &'a str,
    /// The second and whatever comes after it.
    pub(crate) following: &'a str,
}

/// Cuts a message behind its first question; `None` when nothing says that there is a second.
pub(crate) fn of(text: &str) -> Option<Parts<'_>> {
    if text.chars().nth(MESSAGE_CHARS_MAX).is_some() {
        return None;
    }
    let pieces = Cutter::new(text).pieces();
    let mut asking = pieces.iter().enumerate().filter(|(_, piece)| piece.asks);
    let (first, _) = asking.next()?;
    let (second, _) = asking.next()?;
    Some(Parts {
        first: trimmed(&text[..pieces[first].end]),
        second: trimmed(&text[pieces[first + 1].start..pieces[second].end]),
        following: trimmed(&text[pieces[first + 1].start..]),
    })
}

fn trimmed(part: &str) -> &str {
    part.trim_matches(|letter: char| letter.is_whitespace() || ",;.:-–!()".contains(letter))
}

/// A stretch of the message between two cuts.
struct Piece {
    start: usize,
    end: usize,
    asks: bool,
}

struct Cutter<'a> {
    text: &'a str,
    runs: Vec<Run<'a>>,
    words: Vec<Word>,
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str) -> Cutter<'a> {
        let runs = runs(text);
        let words = runs.iter().map(|run| Word::new(&run.text.to_lowercase())).collect();
        Cutter { text, runs, words }
    }

    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let (mut begin, mut start) = (0, 0);
        // The number that the next item of a list would have.
        let mut item = 1;
        let mut at = 0;
        while at < self.runs.len() {
            let mark = self.gap(at).find(QUESTION_MARK);
            let numbered = self.is_item(at, item);
            item += u32::from(numbered);
            // The first item of a list begins no second question.
            let skipped = if numbered && item > 2 { Some(1) } else { self.connector(at) };
            if at > begin && (mark.is_some() || skipped.is_some()) {
                let end = self.runs[at - 1].range.end + mark.map_or(0, |mark| mark + 1);
                pieces.push(self.piece(begin..at, start, end));
                begin = self.after_politeness(at + skipped.unwrap_or(0));
                start = self.runs.get(begin).map_or(self.text.len(), |run| run.range.start);
                at = begin.max(at + 1);
            } else {
                at += 1;
            }
        }
        pieces.push(self.piece(begin.min(self.runs.len())..self.runs.len(), start, self.text.len()));
        pieces
    }

    fn piece(&self, words: std::ops::Range<usize>, start: usize, end: usize) -> Piece {
        let words = &self.words[words];
        let is_asking = |word: &&Word| ASKING.contains(&word.fold.as_ref());
        let asks = words.iter().any(|word| is_asking(&word)) || self.text[start..end].contains(QUESTION_MARK);
        let subject = words.iter().filter(|word| !is_asking(word) && !word.syl.starts_with(|letter: char| letter.is_ascii_digit())).count();
        Piece { start, end, asks: asks && subject >= SUBJECT_WORDS_MIN }
    }

    /// What stands before a run.
    fn gap(&self, at: usize) -> &'a str {
        let before = at.checked_sub(1).map_or(0, |before| self.runs[before].range.end);
        &self.text[before..self.runs[at].range.start]
    }

    fn connector(&self, at: usize) -> Option<usize> {
        CONNECTORS.at_start(&self.words[at..]).map(|(length, ())| length).next()
    }

    /// The first word behind greetings and "cho em hỏi".
    fn after_politeness(&self, mut at: usize) -> usize {
        while let Some((length, ())) = self.words.get(at..).and_then(|words| tables().fillers.at_start(words).next()) {
            at += length;
        }
        at
    }

    /// "2." before an item of a list; "1.5" and "1/7" are numbers.
    fn is_item(&self, at: usize, number: u32) -> bool {
        let run = &self.runs[at];
        let mut after = self.text[run.range.end..].chars();
        let marked = match (after.next(), after.next()) {
            (Some(')' | ':'), _) => true,
            (Some('.' | '/'), next) => next.is_some_and(|next| !next.is_ascii_digit()),
            _ => false,
        };
        let stands_free = at == 0 || self.gap(at).ends_with(|letter: char| letter.is_whitespace() || ",;.:-–?!(".contains(letter));
        marked && stands_free && run.text == number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_are_cut_where_a_second_question_may_begin() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            assert_eq!(of(text).map(|parts| (parts.first, parts.second)), expected, "{text}");
        };
        check("Mất thẻ thì sao? Mất sổ thì sao?", Some(("Mất thẻ thì sao?", "Mất sổ thì sao?")));
        check("mất thẻ thì sao, với lại mất sổ thì sao", Some(("mất thẻ thì sao", "mất sổ thì sao")));
        check("mat the thi sao vs lai cho em hoi mat so thi sao", Some(("mat the thi sao", "mat so thi sao")));
        check("Mất thẻ thì sao? Ngoài ra, cho hỏi mất sổ thì sao?", Some(("Mất thẻ thì sao?", "mất sổ thì sao?")));
        check(
            "Em ở Huế. Mất thẻ thì sao? Em vừa nghỉ việc, mất sổ thì sao?",
            Some(("Em ở Huế. Mất thẻ thì sao?", "Em vừa nghỉ việc, mất sổ thì sao?")),
        );
        check("Em hỏi: 1. mất thẻ thì sao 2. mất sổ thì sao", Some(("Em hỏi: 1. mất thẻ thì sao", "mất sổ thì sao")));
        check("1) mất thẻ thì sao 2) mất sổ thì sao", Some(("1) mất thẻ thì sao", "mất sổ thì sao")));
        check("câu 1: mất thẻ thì sao, câu 2: mất sổ thì sao", Some(("câu 1: mất thẻ thì sao", "mất sổ thì sao")));
        check("mất thẻ thì sao", None);
        check("mất thẻ thì sao? em cảm ơn", None);
        check("em ở Huế, với lại mất thẻ thì sao", None);
        check("ngoài ra mất thẻ thì sao", None);
        check("mức 1.5 hay 2.5 lần? sao?", None);
        check("dạ? dạ? dạ?", None);
        check("thẻ có giá trị từ ngày nào? 01/01/2027 đúng không?", None);
        check(&format!("mất thẻ thì sao? {} thì sao?", "dài ".repeat(200)), None);
    }

    #[test]
    fn the_third_question_follows_the_second() {
        let parts = of("mất thẻ thì sao? mất sổ thì sao? mất tiền thì sao?").expect("three questions");
        assert_eq!((parts.second, parts.following), ("mất sổ thì sao?", "mất sổ thì sao? mất tiền thì sao?"));
    }

    proptest! {
        #[test]
        fn any_text_can_be_cut(text in "(\\PC|[a-zà-ỹ?.:)12 ]|với lại |ạ? |cho em hỏi |\\? ){0,60}") {
            if let Some(parts) = of(&text) {
                prop_assert!(text.contains(parts.first) && parts.following.starts_with(parts.second));
            }
        }
    }
}
