//! The queue in service: it loads the rows, lets [`decide`] say what an event changes, stores that together with what the logs of the
//! conversations tell of it, and wakes whoever looks on.
//!
//! Each node holds the queue in memory at the version that it has seen. A decision is stored only on that version; when another node was
//! faster, the rows are read again and it is decided again. So nothing here needs a leader, and a node that dies leaves nothing behind.

mod glimpse;
mod log;
mod picture;
#[cfg(test)]
mod tests;

pub(super) use picture::view_of;
pub use picture::{HandoffView, OperatorView, Picture, WAITING_SHOWN_MAX};

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::sync::{Mutex, Notify, broadcast, watch};
use uuid::Uuid;

use super::attachment::Attachments;
use super::queue::{
    Authority, Decision, Handoff, HandoffId, Hold, Operator, OperatorId, Priority, Queue, QueueEvent, QueueRows, Refusal, Rules, Served,
    Skill, Skills, Stage, Target, decide,
};
use super::settings::Settings;
use crate::conversation::{CallbackWish, Conversations, Desk, now_ms};
use crate::dialogue::{Attachment, Event, Situation, Unkept, after_callback};
use crate::secret::{Key, OpenError};
use crate::store::{
    Append, Appended, DeskAppend, DeskHandoffRow, DeskNote, DeskRows, DeskSeatRow, DeskWritten, NewAudit, NewEvent, Store, StoreError,
};
use log::Draft;

/// Another node was faster: load again, decide again. A decision costs some milliseconds, so that many in a row are a broken database.
const STALE_RETRIES_MAX: u32 = 50;
/// Without a reason to look, the database is asked so often for what other nodes, or a clock, have brought.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure of the database.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// What consoles and citizens see changes at most so often.
const PICTURE_EVERY: Duration = Duration::from_millis(200);
/// Settings that another node has saved are in force here within this time and the next change or estimate.
const SETTINGS_READ_EVERY: Duration = Duration::from_secs(5);
/// Attachments are deleted at most so long after their time.
/// Waiting times are estimated anew so often, although nothing has happened.
const ESTIMATE_EVERY: Duration = Duration::from_secs(15);

