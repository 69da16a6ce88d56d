//! Conversations as text: every script under tests/conversations is played on the real FAQ. The README there has the format.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use harness::dialogue::Conversation;
use hotro::channel::terminal;
use hotro::dialogue::{Channel, Event, Input, Message, Outcome, Turn, Unsupported};
use serde::de::DeserializeOwned;
use serde_json::Value;

#[test]
fn every_conversation_goes_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conversations");
    let scripts = scripts(&folder);
    assert!(scripts.len() >= 60, "{} scripts in {}", scripts.len(), folder.display());
    let failures: Vec<String> = thread::scope(|scope| {
        let plays: Vec<_> = scripts.iter().map(|path| scope.spawn(|| play_file(path, &folder).err())).collect();
        plays.into_iter().filter_map(|play| play.join().expect("playing does not panic")).collect()
    });
    assert!(failures.is_empty(), "{} of {} conversations failed\n\n{}", failures.len(), scripts.len(), failures.join("\n\n"));
}

/// Every `.txt` under a folder, in order.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry of the folder").path()).collect();
    paths.sort();
    let found = |path: PathBuf| if path.is_dir() { scripts(&path) } else { vec![path] };
    paths.into_iter().flat_map(found).filter(|path| path.extension().is_some_and(|extension| extension == "txt")).collect()
}

fn play_file(path: &Path, folder: &Path) -> Result<String, String> {
    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    play(&name, &text)
}

/// Plays a script: the transcript, or the transcript with a ✗ at each line that failed.
fn play(name: &str, script: &str) -> Result<String, String> {
    let lines = parse(name, script)?;
    let channel = lines.iter().find_map(|line| match line.step {
        Step::Opens(channel) => Some(channel),
        _ => None,
    });
    let mut conversation = Conversation::on(channel.unwrap_or(Channel::Web));
    let mut turn = Turn { events: Vec::new(), effects: Vec::new() };
    let mut transcript = String::new();
    let mut failed = None;
    for line in &lines {
        let outcome = match &line.step {
            Step::Expects(expectation) => expectation.check(&turn),
            act => act.input(&conversation).map(|input| turn = conversation.hear(&input)),
        };
        let mark = if outcome.is_ok() { ' ' } else { '✗' };
        let _ = writeln!(transcript, "{mark} {:3} {}", line.number, line.text);
        match outcome {
            Err(why) => {
                let _ = writeln!(transcript, "      {why}");
                failed.get_or_insert(line.number);
                if !matches!(line.step, Step::Expects(_)) {
                    break;
                }
            }
            Ok(()) if !matches!(line.step, Step::Expects(_)) => write_turn(&turn, &mut transcript),
            Ok(()) => {}
        }
    }
    match failed {
        Some(number) => Err(format!("{name}:{number}\n{transcript}")),
        None => Ok(transcript),
    }
}

struct Line<'a> {
    number: usize,
    text: &'a str,
    step: Step<'a>,
}

/// What the citizen does, or what is expected of the turn that it led to.
enum Step<'a> {
    Opens(Channel),
    Citizen(String),
    Taps(&'a str),
    Sends(Unsupported),
    Command(&'a str),
    /// Degrees north and east.
    Shares(f64, f64),
    Expects(Expectation<'a>),
}

struct Expectation<'a> {
    /// Of the turn, `not ...:` expects the contrary.
    negated: bool,
    what: Expected<'a>,
}

enum Expected<'a> {
    Bot {
        outcome: Outcome,
        topic: Option<&'a str>,
    },
    /// Given as the answer, or first of those offered: what the question was understood as.
    Topic(&'a str),
    Says(&'a str),
    Offers(&'a str),
    OffersFirst(&'a str),
    Event(&'a str),
    Stored(&'a str),
}

/// Reads a script; an unreadable line is an error with its place.
fn parse<'a>(name: &str, script: &'a str) -> Result<Vec<Line<'a>>, String> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    for (number, text) in (1..).zip(script.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let step = parse_line(text).map_err(|problem| format!("{name}:{number}: {problem}"))?;
        lines.push(Line { number, text, step });
    }
    let expects = |line: Option<&Line<'_>>| line.is_some_and(|line| matches!(line.step, Step::Expects(_)));
    if expects(lines.first()) || lines.is_empty() {
        return Err(format!("{name}: a script begins with what the citizen does"));
    }
    let unexamined = lines.iter().enumerate().find(|(at, line)| !expects(Some(line)) && !expects(lines.get(at + 1)));
    match unexamined {
        Some((_, line)) => Err(format!("{name}:{}: nothing is expected of this turn: {}", line.number, line.text)),
        None => Ok(lines),
    }
}

fn parse_line(text: &str) -> Result<Step<'_>, String> {
    let (kind, value) = text.split_once(':').ok_or_else(|| format!("no `kind: value`: {text}"))?;
    let value = value.trim();
    if value.is_empty() && kind != "citizen" {
        return Err(format!("`{kind}:` needs a value"));
    }
    Ok(match kind {
        "opens" => Step::Opens(word(value)?),
        "citizen" => Step::Citizen(typed(value)?),
        "tap" => Step::Taps(value),
        "sends" => Step::Sends(word(value)?),
        "command" => Step::Command(value),
        "location" => {
            let numbers = value.split_once(' ').and_then(|(lat, lon)| Some((lat.parse().ok()?, lon.trim().parse().ok()?)));
            let (lat, lon) = numbers.ok_or_else(|| format!("no latitude and longitude: {value}"))?;
            Step::Shares(lat, lon)
        }
        _ => Step::Expects(parse_expectation(kind, value)?),
    })
}

fn parse_expectation<'a>(kind: &str, value: &'a str) -> Result<Expectation<'a>, String> {
    let (negated, plain) = kind.strip_prefix("not ").map_or((false, kind), |plain| (true, plain));
    let what = match plain {
        "bot" => {
            let (outcome, topic) = value.split_once(' ').map_or((value, None), |(outcome, topic)| (outcome, Some(topic.trim())));
            Expected::Bot { outcome: word(outcome)?, topic }
        }
        "topic" => Expected::Topic(value),
        "says" => Expected::Says(value),
        "offers" => Expected::Offers(value),
        "offers first" => Expected::OffersFirst(value),
        "event" => Expected::Event(value),
        "stored" => Expected::Stored(value),
        _ => return Err(format!("no line begins with `{kind}:`")),
    };
    Ok(Expectation { negated, what })
}

