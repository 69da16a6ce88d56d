//! What is said around looking one's own record up.

use faq::{Block, Span, TopicId, vietnamese_date};
use jiff::civil::Date;

use super::{call_choice, clock, hotline, operator_choice};
use crate::dialogue::calculation::CalculationChoice;
use crate::dialogue::choice::{Choice, ChoiceId};
use crate::dialogue::event::Message;
use crate::dialogue::lookup::NotFetched;
use crate::identity::birth::BirthError;
use crate::identity::code::IdentifierError;
use crate::identity::record::{
    Benefit, BenefitKind, Card, Contribution, Dependant, Dossier, DossierStatus, Kind, PaymentStatus, Record, Total, Visit, What, initials,
    total,
};

/// A card that ends within so many days is said to end soon.
const CARD_ENDS_SOON_DAYS: i32 = 30;
/// Entries shown at once; what is beyond is folded.
const SHOWN_MAX: usize = 5;
/// Entries folded; a page of paper has more.
const FOLDED_MAX: usize = 60;

fn line(text: impl Into<String>) -> Block {
    Block::text(text)
}

/// What somebody agrees to before anything is read. The form shows it whole.
pub const CONSENT: &str = "Đọc gì: hồ sơ BHXH, BHYT, BHTN của bạn, chỉ phần bạn hỏi.\n\
Ai đọc: bạn; và tổng đài viên đang giúp bạn, khi có lý do được ghi lại. Mỗi lần như vậy bạn được báo.\n\
Để làm gì: trả lời bạn trong cuộc trò chuyện này.\n\
Bao lâu: 15 phút sau khi xác minh, hoặc đến khi bạn đăng xuất.\n\
Lưu gì: mã số, ngày sinh được mã hóa, xóa khi hết phiên; mỗi lần đọc có nhật ký.\n\
Căn cứ: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15, hiệu lực 01/01/2026.";

/// What helps meanwhile where nothing can be looked up.
pub const TOPICS_WHEN_OFF: &[&str] = &["vssid/view-participation-history", "bhyt/lookup-card-validity", "bhxh/benefit-not-received"];

/// Looking up is switched off here, or the channel has no form.
pub fn off() -> Vec<Block> {
    vec![
        line("Ở đây mình chưa tra cứu hồ sơ cá nhân được."),
        line("Bạn xem quá trình đóng, thẻ BHYT và chế độ đã hưởng trên VssID. Hồ sơ đã nộp mà chưa có kết quả thì hỏi tổng đài viên."),
    ]
}

/// Before anything personal is shown.
pub fn verify_first(what: Option<What>, over: bool) -> Vec<Block> {
    let first = match what {
        _ if over => "Phiên xác minh trước đã hết, bạn xác minh lại giúp mình nhé.".to_owned(),
        Some(what) => format!("Mình xem được {} cho bạn, nhưng cần biết đúng là bạn.", name(what)),
        None => "Mình xem giúp bạn được quá trình đóng, thẻ BHYT, hồ sơ đã nộp và chế độ đã hưởng, nhưng cần biết đúng là bạn.".to_owned(),
    };
    vec![
        line(first),
        line("Bạn nhập mã số và ngày sinh trong biểu mẫu an toàn, không gõ vào khung chat. Xác minh xong bạn xem được trong 15 phút."),
    ]
}

/// What a part of the record is called in a sentence.
fn name(what: What) -> &'static str {
    match what {
        What::Participation | What::Detail(_) | What::ForCalculation => "quá trình đóng",
        What::Benefits => "chế độ đã hưởng",
        What::Dossiers => "hồ sơ đã nộp",
        What::Card => "thẻ BHYT",
        What::Visits => "các lượt khám BHYT",
        What::Dependants => "thẻ của con",
        What::Code => "mã số BHXH",
    }
}

/// The button that opens the form.
pub fn verify_choice() -> Choice {
    Choice::new(ChoiceId::Verify, "Mở biểu mẫu an toàn")
}

