//! Places in a conversation: asking where somebody is, looking, showing, going on from what was shown.

mod card;

use jiff::civil::Weekday;
use knowledge::places::{Found, Level, Near, Open, Place, PlaceKind, PlaceQuestion, Point, Sort, Spot, UnitKey, What, Wish, facility_code};
use serde::{Deserialize, Serialize};

pub use card::{MapCommune, MapPoint, PlaceCard, PlaceList, PlaceMap, attribution, card, map_of, notes, sought_place};

use super::choice::{Choice, ChoiceId};
use super::event::{Event, Message, Outcome};
use super::state::State;
use super::step::{Context, Effect, Reply, VIETNAM, give_chosen, unknown_choice};
use super::texts;
use super::texts::place as words;

/// Places shown at once: what fits on a phone without scrolling far.
pub const SHOWN_MAX: usize = 3;
/// Places found and kept for "còn chỗ nào khác".
const FOUND_MAX: usize = 12;
/// In an answer to "where are you?", more words are something else.
const WHERE_WORDS_MAX: usize = 14;
/// Where unemployment insurance is applied for.
const EMPLOYMENT_TOPIC: &str = "bhtn/where-to-apply";
/// Words of a wish in the log.
const OPEN: [(Open, &str); 3] = [(Open::Now, "now"), (Open::Saturday, "saturday"), (Open::Sunday, "sunday")];

/// The last search: what was looked for, where, and what was found. No coordinates: whoever shared a location is near a commune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceSearch {
    /// For what; `None` when that was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PlaceKind>,
    /// Only of this sort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Where; `None` while that is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitKey>,
    /// `now`, `saturday`, `sunday`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// It must take emergencies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency: bool,
    /// What was found, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<SoughtPlace>,
    /// How many of them were shown.
    #[serde(default)]
    pub shown: usize,
}

/// A place as a search found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoughtPlace {
    /// What it is for.
    pub kind: PlaceKind,
    /// Which.
    pub id: String,
    /// How far, in words, as coarse as it is told: finer distances would give away where somebody stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<String>,
    /// It is responsible for the commune.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub responsible: bool,
}

impl PlaceSearch {
    fn of(kind: Option<PlaceKind>) -> PlaceSearch {
        PlaceSearch { kind, sort: None, unit: None, open: None, emergency: false, found: Vec::new(), shown: 0 }
    }

    fn wish(&self, kind: PlaceKind, context: &Context<'_>) -> Wish {
        let open = self.open.as_deref().and_then(|open| OPEN.iter().find(|(_, name)| *name == open)).map(|(open, _)| *open);
        let sort = self.sort.filter(|sort| sort.kind() == kind);
        // Who needs help at once is told of hospitals.
        let sort = sort.or((self.emergency && kind == PlaceKind::Facility).then_some(Sort::Hospital));
        Wish { sort, open: open.map(|open| moment(open, context.now_ms)), emergency: self.emergency, ..Wish::of(kind, context.today()) }
    }
}

/// The day and the minute that a wish means.
fn moment(open: Open, now_ms: i64) -> (Weekday, Option<u16>) {
    match open {
        Open::Saturday => (Weekday::Saturday, None),
        Open::Sunday => (Weekday::Sunday, None),
        Open::Now => {
            let now = jiff::Timestamp::from_millisecond(now_ms).map_or(jiff::civil::DateTime::MIN, |at| VIETNAM.to_datetime(at));
            let minute = u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
            (now.weekday(), Some(minute))
        }
    }
}

/// A button or a command that wants places of a kind: where is the citizen?
pub(super) fn begin(kind: PlaceKind) -> Reply {
    ask_where(PlaceSearch::of(Some(kind)))
}

/// Wants something near, and did not say what.
pub(super) fn begin_any() -> Reply {
    let choices = [faq::Action::NearOffice, faq::Action::NearFacility, faq::Action::NearCollectionPoint];
    let choices = choices.map(|action| Choice::new(ChoiceId::Do(action), texts::action_label(action)));
    sought(
        PlaceSearch::of(None),
        Reply::say(Outcome::Action, words::which_kind()).offering(choices.into_iter().chain([words::here_choice()])),
    )
}

