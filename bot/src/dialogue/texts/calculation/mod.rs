//! Every word of a calculation.

mod sheet;

use std::collections::BTreeSet;

use faq::{Action, Block, Span, TopicId, vietnamese_date};
use jiff::civil::Date;
use knowledge::YearMonth;

use super::lookup::kind_name;
use crate::calculator::{Answers, Calculator, Dong, Kind, Moment, Note, Refusal, Slot, Value, money_max};
use crate::dialogue::calculation::{CalculationChoice, Unsure};
use crate::dialogue::choice::{Choice, ChoiceId};
use crate::identity::record as insurance;

pub use sheet::{Sheet, sheet};

/// The button that takes the contributions from the citizen's own record.
pub const OWN: &str = "Lấy từ hồ sơ của tôi";
/// The button of who would rather type them.
pub const BY_HAND: &str = "Tự nhập số liệu";
/// The button that stops a calculation.
pub const CANCEL: &str = "Thôi, không tính nữa";
/// The button of who does not know.
pub const UNKNOWN: &str = "Không rõ";
/// The button that goes on after another question.
pub const RESUME: &str = "Tính tiếp";
/// The button that changes an input.
pub const CHANGE: &str = "Đổi một số liệu";
/// The button to the other calculators.
pub const MORE_CALCULATORS: &str = "Xem thêm";
/// The button to the other inputs.
pub const MORE_INPUTS: &str = "Mục khác";
/// The button that opens the page to print.
pub const PRINT: &str = "Bản để in, lưu";

/// What a calculator is called.
pub fn title(calculator: Calculator) -> &'static str {
    match calculator {
        Calculator::LumpSum => "BHXH một lần",
        Calculator::Pension => "lương hưu hằng tháng",
        Calculator::RetirementDate => "ngày đủ tuổi nghỉ hưu",
        Calculator::Unemployment => "trợ cấp thất nghiệp",
        Calculator::Maternity => "tiền thai sản",
        Calculator::Sickness => "tiền ốm đau",
        Calculator::HouseholdHealth => "tiền BHYT hộ gia đình",
        Calculator::Voluntary => "tiền đóng BHXH tự nguyện",
        Calculator::Bill => "phần BHYT trả trong viện phí",
    }
}

/// The action of a topic that begins a calculator.
pub fn action(calculator: Calculator) -> Action {
    match calculator {
        Calculator::LumpSum => Action::CalcLumpSum,
        Calculator::Pension => Action::CalcPension,
        Calculator::RetirementDate => Action::CalcRetirementDate,
        Calculator::Unemployment => Action::CalcUnemployment,
        Calculator::Maternity => Action::CalcMaternity,
        Calculator::Sickness => Action::CalcSickness,
        Calculator::HouseholdHealth => Action::CalcHouseholdHealth,
        Calculator::Voluntary => Action::CalcVoluntary,
        Calculator::Bill => Action::CalcBill,
    }
}

/// The calculator that an action of a topic begins.
pub fn calculator(action: Action) -> Option<Calculator> {
    Calculator::ALL.into_iter().find(|calculator| self::action(*calculator) == action)
}

/// The label of the button that begins a calculator, at most 24 characters.
pub fn start_label(calculator: Calculator) -> &'static str {
    match calculator {
        Calculator::LumpSum => "Tính BHXH một lần",
        Calculator::Pension => "Tính lương hưu",
        Calculator::RetirementDate => "Tính ngày nghỉ hưu",
        Calculator::Unemployment => "Tính tiền thất nghiệp",
        Calculator::Maternity => "Tính tiền thai sản",
        Calculator::Sickness => "Tính tiền ốm đau",
        Calculator::HouseholdHealth => "Tính BHYT hộ gia đình",
        Calculator::Voluntary => "Tính BHXH tự nguyện",
        Calculator::Bill => "Tính phần BHYT trả",
    }
}

/// The button that begins a calculator.
pub fn start_choice(calculator: Calculator) -> Choice {
    Choice::new(ChoiceId::Do(action(calculator)), start_label(calculator))
}

/// The topic with the rule of a calculator.
pub fn rule_choice(calculator: Calculator) -> Option<Choice> {
    let topic = match calculator {
        Calculator::LumpSum => "bhxh/lump-sum-amount",
        Calculator::Pension => "bhxh/pension-rate-formula",
        Calculator::RetirementDate => "bhxh/pension-age-schedule",
        Calculator::Unemployment => "bhtn/amount",
        Calculator::Maternity => "bhxh/maternity-amount",
        Calculator::Sickness => "bhxh/sickness-amount",
        Calculator::HouseholdHealth => "bhyt/household-premium",
        Calculator::Voluntary => "bhxh-tn/contribution-level",
        Calculator::Bill => "bhyt/benefit-levels",
    };
    Some(Choice::new(ChoiceId::Topic(TopicId::parse(topic)?), "Xem quy định"))
}

/// The topic with the ceilings of a place without a contract, for who may have chosen one: whoever came without a referral.
pub fn contract_choice(answers: &Answers) -> Option<Choice> {
    let topic = TopicId::parse("bhyt/non-emergency-non-contract").filter(|_| answers.is(Slot::Route, "self"))?;
    Some(Choice::new(ChoiceId::Topic(topic), "Nơi không ký hợp đồng"))
}

