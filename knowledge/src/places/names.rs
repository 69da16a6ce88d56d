//! Places by name and by code.

use super::Places;
use super::lines::{Interned, Lists, Strings};
use super::words::{Token, name_words};

/// A name that holds less than this part of what was asked, by weight, is another one.
const COVERED_MIN: f64 = 0.999;
/// A name of which less than this was asked for is a longer one.
const NAMED_MIN: f64 = 0.42;
/// What is asked must weigh so much: "bệnh viện đa khoa" names nobody.
const WEIGHT_MIN: f64 = 4.0;
/// Names compared.
const COMPARED_MAX: usize = 400;
/// What a contradicted accent costs.
const CONTRADICTION: f64 = 0.25;

/// Short forms in names, by their keys.
const SHORT_FORMS: [(&str, &[&str]); 8] = [
    ("bv", &["benh", "vien"]),
    ("bvdc", &["benh", "vien", "da", "khoa"]),
    ("bvdk", &["benh", "vien", "da", "khoa"]),
    ("pc", &["phong", "kham"]),
    ("pk", &["phong", "kham"]),
    ("ttyt", &["trung", "tam", "y", "te"]),
    ("tyt", &["tram", "y", "te"]),
    ("dc", &["da", "khoa"]),
];

/// Words of names and the places that have them.
pub(crate) struct Names {
    words: Strings,
    /// The numbers of places that have each word.
    places: Lists,
    count: usize,
}

impl Names {
    /// From the names of each place, in the order of their numbers.
    pub(super) fn build<'a, N: Iterator<Item = &'a str>>(all: impl Iterator<Item = N>) -> Names {
        let (mut interned, mut pairs, mut count) = (Interned::default(), Vec::new(), 0);
        for (names, place) in all.zip(0..) {
            count += 1;
            for key in names.flat_map(|name| keys(&name_words(name))) {
                pairs.push((interned.number(&key), place));
            }
        }
        let (words, moved) = interned.sorted();
        pairs.iter_mut().for_each(|(word, _)| *word = moved[*word as usize]);
        Names { places: Lists::of(words.len(), pairs), words, count }
    }

    /// The places whose names have a word.
    fn with(&self, key: &str) -> &[u32] {
        self.words.find(key).map_or(&[], |word| self.places.get(word))
    }

    fn weight(&self, key: &str) -> f64 {
        let known = self.with(key).len() as f64;
        libm::log((self.count as f64 + 1.0) / (known + 1.0))
    }

    fn weigh(&self, keys: &[String]) -> f64 {
        keys.iter().map(|key| self.weight(key)).sum()
    }

    /// Places that bear a name, the likeliest first, and how well each fits (1: that very name).
    pub(super) fn find(&self, asked: &[Token], all: &Places) -> Vec<(u32, f64)> {
        let wanted = distinct(keys(asked));
        let total = self.weigh(&wanted);
        let mut lists: Vec<&[u32]> = wanted.iter().map(|key| self.with(key)).collect();
        lists.sort_by_key(|list| list.len());
        let Some((rarest, others)) = lists.split_first() else { return Vec::new() };
        if total < WEIGHT_MIN || rarest.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(u32, f64)> = rarest
            .iter()
            .filter(|number| others.iter().all(|list| list.binary_search(number).is_ok()))
            .take(COMPARED_MAX)
            .filter_map(|&number| {
                let names = std::iter::once((all.name(number), 0.0)).chain(all.former(number).map(|name| (name, 0.02)));
                let best = names.filter_map(|(name, older)| Some(self.fit(asked, &wanted, total, name)? - older)).max_by(f64::total_cmp)?;
                Some((number, best))
            })
            .filter(|&(_, fit)| fit >= NAMED_MIN)
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| all.sort(a.0).cmp(&all.sort(b.0))).then(a.0.cmp(&b.0)));
        found
    }

    fn fit(&self, asked: &[Token], wanted: &[String], total: f64, name: &str) -> Option<f64> {
        let words = name_words(name);
        let of_name = distinct(keys(&words));
        let held: f64 = wanted.iter().filter(|key| of_name.contains(key)).map(|key| self.weight(key)).sum();
        if held < COVERED_MIN * total {
            return None;
        }
        let wrong = asked.iter().filter(|word| {
            word.is_accented() && words.iter().any(|other| other.key == word.key) && !words.iter().any(|other| other.syl == word.syl)
        });
        Some(held / self.weigh(&of_name).max(total) - CONTRADICTION * wrong.count() as f64)
    }

    pub(crate) fn knows(&self, key: &str) -> bool {
        self.words.find(key).is_some()
    }
}

fn keys(words: &[Token]) -> Vec<String> {
    let mut keys = Vec::with_capacity(words.len());
    for word in words {
        match SHORT_FORMS.iter().find(|(short, _)| *short == word.key) {
            Some((_, long)) => keys.extend(long.iter().map(|key| (*key).to_owned())),
            None => keys.push(word.key.clone()),
        }
    }
    keys
}

fn distinct(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The code of a facility as lists and citizens write it: "01001", "01-001", "01 - 001", and "1001", which a spreadsheet has taken
/// for a number. Five letters and digits, the first two digits; never read as a number, and an O is never taken for a zero.
pub fn facility_code(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|letter| !matches!(letter, '-' | ' ' | '.')).collect::<String>().to_uppercase();
    if bare.contains("NULL") || !bare.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let code = match bare.len() {
        4 if bare.bytes().all(|byte| byte.is_ascii_digit()) => format!("0{bare}"),
        5 => bare,
        _ => return None,
    };
    code.as_bytes()[..2].iter().all(u8::is_ascii_digit).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_letters_and_their_zeros() {
        for (text, code) in [
            ("01001", Some("01001")),
            ("01-001", Some("01001")),
            ("01 - 001", Some("01001")),
            ("1001", Some("01001")),
            ("01oo4", Some("01OO4")),
            ("36aqy", Some("36AQY")),
            ("91null", None),
            ("12null", None),
            ("ab001", None),
            ("010011", None),
            ("101", None),
            ("", None),
        ] {
            assert_eq!(facility_code(text).as_deref(), code, "{text}");
        }
    }
}
