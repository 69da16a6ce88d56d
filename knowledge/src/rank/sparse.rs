//! Sparse rows: weighted terms of many texts, and the dot product of a question with all of them.

use rustc_hash::FxHashMap;

use crate::terms::Term;

/// A matrix of rows (questions or topics) by terms, stored by term.
#[derive(Default)]
pub(crate) struct SparseRows {
    columns: FxHashMap<Term, u32>,
    /// Where the entries of each column begin; one more than there are columns.
    starts: Vec<u32>,
    /// Within a column by row.
    entries: Vec<Entry>,
    rows: usize,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Entry {
    pub(crate) row: u32,
    pub(crate) weight: f32,
}

impl SparseRows {
    /// From the terms of each row, a term at most once in a row.
    pub(crate) fn from_rows<R: IntoIterator<Item = (Term, f32)>>(rows: impl IntoIterator<Item = R>) -> SparseRows {
        let mut matrix = SparseRows::default();
        let mut cells: Vec<(u32, Entry)> = Vec::new();
        let mut lengths: Vec<u32> = Vec::new();
        for row in rows {
            for (term, weight) in row {
                let next = lengths.len() as u32;
                let column = *matrix.columns.entry(term).or_insert(next);
                if column == next {
                    lengths.push(0);
                }
                lengths[column as usize] += 1;
                cells.push((column, Entry { row: matrix.rows as u32, weight }));
            }
            matrix.rows += 1;
        }
        matrix.starts.push(0);
        for length in lengths {
            matrix.starts.push(matrix.starts.last().copied().unwrap_or(0) + length);
        }
        matrix.entries = vec![Entry::default(); cells.len()];
        let mut free = matrix.starts.clone();
        for (column, entry) in cells {
            let at = &mut free[column as usize];
            matrix.entries[*at as usize] = entry;
            *at += 1;
        }
        matrix
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The column of a term; `None` when no row holds it.
    pub(crate) fn column(&self, term: Term) -> Option<usize> {
        self.columns.get(&term).map(|&column| column as usize)
    }

    /// The entries of a column, by row.
    pub(crate) fn entries(&self, column: usize) -> &[Entry] {
        &self.entries[self.starts[column] as usize..self.starts[column + 1] as usize]
    }

    /// The number of rows that hold each column's term.
    pub(crate) fn column_lengths(&self) -> impl Iterator<Item = usize> {
        self.starts.windows(2).map(|range| (range[1] - range[0]) as usize)
    }

    /// Changes every weight: `change(column, entry)`.
    pub(crate) fn reweigh(&mut self, mut change: impl FnMut(usize, &mut Entry)) {
        for column in 0..self.starts.len().saturating_sub(1) {
            let range = self.starts[column] as usize..self.starts[column + 1] as usize;
            self.entries[range].iter_mut().for_each(|entry| change(column, entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_the_rows_of_a_term() {
        let (a, b) = (Term::word(7), Term::pair(7, 9));
        let matrix = SparseRows::from_rows([vec![(a, 1.0), (b, 2.0)], vec![], vec![(b, 3.0)]]);
        let column = |term| {
            let column = matrix.column(term)?;
            Some(matrix.entries(column).iter().map(|entry| (entry.row, entry.weight)).collect::<Vec<_>>())
        };
        assert_eq!(matrix.rows(), 3);
        assert_eq!(column(a), Some(vec![(0, 1.0)]));
        assert_eq!(column(b), Some(vec![(0, 2.0), (2, 3.0)]));
        assert_eq!(column(Term::word(9)), None);
        assert_eq!(matrix.column_lengths().collect::<Vec<_>>(), [1, 2]);
    }
}
