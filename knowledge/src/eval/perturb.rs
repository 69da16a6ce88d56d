//! Spoiling questions the way keyboards and haste do, for measuring how much accuracy each way costs. Seeded: the same question and
//! seed give the same text.

use crate::hash::fnv1a;
use crate::random::Random;
use crate::text::chars::{bare, normalize_for_display};
use crate::text::phrases::tables;
use crate::text::typing::Method;
use crate::text::words::{literal_words, runs};

/// A way of spoiling a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Perturbation {
    /// All accents lost.
    NoAccents,
    /// Typed in Telex with the input method off.
    Telex,
    /// Typed in VNI with the input method off.
    Vni,
    /// One key slips in one word.
    Typo,
    /// Chat spelling wherever there is one.
    Teencode,
}

impl Perturbation {
    /// All of them.
    pub const ALL: [Perturbation; 5] =
        [Perturbation::NoAccents, Perturbation::Telex, Perturbation::Vni, Perturbation::Typo, Perturbation::Teencode];

    /// As named on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Perturbation::NoAccents => "no_accents",
            Perturbation::Telex => "telex",
            Perturbation::Vni => "vni",
            Perturbation::Typo => "typo",
            Perturbation::Teencode => "teencode",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Perturbation> {
        Perturbation::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A spoilt question.
pub fn perturb(question: &str, kind: Perturbation, seed: u64) -> String {
    let question = normalize_for_display(question);
    match kind {
        Perturbation::NoAccents => question.chars().map(keeping_case(bare)).collect(),
        Perturbation::Telex => each_word(&question, |word| Method::Telex.encode(&word.to_lowercase())),
        Perturbation::Vni => each_word(&question, |word| Method::Vni.encode(&word.to_lowercase())),
        Perturbation::Typo => typo(&question, &mut random_for(&question, seed)),
        Perturbation::Teencode => teencode(&question),
    }
}

fn keeping_case(change: impl Fn(char) -> char) -> impl Fn(char) -> char {
    move |letter| {
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        if lower == letter { change(letter) } else { change(lower).to_uppercase().next().unwrap_or(letter) }
    }
}

/// Rewrites every run of letters and digits; what stands between stays.
fn each_word(text: &str, mut rewrite: impl FnMut(&str) -> String) -> String {
    let mut rewritten = String::with_capacity(text.len() * 2);
    let mut kept = 0;
    for run in runs(text) {
        rewritten.push_str(&text[kept..run.range.start]);
        rewritten.push_str(&rewrite(&text[run.range.clone()]));
        kept = run.range.end;
    }
    rewritten.push_str(&text[kept..]);
    rewritten
}

/// One slip in one word of at least this many letters: left out, doubled, swapped with the next, or replaced by a neighbouring key.
const TYPO_LETTERS_MIN: usize = 4;

fn typo(text: &str, random: &mut Random) -> String {
    let long = |word: &str| word.chars().count() >= TYPO_LETTERS_MIN && word.chars().all(char::is_alphabetic);
    let words = runs(text).iter().filter(|run| long(&text[run.range.clone()])).count();
    if words == 0 {
        return text.to_owned();
    }
    let spoilt = random.below(words);
    let mut at = 0;
    each_word(text, |word| {
        if !long(word) {
            return word.to_owned();
        }
        at += 1;
        if at - 1 == spoilt { slip(word, random) } else { word.to_owned() }
    })
}

fn slip(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = random.below(letters.len() - 1);
    match random.below(4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => letters[at] = neighbouring_key(letters[at], random),
    }
    letters.into_iter().collect()
}

fn neighbouring_key(letter: char, random: &mut Random) -> char {
    const KEYS: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
    let key = bare(letter.to_lowercase().next().unwrap_or(letter));
    for row in KEYS {
        if let Some(at) = row.iter().position(|&known| char::from(known) == key) {
            let beside = if at == 0 || (at + 1 < row.len() && random.below(2) == 0) { at + 1 } else { at - 1 };
            return char::from(row[beside]);
        }
    }
    letter
}

/// Replaces words by chat forms, the first of the table for each.
fn teencode(text: &str) -> String {
    let mut forms: Vec<(String, String)> =
        tables().teencode_rows().map(|(standard, chat)| (standard.to_owned(), chat.to_owned())).collect();
    // Longest first, and in the order of the table: `dedup` keeps the first form of each.
    forms.sort_by_key(|(standard, _)| std::cmp::Reverse(literal_words(standard).len()));
    forms.dedup_by(|later, first| later.0 == first.0);
    let lower = text.to_lowercase();
    let words = runs(&lower);
    let mut spoilt = String::with_capacity(text.len());
    let mut kept = 0;
    let mut at = 0;
    while at < words.len() {
        let found = forms.iter().find_map(|(standard, chat)| {
            let length = standard.split(' ').count();
            let phrase = words.get(at..at + length)?;
            let same = phrase.iter().zip(standard.split(' ')).all(|(run, word)| run.text == word);
            same.then_some((length, chat))
        });
        if let Some((length, chat)) = found {
            spoilt.push_str(&lower[kept..words[at].range.start]);
            spoilt.push_str(chat);
            kept = words[at + length - 1].range.end;
            at += length;
        } else {
            at += 1;
        }
    }
    spoilt.push_str(&lower[kept..]);
    spoilt
}

/// Each question slips in its own place.
fn random_for(question: &str, seed: u64) -> Random {
    Random::new(fnv1a(question.bytes()) ^ seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn questions_are_spoilt_as_keyboards_do() {
        let question = "Quên mật khẩu VssID thì làm sao, không được gì?";
        for (kind, expected) in [
            (Perturbation::NoAccents, "Quen mat khau VssID thi lam sao, khong duoc gi?"),
            (Perturbation::Telex, "queen maatj khaaur vssid thif lafm sao, khoong dduwowcj gif?"),
            (Perturbation::Vni, "que6n ma6t5 kha6u3 vssid thi2 la2m sao, kho6ng d9u7o7c5 gi2?"),
            (Perturbation::Teencode, "quên mkhau vssid thì lsao, ko dc j?"),
        ] {
            let spoilt = perturb(question, kind, 1);
            if !matches!(kind, Perturbation::Telex | Perturbation::Vni) {
                assert_eq!(spoilt, expected);
            }
            assert_ne!(spoilt, question);
        }
        let spoilt = perturb(question, Perturbation::Typo, 1);
        assert_ne!(spoilt, question);
        assert_eq!(perturb(question, Perturbation::Typo, 1), spoilt, "the same seed slips in the same place");
    }

    proptest! {
        #[test]
        fn any_text_can_be_spoilt(text in any::<String>(), seed in any::<u64>()) {
            for kind in Perturbation::ALL {
                perturb(&text, kind, seed);
            }
        }
    }
}
