//! Times in a question: "năm ngoái", "tháng 5/2026", "trước 1/7/2025". What is wanted is the time that the asker's case falls in, as
//! days; a number that is no such time must not be taken for one.
//!
//! Not read as the time of the case: the number or year of a law ("luật 2014", "158/2025/NĐ-CP"), of a form or of a phone; amounts and
//! durations ("đóng 15 năm", "12 tháng trước khi sinh"); the asker's birth ("sinh năm 1965") and the time that was worked or contributed
//! ("từ năm 2008 đến nay", "đóng từ 3/2015"), which every rule counts and none is chosen by; the validity of a card; and years so far
//! away that no rule is kept for them.
//!
//! Of several times the latest counts: the case ends there. An earlier one beside a latest that holds today ("nghỉ việc năm 2023, giờ
//! mới rút") may still be what is meant and is kept as [`About::also`].

use std::cmp::Ordering;
use std::ops::Range;

use faq::{About, Period};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::chars::bare;
use super::words::{Word, read_chat};

/// Rules of years further back are in no answer; such years are biography.
const YEARS_BACK_MAX: i16 = 8;
/// The longest schedule in the law (retirement ages) reaches so far.
const YEARS_AHEAD_MAX: i16 = 12;
/// What began longer ago, and goes on, is biography: "làm từ năm 2020".
const BEGAN_YEARS_MAX: i16 = 3;
/// Whoever was born longer ago is a person in the story; a birth since then is the case itself.
const BORN_YEARS_MAX: i16 = 3;
/// A longer span from one day to another is a career, no case.
const SPAN_DAYS_MAX: i32 = 366;
/// A month without a year is this year's unless it is further away than that: then the other year's is near.
const MONTHS_APART_MAX: u32 = 9;
/// Words before a time in which the verb that governs it is looked for.
const GOVERNING_WORDS: usize = 6;

/// The time that a question is about, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedTime {
    /// The days.
    pub about: About,
    /// The words that say so, canonical.
    pub words: String,
    /// Nothing but the time is asked: "còn bây giờ thì sao?".
    pub alone: bool,
    /// The question without its times.
    #[serde(skip)]
    pub(crate) rest: String,
    /// Words in it.
    #[serde(skip)]
    pub(crate) rest_words: usize,
}

/// Adds the words of one run to those that times are read from: a date stays in one piece, `15/3/2026`.
///
/// `between` is what stands between the run before and this, `raw` the run as typed, `read` its words.
pub(crate) fn push(words: &mut Vec<Word>, between: &str, raw: &str, read: &[Word]) {
    if raw.contains(['.', ',']) {
        // "2.024" is an amount and no year.
        words.push(Word::new(raw));
        return;
    }
    let (Some(last), Some(first)) = (words.last_mut().filter(|last| starts_with_digit(last)), read.first()) else {
        words.extend_from_slice(read);
        return;
    };
    let digits = first.syl.bytes().all(|byte| byte.is_ascii_digit());
    match between {
        // "158/2025/NĐ-CP": the letters make a law of it.
        "/" if !digits && last.syl.contains('/') => *last = Word::new(&format!("{}/{raw}", last.syl)),
        "-" if digits && last.syl.contains(['/', '.']) => {
            words.push(Word::new("đến"));
            words.extend_from_slice(read);
        }
        "/" | "." | "-" if digits => {
            *last = Word::new(&format!("{}{between}{}", last.syl, first.syl));
            words.extend_from_slice(&read[1..]);
        }
        _ => words.extend_from_slice(read),
    }
}

fn starts_with_digit(word: &Word) -> bool {
    word.syl.starts_with(|letter: char| letter.is_ascii_digit())
}

/// The time that a question is about on the day `today`, read from its words (see [`push`]); `None` when it names none.
pub(crate) fn read(words: &[Word], today: Date) -> Option<AskedTime> {
    if !words.iter().any(is_cue) {
        return None;
    }
    let accented = words.iter().any(Word::is_accented);
    let words = read_chat(words.to_vec());
    let text = Text { words: &words, today, accented };
    let found = text.times();
    // What goes on since a day is dated by that day.
    let latest = found.iter().max_by_key(|found| (found.period.to.or(found.period.from), found.period.from))?;
    let earlier =
        found.iter().map(|found| found.period).filter(|period| *period != latest.period && period.to.is_some_and(|to| to < today));
    let also = earlier.max_by_key(|period| period.to).filter(|_| latest.period.covers(today));
    let rest: Vec<&Word> =
        words.iter().enumerate().filter(|(at, _)| !found.iter().any(|found| found.words.contains(at))).map(|(_, word)| word).collect();
    Some(AskedTime {
        about: About { time: latest.period, also },
        words: spell(&words[latest.words.clone()]),
        alone: rest.iter().all(|word| ALONE.contains(&word.fold.as_ref())),
        rest_words: rest.len(),
        rest: spell(rest),
    })
}

fn spell<'a>(words: impl IntoIterator<Item = &'a Word>) -> String {
    words.into_iter().map(|word| word.syl.as_ref()).collect::<Vec<_>>().join(" ")
}

/// Words without which no time is named.
fn is_cue(word: &Word) -> bool {
    const CUES: &[&str] = &["nam", "thang", "ngay", "qui", "gio", "nay", "hien", "hom", "tuan", "he", "tet"];
    CUES.contains(&word.fold.as_ref()) || parts(word).is_some_and(|parts| parts.iter().any(|&part| part >= 1_900) || parts.len() > 1)
}

/// What may stand around a time when nothing else is asked: "thế năm ngoái thì sao ạ?".
const ALONE: &[&str] = &[
    "the", "vay", "con", "thi", "sao", "nao", "nhu", "bao", "nhieu", "la", "co", "khong", "muc", "qui", "dinh", "luat", "cu", "moi", "a",
    "nhi", "ha", "vao", "trong", "cua", "tinh", "khac", "gi", "ap", "dung", "theo", "cho", "em", "toi", "minh", "hoi", "va", "o", "luc",
    "do", "duoc", "ntn", "da", "ad", "ban", "nhe", "voi", "neu",
];

/// What follows a "trước" or "sau" that counts from an event and not from today: "năm trước khi nghỉ".
const COUNTED_FROM: &[&str] = &["khi", "do", "luc", "ngay", "thoi", "lien", "ke"];

/// What a time begins with that is no part of the day itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Preposition {
    None,
    From,
    Before,
    After,
    Until,
}