fn ask_where(search: PlaceSearch) -> Reply {
    let blocks = words::ask_where(search.kind);
    sought(search, Reply::say(Outcome::Action, blocks).offering([words::here_choice()]))
}

fn sought(search: PlaceSearch, reply: Reply) -> Reply {
    Reply { events: vec![Event::PlacesSought { search }], ..reply }
}

/// Whether the bot waits to hear where the citizen is.
pub(super) fn waits(state: &State) -> bool {
    state.places.as_ref().is_some_and(|search| search.unit.is_none() && search.found.is_empty() && search.kind.is_some())
}

/// What was written is no place that is known, and nothing else either.
pub(super) fn not_found() -> Reply {
    Reply::say(Outcome::Action, words::not_found()).offering([words::here_choice(), texts::operator_choice()])
}

/// Hears a message when it is about places; `None` leaves it to the FAQ.
pub(super) fn hear(state: &State, text: &str, context: &Context<'_>) -> Option<Reply> {
    let asked = context.places.ask(text);
    if asked.is_about_places() && !follows_only(state, &asked) {
        return Some(answer(state, &asked, context));
    }
    let search = state.places.as_ref()?;
    if asked.follows() {
        return Some(go_on(search, &asked, context));
    }
    let short = text.split_whitespace().count() <= WHERE_WORDS_MAX;
    // "Số 5 ngõ 12, phường Láng, Hà Nội": an address holds more words than the unit in it.
    match &asked.spot {
        Spot::Named(found) if waits(state) && short => Some(look_in(search.clone(), found, asked.slipped, context)),
        _ => None,
    }
}

/// The message says less than a question of its own: it means the search before.
fn follows_only(state: &State, asked: &PlaceQuestion) -> bool {
    let running = state.places.as_ref().is_some_and(|search| search.kind.is_some());
    running && asked.follows() && asked.named.is_empty() && asked.code.is_none() && (asked.what.is_none() || asked.other || asked.too_far)
}

fn answer(state: &State, asked: &PlaceQuestion, context: &Context<'_>) -> Reply {
    if let Some(code) = &asked.code {
        return by_code(code, context);
    }
    let wanted = match asked.what {
        Some(What::Employment) => return employment(context),
        Some(What::Place(kind, sort)) => Some((kind, sort)),
        None => None,
    };
    if !asked.named.is_empty() && (asked.named_surely || asked.spot == Spot::Unsaid || asked.asks) {
        return by_name(asked, context);
    }
    let mut search = PlaceSearch::of(wanted.map(|(kind, _)| kind));
    search.sort = wanted.and_then(|(_, sort)| sort);
    wish_more(&mut search, asked);
    match &asked.spot {
        Spot::Named(found) => look_in(search, found, asked.slipped, context),
        Spot::Here | Spot::Unsaid => match state.places.as_ref().and_then(|last| last.unit.clone()) {
            // Where somebody is, they have said already.
            Some(unit) if asked.spot == Spot::Unsaid || search.kind.is_some() => look(PlaceSearch { unit: Some(unit), ..search }, context),
            _ => ask_where(search),
        },
    }
}

fn wish_more(search: &mut PlaceSearch, asked: &PlaceQuestion) {
    if let Some(open) = asked.open {
        search.open = OPEN.iter().find(|(known, _)| *known == open).map(|(_, name)| (*name).to_owned());
    }
    search.emergency |= asked.emergency;
    if asked.emergency && search.kind.is_none() {
        search.kind = Some(PlaceKind::Facility);
    }
}

/// Goes on from the last search.
fn go_on(search: &PlaceSearch, asked: &PlaceQuestion, context: &Context<'_>) -> Reply {
    if asked.too_far {
        return too_far(search, context);
    }
    let mut next = PlaceSearch { found: Vec::new(), shown: 0, ..search.clone() };
    if let Some(What::Place(kind, sort)) = asked.what {
        (next.kind, next.sort) = (Some(kind), sort);
    }
    wish_more(&mut next, asked);
    match &asked.spot {
        Spot::Named(found) => look_in(next, found, asked.slipped, context),
        Spot::Here if search.unit.is_none() => ask_where(next),
        _ if asked.what.is_none() && asked.open.is_none() && !asked.emergency => more(search, context),
        _ if next.unit.is_none() => ask_where(next),
        _ => look(next, context),
    }
}

