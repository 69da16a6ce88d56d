//! Reading a question: repair what the keyboard spoilt, strip politeness, collect other readings.

use serde::Serialize;

use super::chars::normalize;
use super::phrases::tables;
use super::syllable::{Syllable, is_folded_syllable};
use super::time;
use super::typing::Method;
use super::vocabulary::{Neighbours, Vocabulary};
use super::words::{Run, Word, pieces, read_chat, runs};

/// Words of one question that are looked at: more than the longest letter has.
pub(crate) const QUESTION_WORDS_MAX: usize = 512;
/// Words of one question that are looked up among all known words, to mend a slip or to cut them. More make no question. Words typed
/// raw in Telex or VNI do not count: a whole letter may be typed so, and decoding is cheap.
const SEARCHES_MAX: usize = 24;
/// A shorter unknown token is a code or a name, not a slip of the keyboard.
const REPAIR_LETTERS_MIN: usize = 3;
/// So many unknown words that are known when read as Telex show that a message was typed raw.
const TELEX_WORDS_MIN: usize = 2;
/// So many VNI keys in a message show that it was typed raw; one alone may be a number glued to a word ("mau1").
const VNI_KEYS_MIN: usize = 2;

/// A question, read.
#[derive(Debug, Default)]
pub(crate) struct Question {
    /// What is asked, without the politeness around it.
    pub(crate) words: Vec<Word>,
    /// The same with the politeness.
    pub(crate) all_words: Vec<Word>,
    /// The words that times are read from, see [`time::push`].
    pub(crate) dated_words: Vec<Word>,
    /// Other readings of some words, each a phrase.
    pub(crate) alternatives: Vec<Vec<Word>>,
    /// Words of the topic that the question leans on; empty when it stands alone.
    pub(crate) borrowed: Vec<Word>,
    /// Whether any accent was typed (or repaired): without one, only the folded fields can match.
    pub(crate) accented: bool,
    /// What repair changed, in order.
    pub(crate) repairs: Vec<Repair>,
    /// Words that are in no known text even after repair.
    pub(crate) unknown: Vec<Word>,
    /// The question as it was understood; `None` when nothing was repaired.
    pub(crate) understood: Option<String>,
}

/// One repaired token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// As typed, lower case.
    pub from: String,
    /// What it was read as.
    pub to: String,
    /// What had happened to it.
    pub kind: RepairKind,
}

impl Repair {
    /// Whether the word is a guess. What was typed raw is not: it reads in one way only.
    pub(crate) fn is_guess(&self) -> bool {
        matches!(self.kind, RepairKind::Typo | RepairKind::Glued)
    }
}

/// What happened to a repaired token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// Typed in Telex with the input method off.
    Telex,
    /// Typed in VNI with the input method off.
    Vni,
    /// One key slipped.
    Typo,
    /// Spaces were missing.
    Glued,
}

