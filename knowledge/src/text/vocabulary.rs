//! The vocabulary: every word that the index, the tables or the citizens of the authored questions use.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::phrases::tables;
use super::words::Word;
use crate::intent;
use crate::lexicon::Lexicon;

/// Words of the tables count as often as this: known, and never the target of a repair that a word of the index could be.
const TABLE_WORD_COUNT: u32 = 1;
/// A typo is repaired only into a word used at least so often: the rarest words are names and the authors' own typos.
const REPAIR_COUNT_MIN: u32 = 3;
/// Glued words are cut only into words used at least so often.
const SPLIT_COUNT_MIN: u32 = 8;
const SPLIT_PIECES_MAX: usize = 6;
/// A glued run longer than this is a link or noise.
const SPLIT_LETTERS_MAX: usize = 28;

/// A known word, by its position in the vocabulary.
pub(crate) type WordId = u32;
/// A known folded word, by its position among the folded words.
pub(crate) type FoldId = u32;

/// All known words: gives the index its word numbers and tells a word from a slip of the keyboard.
#[derive(Default)]
pub(crate) struct Vocabulary {
    words: Vec<Known>,
    /// Accented words to their position in `words`.
    by_syl: FxHashMap<Arc<str>, WordId>,
    folds: Vec<Folded>,
    /// Folded words to their position in `folds`.
    by_fold: FxHashMap<Arc<str>, FoldId>,
    /// A folded word, or one with a letter left out, to the words it may be.
    deletions: FxHashMap<Box<str>, Vec<FoldId>>,
    /// Pairs of folded words that stand side by side in some text.
    pairs: FxHashSet<(FoldId, FoldId)>,
}

struct Known {
    word: Word,
    fold: FoldId,
    count: u32,
}

/// A folded word with its accented spellings.
struct Folded {
    fold: Arc<str>,
    count: u32,
    /// Most used first.
    spellings: Vec<WordId>,
}

