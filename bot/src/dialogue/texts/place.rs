//! Words about places.

use faq::{Action, Block, Span};
use knowledge::places::{Level, Place, PlaceKind, Precision, Sort};

use super::{HOTLINE, HOTLINE_HREF, line};
use crate::dialogue::choice::{Choice, ChoiceId};
use crate::dialogue::place::PlaceCard;

/// What a button shows of a name.
const NAME_CHARS_MAX: usize = 48;

/// What is looked for, in the middle of a sentence.
fn thing(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Office => "cơ quan BHXH",
        PlaceKind::CollectionPoint => "điểm thu BHXH, BHYT",
        PlaceKind::Facility => "nơi khám chữa bệnh",
    }
}

fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Hospital => "bệnh viện",
        Sort::Clinic => "phòng khám",
        Sort::Station => "trạm y tế",
        Sort::HealthCentre => "trung tâm y tế",
        Sort::PostOffice | Sort::Collector => "điểm thu",
        Sort::Headquarters | Sort::ProvinceOffice | Sort::BaseOffice | Sort::DistrictOffice => "cơ quan BHXH",
        Sort::OtherFacility => "nơi khám",
    }
}

/// What is looked for?
pub fn which_kind() -> Vec<Block> {
    line("Bạn cần tìm nơi nào? Bạn cũng có thể gõ luôn, ví dụ: “phòng khám gần Hà Đông”, “BHXH quận 3”.")
}

/// What is looked for in this unit?
pub fn which_kind_in(unit: &str) -> Vec<Block> {
    line(format!("Ở {unit}, bạn cần tìm nơi nào?"))
}

/// The button for a kind when the spot is known.
pub fn kind_label(action: Action) -> &'static str {
    match action {
        Action::NearFacility => "Nơi khám chữa bệnh",
        Action::NearCollectionPoint => "Điểm thu BHXH, BHYT",
        _ => "Cơ quan BHXH",
    }
}

/// Where is the citizen?
pub fn ask_where(kind: Option<PlaceKind>) -> Vec<Block> {
    let what = kind.map_or("nơi bạn cần", thing);
    vec![
        Block::text(format!(
            "Để tìm {what}, bạn gõ tên phường, xã hoặc quận, huyện và tỉnh, tên cũ cũng được. Ví dụ: “phường Hà Đông”, “Gò Vấp”."
        )),
        Block::text("Hoặc bạn chia sẻ vị trí: mình chỉ dùng để tìm lần này, không lưu lại."),
    ]
}

/// The button that shares the location.
pub fn here_choice() -> Choice {
    Choice::new(ChoiceId::Here, "📍 Gửi vị trí của tôi")
}

/// No location came.
pub fn location_refused() -> Vec<Block> {
    line("Không có vị trí cũng được. Bạn gõ tên phường, xã hoặc quận, huyện và tỉnh nơi bạn ở, ví dụ: “phường Bến Thành, TP.HCM”.")
}

/// What was written is no unit.
pub fn not_found() -> Vec<Block> {
    line("Mình chưa nhận ra địa danh này. Bạn gõ tên phường, xã kèm tên tỉnh giúp mình nhé, ví dụ: “xã Đức Trọng, Lâm Đồng”.")
}

/// Several units have the name.
pub fn which_unit(more: bool) -> Vec<Block> {
    if more {
        line("Có nhiều nơi trùng tên. Bạn chọn một nơi dưới đây, hoặc gõ lại kèm tên tỉnh giúp mình nhé.")
    } else {
        line("Bạn muốn tìm ở đâu?")
    }
}

/// The location is not in Vietnam.
pub fn outside() -> Vec<Block> {
    line("Vị trí bạn gửi ở ngoài Việt Nam nên mình chưa tìm được. Bạn gõ tên phường, xã và tỉnh cần tìm giúp mình nhé.")
}

/// Longitude came first.
pub fn swapped() -> Vec<Block> {
    line("Vị trí này có vẻ bị đổi chỗ vĩ độ và kinh độ. Bạn gửi lại vị trí, hoặc gõ tên phường, xã giúp mình nhé.")
}

