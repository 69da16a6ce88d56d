//! Words: normalized text cut into syllables, each with its accented and its folded key.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::chars::normalize;
use super::phrases::tables;
use super::syllable::{canonical, fold};

/// One syllable, number or abbreviation, ready for the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word {
    /// Canonical spelling with accents.
    pub(crate) syl: Arc<str>,
    /// The same without accents, see [`fold`].
    pub(crate) fold: Arc<str>,
}

impl Word {
    /// From a piece, see [`pieces`].
    pub(crate) fn new(piece: &str) -> Word {
        let syl = canonical(piece);
        let folded = fold(&syl);
        Word { fold: folded.into(), syl: syl.into() }
    }

    pub(crate) fn is_accented(&self) -> bool {
        !self.syl.is_ascii()
    }
}

/// Cuts texts into words and remembers every spelling it has met, so that indexing does the work once per distinct spelling.
#[derive(Default)]
pub(crate) struct Analyzer {
    met: FxHashMap<Box<str>, Vec<Word>>,
}

impl Analyzer {
    /// The words of a text of ours (titles, answers): normalized, cut, canonical, long forms replaced by the short ones.
    pub(crate) fn words(&mut self, text: &str) -> Vec<Word> {
        tables().abbreviations.rewrite(self.cut(text))
    }

    /// As [`Analyzer::words`] for what citizens write: chat spelling is read too.
    pub(crate) fn citizen_words(&mut self, text: &str) -> Vec<Word> {
        read_chat(self.cut(text))
    }

    fn cut(&mut self, text: &str) -> Vec<Word> {
        let text = normalize(text);
        let mut words = Vec::with_capacity(text.len() / 4);
        for Run { text: run, .. } in runs(&text) {
            if let Some(known) = self.met.get(run.as_ref()) {
                words.extend_from_slice(known);
            } else {
                let new: Vec<Word> = pieces(&run).map(Word::new).collect();
                words.extend_from_slice(&new);
                self.met.insert(run.into(), new);
            }
        }
        words
    }
}

/// Reads abbreviations, then chat spelling, then the abbreviations that chat spelling hid ("thẻ bh y tế dc 80 k").
pub(crate) fn read_chat(words: Vec<Word>) -> Vec<Word> {
    let tables = tables();
    tables.abbreviations.rewrite(tables.teencode.rewrite(tables.abbreviations.rewrite(words)))
}

/// The words of a phrase as it stands in a data file: cut and canonical, nothing replaced.
pub(crate) fn literal_words(text: &str) -> Vec<Word> {
    runs(&normalize(text)).iter().flat_map(|run| pieces(&run.text)).map(Word::new).collect()
}

/// A maximal run of letters and digits.
pub(crate) struct Run<'a> {
    /// The run; the separators inside a number are dropped, "2.530.000" is one run.
    pub(crate) text: Cow<'a, str>,
    /// Where it stands, in bytes.
    pub(crate) range: Range<usize>,
}

/// The runs of a normalized text, in order.
pub(crate) fn runs(text: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(char::is_alphanumeric) {
        let start = at + offset;
        at = text[start..].find(|letter: char| !letter.is_alphanumeric()).map_or(text.len(), |length| start + length);
        let mut run = Cow::Borrowed(&text[start..at]);
        while let Some(thousands) = thousands(&run, &text[at..]) {
            run.to_mut().push_str(thousands);
            at += 1 + thousands.len();
        }
        runs.push(Run { text: run, range: start..at });
    }
    runs
}

/// The next three digits of a number written with separators; `None` when the number ends with `run`.
fn thousands<'a>(run: &str, rest: &'a str) -> Option<&'a str> {
    const GROUP: usize = 3;
    let group = rest.strip_prefix(['.', ','])?.get(..GROUP)?;
    let ends = !rest[1 + GROUP..].starts_with(char::is_alphanumeric);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (ends && digits(run) && digits(group)).then_some(group)
}

