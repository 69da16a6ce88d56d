//! Numbers in digits and in words, and money.

use super::{Amounts, Quantity, Unclear};

/// An amount above this is read, and refused by whoever uses it.
const MONEY_MAX: u64 = 9_000_000_000_000_000;
/// A bare number from here on is an amount; below it could be thousands or millions.
const BARE_MONEY_MIN: u64 = 100_000;
/// Digits of a bare amount, at most: more make a code.
const BARE_MONEY_DIGITS_MAX: usize = 13;
/// One "trăm" of a million: "8 triệu 5".
const MILLION: u64 = 1_000_000;

impl Amounts {
    /// The cardinal number at this place and the word after it: "15", "mười lăm", "hai trăm".
    pub(super) fn cardinal(&self, at: usize) -> Option<(u64, usize)> {
        if let Some(number) = self.number(at) {
            return Some((number, at + 1));
        }
        self.cardinal_words(at)
    }

    fn cardinal_words(&self, at: usize) -> Option<(u64, usize)> {
        let mut next = at;
        let mut value = 0;
        // hundreds
        if let Some(hundreds) = self.digit(next)
            && self.is(next + 1, "trăm")
        {
            (value, next) = (hundreds * 100, next + 2);
            if self.is_half(next) {
                return Some((value + 50, next + 1));
            }
            if (self.is(next, "lẻ") || self.is(next, "linh"))
                && let Some(unit) = self.digit(next + 1)
            {
                return Some((value + unit, next + 2));
            }
        }
        // tens
        if self.is_numeral(next, "mười") || (value > 0 && self.is(next, "mười")) {
            let unit = self.unit_after_ten(next + 1);
            return Some(unit.map_or((value + 10, next + 1), |unit| (value + 10 + unit, next + 2)));
        }
        if self.is(next, "chục") {
            return (value == 0 && self.is_scale(next + 1)).then_some((10, next + 1));
        }
        let Some(digit) = self.digit(next).filter(|_| self.plausible_digit(next)) else { return (next > at).then_some((value, next)) };
        if self.is(next + 1, "mươi") || self.is(next + 1, "chục") {
            let unit = self.unit_after_ten(next + 2);
            return Some(unit.map_or((value + digit * 10, next + 2), |unit| (value + digit * 10 + unit, next + 3)));
        }
        // "hai hai" for 22, "hai lăm" for 25
        if value == 0 && self.is(next + 1, "lăm") && digit >= 2 {
            return Some((digit * 10 + 5, next + 2));
        }
        Some((value + digit, next + 1))
    }

    /// The unit in "mười hai", "hai mươi lăm"; "năm" before another unit word is five, else the year: "mười năm" is ten years.
    fn unit_after_ten(&self, at: usize) -> Option<u64> {
        if self.is(at, "lăm") || self.is(at, "nhăm") {
            return Some(5);
        }
        if self.is(at, "mốt") {
            return Some(1);
        }
        if self.is(at, "năm") {
            // "hai mươi năm năm" is 25 years, "hai mươi năm" 20 years.
            return self.is(at + 1, "năm").then_some(5);
        }
        if self.is(at, "sáu") || self.is(at, "tư") || self.is(at, "tám") || self.is(at, "bảy") {
            return self.is_any_unit(at + 1).then(|| self.digit(at)).flatten();
        }
        self.digit(at)
    }

    /// One digit in words. Letters without accents among words that have them are another word: "sau khi nghỉ".
    pub(super) fn digit(&self, at: usize) -> Option<u64> {
        const DIGITS: &[(&str, u64)] = &[
            ("một", 1),
            ("hai", 2),
            ("ba", 3),
            ("bốn", 4),
            ("tư", 4),
            ("năm", 5),
            ("sáu", 6),
            ("bảy", 7),
            ("bẩy", 7),
            ("tám", 8),
            ("chín", 9),
        ];
        DIGITS.iter().find(|(word, _)| self.is_numeral(at, word)).map(|&(_, digit)| digit)
    }

    fn is_numeral(&self, at: usize, word: &str) -> bool {
        self.is(at, word) && (self.tokens[at].word.syl.as_ref() == word || !self.accented())
    }

