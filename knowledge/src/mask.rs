//! Masking: numbers and passwords that citizens type into the chat never reach the log.
//!
//! Works on the text as it was typed, in whatever encoding, and changes nothing but the secrets. When a number could be a secret or
//! not, it is masked, unless it reads as a date, a year, an amount, a law or a published number.

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::text::chars::bare;
use crate::text::syllable::is_folded_syllable;

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text; each secret is replaced by [`SecretKind::placeholder`].
    pub text: String,
    /// What was found, in order; empty when nothing was.
    pub found: Vec<SecretKind>,
}

/// What a masked text held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// mã số BHXH: 10 digits.
    SocialInsuranceCode,
    /// Số căn cước, 12 digits, or an old CMND, 9 digits.
    CitizenId,
    /// Mã thẻ BHYT: two letters and 13 digits.
    CardNumber,
    /// A private phone number.
    Phone,
    /// A one-time password.
    Otp,
    /// A password.
    Password,
    /// A bank account.
    BankAccount,
    /// A long number of some other kind.
    Number,
}

impl SecretKind {
    const ALL: [SecretKind; 8] = [
        SecretKind::SocialInsuranceCode,
        SecretKind::CitizenId,
        SecretKind::CardNumber,
        SecretKind::Phone,
        SecretKind::Otp,
        SecretKind::Password,
        SecretKind::BankAccount,
        SecretKind::Number,
    ];

    /// What stands in its place.
    pub fn placeholder(self) -> &'static str {
        match self {
            SecretKind::SocialInsuranceCode | SecretKind::Number => "[mã số đã che]",
            SecretKind::CitizenId => "[số giấy tờ đã che]",
            SecretKind::CardNumber => "[số thẻ đã che]",
            SecretKind::Phone => "[số điện thoại đã che]",
            SecretKind::Otp => "[OTP đã che]",
            SecretKind::Password => "[mật khẩu đã che]",
            SecretKind::BankAccount => "[số tài khoản đã che]",
        }
    }
}

/// Masking can bring a secret to light: the word that explained one number stands nearer to the next once the first is gone.
const PASSES_MAX: usize = 8;

/// Masks every secret in a text. Masking the result again changes nothing.
pub fn mask(text: &str) -> Masked {
    let mut masked = Masked { text: text.to_owned(), found: Vec::new() };
    for _ in 0..PASSES_MAX {
        let pass = mask_once(&masked.text);
        if pass.found.is_empty() {
            break;
        }
        masked.text = pass.text;
        masked.found.extend(pass.found);
    }
    masked
}

fn mask_once(text: &str) -> Masked {
    let secrets = find(text);
    let mut masked = String::with_capacity(text.len());
    let mut kept = 0;
    for (range, kind) in &secrets {
        masked.push_str(&text[kept..range.start]);
        masked.push_str(kind.placeholder());
        kept = range.end;
    }
    masked.push_str(&text[kept..]);
    Masked { text: masked, found: secrets.into_iter().map(|(_, kind)| kind).collect() }
}

/// The text without secrets and without the placeholders of earlier masking: what is left to search with.
pub(crate) fn without_secrets(text: &str) -> String {
    let masked = mask(text).text;
    if !masked.contains('[') {
        return masked;
    }
    SecretKind::ALL.iter().fold(masked, |text, kind| text.replace(kind.placeholder(), " "))
}

#[derive(Deserialize, Default)]
struct Words {
    otp: Vec<String>,
    password: Vec<String>,
    password_between: Vec<String>,
    password_not: Vec<String>,
    bank: Vec<String>,
    code: Vec<String>,
    unit: Vec<String>,
    amount: Vec<String>,
    year: Vec<String>,
    official: Vec<String>,
}

// The file is part of the program and read by a test: an unreadable one leaves the numbers, which need no words, masked.
static WORDS: LazyLock<Words> = LazyLock::new(|| toml::from_str(include_str!("../data/mask.toml")).unwrap_or_default());

/// A word, a group of digits or any other visible character.
struct Piece {
    range: Range<usize>,
    kind: PieceKind,
}

#[derive(PartialEq)]
enum PieceKind {
    /// Folded.
    Word(String),
    /// As ASCII digits.
    Digits(String),
    Mark(char),
}

