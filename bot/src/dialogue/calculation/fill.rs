//! Which quantity of a message is which input.

use jiff::civil::Date;
use knowledge::{Amounts, Found, Quantity, Unclear, YearMonth};

use super::Calculation;
use crate::calculator::{Calculator, Kind, Slot, Value};

/// Words before a quantity in which the word that names it is looked for.
const REACH: usize = 6;

/// What a quantity is for an input.
pub(super) enum Read {
    /// This.
    Value(Value),
    /// One of these, or none of them.
    Doubt(Vec<Value>, Unsure),
}

/// An input that was said in a way that can be read differently.
pub(super) struct Doubt {
    pub(super) slot: Slot,
    /// As it was written.
    pub(super) written: String,
    /// What it may be.
    pub(super) readings: Vec<Value>,
    pub(super) why: Unsure,
}

/// Unsure an input is not clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsure {
    /// The unit or the year was not said.
    Readings,
    /// More than one number.
    Several,
    /// No such day.
    NoSuchDay,
    /// Not in đồng.
    Currency,
    /// Only a part of a year.
    WhichMonth,
    /// Cannot be, by its size.
    Impossible,
}

/// Puts the quantities of a message into the inputs of a calculation, that which was asked for first. What cannot be taken as it is
/// comes back as a doubt.
pub(super) fn fill(calculation: &mut Calculation, read: &Amounts, asked: Option<Slot>) -> Vec<Doubt> {
    let calculator = calculation.calculator;
    let mut used = vec![false; read.found.len()];
    let mut doubts = Vec::new();
    if calculator.slots().contains(&Slot::Periods)
        && let Some(history) = read.history()
        && (history.spans.len() > 1 || calculator == Calculator::LumpSum || calculator == Calculator::Pension)
    {
        if history.unclear {
            doubts.push(Doubt { slot: Slot::Periods, written: String::new(), readings: Vec::new(), why: Unsure::Several });
            return doubts;
        }
        let mut spans = history.spans.clone();
        if calculation.answers.is(Slot::Fund, "voluntary") || (says_voluntary(read) && !read.says(&["bắt buộc"])) {
            spans.iter_mut().for_each(|span| span.voluntary = true);
        }
        // A day of birth beside the record is no month of it.
        let taken = calculation.set(Slot::Periods, Value::Periods(spans.clone()));
        if let Err(refusal) = taken {
            let why = if matches!(refusal, crate::calculator::Refusal::TooLarge { .. }) { Unsure::Impossible } else { Unsure::Several };
            doubts.push(Doubt { slot: Slot::Periods, written: String::new(), readings: Vec::new(), why });
            return doubts;
        }
        for (place, found) in read.found.iter().enumerate() {
            used[place] =
                matches!(found.what, Quantity::Money(_) | Quantity::Day(_) | Quantity::Month(_) | Quantity::Year(_) | Quantity::Now)
                    && !read.preceded_by(found, 4, &["sinh", "sn"]);
        }
    }
    let order = asked.into_iter().chain(calculator.slots().iter().copied().filter(|slot| Some(*slot) != asked));
    for slot in order {
        let was_asked = Some(slot) == asked;
        // Months and salary of a record are in the record.
        if matches!(slot, Slot::Periods)
            || (calculation.answers.has(Slot::Periods) && matches!(slot, Slot::Months | Slot::LastMonth) && !was_asked)
        {
            continue;
        }
        let found = match slot.kind() {
            Kind::Choice(_) => word_of(calculator, slot, read, was_asked).map(|value| (None, Read::Value(value))),
            _ => quantity_of(calculator, slot, read, &used, was_asked).map(|(place, read)| (Some(place), read)),
        };
        let Some((place, what)) = found else { continue };
        if let Some(place) = place {
            used[place] = true;
        }
        let written = place.map(|place| read.written(&read.found[place])).unwrap_or_default();
        match what {
            Read::Value(value) => match calculation.set(slot, value.clone()) {
                Ok(()) => {}
                Err(_) => {
                    // Said to be impossible, and asked again.
                    doubts.push(Doubt { slot, written, readings: Vec::new(), why: Unsure::Impossible });
                }
            },
            Read::Doubt(readings, why) => doubts.push(Doubt { slot, written, readings, why }),
        }
    }
    doubts
}

