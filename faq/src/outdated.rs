//! Statements that were once true and still circulate: an answer must not say them as today's rule.

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use crate::constants::without_expressions;
use crate::documents::Documents;
use crate::markup::{fold, plain_text};
use crate::problem::Problem;
use crate::source::line_at;
use crate::topic::Topic;

const FILE: &str = "outdated.toml";
/// Stands in a phrase for any words of the sentence.
const GAP: &str = "...";
/// A word for the past excuses what stands so near. Farther away it speaks about something else.
const PAST_WORDS_AWAY_MAX: usize = 10;

/// What must not be said, and the words that make it right after all.
#[derive(Debug, Default)]
pub(crate) struct Outdated {
    past: Vec<Vec<String>>,
    statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug)]
struct Statement {
    phrases: Vec<Phrase>,
    unless: Vec<Vec<String>>,
    was: String,
    instead: String,
    /// Title of the document and the place in it.
    source: String,
    example: String,
}

/// Parts of words that follow each other, with any words between the parts.
#[derive(Debug)]
struct Phrase {
    /// As in the file.
    written: String,
    parts: Vec<Vec<Wanted>>,
}

/// A word that is looked for.
#[derive(Debug)]
struct Wanted {
    accented: String,
    bare: String,
}

impl Wanted {
    fn new(accented: String) -> Wanted {
        Wanted { bare: fold(&accented), accented }
    }

    /// Whether a word is this one, typed with its accents or with none: "quản" is not "quận", and "quan" may be.
    fn is(&self, word: &str) -> bool {
        word == self.accented || word == self.bare
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutdated {
    past: Vec<String>,
    #[serde(default)]
    statement: Vec<Spanned<RawStatement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatement {
    phrases: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    was: String,
    instead: String,
    source: RawSource,
    example: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    document: String,
    article: String,
}

impl Outdated {
    /// Reads the file; an empty one forbids nothing.
    pub(crate) fn parse(text: &str, documents: &Documents, problems: &mut Vec<Problem>) -> Outdated {
        if text.is_empty() {
            return Outdated::default();
        }
        let raw: RawOutdated = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                let line = error.span().map_or(0, |span| line_at(text, span.start));
                problems.push(Problem::new(FILE, line, error.message()));
                return Outdated::default();
            }
        };
        let mut outdated = Outdated { past: raw.past.iter().map(|words| words_of(words)).collect(), statements: Vec::new() };
        for statement in raw.statement {
            let line = line_at(text, statement.span().start);
            let mut complain = |message: String| problems.push(Problem::new(FILE, line, message));
            let RawStatement { phrases, unless, was, instead, source, example } = statement.into_inner();
            let document = documents.get(&source.document);
            if document.is_none() {
                complain(format!("unknown document `{}`: add it to documents.toml", source.document));
            }
            let phrases: Vec<Phrase> = phrases.into_iter().map(Phrase::parse).collect();
            if let Some(phrase) = phrases.iter().find(|phrase| phrase.parts.is_empty()) {
                complain(format!("a phrase without words: `{}`", phrase.written));
            }
            let title = document.map_or(source.document.as_str(), |document| document.title.as_str());
            let statement = Statement {
                source: format!("{title}, {}", source.article),
                unless: unless.iter().map(|words| words_of(words)).collect(),
                phrases,
                was,
                instead,
                example,
            };
            if outdated.phrase_in(&statement, &statement.example, "").is_none() {
                complain(format!("no phrase gives the example away: {}", statement.example));
            }
            outdated.statements.push(statement);
        }
        outdated
    }

    /// Every outdated statement that an answer makes as today's rule on `today`.
    pub(crate) fn check(&self, topic: &Topic, today: Date, problems: &mut Vec<Problem>) {
        for (line, section, spans) in topic.texts() {
            if section.is_some_and(|section| section.is_past(today)) {
                continue;
            }
            let heading = section.map_or("", |section| section.heading.as_str());
            // What is named through `constants.toml` is never old.
            for sentence in sentences(&without_expressions(&plain_text(spans))) {
                for statement in &self.statements {
                    if let Some(phrase) = self.phrase_in(statement, sentence, heading) {
                        let Statement { was, instead, source, .. } = statement;
                        let message = format!("outdated: `{phrase}` ({was}); now: {instead} ({source})");
                        problems.push(Problem::new(topic.path(), line, message));
                    }
                }
            }
        }
    }

    /// The phrase of a statement by which a sentence says it as today's rule.
    fn phrase_in<'a>(&self, statement: &'a Statement, sentence: &str, heading: &str) -> Option<&'a str> {
        let words = words_of(sentence);
        let holds = |words: &[String], wanted: &[String]| !wanted.is_empty() && words.windows(wanted.len()).any(|window| window == wanted);
        let heading = words_of(heading);
        if statement.unless.iter().any(|unless| holds(&words, unless)) || self.past.iter().any(|past| holds(&heading, past)) {
            return None;
        }
        let said = statement.phrases.iter().filter_map(|phrase| Some((phrase, phrase.find(&words)?)));
        let mut said = said.filter(|(_, (start, end))| {
            let near = start.saturating_sub(PAST_WORDS_AWAY_MAX)..(end + PAST_WORDS_AWAY_MAX).min(words.len());
            !self.past.iter().any(|past| holds(&words[near.clone()], past))
        });
        said.next().map(|(phrase, _)| phrase.written.as_str())
    }
}