/// A word by which the log spells a channel, an outcome, something unreadable.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(text)).map_err(|error| error.to_string())
}

/// What a citizen typed: `\u{a}` is that character, ` * 500` at the end is the text so many times, with spaces between.
fn typed(text: &str) -> Result<String, String> {
    let (text, times) = match text.rsplit_once(" * ") {
        Some((text, times)) => (text, times.parse().map_err(|_| format!("`* {times}` is no number of times"))?),
        None => (text, 1),
    };
    let mut plain = String::new();
    let mut parts = text.split("\\u{");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let escaped = part.split_once('}').and_then(|(code, rest)| {
            let letter = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
            Some((letter, rest))
        });
        let (letter, rest) = escaped.ok_or_else(|| format!("`\\u{{{part}` is no character"))?;
        plain.push(letter);
        plain.push_str(rest);
    }
    Ok(vec![plain.as_str(); times].join(" "))
}

impl Step<'_> {
    /// What the dialogue hears of it.
    fn input(&self, conversation: &Conversation) -> Result<Input, String> {
        Ok(match self {
            Step::Opens(_) => Input::Start,
            Step::Citizen(text) => Input::Message { text: text.clone() },
            Step::Taps(label) => Input::Choice { id: tapped(label, conversation)? },
            Step::Sends(what) => Input::Unsupported(*what),
            Step::Shares(lat, lon) => Input::location(*lat, *lon),
            Step::Command(name) => Input::Command { name: (*name).to_owned() },
            Step::Expects(_) => return Err("an expectation is no input".to_owned()),
        })
    }
}

/// The id behind a button, the newest of that label first; a word without spaces that no button bears is an id itself.
fn tapped(label: &str, conversation: &Conversation) -> Result<String, String> {
    let mut buttons = conversation.log.iter().rev().filter_map(|recorded| match &recorded.event {
        Event::BotMessage { message, .. } => Some(&message.choices),
        _ => None,
    });
    match buttons.by_ref().flatten().find(|choice| same(&choice.label, label)) {
        Some(choice) if choice.href.is_some() => Err("this button is a link: a tap on it sends nothing".to_owned()),
        Some(choice) => Ok(choice.id.clone()),
        None if label.contains(' ') => Err("no button bears this label".to_owned()),
        None => Ok(label.to_owned()),
    }
}

impl Expectation<'_> {
    fn check(&self, turn: &Turn) -> Result<(), String> {
        let (holds, found) = self.what.look(turn);
        if holds == self.negated { Err(format!("found: {found}")) } else { Ok(()) }
    }
}