fn says_voluntary(read: &Amounts) -> bool {
    read.says(&["tự nguyện"])
}

/// The quantity of an input: the place of it, and what it is.
fn quantity_of(calculator: Calculator, slot: Slot, read: &Amounts, used: &[bool], asked: bool) -> Option<(usize, Read)> {
    let cues = cues(calculator, slot);
    let candidates = || read.found.iter().enumerate().filter(|(place, _)| !used[*place]);
    let is_named = |found: &Found| {
        read.preceded_by(found, REACH, cues.before)
            || read.followed_by(found, 3, cues.after)
            || (cues.before.is_empty() && cues.after.is_empty())
    };
    let forbidden = |found: &Found| read.preceded_by(found, 4, cues.not_before) || read.followed_by(found, 3, cues.not_after);
    // First what is named, then what stands alone.
    let named = candidates()
        .filter(|(_, found)| !forbidden(found) && is_named(found))
        .find_map(|(place, found)| Some((place, take(calculator, slot, found, read, asked)?)));
    if named.is_some() {
        return named;
    }
    let alone = asked || cues.alone;
    let mut others = candidates()
        .filter(|(_, found)| asked || !forbidden(found))
        .filter_map(|(place, found)| Some((place, take(calculator, slot, found, read, asked)?)));
    let first = others.next().filter(|_| alone)?;
    Some(first)
}

/// Words that name an input.
struct Cues {
    before: &'static [&'static str],
    after: &'static [&'static str],
    not_before: &'static [&'static str],
    not_after: &'static [&'static str],
    /// Taken without being named.
    alone: bool,
}

