//! One topic: front matter, answer, sections for two times.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};
use toml::Spanned;

use crate::constants::Constants;
use crate::documents::Documents;
use crate::markup::{self, Block, Link, Placed, Span, anchor, map_spans, plain_text};
use crate::period::{About, Period};
use crate::problem::Problem;
use crate::rule::{self, Dated, Kind, Rule};
use crate::source::{File, TOPIC_BYTES_MAX, line_at};

/// The fence around the front matter.
const FENCE: &str = "+++";
const AUTHORED_CHARS_MAX: usize = 1_000;

/// The id of a topic: `<domain>/<slug>`, lower-case letters, digits and `-`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TopicId(Arc<str>);

impl TopicId {
    /// Reads an id; `None` when it has not the form `<domain>/<slug>`.
    pub fn parse(text: &str) -> Option<TopicId> {
        let (domain, slug) = text.split_once('/')?;
        let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (text.len() <= 100 && word(domain) && word(slug)).then(|| TopicId(text.into()))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash: bhxh, bhxh-tn, bhyt, bhtn, vssid, account, service.
    pub fn domain(&self) -> &str {
        self.0.split_once('/').map_or("", |(domain, _)| domain)
    }
}

impl<'de> Deserialize<'de> for TopicId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TopicId, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        TopicId::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not a topic id like bhyt/referral-form")))
    }
}

impl Borrow<str> for TopicId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the bot can do for someone who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Look their own record up, after verification.
    Lookup,
    /// Find the nearest office of BHXH.
    NearOffice,
    /// Find the nearest collection point (điểm thu).
    NearCollectionPoint,
    /// Find the nearest facility (cơ sở khám chữa bệnh).
    NearFacility,
    /// Read the policy news.
    News,
    /// Talk to an operator.
    Operator,
    /// Calculate the lump sum (BHXH một lần).
    CalcLumpSum,
    /// Calculate the pension.
    CalcPension,
    /// Calculate the day of the retirement age.
    CalcRetirementDate,
    /// Calculate the unemployment benefit.
    CalcUnemployment,
    /// Calculate the maternity benefit.
    CalcMaternity,
    /// Calculate the sickness benefit.
    CalcSickness,
    /// Calculate a household's health insurance premium.
    CalcHouseholdHealth,
    /// Calculate voluntary contributions.
    CalcVoluntary,
    /// Calculate what health insurance pays of a bill.
    CalcBill,
}

/// One legal basis of an answer, as written in the front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Key into `documents.toml`.
    pub document: String,
    /// The exact place: "Điều 54 khoản 2".
    pub article: String,
    pub(crate) line: usize,
}

/// A legal basis as citizens read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Title of the document.
    pub document: String,
    /// The place in it.
    pub article: String,
    /// Official page.
    pub url: String,
    /// From when the document is in force.
    pub effective_from: Date,
}

/// A part of the details under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Empty for the text before the first heading.
    pub heading: String,
    /// Set when the section is about another time than today.
    pub period: Option<Period>,
    /// The blocks below the heading, amounts unresolved.
    pub blocks: Vec<Block>,
    pub(crate) line: usize,
    /// Of each block, where its texts begin: see [`Placed::lines`].
    pub(crate) text_lines: Vec<Vec<usize>>,
}

impl Section {
    /// The day whose amounts are read in this section on `today`: of one about another time the day that is nearest to today.
    pub(crate) fn day(&self, today: Date) -> Date {
        self.period.map_or(today, |period| period.nearest(today))
    }

    /// The blocks with the amounts of a day; `None` when one has no value then.
    fn read(&self, day: Date, constants: &Constants) -> Option<Vec<Block>> {
        self.blocks.iter().map(|block| block.map_text(&|text| constants.resolve(text, day)).ok()).collect()
    }

    /// Whether the days that it is about are over on `today`.
    pub(crate) fn is_past(&self, today: Date) -> bool {
        self.period.and_then(|period| period.to).is_some_and(|to| to < today)
    }

    fn push(&mut self, placed: Placed) {
        self.blocks.push(placed.block);
        self.text_lines.push(placed.lines);
    }

    /// The texts below the heading with the lines where they begin.
    fn texts(&self) -> impl Iterator<Item = (usize, &[Span])> {
        let blocks = self.blocks.iter().zip(&self.text_lines);
        blocks.flat_map(|(block, lines)| lines.iter().copied().zip(block.texts()))
    }
}

