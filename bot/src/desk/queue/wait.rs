//! What a citizen in the queue is told: a position that is true and a range of waiting time that is honest.

use std::collections::BTreeSet;

use super::{HandoffId, Queue, Served, Skill};

/// Older handling times say little about now.
const RECENT_MS: i64 = 2 * 60 * 60 * 1_000;
/// With fewer handling times than this, nothing is known.
const SERVED_MIN: usize = 5;
/// A talk longer than this is a console that was forgotten, a negative one a clock that was put back.
const HANDLING_MS_MAX: i64 = 4 * 60 * 60 * 1_000;
/// What ranges begin and end with, in minutes. One that would end later is none: a guess of that size helps nobody.
const STEPS_MINUTES: [u32; 12] = [0, 2, 5, 10, 15, 20, 30, 45, 60, 75, 90, 120];
/// Four of five waits lie between minus and plus so many standard deviations.
const DEVIATIONS: f64 = 1.28;

impl Served {
    /// Handling times that an estimate rests on: some minutes of a busy desk, an hour of a quiet one.
    pub const KEPT_MAX: usize = 40;
}

/// Where a citizen stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// 1 is next. Whoever is being offered to an operator keeps their position until it is taken.
    pub position: usize,
    /// How long it may take from now on; `None` when nobody can know: nobody at the desk can serve it, or too few were served
    /// lately.
    pub wait: Option<WaitRange>,
}

/// A range of waiting time, rounded outwards: four of five wait no less and no more, if the staffing stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitRange {
    /// At least so many minutes; 0: it may be any moment.
    pub minutes_min: u32,
    /// At most so many minutes.
    pub minutes_max: u32,
}

impl Queue {
    /// Where everyone stands whom nobody has claimed, in order. Compare with what they were told last, and tell them the rest.
    pub fn standings(&self, now_ms: i64) -> Vec<(HandoffId, Standing)> {
        let handling_ms = self.handling.mean_ms(now_ms);
        let mut rivals = Rivals::default();
        let mut standings = Vec::with_capacity(self.line.len());
        for handoff in self.line() {
            let (turn, places) = rivals.next(handoff.need.as_ref(), self);
            let wait = handling_ms.and_then(|handling_ms| wait_range(turn, places, handling_ms));
            standings.push((handoff.id, Standing { position: standings.len() + 1, wait }));
        }
        standings
    }

    /// Where one citizen stands; `None` once an operator has claimed the conversation.
    pub fn standing(&self, handoff: HandoffId, now_ms: i64) -> Option<Standing> {
        let position = self.position(handoff)?;
        let need = self.handoff(handoff)?.need.as_ref();
        let wait = self.handling.mean_ms(now_ms).and_then(|handling_ms| {
            let turn = self.line().take(position).filter(|other| compete(need, other.need.as_ref())).count();
            wait_range(turn, self.places_for(need), handling_ms)
        });
        Some(Standing { position, wait })
    }

    /// The position of one citizen, 1 is next; `None` once an operator has claimed the conversation.
    pub fn position(&self, handoff: HandoffId) -> Option<usize> {
        let place = self.handoff(handoff)?.place();
        self.line.contains(&place).then(|| self.line.range(..=place).count())
    }

    /// Conversations that the operators at the desk can hold at once, of those who accept and can serve this need.
    fn places_for(&self, need: Option<&Skill>) -> u64 {
        let able = self.operators().filter(|operator| operator.accepting && operator.skills.cover(need));
        able.map(|operator| u64::from(operator.capacity)).sum()
    }
}

/// Whether two handoffs wait for the same operators.
fn compete(one: Option<&Skill>, other: Option<&Skill>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// Counts those ahead, by need, on the way through the line.
#[derive(Default)]
struct Rivals<'q> {
    total: usize,
    /// With the number met so far and the places for it. A handful: a search beats a map.
    needs: Vec<(Option<&'q Skill>, usize, u64)>,
}

impl<'q> Rivals<'q> {
    /// The turn of the next in line among those who wait for the same operators, and how many these hold at once.
    fn next(&mut self, need: Option<&'q Skill>, queue: &Queue) -> (usize, u64) {
        self.total += 1;
        let index = self.needs.iter().position(|(other, ..)| *other == need).unwrap_or_else(|| {
            self.needs.push((need, 0, queue.places_for(need)));
            self.needs.len() - 1
        });
        let (_, met, places) = &mut self.needs[index];
        *met += 1;
        let (own, places) = (*met, *places);
        match need {
            None => (self.total, places),
            Some(_) => (own + self.needs.iter().find(|(other, ..)| other.is_none()).map_or(0, |(_, met, _)| *met), places),
        }
    }
}

/// The wait of the `turn`-th in line for `places` conversations at once that take `handling_ms` each.
///
/// Conversations end independently of one another, so `turn` of them take a gamma-distributed time. Its quantiles are Wilson and
/// Hilferty's (PNAS 17, 1931), good to a few per cent from the first turn on.
fn wait_range(turn: usize, places: u64, handling_ms: i64) -> Option<WaitRange> {
    if turn == 0 || places == 0 {
        return None;
    }
    let turns = turn as f64;
    let minutes_per_turn = handling_ms as f64 / places as f64 / 60_000.0;
    let quantile = |deviations: f64| {
        let root = 1.0 - 1.0 / (9.0 * turns) + deviations / (3.0 * turns.sqrt());
        minutes_per_turn * turns * root * root * root
    };
    let (low, high) = (quantile(-DEVIATIONS), quantile(DEVIATIONS));
    let minutes_min = STEPS_MINUTES.into_iter().rev().find(|&step| f64::from(step) <= low)?;
    let minutes_max = STEPS_MINUTES.into_iter().find(|&step| f64::from(step) >= high && step > minutes_min)?;
    Some(WaitRange { minutes_min, minutes_max })
}

/// How long the last conversations took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Handling {
    served: BTreeSet<Served>,
}

impl Handling {
    pub(super) fn add(&mut self, served: Served) {
        if (0..=HANDLING_MS_MAX).contains(&served.handling_ms) {
            self.served.insert(served);
            if self.served.len() > Served::KEPT_MAX {
                self.served.pop_first();
            }
        }
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Served> {
        self.served.iter()
    }

    /// `None`: too few to know.
    fn mean_ms(&self, now_ms: i64) -> Option<i64> {
        let since_ms = now_ms.saturating_sub(RECENT_MS);
        let recent = self.served.iter().rev().take_while(|served| served.at_ms >= since_ms);
        let (count, sum) = recent.fold((0, 0), |(count, sum), served| (count + 1, sum + served.handling_ms));
        (count >= SERVED_MIN).then(|| sum / count as i64)
    }
}

impl FromIterator<Served> for Handling {
    fn from_iter<I: IntoIterator<Item = Served>>(served: I) -> Handling {
        let mut handling = Handling::default();
        served.into_iter().for_each(|served| handling.add(served));
        handling
    }
}
