//! One item of the policy news (tin chính sách): what changed, since when, whom it concerns. `news/<date>-<slug>.md`.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};
use toml::Spanned;

use crate::Faq;
use crate::check::raw_amount;
use crate::constants::{Constants, ResolveError};
use crate::documents::Documents;
use crate::markup::{self, Block, Placed, Span, map_spans, plain_text};
use crate::problem::{Problem, Severity};
use crate::source::{File, TOPIC_BYTES_MAX, line_at};
use crate::topic::{Citation, TopicId};

const FENCE: &str = "+++";
/// An expression that begins so is read as of the day before the change.
const BEFORE: &str = "before ";
/// A button and the first line of a message.
const TITLE_CHARS_MAX: usize = 110;
const SUMMARY_CHARS_MAX: usize = 320;
/// Differently worded questions find an item that its title alone does not.
const QUESTIONS_MIN: usize = 3;
const TOPICS_MAX: usize = 6;

/// The id of an item: a button carries it, so it has at most [`NewsId::BYTES_MAX`] of a-z, 0-9 and `-`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NewsId(Arc<str>);

impl NewsId {
    /// What fits into a button of Telegram beside what the tap means.
    pub const BYTES_MAX: usize = 56;

    /// Reads an id; `None` when it has not the form.
    pub fn parse(text: &str) -> Option<NewsId> {
        let fits = (1..=NewsId::BYTES_MAX).contains(&text.len());
        let form = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (fits && form).then(|| NewsId(text.into()))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for NewsId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NewsId, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        NewsId::parse(&text).ok_or_else(|| de::Error::custom("not the id of a news item"))
    }
}

impl Borrow<str> for NewsId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NewsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NewsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What news can be asked for and followed by. An item may have several, or none: then it is in "tất cả" only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Hưu trí.
    HuuTri,
    /// Thai sản.
    ThaiSan,
    /// Bảo hiểm y tế.
    Bhyt,
    /// Bảo hiểm thất nghiệp.
    Bhtn,
    /// VssID and other ways to deal with BHXH by phone or computer.
    Vssid,
}

impl Theme {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Theme; 5] = [Theme::HuuTri, Theme::ThaiSan, Theme::Bhyt, Theme::Bhtn, Theme::Vssid];

    /// The word for it in files, buttons and the database.
    pub fn name(self) -> &'static str {
        match self {
            Theme::HuuTri => "huu-tri",
            Theme::ThaiSan => "thai-san",
            Theme::Bhyt => "bhyt",
            Theme::Bhtn => "bhtn",
            Theme::Vssid => "vssid",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(name: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// Where an item was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As people read it: "Công báo", a feed's name.
    pub name: String,
    /// `https://`.
    pub url: String,
}

/// One item of the news: written for the FAQ, or fetched. Amounts are those of its own day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsItem {
    /// For a written one the name of its file: `2026-07-01-pension-increase`.
    pub id: NewsId,
    /// What changed, in one line.
    pub title: String,
    /// What it is filed under.
    pub themes: Vec<Theme>,
    /// The day of the news.
    pub published: Date,
    /// From when what it tells of holds; `None` when it tells of no rule.
    pub effective_from: Option<Date>,
    /// The last day on which it is news: afterwards it is marked old. `None`: see [`NewsItem::is_old`].
    pub relevant_to: Option<Date>,
    /// How citizens may ask for it. They feed the search and are never shown.
    pub questions: Vec<String>,
    /// What changed, in a few sentences.
    pub summary: Vec<Span>,
    /// Whom it concerns, what to do.
    pub details: Vec<Block>,
    /// The legal basis; empty for a fetched one.
    pub basis: Vec<Citation>,
    /// When the facts were checked; `None` for a fetched one.
    pub reviewed: Option<Date>,
    /// Where to read more.
    pub source: Source,
    /// A video about it, `https://`.
    pub video: Option<String>,
    /// Topics of the FAQ about the same matter, most likely first.
    pub topics: Vec<TopicId>,
    /// Those of them whose facts it changed: their answers point to it while it is new.
    pub changes: Vec<TopicId>,
    /// Kept at the top of lists.
    pub pinned: bool,
}

impl NewsItem {
    /// An item without an end of its own is old after two years: by then what it announces is simply the rule.
    const RELEVANT_DAYS_MAX: i64 = 730;