/// The link to the page that can be printed. What was answered stands behind `#`, which browsers send to nobody.
pub fn print_choice(calculator: Calculator, answers: &Answers) -> Choice {
    let answers = serde_json::to_string(answers).unwrap_or_default();
    let escaped: String = answers
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    Choice::link(PRINT, format!("/print/calculation#{calculator}?{escaped}"))
}

/// The menu of calculators.
pub fn menu() -> Vec<Block> {
    vec![
        Block::text("Bạn muốn mình tính khoản nào?"),
        Block::text("Bạn gõ luôn cũng được, ví dụ: “đóng 9 năm 7 tháng lương 5tr rút một lần được bao nhiêu”."),
    ]
}

/// The contributions will come from the citizen's own record.
pub fn own_taken() -> Block {
    Block::text("Được, mình sẽ lấy thời gian và mức lương từ quá trình đóng của bạn. Còn thiếu mục này:")
}

/// Before the calculations that the citizen's own record helps with.
pub fn which_from_own() -> Vec<Block> {
    vec![Block::text("Bạn muốn tính khoản nào từ quá trình đóng của mình?")]
}

/// Under a result that was calculated with the citizen's own record: where its numbers come from.
pub fn from_own(kind: insurance::Kind, (first, last): (YearMonth, YearMonth), twice: bool) -> Vec<Block> {
    let mut items = vec![format!(
        "Lấy các tháng đóng có trong dữ liệu, từ {} đến {}. Thấy thiếu tháng thì số tính sẽ thấp hơn thực tế.",
        month(first),
        month(last)
    )];
    if twice {
        items.push("Tháng có hai nơi đóng được tính một lần, theo nơi đóng trước.".to_owned());
    }
    if kind == insurance::Kind::Bhtn {
        items.push(
            "Nếu đã từng nhận trợ cấp thất nghiệp thì chỉ các tháng đóng sau lần đó được tính; bạn bấm đổi số liệu để nhập lại.".to_owned(),
        );
    }
    section("Số liệu của bạn", items).into()
}

/// A heading, and lines under it.
fn section(heading: &str, items: Vec<String>) -> [Block; 2] {
    let bullets = Block::Bullets { items: items.into_iter().map(|item| vec![Span::plain(item)]).collect() };
    [Block::Heading { text: heading.to_owned() }, bullets]
}

/// The citizen's own record has no month to calculate with.
pub fn nothing_of_own(kind: insurance::Kind) -> Block {
    let kind = kind_name(kind);
    Block::text(format!("Dữ liệu hiện chưa có tháng đóng {kind} nào của bạn nên mình chưa tính được. Bạn tự nhập số liệu nhé."))
}

/// The citizen's own record cannot be calculated with; why follows.
pub fn own_refused() -> Block {
    Block::text("Mình chưa tính được từ quá trình đóng trong dữ liệu. Bạn tự nhập số liệu nhé.")
}

/// Stopped.
pub fn cancelled() -> Vec<Block> {
    vec![Block::text("Được rồi, mình dừng tính. Bạn cần gì cứ hỏi tiếp nhé.")]
}

/// A calculation waits while something else was answered.
pub fn waiting(calculator: Calculator) -> Block {
    Block::text(format!("Mình vẫn giữ phần đang tính ({}). Bạn trả lời tiếp hoặc bấm “{RESUME}”.", title(calculator)))
}

/// A day of birth was typed, and only its month is kept.
pub fn birth_kept_short() -> Block {
    Block::text("Mình chỉ giữ tháng và năm sinh để tính; ngày sinh bạn gõ không được lưu.")
}

/// An answer that is none.
pub fn not_understood() -> Block {
    Block::text("Mình chưa đọc được câu trả lời này.")
}

/// Nothing can be assumed.
pub fn cannot_assume(slot: Slot) -> Block {
    Block::text(match slot {
        Slot::Months | Slot::Periods => {
            "Thiếu thời gian đóng thì mình không tính được. Bạn xem trên VssID, mục Quá trình tham gia, rồi gõ lại nhé; nhớ áng chừng cũng được."
        }
        Slot::Birth => "Thiếu năm sinh thì mình không tính được. Chỉ cần năm sinh cũng được.",
        Slot::Bill => "Thiếu số tiền thì mình không tính được. Bạn áng chừng cũng được.",
        _ => "Thiếu mục này thì mình không tính được.",
    })
}

/// The law of that time is not known.
pub fn no_law() -> Vec<Block> {
    vec![Block::text("Mình chưa có đủ mức quy định của thời điểm này nên chưa tính được. Bạn hỏi tổng đài viên giúp mình nhé.")]
}

/// Before the inputs that can be changed.
pub fn which_input() -> Vec<Block> {
    vec![Block::text("Bạn muốn đổi mục nào? Gõ luôn cũng được, ví dụ: “à không, 10 năm”.")]
}

/// What was read of a message, said back; what was `assumed` is said to be.
pub fn taken(taken: &[(Slot, Value)], assumed: &BTreeSet<Slot>) -> Vec<Block> {
    if taken.is_empty() {
        return Vec::new();
    }
    let part = |(slot, value): &(Slot, Value)| {
        let guess = if assumed.contains(slot) { " (tạm tính)" } else { "" };
        format!("{} {}{guess}", input_name(*slot), self::value(*slot, value))
    };
    let parts: Vec<String> = taken.iter().map(part).collect();
    vec![Block::text(format!("Mình ghi: {}.", parts.join("; ")))]
}