/// Why an act could not be done at all; a refusal is no error.
#[derive(Debug, thiserror::Error)]
pub enum HotlineError {
    /// Other nodes kept winning.
    #[error("the queue is written to by others")]
    Busy,
    /// A row cannot be read.
    #[error("handoff {0}: its row cannot be read")]
    Unreadable(Uuid),
    /// An event could not be written as JSON.
    #[error("the event cannot be written")]
    Unwritable(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody does at the desk: events of the queue, decided in their order, and what belongs to the same transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Act {
    pub(super) events: Vec<QueueEvent>,
    /// Whoever writes shows that the conversation is still theirs.
    pub(super) check: Option<(HandoffId, Hold)>,
    /// Written when nothing was refused, before what the events of the queue lead to.
    pub(super) append: Option<DeskAppend>,
    pub(super) notes: Vec<DeskNote>,
    pub(super) audits: Vec<NewAudit>,
    /// Handoffs that the queue sees for the first time.
    pub(super) newcomers: Vec<DeskHandoffRow>,
    /// The append is the citizen's own turn, which tells of the end itself.
    pub(super) own_turn: bool,
    /// To whom a transfer goes, for the log.
    pub(super) to: Option<(Option<String>, Option<String>)>,
    /// Names of operators that the queue may not have met.
    pub(super) names: Vec<(OperatorId, String)>,
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acted {
    pub(super) outcome: Result<(), Refusal>,
    /// The seq of the first event of its append, now or the first time.
    pub(super) seq: Option<u64>,
    /// It was done before, and nothing was written now.
    duplicate: bool,
}

enum Attempt {
    Done(Acted),
    /// The queue has moved on.
    StaleQueue,
    /// The log of the append has moved on.
    StaleLog,
}

/// The queue at a version, and what is known of its handoffs beside their rows.
pub(super) struct Held {
    version: i64,
    pub(super) queue: Queue,
    pub(super) cases: HashMap<HandoffId, Case>,
    open_of: HashMap<Uuid, HandoffId>,
    pub(super) names: HashMap<OperatorId, String>,
}

/// An open handoff, beside what the queue knows of it.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) conversation_id: Uuid,
    pub(super) channel: String,
    pub(super) queued_ms: i64,
    pub(super) told: Option<i64>,
    pub(super) labels: String,
}

impl From<&DeskHandoffRow> for Case {
    fn from(row: &DeskHandoffRow) -> Case {
        Case {
            conversation_id: row.conversation_id,
            channel: row.channel.clone(),
            queued_ms: row.queued_ms,
            told: row.told_position,
            labels: row.labels.clone(),
        }
    }
}

/// The hotline's queue in service.
pub struct Hotline {
    conversations: Arc<Conversations>,
    /// Seals telephone numbers.
    key: Key,
    attachments: Attachments,
    rules: Rules,
    defaults: Settings,
    settings: RwLock<Arc<Settings>>,
    held: Mutex<Option<Held>>,
    /// Citizens have entered.
    arrivals: Notify,
    /// Something that can be seen has changed.
    changed: Notify,
    picture: watch::Sender<Arc<Picture>>,
}

impl Hotline {
    /// The queue of the conversations' database. Citizens are handed over to it from now on; [`Hotline::run`] keeps it going, and
    /// deletes attachments after their time.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(
        conversations: Arc<Conversations>,
        key: Key,
        rules: Rules,
        defaults: Settings,
        attachments: Attachments,
    ) -> Result<Arc<Hotline>, HotlineError> {
        let settings = Settings::load(conversations.store(), defaults.clone()).await?;
        let hotline = Arc::new(Hotline {
            conversations: Arc::clone(&conversations),
            attachments,
            key,
            rules,
            defaults,
            settings: RwLock::new(Arc::new(settings)),
            held: Mutex::new(None),
            arrivals: Notify::new(),
            changed: Notify::new(),
            picture: watch::Sender::new(Arc::default()),
        });
        let weak = Arc::downgrade(&hotline);
        conversations.attach_desk(weak);
        Ok(hotline)
    }

    /// Takes citizens in, ends leases and offers, and shows what has changed, until `stop` turns true.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        tokio::join!(self.tend_until(stop.clone()), self.show_until(stop));
    }

    /// What consoles see; changes with every change that can be seen.
    pub fn pictures(&self) -> watch::Receiver<Arc<Picture>> {
        self.picture.subscribe()
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other settings into force, in this process at once.
    pub(super) fn set_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        self.changed.notify_one();
    }

    /// Something beside the queue has changed that consoles see.
    pub(super) fn look_again(&self) {
        self.changed.notify_one();
    }

    pub(super) fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    pub(super) fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    fn store(&self) -> &Store {
        self.conversations.store()
    }

    /// An operator sits down, or gives a sign of life. `accepting` changes whether they want offers.
    ///
    /// # Errors
    /// The database fails.
    pub async fn present(&self, who: &Seated, accepting: Option<bool>) -> Result<Result<(), Refusal>, HotlineError> {
        let operator = who.id;
        let arrived =
            QueueEvent::Arrived { operator, skills: who.skills.clone(), capacity: who.capacity, accepting: accepting.unwrap_or(false) };
        let wanted = accepting.map(|accepting| QueueEvent::Accepting { operator, accepting });
        let events = [arrived].into_iter().chain(wanted).collect();
        Ok(self.act(Act { events, names: vec![(operator, who.name.clone())], ..Act::default() }).await?.outcome)
    }

    /// Whether anybody is at the desk.
    pub(super) async fn is_staffed(&self) -> Result<bool, HotlineError> {
        self.with(|held| held.queue.operators().next().is_some()).await
    }

    /// Whether an operator at the desk wants offers.
    pub(super) async fn accepts(&self, operator: OperatorId) -> Result<bool, HotlineError> {
        self.with(|held| held.queue.operator(operator).is_some_and(|operator| operator.accepting)).await
    }

