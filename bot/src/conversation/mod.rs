//! Conversations: load, step, append, wake the readers. The same loop for every channel.

mod bell;
mod gaps;
mod phone;
mod replay;
mod retention;
mod token;
mod vault;
mod whisper;

pub use bell::Follower;
pub use gaps::{GAPS_LISTED_MAX, Gap, Gaps, UNHELPED_KEPT_MAX, Unhelped, UnhelpedQuestion, Unhelpful, unhelped};
pub use phone::Phone;
pub use replay::{Difference, Replayed, replay};
pub use retention::RetentionConfig;
pub use token::Token;
pub(crate) use vault::effect_place;
pub use whisper::{Place, Whisper};

use std::collections::HashMap;
use std::future::pending;
use std::mem;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::thread::available_parallelism;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use faq::{NewsId, NewsItem};
use futures::future::BoxFuture;
use knowledge::Knowledge;
use knowledge::news::News;
use knowledge::places::Places;
use lru::LruCache;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::{JoinError, spawn_blocking};
use tracing::Span;
use uuid::Uuid;

use crate::dialogue::{
    Attachment, Channel, Context, Effect, Errand, Event, Following, Input, Recorded, Situation, State, Turn, Unkept, step,
};
use crate::news::schedule;
use crate::secret::Key;
use crate::store::{Append, Appended, NewConversation, NewEvent, NewsFollowing, Snapshot, Store, StoreEffect, StoreError, StoredEvent};
use bell::Bell;
use vault::Vault;

/// States kept in memory; the others are folded anew when they speak again. About 6 kB each.
const STATES_CACHED_MAX: usize = 4_096;
/// A snapshot is stored each time the log passes a multiple of this.
const SNAPSHOT_EVERY_EVENTS: u64 = 64;
/// The form of a stored snapshot. A snapshot of another form is ignored: the log has everything.
const SNAPSHOT_FORMAT: i64 = 1;
/// Another writer got there first: load again, step again.
const CONFLICT_RETRIES_MAX: u32 = 8;
/// Citizens who type, kept for a console that is slow.
const TYPING_KEPT: usize = 256;
/// Events read at once.
pub const EVENTS_READ_MAX: u32 = 500;

/// Why an input could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// No such conversation.
    #[error("no such conversation")]
    NotFound,
    /// Other writers kept winning; the input was not stored and may be sent again.
    #[error("the conversation is written to by others")]
    Busy,
    /// The log holds what this version cannot read.
    #[error("event {seq} of the log cannot be read")]
    Unreadable {
        /// Its number.
        seq: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An event could not be written as JSON.
    #[error("the event cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A conversation that has just begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its id.
    pub id: Uuid,
    /// The secret that reads and writes it; known to the citizen's browser only.
    pub token: Token,
}

/// The operators' side, as far as conversations need it.
pub trait Desk: Send + Sync {
    /// Whether operators are there.
    fn situation(&self, now_ms: i64) -> Situation;

    /// Appends a turn with which the citizen leaves the queue or ends the talk, and what that changes in the queue, in one transaction.
    fn leave(&self, append: Append) -> BoxFuture<'_, Result<Appended, StoreError>>;

    /// A citizen has entered the queue just now.
    fn entered(&self);

    /// The citizen wants to be called back instead of waiting. The seq of what the log tells of it; the same `client_id` again gives
    /// the same.
    fn ask_callback(&self, id: Uuid, client_id: String, wish: CallbackWish) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Keeps a photo or a file for the operators. The same `client_id` again gives the same.
    fn keep(&self, id: Uuid, client_id: String, bytes: Vec<u8>) -> BoxFuture<'_, Result<Result<Attachment, Unkept>, StoreError>>;
}

/// What became of a photo or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    /// It is kept, and the log tells of it at this seq.
    At(u64),
    /// It is not.
    Unkept(Unkept),
    /// No operator has the conversation or will have it: nobody would look at it.
    NoHandoff,
}

