//! Which administrative unit a text names: now and before, in full or in short, with or without accents.
//!
//! Every stretch of words that is a name is a match. A unit is as likely as its own match is long, and more so when units above it are
//! named beside it ("phường Bến Nghé q1": the ward of that name in that district). What is left equally likely is weighed by how many
//! people live there; when that does not decide, it is asked back, and never guessed across provinces.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::compact::{Fields, unit_field};
use super::lines::{Interned, Lines, Lists, Strings};
use super::point::{PackedPoint, Point};
use super::row::Level;
use super::slips::Slips;
use super::words::{Token, contradictions, joined, name_words};

mod reading;

pub(crate) use reading::LOCATIVES;
use reading::is_designator;
pub use reading::{CHOICES_MAX, Found};

/// Communes whose population is not known.
const PEOPLE_USUAL: f64 = 15_000.0;

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

/// What searches look at of a unit; the rest is in its line.
struct Known {
    /// Where its line begins.
    line: u32,
    /// The name without its kind, as a stretch of the text.
    short: (u32, u16),
    level: Level,
    kind: Option<Type>,
    point: PackedPoint,
    /// Its present province.
    province: Option<u32>,
    /// About so many people mean it.
    weight: f64,
}

/// A unit, read where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitView<'a> {
    /// What it is.
    pub level: Level,
    /// Unique within its level.
    pub code: &'a str,
    /// "Phường Bến Nghé".
    pub name: &'a str,
    /// The code of the unit above, see [`super::Unit`].
    pub parent: &'a str,
}

/// That a unit bears a name, and how it is written.
struct Meant {
    unit: u32,
    /// Where its syllables begin in `Gazetteer::written`.
    words: u32,
    words_count: u8,
    /// Not the name of the unit but what it is called: an alias of few letters, "HN".
    initials: bool,
}

/// All units, ready to be found by name.
pub struct Gazetteer {
    lines: Arc<Lines>,
    /// By level and code.
    units: Box<[Known]>,
    /// Units that a unit lies in, or lay in.
    above: Lists,
    /// Present communes that a unit is, has or became.
    wards: Lists,
    /// Names without accents and spaces.
    names: Strings,
    /// Where the units of each name begin in `meant`, and where the last ends.
    meant_from: Box<[u32]>,
    meant: Box<[Meant]>,
    /// Syllables of names, one name after the other, by their numbers in `syllables`.
    written: Box<[u16]>,
    syllables: Strings,
    slips: Slips,
    /// Words of names, without accents.
    words: Strings,
}

impl Gazetteer {
    /// From lines of units, and a table of other names: `alias<TAB>level<TAB>code`, see `data/place-names.tsv`. What is no unit is left
    /// out.
    pub(super) fn build(lines: Arc<Lines>, aliases: &str) -> Gazetteer {
        let begin = |line: &str, part: &str| (part.as_ptr() as usize - line.as_ptr() as usize) as u32;
        let mut units: Vec<Known> = Vec::new();
        for (at, line) in lines.iter().filter(|(_, line)| line.starts_with('U')) {
            let fields = Fields::of(line);
            let (Ok(level), Ok(point)) = (fields.level(), fields.point(unit_field::LAT)) else { continue };
            let name = fields.get(unit_field::NAME);
            let kind = TYPES.iter().find(|(prefix, _)| name.starts_with(prefix));
            let short = kind.map_or(name, |(prefix, _)| &name[prefix.len()..]);
            units.push(Known {
                line: at,
                short: (at + begin(line, short), u16::try_from(short.len()).unwrap_or(0)),
                level,
                kind: kind.map(|(_, kind)| *kind),
                point: point.into(),
                province: None,
                weight: 0.0,
            });
        }
        let code = |known: &Known| lines.field(known.line, unit_field::CODE);
        units.sort_by(|a, b| (a.level, code(a)).cmp(&(b.level, code(b))));
        units.dedup_by(|a, b| a.level == b.level && code(a) == code(b));
        let mut gazetteer = Gazetteer {
            units: units.into(),
            lines,
            above: Lists::default(),
            wards: Lists::default(),
            names: Strings::default(),
            meant_from: Box::default(),
            meant: Box::default(),
            written: Box::default(),
            syllables: Strings::default(),
            slips: Slips::default(),
            words: Strings::default(),
        };
        gazetteer.relate();
        gazetteer.weigh();
        gazetteer.name(aliases);
        gazetteer
    }

