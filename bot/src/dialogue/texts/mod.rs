//! Every word said to citizens. Reviewed like code; how the product speaks is in the product's style guide: "mình" and "bạn", short
//! sentences, the answer first.

pub mod calculation;
pub mod lookup;
pub mod news;
pub mod place;

use faq::{Action, Block, Period, Rule, Span, TopicId, vietnamese_date};
use jiff::ToSpan;
use jiff::civil::Date;

use super::choice::{Choice, ChoiceId};
use super::event::{Event, Message, Minutes};
use super::input::{Unkept, Unsupported};

/// The hotline as people read it.
pub const HOTLINE: &str = "1900 9068";
/// The hotline as a phone dials it.
pub const HOTLINE_HREF: &str = "tel:19009068";

/// What a button shows of a question: two lines on a phone.
const NEXT_QUESTION_CHARS_MAX: usize = 70;

fn line(text: impl Into<String>) -> Vec<Block> {
    vec![Block::text(text)]
}

fn with_hotline(before: &str, after: &str) -> Vec<Block> {
    vec![hotline(before, after)]
}

/// A sentence with the number to tap in it.
fn hotline(before: &str, after: &str) -> Block {
    Block::Paragraph { spans: vec![Span::plain(before), Span::link(HOTLINE, HOTLINE_HREF), Span::plain(after)] }
}

/// The first words of a conversation.
pub fn greeting() -> Vec<Block> {
    vec![
        Block::text("Chào bạn. Mình là trợ lý tự động, không phải người."),
        Block::text("Mình trả lời câu hỏi về BHXH, BHYT, BHTN và VssID. Bạn cứ gõ câu hỏi, không cần dấu cũng được."),
    ]
}

/// A greeting in the middle of a conversation.
pub fn greeting_again() -> Vec<Block> {
    line("Chào bạn, mình đây. Bạn cần hỏi gì về BHXH, BHYT, BHTN hay VssID?")
}

/// What can be tapped at the start: the questions asked most.
pub fn start_choices() -> Vec<Choice> {
    [
        ("vssid/forgot-password-app", "Quên mật khẩu VssID"),
        ("bhxh/lump-sum-who-can", "Rút BHXH một lần"),
        ("bhtn/conditions", "Trợ cấp thất nghiệp"),
    ]
    .into_iter()
    .filter_map(|(topic, label)| Some(Choice::new(ChoiceId::Topic(TopicId::parse(topic)?), label)))
    .chain([operator_choice()])
    .collect()
}

/// What the bot can do.
pub fn help() -> Vec<Block> {
    let item = |text: &str| vec![Span::plain(text)];
    vec![
        Block::text("Mình giúp được những việc này:"),
        Block::Bullets {
            items: vec![
                item("Trả lời câu hỏi về đóng và hưởng BHXH, BHYT, BHTN, dùng VssID. Bạn gõ tự nhiên, không cần dấu."),
                item(
                    "Tính số của riêng bạn: BHXH một lần, thai sản, thất nghiệp, lương hưu, tuổi hưu, BHYT hộ gia đình. Bạn gõ /tinh hoặc hỏi luôn.",
                ),
                item("Tìm cơ quan BHXH, điểm thu, nơi khám chữa bệnh gần bạn, ví dụ: “phòng khám gần Hà Đông”."),
                item("Chuyển bạn tới tổng đài viên khi mình chưa giúp được."),
                item("Tra cứu quá trình đóng, thẻ BHYT, hồ sơ của chính bạn sau khi xác minh."),
                item("Đọc tin chính sách mới: bạn gõ “tin mới” hoặc “tin mới về thai sản”."),
            ],
        },
        Block::Paragraph {
            spans: vec![
                Span::plain("Bạn đừng gửi mật khẩu hay mã OTP cho ai, kể cả mình. Cần gấp thì gọi "),
                Span::link(HOTLINE, HOTLINE_HREF),
                Span::plain("."),
            ],
        },
    ]
}