/// Taps on what is offered here.
pub(super) fn choose(state: &State, choice: &ChoiceId, context: &Context<'_>) -> Reply {
    match (choice, &state.places) {
        (ChoiceId::Here, search) => {
            // The channel could not ask for a location, or the citizen did not want that.
            let search = search.clone().unwrap_or_else(|| PlaceSearch::of(None));
            sought(search, Reply::say(Outcome::Action, words::location_refused()))
        }
        (ChoiceId::PlaceIn(unit), Some(search)) if context.places.unit(unit).is_some() => {
            let next = PlaceSearch { unit: Some(unit.clone()), found: Vec::new(), shown: 0, ..search.clone() };
            if next.kind.is_none() { begin_any() } else { look(next, context) }
        }
        (ChoiceId::MorePlaces, Some(search)) => more(search, context),
        (ChoiceId::PlacesOf(sort), Some(search)) => {
            let next = PlaceSearch { kind: Some(sort.kind()), sort: Some(*sort), found: Vec::new(), shown: 0, ..search.clone() };
            if next.unit.is_none() { ask_where(next) } else { look(next, context) }
        }
        (ChoiceId::ReportPlace, Some(search)) if search.shown > 0 => {
            let shown = search.found.iter().take(search.shown).rev().take(Choice::MAX).rev();
            let choices: Vec<Choice> = shown
                .filter_map(|found| {
                    let place = context.places.place(context.places.number(found.kind, &found.id)?);
                    Some(Choice::new(ChoiceId::WrongPlace(found.kind, found.id.clone()), words::short(&place.name)))
                })
                .collect();
            Reply::say(Outcome::Action, words::which_is_wrong()).offering(choices)
        }
        (ChoiceId::WrongPlace(kind, id), _) => match context.places.number(*kind, id) {
            Some(number) => {
                let name = context.places.place(number).name.clone();
                let effect = Effect::ReportPlace { kind: *kind, id: id.clone(), name: name.clone() };
                let reply = Reply::say(Outcome::Action, words::reported(&name)).offering([texts::operator_choice(), texts::call_choice()]);
                Reply { effects: vec![effect], ..reply }
            }
            None => unknown_choice(),
        },
        _ => unknown_choice(),
    }
}

/// Whether a choice names what there is: others are not stored.
pub(super) fn is_known(choice: &ChoiceId, context: &Context<'_>) -> bool {
    match choice {
        ChoiceId::PlaceIn(unit) => context.places.unit(unit).is_some(),
        ChoiceId::WrongPlace(kind, id) => context.places.number(*kind, id).is_some(),
        _ => true,
    }
}

/// The label of a button that is no longer on the screen.
pub(super) fn label(choice: &ChoiceId, context: &Context<'_>) -> Option<String> {
    let places = context.places;
    Some(match choice {
        ChoiceId::PlaceIn(unit) => places.gazetteer().label(places.unit(unit)?),
        ChoiceId::MorePlaces => words::more_choice().label,
        ChoiceId::PlacesOf(sort) => words::sort_choice(*sort).label,
        ChoiceId::Here => words::here_choice().label,
        ChoiceId::ReportPlace => words::report_choice().label,
        ChoiceId::WrongPlace(kind, id) => words::wrong_label(&places.place(places.number(*kind, id)?).name),
        _ => return None,
    })
}

