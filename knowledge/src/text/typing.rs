//! Telex and VNI: what was typed while the input method was off, and the keys that a text would take.

use super::chars::{Tone, is_vowel, split_tone, with_tone};
use super::syllable::{Syllable, canonical};

/// The most keys that one syllable takes: "nghieengj" and a little more.
const KEYS_MAX: usize = 12;

/// A way of typing accents on a keyboard without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Letters carry the marks: "hieejn".
    Telex,
    /// Digits carry the marks: "hie6n5".
    Vni,
}

impl Method {
    /// The tone that a key sets.
    fn tone(self, key: char) -> Option<Tone> {
        let at = self.tone_keys().find(key)?;
        Some(Tone::ALL[at])
    }

    /// Keys in the order of [`Tone::ALL`]; the first takes a tone back.
    fn tone_keys(self) -> &'static str {
        match self {
            Method::Telex => "zfsrxj",
            Method::Vni => "021345",
        }
    }

    /// What a key makes of a plain letter that already stands there.
    fn mark(self, key: char, letter: char) -> Option<char> {
        Some(match (self, key, letter) {
            (Method::Telex, 'a', 'a') | (Method::Vni, '6', 'a') => 'â',
            (Method::Telex, 'e', 'e') | (Method::Vni, '6', 'e') => 'ê',
            (Method::Telex, 'o', 'o') | (Method::Vni, '6', 'o') => 'ô',
            (Method::Telex, 'w', 'a') | (Method::Vni, '8', 'a') => 'ă',
            (Method::Telex, 'w', 'o') | (Method::Vni, '7', 'o') => 'ơ',
            (Method::Telex, 'w', 'u') | (Method::Vni, '7', 'u') => 'ư',
            (Method::Telex, 'd', 'd') | (Method::Vni, '9', 'd') => 'đ',
            _ => return None,
        })
    }

    /// The keys of a letter without tone.
    fn keys(self, letter: char) -> Option<&'static str> {
        Some(match (self, letter) {
            (Method::Telex, 'â') => "aa",
            (Method::Telex, 'ê') => "ee",
            (Method::Telex, 'ô') => "oo",
            (Method::Telex, 'ă') => "aw",
            (Method::Telex, 'ơ') => "ow",
            (Method::Telex, 'ư') => "uw",
            (Method::Telex, 'đ') => "dd",
            (Method::Vni, 'â') => "a6",
            (Method::Vni, 'ê') => "e6",
            (Method::Vni, 'ô') => "o6",
            (Method::Vni, 'ă') => "a8",
            (Method::Vni, 'ơ') => "o7",
            (Method::Vni, 'ư') => "u7",
            (Method::Vni, 'đ') => "d9",
            _ => return None,
        })
    }

    /// The syllable that these keys type; `None` when they type no syllable with marks.
    ///
    /// Marks and tones may come late: "hieejn", "hieenj" and "hienej" are all "hiện".
    pub(crate) fn decode(self, keys: &str) -> Option<String> {
        if keys.len() > KEYS_MAX || !keys.bytes().all(|key| key.is_ascii_lowercase() || key.is_ascii_digit()) {
            return None;
        }
        let mut letters: Vec<char> = Vec::with_capacity(keys.len());
        let mut tone = None;
        let mut marked = false;
        for key in keys.chars() {
            let vowels = letters.iter().any(|&letter| is_vowel(letter));
            match self.tone(key).filter(|_| vowels) {
                // The same tone twice takes it back and types the key itself: "pass".
                Some(set) if tone == Some(set) => return None,
                Some(set) => tone = Some(set),
                None if self.put_mark(key, &mut letters) => marked = true,
                None => letters.push(key),
            }
        }
        let tone = tone.filter(|&tone| tone != Tone::Level);
        if tone.is_none() && !marked {
            return None;
        }
        if let (Some(tone), Some(at)) = (tone, letters.iter().rposition(|&letter| is_vowel(letter))) {
            letters[at] = with_tone(letters[at], tone);
        }
        let typed: String = letters.into_iter().collect();
        Syllable::parse(&typed)?.is_pronounceable().then(|| canonical(&typed))
    }

    /// The abbreviation that these keys type: each đ put right, as in "hddldd" or "qd9"; `None` when there is none in it.
    pub(crate) fn decode_abbreviation(self, keys: &str) -> Option<String> {
        let typed = self.keys('đ')?;
        (keys.len() <= KEYS_MAX && keys.contains(typed)).then(|| keys.replace(typed, "đ"))
    }

    /// Puts the mark of `key` on a letter that stands there already.
    fn put_mark(self, key: char, letters: &mut Vec<char>) -> bool {
        let horn = matches!((self, key), (Method::Telex, 'w') | (Method::Vni, '7'));
        if horn && let Some(at) = letters.windows(2).rposition(|pair| matches!(pair, ['u' | 'ư', 'o'])) {
            // "duowc", "nguo72i": one key makes both letters of ươ.
            letters[at] = 'ư';
            letters[at + 1] = 'ơ';
            return true;
        }
        let at = letters.iter().rposition(|&letter| self.mark(key, letter).is_some());
        match at.and_then(|at| Some((at, self.mark(key, letters[at])?))) {
            // "muaw" is mưa: in the rime ua the horn belongs to the u.
            Some((at, 'ă')) if at > 0 && letters[at - 1] == 'u' && !letters.starts_with(&['q']) => letters[at - 1] = 'ư',
            Some((at, marked)) => letters[at] = marked,
            // A lone w is ư.
            None if self == Method::Telex && key == 'w' => letters.push('ư'),
            None => return false,
        }
        true
    }

    /// The keys that type a lower-case word, the tone last.
    pub(crate) fn encode(self, word: &str) -> String {
        let mut keys = String::with_capacity(word.len() + 2);
        let mut tone = Tone::Level;
        for letter in word.chars() {
            let (base, mark) = split_tone(letter);
            if mark != Tone::Level {
                tone = mark;
            }
            match self.keys(base) {
                Some(typed) => keys.push_str(typed),
                None => keys.push(base),
            }
        }
        if tone != Tone::Level {
            keys.extend(self.tone_keys().chars().nth(tone as usize));
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_syllables() {
        for (method, keys, expected) in [
            (Method::Telex, "queen", Some("quên")),
            (Method::Telex, "maatj", Some("mật")),
            (Method::Telex, "khaaur", Some("khẩu")),
            (Method::Telex, "hieejn", Some("hiện")),
            (Method::Telex, "hieenj", Some("hiện")),
            (Method::Telex, "hienej", Some("hiện")),
            (Method::Telex, "dduwowcj", Some("được")),
            (Method::Telex, "dduocwj", Some("được")),
            (Method::Telex, "duocdwj", Some("được")),
            (Method::Telex, "muaw", Some("mưa")),
            (Method::Telex, "hoaf", Some("hòa")),
            (Method::Telex, "xax", Some("xã")),
            (Method::Telex, "nghir", Some("nghỉ")),
            (Method::Telex, "email", None),
            (Method::Telex, "app", None),
            (Method::Telex, "web", None),
            (Method::Telex, "pass", None),
            (Method::Telex, "vssid", None),
            (Method::Telex, "otp", None),
            (Method::Telex, "cho", None),
            (Method::Vni, "so63", Some("sổ")),
            (Method::Vni, "hie6n5", Some("hiện")),
            (Method::Vni, "d9u7o7c5", Some("được")),
            (Method::Vni, "d9uo7c5", Some("được")),
            (Method::Vni, "nguo72i", Some("người")),
            (Method::Vni, "ma4", Some("mã")),
            (Method::Vni, "tk1", None),
            (Method::Vni, "2025", None),
            (Method::Vni, "c06", None),
        ] {
            assert_eq!(method.decode(keys).as_deref(), expected, "{method:?} {keys}");
        }
    }

    #[test]
    fn what_is_typed_is_read_back() {
        let questions = "quên mật khẩu rút bảo hiểm xã hội một lần được bao nhiêu tiền hưởng chế độ nghỉ dưỡng sức người già đã về hưu \
                         giấy chuyển viện khuya quý hòa thủy giếng gì ướt ngoài quyết mưa cửa những trước khuỷu";
        for method in [Method::Telex, Method::Vni] {
            for word in questions.split(' ') {
                let keys = method.encode(word);
                let expected = (keys != word).then(|| canonical(word));
                assert_eq!(method.decode(&keys), expected, "{method:?} {keys}");
            }
        }
    }

    #[test]
    fn abbreviations_are_typed_too() {
        assert_eq!(Method::Telex.decode_abbreviation("hddldd").as_deref(), Some("hđlđ"));
        assert_eq!(Method::Vni.decode_abbreviation("qd9").as_deref(), Some("qđ"));
        assert_eq!(Method::Telex.decode_abbreviation("bhxh"), None);
    }

    #[test]
    fn long_runs_of_keys_are_not_read() {
        assert_eq!(Method::Telex.decode(&"s".repeat(1_000_000)), None);
    }
}
