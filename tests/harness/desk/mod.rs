//! A simulated day at the hotline's desk: 2,000 citizens, 30 operators, and everything that goes wrong in between.
//!
//! [`run_day`] plays it from a seed against the queue of `hotro`, through rows that are kept apart from it ([`stored`]), under the
//! eyes of a witness ([`witness`]) that knows the rules in its own plain words and checks them after every decision. Whoever
//! adds a rule to the queue adds it there, and breaks the queue once to see it found.

mod day;
mod stored;
mod witness;

use std::fmt;

use day::Day;

/// What happened in one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayReport {
    /// Decisions of the queue.
    pub decisions: u64,
    /// Offers made.
    pub offers: u64,
    /// Claims that succeeded.
    pub claims: u64,
    /// Claims that came second.
    pub claims_refused: u64,
    /// Writes of operators whose claim was over.
    pub writes_refused: u64,
    /// Conversations that went back to their place from an operator's hands.
    pub returns: u64,
    /// Handoffs that were served.
    pub resolved: u64,
    /// Handoffs whose citizens left.
    pub abandoned: u64,
    /// Handoffs that became call-backs.
    pub callbacks: u64,
    /// Starts of the program from its rows.
    pub restarts: u64,
    /// Times that the clock was put forward or back.
    pub clock_jumps: u64,
    /// Most citizens in line at once.
    pub line_max: usize,
    /// Citizens who were told a range on entry and then served.
    pub waits_told: u64,
    /// Those of them who waited neither less nor more.
    pub waits_kept: u64,
}

impl std::ops::AddAssign for DayReport {
    fn add_assign(&mut self, day: DayReport) {
        self.decisions += day.decisions;
        self.offers += day.offers;
        self.claims += day.claims;
        self.claims_refused += day.claims_refused;
        self.writes_refused += day.writes_refused;
        self.returns += day.returns;
        self.resolved += day.resolved;
        self.abandoned += day.abandoned;
        self.callbacks += day.callbacks;
        self.restarts += day.restarts;
        self.clock_jumps += day.clock_jumps;
        self.line_max = self.line_max.max(day.line_max);
        self.waits_told += day.waits_told;
        self.waits_kept += day.waits_kept;
    }
}

impl fmt::Display for DayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "decisions {}, offers {}, longest line {}", self.decisions, self.offers, self.line_max)?;
        writeln!(f, "claims {}, refused {}, writes refused {}", self.claims, self.claims_refused, self.writes_refused)?;
        writeln!(f, "returned to their place {}, restarts {}, clock jumps {}", self.returns, self.restarts, self.clock_jumps)?;
        writeln!(f, "resolved {}, abandoned {}, call-backs {}", self.resolved, self.abandoned, self.callbacks)?;
        writeln!(f, "waits within what was told on entry: {} of {}", self.waits_kept, self.waits_told)
    }
}

/// A rule that did not hold.
#[derive(Debug)]
pub struct Violation {
    /// The day on which it did not.
    pub seed: u64,
    /// The time of that day, in Vietnam.
    pub at: String,
    /// The rule, and by whom it was broken.
    pub what: String,
    /// The last decisions before it.
    pub before: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.before {
            writeln!(f, "{line}")?;
        }
        write!(f, "seed {} at {}: {}", self.seed, self.at, self.what)
    }
}

impl std::error::Error for Violation {}

/// Plays the day of a seed. The same seed is the same day.
///
/// # Errors
/// The first rule that did not hold.
pub fn run_day(seed: u64) -> Result<DayReport, Violation> {
    Day::new(seed).run()
}