/// The form, and the other ways.
pub fn verify_choices() -> Vec<Choice> {
    vec![verify_choice(), operator_choice(), call_choice()]
}

/// What can be seen after a verification.
pub fn menu(until_ms: i64) -> Vec<Block> {
    vec![
        line(format!("Đã xác minh. Đến {} bạn xem được thông tin của mình, bạn muốn xem gì?", clock(until_ms))),
        line("Bạn cũng có thể gõ: “mã số BHXH của tôi”, “con tôi có thẻ chưa”, “các lượt khám của tôi”."),
    ]
}

/// The parts asked for most.
pub fn menu_choices() -> Vec<Choice> {
    vec![
        look_choice(What::Participation),
        look_choice(What::Card),
        look_choice(What::Dossiers),
        look_choice(What::Benefits),
        sign_out_choice(),
    ]
}

/// The button of a part of the record.
pub fn look_choice(what: What) -> Choice {
    let label = match what {
        What::Participation | What::ForCalculation => "Quá trình đóng",
        What::Detail(Kind::Bhxh) => "Chi tiết BHXH",
        What::Detail(Kind::Bhyt) => "Chi tiết BHYT",
        What::Detail(Kind::Bhtn) => "Chi tiết BHTN",
        What::Benefits => "Chế độ đã hưởng",
        What::Dossiers => "Hồ sơ đã nộp",
        What::Card => "Thẻ BHYT",
        What::Visits => "Lượt khám BHYT",
        What::Dependants => "Thẻ của con",
        What::Code => "Mã số BHXH",
    };
    Choice::new(ChoiceId::Look(what), label)
}

/// The button that ends the verification.
pub fn sign_out_choice() -> Choice {
    Choice::new(ChoiceId::SignOut, "Đăng xuất")
}

/// The button that calculates with the history.
pub fn own_choice() -> Choice {
    Choice::new(ChoiceId::Calculation(CalculationChoice::Own(None)), "Tính từ quá trình này")
}

/// The button that prints the history.
pub fn print_choice() -> Choice {
    Choice::new(ChoiceId::Print, "Bản in")
}

/// The button that takes a personal message away.
pub fn delete_choice() -> Choice {
    Choice::new(ChoiceId::DeleteMessage, "Xóa tin này")
}

/// The verification has ended by the citizen's wish.
pub fn signed_out() -> Vec<Block> {
    vec![line("Đã đăng xuất. Thông tin cá nhân vừa xem không mở lại được ở đây nữa.")]
}

/// The records cannot be read now.
pub fn unavailable(why: NotFetched) -> Vec<Block> {
    let what = match why {
        NotFetched::Slow => "Hệ thống dữ liệu trả lời quá chậm nên mình chưa xem được.",
        NotFetched::Unreadable => "Dữ liệu nhận về không đúng mẫu nên mình không hiện ra, để bạn khỏi đọc nhầm.",
        NotFetched::Unavailable | NotFetched::Unverified => "Hệ thống dữ liệu đang không trả lời nên mình chưa xem được.",
    };
    vec![line(format!("{what} Phần hỏi đáp vẫn dùng bình thường.")), hotline("Bạn thử lại sau vài phút, xem trên VssID, hoặc gọi ", ".")]
}

/// The operator has opened a part of the record.
pub fn revealed(operator: &str, what: What) -> Vec<Block> {
    vec![line(format!("{operator} (tổng đài viên) vừa mở xem {} của bạn để hỗ trợ. Lần xem này có ghi nhật ký.", name(what)))]
}

/// What stands where a personal message was.
pub fn personal_gone() -> Vec<Block> {
    vec![line("Thông tin cá nhân ở đây đã được ẩn vì phiên xác minh đã kết thúc.")]
}

/// After the form was sent, on Telegram.
pub fn share_contact() -> Vec<Block> {
    vec![
        line("Nếu thông tin khớp, mã xác thực đã được gửi đến số điện thoại đã đăng ký. Bạn nhập mã trong biểu mẫu."),
        line("Hoặc nếu Telegram này dùng đúng số đã đăng ký, bạn bấm nút chia sẻ số điện thoại dưới đây thay cho mã."),
    ]
}

