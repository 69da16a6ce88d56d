//! One table.

use std::fmt;

use serde::Serialize;

use crate::crash::Crash;
use crate::desk::Desk;
use crate::start::Start;
use crate::streams::Streams;
use crate::turns::Turns;

/// Everything that was measured.
#[derive(Serialize)]
pub struct Report {
    pub start: Start,
    pub streams: Streams,
    pub turns: Turns,
    pub crash: Crash,
}

impl Report {
    /// Correctness, which no slow machine excuses. The times are for people to judge.
    pub fn keeps_promises(&self) -> bool {
        self.turns.errors == 0 && self.crash.is_harmless()
    }
}

impl fmt::Display for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |what: &str, measured: String, aim: &str| writeln!(f, "{what:<44} {measured:>22}   {aim}");
        row(&format!("{} consoles, {} waiting, {:.0} s", self.consoles, self.citizens, self.seconds), "measured".to_owned(), "aim")?;
        row("new position, p50, p99", format!("{:.0} ms, {:.0} ms", self.position_p50_ms, self.position_p99_ms), "p99 under 300 ms")?;
        row("operator's words, p50, p99", format!("{:.0} ms, {:.0} ms", self.message_p50_ms, self.message_p99_ms), "p99 under 300 ms")?;
        row("processor of the server", format!("{:.0} % of one", self.server_processor_percent), "")?;
        row("resident memory", format!("{:.1} MB", self.resident_mb), "")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { start, streams, turns, crash } = self;
        let mut row = |what: &str, measured: String, aim: &str| writeln!(f, "{what:<44} {measured:>22}   {aim}");
        row("", "measured".to_owned(), "aim")?;
        row("start to first answer", format!("{:.0} ms", start.first_answer_ms), "under 1,000 ms")?;
        row("resident memory after start", format!("{:.1} MB", start.resident_mb), "under 80 MB")?;
        row(&format!("memory of each of {} idle streams", streams.streams), format!("{:.1} kB", streams.kb_per_stream), "under 25 kB")?;
        row("question to answer on a stream, slowest", format!("{:.1} ms", streams.slowest_delivery_ms), "under 100 ms")?;
        let talking = format!("durable turns, {} conversations, {:.0} s", turns.conversations, turns.seconds);
        row(&talking, format!("{:.0} a second", turns.turns_per_second), "3,000 a second")?;
        row("  p50, p99 of a turn", format!("{:.0} ms, {:.0} ms", turns.p50_ms, turns.p99_ms), "")?;
        row("  errors", turns.errors.to_string(), "0")?;
        if let Some(error) = &turns.error {
            row("", error.clone(), "")?;
        }
        let processors = format!("{:.0} us, {:.0} us", turns.server_processor_us_per_turn, turns.client_processor_us_per_turn);
        row("  processor time of a turn: server, client", processors, "")?;
        row("  resident memory afterwards", format!("{:.1} MB", turns.resident_mb), "")?;
        row("kill -9 under load: messages acknowledged", crash.acknowledged.to_string(), "")?;
        row("  lost, doubled, logs broken", format!("{}, {}, {}", crash.lost, crash.doubled, crash.broken), "0, 0, 0")?;
        let going_on = format!("{} of {}", crash.going_on, crash.conversations);
        row("  conversations that go on", going_on, "all")?;
        row("  restart to first answer", format!("{:.0} ms", crash.restart_to_answer_ms), "")
    }
}