/// A location was shared.
pub(super) fn shared(state: &State, lat_e6: i32, lon_e6: i32, context: &Context<'_>) -> Reply {
    const MILLION: f64 = 1e6;
    let (lat, lon) = (f64::from(lat_e6) / MILLION, f64::from(lon_e6) / MILLION);
    let refused = |blocks| Reply::say(Outcome::Action, blocks).offering([words::here_choice(), texts::operator_choice()]);
    let point = match Point::new(lat, lon) {
        Some(point) if point.is_in_vietnam() => point,
        _ if Point::new(lon, lat).is_some_and(Point::is_in_vietnam) => return refused(words::swapped()),
        Some(_) => return refused(words::outside()),
        None => return refused(words::no_point()),
    };
    let Some(ward) = context.places.ward_near(point) else { return refused(words::outside()) };
    let mut search = PlaceSearch { found: Vec::new(), shown: 0, ..state.places.clone().unwrap_or_else(|| PlaceSearch::of(None)) };
    search.unit = Some(context.places.key(ward));
    match search.kind {
        Some(kind) => show(search, kind, Near::Point(point), ward, context),
        None => of_each_kind(search, point, ward, context),
    }
}

/// Somebody shared a location and nothing else: the nearest of each kind.
fn of_each_kind(mut search: PlaceSearch, point: Point, ward: u32, context: &Context<'_>) -> Reply {
    let mut hits = Vec::new();
    for (kind, count) in [(PlaceKind::Office, 1), (PlaceKind::Facility, 1), (PlaceKind::CollectionPoint, 1)] {
        hits.extend(context.places.find(Near::Point(point), &Wish::of(kind, context.today()), count));
    }
    search.found = hits.iter().map(|hit| sought_place(context.places, hit, Near::Point(point))).collect();
    let reply = list(&mut search, 0, words::near_you(&context.places.gazetteer().label(ward)), Some(ward), context);
    let choices = [faq::Action::NearOffice, faq::Action::NearFacility, faq::Action::NearCollectionPoint];
    // The commune is known now, so a tap on one of these is answered at once.
    let choices = choices.map(|action| Choice::new(ChoiceId::PlacesOf(first_sort(action)), texts::action_label(action)));
    sought(search, reply.offering(choices.into_iter().chain([words::report_choice()])))
}

fn first_sort(action: faq::Action) -> Sort {
    match action {
        faq::Action::NearFacility => Sort::Hospital,
        faq::Action::NearCollectionPoint => Sort::PostOffice,
        _ => Sort::BaseOffice,
    }
}

/// Looks in what a text names, or asks which of several was meant.
fn look_in(search: PlaceSearch, found: &Found, slipped: bool, context: &Context<'_>) -> Reply {
    let gazetteer = context.places.gazetteer();
    match found {
        Found::Nothing => ask_where(search),
        Found::One(unit) => {
            let search = PlaceSearch { unit: Some(context.places.key(*unit)), ..search };
            let mut reply = if search.kind.is_none() { begin_any_in(search, *unit, context) } else { look(search, context) };
            if slipped {
                reply.message.understood = Some(gazetteer.label(*unit));
            }
            reply
        }
        Found::Several { units, more } => {
            let choices = units.iter().map(|&unit| Choice::new(ChoiceId::PlaceIn(context.places.key(unit)), gazetteer.label(unit)));
            let choices: Vec<Choice> = choices.collect();
            // Until one is chosen nothing is known of where.
            let search = PlaceSearch { unit: None, ..search };
            sought(search, Reply::say(Outcome::Clarify, words::which_unit(*more)).offering(choices))
        }
    }
}

/// Only a unit was named: what is looked for there?
fn begin_any_in(search: PlaceSearch, unit: u32, context: &Context<'_>) -> Reply {
    let label = context.places.gazetteer().label(unit);
    let choices = [faq::Action::NearOffice, faq::Action::NearFacility, faq::Action::NearCollectionPoint];
    let choices = choices.map(|action| Choice::new(ChoiceId::PlacesOf(first_sort(action)), words::kind_label(action)));
    sought(search, Reply::say(Outcome::Action, words::which_kind_in(&label)).offering(choices))
}

/// Looks where the search says.
fn look(search: PlaceSearch, context: &Context<'_>) -> Reply {
    let unit = search.unit.as_ref().and_then(|unit| context.places.unit(unit));
    match (unit, search.kind) {
        (Some(unit), Some(kind)) => show(search, kind, Near::Unit(unit), unit, context),
        (None, _) => ask_where(search),
        (Some(unit), None) => begin_any_in(search, unit, context),
    }
}

