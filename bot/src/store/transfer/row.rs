//! Rows as the transfer carries them: between databases, and into a file.

use sha2::{Digest, Sha256};

/// A row is refused that is larger: the largest holds a photo of 10 MB.
pub(super) const ROW_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Rows that are read together; what is lost of a transfer that is cut off, and done again.
pub(super) const BATCH_ROWS_MAX: usize = 5_000;
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A value of one of the schema's four types.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Text(String),
    Bigint(i64),
    Double(f64),
    Bytes(Vec<u8>),
}

/// The values of a row, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// Writes a row so that it reads back, and so that equal rows are equal bytes on either database.
pub(super) fn encode(row: &[Value], out: &mut Vec<u8>) {
    let mut sized = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        // ROW_BYTES_MAX is far below the range.
        out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(bytes);
    };
    for value in row {
        match value {
            Value::Null => sized(0, &[]),
            Value::Text(text) => sized(1, text.as_bytes()),
            Value::Bigint(number) => sized(2, &number.to_le_bytes()),
            Value::Double(number) => sized(3, &number.to_bits().to_le_bytes()),
            Value::Bytes(bytes) => sized(4, bytes),
        }
    }
}

/// What [`encode`] wrote; `None`: something else.
pub(super) fn decode(mut bytes: &[u8]) -> Option<Row> {
    let mut row = Row::new();
    while let Some((tag, rest)) = bytes.split_first() {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        row.push(match tag {
            0 if value.is_empty() => Value::Null,
            1 => Value::Text(String::from_utf8(value.to_vec()).ok()?),
            2 => Value::Bigint(i64::from_le_bytes(value.try_into().ok()?)),
            3 => Value::Double(f64::from_bits(u64::from_le_bytes(value.try_into().ok()?))),
            4 => Value::Bytes(value.to_vec()),
            _ => return None,
        });
        bytes = rest;
    }
    Some(row)
}

/// What a table holds: equal on two databases when and only when all rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Its rows.
    pub rows: u64,
    /// SHA-256 over the rows in the order of their key.
    pub sha256: [u8; 32],
}

/// Adds rows up.
#[derive(Default)]
pub(super) struct Summing {
    rows: u64,
    hash: Sha256,
}

impl Summing {
    pub(super) fn add(&mut self, encoded: &[u8]) {
        self.rows += 1;
        self.hash.update(encoded);
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn sum(self) -> Sum {
        Sum { rows: self.rows, sha256: self.hash.finalize().into() }
    }
}

/// Rows on their way into one table, bounded in number and size.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<Row>,
    bytes: usize,
}

impl Batch {
    pub(super) fn push(&mut self, row: Row, bytes: usize) {
        self.bytes += bytes;
        self.rows.push(row);
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS_MAX || self.bytes >= BATCH_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<String>().prop_map(Value::Text),
            any::<i64>().prop_map(Value::Bigint),
            any::<i32>().prop_map(|number| Value::Double(f64::from(number) / 8.0)),
            any::<Vec<u8>>().prop_map(Value::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn a_row_reads_back_as_it_was_written(row in prop::collection::vec(value(), 0..6)) {
            let mut bytes = Vec::new();
            encode(&row, &mut bytes);
            prop_assert_eq!(decode(&bytes), Some(row));
        }

        #[test]
        fn other_bytes_are_no_row_and_no_panic(bytes: Vec<u8>) {
            if let Some(row) = decode(&bytes) {
                let mut again = Vec::new();
                encode(&row, &mut again);
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
