//! What a message asks about places, when it asks nothing else.
//!
//! A message is about places when every word of it is: what is looked for, the unit that is named, the name of a place, and the small
//! words between them. One word more ("trái tuyến", "bao nhiêu") and it is a question for the FAQ.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Places;
use super::gazetteer::{Found, LOCATIVES};
use super::names::facility_code;
use super::row::{PlaceKind, Sort};
use super::words::{Token, Tokens, contradictions, name_words, read};

/// A longer message is a story.
const WORDS_MAX: usize = 26;
/// Places told of a name.
const NAMED_MAX: usize = 6;
/// A name that fits so well is the one that was meant.
const NAMED_SURE: f64 = 0.9;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// One of this kind, and of this sort when one was named.
    Place(PlaceKind, Option<Sort>),
    /// Where unemployment insurance is applied for: the employment service, and no office of ours.
    Employment,
}

/// Where it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// Not said.
    Unsaid,
    /// Near whoever asks.
    Here,
    /// In or near what these words name.
    Named(Found),
}

/// When it is to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// At this moment.
    Now,
    /// On Saturday.
    Saturday,
    /// On Sunday.
    Sunday,
}

/// A message, read as a question about places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceQuestion {
    /// What is looked for; `None` when only a spot, a name or a wish was said.
    pub what: Option<What>,
    /// Where.
    pub spot: Spot,
    /// When it is to be open.
    pub open: Option<Open>,
    /// It must take emergencies.
    pub emergency: bool,
    /// Numbers of places that bear the name in it, the likeliest first.
    pub named: Vec<u32>,
    /// The first of them is meant and nothing else.
    pub named_surely: bool,
    /// The code of a facility.
    pub code: Option<String>,
    /// Wants others than those shown.
    pub other: bool,
    /// Finds those shown too far.
    pub too_far: bool,
    /// Every word is explained.
    pub whole: bool,
    /// Asks where something is, for its address, number or code.
    pub asks: bool,
    /// The unit was read through a slip of the keyboard.
    pub slipped: bool,
}

impl PlaceQuestion {
    /// Whether the message is about places and nothing else.
    pub fn is_about_places(&self) -> bool {
        let wished = self.open.is_some() || self.emergency;
        let spot = self.spot != Spot::Unsaid;
        self.whole
            && (self.what.is_some() && (spot || self.asks || wished)
                || self.what != Some(What::Employment) && !self.named.is_empty()
                || self.code.is_some() && (self.asks || self.what.is_some()))
    }

    /// Whether it goes on from places that were shown: names another spot or another wish, and no other subject.
    pub fn follows(&self) -> bool {
        self.whole
            && (self.other || self.too_far || self.open.is_some() || self.emergency || self.what.is_some() || self.spot != Spot::Unsaid)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Kind(What),
    Here,
    Near,
    Where,
    Code,
    Fill,
    Errand,
    Open(Open),
    Emergency,
    Other,
    TooFar,
}

struct Phrase {
    words: Vec<Token>,
    role: Role,
}

/// Phrases by the key of their first word, longest first.
static PHRASES: LazyLock<FxHashMap<String, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: FxHashMap<String, Vec<Phrase>> = FxHashMap::default();
    for (role, phrase) in rows() {
        let words = name_words(phrase);
        if let Some(first) = words.first() {
            phrases.entry(first.key.clone()).or_default().push(Phrase { role, words });
        }
    }
    for list in phrases.values_mut() {
        list.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
    }
    phrases
});

fn rows() -> impl Iterator<Item = (Role, &'static str)> {
    crate::text::phrases::rows(include_str!("../../data/place-words.tsv")).filter_map(|row| {
        let (role, phrase) = row.split_once('\t')?;
        Some((role_of(role)?, phrase))
    })
}

