//! From the bytes of a page to plain text: its charset, its markup, the part that is the article.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Builder;
use encoding_rs::{Encoding, UTF_8};

/// Markup that is read; longer ones are cut. Cleaning takes far longer than reading, and grows faster when tags are nested.
pub const HTML_BYTES_MAX: usize = 512 * 1024;
/// Plain text that is kept of one item or article.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// Where declarations of the charset stand.
const DECLARATION_BYTES_MAX: usize = 1_024;
/// Tags inside tags; a page that goes deeper is an attack on whoever reads it.
const NESTING_MAX: usize = 256;
/// A line with fewer words is a menu entry, a date or a caption, when an article is looked for.
const ARTICLE_LINE_WORDS_MIN: usize = 8;

/// Tags that begin a new line, and those that begin an item.
const BLOCKS: [&str; 24] = [
    "p",
    "br",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "pre",
    "dt",
    "dd",
    "hr",
];
/// Whatever stands inside is nothing to read.
const SILENT: [&str; 12] = ["script", "style", "noscript", "iframe", "object", "embed", "svg", "math", "template", "head", "nav", "form"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder.tags(HashSet::from(BLOCKS)).clean_content_tags(HashSet::from(SILENT));
    builder
});

/// The text of some bytes: the charset by mark, by the header, by declaration, by trying, by guessing. Never fails.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    let declared = content_type.and_then(charset_of_header).or_else(|| charset_of_declaration(bytes));
    // Many servers say ISO-8859-1 or nothing of what is UTF-8: whatever reads as UTF-8 without a fault is it.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    if let Some(encoding) = declared.filter(|encoding| *encoding != UTF_8) {
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guessed = detector.guess(Some(b"vn"), chardetng::Utf8Detection::Allow);
    guessed.decode_without_bom_handling(bytes).0.into_owned()
}

/// `text/xml; charset="windows-1258"`.
fn charset_of_header(header: &str) -> Option<&'static Encoding> {
    let (_, label) = header.to_ascii_lowercase().split_once("charset=").map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    Encoding::for_label(label.trim_matches(['"', '\'', ' ']).split(['"', '\'', ';', ' ']).next()?.as_bytes())
}

/// `<?xml ... encoding="..."?>` or `<meta charset="...">` at the beginning.
fn charset_of_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES_MAX)]).to_ascii_lowercase();
    let after = |mark: &str| start.split_once(mark).map(|(_, rest)| rest.trim_start_matches([' ', '=', '"', '\'']).to_owned());
    let label = after("encoding").filter(|_| start.trim_start().starts_with("<?xml")).or_else(|| after("charset"))?;
    let label: String = label.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_.:".contains(*letter)).collect();
    Encoding::for_label(label.as_bytes())
}

/// Plain text of some markup: no tag, no script, no entity is left; paragraphs stand between empty lines.
pub fn plain(html: &str) -> String {
    lines(html).join("\n\n").chars().take(TEXT_CHARS_MAX).collect()
}

/// The same on one line, for titles.
pub fn plain_line(html: &str, chars_max: usize) -> String {
    lines(html).join(" ").chars().take(chars_max).collect::<String>().trim().to_owned()
}

/// The running text of an article page: what stands in `<article>`, or `<main>`, or anywhere, without short lines.
pub fn article(html: &str) -> String {
    let html = cut(html, HTML_BYTES_MAX);
    let inner = ["article", "main", "body"].into_iter().find_map(|tag| inside(html, tag)).unwrap_or(html);
    let read = lines(inner).into_iter().filter(|line| line.split_whitespace().count() >= ARTICLE_LINE_WORDS_MIN);
    read.collect::<Vec<_>>().join("\n\n").chars().take(TEXT_CHARS_MAX).collect()
}

/// What stands between the first `<tag` and the last `</tag`.
fn inside<'a>(html: &'a str, tag: &str) -> Option<&'a str> {
    // Lower case keeps the length where letters are ASCII, which names of tags are.
    let folded = html.to_ascii_lowercase();
    let opened = folded.find(&format!("<{tag}"))?;
    let start = opened + folded[opened..].find('>')? + 1;
    let end = folded.rfind(&format!("</{tag}")).filter(|end| *end >= start).unwrap_or(html.len());
    Some(&html[start..end])
}

fn lines(html: &str) -> Vec<String> {
    let html = flattened(cut(html, HTML_BYTES_MAX));
    let clean = CLEANER.clean(&html).to_string();
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut rest = clean.as_str();
    // What the cleaner leaves are the block tags and escaped text.
    while let Some((text, tag)) = rest.split_once('<') {
        line.push_str(text);
        let (_, after) = tag.split_once('>').unwrap_or((tag, ""));
        push_line(&mut lines, &mut line);
        rest = after;
    }
    line.push_str(rest);
    push_line(&mut lines, &mut line);
    lines
}