/// The numbers are no location.
pub fn no_point() -> Vec<Block> {
    line("Mình chưa đọc được vị trí này. Bạn gửi lại, hoặc gõ tên phường, xã và tỉnh giúp mình nhé.")
}

/// Before the nearest of each kind.
pub fn near_you(ward: &str) -> Vec<Block> {
    vec![
        Block::text(format!("Gần bạn nhất, quanh {ward}:")),
        Block::text("Mình không lưu vị trí của bạn, chỉ nhớ tên phường, xã gần nhất để bạn hỏi tiếp."),
    ]
}

/// Before the places found.
pub fn found(kind: PlaceKind, sort: Option<Sort>, unit: &str, responsible: bool, by_point: bool, wide: bool) -> Vec<Block> {
    let what = sort.map_or(thing(kind), sort_name);
    let what = upper_first(what);
    let first = if responsible {
        format!("{what} phụ trách {unit}:")
    } else if wide {
        format!("{what} ở {unit}. Bạn gõ thêm tên phường, xã để mình tìm nơi gần hơn:")
    } else if by_point {
        format!("{what} gần bạn (quanh {unit}):")
    } else {
        format!("{what} gần {unit}:")
    };
    let mut blocks = line(first);
    if by_point {
        blocks.extend(line("Mình không lưu vị trí của bạn, chỉ nhớ tên phường, xã gần nhất để bạn hỏi tiếp."));
    }
    blocks
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The list of who serves which commune is not known for this province.
pub fn no_list_of_offices(province: &str) -> Vec<Block> {
    vec![Block::Paragraph {
        spans: vec![
            Span::plain(format!("Mình chưa có danh sách địa bàn phụ trách của BHXH {province}. Để biết đúng nơi nộp hồ sơ, bạn gọi ")),
            Span::link(HOTLINE, HOTLINE_HREF),
            Span::plain("."),
        ],
    }]
}

/// Nothing of the kind is known there.
pub fn none_here(kind: PlaceKind, unit: &str) -> Vec<Block> {
    vec![Block::Paragraph {
        spans: vec![
            Span::plain(format!("Mình chưa có {} nào ở {unit} trong danh sách. Bạn gõ nơi lân cận, hoặc gọi ", thing(kind))),
            Span::link(HOTLINE, HOTLINE_HREF),
            Span::plain(" để hỏi."),
        ],
    }]
}

/// Opening hours are asked for and not known.
pub fn hours_unknown(open: Option<&str>) -> Vec<Block> {
    let when = match open {
        Some("saturday") => "thứ bảy",
        Some("sunday") => "chủ nhật",
        _ => "vào giờ này",
    };
    line(format!("Mình chưa có giờ mở cửa đã xác nhận của các nơi ở đây, nên chưa biết nơi nào mở {when}. Bạn gọi trước khi đến nhé."))
}

/// Emergencies are asked for and not known.
pub fn emergency_unknown() -> Vec<Block> {
    vec![
        Block::Paragraph { spans: vec![Span::plain("⚠ Cấp cứu: gọi ngay "), Span::link("115", "tel:115"), Span::plain(".")] },
        Block::text("Mình chưa có danh sách nơi cấp cứu 24/24 đã xác nhận. Dưới đây là các bệnh viện gần nhất."),
    ]
}

/// Above more places.
pub fn next() -> Vec<Block> {
    line("Các nơi tiếp theo:")
}

/// There are no more.
pub fn no_more() -> Vec<Block> {
    line("Mình đã đưa hết các nơi gần nhất trong danh sách. Bạn gõ tên phường, xã khác để tìm tiếp nhé.")
}

/// Those shown are the nearest already.
pub fn too_far(coarse: bool) -> Vec<Block> {
    if coarse {
        line("Mình đang tính từ giữa khu vực bạn nêu. Bạn gõ tên phường, xã, hoặc gửi vị trí, để mình tìm sát hơn.")
    } else {
        line("Đây là các nơi gần nhất trong danh sách của mình. Bạn thử gửi vị trí, hoặc gõ tên phường, xã khác nhé.")
    }
}

/// A code and whose it is.
pub fn code_is(code: &str, name: &str) -> Vec<Block> {
    line(format!("Mã {code} là {name}."))
}

/// No place has the code.
pub fn no_such_code(code: &str) -> Vec<Block> {
    line(format!(
        "Mình không thấy mã {code} trong danh mục cơ sở khám chữa bệnh. Mã gồm 5 chữ số hoặc chữ cái, hai ký tự đầu là mã tỉnh, ví dụ 01001."
    ))
}

/// A code that differs by an O and a zero.
pub fn code_like(code: &str) -> Vec<Block> {
    line(format!("Mình không thấy mã {code}. Mã gần giống, khác nhau ở chữ O và số 0:"))
}

/// A place by its name.
pub fn named(name: &str, code: Option<&str>) -> Vec<Block> {
    match code {
        Some(code) => line(format!("{name}, mã {code}:")),
        None => line(format!("{name}:")),
    }
}

/// Several places have the name.
pub fn names_alike() -> Vec<Block> {
    line("Mình thấy các nơi có tên này:")
}

/// It is responsible for the commune.
pub fn responsible() -> String {
    "Phụ trách địa bàn này.".to_owned()
}

/// A place that is no longer there.
pub fn gone(place: &Place, instead: Option<&Place>) -> String {
    let day = place.valid_to.as_deref().map(day).unwrap_or_default();
    let first = match place.kind {
        PlaceKind::Facility => format!("Không còn trong danh mục sau ngày {day}: có thể đã đổi tên, sáp nhập hoặc đổi mã."),
        _ => format!("Không còn hoạt động với tên này sau ngày {day}."),
    };
    match instead {
        Some(other) => format!("{first} Nay là {}.", other.name),
        None => format!("{first} Gọi {HOTLINE} để hỏi nơi thay thế."),
    }
}

/// The office of a former district is no longer there; above those that are.
pub fn office_gone(place: &Place, successor: Option<&str>) -> Vec<Block> {
    let day = place.valid_to.as_deref().map(day).unwrap_or_default();
    match successor {
        Some(other) => line(format!("{} không còn hoạt động sau ngày {day}. Nay là {other}.", place.name)),
        None => line(format!("{} không còn hoạt động sau ngày {day}, do sắp xếp lại.", place.name)),
    }
}

/// Names that it had before.
pub fn formerly(names: &[String]) -> String {
    format!("Tên cũ: {}.", names.join("; "))
}

/// Only the area is known.
pub fn only_area(area: &str) -> String {
    format!("{area} (chưa có địa chỉ chi tiết)")
}

/// Where it was read, and of which day that is.
pub fn source(place: &Place) -> String {
    let mut text = format!("Nguồn: {}, {}", place.source.label, day(&place.source.as_of));
    if let Some(point) = &place.point_source {
        text.push_str(&format!("; vị trí: {}, {}", point.label, day(&point.as_of)));
    }
    text
}

/// "31/01/2026" of "2026-01-31"; a year stays one.
fn day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), faq::vietnamese_date)
}

