//! What is said of a result: the amount, how it came about with the basis of each step, what was assumed, papers and deadlines.

use std::collections::BTreeSet;

use faq::{Block, Span, vietnamese_date};
use jiff::civil::Date;

use super::{bold, dong, duration, input_name, month, note, percent, section, value};
use crate::calculator::{
    Answers, Bill, Calculator, Dong, HouseholdHealth, Law, LumpSum, Maternity, Moment, Note, Obstacle, Outcome, Pension, RetirementDate,
    Sickness, Slot, Unemployment, Voluntary, Why, decimal,
};

const LAW: &str = "Luật BHXH 41/2024/QH15";
const ESTIMATE: &str = "Đây là ước tính. Số chính thức do cơ quan BHXH xác định theo hồ sơ của bạn.";

/// A result as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What is seen at once.
    pub blocks: Vec<Block>,
    /// What is folded away.
    pub more: Vec<Block>,
}

/// The parts of a sheet before they are put together.
#[derive(Default)]
struct Parts {
    /// The amount, in one line.
    headline: Vec<Span>,
    /// Directly under it.
    under: Vec<String>,
    /// How it came about: what, and the basis.
    steps: Vec<(String, String)>,
    /// What would change it.
    changes: Vec<String>,
    /// Papers and deadlines.
    papers: Vec<String>,
    notes: Vec<Note>,
}

impl Parts {
    fn step(&mut self, what: impl Into<String>, basis: impl Into<String>) {
        self.steps.push((what.into(), basis.into()));
    }

    fn change(&mut self, what: impl Into<String>) {
        self.changes.push(what.into());
    }

    fn paper(&mut self, what: impl Into<String>) {
        self.papers.push(what.into());
    }
}

/// The sheet of a result.
pub fn sheet(calculator: Calculator, answers: &Answers, assumed: &BTreeSet<Slot>, outcome: &Outcome, law: Law<'_>, today: Date) -> Sheet {
    let mut parts = match outcome {
        Outcome::LumpSum(result) => lump_sum(result, answers, today),
        Outcome::Pension(result) => pension(result, answers),
        Outcome::RetirementDate(result) => retirement_date(result, answers),
        Outcome::Unemployment(result) => unemployment(result),
        Outcome::Maternity(result) => maternity(result),
        Outcome::Sickness(result) => sickness(result),
        Outcome::HouseholdHealth(result) => household(result, today, law),
        Outcome::Voluntary(result) => voluntary(result),
        Outcome::Bill(result) => bill(result, answers),
    };
    let mut blocks = vec![Block::Paragraph { spans: std::mem::take(&mut parts.headline) }];
    blocks.extend(parts.under.iter().map(Block::text));
    let given: Vec<String> = calculator
        .slots()
        .iter()
        .filter_map(|slot| Some((slot, answers.get(*slot)?)))
        .map(|(slot, answer)| {
            let guess = if assumed.contains(slot) { " (tạm tính)" } else { "" };
            format!("{} {}{guess}", input_name(*slot), value(*slot, answer))
        })
        .collect();
    if !given.is_empty() {
        blocks.push(Block::text(format!("Mình tính với: {}.", given.join("; "))));
    }
    if !parts.steps.is_empty() {
        blocks.push(Block::Heading { text: "Cách tính".to_owned() });
        let items = parts.steps.iter().map(|(what, basis)| {
            let mut spans = vec![Span::plain(what.clone())];
            if !basis.is_empty() {
                spans.push(Span::plain(format!(" ({basis})")));
            }
            spans
        });
        blocks.push(Block::Steps { items: items.collect() });
    }
    let important = |note: &Note| {
        matches!(note, Note::LoweredToCeiling { .. } | Note::RaisedToFloor { .. } | Note::BelowFloor { .. } | Note::DaysLowered { .. })
    };
    let (said_first, said_later): (Vec<Note>, Vec<Note>) = parts.notes.iter().copied().partition(important);
    blocks.extend(said_first.into_iter().map(|said| Block::text(format!("⚠ {}", note(said)))));
    blocks.push(Block::text(ESTIMATE));
    let mut more = Vec::new();
    let mut list = |heading: &str, items: Vec<String>| {
        if !items.is_empty() {
            more.extend(section(heading, items));
        }
    };
    list("Giả định", said_later.into_iter().map(note).collect());
    list("Số sẽ khác khi", parts.changes);
    list("Hồ sơ và thời hạn", parts.papers);
    Sheet { blocks, more }
}

fn headline(before: &str, amount: String, after: &str) -> Vec<Span> {
    vec![Span::plain(before), bold(amount), Span::plain(after)]
}

fn halves(count: i64) -> String {
    if count % 2 == 0 { format!("{} năm", count / 2) } else { format!("{},5 năm", count / 2) }
}

fn hundredths(count: i64) -> String {
    decimal(crate::calculator::Exact::new(i128::from(count), 100), 2)
}