    /// Conversations whose citizens type, as they do.
    pub(super) fn citizens_typing(&self) -> broadcast::Receiver<Uuid> {
        self.conversations.citizens_typing()
    }

    /// An operator leaves the desk. Nothing happens when they were not there.
    pub(super) async fn leave_desk(&self, operator: OperatorId) -> Result<(), HotlineError> {
        self.act(Act { events: vec![QueueEvent::SignedOut { operator }], ..Act::default() }).await.map(drop)
    }

    /// What an operator serves was changed. Nothing happens when they are not there.
    pub(super) async fn configured(&self, operator: OperatorId, skills: Skills, capacity: u32) -> Result<(), HotlineError> {
        let events = vec![QueueEvent::Configured { operator, skills, capacity }];
        self.act(Act { events, ..Act::default() }).await.map(drop)
    }

    /// An operator takes a conversation: whose it is, and the fencing number that their writes carry.
    ///
    /// # Errors
    /// The database fails.
    pub async fn claim(&self, handoff: HandoffId, operator: OperatorId) -> Result<Result<(Uuid, i64), Refusal>, HotlineError> {
        let acted = self.act(Act { events: vec![QueueEvent::Claim { handoff, operator }], ..Act::default() }).await?;
        if let Err(refusal) = acted.outcome {
            return Ok(Err(refusal));
        }
        let found = self.find(handoff).await?;
        Ok(found.map(|(row, case)| (case.conversation_id, row.fence)).ok_or(Refusal::NoSuchHandoff))
    }

    /// Moves a conversation, with a note for whoever takes it.
    pub(super) async fn transfer(
        &self,
        handoff: HandoffId,
        by: Authority,
        to: Target,
        note: Option<DeskAppend>,
        audits: Vec<NewAudit>,
    ) -> Result<Acted, HotlineError> {
        let named = match &to {
            Target::Operator(operator) => (self.name_of(*operator).await?, None),
            Target::Skill(skill) => (None, Some(skill.to_string())),
        };
        let events = vec![QueueEvent::Transfer { handoff, by, to }];
        self.act(Act { events, append: note, audits, to: Some(named), ..Act::default() }).await
    }

    async fn name_of(&self, operator: OperatorId) -> Result<Option<String>, HotlineError> {
        self.with(|held| held.names.get(&operator).cloned()).await
    }

    /// An open handoff; `None` when there is none of this id.
    pub(super) async fn find(&self, handoff: HandoffId) -> Result<Option<(Handoff, Case)>, HotlineError> {
        self.with(|held| Some((held.queue.handoff(handoff)?.clone(), held.cases.get(&handoff)?.clone()))).await
    }

    /// The open handoff of a conversation.
    pub(super) async fn find_of(&self, conversation_id: Uuid) -> Result<Option<(Handoff, Case)>, HotlineError> {
        self.with(|held| {
            let id = held.open_of.get(&conversation_id)?;
            Some((held.queue.handoff(*id)?.clone(), held.cases.get(id)?.clone()))
        })
        .await
    }

    /// Looks at the queue as this node knows it.
    async fn with<T>(&self, look: impl FnOnce(&Held) -> T) -> Result<T, HotlineError> {
        let mut held = self.held.lock().await;
        let now = match held.take() {
            Some(now) => now,
            None => self.load().await?,
        };
        Ok(look(held.insert(now)))
    }

    /// Does what somebody wants, as often as others are faster.
    pub(super) async fn act(&self, act: Act) -> Result<Acted, HotlineError> {
        let mut held = self.held.lock().await;
        for _ in 0..STALE_RETRIES_MAX {
            match self.attempt(&mut held, &act).await? {
                Attempt::Done(acted) => return Ok(acted),
                // Nothing that an operator appends names a seq.
                Attempt::StaleQueue | Attempt::StaleLog => {}
            }
        }
        Err(HotlineError::Busy)
    }