impl Vocabulary {
    /// Begins with what the authored questions have taught.
    pub(crate) fn of_lexicon(lexicon: &Lexicon) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        let ids: Vec<WordId> = lexicon.words().map(|(word, count)| vocabulary.add(&word, count)).collect();
        let folds: Vec<FoldId> = ids.iter().map(|&id| vocabulary.fold_of(id)).collect();
        vocabulary.pairs.extend(lexicon.pairs().iter().map(|&(first, second)| (folds[first as usize], folds[second as usize])));
        vocabulary
    }

    /// Takes the words of one text in; returns their numbers.
    pub(crate) fn add_text(&mut self, words: &[Word]) -> Vec<WordId> {
        let ids: Vec<WordId> = words.iter().map(|word| self.add(word, 1)).collect();
        let fold_of = |id: WordId| self.words[id as usize].fold;
        self.pairs.extend(ids.windows(2).map(|pair| (fold_of(pair[0]), fold_of(pair[1]))));
        ids
    }

    fn add(&mut self, word: &Word, count: u32) -> WordId {
        let id = match self.by_syl.get(&word.syl) {
            Some(&id) => id,
            None => self.insert(word),
        };
        let known = &mut self.words[id as usize];
        known.count += count;
        self.folds[known.fold as usize].count += count;
        id
    }

    fn insert(&mut self, word: &Word) -> WordId {
        let id = self.words.len() as WordId;
        let fold = *self.by_fold.entry(word.fold.clone()).or_insert_with(|| {
            self.folds.push(Folded { fold: word.fold.clone(), count: 0, spellings: Vec::new() });
            (self.folds.len() - 1) as FoldId
        });
        self.folds[fold as usize].spellings.push(id);
        self.words.push(Known { word: word.clone(), fold, count: 0 });
        self.by_syl.insert(word.syl.clone(), id);
        id
    }

    /// Call once when all texts are in: adds the words of the tables and prepares repair.
    pub(crate) fn finish(&mut self) {
        let tables = tables();
        let listed = [&tables.abbreviations, &tables.teencode].into_iter().flat_map(|table| table.words());
        for word in listed.chain(tables.fillers.words()).chain(tables.alternatives.words()).chain(intent::words()) {
            self.add(word, TABLE_WORD_COUNT);
        }
        for (id, entry) in self.folds.iter_mut().enumerate() {
            let words = &self.words;
            entry.spellings.sort_by_key(|&spelling| (Reverse(words[spelling as usize].count), spelling));
            if entry.count >= REPAIR_COUNT_MIN && entry.fold.chars().all(char::is_alphabetic) {
                for key in with_deletions(&entry.fold) {
                    self.deletions.entry(key.into()).or_default().push(id as FoldId);
                }
            }
        }
    }

    /// The folded word of a known word.
    pub(crate) fn fold_of(&self, id: WordId) -> FoldId {
        self.words[id as usize].fold
    }

    /// The number of a word; `None` when no text holds it in this spelling.
    pub(crate) fn id(&self, word: &Word) -> Option<WordId> {
        self.by_syl.get(&word.syl).copied()
    }

    /// The number of its folded form; `None` when no text holds it in any spelling.
    pub(crate) fn fold_id(&self, word: &Word) -> Option<FoldId> {
        self.by_fold.get(&word.fold).copied()
    }

    /// Whether two folded words stand side by side in some text.
    pub(crate) fn has_pair(&self, first: FoldId, second: FoldId) -> bool {
        self.pairs.contains(&(first, second))
    }

    /// The spelling of a folded word.
    pub(crate) fn folded(&self, id: FoldId) -> &str {
        &self.folds[id as usize].fold
    }

    /// A known word.
    pub(crate) fn word(&self, id: WordId) -> &Word {
        &self.words[id as usize].word
    }

    /// Whether the word is known, as written or without its accents.
    pub(crate) fn knows(&self, word: &Word) -> bool {
        self.by_fold.contains_key(&word.fold)
    }

    /// The word that a slip of one key made into `typed`: one letter too many, missing, wrong, or two swapped.
    ///
    /// Of several words, the one that stands beside its neighbours in known text, then the most used. `context` says that only a
    /// word with such a neighbour will do.
    pub(crate) fn repair(&self, typed: &Word, neighbours: Neighbours<'_>, context: bool) -> Option<Word> {
        let mut candidates: Vec<u32> =
            with_deletions(&typed.fold).iter().filter_map(|key| self.deletions.get(key.as_str())).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
            .into_iter()
            .filter(|&at| is_one_slip(&typed.fold, &self.folds[at as usize].fold))
            .map(|at| (self.pairs_with(at, neighbours), at))
            .filter(|&(pairs, _)| pairs > 0 || !context)
            .max_by_key(|&(pairs, at)| (pairs, self.folds[at as usize].count, Reverse(at)))
            .map(|(_, at)| self.spelled_like(at, typed))
    }

    fn pairs_with(&self, at: u32, (before, after): Neighbours<'_>) -> usize {
        let position = |word: Option<&Word>| word.and_then(|word| self.fold_id(word));
        let before = position(before).is_some_and(|before| self.pairs.contains(&(before, at)));
        let after = position(after).is_some_and(|after| self.pairs.contains(&(at, after)));
        usize::from(before) + usize::from(after)
    }

    /// The spelling of an entry that keeps most of the typed letters; without accents when none were typed.
    fn spelled_like(&self, at: u32, typed: &Word) -> Word {
        let entry = &self.folds[at as usize];
        if !typed.is_accented() {
            return Word { syl: entry.fold.clone(), fold: entry.fold.clone() };
        }
        let kept = |spelling: &str| spelling.chars().filter(|letter| typed.syl.contains(*letter)).count();
        let spellings = entry.spellings.iter().map(|&id| self.word(id));
        // Spellings are sorted by use, and `max_by_key` returns the last of equals.
        spellings.rev().max_by_key(|word| kept(&word.syl)).unwrap_or(typed).clone()
    }

    /// The words that were typed without spaces between them: "quenmatkhau". `None` when it is not clearly that.
    pub(crate) fn split(&self, typed: &Word) -> Option<Vec<Word>> {
        let letters: Vec<char> = typed.syl.chars().collect();
        let folded: Vec<char> = typed.fold.chars().collect();
        if letters.len() > SPLIT_LETTERS_MAX || letters.len() != folded.len() {
            return None;
        }
        // best[end]: the fewest words that cover the letters before `end`, each known beside the one before it.
        let mut best: Vec<Option<Vec<(usize, u32)>>> = vec![None; letters.len() + 1];
        best[0] = Some(Vec::new());
        for end in 2..=letters.len() {
            for start in 0..end - 1 {
                let Some(before) = &best[start] else { continue };
                let piece: String = folded[start..end].iter().collect();
                let Some(&at) = self.by_fold.get(piece.as_str()) else { continue };
                let fits = self.folds[at as usize].count >= SPLIT_COUNT_MIN
                    && before.last().is_none_or(|&(_, last)| self.pairs.contains(&(last, at)))
                    && before.len() < SPLIT_PIECES_MAX;
                if fits && best[end].as_ref().is_none_or(|known| before.len() + 1 < known.len()) {
                    let mut longer = before.clone();
                    longer.push((start, at));
                    best[end] = Some(longer);
                }
            }
        }
        let pieces = best.pop().flatten().filter(|pieces| pieces.len() > 1)?;
        let starts = pieces.iter().map(|&(start, _)| start);
        let ends = starts.clone().skip(1).chain([letters.len()]);
        Some(starts.zip(ends).map(|(start, end)| Word::new(&letters[start..end].iter().collect::<String>())).collect())
    }
}

