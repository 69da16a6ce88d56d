//! The dialogue: a pure function from a conversation and one input to a turn.
//!
//! No clock, no I/O, no randomness: [`Context`] brings the time and the knowledge in, [`Effect`]s leave. The same arguments always
//! give the same turn. A test in `tests/` makes sure that nothing here imports tokio, axum, sqlx or teloxide.

mod answer;
mod calculation;
mod choice;
mod event;
mod handoff;
mod input;
mod lookup;
mod news;
mod place;
mod state;
mod step;
pub mod texts;

pub use calculation::{Calculation, CalculationChoice};
pub use choice::{Choice, ChoiceId};
pub use event::{Channel, Decided, Event, HandoffReason, Message, Minutes, Outcome, Recorded};
pub use handoff::{COMPLAINT_TOPIC, Situation, after_callback, after_resolution, answer_of};
pub use input::{Attachment, Input, Unkept, Unsupported};
pub use knowledge::MESSAGE_CHARS_MAX;
pub use lookup::{Lookups, Method, NotFetched, Verification, hide_birth, record_for_operator};
pub use news::{Cadence, DIGEST_ITEMS_MAX, Following, digest as news_digest, message_of as news_message};
pub use place::{
    MapCommune, MapPoint, PlaceCard, PlaceList, PlaceMap, PlaceSearch, SoughtPlace, attribution, card, map_of, notes, sought_place,
};
pub use state::{Rating, State, Writing};
pub use step::{Context, Effect, Errand, Turn, day_in_vietnam, start_of_day_in_vietnam, step};
pub(crate) use step::{VIETNAM, chosen_by_typing};