    /// One decision on the queue as it is known. Whatever is not stored leaves `held` empty: it is read again.
    async fn attempt(&self, held: &mut Option<Held>, act: &Act) -> Result<Attempt, HotlineError> {
        let mut now = match held.take() {
            Some(now) => now,
            None => self.load().await?,
        };
        let at_ms = now_ms();
        now.names.extend(act.names.iter().cloned());
        for row in &act.newcomers {
            now.know(row);
        }
        let mut draft = Draft::new(now.version, at_ms, act);
        let mut outcome = Ok(());
        for event in &act.events {
            let Decision { changes, outcome: decided } = decide(&now.queue, event, at_ms);
            for change in changes {
                draft.change(&mut now, change);
            }
            outcome = decided;
            // One who finds no room does not keep the others out.
            if outcome.is_err() && act.newcomers.is_empty() {
                break;
            }
        }
        if let (Ok(()), Some((handoff, hold))) = (outcome, act.check) {
            outcome = now.queue.check(handoff, hold, at_ms);
        }
        let own = outcome.is_ok().then_some(act);
        draft.tell_positions(&mut now, at_ms);
        let Some(write) = draft.finish(own)? else {
            *held = Some(now);
            return Ok(Attempt::Done(Acted { outcome, seq: None, duplicate: false }));
        };
        let (moves, seen) = (!write.changes.is_empty(), write.changes.iter().any(log::is_seen) || !write.notes.is_empty());
        let own_append = own.and_then(|act| act.append.as_ref()).map(|append| append.conversation_id);
        let index = own_append.and_then(|id| write.appends.iter().position(|append| append.conversation_id == id));
        let conversations: Vec<Uuid> = write.appends.iter().map(|append| append.conversation_id).collect();
        Ok(match self.store().write_desk(write).await? {
            DeskWritten::Done { first_seqs } => {
                now.version += i64::from(moves);
                if seen {
                    now.forget_closed();
                }
                *held = Some(now);
                if seen || !conversations.is_empty() {
                    self.changed.notify_one();
                }
                let seq = index.and_then(|index| first_seqs.get(index).copied());
                Attempt::Done(Acted { outcome, seq, duplicate: false })
            }
            DeskWritten::Duplicate { seq } => Attempt::Done(Acted { outcome: Ok(()), seq: Some(seq), duplicate: true }),
            DeskWritten::StaleQueue => Attempt::StaleQueue,
            DeskWritten::StaleLog => Attempt::StaleLog,
        })
    }

    async fn load(&self) -> Result<Held, HotlineError> {
        let rows = self.store().desk_rows(Served::KEPT_MAX as u32).await?;
        let operators = self.store().operators().await?;
        let names = operators.into_iter().map(|row| (OperatorId(row.operator_id), row.display_name)).collect();
        self.changed.notify_one();
        Held::from_rows(self.rules, rows, names)
    }

    async fn tend_until(&self, stop: watch::Receiver<bool>) {
        let mut moves = self.store().desk_moves();
        let mut halt = stop.clone();
        // Time has passed since the rows were written.
        let mut tick = true;
        while !*stop.borrow() {
            let pause = match self.tend(tick).await {
                Ok(pause) => {
                    tick = false;
                    pause
                }
                Err(error) => {
                    tracing::error!(error = error.to_string(), "the queue of the hotline could not be tended; it is tried again");
                    RETRY_AFTER
                }
            };
            tokio::select! {
                _ = halt.wait_for(|stop| *stop) => return,
                () = self.arrivals.notified() => {}
                () = tokio::time::sleep(pause) => {}
                // The store lives as long as this.
                Ok(()) = moves.changed() => {}
            }
        }
    }

