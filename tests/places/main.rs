//! `make places`: 100,000 places in the process, and the import of a whole folder of lists: how long, how much memory. Ends with an
//! error when a bound is not kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use harness::latency::Latencies;
use harness::memory::resident_kb;
use harness::server::run;
use jiff::civil::date;
use knowledge::places::{Level, Near, Nearest, Place, PlaceKind, Places, Point, Precision, Rows, Sort, Source, Wish};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;

const PLACES: usize = 100_000;
const QUERIES: usize = 20_000;
const NEAREST: usize = 10;
const BUILD_MAX: Duration = Duration::from_millis(500);
const P99_MS_MAX: f64 = 1.0;
const IMPORT_MAX: Duration = Duration::from_secs(5);
/// What most messages are: no question about places. Each is tried.
const OTHER_MESSAGES: [&str; 6] = [
    "mất thẻ bảo hiểm y tế thì xin cấp lại ở đâu và cần những giấy tờ gì",
    "lương hưu tháng này bao giờ có",
    "đóng bhxh 15 năm rồi nghỉ thì được hưởng những gì",
    "quên mật khẩu vssid",
    "chồng tôi làm công ty, tôi sinh con thì chồng được nghỉ mấy ngày",
    "cảm ơn bạn nhiều",
];
const PLACE_MESSAGES: [&str; 4] =
    ["phòng khám gần gò vấp sg", "bhxh phường bến nghé q1", "benh vien gan ha ddoong", "trạm y tế gần hải phogn"];

#[derive(Parser)]
struct Arguments {
    /// A folder of lists, as `hotro places import` takes it.
    #[arg(long)]
    lists: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    embedded()?;
    many()?;
    match arguments.lists {
        Some(folder) => import(&folder),
        None => {
            println!("no import was measured: PLACES=../shared/places make places");
            Ok(())
        }
    }
}

/// What the program carries.
fn embedded() -> Result<()> {
    let before = resident_kb("self")?;
    let begun = Instant::now();
    let places = Places::embedded();
    let took = begun.elapsed();
    let resident = resident_kb("self")?.saturating_sub(before);
    println!("built in: {} units, {} places in {took:.0?}, {resident} kB resident", places.gazetteer().len(), places.len());
    for (name, messages) in [("other messages", &OTHER_MESSAGES[..]), ("messages about places", &PLACE_MESSAGES)] {
        let mut times = Vec::new();
        for at in 0..QUERIES {
            let text = messages[at % messages.len()];
            let begun = Instant::now();
            std::hint::black_box(places.ask(std::hint::black_box(text)));
            times.push(begun.elapsed());
        }
        let times = Latencies::new(times);
        println!("ask, {name}: p50 {:.4} ms, p99 {:.4} ms", times.percentile_ms(0.5), times.percentile_ms(0.99));
    }
    Ok(())
}

/// Invented places all over the country.
fn rows(random: &mut StdRng) -> Rows {
    let Rows { units, .. } = Places::embedded_rows();
    let wards: Vec<(String, String, Point)> = units
        .iter()
        .filter(|unit| unit.level == Level::Ward)
        .filter_map(|unit| Some((unit.code.clone(), unit.parent.clone(), unit.point?)))
        .collect();
    let source = Arc::new(Source { label: "Invented".to_owned(), as_of: "2026-01-01".to_owned(), attribution: None });
    let sorts = [Sort::Hospital, Sort::Clinic, Sort::Station, Sort::BaseOffice, Sort::PostOffice];
    let place = |number: usize, random: &mut StdRng| {
        let (ward, province, middle) = &wards[random.random_range(0..wards.len())];
        let sort = sorts[number % sorts.len()];
        let mut near = |degrees: f64| degrees + random.random_range(-0.03..=0.03);
        Place {
            point: Point::new(near(middle.lat()), near(middle.lon())),
            precision: Precision::Exact,
            ward: Some(ward.clone()),
            province: Some(province.clone()),
            address: Some(format!("Số {} đường Thử Nghiệm", number % 997)),
            ..Place::named(sort.kind(), format!("{number:05}"), format!("Nơi thử nghiệm số {number}"), sort, Arc::clone(&source))
        }
    };
    Rows { places: (0..PLACES).map(|number| place(number, random)).collect(), units, points: Vec::new() }
}