/// Who is speaking.
pub fn who_are_you() -> Vec<Block> {
    line(
        "Mình là trợ lý tự động, không phải người. Mình trả lời từ bộ câu hỏi đáp có căn cứ pháp lý về BHXH, BHYT, BHTN và VssID. Cần nói chuyện với người thì bạn bấm nút tổng đài viên.",
    )
}

/// An answer to thanks.
pub fn thanks() -> Vec<Block> {
    line("Không có gì ạ. Còn điều gì chưa rõ, bạn cứ hỏi tiếp nhé.")
}

/// An answer to praise.
pub fn praise() -> Vec<Block> {
    line("Cảm ơn bạn. Mình vui vì giúp được. Bạn cần hỏi gì thêm không?")
}

/// An answer to a good-bye.
pub fn goodbye() -> Vec<Block> {
    line("Chào bạn. Khi nào cần, bạn cứ quay lại, cuộc trò chuyện vẫn ở đây.")
}

/// An answer to abuse.
pub fn insult() -> Vec<Block> {
    line("Mình xin lỗi vì chưa giúp được bạn. Bạn nói lại điều đang cần bằng một câu ngắn, hoặc mình chuyển bạn tới tổng đài viên nhé.")
}

/// A message without words.
pub fn empty() -> Vec<Block> {
    line("Mình chưa đọc được câu hỏi trong tin này. Bạn gõ điều cần hỏi giúp mình, ví dụ: “thẻ BHYT của tôi còn hạn không”.")
}

/// What the bot does not do.
pub fn out_of_scope() -> Vec<Block> {
    line("Việc này mình không làm được. Mình chỉ giúp về BHXH, BHYT, BHTN và VssID.")
}

/// "Cancel" when nothing is going on.
pub fn cancelled() -> Vec<Block> {
    line("Được rồi, mình dừng ở đây. Bạn cần gì cứ hỏi tiếp nhé.")
}

/// "Yes" to nothing in particular.
pub fn affirmed() -> Vec<Block> {
    line("Vâng. Bạn cần hỏi thêm điều gì không?")
}

/// "No" to nothing in particular.
pub fn denied() -> Vec<Block> {
    line("Vâng. Bạn nói rõ hơn điều đang cần để mình tìm lại nhé.")
}

/// Nothing was said yet that could be repeated.
pub fn nothing_to_repeat() -> Vec<Block> {
    line("Mình chưa trả lời câu nào để nhắc lại. Bạn cần hỏi gì?")
}

/// Before the choices of a clarification.
pub fn clarify() -> Vec<Block> {
    line("Bạn đang hỏi về việc nào?")
}

/// After "chưa đúng ý" when there are other candidates.
pub fn clarify_again() -> Vec<Block> {
    line("Mình hiểu chưa đúng ý bạn. Có phải bạn hỏi một trong các việc này không?")
}

/// Before the neighbours of a topic.
pub fn related() -> Vec<Block> {
    line("Các câu hỏi gần với câu này:")
}

/// A miss.
pub fn missed(nearest: bool) -> Vec<Block> {
    if nearest {
        line("Mình chưa có câu trả lời chắc chắn cho câu này. Gần nhất mình có:")
    } else {
        line("Mình chưa có câu trả lời chắc chắn cho câu này. Bạn thử hỏi bằng một câu ngắn hơn, hoặc gặp tổng đài viên nhé.")
    }
}

/// The second miss in a row: the operator comes first.
pub fn missed_again() -> Vec<Block> {
    with_hotline("Mình vẫn chưa hiểu đúng câu hỏi của bạn. Để khỏi mất thời gian, bạn gặp tổng đài viên nhé, hoặc gọi ", ".")
}

/// "Chưa đúng ý" and nothing else to offer.
pub fn wrong_and_nothing_else() -> Vec<Block> {
    line(
        "Cảm ơn bạn đã báo. Bạn thử hỏi lại bằng câu khác, nêu rõ việc đang cần (điều kiện, mức tiền, hồ sơ hay nơi nộp), hoặc gặp tổng đài viên.",
    )
}