/// The button that shares the citizen's own contact.
pub fn share_contact_choice() -> Choice {
    Choice::new(ChoiceId::ShareContact, "Chia sẻ số điện thoại")
}

/// A contact of somebody else.
pub fn contact_of_another() -> Vec<Block> {
    vec![line("Mình chỉ nhận số điện thoại của chính tài khoản Telegram này, qua nút chia sẻ. Mình không lưu liên hệ bạn vừa gửi.")]
}

/// The contact proved nothing, for whatever reason.
pub fn contact_refused() -> Vec<Block> {
    vec![
        line("Mình chưa xác minh được bằng số điện thoại này. Bạn mở lại biểu mẫu, kiểm tra mã số và ngày sinh, rồi thử lại."),
        hotline("Nếu số điện thoại đã đăng ký không còn dùng, bạn gọi ", " để được hướng dẫn cập nhật."),
    ]
}

/// The button in the widget that asks for it.
pub const ASK_ERASE: &str = "Xóa dữ liệu của tôi";

/// Before everything is erased.
pub fn ask_erase() -> Vec<Block> {
    vec![
        line("Xóa dữ liệu là xóa hẳn nội dung cuộc trò chuyện này: tin của bạn, câu trả lời, kết quả tra cứu. Không lấy lại được."),
        line("Nếu bạn đang chờ hoặc đang nói chuyện với tổng đài viên, hay đang chờ gọi lại, thì việc đó cũng kết thúc."),
        line(
            "Hồ sơ BHXH của bạn tại cơ quan BHXH không bị ảnh hưởng. Nhật ký truy cập hồ sơ vẫn được giữ theo quy định bảo mật. Bạn có chắc không?",
        ),
    ]
}

/// The button of whoever is sure.
pub fn erase_choice() -> Choice {
    Choice::new(ChoiceId::Erase, "Xóa hết")
}

/// The button of whoever is not.
pub fn keep_choice() -> Choice {
    Choice::new(ChoiceId::Keep, "Giữ lại")
}

/// While it is being erased.
pub fn erasing() -> Vec<Block> {
    vec![line("Mình đang xóa.")]
}

/// Nothing was erased.
pub fn kept() -> Vec<Block> {
    vec![line("Mình giữ nguyên cuộc trò chuyện. Bạn cần gì cứ hỏi tiếp nhé.")]
}

/// Everything was erased.
pub fn erased(receipt: &str, events: u64, at_ms: i64) -> Vec<Block> {
    let day = vietnamese_date(crate::dialogue::day_in_vietnam(at_ms));
    vec![
        line(format!("Đã xóa {events} mục của cuộc trò chuyện lúc {} ngày {day}.", clock(at_ms))),
        line(format!("Mã biên nhận: {receipt}. Bạn giữ mã này nếu cần hỏi lại về việc xóa.")),
    ]
}

/// A part of the record as it is said. Buttons may be more than fit.
pub fn message(what: What, record: &Record, today: Date, until_ms: i64) -> Message {
    personal(part(what, record, today), until_ms)
}

/// A message that is shown only while the verification lasts. Buttons may be more than fit.
pub fn personal(mut message: Message, until_ms: i64) -> Message {
    message.blocks.push(line(format!("Nội dung này tự ẩn lúc {}. Xem xong bạn gõ “đăng xuất”.", clock(until_ms))));
    message.choices.extend([Some(delete_choice()), Some(operator_choice()), Some(sign_out_choice())].into_iter().flatten());
    message
}

