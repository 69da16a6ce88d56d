//! Which administrative unit a text names: now and before, in full or in short, with or without accents.
//!
//! Every stretch of words that is a name is a match. A unit is as likely as its own match is long, and more so when units above it are
//! named beside it ("phường Bến Nghé q1": the ward of that name in that district). What is left equally likely is weighed by how many
//! people live there; when that does not decide, it is asked back, and never guessed across provinces.

use std::cmp::Reverse;
use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::point::Point;
use super::row::{Code, Level, Unit};
use super::words::{Token, contradictions, joined, name_words};

/// Stretches of one text that are weighed against each other; the longest are kept.
const MATCHES_MAX: usize = 40;
/// Units asked back at once.
pub const CHOICES_MAX: usize = 5;
/// The longest name, "Văn Miếu - Quốc Tử Giám", has six words.
const NAME_WORDS_MAX: usize = 6;
/// A name is read through a slip of the keyboard from so many letters on: shorter ones are too near to each other.
const SLIP_LETTERS_MIN: usize = 5;
/// What each contradicted accent takes from the weight of a word.
const CONTRADICTION: f64 = 0.35;
/// What a slip of the keyboard takes from the weight of a match.
const SLIP: f64 = 0.4;
/// What is given for the very word before the name ("quận"), and for one of the same family.
const SAME_TYPE: f64 = 0.4;
const SAME_FAMILY: f64 = 0.2;
/// Scores nearer than this are equal.
const EQUAL: f64 = 0.05;
/// A unit that so many more people mean than the next is taken without asking back.
const DOMINANT: f64 = 4.0;
/// Units of one province this near to each other are one place for whoever looks for something near.
const SAME_PLACE_M: f64 = 6_000.0;
/// Communes whose population is not known.
const PEOPLE_USUAL: f64 = 15_000.0;

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No unit.
    Nothing,
    /// This one, by its number in [`Gazetteer::unit`].
    One(u32),
    /// One of these, the likeliest first; `more` when there are others.
    Several {
        /// At most [`CHOICES_MAX`].
        units: Vec<u32>,
        /// Not all of them.
        more: bool,
    },
}

/// A text, looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) found: Found,
    /// The words that name it, with those before the names.
    pub(crate) covered: Vec<bool>,
    /// A word before the name said what it is ("quận", "xã").
    pub(crate) designated: bool,
    /// It was read through a slip of the keyboard.
    pub(crate) slipped: bool,
}

/// The kind of a unit as its name says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Type {
    Tinh,
    ThanhPho,
    Quan,
    Huyen,
    ThiXa,
    ThiTran,
    Phuong,
    Xa,
    DacKhu,
}

const TYPES: [(&str, Type); 9] = [
    ("Thành phố ", Type::ThanhPho),
    ("Thị trấn ", Type::ThiTran),
    ("Thị xã ", Type::ThiXa),
    ("Đặc khu ", Type::DacKhu),
    ("Phường ", Type::Phuong),
    ("Huyện ", Type::Huyen),
    ("Quận ", Type::Quan),
    ("Tỉnh ", Type::Tinh),
    ("Xã ", Type::Xa),
];

/// Words before a name, by their keys.
const DESIGNATORS: [(&[&str], Type); 19] = [
    (&["thanh", "pho"], Type::ThanhPho),
    (&["t", "p"], Type::ThanhPho),
    (&["tp"], Type::ThanhPho),
    (&["thi", "tran"], Type::ThiTran),
    (&["tt"], Type::ThiTran),
    (&["thi", "xa"], Type::ThiXa),
    (&["t", "x"], Type::ThiXa),
    (&["tx"], Type::ThiXa),
    (&["dac", "khu"], Type::DacKhu),
    (&["phuong"], Type::Phuong),
    (&["ph"], Type::Phuong),
    (&["p"], Type::Phuong),
    (&["f"], Type::Phuong),
    (&["huyen"], Type::Huyen),
    (&["h"], Type::Huyen),
    (&["quan"], Type::Quan),
    (&["q"], Type::Quan),
    (&["tinh"], Type::Tinh),
    (&["xa"], Type::Xa),
];

