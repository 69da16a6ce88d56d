//! What the consoles see of the queue, and what citizens are told of their place in it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::glimpse::{Glimpse, Glimpses};
use super::{Case, Held, Hotline, HotlineError};
use crate::conversation::{ConversationError, Place, now_ms};
use crate::desk::queue::{Handoff, OperatorId, Priority, Skills, Stage};
use crate::dialogue::{Minutes, day_in_vietnam, start_of_day_in_vietnam};
use crate::store::StoreError;

/// Of those waiting, so many are listed.
pub const WAITING_SHOWN_MAX: usize = 100;

/// An open handoff as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandoffView {
    handoff_id: Uuid,
    conversation_id: Uuid,
    /// waiting, offered or claimed.
    stage: &'static str,
    /// complaint, repeated_misses, asked or unhappy.
    priority: &'static str,
    /// web or telegram.
    channel: String,
    /// The skill it needs.
    need: Option<String>,
    queued_ms: i64,
    /// Of those whom nobody has claimed, 1 is next.
    position: Option<usize>,
    /// Whose hands it is in.
    operator_id: Option<Uuid>,
    offer_until_ms: Option<i64>,
    claimed_ms: Option<i64>,
    /// The fencing number of the last claim.
    fence: i64,
    /// The citizen's last words, masked, cut.
    preview: String,
    last_citizen_ms: Option<i64>,
    /// Messages of the citizen since the operator's last.
    unread: u32,
    labels: Vec<String>,
}

impl HandoffView {
    fn new(handoff: &Handoff, case: &Case, position: Option<usize>, glimpse: Option<&Glimpse>) -> HandoffView {
        let stored = || serde_json::from_str(&case.labels).unwrap_or_default();
        let (offer_until_ms, claimed_ms) = match handoff.stage {
            Stage::Waiting => (None, None),
            Stage::Offered { until_ms, .. } => (Some(until_ms), None),
            Stage::Claimed { since_ms, .. } => (None, Some(since_ms)),
        };
        HandoffView {
            handoff_id: handoff.id.0,
            conversation_id: case.conversation_id,
            stage: handoff.stage.name(),
            priority: word_of(handoff.priority),
            channel: case.channel.clone(),
            need: handoff.need.as_ref().map(ToString::to_string),
            queued_ms: case.queued_ms,
            position,
            operator_id: handoff.stage.holder().map(|holder| holder.0),
            offer_until_ms,
            claimed_ms,
            fence: handoff.fence,
            preview: glimpse.map(|glimpse| glimpse.preview.clone()).unwrap_or_default(),
            last_citizen_ms: glimpse.and_then(|glimpse| glimpse.last_citizen_ms),
            unread: glimpse.map_or(0, |glimpse| glimpse.unread),
            labels: glimpse.and_then(|glimpse| glimpse.labels.clone()).unwrap_or_else(stored),
        }
    }

    /// Whose conversation it is.
    pub fn conversation_id(&self) -> Uuid {
        self.conversation_id
    }

    pub(in crate::desk) fn is_in_hands_of(&self, operator: Uuid) -> bool {
        self.operator_id == Some(operator)
    }

    pub(in crate::desk) fn is_claimed(&self) -> bool {
        self.claimed_ms.is_some()
    }
}

/// An operator at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OperatorView {
    /// Who.
    pub id: Uuid,
    /// What people read.
    pub display_name: String,
    /// Whether they want offers.
    pub accepting: bool,
    /// Conversations in their hands.
    pub holding: usize,
    /// Conversations that they hold at once.
    pub capacity: u32,
    /// The domains they answer; empty: all.
    pub skills: Vec<String>,
    /// The end of their lease, in Unix milliseconds.
    #[serde(skip)]
    pub present_until_ms: i64,
}

/// The queue at a moment, as everyone may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Claimed first, then those that nobody has claimed, in order: all who are being offered, and the first of those who wait.
    pub handoffs: Vec<HandoffView>,
    /// Those whom nobody has claimed.
    pub waiting_total: usize,
    /// Since when the one waits who has waited longest.
    pub oldest_queued_ms: Option<i64>,
    /// Everyone at the desk.
    pub operators: Vec<OperatorView>,
    /// Citizens who wait to be called back.
    pub callbacks_open: i64,
    /// Of the handoffs of today, how many were claimed in time, and how many could have been.
    pub service_level: (i64, i64),
}