/// The citizen is in the queue now.
pub fn queued() -> Vec<Block> {
    let mut blocks = line("Mình đã đưa cuộc trò chuyện này vào danh sách chờ tổng đài viên. Trong lúc chờ, bạn vẫn hỏi mình được.");
    blocks.extend(with_hotline("Cần gấp, bạn gọi ", "."));
    blocks
}

/// Asked for an operator again.
pub fn queued_already() -> Vec<Block> {
    with_hotline("Bạn đang ở trong danh sách chờ tổng đài viên rồi, mình vẫn giữ chỗ cho bạn. Cần gấp, bạn gọi ", ".")
}

/// The citizen left the queue.
pub fn left_queue() -> Vec<Block> {
    line("Mình đã đưa bạn ra khỏi danh sách chờ. Bạn cần gì cứ hỏi tiếp nhé.")
}

/// Out of hours: the number to tap, and when the operators are back.
pub fn closed_now(now_ms: i64, next_opening_ms: Option<i64>) -> Vec<Block> {
    let opening = match next_opening_ms {
        Some(opening_ms) => format!("Bây giờ ngoài giờ làm việc. Tổng đài viên có mặt lại {}.", moment(now_ms, opening_ms)),
        None => "Bây giờ ngoài giờ làm việc.".to_owned(),
    };
    let mut blocks = line(&opening);
    blocks.extend(with_hotline("Cần gấp, bạn gọi ", "; hoặc để lại lời nhắn, ca tới sẽ đọc và trả lời ngay tại đây."));
    blocks
}

/// Before a message for the next shift is typed.
pub fn write_message() -> Vec<Block> {
    line("Bạn gõ lời nhắn trong một tin: việc cần hỏi và đã làm đến bước nào. Bạn đừng ghi mã số, mật khẩu hay mã OTP.")
}

/// The message for the next shift is kept.
pub fn message_left(now_ms: i64, next_opening_ms: Option<i64>) -> Vec<Block> {
    let when = next_opening_ms.map_or_else(|| "khi có mặt".to_owned(), |opening_ms| moment(now_ms, opening_ms));
    line(format!("Mình đã giữ lời nhắn. Tổng đài viên sẽ đọc và trả lời tại đây {when}. Trong lúc chờ, bạn vẫn hỏi mình được."))
}

/// Handing over is switched off.
pub fn handoff_off(notice: Option<&str>) -> Vec<Block> {
    let mut blocks: Vec<Block> = notice.map(Block::text).into_iter().collect();
    blocks.extend(with_hotline("Lúc này mình chưa chuyển bạn tới tổng đài viên tại đây được. Bạn gọi ", " giúp mình nhé."));
    blocks
}

/// The bot is switched off.
pub fn bot_off(notice: Option<&str>) -> Vec<Block> {
    let mut blocks: Vec<Block> = notice.map(Block::text).into_iter().collect();
    blocks.extend(with_hotline("Trợ lý tự động đang tạm nghỉ. Bạn gặp tổng đài viên hoặc gọi ", " nhé."));
    blocks
}

/// Where the citizen stands in the queue.
pub fn position(position: u32, wait: Option<Minutes>) -> Vec<Block> {
    let wait = match wait {
        Some(Minutes { min: 0, max }) => format!(", chờ dưới {max} phút"),
        Some(Minutes { min, max }) => format!(", chờ khoảng {min}-{max} phút"),
        None => String::new(),
    };
    line(format!("Bạn đang ở vị trí {position}{wait}. Trong lúc chờ bạn vẫn hỏi mình được."))
}

/// An operator has the conversation now.
pub fn claimed(operator: &str) -> Vec<Block> {
    line(format!("{operator} (tổng đài viên) đã vào cuộc trò chuyện. Từ đây tin của bạn được gửi tới tổng đài viên."))
}