impl Type {
    fn fits(self, level: Level) -> bool {
        match self {
            Type::Tinh => matches!(level, Level::Province | Level::OldProvince),
            Type::ThanhPho => matches!(level, Level::Province | Level::OldProvince | Level::OldDistrict),
            Type::Quan | Type::Huyen | Type::ThiXa => level == Level::OldDistrict,
            Type::ThiTran | Type::Phuong | Type::Xa | Type::DacKhu => matches!(level, Level::Ward | Level::OldWard),
        }
    }
}

struct Known {
    unit: Unit,
    kind: Option<Type>,
    /// The name without its kind.
    short: String,
    /// Units that it lies in, or lay in.
    above: FxHashSet<u32>,
    /// Present communes that it is, has or became.
    wards: Vec<u32>,
    /// Its present province.
    province: Option<u32>,
    point: Option<Point>,
    /// About so many people mean it.
    weight: f64,
}

struct Name {
    key: Box<str>,
    /// Units of that name, and how they are written.
    meant: Vec<Meant>,
}

struct Meant {
    unit: u32,
    words: Vec<Box<str>>,
    /// Not the name of the unit but what it is called: an alias of few letters, "HN".
    initials: bool,
}

/// All units, ready to be found by name.
pub struct Gazetteer {
    units: Vec<Known>,
    by_key: FxHashMap<(Level, Code), u32>,
    names: Vec<Name>,
    by_name: FxHashMap<Box<str>, u32>,
    /// Hashes of names with a letter left out, and whose they are; sorted.
    slips: Vec<(u64, u32)>,
    /// Words of names.
    words: FxHashSet<Box<str>>,
}

/// A stretch of words that is a name.
struct Match {
    /// With the word before it.
    start: usize,
    name_start: usize,
    end: usize,
    designator: Option<Type>,
    /// Units, and what the match is worth to each.
    worth: Vec<(u32, f64)>,
    slipped: bool,
    /// Followed by "cũ" (true) or "mới" (false).
    before: Option<bool>,
}

