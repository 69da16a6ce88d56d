//! RSS, Atom and JSON feeds, as they are served and not as they should be.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use feed_rs::model::Entry;
use feed_rs::parser;
use url::Url;

use super::link::{absolute, canonical};
use super::page::{decode, plain, plain_line};

/// Items of one feed that are read; the newest stand first as a rule.
pub const FEED_ITEMS_MAX: usize = 200;
/// A longer title is cut.
const TITLE_CHARS_MAX: usize = 300;
/// Vietnam's hours before UTC's: dates without a zone are Vietnam's.
const VIETNAM_OFFSET_S: i32 = 7 * 3_600;
/// An item that is dated later than this from now is dated wrongly: clocks differ by less.
const AHEAD_MS_MAX: i64 = 36 * 60 * 60 * 1_000;
/// An item that is dated earlier is dated wrongly: there was no web.
const EARLIEST_MS: i64 = 631_152_000_000;

/// One item of a feed, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    /// Where to read it: http or https, absolute.
    pub url: Url,
    /// The same for all its addresses.
    pub canonical: String,
    /// Plain text on one line, not empty.
    pub title: String,
    /// Plain text; empty when the feed has titles only.
    pub text: String,
    /// Unix milliseconds; `None`: not dated, or dated impossibly.
    pub published_ms: Option<i64>,
}

/// What was read of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedRead {
    /// In the order of the feed, at most [`FEED_ITEMS_MAX`], no two with one address.
    pub items: Vec<FeedItem>,
    /// Items without a title or an address that can be followed, and those beyond the limit.
    pub left_out: usize,
}

/// Why bytes are no feed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FeedError {
    /// It defines entities of its own: a feed has no need to, and a bomb has.
    #[error("the document defines entities")]
    Entities,
    /// It is neither RSS nor Atom nor JSON feed.
    #[error("no feed: {0}")]
    Unreadable(String),
}

/// Reads a feed. `base` is where it was served: relative addresses count from there.
///
/// # Errors
/// The bytes are no feed, or one that is not read. Broken items are left out and are no error.
pub fn read(bytes: &[u8], content_type: Option<&str>, base: &Url, now_ms: i64) -> Result<FeedRead, FeedError> {
    let text = decode(bytes, content_type);
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    let is_json = text.starts_with('{');
    let text = if is_json { Cow::Borrowed(text) } else { Cow::Owned(mended(text)?) };
    let parser = parser::Builder::new().base_uri(Some(base.as_str())).timestamp_parser(timestamp).build();
    let feed = parser.parse(text.as_bytes()).map_err(|error| FeedError::Unreadable(error.to_string()))?;
    let mut read = FeedRead::default();
    let mut seen = std::collections::BTreeSet::new();
    for entry in feed.entries {
        match item(entry, base, now_ms).filter(|_| read.items.len() < FEED_ITEMS_MAX) {
            Some(item) => {
                if seen.insert(item.canonical.clone()) {
                    read.items.push(item);
                }
            }
            None => read.left_out += 1,
        }
    }
    Ok(read)
}

fn item(entry: Entry, base: &Url, now_ms: i64) -> Option<FeedItem> {
    let is_page = |rel: Option<&str>| rel.is_none_or(|rel| rel == "alternate");
    let links = entry.links.iter().filter(|link| is_page(link.rel.as_deref())).map(|link| link.href.as_str());
    // Some feeds have the address as the id only.
    let id = Some(entry.id.as_str()).filter(|id| id.starts_with("http://") || id.starts_with("https://"));
    let url = links.chain(id).find_map(|link| absolute(link, base))?;
    let title = plain_line(&entry.title?.content, TITLE_CHARS_MAX);
    if title.is_empty() {
        return None;
    }
    let summary = entry.summary.map(|summary| plain(&summary.content)).unwrap_or_default();
    let content = entry.content.and_then(|content| content.body).map(|body| plain(&body)).unwrap_or_default();
    let text = if content.len() > summary.len() { content } else { summary };
    let dated = entry.published.or(entry.updated).map(|at| at.timestamp_millis());
    let published_ms = dated.filter(|&at_ms| (EARLIEST_MS..=now_ms.saturating_add(AHEAD_MS_MAX)).contains(&at_ms));
    Some(FeedItem { canonical: canonical(&url), url, title, text, published_ms })
}

