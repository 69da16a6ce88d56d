//! What many rows are kept in: text that stays as it travels, lists one after the other, strings one after the other.
//!
//! A row is found by where its line begins and a field by counting tabs, which takes less than a microsecond; a structure of owned
//! strings for each of thirty thousand rows takes ten times the memory.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::compact::FIELD;

/// Rows as text, see [`super::compact`].
pub(crate) struct Lines(Cow<'static, str>);

impl Lines {
    pub(super) fn new(text: Cow<'static, str>) -> Lines {
        Lines(text)
    }

    /// The line that begins there.
    pub(super) fn line(&self, at: u32) -> &str {
        self.0[at as usize..].split('\n').next().unwrap_or_default()
    }

    /// A field of the line that begins there; empty when it has no such field.
    pub(super) fn field(&self, at: u32, number: usize) -> &str {
        self.line(at).split(FIELD).nth(number).unwrap_or_default()
    }

    /// A stretch of the text.
    pub(super) fn stretch(&self, at: u32, bytes: u16) -> &str {
        &self.0[at as usize..at as usize + usize::from(bytes)]
    }

    /// Lines and where each begins.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        let mut at = 0;
        self.0.split_terminator('\n').map(move |line| {
            let begin = at;
            at += line.len() as u32 + 1;
            (begin, line)
        })
    }
}

/// Lists of numbers, one for each number from 0 on; each is sorted and has nothing twice.
#[derive(Default)]
pub(crate) struct Lists {
    /// Where each begins, and where the last ends.
    from: Box<[u32]>,
    all: Box<[u32]>,
}

impl Lists {
    /// From pairs of a list and a member of it.
    pub(crate) fn of(count: usize, mut pairs: Vec<(u32, u32)>) -> Lists {
        pairs.sort_unstable();
        pairs.dedup();
        let mut from = Vec::with_capacity(count + 1);
        for list in 0..=count as u32 {
            from.push(pairs.partition_point(|&(of, _)| of < list) as u32);
        }
        Lists { from: from.into(), all: pairs.into_iter().map(|(_, member)| member).collect() }
    }

    /// A list; empty for a number that has none.
    pub(crate) fn get(&self, list: u32) -> &[u32] {
        let list = list as usize;
        match self.from.get(list..list + 2) {
            Some(&[from, to]) => &self.all[from as usize..to as usize],
            _ => &[],
        }
    }

    pub(crate) fn contains(&self, list: u32, member: u32) -> bool {
        self.get(list).binary_search(&member).is_ok()
    }
}

/// Strings, sorted, nothing twice.
#[derive(Default)]
pub(crate) struct Strings {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl Strings {
    pub(crate) fn of<S: AsRef<str> + Ord>(mut all: Vec<S>) -> Strings {
        all.sort_unstable();
        all.dedup();
        let mut text = String::with_capacity(all.iter().map(|one| one.as_ref().len()).sum());
        let ends = all.iter().map(|one| {
            text.push_str(one.as_ref());
            text.len() as u32
        });
        Strings { ends: ends.collect(), text: text.into() }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, at: u32) -> &str {
        let at = at as usize;
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[from as usize..self.ends[at] as usize]
    }

    /// The number of the first that is not before `text`, and whether it is that very one.
    fn search(&self, text: &str) -> Result<u32, u32> {
        let (mut low, mut high) = (0, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }

    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.search(text).ok()
    }

    /// Whether some string begins with this.
    pub(crate) fn any_begins_with(&self, text: &str) -> bool {
        let (Ok(at) | Err(at)) = self.search(text);
        (at as usize) < self.len() && self.get(at).starts_with(text)
    }
}

/// Strings, numbered as they come; in the end they are sorted.
#[derive(Default)]
pub(crate) struct Interned(FxHashMap<String, u32>);

impl Interned {
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.0.get(text) {
            return known;
        }
        let next = self.0.len() as u32;
        self.0.insert(text.to_owned(), next);
        next
    }

    /// The strings in their order, and what number each has now, by the one that it was given.
    pub(crate) fn sorted(self) -> (Strings, Vec<u32>) {
        let strings = Strings::of(self.0.keys().map(String::as_str).collect());
        let mut moved = vec![0; self.0.len()];
        self.0.iter().for_each(|(text, &at)| moved[at as usize] = strings.find(text).unwrap_or_default());
        (strings, moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_by_themselves_and_by_how_they_begin() {
        let strings = Strings::of(vec!["vap", "dong", "ha", "hadong", "ha"]);
        assert_eq!((0..strings.len() as u32).map(|at| strings.get(at)).collect::<Vec<_>>(), ["dong", "ha", "hadong", "vap"]);
        assert_eq!((strings.find("ha"), strings.find("h"), strings.find("vapz"), strings.find("")), (Some(1), None, None, None));
        for (text, begins) in [("h", true), ("hado", true), ("hadong", true), ("hadonga", false), ("z", false), ("", true)] {
            assert_eq!(strings.any_begins_with(text), begins, "{text}");
        }
        assert!(!Strings::default().any_begins_with(""));
    }

    #[test]
    fn lists_hold_what_they_were_given_once_and_in_order() {
        let lists = Lists::of(4, vec![(2, 9), (0, 5), (2, 1), (2, 9)]);
        let all: Vec<&[u32]> = (0..6).map(|list| lists.get(list)).collect();
        assert_eq!(all, [&[5][..], &[], &[1, 9], &[], &[], &[]]);
        assert!(lists.contains(2, 9) && !lists.contains(1, 9) && !lists.contains(7, 0));
    }
}