fn lump_sum(result: &LumpSum, answers: &Answers, today: Date) -> Parts {
    let mut parts = Parts { headline: headline("BHXH một lần khoảng ", dong(result.amount), "."), ..Parts::default() };
    match result.obstacle {
        Some(Obstacle::TwentyYears) => parts.under.push(
            "Nhưng bạn đã đóng từ đủ 20 năm nên không rút được theo diện nghỉ việc 12 tháng. Bạn giữ lại để hưởng lương hưu, hoặc rút theo diện khác nếu có.".to_owned(),
        ),
        Some(Obstacle::JoinedSinceJuly2025) => parts.under.push(
            "Nhưng bạn chỉ đóng từ 01/07/2025 nên không rút được theo diện nghỉ việc 12 tháng; chỉ rút được khi định cư nước ngoài, bệnh nặng theo luật hoặc đủ tuổi mà chưa đủ 15 năm.".to_owned(),
        ),
        Some(Obstacle::EnoughForPension) => {
            parts.under.push("Nhưng bạn đã đóng từ đủ 15 năm: đủ tuổi thì bạn được hưởng lương hưu, không thuộc diện rút này.".to_owned());
        }
        None => {
            if let Some(earliest) = result.earliest {
                let now = knowledge::YearMonth::of(today);
                parts.under.push(if earliest > now {
                    format!("Nộp hồ sơ được sớm nhất từ tháng {}, sau 12 tháng liền không đóng.", month(earliest))
                } else {
                    "Bạn đã qua 12 tháng không đóng thì nộp hồ sơ được ngay.".to_owned()
                });
            }
        }
    }
    let factors: Vec<String> = result.rows.iter().map(|row| format!("{} × {}", row.year, hundredths(row.factor_hundredths))).collect();
    let mut years: Vec<String> = Vec::new();
    for factor in factors {
        if !years.contains(&factor) {
            years.push(factor);
        }
    }
    let shown = if years.len() > 6 { format!("{}, …, {}", years[..3].join(", "), years[years.len() - 1]) } else { years.join(", ") };
    parts.step(
        format!("Lương từng năm nhân hệ số trượt giá ({shown}), bình quân {} tháng: {}", result.months, dong(result.average)),
        format!("{LAW} Điều 72, 73; NĐ 158/2025 Điều 15, 16"),
    );
    if let Some(contributed) = result.contributed {
        parts.step(
            format!("Đóng chưa đủ 1 năm: bằng số tiền đã đóng 22% là {}, không quá 2 tháng bình quân", dong(contributed)),
            format!("{LAW} Điều 70 khoản 3"),
        );
    } else {
        if result.moved > 0 {
            parts.step(format!("{} tháng lẻ trước 2014 chuyển sang giai đoạn từ 2014", result.moved), format!("{LAW} Điều 70 khoản 3"));
        }
        if result.months_before_2014 > 0 {
            parts.step(
                format!("Trước 2014: {}, tính {} × 1,5 tháng", duration(result.months_before_2014), halves(result.half_years_before_2014)),
                format!("{LAW} Điều 70 khoản 3 điểm a"),
            );
        }
        if result.months_from_2014 > 0 {
            parts.step(
                format!("Từ 2014: {}, tính {} × 2 tháng", duration(result.months_from_2014), halves(result.half_years_from_2014)),
                format!("{LAW} Điều 5 khoản 6, Điều 70 khoản 3 điểm b"),
            );
        }
        parts.step(
            format!(
                "{} tháng × {} = {}",
                hundredths(result.benefit_months_hundredths),
                dong(result.average),
                dong(Dong(result.amount.0 + result.state_support.0))
            ),
            "",
        );
    }
    if result.state_support.0 > 0 {
        parts.step(format!("Trừ phần Nhà nước đã hỗ trợ: {}", dong(result.state_support)), format!("{LAW} Điều 70 khoản 3, khoản 4"));
    }
    parts.change("Năm giải quyết khác: hệ số trượt giá công bố mỗi năm một lần.");
    parts.change("Lương đóng từng tháng khác mức bạn nêu. Số đúng xem trên VssID, mục Quá trình tham gia.");
    if !answers.has(Slot::Reason) {
        parts.change("Mình tính theo diện nghỉ việc đủ 12 tháng, có đóng trước 01/07/2025. Diện khác thì bấm đổi số liệu.");
    }
    parts.change("Rút rồi thì thời gian đó không được tính lại cho lương hưu và chế độ khác.");
    parts.paper(format!("Sổ BHXH và văn bản đề nghị; thêm giấy tờ theo từng trường hợp ({LAW} Điều 78)."));
    parts.paper("Nộp cho cơ quan BHXH: trực tiếp, trực tuyến hoặc bưu chính. Giải quyết trong 7 ngày làm việc (Điều 79 khoản 3).");
    parts.notes.clone_from(&result.notes);
    parts
}

