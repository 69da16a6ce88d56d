//! Which administrative unit a text names.

use std::cmp::Reverse;
use std::ops::Range;

use super::super::row::Level;
use super::super::words::Token;
use super::{Gazetteer, Meant, Type};
use crate::text::syllable::{fold, is_folded_syllable};

/// Stretches of one text that are weighed against each other; the longest are kept.
const MATCHES_MAX: usize = 40;
/// Units asked back at once.
pub const CHOICES_MAX: usize = 5;
/// The longest name, "Văn Miếu - Quốc Tử Giám", has six words.
const NAME_WORDS_MAX: usize = 6;
/// What each contradicted accent takes from the weight of a word.
const CONTRADICTION: f64 = 0.35;
/// What a slip of the keyboard takes from the weight of a match.
const SLIP: f64 = 0.4;
/// What is given for the very word before the name ("quận"), and for one of the same family.
const SAME_TYPE: f64 = 0.4;
const SAME_FAMILY: f64 = 0.2;
/// Scores nearer than this are equal.
const EQUAL: f64 = 0.05;
/// Of namesakes in one province, one that so many more people mean than the next is taken without asking back.
const DOMINANT: f64 = 4.0;
/// Of those who write a name that a town and villages elsewhere bear, so many mean the town when it is taken without asking back; and of
/// those who write the name of a province that anything else bears.
const TOWN_SHARE: f64 = 0.7;
const PROVINCE_SHARE: f64 = 0.97;
/// Units of one province this near to each other are one place for whoever looks for something near.
const SAME_PLACE_M: f64 = 6_000.0;
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

/// Whether a word stands in no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strange {
    No,
    /// It may well be a word of the language.
    Here,
    /// It is no syllable of the language.
    Everywhere,
}

/// A stretch of words whose letters are those of some names.
struct Stretch<'a> {
    names: &'a [u32],
    key: &'a str,
    words: &'a [Token],
    designator: Option<Type>,
    slips: bool,
    before: &'a [Token],
    after: &'a [Token],
    /// The text ends with it, and begins with it.
    whole: bool,
}

/// Words after which a place is expected, by their keys.
pub(crate) const LOCATIVES: [&str; 12] = ["gan", "o", "tai", "quanh", "vuc", "den", "toi", "ve", "ben", "thuoc", "duoi", "tren"];

/// Whether a folded word stands before names.
pub(super) fn is_designator(key: &str) -> bool {
    DESIGNATORS.iter().any(|(words, _)| words.contains(&key))
}

