//! The Markdown in use for answers, parsed to blocks that every channel can show.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::problem::Problem;
use crate::source::line_at;
use crate::topic::TopicId;

/// A piece of text with one look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The words, as plain text.
    pub text: String,
    /// Set in bold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bold: bool,
    /// Leads to a page (`https://`) or a phone number (`tel:`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// Leads to another topic of the FAQ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
}

impl Span {
    /// Plain words.
    pub fn plain(text: impl Into<String>) -> Span {
        Span { text: text.into(), ..Span::default() }
    }

    /// Words in bold.
    pub fn bold(text: impl Into<String>) -> Span {
        Span { text: text.into(), bold: true, ..Span::default() }
    }

    /// Words that lead to a page or a phone number.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Span {
        Span { text: text.into(), href: Some(href.into()), ..Span::default() }
    }

    fn looks_like(&self, other: &Span) -> bool {
        self.bold == other.bold && self.href == other.href && self.topic == other.topic
    }
}

/// One block of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Block {
    /// Running text.
    Paragraph {
        /// In reading order.
        spans: Vec<Span>,
    },
    /// The title of the blocks that follow.
    Heading {
        /// Plain text.
        text: String,
    },
    /// Things to do one after the other, numbered from 1.
    Steps {
        /// One item a step.
        items: Vec<Vec<Span>>,
    },
    /// Things that stand beside each other.
    Bullets {
        /// One item a bullet.
        items: Vec<Vec<Span>>,
    },
}

impl Block {
    /// A paragraph of plain words.
    pub fn text(text: impl Into<String>) -> Block {
        Block::Paragraph { spans: vec![Span::plain(text)] }
    }

    /// Every text of the block rewritten, its structure kept.
    pub(crate) fn map_text<E>(&self, rewrite: &impl Fn(&str) -> Result<String, E>) -> Result<Block, E> {
        let spans = |spans: &[Span]| map_spans(spans, rewrite);
        Ok(match self {
            Block::Paragraph { spans: all } => Block::Paragraph { spans: spans(all)? },
            Block::Heading { text } => Block::Heading { text: rewrite(text)? },
            Block::Steps { items } => Block::Steps { items: items.iter().map(|item| spans(item)).collect::<Result<_, E>>()? },
            Block::Bullets { items } => Block::Bullets { items: items.iter().map(|item| spans(item)).collect::<Result<_, E>>()? },
        })
    }

    /// The spans of the block in reading order; a heading has none.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.texts().into_iter().flatten()
    }

    /// The texts of the block in reading order: a paragraph is one, each item of a list is one, a heading has none.
    pub(crate) fn texts(&self) -> Vec<&[Span]> {
        match self {
            Block::Paragraph { spans } => vec![spans],
            Block::Heading { .. } => vec![],
            Block::Steps { items } | Block::Bullets { items } => items.iter().map(Vec::as_slice).collect(),
        }
    }

    /// How many lines the block takes in a chat: one for each item, paragraph or heading.
    pub fn lines(&self) -> usize {
        match self {
            Block::Paragraph { .. } | Block::Heading { .. } => 1,
            Block::Steps { items } | Block::Bullets { items } => items.len(),
        }
    }
}

pub(crate) fn map_spans<E>(spans: &[Span], rewrite: &impl Fn(&str) -> Result<String, E>) -> Result<Vec<Span>, E> {
    spans.iter().map(|span| Ok(Span { text: rewrite(&span.text)?, ..span.clone() })).collect()
}

/// The words of some spans, without marks.
pub fn plain_text<'a>(spans: impl IntoIterator<Item = &'a Span>) -> String {
    spans.into_iter().map(|span| span.text.as_str()).collect()
}

/// The blocks of a file and its links, with their lines.
pub(crate) struct Parsed {
    pub(crate) blocks: Vec<Placed>,
    pub(crate) links: Vec<Link>,
}

/// A block and where it stands.
pub(crate) struct Placed {
    pub(crate) block: Block,
    /// Where the paragraph or heading, or each item of the list, begins; never empty.
    pub(crate) lines: Vec<usize>,
}

impl Placed {
    /// Where the block begins.
    pub(crate) fn line(&self) -> usize {
        self.lines.first().copied().unwrap_or(0)
    }
}