fn show(mut search: PlaceSearch, kind: PlaceKind, near: Near, unit: u32, context: &Context<'_>) -> Reply {
    let places = context.places;
    let label = places.gazetteer().label(unit);
    let mut wish = search.wish(kind, context);
    let mut hits = places.find(near, &wish, FOUND_MAX);
    let mut lead = Vec::new();
    if hits.is_empty() && (wish.open.is_some() || wish.emergency) {
        // What nobody has confirmed cannot be a filter: the nearest are told, and that it is not known of them.
        lead = if wish.emergency { words::emergency_unknown() } else { words::hours_unknown(search.open.as_deref()) };
        (wish.open, wish.emergency) = (None, false);
        hits = places.find(near, &wish, FOUND_MAX);
    }
    if hits.is_empty() && wish.sort.is_some() && kind != PlaceKind::Facility {
        wish.sort = None;
        hits = places.find(near, &wish, FOUND_MAX);
    }
    if hits.is_empty() {
        let reply = Reply::say(Outcome::Action, words::none_here(kind, &label)).offering([texts::operator_choice(), texts::call_choice()]);
        return sought(search, reply);
    }
    search.found = hits.iter().map(|hit| sought_place(places, hit, near)).collect();
    let responsible = hits.iter().any(|hit| hit.responsible);
    let by_point = matches!(near, Near::Point(_));
    let wide = !by_point && places.is_wide(unit);
    if kind == PlaceKind::Office
        && let Some(former) = places.former_office(unit, context.today())
    {
        let successor = former.successor.as_deref().and_then(|id| places.number(PlaceKind::Office, id)).map(|number| places.name(number));
        lead.extend(words::office_gone(&former, successor));
    }
    if kind == PlaceKind::Office && !responsible && !wide {
        lead.extend(words::no_list_of_offices(&province_name(unit, context)));
    }
    lead.extend(words::found(kind, search.sort, &label, responsible, by_point, wide));
    let reply = list(&mut search, 0, lead, Some(unit), context);
    let reply = with_choices(reply, &search, kind);
    sought(search, reply)
}

fn province_name(unit: u32, context: &Context<'_>) -> String {
    let gazetteer = context.places.gazetteer();
    gazetteer.province(unit).map(|province| gazetteer.unit(province).name.to_owned()).unwrap_or_default()
}

fn with_choices(reply: Reply, search: &PlaceSearch, kind: PlaceKind) -> Reply {
    let more = (search.shown < search.found.len()).then(words::more_choice);
    let others: Vec<Sort> = match kind {
        PlaceKind::Facility => {
            [Sort::Hospital, Sort::Clinic, Sort::Station].into_iter().filter(|sort| Some(*sort) != search.sort).take(2).collect()
        }
        PlaceKind::Office => vec![Sort::Hospital],
        PlaceKind::CollectionPoint => vec![Sort::BaseOffice],
    };
    reply.offering(more.into_iter().chain(others.into_iter().map(words::sort_choice)).chain([words::report_choice()]))
}

/// The next of the places found.
fn more(search: &PlaceSearch, context: &Context<'_>) -> Reply {
    let from = search.shown;
    if search.found.is_empty() {
        return ask_where(search.clone());
    }
    if from >= search.found.len() {
        return Reply::say(Outcome::Action, words::no_more()).offering([words::here_choice(), texts::operator_choice()]);
    }
    let mut search = search.clone();
    let unit = search.unit.as_ref().and_then(|unit| context.places.unit(unit));
    let reply = list(&mut search, from, words::next(), unit, context);
    let kind = search.kind.unwrap_or(PlaceKind::Facility);
    let reply = with_choices(reply, &search, kind);
    sought(search, reply)
}

/// Nothing nearer is known: a better spot, or a sort of which there are more.
fn too_far(search: &PlaceSearch, context: &Context<'_>) -> Reply {
    let unit = search.unit.as_ref().and_then(|unit| context.places.unit(unit));
    let coarse = unit.is_some_and(|unit| context.places.gazetteer().unit(unit).level != Level::Ward);
    let station =
        (search.kind == Some(PlaceKind::Facility) && search.sort != Some(Sort::Station)).then(|| words::sort_choice(Sort::Station));
    let reply = Reply::say(Outcome::Action, words::too_far(coarse));
    reply.offering([words::here_choice()].into_iter().chain(station).chain([texts::operator_choice()]))
}