fn pension(result: &Pension, answers: &Answers) -> Parts {
    let mut parts = Parts::default();
    let from = month(result.from);
    if let Some(gap) = result.gap {
        parts.headline = headline("Chưa đủ năm để hưởng lương hưu: còn thiếu ", duration(gap.months), ".");
        parts.under.push(format!("Bù đủ thì lương hưu khoảng {} mỗi tháng ({}).", dong(result.monthly), percent(result.rate)));
        if let Some(cost) = gap.compulsory_cost {
            parts.under.push(format!("Thiếu không quá 6 tháng: tự đóng một lần 22% lương trước khi nghỉ, khoảng {}.", dong(cost)));
        }
        if let (Some(least), Some(same)) = (gap.voluntary_cost_least, gap.voluntary_cost_same) {
            parts.under.push(format!(
                "Khi đủ tuổi, đóng một lần theo BHXH tự nguyện cho số tháng thiếu: từ khoảng {} (thu nhập chọn thấp nhất) đến khoảng {} (bằng mức lương bình quân). Chọn mức thấp thì bình quân và lương hưu cũng thấp hơn.",
                dong(least),
                dong(same)
            ));
        } else if gap.compulsory_cost.is_none() {
            parts.under.push("Thiếu trên 60 tháng thì phải đóng tiếp; khi còn thiếu không quá 60 tháng mới được đóng một lần.".to_owned());
        }
    } else {
        parts.headline = headline("Lương hưu khoảng ", dong(result.monthly), &format!(" mỗi tháng, từ tháng {from}."));
        if result.extra.0 > 0 {
            parts.under.push(format!("Thêm trợ cấp một lần khi nghỉ hưu: khoảng {}.", dong(result.extra)));
        }
    }
    let age = &result.age;
    parts.step(
        format!(
            "Đủ {} vào {}{}",
            duration_age(age.age_months),
            as_exact_as_birth(age.day, answers),
            if age.lower_by_months > 0 { " (diện được nghỉ sớm)" } else { "" }
        ),
        "Bộ luật Lao động Điều 169; NĐ 135/2020 Điều 4, 5",
    );
    parts.step(format!("Bình quân tiền lương đóng: {}", dong(result.average)), format!("{LAW} Điều 72, 73"));
    parts.step(
        format!(
            "Đóng {}, tính {}: tỷ lệ {}",
            duration(result.months.max(result.months_min)),
            halves(result.half_years),
            percent(result.full_rate)
        ),
        format!("{LAW} Điều 5 khoản 6, Điều 66 khoản 1"),
    );
    if result.cut > 0 {
        parts.step(
            format!("Nghỉ trước tuổi {}: giảm {}, còn {}", duration(result.early_months), percent(result.cut), percent(result.rate)),
            format!("{LAW} Điều 66 khoản 3"),
        );
    }
    if result.raised_to_minimum {
        parts.step(
            format!("Thấp hơn mức tham chiếu nên được bằng mức tham chiếu: {}", dong(result.monthly)),
            format!("{LAW} Điều 141 khoản 11"),
        );
    } else {
        parts.step(
            format!("{} × {} = {} mỗi tháng", percent(result.rate), dong(result.average), dong(result.monthly)),
            "NĐ 158/2025 Điều 13",
        );
    }
    if result.extra_half_years > 0 {
        parts.step(format!("Đóng dư {}: mỗi năm 0,5 tháng bình quân", halves(result.extra_half_years)), format!("{LAW} Điều 68"));
    }
    if result.late_half_years > 0 {
        parts.step(
            format!("Đóng dư sau tuổi hưu {}: mỗi năm 2 tháng bình quân", halves(result.late_half_years)),
            format!("{LAW} Điều 68 khoản 2"),
        );
    }
    parts.change("Bạn đóng tiếp đến khi nghỉ: thêm năm thì tỷ lệ tăng, tối đa 75%.");
    parts.change("Khu vực nhà nước có cách lấy bình quân riêng theo năm bắt đầu tham gia; mình tính bình quân toàn bộ thời gian.");
    if !answers.has(Slot::Retirement) {
        parts.change("Nghề nặng nhọc, độc hại, vùng khó khăn hoặc suy giảm khả năng lao động: bấm đổi số liệu.");
    }
    parts.paper(format!("Đang đóng: sổ BHXH và văn bản chấm dứt hợp đồng. Bảo lưu: sổ BHXH và văn bản đề nghị ({LAW} Điều 77)."));
    parts.paper("Nộp trong 20 ngày trước khi đủ điều kiện; giải quyết trong 20 ngày (Điều 79).");
    parts.notes.clone_from(&result.notes);
    parts
}

fn duration_age(months: i64) -> String {
    match (months / 12, months % 12) {
        (years, 0) => format!("{years} tuổi"),
        (years, months) => format!("{years} tuổi {months} tháng"),
    }
}

fn retirement_date(result: &RetirementDate, answers: &Answers) -> Parts {
    let mut parts = Parts::default();
    if result.before_schedule {
        parts.headline = headline("", "Đã đủ tuổi nghỉ hưu từ trước năm 2021".to_owned(), ".");
        parts.step("Lộ trình tăng tuổi bắt đầu từ 01/01/2021", "NĐ 135/2020 Điều 4");
    } else {
        let verb = if result.reached { "Đã đủ tuổi nghỉ hưu từ " } else { "Đủ tuổi nghỉ hưu: " };
        parts.headline = headline(verb, as_exact_as_birth(result.day, answers), &format!(", lúc {}.", duration_age(result.age_months)));
        parts.under.push(format!("Lương hưu tính từ tháng {} nếu đủ năm đóng và nghỉ việc.", month(result.pension_from)));
        parts.step(
            format!("Tuổi nghỉ hưu chung của năm đó: {}", duration_age(result.usual_age_months)),
            "Bộ luật Lao động Điều 169; NĐ 135/2020 Điều 4",
        );
        if result.lower_by_months > 0 {
            parts.step(
                format!(
                    "Diện này được thấp hơn tối đa {} tuổi; theo tuổi chung là {}",
                    result.lower_by_months / 12,
                    as_exact_as_birth(result.usual_day, answers)
                ),
                "Luật BHXH 41/2024/QH15 Điều 64, 65; NĐ 135/2020 Điều 5",
            );
        }
        parts.step("Hưởng từ tháng liền sau tháng đủ tuổi", format!("{LAW} Điều 69; TT 12/2025/TT-BNV"));
    }
    parts.change("Nghề nặng nhọc, độc hại, vùng khó khăn, hầm lò hoặc suy giảm khả năng lao động: bấm đổi số liệu.");
    parts.change("Giấy tờ chỉ ghi năm sinh thì lấy ngày 01/01 của năm đó (NĐ 158/2025 Điều 12 khoản 2).");
    parts.paper(format!("Nộp hồ sơ hưởng lương hưu trong 20 ngày trước khi đủ điều kiện ({LAW} Điều 79)."));
    parts.notes.clone_from(&result.notes);
    parts
}