/// A call that a citizen wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackWish {
    /// Where.
    pub phone: Phone,
    /// From when, in Unix milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
}

impl CallbackWish {
    /// Later than this from now on nobody knows who will be there.
    pub const AHEAD_MS_MAX: i64 = 14 * 24 * 60 * 60 * 1_000;
    /// A call needs so much room at least.
    pub const WINDOW_MS_MIN: i64 = 15 * 60 * 1_000;

    /// Whether the window can be kept: long enough, not over, and not too far away.
    pub fn fits(&self, now_ms: i64) -> bool {
        let long_enough = self.to_ms.saturating_sub(self.from_ms) >= CallbackWish::WINDOW_MS_MIN;
        long_enough && self.to_ms > now_ms && self.to_ms <= now_ms.saturating_add(CallbackWish::AHEAD_MS_MAX)
    }
}

/// All conversations of this process.
pub struct Conversations {
    store: Store,
    /// With the moment it came into service.
    knowledge: RwLock<(Arc<Knowledge>, Instant)>,
    places: RwLock<Arc<Places>>,
    news: RwLock<Arc<News>>,
    /// A conversation's inputs wait for each other here, in this process; between processes the store's compare-and-set decides.
    loaded: Mutex<LruCache<Uuid, Arc<Slot>>>,
    bell: Bell,
    /// As many as there are processors decide at once.
    deciding: Arc<Semaphore>,
    citizens_typing: broadcast::Sender<Uuid>,
    /// Set once, when the operators' side runs in this process.
    desk: OnceLock<Weak<dyn Desk>>,
    vault: Vault,
}

type Slot = tokio::sync::Mutex<Option<Loaded>>;

#[derive(Clone)]
struct Loaded {
    state: State,
    channel: Channel,
    token_hash: Option<[u8; 32]>,
}

impl Conversations {
    /// Starts the readers' bell; must be called inside a runtime.
    pub fn new(store: Store, knowledge: Arc<Knowledge>) -> Arc<Conversations> {
        let bell = Bell::listen(store.announcements());
        let capacity = NonZeroUsize::new(STATES_CACHED_MAX).unwrap_or(NonZeroUsize::MIN);
        Arc::new(Conversations {
            store,
            news: RwLock::new(Arc::new(News::of_faq(knowledge.faq()))),
            knowledge: RwLock::new((knowledge, Instant::now())),
            places: RwLock::new(Places::embedded()),
            loaded: Mutex::new(LruCache::new(capacity)),
            bell,
            deciding: Arc::new(Semaphore::new(available_parallelism().map_or(1, NonZeroUsize::get))),
            citizens_typing: broadcast::Sender::new(TYPING_KEPT),
            desk: OnceLock::new(),
            vault: Vault::default(),
        })
    }

    /// Whom citizens are handed over to. Only the first call counts.
    pub fn attach_desk(&self, desk: Weak<dyn Desk>) {
        let _ = self.desk.set(desk);
    }

    fn desk(&self) -> Option<Arc<dyn Desk>> {
        self.desk.get().and_then(Weak::upgrade)
    }

    /// Whether operators are there; as usual while nobody can be handed over.
    pub fn situation(&self, now_ms: i64) -> Situation {
        self.desk().map_or(Situation::USUAL, |desk| desk.situation(now_ms))
    }