    /// "Năm", "sau", "tam", "tu", "bay" are other words more often: they count only before what can be counted.
    fn plausible_digit(&self, at: usize) -> bool {
        let counted = self.is_any_unit(at + 1) || self.is(at + 1, "mươi");
        let named = self.number(at + 2).is_some_and(|number| number >= 1_900 || self.gap(at + 3) == "/");
        match self.fold(at) {
            "nam" => counted && !named && !(self.is(at + 1, "năm") && self.number(at + 2).is_some()),
            "sau" | "tam" | "tu" | "bay" | "ba" if !self.tokens[at].word.is_accented() => counted && !named,
            _ => true,
        }
    }

    pub(super) fn is_scale(&self, at: usize) -> bool {
        self.scale(at).is_some()
    }

    /// What the number before is multiplied with.
    fn scale(&self, at: usize) -> Option<u64> {
        Some(match self.fold(at) {
            "trieu" | "triu" | "tr" | "cu" => MILLION,
            "m" if self.glued(at) => MILLION,
            "nghin" | "ngan" | "ng" => 1_000,
            "k" if self.glued(at) || at > 0 && self.number(at - 1).is_some() => 1_000,
            "ti" => 1_000 * MILLION,
            _ => return None,
        })
    }

    /// A number with `places` decimals, scaled by ten to that power, and the word after it: "8,5" with two is 850.
    pub(super) fn decimal(&self, at: usize, places: u32) -> Option<(u64, usize)> {
        let whole = self.number(at)?;
        let power = 10_u64.checked_pow(places)?;
        let scaled = whole.checked_mul(power)?;
        let point = matches!(self.gap(at + 1), "," | ".") && !self.tokens[at].grouped;
        let Some(fraction) = self.number(at + 1).filter(|_| point) else { return Some((scaled, at + 1)) };
        let digits = u32::try_from(self.tokens[at + 1].digits).ok().filter(|digits| *digits <= places)?;
        Some((scaled.checked_add(fraction.checked_mul(10_u64.checked_pow(places - digits)?)?)?, at + 2))
    }

    /// "8tr5", "8.500.000 đồng", "tám triệu rưỡi", "850k", "1 tỷ 2".
    pub(super) fn money(&self, at: usize) -> Option<(Quantity, usize)> {
        const DECIMALS: u32 = 6;
        let negative = self.is_negative(at);
        if let Some(found) = self.spoken_million(at) {
            return Some(found);
        }
        let (mantissa, after) = match self.decimal(at, DECIMALS) {
            Some(decimal) => decimal,
            None => {
                let (words, after) = self.cardinal_words(at)?;
                (words.checked_mul(MILLION)?, after)
            }
        };
        let hundreds = self.is(after, "trăm") && self.number(at).is_some();
        let (mantissa, after) = if hundreds { (mantissa.checked_mul(100)?, after + 1) } else { (mantissa, after) };
        let Some(scale) = self.scale(after) else {
            return match hundreds {
                true => Some((Quantity::Unclear(Unclear::Money(vec![])), after)),
                false => self.bare_money(at, negative),
            };
        };
        let mut end = after + 1;
        let mut total = u128::from(mantissa) * u128::from(scale) / u128::from(MILLION);
        let exact = u128::from(mantissa) * u128::from(scale) % u128::from(MILLION) == 0;
        if let Some((tails, next)) = self.doubtful_tail(end, scale) {
            let readings = tails.into_iter().filter_map(|tail| i64::try_from(total + u128::from(tail)).ok()).collect();
            return Some((Quantity::Unclear(Unclear::Money(readings)), next));
        }
        if scale >= MILLION
            && let Some((more, next)) = self.tail(end, scale)
        {
            (total, end) = (total + u128::from(more), next);
        } else if scale == 1_000 && self.is_half(end) {
            (total, end) = (total + 500, end + 1);
        }
        let total = u64::try_from(total).ok().filter(|total| *total <= MONEY_MAX)?;
        if !exact {
            return Some((Quantity::Unclear(Unclear::Money(vec![])), end));
        }
        Some(self.alone(self.with_rate(total, negative, end)))
    }