/// What an input is called in a sentence.
pub fn input_name(slot: Slot) -> &'static str {
    match slot {
        Slot::Fund => "loại BHXH",
        Slot::Reason => "lý do rút",
        Slot::Periods => "quá trình đóng",
        Slot::Months => "thời gian đóng",
        Slot::LastMonth => "tháng đóng cuối",
        Slot::Salary => "lương đóng",
        Slot::StateSupport => "Nhà nước đã hỗ trợ",
        Slot::Sex => "giới tính",
        Slot::Birth => "ngày sinh",
        Slot::Retirement => "diện nghỉ hưu",
        Slot::RetireOn => "muốn nghỉ từ",
        Slot::LateMonths => "đóng sau tuổi hưu",
        Slot::JoinedBefore2025 => "đóng từ trước 01/07/2025",
        Slot::StopDate => "ngày nghỉ việc",
        Slot::Region => "vùng lương",
        Slot::ApplyDate => "ngày nộp hồ sơ",
        Slot::MaternityCase => "trường hợp",
        Slot::ChildBirth => "ngày sinh của con",
        Slot::Children => "số con sinh lần này",
        Slot::ChildOrder => "bé là",
        Slot::Delivery => "hình thức",
        Slot::PregnancyWeeks => "tuổi thai",
        Slot::MonthsInYear => "số tháng đóng trong 12 tháng trước sinh",
        Slot::LeaveStart => "bắt đầu nghỉ",
        Slot::Days => "số ngày nghỉ",
        Slot::SicknessCase => "trường hợp",
        Slot::DaysTaken => "đã nghỉ trong năm",
        Slot::Work => "điều kiện làm việc",
        Slot::ChildAge => "tuổi của con",
        Slot::Members => "số người mua theo hộ",
        Slot::Students => "số học sinh, sinh viên",
        Slot::Household => "diện của hộ",
        Slot::PayMonths => "đóng cho",
        Slot::StartDate => "từ ngày",
        Slot::Income => "thu nhập chọn đóng",
        Slot::Method => "cách đóng",
        Slot::MissingMonths => "số tháng thiếu",
        Slot::Support => "diện hỗ trợ",
        Slot::SupportUsed => "đã được hỗ trợ",
        Slot::Bill => "chi phí trong phạm vi BHYT",
        Slot::BillOutside => "chi phí ngoài phạm vi",
        Slot::Rate => "mức hưởng của thẻ",
        Slot::Route => "cách đến khám",
        Slot::Facility => "nơi khám",
        Slot::Stay => "hình thức",
        Slot::FiveYears => "đủ 5 năm liên tục",
        Slot::CoPaid => "đã cùng chi trả trong năm",
        Slot::CoPaidBefore => "trong đó trước ngày đổi lương cơ sở",
        Slot::VisitDate => "ngày khám",
    }
}