/// A part of the record, with what leads on from it.
pub fn part(what: What, record: &Record, today: Date) -> Message {
    match record {
        Record::Contributions(all) => match what {
            What::Detail(kind) => detail(kind, all),
            _ => participation(all),
        },
        Record::Benefits(all) => benefits(all),
        Record::Dossiers(all) => dossiers(all, today),
        Record::Card(card) => card_of(card.as_ref(), today),
        Record::Visits(all) => visits(all),
        Record::Dependants(all) => dependants(all, today),
        Record::Code(code) => say(vec![Block::Paragraph {
            spans: vec![Span::plain("Mã số BHXH của bạn: "), Span::bold(code.reveal()), Span::plain(".")],
        }])
        .with([topic("bhxh/citizen-id-replaces-code", "Mã số và số định danh")]),
    }
}

/// [`Message`] in the making.
trait With {
    fn with(self, choices: impl IntoIterator<Item = Option<Choice>>) -> Message;
}

impl With for Message {
    fn with(mut self, choices: impl IntoIterator<Item = Option<Choice>>) -> Message {
        self.choices.extend(choices.into_iter().flatten());
        self
    }
}

fn say(blocks: Vec<Block>) -> Message {
    Message { blocks, ..Message::default() }
}

fn topic(id: &str, label: &str) -> Option<Choice> {
    Some(Choice::new(ChoiceId::Topic(TopicId::parse(id)?), label))
}

fn bullets(items: Vec<Vec<Span>>) -> Option<Block> {
    (!items.is_empty()).then_some(Block::Bullets { items })
}

/// The first entries at once, the others folded.
fn list(lead: String, mut items: Vec<Vec<Span>>) -> Message {
    let rest = items.split_off(items.len().min(SHOWN_MAX));
    let left_out = rest.len().saturating_sub(FOLDED_MAX);
    let mut more: Vec<Block> = bullets(rest.into_iter().take(FOLDED_MAX).collect()).into_iter().collect();
    if left_out > 0 {
        more.push(line(format!("Còn {left_out} mục cũ hơn, bạn xem trên VssID.")));
    }
    Message { blocks: [Some(line(lead)), bullets(items)].into_iter().flatten().collect(), more, ..Message::default() }
}

/// What a kind of insurance is called.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bhxh => "BHXH",
        Kind::Bhyt => "BHYT",
        Kind::Bhtn => "BHTN",
    }
}

/// "12 năm 3 tháng".
pub fn duration(months: i32) -> String {
    match (months / 12, months % 12) {
        (0, months) => format!("{months} tháng"),
        (years, 0) => format!("{years} năm"),
        (years, months) => format!("{years} năm {months} tháng"),
    }
}

/// "5.060.000 đồng".
pub fn dong(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    format!("{}{out} đồng", if amount < 0 { "-" } else { "" })
}

fn gap(gaps: &[(crate::identity::record::Month, crate::identity::record::Month)]) -> i32 {
    gaps.iter().map(|(from, to)| from.until(*to) + 1).sum()
}

fn participation(all: &[Contribution]) -> Message {
    let totals: Vec<(Kind, Total)> =
        Kind::ALL.into_iter().map(|kind| (kind, total(all, kind))).filter(|(_, total)| total.months > 0).collect();
    if totals.is_empty() {
        return say(vec![line("Dữ liệu hiện chưa có tháng đóng nào của bạn.")])
            .with([topic("bhxh/check-contribution-history", "Thấy thiếu tháng")]);
    }
    let item = |(kind, total): &(Kind, Total)| {
        let mut spans = vec![Span::plain(format!("{}: ", kind_name(*kind))), Span::bold(duration(total.months))];
        if let (Some(first), Some(last)) = (total.first, total.last) {
            spans.push(Span::plain(format!(", từ {first} đến {last}")));
        }
        if !total.gaps.is_empty() {
            spans.push(Span::plain(format!(", có {} tháng không đóng ở giữa", gap(&total.gaps))));
        }
        spans.push(Span::plain("."));
        spans
    };
    let mut blocks = vec![line("Tổng thời gian đóng của bạn theo dữ liệu hiện có:")];
    blocks.extend(bullets(totals.iter().map(item).collect()));
    let gaps = totals.iter().flat_map(|(kind, total)| {
        total
            .gaps
            .iter()
            .map(|(from, to)| vec![Span::plain(format!("{}: {from} đến {to} ({})", kind_name(*kind), duration(from.until(*to) + 1)))])
    });
    let gaps: Vec<Vec<Span>> = gaps.take(FOLDED_MAX).collect();
    let more = if gaps.is_empty() {
        Vec::new()
    } else {
        [Some(Block::Heading { text: "Những khoảng không đóng".to_owned() }), bullets(gaps)].into_iter().flatten().collect()
    };
    let details = totals.iter().filter(|(kind, _)| *kind != Kind::Bhyt).map(|(kind, _)| Some(look_choice(What::Detail(*kind))));
    Message { blocks, more, ..Message::default() }.with(details).with([
        Some(own_choice()),
        Some(print_choice()),
        topic("bhxh/check-contribution-history", "Thấy thiếu tháng"),
    ])
}