fn role_of(name: &str) -> Option<Role> {
    let facility = |sort| Role::Kind(What::Place(PlaceKind::Facility, sort));
    Some(match name {
        "office" => Role::Kind(What::Place(PlaceKind::Office, None)),
        "collection_point" => Role::Kind(What::Place(PlaceKind::CollectionPoint, None)),
        "facility" => facility(None),
        "hospital" => facility(Some(Sort::Hospital)),
        "clinic" => facility(Some(Sort::Clinic)),
        "station" => facility(Some(Sort::Station)),
        "health_centre" => facility(Some(Sort::HealthCentre)),
        "employment" => Role::Kind(What::Employment),
        "here" => Role::Here,
        "near" => Role::Near,
        "where" => Role::Where,
        "code" => Role::Code,
        "fill" => Role::Fill,
        "errand" => Role::Errand,
        "open_now" => Role::Open(Open::Now),
        "saturday" => Role::Open(Open::Saturday),
        "sunday" => Role::Open(Open::Sunday),
        "emergency" => Role::Emergency,
        "other" => Role::Other,
        "too_far" => Role::TooFar,
        _ => return None,
    })
}

fn knows(key: &str) -> bool {
    static WORDS: LazyLock<rustc_hash::FxHashSet<String>> =
        LazyLock::new(|| PHRASES.values().flatten().flat_map(|phrase| phrase.words.iter().map(|word| word.key.clone())).collect());
    WORDS.contains(key)
}

/// The longest phrase that the words begin with.
fn phrase_at(tokens: &[Token]) -> Option<&'static Phrase> {
    let list = PHRASES.get(&tokens.first()?.key)?;
    list.iter().find(|phrase| {
        let fits = |words: &[Token]| {
            let same = words.iter().zip(&phrase.words).all(|(word, wanted)| word.key == wanted.key);
            same && contradictions(words, phrase.words.iter().map(|word| word.syl.as_str())) == 0
        };
        tokens.get(..phrase.words.len()).is_some_and(fits)
    })
}

/// What roles the words play; names of units keep their words.
fn roles(tokens: &[Token], places: &Places) -> Vec<Option<Role>> {
    let mut roles = vec![None; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        let name = places.gazetteer().name_at(&tokens[at..]);
        match phrase_at(&tokens[at..]) {
            Some(phrase) if phrase.words.len() >= name => {
                roles[at..at + phrase.words.len()].fill(Some(phrase.role));
                at += phrase.words.len();
            }
            _ => at += name.max(1),
        }
    }
    roles
}

