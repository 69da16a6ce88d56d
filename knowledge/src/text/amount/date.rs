//! Days, months and years: "15/3/26", "tháng 3 năm sau", "ngày 15 tháng 3 năm 2027".

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Amounts, Quantity, Unclear, YearMonth};

/// Years that somebody may speak of.
const YEARS: std::ops::RangeInclusive<u64> = 1_930..=2_090;
/// A year of two digits is in this century up to so many years from now: "26", "30"; "65" is a birth.
const SHORT_YEARS_AHEAD: u64 = 15;

impl Amounts {
    pub(super) fn date(&self, at: usize) -> Option<(Quantity, usize)> {
        self.now(at)
            .or_else(|| self.quarter(at))
            .or_else(|| self.digits_day(at))
            .or_else(|| self.spaced_day(at))
            .or_else(|| self.numeric_day(at))
            .or_else(|| self.spoken_day(at))
            .or_else(|| self.part_of_year(at))
            .or_else(|| self.month(at))
            .or_else(|| self.year(at))
    }

    fn now(&self, at: usize) -> Option<(Quantity, usize)> {
        let shifted = |days: i32| Some(Quantity::Day(self.today.checked_add(days.days()).ok()?));
        match (self.fold(at), self.fold(at + 1)) {
            ("hom", "nay") => Some((Quantity::Now, at + 2)),
            ("bay" | "bi", "gio") | ("hien", "nay" | "tai") => Some((Quantity::Now, at + 2)),
            ("gio", _) if at.checked_sub(1).is_some_and(|before| self.is(before, "đến") || self.is(before, "tới")) => {
                Some((Quantity::Now, at + 1))
            }
            ("hom", "qua") => Some((shifted(-1)?, at + 2)),
            ("ngay", "mai") => Some((shifted(1)?, at + 2)),
            ("nay", _)
                if at
                    .checked_sub(1)
                    .is_some_and(|before| self.is(before, "đến") || self.is(before, "tới") || self.gap(at).contains('-')) =>
            {
                Some((Quantity::Now, at + 1))
            }
            _ => None,
        }
    }

    /// "quý 1/2027": no month was said.
    fn quarter(&self, at: usize) -> Option<(Quantity, usize)> {
        if !self.is(at, "quý") {
            return None;
        }
        let roman = matches!(self.fold(at + 1), "i" | "ii" | "iii" | "iv");
        if !roman && !self.number(at + 1).is_some_and(|quarter| (1..=4).contains(&quarter)) {
            return None;
        }
        let (year, end) = self.year_said(at + 2)?;
        Some((Quantity::Unclear(Unclear::PartOfYear(year)), end))
    }

    /// "12081965", "19650812": a day where a day is spoken of, elsewhere it may be an amount.
    fn digits_day(&self, at: usize) -> Option<(Quantity, usize)> {
        let token = self.tokens.get(at).filter(|token| token.digits == 8 && !token.grouped)?;
        let digits = token.word.syl.as_ref();
        let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u64>().ok();
        let orders = [(part(4..8)?, part(2..4)?, part(0..2)?), (part(0..4)?, part(4..6)?, part(6..8)?)];
        let day = orders.into_iter().filter(|(year, ..)| YEARS.contains(year)).find_map(|(year, month, day)| {
            let read = self.day_of(i16::try_from(year).ok()?, month, day);
            matches!(read, Quantity::Day(_)).then_some(read)
        })?;
        let named = (1..=3)
            .filter_map(|back| at.checked_sub(back))
            .any(|before| self.is(before, "sinh") || matches!(self.fold(before), "sn" | "ngay"));
        let alone = self.tokens.len() == 1;
        let counted = self.is_dong(at + 1);
        (!counted).then_some((if named || alone { day } else { Quantity::Unclear(Unclear::Several) }, at + 1))
    }

    /// "12 8 1965", "9 2024".
    fn spaced_day(&self, at: usize) -> Option<(Quantity, usize)> {
        let part = |at: usize| self.number(at).filter(|_| !self.tokens[at].grouped && self.tokens[at].digits <= 4);
        let spaced = |at: usize| self.tokens.get(at).is_some_and(|token| token.gap.as_deref() == Some(" "));
        let year = |at: usize| part(at).filter(|year| YEARS.contains(year) && spaced(at) && !matches!(self.gap(at + 1).trim(), "/" | "-"));
        let (first, second) = (part(at)?, part(at + 1).filter(|_| spaced(at + 1))?);
        // "vùng 1 2026" has been read; "lương 8 2015" would be an amount and a year.
        let month_before = at.checked_sub(1).is_none_or(|before| !self.is(before, "lương") && !self.is(before, "con"));
        if let Some(year) = year(at + 2)
            && (1..=31).contains(&first)
            && (1..=12).contains(&second)
        {
            return Some((self.day_of(i16::try_from(year).ok()?, second, first), at + 3));
        }
        let year = year(at + 1).filter(|_| (1..=12).contains(&first) && month_before && !self.says_month_before(at))?;
        Some((Quantity::Month(YearMonth::new(i16::try_from(year).ok()?, i8::try_from(first).ok()?)?), at + 2))
    }

