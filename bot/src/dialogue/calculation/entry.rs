//! Whether a message wants something calculated, and what. Questions about the rules are the FAQ's: a calculation begins only for who
//! gives a number of their own and asks for theirs, or asks that it be calculated.

use knowledge::{Amounts, Phrases, Quantity, phrases};

use crate::calculator::Calculator;

/// An amount below this is no salary, no income and no bill.
const OWN_MONEY_MIN: i64 = 100_000;

/// The calculation that a message wants; `None` when it wants none.
pub fn wanted(read: &Amounts) -> Option<Calculator> {
    let calculator = subject(read)?;
    if asks_to_calculate(read) {
        return Some(calculator);
    }
    if asks_for_rule(read) || is_about_another(read) || asks_what_to_contribute(read, calculator) {
        return None;
    }
    // "Tính viện phí 12 triệu": an order, without a question.
    if !asks_how_much(read, calculator) && !read.begins_with(phrases!["tính"]) {
        return None;
    }
    has_own_number(read, calculator).then_some(calculator)
}

/// "tính giúp", "tính thử".
fn asks_to_calculate(read: &Amounts) -> bool {
    let asks = phrases![
        "tính giúp",
        "tính hộ",
        "tính thử",
        "tính dùm",
        "tính giùm",
        "tính cho em",
        "tính cho tôi",
        "tính cho mình",
        "tính xem",
        "tính tiền cho",
    ];
    read.says(asks) && !read.says(phrases!["cách tính", "ai tính", "công thức"])
}

fn asks_for_rule(read: &Amounts) -> bool {
    let rule = phrases![
        "cách tính",
        "công thức",
        "quy định",
        "phần trăm",
        "tỷ lệ",
        "mấy phần",
        "hồ sơ",
        "giấy tờ",
        "thủ tục",
        "ở đâu",
        "là gì",
        "điều kiện",
        "tại sao",
        "vì sao",
        "trễ",
        "có được rút",
        "tối đa",
        "cao nhất",
        "thấp nhất",
        "tối thiểu",
        "khác nhau",
        "hay không",
        "sao ít",
        "sai",
        "thiếu tiền",
        "chưa nhận",
        "chưa có tiền",
        "bao lâu",
        "thế nào",
        "ra sao",
    ];
    read.says(rule)
}

/// An employer asks about its people, or somebody asks about several: the rule answers them.
fn is_about_another(read: &Amounts) -> bool {
    let another =
        phrases!["đơn vị tôi có", "công ty tôi có", "công ty em có", "nhân viên", "người lao động này", "lao động này", "trường hợp nếu"];
    read.says(another)
}

/// "Lương 8tr đóng bhtn bao nhiêu": the rate of a contribution, where only a benefit is calculated.
fn asks_what_to_contribute(read: &Amounts, calculator: Calculator) -> bool {
    let contribute = phrases![
        "phải đóng bao nhiêu",
        "đóng bao nhiêu",
        "đóng bhtn bao nhiêu",
        "đóng bhxh bao nhiêu",
        "đóng bảo hiểm bao nhiêu",
        "đóng bảo hiểm thất nghiệp bao nhiêu",
        "đóng bảo hiểm xã hội bao nhiêu",
        "đóng thất nghiệp bao nhiêu",
        "đóng nhiêu",
        "đóng hết bao nhiêu",
        "bị trừ",
        "trừ bao nhiêu",
        "trích bao nhiêu",
        "mỗi tháng đóng",
        "tháng đóng bao nhiêu",
        "mức đóng",
        "công ty đóng",
    ];
    let benefit =
        phrases!["được bao nhiêu", "hưởng bao nhiêu", "nhận bao nhiêu", "lãnh bao nhiêu", "rút bao nhiêu", "được nhiêu", "được mấy"];
    !matches!(calculator, Calculator::Voluntary | Calculator::HouseholdHealth) && read.says(contribute) && !read.says(benefit)
}

/// Whether a message asks anything at all.
pub(super) fn is_question(read: &Amounts) -> bool {
    let asks = phrases![
        "bao nhiêu",
        "là gì",
        "thế nào",
        "ở đâu",
        "khi nào",
        "bao giờ",
        "bao lâu",
        "có được",
        "được không",
        "phải không",
        "tại sao",
        "vì sao",
        "ai",
        "nào",
        "gì",
        "sao",
        "hồ sơ",
        "thủ tục",
        "mấy",
        "hay không",
        "chưa ạ",
        "không ạ",
        "ntn",
        "như thế nào",
    ];
    read.says(asks)
}

fn asks_how_much(read: &Amounts, calculator: Calculator) -> bool {
    let much = phrases![
        "bao nhiêu",
        "bao nhiu",
        "bn tiền",
        "được bn",
        "hết bn",
        "được nhiêu",
        "nhiêu tiền",
        "mấy tiền",
        "mấy đồng",
        "nhiêu vậy",
        "lãnh nhiêu",
        "lãnh được nhiêu",
        "nhận nhiêu",
        "mấy triệu",
        "hết nhiêu",
        "nhiêu ạ",
        "tổng cộng nhiêu",
        "đóng nhiêu",
        "được mấy",
        "bn vậy",
        "bnhiêu",
        "bao nhiêu tiền",
        "nhiêu thế",
        "nhiêu a",
    ];
    let when = phrases![
        "khi nào",
        "năm nào",
        "bao giờ",
        "tháng nào",
        "ngày nào",
        "chừng nào",
        "mấy tuổi",
        "bao nhiêu tuổi",
        "năm mấy",
        "tháng mấy",
        "được chưa",
    ];
    // "bao nhiêu ngày", "bao nhiêu tháng": how long, which the rule says.
    let long = phrases![
        "bao nhiêu ngày",
        "bao nhiêu tháng",
        "bao nhiêu năm",
        "bao nhiêu lâu",
        "bao nhiêu lần",
        "bao nhiêu tuổi",
        "mấy ngày",
        "mấy tháng",
        "mấy năm",
    ];
    let money = phrases![
        "bao nhiêu tiền",
        "bao nhiêu đồng",
        "mấy tiền",
        "nhiêu tiền",
        "mấy đồng",
        "mấy triệu",
        "bao nhiêu một tháng",
        "bao nhiêu mỗi tháng"
    ];
    (read.says(much) && (!read.says(long) || read.says(money))) || (calculator == Calculator::RetirementDate && read.says(when))
}