/// Reads a message. Any text is read in bounded time.
pub(crate) fn read_question(places: &Places, text: &str) -> PlaceQuestion {
    let Tokens { tokens, runs } = read(text, |key| places.gazetteer().knows(key) || knows(key) || places.names.knows(key));
    let mut roles = roles(&tokens, places);
    let code_at = code(&tokens, &runs, &roles);
    let code = code_at.as_ref().map(|(code, _)| code.clone());
    if let Some((_, covered)) = &code_at {
        covered.iter().for_each(|&at| roles[at] = Some(Role::Code));
    }
    let taken: Vec<bool> = roles.iter().map(Option::is_some).collect();
    let search = places.gazetteer().search(&tokens, &taken);
    let has = |role: Role| roles.contains(&Some(role));
    let mut what = what(&roles);
    let first_covered = search.covered.iter().position(|&covered| covered);
    let introduced = first_covered
        .and_then(|at| at.checked_sub(1))
        .is_some_and(|at| LOCATIVES.contains(&tokens[at].key.as_str()) || roles[at] == Some(Role::Near));
    let unexplained = |at: usize| roles[at].is_none() && !search.covered[at];
    let some_unexplained = (0..tokens.len()).any(unexplained);
    let facility = !matches!(what, Some(What::Place(PlaceKind::CollectionPoint, _) | What::Employment));
    let mut named: Vec<(u32, f64)> = Vec::new();
    if code.is_none() && facility && tokens.len() <= WORDS_MAX && (some_unexplained || !introduced && !search.designated) {
        let kind = |role: Option<Role>| matches!(role, None | Some(Role::Kind(What::Place(PlaceKind::Facility, _))));
        let asked: Vec<Token> = tokens.iter().zip(&roles).filter(|(_, role)| kind(**role)).map(|(token, _)| token.clone()).collect();
        if roles.iter().any(Option::is_none) {
            named = places.find_named(&asked);
            let wanted = match what {
                Some(What::Place(kind, _)) => Some(kind),
                _ => None,
            };
            named.retain(|&(number, _)| wanted.is_none_or(|kind| places.kind(number) == kind));
        }
    }
    let named_surely = match named[..] {
        [(_, fit)] => fit >= NAMED_MIN_ALONE,
        [(_, fit), (_, next), ..] => fit >= NAMED_SURE && next < fit - 0.05,
        [] => false,
    };
    // Without a word for what is looked for, only a name that fits says that it is one.
    if what.is_none() && !named_surely && !(has(Role::Where) || has(Role::Code)) {
        named.clear();
    }
    if !some_unexplained && search.found != Found::Nothing && named.first().is_some_and(|&(_, fit)| fit < NAMED_SURE) {
        named.clear();
    }
    let spot = if search.found != Found::Nothing {
        Spot::Named(search.found)
    } else if has(Role::Here) {
        Spot::Here
    } else {
        Spot::Unsaid
    };
    let errand = has(Role::Errand);
    if errand && what.is_none() {
        what = Some(What::Place(PlaceKind::Office, None));
    }
    let whole =
        !tokens.is_empty() && tokens.len() <= WORDS_MAX && (!some_unexplained || !named.is_empty()) && (!errand || spot != Spot::Unsaid);
    let open = [Open::Now, Open::Saturday, Open::Sunday].into_iter().find(|&open| has(Role::Open(open)));
    PlaceQuestion {
        what,
        spot,
        open,
        emergency: has(Role::Emergency),
        named_surely: named_surely && !named.is_empty(),
        named: named.into_iter().take(NAMED_MAX).map(|(number, _)| number).collect(),
        code,
        other: has(Role::Other),
        too_far: has(Role::TooFar),
        whole,
        asks: has(Role::Where) || has(Role::Code),
        slipped: search.slipped,
    }
}

/// A name that only one place bears need not be said in full.
const NAMED_MIN_ALONE: f64 = 0.5;

/// The most particular of the things that are looked for.
fn what(roles: &[Option<Role>]) -> Option<What> {
    let kinds: Vec<What> = roles
        .iter()
        .filter_map(|role| match role {
            Some(Role::Kind(what)) => Some(*what),
            _ => None,
        })
        .collect();
    let rank = |what: &What| match what {
        What::Employment => 0,
        What::Place(PlaceKind::Facility, Some(_)) => 1,
        What::Place(PlaceKind::Facility, None) => 2,
        What::Place(PlaceKind::CollectionPoint, _) => 3,
        What::Place(PlaceKind::Office, _) => 4,
    };
    kinds.into_iter().min_by_key(rank)
}

/// A code in the text, and the words that it stands in: "mã 01001", "01 - 001", "1001" behind the word for it.
fn code(tokens: &[Token], runs: &[String], roles: &[Option<Role>]) -> Option<(String, Vec<usize>)> {
    let of_runs = |from: usize, to: usize| (0..tokens.len()).filter(|&at| (from..=to).contains(&tokens[at].run)).collect::<Vec<_>>();
    let announced = roles.contains(&Some(Role::Code));
    for (at, run) in runs.iter().enumerate() {
        if run.len() == 5
            && let Some(code) = facility_code(run)
        {
            return Some((code, of_runs(at, at)));
        }
        let is_digits = |run: &str, length: usize| run.len() == length && run.bytes().all(|byte| byte.is_ascii_digit());
        if announced && is_digits(run, 4) {
            return facility_code(run).map(|code| (code, of_runs(at, at)));
        }
        if let Some(next) = runs.get(at + 1).filter(|next| announced && is_digits(run, 2) && next.len() == 3) {
            return facility_code(&format!("{run}{next}")).map(|code| (code, of_runs(at, at + 1)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = crate::text::phrases::rows(include_str!("../../data/place-words.tsv"));
        for row in rows {
            let (role, phrase) = row.split_once('\t').expect("a role and a phrase");
            assert!(role_of(role).is_some() && !name_words(phrase).is_empty(), "{row}");
        }
    }
}
