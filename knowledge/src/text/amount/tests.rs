use jiff::civil::date;

use super::*;

/// What the quantities of a text are, in a short writing.
fn read(text: &str) -> String {
    let amounts = amounts(text, date(2026, 11, 25));
    amounts.found.iter().map(|found| spell(&found.what)).collect::<Vec<_>>().join(" ")
}

fn spell(what: &Quantity) -> String {
    match what {
        Quantity::Money(money) => format!("{money}đ"),
        Quantity::Months(months) => format!("{months}m"),
        Quantity::Days(days) => format!("{days}d"),
        Quantity::Weeks(weeks) => format!("{weeks}w"),
        Quantity::Age(months) => format!("age{months}"),
        Quantity::Day(day) => day.to_string(),
        Quantity::Month(month) => format!("{}-{:02}", month.year, month.month),
        Quantity::Year(year) => year.to_string(),
        Quantity::Now => "now".to_owned(),
        Quantity::Region(region) => format!("region{region}"),
        Quantity::Percent(hundredths) => format!("{hundredths}%%"),
        Quantity::Number(number) => format!("#{number}"),
        Quantity::Unclear(Unclear::DayMonth { day, month }) => format!("?{day}/{month}"),
        Quantity::Unclear(Unclear::MonthOnly(month)) => format!("?m{month}"),
        Quantity::Unclear(Unclear::PartOfYear(year)) => format!("?part{year}"),
        Quantity::Unclear(_) => "?".to_owned(),
    }
}

fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(text, expected)| read(text) != *expected)
        .map(|(text, expected)| format!("{text}: expected {expected}, read {}", read(text)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn money_is_read() {
    check(&[
        ("8tr5", "8500000đ"),
        ("8 tr 5", "8500000đ"),
        ("8,5tr", "8500000đ"),
        ("8.5 triệu", "8500000đ"),
        ("8 triệu rưỡi", "8500000đ"),
        ("tám triệu rưỡi", "8500000đ"),
        ("tam trieu ruoi", "8500000đ"),
        ("8.500.000", "8500000đ"),
        ("8,500,000 đồng", "8500000đ"),
        ("8500000", "8500000đ"),
        ("8500k", "8500000đ"),
        ("8.500k", "8500000đ"),
        ("8.500.000đ", "8500000đ"),
        ("8.500.000vnd", "8500000đ"),
        ("8.500tr", "8500000đ"),
        ("850 nghìn", "850000đ"),
        ("850 ngan dong", "850000đ"),
        ("8 triệu 500 nghìn", "8500000đ"),
        ("8 triệu 500", "8500000đ"),
        ("8tr250", "8250000đ"),
        ("8tr05", "8050000đ"),
        ("8 triệu 5 trăm", "8500000đ"),
        ("8 triệu năm trăm nghìn", "8500000đ"),
        ("tám triệu hai", "8200000đ"),
        ("mười hai triệu", "12000000đ"),
        ("muoi lam trieu", "15000000đ"),
        ("hai mươi mốt triệu rưỡi", "21500000đ"),
        ("năm triệu", "5000000đ"),
        ("nam trieu", "5000000đ"),
        ("sáu triệu", "6000000đ"),
        ("sau trieu", "6000000đ"),
        ("8 củ", "8000000đ"),
        ("8 củ rưỡi", "8500000đ"),
        ("1 tỷ 2", "1200000000đ"),
        ("1 tỷ 200 triệu", "1200000000đ"),
        ("một tỷ rưỡi", "1500000000đ"),
        ("lương 8tr5/tháng", "8500000đ"),
        ("8 triệu một tháng", "8000000đ"),
        ("8 triệu mỗi tháng", "8000000đ"),
        ("lương 8 triệu 9 năm 7 tháng", "8000000đ 115m"),
        ("lương 8 triệu 2 con", "8000000đ #2"),
        ("8tr5 9 năm", "8500000đ 108m"),
        ("-5 triệu", "-5000000đ"),
        ("1.000.000.000.000", "1000000000000đ"),
        ("lương 5", "#5"),
        ("lương 8,5", "?"),
        ("8500", "#8500"),
        ("5 trăm", "?"),
        ("8-9 triệu", "?"),
        ("8 đến 9 triệu", "?"),
        ("500 usd", "?"),
        ("120 triệu/năm", "?"),
        ("lương cơ bản 4tr7, phụ cấp 1tr", "4700000đ 1000000đ"),
    ]);
}

#[test]
fn durations_are_read() {
    check(&[
        ("9 năm 7 tháng", "115m"),
        ("9nam7thang", "115m"),
        ("9 nam 7 thang", "115m"),
        ("115 tháng", "115m"),
        ("115th", "115m"),
        ("chín năm bảy tháng", "115m"),
        ("chin nam bay thang", "115m"),
        ("9 năm rưỡi", "114m"),
        ("một năm", "12m"),
        ("nửa năm", "6m"),
        ("10 năm lẻ 3 tháng", "123m"),
        ("mười năm", "120m"),
        ("mười lăm năm", "180m"),
        ("hai mươi năm", "240m"),
        ("20 năm", "240m"),
        ("năm tháng", "5m"),
        ("57 tuổi", "age684"),
        ("con 2 tuổi rưỡi", "age30"),
        ("12 tuần", "12w"),
        ("nghỉ 5 ngày", "5d"),
        ("3 tháng", "3m"),
        ("đóng được hai mươi hai năm", "264m"),
        ("3 năm, 5 tháng", "41m"),
        ("200 năm", "2400m"),
        ("âm 5 năm", "-60m"),
    ]);
}

#[test]
fn dates_are_read() {
    check(&[
        ("15/3/26", "2026-03-15"),
        ("15/03/2026", "2026-03-15"),
        ("15-3-2026", "2026-03-15"),
        ("15.3.2026", "2026-03-15"),
        ("2026-03-15", "2026-03-15"),
        ("ngày 15 tháng 3 năm 2027", "2027-03-15"),
        ("15 tháng 3 năm 2027", "2027-03-15"),
        ("ngày 15/3/27", "2027-03-15"),
        ("sinh 12/8/1965", "1965-08-12"),
        ("12/8/65", "1965-08-12"),
        ("tháng 3/2027", "2027-03"),
        ("tháng 3 năm 2027", "2027-03"),
        ("tháng 3 năm sau", "2027-03"),
        ("thang 3 nam sau", "2027-03"),
        ("t3/2027", "2027-03"),
        ("t3/27", "2027-03"),
        ("03/2027", "2027-03"),
        ("tháng sau", "2026-12"),
        ("tháng này", "2026-11"),
        ("tháng trước", "2026-10"),
        ("tháng 12 năm nay", "2026-12"),
        ("tháng 5 năm ngoái", "2025-05"),
        ("tháng tư năm 2027", "2027-04"),
        ("năm 2015", "2015"),
        ("năm sau", "2027"),
        ("sang năm", "2027"),
        ("2015", "2015"),
        ("sn 65", "1965"),
        ("sinh năm 1965", "1965"),
        ("hôm qua", "2026-11-24"),
        ("2 năm trước", "2024"),
        ("3 tháng nữa", "2027-02"),
        ("15/3", "?15/3"),
        ("3/4", "?3/4"),
        ("ngày 15/3 năm sau", "2027-03-15"),
        ("tháng 3", "?m3"),
        ("30/2/2026", "?"),
        ("31/4/2027", "?"),
        ("12/26", "?m12"),
        ("đầu năm sau", "?part2027"),
        ("từ 2015 đến nay", "2015 now"),
        ("nghị định 158/2025/NĐ-CP", "#158 2025"),
    ]);
}

#[test]
fn histories_are_read() {
    let spans = |text: &str| {
        let history = amounts(text, date(2026, 11, 25)).history();
        history.map_or("-".to_owned(), |history| {
            let spans: Vec<String> = history
                .spans
                .iter()
                .map(|span| format!("{}-{}..{}-{} {}", span.from.year, span.from.month, span.to.year, span.to.month, span.salary))
                .collect();
            format!("{}{}", spans.join(", "), if history.open { " open" } else { "" })
        })
    };
    for (text, expected) in [
        ("từ 2015 đến 2019 lương 4tr, sau đó 7tr", "2015-1..2019-12 4000000, 2020-1..2026-10 7000000 open"),
        ("từ 3/2015 đến 9/2024 lương 5tr", "2015-3..2024-9 5000000"),
        ("2010-2014: 3tr; 2015-nay: 5tr", "2010-1..2014-12 3000000, 2015-1..2026-10 5000000"),
        ("từ 2015 lương 4tr, từ 2020 lương 7tr", "2015-1..2019-12 4000000, 2020-1..2026-10 7000000 open"),
        ("T1/2015 - T12/2018: 4.500.000\nT1/2019 - T6/2020: 6.000.000", "2015-1..2018-12 4500000, 2019-1..2020-6 6000000"),
        ("01/2015\t12/2016\t3.500.000\n01/2017\t06/2019\t4.200.000", "2015-1..2016-12 3500000, 2017-1..2019-6 4200000"),
        ("lương 4tr từ 2015 đến 2019", "2015-1..2019-12 4000000"),
        ("năm 2015 lương 4tr, năm 2016 lương 5tr", "2015-1..2015-12 4000000, 2016-1..2016-12 5000000"),
        ("lương 5 triệu", "-"),
    ] {
        assert_eq!(spans(text), expected, "{text}");
    }
}