fn many() -> Result<()> {
    let mut random = StdRng::seed_from_u64(6);
    let rows = rows(&mut random);
    let points: Vec<Point> = rows.places.iter().filter_map(|place| place.point).collect();
    let begun = Instant::now();
    let index = Nearest::build(points.iter().zip(0..).map(|(&point, number)| (number, point)));
    let of_index = begun.elapsed();
    ensure!(index.len() == PLACES, "{} points", index.len());
    let mut times = Vec::new();
    let mut query = || Point::new(random.random_range(8.5..=23.3), random.random_range(102.2..=109.4));
    for _ in 0..QUERIES {
        let from = query().context("a point")?;
        let begun = Instant::now();
        let found = index.from(from).take(NEAREST).count();
        times.push(begun.elapsed());
        ensure!(found == NEAREST, "{found} found");
    }
    let of_index_queries = Latencies::new(times);
    drop(index);
    let before = resident_kb("self")?;
    let begun = Instant::now();
    let places = Places::build(rows);
    let whole = begun.elapsed();
    let resident = resident_kb("self")?;
    let mut times = Vec::new();
    for number in 0..QUERIES {
        let from = query().context("a point")?;
        let wish = Wish::of(PlaceKind::ALL[number % PlaceKind::ALL.len()], date(2026, 11, 26));
        let begun = Instant::now();
        let found = places.find(Near::Point(from), &wish, NEAREST).len();
        times.push(begun.elapsed());
        ensure!(found > 0, "nothing near {from:?}");
    }
    let of_searches = Latencies::new(times);
    println!("{PLACES} places: the spatial index in {of_index:.0?}; everything, with names and units, in {whole:.0?}");
    println!(
        "nearest {NEAREST} of the index: p50 {:.4} ms, p99 {:.4} ms",
        of_index_queries.percentile_ms(0.5),
        of_index_queries.percentile_ms(0.99)
    );
    println!("a whole search: p50 {:.4} ms, p99 {:.4} ms", of_searches.percentile_ms(0.5), of_searches.percentile_ms(0.99));
    println!("memory: {resident} kB resident, {before} kB before they were built (with their rows)");
    ensure!(of_index < BUILD_MAX, "the index took {of_index:?}, at most {BUILD_MAX:?}");
    ensure!(of_index_queries.percentile_ms(0.99) < P99_MS_MAX, "the nearest took too long");
    ensure!(of_searches.percentile_ms(0.99) < P99_MS_MAX, "a search took too long");
    Ok(())
}

/// Twice by the program itself: the second time changes nothing.
fn import(lists: &std::path::Path) -> Result<()> {
    let folder = TempDir::new()?;
    let lists = std::fs::canonicalize(lists).with_context(|| lists.display().to_string())?;
    let lists = lists.to_str().context("a path")?;
    for (what, changes) in [("first", true), ("second", false)] {
        let begun = Instant::now();
        let said = run(folder.path(), &["places", "import", lists, "--data", "data"]);
        let took = begun.elapsed();
        ensure!(said.code == Some(0), "{}", said.stderr);
        let line = said.stdout.lines().find(|line| line.starts_with("imported: ")).context("a line about the import")?;
        println!("{what} import in {took:.1?}: {line}");
        ensure!(changes || line.starts_with("imported: 0 added, 0 changed,"), "the second import changed something: {line}");
        ensure!(took < IMPORT_MAX, "an import took {took:?}, at most {IMPORT_MAX:?}");
    }
    Ok(())
}