impl Piece {
    fn word(&self) -> Option<&str> {
        match &self.kind {
            PieceKind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn digits(&self) -> Option<&str> {
        match &self.kind {
            PieceKind::Digits(digits) => Some(digits),
            _ => None,
        }
    }
}

/// Words looked back to from a number for what it is.
const WORDS_BEFORE: usize = 5;
/// 1900 9068, 1800 1234: shorter than anything private, and longer ones are masked to be safe.
const SERVICE_NUMBER_DIGITS: usize = 8;
/// Words between "mật khẩu" and the password.
const PASSWORD_BETWEEN_MAX: usize = 6;

/// The secrets of a text, in order, never overlapping.
fn find(text: &str) -> Vec<(Range<usize>, SecretKind)> {
    let pieces = pieces(text);
    let scan = Scan { text, pieces: &pieces };
    let mut secrets = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let found = scan.password(at).or_else(|| scan.card_number(at)).or_else(|| scan.number(at));
        match found {
            Some(Found { end, secret }) => {
                secrets.extend(secret);
                let passed = secrets.last().map_or(0, |(range, _): &(Range<usize>, SecretKind)| range.end);
                at = end.max(at + 1);
                while pieces.get(at).is_some_and(|piece| piece.range.start < passed) {
                    at += 1;
                }
            }
            None => at += 1,
        }
    }
    secrets
}

/// Something that was recognised: the pieces up to `end` are done with, and may be a secret.
struct Found {
    end: usize,
    secret: Option<(Range<usize>, SecretKind)>,
}

struct Scan<'a> {
    text: &'a str,
    pieces: &'a [Piece],
}