    /// An amount, or two of them: "5tr-6tr", "3.000.000 đến 4.000.000".
    fn alone(&self, (what, end): (Quantity, usize)) -> (Quantity, usize) {
        let next = match self.gap(end).trim() {
            "-" | "–" | "~" => end,
            "" if self.is(end, "đến") || self.is(end, "tới") || self.is(end, "hoặc") || self.is(end, "hay") => end + 1,
            _ => return (what, end),
        };
        let amount = |at: usize| {
            let (_, after) = self.decimal(at, 6)?;
            let bare = self.number(at).is_some_and(|number| number >= BARE_MONEY_MIN && self.tokens[at].digits <= BARE_MONEY_DIGITS_MAX);
            (self.is_scale(after) || bare).then_some(after + usize::from(!bare))
        };
        match amount(next) {
            Some(after) => (Quantity::Unclear(Unclear::Several), after),
            None => (what, end),
        }
    }

    /// "triệu rưỡi", "nửa triệu", "chục triệu": no number, and money all the same.
    fn spoken_million(&self, at: usize) -> Option<(Quantity, usize)> {
        if self.is(at, "nửa") && self.scale(at + 1) == Some(MILLION) {
            return Some(self.with_rate(MILLION / 2, false, at + 2));
        }
        if self.is(at, "chục") && self.scale(at + 1) == Some(MILLION) {
            return Some((Quantity::Unclear(Unclear::Money(vec![10_000_000])), at + 2));
        }
        (self.is(at, "triệu") && self.is_half(at + 1)).then(|| self.with_rate(MILLION * 3 / 2, false, at + 2))
    }

    /// "8 triệu 50": 8,5 or 8,05? "8tr5k"?
    fn doubtful_tail(&self, at: usize, scale: u64) -> Option<([u64; 2], usize)> {
        let count = self.number(at).filter(|_| scale == MILLION)?;
        let digits = self.tokens[at].digits;
        if digits == 1 && self.fold(at + 1) == "k" {
            return Some(([count * 100_000, count * 1_000], at + 2));
        }
        let apart = !self.glued(at) && self.gap(at).chars().all(char::is_whitespace);
        let dated = matches!(self.gap(at + 1), "/" | "-" | "." | ",") && self.number(at + 1).is_some();
        let counts = self.is_any_unit(at + 1) || self.is(at + 1, "%") || self.gap(at + 1).trim_start().starts_with('%');
        (digits == 2 && count >= 10 && apart && !dated && !counts).then_some(([count * 10_000, count * 1_000], at + 1))
    }

    /// What follows the millions: "5" in "8tr5", "rưỡi", "năm trăm nghìn", "500".
    fn tail(&self, at: usize, scale: u64) -> Option<(u64, usize)> {
        if self.is_half(at) {
            return Some((scale / 2, at + 1));
        }
        let digits = self.tokens.get(at)?.digits;
        if self.tokens[at].word.syl.as_ref() == "mốt" {
            return Some((scale / 10, at + 1));
        }
        let typed = self.number(at);
        let (count, next) = self.cardinal(at)?;
        if typed.is_some() && !self.glued(at) && !self.gap(at).chars().all(char::is_whitespace) {
            return None;
        }
        // "1 tỷ 200 triệu", "8 triệu 500 nghìn", "8 triệu 5 trăm (nghìn)"
        if typed.is_some() && self.is(next, "trăm") {
            let end = next + 1 + usize::from(self.scale(next + 1) == Some(scale / 1_000));
            return Some((count.checked_mul(scale / 10)?, end));
        }
        if let Some(smaller) = self.scale(next).filter(|smaller| *smaller < scale) {
            let mut value = count.checked_mul(smaller)?;
            let mut end = next + 1;
            if self.is_half(end) {
                (value, end) = (value + smaller / 2, end + 1);
            } else if smaller == MILLION
                && let Some((more, after)) = self.tail(end, smaller)
            {
                (value, end) = (value + more, after);
            }
            return Some((value, end));
        }
        if self.scale(next).is_some() {
            return None;
        }
        let glued = self.glued(at);
        let dated = matches!(self.gap(next), "/" | "-" | ".") && self.number(next).is_some();
        let counts = self.is_any_unit(next) || self.is(next, "%");
        if !glued && (counts || dated) {
            return None;
        }
        if typed.is_some() {
            let power = u32::try_from(digits).ok().filter(|digits| *digits <= 3)?;
            return Some((count.checked_mul(scale / 10_u64.pow(power))?, next));
        }
        // "tám triệu hai", "tám triệu năm trăm"
        match count {
            1..=9 => Some((count * (scale / 10), next)),
            10..=999 => Some((count * (scale / 1_000), next)),
            _ => None,
        }
    }

