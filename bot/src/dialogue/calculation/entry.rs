//! Whether a message wants something calculated, and what. Questions about the rules are the FAQ's: a calculation begins only for who
//! gives a number of their own and asks for theirs, or asks that it be calculated.

use knowledge::{Amounts, Quantity};

use crate::calculator::Calculator;

/// An amount below this is no salary, no income and no bill.
const OWN_MONEY_MIN: i64 = 100_000;

/// The calculation that a message wants; `None` when it wants none.
pub fn wanted(read: &Amounts) -> Option<Calculator> {
    let calculator = subject(read)?;
    if asks_to_calculate(read) {
        return Some(calculator);
    }
    if asks_for_rule(read) || !asks_how_much(read, calculator) {
        return None;
    }
    has_own_number(read, calculator).then_some(calculator)
}

/// "tính giúp", "tính thử".
fn asks_to_calculate(read: &Amounts) -> bool {
    const ASKS: &[&str] = &[
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
    read.says(ASKS) && !read.says(&["cách tính", "ai tính", "công thức"])
}

fn asks_for_rule(read: &Amounts) -> bool {
    const RULE: &[&str] = &[
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
    read.says(RULE)
}

/// Whether a message asks anything at all.
pub(super) fn is_question(read: &Amounts) -> bool {
    const ASKS: &[&str] = &[
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
    read.says(ASKS)
}

fn asks_how_much(read: &Amounts, calculator: Calculator) -> bool {
    const MUCH: &[&str] = &[
        "bao nhiêu",
        "bao nhiu",
        "bn tiền",
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
    const WHEN: &[&str] = &[
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
    read.says(MUCH) || (calculator == Calculator::RetirementDate && read.says(WHEN))
}

/// What a message is about, the more special first.
pub(super) fn subject(read: &Amounts) -> Option<Calculator> {
    let says = |phrases: &[&str]| read.says(phrases);
    const LUMP: &[&str] = &[
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
    const UNEMPLOYMENT: &[&str] = &["thất nghiệp", "bhtn", "tctn"];
    const MATERNITY: &[&str] = &[
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
    const SICK: &[&str] = &["nghỉ ốm", "ốm đau", "tiền ốm", "con ốm", "chế độ ốm", "bị ốm", "nghỉ bệnh"];
    const BILL: &[&str] = &[
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
    const HOUSEHOLD: &[&str] = &[
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
    const PENSION: &[&str] = &["lương hưu", "hưu trí", "tiền hưu", "hưởng hưu", "lãnh hưu", "lĩnh hưu"];
    const RETIREMENT: &[&str] = &["nghỉ hưu", "về hưu", "tuổi hưu", "đủ tuổi hưu"];
    const VOLUNTARY: &[&str] = &["bhxh tự nguyện", "bảo hiểm xã hội tự nguyện", "bảo hiểm tự nguyện", "đóng tự nguyện"];
    Some(match () {
        () if says(BILL) => Calculator::Bill,
        () if says(HOUSEHOLD) => Calculator::HouseholdHealth,
        () if says(MATERNITY) && !says(LUMP) && !says(UNEMPLOYMENT) && !says(RETIREMENT) && !says(PENSION) => Calculator::Maternity,
        () if says(UNEMPLOYMENT) && !says(LUMP) => Calculator::Unemployment,
        () if says(LUMP) && !says(UNEMPLOYMENT) && !says(PENSION) => Calculator::LumpSum,
        () if says(SICK) => Calculator::Sickness,
        () if says(PENSION) => Calculator::Pension,
        () if says(RETIREMENT) => Calculator::RetirementDate,
        () if says(VOLUNTARY) => Calculator::Voluntary,
        () => return None,
    })
}

fn has_own_number(read: &Amounts, calculator: Calculator) -> bool {
    let money = read.found.iter().any(|found| match found.what {
        Quantity::Money(money) => money.abs() >= OWN_MONEY_MIN,
        Quantity::Number(_) | Quantity::Unclear(knowledge::Unclear::Money(_) | knowledge::Unclear::Several) => {
            read.preceded_by(found, 2, &["lương", "thu nhập", "mức đóng"])
        }
        _ => false,
    });
    let contributed = read
        .found
        .iter()
        .any(|found| matches!(found.what, Quantity::Months(1..)) && !read.preceded_by(found, 2, &["nghỉ", "đủ", "hưởng", "sau"]));
    let born = read.found.iter().any(|found| {
        let date = matches!(found.what, Quantity::Day(_) | Quantity::Month(_) | Quantity::Year(_));
        date && (read.preceded_by(found, 4, &["sinh", "sn"]) || read.followed_by(found, 2, &["sinh"]))
    });
    let people = read.found.iter().any(|found| {
        matches!(found.what, Quantity::Number(1..=30)) && read.followed_by(found, 2, &["người", "khẩu", "thành viên", "nhân khẩu"])
    });
    match calculator {
        Calculator::LumpSum => money || contributed,
        Calculator::Pension => money && (contributed || born) || (contributed && born),
        Calculator::RetirementDate => born,
        Calculator::Unemployment => money,
        Calculator::Maternity | Calculator::Sickness | Calculator::Bill | Calculator::Voluntary => money,
        Calculator::HouseholdHealth => people,
    }
}