/// A run cut where letters and digits meet: "6tháng" is "6" and "tháng".
pub(crate) fn pieces(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let digits = rest.chars().next()?.is_numeric();
        let end = rest.find(|letter: char| letter.is_numeric() != digits).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn chain(text: &str) -> String {
        joined(&Analyzer::default().citizen_words(text), |word| &word.syl)
    }

    fn folded_chain(text: &str) -> String {
        joined(&Analyzer::default().citizen_words(text), |word| &word.fold)
    }

    fn joined(words: &[Word], key: impl Fn(&Word) -> &Arc<str>) -> String {
        words.iter().map(|word| key(word).as_ref()).collect::<Vec<_>>().join(" ")
    }

    fn without_accents(text: &str) -> String {
        text.chars()
            .map(|letter| {
                let lower = letter.to_lowercase().next().unwrap_or(letter);
                let bare = crate::text::chars::bare(lower);
                if lower == letter { bare } else { bare.to_ascii_uppercase() }
            })
            .collect()
    }

    #[test]
    fn texts_become_words() {
        for (text, expected) in [
            ("Bảo hiểm xã hội TỰ NGUYỆN", "bhxh tự nguyện"),
            ("BHXHTN là gì?", "bhxh tự nguyện là gì"),
            ("thẻ y tế của con 6tháng", "thẻ bhyt của con 6 tháng"),
            ("mức 2.530.000 đồng, 1.5 lần, 158/2025/NĐ-CP", "mức 2530000 đồng 1 5 lần 158 2025 nđ cp"),
            ("căn cước công dân gắn chíp, hoà bình", "cccd hòa bình"),
            ("ko dc rút 1 lần hả ad", "không được rút một lần hả ad"),
            ("", ""),
            ("!!! ... 🙂🙂", ""),
        ] {
            assert_eq!(chain(text), expected, "{text}");
        }
    }

    #[test]
    fn long_and_short_forms_are_one_word() {
        assert_eq!(chain("bảo hiểm thất nghiệp"), chain("BHTN"));
        assert_eq!(folded_chain("bao hiem xa hoi"), "bhxh");
    }

    /// Words that citizens write, in any order.
    fn question() -> impl Strategy<Value = String> {
        const WORDS: &[&str] = &[
            "bảo",
            "hiểm",
            "xã",
            "hội",
            "y",
            "tế",
            "thất",
            "nghiệp",
            "thẻ",
            "hoà",
            "khoẻ",
            "thuý",
            "quý",
            "lý",
            "ko",
            "dc",
            "BHXH",
            "tn",
            "bb",
            "1",
            "lần",
            "6tháng",
            "2.530.000",
            "VssID",
            "căn",
            "cước",
            "Đóng",
            "được",
            "giấy",
            "khám",
            "chữa",
            "bệnh",
            "nạn",
            "lao",
            "động",
            "tai",
            "ơiiii",
            "app",
            "mã",
            "số",
            "email",
        ];
        proptest::collection::vec(proptest::sample::select(WORDS), 0..14).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn encodings_and_case_do_not_matter(text in question()) {
            let expected = chain(&text);
            prop_assert_eq!(chain(&text.nfd().collect::<String>()), expected.clone());
            prop_assert_eq!(chain(&text.to_uppercase()), expected.clone());
            prop_assert_eq!(chain(&expected), expected);
        }

        #[test]
        fn tone_style_does_not_matter(text in question()) {
            let new_style = text.replace("òa", "oà").replace("ỏe", "oẻ").replace("úy", "uý");
            let old_style = text.replace("oà", "òa").replace("oẻ", "ỏe").replace("uý", "úy");
            prop_assert_eq!(chain(&new_style), chain(&old_style));
        }

        #[test]
        fn folded_words_survive_the_loss_of_accents(text in question()) {
            prop_assert_eq!(folded_chain(&without_accents(&text)), folded_chain(&text));
        }

        #[test]
        fn any_text_gives_bounded_words(text in any::<String>()) {
            let words = Analyzer::default().citizen_words(&text);
            // A replacement may have more words than it replaces, never more than the longest canonical form.
            prop_assert!(words.len() <= 8 * text.chars().count());
            let decomposed = text.nfd().collect::<String>();
            prop_assert_eq!(Analyzer::default().citizen_words(&decomposed), words);
        }
    }
}