    /// Takes in who has entered and ends what has run out. Gives how long there is nothing to do.
    async fn tend(&self, tick: bool) -> Result<Duration, HotlineError> {
        let mut held = self.held.lock().await;
        let version = self.store().desk_version().await?;
        if held.as_ref().is_some_and(|held| held.version != version) {
            *held = None;
        }
        for _ in 0..STALE_RETRIES_MAX {
            let newcomers = self.store().new_handoffs().await?;
            let due = held.as_ref().and_then(|held| held.queue.next_deadline_ms()).is_some_and(|deadline_ms| deadline_ms <= now_ms());
            if newcomers.is_empty() && !due && !tick && held.is_some() {
                break;
            }
            let entered = newcomers.iter().map(|row| QueueEvent::Entered {
                handoff: HandoffId(row.handoff_id),
                priority: priority_of(&row.reason),
                need: row.need.as_deref().and_then(Skill::parse),
            });
            let events = entered.chain([QueueEvent::Tick]).collect();
            match self.attempt(&mut held, &Act { events, newcomers, ..Act::default() }).await? {
                Attempt::Done(_) => break,
                Attempt::StaleQueue | Attempt::StaleLog => {}
            }
        }
        let deadline_ms = held.as_ref().and_then(|held| held.queue.next_deadline_ms());
        let left_ms = deadline_ms.map(|deadline_ms| deadline_ms.saturating_sub(now_ms()).max(1).unsigned_abs());
        Ok(left_ms.map_or(LOOK_EVERY, |left_ms| LOOK_EVERY.min(Duration::from_millis(left_ms))))
    }

    async fn show_until(&self, stop: watch::Receiver<bool>) {
        let mut announcements = self.store().announcements();
        let mut glimpses = glimpse::Glimpses::default();
        let mut halt = stop.clone();
        let mut settings_read = Instant::now();
        while !*stop.borrow() {
            // Another node may have saved others.
            if settings_read.elapsed() >= SETTINGS_READ_EVERY {
                settings_read = Instant::now();
                match Settings::load(self.store(), self.defaults.clone()).await {
                    Ok(settings) => *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings),
                    Err(error) => tracing::error!(error = error.to_string(), "the settings of the desk were not read again"),
                }
            }
            if let Err(error) = self.show(&mut glimpses).await {
                tracing::error!(error = error.to_string(), "the consoles were not shown what has changed; it is tried again");
                self.changed.notify_one();
                tokio::time::sleep(RETRY_AFTER).await;
            }
            let estimate = tokio::time::sleep(ESTIMATE_EVERY);
            tokio::pin!(estimate);
            loop {
                tokio::select! {
                    _ = halt.wait_for(|stop| *stop) => return,
                    () = self.changed.notified() => break,
                    () = &mut estimate => break,
                    // Not woken by each event of each conversation: they are thousands a second.
                    () = tokio::time::sleep(PICTURE_EVERY) => if glimpses.catch_up(&mut announcements) { break },
                }
            }
            // The first change is shown at once, those right after it together.
            let rest = PICTURE_EVERY.saturating_sub(glimpses.shown_ago());
            tokio::time::sleep(rest).await;
        }
    }
}

impl Desk for Hotline {
    fn situation(&self, now_ms: i64) -> Situation {
        self.settings().situation(now_ms)
    }

    fn leave(&self, append: Append) -> BoxFuture<'_, Result<Appended, StoreError>> {
        Box::pin(async move {
            let mut held = self.held.lock().await;
            for _ in 0..STALE_RETRIES_MAX {
                match self.try_leave(&mut held, &append).await {
                    Ok(Some(appended)) => return Ok(appended),
                    Ok(None) => {}
                    Err(HotlineError::Store(error)) => return Err(error),
                    Err(error) => return Err(StoreError::Database(error.to_string())),
                }
            }
            Err(StoreError::Busy)
        })
    }

    fn keep(&self, id: Uuid, client_id: String, bytes: Vec<u8>) -> BoxFuture<'_, Result<Result<Attachment, Unkept>, StoreError>> {
        Box::pin(self.attachments.keep(id, client_id, bytes))
    }

    fn entered(&self) {
        self.arrivals.notify_one();
    }

    fn ask_callback(&self, id: Uuid, client_id: String, wish: CallbackWish) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            self.note_callback(id, client_id, wish).await.map_err(|error| match error {
                HotlineError::Store(error) => error,
                HotlineError::Busy => StoreError::Busy,
                error => StoreError::Database(error.to_string()),
            })
        })
    }
}

/// Where the number of a callback belongs: it opens nowhere else.
pub(super) fn place_of(callback_id: Uuid) -> String {
    format!("callback.phone_sealed {callback_id}")
}

