//! From an event of the log to what Telegram is asked to do: HTML, an inline keyboard, and nothing else.

use std::mem;

use faq::{Block, Span};
use reqwest::Url;
use teloxide::types::{InlineKeyboardButton, WebAppInfo};

use super::translate::message_of;
use crate::dialogue::{Choice, ChoiceId, Event, Message, texts};

/// Telegram's limit for a message, in UTF-16 code units of the text that is left when the entities are parsed.
const MESSAGE_UNITS_MAX: usize = 4_096;
const LINE_BREAK_UNITS: usize = 1;
const EMPTY_LINE_UNITS: usize = 2;
/// Telegram's limit for what a button sends back.
const CALLBACK_BYTES_MAX: usize = 64;
/// Two labels up to this length stand next to each other on a phone of 360 px.
const SHORT_LABEL_CHARS_MAX: usize = 17;
const BUTTONS_A_ROW_MAX: usize = 2;

/// One call to Telegram.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outgoing {
    /// Say something.
    Message(Rendered),
    /// Take a message of the citizen away: it held a secret.
    Delete {
        /// Its number in the chat.
        message_id: i32,
    },
}

impl Outgoing {
    /// The word for it in metrics and in the log.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Outgoing::Message(_) => "message",
            Outgoing::Delete { .. } => "delete",
        }
    }
}

/// A message as Telegram takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rendered {
    /// The keyboard of the phone offers to share the location, with these words, and these beside.
    pub(super) asks_location: Option<(String, Vec<String>)>,
    /// Text with Telegram's HTML tags.
    pub(super) html: String,
    /// Rows of buttons; empty when there are none.
    pub(super) keyboard: Vec<Vec<InlineKeyboardButton>>,
    /// The button below the field that shares the citizen's own contact; Telegram shows it instead of the others.
    pub(super) contact: Option<String>,
    /// It holds something personal: Telegram keeps it from being forwarded, and it is taken away after a while.
    pub(super) personal: bool,
}

impl Rendered {
    /// Plain words without buttons.
    pub(super) fn text(text: &str) -> Rendered {
        Rendered { html: escape(text), ..Rendered::default() }
    }
}

/// What an event asks of Telegram, in order. Most events ask for nothing: the citizen has seen what they did.
pub(super) fn render(event: &Event, form: Option<&Url>) -> Vec<Outgoing> {
    match event {
        Event::CitizenChoice { client_id, choice, .. } if matches!(ChoiceId::parse(choice), Some(ChoiceId::DeleteMessage)) => {
            message_of(client_id).map(|message_id| Outgoing::Delete { message_id }).into_iter().collect()
        }
        Event::CitizenMessage { client_id, masked: true, .. } => {
            message_of(client_id).map(|message_id| Outgoing::Delete { message_id }).into_iter().collect()
        }
        event => {
            let personal = matches!(event, Event::PersonalMessage { open: Some(_), .. });
            let rendered = texts::of_event(event).into_iter().flat_map(|message| render_message(&message, form));
            rendered.map(|rendered| Outgoing::Message(Rendered { personal, ..rendered })).collect()
        }
    }
}

/// One message, or several when it is longer than Telegram allows; the buttons are under the last.
fn render_message(message: &Message, form: Option<&Url>) -> Vec<Rendered> {
    let mut parts: Vec<Rendered> =
        pack(chunks(message)).into_iter().map(|part| Rendered { html: html(&part), ..Rendered::default() }).collect();
    if let Some(last) = parts.last_mut() {
        last.asks_location = asks_location(&message.choices);
        // A message has one keyboard: where a location is asked for, the other choices are words on the same one.
        if last.asks_location.is_none() {
            last.keyboard = directions(message);
            last.keyboard.extend(keyboard(&message.choices, form));
        }
        last.contact = message.choices.iter().find(|choice| is(choice, &ChoiceId::ShareContact)).map(|choice| choice.label.clone());
    }
    parts
}