fn cues(calculator: Calculator, slot: Slot) -> Cues {
    const NONE: Cues = Cues { before: &[], after: &[], not_before: &[], not_after: &[], alone: false };
    const PAID: &[&str] = &["đóng", "tham gia", "bhxh", "bhtn", "công tác", "làm", "quá trình", "được", "tổng"];
    match slot {
        Slot::Salary => Cues {
            before: &["lương", "mức đóng", "bình quân", "trung bình", "tb", "thu nhập", "mức"],
            not_before: &["hỗ trợ", "phụ cấp", "thưởng", "ứng trước", "trần"],
            alone: true,
            ..NONE
        },
        Slot::Income => Cues {
            before: &["thu nhập", "mức", "chọn", "lương"],
            not_before: &["hỗ trợ"],
            not_after: &["mỗi tháng đóng"],
            alone: true,
            ..NONE
        },
        Slot::Months => Cues {
            before: PAID,
            after: &["đóng", "bhxh", "tham gia", "bảo hiểm"],
            not_before: &["nghỉ", "hưởng", "thiếu", "trước", "sau", "đủ", "cần"],
            not_after: &["tuổi", "gần nhất", "cuối", "liền kề", "trước khi", "trước sinh", "nữa", "không đóng", "rồi không"],
            alone: matches!(calculator, Calculator::LumpSum | Calculator::Unemployment | Calculator::Pension),
        },
        Slot::MonthsInYear => Cues {
            before: &["đóng", "tham gia", "bhxh", "được"],
            after: &["đóng"],
            not_before: &["nghỉ", "hưởng", "thai"],
            not_after: &["gần nhất", "cuối", "tuổi"],
            ..NONE
        },
        Slot::LastMonth => {
            Cues { before: &["nghỉ", "đến", "tới", "ngừng", "dừng", "cuối", "chốt", "hết"], not_before: &["sinh"], ..NONE }
        }
        Slot::StopDate => Cues {
            before: &["nghỉ", "thôi việc", "chấm dứt", "hết hợp đồng", "nghỉ việc", "thất nghiệp từ", "mất việc"],
            not_before: &["sinh", "nộp"],
            alone: true,
            ..NONE
        },
        Slot::ApplyDate => Cues { before: &["nộp"], ..NONE },
        Slot::ChildBirth => Cues {
            before: &["sinh", "đẻ", "dự sinh", "dự kiến", "sinh con", "sinh bé"],
            not_before: &["nghỉ từ", "đóng từ", "làm từ"],
            alone: true,
            ..NONE
        },
        Slot::LeaveStart => Cues { before: &["nghỉ từ", "nghỉ thai sản từ", "bắt đầu nghỉ"], ..NONE },
        Slot::Birth => Cues {
            before: &["sinh", "sn", "sinh năm", "sinh ngày"],
            not_before: &["đóng từ", "làm từ", "từ", "nghỉ"],
            alone: calculator == Calculator::RetirementDate,
            ..NONE
        },
        Slot::RetireOn => Cues { before: &["nghỉ hưu vào", "về hưu vào", "nghỉ hưu từ", "nghỉ vào"], ..NONE },
        Slot::Days => Cues {
            before: &["nghỉ", "ốm", "nằm viện", "điều trị", "được"], after: &["ốm", "nghỉ"], alone: true, ..NONE
        },
        Slot::DaysTaken => Cues { before: &["đã nghỉ", "nghỉ rồi"], after: &["trước đó", "rồi"], ..NONE },
        Slot::ChildAge => Cues { before: &["con", "bé", "cháu"], alone: true, ..NONE },
        Slot::PregnancyWeeks => Cues { alone: true, ..NONE },
        Slot::Children => Cues { before: &["sinh"], after: &["bé", "con một lúc"], ..NONE },
        Slot::Members => Cues {
            before: &["nhà", "hộ", "gia đình", "mua cho", "gồm", "có"],
            after: &["người", "khẩu", "thành viên", "nhân khẩu"],
            not_after: &["học sinh", "sinh viên", "cháu", "năm", "tháng"],
            ..NONE
        },
        Slot::Students => Cues { after: &["học sinh", "sinh viên", "cháu đi học", "con đi học", "bé đi học"], ..NONE },
        Slot::MissingMonths => Cues { before: &["thiếu"], alone: false, ..NONE },
        Slot::SupportUsed => Cues { before: &["đã được hỗ trợ", "hỗ trợ được"], ..NONE },
        Slot::StateSupport => Cues { before: &["nhà nước hỗ trợ", "được hỗ trợ"], ..NONE },
        Slot::Bill => Cues {
            before: &["viện phí", "hóa đơn", "chi phí", "hết", "tổng", "tiền viện", "tiền khám", "tiền thuốc", "mổ"],
            not_before: &["cùng chi trả", "ngoài danh mục", "ngoài phạm vi", "dịch vụ"],
            alone: true,
            ..NONE
        },
        Slot::BillOutside => Cues { before: &["ngoài danh mục", "ngoài phạm vi", "dịch vụ", "không thuộc"], ..NONE },
        Slot::CoPaid => Cues { before: &["cùng chi trả", "đồng chi trả"], ..NONE },
        Slot::StartDate => Cues { before: &["bắt đầu", "từ", "ngày", "mua", "đóng từ"], ..NONE },
        Slot::VisitDate => Cues { before: &["khám", "nhập viện", "vào viện", "ra viện", "ngày"], ..NONE },
        _ => NONE,
    }
}

