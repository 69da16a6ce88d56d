//! The command line of the built program: what people and scripts read from it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use harness::content::{SMALL_CONSTANTS, small_faq, write};
use harness::server::{Options, Said, program, run, run_with};
use serde_json::Value;
use tempfile::TempDir;

const QUESTION: &str = "quên mật khẩu vssid";
/// Every check is as of this day, so that no answer of the tests ever expires.
const AS_OF: &str = "2026-11-28";

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// The program refused with a reason for people, and did not panic.
fn assert_refused(name: &str, said: &Said, reason: &str) {
    assert!(matches!(said.code, Some(1 | 2)), "{name}: {:?} {}", said.code, said.stderr);
    assert!(said.stderr.contains(reason), "{name}: {}", said.stderr);
    assert!(!said.stderr.contains("panicked"), "{name}: {}", said.stderr);
}

#[test]
fn a_start_that_cannot_succeed_names_what_is_wrong() {
    let folder = folder();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let unknown_key = file("unknown.toml", "lisen = \"127.0.0.1:1\"\n");
    let unknown_section_key = file("section.toml", "[web]\norigins = []\n");
    let broken = file("broken.toml", "listen = \"127.0.0.1:0\"\ndata_dir = = 1\n");
    let plain_file = file("plain", "");
    let below_a_file = format!("{plain_file}/data");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("its address").to_string();
    let any = "127.0.0.1:0";

    let check = |name: &str, arguments: &[&str], variables: &[(&str, &str)], reason: &str| {
        let said = run_with(folder.path(), arguments, variables, b"").expect("the program runs");
        assert_refused(name, &said, reason);
    };
    check("unknown key", &["serve", "--config", &unknown_key], &[], "unknown key `lisen`");
    check("unknown key of a section", &["serve", "--config", &unknown_section_key], &[], "unknown key `web.origins`");
    check("broken file", &["serve", "--config", &broken], &[], "broken.toml: line 2");
    check("missing file", &["serve", "--config", "nowhere.toml"], &[], "cannot read nowhere.toml");
    check("unknown variable", &["serve"], &[("HOTRO_LISTNE", any)], "HOTRO_LISTNE");
    check(
        "bad variable",
        &["serve"],
        &[("HOTRO_LIMITS_MESSAGES_PER_NETWORK_PER_MINUTE", "many")],
        "limits.messages_per_network_per_minute",
    );
    check("bad address", &["serve", "--listen", "nowhere"], &[], "listen: ");
    check("port in use", &["serve", "--listen", &taken], &[], &format!("listen: cannot serve on {taken}"));
    check("data folder below a file", &["serve", "--listen", any, "--data", &below_a_file], &[], "data_dir: cannot make");
    check("data folder is a file", &["serve", "--listen", any, "--data", &plain_file], &[], "data_dir: cannot make");
    check("no FAQ", &["--faq", "nowhere", "serve", "--listen", any], &[], "content:0: cannot list the folder");
    check("unknown database", &["serve", "--listen", any, "--database", "mysql://localhost/x"], &[], "database");
    check("unknown flag", &["serve", "--lisen", any], &[], "--lisen");
    check("unknown command", &["sevre"], &[], "sevre");
    check("no conversation id", &["export", "7"], &[], "CONVERSATION");
}

