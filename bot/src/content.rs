//! A FAQ folder in service: watched, and exchanged as a whole when it has changed and is in order.
//!
//! The folder is looked at several times a second instead of being told of by the operating system: that sees an edit on a network
//! drive, in a mounted volume and behind a link as well as a local one, however it was written, and can miss none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use faq::{Edits, Faq, Fingerprint, LoadError, Problem, Severity};
use jiff::civil::Date;
use knowledge::Knowledge;
use tokio::signal::unix::Signal;
use tokio::sync::watch;

use crate::conversation::{Conversations, now_ms};
use crate::dialogue::day_in_vietnam;

/// Rest between two looks. A change is loaded once two have seen it: short, so that an editor waits for little but the loading.
const REST_MIN: Duration = Duration::from_millis(200);
const REST_MAX: Duration = Duration::from_secs(10);
/// A rest is at least so many times as long as the look before it, so that a large folder on a slow drive is not all there is to do.
const REST_PER_LOOK: u32 = 20;
/// More lines would bury the log; `hotro check` prints them all.
const PROBLEMS_LOGGED_MAX: usize = 20;
const FILES_LOGGED_MAX: usize = 20;

/// A FAQ folder and what was seen of it.
pub struct Folder {
    dir: PathBuf,
    looks: Looks,
}

impl Folder {
    /// Loads the folder for the first time. What came with the calendar alone is logged: a server that starts gives all other answers.
    ///
    /// Errors: every problem for which the set may not be served.
    pub fn open(dir: &Path) -> Result<(Folder, Faq), LoadError> {
        let today = today();
        // Looked at before it is read, so that a change in between is seen later.
        let seen = Fingerprint::of(dir);
        let faq = Faq::from_dir(dir)?;
        let (invalid, tolerated): (Vec<_>, Vec<_>) =
            faq::check(&faq, today).into_iter().partition(|problem| problem.severity == Severity::Invalid);
        if !invalid.is_empty() {
            return Err(LoadError { problems: invalid });
        }
        warn_of(&tolerated);
        Ok((Folder { dir: dir.to_owned(), looks: Looks { last: seen, tried: Some((seen, today)) } }, faq))
    }

    /// Keeps the conversations on the newest set that is in order, until `stopping` turns true. Each of `hangups` loads the folder
    /// again even if it seems the same.
    pub async fn watch(mut self, conversations: Arc<Conversations>, mut hangups: Signal, mut stopping: watch::Receiver<bool>) {
        let mut rest = REST_MIN;
        // Turns under way may still hold the set that was exchanged last. It is let go with the next look: off the turns' threads.
        let mut retired = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                Some(()) = hangups.recv() => self.looks.tried = None,
                _ = stopping.wait_for(|&stopping| stopping) => return,
            }
            let dir = self.dir.clone();
            let old: Option<Arc<Knowledge>> = retired.take();
            let looked = blocking(move || {
                drop(old);
                let begun = Instant::now();
                (Fingerprint::of(&dir), begun.elapsed())
            });
            let Some((seen, took)) = looked.await else { continue };
            rest = (took * REST_PER_LOOK).clamp(REST_MIN, REST_MAX);
            let today = today();
            if !self.looks.is_to_load(seen, today) {
                continue;
            }
            let begun = Instant::now();
            let dir = self.dir.clone();
            let serving = Arc::clone(&conversations);
            let Some(exchanged) = blocking(move || exchange(&dir, seen, &serving, today)).await else {
                // What broke the loader would break it again.
                self.looks.tried = Some((seen, today));
                count("failed");
                continue;
            };
            if !matches!(exchanged, Exchanged::Moved) {
                self.looks.tried = Some((seen, today));
            }
            retired = report(exchanged, &conversations, begun.elapsed());
        }
    }
}

/// What the looks at a folder have shown.
struct Looks {
    last: Fingerprint,
    /// The state that was loaded last, and when: a set that came too early may be in order on another day.
    tried: Option<(Fingerprint, Date)>,
}

impl Looks {
    /// Takes note of a look. True when nobody has written since the last one, and this state was not tried on this day.
    fn is_to_load(&mut self, seen: Fingerprint, today: Date) -> bool {
        let settled = self.last == seen;
        self.last = seen;
        settled && self.tried != Some((seen, today))
    }
}

/// How an attempt to exchange the set ended.
enum Exchanged {
    /// The folder was written to meanwhile: nothing is known about it.
    Moved,
    /// The set in service is the same.
    Unchanged,
    /// The set in service goes on.
    Refused(Vec<Problem>),
    /// Done.
    Done { edits: Edits, old: Arc<Knowledge>, tolerated: Vec<Problem> },
}

/// Loads the folder and, when it is in order, gives it to the conversations. `seen` is how the folder must look, before and after.
fn exchange(dir: &Path, seen: Fingerprint, conversations: &Conversations, today: Date) -> Exchanged {
    let served = conversations.knowledge();
    let loaded = Faq::from_dir(dir).map(Arc::new).map(|faq| {
        if faq.version() == served.faq().version() {
            return None;
        }
        // The index of a set that is then refused is built for nothing; one that is taken is there sooner.
        let (tolerated, built) = std::thread::scope(|scope| {
            let built = scope.spawn(|| served.over(Arc::clone(&faq)));
            (judge(&faq, served.faq(), today), built.join())
        });
        Some((faq, tolerated, built))
    });
    if Fingerprint::of(dir) != seen {
        return Exchanged::Moved;
    }
    match loaded {
        Err(LoadError { problems }) | Ok(Some((_, Err(LoadError { problems }), _))) => Exchanged::Refused(problems),
        Ok(None) => Exchanged::Unchanged,
        Ok(Some((faq, Ok(tolerated), Ok(knowledge)))) => {
            let edits = faq.edits_since(served.faq());
            Exchanged::Done { edits, old: conversations.set_knowledge(Arc::new(knowledge)), tolerated }
        }
        Ok(Some((_, Ok(_), Err(panic)))) => std::panic::resume_unwind(panic),
    }
}