    /// Whether it is past its relevance.
    pub fn is_old(&self, today: Date) -> bool {
        let to = self.relevant_to.or_else(|| self.since().checked_add(NewsItem::RELEVANT_DAYS_MAX.days()).ok());
        to.is_some_and(|to| to < today)
    }

    /// From when it holds, or when it was published.
    pub fn since(&self) -> Date {
        self.effective_from.unwrap_or(self.published)
    }

    /// Whether it is filed under a theme; `None` is all.
    pub fn is_about(&self, theme: Option<Theme>) -> bool {
        theme.is_none_or(|theme| self.themes.contains(&theme))
    }

    /// Summary and details as one plain text. For the index.
    pub fn plain_text(&self) -> String {
        let mut text = plain_text(&self.summary);
        for block in &self.details {
            text.push('\n');
            match block {
                Block::Heading { text: heading } => text.push_str(heading),
                block => text.push_str(&plain_text(block.spans())),
            }
        }
        text
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    themes: Vec<Spanned<String>>,
    questions: Vec<String>,
    basis: Vec<Spanned<RawBasis>>,
    #[serde(deserialize_with = "crate::date::deserialize")]
    effective_from: Date,
    #[serde(default, deserialize_with = "crate::date::deserialize_option")]
    relevant_to: Option<Date>,
    #[serde(deserialize_with = "crate::date::deserialize")]
    reviewed: Date,
    source: Source,
    #[serde(default)]
    video: Option<String>,
    topics: Vec<Spanned<TopicId>>,
    #[serde(default)]
    changes: Vec<Spanned<TopicId>>,
    #[serde(default)]
    pinned: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBasis {
    document: String,
    article: String,
}

/// An item as it stands in its file, with what the checks need.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) item: Arc<NewsItem>,
    /// `(line, text as typed)` of everything that is read.
    texts: Vec<(usize, String)>,
    links: Vec<(usize, TopicId)>,
}

/// The file of an item.
fn path_of(id: &NewsId) -> String {
    format!("news/{id}.md")
}

/// The day that the name of an item begins with.
fn day_of(id: &NewsId) -> Option<Date> {
    let (day, rest) = id.as_str().split_at_checked("2026-07-01".len())?;
    if rest.len() < "-a".len() || !rest.starts_with('-') { None } else { day.parse().ok() }
}

/// Parses one file. `None` when a problem was found that leaves no item; every problem is pushed.
pub(crate) fn parse(file: &File, constants: &Constants, documents: &Documents, problems: &mut Vec<Problem>) -> Option<Written> {
    let path = file.path.as_str();
    let mut complain = |line, message: String| problems.push(Problem::new(path, line, message));
    let name = path.strip_prefix("news/").and_then(|name| name.strip_suffix(".md")).and_then(NewsId::parse);
    let Some((id, published)) = name.and_then(|id| Some((id.clone(), day_of(&id)?))) else {
        complain(0, "the name is no news id: expected news/<yyyy-mm-dd>-<slug>.md of a-z, 0-9 and -".to_owned());
        return None;
    };
    let text = file.text().replace("\r\n", "\n");
    if text.len() > TOPIC_BYTES_MAX {
        complain(0, format!("{} bytes, an item has at most {TOPIC_BYTES_MAX}", text.len()));
        return None;
    }
    let Some((front, body)) =
        text.strip_prefix(FENCE).and_then(|rest| rest.strip_prefix('\n')).and_then(|rest| rest.split_once(&format!("\n{FENCE}\n")))
    else {
        complain(1, "expected front matter between two lines `+++`".to_owned());
        return None;
    };
    let front_line = |offset: usize| 1 + line_at(front, offset);
    let matter: FrontMatter = match toml::from_str(front) {
        Ok(matter) => matter,
        Err(error) => {
            complain(error.span().map_or(1, |span| front_line(span.start)), error.message().to_owned());
            return None;
        }
    };
    let themes = matter.themes.iter().filter_map(|theme| {
        let known = Theme::parse(theme.as_ref());
        if known.is_none() {
            complain(front_line(theme.span().start), format!("unknown theme `{}`", theme.as_ref()));
        }
        known
    });
    let themes = themes.collect();
    let basis = matter.basis.iter().filter_map(|basis| {
        let RawBasis { document: key, article } = basis.as_ref();
        let document = documents.get(key);
        if document.is_none() {
            complain(front_line(basis.span().start), format!("unknown document `{key}`: add it to documents.toml"));
        }
        let document = document?;
        let (title, url) = (document.title.clone(), document.url.clone());
        Some(Citation { document: title, article: article.clone(), url, effective_from: document.from })
    });
    let basis: Vec<Citation> = basis.collect();
    if basis.is_empty() {
        complain(1, "no legal basis".to_owned());
    }
    let first_line = front.lines().count() + 3;
    let parsed = markup::parse(path, body, first_line, problems);
    let mut texts = vec![(2, matter.title.clone())];
    for Placed { block, lines } in &parsed.blocks {
        match block {
            Block::Heading { text } => texts.push((lines.first().copied().unwrap_or(first_line), text.clone())),
            block => texts.extend(lines.iter().copied().zip(block.texts().into_iter().map(plain_text))),
        }
    }
    let read = |text: &str| resolve(text, matter.effective_from, constants);
    for (line, text) in &texts {
        if let Err(error) = read(text) {
            problems.push(Problem::new(path, *line, error.to_string()));
        }
    }
    let mut blocks = parsed.blocks.into_iter().map(|placed| placed.block);
    let Some(Block::Paragraph { spans }) = blocks.next() else {
        problems.push(Problem::new(path, first_line, "expected the summary, a paragraph, first"));
        return None;
    };
    let links = matter.topics.iter().chain(&matter.changes).map(|topic| (front_line(topic.span().start), topic.as_ref().clone()));
    let links = links.chain(parsed.links.into_iter().filter_map(|link| Some((link.line, TopicId::parse(&link.topic)?)))).collect();
    let item = NewsItem {
        title: read(&matter.title).ok()?,
        themes,
        published,
        effective_from: Some(matter.effective_from),
        relevant_to: matter.relevant_to,
        questions: matter.questions,
        summary: map_spans(&spans, &read).ok()?,
        details: blocks.map(|block| block.map_text(&read)).collect::<Result<_, _>>().ok()?,
        basis,
        reviewed: Some(matter.reviewed),
        source: matter.source,
        video: matter.video,
        topics: matter.topics.into_iter().map(Spanned::into_inner).collect(),
        changes: matter.changes.into_iter().map(Spanned::into_inner).collect(),
        pinned: matter.pinned,
        id,
    };
    Some(Written { item: Arc::new(item), texts, links })
}

/// Amounts as of the day on which the change takes effect; `{{before ...}}` as of the day before it.
fn resolve(text: &str, day: Date, constants: &Constants) -> Result<String, ResolveError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&format!("{{{{{BEFORE}")) {
        out.push_str(&constants.resolve(before, day)?);
        let (expression, after) = after.split_once("}}").unwrap_or((after, ""));
        let eve = day.checked_sub(1.day()).unwrap_or(day);
        out.push_str(&constants.resolve(&format!("{{{{{expression}}}}}"), eve)?);
        rest = after;
    }
    out.push_str(&constants.resolve(rest, day)?);
    Ok(out)
}