/// The label of the button that changes an input, at most 24 characters.
pub fn slot_label(_calculator: Calculator, slot: Slot) -> String {
    let name = match slot {
        Slot::MonthsInYear => "tháng đóng trước sinh",
        Slot::ChildOrder => "con thứ mấy",
        Slot::Delivery => "cách sinh",
        Slot::Bill => "chi phí khám chữa bệnh",
        Slot::CoPaid => "đã cùng chi trả",
        Slot::CoPaidBefore => "trả trước khi đổi lương",
        Slot::JoinedBefore2025 => "đóng trước 7/2025",
        other => input_name(other),
    };
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// A question of ours, with an example of the answer.
pub fn question(calculator: Calculator, slot: Slot) -> Block {
    Block::text(match (calculator, slot) {
        (Calculator::Unemployment, Slot::Months) => {
            "Bạn đã đóng BHTN được bao lâu (chưa lãnh lần nào, hoặc từ sau lần lãnh trước)? Ví dụ: 4 năm 3 tháng."
        }
        (Calculator::Sickness, Slot::Months) => "Bạn đã đóng BHXH bao lâu? Ví dụ: 6 năm.",
        (_, Slot::Months) => {
            "Bạn đã đóng BHXH tổng cộng bao lâu? Ví dụ: 9 năm 7 tháng, hoặc 115 tháng. Có từng giai đoạn thì gõ luôn: “từ 3/2015 đến 9/2019 lương 4tr, sau đó 7tr”."
        }
        (_, Slot::Periods) => {
            "Bạn gõ quá trình đóng, mỗi giai đoạn một mức lương. Ví dụ: “từ 3/2015 đến 9/2019 lương 4tr, từ 10/2019 đến 6/2024 lương 7tr”."
        }
        (Calculator::Maternity, Slot::Salary) => {
            "Lương đóng BHXH bình quân 6 tháng gần nhất trước khi nghỉ là bao nhiêu một tháng? Ví dụ: 8tr5."
        }
        (Calculator::Unemployment, Slot::Salary) => {
            "Lương đóng BHTN bình quân 6 tháng cuối trước khi nghỉ việc là bao nhiêu một tháng? Ví dụ: 8tr5."
        }
        (Calculator::Sickness, Slot::Salary) => "Lương đóng BHXH của tháng liền trước khi nghỉ là bao nhiêu? Ví dụ: 8tr5.",
        (_, Slot::Salary) => "Lương đóng BHXH bình quân mỗi tháng là bao nhiêu? Ví dụ: 5tr. Xem trên VssID, mục Quá trình tham gia.",
        (_, Slot::LastMonth) => "Tháng cuối cùng bạn đóng BHXH là tháng nào? Ví dụ: 9/2024.",
        (_, Slot::Sex) => "Người nghỉ hưu là nam hay nữ?",
        (_, Slot::Birth) => "Người nghỉ hưu sinh ngày nào? Ví dụ: 12/8/1965. Chỉ nhớ năm thì gõ năm.",
        (_, Slot::Retirement) => "Nghỉ hưu theo diện nào?",
        (_, Slot::RetireOn) => "Bạn muốn nghỉ hưu từ ngày nào? Ví dụ: 01/07/2027.",
        (_, Slot::LateMonths) => "Sau khi đủ tuổi nghỉ hưu, bạn còn đóng thêm bao nhiêu tháng?",
        (_, Slot::JoinedBefore2025) => "Bạn có đóng BHXH từ trước 01/07/2025 không?",
        (_, Slot::StopDate) => "Ngày nghỉ việc (chấm dứt hợp đồng) là ngày nào? Ví dụ: 30/9/2026.",
        (_, Slot::Region) => "Nơi làm việc cuối cùng thuộc vùng lương tối thiểu mấy? Vùng ghi trên hợp đồng hoặc hỏi công ty.",
        (_, Slot::ApplyDate) => "Bạn nộp hồ sơ ngày nào? Ví dụ: 05/10/2026.",
        (_, Slot::MaternityCase) => "Bạn tính cho trường hợp nào?",
        (_, Slot::ChildBirth) => "Ngày sinh hoặc ngày dự sinh của bé? Ví dụ: 15/3/2027. Chỉ biết tháng thì gõ tháng: 3/2027.",
        (_, Slot::Children) => "Lần này sinh mấy bé?",
        (_, Slot::ChildOrder) => "Bé này là con thứ mấy của mẹ (tính con đẻ còn sống)?",
        (_, Slot::Delivery) => "Sinh thường hay sinh mổ?",
        (_, Slot::PregnancyWeeks) => "Thai được bao nhiêu tuần? Ví dụ: 9 tuần.",
        (_, Slot::MonthsInYear) => "Trong 12 tháng trước khi sinh, bạn đóng BHXH được mấy tháng? Ví dụ: 8.",
        (_, Slot::LeaveStart) => "Bạn nghỉ từ ngày nào? Ví dụ: 01/03/2027.",
        (_, Slot::Days) => "Số ngày làm việc bạn nghỉ là bao nhiêu? Ví dụ: 5 ngày.",
        (_, Slot::SicknessCase) => "Bạn nghỉ vì việc nào?",
        (_, Slot::DaysTaken) => "Từ đầu năm đến trước lần này bạn đã nghỉ hưởng chế độ mấy ngày? Chưa nghỉ thì gõ 0.",
        (_, Slot::Work) => "Công việc của bạn thuộc điều kiện nào?",
        (_, Slot::ChildAge) => "Con được mấy tuổi? Ví dụ: 2 tuổi, hoặc 20 tháng.",
        (_, Slot::Members) => {
            "Có mấy người mua BHYT theo hộ gia đình? Không tính người đi làm, về hưu, học sinh và người đã có thẻ diện khác. Ví dụ: 4."
        }
        (_, Slot::Students) => "Trong nhà có mấy học sinh, sinh viên đóng BHYT ở trường? Không có thì gõ 0.",
        (_, Slot::Household) => "Hộ của bạn thuộc diện nào?",
        (_, Slot::PayMonths) => "Bạn đóng cho mấy tháng một lần?",
        (Calculator::Voluntary, Slot::StartDate) => "Bạn bắt đầu đóng từ ngày nào? Ví dụ: 01/01/2027.",
        (Calculator::HouseholdHealth, Slot::StartDate) => "Bạn đóng ngày nào? Ví dụ: 01/12/2026.",
        (_, Slot::StartDate) => "Bạn nghỉ từ ngày nào? Ví dụ: 02/11/2026.",
        (_, Slot::Income) => "Bạn chọn đóng theo mức thu nhập bao nhiêu một tháng? Thấp nhất là chuẩn hộ nghèo nông thôn. Ví dụ: 3 triệu.",
        (_, Slot::Method) => "Bạn muốn đóng theo cách nào? Đóng trước nhiều năm thì gõ, ví dụ: 2 năm.",
        (_, Slot::MissingMonths) => "Bạn còn thiếu bao nhiêu tháng để đủ 15 năm? Ví dụ: 40 tháng.",
        (_, Slot::Support) => "Bạn thuộc diện nào?",
        (_, Slot::SupportUsed) => "Bạn đã được Nhà nước hỗ trợ đóng bao nhiêu tháng? Chưa có thì gõ 0.",
        (_, Slot::StateSupport) => "Nhà nước đã hỗ trợ bạn tổng cộng bao nhiêu tiền đóng? Không có thì gõ 0.",
        (_, Slot::Bill) => "Chi phí trong phạm vi BHYT là bao nhiêu? Số này ghi trên bảng kê. Ví dụ: 12 triệu.",
        (_, Slot::BillOutside) => {
            "Chi phí ngoài phạm vi BHYT (thuốc ngoài danh mục, dịch vụ theo yêu cầu) là bao nhiêu? Không có thì gõ 0."
        }
        (_, Slot::Rate) => {
            "Thẻ của bạn được hưởng bao nhiêu phần trăm? Người đi làm, học sinh, hộ gia đình: 80%. Hưu trí: 95%. Trẻ dưới 6 tuổi, hộ nghèo, cận nghèo: 100%."
        }
        (_, Slot::Route) => "Bạn đến khám theo cách nào?",
        (_, Slot::Facility) => {
            "Trước 2025 nơi khám thuộc tuyến nào? Nơi mới xếp cấp sau đó thì chọn theo cấp và điểm niêm yết tại nơi đón tiếp. Nơi khác thì gõ: trạm y tế, phòng khám, cơ bản từ 50 điểm."
        }
        (_, Slot::Stay) => "Bạn nằm viện (nội trú) hay khám rồi về (ngoại trú)?",
        (_, Slot::FiveYears) => "Bạn đã tham gia BHYT đủ 5 năm liên tục chưa?",
        (_, Slot::CoPaid) => {
            "Từ đầu năm đến nay bạn đã cùng chi trả tổng cộng bao nhiêu? Cộng các lần khám đúng nơi, có chuyển, cấp cứu; tự đi thì chỉ cộng bệnh được khám thẳng, cấp ban đầu, ngoại trú cấp cơ bản, nơi trước 2025 là tuyến huyện. Chưa có thì gõ 0."
        }
        (_, Slot::CoPaidBefore) => {
            "Trong số đó, bạn đã cùng chi trả bao nhiêu trước ngày đổi lương cơ sở (năm 2026 là trước 01/07)? Không có thì gõ 0."
        }
        (_, Slot::VisitDate) => "Ngày khám hoặc ngày vào viện? Ví dụ: 05/11/2026.",
        (_, Slot::Fund) => "BHXH bắt buộc hay tự nguyện?",
        (_, Slot::Reason) => "Bạn rút theo trường hợp nào?",
    })
}

/// The buttons with the possible answers of a question.
pub fn slot_choices(calculator: Calculator, slot: Slot, _today: Date) -> Vec<Choice> {
    let Kind::Choice(words) = slot.kind() else { return Vec::new() };
    let words: &[&str] = match (calculator, slot) {
        (_, Slot::Method) => &["1", "3", "6", "12"],
        (_, Slot::Reason) => &["left", "age", "abroad", "illness"],
        (_, Slot::Retirement) => &["normal", "hazardous", "reduced-61", "reduced-81"],
        (_, Slot::Facility) => &["district", "province", "central", "basic"],
        _ => words,
    };
    words
        .iter()
        .map(|word| {
            let id = CalculationChoice::Set(slot, (*word).to_owned());
            Choice::new(ChoiceId::Calculation(id), choice_label(slot, word))
        })
        .collect()
}

/// A possible answer as its button says it.
fn choice_label(slot: Slot, word: &str) -> String {
    let label = match (slot, word) {
        (Slot::Region, region) => return format!("Vùng {}", roman(region)),
        (Slot::PayMonths | Slot::Method, "1") => "Hằng tháng",
        (Slot::PayMonths | Slot::Method, "missing") => "Bù tháng còn thiếu",
        (Slot::PayMonths | Slot::Method, months) => return format!("{months} tháng một lần"),
        (Slot::Rate, rate) => return format!("{rate}%"),
        (_, word) => choice_word(slot, word),
    };
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

fn choice_word(slot: Slot, word: &str) -> &'static str {
    match (slot, word) {
        (Slot::Fund, "voluntary") => "tự nguyện",
        (Slot::Fund, _) => "bắt buộc",
        (Slot::Reason, "left") => "nghỉ việc đủ 12 tháng",
        (Slot::Reason, "age") => "đủ tuổi, chưa đủ năm",
        (Slot::Reason, "abroad") => "định cư nước ngoài",
        (Slot::Reason, "illness") => "bệnh nặng theo luật",
        (Slot::Reason, _) => "phục viên, xuất ngũ",
        (Slot::Sex, "male") => "nam",
        (Slot::Sex, _) => "nữ",
        (Slot::Retirement, "hazardous") => "nặng nhọc, độc hại",
        (Slot::Retirement, "coal-mine") => "hầm lò",
        (Slot::Retirement, "reduced-61") => "suy giảm 61-80%",
        (Slot::Retirement, "reduced-81") => "suy giảm từ 81%",
        (Slot::Retirement, _) => "bình thường",
        (Slot::MaternityCase, "husband") => "chồng nghỉ khi vợ sinh",
        (Slot::MaternityCase, "miscarriage") => "mất thai",
        (Slot::MaternityCase, _) => "mẹ sinh con",
        (Slot::ChildOrder, "first") => "con đầu",
        (Slot::ChildOrder, "second") => "con thứ hai",
        (Slot::ChildOrder, _) => "từ con thứ ba",
        (Slot::Delivery, "caesarean") => "sinh mổ",
        (Slot::Delivery, "preterm") => "sinh dưới 32 tuần",
        (Slot::Delivery, _) => "sinh thường",
        (Slot::SicknessCase, "long-term") => "bệnh dài ngày",
        (Slot::SicknessCase, "child") => "con ốm",
        (Slot::SicknessCase, _) => "bản thân ốm",
        (Slot::Work, "hazardous") => "nặng nhọc, độc hại",
        (Slot::Work, _) => "bình thường",
        (Slot::Household, "near-poor") => "hộ cận nghèo",
        (Slot::Household, "farmer") => "nông lâm mức trung bình",
        (Slot::Household, _) => "hộ bình thường",
        (Slot::Support, "poor") => "hộ nghèo, xã đảo",
        (Slot::Support, "near-poor") => "hộ cận nghèo",
        (Slot::Support, "ethnic") => "dân tộc thiểu số",
        (Slot::Support, _) => "không thuộc diện nào",
        (Slot::Route, "emergency") => "cấp cứu",
        (Slot::Route, "self") => "tự đi, không giấy",
        (Slot::Route, _) => "đúng nơi, có chuyển",
        (Slot::Facility, "primary") => "trạm y tế",
        (Slot::Facility, "primary-other") => "cấp ban đầu khác",
        (Slot::Facility, "district") => "tuyến huyện trước 2025",
        (Slot::Facility, "basic") => "cơ bản dưới 50 điểm",
        (Slot::Facility, "basic-50") => "cơ bản từ 50 điểm",
        (Slot::Facility, "province") => "tuyến tỉnh trước 2025",
        (Slot::Facility, _) => "chuyên sâu, trung ương",
        (Slot::Stay, "inpatient") => "nội trú",
        (Slot::Stay, _) => "ngoại trú",
        (_, "yes") => "có",
        (_, "no") => "không",
        _ => "",
    }
}

fn roman(region: &str) -> &'static str {
    match region {
        "1" => "I",
        "2" => "II",
        "3" => "III",
        _ => "IV",
    }
}