/// The operator is gone, and the citizen waits again.
pub fn released() -> Vec<Block> {
    line(
        "Tổng đài viên vừa rời cuộc trò chuyện. Mình giữ đúng chỗ cũ cho bạn, người khác sẽ vào ngay khi rảnh. Trong lúc chờ bạn vẫn hỏi mình được.",
    )
}

/// The talk with the operator is over.
pub fn back_with_bot() -> Vec<Block> {
    vec![
        Block::text("Cuộc trò chuyện với tổng đài viên đã kết thúc. Mình là trợ lý tự động, mình trả lời tiếp đây."),
        Block::text("Bạn thấy tổng đài viên hỗ trợ thế nào? (1 là chưa tốt, 5 là rất tốt)"),
    ]
}

/// Thanks for a rating.
pub fn rated() -> Vec<Block> {
    line("Cảm ơn bạn đã đánh giá. Bạn cần gì cứ hỏi tiếp nhé.")
}

/// Before a word about the talk is typed.
pub fn write_review() -> Vec<Block> {
    line("Bạn gõ nhận xét trong một tin nhé.")
}

/// Thanks for a word about the talk.
pub fn reviewed() -> Vec<Block> {
    line("Mình đã ghi nhận xét của bạn, cảm ơn bạn. Bạn cần gì cứ hỏi tiếp nhé.")
}

/// The citizen will be called back.
pub fn callback_asked(from_ms: i64, to_ms: i64) -> Vec<Block> {
    let (from, to) = (clock(from_ms), clock(to_ms));
    let day = vietnamese_date(super::day_in_vietnam(from_ms));
    line(format!("Tổng đài viên sẽ gọi lại cho bạn từ {from} đến {to} ngày {day}. Người gọi không bao giờ hỏi mật khẩu hay mã OTP."))
}

/// "lúc 13:30 hôm nay", "lúc 08:00 ngày 27/11/2026".
fn moment(now_ms: i64, at_ms: i64) -> String {
    let day = super::day_in_vietnam(at_ms);
    let when = if day == super::day_in_vietnam(now_ms) { "hôm nay".to_owned() } else { format!("ngày {}", vietnamese_date(day)) };
    format!("lúc {} {when}", clock(at_ms))
}

/// "08:00" in Vietnam.
fn clock(at_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(at_ms).map(|at| super::VIETNAM.to_datetime(at).time());
    time.map_or_else(|_| String::new(), |time| format!("{:02}:{:02}", time.hour(), time.minute()))
}

/// How a channel that has no look of its own for it shows an event; `None` for what the citizen did, and what is not shown.
pub fn of_event(event: &Event) -> Option<Message> {
    let say = |blocks, choices| Some(Message { blocks, choices, ..Message::default() });
    let spoken_by = |operator: &str| Block::Paragraph { spans: vec![Span::bold(format!("{operator} (tổng đài viên)"))] };
    match event {
        Event::BotMessage { message, .. } | Event::News { message, .. } => Some(message.clone()),
        Event::HandoffClaimed { operator, .. } => say(claimed(operator), vec![end_talk_choice()]),
        Event::OperatorMessage { operator, text, .. } => say([spoken_by(operator)].into_iter().chain(line(text)).collect(), Vec::new()),
        Event::OperatorAnswer { operator, message, .. } => {
            let blocks = [spoken_by(operator)].into_iter().chain(message.blocks.iter().cloned()).collect();
            Some(Message { blocks, ..message.clone() })
        }
        Event::RecordRevealed { operator, what, .. } => say(lookup::revealed(operator, *what), Vec::new()),
        Event::HandoffReleased { .. } => say(released(), vec![call_choice(), leave_queue_choice()]),
        Event::QueuePosition { position: at, wait } => say(position(*at, *wait), vec![leave_queue_choice()]),
        Event::Started { .. }
        | Event::CitizenMessage { .. }
        | Event::CitizenChoice { .. }
        | Event::CitizenUnsupported { .. }
        | Event::CitizenAttachment { .. }
        | Event::CitizenLocation { .. }
        | Event::PlacesSought { .. }
        | Event::HandoffRequested { .. }
        | Event::HandoffLeft
        | Event::OperatorNote { .. }
        | Event::LabelsChanged { .. }
        | Event::HandoffResolved { .. }
        | Event::CallbackAsked { .. }
        | Event::NewsFollowed { .. }
        | Event::NewsStopped
        | Event::CalculationChanged { .. }
        | Event::Rated { .. }
        | Event::LookupAsked { .. }
        | Event::LookupFailed { .. }
        | Event::Verified { .. }
        | Event::VerificationEnded { .. }
        | Event::Erased
        | Event::EraseDone { .. } => None,
        Event::PersonalMessage { open: Some(message), .. } => Some(message.as_ref().clone()),
        Event::PersonalMessage { open: None, .. } => say(lookup::personal_gone(), Vec::new()),
    }
}