/// One topic of the FAQ.
#[derive(Debug)]
pub struct Topic {
    /// `<domain>/<slug>`.
    pub id: TopicId,
    /// What it answers, in a citizen's words.
    pub title: String,
    /// Paraphrases that people may be shown.
    pub questions: Vec<String>,
    /// The legal basis, at least one.
    pub basis: Vec<Basis>,
    /// From when the rule holds.
    pub effective_from: Date,
    /// The last day of the rule; `None` while no end is known.
    pub effective_to: Option<Date>,
    /// When the facts were last checked.
    pub reviewed: Date,
    /// By when they must be checked again.
    pub review_by: Date,
    /// Neighbouring topics, most likely first.
    pub related: Vec<TopicId>,
    /// What the bot can do here.
    pub actions: Vec<Action>,
    /// Other ids of the same topic.
    pub aliases: Vec<TopicId>,
    /// The short answer, amounts unresolved.
    pub short: Vec<Span>,
    /// The details.
    pub sections: Vec<Section>,
    pub(crate) links: Vec<Link>,
    /// Lines of the front matter's list entries: questions, related and aliases, for the checks.
    pub(crate) question_lines: Vec<usize>,
    pub(crate) related_lines: Vec<usize>,
    pub(crate) alias_lines: Vec<usize>,
    pub(crate) effective_to_line: usize,
    pub(crate) review_by_line: usize,
    pub(crate) short_line: usize,
}

/// An answer as read on one day: amounts resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The short answer.
    pub short: Vec<Span>,
    /// The details.
    pub details: Vec<Block>,
    /// The legal basis.
    pub citations: Vec<Citation>,
    /// When the facts were last checked.
    pub reviewed: Date,
    /// The review is overdue: the reader is told.
    pub stale: bool,
    /// Which rule this is.
    pub rule: Rule,
    /// When other rules of the topic hold that the question may mean, newest first.
    pub other_times: Vec<Period>,
}

impl Topic {
    /// The file of the topic, relative to the FAQ folder.
    pub fn path(&self) -> String {
        format!("content/{}.md", self.id)
    }

    /// Title, short answer and details as one plain text, amounts unresolved. For the index.
    pub fn plain_text(&self) -> String {
        let mut text = plain_text(&self.short);
        for section in &self.sections {
            for part in std::iter::once(section.heading.clone()).chain(section.blocks.iter().map(|block| plain_text(block.spans()))) {
                text.push('\n');
                text.push_str(&part);
            }
        }
        text
    }

    /// Every text of the answer, amounts unresolved: the line where it begins, its section (`None` for the short answer), its spans.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, Option<&Section>, &[Span])> {
        let details = self.sections.iter().flat_map(|section| section.texts().map(move |(line, spans)| (line, Some(section), spans)));
        std::iter::once((self.short_line, None, self.short.as_slice())).chain(details)
    }

    pub(crate) fn answer(&self, today: Date, about: Option<&About>, constants: &Constants, documents: &Documents) -> Option<Answer> {
        if self.effective_to.is_some_and(|to| to < today) {
            return None;
        }
        let chosen = rule::choose(self, today, about, constants);
        let day = if let Kind::AmountsOn(day) = chosen.kind { day } else { today };
        let apart = |section: &Section| match &chosen.kind {
            Kind::Then(sections) => sections.iter().any(|(_, then)| then.line == section.line),
            _ => false,
        };
        let short = map_spans(&self.short, &|text| constants.resolve(text, day)).ok()?;
        let mut details = Vec::new();
        for section in self.sections.iter().filter(|section| !apart(section)) {
            if !section.heading.is_empty() {
                details.push(Block::Heading { text: section.heading.clone() });
            }
            details.extend(section.read(if section.period.is_none() { day } else { section.day(today) }, constants)?);
        }
        let rule = match chosen.kind {
            Kind::Today => Rule::Today,
            Kind::AmountsOn(_) => Rule::AmountsThen,
            Kind::TodayInstead { since } => Rule::TodayInstead { since },
            Kind::Then(sections) => {
                let read = |(period, section): (Period, &Section)| {
                    Some(Dated { period, heading: section.heading.clone(), blocks: section.read(section.day(today), constants)? })
                };
                Rule::Then(sections.into_iter().map(read).collect::<Option<_>>()?)
            }
        };
        let citations = self.basis.iter().filter_map(|basis| {
            let document = documents.get(&basis.document)?;
            Some(Citation {
                document: document.title.clone(),
                article: basis.article.clone(),
                url: document.url.clone(),
                effective_from: document.from,
            })
        });
        Some(Answer {
            short,
            details,
            citations: citations.collect(),
            reviewed: self.reviewed,
            stale: self.review_by < today,
            rule,
            other_times: chosen.offered,
        })
    }

    /// When the rule held that a dated section gives for this day; `None` when no section is about it.
    pub fn period_on(&self, day: Date) -> Option<Period> {
        self.sections.iter().filter_map(|section| section.period).find(|period| period.covers(day))
    }

    /// The anchors that links may name.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = String> {
        self.sections.iter().map(|section| anchor(&section.heading))
    }
}