impl Match {
    fn covers(&self, other: &Match) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl Gazetteer {
    /// From rows, and a table of other names: `alias<TAB>level and name`, see `data/place-names.tsv`.
    pub fn build(units: Vec<Unit>, aliases: &str) -> Gazetteer {
        let mut units: Vec<Unit> = units;
        units.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
        let by_key: FxHashMap<(Level, Code), u32> = units.iter().zip(0..).map(|(unit, at)| ((unit.level, unit.code.clone()), at)).collect();
        let mut gazetteer = Gazetteer {
            units: units.into_iter().map(Known::new).collect(),
            by_key,
            names: Vec::new(),
            by_name: FxHashMap::default(),
            slips: Vec::new(),
            words: FxHashSet::default(),
        };
        gazetteer.relate();
        gazetteer.weigh();
        gazetteer.name(aliases);
        gazetteer
    }

    /// Who lies in whom.
    fn relate(&mut self) {
        let find = |level: Level, code: &str| self.by_key.get(&(level, code.to_owned())).copied();
        let mut above: Vec<FxHashSet<u32>> = vec![FxHashSet::default(); self.units.len()];
        let mut wards: Vec<Vec<u32>> = vec![Vec::new(); self.units.len()];
        let mut province: Vec<Option<u32>> = vec![None; self.units.len()];
        let order = [Level::Province, Level::OldProvince, Level::OldDistrict, Level::Ward, Level::OldWard];
        for level in order {
            for (at, known) in self.units.iter().enumerate().filter(|(_, known)| known.unit.level == level) {
                let unit = &known.unit;
                let number = at as u32;
                match level {
                    Level::Province => province[at] = Some(number),
                    Level::OldProvince => {
                        province[at] = unit.into.first().and_then(|code| find(Level::Province, code));
                        above[at].extend(province[at]);
                    }
                    Level::OldDistrict => {
                        wards[at] = unit.into.iter().filter_map(|code| find(Level::Ward, code)).collect();
                        if let Some(old) = find(Level::OldProvince, &unit.parent) {
                            province[at] = province[old as usize];
                            let mine = wards[at].clone();
                            wards[old as usize].extend(mine);
                            above[at].insert(old);
                        }
                        above[at].extend(province[at]);
                    }
                    Level::Ward => {
                        wards[at] = vec![number];
                        province[at] = find(Level::Province, &unit.parent);
                        above[at].extend(province[at]);
                        if let Some(province) = province[at] {
                            wards[province as usize].push(number);
                        }
                    }
                    Level::OldWard => {
                        wards[at] = unit.into.iter().filter_map(|code| find(Level::Ward, code)).collect();
                        let district = find(Level::OldDistrict, &unit.parent);
                        let higher: Vec<u32> = district
                            .into_iter()
                            .chain(district.iter().flat_map(|&district| above[district as usize].iter().copied()))
                            .collect();
                        above[at].extend(higher.iter().copied());
                        province[at] = district.and_then(|district| province[district as usize]);
                        for &ward in &wards[at] {
                            // A commune of today can be called by whatever district its parts lay in.
                            above[ward as usize].extend(higher.iter().copied());
                        }
                        let mine = wards[at].clone();
                        above[at].extend(mine);
                    }
                }
            }
        }
        for (at, known) in self.units.iter_mut().enumerate() {
            known.above = std::mem::take(&mut above[at]);
            known.wards = std::mem::take(&mut wards[at]);
            known.wards.sort_unstable();
            known.wards.dedup();
            known.province = province[at];
        }
        for at in 0..self.units.len() {
            if self.units[at].point.is_none() {
                self.units[at].point = self.units[at].wards.first().and_then(|&ward| self.units[ward as usize].unit.point);
            }
        }
    }

    fn weigh(&mut self) {
        let mut parts: FxHashMap<u32, f64> = FxHashMap::default();
        for known in self.units.iter().filter(|known| known.unit.level == Level::OldWard) {
            for &ward in &known.wards {
                *parts.entry(ward).or_default() += 1.0;
            }
        }
        let mut people: Vec<f64> = vec![0.0; self.units.len()];
        for (at, known) in self.units.iter().enumerate() {
            let own = |ward: &u32| match self.units[*ward as usize].unit.population {
                0 => PEOPLE_USUAL,
                people => f64::from(people),
            };
            match known.unit.level {
                Level::Ward => {
                    people[at] = own(&(at as u32));
                    known
                        .above
                        .iter()
                        .filter(|&&up| self.units[up as usize].unit.level == Level::Province)
                        .for_each(|&up| people[up as usize] += people[at]);
                }
                Level::OldWard => {
                    people[at] = known.wards.iter().map(|ward| own(ward) / parts.get(ward).copied().unwrap_or(1.0)).sum();
                    let old = |up: &&u32| matches!(self.units[**up as usize].unit.level, Level::OldDistrict | Level::OldProvince);
                    known.above.iter().filter(old).for_each(|&up| people[up as usize] += people[at]);
                }
                _ => {}
            }
        }
        for (at, known) in self.units.iter_mut().enumerate() {
            let salience = match (known.unit.level, known.kind) {
                // Short forms mean a city before a province: ĐN is Đà Nẵng before Đồng Nai.
                (Level::Province, Some(Type::ThanhPho)) => 14.0,
                (Level::Province, _) => 8.0,
                (Level::OldProvince, _) => 7.0,
                (Level::OldDistrict, Some(Type::Quan | Type::ThanhPho)) => 4.0,
                (Level::OldDistrict, Some(Type::ThiXa)) => 3.0,
                (Level::OldDistrict, _) => 2.5,
                (Level::Ward, _) => 1.0,
                (Level::OldWard, _) => 0.8,
            };
            known.weight = salience * people[at].max(1.0);
        }
    }

    fn name(&mut self, aliases: &str) {
        let mut all: Vec<(u32, String, bool)> = Vec::new();
        let mut own: FxHashSet<String> = FxHashSet::default();
        for (known, at) in self.units.iter().zip(0..) {
            all.push((at, known.short.clone(), false));
            if known.unit.level != Level::OldWard && known.unit.level != Level::Ward {
                own.insert(joined(&name_words(&known.short)));
            }
        }
        for (known, at) in self.units.iter().zip(0..) {
            for alias in &known.unit.aliases {
                let key = joined(&name_words(alias));
                // The name of a town is often listed for its province too. The town itself is meant.
                if !own.contains(&key) {
                    let initials = alias.chars().filter(|letter| letter.is_alphabetic()).all(char::is_uppercase);
                    all.push((at, alias.clone(), initials));
                }
            }
        }
        for row in crate::text::phrases::rows(aliases) {
            let mut fields = row.split('\t');
            let (Some(alias), Some(level), Some(code)) = (fields.next(), fields.next(), fields.next()) else { continue };
            let unit = super::compact::level_of(level).and_then(|level| self.by_key.get(&(level, code.to_owned())));
            let initials = alias.chars().filter(|letter| letter.is_alphabetic()).all(char::is_uppercase);
            all.extend(unit.map(|&unit| (unit, alias.to_owned(), initials)));
        }
        for (unit, written, initials) in all {
            let words = name_words(&written);
            let key = joined(&words);
            if key.is_empty() {
                continue;
            }
            self.words.extend(words.iter().map(|word| word.key.as_str().into()));
            let next = self.names.len() as u32;
            let at = *self.by_name.entry(key.as_str().into()).or_insert(next);
            if at == next {
                self.names.push(Name { key: key.as_str().into(), meant: Vec::new() });
            }
            let meant = &mut self.names[at as usize].meant;
            let words: Vec<Box<str>> = words.into_iter().map(|word| word.syl.into_boxed_str()).collect();
            match meant.iter_mut().find(|known| known.unit == unit) {
                Some(known) if words.iter().any(|word| !word.is_ascii()) && known.words.iter().all(|word| word.is_ascii()) => {
                    known.words = words;
                    known.initials &= initials;
                }
                Some(known) => known.initials &= initials,
                None => meant.push(Meant { unit, words, initials }),
            }
        }
        let mut slips = Vec::new();
        for (name, at) in self.names.iter().zip(0..) {
            if name.key.len() >= SLIP_LETTERS_MIN && name.key.bytes().all(|byte| byte.is_ascii_lowercase()) {
                slips.extend(with_deletions(&name.key).into_iter().map(|key| (hash(&key), at)));
            }
        }
        slips.sort_unstable();
        slips.dedup();
        self.slips = slips;
    }

    /// Whether a folded word stands in some name, or before one.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.words.contains(key) || DESIGNATORS.iter().any(|(words, _)| words.contains(&key))
    }