/// A day that follows from a birth, no more exact than that was said.
fn as_exact_as_birth(day: Date, answers: &Answers) -> String {
    match answers.moment(Slot::Birth) {
        Some(Moment::Month(_)) => format!("tháng {}", month(knowledge::YearMonth::of(day))),
        _ => format!("ngày {}", vietnamese_date(day)),
    }
}

fn unemployment(result: &Unemployment) -> Parts {
    const UI: &str = "Luật Việc làm 74/2025/QH15";
    let mut parts = Parts::default();
    if result.months == 0 {
        parts.headline = headline("", "Chưa đủ thời gian đóng để hưởng trợ cấp thất nghiệp".to_owned(), ".");
        parts.under.push(format!(
            "Cần đủ 12 tháng trong 24 tháng trước khi nghỉ; bạn nêu {}. Thời gian này được cộng cho lần sau.",
            duration(result.contributed_months)
        ));
    } else {
        parts.headline =
            headline("Trợ cấp thất nghiệp khoảng ", dong(result.monthly), &format!(" mỗi tháng, trong {} tháng.", result.months));
        parts.under.push(format!("Tổng khoảng {}.", dong(result.total)));
        if result.too_late {
            parts.under.push(format!(
                "⚠ Hạn nộp hồ sơ là {}, nay đã quá hạn nên không hưởng lần này; thời gian đóng được cộng cho lần sau.",
                vietnamese_date(result.deadline)
            ));
        } else {
            parts.under.push(format!("Nộp hồ sơ chậm nhất ngày {}.", vietnamese_date(result.deadline)));
        }
    }
    parts.step(format!("60% × {} = {}", dong(result.average), dong(result.unbounded)), format!("{UI} Điều 39 khoản 1"));
    match result.region {
        Some(region) => parts.step(
            format!("Mức trần vùng {}: 5 lần lương tối thiểu vùng = {}", super::roman(&region.to_string()), dong(result.cap)),
            format!("{UI} Điều 39; NĐ 293/2025"),
        ),
        None => parts.step("Dưới mức trần của mọi vùng", format!("{UI} Điều 39; NĐ 293/2025")),
    }
    if result.months > 0 {
        parts.step(
            format!(
                "Đóng {}: 3 tháng cho 12 đến 36 tháng đầu, thêm 1 tháng cho mỗi 12 tháng, tối đa 12: được {} tháng",
                duration(result.contributed_months),
                result.months
            ),
            format!("{UI} Điều 39 khoản 2"),
        );
        parts.step(
            format!(
                "Nộp đủ hồ sơ ngày {} thì hưởng từ khoảng {} (ngày làm việc thứ 11, chưa trừ ngày lễ)",
                vietnamese_date(result.apply_date),
                vietnamese_date(result.paid_from)
            ),
            format!("{UI} Điều 39 khoản 3"),
        );
    }
    parts.change("Nghỉ việc trái luật, đủ điều kiện hưởng lương hưu hoặc có việc mới trong 10 ngày làm việc sau khi nộp thì không được hưởng (Điều 38).");
    parts.change("Thời gian đóng đã dùng cho lần lãnh trước không tính lại.");
    parts.paper("Đề nghị hưởng theo mẫu, sổ BHXH, giấy tờ chấm dứt hợp đồng; nộp cho trung tâm dịch vụ việc làm (NĐ 374/2025).");
    parts.paper(format!(
        "Trong 3 tháng từ ngày chấm dứt hợp đồng: chậm nhất {}. Giải quyết trong 15 ngày làm việc.",
        vietnamese_date(result.deadline)
    ));
    parts.paper("Hằng tháng phải thông báo tìm việc làm, không thông báo thì bị tạm dừng (Điều 40, 41).");
    parts.notes.clone_from(&result.notes);
    parts
}

