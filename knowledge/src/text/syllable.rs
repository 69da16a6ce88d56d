//! The written syllable: its parts, and the one place where its tone mark stands.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::chars::{Tone, bare, is_vowel, split_tone, with_tone};

/// The longest syllable, "nghiêng", has seven letters.
const SYLLABLE_CHARS_MAX: usize = 7;

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    // The file is part of the program and read by a test: an unreadable one leaves no syllables instead of a crash.
    let table: PartsTable = toml::from_str(include_str!("../../data/syllables.toml")).unwrap_or_default();
    let rimes = table.rimes.iter().map(|rime| (rime.clone(), Rime::new(rime))).collect();
    let folded_rimes = table.rimes.iter().map(|rime| rime.chars().map(bare).collect()).collect();
    Parts {
        folded_onsets: table.onsets.iter().map(|onset| onset.chars().map(bare).collect()).collect(),
        folded_rimes,
        onsets: table.onsets,
        rimes,
    }
});

#[derive(Default, Deserialize)]
struct PartsTable {
    onsets: Vec<String>,
    rimes: Vec<String>,
}

struct Parts {
    onsets: Vec<String>,
    rimes: FxHashMap<String, Rime>,
    folded_onsets: Vec<String>,
    folded_rimes: FxHashSet<String>,
}

struct Rime {
    /// The letter that carries the tone, counted in letters, by the old style (hòa, thúy).
    tone_at: usize,
    /// Ends in c, ch, p or t: only sắc and nặng are possible.
    stopped: bool,
}

impl Rime {
    fn new(rime: &str) -> Rime {
        let letters: Vec<char> = rime.chars().collect();
        let vowels = letters.iter().take_while(|&&letter| is_vowel(letter)).count();
        let marked = letters[..vowels].iter().rposition(|letter| "ăâêôơư".contains(*letter));
        let tone_at = match (marked, vowels, letters.len() > vowels) {
            (Some(marked), ..) => marked,
            (None, 1, _) => 0,
            (None, 2, false) => 0,
            (None, ..) => 1,
        };
        Rime { tone_at, stopped: letters.last().is_some_and(|last| "cpt".contains(*last)) || rime.ends_with("ch") }
    }
}

/// What a token is as a syllable.
pub(crate) struct Syllable<'a> {
    onset: &'static str,
    rime: &'static Rime,
    rime_text: &'static str,
    tone: Tone,
    written: &'a str,
}