    /// A unit by its number.
    pub fn unit(&self, number: u32) -> &Unit {
        &self.units[number as usize].unit
    }

    /// Its number.
    pub fn number(&self, level: Level, code: &str) -> Option<u32> {
        self.by_key.get(&(level, code.to_owned())).copied()
    }

    /// Numbers of all units of a level.
    pub fn of_level(&self, level: Level) -> impl Iterator<Item = u32> + '_ {
        self.units.iter().zip(0..).filter(move |(known, _)| known.unit.level == level).map(|(_, at)| at)
    }

    /// The middle of a unit.
    pub fn point(&self, number: u32) -> Option<Point> {
        self.units[number as usize].point
    }

    /// Numbers of the present communes that a unit is, has or became.
    pub fn wards(&self, number: u32) -> &[u32] {
        &self.units[number as usize].wards
    }

    /// The number of the present province of a unit.
    pub fn province(&self, number: u32) -> Option<u32> {
        self.units[number as usize].province
    }

    /// The name without "Tỉnh" or "Phường".
    pub fn short_name(&self, number: u32) -> &str {
        &self.units[number as usize].short
    }

    /// The unit with what it lies in, so that it is told from others of its name: "Phường Bến Nghé (cũ), Quận 1, Hồ Chí Minh".
    pub fn label(&self, number: u32) -> String {
        let known = &self.units[number as usize];
        let unit = &known.unit;
        let short = |level: Level, code: &str| self.number(level, code).map(|at| self.units[at as usize].short.clone());
        let province = known.province.map(|province| self.units[province as usize].short.clone()).unwrap_or_default();
        match unit.level {
            Level::Province => unit.name.clone(),
            Level::OldProvince if known.short == province => unit.name.clone(),
            Level::OldProvince => format!("{} (cũ), nay thuộc {province}", unit.name),
            Level::Ward => format!("{}, {province}", unit.name),
            Level::OldDistrict => {
                let old = short(Level::OldProvince, &unit.parent).unwrap_or_default();
                if old == province {
                    format!("{} (cũ), {province}", unit.name)
                } else {
                    format!("{} (cũ), {old}, nay thuộc {province}", unit.name)
                }
            }
            Level::OldWard => {
                let district =
                    self.number(Level::OldDistrict, &unit.parent).map(|at| self.units[at as usize].unit.name.clone()).unwrap_or_default();
                format!("{} (cũ), {district}, {province}", unit.name)
            }
        }
    }

    /// What the words name. Words for which `taken` is true mean something else already.
    pub(crate) fn search(&self, tokens: &[Token], taken: &[bool]) -> Search {
        let nothing = || Search { found: Found::Nothing, covered: vec![false; tokens.len()], designated: false, slipped: false };
        let mut matches = self.matches(tokens, taken, false);
        let mut best = self.best(&matches);
        if best.is_none() {
            matches = self.matches(tokens, taken, true);
            best = self.best(&matches);
        }
        let Some((candidates, at, chain)) = best else { return nothing() };
        let mut covered = vec![false; tokens.len()];
        for &at in &chain {
            covered[matches[at].start..matches[at].end].iter_mut().for_each(|covered| *covered = true);
        }
        let own = &matches[at];
        // What is named beside and does not belong together is not silently left out.
        let stray = matches.iter().filter(|other| {
            let strong = other.end - other.name_start >= 2 || other.designator.is_some();
            let sure = other.worth.iter().any(|&(_, worth)| worth + EQUAL >= (other.end - other.name_start) as f64);
            strong && sure && chain.iter().all(|&at| !matches[at].covers(other))
        });
        let mut strays: Vec<u32> = stray.flat_map(|other| other.worth.iter().map(|&(unit, _)| unit)).collect();
        let found = if strays.is_empty() {
            self.decide(candidates, own)
        } else {
            strays.extend(&candidates);
            self.ask_back(self.collapse(strays, None))
        };
        Search { found, covered, designated: own.designator.is_some(), slipped: own.slipped }
    }

    fn matches(&self, tokens: &[Token], taken: &[bool], slips: bool) -> Vec<Match> {
        let mut matches = Vec::new();
        for start in 0..tokens.len() {
            if taken[start] && self.designator(&tokens[start..]).is_none() {
                continue;
            }
            let designators = self.designator(&tokens[start..]).map(|(length, kind)| (length, Some(kind)));
            for (skip, designator) in designators.into_iter().chain([(0, None)]) {
                let name_start = start + skip;
                for end in name_start + 1..=tokens.len().min(name_start + NAME_WORDS_MAX) {
                    // A word that is taken ends a name, unless the word before the name says that it is one ("phường Trung Tâm").
                    if taken[name_start..end].contains(&true) && (designator.is_none() || end - name_start < 2) {
                        break;
                    }
                    let before = tokens.get(end).and_then(|next| match next.syl.as_str() {
                        "cũ" | "cu" => Some(true),
                        "mới" | "moi" => Some(false),
                        _ => None,
                    });
                    let worth = self.worth(&tokens[name_start..end], designator, slips, &tokens[..start], end - name_start == tokens.len());
                    if !worth.is_empty() {
                        matches.push(Match { start, name_start, end, designator, worth, slipped: slips, before });
                    }
                }
            }
        }
        matches.sort_by_key(|found| (Reverse(found.end - found.start), found.start));
        matches.truncate(MATCHES_MAX);
        matches
    }

    /// How many words the longest name takes that the words begin with, of those whose accents fit; 0 when they begin with none.
    pub(crate) fn name_at(&self, tokens: &[Token]) -> usize {
        let designator = self.designator(tokens).map_or(0, |(length, _)| length);
        let fits = |start: usize, end: usize| {
            let words = &tokens[start..end];
            let name = self.by_name.get(joined(words).as_str()).map(|&name| &self.names[name as usize]);
            let number = words.len() == 1 && words[0].is_number();
            let meant = |meant: &Meant| contradictions(words, &meant.words) == 0 && (start > 0 || words.len() > 1 && !meant.initials);
            name.is_some_and(|name| name.meant.iter().any(meant)) && (start > 0 || !number)
        };
        let longest = |start: usize| (start + 1..=tokens.len().min(start + NAME_WORDS_MAX)).rev().find(|&end| fits(start, end));
        let designated = if designator > 0 { longest(designator) } else { None };
        designated.or_else(|| longest(0)).unwrap_or(0)
    }

    /// The words for a kind of unit that a text begins with.
    fn designator(&self, tokens: &[Token]) -> Option<(usize, Type)> {
        DESIGNATORS
            .iter()
            .find(|(words, kind)| {
                let fits = tokens.len() > words.len() && words.iter().zip(tokens).all(|(word, token)| token.key == *word);
                // "xa" is far, "tỉnh" is also to wake, "phương" is a name.
                let meant = |token: &Token| {
                    !token.is_accented()
                        || matches!(
                            token.syl.as_str(),
                            "xã" | "tỉnh" | "phường" | "quận" | "huyện" | "phố" | "thành" | "thị" | "trấn" | "đặc" | "khu"
                        )
                };
                fits && (words.len() > 1
                    || matches!(kind, Type::Xa | Type::Tinh | Type::Phuong | Type::Quan | Type::Huyen) && meant(&tokens[0])
                    || words[0].len() <= 2 && tokens[0].syl.is_ascii())
            })
            .map(|(words, kind)| (words.len(), *kind))
    }

    fn worth(&self, words: &[Token], designator: Option<Type>, slips: bool, before: &[Token], whole: bool) -> Vec<(u32, f64)> {
        let key = joined(words);
        let names: Vec<u32> = if slips { self.slipped(&key) } else { self.by_name.get(key.as_str()).copied().into_iter().collect() };
        let number = words.len() == 1 && words[0].is_number();
        if number && designator.is_none() {
            return Vec::new();
        }
        let short = words.len() == 1 && !number && designator.is_none();
        let mut worth: Vec<(u32, f64)> = Vec::new();
        for name in names {
            for meant in &self.names[name as usize].meant {
                let known = &self.units[meant.unit as usize];
                let kind = match designator {
                    Some(kind) if known.kind == Some(kind) => SAME_TYPE,
                    Some(kind) if kind.fits(known.unit.level) => SAME_FAMILY,
                    Some(_) => continue,
                    None => 0.0,
                };
                // A syllable or some letters are a name only where one is expected.
                if short && (meant.initials || key.len() <= 3 || meant.words.len() == 1) {
                    let expected = whole || before.last().is_some_and(|word| LOCATIVES.contains(&word.key.as_str())) || words[0].upper;
                    let attached = before.last().is_some_and(|word| self.knows(&word.key) && !LOCATIVES.contains(&word.key.as_str()));
                    let town = matches!(known.unit.level, Level::Province | Level::OldProvince | Level::OldDistrict)
                        && !meant.initials
                        && key.len() > 3;
                    if !(expected || attached && (meant.initials || town) || town && key.len() > 4) {
                        continue;
                    }
                }
                let wrong = contradictions(words, &meant.words) as f64;
                let length = if words.len() == 1 { meant.words.len().min(3) as f64 } else { words.len() as f64 };
                let value = length - CONTRADICTION * wrong + kind - if slips { SLIP } else { 0.0 };
                match worth.iter_mut().find(|(unit, _)| *unit == meant.unit) {
                    Some((_, known)) => *known = known.max(value),
                    None => worth.push((meant.unit, value)),
                }
            }
        }
        worth
    }

    /// Names that one slip of the keyboard makes into this key.
    fn slipped(&self, key: &str) -> Vec<u32> {
        if key.len() < SLIP_LETTERS_MIN || !key.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Vec::new();
        }
        let mut names: Vec<u32> = with_deletions(key)
            .into_iter()
            .flat_map(|key| {
                let hash = hash(&key);
                let start = self.slips.partition_point(|&(known, _)| known < hash);
                self.slips[start..].iter().take_while(move |&&(known, _)| known == hash).map(|&(_, name)| name)
            })
            .filter(|&name| is_one_slip(key, &self.names[name as usize].key))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The units that fit best, whose match that is, and the matches that speak for them.
    fn best(&self, matches: &[Match]) -> Option<(Vec<u32>, usize, Vec<usize>)> {
        let mut best: Vec<(f64, u32, usize, Vec<usize>)> = Vec::new();
        for (at, own) in matches.iter().enumerate() {
            for &(unit, worth) in &own.worth {
                let (mut score, mut chain) = (worth, vec![at]);
                let mut higher: Vec<(f64, usize)> = matches
                    .iter()
                    .enumerate()
                    .filter(|(_, other)| !own.covers(other))
                    .filter_map(|(at, other)| {
                        let fits =
                            other.worth.iter().filter(|(up, _)| self.units[unit as usize].above.contains(up) || self.is_same(*up, unit));
                        fits.map(|&(_, worth)| worth).max_by(f64::total_cmp).map(|worth| (worth, at))
                    })
                    .collect();
                higher.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                for (worth, other) in higher {
                    if chain.iter().all(|&taken| !matches[taken].covers(&matches[other])) {
                        score += worth;
                        chain.push(other);
                    }
                }
                best.push((score, unit, at, chain));
            }
        }
        let top = best.iter().map(|(score, ..)| *score).max_by(f64::total_cmp)?;
        best.retain(|(score, ..)| *score >= top - EQUAL);
        // The unit that others speak for is the lowest one: "gò vấp sg" is Gò Vấp.
        let longest = best.iter().map(|(.., chain)| chain.len()).max().unwrap_or(1);
        if longest > 1 {
            let lowest: Vec<(u32, usize)> = best.iter().map(|(_, unit, at, _)| (*unit, *at)).collect();
            let names_another = |one: usize, other: usize| !matches[one].covers(&matches[other]);
            best.retain(|(_, unit, at, _)| {
                !lowest.iter().any(|&(other, its)| names_another(*at, its) && self.units[other as usize].above.contains(unit))
            });
        }
        let (_, _, at, chain) = best.first()?;
        let (at, chain) = (*at, chain.clone());
        let mut units: Vec<u32> =
            best.iter().filter(|(.., other, _)| *other == at || matches[*other].covers(&matches[at])).map(|(_, unit, ..)| *unit).collect();
        units.sort_unstable();
        units.dedup();
        Some((units, at, chain))
    }

    fn is_same(&self, one: u32, other: u32) -> bool {
        let (one, other) = (&self.units[one as usize], &self.units[other as usize]);
        one.province == other.province && one.short == other.short && one.unit.level != other.unit.level
    }

    fn decide(&self, candidates: Vec<u32>, own: &Match) -> Found {
        let kept: Vec<u32> = match own.before {
            Some(before) => {
                let old =
                    |unit: &u32| matches!(self.units[*unit as usize].unit.level, Level::OldProvince | Level::OldDistrict | Level::OldWard);
                let kept: Vec<u32> = candidates.iter().copied().filter(|unit| old(unit) == before).collect();
                if kept.is_empty() { candidates } else { kept }
            }
            None => candidates,
        };
        let units = self.collapse(kept, own.designator);
        match units[..] {
            [] => Found::Nothing,
            [only] => Found::One(only),
            [first, ..] => {
                let known = |unit: u32| &self.units[unit as usize];
                let district = |unit: u32| !matches!(known(unit).unit.level, Level::Ward | Level::OldWard);
                let next = units[1..].iter().map(|&unit| known(unit).weight).fold(0.0, f64::max);
                let rival = units[1..].iter().any(|&other| {
                    let level = known(other).unit.level;
                    district(other) && (level >= known(first).unit.level || level == Level::OldProvince) && level != Level::Ward
                });
                let alone = units[1..].iter().all(|&other| known(other).province == known(first).province);
                // Of namesakes across provinces only a town is taken for granted, and only beside villages.
                let sure = district(first) && !rival && known(first).weight >= DOMINANT * next;
                if sure && !own.slipped || alone && known(first).weight >= DOMINANT * next {
                    Found::One(first)
                } else {
                    self.ask_back(units)
                }
            }
        }
    }

    fn ask_back(&self, units: Vec<u32>) -> Found {
        match units[..] {
            [] => Found::Nothing,
            [only] => Found::One(only),
            _ => Found::Several { more: units.len() > CHOICES_MAX, units: units.into_iter().take(CHOICES_MAX).collect() },
        }
    }

    /// One for each place: what is the same, inside another of its name, or beside it, is one. The likeliest first.
    fn collapse(&self, mut units: Vec<u32>, designator: Option<Type>) -> Vec<u32> {
        let known = |unit: u32| &self.units[unit as usize];
        units.sort_by(|&a, &b| known(b).weight.total_cmp(&known(a).weight).then(a.cmp(&b)));
        units.dedup();
        if designator.is_some_and(|kind| kind.fits(Level::Ward)) {
            // A commune of today comes before one of its name that is gone.
            units.sort_by_key(|&unit| known(unit).unit.level == Level::OldWard);
            let now: Vec<u32> = units.iter().copied().filter(|&unit| known(unit).unit.level == Level::Ward).collect();
            let near = |a: u32, b: u32| known(a).province == known(b).province && now.contains(&a) && !now.contains(&b);
            let all = units.clone();
            units.retain(|&unit| {
                !all.iter().any(|&other| near(other, unit) && (known(unit).above.contains(&other) || self.are_near(other, unit)))
            });
            units.sort_by(|&a, &b| known(b).weight.total_cmp(&known(a).weight).then(a.cmp(&b)));
        }
        let mut kept: Vec<u32> = Vec::new();
        for unit in units {
            let same = |&other: &u32| {
                let (one, other_known) = (known(unit), known(other));
                one.province == other_known.province
                    && (one.above.contains(&other)
                        || other_known.above.contains(&unit)
                        || self.are_near(unit, other)
                        || self.is_inside(unit, other))
            };
            if !kept.iter().any(same) {
                kept.push(unit);
            }
        }
        kept
    }

    fn is_inside(&self, one: u32, other: u32) -> bool {
        let (one, other) = (&self.units[one as usize].wards, &self.units[other as usize].wards);
        !one.is_empty() && one.iter().all(|ward| other.binary_search(ward).is_ok())
    }

    fn are_near(&self, one: u32, other: u32) -> bool {
        let (one, other) = (&self.units[one as usize], &self.units[other as usize]);
        one.short == other.short && one.point.zip(other.point).is_some_and(|(one, other)| one.distance_m(other) <= SAME_PLACE_M)
    }

    /// Units by how many people mean them, for a list of choices.
    pub fn by_weight(&self, mut units: Vec<u32>) -> Vec<u32> {
        units.sort_by(|&a, &b| self.units[b as usize].weight.total_cmp(&self.units[a as usize].weight).then(a.cmp(&b)));
        units
    }
}