fn maternity(result: &Maternity) -> Parts {
    let mut parts = Parts::default();
    match result.case {
        "husband" => {
            parts.headline =
                headline("Chồng được nghỉ ", format!("{} ngày làm việc, khoảng {}", result.leave_days, dong(result.total)), ".");
            parts.step(format!("Số ngày nghỉ khi vợ sinh: {} ngày làm việc", result.leave_days), format!("{LAW} Điều 53 khoản 2"));
            parts.step(
                format!(
                    "{} / 24 = {} mỗi ngày; × {} ngày = {}",
                    dong(result.average),
                    dong(result.daily.unwrap_or_default()),
                    result.leave_days,
                    dong(result.leave_benefit)
                ),
                format!("{LAW} Điều 59"),
            );
            parts.change("Vợ không đóng hoặc không đủ điều kiện mà chồng đóng đủ 6 tháng trong 12 tháng: chồng được thêm trợ cấp một lần cho mỗi con (Điều 58).");
            parts.paper(format!(
                "Bắt đầu nghỉ trong 60 ngày đầu từ ngày sinh, chậm nhất {}; chia nhiều lần được (Điều 53 khoản 3).",
                vietnamese_date(result.leave_end)
            ));
            parts.paper("Giấy khai sinh hoặc chứng sinh; sinh mổ, dưới 32 tuần thì thêm giấy của cơ sở y tế (Điều 61 khoản 5).");
        }
        "miscarriage" => {
            parts.headline = headline("Được nghỉ tối đa ", format!("{} ngày, khoảng {}", result.leave_days, dong(result.total)), ".");
            parts.under.push("Mình chia sẻ với bạn. Số ngày cụ thể do cơ sở khám chữa bệnh chỉ định.".to_owned());
            parts.step(format!("Theo tuổi thai: tối đa {} ngày, tính cả lễ, tết, nghỉ tuần", result.leave_days), format!("{LAW} Điều 52"));
            parts.step(
                format!(
                    "{} / 30 = {} mỗi ngày; × {} ngày = {}",
                    dong(result.average),
                    dong(result.daily.unwrap_or_default()),
                    result.leave_days,
                    dong(result.leave_benefit)
                ),
                format!("{LAW} Điều 59 khoản 3"),
            );
            parts.paper(format!("Giấy ra viện hoặc giấy chứng nhận nghỉ việc hưởng BHXH; nộp cho công ty trong 45 ngày từ ngày đi làm lại, chậm nhất {} nếu nghỉ đủ (Điều 61, 62).", vietnamese_date(result.deadline)));
        }
        _ => {
            if result.entitled {
                parts.headline = headline("Tiền thai sản khoảng ", dong(result.total), ".");
                parts.under.push(format!(
                    "Gồm {} cho {} tháng nghỉ và {} trợ cấp một lần.",
                    dong(result.leave_benefit),
                    result.leave_months,
                    dong(result.allowance)
                ));
            } else {
                parts.headline = headline("", "Chưa đủ 6 tháng đóng trong 12 tháng trước khi sinh".to_owned(), " nên chưa được hưởng.");
                parts.under.push("Nghỉ dưỡng thai theo chỉ định và đã đóng từ đủ 12 tháng thì chỉ cần 3 tháng; chồng đóng đủ 6 tháng thì chồng được trợ cấp một lần.".to_owned());
            }
            let leave = if result.second_child {
                "Sinh con thứ hai"
            } else if result.children > 1 {
                "Sinh nhiều con"
            } else {
                "Sinh con"
            };
            parts.step(
                format!(
                    "{leave}: nghỉ {} tháng, từ {} đến {}",
                    result.leave_months,
                    vietnamese_date(result.leave_start),
                    vietnamese_date(result.leave_end)
                ),
                if result.second_child {
                    "Bộ luật Lao động Điều 139 (sửa bởi Luật Dân số 113/2025/QH15); NĐ 168/2026 Điều 2"
                } else {
                    "Bộ luật Lao động Điều 139; Luật BHXH 41/2024/QH15 Điều 53"
                },
            );
            if result.entitled {
                parts.step(
                    format!("100% × {} × {} tháng = {}", dong(result.average), result.leave_months, dong(result.leave_benefit)),
                    format!("{LAW} Điều 59"),
                );
                parts.step(
                    format!("Trợ cấp một lần: 2 × {} × {} con = {}", dong(result.reference_level), result.children, dong(result.allowance)),
                    format!("{LAW} Điều 58; mức tham chiếu tháng sinh"),
                );
            }
            parts.step(
                format!("Chồng đóng BHXH được nghỉ {} ngày làm việc, bắt đầu trong 60 ngày đầu", result.husband_days),
                format!("{LAW} Điều 53 khoản 2, khoản 3"),
            );
            parts.change("Sinh từ ngày 15 và tháng sinh có đóng thì tháng sinh được tính vào 6 tháng gần nhất.");
            parts.change("Sinh đôi, con thứ hai, sinh mổ: bấm đổi số liệu.");
            parts.paper("Bản sao giấy khai sinh, trích lục khai sinh hoặc giấy chứng sinh (Luật BHXH Điều 61).");
            parts.paper(format!("Nộp cho công ty trong 45 ngày từ ngày hết nghỉ thai sản: chậm nhất {}; công ty nộp trong 7 ngày, BHXH giải quyết trong 7 ngày làm việc (Điều 62).", vietnamese_date(result.deadline)));
            if result.whole_month {
                parts.change("Chưa có ngày sinh nên mình lấy ngày đầu tháng; có ngày đúng thì các mốc ngày dời theo.");
            }
        }
    }
    parts.notes.clone_from(&result.notes);
    parts
}