/// What a quantity is for an input; `None` when it is of another kind.
fn take(calculator: Calculator, slot: Slot, found: &Found, read: &Amounts, asked: bool) -> Option<Read> {
    match slot.kind() {
        Kind::Money => money(&found.what, asked || read.preceded_by(found, 3, &["lương", "thu nhập"])),
        Kind::Months => months(calculator, slot, &found.what, asked),
        Kind::Count(_) => count(slot, &found.what, asked),
        Kind::Date => date(slot, found, read, asked),
        Kind::Choice(_) | Kind::Periods => None,
    }
}

fn money(what: &Quantity, named: bool) -> Option<Read> {
    Some(match what {
        Quantity::Money(money) => Read::Value(Value::Number(*money)),
        // "lương 5": five millions most likely, but nobody said so.
        Quantity::Number(number) if named => match number {
            ..1 => Read::Value(Value::Number(*number)),
            1..=99 => Read::Doubt(vec![Value::Number(number * 1_000_000)], Unsure::Readings),
            100..=999 => Read::Doubt(vec![Value::Number(number * 1_000)], Unsure::Readings),
            1_000..=99_999 => Read::Doubt(vec![Value::Number(number * 1_000), Value::Number(*number)], Unsure::Readings),
            _ => Read::Value(Value::Number(*number)),
        },
        Quantity::Unclear(Unclear::Money(readings)) if named => {
            Read::Doubt(readings.iter().map(|money| Value::Number(*money)).collect(), Unsure::Readings)
        }
        Quantity::Unclear(Unclear::Currency) => Read::Doubt(Vec::new(), Unsure::Currency),
        Quantity::Unclear(Unclear::Several | Unclear::Money(_)) => Read::Doubt(Vec::new(), Unsure::Several),
        _ => return None,
    })
}

fn months(calculator: Calculator, slot: Slot, what: &Quantity, asked: bool) -> Option<Read> {
    Some(match what {
        Quantity::Months(months) if slot == Slot::ChildAge => Read::Value(Value::Number(*months)),
        Quantity::Age(months) if slot == Slot::ChildAge => Read::Value(Value::Number(*months)),
        Quantity::Months(months) => Read::Value(Value::Number(*months)),
        Quantity::Number(number) if asked => {
            let years = number.saturating_mul(12);
            match (slot, *number) {
                (_, ..1) => Read::Value(Value::Number(*number)),
                // Nobody contributes for more than sixty years.
                (_, 61..) => Read::Doubt(vec![Value::Number(*number)], Unsure::Readings),
                (Slot::ChildAge, _) => Read::Doubt(vec![Value::Number(years), Value::Number(*number)], Unsure::Readings),
                _ if calculator == Calculator::Sickness => {
                    Read::Doubt(vec![Value::Number(years), Value::Number(*number)], Unsure::Readings)
                }
                _ => Read::Doubt(vec![Value::Number(years), Value::Number(*number)], Unsure::Readings),
            }
        }
        _ => return None,
    })
}

fn count(slot: Slot, what: &Quantity, asked: bool) -> Option<Read> {
    let value = |number: i64| Some(Read::Value(Value::Number(number)));
    match (slot, what) {
        (Slot::PregnancyWeeks, Quantity::Weeks(weeks)) => value(*weeks),
        (Slot::PregnancyWeeks, Quantity::Months(months)) => {
            // A month of pregnancy is four weeks and a bit: the week decides, so it is asked for.
            Some(Read::Doubt(vec![Value::Number(months * 4), Value::Number(months * 4 + 1)], Unsure::Readings))
        }
        (Slot::Days | Slot::DaysTaken, Quantity::Days(days)) => value(*days),
        (Slot::Days | Slot::DaysTaken, Quantity::Weeks(weeks)) => {
            Some(Read::Doubt(vec![Value::Number(weeks * 5), Value::Number(weeks * 6)], Unsure::Readings))
        }
        (Slot::MissingMonths | Slot::SupportUsed, Quantity::Months(months)) => value(*months),
        (Slot::MonthsInYear, Quantity::Months(months)) => value((*months).min(12)),
        (Slot::Days | Slot::DaysTaken | Slot::PregnancyWeeks, Quantity::Number(number)) if asked => value(*number),
        (Slot::MissingMonths, Quantity::Number(number)) if asked => {
            Some(Read::Doubt(vec![Value::Number(*number), Value::Number(number * 12)], Unsure::Readings))
        }
        (Slot::MissingMonths, _) => None,
        (Slot::Members | Slot::Students | Slot::Children, Quantity::Number(number)) => value(*number),
        (_, Quantity::Number(number)) if asked => value(*number),
        _ => None,
    }
}