fn ask(question: &str) -> Value {
    let said = run(folder().path(), &["ask", "--json", question]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
}

#[test]
fn a_question_without_accents_or_as_it_was_keyed_means_the_same() {
    let clean = ask(QUESTION);
    let keys = clean.as_object().expect("an object").keys();
    assert_eq!(keys.collect::<Vec<_>>(), ["candidates", "index_version", "micros", "outcome", "probability", "topic"]);
    let best = |answer: &Value| answer["candidates"][0]["topic"].as_str().expect("a topic").to_owned();
    assert!(best(&clean).starts_with("vssid/forgot-password"), "{clean}");
    assert_eq!(clean["probability"], clean["candidates"][0]["probability"]);
    for variant in ["quen mat khau vssid thi lam sao z ad", "queen maatj khaaur vssid"] {
        let answer = ask(variant);
        assert_eq!(best(&answer), best(&clean), "{variant}: {answer}");
        assert_eq!(answer["topic"], clean["topic"], "{variant}: {answer}");
    }
}

#[test]
fn a_question_is_answered_for_reading() {
    let said = run(folder().path(), &["ask", "Đăng nhập VssID bằng mã số BHXH và mật khẩu"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("VssID"), "{}", said.stdout);
}

/// As in `hotro ask ... | head -1`: the reader has gone.
#[test]
fn output_that_nobody_reads_ends_the_command_without_a_word() {
    let folder = folder();
    for arguments in [&["ask", QUESTION][..], &["ask", QUESTION, "--explain"], &["check"], &["man"], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let command = Command::new(program()).args(arguments).env_clear().current_dir(folder.path()).stdout(writer).output();
        let said = command.expect("the program runs");
        assert_eq!(said.status.code(), Some(128 + 13), "{arguments:?}");
        assert!(said.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn the_embedded_faq_is_in_order() {
    let said = run(folder().path(), &["check", "--as-of", AS_OF]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains(" 0 problem(s)"), "{}", said.stdout);
}

fn check(faq: &Path) -> Said {
    run(faq, &["--faq", ".", "check", "--as-of", AS_OF])
}

#[test]
fn a_faq_in_order_passes() {
    let said = check(small_faq().path());
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
}

#[test]
fn each_fault_of_the_content_is_told_with_file_and_line() {
    const RING: &str = "content/vssid/ring.md";
    let long = format!("Vào phần {}cài đặt", "rất dài ".repeat(50));
    let overlapping = SMALL_CONSTANTS.replace("to = 2025-12-31", "to = 2026-06-30");
    let ended = SMALL_CONSTANTS.replace("{ from = 2026-01-01, value", "{ from = 2026-01-01, to = 2026-06-30, value");
    let cases: [(&str, &str, &str, &str, &str); 21] = [
        ("missing field", RING, "title = \"Bật chuông\"\n", "", "content/vssid/ring.md:2: missing field `title`"),
        ("unknown field", RING, "actions = []", "acts = []", "content/vssid/ring.md:16: unknown field `acts`"),
        ("unknown related topic", RING, "\"vssid/mute\"", "\"vssid/none\"", "content/vssid/ring.md:15: unknown related topic `vssid/none`"),
        ("shared question", RING, "chỉnh chuông", "Chỉnh  màn hình?", "content/vssid/ring.md:8: question shared with vssid/mute"),
        ("too few questions", RING, "  \"chỉnh chuông\",\n", "", "content/vssid/ring.md:1: 5 questions, at least 6"),
        (
            "expired",
            RING,
            "reviewed",
            "effective_to = 2026-01-31\nreviewed",
            "content/vssid/ring.md:13: expired: effective_to is 2026-01-31",
        ),
        ("overdue", RING, "review_by = 2027", "review_by = 2026", "content/vssid/ring.md:1: overdue: review_by is 2026-06-01"),
        ("undated", RING, "effective_from = 2021-01-01\n", "", "content/vssid/ring.md:2: missing field `effective_from`"),
        ("dead anchor", RING, "#cac-buoc", "#khong-co", "content/vssid/ring.md:19: dead anchor `#khong-co`"),
        (
            "outdated statement",
            RING,
            "1. Mở cài đặt.",
            "1. Mở cài đặt.\n2. Quay tay ba vòng.",
            "content/vssid/ring.md:23: outdated: `quay tay` (chuông cũ); now: chuông điện (Hướng dẫn, Mục II)",
        ),
        (
            "outdated statement without its document",
            "outdated.toml",
            "\"guide\"",
            "\"book\"",
            "outdated.toml:3: unknown document `book`: add it to documents.toml",
        ),
        ("long short answer", RING, "Vào phần cài đặt", &long, "content/vssid/ring.md:19: the short answer has "),
        ("broken front matter", RING, "title = ", "title = = ", "content/vssid/ring.md:2: "),
        ("no front matter", RING, "+++\ntitle", "title", "content/vssid/ring.md:1: expected front matter"),
        (
            "constant without a value",
            "constants.toml",
            SMALL_CONSTANTS,
            &ended,
            "content/vssid/mute.md:19: constant `fee` has no value on 2026-11-28",
        ),
        ("unknown constant", RING, "{{fee}}", "{{fees}}", "content/vssid/ring.md:19: unknown constant `fees`"),
        (
            "overlapping dates",
            "constants.toml",
            SMALL_CONSTANTS,
            &overlapping,
            "constants.toml:1: `fee`: the values from 2020-01-01 and from 2026-01-01 overlap",
        ),
        (
            "alias of a topic",
            RING,
            "aliases = []",
            "aliases = [\"vssid/mute\"]",
            "content/vssid/ring.md:17: alias `vssid/mute` is a topic of its own (vssid/mute)",
        ),
        (
            "alias of itself",
            RING,
            "aliases = []",
            "aliases = [\n  \"vssid/bell\",\n  \"vssid/ring\",\n]",
            "content/vssid/ring.md:19: alias `vssid/ring` is a topic of its own (vssid/ring)",
        ),
        (
            "overlapping sections",
            RING,
            "1. Mở cài đặt.\n",
            "1. Mở cài đặt.\n\n## Từ 01/01/2025 đến 30/06/2026\n- Mở loa.\n\n## Trước 02/01/2025\n- Mở máy.\n",
            "content/vssid/ring.md:27: the days of `Trước 02/01/2025` overlap those of `Từ 01/01/2025 đến 30/06/2026`",
        ),
        ("unread questions", "questions/vssid.tsv", "\tchat\t", " chat ", "questions/vssid.tsv:2: expected three columns"),
    ];
    for (name, file, from, to, problem) in cases {
        let faq = small_faq();
        let path = faq.path().join(file);
        let text = fs::read_to_string(&path).expect("read");
        assert!(text.contains(from), "{name}: {from} is not in {file}");
        fs::write(&path, text.replacen(from, to, 1)).expect("written");
        assert_problem(name, &check(faq.path()), problem);
    }
}

#[test]
fn a_check_of_a_day_to_come_lists_what_changes_until_then() {
    let faq = small_faq();
    let announced = SMALL_CONSTANTS
        .replace("2026-01-01, value", "2026-01-01, to = 2098-12-31, value")
        .replace("},\n]", "},\n  { from = 2099-01-01, value = 3000, basis = \"Điều 3\" },\n]");
    fs::write(faq.path().join("constants.toml"), announced).expect("written");
    let said = run(faq.path(), &["--faq", ".", "check", "--as-of", "2099-02-01"]);
    assert_eq!(said.code, Some(1), "the reviews are overdue by then: {}{}", said.stdout, said.stderr);
    for topic in ["mute", "ring"] {
        let line = format!("content/vssid/{topic}.md:19: on 2099-01-01 {{{{fee}}}}: 2.000 đồng -> 3.000 đồng");
        assert!(said.stdout.lines().any(|told| told == line), "{}", said.stdout);
    }
}

#[test]
fn a_folder_that_is_no_faq_is_told() {
    assert_problem("an empty folder", &check(folder().path()), "content:0: cannot list the folder");
    let without_topics = small_faq();
    fs::remove_dir_all(without_topics.path().join("content/vssid")).expect("removed");
    assert_problem("no topics", &check(without_topics.path()), "content:0: no topics");
    let huge = small_faq();
    fs::write(huge.path().join("content/vssid/huge.md"), "x".repeat(5_000_000)).expect("written");
    assert_problem("5 MB", &check(huge.path()), "content/vssid/huge.md:0: 5000000 bytes, at most 4194304 allowed");
    let not_utf8 = small_faq();
    fs::write(not_utf8.path().join("content/vssid/bytes.md"), b"+++\n\xff\n+++\n").expect("written");
    assert_problem("invalid UTF-8", &check(not_utf8.path()), "content/vssid/bytes.md:2: not UTF-8");
    let cycle = small_faq();
    for (topic, alias) in [("ring", "vssid/mute"), ("mute", "vssid/ring")] {
        let path = cycle.path().join(format!("content/vssid/{topic}.md"));
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, text.replace("aliases = []", &format!("aliases = [\"{alias}\"]"))).expect("written");
    }
    assert_problem("a cycle of aliases", &check(cycle.path()), "content/vssid/mute.md:17: alias `vssid/ring` is a topic of its own");
    let pipe = small_faq();
    let made = Command::new("mkfifo").arg(pipe.path().join("content/vssid/pipe.md")).status().expect("mkfifo runs");
    assert!(made.success(), "{made}");
    assert_problem("a pipe", &check(pipe.path()), "content/vssid/pipe.md:0: not a regular file");
    let closed = small_faq();
    fs::remove_dir_all(closed.path().join("questions")).expect("removed");
    // The administrator, as whom tests may run, opens what is closed to others; this is closed to all.
    write(&closed, "questions", "no folder");
    assert_problem("a folder that cannot be listed", &check(closed.path()), "questions:0: cannot list the folder");
    let misplaced = small_faq();
    for path in ["content/ring.md", "content/vssid/deep/ring.md", "content/vssid/Ring (1).md"] {
        write(&misplaced, path, SMALL_CONSTANTS);
    }
    let said = check(misplaced.path());
    assert_problem("a file beside the domains", &said, "content/ring.md:0: expected content/<domain>/<slug>.md");
    assert_problem("a folder in a domain", &said, "content/vssid/deep:0: a folder where only files are read");
    fs::remove_file(misplaced.path().join("content/ring.md")).expect("removed");
    fs::remove_dir_all(misplaced.path().join("content/vssid/deep")).expect("removed");
    assert_problem("a name that is no id", &check(misplaced.path()), "content/vssid/Ring (1).md:0: the name is no topic id");
}

fn assert_problem(name: &str, said: &Said, problem: &str) {
    assert_eq!(said.code, Some(1), "{name}: {}{}", said.stdout, said.stderr);
    let told = said.stdout.lines().chain(said.stderr.lines()).any(|line| line.starts_with(problem));
    assert!(told, "{name}: expected {problem}\n{}{}", said.stdout, said.stderr);
}

#[test]
fn an_evaluation_has_the_figures() {
    let folder = folder();
    let rows = "question\ttopics\tregister\nquên mật khẩu vssid\tvssid/forgot-password-app\tchat\nnấu phở thế nào\toos\tchat\n\
        câu hỏi của một chủ đề không có\tnone/none\tchat\n";
    fs::write(folder.path().join("questions.tsv"), rows).expect("written");
    let said = run(folder.path(), &["eval", "questions.tsv", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let figures: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let keys = "questions scored uncovered r_at_1 r_at_3 mrr_at_10 answered_share answered_precision clarify_share clarify_hit resolved \
        lookup_right false_answer_rate p50_us p99_us";
    for key in keys.split_whitespace() {
        assert!(figures[key].is_number(), "{key} in {figures}");
    }
    assert_eq!((&figures["questions"], &figures["uncovered"]), (&Value::from(3), &Value::from(1)));
    fs::write(folder.path().join("broken.tsv"), "question\ttopics\tregister\nno columns\n").expect("written");
    assert_refused("a broken file", &run(folder.path(), &["eval", "broken.tsv"]), "broken.tsv");
    assert_refused("no file", &run(folder.path(), &["eval", "nowhere.tsv"]), "reading nowhere.tsv");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_conversation_can_be_exported_and_replayed() {
    let mut server = Options::new().start().await;
    let citizen = server.citizen().await;
    citizen.say("quen mat khau vssid thi lam sao z ad").await;
    // The very words of a button of the greeting: no search decides what they lead to.
    let worded = server.citizen().await;
    let label = worded.events(0).await[1]["message"]["choices"][0]["label"].as_str().expect("a label").to_owned();
    worded.say(&label).await;
    let missed = server.citizen().await;
    missed.say("giá vàng hôm nay bao nhiêu một chỉ").await;
    server.stop();
    let data = server.data().display().to_string();
    let folder = folder();

    let exported = run(folder.path(), &["export", &citizen.id, "--data", &data]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let events: Vec<Value> = exported.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["started", "bot_message", "citizen_message", "bot_message"]);
    assert!(events[3].get("decided").is_some(), "reviewers see what decided: {}", events[3]);

    let replayed = run(folder.path(), &["replay", "--data", &data]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
    assert!(replayed.stdout.starts_with("2 questions, 0 would end otherwise on "), "{}", replayed.stdout);

    let gaps = run(folder.path(), &["gaps", "--json", "--since", "2026-01-01", "--data", &data]);
    assert_eq!(gaps.code, Some(0), "{}", gaps.stderr);
    let gaps: Value = serde_json::from_str(&gaps.stdout).expect("JSON");
    assert_eq!((&gaps["asked"], &gaps["unhelped"]), (&Value::from(2), &Value::from(1)), "{gaps}");
    assert_eq!(gaps["gaps"][0]["question"], "giá vàng hôm nay bao nhiêu một chỉ", "{gaps}");
    let read = run(folder.path(), &["gaps", "--data", &data]);
    assert!(read.stdout.starts_with("1 of 2 questions were not helped with, in 1 groups\n"), "{}", read.stdout);
    assert!(read.stdout.contains("  1 in 1 conversation(s): 1 missed, 0 unhappy, 0 to an operator; last on "), "{}", read.stdout);

    let unknown = run(folder.path(), &["export", "01890000-0000-7000-8000-000000000000", "--data", &data]);
    assert_refused("an unknown conversation", &unknown, "no conversation 01890000-0000-7000-8000-000000000000");
}

#[test]
fn the_terminal_answers_every_line_even_one_that_is_no_text() {
    let said = run_with(folder().path(), &["chat"], &[], b"qu\xc3\xaan m\xe1\xba\xadt kh\xe1\xba\xa9u vssid\n\xff\xfe\x00\x1b[2J\n\n1\n")
        .expect("it runs");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let turns: Vec<&str> = said.stdout.split("> ").collect();
    // The greeting, four answers, and nothing after the last prompt.
    assert_eq!(turns.len(), 6, "{}", said.stdout);
    assert!(turns[..5].iter().all(|turn| !turn.trim().is_empty()), "{}", said.stdout);
    assert!(turns[1].contains("VssID"), "{}", turns[1]);
    assert!(!said.stdout.contains('\u{1b}'));
}

#[test]
fn the_manual_and_the_completions_know_every_command() {
    let folder = folder();
    let help = run(folder.path(), &["help"]);
    let listed = help.stdout.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(commands.len() > 15, "{}", help.stdout);
    let manual = run(folder.path(), &["man"]);
    assert!(manual.stdout.starts_with(".ie "), "{}", &manual.stdout[..40]);
    for command in &commands {
        assert!(manual.stdout.contains(&format!(".SH {}\n", command.to_uppercase())), "{command} is not in the manual");
    }
    for shell in ["bash", "zsh", "fish"] {
        let completions = run(folder.path(), &["completions", shell]);
        assert_eq!(completions.code, Some(0), "{}", completions.stderr);
        for command in &commands {
            assert!(completions.stdout.contains(command), "{command} in {shell}");
        }
    }
    // They need no configuration, and a broken one does not stop them.
    fs::write(folder.path().join("hotro.toml"), "= =").expect("written");
    assert_eq!(run(folder.path(), &["man"]).code, Some(0));
}