/// What is not confirmed of the places shown.
pub fn call_first(places: &[Place]) -> Vec<Block> {
    let has = |kind: PlaceKind| places.iter().any(|place| place.kind == kind);
    let no_hours = places.iter().any(|place| place.hours.is_none());
    let mut open = Vec::new();
    if has(PlaceKind::Facility) {
        open.push("việc nhận khám BHYT và đăng ký ban đầu");
    }
    if places.iter().any(|place| place.sort == Sort::PostOffice) {
        open.push("việc có thu BHXH, BHYT");
    }
    if no_hours {
        open.push("giờ làm việc");
    }
    if open.is_empty() {
        return Vec::new();
    }
    line(format!("Mình chưa xác nhận được {}. Bạn gọi trước khi đến nhé.", open.join(", ")))
}

/// From where somebody stands. Coarser than it is reckoned: distances to several places would tell where that is.
pub fn distance_from_you(metres: f64, precision: Precision) -> String {
    match precision {
        Precision::Exact | Precision::Street => about(metres),
        Precision::Ward => format!("{} (theo trung tâm phường, xã)", span(metres)),
        _ => format!("{} (theo trung tâm quận, huyện cũ)", span(metres)),
    }
}

/// From the middle of a unit.
pub fn distance_from_unit(metres: f64, same: bool, precision: Precision, level: Level) -> String {
    const SAME_AREA_M: f64 = 3_000.0;
    if same {
        return "trong phường, xã này".to_owned();
    }
    if precision <= Precision::District {
        // Between the middles of two wide areas there is no distance to tell.
        return if metres < SAME_AREA_M { "trong khu vực này".to_owned() } else { format!("{} (ước chừng)", span(metres)) };
    }
    let from = match level {
        Level::OldDistrict => "quận, huyện",
        _ => "phường, xã",
    };
    format!("{} (tính từ trung tâm {from})", span(metres))
}