    /// "15/3/2026", "15-3-26", "2026-03-15", "03/2027", "3/27", "3/4".
    fn numeric_day(&self, at: usize) -> Option<(Quantity, usize)> {
        let first = self.number(at).filter(|_| !self.tokens[at].grouped)?;
        let named = matches!(self.fold(at.wrapping_sub(1)), "ngay" | "hom" | "mung");
        let gap = self.gap(at + 1);
        let separator = gap.trim();
        if !matches!(separator, "/" | "-" | ".") || (separator == "." && gap != ".") || self.glued(at + 1) {
            return None;
        }
        let second = self.number(at + 1)?;
        let third = self.number(at + 2).filter(|_| self.gap(at + 2).trim() == separator);
        if let Some(third) = third {
            // A third part may be the number of a law: "158/2025/NĐ-CP" has letters there.
            let (year, month, day) = if first >= 1_000 { (first, second, third) } else { (third, second, first) };
            let short =
                self.tokens[at].digits <= 2 && self.tokens[at + 2].digits == 2 && (1..=31).contains(&day) && (1..=12).contains(&month);
            if separator == "." && !short && (year < 1_000 || self.tokens[at + 2].digits != 4) {
                return None;
            }
            let year = self.full_year(year, self.tokens[if first >= 1_000 { at } else { at + 2 }].digits)?;
            return Some((self.day_of(year, month, day), at + 3));
        }
        if self.is_law_number(at) {
            return None;
        }
        // "2027/03", "2027-03"
        if YEARS.contains(&first)
            && self.tokens[at].digits == 4
            && self.tokens[at + 1].digits == 2
            && (1..=12).contains(&second)
            && separator != "."
        {
            return Some((Quantity::Month(YearMonth::new(i16::try_from(first).ok()?, i8::try_from(second).ok()?)?), at + 2));
        }
        if (1..=12).contains(&first) && YEARS.contains(&second) && self.tokens[at + 1].digits == 4 {
            return Some((Quantity::Month(YearMonth::new(i16::try_from(second).ok()?, i8::try_from(first).ok()?)?), at + 2));
        }
        if separator != "/" {
            return None;
        }
        if first >= 1_000 {
            return None;
        }
        let short_year = self.tokens[at + 1].digits == 2 && (1..=12).contains(&first) && second > 12;
        if short_year && (self.says_month_before(at) || second > 31) {
            let year = self.full_year(second, 2)?;
            return Some((Quantity::Month(YearMonth::new(year, i8::try_from(first).ok()?)?), at + 2));
        }
        if short_year && !named {
            // "12/26": December 2026 more likely than anything else, but nobody said so.
            return Some((Quantity::Unclear(Unclear::MonthOnly(i8::try_from(first).ok()?)), at + 2));
        }
        let days_max = match second {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let day_month = (1..=days_max).contains(&first) && (1..=12).contains(&second);
        if !day_month {
            return (first > 0 && second > 0 && second <= 99 && first <= 99).then_some((Quantity::Unclear(Unclear::NoSuchDay), at + 2));
        }
        let (day, month) = (i8::try_from(first).ok()?, i8::try_from(second).ok()?);
        // "15/3 năm sau", "15/3 tới"
        if let Some((year, end)) = self.year_of_month(at + 2, month) {
            return Some((self.day_of(year, second, first), end));
        }
        Some((Quantity::Unclear(Unclear::DayMonth { day, month }), at + 2))
    }

    pub(super) fn says_month_before(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| self.is(before, "tháng") || matches!(self.fold(before), "t" | "th"))
    }

    fn is_law_number(&self, at: usize) -> bool {
        let after = at + 2;
        let behind = matches!(self.gap(after).trim(), "/") && self.number(after).is_none() && !self.fold(after).is_empty();
        let named = |before: usize| {
            matches!(self.fold(before), "nd" | "tt" | "qd" | "luat" | "so")
                || (self.is(before, "định") && before > 0 && matches!(self.fold(before - 1), "nghi" | "quyet"))
                || (self.is(before, "tư") && before > 0 && self.is(before - 1, "thông"))
        };
        behind || at.checked_sub(1).is_some_and(named)
    }