impl Scan<'_> {
    /// "mật khẩu của tôi là …", "mk: …", "pass abc123": the chunk of text that is the password.
    fn password(&self, at: usize) -> Option<Found> {
        let keyword = self.phrase_at(at, &WORDS.password)?;
        let mut next = at + keyword;
        let between = next + PASSWORD_BETWEEN_MAX;
        while next < between && self.pieces.get(next)?.word().is_some_and(|word| contains(&WORDS.password_between, word)) {
            next += 1;
        }
        let link = match &self.pieces.get(next)?.kind {
            PieceKind::Mark(':' | '=') => Link::Colon,
            PieceKind::Word(word) if word == "la" => Link::Is,
            _ => Link::None,
        };
        if link != Link::None {
            next += 1;
        }
        if let (Link::Is, Some(PieceKind::Mark(':' | '='))) = (&link, self.pieces.get(next).map(|piece| &piece.kind)) {
            next += 1;
        }
        let range = self.chunk(self.pieces.get(next)?.range.start);
        let chunk = &self.text[range.clone()];
        let word: String = fold(chunk);
        let remark = contains(&WORDS.password_not, &word) || chunk.starts_with('[') || chunk.is_empty();
        let has = |test: fn(char) -> bool| chunk.contains(test);
        let coded = has(char::is_numeric) || !chunk.chars().all(char::is_alphanumeric);
        let last = self.text[range.end..].trim_end_matches(['.', '!', ' ']).is_empty();
        let secret = !remark
            && match link {
                Link::Colon => true,
                Link::Is => coded || !is_folded_syllable(&word) || last,
                Link::None => coded && has(char::is_numeric) && self.unit_after(range.end).is_none(),
            };
        // A date or a published number after the word is no password.
        let harmless = chunk.contains('/') || is_official(&digits_of(chunk));
        (secret && !harmless).then(|| Found { end: next + 1, secret: Some((range, SecretKind::Password)) })
    }

    /// Two letters and 13 digits, with or without spaces.
    fn card_number(&self, at: usize) -> Option<Found> {
        let letters = self.pieces[at].word()?;
        let alone = at == 0 || self.pieces[at - 1].range.end < self.pieces[at].range.start;
        if letters.len() != 2 || !alone {
            return None;
        }
        let end = self.joined(at + 1, 13)?;
        (joins(&self.text[self.pieces[at].range.end..self.pieces[at + 1].range.start]))
            .then(|| self.secret(at, end, SecretKind::CardNumber))
    }

    /// Any other number.
    fn number(&self, at: usize) -> Option<Found> {
        let first = self.pieces[at].digits()?;
        if let Some(end) = self.date(at).or_else(|| self.amount(at)) {
            return Some(Found { end, secret: None });
        }
        let before = at.checked_sub(1).map(|before| &self.pieces[before].kind);
        // Telephone numbers and identity numbers begin with 0; a telephone number may begin with the country's 84.
        let abroad = first.starts_with("84") && (before == Some(&PieceKind::Mark('+')) || first.len() == 11);
        if abroad && let Some(end) = self.joined(at, 11) {
            return Some(self.secret(at, end, SecretKind::Phone));
        }
        if let Some(end) = self.official(at) {
            return Some(Found { end, secret: None });
        }
        if self.is_preceded(at, &WORDS.bank)
            && let Some(end) = (8..=19).rev().find_map(|length| self.joined(at, length))
        {
            return Some(self.secret(at, end, SecretKind::BankAccount));
        }
        for length in if first.starts_with('0') { &[12, 11, 10, 9][..] } else { &[10, 9, 12][..] } {
            if let Some(end) = self.joined(at, *length) {
                let kind = self.kind_of_length(at, *length, first);
                return Some(self.secret(at, end, kind));
            }
        }
        if first.len() >= 9 {
            let kind = if first.len() == 13 { SecretKind::CardNumber } else { SecretKind::Number };
            return Some(self.secret(at, at + 1, kind));
        }
        if self.is_otp(at)
            && let Some(end) = (4..=8).rev().find_map(|length| self.joined(at, length))
            && self.unit_after(self.pieces[end - 1].range.end).is_none()
        {
            return Some(self.secret(at, end, SecretKind::Otp));
        }
        Some(Found { end: at + 1, secret: None })
    }

    fn kind_of_length(&self, at: usize, length: usize, first: &str) -> SecretKind {
        match length {
            9 | 12 => SecretKind::CitizenId,
            11 => SecretKind::Phone,
            _ if first.starts_with('0') && !self.is_preceded(at, &WORDS.code) => SecretKind::Phone,
            _ => SecretKind::SocialInsuranceCode,
        }
    }

    fn secret(&self, start: usize, end: usize, kind: SecretKind) -> Found {
        let from = match start.checked_sub(1).map(|before| &self.pieces[before]) {
            Some(Piece { range, kind: PieceKind::Mark('+') }) => range.start,
            _ => self.pieces[start].range.start,
        };
        Found { end, secret: Some((from..self.pieces[end - 1].range.end, kind)) }
    }

    /// The end of groups of digits from `at` that are joined by single separators and have `length` digits in all. A year joins only
    /// behind a 0, with which telephone and identity numbers begin.
    fn joined(&self, at: usize, length: usize) -> Option<usize> {
        let zero = self.pieces.get(at)?.digits()?.starts_with('0');
        let mut digits = 0;
        let mut next = at;
        loop {
            let group = self.pieces.get(next)?.digits()?;
            if next > at && !zero && is_year(group) {
                return None;
            }
            digits += group.len();
            next += 1;
            if digits >= length {
                return (digits == length && !self.goes_on(next)).then_some(next);
            }
            let end = self.pieces[next - 1].range.end;
            if matches!(self.pieces.get(next)?.kind, PieceKind::Mark('.' | '-')) {
                next += 1;
            }
            if !joins(&self.text[end..self.pieces.get(next)?.range.start]) {
                return None;
            }
        }
    }

    /// Whether a law number or a date goes on behind `end`.
    fn goes_on(&self, end: usize) -> bool {
        matches!(self.pieces.get(end), Some(Piece { kind: PieceKind::Mark('/'), .. }))
            && self.pieces.get(end + 1).is_some_and(|piece| piece.digits().is_some())
    }

    /// The end of a date: day, month and year, by one kind of separator.
    fn date(&self, at: usize) -> Option<usize> {
        let number = |at: usize| self.pieces.get(at)?.digits();
        let in_range = |digits: &str, max: u32| digits.len() <= 2 && digits.parse().is_ok_and(|value: u32| (1..=max).contains(&value));
        let mark = |at: usize| match self.pieces.get(at)?.kind {
            PieceKind::Mark(mark @ ('/' | '-' | '.')) => Some(mark),
            _ => None,
        };
        if let Some(separator) = mark(at + 1) {
            let (day, month, year) = (number(at)?, number(at + 2)?, number(at + 4)?);
            let same = mark(at + 3)? == separator;
            return (same && in_range(day, 31) && in_range(month, 12) && is_year(year)).then_some(at + 5);
        }
        let (day, month, year) = (number(at)?, number(at + 1)?, number(at + 2)?);
        let padded = day.len() == 2 && month.len() == 2;
        (padded && in_range(day, 31) && in_range(month, 12) && is_year(year) && !self.joins_more(at + 2)).then_some(at + 3)
    }

    fn joins_more(&self, at: usize) -> bool {
        self.pieces
            .get(at + 1)
            .is_some_and(|next| next.digits().is_some() && joins(&self.text[self.pieces[at].range.end..next.range.start]))
    }

    /// The end of an amount: groups of three digits, a unit behind, or a round number.
    fn amount(&self, at: usize) -> Option<usize> {
        let first = self.pieces[at].digits()?;
        let mut end = at + 1;
        while let Some([Piece { kind: PieceKind::Mark('.' | ','), range: mark }, group]) = self.pieces.get(end..end + 2)
            && group.digits().is_some_and(|digits| digits.len() == 3)
            && mark.start == self.pieces[end - 1].range.end
            && mark.end == group.range.start
        {
            end += 2;
        }
        let grouped = end > at + 1 && first.len() <= 3;
        let last = self.pieces[end - 1].range.end;
        let joined_on =
            matches!(self.pieces.get(end), Some(Piece { kind: PieceKind::Digits(_), range }) if joins(&self.text[last..range.start]));
        if first.starts_with('0') && first.len() > 1 {
            return None;
        }
        let round = first.ends_with("00000") || (first.ends_with("000") && self.is_preceded(at, &WORDS.amount));
        let plain = end == at + 1 && first.len() >= 9 && (round || self.unit_after(last).is_some_and(is_money));
        ((grouped && !joined_on) || plain).then_some(end)
    }

    /// The end of a published number.
    fn official(&self, at: usize) -> Option<usize> {
        let first = self.pieces[at].digits()?;
        if is_official(first) {
            return Some(at + 1);
        }
        if first.starts_with("1900") || first.starts_with("1800") {
            return self.joined(at, SERVICE_NUMBER_DIGITS);
        }
        let end = self.joined(at, 11)?;
        let digits: String = self.pieces[at..end].iter().filter_map(Piece::digits).collect();
        is_official(&digits).then_some(end)
    }

    /// Whether a short number is a one-time password by the words before or behind it.
    fn is_otp(&self, at: usize) -> bool {
        let behind = |offset: usize| self.phrase_at(at + offset, &WORDS.otp).is_some();
        let named_behind = self.pieces.get(at + 1).and_then(Piece::word) == Some("la") && (behind(2) || behind(3));
        let year = self.pieces[at].digits().is_some_and(is_year)
            && at > 0
            && self.pieces[at - 1].word().is_some_and(|word| contains(&WORDS.year, word));
        !year && (named_behind || self.is_preceded(at, &WORDS.otp))
    }

    /// Whether one of the phrases stands within [`WORDS_BEFORE`] pieces before `at`.
    fn is_preceded(&self, at: usize, phrases: &[String]) -> bool {
        (at.saturating_sub(WORDS_BEFORE)..at).any(|start| self.phrase_at(start, phrases).is_some_and(|length| start + length <= at))
    }

    /// The length in pieces of the longest of the phrases that begins at `at`.
    fn phrase_at(&self, at: usize, phrases: &[String]) -> Option<usize> {
        self.pieces.get(at)?.word()?;
        let length = |phrase: &String| {
            let words = phrase.split(' ');
            let mut length = 0;
            for word in words {
                (self.pieces.get(at + length)?.word()? == word).then_some(())?;
                length += 1;
            }
            Some(length)
        };
        phrases.iter().filter_map(length).max()
    }

    /// The unit that follows a number.
    fn unit_after(&self, end: usize) -> Option<&str> {
        let next = self.pieces.get(self.pieces.partition_point(|piece| piece.range.start < end))?;
        let unit = match &next.kind {
            PieceKind::Word(word) => word.as_str(),
            PieceKind::Mark('₫') => "d",
            _ => return None,
        };
        contains(&WORDS.unit, unit).then_some(unit)
    }

    /// The visible text from `start` to the next white space, without the punctuation at its end.
    fn chunk(&self, start: usize) -> Range<usize> {
        let rest = &self.text[start..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let chunk = rest[..end].trim_end_matches(['.', ',', ';', '!', '?', ')', '"', '\'', '”']);
        start..start + chunk.len()
    }
}