/// A line of a message.
#[derive(Debug, Clone, Default, PartialEq)]
struct Line {
    html: String,
    /// Its length as Telegram counts it.
    units: usize,
}

/// Lines that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
struct Chunk {
    lines: Vec<Line>,
    /// Folded away until tapped.
    folded: bool,
}

impl Chunk {
    fn of(lines: Vec<Line>) -> Chunk {
        Chunk { lines, folded: false }
    }

    fn units(&self) -> usize {
        let breaks = self.lines.len().saturating_sub(1);
        self.lines.iter().map(|line| line.units).sum::<usize>() + breaks
    }
}

/// The parts of a message in the order in which they are read.
fn chunks(message: &Message) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    if let Some(understood) = &message.understood {
        chunks.push(Chunk::of(lines(&[Span::plain(texts::understood(understood))], "", Some("i"))));
    }
    push_blocks(&mut chunks, &message.blocks, false);
    push_blocks(&mut chunks, &message.more, true);
    if let Some(places) = &message.places {
        let of_card = |card| texts::place::card_lines(card).iter().flat_map(|spans| lines(spans, "", None)).collect();
        chunks.extend(places.cards.iter().map(|card| Chunk::of(of_card(card))));
        chunks.push(Chunk::of(places.attribution.iter().flat_map(|text| lines(&[Span::plain(text.clone())], "", Some("i"))).collect()));
    }
    let notes = texts::basis_line(message).into_iter().chain(message.stale.then(|| texts::STALE.to_owned()));
    chunks.push(Chunk::of(notes.flat_map(|note| lines(&[Span::plain(note)], "", None)).collect()));
    chunks.push(Chunk::of(phone_lines(message)));
    chunks.retain(|chunk| !chunk.lines.is_empty());
    chunks
}

/// A block is a chunk; a heading belongs to the block under it.
fn push_blocks(chunks: &mut Vec<Chunk>, blocks: &[Block], folded: bool) {
    let mut lines = Vec::new();
    for block in blocks {
        lines.extend(block_lines(block));
        if !matches!(block, Block::Heading { .. }) {
            chunks.push(Chunk { lines: mem::take(&mut lines), folded });
        }
    }
    chunks.push(Chunk { lines, folded });
}

fn block_lines(block: &Block) -> Vec<Line> {
    match block {
        Block::Paragraph { spans } => lines(spans, "", None),
        Block::Heading { text } => lines(&[Span::bold(text.clone())], "", None),
        Block::Steps { items } => (1..).zip(items).flat_map(|(number, item)| lines(item, &format!("{number}. "), None)).collect(),
        Block::Bullets { items } => items.iter().flat_map(|item| lines(item, "• ", None)).collect(),
    }
}

/// Numbers to dial that the text does not say already: Telegram's buttons refuse `tel:`, its texts can be tapped.
fn phone_lines(message: &Message) -> Vec<Line> {
    let said = |href: &str| message.blocks.iter().flat_map(spans_of).any(|span| span.href.as_deref() == Some(href));
    let dial = |choice: &Choice| choice.href.as_deref().is_some_and(|href| href.starts_with("tel:") && !said(href));
    message
        .choices
        .iter()
        .filter(|choice| dial(choice))
        .flat_map(|choice| lines(&[Span::plain(choice.label.clone())], "☎ ", None))
        .collect()
}

fn spans_of(block: &Block) -> Vec<&Span> {
    match block {
        Block::Paragraph { spans } => spans.iter().collect(),
        Block::Heading { .. } => Vec::new(),
        Block::Steps { items } | Block::Bullets { items } => items.iter().flatten().collect(),
    }
}