/// Where a link of an answer leads, as written.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) line: usize,
    /// Empty for a section of the same topic.
    pub(crate) topic: String,
    /// Empty when the link names no section.
    pub(crate) anchor: String,
}

/// Parses the body of a topic file. `first_line` is the line of the file where `body` begins.
pub(crate) fn parse(path: &str, body: &str, first_line: usize, problems: &mut Vec<Problem>) -> Parsed {
    let mut reader = Reader { path, body, first_line, problems, parsed: Parsed { blocks: vec![], links: vec![] }, open: Open::default() };
    for (event, range) in Parser::new_ext(body, Options::empty()).into_offset_iter() {
        reader.read(event, range.start);
    }
    reader.parsed
}

/// What is being read at the moment.
#[derive(Default)]
struct Open {
    spans: Vec<Span>,
    bold: bool,
    href: Option<String>,
    topic: Option<TopicId>,
    /// The list being read: numbered or not, its items so far, the lines where they begin.
    list: Option<(bool, Vec<Vec<Span>>, Vec<usize>)>,
    in_item: bool,
}

struct Reader<'a> {
    path: &'a str,
    body: &'a str,
    first_line: usize,
    problems: &'a mut Vec<Problem>,
    parsed: Parsed,
    open: Open,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        self.first_line + line_at(self.body, offset) - 1
    }

    fn refuse(&mut self, offset: usize, what: &str) {
        let line = self.line(offset);
        self.problems.push(Problem::new(self.path, line, format!("{what} is not used in answers")));
    }

    fn read(&mut self, event: Event<'_>, offset: usize) {
        match event {
            Event::Text(text) => self.push(&text),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            Event::Start(Tag::Strong) => self.open.bold = true,
            Event::End(TagEnd::Strong) => self.open.bold = false,
            Event::Start(Tag::Link { dest_url, .. }) => self.open_link(&dest_url, offset),
            Event::End(TagEnd::Link) => {
                self.open.href = None;
                self.open.topic = None;
            }
            Event::Start(Tag::Paragraph) => {}
            Event::End(TagEnd::Paragraph) => {
                if !self.open.in_item {
                    let spans = std::mem::take(&mut self.open.spans);
                    self.place(Block::Paragraph { spans }, offset);
                }
            }
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {}
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                let text = plain_text(&std::mem::take(&mut self.open.spans));
                self.place(Block::Heading { text }, offset);
            }
            Event::Start(Tag::List(start)) => {
                if self.open.list.is_some() {
                    return self.refuse(offset, "a list inside a list");
                }
                self.open.list = Some((start.is_some(), Vec::new(), Vec::new()));
            }
            Event::End(TagEnd::List(_)) => {
                if let Some((numbered, items, lines)) = self.open.list.take() {
                    let block = if numbered { Block::Steps { items } } else { Block::Bullets { items } };
                    self.parsed.blocks.push(Placed { block, lines });
                }
            }
            Event::Start(Tag::Item) => {
                self.open.in_item = true;
                let line = self.line(offset);
                if let Some((_, _, lines)) = &mut self.open.list {
                    lines.push(line);
                }
            }
            Event::End(TagEnd::Item) => {
                self.open.in_item = false;
                let spans = std::mem::take(&mut self.open.spans);
                if let Some((_, items, _)) = &mut self.open.list {
                    items.push(spans);
                }
            }
            Event::End(_) => {}
            Event::Start(Tag::Heading { .. }) => self.refuse(offset, "a heading other than ##"),
            Event::Start(Tag::Emphasis) => self.refuse(offset, "*italic*"),
            Event::Start(tag) => {
                let name = format!("{tag:?}");
                self.refuse(offset, name.split(['(', ' ', '{']).next().unwrap_or("this mark"));
            }
            Event::Html(_) | Event::InlineHtml(_) => self.refuse(offset, "HTML"),
            Event::Code(_) => self.refuse(offset, "`code`"),
            Event::Rule => self.refuse(offset, "a rule"),
            _ => self.refuse(offset, "this mark"),
        }
    }

    fn place(&mut self, block: Block, offset: usize) {
        let lines = vec![self.line(offset)];
        self.parsed.blocks.push(Placed { block, lines });
    }

    fn push(&mut self, text: &str) {
        let span = Span { text: text.to_owned(), bold: self.open.bold, href: self.open.href.clone(), topic: self.open.topic.clone() };
        match self.open.spans.last_mut() {
            Some(last) if last.looks_like(&span) => last.text.push_str(text),
            _ => self.open.spans.push(span),
        }
    }

    fn open_link(&mut self, target: &str, offset: usize) {
        if target.starts_with("https://") || target.starts_with("tel:") {
            self.open.href = Some(target.to_owned());
            return;
        }
        let line = self.line(offset);
        let (topic, anchor) = target.split_once('#').unwrap_or((target, ""));
        if topic.is_empty() && anchor.is_empty() || !topic.is_empty() && TopicId::parse(topic).is_none() {
            let message = format!("link to `{target}`: expected a topic id, #anchor, https:// or tel:");
            return self.problems.push(Problem::new(self.path, line, message));
        }
        self.open.topic = TopicId::parse(topic);
        self.parsed.links.push(Link { line, topic: topic.to_owned(), anchor: anchor.to_owned() });
    }
}