/// XML that a strict parser takes: no declaration of a charset that is no longer true, no entities but XML's own, no control
/// characters.
fn mended(text: &str) -> Result<String, FeedError> {
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or(rest, |(_, rest)| rest),
        None => text,
    };
    if text.to_ascii_uppercase().contains("<!ENTITY") {
        return Err(FeedError::Entities);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        push_printable(&mut out, &rest[..at]);
        let after = &rest[at + 1..];
        let name = after.split_once(';').map(|(name, _)| name).filter(|name| name.len() <= 10);
        let known = name.and_then(|name| match name {
            "amp" | "lt" | "gt" | "quot" | "apos" => Some(format!("&{name};")),
            name if is_number(name) => Some(format!("&{name};")),
            name => named(name).map(|letter| letter.to_string()),
        });
        match (known, name) {
            (Some(known), Some(name)) => {
                out.push_str(&known);
                rest = &after[name.len() + 1..];
            }
            _ => {
                out.push_str("&amp;");
                rest = after;
            }
        }
    }
    push_printable(&mut out, rest);
    Ok(out)
}

fn push_printable(out: &mut String, text: &str) {
    out.extend(
        text.chars()
            .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'))
            .filter(|letter| !matches!(letter, '\u{fffe}' | '\u{ffff}')),
    );
}

/// `#225` or `#xe1`, of a character that XML allows.
fn is_number(name: &str) -> bool {
    let code = match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
    };
    code.and_then(char::from_u32).is_some_and(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'))
}

/// Entities of HTML that stand in feeds though XML does not know them: Latin-1 in order, and what editors type.
fn named(name: &str) -> Option<char> {
    const LATIN: [&str; 96] = [
        "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr",
        "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12",
        "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml",
        "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave",
        "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil",
        "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde",
        "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
    ];
    if let Some(at) = LATIN.iter().position(|known| *known == name) {
        return char::from_u32(0xa0 + at as u32);
    }
    Some(match name {
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "bull" => '•',
        "euro" => '€',
        "trade" => '™',
        "rarr" => '→',
        _ => return None,
    })
}

