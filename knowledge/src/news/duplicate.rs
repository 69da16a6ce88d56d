//! The same text in two feeds: nearly the same title and text, whatever the address.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashSet, FxHasher};

use crate::text::words::Analyzer;

/// Words of a shingle.
const SHINGLE_WORDS: usize = 4;
/// Numbers that stand for a text: so many of the smallest hashes of its shingles.
const SKETCH_SIZE: usize = 96;
/// Words of a text that are compared.
const WORDS_MAX: usize = 2_000;
/// Texts that share so much of their shingles are one.
const ALIKE_MIN: f64 = 0.6;
/// The same under the same title: agencies' news are shortened by those who take them over.
const ALIKE_UNDER_ONE_TITLE_MIN: f64 = 0.25;

/// A text in short, for comparing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch {
    title: u64,
    /// Sorted.
    smallest: Vec<u64>,
}

impl Sketch {
    /// Of a title and a text.
    pub fn of(title: &str, text: &str) -> Sketch {
        let mut analyzer = Analyzer::default();
        let mut hash_of = |text: &str| -> Vec<u64> {
            let words = analyzer.words(text);
            words.iter().take(WORDS_MAX).map(|word| hash(&word.fold)).collect()
        };
        let title_words = hash_of(title);
        let words: Vec<u64> = title_words.iter().copied().chain(hash_of(text)).collect();
        let mut shingles: FxHashSet<u64> = words.windows(SHINGLE_WORDS).map(|shingle| hash(&shingle)).collect();
        // A text shorter than a shingle is its words.
        if shingles.is_empty() {
            shingles.extend(words);
        }
        let mut smallest: Vec<u64> = shingles.into_iter().collect();
        smallest.sort_unstable();
        smallest.truncate(SKETCH_SIZE);
        Sketch { title: hash(&title_words), smallest }
    }

    /// Whether two texts are one.
    pub fn is_alike(&self, other: &Sketch) -> bool {
        let needed = if self.title == other.title { ALIKE_UNDER_ONE_TITLE_MIN } else { ALIKE_MIN };
        self.resemblance(other) >= needed
    }

    /// The share of shingles that both have, estimated from the smallest of both.
    fn resemblance(&self, other: &Sketch) -> f64 {
        let mut union: Vec<u64> = self.smallest.iter().chain(&other.smallest).copied().collect();
        union.sort_unstable();
        union.dedup();
        union.truncate(SKETCH_SIZE);
        if union.is_empty() {
            return 0.0;
        }
        let both = union.iter().filter(|hash| self.smallest.binary_search(hash).is_ok() && other.smallest.binary_search(hash).is_ok());
        both.count() as f64 / union.len() as f64
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    // The smallest of the hashes must be the smallest by chance: FxHash alone leaves short inputs small.
    let mut mixed = hasher.finish();
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Từ ngày 01/07/2026, người đang hưởng lương hưu, trợ cấp bảo hiểm xã hội hằng tháng được điều chỉnh tăng 8% trên mức \
        hưởng của tháng 6/2026. Việc chi trả thực hiện từ kỳ tháng 7. Người hưởng trước năm 1995 có mức thấp được nâng thêm.";

    #[test]
    fn one_text_in_two_feeds_is_seen() {
        let first = Sketch::of("Lương hưu tăng 8% từ 01/07/2026", TEXT);
        let copied = Sketch::of("Từ 1/7 lương hưu tăng 8%", &format!("(Báo X) {TEXT} Theo Báo X."));
        let shortened = Sketch::of("Lương hưu tăng 8% từ 01/07/2026", TEXT.split(". ").next().unwrap_or_default());
        let other =
            Sketch::of("Lương cơ sở tăng từ 01/07/2026", "Từ ngày 01/07/2026, lương cơ sở là mức mới, áp dụng cho cán bộ, công chức.");
        assert!(first.is_alike(&copied), "{}", first.resemblance(&copied));
        assert!(first.is_alike(&shortened), "{}", first.resemblance(&shortened));
        assert!(!first.is_alike(&other), "{}", first.resemblance(&other));
        let empty = Sketch::of("", "");
        assert!(!empty.is_alike(&first) && !empty.is_alike(&empty));
    }
}
