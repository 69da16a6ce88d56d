//! Words about the policy news.

use faq::{Block, NewsItem, Span, Theme, plain_text, vietnamese_date};
use jiff::civil::Date;

use super::super::choice::{Choice, ChoiceId};
use super::super::news::{Cadence, Following};

/// The title of the public feeds.
pub const FEED_TITLE: &str = "Tin chính sách BHXH, BHYT, BHTN";
/// Where news are when the bot has none.
pub(crate) const NEWS_ELSEWHERE_TOPIC: &str = "vssid/news-video";
/// The button under an answer that leads to what is new about it.
pub(crate) const SHOW_ITEM: &str = "Xem tin mới này";
/// What a button shows of a title: two lines on a phone.
const TITLE_CHARS_MAX: usize = 60;

fn line(text: &str) -> Vec<Block> {
    vec![Block::text(text)]
}

/// A theme in a sentence.
pub fn theme_name(theme: Option<Theme>) -> &'static str {
    match theme {
        None => "tất cả chủ đề",
        Some(Theme::HuuTri) => "hưu trí",
        Some(Theme::ThaiSan) => "thai sản",
        Some(Theme::Bhyt) => "BHYT",
        Some(Theme::Bhtn) => "BHTN",
        Some(Theme::Vssid) => "VssID",
    }
}

/// Above a page of a list.
pub(crate) fn list_heading(theme: Option<Theme>, page: u16) -> String {
    let what = match theme {
        None => "Tin chính sách mới nhất".to_owned(),
        Some(theme) => format!("Tin mới về {}", theme_name(Some(theme))),
    };
    if page == 0 { what } else { format!("{what}, trang {}", u32::from(page) + 1) }
}

/// An item in a list: since when, what, and whether it is old or still to come.
pub(crate) fn list_line(item: &NewsItem, today: Date) -> Vec<Span> {
    let since = vietnamese_date(item.since());
    let mark = if item.is_old(today) {
        " (tin cũ)"
    } else if item.since() > today {
        " (sắp áp dụng)"
    } else {
        ""
    };
    vec![Span::plain(format!("{since}{mark}: ")), Span::bold(item.title.clone())]
}

/// Above several items that are sent at once.
pub(crate) fn digest_heading(items: usize) -> String {
    format!("{items} tin mới bạn đang theo dõi")
}

/// Under an answer: what is new about it.
pub(crate) fn new_line(item: &NewsItem) -> Vec<Span> {
    let since = vietnamese_date(item.since());
    // Many titles say the day already.
    let when = if item.title.contains(&since) { String::new() } else { format!(" (từ {since})") };
    vec![Span::bold("Mới: "), Span::plain(format!("{}{when}.", item.title))]
}

/// Above an item that is past its relevance.
pub(crate) fn old(item: &NewsItem) -> Block {
    Block::text(format!(
        "⚠ Tin cũ, từ {}. Quy định hiện nay có thể đã khác, bạn hỏi mình để có câu trả lời hôm nay.",
        vietnamese_date(item.since())
    ))
}

/// Where an item was read.
pub(crate) fn source_line(item: &NewsItem) -> Vec<Span> {
    let mut spans = vec![
        Span::plain(format!("Tin ngày {}. Đọc thêm: ", vietnamese_date(item.published))),
        Span::link(item.source.name.clone(), item.source.url.clone()),
    ];
    if let Some(video) = &item.video {
        spans.push(Span::plain(" · "));
        spans.push(Span::link("Video", video.clone()));
    }
    spans
}

/// There is nothing to list.
pub(crate) fn no_items(theme: Option<Theme>) -> Vec<Block> {
    match theme {
        None => line("Mình chưa có tin nào ở đây. Bạn xem tin trên baohiemxahoi.gov.vn hoặc trong VssID."),
        Some(theme) => line(&format!("Mình không còn tin nào nữa về {}.", theme_name(Some(theme)))),
    }
}

/// Before the themes.
pub(crate) fn choose_theme() -> Vec<Block> {
    line("Bạn muốn xem tin về chủ đề nào?")
}

/// The item is no longer there.
pub(crate) fn gone() -> Vec<Block> {
    line("Tin này không còn nữa. Bạn xem các tin mới nhất nhé.")
}