impl Phrase {
    fn parse(written: String) -> Phrase {
        let parts = written.split(GAP).map(|part| words_of(part).into_iter().map(Wanted::new).collect::<Vec<_>>());
        Phrase { parts: parts.filter(|part| !part.is_empty()).collect(), written }
    }

    /// Where the phrase begins and ends in a sentence, at its first occurrence.
    fn find(&self, words: &[String]) -> Option<(usize, usize)> {
        let mut start = None;
        let mut end = 0;
        for part in &self.parts {
            let at = end
                + words.get(end..)?.windows(part.len()).position(|window| part.iter().zip(window).all(|(wanted, word)| wanted.is(word)))?;
            start = start.or(Some(at));
            end = at + part.len();
        }
        Some((start?, end))
    }
}

/// The words of a text in lower case, with accents; `30%` is one word, `31/12` and `105.300` are two.
fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '%').filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// A sentence ends at a mark with white space behind it: `13/2023/NĐ-CP` and `105.300` hold none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut letters = rest.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let ends = letter == '\n'
                || (matches!(letter, '.' | '!' | '?') && letters.peek().is_some_and(|(_, next)| next.is_whitespace() || *next == '"'));
            if ends {
                let (sentence, after) = rest.split_at(at + letter.len_utf8());
                rest = after;
                return Some(sentence);
            }
        }
        Some(std::mem::take(&mut rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Faq;
    use crate::source::{File, embedded, find};

    const LIST: &str = r#"
past = ["trước đây", "không còn", "đã thay"]

[[statement]]
phrases = ["BHXH huyện", "học sinh ... 30%"]
unless = ["tối thiểu 50%"]
was = "đến 2025"
instead = "điều mới"
source = { document = "law", article = "Điều 1" }
example = "Nộp ở BHXH huyện."
"#;
    const LAW: &str = "law = { title = \"Luật\", url = \"https://law.example/\", from = 2020-01-01 }\n";

    fn outdated(list: &str) -> (Outdated, Vec<Problem>) {
        let mut problems = Vec::new();
        let documents = Documents::parse(LAW, &mut problems);
        let outdated = Outdated::parse(list, &documents, &mut problems);
        (outdated, problems)
    }

    #[test]
    fn the_old_rule_is_refused_unless_it_is_called_old() {
        let (outdated, problems) = outdated(LIST);
        assert_eq!(problems, []);
        let check = |text: &str, heading: &str, refused: bool| {
            let found = sentences(text).any(|sentence| outdated.phrase_in(&outdated.statements[0], sentence, heading).is_some());
            assert_eq!(found, refused, "{text}");
        };
        check("Bạn nộp ở BHXH huyện.", "", true);
        check("Ban nop o bhxh HUYEN nhe", "", true);
        check("Nộp ở BHXH, huyện nào cũng được.", "", true);
        check("Học sinh, sinh viên được hỗ trợ 30% tiền đóng.", "", true);
        check("Học sinh đóng 130%.", "", false);
        check("Hỏi cơ quan BHXH huyền thoại.", "", false);
        check("Nay không còn BHXH huyện.", "", false);
        check("BHXH huyện trước đây nay là BHXH cơ sở.", "", false);
        check("Học sinh được 30% và tỉnh thêm cho tối thiểu 50%.", "", false);
        check("Bạn nộp ở BHXH huyện.", "Tên đã thay", false);
        // The past of another sentence, or of something far away in the same one, excuses nothing.
        check("Thẻ giấy không còn. Bạn nộp ở BHXH huyện.", "", true);
        check("Bạn không còn đi làm ở công ty mà muốn tiếp tục đóng cho đủ năm thì đến BHXH huyện.", "", true);
    }

    #[test]
    fn a_list_that_is_not_in_order_is_told_with_its_line() {
        let told = |from: &str, to: &str| {
            let problems = outdated(&LIST.replacen(from, to, 1)).1;
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(told("Nộp ở BHXH huyện", "Nộp ở BHXH"), @"
        outdated.toml:4: no phrase gives the example away: Nộp ở BHXH.
        ");
        insta::assert_snapshot!(told("\"law\"", "\"lore\""), @"
        outdated.toml:4: unknown document `lore`: add it to documents.toml
        ");
        insta::assert_snapshot!(told("\"BHXH huyện\"", "\"... ,\""), @"
        outdated.toml:4: a phrase without words: `... ,`
        outdated.toml:4: no phrase gives the example away: Nộp ở BHXH huyện.
        ");
        insta::assert_snapshot!(told("was =", "is ="), @"
        outdated.toml:7: unknown field `is`, expected one of `phrases`, `unless`, `was`, `instead`, `source`, `example`
        ");
        insta::assert_snapshot!(told("past =", "past = ="), @"
        outdated.toml:2: extra `=`, expected nothing
        ");
    }

    #[test]
    fn an_answer_is_refused_at_its_line_and_an_earlier_time_is_not() {
        let topic = "+++\ntitle = \"Nơi nộp\"\nquestions = []\nbasis = [{ document = \"law\", article = \"Điều 1\" }]\n\
            effective_from = 2020-01-01\nreviewed = 2026-06-01\nreview_by = 2027-06-01\nrelated = []\nactions = []\naliases = []\n+++\n\
            Nộp ở nơi bạn ở.\n\n## Nơi nộp\n- Cơ quan BHXH.\n- Hoặc **BHXH** huyện.\n\n## Trước 01/07/2025\n- Nộp ở BHXH huyện.\n";
        let files = vec![File::new("content/service/place.md", topic), File::new("documents.toml", LAW), File::new("outdated.toml", LIST)];
        let faq = Faq::parse(files, "v1".to_owned()).unwrap_or_else(|error| panic!("{error}"));
        let told = |today: Date| {
            let mut problems = Vec::new();
            faq.topics().iter().for_each(|topic| faq.outdated.check(topic, today, &mut problems));
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(told(Date::constant(2026, 11, 26)), @"
        content/service/place.md:16: outdated: `BHXH huyện` (đến 2025); now: điều mới (Luật, Điều 1)
        ");
        assert_eq!(told(Date::constant(2025, 6, 30)).lines().count(), 2, "the section was today's rule then");
    }

    #[test]
    fn what_holds_instead_is_never_refused() {
        let files = embedded();
        let mut problems = Vec::new();
        let documents = Documents::parse(&find(&files, "documents.toml"), &mut problems);
        let outdated = Outdated::parse(&find(&files, FILE), &documents, &mut problems);
        assert_eq!(problems, []);
        assert!(outdated.statements.len() >= 30, "{}", outdated.statements.len());
        for Statement { instead, .. } in &outdated.statements {
            let refused = outdated.statements.iter().find_map(|other| outdated.phrase_in(other, instead, ""));
            assert_eq!(refused, None, "{instead}");
        }
    }

    #[test]
    fn sentences_end_where_people_see_their_end() {
        let text = "Đóng 105.300 đồng. Theo 13/2023/NĐ-CP? Có.\nHết";
        assert_eq!(sentences(text).collect::<Vec<_>>(), ["Đóng 105.300 đồng.", " Theo 13/2023/NĐ-CP?", " Có.", "\n", "Hết"]);
    }
}