impl Hotline {
    async fn note_callback(&self, id: Uuid, client_id: String, wish: CallbackWish) -> Result<u64, HotlineError> {
        // Whoever has entered just now has a place to give up, too.
        self.tend(false).await?;
        let open = self.find_of(id).await?.map(|(handoff, _)| QueueEvent::CallbackAsked { handoff: handoff.id });
        let callback_id = Uuid::now_v7();
        let CallbackWish { phone, from_ms, to_ms } = wish;
        let note = DeskNote::Callback {
            callback_id,
            conversation_id: id,
            phone_sealed: self.key.seal(&place_of(callback_id), phone.reveal().as_bytes()),
            phone_masked: phone.masked(),
            from_ms,
            to_ms,
            asked_ms: now_ms(),
        };
        let mut act = Act {
            events: open.into_iter().collect(),
            append: Some(append_of(id, Some(client_id), &after_callback(from_ms, to_ms))?),
            notes: vec![note],
            own_turn: true,
            ..Act::default()
        };
        let mut acted = self.act(act.clone()).await?;
        if acted.outcome == Err(Refusal::NoSuchHandoff) {
            // Closed a moment ago: the wish stands without a place in the queue.
            act.events.clear();
            acted = self.act(act).await?;
        }
        acted.seq.ok_or(HotlineError::Busy)
    }

    /// The number of a callback.
    ///
    /// # Errors
    /// It was sealed with another key.
    pub(super) fn open_phone(&self, callback_id: Uuid, sealed: &str) -> Result<String, OpenError> {
        let opened = self.key.open(&place_of(callback_id), sealed)?;
        String::from_utf8(opened.to_vec()).map_err(|_| OpenError)
    }

    /// `None`: others were faster.
    async fn try_leave(&self, held: &mut Option<Held>, append: &Append) -> Result<Option<Appended>, HotlineError> {
        let now = match held.take() {
            Some(now) => now,
            None => self.load().await?,
        };
        let open = held.insert(now).open_of.get(&append.conversation_id).copied();
        let newcomers = match open {
            Some(_) => Vec::new(),
            // The queue may not have seen them yet.
            None => self.store().new_handoffs().await?.into_iter().filter(|row| row.conversation_id == append.conversation_id).collect(),
        };
        let Some(handoff) = open.or_else(|| newcomers.first().map(|row| HandoffId(row.handoff_id))) else {
            return Ok(Some(self.store().append(append.clone()).await?));
        };
        let entered = newcomers.iter().map(|row| QueueEvent::Entered { handoff, priority: priority_of(&row.reason), need: None });
        let act = Act {
            events: entered.chain([QueueEvent::Left { handoff }]).collect(),
            append: Some(DeskAppend {
                conversation_id: append.conversation_id,
                expected_seq: Some(append.expected_seq),
                events: append.events.clone(),
                input_id: append.input_id.clone(),
                snapshot: append.snapshot.clone(),
            }),
            own_turn: true,
            newcomers,
            ..Act::default()
        };
        Ok(match self.attempt(held, &act).await? {
            // Closed a moment ago: the log tells of it, and the turn is made again on that.
            Attempt::Done(Acted { outcome: Err(_), .. }) | Attempt::StaleLog => Some(Appended::Conflict),
            Attempt::Done(Acted { outcome: Ok(()), seq, duplicate: true }) => seq.map(|seq| Appended::Duplicate { seq }),
            Attempt::Done(Acted { outcome: Ok(()), seq, .. }) => seq.map(|first_seq| Appended::At { first_seq }),
            Attempt::StaleQueue => None,
        })
    }
}

/// An operator as they sit down.
#[derive(Debug, Clone)]
pub struct Seated {
    /// Who.
    pub id: OperatorId,
    /// What people read.
    pub name: String,
    /// What they can serve.
    pub skills: Skills,
    /// Conversations that they hold at once.
    pub capacity: u32,
}

/// The skills of a stored list; what is no skill is left out.
pub(super) fn skills_of(names: &[String]) -> Skills {
    Skills::of(names.iter().filter_map(|name| Skill::parse(name)))
}