/// A date for an input. What is said without its year may be in this year or the next, or in the last when it is past.
fn date(slot: Slot, found: &Found, read: &Amounts, asked: bool) -> Option<Read> {
    let today = read.today();
    let exact = matches!(slot, Slot::ChildBirth | Slot::StopDate | Slot::ApplyDate | Slot::LeaveStart | Slot::VisitDate | Slot::StartDate);
    let past = matches!(slot, Slot::LastMonth | Slot::VisitDate | Slot::Birth);
    let years = |year: i16| if past { [year, year - 1] } else { [year, year + 1] };
    let years = if matches!(slot, Slot::StopDate) { [today.year(), today.year() - 1] } else { years(today.year()) };
    Some(match &found.what {
        Quantity::Day(day) => Read::Value(Value::day(*day)),
        Quantity::Month(month) => Read::Value(Value::month(*month)),
        Quantity::Year(year) if exact => {
            let _ = year;
            return asked.then(|| Read::Doubt(Vec::new(), Unsure::WhichMonth));
        }
        Quantity::Year(year) => Read::Value(Value::year(*year)),
        Quantity::Now => Read::Value(if slot == Slot::LastMonth { Value::month(YearMonth::of(today)) } else { Value::day(today) }),
        Quantity::Unclear(Unclear::DayMonth { day, month }) => {
            let days = years.iter().filter_map(|year| Date::new(*year, *month, *day).ok()).map(Value::day).collect();
            Read::Doubt(days, Unsure::Readings)
        }
        Quantity::Unclear(Unclear::MonthOnly(month)) => {
            let months = years.iter().filter_map(|year| YearMonth::new(*year, *month)).map(Value::month).collect();
            Read::Doubt(months, Unsure::Readings)
        }
        Quantity::Unclear(Unclear::PartOfYear(_)) => Read::Doubt(Vec::new(), Unsure::WhichMonth),
        Quantity::Unclear(Unclear::NoSuchDay) => Read::Doubt(Vec::new(), Unsure::NoSuchDay),
        // "65" after "sinh năm nào?"
        Quantity::Number(number @ 30..=99) if asked && slot == Slot::Birth => {
            Read::Doubt(vec![Value::year(i16::try_from(1_900 + number).ok()?)], Unsure::Readings)
        }
        _ => return None,
    })
}