fn detail(kind: Kind, all: &[Contribution]) -> Message {
    let mut periods: Vec<&Contribution> = all.iter().filter(|period| period.kind == kind).collect();
    periods.sort_by_key(|period| (std::cmp::Reverse(period.from), std::cmp::Reverse(period.to)));
    let Some((last, first)) =
        periods.iter().map(|period| period.to.year()).max().zip(periods.iter().map(|period| period.from.year()).min())
    else {
        return say(vec![line(format!("Dữ liệu hiện chưa có tháng đóng {} nào của bạn.", kind_name(kind)))]);
    };
    let months_in = |year: i32| {
        let in_year: Vec<Contribution> = periods.iter().filter_map(|period| clipped(period, year)).collect();
        total(&in_year, kind).months
    };
    let years = (first..=last).rev().filter_map(|year| match months_in(year) {
        0 => None,
        months => Some(vec![Span::plain(format!("{year}: ")), Span::bold(format!("{months} tháng"))]),
    });
    let mut message = list(format!("{} theo năm, năm mới nhất trước:", kind_name(kind)), years.collect());
    let item = |period: &&Contribution| {
        let employer = if period.employer.is_empty() { "tự đóng" } else { period.employer.as_str() };
        let job = if period.job.is_empty() { String::new() } else { format!(", {}", period.job) };
        vec![Span::plain(format!("{} đến {}: {employer}{job}, mức đóng {}", period.from, period.to, dong(period.salary_dong)))]
    };
    message.more.push(Block::Heading { text: "Theo nơi đóng".to_owned() });
    message.more.extend(bullets(periods.iter().take(FOLDED_MAX).map(item).collect()));
    message.with([Some(look_choice(What::Participation)), Some(print_choice()), topic("bhxh/employer-late-evasion", "Công ty chậm đóng")])
}

/// The part of a period in one year.
fn clipped(period: &Contribution, year: i32) -> Option<Contribution> {
    use crate::identity::record::Month;
    let year = i16::try_from(year).ok()?;
    let (from, to) = (period.from.max(Month::new(year, 1)?), period.to.min(Month::new(year, 12)?));
    (from <= to).then(|| Contribution { from, to, ..period.clone() })
}

fn status(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Approved => "đã duyệt, chờ chi trả",
        PaymentStatus::Paid => "đã chi trả",
        PaymentStatus::Returned => "ngân hàng trả lại, cần kiểm tra số tài khoản",
        PaymentStatus::Refused => "không được hưởng",
    }
}

fn benefit_name(kind: BenefitKind) -> &'static str {
    match kind {
        BenefitKind::Sickness => "Ốm đau",
        BenefitKind::Maternity => "Thai sản",
        BenefitKind::WorkAccident => "Tai nạn lao động, bệnh nghề nghiệp",
        BenefitKind::LumpSum => "BHXH một lần",
        BenefitKind::Pension => "Lương hưu hằng tháng",
        BenefitKind::Unemployment => "Trợ cấp thất nghiệp",
    }
}

