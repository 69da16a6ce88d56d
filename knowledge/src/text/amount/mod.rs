//! Quantities in what citizens write: "8tr5", "9 năm 7 tháng", "tháng 3 năm sau", "vùng 1". What can be read in more than one way
//! ("lương 5", "3/4") is said to be [`Quantity::Unclear`] and never guessed.
//!
//! The words are those of the rest of the chain ([`runs`], [`pieces`], [`Word`]); what stands between them is kept, because "8,5" and
//! "8 5" are not the same.

mod date;
mod history;
mod numeral;
mod said;

use std::borrow::Cow;
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::chars::{bare, normalize};
use super::phrases::tables;
use super::words::{Run, Word, pieces, runs};

pub use history::{History, Span, YearMonth};
pub use said::Phrases;

/// Words of one text that are read.
const WORDS_MAX: usize = 400;
/// Digits of the longest number that is read: a trillion has 13.
const DIGITS_MAX: usize = 15;
/// Months said beside years: "10 năm 14 tháng" is said, "10 năm 36 tháng" is two things.
const MORE_MONTHS_MAX: u64 = 24;

/// A quantity as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Whole đồng; below zero when it was written so.
    Money(i64),
    /// A duration in whole months.
    Months(i64),
    /// A duration in days.
    Days(i64),
    /// A duration in weeks.
    Weeks(i64),
    /// An age, in months.
    Age(i64),
    /// A day.
    Day(Date),
    /// A month of a year.
    Month(YearMonth),
    /// A year.
    Year(i16),
    /// "Nay", "bây giờ".
    Now,
    /// A wage region, 1 to 4.
    Region(u8),
    /// Percent, in hundredths of a percent.
    Percent(i64),
    /// A number without a unit.
    Number(i64),
    /// Can be read in more than one way.
    Unclear(Unclear),
}

/// Why a quantity is not clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unclear {
    /// An amount that may mean these, in đồng; none when nobody can tell.
    Money(Vec<i64>),
    /// A day of a month without its year.
    DayMonth {
        /// 1 to 31.
        day: i8,
        /// 1 to 12.
        month: i8,
    },
    /// A month without its year.
    MonthOnly(i8),
    /// A part of a year ("đầu năm 2027"): which month?
    PartOfYear(i16),
    /// No such day: 30/02/2026.
    NoSuchDay,
    /// More than one thing ("8-9 triệu", "2 tháng 3").
    Several,
    /// Not in đồng.
    Currency,
}

/// A quantity and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was read.
    pub what: Quantity,
    /// The words of it, counted from 0.
    pub words: Range<usize>,
    /// "Khoảng", "gần", "hơn" stands before it.
    pub approximate: bool,
}

/// A text with its quantities.
#[derive(Debug, Clone)]
pub struct Amounts {
    tokens: Vec<Token>,
    /// In order; no two share a word.
    pub found: Vec<Found>,
    today: Date,
    /// What stands behind the last word.
    rest: String,
}

#[derive(Debug, Clone)]
struct Token {
    word: Word,
    /// The number, when the word is made of digits.
    number: Option<u64>,
    digits: usize,
    /// Written with thousands separators.
    grouped: bool,
    /// What stands between the word before and this one; `None` when they are one run ("8tr").
    gap: Option<String>,
}