    /// "8500000", "8.500.000đ": an amount without its scale.
    fn bare_money(&self, at: usize, negative: bool) -> Option<(Quantity, usize)> {
        let token = self.tokens.get(at)?;
        let number = token.number?;
        if self.is_dong(at + 1) {
            // "8 đồng" may be eight millions among friends.
            return Some(match number {
                0 | 1_000.. => self.alone(self.with_rate(number, negative, at + 2)),
                _ => (Quantity::Unclear(Unclear::Money(vec![])), at + 2),
            });
        }
        if matches!(self.fold(at + 1), "usd" | "do" | "euro" | "yen" | "won") && !matches!(self.fold(at + 2), "tuoi") {
            return Some((Quantity::Unclear(Unclear::Currency), at + 2));
        }
        let sign = |gap: &str| gap.contains(['$', '€', '£']);
        if sign(self.gap(at)) || (!self.glued(at + 1) && sign(self.following(at + 1))) {
            return Some((Quantity::Unclear(Unclear::Currency), at + 1));
        }
        let plausible = number >= BARE_MONEY_MIN
            && token.digits <= BARE_MONEY_DIGITS_MAX
            && (!self.is_any_unit(at + 1) || self.gap(at + 1).trim() == "/");
        plausible.then(|| self.alone(self.with_rate(number, negative, at + 1)))
    }

    /// Takes "đồng", "/tháng", "một tháng" along; an amount for a year or a day is not what is asked for.
    fn with_rate(&self, amount: u64, negative: bool, end: usize) -> (Quantity, usize) {
        let mut end = end;
        if self.is_dong(end) {
            end += 1;
        }
        if matches!(self.fold(end), "usd" | "euro" | "yen" | "won") || self.is(end, "đô") {
            return (Quantity::Unclear(Unclear::Currency), end + 1);
        }
        let slash = self.gap(end).trim() == "/";
        let each = if self.is(end, "mỗi") || self.is(end, "một") || self.is(end, "hàng") || self.is(end, "hằng") || self.fold(end) == "1"
        {
            1
        } else {
            0
        };
        let unit = end + if slash { 0 } else { each };
        if slash || each == 1 {
            // "8 triệu một tháng 10/2024" hardly; "8 triệu một tháng 10 năm" is said.
            let follows_number = self.number(unit + 1).is_some() && !slash && !self.is_any_unit(unit + 2);
            if (self.is(unit, "tháng") || (slash && matches!(self.fold(unit), "t" | "th"))) && !follows_number {
                end = unit + 1;
            } else if slash && (self.is(unit, "năm") || self.is(unit, "ngày") || self.is(unit, "giờ") || self.is(unit, "tuần"))
                || (each == 1 && !slash && (self.is(unit, "năm") || self.is(unit, "ngày")) && !self.counts_months(unit + 1))
            {
                // A year's pay, or a year and that pay: nobody can tell.
                return (Quantity::Unclear(Unclear::Money(vec![])), unit + 1);
            }
        }
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        (Quantity::Money(if negative { -amount } else { amount }), end)
    }

    /// Whether so many months follow: "1 năm 6 tháng" is a duration.
    fn counts_months(&self, at: usize) -> bool {
        self.is_half(at) || self.cardinal(at).is_some_and(|(_, unit)| self.is_month_unit(unit))
    }
}