/// The words before and after a typed one.
pub(crate) type Neighbours<'a> = (Option<&'a Word>, Option<&'a Word>);

/// The word itself and the word with each letter left out.
fn with_deletions(word: &str) -> Vec<String> {
    let mut keys = vec![word.to_owned()];
    for (at, letter) in word.char_indices() {
        let mut key = String::with_capacity(word.len());
        key.push_str(&word[..at]);
        key.push_str(&word[at + letter.len_utf8()..]);
        keys.push(key);
    }
    keys
}

/// Whether two words differ by one letter inserted, left out, replaced, or by two neighbouring letters swapped.
pub(crate) fn is_one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - end], &b[..b.len() - end]) {
        ([_] | [], [_] | []) => true,
        ([x, y], [z, w]) => (x, y) == (w, z),
        _ => false,
    }
}

#[cfg(test)]
impl Vocabulary {
    /// A small vocabulary in which every word of `text` is in common use.
    pub(crate) fn of_text(text: &str) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        let words = crate::text::words::Analyzer::default().words(text);
        for _ in 0..SPLIT_COUNT_MIN {
            vocabulary.add_text(&words);
        }
        vocabulary.finish();
        vocabulary
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words::literal_words;

    fn vocabulary() -> Vocabulary {
        let text = "quên mật khẩu bảo hiểm xã hội lấy lại mật khẩu vssid đóng bao nhiêu hưởng lương hưu một lần";
        Vocabulary::of_text(text)
    }

    fn word(text: &str) -> Word {
        Word::new(text)
    }

    #[test]
    fn one_slip_is_repaired_into_a_known_word() {
        let vocabulary = vocabulary();
        let (before, after) = (word("mật"), word("vssid"));
        for (typed, expected) in [
            ("khẩuu", Some("khẩu")),
            ("kẩhu", Some("khẩu")),
            ("khẩi", Some("khẩu")),
            ("khau", Some("khau")),
            ("khua", Some("khau")),
            ("xyz", None),
            ("khhhuauu", None),
        ] {
            let repaired = vocabulary.repair(&word(typed), (Some(&before), Some(&after)), false);
            assert_eq!(repaired.as_ref().map(|word| word.syl.as_ref()), expected, "{typed}");
        }
    }

    #[test]
    fn glued_words_are_cut() {
        let vocabulary = vocabulary();
        for (typed, expected) in
            [("quenmatkhau", Some("quen mat khau")), ("mậtkhẩu", Some("mật khẩu")), ("khaumat", None), ("khau", None), ("httpsxyz", None)]
        {
            let words = vocabulary.split(&word(typed));
            let joined = words.map(|words| words.iter().map(|word| word.syl.to_string()).collect::<Vec<_>>().join(" "));
            assert_eq!(joined.as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn words_of_the_tables_are_known() {
        assert!(literal_words("ko dc ntn tctn").iter().all(|word| vocabulary().knows(word)));
        assert!(!vocabulary().knows(&word("queen")));
    }
}
