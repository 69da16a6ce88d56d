//! Group commit. A durable commit costs one wait for the disk however much it holds, so everything that arrives during
//! one commit goes into the next one together.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use uuid::Uuid;

use super::announce::{Announcement, Announcer};
use super::batch::commit;
use super::conversation::Snapshot;
use super::desk::{DeskWrite, DeskWritten, commit_desk};
use super::error::{StoreError, describe};
use super::news::NewsFollowing;
use super::outgoing::Sinks;
use super::pools::Pools;

/// A turn makes a few events; more is a mistake of the caller, and would hold up everyone in its batch.
pub const EVENTS_PER_APPEND_MAX: usize = 64;
/// An append that finds the queue full for so long is refused, while the citizen still waits for an answer.
pub(super) const APPEND_WAIT_MS_MAX: u64 = 5_000;
/// Four batches: what is committed while a caller waits a moment.
const APPENDS_QUEUED_MAX: usize = 1_024;
/// Larger batches gain little more and delay everyone in them.
const APPENDS_PER_BATCH_MAX: usize = 256;

/// Events to be appended to one conversation, with the rows that belong to the same transaction.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose log.
    pub conversation_id: Uuid,
    /// The conversation begins with this append, whose `expected_seq` is then 0.
    pub create: Option<NewConversation>,
    /// The last seq that the caller knows of.
    pub expected_seq: u64,
    /// The time of the events, in Unix milliseconds.
    pub at_ms: i64,
    /// They get the numbers after `expected_seq`; 1 to [`EVENTS_PER_APPEND_MAX`].
    pub events: Vec<NewEvent>,
    /// The input that caused them, by the channel's id; noted on the first event.
    pub input_id: Option<String>,
    /// Rows beside the log. Leaving the queue comes before entering it, in whatever order they are given.
    pub effects: Vec<StoreEffect>,
    /// The fold after these events; replaces the older one.
    pub snapshot: Option<Snapshot>,
}

/// What a conversation is created with.
#[derive(Debug, Clone)]
pub struct NewConversation {
    /// The name of the channel it begins on.
    pub channel: &'static str,
    /// SHA-256 of the token that will own it; `None` on channels without tokens.
    pub token_hash: Option<[u8; 32]>,
}

/// An event without its number.
#[derive(Clone)]
pub struct NewEvent {
    /// Its kind, not empty.
    pub kind: &'static str,
    /// Its JSON. The store does not read it.
    pub body: String,
}

/// A row that is written with an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreEffect {
    /// The conversation waits for an operator. One that already waits keeps its place.
    QueueHandoff {
        /// Why.
        reason: HandoffReason,
    },
    /// The conversation no longer waits. Nothing happens when it did not.
    LeaveQueue,
    /// The citizen says that something is wrong with a place. Said again, it is one report.
    ReportPlace {
        /// The kind of the place.
        kind: &'static str,
        /// Its id.
        place_id: String,
        /// Its name as it was shown.
        name: String,
    },
    /// Something slow is to be done for the conversation, by whoever comes first.
    Ask {
        /// The seq of the event that asks.
        request: u64,
        /// What.
        kind: String,
        /// What it needs beside, sealed.
        sealed: Option<String>,
    },
    /// The conversation is sent these news from now on; `None`: no more.
    FollowNews(Option<NewsFollowing>),
}

/// Why a conversation goes to an operator, by the name it is stored under; not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandoffReason(pub &'static str);

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log and will stay there.
    At {
        /// The seq of its first event.
        first_seq: u64,
    },
    /// The same input was appended before; nothing was appended now.
    Duplicate {
        /// The seq of the first event it caused then.
        seq: u64,
    },
    /// The log is not at `expected_seq`, or there is no such conversation; nothing was appended. Load it and try again.
    Conflict,
}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewEvent {{ kind: {:?}, .. }}", self.kind)
    }
}

/// What a commit needs beside what it writes.
#[derive(Clone)]
pub(super) struct Committing {
    pub(super) pools: Pools,
    pub(super) announcer: Announcer,
    pub(super) sinks: Sinks,
}

