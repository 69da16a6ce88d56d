//! What is shown for a moment and stored nowhere: where a citizen stands in the queue, and who is typing.
//!
//! Nothing rests on it: a whisper that is lost is followed by another.

use crate::dialogue::Minutes;

/// Where a citizen stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1 is next.
    pub position: u32,
    /// An honest range of waiting time; `None` when nobody can know.
    pub wait: Option<Minutes>,
}

/// What a citizen's page shows for a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whisper {
    /// `None`: not in the queue.
    pub place: Option<Place>,
    /// Grows when the operator types.
    pub typed: u64,
}