impl Question {
    /// Reads a citizen's text. Any text is read in bounded time.
    pub(crate) fn read(text: &str, vocabulary: &Vocabulary) -> Question {
        let text = normalize(text);
        let mut runs = runs(&text);
        runs.truncate(QUESTION_WORDS_MAX);
        let mut reader = Reader {
            vocabulary,
            raw_telex: raw_telex_words(&runs, vocabulary) >= TELEX_WORDS_MIN,
            raw_vni: raw_vni_keys(&runs, vocabulary) >= VNI_KEYS_MIN,
            searches: 0,
        };
        let mut question = Question::default();
        let mut tokens: Vec<Word> = Vec::with_capacity(runs.len());
        let mut understood = String::new();
        let mut shown = 0;
        let mut end = 0;
        for (at, run) in runs.iter().enumerate() {
            let next = runs.get(at + 1).map(|next| Word::new(&next.text));
            let neighbours = (tokens.last().cloned(), next);
            let (words, repair) = reader.read(run, (neighbours.0.as_ref(), neighbours.1.as_ref()));
            if let Some(repair) = repair {
                understood.push_str(&text[shown..run.range.start]);
                understood.push_str(&repair.to);
                shown = run.range.end;
                question.repairs.push(repair);
            }
            time::push(&mut question.dated_words, &text[end..run.range.start], &text[run.range.clone()], &words);
            end = run.range.end;
            tokens.extend(words);
        }
        question.dated_words.truncate(QUESTION_WORDS_MAX);
        tokens.truncate(QUESTION_WORDS_MAX);
        question.accented = tokens.iter().any(Word::is_accented);
        question.all_words = read_chat(tokens);
        question.words = without_politeness(&question.all_words).to_vec();
        question.unknown = question.words.iter().filter(|word| !vocabulary.knows(word)).cloned().collect();
        question.alternatives =
            (0..question.words.len()).flat_map(|at| tables().alternatives.at_start(&question.words[at..])).map(<[Word]>::to_vec).collect();
        if !question.repairs.is_empty() {
            understood.push_str(&text[shown..]);
            question.understood = Some(understood.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        question
    }
}

struct Reader<'a> {
    vocabulary: &'a Vocabulary,
    /// Whether the message as a whole was typed so.
    raw_telex: bool,
    raw_vni: bool,
    /// Words looked up among all known words so far.
    searches: usize,
}

impl Reader<'_> {
    /// The words of one run and, when one was repaired, how.
    fn read(&mut self, run: &Run<'_>, neighbours: Neighbours<'_>) -> (Vec<Word>, Option<Repair>) {
        let words: Vec<Word> = pieces(&run.text).map(Word::new).collect();
        if words.len() > 1 {
            // Digits among letters: raw VNI, or a number glued to a word, which `pieces` has cut.
            return match decode_known(Method::Vni, &run.text, self.vocabulary).filter(|_| self.raw_vni) {
                Some(word) => self.repaired(run, vec![word], RepairKind::Vni),
                None => (words, None),
            };
        }
        // Among raw Telex, "max" is mã and no maximum, but "cho" stays cho.
        let foreign = self.raw_telex && !is_folded_syllable(&run.text);
        if foreign && let Some(word) = decode_known(Method::Telex, &run.text, self.vocabulary) {
            return self.repaired(run, vec![word], RepairKind::Telex);
        }
        let letters = run.text.chars().count();
        let Some(word) = words
            .first()
            .filter(|word| letters >= REPAIR_LETTERS_MIN && run.text.chars().all(char::is_alphabetic) && !self.vocabulary.knows(word))
        else {
            return (words, None);
        };
        if let Some(word) = decode_known(Method::Telex, &run.text, self.vocabulary) {
            return self.repaired(run, vec![word], RepairKind::Telex);
        }
        self.searches += 1;
        if self.searches > SEARCHES_MAX {
            return (words, None);
        }
        if let Some(pieces) = self.vocabulary.split(word) {
            return self.repaired(run, pieces, RepairKind::Glued);
        }
        // A well-formed syllable that no text holds is more likely a name than a slip, unless the words around it say otherwise.
        let well_formed = word.is_accented() && Syllable::parse(&word.syl).is_some_and(|syllable| syllable.is_pronounceable());
        match self.vocabulary.repair(word, neighbours, well_formed) {
            Some(word) => self.repaired(run, vec![word], RepairKind::Typo),
            None => (words, None),
        }
    }

    fn repaired(&self, run: &Run<'_>, words: Vec<Word>, kind: RepairKind) -> (Vec<Word>, Option<Repair>) {
        let to = words.iter().map(|word| word.syl.as_ref()).collect::<Vec<_>>().join(" ");
        (words, Some(Repair { from: run.text.to_string(), to, kind }))
    }
}

/// The word that a token types in this method, when it is a known one.
fn decode_known(method: Method, token: &str, vocabulary: &Vocabulary) -> Option<Word> {
    let known = |text: String| Some(Word::new(&text)).filter(|word| vocabulary.knows(word));
    method.decode(token).and_then(known).or_else(|| method.decode_abbreviation(token).and_then(known))
}