impl<'a> Syllable<'a> {
    /// Reads a lower-case token; `None` when it is no syllable (an abbreviation, a number, a foreign word, two tones).
    ///
    /// Accents may be missing: "bao" and "hiem" are syllables too ("hiem" only folded is not: its rime does not exist).
    pub(crate) fn parse(written: &'a str) -> Option<Syllable<'a>> {
        let mut tone = Tone::Level;
        let mut toneless = String::with_capacity(written.len());
        for (at, letter) in written.chars().enumerate() {
            let (base, mark) = split_tone(letter);
            if at >= SYLLABLE_CHARS_MAX || (mark != Tone::Level && tone != Tone::Level) || !letter.is_alphabetic() {
                return None;
            }
            if mark != Tone::Level {
                tone = mark;
            }
            toneless.push(base);
        }
        // The longest onset first: "gia" is gi + a; "gì" and "gìn" fall back to g + i.
        let parts = &*PARTS;
        parts
            .onsets
            .iter()
            .filter_map(|onset| Some((onset, parts.rimes.get_key_value(toneless.strip_prefix(onset.as_str())?)?)))
            .max_by_key(|(onset, _)| onset.len())
            .map(|(onset, (rime_text, rime))| Syllable { onset, rime, rime_text, tone, written })
    }

    /// Whether the tone can stand on this rime: "học", "hóp", never "hòp".
    pub(crate) fn is_pronounceable(&self) -> bool {
        !self.rime.stopped || matches!(self.tone, Tone::Acute | Tone::Dot)
    }

    /// The syllable with its tone where the old style puts it: "hoà" gives "hòa", "qủa" gives "quả".
    fn canonical(&self) -> String {
        let mut text = String::with_capacity(self.written.len());
        text.push_str(self.onset);
        for (at, letter) in self.rime_text.chars().enumerate() {
            text.push(if at == self.rime.tone_at { with_tone(letter, self.tone) } else { letter });
        }
        text
    }
}

/// The spelling that stands for all spellings of a token: the tone mark in its one place, letters held down ("ơiiii") written
/// once. Anything that is no syllable keeps its letters.
pub(crate) fn canonical(token: &str) -> String {
    let token = collapse_runs(token);
    match Syllable::parse(&token) {
        Some(syllable) if !token.is_ascii() => syllable.canonical(),
        _ => token,
    }
}

/// Letters held down, written once: three equal vowels or four equal consonants ("cccd" has three). Digits stay: 1000 is a number.
fn collapse_runs(token: &str) -> String {
    let letters: Vec<char> = token.chars().collect();
    letters
        .chunk_by(|&a, &b| bare(a) == bare(b))
        .flat_map(|run| {
            let run_max = if is_vowel(run[0]) { 2 } else { 3 };
            if run.len() > run_max && run[0].is_alphabetic() { &run[..1] } else { run }
        })
        .collect()
}

/// Whether a token without accents is what some syllable leaves when its accents are lost: "nhieu", never "vssid".
pub(crate) fn is_folded_syllable(token: &str) -> bool {
    let parts = &*PARTS;
    parts.folded_onsets.iter().filter_map(|onset| token.strip_prefix(onset.as_str())).any(|rime| parts.folded_rimes.contains(rime))
}

/// The token without accents, as the folded fields hold it.
///
/// i and y are one letter where both spellings are usual (lý/lí, quý/quí, kỹ/kĩ): after h k l m s t v with nothing behind, and
/// after qu. Never in "uy", never alone.
pub(crate) fn fold(token: &str) -> String {
    let mut folded: String = token.chars().map(bare).collect();
    let i_for_y = matches!(folded.as_bytes(), [b'h' | b'k' | b'l' | b'm' | b's' | b't' | b'v', b'y'] | [b'q', b'u', b'y', ..]);
    if i_for_y {
        folded = folded.replacen('y', "i", 1);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_tone_has_one_place() {
        for (written, expected) in [
            ("hoà", "hòa"),
            ("hòa", "hòa"),
            ("khoẻ", "khỏe"),
            ("thuý", "thúy"),
            ("thuỷ", "thủy"),
            ("qủa", "quả"),
            ("tụê", "tuệ"),
            ("toàn", "toàn"),
            ("tòan", "toàn"),
            ("được", "được"),
            ("đựơc", "được"),
            ("quý", "quý"),
            ("qúy", "quý"),
            ("già", "già"),
            ("gìa", "già"),
            ("gì", "gì"),
            ("ngoài", "ngoài"),
            ("mía", "mía"),
            ("khuỷu", "khuỷu"),
            ("của", "của"),
            ("củả", "củả"),
            ("ơiiii", "ơi"),
            ("đượcccc", "được"),
            ("1000", "1000"),
            ("bhxh", "bhxh"),
            ("quyết", "quyết"),
            ("giết", "giết"),
            ("thuốc", "thuốc"),
        ] {
            assert_eq!(canonical(written), expected, "{written}");
        }
    }

    #[test]
    fn folding_joins_i_and_y_only_where_both_are_written() {
        for (written, expected) in [
            ("lý", "li"),
            ("lí", "li"),
            ("kỹ", "ki"),
            ("quý", "qui"),
            ("quyết", "quiet"),
            ("thủy", "thuy"),
            ("y", "y"),
            ("bhyt", "bhyt"),
            ("đồng", "dong"),
            ("vỹ", "vi"),
            ("quỹ", "qui"),
        ] {
            assert_eq!(fold(written), expected, "{written}");
        }
    }

    #[test]
    fn syllables_are_told_from_other_tokens() {
        for (token, pronounceable) in [
            ("nghiêng", Some(true)),
            ("mật", Some(true)),
            ("mât", Some(false)),
            ("học", Some(true)),
            ("hòc", Some(false)),
            ("vssid", None),
            ("otp", None),
            ("hieejn", None),
            ("email", None),
            ("b1", None),
            ("", None),
            ("khuya", Some(true)),
        ] {
            assert_eq!(Syllable::parse(token).map(|syllable| syllable.is_pronounceable()), pronounceable, "{token}");
        }
    }

    proptest! {
        #[test]
        fn canonical_and_fold_are_stable(token in "\\PC{0,12}") {
            let once = canonical(&token);
            prop_assert_eq!(canonical(&once), once.clone());
            let folded = fold(&once);
            prop_assert_eq!(fold(&folded), folded.clone());
            prop_assert_eq!(canonical(&folded), folded);
        }
    }
}