/// A question written for the index by the authors: trains and feeds the search, is never shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authored {
    /// The topic that answers it.
    pub topic: TopicId,
    /// How it is worded. Of the first hand: short, ask, letter, formal; of the second: chat, headline, citizen, boundary; of the third:
    /// notice (officials' wording), person (circumstances), mail (long letters), phone (typed in haste), near (close to another topic).
    pub register: String,
    /// The question.
    pub text: String,
}

/// The authored questions as they stand in their files.
#[derive(Debug, Default)]
pub(crate) struct AuthoredQuestions {
    /// Sorted by topic.
    pub(crate) questions: Vec<Authored>,
    /// Rows whose topic does not exist: `(file, line, topic)`.
    pub(crate) orphans: Vec<(String, usize, String)>,
    /// Rows that cannot be read.
    pub(crate) problems: Vec<Problem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: Spanned<String>,
    questions: Vec<Spanned<String>>,
    basis: Vec<Spanned<RawBasis>>,
    #[serde(deserialize_with = "crate::date::deserialize")]
    effective_from: Date,
    #[serde(default, deserialize_with = "crate::date::deserialize_option")]
    effective_to: Option<Date>,
    #[serde(deserialize_with = "crate::date::deserialize")]
    reviewed: Date,
    #[serde(deserialize_with = "crate::date::deserialize")]
    review_by: Date,
    related: Vec<Spanned<TopicId>>,
    actions: Vec<Action>,
    aliases: Vec<Spanned<TopicId>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBasis {
    document: String,
    article: String,
}

/// Parses one topic file. `None` when a problem was found that leaves no topic; every problem is pushed.
pub(crate) fn parse(id: TopicId, file: &File, constants: &Constants, documents: &Documents, problems: &mut Vec<Problem>) -> Option<Topic> {
    let path = file.path.as_str();
    let text = file.text();
    if text.len() > TOPIC_BYTES_MAX {
        let message = format!("{} bytes, a topic has at most {TOPIC_BYTES_MAX}", text.len());
        problems.push(Problem::new(path, 0, message));
        return None;
    }
    // Editors on Windows save CRLF; lines stay the same.
    let text = text.replace("\r\n", "\n");
    let Some((front, body)) =
        text.strip_prefix(FENCE).and_then(|rest| rest.strip_prefix('\n')).and_then(|rest| rest.split_once(&format!("\n{FENCE}\n")))
    else {
        problems.push(Problem::new(path, 1, "expected front matter between two lines `+++`"));
        return None;
    };
    // The front matter begins on line 2.
    let front_line = |offset: usize| 1 + line_at(front, offset);
    let matter: FrontMatter = match toml::from_str(front) {
        Ok(matter) => matter,
        Err(error) => {
            let line = error.span().map_or(1, |span| front_line(span.start));
            problems.push(Problem::new(path, line, error.message()));
            return None;
        }
    };
    let key_line = |key: &str| front.lines().position(|line| line.starts_with(key)).map_or(1, |at| at + 2);
    let before = problems.len();
    let basis: Vec<Basis> = matter
        .basis
        .into_iter()
        .map(|raw| {
            let line = front_line(raw.span().start);
            let RawBasis { document, article } = raw.into_inner();
            Basis { document, article, line }
        })
        .collect();
    for basis in &basis {
        if documents.get(&basis.document).is_none() {
            let message = format!("unknown document `{}`: add it to documents.toml", basis.document);
            problems.push(Problem::new(path, basis.line, message));
        }
        if basis.article.trim().is_empty() {
            problems.push(Problem::new(path, basis.line, "a basis without its article"));
        }
    }
    if basis.is_empty() {
        problems.push(Problem::new(path, key_line("basis"), "no legal basis"));
    }
    if matter.title.as_ref().trim().is_empty() {
        problems.push(Problem::new(path, front_line(matter.title.span().start), "empty title"));
    }
    let first_line = front.lines().count() + 3;
    let parsed = markup::parse(path, body, first_line, problems);
    check_amounts(path, &parsed.blocks, constants, problems);
    let mut blocks = parsed.blocks.into_iter();
    let (short_line, short) = match blocks.next() {
        Some(Placed { block: Block::Paragraph { spans }, lines }) => (lines.first().copied().unwrap_or(first_line), spans),
        other => {
            let line = other.map_or(first_line, |placed| placed.line());
            problems.push(Problem::new(path, line, "expected the short answer, a paragraph, first"));
            return None;
        }
    };
    let mut sections: Vec<Section> = Vec::new();
    for placed in blocks {
        let line = placed.line();
        let begin = |heading: String| Section { period: Period::parse(&heading), heading, blocks: vec![], line, text_lines: vec![] };
        if let Block::Heading { text } = placed.block {
            sections.push(begin(text));
            continue;
        }
        if sections.is_empty() {
            sections.push(begin(String::new()));
        }
        if let Some(section) = sections.last_mut() {
            section.push(placed);
        }
    }
    if problems.len() > before {
        return None;
    }
    Some(Topic {
        id,
        title: matter.title.into_inner(),
        question_lines: matter.questions.iter().map(|question| front_line(question.span().start)).collect(),
        questions: matter.questions.into_iter().map(Spanned::into_inner).collect(),
        basis,
        effective_from: matter.effective_from,
        effective_to: matter.effective_to,
        reviewed: matter.reviewed,
        review_by: matter.review_by,
        related_lines: matter.related.iter().map(|related| front_line(related.span().start)).collect(),
        related: matter.related.into_iter().map(Spanned::into_inner).collect(),
        actions: matter.actions,
        alias_lines: matter.aliases.iter().map(|alias| front_line(alias.span().start)).collect(),
        aliases: matter.aliases.into_iter().map(Spanned::into_inner).collect(),
        short,
        sections,
        links: parsed.links,
        effective_to_line: key_line("effective_to"),
        review_by_line: key_line("review_by"),
        short_line,
    })
}

/// An unknown constant or an expression that does not parse keeps the set from being served; a missing value on some day does not.
fn check_amounts(path: &str, blocks: &[Placed], constants: &Constants, problems: &mut Vec<Problem>) {
    use crate::constants::ResolveError;
    for placed in blocks {
        let texts: Vec<&str> = match &placed.block {
            Block::Heading { text } => vec![text],
            block => block.spans().map(|span| span.text.as_str()).collect(),
        };
        for text in texts {
            match constants.resolve(text, Date::MAX) {
                Err(error @ (ResolveError::Unknown(_) | ResolveError::Syntax(_))) => {
                    problems.push(Problem::new(path, placed.line(), error.to_string()));
                }
                Ok(_) | Err(ResolveError::NoValue { .. }) => {}
            }
        }
    }
}

/// Parses one file of authored questions: `topic<TAB>register<TAB>question`, with a header line.
pub(crate) fn parse_authored(file: &File, topic_of: impl Fn(&str) -> Option<TopicId>, into: &mut AuthoredQuestions) {
    for (at, row) in file.text().lines().enumerate().skip(1).filter(|(_, row)| !row.is_empty()) {
        let line = at + 1;
        let mut columns = row.split('\t');
        let (Some(topic), Some(register), Some(text), None) = (columns.next(), columns.next(), columns.next(), columns.next()) else {
            into.problems.push(Problem::new(&file.path, line, "expected three columns: topic, register, question"));
            continue;
        };
        if text.trim().is_empty() || text.chars().count() > AUTHORED_CHARS_MAX {
            let message = format!("a question has 1 to {AUTHORED_CHARS_MAX} characters");
            into.problems.push(Problem::new(&file.path, line, message));
            continue;
        }
        match topic_of(topic) {
            Some(topic) => into.questions.push(Authored { topic, register: register.to_owned(), text: text.to_owned() }),
            None => into.orphans.push((file.path.clone(), line, topic.to_owned())),
        }
    }
}