/// Reads the quantities of a text on the day `today`, from which "năm sau" counts. Any text is read in bounded time.
pub fn amounts(text: &str, today: Date) -> Amounts {
    let text = part_units(&join_groups(&normalize(&with_three(text))));
    let mut tokens: Vec<Token> = Vec::new();
    let mut end = 0;
    for Run { text: run, range } in runs(&text) {
        let mut gap = Some(text[end..range.start].to_owned());
        let grouped = text[range.clone()].contains(['.', ',']);
        for piece in pieces(&run) {
            let digits = piece.bytes().all(|byte| byte.is_ascii_digit());
            // "0912345678" counts nothing; in "8tr050" and "8,050tr" the zero has its place.
            let code = piece.len() > 2 && piece.starts_with('0') && gap.as_deref().is_some_and(|gap| !matches!(gap, "." | ","));
            let number = (digits && piece.len() <= DIGITS_MAX && !code).then(|| piece.parse().ok()).flatten();
            let word = if digits { Word::new(piece) } else { chat_word(Word::new(piece), tokens.last()) };
            tokens.push(Token { word, number, digits: piece.len(), grouped: grouped && digits, gap: gap.take() });
        }
        end = range.end;
        if tokens.len() >= WORDS_MAX {
            break;
        }
    }
    let rest = text.get(end..).unwrap_or_default().to_owned();
    let mut amounts = Amounts { tokens, found: Vec::new(), today, rest };
    amounts.find();
    amounts
}

/// "III" as "3": three letters alike are taken for one that was held down.
fn with_three(text: &str) -> Cow<'_, str> {
    let is_three = |word: &str| word.trim_matches(|letter: char| !letter.is_alphanumeric()).eq_ignore_ascii_case("iii");
    if !text.split_whitespace().any(is_three) {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(char::is_whitespace);
    words.map(|word| if is_three(word.trim_end()) { word.to_lowercase().replace("iii", "3") } else { word.to_owned() }).collect()
}

/// "8 500 000" and "850 000" as "8.500.000" and "850.000": groups of three digits with single spaces between.
fn join_groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let group = |at: usize| letters.get(at) == Some(&' ') && (1..=3).all(|next| digit(at + next)) && !digit(at + 4);
    let mut joined = letters.clone();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        while digit(at) {
            at += 1;
        }
        let begins = start == 0 || !(letters[start - 1].is_alphanumeric() || matches!(letters[start - 1], '.' | ',' | '/' | '-'));
        if begins && (1..=3).contains(&(at - start)) && letters[start] != '0' {
            let groups = (0..4).take_while(|&count| group(at + count * 4)).count();
            let whole = groups >= 2 || (groups == 1 && letters[at + 1..at + 4] == ['0'; 3]);
            for count in 0..if whole { groups } else { 0 } {
                joined[at + count * 4] = '.';
            }
            at += if whole { groups * 4 } else { 0 };
        }
        at = at.max(start + 1);
    }
    joined.into_iter().collect()
}

/// A space between a number with separators and the unit that is glued to it, so that "8.500.000đ" is one number. "8.500tr" is 8,5.
fn part_units(text: &str) -> String {
    let mut parted = String::with_capacity(text.len() + 8);
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        while letters.get(at).is_some_and(char::is_ascii_digit) {
            at += 1;
        }
        let mut groups = 0;
        if (1..=3).contains(&(at - start)) && (start == 0 || !letters[start - 1].is_alphanumeric()) {
            while matches!(letters.get(at), Some('.' | ','))
                && letters.get(at + 1..at + 4).is_some_and(|group| group.iter().all(char::is_ascii_digit))
                && !letters.get(at + 4).is_some_and(char::is_ascii_digit)
            {
                at += 4;
                groups += 1;
            }
        }
        at = at.max(start + 1);
        parted.extend(&letters[start..at]);
        let unit = letters.get(at).copied().unwrap_or(' ');
        let whole = groups >= 2 || (groups == 1 && matches!(unit, 'k' | 'n' | 'đ' | 'd' | 'v'));
        if whole && unit.is_alphabetic() {
            parted.push(' ');
        }
    }
    parted
}

/// A word of chat spelling in its long form, when that is one word: "ko" is "không". Behind a number it is a unit: "850k".
fn chat_word(word: Word, before: Option<&Token>) -> Word {
    if before.is_some_and(|before| before.number.is_some()) {
        return word;
    }
    let one = [word];
    let long = tables().teencode.at_start(&one).find(|(length, _)| *length == 1).map(|(_, long)| long.clone());
    let [word] = one;
    match long.as_deref() {
        Some([only]) => only.clone(),
        _ => word,
    }
}