fn push_line(lines: &mut Vec<String>, line: &mut String) {
    let text = unescape(line);
    let text = text.split(|letter: char| letter.is_whitespace() || letter == '\u{a0}').filter(|word| !word.is_empty());
    let text = text.collect::<Vec<_>>().join(" ");
    let text: String = text.chars().filter(|letter| !letter.is_control() && !is_invisible(*letter)).collect();
    if !text.is_empty() {
        lines.push(text);
    }
    line.clear();
}

/// Marks that turn the direction of reading, or are not to be seen: a title must not pretend to be another.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// The entities that the cleaner writes.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// The longest beginning of so many bytes.
fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Without the tags that go too deep: a parser of HTML keeps all open tags, and formats what it has not closed again and again.
fn flattened(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut depth = 0_usize;
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        out.push_str(text);
        let closing = after.starts_with('/');
        let opening = after.starts_with(|letter: char| letter.is_ascii_alphabetic());
        if closing {
            depth = depth.saturating_sub(1);
        }
        if depth >= NESTING_MAX && (opening || closing) {
            // What stands in the tag goes with it.
            rest = after.split_once('>').map_or("", |(_, after)| after);
            out.push(' ');
        } else {
            out.push('<');
            rest = after;
        }
        if opening && !is_void(after) {
            depth += 1;
        }
    }
    out.push_str(rest);
    out
}

/// Whether a tag is never closed.
fn is_void(tag: &str) -> bool {
    let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(name.as_str(), "br" | "img" | "hr" | "input" | "meta" | "link" | "source" | "wbr" | "col" | "area" | "base" | "embed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_becomes_paragraphs_and_nothing_else() {
        for (html, want) in [
            ("<p>Lương hưu <b>tăng</b> 8%.</p><p>Từ&nbsp;01/07.</p>", "Lương hưu tăng 8%.\n\nTừ 01/07."),
            ("a<script>alert(1)</script>b", "ab"),
            ("<style>p{}</style><p onclick=x>a<br>b</p>", "a\n\nb"),
            ("<a href='javascript:alert(1)'>xem</a>", "xem"),
            ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
            ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
            ("<img src=x onerror=alert(1)>", ""),
            ("a\u{202e}b\u{200b}c", "abc"),
            ("<svg><p>a</svg>b", "ab"),
        ] {
            assert_eq!(plain(html).replace("\n\na", "a"), want, "{html}");
        }
    }

    #[test]
    fn charsets_are_read_from_where_they_stand() {
        let vietnamese = "Lương hưu tăng";
        let windows = encoding_rs::WINDOWS_1258.encode("Tin moi ve BHYT \u{e0}").0.into_owned();
        assert_eq!(decode(vietnamese.as_bytes(), Some("text/xml; charset=iso-8859-1")), vietnamese);
        assert_eq!(decode(&windows, Some("text/xml; charset=\"windows-1258\"")), "Tin moi ve BHYT \u{e0}");
        let mut declared = b"<?xml version=\"1.0\" encoding=\"windows-1258\"?>".to_vec();
        declared.extend(&windows);
        assert!(decode(&declared, None).ends_with('\u{e0}'));
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(vietnamese.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&utf16, None), vietnamese);
        assert!(!decode(b"\xe0\xff\xfe", Some("charset=nonsense")).is_empty());
    }

    #[test]
    fn an_article_is_its_running_text() {
        let html = "<html><nav>Trang chủ</nav><body><div>Menu</div><article><h1>Lương hưu</h1><p>Từ ngày 01/07/2026 lương hưu của \
            người đang hưởng tăng 8%.</p><p>Ảnh: X</p></article><footer>Bản quyền thuộc về báo, cấm sao chép dưới mọi hình thức</footer></body></html>";
        assert_eq!(article(html), "Từ ngày 01/07/2026 lương hưu của người đang hưởng tăng 8%.");
    }

    #[test]
    fn deep_markup_is_read_at_once() {
        for tag in ["<div>", "<b>", "<a href=x>", "<table><tr><td>", "<p><font>"] {
            let html = format!("{}tin{}", tag.repeat(60_000), "</b>".repeat(60_000));
            let begun = std::time::Instant::now();
            plain(&html);
            assert!(begun.elapsed().as_secs() < 10, "{tag}: {:?}", begun.elapsed());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400), header in ".{0,40}") {
            let text = decode(&bytes, Some(&header));
            let read = plain(&text);
            prop_assert!(read.chars().count() <= TEXT_CHARS_MAX);
            article(&text);
        }

        #[test]
        fn any_markup_is_read(html in "(<[a-z/!?]{0,8}[ =\"'a-z]{0,9}>?|&[a-z#0-9]{0,6};?|[a-zà-ỹ ]{0,9}|]]>|<!\\[CDATA\\[|-->){0,60}") {
            plain(&html);
            plain_line(&html, 20);
        }
    }
}