fn sickness(result: &Sickness) -> Parts {
    let mut parts = Parts {
        headline: headline("Tiền ốm đau khoảng ", dong(result.total), &format!(" cho {} ngày.", result.days + result.long_days)),
        ..Parts::default()
    };
    if result.days_max == 0 {
        parts.headline = headline("", "Con từ đủ 7 tuổi".to_owned(), " thì cha mẹ không được hưởng chế độ khi con ốm.");
    }
    let limit = if result.case == "child" { format!("{LAW} Điều 44") } else { format!("{LAW} Điều 43 khoản 1") };
    parts.step(format!("Tối đa {} ngày làm việc một năm; lần này tính {} ngày", result.days_max, result.days), limit);
    parts.step(
        format!("{} × {} / 24 = {} mỗi ngày", dong(result.salary), percent(result.rate), dong(result.daily)),
        format!("{LAW} Điều 45"),
    );
    if result.long_days > 0 {
        parts.step(
            format!(
                "Bệnh dài ngày, {} ngày tiếp theo: {} / 24 × {} = {} mỗi ngày",
                result.long_days,
                dong(result.salary),
                percent(result.long_rate),
                dong(result.long_daily)
            ),
            format!("{LAW} Điều 43 khoản 2, Điều 45 khoản 3"),
        );
    }
    parts.change("Không tính ngày lễ, tết, nghỉ tuần; trùng ngày nghỉ phép hưởng lương thì không hưởng.");
    if result.case == "child" {
        parts.change("Cả cha và mẹ đều đóng BHXH bắt buộc thì mỗi người được số ngày này cho mỗi con.");
    }
    parts.paper(format!("Nội trú: giấy ra viện. Ngoại trú: giấy chứng nhận nghỉ việc hưởng BHXH ({LAW} Điều 47)."));
    parts.paper("Nộp cho công ty trong 45 ngày từ ngày đi làm lại; BHXH giải quyết trong 7 ngày làm việc (Điều 48).");
    parts.notes.clone_from(&result.notes);
    parts
}

fn household(result: &HouseholdHealth, today: Date, law: Law<'_>) -> Parts {
    let basis = "Luật BHYT Điều 13; NĐ 188/2025 Điều 6";
    let mut parts = Parts {
        headline: headline("Cả nhà đóng khoảng ", dong(result.total), &format!(" cho {} tháng.", result.months)),
        ..Parts::default()
    };
    let decree = law.basis("base_salary", today).unwrap_or_default();
    parts.step(
        format!("Mức đóng đầy đủ: 4,5% × {} = {} mỗi tháng", dong(result.base_salary), dong(result.full)),
        format!("{basis}; {decree}"),
    );
    const SHOWN: usize = 6;
    for (place, member) in result.members.iter().enumerate().take(SHOWN) {
        let who = match member.group {
            "student" => "Học sinh, sinh viên (đóng ở trường)".to_owned(),
            "near-poor" => format!("Người thứ {} (cận nghèo, hỗ trợ ít nhất 70%)", place + 1),
            "farmer" => format!("Người thứ {} (hỗ trợ ít nhất 30%)", place + 1),
            _ => format!("Người thứ {}", place + 1),
        };
        parts.step(format!("{who}: {} = {} mỗi tháng, {} cả kỳ", percent(member.share), dong(member.monthly), dong(member.total)), basis);
    }
    if result.members.len() > SHOWN {
        let rest: i64 = result.members[SHOWN..].iter().map(|member| member.total.0).sum();
        parts.step(format!("{} người còn lại: {} cả kỳ", result.members.len() - SHOWN, dong(Dong(rest))), basis);
    }
    parts.change("Người đi làm, về hưu, hộ nghèo, trẻ dưới 6 tuổi có thẻ diện khác, không tính vào đây.");
    parts.change("Tỉnh có thể hỗ trợ thêm cho học sinh, hộ cận nghèo: hỏi nhà trường hoặc UBND xã.");
    parts.paper(
        "Nộp tại cơ quan BHXH, tổ chức dịch vụ thu hoặc Cổng Dịch vụ công; cần mã số BHXH hoặc số căn cước của từng người, nhận biên lai.",
    );
    parts.notes.clone_from(&result.notes);
    parts
}

fn voluntary(result: &Voluntary) -> Parts {
    let basis = format!("{LAW} Điều 31, 36");
    let mut parts = Parts {
        headline: headline("Bạn đóng khoảng ", dong(result.pays), &format!(" cho {} tháng.", result.months)),
        ..Parts::default()
    };
    parts.step(format!("22% × {} = {} mỗi tháng", dong(result.income), dong(result.monthly)), basis.clone());
    if result.state.0 > 0 {
        parts.step(
            format!(
                "Nhà nước hỗ trợ {} của 22% × {}: {} mỗi tháng",
                percent(result.support_rate),
                dong(result.floor),
                dong(result.state_monthly)
            ),
            "NĐ 159/2025 Điều 5",
        );
    }
    match result.interest {
        Some(interest) if result.method == "missing" => parts.step(
            format!("Đóng một lần cho {} tháng thiếu, tính lãi {} mỗi tháng: {}", result.months, percent(interest), dong(result.total)),
            "NĐ 159/2025 Điều 7; Công văn 151/BHXH-ĐTQ năm 2026",
        ),
        Some(interest) => parts.step(
            format!("Đóng trước {} tháng, chiết khấu {} mỗi tháng: {}", result.months, percent(interest), dong(result.total)),
            "NĐ 159/2025 Điều 6; Công văn 151/BHXH-ĐTQ năm 2026",
        ),
        None => parts.step(format!("{} tháng: {}", result.months, dong(result.total)), basis),
    }
    if result.state.0 > 0 {
        parts.step(format!("{} − {} = {}", dong(result.total), dong(result.state), dong(result.pays)), "");
    }
    parts.change(format!("Thu nhập chọn từ {} đến {}.", dong(result.floor), dong(result.ceiling)));
    parts.change("Tỉnh có thể hỗ trợ thêm. Nhà nước hỗ trợ tối đa 120 tháng.");
    if result.method == "missing" {
        parts.change("Chỉ đóng một lần được khi đã đủ tuổi nghỉ hưu và thiếu không quá 60 tháng.");
    }
    parts.paper("Tờ khai TK1-TS; nộp tại cơ quan BHXH, tổ chức dịch vụ thu hoặc Cổng Dịch vụ công (Luật BHXH Điều 27).");
    parts.paper(match result.months {
        _ if result.interest.is_some() => "Đóng tại lúc đăng ký (Điều 36 khoản 3).",
        1 => "Hạn đóng: trong tháng (Điều 36 khoản 3).",
        3 => "Hạn đóng: trong 3 tháng của kỳ (Điều 36 khoản 3).",
        6 => "Hạn đóng: trong 4 tháng đầu của kỳ (Điều 36 khoản 3).",
        _ => "Hạn đóng: trong 7 tháng đầu của kỳ (Điều 36 khoản 3).",
    });
    parts.notes.clone_from(&result.notes);
    parts
}

