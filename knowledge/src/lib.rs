//! Vietnamese text analysis, retrieval, ranking and confidence for hotro.
//!
//! [`Knowledge::ask`] is the whole of it: a citizen's text and the topic answered before give a [`Reading`], which says what to do
//! and why. On the way the text is read (`text`), recognised as a command or small talk (`intent`), ranked by several small scorers
//! (`rank`), and the best candidates get calibrated probabilities (`confidence`) on which the decision turns (`decide`). [`fit`]
//! learns the weights, [`eval`] measures. [`mask`] keeps secrets out of the log. The crate knows no chat, HTTP or SQL.

mod ask;
mod confidence;
mod confusions;
mod corpus;
mod decide;
mod engine;
pub mod eval;
pub mod fit;
mod groups;
mod hash;
mod intent;
mod lexicon;
pub mod mask;
mod network;
pub mod news;
pub mod places;
mod random;
mod rank;
mod terms;
mod text;
mod trace;
pub mod train;
mod weights;

pub use ask::{AskContext, BuildError, Knowledge, NextQuestion, Reading};
pub use confusions::{Confusion, Confusions, confusions};
pub use decide::{CHOICES_MAX, Candidate, Decision, NEAREST_MAX};
pub use groups::Group;
pub use intent::Intent;
pub use network::{Network, NetworkError};
pub use rank::CANDIDATES_MAX;
pub use text::amount::{Amounts, Found, History, Phrases, Quantity, Span, Unclear, YearMonth, amounts};
pub use text::chars::{MESSAGE_CHARS_MAX, QUESTION_CHARS_MAX, normalize_for_display};
pub use text::question::{Repair, RepairKind};
pub use text::time::AskedTime;
pub use trace::{CandidateTrace, QueryTrace, Trace, TraceSummary};
pub use weights::{Calibration, CalibrationBin, ConditionalLogit, FusionWeights, Thresholds, Weights};