/// One line; more of them when it alone is longer than a message may be.
fn lines(spans: &[Span], prefix: &str, tag: Option<&str>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line { html: escape(prefix), units: units(prefix) };
    for span in spans {
        let mut rest = span.text.as_str();
        while !rest.is_empty() {
            let (fits, beyond) = split_at_units(rest, MESSAGE_UNITS_MAX - line.units);
            push_span(&mut line, span, fits, tag);
            rest = beyond;
            if !rest.is_empty() {
                lines.push(mem::take(&mut line));
            }
        }
    }
    lines.push(line);
    // Telegram refuses a message of nothing but spaces.
    lines.retain(|line| !line.html.trim().is_empty());
    lines
}

fn push_span(line: &mut Line, span: &Span, text: &str, tag: Option<&str>) {
    if text.is_empty() {
        return;
    }
    line.units += units(text);
    let link = span.href.as_deref().filter(|href| href.starts_with("https://")).map(|href| format!("a href=\"{}\"", escape(href)));
    let bold = span.bold.then(|| "b".to_owned());
    let tags: Vec<String> = tag.map(str::to_owned).into_iter().chain(bold).chain(link).collect();
    for tag in &tags {
        line.html.push_str(&format!("<{tag}>"));
    }
    line.html.push_str(&escape(text));
    for tag in tags.iter().rev() {
        line.html.push_str(&format!("</{}>", tag.split(' ').next().unwrap_or_default()));
    }
}

/// The longest beginning of at most `max` units, ended at a space where there is one, and the rest.
fn split_at_units(text: &str, max: usize) -> (&str, &str) {
    let mut used = 0;
    let mut end = text.len();
    for (at, char) in text.char_indices() {
        used += char.len_utf16();
        if used > max {
            end = at;
            break;
        }
    }
    if end < text.len()
        && let Some(space) = text[..end].rfind(' ')
    {
        end = space + 1;
    }
    text.split_at(end)
}

/// Fills messages with whole chunks; a chunk that alone is too long is cut between its lines.
fn pack(chunks: Vec<Chunk>) -> Vec<Vec<Chunk>> {
    let mut parts: Vec<Vec<Chunk>> = Vec::new();
    let mut used = 0;
    for chunk in chunks.into_iter().flat_map(cut) {
        match parts.last_mut() {
            Some(part) if used + EMPTY_LINE_UNITS + chunk.units() <= MESSAGE_UNITS_MAX => {
                used += EMPTY_LINE_UNITS + chunk.units();
                part.push(chunk);
            }
            _ => {
                used = chunk.units();
                parts.push(vec![chunk]);
            }
        }
    }
    parts
}

fn cut(chunk: Chunk) -> Vec<Chunk> {
    let Chunk { lines, folded } = chunk;
    let mut pieces: Vec<Chunk> = Vec::new();
    for line in lines {
        match pieces.last_mut() {
            Some(piece) if piece.units() + LINE_BREAK_UNITS + line.units <= MESSAGE_UNITS_MAX => piece.lines.push(line),
            _ => pieces.push(Chunk { lines: vec![line], folded }),
        }
    }
    pieces
}