impl Amounts {
    fn find(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            match self.quantity(at) {
                Some((what, end)) if end > at => {
                    let approximate = self.is_approximate(at);
                    self.found.push(Found { what, words: at..end, approximate });
                    at = end;
                }
                _ => at += 1,
            }
        }
    }

    fn quantity(&self, at: usize) -> Option<(Quantity, usize)> {
        self.region(at)
            .or_else(|| self.range(at))
            .or_else(|| self.monthly(at))
            .or_else(|| self.date(at))
            .or_else(|| self.duration(at))
            .or_else(|| self.money(at))
            .or_else(|| self.percent(at))
            .or_else(|| self.bare_number(at))
    }

    /// "vùng 1", "vùng III".
    fn region(&self, at: usize) -> Option<(Quantity, usize)> {
        if !self.is(at, "vùng") {
            return None;
        }
        let wage = at + 1 + usize::from(self.is(at + 1, "lương"));
        let least = wage + if self.is(wage, "tối") && self.is(wage + 1, "thiểu") { 2 } else { 0 };
        let place = least + usize::from(self.is(least, "số"));
        let region = match self.fold(place) {
            "1" | "i" | "mot" => 1,
            "2" | "ii" | "hai" => 2,
            "3" | "iii" | "ba" => 3,
            "4" | "iv" | "bon" => 4,
            _ => return None,
        };
        Some((Quantity::Region(region), place + 1))
    }

    /// "8-9 triệu", "4 hoặc 5 năm", "năm sáu triệu": more than one thing.
    fn range(&self, at: usize) -> Option<(Quantity, usize)> {
        const JOINED: &[&str] = &["đến", "tới", "hoặc", "hay"];
        let typed = self.number(at);
        let (first, after) = match typed {
            Some(number) => (number, at + 1),
            None => (self.digit(at)?, at + 1),
        };
        let gap = self.gap(after);
        let second = match gap.trim() {
            "-" | "–" | "~" => after,
            "" if JOINED.iter().any(|word| self.is(after, word)) => after + 1,
            // "7, 8 triệu", "4 5 năm", "bảy tám triệu": one and the next.
            "" | "," if gap != "," && !self.glued(after) => {
                let next = self.number(after).or_else(|| self.digit(after))?;
                let alike = typed.is_some() == self.number(after).is_some();
                // "hai năm" and "tư năm" are durations.
                (alike && first < 10 && next == first + 1 && !(typed.is_none() && self.is_year_unit(after) && !self.is_any_unit(after + 1)))
                    .then_some(after)?
            }
            _ => return None,
        };
        let unit = match self.number(second) {
            Some(_) => second + 1,
            None => self.digit(second).map(|_| second + 1)?,
        };
        let counted = self.is_scale(unit) || ["năm", "tháng", "tuần", "ngày", "tuổi"].iter().any(|counted| self.is(unit, counted));
        // "2015-2019 năm" and "15 tháng 3 đến 20 tháng 9" are times.
        let time = first >= 1_000 || self.number(unit + 1).is_some() || self.says_month_before(at);
        (counted && !time).then_some((Quantity::Unclear(Unclear::Several), unit + 1))
    }

    /// "1 tháng 6tr2", "mỗi tháng 6tr2": an amount for each month, not a month.
    fn monthly(&self, at: usize) -> Option<(Quantity, usize)> {
        let one = self.number(at) == Some(1) || self.is(at, "một") || self.is(at, "mỗi");
        if !one || !self.is(at + 1, "tháng") {
            return None;
        }
        self.money(at + 2).filter(|(what, _)| matches!(what, Quantity::Money(_) | Quantity::Unclear(Unclear::Money(_) | Unclear::Several)))
    }

    /// "9 năm 7 tháng", "115 tháng", "2 năm rưỡi", "nửa năm", "57 tuổi", "12 tuần", "5 ngày".
    fn duration(&self, at: usize) -> Option<(Quantity, usize)> {
        if self.is(at, "nửa") && self.is_year_unit(at + 1) {
            return Some((Quantity::Months(6), at + 2));
        }
        if let Some(found) = self.years_and_a_half(at) {
            return Some(found);
        }
        let (count, unit) = self.cardinal(at)?;
        if self.tokens[at].grouped {
            return None;
        }
        let count = i64::try_from(count).ok()?;
        let negative = self.is_negative(at);
        let signed = |months: i64| if negative { -months } else { months };
        if self.is(unit, "tuổi") {
            let mut months = count.checked_mul(12)?;
            let mut end = unit + 1;
            if self.is_half(end) {
                (months, end) = (months + 6, end + 1);
            } else if let Some((more, next)) = self.cardinal(end).filter(|&(more, next)| more < 12 && self.is_month_unit(next)) {
                (months, end) = (months + i64::try_from(more).ok()?, next + 1);
            }
            return Some((Quantity::Age(signed(months)), end));
        }
        if self.is_year_unit(unit) {
            let mut months = count.checked_mul(12)?;
            let mut end = unit + 1;
            let joined = end + usize::from(self.is(end, "lẻ") || self.is(end, "và"));
            if self.is_half(end) {
                (months, end) = (months + 6, end + 1);
            } else if let Some((more, next)) =
                self.cardinal(joined).filter(|&(more, next)| more < MORE_MONTHS_MAX && self.is_month_unit(next) && !self.starts_month(next))
            {
                (months, end) = (months + i64::try_from(more).ok()?, next + 1);
            }
            return self.distance(at, signed(months), end, true).or(Some((Quantity::Months(signed(months)), end)));
        }
        if self.is_month_unit(unit) {
            // "2 tháng 3" may be a day: somebody must ask.
            if count <= 31 && self.number(unit + 1).is_some_and(|month| month <= 12) && !self.is_any_unit(unit + 2) && !self.glued(unit + 1)
            {
                return Some((Quantity::Unclear(Unclear::Several), unit + 2));
            }
            // "57t" may be an age, "8t" millions; half a month is not counted.
            if self.fold(unit) == "t" || self.is_half(unit + 1) {
                return Some((Quantity::Unclear(Unclear::Several), unit + 1 + usize::from(self.is_half(unit + 1))));
            }
            let end = unit + 1;
            return self.distance(at, signed(count), end, false).or(Some((Quantity::Months(signed(count)), end)));
        }
        if self.is(unit, "tuần") {
            return Some((Quantity::Weeks(signed(count)), unit + 1));
        }
        if self.is(unit, "ngày") {
            return Some((Quantity::Days(signed(count)), unit + 1));
        }
        None
    }

    /// "10,5 năm". "9,7 năm" may be 9 years and 7 months.
    fn years_and_a_half(&self, at: usize) -> Option<(Quantity, usize)> {
        let (tenths, end) = self.decimal(at, 1).filter(|&(_, end)| end > at + 1 && self.is_year_unit(end))?;
        let months = i64::try_from(tenths / 10 * 12 + 6).ok()?;
        Some((if tenths % 10 == 5 { Quantity::Months(months) } else { Quantity::Unclear(Unclear::Several) }, end + 1))
    }

    /// "2 năm trước", "3 tháng nữa", "cách đây 2 năm".
    fn distance(&self, at: usize, months: i64, end: usize, years: bool) -> Option<(Quantity, usize)> {
        let ago = at.checked_sub(2).is_some_and(|before| self.is(before, "cách") && self.is(before + 1, "đây"));
        let sign = match self.fold(end) {
            _ if ago => -1,
            "truoc" if !matches!(self.fold(end + 1), "khi" | "sinh" | "do" | "luc" | "ngay" | "thoi" | "lien" | "nam" | "" | "nghi") => -1,
            "truoc" if self.fold(end + 1).is_empty() => -1,
            "nua" => 1,
            _ => return None,
        };
        let shift = i32::try_from(sign * months).ok()?;
        let month = YearMonth::of(self.today).shifted(shift)?;
        let what = if years && months % 12 == 0 { Quantity::Year(month.year) } else { Quantity::Month(month) };
        Some((what, end + usize::from(!ago)))
    }

    /// Whether "tháng" at this place begins the name of a month: "tháng 3/2027".
    fn starts_month(&self, unit: usize) -> bool {
        self.number(unit + 1).is_some_and(|month| (1..=12).contains(&month))
            && (self.gap(unit + 2) == "/" || self.is_year_unit(unit + 2) || self.number(unit + 2).is_some_and(|year| year >= 1_900))
    }

    fn percent(&self, at: usize) -> Option<(Quantity, usize)> {
        let (hundredths, end) = self.decimal(at, 2)?;
        let sign = self.following(end);
        let said = self.is(end, "phần") && self.is(end + 1, "trăm");
        if !sign.trim_start().starts_with('%') && !said {
            return None;
        }
        Some((Quantity::Percent(i64::try_from(hundredths).ok()?), if said { end + 2 } else { end }))
    }

    fn bare_number(&self, at: usize) -> Option<(Quantity, usize)> {
        let (number, end) = self.cardinal(at)?;
        // "một" and its like without a unit are articles more often than numbers.
        self.number(at)?;
        let number = i64::try_from(number).ok()?;
        // "8,5" without a unit.
        if let Some((_, after)) = self.decimal(at, 2).filter(|(_, after)| *after > end) {
            return Some((Quantity::Unclear(Unclear::Money(vec![])), after));
        }
        Some((Quantity::Number(if self.is_negative(at) { -number } else { number }), end))
    }

    fn is_approximate(&self, at: usize) -> bool {
        const ABOUT: &[&str] = &["khoảng", "tầm", "cỡ", "gần", "hơn", "độ", "chừng", "trên", "dưới"];
        at.checked_sub(1).is_some_and(|before| ABOUT.iter().any(|about| self.is(before, about)))
    }

    fn is_negative(&self, at: usize) -> bool {
        // Glued to the number, and to nothing before it: "lương: -8tr", not "lương - 8tr" and not "8-9".
        let minus = self.tokens.get(at).and_then(|token| token.gap.as_deref()).is_some_and(|gap| {
            gap.strip_suffix(['-', '−']).is_some_and(|before| if before.is_empty() { at == 0 } else { before.ends_with([' ', ':', '\n']) })
        });
        minus || at.checked_sub(1).is_some_and(|before| self.tokens[before].word.syl.as_ref() == "âm")
    }

    /// The words of a found quantity and those around it, folded.
    pub fn before(&self, found: &Found, count: usize) -> impl Iterator<Item = &str> {
        (1..=count).map_while(move |back| found.words.start.checked_sub(back)).map(|at| self.fold(at))
    }

    /// Whether one of these phrases stands among the `reach` words before a quantity, with nothing that ends a sentence between.
    pub fn preceded_by(&self, found: &Found, reach: usize, phrases: &Phrases) -> bool {
        self.within(phrases, found.words.start.saturating_sub(reach)..found.words.start)
    }

    /// Whether one of these phrases stands among the `reach` words after a quantity.
    pub fn followed_by(&self, found: &Found, reach: usize, phrases: &Phrases) -> bool {
        self.within(phrases, found.words.end..(found.words.end + reach).min(self.tokens.len()))
    }

    /// Whether the text says one of these phrases, with its accents or without any.
    pub fn says(&self, phrases: &Phrases) -> bool {
        self.within(phrases, 0..self.tokens.len())
    }

    /// Whether the text has this very word, accents and all, and some word with accents beside: "nam" is a man there and no year.
    pub fn says_exactly(&self, word: &str) -> bool {
        self.accented() && self.tokens.iter().any(|token| &*token.word.syl == word)
    }

    /// Whether the text begins with one of these phrases.
    pub fn begins_with(&self, phrases: &Phrases) -> bool {
        phrases.beginning_with(self.fold(0)).iter().any(|words| self.phrase_at(words, 0))
    }

    /// Words in the text.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether the text has no words.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Words that are in no quantity.
    pub fn other_words(&self) -> usize {
        self.tokens.len() - self.found.iter().map(|found| found.words.len()).sum::<usize>()
    }

    /// A quantity as it was written, its words with single spaces.
    pub fn written(&self, found: &Found) -> String {
        let sign = if self.is_negative(found.words.start) && self.gap(found.words.start).contains(['-', '−']) { "-" } else { "" };
        self.tokens[found.words.clone()].iter().enumerate().fold(sign.to_owned(), |mut text, (at, token)| {
            if at > 0 && token.gap.is_some() {
                text.push_str(token.gap.as_deref().filter(|gap| !gap.trim().is_empty()).unwrap_or(" "));
            }
            text.push_str(&token.word.syl);
            text
        })
    }

    /// The day from which "năm sau" counts.
    pub fn today(&self) -> Date {
        self.today
    }

    fn within(&self, phrases: &Phrases, range: Range<usize>) -> bool {
        range.clone().any(|at| {
            let beginning = phrases.beginning_with(self.fold(at));
            beginning.iter().any(|words| at + words.len() <= range.end && self.phrase_at(words, at))
        })
    }

    fn phrase_at(&self, words: &[Word], at: usize) -> bool {
        words.iter().enumerate().all(|(place, wanted)| self.tokens.get(at + place).is_some_and(|token| same_word(&token.word, wanted)))
    }

    /// Whether the word is this one, with its accents or without any.
    fn is(&self, at: usize, accented: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| {
            &*token.word.syl == accented || (!token.word.is_accented() && token.word.syl.chars().eq(accented.chars().map(bare)))
        })
    }

    fn fold(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.word.fold)
    }

    fn number(&self, at: usize) -> Option<u64> {
        self.tokens.get(at)?.number
    }

    /// What stands before the word, or behind the last one.
    fn following(&self, at: usize) -> &str {
        if at < self.tokens.len() { self.gap(at) } else { &self.rest }
    }

    fn gap(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|token| token.gap.as_deref()).unwrap_or("")
    }

    /// Whether the word and the one before are one run: "8tr".
    fn glued(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.gap.is_none())
    }

    fn accented(&self) -> bool {
        self.tokens.iter().any(|token| token.word.is_accented())
    }

    /// "Đồng" and its signs; "đóng" is a verb.
    fn is_dong(&self, at: usize) -> bool {
        self.is(at, "đồng") || matches!(self.fold(at), "d" | "vnd")
    }

    /// "Năm"; "n" in "9n7t".
    fn is_year_unit(&self, at: usize) -> bool {
        self.is(at, "năm")
            || (self.fold(at) == "n"
                && self.glued(at)
                && self.number(at + 1).is_some()
                && matches!(self.fold(at + 2), "t" | "th" | "thang"))
    }

    fn is_month_unit(&self, at: usize) -> bool {
        self.is(at, "tháng") || (matches!(self.fold(at), "th" | "t" | "thg") && self.number(at + 1).is_none())
    }

    /// "Rưỡi", as it is spelt.
    fn is_half(&self, at: usize) -> bool {
        self.fold(at) == "ruoi" && self.tokens[at].word.syl.as_ref() != "ruồi"
    }

    /// What makes an amount or a duration of the number before it.
    fn is_any_unit(&self, at: usize) -> bool {
        const UNITS: &[&str] = &[
            "nam", "thang", "th", "ngay", "tuan", "tuoi", "con", "dua", "lan", "nguoi", "trieu", "tr", "nghin", "ngan", "k", "ti", "dong",
            "d", "tram", "phan", "be", "gio", "muoi", "ruoi", "cu", "triu", "thg",
        ];
        UNITS.contains(&self.fold(at))
    }
}

/// Whether a typed word can be this one: typed without accents it can be any with its letters.
fn same_word(typed: &Word, wanted: &Word) -> bool {
    if typed.is_accented() { typed.syl == wanted.syl } else { typed.fold == wanted.fold }
}

#[cfg(test)]
mod tests;