/// A time without its preposition.
#[derive(Clone, Copy)]
struct Core {
    words: usize,
    period: Period,
    /// A number that only its form makes a time: `2025`, `5/2026`.
    bare: bool,
    /// The year was said.
    dated: bool,
    /// "Bây giờ": the end of a career, and no day of its own in "đến nay".
    now: bool,
}

impl Core {
    fn new(words: usize, period: Period) -> Core {
        Core { words, period, bare: false, dated: true, now: false }
    }

    /// The first and the last day, for a time that has both.
    fn bounds(&self) -> Option<(Date, Date)> {
        self.period.from.zip(self.period.to)
    }
}

/// A time with the words that name it.
struct Found {
    words: Range<usize>,
    period: Period,
}

struct Text<'a> {
    words: &'a [Word],
    today: Date,
    accented: bool,
}

impl Text<'_> {
    fn times(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let Some(core) = self.core(at) else {
                at += 1;
                continue;
            };
            let (end, period) = self.whole(at, &core);
            found.extend(period.map(|(start, period)| Found { words: start..end, period }));
            at = end;
        }
        found
    }

    /// A core with its preposition and, in "từ … đến …", its other end: where it ends and, when it is the time of a case, where it begins
    /// and its days.
    fn whole(&self, at: usize, core: &Core) -> (usize, Option<(usize, Period)>) {
        let (start, preposition) = self.preposition(at);
        let mut end = at + core.words;
        let Some((first, last)) = core.bounds() else { return (end, None) };
        if core.now {
            return (end, (preposition != Preposition::Until).then_some((start, core.period)));
        }
        let until = self.skip(end, &["cho"]);
        if preposition != Preposition::Before && preposition != Preposition::After && (self.is(until, "đến") || self.is(until, "tới"))
        {
            let other = self.skip(until + 1, &["het", "cuoi", "hien"]);
            if matches!(self.fold(other), "nay" | "gio") {
                return (other + 1, None);
            }
            if let Some(other_core) = self.core(other) {
                end = other + other_core.words;
                let Some((_, until)) = other_core.bounds().filter(|_| !other_core.now) else { return (end, None) };
                let from = if core.dated { first } else { same_year(first, until) };
                let span = Period { from: Some(from), to: Some(until) };
                let long = (until - from).get_days() > SPAN_DAYS_MAX;
                let known = from <= until
                    && !long
                    && !self.is_career(start)
                    && self.is_case(start, core, &span)
                    && !(preposition == Preposition::None && self.is_law(start));
                return (end, known.then_some((start, span)));
            }
        }
        let back = self.says(end, &["tro", "ve", "truoc"]);
        if back || self.says(end, &["tro", "di"]) {
            end += if back { 3 } else { 2 };
        }
        let day = first == last;
        let period = match preposition {
            _ if back => Period { from: None, to: Some(last) },
            Preposition::Before => Period { from: None, to: first.checked_sub(1.day()).ok() },
            Preposition::From => Period { from: Some(first), to: None },
            // Of a day on which a rule begins, people say "sau 1/7" and mean from that day on.
            Preposition::After if day => Period { from: Some(first), to: None },
            Preposition::After => Period { from: last.checked_add(1.day()).ok(), to: None },
            Preposition::None | Preposition::Until => core.period,
        };
        let open = period.from.is_none() || period.to.is_none();
        let began = period.from.filter(|_| period.to.is_none());
        let career = open && first <= self.today && self.is_career(start);
        let long_ago = began.is_some_and(|from| from < self.years_ago(BEGAN_YEARS_MAX));
        let law = preposition == Preposition::None && self.is_law(start);
        (end, (!career && !long_ago && !law && self.is_case(start, core, &period)).then_some((start, period)))
    }

    /// The preposition before a time, and where it begins.
    fn preposition(&self, at: usize) -> (usize, Preposition) {
        const BETWEEN: &[&str] = &["hoi", "moc", "thoi", "diem", "khoang", "tam", "het", "ngay", "vao"];
        let mut before = at;
        while before > 0 && at - before < 2 && BETWEEN.contains(&self.fold(before - 1)) {
            before -= 1;
        }
        let Some(place) = before.checked_sub(1) else { return (at, Preposition::None) };
        let preposition = match () {
            () if self.is(place, "từ") => Preposition::From,
            () if self.is(place, "trước") => Preposition::Before,
            () if self.is(place, "sau") => Preposition::After,
            () if self.is(place, "đến") || self.is(place, "tới") => Preposition::Until,
            () => return (at, Preposition::None),
        };
        let start = if self.before(place, 1) == "ke" { place - 1 } else { place };
        (start, preposition)
    }

    /// Whether a time is one in which a case may lie, by its days and by the words before it.
    fn is_case(&self, start: usize, core: &Core, period: &Period) -> bool {
        let near = |word: &str, reach: usize| (1..=reach).any(|back| start.checked_sub(back).is_some_and(|at| self.is(at, word)));
        let last = period.to.or(core.period.to).unwrap_or(self.today);
        let too_old = last.year() < self.today.year() - YEARS_BACK_MAX;
        let too_far = period.from.is_some_and(|from| from.year() > self.today.year() + YEARS_AHEAD_MAX);
        let birthday = near("sinh", 1) && matches!(self.before(start, 2), "nam" | "ngay" | "thang");
        let born = (near("sinh", 1) || near("sn", 1)) && last < self.years_ago(BORN_YEARS_MAX);
        let validity = near("hạn", 2) || (near("trị", 2) && near("giá", 3));
        !(too_old || too_far || birthday || born || validity || (core.bare && self.is_label(start, start + core.words)))
    }

    /// Whether a time belongs to the name of a law: "luật bhxh sửa đổi năm 2024".
    fn is_law(&self, start: usize) -> bool {
        const REACH: usize = 7;
        const NAMES: &[&str] = &[
            "so", "bhxh", "bhyt", "bhtn", "viec", "lam", "lao", "dong", "sua", "doi", "bo", "sung", "dan", "an", "toan", "ve", "sinh",
            "moi", "cu", "cp", "ttg", "qh", "bnv", "btc", "byt", "can", "cuoc", "dien", "tu", "nd", "tt", "qd", "ngay", "nam",
        ];
        for back in 1..=REACH {
            let Some(at) = start.checked_sub(back) else { return false };
            let two = (self.before(at, 1), self.fold(at));
            let law = self.is(at, "luật")
                || matches!(self.fold(at), "nd" | "qd" | "cv" | "ttlt" | "nq")
                || matches!(two, ("nghi", "dinh" | "quyet") | ("thong", "tu") | ("quyet", "dinh") | ("cong", "van") | ("van", "ban"));
            if law {
                return true;
            }
            if !NAMES.contains(&self.fold(at)) && !self.words.get(at).is_some_and(starts_with_digit) {
                return false;
            }
        }
        false
    }

    /// Whether a bare number is the number of something, or counts something.
    fn is_label(&self, start: usize, end: usize) -> bool {
        const LABELS: &[&str] = &["mẫu", "số", "mã", "điều", "khoản", "phiên", "bản", "trang", "gọi", "hotline"];
        let before = start.checked_sub(1).is_some_and(|before| LABELS.iter().any(|label| self.is(before, label)));
        // "luong co so 2024"
        (before && self.before(start, 2) != "co") || is_unit(self.fold(end))
    }

    /// Whether the words before speak of work or contributions over time: "đóng bhxh từ …", but not "mức đóng từ …".
    fn is_career(&self, start: usize) -> bool {
        (1..=GOVERNING_WORDS).map_while(|back| start.checked_sub(back)).any(|at| {
            let errand = matches!(self.fold(at + 1), "the" | "ho" | "sao" | "thu" | "giay" | "lai" | "gi" | "don" | "so");
            let verb = self.is(at, "đóng")
                || (self.is(at, "làm") && !errand)
                || (self.fold(at) == "tham" && self.fold(at + 1) == "gia")
                || (self.fold(at) == "cong" && self.fold(at + 1) == "tac");
            verb && !matches!(self.before(at, 1), "muc" | "tien" | "phi" | "phai" | "le" | "viec")
        })
    }

    fn core(&self, at: usize) -> Option<Core> {
        let readings = [
            Text::now,
            Text::part_of_year,
            Text::part_of_month,
            Text::school_year,
            Text::day,
            Text::month,
            Text::quarter,
            Text::year,
            Text::distance,
        ];
        readings.into_iter().find_map(|reading| reading(self, at))
    }

    /// "bây giờ", "hôm qua", "tuần trước".
    fn now(&self, at: usize) -> Option<Core> {
        const SELF: &[&str] = &[
            "em", "toi", "minh", "chau", "con", "anh", "chi", "bac", "vo", "chong", "me", "bo", "dang", "muon", "moi", "thi", "lai", "xin",
            "phai", "duoc", "can", "da", "co", "chua",
        ];
        let next = self.fold(at + 1);
        let shifted = |days: i32| Some(Core::new(2, Period::day(self.today.checked_add(days.days()).ok()?)));
        let today = |words: usize| Some(Core { now: true, ..Core::new(words, Period::day(self.today)) });
        match (self.fold(at), next) {
            ("bay" | "bi", "gio") | ("hien", "nay" | "tai" | "gio" | "hanh") | ("hom" | "ngay" | "luc", "nay") => today(2),
            ("hom", "qua") => shifted(-1),
            ("ngay", "mai") => shifted(1),
            ("tuan", "truoc") if !COUNTED_FROM.contains(&self.fold(at + 2)) => shifted(-7),
            ("tuan", "sau") => shifted(7),
            ("tuan", "toi") if self.is_exactly(at + 1, "tới") => shifted(7),
            ("hien", next) if self.is(at, "hiện") && SELF.contains(&next) && !matches!(self.before(at, 1), "thuc" | "the" | "phat") => {
                today(1)
            }
            ("nay", next) if self.is(at, "nay") && SELF.contains(&next) => today(1),
            ("gio", next) if SELF.contains(&next) && !matches!(self.before(at, 1), "bao" | "may" | "so" | "lam" | "them") => today(1),
            _ => None,
        }
    }

    /// "đầu năm 2026", "6 tháng cuối năm ngoái", "hè 2025", "tết năm nay".
    fn part_of_year(&self, at: usize) -> Option<Core> {
        let half = (self.number(at) == Some(6) && self.is(at + 1, "tháng")).then_some(2).or(self.is(at, "nửa").then_some(1));
        let (skipped, months) = match half {
            Some(skipped) if self.is(at + skipped, "đầu") => (skipped + 1, (1, 6)),
            Some(skipped) if self.is(at + skipped, "cuối") => (skipped + 1, (7, 12)),
            Some(_) => return None,
            None if self.is(at, "đầu") => (1, (1, 3)),
            None if self.is(at, "giữa") => (1, (5, 8)),
            None if self.is(at, "cuối") => (1, (10, 12)),
            None if self.fold(at) == "mua" && self.is(at + 1, "hè") => (2, (6, 8)),
            None if self.is(at, "hè") => (1, (6, 8)),
            None if self.is(at, "tết") => (1, (1, 2)),
            None => return None,
        };
        let after = at + skipped;
        let named = self.before(after, 1);
        let is_season = matches!(named, "he" | "tet");
        let of_now = if named == "tet" { self.tet_year() } else { self.today.year() };
        let (year, words) = match self.year_said(after) {
            Some((_, words)) if is_season && self.is_year_word(after) && self.fold(after + 1) == "nay" => (of_now, words),
            Some(said) => said,
            // "đầu năm" alone is this year's; "đầu" alone is a head.
            None if self.is_year_word(after) && self.number(after + 1).is_none() && !is_season => (self.today.year(), 1),
            None if is_season && self.fold(after) == "nay" => (of_now, 1),
            None if is_season && self.says(after, &["vua", "roi"]) => (self.today.year(), 2),
            None => return None,
        };
        Some(Core::new(skipped + words, months_of(year, months.0, months.1)?))
    }

    /// Of "tết này", "tết năm nay": from the summer on people mean the one to come.
    fn tet_year(&self) -> i16 {
        self.today.year() + i16::from(self.today.month() > 6)
    }

    /// "đầu tháng 7/2026", "cuối tháng trước".
    fn part_of_month(&self, at: usize) -> Option<Core> {
        let (first, last) = match () {
            () if self.is(at, "đầu") => (1, 10),
            () if self.is(at, "giữa") => (11, 20),
            () if self.is(at, "cuối") => (21, 31),
            () => return None,
        };
        let month = self.month(at + 1).filter(|month| !month.bare)?;
        let (begin, end) = month.bounds()?;
        let from = Date::new(begin.year(), begin.month(), first).ok()?;
        let to = Date::new(begin.year(), begin.month(), last).unwrap_or(end);
        Some(Core { words: 1 + month.words, period: Period { from: Some(from), to: Some(to) }, ..month })
    }

    /// "năm học 2025-2026".
    fn school_year(&self, at: usize) -> Option<Core> {
        if !(self.is_year_word(at) && self.is(at + 1, "học")) {
            return None;
        }
        let (first, second) = self.years(at + 2)?;
        let period = Period { from: Date::new(first, 9, 1).ok(), to: Date::new(second, 8, 31).ok() };
        Some(Core::new(3, period))
    }

    /// "15/3/2026", "2026-07-01", "ngày 15 tháng 3 năm ngoái", "từ 1/7".
    fn day(&self, at: usize) -> Option<Core> {
        let named = matches!(self.fold(at), "ngay" | "hom" | "mung" | "mong") && self.words.get(at + 1).is_some_and(starts_with_digit);
        let number = at + usize::from(named);
        let parts = self.parts(number)?;
        let (day, month, after) = match parts[..] {
            [year, month, day] if year >= 1_900 => return self.dated(year, month, day, number + 1 - at),
            [day, month, year] => return self.dated(if year < 100 { 2_000 + year } else { year }, month, day, number + 1 - at),
            [day, month] if month <= 12 && (named || self.preposition(at).1 != Preposition::None) => (day, month, number + 1),
            [day] if self.is(number + 1, "tháng") => match self.parts(number + 2)?[..] {
                [month] if named || self.year_said(number + 3).is_some() => (day, month, number + 3),
                [month, year] if named && year >= 1_900 => return self.dated(year, month, day, number + 3 - at),
                _ => return None,
            },
            _ => return None,
        };
        let (year, words) = self.year_said(after).unwrap_or_else(|| (self.year_of_month(month, number), 0));
        if words == 0 && is_unit(self.fold(after)) {
            return None;
        }
        let core = self.dated(year.unsigned_abs().into(), month, day, after + words - at)?;
        Some(Core { dated: words > 0, ..core })
    }

    fn dated(&self, year: u32, month: u32, day: u32, words: usize) -> Option<Core> {
        let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
        Some(Core::new(words, Period::day(date)))
    }

    /// "tháng 5/2026", "tháng 5 năm ngoái", "t5/2026", "5/2026", "tháng trước", "tháng 5".
    fn month(&self, at: usize) -> Option<Core> {
        if let Some([month, year]) = self.parts(at).as_deref() {
            return Some(Core { bare: true, ..Core::new(1, month_of(*year, *month)?) });
        }
        let short = matches!(self.fold(at), "t" | "th");
        if !short && !self.is(at, "tháng") {
            return None;
        }
        if let Some([month, year]) = self.parts(at + 1).as_deref() {
            let year = if *year < 100 { 2_000 + year } else { *year };
            return Some(Core::new(2, month_of(year, *month)?));
        }
        let counted = at.checked_sub(1).is_some_and(|before| self.counts(before));
        let number = self.number(at + 1).filter(|month| (1..=12).contains(month));
        let Some(month) = number else {
            if let Some(month) = self.month_numeral(at + 1) {
                let (year, words) = self.year_said(at + 2)?;
                return Some(Core::new(2 + words, month_of(year.unsigned_abs().into(), month)?));
            }
            let (months, words) = self.relative(at + 1)?;
            let first = self.today.first_of_month().checked_add(months.months()).ok()?;
            let period = Period { from: Some(first), to: Some(first.last_of_month()) };
            return (!counted && !short).then_some(Core::new(1 + words, period));
        };
        let (year, words) = match self.year_said(at + 2) {
            Some((year, words)) => (year, words),
            None if short || counted || is_unit(self.fold(at + 2)) => return None,
            None => (self.year_of_month(month, at), 0),
        };
        Some(Core { dated: words > 0, ..Core::new(2 + words, month_of(year.unsigned_abs().into(), month)?) })
    }

    /// The year of a month without one: this year's, unless the words around look the other way, or the same month of the other year is
    /// much nearer. In December "từ tháng 1" is said of the next, in January "tháng 12" of the last.
    fn year_of_month(&self, month: u32, at: usize) -> i16 {
        // "Hồi" and "tới" without their accents are "hỏi" and "tôi" more often.
        let cue = |exact: &str, cues: &[&str]| {
            (at.saturating_sub(3)..at + 4).any(|place| self.is_exactly(place, exact) || cues.iter().any(|cue| self.is(place, cue)))
        };
        let (past, coming) = (cue("hồi", &["vừa", "đã", "rồi"]), cue("tới", &["sắp", "sẽ", "dự"]));
        let (this, now) = (self.today.year(), u32::from(self.today.month().unsigned_abs()));
        let is_far = month.abs_diff(now) > MONTHS_APART_MAX;
        match month.cmp(&now) {
            Ordering::Less if !past && (coming || is_far) => this + 1,
            Ordering::Greater if !coming && (past || is_far) => this - 1,
            _ => this,
        }
    }

    /// "quý 2/2026", "quý II năm nay", "quý 3".
    fn quarter(&self, at: usize) -> Option<Core> {
        let short = self.fold(at) == "q";
        if !short && !self.is(at, "quý") {
            return None;
        }
        let (quarter, year, words) = match (self.parts(at + 1).as_deref(), self.fold(at + 1)) {
            (Some([quarter, year]), _) if *year >= 1_900 => (*quarter, i16::try_from(*year).ok()?, 0),
            (parts, roman) => {
                let quarter = match (parts, roman) {
                    (Some([quarter]), _) => *quarter,
                    (_, "i") => 1,
                    (_, "ii") => 2,
                    (_, "iii") => 3,
                    (_, "iv") => 4,
                    _ => return None,
                };
                let said = self.year_said(at + 2);
                if said.is_none() && (short || is_unit(self.fold(at + 2))) {
                    return None;
                }
                let (year, words) = said.unwrap_or((self.today.year(), 0));
                (quarter, year, words)
            }
        };
        if !(1..=4).contains(&quarter) {
            return None;
        }
        Some(Core::new(2 + words, months_of(year, quarter * 3 - 2, quarter * 3)?))
    }

    /// "năm 2024", "năm ngoái", "2024", "2024-2025".
    fn year(&self, at: usize) -> Option<Core> {
        let word = usize::from(self.is_year_word(at));
        if let Some((first, second)) = self.years(at + word) {
            let period = Period { from: Date::new(first, 1, 1).ok(), to: Date::new(second, 12, 31).ok() };
            return Some(Core { bare: word == 0, ..Core::new(1 + word, period) });
        }
        let (year, words) = self.year_said(at)?;
        let bare = self.number(at).is_some();
        // "hơn 2 năm nay", "mấy năm trước"
        if !bare && self.number(at + 1).is_none() && at.checked_sub(1).is_some_and(|before| self.counts(before)) {
            return None;
        }
        Some(Core { bare, ..Core::new(words, months_of(year, 1, 12)?) })
    }

    /// "2 năm trước", "cách đây 3 tháng", "2 năm nữa".
    fn distance(&self, at: usize) -> Option<Core> {
        let ago = self.fold(at) == "cach" && self.fold(at + 1) == "day";
        let number = at + if ago { 2 } else { 0 };
        let count = i32::try_from(self.number(number).or_else(|| self.numeral(number))?).ok().filter(|count| *count <= 30)?;
        let years = self.is_year_word(number + 1);
        if !years && !self.is(number + 1, "tháng") {
            return None;
        }
        let (sign, words) = match self.fold(number + 2) {
            _ if ago => (-1, number + 2 - at),
            // "12 tháng trước sinh"
            "truoc" if matches!(self.fold(number + 3), "sinh" | "mang" | "thai" | "de") => return None,
            "truoc" if !COUNTED_FROM.contains(&self.fold(number + 3)) => (-1, number + 3 - at),
            "nua" => (1, number + 3 - at),
            "toi" if self.is_exactly(number + 2, "tới") => (1, number + 3 - at),
            _ => return None,
        };
        if years {
            let year = self.today.year().checked_add(i16::try_from(sign * count).ok()?)?;
            return Some(Core::new(words, months_of(year, 1, 12)?));
        }
        let first = self.today.first_of_month().checked_add((sign * count).months()).ok()?;
        Some(Core::new(words, Period { from: Some(first), to: Some(first.last_of_month()) }))
    }

    /// A year as said at this place, and in how many words: `2024`, "năm 2024", "năm ngoái", "sang năm".
    fn year_said(&self, at: usize) -> Option<(i16, usize)> {
        let plausible = |number: Option<u32>| number.filter(|year| (1_950..2_100).contains(year)).and_then(|year| i16::try_from(year).ok());
        if let Some(year) = plausible(self.number(at)) {
            return Some((year, 1));
        }
        if self.fold(at) == "sang" && self.is_year_word(at + 1) {
            return Some((self.today.year() + 1, 2));
        }
        if !self.is_year_word(at) {
            return None;
        }
        if let Some(year) = plausible(self.number(at + 1)) {
            return Some((year, 2));
        }
        // "Nam" in "lao động nam sau sinh" is a man.
        let spelt = self.is_exactly(at, "năm") || !self.accented || self.fold(at + 1) == "ngoai";
        let (years, words) = self.relative(at + 1).filter(|_| spelt)?;
        Some((self.today.year().checked_add(i16::try_from(years).ok()?)?, 1 + words))
    }

    /// "ngoái", "trước", "này", "sau", "tới" after "năm" or "tháng": how many of them away, and in how many words.
    fn relative(&self, at: usize) -> Option<(i32, usize)> {
        Some(match (self.fold(at), self.fold(at + 1)) {
            ("vua", "roi" | "qua") => (-1, 2),
            ("truoc" | "sau", next) if COUNTED_FROM.contains(&next) => return None,
            ("ngoai" | "truoc" | "roi" | "qua", _) => (-1, 1),
            ("kia", _) => (-2, 1),
            ("nay", _) => (0, 1),
            ("toi", next) if self.is_exactly(at, "tới") || next.is_empty() => (1, 1),
            ("sau", _) if self.is(at, "sau") => (1, 1),
            _ => return None,
        })
    }

    /// Whether the word is a count, so that "năm" or "tháng" behind it is a duration.
    fn counts(&self, at: usize) -> bool {
        const COUNTS: &[&str] =
            &["mấy", "nhiêu", "nhiều", "vài", "mỗi", "hàng", "hằng", "các", "những", "từng", "nửa", "rưỡi", "đủ", "lâu"];
        self.number(at).is_some() || self.numeral(at).is_some() || COUNTS.iter().any(|count| self.is(at, count))
    }

    fn numeral(&self, at: usize) -> Option<u32> {
        const NUMERALS: &[(&str, u32)] =
            &[("một", 1), ("hai", 2), ("ba", 3), ("bốn", 4), ("sáu", 6), ("bảy", 7), ("tám", 8), ("chín", 9), ("mười", 10)];
        NUMERALS.iter().find(|(word, _)| self.is_exactly(at, word)).map(|&(_, number)| number)
    }

    fn month_numeral(&self, at: usize) -> Option<u32> {
        const NAMED: &[(&str, u32)] = &[("giêng", 1), ("tư", 4), ("năm", 5), ("chạp", 12)];
        NAMED.iter().find(|(word, _)| self.is_exactly(at, word)).map(|&(_, number)| number).or_else(|| self.numeral(at))
    }

    /// "2024/2025": two years that follow each other.
    fn years(&self, at: usize) -> Option<(i16, i16)> {
        match self.parts(at)?[..] {
            [first, second] if (1_950..2_100).contains(&first) && second == first + 1 => {
                Some((i16::try_from(first).ok()?, i16::try_from(second).ok()?))
            }
            _ => None,
        }
    }

    fn number(&self, at: usize) -> Option<u32> {
        match self.parts(at)?[..] {
            [number] => Some(number),
            _ => None,
        }
    }

    fn parts(&self, at: usize) -> Option<Vec<u32>> {
        self.words.get(at).and_then(parts)
    }

    /// The word for a year. "Nam" among accented words may be a man, see [`Text::year_said`].
    fn is_year_word(&self, at: usize) -> bool {
        self.is(at, "năm")
    }

    /// Whether the word is this one, with its accents or without any.
    fn is(&self, at: usize, accented: &str) -> bool {
        let bare_form = |word: &Word| !word.is_accented() && word.syl.chars().eq(accented.chars().map(bare));
        self.words.get(at).is_some_and(|word| &*word.syl == accented || bare_form(word))
    }

    fn is_exactly(&self, at: usize, accented: &str) -> bool {
        self.words.get(at).is_some_and(|word| &*word.syl == accented)
    }

    fn says(&self, at: usize, folded: &[&str]) -> bool {
        folded.iter().enumerate().all(|(place, word)| self.fold(at + place) == *word)
    }

    fn skip(&self, at: usize, words: &[&str]) -> usize {
        at + usize::from(words.contains(&self.fold(at)))
    }

    /// The folded word; empty beyond the end.
    fn fold(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &word.fold)
    }

    fn before(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).map_or("", |at| self.fold(at))
    }

    fn years_ago(&self, years: i16) -> Date {
        self.today.checked_sub(years.years()).unwrap_or(Date::MIN)
    }
}

