//! Names that one slip of the keyboard makes into what was typed.
//!
//! Two words are one slip apart only if they, or what is left of them without one letter, are alike somewhere. So hashes of every name
//! with a letter left out are kept, and looked up with those of the typed word.

use super::lines::Strings;

/// A name is read through a slip of the keyboard from so many letters on: shorter ones are too near to each other.
const LETTERS_MIN: usize = 5;
/// Longer words are not typed for a place.
const LETTERS_MAX: usize = 40;
/// The upper bits of a hash choose its bucket.
const BUCKET_BITS: u32 = 16;
/// Odd, so that each letter counts wherever it stands.
const FACTOR: u32 = 0x01f3_5b2d;

/// Names by hashes of what is left of them without one letter.
#[derive(Default)]
pub(super) struct Slips {
    /// Where each bucket begins, and where the last ends.
    from: Box<[u32]>,
    /// The lower bits of hashes.
    rest: Box<[u16]>,
    names: Box<[u32]>,
}

impl Slips {
    pub(super) fn of(names: &Strings) -> Slips {
        let mut all: Vec<(u32, u32)> = Vec::new();
        for name in 0..names.len() as u32 {
            let key = names.get(name);
            if is_read(key) {
                hashes(key, |hash| all.push((hash, name)));
            }
        }
        all.sort_unstable();
        all.dedup();
        let bucket = |hash: u32| hash >> (u32::BITS - BUCKET_BITS);
        let mut from = vec![0; (1 << BUCKET_BITS) + 1];
        all.iter().for_each(|&(hash, _)| from[bucket(hash) as usize + 1] += 1);
        for at in 1..from.len() {
            from[at] += from[at - 1];
        }
        Slips {
            from: from.into(),
            rest: all.iter().map(|&(hash, _)| (hash & 0xffff) as u16).collect(),
            names: all.into_iter().map(|(_, name)| name).collect(),
        }
    }

    /// Numbers of names that are this one or one slip from it, in order.
    pub(super) fn near(&self, names: &Strings, typed: &str) -> Vec<u32> {
        let mut near: Vec<u32> = Vec::new();
        if self.from.is_empty() || !is_read(typed) {
            return near;
        }
        hashes(typed, |hash| {
            let bucket = (hash >> (u32::BITS - BUCKET_BITS)) as usize;
            let range = self.from[bucket] as usize..self.from[bucket + 1] as usize;
            let same = self.rest[range.clone()].iter().zip(&self.names[range]).filter(|&(&rest, _)| rest == (hash & 0xffff) as u16);
            near.extend(same.map(|(_, &name)| name));
        });
        near.sort_unstable();
        near.dedup();
        near.retain(|&name| crate::text::vocabulary::is_one_slip(typed, names.get(name)));
        near
    }
}

fn is_read(key: &str) -> bool {
    (LETTERS_MIN..=LETTERS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Hashes of the word itself and of it without each of its letters.
fn hashes(word: &str, mut take: impl FnMut(u32)) {
    let letters = word.as_bytes();
    let step = |hash: u32, letter: u8| hash.wrapping_mul(FACTOR).wrapping_add(u32::from(letter));
    // What is left of a polynomial without one of its terms, from the hashes of what is before and what is after.
    let mut after = [(0u32, 1u32); LETTERS_MAX + 1];
    for at in (0..letters.len()).rev() {
        let (hash, power) = after[at + 1];
        after[at] = (hash.wrapping_add(u32::from(letters[at]).wrapping_mul(power)), power.wrapping_mul(FACTOR));
    }
    take(mixed(after[0].0));
    let mut before = 0u32;
    for (at, &letter) in letters.iter().enumerate() {
        let (hash, power) = after[at + 1];
        take(mixed(before.wrapping_mul(power).wrapping_add(hash)));
        before = step(before, letter);
    }
}

/// Spreads what differs in the lower bits over all of them.
fn mixed(hash: u32) -> u32 {
    let hash = (hash ^ hash >> 16).wrapping_mul(0x7feb_352d);
    let hash = (hash ^ hash >> 15).wrapping_mul(0x846c_a68b);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_found_and_two_are_not() {
        let names = Strings::of(vec!["govap", "hadong", "hadongg", "binhthanh", "vinh"]);
        let slips = Slips::of(&names);
        let near = |typed: &str| slips.near(&names, typed).into_iter().map(|name| names.get(name)).collect::<Vec<_>>();
        for (typed, expected) in [
            ("govap", &["govap"][..]),
            ("gvap", &[]),
            ("ogvap", &["govap"]),
            ("govpa", &["govap"]),
            ("gohvap", &["govap"]),
            ("gozap", &["govap"]),
            ("hadong", &["hadong", "hadongg"]),
            ("hadogn", &["hadong"]),
            ("binthanh", &["binhthanh"]),
            ("bnthanh", &[]),
            ("vnihh", &[]),
            ("", &[]),
            ("gòvap", &[]),
        ] {
            assert_eq!(near(typed), expected, "{typed}");
        }
        assert_eq!(near(&"a".repeat(LETTERS_MAX + 1)), Vec::<&str>::new());
        assert!(Slips::default().near(&names, "govap").is_empty());
    }

    #[test]
    fn a_word_without_a_letter_hashes_like_the_shorter_word() {
        let all = |word: &str| {
            let mut all = Vec::new();
            hashes(word, |hash| all.push(hash));
            all
        };
        let whole = |word: &str| all(word)[0];
        assert_eq!(all("dong"), [whole("dong"), whole("ong"), whole("dng"), whole("dog"), whole("don")]);
    }
}