/// A value as people write it.
pub fn value(slot: Slot, value: &Value) -> String {
    match (slot.kind(), value) {
        (Kind::Money, Value::Number(money)) => match slot {
            Slot::Salary | Slot::Income => format!("{}/tháng", dong(Dong(*money))),
            _ => dong(Dong(*money)),
        },
        (Kind::Months, Value::Number(months)) if slot == Slot::ChildAge && *months >= 24 && months % 12 == 0 => {
            format!("{} tuổi", months / 12)
        }
        (Kind::Months, Value::Number(months)) if slot == Slot::ChildAge => format!("{months} tháng"),
        (Kind::Months, Value::Number(months)) => duration(*months),
        (Kind::Count(_), Value::Number(count)) => match slot {
            Slot::Days | Slot::DaysTaken => format!("{count} ngày"),
            Slot::PregnancyWeeks => format!("{count} tuần"),
            Slot::MissingMonths | Slot::SupportUsed | Slot::MonthsInYear => format!("{count} tháng"),
            _ => count.to_string(),
        },
        (Kind::Date, Value::Word(word)) => Moment::parse(word).map_or_else(String::new, moment),
        (Kind::Choice(_), Value::Word(word)) => lower_label(slot, word),
        (Kind::Choice(_), Value::Number(number)) => lower_label(slot, &number.to_string()),
        (_, Value::Periods(spans)) => {
            let spans: Vec<String> = spans
                .iter()
                .map(|span| {
                    let kind = if span.voluntary { " (tự nguyện)" } else { "" };
                    format!("{} đến {}: {}{kind}", month(span.from), month(span.to), dong(Dong(span.salary)))
                })
                .collect();
            spans.join(", ")
        }
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Word(word)) => word.clone(),
    }
}