/// What kind of call is how pressing.
fn priority_of(reason: &str) -> Priority {
    match reason {
        "complaint" => Priority::Complaint,
        "missed_twice" => Priority::RepeatedMisses,
        "unhappy" => Priority::Unhappy,
        _ => Priority::Asked,
    }
}

impl Held {
    fn from_rows(rules: Rules, rows: DeskRows, names: HashMap<OperatorId, String>) -> Result<Held, HotlineError> {
        let handoffs = rows.handoffs.iter().map(handoff_of).collect::<Result<Vec<_>, _>>()?;
        let served = rows.served.iter().map(|&(id, closed_ms, claimed_ms)| Served {
            at_ms: closed_ms,
            handoff: HandoffId(id),
            handling_ms: closed_ms.saturating_sub(claimed_ms),
        });
        let queue_rows = QueueRows {
            handoffs,
            operators: rows.seats.iter().map(operator_of).collect(),
            served: served.collect(),
            next_ticket: rows.next_ticket,
        };
        let mut held = Held {
            version: rows.version,
            queue: Queue::from_rows(rules, queue_rows),
            cases: HashMap::with_capacity(rows.handoffs.len()),
            open_of: HashMap::with_capacity(rows.handoffs.len()),
            names,
        };
        rows.handoffs.iter().for_each(|row| held.know(row));
        Ok(held)
    }

    fn know(&mut self, row: &DeskHandoffRow) {
        let id = HandoffId(row.handoff_id);
        self.cases.entry(id).or_insert_with(|| Case::from(row));
        self.open_of.insert(row.conversation_id, id);
    }

    fn forget_closed(&mut self) {
        let queue = &self.queue;
        self.cases.retain(|id, _| queue.handoff(*id).is_some());
        self.open_of.retain(|_, id| queue.handoff(*id).is_some());
    }

    pub(super) fn name(&self, operator: OperatorId) -> String {
        self.names.get(&operator).cloned().unwrap_or_else(|| super::texts::UNNAMED_OPERATOR.to_owned())
    }
}

fn handoff_of(row: &DeskHandoffRow) -> Result<Handoff, HotlineError> {
    let broken = || HotlineError::Unreadable(row.handoff_id);
    let operator = || row.operator_id.map(OperatorId).ok_or_else(broken);
    let stage = match row.state.as_str() {
        "waiting" => Stage::Waiting,
        "offered" => Stage::Offered { to: operator()?, until_ms: row.offer_until_ms.ok_or_else(broken)? },
        "claimed" => Stage::Claimed { by: operator()?, since_ms: row.claimed_ms.ok_or_else(broken)? },
        _ => return Err(broken()),
    };
    Ok(Handoff {
        id: HandoffId(row.handoff_id),
        priority: Priority::from_rank(row.priority).ok_or_else(broken)?,
        ticket: row.ticket.ok_or_else(broken)?,
        need: row.need.as_deref().and_then(Skill::parse),
        avoid: row.avoid_operator_id.map(OperatorId),
        fence: row.fence,
        stage,
    })
}

fn operator_of(row: &DeskSeatRow) -> Operator {
    let skills: Vec<String> = serde_json::from_str(&row.skills).unwrap_or_default();
    Operator {
        id: OperatorId(row.operator_id),
        skills: skills_of(&skills),
        capacity: u32::try_from(row.capacity).unwrap_or(Operator::CAPACITY_DEFAULT),
        accepting: row.accepting,
        present_until_ms: row.present_until_ms,
        last_turn: row.last_turn,
    }
}

/// An event as the store takes it.
fn stored(event: &Event) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent { kind: event.kind(), body: serde_json::to_string(event)? })
}

/// Events of one conversation, wherever its log has come to.
pub(super) fn append_of(conversation_id: Uuid, input_id: Option<String>, events: &[Event]) -> Result<DeskAppend, HotlineError> {
    let events = events.iter().map(stored).collect::<Result<_, _>>()?;
    Ok(DeskAppend { conversation_id, expected_seq: None, events, input_id, snapshot: None })
}