/// What stands between "mật khẩu" and what may be one.
#[derive(PartialEq)]
enum Link {
    Colon,
    Is,
    None,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        let last = pieces.last_mut().filter(|piece| piece.range.end == at);
        if let Some(digit) = digit(letter) {
            match last {
                Some(Piece { range, kind: PieceKind::Digits(digits) }) => {
                    digits.push(digit);
                    range.end = end;
                }
                _ => pieces.push(Piece { range: at..end, kind: PieceKind::Digits(digit.into()) }),
            }
        } else if letter.is_alphabetic() || unicode_normalization::char::is_combining_mark(letter) {
            let folded = letter.to_lowercase().map(bare).filter(|letter| letter.is_alphanumeric());
            match last {
                Some(Piece { range, kind: PieceKind::Word(word) }) => {
                    word.extend(folded);
                    range.end = end;
                }
                _ => pieces.push(Piece { range: at..end, kind: PieceKind::Word(folded.collect()) }),
            }
        } else if !letter.is_whitespace() && !is_invisible(letter) {
            pieces.push(Piece { range: at..end, kind: PieceKind::Mark(letter) });
        }
    }
    pieces
}

/// The ASCII digit of a digit in any of the scripts that keyboards and "fonts" for chat names produce.
fn digit(letter: char) -> Option<char> {
    let from = |zero: u32| char::from_digit(letter as u32 - zero, 10);
    match letter {
        '0'..='9' => Some(letter),
        '\u{FF10}'..='\u{FF19}' => from(0xFF10),
        '\u{0660}'..='\u{0669}' => from(0x0660),
        '\u{1D7CE}'..='\u{1D7FF}' => char::from_digit((letter as u32 - 0x1D7CE) % 10, 10),
        _ => None,
    }
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{00AD}')
}