/// The choice of an input that the words of a message say.
fn word_of(calculator: Calculator, slot: Slot, read: &Amounts, asked: bool) -> Option<Value> {
    let says = |phrases: &[&str]| read.says(phrases);
    let word = |word: &str| Some(Value::word(word));
    // A typed number is the so many-th of the possible answers, when these are asked for.
    let nth = || {
        let number = read.found.iter().find_map(|found| if let Quantity::Number(number) = found.what { Some(number) } else { None });
        number.filter(|_| asked && read.len() <= 3)
    };
    let short = asked && read.len() <= 6;
    let yes_no = || {
        if !asked {
            return None;
        }
        if read.begins_with(&["có", "rồi", "đúng", "vâng", "dạ có", "đủ", "ừ", "phải"]) && !says(&["chưa", "không"]) {
            return word("yes");
        }
        (read.begins_with(&["không", "chưa", "dạ chưa", "dạ không", "ko"])).then(|| Value::word("no"))
    };
    match slot {
        Slot::Region => read
            .found
            .iter()
            .find_map(|found| if let Quantity::Region(region) = found.what { Some(region) } else { None })
            .or_else(|| nth().and_then(|number| u8::try_from(number).ok()))
            .or_else(|| {
                let roman = [("iii", 3), ("ii", 2), ("iv", 4), ("i", 1)];
                roman.iter().find(|(roman, _)| short && read.says(&[roman])).map(|&(_, region)| region)
            })
            .filter(|region| (1..=4).contains(region))
            .map(|region| Value::word(&region.to_string())),
        Slot::Fund if says(&["tự nguyện"]) && !says(&["bắt buộc"]) => word("voluntary"),
        Slot::Fund if says(&["bắt buộc"]) => word("compulsory"),
        Slot::Reason => match () {
            () if says(&["định cư"]) => word("abroad"),
            () if says(&["ung thư", "bại liệt", "xơ gan", "lao nặng", "aids", "bệnh hiểm nghèo", "81%"]) => word("illness"),
            () if says(&["đủ tuổi hưu", "đủ tuổi nghỉ hưu", "hết tuổi"]) => word("age"),
            () if says(&["phục viên", "xuất ngũ"]) => word("army"),
            () if short && says(&["nghỉ việc", "nghỉ làm", "12 tháng", "một năm"]) => word("left"),
            () => None,
        },
        Slot::Sex => {
            let female = ["nữ", "lao động nữ", "mẹ em", "mẹ tôi", "mẹ mình", "vợ em", "vợ tôi", "bà tôi", "phụ nữ", "má em", "vợ mình"];
            let male = [
                "lao động nam",
                "giới tính nam",
                "là nam",
                "tôi nam",
                "em nam",
                "bố em",
                "bố tôi",
                "ba em",
                "ba tôi",
                "chồng em",
                "chồng tôi",
                "nam sinh",
                "nam sn",
                "nam giới",
                "ông tôi",
                "bố mình",
                "nam 19",
            ];
            match () {
                () if says(&female) => word("female"),
                () if says(&male) => word("male"),
                () if asked && read.begins_with(&["nam"]) && read.len() <= 4 => word("male"),
                () if says_exactly_man(read) => word("male"),
                () => None,
            }
        }
        Slot::Retirement => match () {
            () if says(&["nặng nhọc", "độc hại", "nguy hiểm", "vùng khó khăn", "đặc biệt khó khăn"]) => {
                word("hazardous")
            }
            () if says(&["hầm lò"]) => word("coal-mine"),
            () if says(&["suy giảm", "giám định"]) => {
                let heavy = read.found.iter().any(|found| matches!(found.what, Quantity::Percent(percent) if percent >= 8_100));
                word(if heavy { "reduced-81" } else { "reduced-61" })
            }
            () if short && says(&["bình thường"]) => word("normal"),
            () => None,
        },
        Slot::JoinedBefore2025 => yes_no(),
        Slot::MaternityCase => match () {
            () if says(&[
                "sảy thai",
                "sẩy thai",
                "phá thai",
                "thai lưu",
                "thai chết lưu",
                "mất thai",
                "thai ngoài tử cung",
                "hút thai",
            ]) =>
            {
                word("miscarriage")
            }
            () if says(&[
                "vợ sinh",
                "vợ đẻ",
                "vợ em sinh",
                "vợ tôi sinh",
                "vợ mình sinh",
                "chồng nghỉ",
                "chồng được nghỉ",
                "nghỉ khi vợ",
                "vợ em đẻ",
                "vợ tôi đẻ",
            ]) =>
            {
                word("husband")
            }
            () => None,
        },
        Slot::ChildOrder => match () {
            () if says(&[
                "con thứ 2",
                "con thứ hai",
                "bé thứ 2",
                "bé thứ hai",
                "đứa thứ 2",
                "đứa thứ hai",
                "lần 2",
                "lần hai",
                "lần thứ hai",
                "con rạ",
                "con hai",
                "bé hai",
            ]) =>
            {
                word("second")
            }
            () if says(&["con thứ 3", "con thứ ba", "bé thứ 3", "bé thứ ba", "con thứ 4", "con thứ tư", "đứa thứ 3"]) => {
                word("third")
            }
            () if says(&["con đầu", "con đầu lòng", "con so", "lần đầu", "bé đầu", "con thứ nhất", "con thứ 1", "lần 1", "đứa đầu"]) => {
                word("first")
            }
            () if short && says(&["thứ hai", "thứ 2", "hai"]) => word("second"),
            () if short && says(&["thứ nhất", "đầu", "một"]) => word("first"),
            () if short && says(&["thứ ba", "ba"]) => word("third"),
            () => match nth() {
                Some(1) => word("first"),
                Some(2) => word("second"),
                Some(3..) => word("third"),
                _ => None,
            },
        },
        Slot::Delivery => match () {
            () if says(&["sinh mổ", "đẻ mổ", "mổ bắt con", "phẫu thuật", "mổ đẻ"]) => word("caesarean"),
            () if says(&["sinh non", "dưới 32 tuần"]) => word("preterm"),
            () if says(&["sinh thường", "đẻ thường"]) => word("natural"),
            () if short && says(&["mổ"]) => word("caesarean"),
            () if short && says(&["thường"]) => word("natural"),
            () => None,
        },
        Slot::SicknessCase => match () {
            () if says(&["con ốm", "con bệnh", "con bị", "con nhỏ ốm", "chăm con", "cháu ốm", "bé ốm", "con sốt", "con nằm viện"]) => {
                word("child")
            }
            () if says(&["ung thư", "dài ngày", "bệnh hiểm nghèo", "chạy thận"]) => word("long-term"),
            () if asked && says(&["bản thân", "tôi", "em", "mình"]) => word("own"),
            () if says(&["nghỉ ốm", "bị ốm", "tôi ốm", "em ốm", "ốm"]) => word("own"),
            () => None,
        },
        Slot::Work => match () {
            () if says(&["nặng nhọc", "độc hại", "nguy hiểm", "vùng đặc biệt khó khăn"]) => word("hazardous"),
            () if short && says(&["bình thường"]) => word("normal"),
            () => None,
        },
        Slot::Household => match () {
            () if says(&["cận nghèo"]) => word("near-poor"),
            () if says(&["mức sống trung bình", "làm nông", "nông lâm"]) => word("farmer"),
            () if short && says(&["bình thường", "không"]) => word("ordinary"),
            () => None,
        },
        Slot::PayMonths => match () {
            () if says(&["cả năm", "một năm", "1 năm", "12 tháng"]) => word("12"),
            () if says(&["6 tháng", "sáu tháng", "nửa năm"]) => word("6"),
            () if says(&["3 tháng", "ba tháng", "một quý", "1 quý"]) => word("3"),
            () => match nth() {
                Some(months @ (3 | 6 | 12)) => word(&months.to_string()),
                _ => None,
            },
        },
        Slot::Method => method(read, asked, short, nth()),
        Slot::Support => match () {
            () if says(&["cận nghèo"]) => word("near-poor"),
            () if says(&["hộ nghèo", "xã đảo", "đặc khu"]) => word("poor"),
            () if says(&["dân tộc"]) => word("ethnic"),
            () if short && says(&["khác", "không thuộc", "bình thường", "không"]) => word("other"),
            () => None,
        },
        Slot::Rate => {
            let percent = read.found.iter().find_map(|found| match found.what {
                Quantity::Percent(percent) => Some(percent),
                Quantity::Number(number @ (80 | 95 | 100)) if asked => Some(number * 100),
                _ => None,
            });
            match percent {
                Some(8_000) => word("80"),
                Some(9_500) => word("95"),
                Some(10_000) => word("100"),
                _ if says(&["hộ nghèo", "cận nghèo", "trẻ em dưới 6", "cựu chiến binh", "người có công"]) => {
                    word("100")
                }
                _ if says(&["hưu trí", "người về hưu"]) => word("95"),
                _ if says(&["hộ gia đình", "công nhân", "nhân viên", "người lao động", "học sinh", "sinh viên"])
                    && (asked || calculator == Calculator::Bill) =>
                {
                    word("80")
                }
                _ => None,
            }
        }
        Slot::Route => match () {
            () if says(&["cấp cứu"]) => word("emergency"),
            () if says(&["trái tuyến", "tự đi", "vượt tuyến", "không có giấy chuyển", "ko có giấy chuyển", "không giấy chuyển"]) => {
                word("self")
            }
            () if says(&["đúng tuyến", "giấy chuyển", "chuyển tuyến", "đúng nơi", "chuyển viện", "nơi đăng ký"]) => {
                word("right")
            }
            () => None,
        },
        Slot::Facility => match () {
            () if says(&["trạm y tế", "cấp ban đầu", "phòng khám bác sĩ gia đình"]) => word("primary"),
            () if says(&["trung ương", "tuyến cuối", "bạch mai", "chợ rẫy"]) => word("central"),
            () if says(&["tuyến tỉnh", "bệnh viện tỉnh", "đa khoa tỉnh"]) => word("province"),
            () if says(&["huyện", "cấp cơ bản"]) => word("basic"),
            () => None,
        },
        Slot::Stay => match () {
            () if says(&["nội trú", "nằm viện", "nhập viện", "mổ", "phẫu thuật"]) => word("inpatient"),
            () if says(&["ngoại trú", "đi khám", "khám bệnh", "khám rồi về"]) => word("outpatient"),
            () => None,
        },
        Slot::FiveYears => match () {
            () if says(&["chưa đủ 5 năm", "chưa đủ năm năm", "chưa được 5 năm"]) => word("no"),
            () if says(&["5 năm liên tục", "năm năm liên tục", "đủ 5 năm"]) => word("yes"),
            () => yes_no(),
        },
        _ => None,
    }
}

