//! Lists of places as people keep them, taken into SQLite and PostgreSQL: what is read, what is refused, and that nothing is half done.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use hotro::places::{Defaults, FILE_BYTES_MAX, ReadError, Reading, TableError, UNPACKED_BYTES_MAX, read};
use hotro::store::Store;
use knowledge::places::{Place, PlaceKind, Places, Precision, Rows, Sort};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::store::Database;

const NOW_MS: i64 = 1_764_036_000_000;
const FACILITIES: &str = "Mã CSKCB;Tên CSKCB;Địa chỉ;geo_precision;lat;lon\n";

on_both! {
    sqlite: crate::store::Database::sqlite(), postgres: crate::store::Database::postgres().await;
    codes_keep_their_letters_and_get_their_zero_back
    a_second_import_changes_nothing
    an_exact_point_is_not_overwritten_by_a_coarser_one
    what_the_database_refuses_leaves_nothing_behind
    a_node_takes_an_import_over
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().expect("a temporary folder"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }
}

fn defaults() -> Defaults {
    Defaults { source: Some("Danh sách thử".to_owned()), as_of: Some("2026-11-01".to_owned()), province: None }
}

fn reading(path: &Path) -> Reading {
    read(path, &defaults(), &Places::embedded_rows()).unwrap_or_else(|error| panic!("{error:?}"))
}

fn problems(reading: &Reading) -> Vec<String> {
    reading.problems.iter().map(ToString::to_string).collect()
}

async fn take(store: &Store, rows: &Rows) -> hotro::store::PlacesImported {
    store.import_places(rows, "list.csv", NOW_MS).await.expect("imported")
}

fn ids(rows: &Rows) -> Vec<&str> {
    rows.places.iter().map(|place| place.id.as_str()).collect()
}