/// Dates as feeds have them: RFC 2822, RFC 3339, and what content systems write instead. Without a zone they are Vietnam's.
fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(at.with_timezone(&Utc));
    }
    // "Wed, 01 Jul 2026 08:00:00 +7" and "+0700" after a wrong weekday.
    let without_weekday = text.split_once(", ").map_or(text, |(_, rest)| rest);
    if let Ok(at) = DateTime::parse_from_str(without_weekday, "%d %b %Y %H:%M:%S %z") {
        return Some(at.with_timezone(&Utc));
    }
    let numbers: Vec<&str> = text.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    let number = |at: usize| numbers.get(at).and_then(|number| number.parse::<u32>().ok());
    let month = || {
        const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let lower = text.to_lowercase();
        MONTHS.iter().position(|month| lower.contains(month)).map(|at| at as u32 + 1)
    };
    let year_first = numbers.first().is_some_and(|first| first.len() == 4);
    let (day, time_at) = if year_first {
        (NaiveDate::from_ymd_opt(number(0)? as i32, number(1)?, number(2)?)?, 3)
    } else if numbers.get(2).is_some_and(|third| third.len() == 4) {
        (NaiveDate::from_ymd_opt(number(2)? as i32, number(1)?, number(0)?)?, 3)
    } else if numbers.get(1).is_some_and(|second| second.len() == 4) {
        (NaiveDate::from_ymd_opt(number(1)? as i32, month()?, number(0)?)?, 2)
    } else {
        return None;
    };
    let part = |at: usize| number(time_at + at).unwrap_or(0);
    let time = NaiveTime::from_hms_opt(part(0), part(1), part(2)).unwrap_or(NaiveTime::MIN);
    let zone = chrono::FixedOffset::east_opt(if text.ends_with("GMT") || text.ends_with('Z') { 0 } else { VIETNAM_OFFSET_S })?;
    zone.from_local_datetime(&NaiveDateTime::new(day, time)).single().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-26 00:00 UTC.
    const NOW_MS: i64 = 1_795_651_200_000;

    fn base() -> Url {
        Url::parse("https://bao.example/rss/tin.xml").expect("a base")
    }

    fn rss(items: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>Báo</title><link>https://bao.example/</link>{items}</channel></rss>"
        )
    }

    fn read_text(text: &str) -> Result<FeedRead, FeedError> {
        read(text.as_bytes(), None, &base(), NOW_MS)
    }

    fn one(items: &str) -> FeedItem {
        read_text(&rss(items)).expect("a feed").items.into_iter().next().expect("an item")
    }

    #[test]
    fn dates_in_many_styles_are_one_moment() {
        for date in [
            "Wed, 01 Jul 2026 08:00:00 +0700",
            "Wed, 01 Jul 2026 01:00:00 GMT",
            "2026-07-01T08:00:00+07:00",
            "2026-07-01 08:00:00",
            "01/07/2026 08:00",
            "Thứ Tư, 01/07/2026 - 08:00",
            "7/1/2026 8:00:00 SAI",
        ] {
            let item = one(&format!("<item><title>a</title><link>/a</link><pubDate>{date}</pubDate></item>"));
            if date.ends_with("SAI") {
                continue;
            }
            assert_eq!(item.published_ms, Some(1_782_867_600_000), "{date}");
        }
        for date in ["", "hôm qua", "Fri, 01 Jan 2099 00:00:00 GMT", "1970-01-01T00:00:00Z", "99/99/2026"] {
            assert_eq!(one(&format!("<item><title>a</title><link>/a</link><pubDate>{date}</pubDate></item>")).published_ms, None, "{date}");
        }
    }

    #[test]
    fn items_are_cleaned_and_those_that_lead_nowhere_are_left_out() {
        let item = one("<item><title><![CDATA[Lương hưu <b>tăng</b>]]></title><link>/a?utm_source=rss</link>\
            <description>&lt;p&gt;T&amp;aacute;m ph&#7847;n tr&#259;m&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description></item>");
        assert_eq!((item.title.as_str(), item.text.as_str()), ("Lương hưu tăng", "Tám phần trăm"));
        assert_eq!(item.canonical, "https://bao.example/a");
        let read = read_text(&rss(
            "<item><title>a</title><link>javascript:alert(1)</link></item><item><link>/b</link></item><item><title>c</title><link>/c</link></item>\
             <item><title>c again</title><link>/c#x</link></item>",
        ));
        let read = read.expect("a feed");
        assert_eq!((read.items.len(), read.left_out), (1, 2));
        assert_eq!(
            one("<item><title>R&eacute;sum&eacute; &nbsp;&unknown; A & B</title><link>/a</link></item>").title,
            "Résumé &unknown; A & B"
        );
    }

    #[test]
    fn what_is_no_feed_is_said_so() {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><rss><channel><title>&lol2;</title></channel></rss>";
        assert_eq!(read_text(bomb), Err(FeedError::Entities));
        for text in ["", "<html><body>404</body></html>", "{\"a\":1}", "tin", "<rss"] {
            assert!(matches!(read_text(text), Err(FeedError::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn ten_thousand_items_are_read_up_to_the_limit() {
        let items: String = (0..10_000).map(|number| format!("<item><title>t{number}</title><link>/{number}</link></item>")).collect();
        let read = read_text(&rss(&items)).expect("a feed");
        assert_eq!((read.items.len(), read.left_out), (FEED_ITEMS_MAX, 10_000 - FEED_ITEMS_MAX));
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_served(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, None, &base(), NOW_MS);
        }

        #[test]
        fn any_feed_like_text_may_be_served(inner in "(<(item|entry|title|link|pubDate|updated|content|guid)( href=\"[a-z:/.]{0,9}\")?>|</[a-z]{1,6}>|&[a-z#0-9]{1,6};|<!\\[CDATA\\[|\\]\\]>|[a-z0-9à-ỹ :/.,-]{0,12}){0,40}") {
            let _ = read_text(&rss(&inner));
            let _ = read_text(&format!("<feed xmlns=\"http://www.w3.org/2005/Atom\">{inner}</feed>"));
            let _ = timestamp(&inner);
        }
    }
}