/// A secret was in the message.
pub fn masked() -> Block {
    Block::text(
        "⚠ Mình đã che số hoặc mật khẩu bạn vừa gửi và không lưu lại. Bạn đừng gửi mã số, mã OTP hay mật khẩu trong cuộc trò chuyện, kể cả cho mình.",
    )
}

/// The message is longer than what is read.
pub fn too_long(max: usize) -> Vec<Block> {
    line(format!("Tin này dài quá nên mình chưa đọc được. Bạn gửi lại phần chính, dưới {max} ký tự nhé."))
}

/// A tap on a button that means nothing any more.
pub fn unknown_choice() -> Vec<Block> {
    line("Nút này không còn dùng được. Bạn gõ câu hỏi giúp mình nhé.")
}

/// The answer has expired, or was removed.
pub fn no_longer_answered() -> Vec<Block> {
    with_hotline("Câu trả lời cho việc này đang được cập nhật theo quy định mới. Bạn hỏi tổng đài viên hoặc gọi ", " để có thông tin đúng.")
}

/// The label of an action's button, at most 24 characters.
pub fn action_label(action: Action) -> &'static str {
    match action {
        Action::Lookup => "Tra cứu của tôi",
        Action::NearOffice => "Cơ quan BHXH gần tôi",
        Action::NearCollectionPoint => "Điểm thu gần tôi",
        Action::NearFacility => "Nơi khám gần tôi",
        Action::News => "Tin chính sách",
        Action::Operator => "Gặp tổng đài viên",
        other => calculation::calculator(other).map_or("Tính giúp tôi", calculation::start_label),
    }
}

/// Something that the bot cannot read.
pub fn unsupported(what: Unsupported) -> Vec<Block> {
    line(match what {
        Unsupported::Sticker => "Mình chưa hiểu nhãn dán. Bạn cần hỏi gì, gõ giúp mình nhé.",
        Unsupported::Photo => {
            "Mình chưa đọc được ảnh và không lưu ảnh này. Bạn gõ điều cần hỏi giúp mình nhé, và đừng gửi ảnh giấy tờ ở đây."
        }
        Unsupported::Voice => "Mình chưa nghe được tin thoại. Bạn gõ câu hỏi giúp mình nhé, không cần dấu cũng được.",
        Unsupported::File => "Mình chưa mở được tệp và không lưu tệp này. Bạn gõ điều cần hỏi giúp mình nhé.",
        Unsupported::Location => {
            "Mình chưa đọc được vị trí này, và mình không lưu vị trí của bạn. Bạn gõ tên phường, xã và tỉnh giúp mình nhé."
        }
        Unsupported::Contact => "Mình không cần số điện thoại ở bước này và không lưu lại. Bạn gõ điều cần hỏi giúp mình nhé.",
        Unsupported::Other => "Mình chưa đọc được tin này. Bạn gõ câu hỏi giúp mình nhé.",
    })
}