    fn fields(&self, number: u32) -> Fields<'_> {
        Fields::of(self.lines.line(self.units[number as usize].line))
    }

    /// Who lies in whom.
    fn relate(&mut self) {
        let gazetteer = &*self;
        let count = gazetteer.units.len();
        /// A unit, and the one that it lies in.
        type Within = Vec<(u32, u32)>;
        let (mut above, mut wards) = (Within::new(), Within::new());
        let mut province: Vec<Option<u32>> = vec![None; count];
        // The former province of each former district.
        let mut old: Vec<Option<u32>> = vec![None; count];
        for level in [Level::Province, Level::OldProvince, Level::OldDistrict, Level::Ward, Level::OldWard] {
            for number in gazetteer.of_level(level) {
                let at = number as usize;
                let fields = gazetteer.fields(number);
                let parent = fields.get(unit_field::PARENT);
                let into = |level: Level| fields.list(unit_field::INTO).filter_map(move |code| gazetteer.number(level, code));
                match level {
                    Level::Province => province[at] = Some(number),
                    Level::OldProvince => {
                        province[at] = into(Level::Province).next();
                        above.extend(province[at].map(|province| (number, province)));
                    }
                    Level::OldDistrict => {
                        old[at] = gazetteer.number(Level::OldProvince, parent);
                        province[at] = old[at].and_then(|old| province[old as usize]);
                        wards.extend(
                            into(Level::Ward).flat_map(|ward| [Some(number), old[at]].into_iter().flatten().map(move |of| (of, ward))),
                        );
                        above.extend([old[at], province[at]].into_iter().flatten().map(|up| (number, up)));
                    }
                    Level::Ward => {
                        province[at] = gazetteer.number(Level::Province, parent);
                        wards.push((number, number));
                        above.extend(province[at].map(|province| (number, province)));
                        wards.extend(province[at].map(|province| (province, number)));
                    }
                    Level::OldWard => {
                        let district = gazetteer.number(Level::OldDistrict, parent);
                        province[at] = district.and_then(|district| province[district as usize]);
                        let higher = [district, district.and_then(|district| old[district as usize]), province[at]];
                        let higher = || higher.into_iter().flatten();
                        above.extend(higher().map(|up| (number, up)));
                        for ward in into(Level::Ward) {
                            wards.push((number, ward));
                            // A commune of today can be called by whatever district its parts lay in.
                            above.extend(higher().map(|up| (ward, up)));
                            above.push((number, ward));
                        }
                    }
                }
            }
        }
        (self.above, self.wards) = (Lists::of(count, above), Lists::of(count, wards));
        for (at, province) in province.into_iter().enumerate() {
            self.units[at].province = province;
            if self.units[at].point.get().is_none()
                && let Some(&ward) = self.wards.get(at as u32).first()
            {
                self.units[at].point = self.units[ward as usize].point;
            }
        }
    }

    fn weigh(&mut self) {
        let gazetteer = &*self;
        let mut parts: Vec<u32> = vec![0; gazetteer.units.len()];
        for commune in gazetteer.of_level(Level::OldWard) {
            gazetteer.wards.get(commune).iter().for_each(|&ward| parts[ward as usize] += 1);
        }
        let mut people: Vec<f64> = vec![0.0; gazetteer.units.len()];
        for ward in gazetteer.of_level(Level::Ward) {
            people[ward as usize] = match gazetteer.fields(ward).population() {
                Ok(0) | Err(_) => PEOPLE_USUAL,
                Ok(people) => f64::from(people),
            };
        }
        for number in gazetteer.of_level(Level::Ward).chain(gazetteer.of_level(Level::OldWard)) {
            let at = number as usize;
            let counted: &[Level] = if gazetteer.units[at].level == Level::Ward {
                &[Level::Province]
            } else {
                let part = |&ward: &u32| people[ward as usize] / f64::from(parts[ward as usize].max(1));
                people[at] = gazetteer.wards.get(number).iter().map(part).sum();
                &[Level::OldDistrict, Level::OldProvince]
            };
            for &up in gazetteer.above.get(number) {
                if counted.contains(&gazetteer.units[up as usize].level) {
                    people[up as usize] += people[at];
                }
            }
        }
        for (known, people) in self.units.iter_mut().zip(people) {
            let salience = match (known.level, known.kind) {
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
            known.weight = salience * people.max(1.0);
        }
    }

    fn name(&mut self, aliases: &str) {
        let is_capital = |alias: &str| alias.chars().filter(|letter| letter.is_alphabetic()).all(char::is_uppercase);
        let lines = Arc::clone(&self.lines);
        let mut naming = Naming::default();
        let mut own: FxHashSet<u32> = FxHashSet::default();
        for number in 0..self.units.len() as u32 {
            let name = naming.add(number, self.short_name(number), false);
            if !matches!(self.units[number as usize].level, Level::OldWard | Level::Ward) {
                own.extend(name);
            }
        }
        let ours: Vec<(u32, &str)> = crate::text::phrases::rows(aliases)
            .filter_map(|row| {
                let mut fields = row.split('\t');
                let (alias, level, code) = (fields.next()?, fields.next()?, fields.next()?);
                Some((self.number(super::compact::level_of(level)?, code)?, alias))
            })
            .collect();
        // The name of a town is often listed for its province too. The town itself is meant, and what our table says.
        own.extend(ours.iter().filter_map(|(_, alias)| naming.name(alias)));
        for (known, number) in self.units.iter().zip(0..) {
            for alias in super::compact::entries(lines.field(known.line, unit_field::ALIASES)) {
                if !naming.name(alias).is_some_and(|name| own.contains(&name)) {
                    naming.add(number, alias, is_capital(alias));
                }
            }
        }
        for (unit, alias) in ours {
            naming.add(unit, alias, is_capital(alias));
        }
        let Naming { keys, words, syllables, written, mut all } = naming;
        let (names, moved) = keys.sorted();
        all.iter_mut().for_each(|written| written.name = moved[written.name as usize]);
        // Stable: units of one name stay in their order.
        all.sort_by_key(|written| written.name);
        let (syllables, moved) = syllables.sorted();
        let (mut meant, mut meant_from): (Vec<Meant>, Vec<u32>) = (Vec::with_capacity(all.len()), Vec::with_capacity(names.len() + 1));
        for of_name in all.chunk_by(|a, b| a.name == b.name) {
            let first = meant.len();
            meant_from.resize(of_name[0].name as usize + 1, first as u32);
            let mut accented: Vec<bool> = Vec::new();
            for written in of_name {
                let one = Meant { unit: written.unit, words: written.words, words_count: written.words_count, initials: written.initials };
                match meant[first..].iter().position(|known| known.unit == written.unit) {
                    Some(at) => {
                        let initials = meant[first + at].initials && written.initials;
                        if written.accented && !accented[at] {
                            (meant[first + at], accented[at]) = (one, true);
                        }
                        meant[first + at].initials = initials;
                    }
                    None => {
                        meant.push(one);
                        accented.push(written.accented);
                    }
                }
            }
        }
        meant_from.resize(names.len() + 1, meant.len() as u32);
        // There are fewer syllables than 65,536: one beyond would be read as the first.
        self.written = written.into_iter().map(|syllable| u16::try_from(moved[syllable as usize]).unwrap_or(0)).collect();
        (self.meant, self.meant_from) = (meant.into(), meant_from.into());
        self.slips = Slips::of(&names);
        (self.names, self.words, self.syllables) = (names, words.sorted().0, syllables);
    }

    /// The units of a name.
    fn meant(&self, name: u32) -> &[Meant] {
        let name = name as usize;
        &self.meant[self.meant_from[name] as usize..self.meant_from[name + 1] as usize]
    }

    /// How many syllables of what was typed contradict a name by their accents.
    fn contradictions(&self, typed: &[Token], meant: &Meant) -> usize {
        let words = &self.written[meant.words as usize..meant.words as usize + usize::from(meant.words_count)];
        contradictions(typed, words.iter().map(|&word| self.syllables.get(u32::from(word))))
    }

    /// Whether a folded word stands in some name, or before one.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.words.find(key).is_some() || is_designator(key)
    }

    /// A unit by its number.
    pub fn unit(&self, number: u32) -> UnitView<'_> {
        let fields = self.fields(number);
        UnitView {
            level: self.level(number),
            code: fields.get(unit_field::CODE),
            name: fields.get(unit_field::NAME),
            parent: fields.get(unit_field::PARENT),
        }
    }

    /// Its level.
    pub fn level(&self, number: u32) -> Level {
        self.units[number as usize].level
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Its number.
    pub fn number(&self, level: Level, code: &str) -> Option<u32> {
        let code_of = |known: &Known| self.lines.field(known.line, unit_field::CODE);
        let found = self.units.binary_search_by(|known| known.level.cmp(&level).then_with(|| code_of(known).cmp(code)));
        found.ok().map(|at| at as u32)
    }

    /// Numbers of all units of a level.
    pub fn of_level(&self, level: Level) -> Range<u32> {
        let first = |level: Level| self.units.partition_point(|known| known.level < level) as u32;
        first(level)..self.units.partition_point(|known| known.level <= level) as u32
    }

    /// The middle of a unit.
    pub fn point(&self, number: u32) -> Option<Point> {
        self.units[number as usize].point.get()
    }

    /// Numbers of the present communes that a unit is, has or became.
    pub fn wards(&self, number: u32) -> &[u32] {
        self.wards.get(number)
    }

    /// The number of the present province of a unit.
    pub fn province(&self, number: u32) -> Option<u32> {
        self.units[number as usize].province
    }

    /// The name without "Tỉnh" or "Phường".
    pub fn short_name(&self, number: u32) -> &str {
        let (at, bytes) = self.units[number as usize].short;
        self.lines.stretch(at, bytes)
    }

    /// The unit with what it lies in, so that it is told from others of its name: "Phường Bến Nghé (cũ), Quận 1, Hồ Chí Minh".
    pub fn label(&self, number: u32) -> String {
        let unit = self.unit(number);
        let short = |level: Level, code: &str| self.number(level, code).map_or("", |at| self.short_name(at));
        let province = self.province(number).map_or("", |province| self.short_name(province));
        match unit.level {
            Level::Province => unit.name.to_owned(),
            Level::OldProvince if self.short_name(number) == province => unit.name.to_owned(),
            Level::OldProvince => format!("{} (cũ), nay thuộc {province}", unit.name),
            Level::Ward => format!("{}, {province}", unit.name),
            Level::OldDistrict => {
                let old = short(Level::OldProvince, unit.parent);
                if old == province {
                    format!("{} (cũ), {province}", unit.name)
                } else {
                    format!("{} (cũ), {old}, nay thuộc {province}", unit.name)
                }
            }
            Level::OldWard => {
                let district = self.number(Level::OldDistrict, unit.parent).map_or("", |district| self.unit(district).name);
                format!("{} (cũ), {district}, {province}", unit.name)
            }
        }
    }

    /// Units by how many people mean them, for a list of choices.
    pub fn by_weight(&self, mut units: Vec<u32>) -> Vec<u32> {
        units.sort_by(|&a, &b| self.units[b as usize].weight.total_cmp(&self.units[a as usize].weight).then(a.cmp(&b)));
        units
    }
}