/// A workbook with one sheet, whose rows are cells by their addresses.
fn workbook(rows: &[&[(&str, &str)]], merged: &[&str]) -> Vec<u8> {
    let cell = |(address, text): &(&str, &str)| format!(r#"<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let row = |cells: &&[(&str, &str)]| format!("<row>{}</row>", cells.iter().map(cell).collect::<String>());
    let merged = match merged {
        [] => String::new(),
        all => format!("<mergeCells>{}</mergeCells>", all.iter().map(|range| format!(r#"<mergeCell ref="{range}"/>"#)).collect::<String>()),
    };
    let rows: String = rows.iter().map(row).collect();
    package(&[(
        "xl/worksheets/sheet1.xml",
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>{merged}</worksheet>"#
        )
        .into_bytes(),
    )])
}

fn package(sheets: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let fixed = [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="BenhVien" sheetId="1" r:id="s1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in
        fixed.iter().map(|(name, text)| (*name, text.as_bytes())).chain(sheets.iter().map(|(name, content)| (*name, &content[..])))
    {
        archive.start_file(name, packed).expect("begun");
        archive.write_all(content).expect("packed");
    }
    archive.finish().expect("finished").into_inner()
}

async fn codes_keep_their_letters_and_get_their_zero_back(database: Database) {
    let folder = Folder::new();
    let list = folder.file(
        "danh-muc.csv",
        format!("{FACILITIES}1001;Bệnh viện Thử Một;;;;\n01OO4;Bệnh viện Thử Hai;;;;\n01 - g55;Phòng khám Thử Ba;;;;\n"),
    );
    let reading = reading(&list);
    assert_eq!((ids(&reading.rows), problems(&reading)), (vec!["01001", "01OO4", "01G55"], Vec::new()));
    let store = database.open().await;
    assert_eq!(take(&store, &reading.rows).await.added, 3);
    let stored = store.place_rows().await.expect("rows");
    let mut codes = ids(&stored);
    codes.sort_unstable();
    assert_eq!(codes, ["01001", "01G55", "01OO4"]);
    // As the bot finds them, whose letter O is no zero.
    let places = Places::build(Places::embedded_rows().overlaid(stored));
    let name = |code: &str| places.number(PlaceKind::Facility, code).map(|number| places.name(number).to_owned());
    assert_eq!(name("01001").as_deref(), Some("Bệnh viện Thử Một"));
    assert_eq!(name("01OO4").as_deref(), Some("Bệnh viện Thử Hai"));
    assert_ne!(name("01004").as_deref(), Some("Bệnh viện Thử Hai"));
}

async fn a_second_import_changes_nothing(database: Database) {
    let folder = Folder::new();
    folder.file("offices.tsv", "Tên BHXH cơ sở\tĐịa bàn quản lý\tĐịa chỉ\tĐiện thoại\tTỉnh\nBHXH cơ sở Thử\t+ Phường Hà Đông; - Phường Dương Nội\tSố 1 Đường Thử\t02433000000\tHà Nội\n");
    folder
        .file("facilities.csv", format!("{FACILITIES}01001;Bệnh viện Thử Một;Số 2;exact;21.0201;105.8601\n01002;Bệnh viện Thử Hai;;;;\n"));
    let store = database.open().await;
    let first = take(&store, &reading(folder.0.path()).rows).await;
    assert_eq!((first.added, first.changed, first.same), (3, 0, 0));
    let import = store.last_place_import().await.expect("a number");
    let second = take(&store, &reading(folder.0.path()).rows).await;
    assert_eq!((second.added, second.changed, second.same), (0, 0, 3));
    assert_eq!(store.last_place_import().await.expect("a number"), import, "nodes do not load again");
    let rows = store.place_rows().await.expect("rows");
    let office = rows.places.iter().find(|place| place.kind == PlaceKind::Office).unwrap();
    assert_eq!(office.serves.len(), 2, "{office:?}");
}

async fn an_exact_point_is_not_overwritten_by_a_coarser_one(database: Database) {
    let folder = Folder::new();
    let exact = folder.file("exact.csv", format!("{FACILITIES}01001;Bệnh viện Thử;;exact;21.0201;105.8601\n"));
    let coarse = folder.file("coarse.csv", format!("{FACILITIES}01001;Bệnh viện Thử, tên mới;;ward;21.05;105.9\n"));
    let finer = folder.file("finer.csv", format!("{FACILITIES}01001;Bệnh viện Thử, tên mới;;exact;21.0205;105.8605\n"));
    let store = database.open().await;
    take(&store, &reading(&exact).rows).await;
    let stored = async || store.place_rows().await.expect("rows").places.remove(0);
    assert_eq!(take(&store, &reading(&coarse).rows).await.kept_points, 1);
    let place = stored().await;
    let point = |place: &Place| place.point.map(|point| (point.lat(), point.lon()));
    assert_eq!(
        (place.name.as_str(), point(&place), place.precision),
        ("Bệnh viện Thử, tên mới", Some((21.0201, 105.8601)), Precision::Exact)
    );
    take(&store, &reading(&finer).rows).await;
    assert_eq!(point(&stored().await), Some((21.0205, 105.8605)));
}

async fn what_the_database_refuses_leaves_nothing_behind(database: Database) {
    let folder = Folder::new();
    let lines: String = (100..900).map(|number| format!("01{number};Bệnh viện Thử {number};;;;\n")).collect();
    let mut rows = reading(&folder.file("many.csv", format!("{FACILITIES}{lines}"))).rows;
    assert_eq!(rows.places.len(), 800);
    // The very last row has no name, which the schema forbids.
    rows.places.last_mut().unwrap().name.clear();
    let store = database.open().await;
    store.import_places(&rows, "many.csv", NOW_MS).await.expect_err("a place without a name");
    assert_eq!(store.place_rows().await.expect("rows"), Rows::default());
    assert_eq!(store.last_place_import().await.expect("a number"), 0);
}

async fn a_node_takes_an_import_over(database: Database) {
    let store = database.open().await;
    let (places, import) = hotro::places::load(&store).await.expect("loaded");
    assert_eq!((import, places.len()), (0, Places::embedded().len()));
    let folder = Folder::new();
    let list = folder.file("one.csv", format!("{FACILITIES}01ZZZ;Bệnh viện Thử Nghiệm;;exact;21.0201;105.8601\n"));
    take(&store, &reading(&list).rows).await;
    let (places, import) = hotro::places::load(&store).await.expect("loaded");
    assert_eq!((import, places.len()), (1, Places::embedded().len() + 1));
    let number = places.number(PlaceKind::Facility, "01ZZZ").expect("it is there");
    let place = places.place(number);
    assert_eq!((place.sort, place.precision, place.source.as_of.as_str()), (Sort::Hospital, Precision::Exact, "2026-11-01"));
}

#[test]
fn rows_that_cannot_be_used_are_told_by_file_and_line() {
    let folder = Folder::new();
    let list = folder.file(
        "danh-muc.csv",
        format!(
            "{FACILITIES}01001;Bệnh viện Một;;;;\n\
             01001;Bệnh viện Một lần nữa;;;;\n\
             91null;Bệnh viện Hai;;;;\n\
             01003;;;;;\n\
             01004;Bệnh viện Ba;;exact;105.86;21.02\n\
             01005;Bệnh viện Bốn;;exact;48.85;2.35\n\
             01006;Bệnh viện Năm;;exact;NaN;105.8\n\
             01007;Bệnh viện Sáu;;;21.02;105.86\n\
             01008;Bệnh viện Bảy;;ward;21.02;105.86\n"
        ),
    );
    let reading = reading(&list);
    assert_eq!(ids(&reading.rows), ["01001", "01008"]);
    let told = problems(&reading);
    let expected = [
        ("danh-muc.csv:3:", "a second time (first in danh-muc.csv:2)"),
        ("danh-muc.csv:4:", "no facility code"),
        ("danh-muc.csv:5:", "without a name"),
        ("danh-muc.csv:6:", "the other way round"),
        ("danh-muc.csv:7:", "not in Vietnam"),
        ("danh-muc.csv:8:", "is no point"),
        ("danh-muc.csv:9:", "geo_precision"),
    ];
    assert_eq!((told.len(), reading.problem_count), (expected.len(), expected.len()), "{told:#?}");
    for (line, (place, reason)) in told.iter().zip(expected) {
        assert!(line.starts_with(place) && line.contains(reason), "{line}, expected {place} {reason}");
    }
}

#[test]
fn a_list_without_source_or_day_is_not_taken() {
    let folder = Folder::new();
    let list = folder.file("list.csv", format!("{FACILITIES}01001;Bệnh viện Một;;;;\n"));
    let reading = read(&list, &Defaults::default(), &Rows::default()).expect("read");
    assert_eq!(reading.rows, Rows::default());
    assert!(reading.problems[0].to_string().contains("no source or no day"), "{:?}", reading.problems);
}

#[test]
fn headers_in_merged_cells_under_a_title_are_found() {
    let folder = Folder::new();
    let book = workbook(
        &[
            &[("A1", "DANH SÁCH CƠ SỞ KHÁM CHỮA BỆNH")],
            &[("A2", "STT"), ("B2", "Mã CSKCB"), ("C2", "Tên CSKCB"), ("D2", "Thông tin khác")],
            &[("D3", "ĐỊA CHỈ"), ("E3", "Số điện thoại")],
            &[("A4", "1"), ("B4", "01001"), ("C4", "Bệnh viện Thử"), ("D4", "Số 1 Đường Thử"), ("E4", "024 3300 0000")],
        ],
        &["A1:E1", "A2:A3", "B2:B3", "C2:C3", "D2:E2"],
    );
    let reading = reading(&folder.file("ds.xlsx", book));
    assert_eq!(problems(&reading), Vec::<String>::new());
    let place = &reading.rows.places[0];
    assert_eq!(
        (place.id.as_str(), place.address.as_deref(), place.phone.as_deref()),
        ("01001", Some("Số 1 Đường Thử"), Some("024 3300 0000"))
    );
}

#[test]
fn a_workbook_of_two_code_columns_gets_its_zeros_back() {
    let folder = Folder::new();
    let book = workbook(
        &[&[("A1", "Tên bệnh viện"), ("B1", "Mã bệnh viện"), ("C1", "Mã tỉnh")], &[("A2", "Bệnh viện Thử"), ("B2", "4"), ("C2", "1")]],
        &[],
    );
    assert_eq!(ids(&reading(&folder.file("BenhVien.xlsx", book)).rows), ["01004"]);
}

#[test]
fn a_json_list_of_the_portal_is_read() {
    let folder = Folder::new();
    let list = folder.file(
        "063.json",
        r#"{"data":[{"ten":"Bệnh viện Thử","matinh":null,"ma":"01001"},{"ten":"Thiếu mã","matinh":null,"ma":"91null"}]}"#,
    );
    let reading = reading(&list);
    assert_eq!((ids(&reading.rows), reading.problem_count), (vec!["01001"], 1));
}

/// Why a file is refused as a whole.
fn refused(path: &Path) -> TableError {
    match read(path, &defaults(), &Rows::default()) {
        Err(ReadError::File { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_too_large_to_be_a_list_is_refused_unread() {
    let folder = Folder::new();
    let large = folder.0.path().join("large.csv");
    File::create(&large).unwrap().set_len(200 * 1024 * 1024).unwrap();
    let TableError::TooLarge { bytes } = refused(&large) else { panic!("not too large") };
    assert!(bytes > FILE_BYTES_MAX);
    // A spreadsheet of a few hundred kilobytes that unpacks to more than the memory of a small server.
    let spaces = vec![b' '; usize::try_from(UNPACKED_BYTES_MAX).unwrap() + 1];
    let bomb = package(&[("xl/worksheets/sheet1.xml", spaces)]);
    assert!((bomb.len() as u64) < FILE_BYTES_MAX / 10, "{} bytes", bomb.len());
    assert!(matches!(refused(&folder.file("bomb.xlsx", bomb)), TableError::Bomb));
}

#[test]
fn a_folder_with_one_broken_file_is_not_read_in_part() {
    for (name, broken) in
        [("b.xlsx", &b"PK\x03\x04 no archive"[..]), ("b.json", b"{"), ("b.csv", b"m\xe3 c\xe5;t\xean\n"), ("b.tsv", b"no\theader\n")]
    {
        let folder = Folder::new();
        folder.file("a.csv", format!("{FACILITIES}01001;Bệnh viện Thử;;;;\n"));
        folder.file(name, broken);
        let error = read(folder.0.path(), &defaults(), &Rows::default()).map(|_| ()).expect_err(name);
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}

#[test]
fn every_kind_of_unit_is_written_the_usual_way() {
    let folder = Folder::new();
    let header = "code\tname\tprovince_old_code\tsuccessor_ward_codes\n";
    let list = folder.file(
        "districts.tsv",
        format!("{header}901\tThành Phố Thử\t01\t00004\n902\tTHỊ XÃ Nghiệm\t01\t00008\n903\tHuyện Mới\t01\t00025\n"),
    );
    let reading = reading(&list);
    let names: Vec<&str> = reading.rows.units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["Thành phố Thử", "Thị xã Nghiệm", "Huyện Mới"]);
}