fn bill(result: &Bill, answers: &Answers) -> Parts {
    let mut parts = Parts {
        headline: headline("Quỹ BHYT trả khoảng ", dong(result.insurance), &format!("; bạn trả khoảng {}.", dong(result.patient))),
        ..Parts::default()
    };
    let law = "Luật BHYT Điều 22";
    let decree = "NĐ 188/2025";
    let small = || {
        let basis = format!("{law} khoản 1 điểm b; {decree} Điều 17");
        (format!("Chi phí một lần khám dưới {} được mức hưởng 100%", dong(result.small_cost)), basis)
    };
    let converted = result.changed.filter(|change| result.left.is_some() && change.paid_before.0 > 0);
    if let Some(change) = converted {
        let (on, paid, old) = (vietnamese_date(change.on), dong(change.paid_before), dong(change.from));
        let times = result.exemption.0 / change.to.0;
        let what = if change.left.0 > 0 {
            format!("Còn phải cùng chi trả từ {on} đến hết năm: ({times} − {paid} / {old}) × {} = {}", dong(change.to), dong(change.left))
        } else {
            format!("Trước {on} đã cùng chi trả {paid}, đủ {times} × {old}: không phải quy đổi")
        };
        parts.step(what, format!("{decree} Điều 18 khoản 2 điểm c"));
    }
    let (why, basis) = match result.why {
        Why::Group => (format!("Mức hưởng của thẻ: {} chi phí trong phạm vi BHYT", percent(result.group_rate)), format!("{law} khoản 1")),
        Why::Primary => ("Khám ở trạm y tế và nơi được luật kể tên được trả 100%".to_owned(), format!("{law} khoản 1 điểm c")),
        Why::SmallCost => small(),
        Why::Exempt => (
            format!(
                "Đủ 5 năm liên tục và cùng chi trả trong năm vượt {}: phần còn lại được trả 100%",
                converted.map_or_else(|| dong(result.exemption), |_| "ngưỡng".to_owned())
            ),
            format!("{law} khoản 1 điểm d; {decree} Điều 18"),
        ),
        Why::Emergency => (format!("Cấp cứu được trả đủ mức hưởng {} ở mọi nơi", percent(result.group_rate)), format!("{law} khoản 5")),
        Why::SelfFull => {
            (format!("Tự đi khám ở nơi này được đủ mức hưởng {}", percent(result.group_rate)), format!("{law} khoản 4; {decree} Điều 19"))
        }
        Why::SelfPart => (
            format!("Tự đi khám ở nơi này được {} của mức hưởng {}", percent(result.place_rate), percent(result.group_rate)),
            format!("{law} khoản 4; {decree} Điều 19"),
        ),
        Why::SelfNothing => {
            ("Tự đi khám ngoại trú ở nơi này không được quỹ trả, trừ cấp cứu và bệnh được đi thẳng".to_owned(), format!("{law} khoản 4"))
        }
    };
    if result.why == Why::SelfPart && result.covered < result.small_cost {
        let (what, basis) = small();
        parts.step(what, basis);
    }
    parts.step(why, basis);
    parts.step(format!("Quỹ trả {} trong {}", dong(result.insurance), dong(result.covered)), "");
    if result.co_payment.0 > 0 {
        parts.step(format!("Bạn cùng chi trả {}", dong(result.co_payment)), format!("{law} khoản 1"));
    }
    if result.out_of_place.0 > 0 {
        parts.step(format!("Phần không được trả vì tự đi: {}", dong(result.out_of_place)), format!("{law} khoản 4"));
    }
    if result.outside.0 > 0 {
        parts.step(format!("Phần ngoài phạm vi BHYT bạn tự trả: {}", dong(result.outside)), "");
    }
    bill_elsewhere(&mut parts, answers);
    parts.change("Tỷ lệ chỉ tính trên chi phí trong phạm vi BHYT; thuốc ngoài danh mục, dịch vụ theo yêu cầu bạn tự trả.");
    let before = result.changed.map(|change| format!(" (phần đã trả trước {} được quy đổi)", vietnamese_date(change.on)));
    parts.change(format!(
        "Đủ 5 năm liên tục: cùng chi trả trong năm vượt {}{} thì được trả 100% đến hết năm.",
        dong(result.exemption),
        before.unwrap_or_default()
    ));
    parts.paper("Xuất trình thẻ BHYT (VssID, VNeID hoặc căn cước) khi đến khám; cấp cứu thì trước khi ra viện.");
    parts.notes.clone_from(&result.notes);
    parts
}