/// Words of a message that are unknown as they stand and known when read as Telex.
fn raw_telex_words(runs: &[Run<'_>], vocabulary: &Vocabulary) -> usize {
    let unknown =
        runs.iter().filter(|run| run.text.bytes().all(|byte| byte.is_ascii_lowercase()) && !vocabulary.knows(&Word::new(&run.text)));
    unknown.filter(|run| decode_known(Method::Telex, &run.text, vocabulary).is_some()).count()
}

/// Digits of a message that turn the letters around them into known words when read as VNI.
fn raw_vni_keys(runs: &[Run<'_>], vocabulary: &Vocabulary) -> usize {
    let mixed = runs
        .iter()
        .filter(|run| run.text.bytes().any(|byte| byte.is_ascii_digit()) && run.text.bytes().any(|byte| byte.is_ascii_alphabetic()));
    mixed
        .filter(|run| decode_known(Method::Vni, &run.text, vocabulary).is_some())
        .map(|run| run.text.bytes().filter(u8::is_ascii_digit).count())
        .sum()
}

/// The words between the greetings, calls and thanks at both ends.
pub(crate) fn without_politeness(words: &[Word]) -> &[Word] {
    let fillers = &tables().fillers;
    let mut words = words;
    while let Some((length, ())) = fillers.at_start(words).next() {
        words = &words[length..];
    }
    while let Some(length) =
        (1..=words.len()).rev().find(|&length| fillers.at_start(&words[words.len() - length..]).any(|(found, ())| found == length))
    {
        words = &words[..words.len() - length];
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocabulary() -> Vocabulary {
        let text = "quên mật khẩu vssid thì làm sao lấy lại mật khẩu mã số sổ bảo hiểm xã hội một lần rút được bao nhiêu tiền \
                    đóng lương hưu hưởng điện thoại của tôi";
        Vocabulary::of_text(text)
    }

    fn read(text: &str) -> Question {
        Question::read(text, &vocabulary())
    }

    fn words(question: &Question) -> String {
        question.words.iter().map(|word| word.syl.as_ref()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn questions_are_read_as_they_were_meant() {
        for (text, expected, understood) in [
            ("Quên mật khẩu VssID", "quên mật khẩu vssid", None),
            ("quen mat khau vssid thi lam sao z ad", "quen mat khau vssid thi lam sao", None),
            ("queen maatj khaaur vssid", "quên mật khẩu vssid", Some("quên mật khẩu vssid")),
            ("que6n ma65t kha6u3 vssid", "quên mật khẩu vssid", Some("quên mật khẩu vssid")),
            ("max soos bhxh cuar tooi", "mã số bhxh của tôi", Some("mã số bhxh của tôi")),
            ("so63 bhxh", "sổ bhxh", Some("sổ bhxh")),
            ("rut bhxh1lan", "rut bhxh một lần", None),
            ("quenmatkhau vssid?", "quen mat khau vssid", Some("quen mat khau vssid?")),
            (
                "Dạ cho em hỏi quên mật khẩuu thì làm sao ạ, em cảm ơn ad",
                "quên mật khẩu thì làm sao",
                Some("dạ cho em hỏi quên mật khẩu thì làm sao ạ, em cảm ơn ad"),
            ),
            ("mẫu c06 tk1 2025", "mẫu c 06 tk 1 2025", None),
            ("xin chào ad ạ", "", None),
        ] {
            let question = read(text);
            assert_eq!((words(&question).as_str(), question.understood.as_deref()), (expected, understood), "{text}");
        }
    }

    #[test]
    fn words_with_several_readings_keep_them_all() {
        let question = read("dk vssid");
        let readings: Vec<String> =
            question.alternatives.iter().map(|words| words.iter().map(|word| word.syl.as_ref()).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(words(&question), "dk vssid");
        assert!(readings.contains(&"đăng ký".to_owned()) && readings.contains(&"điều kiện".to_owned()), "{readings:?}");
    }

    #[test]
    fn a_hostile_text_is_read_in_bounds() {
        for text in ["a".repeat(1_000_000), "😀".repeat(10_000), "a1".repeat(100_000), "qwx ".repeat(10_000), "\u{301}".repeat(50_000)] {
            assert!(read(&text).words.len() <= 2 * QUESTION_WORDS_MAX);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let question = read(&text);
            prop_assert!(question.words.len() <= question.all_words.len());
            prop_assert!(question.repairs.len() <= QUESTION_WORDS_MAX);
        }
    }
}