/// Words after which a place is expected, by their keys.
pub(crate) const LOCATIVES: [&str; 12] = ["gan", "o", "tai", "quanh", "vuc", "den", "toi", "ve", "ben", "thuoc", "duoi", "tren"];

impl Known {
    fn new(unit: Unit) -> Known {
        let kind = TYPES.iter().find(|(prefix, _)| unit.name.starts_with(prefix));
        let short = kind.map_or(unit.name.as_str(), |(prefix, _)| &unit.name[prefix.len()..]).to_owned();
        let point = unit.point;
        Known {
            kind: kind.map(|(_, kind)| *kind),
            short,
            above: FxHashSet::default(),
            wards: Vec::new(),
            province: None,
            point,
            weight: 0.0,
            unit,
        }
    }
}

fn hash(key: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(key)
}

/// The word itself and the word with each letter left out.
fn with_deletions(word: &str) -> Vec<String> {
    let without = |at: usize| format!("{}{}", &word[..at], &word[at + 1..]);
    std::iter::once(word.to_owned()).chain((0..word.len()).map(without)).collect()
}

/// Whether two words differ by one letter inserted, left out, replaced, or by two neighbouring letters swapped.
fn is_one_slip(a: &str, b: &str) -> bool {
    crate::text::vocabulary::is_one_slip(a, b)
}