    /// "ngày 15 tháng 3 năm 2027", "15 tháng 3 năm sau", "mùng 5 tháng 4".
    fn spoken_day(&self, at: usize) -> Option<(Quantity, usize)> {
        let named = matches!(self.fold(at), "ngay" | "mung" | "mong") && self.number(at + 1).is_some();
        let number = at + usize::from(named);
        let day = self.number(number).filter(|day| (1..=31).contains(day))?;
        if !self.is(number + 1, "tháng") && self.fold(number + 1) != "thg" {
            return None;
        }
        let month = self.number(number + 2).filter(|month| (1..=12).contains(month))?;
        if self.gap(number + 3).trim() == "/"
            && let Some(year) = self.number(number + 3)
        {
            let year = self.full_year(year, self.tokens[number + 3].digits)?;
            return Some((self.day_of(year, month, day), number + 4));
        }
        if let Some((year, end)) = self.year_of_month(number + 3, i8::try_from(month).ok()?) {
            return Some((self.day_of(year, month, day), end));
        }
        if !named {
            return None;
        }
        Some((Quantity::Unclear(Unclear::DayMonth { day: i8::try_from(day).ok()?, month: i8::try_from(month).ok()? }), number + 3))
    }

    /// "đầu năm 2027", "cuối năm sau": no month was said.
    fn part_of_year(&self, at: usize) -> Option<(Quantity, usize)> {
        if !["đầu", "giữa", "cuối"].iter().any(|part| self.is(at, part)) {
            return None;
        }
        let (year, end) = self.year_said(at + 1)?;
        Some((Quantity::Unclear(Unclear::PartOfYear(year)), end))
    }

    /// "tháng 3/2027", "t3/27", "tháng 3 năm sau", "tháng sau", "tháng tư", "tháng 3".
    fn month(&self, at: usize) -> Option<(Quantity, usize)> {
        let short = matches!(self.fold(at), "t" | "th");
        if !short && !self.is(at, "tháng") {
            return None;
        }
        if short && !self.glued(at + 1) {
            return None;
        }
        let relative = match self.fold(at + 1) {
            "nay" => Some(0),
            "truoc" if !matches!(self.fold(at + 2), "khi" | "do" | "luc" | "ngay") => Some(-1),
            "sau" if !self.is_any_unit(at + 2) && !self.is_numeral_six(at + 1) => Some(1),
            "toi" => Some(1),
            _ => None,
        };
        if let Some(months) = relative.filter(|_| !short) {
            return Some((Quantity::Month(YearMonth::of(self.today).shifted(months)?), at + 2));
        }
        let (month, next) = match self.number(at + 1) {
            Some(month) => (month, at + 2),
            None => (
                self.named_month(at + 1)?,
                at + if self.is(at + 1, "mười") && self.named_month(at + 2).is_some_and(|month| month <= 2) { 3 } else { 2 },
            ),
        };
        let month = if next == at + 3 { 10 + self.named_month(at + 2)? } else { month };
        if !(1..=12).contains(&month) {
            return None;
        }
        let small = i8::try_from(month).ok()?;
        if matches!(self.gap(next).trim(), "/" | "-" | ".")
            && let Some(year) = self.number(next)
        {
            // "tháng 3/2027"; "tháng 3 - tháng 5" has a word there.
            if self.gap(next + 1).trim() == "/" && self.number(next + 1).is_some() {
                return None;
            }
            let year = self.full_year(year, self.tokens[next].digits)?;
            return Some((Quantity::Month(YearMonth::new(year, small)?), next + 1));
        }
        if let Some((year, end)) = self.year_of_month(next, small) {
            return Some((Quantity::Month(YearMonth::new(year, small)?), end));
        }
        // "8 triệu một tháng 10 năm": a duration follows, so the number is not of the month.
        if self.is_any_unit(next) {
            return None;
        }
        Some((Quantity::Unclear(Unclear::MonthOnly(small)), next))
    }

    /// The year behind a month: "năm 2027", "năm 65", "tới" (the next one), "vừa rồi" (the last one).
    fn year_of_month(&self, at: usize, month: i8) -> Option<(i16, usize)> {
        let short = || {
            let year = self.number(at + 1).filter(|_| self.is_year_unit(at) && self.tokens[at + 1].digits == 2)?;
            // "tháng 3 năm 27 lương 5tr" has no unit behind.
            (!self.is_any_unit(at + 2)).then_some((self.full_year(year, 2)?, at + 2))
        };
        let (now, this) = (self.today.month(), self.today.year());
        let nearest = || match (self.fold(at), self.fold(at + 1)) {
            ("toi", next) if !matches!(next, "nam" | "thang") && self.number(at + 1).is_none() => {
                Some((if month > now { this } else { this + 1 }, at + 1))
            }
            ("vua", "roi" | "qua") => Some((if month <= now { this } else { this - 1 }, at + 2)),
            _ => None,
        };
        self.year_said(at).or_else(short).or_else(nearest)
    }

