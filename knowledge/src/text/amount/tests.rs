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

/// The salary record of a text, in a short writing.
fn history(text: &str) -> String {
    let history = amounts(text, date(2026, 11, 25)).history();
    history.map_or("-".to_owned(), |history| {
        let spans: Vec<String> = history
            .spans
            .iter()
            .map(|span| format!("{}-{}..{}-{} {}", span.from.year, span.from.month, span.to.year, span.to.month, span.salary))
            .collect();
        let (open, unclear) = (if history.open { " open" } else { "" }, if history.unclear { " unclear" } else { "" });
        format!("{}{open}{unclear}", spans.join(", "))
    })
}

#[test]
fn what_citizens_write_is_read_or_asked_back_and_never_misread() {
    const INPUTS_MIN: usize = 250;
    let mut count = 0;
    let mut section = "";
    let mut wrong = Vec::new();
    for line in include_str!("readings.txt").lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            continue;
        }
        let (text, expected) = line.split_once(" =>").expect("TEXT => READING");
        let text = text.replace("\\n", "\n").replace("\\t", "\t");
        let found = if section == "histories" { history(&text) } else { read(&text) };
        count += 1;
        if found != expected.trim() {
            wrong.push(format!("{text}: expected {}, read {found}", expected.trim()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= INPUTS_MIN, "{count}");
}