/// What a reviewer would send back.
pub(crate) fn check(faq: &Faq, Written { item, texts, links }: &Written, today: Date, problems: &mut Vec<Problem>) {
    let path = path_of(&item.id);
    let mut complain = |line, message: String| problems.push(Problem::new(&path, line, message));
    for (line, topic) in links {
        if faq.topic(topic.as_str()).is_none() {
            complain(*line, format!("unknown topic `{topic}`"));
        }
    }
    for changed in item.changes.iter().filter(|changed| !item.topics.contains(changed)) {
        complain(1, format!("changes `{changed}`, which is not among its topics"));
    }
    if item.topics.len() > TOPICS_MAX {
        complain(1, format!("{} topics, at most {TOPICS_MAX}", item.topics.len()));
    }
    if item.questions.len() < QUESTIONS_MIN || item.questions.iter().any(|question| question.trim().is_empty()) {
        complain(1, format!("at least {QUESTIONS_MIN} questions, none of them empty"));
    }
    let title = item.title.chars().count();
    if !(1..=TITLE_CHARS_MAX).contains(&title) {
        complain(2, format!("the title has {title} characters, at most {TITLE_CHARS_MAX}"));
    }
    let summary = plain_text(&item.summary).chars().count();
    if summary > SUMMARY_CHARS_MAX {
        complain(1, format!("the summary has {summary} characters, at most {SUMMARY_CHARS_MAX}"));
    }
    for url in std::iter::once(&item.source.url).chain(&item.video) {
        if !url.starts_with("https://") {
            complain(1, format!("`{url}`: expected https://"));
        }
    }
    if item.source.name.trim().is_empty() {
        complain(1, "the source has no name".to_owned());
    }
    if item.relevant_to.is_some_and(|to| to < item.since()) {
        complain(1, "relevant_to is before effective_from".to_owned());
    }
    for (line, text) in texts {
        if let Some(amount) = raw_amount(text) {
            complain(*line, format!("amount typed by hand: `{amount}`; name it through constants.toml"));
        }
    }
    let (reviewed, published) = (item.reviewed.unwrap_or(today), item.published);
    if reviewed > today || published > today {
        problems.push(Problem::new(&path, 1, format!("dated {published}, reviewed {reviewed}: yet to come")).with(Severity::Due));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const CONSTANTS: &str = r#"[fee]
label = "Phí"
unit = "dong"
values = [
  { from = 2020-01-01, to = 2026-06-30, value = 1000, basis = "Điều 1" },
  { from = 2026-07-01, value = 2000, basis = "Điều 2" },
]
"#;
    const ITEM: &str = r#"+++
title = "Phí lên {{fee}}"
themes = ["vssid"]
questions = ["phí mới", "phí bao nhiêu", "phí tăng chưa"]
basis = [{ document = "guide", article = "Mục I" }]
effective_from = 2026-07-01
reviewed = 2026-07-02
source = { name = "Hướng dẫn", url = "https://guide.example/" }
topics = []
+++
Từ 01/07/2026 phí là {{fee * 50%}}, trước đó {{before fee}}.

## Ai
- Mọi người
"#;

    fn read(name: &str, text: &str) -> (Option<Written>, Vec<String>) {
        let mut problems = Vec::new();
        let constants = Constants::parse(CONSTANTS, &mut problems);
        let documents = "[guide]\ntitle = \"Hướng dẫn\"\nurl = \"https://guide.example/\"\nfrom = 2020-01-01\n";
        let documents = Documents::parse(documents, &mut problems);
        let written = parse(&File::new(name, text), &constants, &documents, &mut problems);
        (written, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn amounts_are_those_of_the_day_of_the_change_and_of_the_day_before() {
        let (written, problems) = read("news/2026-07-01-fee.md", ITEM);
        assert_eq!(problems, [""; 0]);
        let item = written.expect("an item").item;
        assert_eq!(item.title, "Phí lên 2.000 đồng");
        assert_eq!(plain_text(&item.summary), "Từ 01/07/2026 phí là 1.000 đồng, trước đó 1.000 đồng.");
        assert_eq!((item.published, item.themes.as_slice()), (date(2026, 7, 1), [Theme::Vssid].as_slice()));
        assert!(!item.is_old(date(2028, 6, 30)));
        assert!(item.is_old(date(2028, 7, 1)));
    }

    #[test]
    fn problems_name_file_and_line() {
        let check = |name: &str, from: &str, to: &str, want: &str| {
            let (_, problems) = read(name, &ITEM.replacen(from, to, 1));
            assert!(problems.iter().any(|problem| problem.starts_with(want)), "{want}: {problems:?}");
        };
        check("news/fee.md", "", "", "news/fee.md:0: the name is no news id");
        check("news/2026-02-30-fee.md", "", "", "news/2026-02-30-fee.md:0: the name is no news id");
        check("news/2026-07-01-fee.md", "\"vssid\"", "\"all\"", "news/2026-07-01-fee.md:3: unknown theme `all`");
        check("news/2026-07-01-fee.md", "guide\"", "guid\"", "news/2026-07-01-fee.md:5: unknown document `guid`");
        check("news/2026-07-01-fee.md", "before fee", "before fees", "news/2026-07-01-fee.md:11: unknown constant `fees`");
        check("news/2026-07-01-fee.md", "title", "titel", "news/2026-07-01-fee.md:2: unknown field `titel`");
    }
}