fn lower_label(slot: Slot, word: &str) -> String {
    match slot {
        Slot::Region => roman(word).to_owned(),
        Slot::PayMonths => format!("{word} tháng"),
        Slot::Method => match word {
            "1" => "hằng tháng".to_owned(),
            "missing" => "một lần cho tháng còn thiếu".to_owned(),
            "24" | "36" | "48" | "60" => format!("trước {} năm một lần", word.parse::<u32>().unwrap_or(12) / 12),
            _ => format!("{word} tháng một lần"),
        },
        Slot::Rate => format!("{word}%"),
        _ => choice_word(slot, word).to_owned(),
    }
}

/// A number that can be read in more than one way.
pub fn doubt(slot: Slot, written: &str, readings: &[Value], why: Unsure) -> Block {
    let said = if written.is_empty() { String::new() } else { format!(" “{written}”") };
    let name = input_name(slot);
    Block::text(match (why, readings) {
        (Unsure::Backwards { from, to }, _) => return refusal(&Refusal::PeriodBackwards { from, to }),
        (Unsure::Overlap { month }, _) => return refusal(&Refusal::PeriodsOverlap { month }),
        (Unsure::NoSuchDay, _) => format!("Mình không thấy ngày{said} trong lịch. Bạn gõ lại giúp mình, ví dụ: 15/3/2027."),
        (Unsure::Currency, _) => format!("Mình chỉ tính bằng đồng Việt Nam. Bạn gõ lại {name} bằng đồng, ví dụ: 8tr5."),
        (Unsure::WhichMonth, _) => format!("Mình cần tháng cụ thể cho{said}. Ví dụ: 3/2027."),
        (Unsure::Impossible, _) => impossible(slot, &said),
        (Unsure::Several, _) if slot == Slot::Periods => {
            "Mình chưa đọc rõ quá trình đóng. Bạn gõ mỗi giai đoạn một dòng, ví dụ: “01/2015 đến 12/2018: 4.500.000”.".to_owned()
        }
        (Unsure::Several, _) => format!("Mình thấy{said} có thể hiểu nhiều cách. Bạn gõ một con số cho {name}, ví dụ: {}.", example(slot)),
        (Unsure::Readings, []) => format!("Mình chưa chắc{said} là bao nhiêu. Bạn gõ rõ hơn {name}, ví dụ: {}.", example(slot)),
        (Unsure::Readings, [only]) => {
            format!("Bạn ghi{said}. Ý bạn là {} phải không? Không phải thì gõ lại rõ hơn, ví dụ: {}.", value(slot, only), example(slot))
        }
        (Unsure::Readings, _) => format!("Bạn ghi{said}. Mình cần biết rõ {name} là số nào:"),
    })
}