    /// The database under it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The knowledge that questions are answered from at this moment.
    pub fn knowledge(&self) -> Arc<Knowledge> {
        Arc::clone(&self.knowledge.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// For how long questions have been answered from it.
    pub fn knowledge_age(&self) -> Duration {
        self.knowledge.read().unwrap_or_else(PoisonError::into_inner).1.elapsed()
    }

    /// Replaces the knowledge at once for every conversation; turns under way finish on the old one, which is given back: letting
    /// go of so much memory takes a while, and no turn should wait for it.
    pub fn set_knowledge(&self, knowledge: Arc<Knowledge>) -> Arc<Knowledge> {
        let written: Vec<_> = knowledge.faq().news().cloned().collect();
        let gone: Vec<_> = self.knowledge().faq().news().map(|item| item.id.clone()).collect();
        self.change_news(written, &gone);
        mem::replace(&mut *self.knowledge.write().unwrap_or_else(PoisonError::into_inner), (knowledge, Instant::now())).0
    }

    /// The places that are searched at this moment.
    pub fn places(&self) -> Arc<Places> {
        Arc::clone(&self.places.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces them at once for every conversation.
    pub fn set_places(&self, places: Arc<Places>) {
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = places;
    }

    /// The news at this moment.
    pub fn news(&self) -> Arc<News> {
        Arc::clone(&self.news.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds items to the news, or other versions of them, and takes others away: at once, for every conversation.
    pub fn change_news(&self, put: Vec<Arc<NewsItem>>, gone: &[NewsId]) {
        let mut news = self.news.write().unwrap_or_else(PoisonError::into_inner);
        *news = Arc::new(news.with(put, gone));
    }

    /// Begins a conversation: the log holds `started` and the greeting when this returns.
    pub async fn begin(&self, channel: Channel) -> Result<Begun, ConversationError> {
        let id = Uuid::now_v7();
        let token = Token::random();
        let nothing = Loaded { state: State::default(), channel, token_hash: None };
        let at_ms = now_ms();
        let (nothing, turn) = self.turn(nothing, "start", &Input::Start, at_ms).await;
        let create = NewConversation { channel: channel.name(), token_hash: Some(token.hash()) };
        let (append, _) = prepare(id, &nothing.state, None, Some(create), at_ms, &turn, None)?;
        match self.store.append(append).await? {
            Appended::At { .. } => Ok(Begun { id, token }),
            // The id is fresh: nobody else can have begun it.
            Appended::Duplicate { .. } | Appended::Conflict => Err(ConversationError::Busy),
        }
    }

    /// Takes one input. The number of the citizen's event; the same `input_id` again gives the same number and changes nothing.
    /// Durable when it returns.
    #[tracing::instrument(name = "turn", level = "debug", skip_all, fields(conversation.id = %id))]
    pub async fn submit(&self, id: Uuid, input_id: &str, input: &Input) -> Result<u64, ConversationError> {
        let slot = self.slot(id);
        let mut loaded = slot.lock().await;
        for _ in 0..CONFLICT_RETRIES_MAX {
            let current = match loaded.take() {
                Some(current) => current,
                None => self.load(id).await?,
            };
            let at_ms = now_ms();
            let (current, mut turn) = self.turn(current, input_id, input, at_ms).await;
            if turn.events.is_empty() {
                // Late news of something that is over: there is nothing to tell.
                let seq = current.state.seq;
                *loaded = Some(current);
                return Ok(seq);
            }
            self.seal(id, &mut turn).await?;
            let (append, next) = prepare(id, &current.state, Some(input_id), None, at_ms, &turn, self.vault.key.get())?;
            let desk = self.desk();
            let appended = match &desk {
                Some(desk) if turn.effects.contains(&Effect::LeaveQueue) => desk.leave(append).await?,
                _ => self.store.append(append).await?,
            };
            match appended {
                Appended::At { first_seq } => {
                    if let Some(desk) = desk.filter(|_| turn.effects.iter().any(|effect| matches!(effect, Effect::QueueHandoff(_)))) {
                        desk.entered();
                    }
                    if turn.effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })) {
                        self.vault.errands.notify_one();
                    }
                    count(current.channel, &turn);
                    *loaded = Some(Loaded { state: next, ..current });
                    return Ok(first_seq);
                }
                Appended::Duplicate { seq } => {
                    *loaded = Some(current);
                    return Ok(seq);
                }
                // Another node has written: what was loaded is old, and `loaded` stays empty so that the next round reads it again.
                Appended::Conflict => {}
            }
        }
        Err(ConversationError::Busy)
    }

    /// Appends something that is no reply: news that are followed, or that they are followed no longer. Returns false when the same
    /// `input_id` was appended before: nothing is appended then. Durable when it returns.
    ///
    /// # Errors
    /// There is no such conversation, others keep writing to it, or the database fails.
    pub async fn tell(&self, id: Uuid, input_id: &str, event: Event) -> Result<bool, ConversationError> {
        let slot = self.slot(id);
        let mut loaded = slot.lock().await;
        let effects = if matches!(event, Event::NewsStopped) { vec![Effect::FollowNews] } else { Vec::new() };
        let turn = Turn { events: vec![event], effects };
        for _ in 0..CONFLICT_RETRIES_MAX {
            let current = match loaded.take() {
                Some(current) => current,
                None => self.load(id).await?,
            };
            let (append, next) = prepare(id, &current.state, Some(input_id), None, now_ms(), &turn, self.vault.key.get())?;
            match self.store.append(append).await? {
                Appended::At { .. } => {
                    *loaded = Some(Loaded { state: next, ..current });
                    return Ok(true);
                }
                Appended::Duplicate { .. } => {
                    *loaded = Some(current);
                    return Ok(false);
                }
                Appended::Conflict => {}
            }
        }
        Err(ConversationError::Busy)
    }

    /// Notes that the citizen wants to be called back; see [`Desk::ask_callback`].
    ///
    /// # Errors
    /// No operators' side runs in this process, or the database fails.
    pub async fn ask_callback(&self, id: Uuid, client_id: String, wish: CallbackWish) -> Result<u64, ConversationError> {
        let desk = self.desk().ok_or(ConversationError::Busy)?;
        Ok(desk.ask_callback(id, client_id, wish).await?)
    }

    /// Keeps a photo or a file for the operators, during a handoff only.
    ///
    /// # Errors
    /// As [`Conversations::submit`].
    pub async fn attach(&self, id: Uuid, client_id: &str, bytes: Vec<u8>) -> Result<Attached, ConversationError> {
        if !self.in_handoff(id).await? {
            return Ok(Attached::NoHandoff);
        }
        let desk = self.desk().ok_or(ConversationError::Busy)?;
        match desk.keep(id, client_id.to_owned(), bytes).await? {
            Ok(attachment) => Ok(Attached::At(self.submit(id, client_id, &Input::Attachment(attachment)).await?)),
            Err(why) => Ok(Attached::Unkept(why)),
        }
    }

    /// Operators have the conversation, or will.
    ///
    /// # Errors
    /// There is no such conversation, or the database fails.
    pub async fn in_handoff(&self, id: Uuid) -> Result<bool, ConversationError> {
        // The log, and not what this process remembers: another may have moved it on.
        Ok(self.load(id).await?.state.in_handoff())
    }

    /// Whether the token opens the conversation. An unknown conversation and a wrong token look the same.
    pub async fn authorise(&self, id: Uuid, token: &Token) -> Result<bool, ConversationError> {
        let slot = self.slot(id);
        let mut loaded = slot.lock().await;
        if loaded.is_none() {
            match self.load(id).await {
                Ok(fresh) => *loaded = Some(fresh),
                Err(ConversationError::NotFound) => {
                    drop(loaded);
                    // A stranger who guesses ids must not push real conversations out of the cache.
                    self.forget(id);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(loaded.as_ref().and_then(|loaded| loaded.token_hash).is_some_and(|hash| token.matches(&hash)))
    }

    /// The events after `after`, at most [`EVENTS_READ_MAX`].
    pub async fn events(&self, id: Uuid, after: u64) -> Result<Vec<Recorded>, ConversationError> {
        read_page(&self.store, id, after).await
    }

    /// The end of a log, at most `limit` events of it.
    pub async fn last_events(&self, id: Uuid, limit: u32) -> Result<Vec<Recorded>, ConversationError> {
        self.store.last_events(id, limit).await?.into_iter().map(read).collect()
    }

    /// Follows a conversation: wakes when its log may have grown.
    pub fn follow(&self, id: Uuid) -> Follower {
        self.bell.follow(id)
    }

    /// Where everyone in the queue stands now.
    pub fn tell_places(&self, places: HashMap<Uuid, Place>) {
        self.bell.tell_places(places);
    }

    /// The operator of a conversation types.
    pub fn tell_typing(&self, id: Uuid) {
        self.bell.tell_typing(id);
    }

    /// The citizen of a conversation types.
    pub fn citizen_types(&self, id: Uuid) {
        // No receiver is no error: no console is open.
        let _ = self.citizens_typing.send(id);
    }

    /// Conversations whose citizens type, as they do.
    pub fn citizens_typing(&self) -> broadcast::Receiver<Uuid> {
        self.citizens_typing.subscribe()
    }

    /// Decides what follows, and gives the conversation back. On a thread beside the runtime: it takes the processor for most of a
    /// millisecond, and hundreds of those at once would keep everything that only waits for the database from going on.
    #[tracing::instrument(name = "decide", level = "debug", skip_all)]
    async fn turn(&self, current: Loaded, client_id: &str, input: &Input, now_ms: i64) -> (Loaded, Turn) {
        // The first who came is the first who is answered. It is never closed, and stays taken when the caller gives up: the thread goes on.
        let deciding = Arc::clone(&self.deciding).acquire_owned().await;
        let (knowledge, places, news) = (self.knowledge(), self.places(), self.news());
        let desk = self.situation(now_ms);
        let lookups = self.lookups();
        let (client_id, input, span) = (client_id.to_owned(), input.clone(), Span::current());
        let decide = move || {
            let channel = current.channel;
            let context = Context { knowledge: &knowledge, news: &news, now_ms, channel, desk: &desk, places: &places, lookups };
            let turn = span.in_scope(|| step(&current.state, &client_id, &input, &context));
            drop(deciding);
            (current, turn)
        };
        match spawn_blocking(decide).await.map_err(JoinError::try_into_panic) {
            Ok(decided) => decided,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime ends, and this with it.
            Err(Err(_)) => pending().await,
        }
    }

    fn slot(&self, id: Uuid) -> Arc<Slot> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(loaded.get_or_insert(id, || Arc::new(Slot::new(None))))
    }

    fn forget(&self, id: Uuid) {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).pop(&id);
    }

    async fn load(&self, id: Uuid) -> Result<Loaded, ConversationError> {
        let row = self.store.conversation(id).await?.ok_or(ConversationError::NotFound)?;
        let snapshot = self.store.snapshot(id).await?.filter(|snapshot| snapshot.format == SNAPSHOT_FORMAT);
        let mut state: State = snapshot.and_then(|snapshot| serde_json::from_str(&snapshot.body).ok()).unwrap_or_default();
        for event in &log_after(&self.store, id, state.seq).await? {
            state.apply(event);
        }
        let channel = state.channel.unwrap_or(Channel::Web);
        Ok(Loaded { state, channel, token_hash: row.token_hash })
    }
}

/// Unix milliseconds. The only clock that conversations read.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The events of a turn, numbered, with the state after them.
pub(crate) fn record(state: &State, at_ms: i64, turn: &Turn) -> (Vec<Recorded>, State) {
    let mut next = state.clone();
    let events = turn
        .events
        .iter()
        .zip(state.seq + 1..)
        .map(|(event, seq)| Recorded { seq, at_ms, event: event.clone() })
        .inspect(|recorded| next.apply(recorded))
        .collect();
    (events, next)
}

fn prepare(
    id: Uuid,
    state: &State,
    input_id: Option<&str>,
    create: Option<NewConversation>,
    at_ms: i64,
    turn: &Turn,
    key: Option<&Key>,
) -> Result<(Append, State), ConversationError> {
    let (events, next) = record(state, at_ms, turn);
    let events = events
        .iter()
        .map(|recorded| {
            let body = serde_json::to_string(&recorded.event).map_err(ConversationError::Unwritable)?;
            Ok(NewEvent { kind: recorded.event.kind(), body })
        })
        .collect::<Result<Vec<_>, ConversationError>>()?;
    let effects = turn.effects.iter().filter_map(|effect| match effect {
        Effect::QueueHandoff(reason) => Some(StoreEffect::QueueHandoff { reason: crate::store::HandoffReason(reason.name()) }),
        Effect::LeaveQueue => Some(StoreEffect::LeaveQueue),
        Effect::ReportPlace { kind, id, name } => {
            Some(StoreEffect::ReportPlace { kind: kind.name(), place_id: id.clone(), name: name.clone() })
        }
        Effect::Ask { request, errand } => {
            let (kind, sealed) = match errand {
                Errand::Fetch(what) => (format!("fetch:{}", what.name()), None),
                Errand::CheckContact(phone) => {
                    ("contact".to_owned(), Some(key?.seal(&effect_place(id, *request), phone.reveal().as_bytes())))
                }
                Errand::EndVerification => ("end-verification".to_owned(), None),
                Errand::Erase => ("erase".to_owned(), None),
            };
            Some(StoreEffect::Ask { request: *request, kind, sealed })
        }
        Effect::FollowNews => Some(StoreEffect::FollowNews(next.following.as_ref().map(|following| {
            let Following { themes, cadence } = following;
            NewsFollowing::new(themes, cadence.name(), schedule::next_digest(*cadence, at_ms))
        }))),
    });
    let snapshot = if state.seq / SNAPSHOT_EVERY_EVENTS == next.seq / SNAPSHOT_EVERY_EVENTS {
        None
    } else {
        let body = serde_json::to_string(&next).map_err(ConversationError::Unwritable)?;
        Some(Snapshot { seq: next.seq, format: SNAPSHOT_FORMAT, body })
    };
    let append = Append {
        conversation_id: id,
        create,
        expected_seq: state.seq,
        at_ms,
        events,
        input_id: input_id.map(str::to_owned),
        effects: effects.collect(),
        snapshot,
    };
    Ok((append, next))
}

/// The whole rest of a log after `after`, however long it is.
pub async fn log_after(store: &Store, id: Uuid, after: u64) -> Result<Vec<Recorded>, ConversationError> {
    let mut log = Vec::new();
    loop {
        let last = log.last().map_or(after, |last: &Recorded| last.seq);
        let page = read_page(store, id, last).await?;
        let is_last = page.len() < EVENTS_READ_MAX as usize;
        log.extend(page);
        if is_last {
            return Ok(log);
        }
    }
}

async fn read_page(store: &Store, id: Uuid, after: u64) -> Result<Vec<Recorded>, ConversationError> {
    store.events(id, after, EVENTS_READ_MAX).await?.into_iter().map(read).collect()
}

fn read(stored: StoredEvent) -> Result<Recorded, ConversationError> {
    let StoredEvent { seq, at_ms, body, .. } = stored;
    let event: Event = serde_json::from_str(&body).map_err(|source| ConversationError::Unreadable { seq, source })?;
    Ok(Recorded { seq, at_ms, event })
}

/// Counts how inputs end, for `/metrics`.
fn count(channel: Channel, turn: &Turn) {
    for event in &turn.events {
        if let Event::BotMessage { outcome, .. } = event {
            metrics::counter!("hotro_turns_total", "channel" => channel.name(), "outcome" => outcome.name()).increment(1);
        }
    }
}