impl Hotline {
    /// Takes a picture and shows it to whoever looks on.
    pub(super) async fn show(&self, glimpses: &mut Glimpses) -> Result<(), HotlineError> {
        let at_ms = now_ms();
        let (claimed, line, operators, places) = self.with(|held| sketch(held, at_ms)).await?;
        self.conversations.tell_places(places);
        let oldest_queued_ms = line.iter().map(|(_, case, _)| case.queued_ms).min();
        let waiting_total = line.len();
        let mut waiting = 0;
        let listed = line.into_iter().filter(|(handoff, ..)| {
            waiting += usize::from(handoff.stage == Stage::Waiting);
            handoff.stage != Stage::Waiting || waiting <= WAITING_SHOWN_MAX
        });
        let shown: Vec<(Handoff, Case, Option<usize>)> = claimed.into_iter().chain(listed).collect();
        let ids: Vec<Uuid> = shown.iter().map(|(_, case, _)| case.conversation_id).collect();
        let known = glimpses.look(&self.conversations, &ids).await.map_err(|error| match error {
            ConversationError::Store(error) => error,
            error => StoreError::Database(error.to_string()),
        })?;
        let target_ms = self.settings().service_level_ms();
        let since_ms = start_of_day_in_vietnam(day_in_vietnam(at_ms));
        let picture = Picture {
            handoffs: shown
                .iter()
                .map(|(handoff, case, at)| HandoffView::new(handoff, case, *at, known.get(&case.conversation_id)))
                .collect(),
            waiting_total,
            oldest_queued_ms,
            operators,
            callbacks_open: self.store().callbacks_open().await?,
            service_level: self.store().service_level(since_ms, at_ms, target_ms).await?,
        };
        self.picture.send_if_modified(|shown| {
            let differs = **shown != picture;
            if differs {
                *shown = std::sync::Arc::new(picture);
            }
            differs
        });
        Ok(())
    }
}

type Sketch = (Vec<(Handoff, Case, Option<usize>)>, Vec<(Handoff, Case, Option<usize>)>, Vec<OperatorView>, HashMap<Uuid, Place>);

/// Whatever needs the queue itself, in memory only: nobody waits for a database meanwhile.
fn sketch(held: &Held, at_ms: i64) -> Sketch {
    let queue = &held.queue;
    let with_case = |handoff: &Handoff, at: Option<usize>| Some((handoff.clone(), held.cases.get(&handoff.id)?.clone(), at));
    let mut claimed: Vec<_> = queue
        .handoffs()
        .filter(|handoff| matches!(handoff.stage, Stage::Claimed { .. }))
        .filter_map(|handoff| with_case(handoff, None))
        .collect();
    claimed.sort_by_key(|(handoff, ..)| handoff.place());
    let line = queue.line().zip(1..).filter_map(|(handoff, position)| with_case(handoff, Some(position))).collect();
    let mut operators: Vec<OperatorView> = queue
        .operators()
        .map(|operator| OperatorView {
            id: operator.id.0,
            display_name: held.name(operator.id),
            accepting: operator.accepting,
            holding: holding(held, operator.id),
            capacity: operator.capacity,
            skills: names_of(&operator.skills),
            present_until_ms: operator.present_until_ms,
        })
        .collect();
    operators.sort_by(|one, other| (&one.display_name, one.id).cmp(&(&other.display_name, other.id)));
    let places = queue.standings(at_ms).into_iter().filter_map(|(id, standing)| {
        let wait = standing.wait.map(|wait| Minutes { min: wait.minutes_min, max: wait.minutes_max });
        let place = Place { position: u32::try_from(standing.position).unwrap_or(u32::MAX), wait };
        Some((held.cases.get(&id)?.conversation_id, place))
    });
    (claimed, line, operators, places.collect())
}

fn holding(held: &Held, operator: OperatorId) -> usize {
    held.queue.claimed_by(operator).count() + held.queue.offered_to(operator).count()
}

fn names_of(skills: &Skills) -> Vec<String> {
    skills.iter().map(ToString::to_string).collect()
}

fn word_of(priority: Priority) -> &'static str {
    match priority {
        Priority::Complaint => "complaint",
        Priority::RepeatedMisses => "repeated_misses",
        Priority::Asked => "asked",
        Priority::Unhappy => "unhappy",
    }
}

/// An open handoff as the API shows it beside a conversation.
pub(in crate::desk) fn view_of(handoff: &Handoff, case: &Case, position: Option<usize>) -> HandoffView {
    HandoffView::new(handoff, case, position, None)
}