/// The way to the thread that appends.
///
/// A thread of its own with a runtime of its own: a batch takes a dozen steps, and as a task it would wait before each of them behind
/// all the requests that are ready to run. Under load those are hundreds, and everyone waits for the batch.
pub(super) struct Writer {
    queue: mpsc::Sender<Work>,
    stop: Arc<Notify>,
    /// Hears when the thread ends; an error when it broke. `None` once it has been waited for.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

enum Work {
    Append(Job),
    Desk(DeskJob),
}

struct Job {
    append: Append,
    done: oneshot::Sender<Result<Appended, StoreError>>,
}

struct DeskJob {
    write: DeskWrite,
    done: oneshot::Sender<Result<DeskWritten, StoreError>>,
}

impl Writer {
    /// Starts the thread. It ends after [`Writer::close`], or when the writer is dropped, and commits what is queued first.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) async fn start(to: Committing) -> Result<Writer, StoreError> {
        let refused = |error: std::io::Error| StoreError::Thread(error.to_string());
        let (queue, jobs) = mpsc::channel(APPENDS_QUEUED_MAX);
        let (ending, ended) = oneshot::channel();
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let (starting, started) = oneshot::channel();
        let work = move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(starting.send(Err(error))),
            };
            // Nobody may be waiting, here and below.
            let _ = starting.send(Ok(()));
            runtime.block_on(async {
                let to = Committing { pools: to.pools.of_the_writer(), ..to };
                run(&to, jobs, stopped).await;
                to.pools.let_go_of_the_writer().await;
            });
            let _ = ending.send(());
        };
        thread::Builder::new().name("store-writer".to_owned()).spawn(work).map_err(refused)?;
        started.await.map_err(|_| StoreError::Closed)?.map_err(refused)?;
        Ok(Writer { queue, stop, ended: Mutex::new(Some(ended)) })
    }

    pub(super) async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let got = append.events.len();
        if !(1..=EVENTS_PER_APPEND_MAX).contains(&got) {
            return Err(StoreError::EventCount { got });
        }
        let (done, answer) = oneshot::channel();
        self.send(Work::Append(Job { append, done })).await?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn write_desk(&self, write: DeskWrite) -> Result<DeskWritten, StoreError> {
        let got = write.appends.iter().map(|append| append.events.len()).find(|got| !(1..=EVENTS_PER_APPEND_MAX).contains(got));
        if let Some(got) = got {
            return Err(StoreError::EventCount { got });
        }
        let (done, answer) = oneshot::channel();
        self.send(Work::Desk(DeskJob { write, done })).await?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn send(&self, work: Work) -> Result<(), StoreError> {
        let wait = Duration::from_millis(APPEND_WAIT_MS_MAX);
        self.queue.send_timeout(work, wait).await.map_err(|refused| match refused {
            SendTimeoutError::Timeout(_) => StoreError::Busy,
            SendTimeoutError::Closed(_) => StoreError::Closed,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Refuses new appends and waits until those queued are answered.
    pub(super) async fn close(&self) {
        self.stop.notify_one();
        if let Some(ended) = self.ended.lock().await.take()
            && ended.await.is_err()
        {
            tracing::error!("the writer of the store ended early");
        }
    }
}

async fn run(to: &Committing, mut jobs: mpsc::Receiver<Work>, stop: Arc<Notify>) {
    let mut taken_work = Vec::with_capacity(APPENDS_PER_BATCH_MAX);
    let mut batch = Vec::with_capacity(APPENDS_PER_BATCH_MAX);
    loop {
        let taken = tokio::select! {
            taken = jobs.recv_many(&mut taken_work, APPENDS_PER_BATCH_MAX) => taken,
            () = stop.notified() => {
                jobs.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        let mut decisions = Vec::new();
        for work in taken_work.drain(..) {
            match work {
                // Nobody waits for it any more, and it was not acknowledged: it comes again, or never.
                Work::Append(job) if job.done.is_closed() => {}
                Work::Append(job) => batch.push(job),
                Work::Desk(job) => decisions.push(job),
            }
        }
        if !batch.is_empty() {
            write(to, &mut batch).await;
        }
        // Each is decided on what the one before it left, so there is nothing to put together.
        for job in decisions {
            write_decision(to, job).await;
        }
    }
}

async fn write_decision(to: &Committing, job: DeskJob) {
    let DeskJob { write, done } = job;
    let written = commit_desk(to, &write).await.map_err(StoreError::from);
    if let Ok(DeskWritten::Done { first_seqs }) = &written {
        for (append, first_seq) in write.appends.iter().zip(first_seqs) {
            let seq = first_seq + append.events.len() as u64 - 1;
            to.announcer.announce(Announcement::Events { conversation_id: append.conversation_id, seq });
        }
        if !write.changes.is_empty() {
            to.announcer.announce_desk();
        }
    }
    // The caller may have gone; what was written stays.
    let _ = done.send(written);
}

/// Commits a batch and answers everyone in it.
async fn write(to: &Committing, batch: &mut Vec<Job>) {
    // Two nodes insert in the same order, so neither waits for a row of the other that waits for one of its own. The order
    // of arrival within a conversation stays.
    batch.sort_by_key(|job| job.append.conversation_id);
    let appends: Vec<&Append> = batch.iter().map(|job| &job.append).collect();
    match commit(to, &appends).await {
        Ok(verdicts) => {
            for (job, verdict) in batch.drain(..).zip(verdicts) {
                answer(job, Ok(verdict), &to.announcer);
            }
        }
        // The database refuses one of them, and the others must not suffer for it.
        Err(error) if batch.len() > 1 && error.as_database_error().is_some() => {
            tracing::warn!(error = describe(&error), appends = batch.len(), "a batch was refused; appending one by one");
            for job in batch.drain(..) {
                let alone = commit(to, &[&job.append]).await;
                let verdict = alone.map(|verdicts| verdicts[0]).map_err(StoreError::from);
                answer(job, verdict, &to.announcer);
            }
        }
        Err(error) => {
            let error = StoreError::from(error);
            for job in batch.drain(..) {
                answer(job, Err(error.clone()), &to.announcer);
            }
        }
    }
}

fn answer(job: Job, verdict: Result<Appended, StoreError>, announcer: &Announcer) {
    if let Ok(Appended::At { .. }) = verdict {
        let Append { conversation_id, expected_seq, ref events, .. } = job.append;
        announcer.announce(Announcement::Events { conversation_id, seq: expected_seq + events.len() as u64 });
    }
    // The caller may have gone; what was appended stays.
    let _ = job.done.send(verdict);
}