/// What a message is about, the more special first.
pub(super) fn subject(read: &Amounts) -> Option<Calculator> {
    let says = |phrases: &Phrases| read.says(phrases);
    let lump = phrases![
        "rút một lần",
        "rút 1 lần",
        "bhxh một lần",
        "bhxh 1 lần",
        "bảo hiểm xã hội một lần",
        "bảo hiểm xã hội 1 lần",
        "rút bhxh",
        "rút bảo hiểm",
        "lãnh một lần",
        "lãnh 1 lần",
        "nhận một lần",
        "nhận 1 lần",
        "rút bảo hiểm xã hội",
        "thanh toán một lần",
        "hưởng một lần",
        "rút hết",
        "rút ra",
        "rút thì",
        "rút được",
        "rút về",
    ];
    let unemployment = phrases!["thất nghiệp", "bhtn", "tctn"];
    let maternity = phrases![
        "thai sản",
        "sinh con",
        "sinh bé",
        "đẻ con",
        "nghỉ đẻ",
        "nghỉ sinh",
        "tiền sinh",
        "vợ sinh",
        "vợ em sinh",
        "vợ tôi sinh",
        "sinh mổ",
        "sinh đôi",
        "sảy thai",
        "thai lưu",
        "dự sinh",
        "sinh tháng",
        "đẻ tháng",
        "sinh ngày",
        "phá thai",
    ];
    let sick = phrases!["nghỉ ốm", "ốm đau", "tiền ốm", "con ốm", "chế độ ốm", "bị ốm", "nghỉ bệnh"];
    let bill = phrases![
        "viện phí",
        "hóa đơn viện",
        "bhyt trả",
        "bhyt chi trả",
        "bảo hiểm trả",
        "bảo hiểm chi trả",
        "bhyt thanh toán",
        "bảo hiểm thanh toán",
        "bhyt hỗ trợ",
    ];
    let household = phrases![
        "bhyt hộ gia đình",
        "bảo hiểm y tế hộ gia đình",
        "mua bhyt",
        "mua bảo hiểm y tế",
        "mua thẻ bhyt",
        "đóng bhyt hộ",
        "bhyt cho cả nhà",
        "bhyt cả nhà",
        "bhyt theo hộ",
    ];
    let pension = phrases!["lương hưu", "hưu trí", "tiền hưu", "hưởng hưu", "lãnh hưu", "lĩnh hưu"];
    let retirement = phrases!["nghỉ hưu", "về hưu", "tuổi hưu", "đủ tuổi hưu"];
    let voluntary = phrases!["bhxh tự nguyện", "bảo hiểm xã hội tự nguyện", "bảo hiểm tự nguyện", "đóng tự nguyện"];
    Some(match () {
        () if says(bill) => Calculator::Bill,
        () if says(household) => Calculator::HouseholdHealth,
        () if says(maternity) && !says(lump) && !says(unemployment) && !says(retirement) && !says(pension) => Calculator::Maternity,
        () if says(unemployment) && !says(lump) => Calculator::Unemployment,
        () if says(lump) && !says(unemployment) && !says(pension) => Calculator::LumpSum,
        () if says(sick) => Calculator::Sickness,
        () if says(pension) => Calculator::Pension,
        () if says(retirement) => Calculator::RetirementDate,
        () if says(voluntary) => Calculator::Voluntary,
        () => return None,
    })
}

fn has_own_number(read: &Amounts, calculator: Calculator) -> bool {
    let money = read.found.iter().any(|found| match found.what {
        Quantity::Money(money) => money.abs() >= OWN_MONEY_MIN,
        Quantity::Number(_) | Quantity::Unclear(knowledge::Unclear::Money(_) | knowledge::Unclear::Several) => {
            read.preceded_by(found, 2, phrases!["lương", "thu nhập", "mức đóng"])
        }
        _ => false,
    });
    let contributed = read
        .found
        .iter()
        .any(|found| matches!(found.what, Quantity::Months(1..)) && !read.preceded_by(found, 2, phrases!["nghỉ", "đủ", "hưởng", "sau"]));
    let births = read.found.iter().filter(|found| {
        let date = matches!(found.what, Quantity::Day(_) | Quantity::Month(_) | Quantity::Year(_));
        date && (read.preceded_by(found, 4, phrases!["sinh", "sn"]) || read.followed_by(found, 2, phrases!["sinh"]))
    });
    // Two births are two people.
    let born = births.count() == 1;
    let people = read.found.iter().any(|found| {
        matches!(found.what, Quantity::Number(1..=30)) && read.followed_by(found, 2, phrases!["người", "khẩu", "thành viên", "nhân khẩu"])
    });
    match calculator {
        Calculator::LumpSum => money || contributed,
        Calculator::Pension => money && (contributed || born) || (contributed && born),
        Calculator::RetirementDate => born,
        Calculator::Unemployment => money || contributed,
        Calculator::Maternity | Calculator::Sickness | Calculator::Bill | Calculator::Voluntary => money,
        Calculator::HouseholdHealth => people,
    }
}