/// The numbers of a word that is made of nothing else: `2026`, `15/3/2026`. `4.5` and `1-3` are no dates, `5.2026` is.
fn parts(word: &Word) -> Option<Vec<u32>> {
    const PARTS_MAX: usize = 3;
    if !starts_with_digit(word) {
        return None;
    }
    let parts: Option<Vec<u32>> = word.syl.split(['/', '-', '.']).map(|part| part.parse().ok().filter(|_| part.len() <= 4)).collect();
    let other = |parts: &[u32]| word.syl.contains(['.', '-']) && matches!(parts, [_, second] if *second < 1_900);
    parts.filter(|parts| parts.len() <= PARTS_MAX && !other(parts))
}

/// What makes an amount or a duration of the number before it.
fn is_unit(folded: &str) -> bool {
    matches!(
        folded,
        "dong"
            | "d"
            | "k"
            | "nghin"
            | "ngan"
            | "trieu"
            | "tr"
            | "ti"
            | "vnd"
            | "nguoi"
            | "tuoi"
            | "lan"
            | "phan"
            | "diem"
            | "ngay"
            | "tuan"
    )
}

fn month_of(year: u32, month: u32) -> Option<Period> {
    let year = i16::try_from(year).ok().filter(|year| (1_950..2_100).contains(year))?;
    months_of(year, month, month)
}

