//! Which choices the words of a message say.

use knowledge::{Amounts, Found, Phrases, Quantity, phrases};

use crate::calculator::{Calculator, Slot, Value};

/// The choice of an input that the words of a message say.
pub(super) fn word_of(calculator: Calculator, slot: Slot, read: &Amounts, asked: bool) -> Option<Value> {
    let says = |phrases: &Phrases| read.says(phrases);
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
        if read.begins_with(phrases!["có", "rồi", "đúng", "vâng", "dạ có", "đủ", "ừ", "phải"]) && !says(phrases!["chưa", "không"])
        {
            return word("yes");
        }
        (read.begins_with(phrases!["không", "chưa", "dạ chưa", "dạ không", "ko"])).then(|| Value::word("no"))
    };
    match slot {
        Slot::Region => read
            .found
            .iter()
            .find_map(|found| if let Quantity::Region(region) = found.what { Some(region) } else { None })
            .or_else(|| nth().and_then(|number| u8::try_from(number).ok()))
            .or_else(|| {
                let roman = [(phrases!["ii"], 2), (phrases!["iv"], 4), (phrases!["i"], 1)];
                roman.into_iter().find(|(roman, _)| short && says(roman)).map(|(_, region)| region)
            })
            .filter(|region| (1..=4).contains(region))
            .map(|region| Value::word(&region.to_string())),
        Slot::Fund if says(phrases!["tự nguyện"]) && !says(phrases!["bắt buộc"]) => word("voluntary"),
        Slot::Fund if says(phrases!["bắt buộc"]) => word("compulsory"),
        Slot::Reason => match () {
            () if says(phrases!["định cư"]) => word("abroad"),
            () if says(phrases!["ung thư", "bại liệt", "xơ gan", "lao nặng", "aids", "bệnh hiểm nghèo", "81%"]) => {
                word("illness")
            }
            () if says(phrases!["đủ tuổi hưu", "đủ tuổi nghỉ hưu", "hết tuổi"]) => word("age"),
            () if says(phrases!["phục viên", "xuất ngũ"]) => word("army"),
            () if short && says(phrases!["nghỉ việc", "nghỉ làm", "12 tháng", "một năm"]) => word("left"),
            () => None,
        },
        Slot::Sex => {
            let female =
                phrases!["nữ", "lao động nữ", "mẹ em", "mẹ tôi", "mẹ mình", "vợ em", "vợ tôi", "bà tôi", "phụ nữ", "má em", "vợ mình"];
            let male = phrases![
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
                () if says(female) => word("female"),
                () if says(male) => word("male"),
                () if asked && read.begins_with(phrases!["nam"]) && read.len() <= 4 => word("male"),
                () if says_exactly_man(read) => word("male"),
                () => None,
            }
        }
        Slot::Retirement => match () {
            () if says(phrases!["nặng nhọc", "độc hại", "nguy hiểm", "vùng khó khăn", "đặc biệt khó khăn"]) => {
                word("hazardous")
            }
            () if says(phrases!["hầm lò"]) => word("coal-mine"),
            () if says(phrases!["suy giảm", "giám định"]) => {
                let heavy = read.found.iter().any(|found| matches!(found.what, Quantity::Percent(percent) if percent >= 8_100));
                word(if heavy { "reduced-81" } else { "reduced-61" })
            }
            () if short && says(phrases!["bình thường"]) => word("normal"),
            () => None,
        },
        Slot::JoinedBefore2025 => yes_no(),
        Slot::MaternityCase => match () {
            () if says(phrases![
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
            () if says(phrases![
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
            () if says(phrases![
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
            () if says(phrases!["con thứ 3", "con thứ ba", "bé thứ 3", "bé thứ ba", "con thứ 4", "con thứ tư", "đứa thứ 3"]) => {
                word("third")
            }
            () if says(phrases![
                "con đầu",
                "con đầu lòng",
                "con so",
                "lần đầu",
                "bé đầu",
                "con thứ nhất",
                "con thứ 1",
                "lần 1",
                "đứa đầu"
            ]) =>
            {
                word("first")
            }
            () if short && says(phrases!["thứ hai", "thứ 2", "hai"]) => word("second"),
            () if short && says(phrases!["thứ nhất", "đầu", "một"]) => word("first"),
            () if short && says(phrases!["thứ ba", "ba"]) => word("third"),
            () => match nth() {
                Some(1) => word("first"),
                Some(2) => word("second"),
                Some(3..) => word("third"),
                _ => None,
            },
        },
        Slot::Delivery => match () {
            () if says(phrases!["sinh mổ", "đẻ mổ", "mổ bắt con", "phẫu thuật", "mổ đẻ"]) => word("caesarean"),
            () if says(phrases!["sinh non", "dưới 32 tuần"]) => word("preterm"),
            () if says(phrases!["sinh thường", "đẻ thường"]) => word("natural"),
            () if short && says(phrases!["mổ"]) => word("caesarean"),
            () if short && says(phrases!["thường"]) => word("natural"),
            () => None,
        },
        Slot::SicknessCase => match () {
            () if says(phrases![
                "con ốm",
                "con bệnh",
                "con bị",
                "con nhỏ ốm",
                "chăm con",
                "cháu ốm",
                "bé ốm",
                "con sốt",
                "con nằm viện"
            ]) =>
            {
                word("child")
            }
            () if says(phrases!["ung thư", "dài ngày", "bệnh hiểm nghèo", "chạy thận"]) => word("long-term"),
            () if asked && says(phrases!["bản thân", "tôi", "em", "mình"]) => word("own"),
            () if says(phrases!["nghỉ ốm", "bị ốm", "tôi ốm", "em ốm", "ốm"]) => word("own"),
            () => None,
        },
        Slot::Work => match () {
            () if says(phrases!["nặng nhọc", "độc hại", "nguy hiểm", "vùng đặc biệt khó khăn"]) => word("hazardous"),
            () if short && says(phrases!["bình thường"]) => word("normal"),
            () => None,
        },
        Slot::Household => match () {
            () if says(phrases!["cận nghèo"]) => word("near-poor"),
            () if says(phrases!["mức sống trung bình", "làm nông", "nông lâm"]) => word("farmer"),
            () if short && says(phrases!["bình thường", "không"]) => word("ordinary"),
            () => None,
        },
        Slot::PayMonths => match () {
            () if says(phrases!["cả năm", "một năm", "1 năm", "12 tháng"]) => word("12"),
            () if says(phrases!["6 tháng", "sáu tháng", "nửa năm"]) => word("6"),
            () if says(phrases!["3 tháng", "ba tháng", "một quý", "1 quý"]) => word("3"),
            () => match nth() {
                Some(months @ (3 | 6 | 12)) => word(&months.to_string()),
                _ => None,
            },
        },
        Slot::Method => method(read, asked, short, nth()),
        Slot::Support => match () {
            () if says(phrases!["cận nghèo"]) => word("near-poor"),
            () if says(phrases!["hộ nghèo", "xã đảo", "đặc khu"]) => word("poor"),
            () if says(phrases!["dân tộc"]) => word("ethnic"),
            () if short && says(phrases!["khác", "không thuộc", "bình thường", "không"]) => word("other"),
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
                _ if says(phrases!["hộ nghèo", "cận nghèo", "trẻ em dưới 6", "cựu chiến binh", "người có công"]) => {
                    word("100")
                }
                _ if says(phrases!["hưu trí", "người về hưu"]) => word("95"),
                _ if says(phrases!["hộ gia đình", "công nhân", "nhân viên", "người lao động", "học sinh", "sinh viên"])
                    && (asked || calculator == Calculator::Bill) =>
                {
                    word("80")
                }
                _ => None,
            }
        }
        Slot::Route => match () {
            () if says(phrases!["cấp cứu"]) => word("emergency"),
            () if says(phrases!["trái tuyến", "tự đi", "vượt tuyến", "không có giấy chuyển", "ko có giấy chuyển", "không giấy chuyển"]) => {
                word("self")
            }
            () if says(phrases!["đúng tuyến", "giấy chuyển", "chuyển tuyến", "đúng nơi", "chuyển viện", "nơi đăng ký"]) => {
                word("right")
            }
            () => None,
        },
        Slot::Facility => match () {
            () if says(phrases![
                "trạm y tế",
                "trạm xá",
                "y học gia đình",
                "bác sĩ gia đình",
                "quân dân y",
                "y tế cơ quan",
                "phòng khám đa khoa khu vực",
            ]) =>
            {
                word("primary")
            }
            () if says(phrases!["trung ương", "tuyến cuối", "bạch mai", "chợ rẫy"]) => word("central"),
            () if says(phrases!["tuyến tỉnh", "bệnh viện tỉnh", "đa khoa tỉnh"]) => word("province"),
            () if says(phrases!["huyện", "bệnh viện quận", "tuyến quận", "trung tâm y tế"]) => word("district"),
            () if says(phrases!["cấp ban đầu", "phòng khám"]) => word("primary-other"),
            () if says(phrases!["từ 50 điểm", "trên 50 điểm", "hơn 50 điểm"]) => word("basic-50"),
            // In hospital its points make no difference.
            () if says(phrases!["dưới 50 điểm", "tạm xếp"]) || (says(phrases!["cấp cơ bản"]) && says(inpatient())) => {
                word("basic")
            }
            () if says(phrases!["chuyên sâu"]) => word("central"),
            () => None,
        },
        Slot::Stay => match () {
            () if says(inpatient()) => word("inpatient"),
            () if says(phrases!["ngoại trú", "đi khám", "khám bệnh", "khám rồi về"]) => word("outpatient"),
            () => None,
        },
        Slot::FiveYears => match () {
            () if says(phrases!["chưa đủ 5 năm", "chưa đủ năm năm", "chưa được 5 năm"]) => word("no"),
            () if says(phrases!["5 năm liên tục", "năm năm liên tục", "đủ 5 năm"]) => word("yes"),
            () => yes_no(),
        },
        _ => None,
    }
}

/// In hospital.
fn inpatient() -> &'static Phrases {
    phrases!["nội trú", "nằm viện", "nhập viện", "mổ", "phẫu thuật"]
}

/// "Nam" as a word of its own in a text with accents, where it cannot be "năm": "tôi là nam sinh năm 1965".
fn says_exactly_man(read: &Amounts) -> bool {
    read.says_exactly("nam") && read.says_exactly("sinh")
}

fn method(read: &Amounts, asked: bool, short: bool, nth: Option<i64>) -> Option<Value> {
    let word = |word: &str| Some(Value::word(word));
    if read.says(phrases!["còn thiếu", "thiếu năm", "thiếu tháng", "bù cho", "đóng bù"]) {
        return word("missing");
    }
    let paid_at_once = |found: &Found| {
        asked
            || read.preceded_by(found, 3, phrases!["đóng", "nộp", "đóng một lần", "trước"])
            || read.followed_by(found, 3, phrases!["một lần", "1 lần"])
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
        () if read.says(phrases!["hàng tháng", "hằng tháng", "từng tháng", "mỗi tháng đóng"]) => word("1"),
        () if short && read.says(phrases!["tháng"]) && read.found.is_empty() => word("1"),
        () if short && read.says(phrases!["quý"]) => word("3"),
        () if short && read.says(phrases!["năm"]) && read.found.is_empty() => word("12"),
        () => match nth {
            Some(months @ (1 | 3 | 6 | 12 | 24 | 36 | 48 | 60)) => word(&months.to_string()),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use knowledge::amounts;

    use super::*;
    use crate::calculator::Kind;
    use crate::dialogue::texts::calculation as words;

    fn facility(text: &str) -> Option<Value> {
        word_of(Calculator::Bill, Slot::Facility, &amounts(text, date(2026, 11, 25)), true)
    }

    #[test]
    fn what_a_place_is_called_is_read_as_that_place() {
        let Kind::Choice(places) = Slot::Facility.kind() else { unreachable!("places are words") };
        for place in places {
            let place = Value::word(place);
            let called = words::value(Slot::Facility, &place);
            assert_eq!(facility(&called), Some(place), "{called}");
        }
    }

    #[test]
    fn a_place_is_no_better_than_what_was_said_of_it() {
        for (text, place) in [
            ("trạm xá xã", Some("primary")),
            ("phòng khám bác sĩ gia đình", Some("primary")),
            ("phòng khám đa khoa khu vực", Some("primary")),
            ("phòng khám tư gần nhà", Some("primary-other")),
            ("bệnh viện huyện cũ, nay là cấp chuyên sâu", Some("district")),
            ("trung tâm y tế khu vực", Some("district")),
            ("bệnh viện đa khoa tỉnh, cấp cơ bản dưới 50 điểm", Some("province")),
            ("cơ bản trên 50 điểm", Some("basic-50")),
            ("nằm viện cấp cơ bản", Some("basic")),
            ("co ban duoi 50 diem", Some("basic")),
            // Out of hospital its points decide.
            ("cấp cơ bản", None),
            ("bệnh viện chuyên sâu", Some("central")),
        ] {
            assert_eq!(facility(text), place.map(Value::word), "{text}");
        }
    }

    #[test]
    fn what_older_buttons_said_is_still_read() {
        for (text, place) in [
            ("trạm y tế, cấp ban đầu", "primary"),
            ("cơ bản dưới 50 điểm", "basic"),
            ("chuyên sâu, tuyến tỉnh", "province"),
            ("chuyên sâu, trung ương", "central"),
        ] {
            assert_eq!(facility(text), Some(Value::word(place)), "{text}");
        }
    }
}
