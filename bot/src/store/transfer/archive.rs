//! A backup: one file with the rows of all tables.
//!
//! `hotro backup 1\n`, then a gzip stream, then the SHA-256 of everything before it. In the stream every part has its length before it:
//! a header in JSON, then table by table the rows, an empty part, and the sum of the table. The file is checked whole before it is used.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Take, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TransferError;
use super::row::{ROW_BYTES_MAX, Row, Sum, Value, decode};
use super::schema::{Kind, Schema, Table};

const MAGIC: &[u8; 15] = b"hotro backup 1\n";
const SHA256_BYTES: u64 = 32;
const HEADER_BYTES_MAX: usize = 1024 * 1024;
/// An empty part, a sum: counts and hash.
const SUM_BYTES: usize = 8 + 32;

/// What stands at the beginning of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// When the rows were as they are here.
    pub(super) made_ms: i64,
    /// The version of the program that wrote it.
    pub(super) program: String,
    /// The migrations of its schema.
    pub(super) versions: Vec<i64>,
    pub(super) tables: Vec<HeaderTable>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeaderTable {
    name: String,
    columns: Vec<String>,
}

impl Header {
    pub(super) fn of(schema: &Schema, made_ms: i64) -> Header {
        let versions = schema.versions.clone();
        Header { made_ms, program: env!("CARGO_PKG_VERSION").to_owned(), versions, tables: tables_of(schema) }
    }

    pub(super) fn fits(&self, schema: &Schema) -> bool {
        self.tables == tables_of(schema)
    }
}

fn tables_of(schema: &Schema) -> Vec<HeaderTable> {
    let columns = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect();
    schema.tables.iter().map(|table| HeaderTable { name: table.name.clone(), columns: columns(table) }).collect()
}

/// Passes bytes on and hashes them.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A backup that is being written: beside its place, until it is whole.
pub(super) struct Writer {
    path: PathBuf,
    draft: PathBuf,
    out: GzEncoder<Hashing<BufWriter<File>>>,
}

impl Writer {
    /// Never over a file that is there.
    pub(super) fn create(path: &Path, header: &Header) -> Result<Writer, TransferError> {
        let failed = |path: &Path, source| TransferError::File { path: path.to_owned(), source };
        if path.try_exists().map_err(|error| failed(path, error))? {
            return Err(failed(path, ErrorKind::AlreadyExists.into()));
        }
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".draft-{}", std::process::id()));
        let draft = PathBuf::from(draft);
        // Citizens' words stand in it.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(|error| failed(&draft, error))?;
        let mut writer = Hashing { inner: BufWriter::new(file), hash: Sha256::new() };
        writer.write_all(MAGIC).map_err(|error| failed(&draft, error))?;
        let mut writer = Writer { path: path.to_owned(), out: GzEncoder::new(writer, Compression::fast()), draft };
        let header = serde_json::to_vec(header).map_err(|error| writer.failed(error.into()))?;
        writer.part(&header)?;
        Ok(writer)
    }

    fn failed(&self, source: io::Error) -> TransferError {
        TransferError::File { path: self.draft.clone(), source }
    }

    fn part(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= ROW_BYTES_MAX).ok_or(TransferError::RowTooLarge)?;
        let written = self.out.write_all(&length.to_le_bytes()).and_then(|()| self.out.write_all(bytes));
        written.map_err(|error| self.failed(error))
    }

    pub(super) fn row(&mut self, encoded: &[u8]) -> Result<(), TransferError> {
        self.part(encoded)
    }

    pub(super) fn end_table(&mut self, sum: &Sum) -> Result<(), TransferError> {
        self.part(&[])?;
        self.part(&[&sum.rows.to_le_bytes()[..], &sum.sha256].concat())
    }

    /// Puts the whole file in its place, on the disk.
    pub(super) fn finish(mut self) -> Result<(), TransferError> {
        let (path, draft) = (self.path.clone(), self.draft.clone());
        let failed = |source| TransferError::File { path: path.clone(), source };
        let mut writer = {
            self.out.try_finish().map_err(failed)?;
            // What is left of self is dropped with its draft, which is linked by then.
            self.out.get_mut()
        };
        let sum = std::mem::take(&mut writer.hash).finalize();
        writer.inner.write_all(&sum).and_then(|()| writer.inner.flush()).map_err(failed)?;
        writer = self.out.get_mut();
        writer.inner.get_ref().sync_all().map_err(failed)?;
        // Unlike a rename, a link takes nobody's place.
        fs::hard_link(&draft, &path).map_err(failed)?;
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Whole, it has its own name by now; broken off, nobody wants it.
        let _ = fs::remove_file(&self.draft);
    }
}