fn impossible(slot: Slot, said: &str) -> String {
    match slot.kind() {
        Kind::Money => format!(
            "Số tiền{said} chưa hợp lý cho mục {}. Bạn gõ lại số tiền lớn hơn 0 và không quá {}, ví dụ: 8tr5.",
            input_name(slot),
            dong(money_max(slot))
        ),
        Kind::Months if slot != Slot::ChildAge => {
            format!("Thời gian{said} chưa hợp lý: phải lớn hơn 0 và không quá 60 năm. Bạn gõ lại giúp mình, ví dụ: 9 năm 7 tháng.")
        }
        Kind::Count(max) => format!("Số{said} chưa hợp lý cho mục {}: phải từ 1 đến {max}. Bạn gõ lại giúp mình.", input_name(slot)),
        _ => format!("Mình chưa dùng được{said} cho mục {}. Bạn gõ lại giúp mình, ví dụ: {}.", input_name(slot), example(slot)),
    }
}

fn example(slot: Slot) -> &'static str {
    match slot.kind() {
        Kind::Money => "8tr5 hoặc 8.500.000",
        Kind::Months => "9 năm 7 tháng",
        Kind::Date if slot == Slot::Birth => "12/8/1965",
        Kind::Date => "15/3/2027",
        _ => "5",
    }
}

/// Unsure nothing can be calculated yet.
pub fn refusal(refusal: &Refusal) -> Block {
    Block::text(match refusal {
        Refusal::Missing(slot) => format!("Mình còn thiếu mục {}.", input_name(*slot)),
        Refusal::NotPositive(slot) => format!("Mục {} phải lớn hơn 0.", input_name(*slot)),
        Refusal::TooLarge { slot: Slot::MissingMonths, max } => {
            format!(
                "Chỉ được đóng một lần khi thiếu không quá {max} tháng. Thiếu nhiều hơn thì đóng tiếp từng kỳ cho đến khi còn thiếu {max} tháng."
            )
        }
        Refusal::TooLarge { slot: Slot::CoPaidBefore, max } => {
            format!("Phần trả trước ngày đổi lương cơ sở không thể nhiều hơn số của cả năm ({}).", dong(Dong(*max)))
        }
        Refusal::TooLarge { slot: Slot::Months | Slot::Periods, .. } => "Thời gian đóng dài quá 60 năm. Bạn xem lại giúp mình.".to_owned(),
        Refusal::TooLarge { slot, max } if slot.kind() == Kind::Money => {
            format!("Mục {} lớn quá mức mình tính được ({}). Bạn xem lại giúp mình.", input_name(*slot), dong(Dong(*max)))
        }
        Refusal::TooLarge { slot, max } => format!("Mục {} không quá {max}. Bạn xem lại giúp mình.", input_name(*slot)),
        Refusal::NotReadable(Slot::ChildBirth) => "Mình cần tháng sinh của bé, không chỉ năm.".to_owned(),
        Refusal::NotReadable(slot) => format!("Mình chưa dùng được mục {}. Bạn gõ lại giúp mình.", input_name(*slot)),
        Refusal::PeriodBackwards { from, to } => {
            format!("Giai đoạn từ {} đến {} có ngày kết thúc trước ngày bắt đầu.", month(*from), month(*to))
        }
        Refusal::PeriodsOverlap { month: at } => format!("Hai giai đoạn trùng nhau ở tháng {}. Mỗi tháng chỉ tính một lần.", month(*at)),
        Refusal::InFuture { month: at } => format!("Tháng {} chưa tới. Mình chỉ tính tháng đã đóng.", month(*at)),
        Refusal::OutOfOrder { first: Slot::StopDate, second: Slot::ApplyDate } => "Ngày nộp hồ sơ đang trước ngày nghỉ việc.".to_owned(),
        Refusal::OutOfOrder { first: Slot::LeaveStart, .. } => "Ngày bắt đầu nghỉ đang sau ngày sinh.".to_owned(),
        Refusal::OutOfOrder { first: Slot::Birth, .. } => "Ngày muốn nghỉ đang trước ngày đủ tuổi của diện này.".to_owned(),
        Refusal::OutOfOrder { first, second } => format!("Mục {} đang trước {}.", input_name(*second), input_name(*first)),
        Refusal::BeforeLaw { slot, since } => format!(
            "Mình chỉ tính theo quy định áp dụng từ {}. Trường hợp có {} trước ngày đó theo luật cũ, bạn hỏi tổng đài viên nhé.",
            vietnamese_date(*since),
            input_name(*slot)
        ),
        Refusal::Law(_) => "Mình chưa có mức quy định của thời điểm này.".to_owned(),
    })
}