/// What would be paid at a place that is taken for another easily.
fn bill_elsewhere(parts: &mut Parts, answers: &Answers) {
    match (answers.word(Slot::Route), answers.word(Slot::Facility)) {
        (_, Some("primary")) => {
            parts.change("Phòng khám đa khoa khu vực: 100% chỉ khi khám ngoại trú.");
            parts.change("Nơi cấp ban đầu khác, như phòng khám tư có ký hợp đồng BHYT, thì theo mức của thẻ.");
        }
        (Some("emergency"), _) => {
            parts.change("Cấp cứu ở nơi không ký hợp đồng BHYT: bạn trả trước, rồi nộp hồ sơ để cơ quan BHXH trả theo mức hưởng.");
        }
        (Some("right"), None) => parts.change("Khám ở trạm y tế thì được trả 100%."),
        (Some("self"), Some("district")) if !answers.is(Slot::Stay, "inpatient") => {
            parts.change("Nơi này nay từ 50 điểm mà bệnh viện tính 50% thì bạn hỏi lại 1900 9068.");
        }
        (Some("self"), Some("central")) => {
            parts.change("Nơi trước 2025 là tuyến trung ương mà nay xếp cấp cơ bản: bấm đổi số liệu, chọn như cơ bản từ 50 điểm.");
            parts.change(
                "Bệnh được khám thẳng; hoặc người dân tộc thiểu số, hộ nghèo ở vùng khó khăn, người ở xã đảo, đặc khu khi nằm viện: được đủ mức hưởng.",
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use faq::Faq;
    use jiff::civil::date;

    use super::super::{contract_choice, question};
    use super::*;
    use crate::calculator::calculate;
    use crate::calculator::tests::answers;

    static FAQ: LazyLock<Faq> = LazyLock::new(|| Faq::embedded().unwrap_or_else(|error| panic!("{error}")));

    /// What is read of a bill, and whether the topic of places without a contract is offered.
    fn bill_of(inputs: &str) -> (String, bool) {
        let answers = answers(inputs).expect("answers");
        let (today, law) = (date(2026, 11, 25), Law::new(FAQ.constants()));
        let outcome = calculate(Calculator::Bill, &answers, today, law).unwrap_or_else(|refusal| panic!("{inputs}: {refusal}"));
        let sheet = sheet(Calculator::Bill, &answers, &BTreeSet::new(), &outcome, law, today);
        let spans = sheet.blocks.iter().chain(&sheet.more).flat_map(Block::spans);
        (spans.map(|span| span.text.as_str()).collect::<Vec<_>>().join(" "), contract_choice(&answers).is_some())
    }

    #[test]
    fn the_share_of_a_stay_at_a_central_hospital_is_said_without_a_hedge() {
        let (text, _) = bill_of("bill=12000000 rate=80 route=self facility=central stay=inpatient");
        assert!(text.contains("được 40% của mức hưởng 80%") && !text.contains("xác nhận lại"), "{text}");
    }

    #[test]
    fn a_place_of_ones_own_choice_may_have_no_contract() {
        let (text, offered) = bill_of("bill=12000000 rate=80 route=self facility=basic stay=inpatient");
        assert!(text.contains("coi như nơi khám có ký hợp đồng BHYT") && offered, "{text}");
        let (text, offered) = bill_of("bill=12000000 rate=80 route=right five_years=no");
        assert!(!text.contains("hợp đồng") && !offered, "{text}");
        let (text, _) = bill_of("bill=12000000 rate=80 route=emergency five_years=no");
        assert!(text.contains("Cấp cứu ở nơi không ký hợp đồng BHYT"), "{text}");
    }

    #[test]
    fn what_was_co_paid_in_the_old_base_salary_is_shown_converted() {
        let (text, _) = bill_of("bill=60000000 rate=80 route=right five_years=yes co_paid=9020000 co_paid_before=7020000");
        assert!(text.contains("(6 − 7.020.000 đồng / 2.340.000 đồng) × 2.530.000 đồng = 7.590.000 đồng"), "{text}");
        let (text, _) = bill_of("bill=60000000 rate=80 route=right five_years=yes co_paid=14040000 co_paid_before=14040000");
        assert!(text.contains("đủ 6 × 2.340.000 đồng: không phải quy đổi"), "{text}");
    }

    #[test]
    fn not_only_visits_with_a_referral_count_towards_the_exemption() {
        let asked: String = question(Calculator::Bill, Slot::CoPaid).spans().map(|span| span.text.as_str()).collect();
        for counted in ["đúng nơi", "cấp cứu", "bệnh được khám thẳng", "cấp ban đầu", "ngoại trú cấp cơ bản", "tuyến huyện"]
        {
            assert!(asked.contains(counted), "{counted}: {asked}");
        }
    }
}
