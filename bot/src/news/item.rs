//! From a row to what is given to citizens.

use faq::{Block, NewsId, NewsItem, Source, Span, Theme, TopicId};
use reqwest::Url;

use super::NewsConfig;
use crate::dialogue::day_in_vietnam;
use crate::store::NewsRow;

/// A longer first paragraph is cut at a sentence, or a word.
const SUMMARY_CHARS_MAX: usize = 400;
/// Paragraphs of a fetched text that are shown; the rest is at its source.
const PARAGRAPHS_MAX: usize = 8;
const PARAGRAPH_CHARS_MAX: usize = 600;

/// An item that is in service; `None` of one that waits or is hidden.
pub(super) fn of_row(row: &NewsRow, config: &NewsConfig) -> Option<NewsItem> {
    if row.state != "approved" { None } else { shown(row, config) }
}

/// An item as citizens would read it, whatever its state.
pub(super) fn shown(row: &NewsRow, config: &NewsConfig) -> Option<NewsItem> {
    let mut paragraphs = row.body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    let summary = cut(paragraphs.next().unwrap_or(&row.title), SUMMARY_CHARS_MAX);
    let details = paragraphs.take(PARAGRAPHS_MAX).map(|paragraph| Block::text(cut(paragraph, PARAGRAPH_CHARS_MAX))).collect();
    let topics = |names: &str| names.split(',').filter_map(TopicId::parse).collect::<Vec<_>>();
    let host = || Url::parse(&row.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let name = row.feed_id.as_deref().and_then(|feed| config.name_of(feed)).map(str::to_owned).or_else(host);
    Some(NewsItem {
        id: NewsId::parse(&row.news_item_id)?,
        title: row.title.clone(),
        themes: row.themes.split(',').filter_map(Theme::parse).collect(),
        published: day_in_vietnam(row.published_ms),
        effective_from: row.effective_day.as_deref().and_then(|day| day.parse().ok()),
        relevant_to: None,
        questions: Vec::new(),
        summary: vec![Span::plain(summary)],
        details,
        basis: Vec::new(),
        reviewed: None,
        source: Source { name: name.unwrap_or_else(|| "Nguồn tin".to_owned()), url: row.url.clone() },
        video: None,
        topics: topics(&row.topics),
        changes: topics(&row.changes),
        pinned: row.pinned != 0,
    })
}

/// The longest beginning that ends well.
fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let start: String = text.chars().take(chars_max).collect();
    match start.rfind(". ") {
        Some(end) if end * 2 > start.len() => start[..=end].to_owned(),
        _ => format!("{}…", start.rfind(' ').map_or(start.as_str(), |end| &start[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_a_sentence_ends() {
        assert_eq!(cut("một hai", 10), "một hai");
        assert_eq!(cut("Một câu ngắn. Câu sau dài hơn", 20), "Một câu ngắn.");
        assert_eq!(cut("một hai ba bốn năm", 10), "một hai…");
        assert_eq!(cut(&"a".repeat(20), 10), format!("{}…", "a".repeat(10)));
    }
}
