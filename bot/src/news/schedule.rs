//! When news are sent. Pure; times are Unix milliseconds, hours are Vietnam's.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use crate::dialogue::{Cadence, day_in_vietnam, start_of_day_in_vietnam};

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Digests come when people have got up: half an hour after the quiet hours.
const DIGEST_AT_MS: i64 = 7 * HOUR_MS + HOUR_MS / 2;

/// When the next digest after `now_ms` is due; `None` when news are sent at once.
pub(crate) fn next_digest(cadence: Cadence, now_ms: i64) -> Option<i64> {
    let today = day_in_vietnam(now_ms);
    let morning = |day: Date| start_of_day_in_vietnam(day).saturating_add(DIGEST_AT_MS);
    let after = |day: Date, days: Span| day.checked_add(days).unwrap_or(day);
    match cadence {
        Cadence::Now => None,
        Cadence::Daily if morning(today) > now_ms => Some(morning(today)),
        Cadence::Daily => Some(morning(after(today, 1.day()))),
        Cadence::Weekly => {
            let mut monday = today;
            while monday.weekday() != Weekday::Monday || morning(monday) <= now_ms {
                let next = after(monday, 1.day());
                if next == monday {
                    break;
                }
                monday = next;
            }
            Some(morning(monday))
        }
    }
}

/// Whether nobody may be sent news at this moment: from an hour in the evening to one in the morning. Nobody is woken by news.
pub(crate) fn is_quiet(now_ms: i64, from_h: u8, to_h: u8) -> bool {
    let of_day = now_ms.saturating_sub(start_of_day_in_vietnam(day_in_vietnam(now_ms)));
    let (from, to) = (i64::from(from_h) * HOUR_MS, i64::from(to_h) * HOUR_MS);
    if from <= to { (from..to).contains(&of_day) } else { !(to..from).contains(&of_day) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(day: Date, hour: i64, minute: i64) -> i64 {
        start_of_day_in_vietnam(day) + hour * HOUR_MS + minute * HOUR_MS / 60
    }

    #[test]
    fn digests_come_in_the_morning() {
        let thursday = date(2026, 11, 26);
        assert_eq!(next_digest(Cadence::Now, at(thursday, 9, 0)), None);
        assert_eq!(next_digest(Cadence::Daily, at(thursday, 7, 29)), Some(at(thursday, 7, 30)));
        assert_eq!(next_digest(Cadence::Daily, at(thursday, 7, 30)), Some(at(date(2026, 11, 27), 7, 30)));
        assert_eq!(next_digest(Cadence::Weekly, at(thursday, 9, 0)), Some(at(date(2026, 11, 30), 7, 30)));
        assert_eq!(next_digest(Cadence::Weekly, at(date(2026, 11, 30), 7, 30)), Some(at(date(2026, 12, 7), 7, 30)));
        assert!(next_digest(Cadence::Weekly, i64::MAX).is_some());
    }

    #[test]
    fn nights_are_quiet() {
        let day = date(2026, 11, 26);
        for (hour, minute, quiet) in [(0, 0, true), (6, 59, true), (7, 0, false), (12, 0, false), (20, 59, false), (21, 0, true)] {
            assert_eq!(is_quiet(at(day, hour, minute), 21, 7), quiet, "{hour}:{minute}");
            assert!(!is_quiet(at(day, hour, minute), 0, 0), "no quiet hours");
        }
    }
}