impl Expected<'_> {
    /// Whether the turn has it, and what it has in its place.
    fn look(&self, turn: &Turn) -> (bool, String) {
        let Some(reply) = Reply::of(turn) else { return (false, "no message of the bot".to_owned()) };
        let labels: Vec<&str> = reply.message.choices.iter().map(|choice| choice.label.as_str()).collect();
        match self {
            Expected::Bot { outcome, topic } => {
                let holds = reply.outcome == *outcome && topic.is_none_or(|topic| reply.topic == Some(topic));
                (holds, reply.summary())
            }
            Expected::Topic(topic) => (reply.topic == Some(topic), reply.summary()),
            Expected::Says(text) => (has(&reply.words(), text), "the words above".to_owned()),
            Expected::Offers(part) => (labels.iter().any(|label| has(label, part)), labels.join(" | ")),
            Expected::OffersFirst(part) => (labels.first().is_some_and(|label| has(label, part)), labels.join(" | ")),
            Expected::Event(expected) => {
                let events: Vec<String> = turn.events.iter().map(spell).collect();
                (events.iter().any(|event| event == expected), events.join(", "))
            }
            Expected::Stored(expected) => {
                let stored = stored(turn);
                (stored == Some(expected), stored.unwrap_or("nothing").to_owned())
            }
        }
    }
}

/// The bot's side of a turn.
struct Reply<'a> {
    outcome: Outcome,
    topic: Option<&'a str>,
    message: &'a Message,
}

impl<'a> Reply<'a> {
    fn of(turn: &'a Turn) -> Option<Reply<'a>> {
        turn.events.iter().find_map(|event| match event {
            Event::BotMessage { outcome, message, decided } => {
                let topic = decided.as_ref().and_then(|decided| decided.topic.as_ref()).map(|topic| topic.as_str());
                Some(Reply { outcome: *outcome, topic, message })
            }
            _ => None,
        })
    }

    fn summary(&self) -> String {
        format!("{} {}", self.outcome.name(), self.topic.unwrap_or_default()).trim_end().to_owned()
    }

    /// All that is to be read, without the buttons.
    fn words(&self) -> String {
        terminal::render(&Message { choices: Vec::new(), ..self.message.clone() })
    }
}

/// The citizen's own event as the log keeps it.
fn stored(turn: &Turn) -> Option<&str> {
    turn.events.iter().find_map(|event| match event {
        Event::CitizenMessage { text, .. } => Some(text.as_str()),
        Event::CitizenChoice { choice, .. } => Some(choice.as_str()),
        _ => None,
    })
}

/// An event by its kind and what tells it apart: `handoff_requested asked`.
fn spell(event: &Event) -> String {
    let detail = match event {
        Event::Started { channel } => channel.name(),
        Event::CitizenMessage { masked: true, .. } => "masked",
        Event::HandoffRequested { reason } => reason.name(),
        _ => return event.kind().to_owned(),
    };
    format!("{} {detail}", event.kind())
}

fn write_turn(turn: &Turn, transcript: &mut String) {
    for event in turn.events.iter().filter(|event| !matches!(event, Event::BotMessage { .. })) {
        let _ = writeln!(transcript, "      event: {}", spell(event));
    }
    if let Some(stored) = stored(turn).filter(|stored| stored.contains("đã che]")) {
        let _ = writeln!(transcript, "      stored: {stored}");
    }
    let Some(reply) = Reply::of(turn) else { return };
    let _ = writeln!(transcript, "      bot: {}", reply.summary());
    for line in terminal::render(reply.message).lines().filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(transcript, "      | {line}");
    }
}

fn has(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

fn same(label: &str, other: &str) -> bool {
    label.to_lowercase() == other.to_lowercase()
}

#[test]
fn a_script_that_cannot_be_read_fails_at_its_line() {
    let check = |script: &str, expected: &str| assert_eq!(play("a.txt", script), Err(expected.to_owned()), "{script}");
    check("citizen: xin chào\nbots: small_talk", "a.txt:2: no line begins with `bots:`");
    check("xin chào", "a.txt:1: no `kind: value`: xin chào");
    check("citizen: xin chào\nsays:", "a.txt:2: `says:` needs a value");
    check("# nothing is checked\n\ncitizen: xin chào", "a.txt:3: nothing is expected of this turn: citizen: xin chào");
    check("citizen: hi\ncitizen: hi\nbot: small_talk", "a.txt:1: nothing is expected of this turn: citizen: hi");
    check("bot: small_talk", "a.txt: a script begins with what the citizen does");
    check("", "a.txt: a script begins with what the citizen does");
    check("citizen: \\u{zz}\nbot: refused", "a.txt:1: `\\u{zz}` is no character");
}

#[test]
fn a_wrong_expectation_is_shown_in_the_transcript() {
    let transcript = play("thanks.txt", "citizen: cảm ơn\nbot: small_talk\nsays: xin lỗi\ntap: Xem phim\nbot: refused").unwrap_err();
    insta::assert_snapshot!(transcript, @r"
    thanks.txt:3
        1 citizen: cảm ơn
          event: started web
          event: citizen_message
          bot: small_talk
          | Không có gì ạ. Còn điều gì chưa rõ, bạn cứ hỏi tiếp nhé.
        2 bot: small_talk
    ✗   3 says: xin lỗi
          found: the words above
    ✗   4 tap: Xem phim
          no button bears this label
    ");
}