/// A photo or file was kept for the operator whom the citizen waits for.
pub fn attached() -> Vec<Block> {
    line("Mình đã nhận. Tổng đài viên sẽ xem khi vào cuộc trò chuyện; ngoài họ không ai xem được, và tệp tự xóa sau một thời gian.")
}

/// The operator left while a photo or file was on its way.
pub fn attached_too_late() -> Vec<Block> {
    line("Cuộc nói chuyện với tổng đài viên vừa kết thúc nên chưa có ai xem tệp này. Nếu vẫn cần, bạn bấm gặp tổng đài viên nhé.")
}

/// Why a photo or a file was not taken.
pub fn attachment_refused(why: Unkept) -> &'static str {
    match why {
        Unkept::TooLarge => "Tệp này lớn quá (tối đa 10 MB) nên mình chưa nhận được. Bạn chụp lại nhỏ hơn, hoặc gửi từng trang nhé.",
        Unkept::Kind => {
            "Mình chỉ chuyển được ảnh (JPEG, PNG, WebP) và tệp PDF cho tổng đài viên. Bạn chụp màn hình rồi gửi ảnh giúp mình nhé."
        }
        Unkept::Broken => "Mình không mở được tệp này, có thể tệp bị hỏng. Bạn gửi lại giúp mình nhé.",
        Unkept::Full => "Cuộc trò chuyện này đã đủ 20 ảnh và tệp. Phần còn lại bạn kể giúp bằng chữ nhé.",
    }
}

/// Why a photo or a file was not taken, as a message.
pub fn unkept(why: Unkept) -> Vec<Block> {
    line(attachment_refused(why))
}

/// The question as it was understood.
pub fn understood(question: &str) -> String {
    format!("Mình hiểu là: {question}")
}

/// Above today's rule, when the rule of another time comes first.
pub const TODAYS_RULE: &str = "Quy định hiện nay";

/// Before an answer to a question about another time: which rule it gives. `None` when that goes without saying.
pub fn rule_given(asked: &Period, rule: &Rule) -> Option<String> {
    let when = time_asked(asked);
    Some(match rule {
        Rule::Today => return None,
        Rule::Then(sections) => match sections.as_slice() {
            [only] if only.period == *asked => format!("Quy định áp dụng {}:", in_force(asked)),
            [only] => format!("Bạn hỏi về {when}, nên mình trả lời theo quy định áp dụng {}:", in_force(&only.period)),
            _ => format!("Bạn hỏi về {when}. Trong thời gian đó quy định có thay đổi:"),
        },
        Rule::AmountsThen => format!("Bạn hỏi về {when}, nên các mức dưới đây là mức của thời gian đó."),
        Rule::TodayInstead { since: Some(since) } if asked.covers(*since) => {
            format!("Bạn hỏi về {when}. Quy định đã đổi từ {}; dưới đây là quy định hiện nay.", vietnamese_date(*since))
        }
        Rule::TodayInstead { since: Some(since) } => {
            let since = vietnamese_date(*since);
            format!("Bạn hỏi về {when}. Mình chưa có quy định của thời gian đó; dưới đây là quy định hiện nay, áp dụng từ {since}.")
        }
        Rule::TodayInstead { since: None } => format!("Bạn hỏi về {when}. Dưới đây mình trả lời theo quy định và mức hiện nay."),
    })
}

/// "tháng 5/2026", "năm 2025", "thời gian trước 01/07/2025".
fn time_asked(period: &Period) -> String {
    let (from, to) = match (period.from, period.to) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => return format!("thời gian từ {}", vietnamese_date(from)),
        (None, Some(to)) => return format!("thời gian trước {}", vietnamese_date(day_after(to))),
        (None, None) => return "thời gian đó".to_owned(),
    };
    let year = from.year();
    let whole_months = from.day() == 1 && to == to.last_of_month() && to.year() == year;
    match (from.month(), to.month()) {
        _ if from == to => format!("ngày {}", vietnamese_date(from)),
        (1, 12) if whole_months => format!("năm {year}"),
        (first, last) if whole_months && first == last => format!("tháng {first}/{year}"),
        (first, last) if whole_months && last == first + 2 && last % 3 == 0 => format!("quý {}/{year}", last / 3),
        _ => format!("thời gian từ {} đến {}", vietnamese_date(from), vietnamese_date(to)),
    }
}