/// What is followed now, and when it comes.
pub(crate) fn followed(following: &Following) -> Vec<Block> {
    let themes = if following.themes.is_empty() {
        theme_name(None).to_owned()
    } else {
        following.themes.iter().map(|&theme| theme_name(Some(theme))).collect::<Vec<_>>().join(", ")
    };
    let when = match following.cadence {
        Cadence::Now => "ngay khi có",
        Cadence::Daily => "mỗi ngày nhiều nhất một lần, vào buổi sáng",
        Cadence::Weekly => "mỗi tuần một lần, sáng thứ Hai",
    };
    vec![
        Block::text(format!("Mình sẽ gửi bạn tin mới về {themes}: {when}. Từ 21:00 đến 07:00 mình không gửi.")),
        Block::text("Mỗi tin đều có nút dừng, bạn bấm một lần là xong."),
    ]
}

/// News are sent on Telegram only.
pub(crate) fn follow_on_telegram() -> Vec<Block> {
    line("Nhận tin tự động có trên Telegram. Ở đây bạn xem tin mới bất cứ lúc nào, gõ “tin mới” là được.")
}

/// No more news are sent.
pub(crate) fn stopped() -> Vec<Block> {
    line("Mình đã dừng gửi tin. Khi nào cần, bạn gõ “tin mới” để xem.")
}

/// The button that opens a list.
pub(crate) fn list_choice(theme: Option<Theme>) -> Choice {
    let label = theme.map_or_else(|| "Tin mới nhất".to_owned(), |theme| format!("Tin khác về {}", theme_name(Some(theme))));
    Choice::new(ChoiceId::NewsList(theme, 0), label)
}

/// The button that turns a page.
pub(crate) fn older_choice(theme: Option<Theme>, page: u16) -> Choice {
    Choice::new(ChoiceId::NewsList(theme, page), "Tin cũ hơn")
}

/// The button that leads to the themes.
pub(crate) fn themes_choice() -> Choice {
    Choice::new(ChoiceId::NewsThemes, "Chọn chủ đề")
}

/// The button of a theme.
pub(crate) fn theme_choice(theme: Theme) -> Choice {
    let label = match theme {
        Theme::HuuTri => "Hưu trí",
        Theme::ThaiSan => "Thai sản",
        theme => theme_name(Some(theme)),
    };
    Choice::new(ChoiceId::NewsList(Some(theme), 0), label)
}

/// The button of an item.
pub(crate) fn item_choice(item: &NewsItem) -> Choice {
    let mut shown: String = item.title.chars().take(TITLE_CHARS_MAX).collect();
    if shown.len() < item.title.len() {
        shown.truncate(shown.rfind(' ').unwrap_or(shown.len()));
        shown.push('…');
    }
    Choice::new(ChoiceId::News(item.id.clone()), shown)
}

/// The button that follows a theme.
pub(crate) fn follow_choice(theme: Option<Theme>) -> Choice {
    let label = theme.map_or_else(|| "Nhận mọi tin mới".to_owned(), |theme| format!("Nhận tin {}", theme_name(Some(theme))));
    Choice::new(ChoiceId::FollowNews(theme), label)
}

/// The button that changes how often news are sent.
pub(crate) fn cadence_choice(cadence: Cadence) -> Choice {
    let label = match cadence {
        Cadence::Now => "Gửi ngay khi có",
        Cadence::Daily => "Gửi mỗi ngày",
        Cadence::Weekly => "Gửi mỗi tuần",
    };
    Choice::new(ChoiceId::FollowAs(cadence), label)
}

/// The button that ends it, under every message that is sent.
pub(crate) fn stop_choice() -> Choice {
    Choice::new(ChoiceId::StopNews, "Dừng nhận tin")
}

/// An item as plain text, for feeds: summary and details.
pub fn plain(item: &NewsItem) -> String {
    let mut text = plain_text(&item.summary);
    for block in &item.details {
        match block {
            Block::Heading { text: heading } => text.push_str(&format!("\n\n{heading}\n")),
            block => {
                let spans: Vec<&Span> = block.spans().collect();
                text.push_str(&format!("\n{}", plain_text(spans)));
            }
        }
    }
    text
}