fn html(chunks: &[Chunk]) -> String {
    let mut out = String::new();
    let mut folded = false;
    for (at, chunk) in chunks.iter().enumerate() {
        if folded && !chunk.folded {
            out.push_str("</blockquote>");
        }
        if at > 0 {
            out.push_str("\n\n");
        }
        if chunk.folded && !folded {
            out.push_str("<blockquote expandable>");
        }
        folded = chunk.folded;
        let lines: Vec<&str> = chunk.lines.iter().map(|line| line.html.as_str()).collect();
        out.push_str(&lines.join("\n"));
    }
    if folded {
        out.push_str("</blockquote>");
    }
    out
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn is(choice: &Choice, id: &ChoiceId) -> bool {
    choice.href.is_none() && choice.id == id.to_string()
}

fn keyboard(choices: &[Choice], form: Option<&Url>) -> Vec<Vec<InlineKeyboardButton>> {
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let short = |label: &str| label.chars().count() <= SHORT_LABEL_CHARS_MAX;
    for button in choices.iter().filter_map(|choice| button(choice, form)) {
        match rows.last_mut() {
            Some(row) if row.len() < BUTTONS_A_ROW_MAX && short(&button.text) && row.iter().all(|other| short(&other.text)) => {
                row.push(button);
            }
            _ => rows.push(vec![button]),
        }
    }
    rows
}

/// The choice that asks for a location, and the words of the others; `None` when there is none. It is asked for with the first of the
/// choices only: elsewhere it is offered like any other, and what a tap on it says is how to go on without.
fn asks_location(choices: &[Choice]) -> Option<(String, Vec<String>)> {
    let is_here = |choice: &&Choice| ChoiceId::parse(&choice.id) == Some(ChoiceId::Here);
    let here = choices.iter().find(is_here)?;
    let others = choices.iter().filter(|choice| !is_here(choice) && choice.href.is_none()).map(|choice| choice.label.clone());
    Some((here.label.clone(), others.collect()))
}

/// A button for the way to each place.
fn directions(message: &Message) -> Vec<Vec<InlineKeyboardButton>> {
    let cards = message.places.iter().flat_map(|places| &places.cards);
    let buttons: Vec<InlineKeyboardButton> = cards
        .filter_map(|card| Some((card.number, Url::parse(card.directions.as_deref()?).ok()?)))
        .map(|(number, url)| InlineKeyboardButton::url(texts::place::directions_label(number), url))
        .collect();
    if buttons.is_empty() { Vec::new() } else { vec![buttons] }
}

/// A longer address is left out: Telegram refuses the whole message for one that is too long.
const LINK_BYTES_MAX: usize = 2_000;

/// `None` for what Telegram would refuse, and the whole message with it: a phone number, which is in the text, and an id that is too
/// long, which no topic of the FAQ has (a test sees to it) and whose words can still be typed.
fn button(choice: &Choice, form: Option<&Url>) -> Option<InlineKeyboardButton> {
    match &choice.href {
        // The form is a page of ours, which Telegram shows in a window of its own.
        None if is(choice, &ChoiceId::Verify) => {
            form.map(|url| InlineKeyboardButton::web_app(choice.label.clone(), WebAppInfo { url: url.clone() }))
        }
        None if is(choice, &ChoiceId::ShareContact) || is(choice, &ChoiceId::Print) => None,
        Some(href) if href.starts_with("https://") => Url::parse(href).ok().map(|url| InlineKeyboardButton::url(choice.label.clone(), url)),
        // A page of ours to be printed; what it calculates with stands behind `#`.
        Some(href) if href.starts_with("/print/") => {
            let page = form?.join(href).ok().filter(|page| page.as_str().len() <= LINK_BYTES_MAX)?;
            Some(InlineKeyboardButton::url(choice.label.clone(), page))
        }
        Some(_) => None,
        None if choice.id.len() <= CALLBACK_BYTES_MAX => Some(InlineKeyboardButton::callback(choice.label.clone(), choice.id.clone())),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::dialogue::{Outcome, Unsupported};
    use faq::{Citation, Faq, TopicId};
    use teloxide::types::InlineKeyboardButtonKind;

    fn render(event: &Event) -> Vec<Outgoing> {
        super::render(event, None)
    }

    fn render_message(message: &Message) -> Vec<Rendered> {
        super::render_message(message, None)
    }

    /// Messages as a person reads them: the HTML, then a line for each row of buttons.
    fn show(parts: &[Rendered]) -> String {
        let mut out = String::new();
        for part in parts {
            let _ = writeln!(out, "{}", part.html);
            for row in &part.keyboard {
                let row: Vec<String> = row.iter().map(show_button).collect();
                let _ = writeln!(out, "{}", row.join(" "));
            }
        }
        out
    }

    fn show_button(button: &InlineKeyboardButton) -> String {
        match &button.kind {
            InlineKeyboardButtonKind::CallbackData(data) => format!("[{} -> {data}]", button.text),
            InlineKeyboardButtonKind::Url(url) => format!("[{} -> {url}]", button.text),
            _ => format!("[{} -> ?]", button.text),
        }
    }

    fn shown(message: &Message) -> String {
        show(&render_message(message))
    }

    fn answer() -> Message {
        let topic = TopicId::parse("bhxh/maternity-second-child").unwrap();
        Message {
            understood: Some("con thu 2 nghi may thang".to_owned()),
            blocks: vec![
                Block::Paragraph {
                    spans: vec![Span::plain("Con thứ hai: bạn được nghỉ "), Span::bold("7 tháng"), Span::plain(".")]
                },
                Block::Heading { text: "Nộp ở đâu".to_owned() },
                Block::Steps {
                    items: vec![
                        vec![Span::plain("Nộp cho công ty trong "), Span::plain("45 ngày.")],
                        vec![
                            Span::plain("Xem trên "),
                            Span::link("cổng dịch vụ công", "https://dichvucong.gov.vn/?a=1&b=2"),
                            Span::plain("."),
                        ],
                    ],
                },
                Block::Bullets { items: vec![vec![Span::plain("Cần hỏi thêm, gọi "), Span::link("1900 9068", "tel:19009068")]] },
            ],
            more: vec![
                Block::Heading { text: "Mức hưởng".to_owned() },
                Block::Bullets { items: vec![vec![Span::plain("100% bình quân lương")], vec![Span::plain("a < b & \"c\"")]] },
                Block::text("Hết."),
            ],
            basis: vec![Citation {
                document: "Luật Dân số 113/2025/QH15".to_owned(),
                article: "Điều 14".to_owned(),
                url: "https://example.vn/luat".to_owned(),
                effective_from: jiff::civil::date(2026, 7, 1),
            }],
            reviewed: Some(jiff::civil::date(2026, 11, 22)),
            stale: true,
            places: None,
            choices: vec![
                Choice::new(ChoiceId::Related(topic.clone()), "Câu hỏi liên quan"),
                texts::wrong_choice(&topic),
                texts::operator_choice(),
                texts::call_choice(),
            ],
        }
    }

    #[test]
    fn an_answer_is_one_message() {
        insta::assert_snapshot!(shown(&answer()), @r#"
        <i>Mình hiểu là: con thu 2 nghi may thang</i>

        Con thứ hai: bạn được nghỉ <b>7 tháng</b>.

        <b>Nộp ở đâu</b>
        1. Nộp cho công ty trong 45 ngày.
        2. Xem trên <a href="https://dichvucong.gov.vn/?a=1&amp;b=2">cổng dịch vụ công</a>.

        • Cần hỏi thêm, gọi 1900 9068

        <blockquote expandable><b>Mức hưởng</b>
        • 100% bình quân lương
        • a &lt; b &amp; &quot;c&quot;

        Hết.</blockquote>

        📄 Căn cứ: Luật Dân số 113/2025/QH15, Điều 14 (hiệu lực 01/07/2026). Rà soát 22/11/2026.
        ⚠ Câu trả lời này đã quá hạn rà soát. Bạn xác nhận lại với 1900 9068 trước khi làm thủ tục.
        [Câu hỏi liên quan -> related:bhxh/maternity-second-child] [Chưa đúng ý -> wrong:bhxh/maternity-second-child]
        [Gặp tổng đài viên -> operator]
        "#);
    }

    #[test]
    fn a_number_to_dial_is_text_unless_it_was_said() {
        let message = Message {
            blocks: vec![Block::text("Mình đã đưa bạn vào hàng đợi.")],
            choices: vec![
                texts::call_choice(),
                texts::leave_queue_choice(),
                Choice::link("Cổng dịch vụ công", "https://dichvucong.gov.vn/"),
            ],
            ..Message::default()
        };
        insta::assert_snapshot!(shown(&message), @r#"
        Mình đã đưa bạn vào hàng đợi.

        ☎ Gọi 1900 9068
        [Rời hàng đợi -> leave-queue] [Cổng dịch vụ công -> https://dichvucong.gov.vn/]
        "#);
        let said = Message { blocks: texts::queued(), choices: vec![texts::call_choice()], ..Message::default() };
        insta::assert_snapshot!(shown(&said), @r#"
        Mình đã đưa cuộc trò chuyện này vào danh sách chờ tổng đài viên. Trong lúc chờ, bạn vẫn hỏi mình được.

        Cần gấp, bạn gọi 1900 9068.
        "#);
    }

    #[test]
    fn text_is_never_markup() {
        let message = Message {
            blocks: vec![Block::Paragraph {
                spans: vec![
                    Span::plain("<script>alert(1)</script> & <b>"),
                    Span::link("x", "https://a.vn/\"><b>"),
                    Span::link("y", "javascript:1"),
                ],
            }],
            choices: vec![Choice::new(ChoiceId::Help, "<b>")],
            ..Message::default()
        };
        insta::assert_snapshot!(shown(&message), @r#"
        &lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;<a href="https://a.vn/&quot;&gt;&lt;b&gt;">x</a>y
        [<b> -> help]
        "#);
    }

    #[test]
    fn a_link_to_a_topic_is_plain_text() {
        let span = Span { text: "cách đăng ký".to_owned(), topic: TopicId::parse("vssid/register"), ..Span::default() };
        let message = Message { blocks: vec![Block::Paragraph { spans: vec![span] }], ..Message::default() };
        assert_eq!(render_message(&message)[0].html, "cách đăng ký");
    }

    #[test]
    fn only_the_bot_and_masked_secrets_reach_telegram() {
        let client_id = || "tg:5:9".to_owned();
        let said = |client_id: String, masked| Event::CitizenMessage { client_id, text: "***".to_owned(), masked };
        assert_eq!(render(&said(client_id(), true)), [Outgoing::Delete { message_id: 9 }]);
        assert_eq!(render(&said("another channel".to_owned(), true)), []);
        assert_eq!(render(&said(client_id(), false)), []);
        assert_eq!(render(&Event::CitizenUnsupported { client_id: client_id(), what: Unsupported::Photo }), []);
        let message = Message { blocks: vec![Block::text("Chào bạn.")], ..Message::default() };
        let bot = Event::BotMessage { outcome: Outcome::SmallTalk, message, decided: None };
        assert_eq!(render(&bot), [Outgoing::Message(Rendered::text("Chào bạn."))]);
    }

    #[test]
    fn a_message_without_words_is_not_sent() {
        assert_eq!(render_message(&Message::default()), []);
    }

    /// The text as Telegram sees it: without tags, entities resolved.
    fn visible(html: &str) -> String {
        let mut out = String::new();
        let mut in_tag = false;
        for char in html.chars() {
            match char {
                '<' => in_tag = true,
                '>' => in_tag = false,
                _ if !in_tag => out.push(char),
                _ => {}
            }
        }
        out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    fn assert_fits(parts: &[Rendered]) {
        for part in parts {
            let length = units(&visible(&part.html));
            assert!((1..=MESSAGE_UNITS_MAX).contains(&length), "{length}");
            assert_eq!(part.html.matches("<blockquote").count(), part.html.matches("</blockquote>").count());
        }
        let (last, others) = parts.split_last().unwrap();
        assert!(!last.keyboard.is_empty() && others.iter().all(|part| part.keyboard.is_empty()));
    }

    #[test]
    fn a_long_message_is_cut_where_a_block_begins() {
        let item = |n: usize| vec![Span::plain("x".repeat(n))];
        let message = Message {
            blocks: vec![Block::text("a".repeat(4_000)), Block::Bullets { items: vec![item(300), item(300)] }],
            more: vec![Block::Bullets { items: vec![item(3_000)] }, Block::text("b".repeat(2_000))],
            choices: vec![texts::operator_choice()],
            ..Message::default()
        };
        let parts = render_message(&message);
        assert_fits(&parts);
        let starts: Vec<String> = parts.iter().map(|part| part.html.chars().take(28).collect()).collect();
        assert_eq!(parts.len(), 3);
        assert!(
            starts[0].starts_with("aaa") && starts[1].starts_with("• xxx") && starts[2].starts_with("<blockquote expandable>bbb"),
            "{starts:?}"
        );
    }

    #[test]
    fn a_message_of_exactly_the_limit_is_one() {
        let message = Message { blocks: vec![Block::text("a".repeat(MESSAGE_UNITS_MAX))], ..Message::default() };
        assert_eq!(render_message(&message).len(), 1);
        let message = Message { blocks: vec![Block::text("😀".repeat(MESSAGE_UNITS_MAX / 2))], ..Message::default() };
        assert_eq!(render_message(&message).len(), 1);
        let message = Message { blocks: vec![Block::text("a".repeat(4_093)), Block::text("b")], ..Message::default() };
        assert_eq!(render_message(&message).len(), 1);
        let message = Message { blocks: vec![Block::text("a".repeat(4_094)), Block::text("b")], ..Message::default() };
        assert_eq!(render_message(&message).len(), 2);
    }

    #[test]
    fn every_button_of_every_topic_fits_telegram() {
        let faq = Faq::embedded().unwrap();
        for topic in faq.topics() {
            let of_topic = [ChoiceId::Topic, ChoiceId::Now, ChoiceId::Related, ChoiceId::Wrong].map(|choice| choice(topic.id.clone()));
            let as_of = ChoiceId::AsOf(topic.id.clone(), jiff::civil::date(2026, 6, 30));
            for id in of_topic.into_iter().chain([as_of]) {
                let id = id.to_string();
                assert!(id.len() <= CALLBACK_BYTES_MAX, "{id} is {} bytes", id.len());
            }
        }
    }

    #[test]
    fn a_button_that_telegram_would_refuse_does_not_take_the_message_along() {
        let print = Choice::link("Bản để in, lưu", "/print/calculation#lump-sum?%7B%7D");
        let form: Url = "https://hotro.example/verify#token".parse().unwrap();
        let opened = button(&print, Some(&form)).map(|button| button.kind);
        let page: Url = "https://hotro.example/print/calculation#lump-sum?%7B%7D".parse().unwrap();
        assert_eq!(opened, Some(InlineKeyboardButtonKind::Url(page)));
        assert!(button(&print, None).is_none());
        let long = Choice { id: format!("topic:{}", "x".repeat(80)), label: "Dài".to_owned(), href: None };
        let message = Message { blocks: vec![Block::text("a")], choices: vec![long, texts::operator_choice()], ..Message::default() };
        assert_eq!(render_message(&message)[0].keyboard.concat().len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_and_every_part_fits(paragraphs in proptest::collection::vec("[a-zàđ<&😀][a-zàđ<&😀 ]{0,3000}", 1..8), folded in 0..4usize) {
            let mut blocks: Vec<Block> = paragraphs.iter().map(|text| Block::text(text.clone())).collect();
            let more = blocks.split_off(blocks.len().saturating_sub(folded).max(1));
            let message = Message { blocks, more, choices: vec![texts::operator_choice()], ..Message::default() };
            let parts = render_message(&message);
            assert_fits(&parts);
            let squeeze = |text: &str| text.chars().filter(|char| !char.is_whitespace()).collect::<String>();
            let sent: String = parts.iter().map(|part| squeeze(&visible(&part.html))).collect();
            assert_eq!(sent, squeeze(&paragraphs.concat()));
        }
    }
}