/// The anchor of a heading: its words without accents, joined by `-`. Also the key by which two questions count as the same.
pub(crate) fn anchor(text: &str) -> String {
    fold(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A text in lower case and without accents.
pub(crate) fn fold(text: &str) -> String {
    let letters = text.to_lowercase();
    let bare = letters.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    bare.map(|c| if c == 'đ' { 'd' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(body: &str) -> Vec<Block> {
        let mut problems = Vec::new();
        let parsed = parse("t.md", body, 1, &mut problems);
        assert_eq!(problems, []);
        parsed.blocks.into_iter().map(|placed| placed.block).collect()
    }

    #[test]
    fn an_answer_becomes_blocks() {
        let body = "Bạn **đổi được** nơi khám, xem [nơi chọn](bhyt/choose-initial-clinic).\n\n## Cách làm\n1. Mở VssID\n2. Bấm {{base_salary * 4.5%}}\n\n- một\n- hai\n";
        insta::assert_json_snapshot!(blocks(body), @r#"
        [
          {
            "type": "paragraph",
            "spans": [
              {
                "text": "Bạn "
              },
              {
                "text": "đổi được",
                "bold": true
              },
              {
                "text": " nơi khám, xem "
              },
              {
                "text": "nơi chọn",
                "topic": "bhyt/choose-initial-clinic"
              },
              {
                "text": "."
              }
            ]
          },
          {
            "type": "heading",
            "text": "Cách làm"
          },
          {
            "type": "steps",
            "items": [
              [
                {
                  "text": "Mở VssID"
                }
              ],
              [
                {
                  "text": "Bấm {{base_salary * 4.5%}}"
                }
              ]
            ]
          },
          {
            "type": "bullets",
            "items": [
              [
                {
                  "text": "một"
                }
              ],
              [
                {
                  "text": "hai"
                }
              ]
            ]
          }
        ]
        "#);
    }

    #[test]
    fn marks_outside_the_subset_are_refused_with_their_line() {
        let check = |body: &str, want: &str| {
            let mut problems = Vec::new();
            parse("t.md", body, 10, &mut problems);
            let got: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert!(got.iter().any(|line| line == want), "{body:?}: {got:?}");
        };
        check("một\n\n### hai\n", "t.md:12: a heading other than ## is not used in answers");
        check("<b>một</b>\n", "t.md:10: HTML is not used in answers");
        check("- một\n  - hai\n", "t.md:11: a list inside a list is not used in answers");
        check("> một\n", "t.md:10: BlockQuote is not used in answers");
        check("[x](http://example.com)\n", "t.md:10: link to `http://example.com`: expected a topic id, #anchor, https:// or tel:");
    }

    #[test]
    fn anchors_have_no_accents() {
        assert_eq!(anchor("Hồ sơ, giấy tờ: Đổi thẻ"), "ho-so-giay-to-doi-the");
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(body in "(\\PC|\n|[#*`<>\\[\\]()-]){0,200}") {
            parse("t.md", &body, 1, &mut Vec::new());
        }
    }
}
