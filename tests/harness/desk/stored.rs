//! The rows of the queue, updated change by change as a database would.

use std::collections::BTreeMap;

use hotro::desk::queue::{Change, Closing, Handoff, HandoffId, Operator, OperatorId, Queue, QueueRows, Rules, Served, Stage};

#[derive(Default)]
pub(super) struct Stored {
    handoffs: BTreeMap<HandoffId, Handoff>,
    operators: BTreeMap<OperatorId, Operator>,
    served: Vec<Served>,
    last_ticket: i64,
}

impl Stored {
    /// What a program that starts now works with.
    pub(super) fn load(&self, rules: Rules) -> Queue {
        let rows = QueueRows {
            handoffs: self.handoffs.values().cloned().collect(),
            operators: self.operators.values().cloned().collect(),
            served: self.served.clone(),
            next_ticket: self.last_ticket + 1,
        };
        Queue::from_rows(rules, rows)
    }

    /// Updates the rows that a change names. The error is a change of a row that is not there.
    pub(super) fn update(&mut self, change: &Change) -> Result<(), String> {
        let missing = || format!("{change:?} changes a row that is not stored");
        match *change {
            Change::Entered { handoff: id, priority, ref need, ticket } => {
                let row = Handoff { id, priority, ticket, need: need.clone(), avoid: None, fence: 0, stage: Stage::Waiting };
                self.handoffs.insert(id, row);
                self.last_ticket = ticket;
            }
            Change::Offered { handoff, to, until_ms, turn } => {
                self.handoffs.get_mut(&handoff).ok_or_else(missing)?.stage = Stage::Offered { to, until_ms };
                self.operators.get_mut(&to).ok_or_else(missing)?.last_turn = turn;
            }
            Change::OfferUntil { handoff, until_ms: later_ms } => match &mut self.handoffs.get_mut(&handoff).ok_or_else(missing)?.stage {
                Stage::Offered { until_ms, .. } => *until_ms = later_ms,
                _ => return Err(missing()),
            },
            Change::Claimed { handoff, by, fence, at_ms } => {
                let row = self.handoffs.get_mut(&handoff).ok_or_else(missing)?;
                row.stage = Stage::Claimed { by, since_ms: at_ms };
                row.fence = fence;
                row.avoid = None;
            }
            Change::Released { handoff, from, why } => {
                let row = self.handoffs.get_mut(&handoff).ok_or_else(missing)?;
                row.stage = Stage::Waiting;
                row.avoid = why.is_deliberate().then_some(from);
            }
            Change::Needs { handoff, ref need } => {
                self.handoffs.get_mut(&handoff).ok_or_else(missing)?.need = Some(need.clone());
            }
            Change::Closed { handoff, closing, at_ms } => {
                let row = self.handoffs.remove(&handoff).ok_or_else(missing)?;
                if let (Stage::Claimed { since_ms, .. }, Closing::Resolved(_)) = (row.stage, closing) {
                    self.served.push(Served { at_ms, handoff, handling_ms: at_ms - since_ms });
                }
            }
            Change::Arrived { operator: id, ref skills, capacity, accepting, until_ms } => {
                let skills = skills.clone();
                let row = Operator { id, skills, capacity, accepting, present_until_ms: until_ms, last_turn: 0 };
                self.operators.insert(id, row);
            }
            Change::PresentUntil { operator, until_ms } => {
                self.operators.get_mut(&operator).ok_or_else(missing)?.present_until_ms = until_ms;
            }
            Change::Configured { operator, ref skills, capacity } => {
                let row = self.operators.get_mut(&operator).ok_or_else(missing)?;
                row.skills = skills.clone();
                row.capacity = capacity;
            }
            Change::Accepting { operator, accepting } => {
                self.operators.get_mut(&operator).ok_or_else(missing)?.accepting = accepting;
            }
            Change::Gone { operator } => {
                self.operators.remove(&operator).ok_or_else(missing)?;
            }
        }
        Ok(())
    }
}
