//! Messages that are no question to the FAQ: greetings, thanks, commands. Recognised only when they are the whole message.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::text::phrases::{PhraseTable, tables};
use crate::text::words::{Word, literal_words, read_chat};

/// A longer message is a question or a story.
const INTENT_WORDS_MAX: usize = 24;

/// What a message wants that is no question to the FAQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// "xin chào"
    Greeting,
    /// "cảm ơn bạn"
    Thanks,
    /// "tạm biệt"
    Goodbye,
    /// Abuse, or plain displeasure with the bot.
    Insult,
    /// "hay quá"
    Praise,
    /// "bạn là ai?"
    WhoAreYou,
    /// "bạn giúp được gì?"
    Help,
    /// Wants a person.
    Human,
    /// "thôi, hủy"
    Cancel,
    /// "nhắc lại đi"
    Repeat,
    /// "đúng rồi"
    Affirm,
    /// "không ạ"
    Deny,
    /// "chưa đúng ý tôi"
    NotWhatIMeant,
    /// About one's own file: only the verified lookup can answer.
    Lookup,
    /// Wants something near.
    Nearby,
    /// Wants the policy news.
    News,
    /// "xóa dữ liệu của tôi"
    EraseData,
    /// Asks the bot for what it does not do: songs, the weather, the time.
    OutOfScopeCommand,
    /// Nothing but emoji, punctuation or fillers.
    Empty,
}

#[derive(Default, Deserialize)]
struct Table {
    intent: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: Intent,
    phrases: Vec<String>,
}

/// Phrases to their intent and its rank in the file; a lower rank wins.
static PHRASES: LazyLock<PhraseTable<(usize, Intent)>> = LazyLock::new(|| {
    // The file is part of the program and read by a test: an unreadable one leaves every message a question.
    let table: Table = toml::from_str(include_str!("../data/intents.toml")).unwrap_or_default();
    PhraseTable::new(
        table
            .intent
            .into_iter()
            .enumerate()
            .flat_map(|(rank, row)| row.phrases.into_iter().map(move |phrase| (read_chat(literal_words(&phrase)), (rank, row.name)))),
    )
});

/// The intent of a message, given all its words; `None` for a question.
pub(crate) fn of_words(words: &[Word]) -> Option<Intent> {
    if words.is_empty() {
        return Some(Intent::Empty);
    }
    if words.len() > INTENT_WORDS_MAX {
        return None;
    }
    // covered[n]: how the first n words were covered best. Few fillers are better, as a phrase that is both is an intent; then few
    // phrases, as "xin chào" is one and not "xịn" and "chào"; then the file's order.
    let mut covered: Vec<Option<Cover>> = vec![None; words.len() + 1];
    covered[0] = Some(Cover { fillers: 0, phrases: 0, intent: None });
    for at in 0..words.len() {
        let Some(before) = covered[at] else { continue };
        let rest = &words[at..];
        let phrases = PHRASES.at_start(rest).map(|(length, &intent)| {
            let intent = before.intent.map_or(intent, |other: (usize, Intent)| if other.0 <= intent.0 { other } else { intent });
            (length, Cover { phrases: before.phrases + 1, intent: Some(intent), ..before })
        });
        let fillers = tables().fillers.at_start(rest).map(|(length, ())| (length, Cover { fillers: before.fillers + length, ..before }));
        for (length, cover) in phrases.chain(fillers) {
            let end = &mut covered[at + length];
            if end.is_none_or(|known| cover.is_better(known)) {
                *end = Some(cover);
            }
        }
    }
    covered[words.len()].map(|cover| cover.intent.map_or(Intent::Empty, |(_, intent)| intent))
}

#[derive(Clone, Copy)]
struct Cover {
    /// Words covered by fillers.
    fillers: usize,
    /// Phrases of intents.
    phrases: usize,
    intent: Option<(usize, Intent)>,
}

impl Cover {
    fn is_better(self, other: Cover) -> bool {
        let rank = |cover: Cover| (cover.fillers, cover.phrases, cover.intent.map_or(usize::MAX, |(rank, _)| rank));
        rank(self) < rank(other)
    }
}

/// All words of the phrases: known, so never repaired.
pub(crate) fn words() -> impl Iterator<Item = &'static Word> {
    PHRASES.words()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words::Analyzer;
    use proptest::prelude::*;

    fn intent(text: &str) -> Option<Intent> {
        of_words(&Analyzer::default().citizen_words(text))
    }

    #[test]
    fn whole_messages_have_intents() {
        for (text, expected) in [
            ("xin chào", Intent::Greeting),
            ("Chào ad ạ!", Intent::Greeting),
            ("alo", Intent::Greeting),
            ("cảm ơn bạn nhiều nhé ạ", Intent::Thanks),
            ("dạ em cảm ơn ad", Intent::Thanks),
            ("tks", Intent::Thanks),
            ("tam biet", Intent::Goodbye),
            ("bot ngu quá", Intent::Insult),
            ("vcl", Intent::Insult),
            ("hay quá", Intent::Praise),
            ("bạn là ai vậy?", Intent::WhoAreYou),
            ("bạn giúp được gì", Intent::Help),
            ("cho gặp nhân viên đi ạ", Intent::Human),
            ("xin chào, cho tôi gặp tổng đài viên", Intent::Human),
            ("hủy", Intent::Cancel),
            ("nhắc lại đi", Intent::Repeat),
            ("ok ad", Intent::Affirm),
            ("không ạ", Intent::Deny),
            ("ko", Intent::Deny),
            ("chưa đúng ý tôi", Intent::NotWhatIMeant),
            ("tra cứu", Intent::Lookup),
            ("cơ quan bhxh gần nhất ở đâu ạ", Intent::Nearby),
            ("tin tức", Intent::News),
            ("xóa dữ liệu của tôi", Intent::EraseData),
            ("kể chuyện cười đi", Intent::OutOfScopeCommand),
            ("", Intent::Empty),
            ("😀😀 ???", Intent::Empty),
            ("ạ", Intent::Empty),
        ] {
            assert_eq!(intent(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn questions_have_none() {
        for text in [
            "cảm ơn ad, cho hỏi quên mật khẩu thì làm sao",
            "xin chào, tôi muốn rút bhxh một lần",
            "hủy hồ sơ đã nộp thì làm sao",
            "không đúng thông tin trên thẻ bhyt",
            "không có thẻ",
            "nhân viên bhxh thái độ kém",
            "xóa tài khoản vssid",
            "bhxh",
        ] {
            assert_eq!(intent(text), None, "{text}");
        }
    }

    #[test]
    fn every_intent_is_in_the_table() {
        let table: Table = toml::from_str(include_str!("../data/intents.toml")).expect("the table parses");
        assert_eq!(table.intent.len(), 18, "all but Empty");
        for row in table.intent {
            for phrase in row.phrases {
                assert!(intent(&phrase).is_some(), "{phrase}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_may_be_asked(text in any::<String>()) {
            intent(&text);
        }
    }
}