/// From the first day of one month to the last of another.
fn months_of(year: i16, first: u32, last: u32) -> Option<Period> {
    let day = |month: u32| Date::new(year, i8::try_from(month).ok()?, 1).ok();
    Some(Period { from: Some(day(first)?), to: Some(day(last)?.last_of_month()) })
}

/// The day in the year of `until`, or in the year before when it would come after it: "từ tháng 11 đến tháng 2/2026".
fn same_year(day: Date, until: Date) -> Date {
    let moved = |year: i16| Date::new(year, day.month(), day.day()).ok();
    moved(until.year()).filter(|moved| *moved <= until).or_else(|| moved(until.year() - 1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use faq::Faq;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::Corpus;
    use crate::network::Network;
    use crate::text::question::Question;

    static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        Corpus::build(&faq, Network::embedded().expect("the network is read").lexicon(), [])
    });

    const TODAY: Date = date(2026, 11, 25);

    fn time_on(today: Date, text: &str) -> Option<AskedTime> {
        read(&Question::read(text, &CORPUS.vocabulary).dated_words, today)
    }

    fn time(text: &str) -> Option<AskedTime> {
        time_on(TODAY, text)
    }

    fn days(period: Period) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        if period.from == period.to { day(period.from) } else { format!("{}..{}", day(period.from), day(period.to)) }
    }

    fn check(rows: &[(&str, &str)]) {
        check_on(TODAY, rows);
    }

    fn check_on(today: Date, rows: &[(&str, &str)]) {
        let wrong: Vec<String> = rows
            .iter()
            .map(|(text, expected)| (text, expected, time_on(today, text).map_or("-".to_owned(), |time| days(time.about.time))))
            .filter(|(_, expected, found)| **expected != found)
            .map(|(text, expected, found)| format!("{text}: expected {expected}, found {found}"))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// It was the last Tết all year, and in December "từ tháng 1" the January before.
    #[test]
    fn near_the_turn_of_the_year_the_nearer_year_is_meant() {
        let december = date(2026, 12, 15);
        check_on(
            december,
            &[
                ("tết này sinh con được trợ cấp bao nhiêu", "2027-01-01..2027-02-28"),
                ("tet nam nay di lam duoc bao nhieu", "2027-01-01..2027-02-28"),
                ("tết vừa rồi đi khám", "2026-01-01..2026-02-28"),
                ("hè này sinh con", "2026-06-01..2026-08-31"),
                ("từ tháng 1 mức đóng bhxh tự nguyện là bao nhiêu", "2027-01-01.."),
                ("từ 1/1 mức đóng thay đổi thế nào", "2027-01-01.."),
                ("tháng 1 em đã sinh con", "2026-01-01..2026-01-31"),
                ("tháng 3 nghỉ việc", "2026-03-01..2026-03-31"),
                ("tháng 12 nghỉ việc", "2026-12-01..2026-12-31"),
            ],
        );
        check_on(
            date(2027, 1, 10),
            &[
                ("tết này sinh con được trợ cấp bao nhiêu", "2027-01-01..2027-02-28"),
                ("tháng 12 nghỉ việc", "2026-12-01..2026-12-31"),
                ("tháng 12 này sẽ nghỉ việc", "2027-12-01..2027-12-31"),
                ("ngày 15/12 nghỉ việc", "2026-12-15"),
                ("tháng 1 nghỉ việc", "2027-01-01..2027-01-31"),
                ("tháng 10 nghỉ việc", "2027-10-01..2027-10-31"),
            ],
        );
    }

    #[test]
    fn times_are_read_as_days() {
        check(&[
            ("năm ngoái sinh con được bao nhiêu", "2025-01-01..2025-12-31"),
            ("nam ngoai sinh con duoc bao nhieu", "2025-01-01..2025-12-31"),
            ("nawm ngoais sinh con ddwowcj bao nhieeu", "2025-01-01..2025-12-31"),
            ("na8m ngoa1i sinh con d9u7o7c5 bao nhieu", "2025-01-01..2025-12-31"),
            ("mức đóng bhyt năm trước", "2025-01-01..2025-12-31"),
            ("muc dong bhyt nam trc", "2025-01-01..2025-12-31"),
            ("năm vừa rồi lương cơ sở bao nhiêu", "2025-01-01..2025-12-31"),
            ("năm kia mức hưởng thế nào", "2024-01-01..2024-12-31"),
            ("mức đóng bhyt hộ gia đình năm nay", "2026-01-01..2026-12-31"),
            ("năm sau đóng bhxh tự nguyện bao nhiêu", "2027-01-01..2027-12-31"),
            ("sang năm tuổi nghỉ hưu là bao nhiêu", "2027-01-01..2027-12-31"),
            ("năm tới mức đóng có tăng không", "2027-01-01..2027-12-31"),
            ("tháng trước sinh con thì được bao nhiêu", "2026-10-01..2026-10-31"),
            ("tháng này nộp còn kịp không", "2026-11-01..2026-11-30"),
            ("tháng sau nghỉ việc", "2026-12-01..2026-12-31"),
            ("tháng tới mức hưởng ra sao", "2026-12-01..2026-12-31"),
            ("tháng vừa rồi đi khám", "2026-10-01..2026-10-31"),
            ("vợ sinh tháng 5/2026", "2026-05-01..2026-05-31"),
            ("vo sinh thang 5/2026 chong nghi may ngay", "2026-05-01..2026-05-31"),
            ("sinh con tháng 5 năm 2026", "2026-05-01..2026-05-31"),
            ("sinh con tháng 5 năm ngoái", "2025-05-01..2025-05-31"),
            ("sinh con 5/2026", "2026-05-01..2026-05-31"),
            ("sinh con t5/2026", "2026-05-01..2026-05-31"),
            ("sinh con tháng 5.2026 được bao nhiêu", "2026-05-01..2026-05-31"),
            ("sinh con tháng năm năm 2026", "2026-05-01..2026-05-31"),
            ("em sinh tháng 3 vừa rồi", "2026-03-01..2026-03-31"),
            ("em dự sinh tháng 3", "2027-03-01..2027-03-31"),
            ("đã nghỉ việc tháng 12", "2025-12-01..2025-12-31"),
            ("vợ sinh ngày 15/3/2026", "2026-03-15"),
            ("vợ sinh 15-3-2026", "2026-03-15"),
            ("vợ sinh 15.03.2026", "2026-03-15"),
            ("vợ sinh 15/3/26", "2026-03-15"),
            ("mất ngày 15 tháng 3 năm 2026", "2026-03-15"),
            ("mất ngày 15 tháng 3 năm ngoái", "2025-03-15"),
            ("mất ngày 15/3 năm ngoái", "2025-03-15"),
            ("mất ngày 15/3", "2026-03-15"),
            ("nghỉ hưu từ 2026-07-01", "2026-07-01.."),
            ("hồi 2024 lương cơ sở bao nhiêu", "2024-01-01..2024-12-31"),
            ("năm 2024 lương cơ sở bao nhiêu", "2024-01-01..2024-12-31"),
            ("luong co so 2024", "2024-01-01..2024-12-31"),
            ("lương tối thiểu vùng 2025", "2025-01-01..2025-12-31"),
            ("trước 1/7/2025 mức hưởng thế nào", "..2025-06-30"),
            ("trước ngày 01/07/2025 thì sao", "..2025-06-30"),
            ("trước tháng 7/2025 mai táng phí bao nhiêu", "..2025-06-30"),
            ("trước năm 2025 mức hưởng thế nào", "..2024-12-31"),
            ("từ 1/7/2026 mức hưởng thế nào", "2026-07-01.."),
            ("kể từ ngày 1/7/2026 thì sao", "2026-07-01.."),
            ("tu 1/7 muc huong the nao", "2026-07-01.."),
            ("sau ngày 1/7 mức hưởng thế nào", "2026-07-01.."),
            ("sau năm 2026 thì sao", "2027-01-01.."),
            ("từ năm 2027 mức đóng tự nguyện thấp nhất", "2027-01-01.."),
            ("cuối năm 2025 mẹ em mất", "2025-10-01..2025-12-31"),
            ("cuối năm ngoái mẹ em mất", "2025-10-01..2025-12-31"),
            ("đầu 2026 nghỉ việc", "2026-01-01..2026-03-31"),
            ("đầu năm nghỉ việc", "2026-01-01..2026-03-31"),
            ("giữa năm 2025 đi khám", "2025-05-01..2025-08-31"),
            ("6 tháng đầu năm 2026 mức trợ cấp", "2026-01-01..2026-06-30"),
            ("6 tháng cuối năm 2025 mức trợ cấp", "2025-07-01..2025-12-31"),
            ("đầu tháng 7/2026 sinh con", "2026-07-01..2026-07-10"),
            ("cuối tháng 6/2026 sinh con", "2026-06-21..2026-06-30"),
            ("quý 2/2026 nghỉ dưỡng sức", "2026-04-01..2026-06-30"),
            ("quý II năm nay nghỉ dưỡng sức", "2026-04-01..2026-06-30"),
            ("quy 2 nam 2026 nghi duong suc", "2026-04-01..2026-06-30"),
            ("hè năm ngoái đi viện", "2025-06-01..2025-08-31"),
            ("mùa hè 2025 đi viện", "2025-06-01..2025-08-31"),
            ("tết 2026 đi viện", "2026-01-01..2026-02-28"),
            ("2 năm trước sổ cấp thế nào", "2024-01-01..2024-12-31"),
            ("hai năm trước mức hưởng thế nào", "2024-01-01..2024-12-31"),
            ("cách đây 3 tháng bố em mất", "2026-08-01..2026-08-31"),
            ("3 tháng trước bố em mất", "2026-08-01..2026-08-31"),
            ("2 năm nữa nghỉ hưu thì bao nhiêu tuổi", "2028-01-01..2028-12-31"),
            ("năm 2030 nữ nghỉ hưu lúc bao nhiêu tuổi", "2030-01-01..2030-12-31"),
            ("nghỉ thai sản từ 3/2026 đến 9/2026", "2026-03-01..2026-09-30"),
            ("nghỉ thai sản 1/3/2026-30/8/2026", "2026-03-01..2026-08-30"),
            ("nghỉ thai sản từ tháng 11 đến tháng 4/2026", "2025-11-01..2026-04-30"),
            ("bhyt học sinh năm học 2025-2026", "2025-09-01..2026-08-31"),
            ("hôm qua đi khám", "2026-11-24"),
            ("tuần trước đi khám", "2026-11-18"),
            ("hiện nay mức đóng bao nhiêu", "2026-11-25"),
            ("bây giờ lương cơ sở bao nhiêu", "2026-11-25"),
            ("em sinh năm 2026 được nghỉ mấy tháng", "2026-01-01..2026-12-31"),
            ("luật mới áp dụng từ 1/7/2025 thế nào", "2025-07-01.."),
            ("mức đóng từ 1/7/2026 là bao nhiêu", "2026-07-01.."),
            ("theo luật 2014 thì năm 2024 mẹ em mất được bao nhiêu", "2024-01-01..2024-12-31"),
        ]);
    }

    #[test]
    fn other_numbers_are_no_times() {
        check(
            &[
                "gọi 1900 9068 có mất tiền không",
                "nghị định 158/2025/NĐ-CP quy định gì",
                "nghi dinh 158/2025 quy dinh gi",
                "nđ 188 năm 2025 về bhyt",
                "thông tư 12/2025/TT-BNV hướng dẫn gì",
                "quyết định 595 năm 2017",
                "luật bhxh 2024 có gì mới",
                "luật bảo hiểm xã hội sửa đổi năm 2024",
                "luật 2014 còn áp dụng không",
                "luật việc làm 2025",
                "mẫu 01 điền thế nào",
                "mẫu 05/2025 ở đâu",
                "đóng 15 năm được bao nhiêu",
                "đóng đủ 20 năm 2 tháng",
                "đã đóng năm năm sáu tháng",
                "6 tháng 5 ngày tính thế nào",
                "đóng 6 tháng trong 12 tháng trước khi sinh",
                "12 tháng trước sinh đóng đủ 6 tháng",
                "bình quân lương 6 tháng trước khi nghỉ",
                "tháng trước khi nghỉ việc lương 10 triệu",
                "tôi sinh năm 1965 bao giờ nghỉ hưu",
                "sinh 10/1965 nghỉ hưu khi nào",
                "sn 1970",
                "ngày sinh 15/3/2020 bị sai",
                "con sinh năm 2019 thẻ bhyt thế nào",
                "từ năm 2008 đến nay đóng BHXH",
                "đóng từ 3/2015 đến 6/2024",
                "đóng bhxh từ tháng 3/2025 thì được rút không",
                "làm từ năm 2020",
                "tham gia trước ngày 1/7/2025 được rút một lần không",
                "đóng trước 2014 tính mấy tháng lương",
                "nghỉ việc năm 2012 chưa rút",
                "hơn 2 năm nay không đóng",
                "mấy năm nay không có việc",
                "lương 2.024 nghìn",
                "từ 4.5 triệu",
                "mua thuốc từ 1-3 tháng",
                "8 tháng tôi đã đóng",
                "mua bhyt được 4 năm tôi muốn đổi thẻ",
                "từ tháng 4 đến tháng 11/2006 làm ở xã",
                "lương 5.500.000 đồng",
                "hưởng 2025 đồng",
                "lương tháng 5 triệu",
                "mỗi tháng 5 triệu",
                "tháng thứ 8 thai kỳ",
                "lao động nam sau 60 tuổi",
                "nghỉ 1/2 ngày",
                "làm việc 24/7",
                "bao giờ có kết quả",
                "mấy giờ làm việc",
                "từ trước đến nay chưa đóng",
                "thẻ hết hạn 31/12/2025",
                "thẻ có giá trị đến 31/12/2026",
                "phiên bản 2.1.0",
                "hằng năm có tăng không",
                "quy trình gồm mấy bước",
                "quý cơ quan cho hỏi",
                "đầu tiên phải làm gì",
                "",
            ]
            .map(|text| (text, "-")),
        );
    }

    #[test]
    fn of_several_times_the_latest_counts() {
        check(&[
            ("nghỉ việc tháng 12/2025, sinh con tháng 5/2026", "2026-05-01..2026-05-31"),
            ("sinh con tháng 5/2026, nghỉ việc từ năm 2024", "2026-05-01..2026-05-31"),
            ("năm 2025 và năm 2026 khác gì nhau", "2026-01-01..2026-12-31"),
        ]);
        for (text, also) in [
            ("nghỉ việc năm 2024, giờ em mới rút thì theo luật nào", Some("2024-01-01..2024-12-31")),
            ("nghỉ việc tháng 5/2025, hiện nay nộp hồ sơ", Some("2025-05-01..2025-05-31")),
            ("nghỉ việc tháng 12/2025, sinh con tháng 5/2026", None),
        ] {
            assert_eq!(time(text).and_then(|time| time.about.also).map(days).as_deref(), also, "{text}");
        }
    }

    #[test]
    fn a_time_alone_is_told_from_a_question() {
        for (text, alone) in [
            ("còn bây giờ thì sao?", true),
            ("thế năm ngoái?", true),
            ("vay con nam ngoai thi sao a", true),
            ("trước 1/7/2025 thì sao", true),
            ("năm 2024", true),
            ("năm ngoái mất sổ thì sao", false),
            ("còn chồng năm ngoái thì sao", false),
        ] {
            assert_eq!(time(text).map(|time| time.alone), Some(alone), "{text}");
        }
        assert_eq!(time("nghỉ hưu từ ngày 1/7/2026 được bao nhiêu").map(|time| time.words).as_deref(), Some("từ ngày 1/7/2026"));
    }

    /// Words of times in any order.
    fn jumble() -> impl Strategy<Value = String> {
        const WORDS: &[&str] = &[
            "năm",
            "nam",
            "tháng",
            "ngày",
            "quý",
            "trước",
            "sau",
            "từ",
            "đến",
            "nay",
            "ngoái",
            "đầu",
            "cuối",
            "hè",
            "học",
            "2026",
            "5/2026",
            "31/2/2026",
            "15/3",
            "99/99/9999",
            "0/0",
            "2024-2025",
            "5.2026",
            "0",
            "13",
            "nữa",
            "cách",
            "đây",
            "giờ",
            "trở",
            "về",
            "9999",
            "1-2-3-4",
            "6",
            "tư",
            "vừa",
            "rồi",
            "sinh",
        ];
        proptest::collection::vec(proptest::sample::select(WORDS), 0..12).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_words_are_read_on_any_day(text in jumble(), days in 0_i32..3_000_000) {
            let question = Question::read(&text, &CORPUS.vocabulary);
            let today = Date::new(-2_000, 1, 1).and_then(|first| first.checked_add(days.days())).unwrap_or(Date::MAX);
            if let Some(time) = read(&question.dated_words, today) {
                let period = time.about.time;
                prop_assert!(period.from.zip(period.to).is_none_or(|(from, to)| from <= to), "{period:?}");
            }
        }
    }
}