impl Gazetteer {
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
        // A slip mostly makes a word that is none. Where all words are words, something else was said, or nothing beside.
        let strange: Vec<Strange> = if slips {
            let strange = |(token, &taken): (&Token, &bool)| match () {
                () if taken || token.is_number() || self.knows(&token.key) => Strange::No,
                () if is_folded_syllable(&fold(&token.syl)) => Strange::Here,
                () => Strange::Everywhere,
            };
            tokens.iter().zip(taken).map(strange).collect()
        } else {
            Vec::new()
        };
        if slips && strange.iter().all(|strange| *strange == Strange::No) {
            return matches;
        }
        let may_slip = |start: usize, range: Range<usize>| {
            let most = strange[range.clone()].iter().max();
            let others = || (0..tokens.len()).any(|at| !taken[at] && !(start..range.end).contains(&at));
            most == Some(&Strange::Everywhere) || most == Some(&Strange::Here) && !others()
        };
        for start in 0..tokens.len() {
            if taken[start] && !slips && self.designator(&tokens[start..]).is_none() {
                continue;
            }
            let designators = self.designator(&tokens[start..]).map(|(length, kind)| (length, Some(kind)));
            for (skip, designator) in designators.into_iter().chain([(0, None)]) {
                let name_start = start + skip;
                let mut key = String::new();
                for end in name_start + 1..=tokens.len().min(name_start + NAME_WORDS_MAX) {
                    // A word that is taken ends a name, unless the word before the name says that it is one ("phường Trung Tâm").
                    if !slips && taken[name_start..end].contains(&true) && (designator.is_none() || end - name_start < 2) {
                        break;
                    }
                    key.push_str(&tokens[end - 1].key);
                    if slips && !may_slip(start, name_start..end) {
                        continue;
                    }
                    let names = if slips { self.slips.near(&self.names, &key) } else { self.names.find(&key).into_iter().collect() };
                    if names.is_empty() {
                        if !slips && !self.names.any_begins_with(&key) {
                            break;
                        }
                        continue;
                    }
                    let before = tokens.get(end).and_then(|next| match next.syl.as_str() {
                        "cũ" | "cu" => Some(true),
                        "mới" | "moi" => Some(false),
                        _ => None,
                    });
                    let whole = end - name_start == tokens.len();
                    let words = &tokens[name_start..end];
                    let stretch = Stretch {
                        names: &names,
                        key: &key,
                        words,
                        designator,
                        slips,
                        before: &tokens[..start],
                        after: &tokens[end..],
                        whole,
                    };
                    let worth = self.worth(&stretch);
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
        let longest = |start: usize| {
            let (mut key, mut longest) = (String::new(), None);
            for end in start + 1..=tokens.len().min(start + NAME_WORDS_MAX) {
                key.push_str(&tokens[end - 1].key);
                let words = &tokens[start..end];
                let meant = |meant: &Meant| self.contradictions(words, meant) == 0 && (start > 0 || words.len() > 1 && !meant.initials);
                match self.names.find(&key) {
                    // A number alone is no name.
                    Some(name) if (start > 0 || !(words.len() == 1 && words[0].is_number())) && self.meant(name).iter().any(meant) => {
                        longest = Some(end);
                    }
                    Some(_) => {}
                    None if !self.names.any_begins_with(&key) => break,
                    None => {}
                }
            }
            longest
        };
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

    fn worth(&self, stretch: &Stretch<'_>) -> Vec<(u32, f64)> {
        let &Stretch { names, key, words, designator, slips, before, after, whole } = stretch;
        let number = words.len() == 1 && words[0].is_number();
        if number && designator.is_none() {
            return Vec::new();
        }
        let short = words.len() == 1 && !number && designator.is_none();
        let mut worth: Vec<(u32, f64)> = Vec::new();
        for &name in names {
            for meant in self.meant(name) {
                let known = &self.units[meant.unit as usize];
                let meant_words = usize::from(meant.words_count);
                let kind = match designator {
                    Some(kind) if known.kind == Some(kind) => SAME_TYPE,
                    Some(kind) if kind.fits(known.level) => SAME_FAMILY,
                    Some(_) => continue,
                    None => 0.0,
                };
                // A syllable or some letters are a name only where one is expected.
                if short && (meant.initials || key.len() <= 3 || meant_words == 1) {
                    let expected = whole || before.last().is_some_and(|word| LOCATIVES.contains(&word.key.as_str())) || words[0].upper;
                    let beside = |word: &Token| self.knows(&word.key) && !LOCATIVES.contains(&word.key.as_str());
                    let attached = before.last().is_some_and(beside);
                    let town = matches!(known.level, Level::Province | Level::OldProvince | Level::OldDistrict) && !meant.initials;
                    let first_of_two = town && key.len() > 3 && before.is_empty() && after.first().is_some_and(beside);
                    if !(expected || first_of_two || attached && (meant.initials || town) || town && key.len() > 4) {
                        continue;
                    }
                }
                let wrong = self.contradictions(words, meant) as f64;
                let length = if words.len() == 1 { meant_words.min(3) as f64 } else { words.len() as f64 };
                let value = length - CONTRADICTION * wrong + kind - if slips { SLIP } else { 0.0 };
                match worth.iter_mut().find(|(unit, _)| *unit == meant.unit) {
                    Some((_, known)) => *known = known.max(value),
                    None => worth.push((meant.unit, value)),
                }
            }
        }
        worth
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
                        let fits = other.worth.iter().filter(|(up, _)| self.above.contains(unit, *up) || self.is_same(*up, unit));
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
                !lowest.iter().any(|&(other, its)| names_another(*at, its) && self.above.contains(other, *unit))
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
        let (a, b) = (&self.units[one as usize], &self.units[other as usize]);
        a.province == b.province && a.level != b.level && self.short_name(one) == self.short_name(other)
    }

    fn decide(&self, candidates: Vec<u32>, own: &Match) -> Found {
        let kept: Vec<u32> = match own.before {
            Some(before) => {
                let old = |unit: &u32| matches!(self.level(*unit), Level::OldProvince | Level::OldDistrict | Level::OldWard);
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
                let district = |unit: u32| !matches!(known(unit).level, Level::Ward | Level::OldWard);
                let next = units[1..].iter().map(|&unit| known(unit).weight).fold(0.0, f64::max);
                let rival = units[1..].iter().any(|&other| {
                    let level = known(other).level;
                    district(other) && (level >= known(first).level || level == Level::OldProvince) && level != Level::Ward
                });
                let alone = units[1..].iter().all(|&other| known(other).province == known(first).province);
                let all: f64 = units.iter().map(|&unit| known(unit).weight).sum();
                let share = known(first).weight / all;
                let province = matches!(known(first).level, Level::Province | Level::OldProvince);
                // Of namesakes across provinces a town is taken for granted only beside villages, a province when nearly everybody means it.
                let sure = district(first) && !rival && share >= TOWN_SHARE && !own.slipped || province && share >= PROVINCE_SHARE;
                if sure || alone && known(first).weight >= DOMINANT * next { Found::One(first) } else { self.ask_back(units) }
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
            units.sort_by_key(|&unit| known(unit).level == Level::OldWard);
            let now: Vec<u32> = units.iter().copied().filter(|&unit| known(unit).level == Level::Ward).collect();
            let near = |a: u32, b: u32| known(a).province == known(b).province && now.contains(&a) && !now.contains(&b);
            let all = units.clone();
            units.retain(|&unit| {
                !all.iter().any(|&other| near(other, unit) && (self.above.contains(unit, other) || self.are_near(other, unit)))
            });
            units.sort_by(|&a, &b| known(b).weight.total_cmp(&known(a).weight).then(a.cmp(&b)));
        }
        let mut kept: Vec<u32> = Vec::new();
        for unit in units {
            let same = |&other: &u32| {
                let (one, other_known) = (known(unit), known(other));
                one.province == other_known.province
                    && (self.above.contains(unit, other)
                        || self.above.contains(other, unit)
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
        let (one, other) = (self.wards.get(one), self.wards.get(other));
        !one.is_empty() && one.iter().all(|ward| other.binary_search(ward).is_ok())
    }

    fn are_near(&self, one: u32, other: u32) -> bool {
        self.short_name(one) == self.short_name(other)
            && self.point(one).zip(self.point(other)).is_some_and(|(one, other)| one.distance_m(other) <= SAME_PLACE_M)
    }
}