/// Whether a gap between two groups of digits joins them into one number: nothing, a space, a dot or a dash.
fn joins(gap: &str) -> bool {
    const GAP_CHARS_MAX: usize = 3;
    let marks = gap.chars().filter(|letter| !letter.is_whitespace() && !is_invisible(*letter));
    gap.chars().count() <= GAP_CHARS_MAX
        && !gap.contains('\n')
        && marks.clone().count() <= 1
        && marks.clone().all(|mark| matches!(mark, '.' | '-'))
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && ("1900".."2100").contains(&digits)
}

fn is_official(digits: &str) -> bool {
    contains(&WORDS.official, digits)
}

fn is_money(unit: &str) -> bool {
    matches!(unit, "dong" | "d" | "vnd" | "nghin" | "ngan" | "trieu" | "tr" | "ty" | "ti" | "k" | "usd")
}

fn contains(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known == word)
}

fn digits_of(text: &str) -> String {
    text.chars().filter_map(digit).collect()
}

fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(bare).filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).text, expected, "{text}");
    }

    #[test]
    fn secrets_are_masked() {
        for (text, expected) in [
            ("mã số bhxh của em là 7916123456", "mã số bhxh của em là [mã số đã che]"),
            ("sổ 79 16 123 456 nhé", "sổ [mã số đã che] nhé"),
            ("mã số BHXH 0123456789", "mã số BHXH [mã số đã che]"),
            ("cccd 079123456789", "cccd [số giấy tờ đã che]"),
            ("cccd 079 123 456 789.", "cccd [số giấy tờ đã che]."),
            ("cmnd 023456789", "cmnd [số giấy tờ đã che]"),
            ("CMND: 212345678", "CMND: [số giấy tờ đã che]"),
            ("thẻ DN4797916123456", "thẻ [số thẻ đã che]"),
            ("thẻ GD 4 79 7916123456 còn hạn không", "thẻ [số thẻ đã che] còn hạn không"),
            ("sđt 0912345678", "sđt [số điện thoại đã che]"),
            ("gọi em 0912.345.678", "gọi em [số điện thoại đã che]"),
            ("0912 345 678 ạ", "[số điện thoại đã che] ạ"),
            ("+84912345678", "[số điện thoại đã che]"),
            ("(+84) 912-345-678", "(+84) [số giấy tờ đã che]"),
            ("024 3628 1234", "[số điện thoại đã che]"),
            ("mã otp là 482913", "mã otp là [OTP đã che]"),
            ("OTP: 482 913", "OTP: [OTP đã che]"),
            ("ma xac thuc cua em 4829", "ma xac thuc cua em [OTP đã che]"),
            ("482913 là mã otp", "[OTP đã che] là mã otp"),
            ("mật khẩu của tôi là Hoa@1990", "mật khẩu của tôi là [mật khẩu đã che]"),
            ("mk: hoahong", "mk: [mật khẩu đã che]"),
            ("pass abc123 mà không vào được", "pass [mật khẩu đã che] mà không vào được"),
            ("mật khẩu vssid của em là hoahong99.", "mật khẩu vssid của em là [mật khẩu đã che]."),
            ("stk 19034567890 techcombank", "stk [số tài khoản đã che] techcombank"),
            ("số tài khoản của tôi: 0071 0012 34567", "số tài khoản của tôi: [số tài khoản đã che]"),
            ("số ７９１６１２３４５６", "số [mã số đã che]"),
            ("mã 79161\u{200B}23456", "mã [mã số đã che]"),
            ("thẻ 1234567890123", "thẻ [số thẻ đã che]"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn harmless_numbers_stay() {
        for text in [
            "lương 10.000.000 đồng",
            "mức 2.530.000",
            "đóng 1.500.000.000 đồng",
            "lương 150000000",
            "số tiền 123456000 đồng",
            "từ năm 2015 đến 2021",
            "từ 1.5.2010-30.6.2015",
            "ngày 12/03/1990",
            "sinh 12-03-1990",
            "sinh ngày 12 03 1990",
            "2015 2016 2017 2018",
            "Nghị định 158/2025/NĐ-CP",
            "nghị quyết 85/2015",
            "gọi 1900 9068",
            "19009068",
            "1900.9068 phím 1",
            "nhắn tin 8079",
            "nhắn OTP gửi 8079",
            "không nhận được otp từ năm 2021",
            "chờ otp 5 phút",
            "mã otp hết 1500 đồng",
            "mật khẩu là gì",
            "mật khẩu vssid là bao nhiêu",
            "quên mật khẩu",
            "mật khẩu mặc định là ngày sinh phải không",
            "mat khau la gi vay",
            "mật khẩu: không nhớ",
            "tk 1 ngày",
            "bảo hiểm 12 tháng",
            "đóng 6 năm 7 tháng",
            "hồ sơ 169378/2021/00106",
            "điều 54 khoản 2",
            "tôi sinh năm 1990",
            "6.2024",
            "lương cơ sở 2.340.000đ từ 1/7/2024",
            "1 2 3",
            "",
            "Tháng 4/2022, nhân viên",
            "mật khẩu của em bị sai",
            "đổi mật khẩu 2 lần",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn what_was_found_is_told() {
        let masked = mask("mã 7916123456, đt 0912345678, otp 123456");
        assert_eq!(masked.found, [SecretKind::SocialInsuranceCode, SecretKind::Phone, SecretKind::Otp]);
        assert_eq!(without_secrets("mã [mã số đã che] 7916123456 đâu").split_whitespace().collect::<Vec<_>>(), ["mã", "đâu"]);
    }

    #[test]
    fn the_table_is_read() {
        assert!(!WORDS.otp.is_empty() && !WORDS.official.is_empty());
    }

    fn separated(digits: &str, cuts: &[usize], separator: char) -> String {
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && cuts.contains(&at) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    proptest! {
        #[test]
        fn identity_numbers_never_pass(
            digits in "0[0-9]{11}|0[35789][0-9]{8}",
            cut in 2..6_usize,
            separator in proptest::sample::select(vec![' ', '.', '-']),
            around in proptest::sample::select(vec![("", ""), ("số của em là ", " ạ"), ("kiểm tra ", ", cảm ơn"), ("(", ")")]),
        ) {
            let cuts = [cut, cut + 3, cut + 6];
            let text = format!("{}{}{}", around.0, separated(&digits, &cuts, separator), around.1);
            let masked = mask(&text);
            prop_assert!(!masked.text.contains(|letter: char| letter.is_ascii_digit()), "{text} -> {}", masked.text);
        }

        #[test]
        fn codes_in_one_piece_never_pass(digits in "[1-9][0-9]{9}", before in "[a-zà-ỹ ]{0,20}") {
            prop_assume!(!digits.ends_with("000"));
            let masked = mask(&format!("{before} {digits}"));
            prop_assert!(!masked.text.contains(&digits));
        }

        #[test]
        fn masking_twice_is_masking_once(text in any::<String>()) {
            let once = mask(&text).text;
            prop_assert_eq!(mask(&once).text, once);
        }

        #[test]
        fn masking_chat_twice_is_masking_once(text in "(mật khẩu|mk|otp|stk|là|:|0912345678|079123456789|482913|1990|abc1|[.,/ -]|\\PC){0,12}") {
            let once = mask(&text).text;
            prop_assert_eq!(mask(&once).text, once);
        }

        #[test]
        fn text_without_digits_or_passwords_stays(text in "[a-zà-ỹ ,.?!]{0,60}") {
            prop_assume!(!["mat khau", "mk", "pass", "pw"].iter().any(|word| fold(&text).contains(&word.replace(' ', ""))));
            prop_assert_eq!(mask(&text).text, text);
        }
    }
}