/// When a rule is in force: "đến hết 30/06/2026".
fn in_force(period: &Period) -> String {
    let from = period.from.map(|from| format!("từ {}", vietnamese_date(from)));
    let to = period.to.map(|to| format!("đến hết {}", vietnamese_date(to)));
    [from, to].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn day_after(day: Date) -> Date {
    day.checked_add(1.day()).unwrap_or(day)
}

/// Under an answer whose review is overdue.
pub const STALE: &str = "⚠ Câu trả lời này đã quá hạn rà soát. Bạn xác nhận lại với 1900 9068 trước khi làm thủ tục.";

/// The legal basis and the day of review, in one line; `None` when the message is no answer.
pub fn basis_line(message: &Message) -> Option<String> {
    let reviewed = vietnamese_date(message.reviewed?);
    let citations: Vec<String> = message
        .basis
        .iter()
        .map(|citation| {
            let from = vietnamese_date(citation.effective_from);
            format!("{}, {} (hiệu lực {from})", citation.document, citation.article)
        })
        .collect();
    Some(format!("📄 Căn cứ: {}. Rà soát {reviewed}.", citations.join("; ")))
}

/// The button that asks for an operator.
pub fn operator_choice() -> Choice {
    Choice::new(ChoiceId::Operator, action_label(Action::Operator))
}

/// The button that dials the hotline.
pub fn call_choice() -> Choice {
    Choice::link(format!("Gọi {HOTLINE}"), HOTLINE_HREF)
}

/// The button that leaves the queue.
pub fn leave_queue_choice() -> Choice {
    Choice::new(ChoiceId::LeaveQueue, "Rời hàng đợi")
}

/// The button that ends the talk with the operator.
pub fn end_talk_choice() -> Choice {
    Choice::new(ChoiceId::EndTalk, "Kết thúc trò chuyện")
}

/// The button that leaves a message for the next shift.
pub fn leave_message_choice() -> Choice {
    Choice::new(ChoiceId::LeaveMessage, "Để lại lời nhắn")
}

/// The button of whoever does not want to write after all.
pub fn no_message_choice() -> Choice {
    Choice::new(ChoiceId::LeaveQueue, "Thôi, không viết")
}

/// The buttons that judge a talk, in the order of their numbers: typing the number works as well.
pub fn rate_choices() -> Vec<Choice> {
    (1..=ChoiceId::STARS_MAX).map(rate_choice).collect()
}

/// The button that judges a talk.
pub fn rate_choice(stars: u8) -> Choice {
    Choice::new(ChoiceId::Rate(stars), format!("{stars} sao"))
}

/// The button that says more about a talk.
pub fn review_choice() -> Choice {
    Choice::new(ChoiceId::Review, "Viết nhận xét")
}

/// The button that says that no topic fits.
pub fn none_of_these_choice() -> Choice {
    Choice::new(ChoiceId::NoneOfThese, "Không phải các ý trên")
}

/// The button that asks for the neighbours of a topic.
pub fn related_choice(topic: &TopicId) -> Choice {
    Choice::new(ChoiceId::Related(topic.clone()), "Câu hỏi liên quan")
}

/// The button from the rule of another time to today's.
pub fn todays_rule_choice(topic: &TopicId) -> Choice {
    Choice::new(ChoiceId::Now(topic.clone()), TODAYS_RULE)
}

/// The button from today's rule to that of another time.
pub fn other_time_choice(topic: &TopicId, period: &Period, today: Date) -> Choice {
    let label = match (period.from.filter(|&from| from > today), period.to) {
        (Some(from), _) => format!("Quy định từ {}", vietnamese_date(from)),
        (None, Some(to)) => format!("Quy định trước {}", vietnamese_date(day_after(to))),
        (None, None) => TODAYS_RULE.to_owned(),
    };
    Choice::new(ChoiceId::AsOf(topic.clone(), period.nearest(today)), label)
}

/// The button that asks the next question of the same message, for when it is no longer known which that is.
pub const NEXT_QUESTION: &str = "Còn câu này nữa";

/// The button that asks the next question of the same message.
pub fn next_question_choice(question: &str) -> Choice {
    let mut shown: String = question.chars().take(NEXT_QUESTION_CHARS_MAX).collect();
    if shown.len() < question.len() {
        shown.truncate(shown.rfind(' ').unwrap_or(shown.len()));
        shown.push('…');
    }
    Choice::new(ChoiceId::Next, format!("{NEXT_QUESTION}: {shown}"))
}

/// The button that says that the answer was not meant.
pub fn wrong_choice(topic: &TopicId) -> Choice {
    Choice::new(ChoiceId::Wrong(topic.clone()), "Chưa đúng ý")
}

/// The button that shows what the bot can do.
pub fn help_choice() -> Choice {
    Choice::new(ChoiceId::Help, "Mình hỏi được gì?")
}

/// The menu of commands: the word, and what the menu says of it.
pub fn commands() -> [(&'static str, &'static str); 8] {
    [
        ("start", "Bắt đầu"),
        ("help", "Mình giúp được gì"),
        ("tracuu", "Tra cứu quá trình đóng của bạn"),
        ("gan", "Tìm nơi gần bạn nhất"),
        ("tintuc", "Tin chính sách mới"),
        ("tinh", "Tính giúp bạn: một lần, thai sản, thất nghiệp, lương hưu"),
        ("tongdai", "Gặp tổng đài viên"),
        ("xoadulieu", "Xóa dữ liệu của bạn"),
    ]
}

/// Said to a group, with a link to the private chat.
pub fn private_chats_only(link: &str) -> String {
    format!("Mình chỉ trả lời trong trò chuyện riêng, để việc của bạn được kín đáo. Bạn bấm vào đây: {link}")
}

/// Sentences of the API's errors: the widget shows them.
pub mod api {
    /// The body is no JSON.
    pub const BAD_JSON: &str = "Yêu cầu gửi lên không đọc được.";
    /// No token, a wrong one, or no such conversation.
    pub const UNAUTHORIZED: &str = "Cuộc trò chuyện này không mở được nữa. Bạn bắt đầu cuộc trò chuyện mới nhé.";
    /// The page may not ask.
    pub const FORBIDDEN_ORIGIN: &str = "Trang này chưa được phép dùng trợ lý.";
    /// No such address.
    pub const NOT_FOUND: &str = "Không có địa chỉ này.";
    /// For a short while.
    pub const UNAVAILABLE: &str = "Mình đang quá tải một chút. Tin của bạn chưa gửi được, bạn thử lại sau ít giây nhé.";
    /// A photo or a file, and no operator is there or waited for.
    pub const NO_HANDOFF: &str = "Chưa có tổng đài viên xem nên mình chưa nhận ảnh và tệp. Bạn bấm gặp tổng đài viên trước nhé.";
    /// Our fault.
    pub const INTERNAL: &str = "Mình gặp lỗi và chưa xử lý được tin này. Bạn thử lại, hoặc gọi 1900 9068.";

    /// A field is missing or wrong.
    pub fn bad_request(field: &str) -> String {
        format!("Yêu cầu gửi lên thiếu hoặc sai mục {field}.")
    }

    /// The message is too long.
    pub fn message_too_long(max: usize) -> String {
        format!("Tin này dài quá. Bạn gửi lại phần chính, dưới {max} ký tự nhé.")
    }

    /// Too many messages.
    pub fn rate_limited(retry_after_s: u64) -> String {
        format!("Bạn gửi hơi nhanh. Chờ {retry_after_s} giây rồi gửi tiếp giúp mình nhé.")
    }
}