fn benefits(all: &[Benefit]) -> Message {
    if all.is_empty() {
        return say(vec![line("Dữ liệu hiện chưa có chế độ nào bạn đã hưởng.")])
            .with([topic("bhxh/benefit-not-received", "Chưa nhận được tiền")]);
    }
    let item = |benefit: &Benefit| {
        let to = benefit.to.map(|to| format!(" đến {}", vietnamese_date(to))).unwrap_or_default();
        let paid = benefit.paid.map(|paid| format!(" ngày {}", vietnamese_date(paid))).unwrap_or_default();
        vec![
            Span::plain(format!("{}, từ {}{to}: ", benefit_name(benefit.kind), vietnamese_date(benefit.from))),
            Span::bold(dong(benefit.amount_dong)),
            Span::plain(format!(", {}{paid}.", status(benefit.status))),
        ]
    };
    list("Chế độ của bạn, mới nhất trước:".to_owned(), all.iter().map(item).collect())
        .with([Some(look_choice(What::Dossiers)), topic("bhxh/benefit-not-received", "Chưa nhận được tiền")])
}

fn dossiers(all: &[Dossier], today: Date) -> Message {
    if all.is_empty() {
        return say(vec![line("Dữ liệu hiện chưa có hồ sơ nào bạn đã nộp.")])
            .with([topic("service/dossier-tracking", "Cách theo dõi hồ sơ")]);
    }
    let item = |dossier: &Dossier| {
        let state = match dossier.status {
            DossierStatus::Processing if dossier.due < today => "đang giải quyết, đã quá ngày hẹn",
            DossierStatus::Processing => "đang giải quyết",
            DossierStatus::NeedsMore => "chờ bạn bổ sung",
            DossierStatus::Approved => "đã duyệt",
            DossierStatus::Refused => "bị trả lại",
        };
        let missing = dossier.missing.as_ref().map(|missing| format!(" Còn thiếu: {missing}.")).unwrap_or_default();
        let payment = dossier.payment.map(|payment| format!(" Tiền: {}.", status(payment))).unwrap_or_default();
        vec![
            Span::plain(format!("{} ({}): ", dossier.procedure, dossier.code)),
            Span::bold(state),
            Span::plain(format!(
                ". Nhận {}, hẹn trả {}.{missing}{payment}",
                vietnamese_date(dossier.received),
                vietnamese_date(dossier.due)
            )),
        ]
    };
    list("Hồ sơ của bạn, mới nhất trước:".to_owned(), all.iter().map(item).collect())
        .with([Some(look_choice(What::Benefits)), topic("service/dossier-tracking", "Hồ sơ quá hẹn thì sao")])
}

/// "còn hạn đến 31/12/2026", with how many days are left near the end.
fn validity(card: &Card, today: Date) -> (String, bool) {
    let days = (card.to - today).get_days();
    let to = vietnamese_date(card.to);
    match days {
        _ if card.from > today => (format!("có giá trị từ {}", vietnamese_date(card.from)), false),
        days if days < 0 => (format!("đã hết hạn ngày {to}"), true),
        0 => (format!("hết hạn hôm nay, {to}"), true),
        days if days <= CARD_ENDS_SOON_DAYS => (format!("còn {days} ngày, hết hạn {to}"), true),
        _ => (format!("còn hạn đến {to}"), false),
    }
}