/// Half kilometres below ten.
fn about(metres: f64) -> String {
    let halves = (metres / 500.0).round();
    if halves < 1.0 {
        "dưới 500 m".to_owned()
    } else if halves < 20.0 {
        format!("khoảng {} km", format!("{}", halves / 2.0).replace('.', ","))
    } else {
        format!("khoảng {} km", (metres / 1_000.0).round())
    }
}

/// "khoảng 3-4 km": the points are the middles of communes.
fn span(metres: f64) -> String {
    let low = (metres / 1_000.0).floor();
    if low < 1.0 { "dưới 1 km".to_owned() } else { format!("khoảng {low}-{} km", low + 1.0) }
}

/// The button for more places.
pub fn more_choice() -> Choice {
    Choice::new(ChoiceId::MorePlaces, "Xem thêm nơi khác")
}

/// The button for places of one sort.
pub fn sort_choice(sort: Sort) -> Choice {
    Choice::new(ChoiceId::PlacesOf(sort), upper_first(sort_name(sort)))
}

/// The button that says that something is wrong.
pub fn report_choice() -> Choice {
    Choice::new(ChoiceId::ReportPlace, "Báo thông tin sai")
}

/// The button that opens a map with the way.
pub fn directions_label(number: usize) -> String {
    format!("🧭 Đường đi {number}")
}

/// Which of them?
pub fn which_is_wrong() -> Vec<Block> {
    line("Thông tin của nơi nào chưa đúng?")
}

/// The operators are told.
pub fn reported(name: &str) -> Vec<Block> {
    line(format!("Cảm ơn bạn. Mình đã báo tổng đài kiểm tra lại thông tin của {name}. Bạn biết thông tin đúng thì nhắn tổng đài viên nhé."))
}

/// The label of that button.
pub fn wrong_label(name: &str) -> String {
    format!("Báo sai: {}", short(name))
}

/// A name on a button.
pub fn short(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    let mut cut: String = name.chars().take(NAME_CHARS_MAX).collect();
    cut.truncate(cut.rfind(' ').unwrap_or(cut.len()));
    cut + "…"
}

/// A card as lines of text, for channels that draw none.
pub fn card_lines(card: &PlaceCard) -> Vec<Vec<Span>> {
    let mut lines = vec![vec![Span::bold(format!("{}. {}", card.number, card.name))]];
    let mut plain = |text: String| lines.push(vec![Span::plain(text)]);
    if let Some(code) = &card.code {
        plain(format!("Mã KCB: {code}"));
    }
    if let Some(address) = &card.address {
        plain(format!("📍 {address}"));
    }
    if let Some(distance) = &card.distance {
        plain(format!("↔ {distance}"));
    }
    if let Some(phone) = &card.phone {
        plain(format!("☎ {phone}"));
    }
    if let Some(hours) = &card.hours {
        plain(format!("🕒 {hours}"));
    }
    for note in &card.notes {
        plain(format!("• {note}"));
    }
    plain(card.source.clone());
    lines
}
