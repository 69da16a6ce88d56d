//! Place names as words: the text chain of the crate, and a key under which spellings of one name meet.

use crate::text::chars::{normalize, normalize_for_display};
use crate::text::typing::Method;
use crate::text::words::{Word, pieces, runs};

/// Words of one text that are looked at. A longer text is a letter, which names its place early or asks about something else.
pub(crate) const TOKENS_MAX: usize = 48;
/// So many VNI keys show that a text was typed raw; one alone may be the number of a district.
const VNI_KEYS_MIN: usize = 2;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// With its accents, the tone in its place.
    pub(crate) syl: String,
    /// Without accents, see [`key_of`].
    pub(crate) key: String,
    /// Typed in capitals while not everything was.
    pub(crate) upper: bool,
    /// The run that it stands in: "01G55" is one run and three words.
    pub(crate) run: usize,
}

impl Token {
    fn new(piece: &str, upper: bool, run: usize) -> Token {
        let word = Word::new(piece);
        Token { syl: word.syl.to_string(), key: key_of(&word.fold), upper, run }
    }

    pub(crate) fn is_number(&self) -> bool {
        self.key.bytes().all(|byte| byte.is_ascii_digit())
    }

    pub(crate) fn is_accented(&self) -> bool {
        !self.syl.is_ascii()
    }
}

/// A text, cut into words.
pub(crate) struct Tokens {
    pub(crate) tokens: Vec<Token>,
    /// The runs of letters and digits as they were written, upper case.
    pub(crate) runs: Vec<String>,
}

/// Words of a text. What was typed raw in Telex or VNI is decoded when that gives a word that is `known`.
pub(crate) fn read(text: &str, known: impl Fn(&str) -> bool) -> Tokens {
    let shown = normalize_for_display(text);
    let found = runs(&shown);
    let is_upper = |run: &str| run.chars().any(char::is_alphabetic) && !run.chars().any(char::is_lowercase);
    let all_upper = found.iter().filter(|run| run.text.chars().any(char::is_alphabetic)).all(|run| is_upper(&run.text));
    let vni = |run: &str| Method::Vni.decode(run).filter(|word| known(&key_of(&Word::new(word).fold)));
    let mixed = |run: &str| run.bytes().any(|byte| byte.is_ascii_digit()) && run.bytes().any(|byte| byte.is_ascii_alphabetic());
    let lower: Vec<String> = found.iter().take(TOKENS_MAX).map(|run| normalize(&run.text)).collect();
    let vni_keys: usize =
        lower.iter().filter(|run| mixed(run) && vni(run).is_some()).map(|run| run.bytes().filter(u8::is_ascii_digit).count()).sum();
    let mut tokens = Vec::new();
    for (at, run) in lower.iter().enumerate() {
        let upper = !all_upper && is_upper(&found[at].text);
        let typed = if mixed(run) {
            vni(run).filter(|_| vni_keys >= VNI_KEYS_MIN)
        } else if run.is_ascii() && !known(&key_of(&Word::new(run).fold)) {
            Method::Telex.decode(run).filter(|word| known(&key_of(&Word::new(word).fold)))
        } else {
            None
        };
        match typed {
            Some(word) => tokens.push(Token::new(&word, upper, at)),
            None => tokens.extend(pieces(run).map(|piece| Token::new(piece, upper, at))),
        }
    }
    tokens.truncate(TOKENS_MAX);
    Tokens { tokens, runs: found.iter().take(TOKENS_MAX).map(|run| run.text.to_uppercase()).collect() }
}

/// Words of a name of ours, which nobody has typed raw: "quan09" has a number.
pub(crate) fn name_words(name: &str) -> Vec<Token> {
    let shown = normalize_for_display(name);
    let found = runs(&shown);
    let lower = found.iter().take(TOKENS_MAX).map(|run| normalize(&run.text)).enumerate();
    let mut tokens: Vec<Token> = Vec::new();
    for (at, run) in lower {
        tokens.extend(pieces(&run).map(|piece| Token::new(piece, false, at)));
    }
    tokens.truncate(TOKENS_MAX);
    tokens
}

/// A folded word with what names of the highlands are spelled both ways: k and c ("Đắk Lắk", "Đắc Lắc", "Bắc Kạn", "Bắc Cạn"), and
/// numbers without zeros in front.
pub(crate) fn key_of(fold: &str) -> String {
    let bytes = fold.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) && bytes.len() < 4 {
        let bare = fold.trim_start_matches('0');
        return if bare.is_empty() { "0".to_owned() } else { bare.to_owned() };
    }
    let mut key = fold.to_owned();
    if bytes.first() == Some(&b'k') && bytes.get(1) != Some(&b'h') {
        key.replace_range(..1, "c");
    }
    if key.len() > 1 && key.ends_with('k') {
        key.replace_range(key.len() - 1.., "c");
    }
    key
}

/// The words of a name as one key: spaces are often left out, and as often put in.
pub(crate) fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.key.as_str()).collect()
}

/// How many of the typed words contradict a name by their accents. Words without accents contradict nothing.
pub(crate) fn contradictions<'a>(typed: &[Token], name: impl ExactSizeIterator<Item = &'a str>) -> usize {
    if typed.len() == name.len() {
        return typed.iter().zip(name).filter(|(typed, name)| typed.is_accented() && typed.syl != *name).count();
    }
    if !typed.iter().any(Token::is_accented) {
        return 0;
    }
    let (one, other): (String, String) = (typed.iter().map(|token| token.syl.as_str()).collect(), name.collect());
    usize::from(one != other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> String {
        read(text, |word| ["ha", "dong", "go", "vap", "quan"].contains(&word)).tokens.iter().map(|token| token.key.clone() + " ").collect()
    }

    #[test]
    fn spellings_of_a_name_meet() {
        for text in ["Hà Đông", "HA DONG", "ha ddoong", "ha2 d9o6ng", "Hà  Đông!"] {
            assert_eq!(keys(text), "ha dong ", "{text}");
        }
        assert_eq!(keys("q1, p.05"), "q 1 p 5 ");
        assert_eq!(keys("quan3"), "quan 3 ");
        assert_eq!((keys("Đắk Lắk"), keys("Bắc Kạn")), (keys("đắc lắc"), keys("bac can")));
        assert_eq!(keys("Khánh Hoà"), "khanh hoa ");
    }
}