/// A backup that was found whole.
pub(super) struct Reader {
    path: PathBuf,
    stream: BufReader<GzDecoder<BufReader<Take<File>>>>,
    header: Header,
    /// Names this file and no other.
    sha256: [u8; 32],
    encoded: Vec<u8>,
}

impl Reader {
    /// Checks the whole file, and then stands before its first table.
    pub(super) fn open(path: &Path) -> Result<Reader, TransferError> {
        let failed = |source| TransferError::File { path: path.to_owned(), source };
        let damaged = |what| TransferError::Damaged { path: path.to_owned(), what };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != *MAGIC {
            return Err(TransferError::NoBackup { path: path.to_owned() });
        }
        let content = length.checked_sub(SHA256_BYTES + MAGIC.len() as u64).ok_or_else(|| damaged("it is cut off"))?;
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        let hashed = io::copy(&mut (&file).take(content), &mut Sink(&mut hash)).map_err(failed)?;
        let mut noted = [0; 32];
        file.read_exact(&mut noted).map_err(failed)?;
        let sha256: [u8; 32] = hash.finalize().into();
        if hashed != content || sha256 != noted {
            return Err(damaged("its checksum is another: it is cut off or was changed"));
        }
        file.seek(SeekFrom::Start(MAGIC.len() as u64)).map_err(failed)?;
        let stream = BufReader::new(GzDecoder::new(BufReader::new(file.take(content))));
        let header = Header { made_ms: 0, program: String::new(), versions: Vec::new(), tables: Vec::new() };
        let mut reader = Reader { path: path.to_owned(), stream, header, sha256, encoded: Vec::new() };
        reader.part(HEADER_BYTES_MAX)?;
        reader.header = serde_json::from_slice(&reader.encoded).map_err(|_| damaged("its header cannot be read"))?;
        Ok(reader)
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn name(&self) -> String {
        format!("backup {}", hex::encode(self.sha256.get(..8).unwrap_or_default()))
    }

    fn damaged(&self, what: &'static str) -> TransferError {
        TransferError::Damaged { path: self.path.clone(), what }
    }

    /// Reads a part into `encoded`.
    fn part(&mut self, bytes_max: usize) -> Result<(), TransferError> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(|_| self.damaged("it ends too early"))?;
        let length = u32::from_le_bytes(length) as usize;
        if length > bytes_max {
            return Err(self.damaged("a part of it is too long"));
        }
        self.encoded.resize(length, 0);
        self.stream.read_exact(&mut self.encoded).map_err(|_| TransferError::Damaged { path: self.path.clone(), what: "it ends too early" })
    }

    /// The next row of this table and its bytes; `None` at its end.
    pub(super) fn row(&mut self, table: &Table) -> Result<Option<(Row, usize)>, TransferError> {
        self.part(ROW_BYTES_MAX)?;
        if self.encoded.is_empty() {
            return Ok(None);
        }
        let row = decode(&self.encoded).filter(|row| fits(row, table)).ok_or_else(|| self.damaged("a row does not fit its table"))?;
        Ok(Some((row, self.encoded.len())))
    }

    /// What the table holds; after its last row.
    pub(super) fn sum(&mut self) -> Result<Sum, TransferError> {
        self.part(SUM_BYTES)?;
        let parts = self.encoded.split_first_chunk::<8>().and_then(|(rows, hash)| Some((rows, <[u8; 32]>::try_from(hash).ok()?)));
        let Some((rows, sha256)) = parts else { return Err(self.damaged("the sum of a table cannot be read")) };
        Ok(Sum { rows: u64::from_le_bytes(*rows), sha256 })
    }

    /// Nothing may follow the last table.
    pub(super) fn end(&mut self) -> Result<(), TransferError> {
        match self.stream.read(&mut [0]) {
            Ok(0) => Ok(()),
            _ => Err(self.damaged("something follows its end")),
        }
    }
}

fn fits(row: &[Value], table: &Table) -> bool {
    row.len() == table.columns.len()
        && row.iter().zip(&table.columns).all(|(value, column)| {
            matches!(
                (value, column.kind),
                (Value::Null, _)
                    | (Value::Text(_), Kind::Text)
                    | (Value::Bigint(_), Kind::Bigint)
                    | (Value::Double(_), Kind::Double)
                    | (Value::Bytes(_), Kind::Bytes)
            )
        })
}

/// A hash as something to write to.
struct Sink<'a>(&'a mut Sha256);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
