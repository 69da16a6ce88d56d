//! The FAQ of hotro: one topic is one Markdown file with front matter.
//!
//! This crate parses the files ([`Faq::embedded`], [`Faq::from_dir`]), resolves the amounts of law that answers name
//! ([`Constants`]), renders an answer as of a day ([`Topic::answer`]) and says what is wrong with the content ([`check`]).
//! It knows nothing of search, chat or HTTP. How a topic is written: `faq/README.md`.

mod changes;
mod check;
mod constants;
mod date;
mod documents;
mod edits;
mod markup;
mod news;
mod outdated;
mod period;
mod problem;
mod rule;
mod source;
mod topic;

pub use changes::{Change, ChangeKind, changes};
pub use check::check;
pub use constants::{Constant, Constants, Exact, Unit};
pub use date::vietnamese_date;
pub use documents::{Document, Documents};
pub use edits::Edits;
pub use markup::{Block, Span, plain_text};
pub use news::{NewsId, NewsItem, Source, Theme};
pub use period::{About, Period};
pub use problem::{LoadError, Problem, Severity};
pub use rule::{Dated, Rule};
pub use source::Fingerprint;
pub use topic::{Action, Answer, Authored, Basis, Citation, Section, Topic, TopicId};

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use outdated::Outdated;
use topic::AuthoredQuestions;

/// The whole FAQ, immutable. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Faq {
    topics: Vec<Topic>,
    /// Newest first.
    news: Vec<news::Written>,
    /// Topic ids and aliases to the position in `topics`.
    by_id: BTreeMap<TopicId, usize>,
    /// The files of authored questions: megabytes that serving has no use for, read when somebody asks.
    authored_files: Vec<source::File>,
    authored: OnceLock<AuthoredQuestions>,
    constants: Constants,
    documents: Documents,
    /// What no answer may say as today's rule.
    outdated: Outdated,
    version: String,
    file_digests: edits::FileDigests,
}

impl Faq {
    /// The content that the binary carries.
    ///
    /// Errors: the content does not parse; the tests make sure that a released binary never sees this.
    pub fn embedded() -> Result<Faq, LoadError> {
        let files = source::embedded();
        // The search has been trained on the authored questions that the binary carries: they need not be read to tell two sets apart.
        let version = source::digest(files.iter().filter(|file| !file.is_authored()));
        Faq::parse(files, version)
    }

    /// The content of a folder laid out as `faq/`: `content/`, `constants.toml`, `documents.toml`, and where there are
    /// any `questions/`, `news/` and `outdated.toml`.
    ///
    /// Errors: every problem that keeps the set from being served, each with file and line.
    pub fn from_dir(dir: &Path) -> Result<Faq, LoadError> {
        let files = source::from_dir(dir)?;
        let version = source::digest(files.iter());
        let faq = Faq::parse(files, version)?;
        let problems = &faq.read_authored().problems;
        if problems.is_empty() { Ok(faq) } else { Err(LoadError { problems: problems.clone() }) }
    }

    fn parse(files: Vec<source::File>, version: String) -> Result<Faq, LoadError> {
        let mut problems = Vec::new();
        let file_digests = edits::digests(&files);
        for file in files.iter().filter(|file| file.path.starts_with("content/") && file.topic_id().is_none()) {
            problems.push(Problem::new(&file.path, 0, "the name is no topic id: expected content/<domain>/<slug>.md of a-z, 0-9 and -"));
        }
        let constants = Constants::parse(&source::find(&files, "constants.toml"), &mut problems);
        let documents = Documents::parse(&source::find(&files, "documents.toml"), &mut problems);
        let outdated = Outdated::parse(&source::find(&files, "outdated.toml"), &documents, &mut problems);
        let mut topics: Vec<Topic> = files
            .iter()
            .filter_map(|file| Some((file, file.topic_id()?)))
            .filter_map(|(file, id)| topic::parse(id, file, &constants, &documents, &mut problems))
            .collect();
        topics.sort_by(|a, b| a.id.cmp(&b.id));
        let written = files.iter().filter(|file| file.path.starts_with("news/"));
        let mut news: Vec<news::Written> = written.filter_map(|file| news::parse(file, &constants, &documents, &mut problems)).collect();
        news.sort_by(|a, b| (b.item.published, &b.item.id).cmp(&(a.item.published, &a.item.id)));
        if topics.is_empty() && problems.is_empty() {
            problems.push(Problem::new("content", 0, "no topics: expected content/<domain>/<slug>.md"));
        }
        let by_id = index_ids(&topics, &mut problems);
        if problems.is_empty() {
            let authored_files = files.into_iter().filter(source::File::is_authored).collect();
            let authored = OnceLock::new();
            Ok(Faq { topics, news, by_id, authored_files, authored, constants, documents, outdated, version, file_digests })
        } else {
            problems.sort();
            // A line may name one unknown amount several times.
            problems.dedup();
            Err(LoadError { problems })
        }
    }

    /// All topics, sorted by id.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The news that was written for the FAQ, newest first.
    pub fn news(&self) -> impl Iterator<Item = &Arc<NewsItem>> {
        self.news.iter().map(|written| &written.item)
    }

    /// The topic with this id or alias; `None` when there is none.
    pub fn topic(&self, id: &str) -> Option<&Topic> {
        self.by_id.get(id).map(|&at| &self.topics[at])
    }

    /// The authored questions, sorted by topic: they train and feed the search and are never shown. Read at the first call.
    pub fn authored(&self) -> &[Authored] {
        &self.read_authored().questions
    }

    fn read_authored(&self) -> &AuthoredQuestions {
        self.authored.get_or_init(|| {
            let mut authored = AuthoredQuestions::default();
            for file in &self.authored_files {
                topic::parse_authored(file, |id| Some(self.topic(id)?.id.clone()), &mut authored);
            }
            authored.questions.sort();
            authored.problems.sort();
            authored
        })
    }

    /// The amounts, rates and ages that answers name.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// Digest of the content (16 hex digits): equal content, equal version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The files that were edited between an earlier load and this one.
    pub fn edits_since(&self, before: &Faq) -> Edits {
        edits::between(&before.file_digests, &self.file_digests)
    }

    /// The answer of a topic as read on `today`, to a question about the time `about`; without one it is about today.
    ///
    /// `None` when the answer has expired by then or an amount in it has no value for that day: it is never given as current.
    pub fn answer(&self, topic: &Topic, today: Date, about: Option<&About>) -> Option<Answer> {
        topic.answer(today, about, &self.constants, &self.documents)
    }
}

fn index_ids(topics: &[Topic], problems: &mut Vec<Problem>) -> BTreeMap<TopicId, usize> {
    let mut by_id: BTreeMap<TopicId, usize> = topics.iter().enumerate().map(|(at, topic)| (topic.id.clone(), at)).collect();
    for (at, topic) in topics.iter().enumerate() {
        for (alias, &line) in topic.aliases.iter().zip(&topic.alias_lines) {
            if let Some(&other) = by_id.get(alias) {
                let what = if topics[other].id == *alias { "a topic of its own" } else { "an alias already" };
                let owner = &topics[other].id;
                problems.push(Problem::new(topic.path(), line, format!("alias `{alias}` is {what} ({owner}): an id leads to one topic")));
            } else {
                by_id.insert(alias.clone(), at);
            }
        }
    }
    by_id
}