/// What was assumed or changed, in a sentence.
pub fn note(note: Note) -> String {
    match note {
        Note::LoweredToCeiling { from, to } => {
            format!("Lương {} cao hơn mức đóng cao nhất, nên tính theo mức cao nhất {}.", dong(from), dong(to))
        }
        Note::RaisedToFloor { from, to } => {
            format!("Mức {} thấp hơn mức đóng thấp nhất, nên tính theo mức thấp nhất {}.", dong(from), dong(to))
        }
        Note::BelowFloor { salary, floor } => {
            format!("Mức {} thấp hơn mức đóng thấp nhất hiện nay ({}); bạn xem lại có nhầm không.", dong(salary), dong(floor))
        }
        Note::WithoutBreak { from, to } => {
            format!("Mình coi như đóng liền mạch, một mức lương, từ {} đến {}. Gõ từng giai đoạn thì số sát hơn.", month(from), month(to))
        }
        Note::FactorsOf { year } => format!("Hệ số trượt giá dùng bảng năm {year}; bảng của năm giải quyết có thể khác."),
        Note::NoFactors => {
            "Mức bình quân bạn nêu chưa nhân hệ số trượt giá từng năm; gõ từng giai đoạn lương thì mình nhân hệ số, số thường cao hơn."
                .to_owned()
        }
        Note::AmountsOf { year } => {
            format!("Các mức quy định lấy theo năm {year}, vì mức của thời điểm đó chưa ban hành hoặc mình chưa có.")
        }
        Note::StateSupportNotTakenOff => "Chưa trừ phần Nhà nước đã hỗ trợ đóng BHXH tự nguyện; phần này không được nhận lại.".to_owned(),
        Note::LowestRegion => "Chưa rõ vùng nên mình lấy mức trần thấp nhất (vùng IV).".to_owned(),
        Note::SecondBirthTwins => {
            "Lần sinh thứ hai mà sinh đôi: mình tính số tháng chắc chắn được hưởng; có được cộng thêm hay không thì hỏi cơ quan BHXH."
                .to_owned()
        }
        Note::LeaveTooEarly => "Nghỉ trước khi sinh không quá 2 tháng; phần nghỉ sớm hơn không được hưởng.".to_owned(),
        Note::MonthsInYearAssumed { months } => format!("Mình coi như bạn đã đóng đủ {months} tháng trong 12 tháng trước khi sinh."),
        Note::DaysLowered { from, to } => format!("Bạn nêu {from} ngày, luật cho hưởng tối đa {to} ngày trong trường hợp này."),
        Note::LateLoss => {
            "Thai từ đủ 22 tuần mà đủ điều kiện đóng thì cả vợ và chồng được nghỉ như trường hợp sinh con; khoản đó chưa tính ở đây."
                .to_owned()
        }
        Note::BirthOnFirstOfJanuary => "Chỉ có năm sinh nên lấy ngày 01/01 của năm đó.".to_owned(),
        Note::SupportEnds { months } => format!("Trong kỳ này Nhà nước chỉ còn hỗ trợ {months} tháng."),
        Note::JoinedBefore2025Assumed => "Mình coi như bạn đã đóng BHXH từ trước 01/07/2025.".to_owned(),
        Note::CoPaidUnknown => {
            "Chưa có tổng số bạn đã cùng chi trả từ đầu năm; có số đó thì bấm đổi số liệu để tính miễn cùng chi trả.".to_owned()
        }
        Note::CoPaidSinceChange { on } => format!(
            "Mình coi như số đã cùng chi trả đều trả từ {}, ngày đổi lương cơ sở. Có phần trả trước ngày đó thì bấm đổi số liệu: bạn được miễn sớm hơn.",
            vietnamese_date(on)
        ),
        Note::FiveYearsUnknown => {
            "Mình coi như bạn chưa tham gia BHYT đủ 5 năm liên tục; đủ rồi thì bấm đổi số liệu để tính miễn cùng chi trả.".to_owned()
        }
        Note::ExemptionInPart => {
            "Luật chưa nói rõ: đã được miễn cùng chi trả mà tự đi nơi chỉ trả một phần thì phần đó có được trả đủ không. Mình tính theo mức của thẻ; bạn hỏi 1900 9068."
                .to_owned()
        }
        Note::VisitNotCounted => {
            "Phần cùng chi trả của lần tự đi này không được cộng vào số để xét miễn; chỉ được miễn khi trước đó đã vượt ngưỡng.".to_owned()
        }
        Note::ContractAssumed => {
            "Mình coi như nơi khám có ký hợp đồng BHYT. Nơi không ký thì bạn trả trước, quỹ chỉ trả lại đến một mức tối đa: bấm “Nơi không ký hợp đồng”."
                .to_owned()
        }
        Note::ChangesOn { day } => {
            format!(
                "Mức thu nhập thấp nhất hoặc cao nhất thay đổi từ {}; kỳ đóng qua ngày đó có thể phải điều chỉnh.",
                vietnamese_date(day)
            )
        }
    }
}

/// `8.500.000 đồng`.
pub fn dong(amount: Dong) -> String {
    let digits = amount.0.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("{}{grouped} đồng", if amount.0 < 0 { "-" } else { "" })
}

/// `9 năm 7 tháng`.
pub fn duration(months: i64) -> String {
    match (months / 12, months % 12) {
        (0, months) => format!("{months} tháng"),
        (years, 0) => format!("{years} năm"),
        (years, months) => format!("{years} năm {months} tháng"),
    }
}

/// `03/2027`.
pub fn month(month: YearMonth) -> String {
    format!("{:02}/{}", month.month, month.year)
}

/// A date as it was said.
pub fn moment(moment: Moment) -> String {
    match moment {
        Moment::Day(day) => vietnamese_date(day),
        Moment::Month(at) => month(at),
        Moment::Year(year) => year.to_string(),
    }
}

/// Hundredths of a percent: `52,5%`.
pub fn percent(hundredths: i64) -> String {
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => format!("{whole}%"),
        (whole, rest) if rest % 10 == 0 => format!("{whole},{}%", rest / 10),
        (whole, rest) => format!("{whole},{rest:02}%"),
    }
}

fn bold(text: impl Into<String>) -> Span {
    Span::bold(text)
}