fn by_code(code: &str, context: &Context<'_>) -> Reply {
    let places = context.places;
    let written = facility_code(code).unwrap_or_else(|| code.to_owned());
    let Some(number) = places.number(PlaceKind::Facility, &written) else {
        let like = places.codes_like(&written);
        if like.is_empty() {
            return Reply::say(Outcome::Action, words::no_such_code(&written)).offering([texts::operator_choice(), texts::call_choice()]);
        }
        return told(&like, words::code_like(&written), context);
    };
    told(&[number], words::code_is(&written, &places.place(number).name), context)
}

fn by_name(asked: &PlaceQuestion, context: &Context<'_>) -> Reply {
    let wanted: &[u32] = if asked.named_surely { &asked.named[..1] } else { &asked.named };
    let place = context.places.place(wanted[0]);
    let lead = if wanted.len() == 1 {
        words::named(&place.name, (place.kind == PlaceKind::Facility).then_some(place.id.as_str()))
    } else {
        words::names_alike()
    };
    told(wanted, lead, context)
}

/// Shows places that were named and not sought near something.
fn told(numbers: &[u32], lead: Vec<faq::Block>, context: &Context<'_>) -> Reply {
    let kind = context.places.place(numbers[0]).kind;
    let mut search = PlaceSearch::of(Some(kind));
    search.found = numbers
        .iter()
        .map(|&number| {
            let place = context.places.place(number);
            SoughtPlace { kind: place.kind, id: place.id.clone(), distance: None, responsible: false }
        })
        .collect();
    // What is asked next is near this place.
    let ward = context.places.place(numbers[0]).ward.as_deref().and_then(|ward| context.places.gazetteer().number(Level::Ward, ward));
    search.unit = ward.filter(|_| numbers.len() == 1).map(|ward| context.places.key(ward));
    let reply = list(&mut search, 0, lead, None, context);
    let more = (search.shown < search.found.len()).then(words::more_choice);
    let reply = reply.offering(more.into_iter().chain([words::report_choice(), texts::operator_choice()]));
    sought(search, reply)
}

fn employment(context: &Context<'_>) -> Reply {
    match faq::TopicId::parse(EMPLOYMENT_TOPIC) {
        Some(topic) => give_chosen(&topic, None, context),
        None => unknown_choice(),
    }
}

/// Cards for the places from `from` on, and a map of them.
fn list(search: &mut PlaceSearch, from: usize, lead: Vec<faq::Block>, unit: Option<u32>, context: &Context<'_>) -> Reply {
    // Whoever is told which office is responsible needs no other one.
    let responsible = search.found.get(from).is_some_and(|found| found.responsible);
    let shown: Vec<&SoughtPlace> =
        search.found.iter().skip(from).take(SHOWN_MAX).take_while(|found| found.responsible == responsible).collect();
    let numbers: Vec<(u32, &SoughtPlace)> =
        shown.iter().filter_map(|found| Some((context.places.number(found.kind, &found.id)?, *found))).collect();
    let cards: Vec<PlaceCard> = numbers
        .iter()
        .zip(from + 1..)
        .map(|(&(number, found), at)| PlaceCard {
            distance: found.distance.clone(),
            notes: found.responsible.then(words::responsible).into_iter().chain(notes(context.places, number, context.today())).collect(),
            ..card(context.places, number, at)
        })
        .collect();
    let all: Vec<u32> = numbers.iter().map(|&(number, _)| number).collect();
    let attribution = attribution(context.places, &all);
    let map = map_of(context.places, &all, from + 1, unit);
    let mut blocks = lead;
    let told: Vec<Place> = numbers.iter().map(|&(number, _)| context.places.place(number)).collect();
    blocks.extend(words::call_first(&told));
    search.shown = from + shown.len();
    let message = Message { blocks, places: Some(PlaceList { cards, map, attribution }), ..Message::default() };
    Reply { message, ..Reply::say(Outcome::Action, Vec::new()) }
}