    fn is_numeral_six(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.word.syl.as_ref() == "sáu")
    }

    fn named_month(&self, at: usize) -> Option<u64> {
        const NAMED: &[(&str, u64)] = &[
            ("giêng", 1),
            ("một", 1),
            ("hai", 2),
            ("ba", 3),
            ("bốn", 4),
            ("tư", 4),
            ("năm", 5),
            ("sáu", 6),
            ("bảy", 7),
            ("tám", 8),
            ("chín", 9),
            ("mười", 10),
            ("chạp", 12),
        ];
        let exact = |word: &str| self.tokens.get(at).is_some_and(|token| token.word.syl.as_ref() == word);
        // "thang tu", "thang nam", "thang sau" say other things without their accents.
        let safe = |word: &str| {
            matches!(word, "giêng" | "chạp") || (matches!(word, "hai" | "ba" | "bốn" | "bảy" | "tám" | "chín" | "mười") && !self.accented())
        };
        NAMED.iter().find(|(word, _)| exact(word) || (self.is(at, word) && safe(word))).map(|&(_, month)| month)
    }

    /// "năm 2015", "năm sau", "2015".
    fn year(&self, at: usize) -> Option<(Quantity, usize)> {
        if matches!(self.fold(at), "sn") || (self.is(at, "sinh") && self.is_year_unit(at + 1)) {
            // "sn 65", "sinh năm 65"
            let number = at + if self.fold(at) == "sn" { 1 } else { 2 };
            let year = self.number(number).filter(|_| self.tokens[number].digits == 2)?;
            if matches!(self.gap(number + 1).trim(), "/" | "-") {
                return None;
            }
            return Some((Quantity::Year(self.full_year(year, 2)?), number + 1));
        }
        let (year, end) = self.year_said(at)?;
        // A number of four digits before a unit counts something.
        if self.number(at).is_some() && (self.is_any_unit(at + 1) && !self.is(at + 1, "con")) {
            return None;
        }
        Some((Quantity::Year(year), end))
    }

    fn year_said(&self, at: usize) -> Option<(i16, usize)> {
        let plain = |at: usize| {
            let token = self.tokens.get(at)?;
            let year = token.number.filter(|year| YEARS.contains(year) && token.digits == 4 && !token.grouped)?;
            i16::try_from(year).ok()
        };
        if let Some(year) = plain(at) {
            return Some((year, at + 1));
        }
        if self.fold(at) == "sang" && self.is_year_unit(at + 1) {
            return Some((self.today.year() + 1, at + 2));
        }
        if !self.is_year_unit(at) {
            return None;
        }
        if let Some(year) = plain(at + 1) {
            return Some((year, at + 2));
        }
        let years = match self.fold(at + 1) {
            "nay" => 0,
            "ngoai" => -1,
            "truoc" if !matches!(self.fold(at + 2), "khi" | "do" | "luc" | "ngay" | "thang") => -1,
            "kia" => -2,
            "sau" if !self.is_any_unit(at + 2) => 1,
            "toi" => 1,
            _ => return None,
        };
        // "2 năm trước" is a distance.
        if years != 0
            && at.checked_sub(1).is_some_and(|before| self.number(before).is_some() && self.fold(at + 1) != "nay")
            && !self.says_month_at(at)
        {
            return None;
        }
        Some((self.today.year().checked_add(years)?, at + 2))
    }

    /// Whether the number before this word is that of a month or of a day in a month: "tháng 3 năm trước", "15/3 năm sau".
    fn says_month_at(&self, at: usize) -> bool {
        let Some(number) = at.checked_sub(1) else { return false };
        self.says_month_before(number) || self.gap(number).trim() == "/"
    }

    fn full_year(&self, year: u64, digits: usize) -> Option<i16> {
        let year = match digits {
            4 => year,
            2 => {
                let this = u64::try_from(self.today.year()).ok()?;
                let century = this / 100 * 100;
                if century + year <= this + SHORT_YEARS_AHEAD { century + year } else { century - 100 + year }
            }
            _ => return None,
        };
        i16::try_from(year).ok().filter(|_| (1_900..=2_099).contains(&year))
    }

    fn day_of(&self, year: i16, month: u64, day: u64) -> Quantity {
        let date = i8::try_from(month).ok().zip(i8::try_from(day).ok()).and_then(|(month, day)| Date::new(year, month, day).ok());
        date.map_or(Quantity::Unclear(Unclear::NoSuchDay), Quantity::Day)
    }
}