/// Names of units while the table of names is made.
#[derive(Default)]
struct Naming {
    keys: Interned,
    words: Interned,
    syllables: Interned,
    /// Syllables of names, one name after the other.
    written: Vec<u32>,
    all: Vec<Written>,
}

/// A name of a unit.
struct Written {
    name: u32,
    unit: u32,
    /// Where its syllables begin.
    words: u32,
    words_count: u8,
    initials: bool,
    accented: bool,
}

impl Naming {
    /// The number of a name; `None` for what is none.
    fn name(&mut self, name: &str) -> Option<u32> {
        let key = joined(&name_words(name));
        (!key.is_empty()).then(|| self.keys.number(&key))
    }

    fn add(&mut self, unit: u32, name: &str, initials: bool) -> Option<u32> {
        let tokens = name_words(name);
        let key = joined(&tokens);
        if key.is_empty() {
            return None;
        }
        let (name, words) = (self.keys.number(&key), self.written.len() as u32);
        for token in &tokens {
            self.words.number(&token.key);
            self.written.push(self.syllables.number(&token.syl));
        }
        let words_count = u8::try_from(tokens.len()).unwrap_or(u8::MAX);
        self.all.push(Written { name, unit, words, words_count, initials, accented: tokens.iter().any(Token::is_accented) });
        Some(name)
    }
}