fn card_of(card: Option<&Card>, today: Date) -> Message {
    let Some(card) = card else {
        return say(vec![line("Dữ liệu hiện chưa có thẻ BHYT của bạn.")]).with([topic("bhyt/household-buy-renew", "Mua, gia hạn thẻ")]);
    };
    let (valid, ends) = validity(card, today);
    let ending: String = card.number.chars().skip(card.number.chars().count().saturating_sub(4)).collect();
    let mut blocks = vec![Block::Paragraph { spans: vec![Span::plain("Thẻ BHYT của bạn "), Span::bold(valid), Span::plain(".")] }];
    let mut items = vec![
        vec![Span::plain(format!("Số thẻ tận cùng {ending}, mã mức hưởng {}.", card.benefit_code))],
        vec![Span::plain(format!("Nơi đăng ký khám ban đầu: {}.", card.facility))],
    ];
    if let Some(five) = card.five_years {
        let word = if five <= today { "Đủ 5 năm liên tục từ" } else { "Sẽ đủ 5 năm liên tục từ" };
        items.push(vec![Span::plain(format!("{word} {}.", vietnamese_date(five)))]);
    }
    blocks.extend(bullets(items));
    if ends {
        blocks
            .push(line("⚠ Bạn gia hạn sớm để không gián đoạn: đi làm thì hỏi công ty, hộ gia đình thì đóng qua điểm thu hoặc trực tuyến."));
    }
    let renew = if ends {
        topic("bhyt/card-expired-renew", "Cách gia hạn thẻ")
    } else {
        topic("bhyt/benefit-levels", "Được chi trả bao nhiêu")
    };
    say(blocks).with([renew, topic("bhyt/five-year-exemption", "5 năm liên tục"), Some(look_choice(What::Visits))])
}

fn visits(all: &[Visit]) -> Message {
    if all.is_empty() {
        return say(vec![line("Dữ liệu hiện chưa có lượt khám BHYT nào của bạn.")]).with([Some(look_choice(What::Card))]);
    }
    let item = |visit: &Visit| {
        vec![Span::plain(format!(
            "{}: {} ({}), quỹ BHYT trả {}, bạn trả {}.",
            vietnamese_date(visit.date),
            visit.facility,
            visit.level,
            dong(visit.covered_dong),
            dong(visit.own_dong)
        ))]
    };
    list("Các lượt khám BHYT, mới nhất trước:".to_owned(), all.iter().map(item).collect())
        .with([Some(look_choice(What::Card)), topic("bhyt/co-payment", "Cùng chi trả là gì")])
}

fn dependants(all: &[Dependant], today: Date) -> Message {
    if all.is_empty() {
        return say(vec![line("Dữ liệu hiện chưa ghi nhận con của bạn.")])
            .with([topic("bhyt/child-under-6-card", "Thẻ cho trẻ dưới 6 tuổi")]);
    }
    let item = |child: &Dependant| {
        let card = match &child.card {
            Some(card) => format!("thẻ BHYT {}", validity(card, today).0),
            None => "chưa có thẻ BHYT trong dữ liệu".to_owned(),
        };
        vec![Span::plain(format!("{} (sinh năm {}): ", initials(&child.name), child.birth.year())), Span::bold(card), Span::plain(".")]
    };
    list("Con của bạn:".to_owned(), all.iter().map(item).collect())
        .with([topic("bhyt/child-under-6-card", "Thẻ cho trẻ dưới 6 tuổi"), topic("bhyt/child-turning-6", "Khi con đủ 6 tuổi")])
}

/// Sentences of the secure form. What cannot be told apart has one sentence.
pub mod form {
    use super::{BirthError, IdentifierError};

    /// After the first step, whatever was typed.
    pub const SENT: &str =
        "Nếu thông tin khớp với dữ liệu, mã xác thực 6 số đã được gửi đến số điện thoại đã đăng ký. Mã có hiệu lực 5 phút.";
    /// No agreement, no lookup.
    pub const NO_CONSENT: &str = "Bạn cần đồng ý để mình được đọc hồ sơ. Không đồng ý, bạn vẫn hỏi đáp bình thường hoặc gọi 1900 9068.";
    /// The form is closed.
    pub const CLOSED: &str = "Biểu mẫu này đã hết hạn hoặc đã được mở ở nơi khác. Bạn quay lại cuộc trò chuyện và mở biểu mẫu mới.";
    /// The link was used.
    pub const LINK_USED: &str = "Liên kết này đã được dùng hoặc đã hết hạn. Bạn quay lại cuộc trò chuyện và bấm mở biểu mẫu lần nữa.";
    /// No try is left.
    pub const NO_TRIES: &str = "Mã này không dùng được nữa. Bạn bấm gửi lại mã, hoặc gọi 1900 9068.";
    /// Six digits were expected.
    pub const OTP_FORM: &str = "Mã xác thực gồm 6 chữ số trong tin nhắn.";
    /// No more of them.
    pub const NO_SENDS: &str = "Đã gửi đủ 3 mã. Bạn thử lại sau 1 giờ, hoặc gọi 1900 9068 nếu số điện thoại đăng ký không còn dùng.";
    /// Looking up is switched off.
    pub const OFF: &str = "Ở đây chưa tra cứu được. Bạn xem trên VssID hoặc gọi 1900 9068.";