/// The problems with which a set may be served instead of another. Errors: what the set in service does not have and citizens would
/// suffer from.
fn judge(faq: &Faq, served: &Faq, today: Date) -> Result<Vec<Problem>, LoadError> {
    let problems = faq::check(faq, today);
    // An amount that has run out in the set in service too must not keep other edits out.
    let known: BTreeSet<(String, String)> = if problems.iter().any(|problem| problem.severity == Severity::Withheld) {
        faq::check(served, today).into_iter().map(|problem| (problem.path, problem.message)).collect()
    } else {
        BTreeSet::new()
    };
    let (blocking, tolerated): (Vec<_>, Vec<_>) = problems.into_iter().partition(|problem| match problem.severity {
        Severity::Invalid => true,
        Severity::Withheld => !known.contains(&(problem.path.clone(), problem.message.clone())),
        Severity::Due => false,
    });
    if blocking.is_empty() { Ok(tolerated) } else { Err(LoadError { problems: blocking }) }
}

/// Tells operations how it ended; gives back the set that is no longer served.
fn report(exchanged: Exchanged, conversations: &Conversations, took: Duration) -> Option<Arc<Knowledge>> {
    let knowledge = conversations.knowledge();
    let version = knowledge.faq().version();
    let took_ms = took.as_millis();
    match exchanged {
        Exchanged::Moved => {
            tracing::debug!(took_ms, "the FAQ folder was written to while it was read: waiting until it rests");
            None
        }
        Exchanged::Unchanged => {
            count("unchanged");
            tracing::info!(version, took_ms, "the FAQ folder holds what is served already");
            None
        }
        Exchanged::Refused(problems) => {
            count("refused");
            for problem in problems.iter().take(PROBLEMS_LOGGED_MAX) {
                tracing::error!("{problem}");
            }
            tracing::error!(version, problems = problems.len(), took_ms, "the FAQ folder is not in order: the set in service goes on");
            None
        }
        Exchanged::Done { edits, old, tolerated } => {
            count("reloaded");
            warn_of(&tolerated);
            tracing::info!(
                version,
                topics = knowledge.faq().topics().len(),
                added = files(&edits.added),
                changed = files(&edits.changed),
                removed = files(&edits.removed),
                took_ms,
                "the FAQ was reloaded"
            );
            Some(old)
        }
    }
}

/// "3: a, b, c".
fn files(paths: &[String]) -> String {
    let mut text = paths.len().to_string();
    for (at, path) in paths.iter().take(FILES_LOGGED_MAX).enumerate() {
        text.push_str(if at == 0 { ": " } else { ", " });
        text.push_str(path);
    }
    if paths.len() > FILES_LOGGED_MAX {
        text.push_str(", ...");
    }
    text
}

fn warn_of(tolerated: &[Problem]) {
    for problem in tolerated.iter().take(PROBLEMS_LOGGED_MAX) {
        tracing::warn!("{problem}");
    }
    if tolerated.len() > PROBLEMS_LOGGED_MAX {
        tracing::warn!(problems = tolerated.len(), "`hotro check` prints the rest");
    }
}

fn count(result: &'static str) {
    metrics::counter!("hotro_faq_reloads_total", "result" => result).increment(1);
}

fn today() -> Date {
    day_in_vietnam(now_ms())
}

/// Runs something slow off the threads of the turns; `None` when it panicked.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.inspect_err(|error| tracing::error!(%error, "the FAQ folder could not be looked at: the set in service goes on")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use tempfile::TempDir;

    #[test]
    fn a_state_is_loaded_once_a_day_and_only_when_the_folder_rests() {
        let folder = TempDir::new().unwrap();
        let state = |name: &str| {
            std::fs::write(folder.path().join("constants.toml"), name).unwrap();
            Fingerprint::of(folder.path())
        };
        let (served, half, whole) = (state("served"), state("half written"), state("the whole text"));
        let (today, tomorrow) = (date(2026, 11, 26), date(2026, 11, 27));
        let mut looks = Looks { last: served, tried: Some((served, today)) };
        let mut check = |seen, day, want: bool, why: &str| {
            let load = looks.is_to_load(seen, day);
            if load {
                looks.tried = Some((seen, day));
            }
            assert_eq!(load, want, "{why}");
        };
        check(served, today, false, "it is served");
        check(half, today, false, "somebody writes");
        check(whole, today, false, "somebody still writes");
        check(whole, today, true, "it rests");
        check(whole, today, false, "it was tried");
        check(whole, tomorrow, true, "on a new day it may be in order");
        check(served, tomorrow, false, "somebody takes the change back");
        check(served, tomorrow, true, "the state before the last one is a change too");
    }
}