/// "Nam" as a word of its own in a text with accents, where it cannot be "năm": "tôi là nam sinh năm 1965".
fn says_exactly_man(read: &Amounts) -> bool {
    read.says_exactly("nam") && read.says_exactly("sinh")
}

fn method(read: &Amounts, asked: bool, short: bool, nth: Option<i64>) -> Option<Value> {
    let word = |word: &str| Some(Value::word(word));
    if read.says(&["còn thiếu", "thiếu năm", "thiếu tháng", "bù cho", "đóng bù"]) {
        return word("missing");
    }
    let paid_at_once = |found: &Found| {
        asked || read.preceded_by(found, 3, &["đóng", "nộp", "đóng một lần", "trước"]) || read.followed_by(found, 3, &["một lần", "1 lần"])
    };
    let months = read.found.iter().find_map(|found| match found.what {
        Quantity::Months(months @ (3 | 6 | 12 | 24 | 36 | 48 | 60)) if paid_at_once(found) => Some(months),
        Quantity::Months(1) if asked => Some(1),
        _ => None,
    });
    if let Some(months) = months {
        return word(&months.to_string());
    }
    match () {
        () if read.says(&["hàng tháng", "hằng tháng", "từng tháng", "mỗi tháng đóng"]) => word("1"),
        () if short && read.says(&["tháng"]) && read.found.is_empty() => word("1"),
        () if short && read.says(&["quý"]) => word("3"),
        () if short && read.says(&["năm"]) && read.found.is_empty() => word("12"),
        () => match nth {
            Some(months @ (1 | 3 | 6 | 12 | 24 | 36 | 48 | 60)) => word(&months.to_string()),
            _ => None,
        },
    }
}
