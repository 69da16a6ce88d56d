//! All SQL of the program: conversations as numbered logs, the rows that serve their delivery, and the accounts of the desk.
//!
//! One schema (`migrations/`) and mostly one SQL text for two databases; where SQLite and PostgreSQL need different
//! statements, the two stand next to each other. Appends go through one writer thread that commits many conversations in
//! one transaction ([`writer`]); everything else is a single statement or a short transaction of its own.

mod announce;
mod attachment;
mod audit;
mod backlog;
mod batch;
mod conversation;
mod desk;
mod desk_tool;
mod effect;
mod erasure;
mod error;
mod handoff;
mod lease;
mod news;
mod operator;
mod operator_session;
mod outgoing;
mod place;
mod pools;
mod record;
mod rotation;
mod sign_in_attempt;
mod statistics;
mod telegram;
pub mod transfer;
mod verification;
mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::{broadcast, watch};

pub use announce::Announcement;
pub use attachment::{AttachmentRow, NewAttachment};
pub use audit::{AuditRow, NewAudit};
pub use backlog::Backlog;
pub use conversation::{ConversationRow, Snapshot, StoredEvent};
pub use desk::{DeskAppend, DeskChange, DeskHandoffRow, DeskNote, DeskRows, DeskSeatRow, DeskWrite, DeskWritten};
pub use desk_tool::{CANNED_REPLIES_MAX, CallbackRow, CannedReplyRow};
pub use effect::EffectRow;
pub use error::StoreError;
pub use handoff::HandoffRow;
pub use news::{FeedOutcome, NEWS_READ_MAX, NewsBroadcastRow, NewsFeedRow, NewsFollowerRow, NewsFollowing, NewsRow, NewsStored};
pub use operator::{NewFactor, NewInvitation, NewOperator, OPERATORS_MAX, OperatorAdded, OperatorChange, OperatorRow};
pub use operator_session::{NewSession, SESSIONS_PER_OPERATOR_MAX, SessionRow};
pub use outgoing::{OutgoingRow, Sink};
pub use place::{PLACE_REPORTS_MAX, PlaceReportRow, PlacesImported};
pub use record::{AccessOf, AccessRow, Import, NewAccess, PersonRow, RECORDS_PER_STATEMENT_MAX, RecordRow};
pub use rotation::{Rotated, Sealed};
pub use sign_in_attempt::Attempts;
pub use statistics::{HandoffTimes, Span};
pub use telegram::{TelegramChat, TelegramUpdate};
pub use verification::{NewOtp, NewVerification, VerificationRow};
pub use writer::{Append, Appended, EVENTS_PER_APPEND_MAX, HandoffReason, NewConversation, NewEvent, StoreEffect};

use announce::{Announcer, Listener};
use outgoing::Sinks;
use pools::{Pools, on_reader};
use writer::{Committing, Writer};

/// The database of the program. Clones share one writer and one set of connections.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    writer: Writer,
    announcer: Announcer,
    sinks: Sinks,
    /// SQLite's journal may hold what was erased, by this process or the one before.
    unfolded: AtomicBool,
    /// Stops with the last clone of the store.
    _listener: Option<Listener>,
}

impl Store {
    /// Opens `sqlite://path/to/file.db` (created with its folder when missing) or `postgres://user@host/database`, and
    /// brings its schema up to date. Must be called inside a tokio runtime, which the store's tasks then need.
    ///
    /// # Errors
    /// A URL of another kind, a database that cannot be opened or written, a schema that cannot be brought up to date. The
    /// text names the file, or the host and database; never a password.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let pools = Pools::open(url).await?;
        let announcer = Announcer::new();
        let listener = match &pools {
            // The file belongs to this process: nobody else appends to it.
            Pools::Sqlite { .. } => None,
            Pools::Postgres(pool) => Some(Listener::start(pool.clone(), announcer.clone()).await?),
        };
        let sinks = Sinks::default();
        let writer = Writer::start(Committing { pools: pools.clone(), announcer: announcer.clone(), sinks: sinks.clone() }).await?;
        Ok(Store(Arc::new(Inner { pools, writer, announcer, sinks, unfolded: AtomicBool::new(true), _listener: listener })))
    }

    /// Appends at the expected seq; durable when it returns [`Appended::At`].
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Closed`]: nothing was appended. [`StoreError::Database`]: whether it was is
    /// not known when the connection broke; append the same again, and the input id or the expected seq will tell.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.0.writer.append(append).await
    }

    /// Tells others that this process serves from the database, until what is returned is dropped: no transfer touches it meanwhile.
    /// On PostgreSQL the connections tell it.
    ///
    /// # Errors
    /// A transfer is under way.
    pub fn serve(&self) -> Result<Option<std::fs::File>, StoreError> {
        match &self.0.pools {
            Pools::Sqlite { path, .. } => transfer::lock_to_serve(path).map(Some),
            Pools::Postgres(_) => Ok(None),
        }
    }

    /// Announces new events, of this process at once and of other nodes as PostgreSQL tells. An announcement says where to
    /// look and no more: a receiver that lags, or is told to [`Announcement::Resync`], re-reads what it follows.
    pub fn announcements(&self) -> broadcast::Receiver<Announcement> {
        self.0.announcer.subscribe()
    }

    /// Changes when the queue of the desk may have moved, by this process or another node.
    pub fn desk_moves(&self) -> watch::Receiver<()> {
        self.0.announcer.desk_moves()
    }

    /// Whether appends are accepted and the database answers; cheap enough for a readiness probe.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn healthy(&self) -> Result<(), StoreError> {
        if self.0.writer.is_closed() {
            return Err(StoreError::Closed);
        }
        on_reader!(self, |pool| sqlx::query("select 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Commits the appends already accepted, refuses new ones and closes the connections. Calling it again does nothing.
    pub async fn close(&self) {
        self.0.writer.close().await;
        self.0.pools.close().await;
    }
}

/// A seq as the databases store it. No log comes near the end of the range, so a larger number means "after everything".
fn bigint(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A stored seq; the schema keeps them from going below zero.
fn seq_of(stored: i64) -> u64 {
    stored.unsigned_abs()
}
