//! Half an hour of `make chaos` in a minute: three nodes on one PostgreSQL in trouble, and the checker that compares what everybody was told
//! with the log.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use harness::server::program;

/// For trouble, the calm after it and everybody's last answer.
const RUN_S_MAX: &str = "400";

/// Whether the checker was content, and what it said.
fn trouble(more: &[&str]) -> (bool, String) {
    let ran = Command::new("/usr/bin/timeout")
        .args(["--signal=KILL", RUN_S_MAX])
        .arg(program().with_file_name("chaos"))
        .args(["--seconds", "12", "--citizens", "8", "--chats", "3", "--operators", "1"])
        .args(more)
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("the trouble is over"), "{said}");
    (ran.status.success(), said)
}

#[test]
fn nodes_in_trouble_lose_nothing_and_tell_nothing_twice() {
    let (content, said) = trouble(&["--seed", "3"]);
    assert!(content, "{said}");
}

#[test]
fn the_checker_notices_what_was_taken_from_the_log() {
    let (content, said) = trouble(&["--seed", "4", "--break", "lost"]);
    assert!(!content && said.contains("FOUND: "), "{said}");
}