    /// A wrong password.
    pub fn wrong_otp(left: i64) -> String {
        format!("Mã chưa đúng. Bạn còn {left} lần nhập.")
    }

    /// The next one too early.
    pub fn too_early(wait_s: i64) -> String {
        format!("Bạn chờ {wait_s} giây rồi gửi lại mã.")
    }

    /// Too many attempts, by whomever, on whatever.
    pub fn locked(wait_minutes: i64) -> String {
        format!("Đã có nhiều lần thử liên tiếp. Để giữ an toàn, bạn thử lại sau {wait_minutes} phút, hoặc gọi 1900 9068.")
    }

    /// What is wrong with a code.
    pub fn identifier(error: IdentifierError) -> String {
        match error {
            IdentifierError::Length { got: 0 } => "Bạn nhập mã số BHXH, số thẻ BHYT hoặc số căn cước.".to_owned(),
            IdentifierError::Length { got } => {
                format!("Mã số BHXH có 10 chữ số, số căn cước có 12, số thẻ BHYT có 15 ký tự; mình thấy {got}.")
            }
            IdentifierError::NotDigits => "Mã số BHXH và số căn cước chỉ gồm chữ số; số thẻ BHYT gồm 2 chữ cái rồi 13 chữ số.".to_owned(),
        }
    }

    /// What is wrong with a date of birth.
    pub fn birth(error: BirthError) -> &'static str {
        match error {
            BirthError::Form => "Bạn nhập ngày sinh đủ ngày, tháng, năm, ví dụ 05/03/1990.",
            BirthError::NoSuchDay => "Không có ngày này trong lịch, bạn xem lại ngày và tháng.",
            BirthError::Future => "Ngày này chưa đến, bạn xem lại năm sinh.",
            BirthError::TooOld => "Bạn xem lại năm sinh giúp mình.",
        }
    }

    /// The text of the SMS.
    pub fn sms(otp: &str) -> String {
        format!("{otp} la ma xac thuc tra cuu cua tro ly hotro, het han sau 5 phut. Khong dua ma nay cho bat ky ai, ke ca nhan vien.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn amounts_and_durations_read_as_people_write_them() {
        assert_eq!((dong(0), dong(999), dong(5_060_000)), ("0 đồng".to_owned(), "999 đồng".to_owned(), "5.060.000 đồng".to_owned()));
        assert_eq!((duration(5), duration(24), duration(147)), ("5 tháng".to_owned(), "2 năm".to_owned(), "12 năm 3 tháng".to_owned()));
    }

    #[test]
    fn a_card_warns_thirty_days_before_its_end() {
        let card = |to| Card {
            number: "DN4790012345678".to_owned(),
            from: date(2026, 1, 1),
            to,
            facility: "TYT".to_owned(),
            benefit_code: 4,
            five_years: None,
        };
        let today = date(2026, 11, 26);
        assert_eq!(validity(&card(date(2026, 12, 26)), today), ("còn 30 ngày, hết hạn 26/12/2026".to_owned(), true));
        assert_eq!(validity(&card(date(2026, 12, 27)), today), ("còn hạn đến 27/12/2026".to_owned(), false));
        assert_eq!(validity(&card(date(2026, 11, 25)), today), ("đã hết hạn ngày 25/11/2026".to_owned(), true));
        let told = serde_json::to_string(&message(What::Card, &Record::Card(Some(card(date(2026, 12, 26)))), today, 0)).unwrap();
        assert!(!told.contains("DN479001"), "the whole number is not said: {told}");
    }
}
