//! What hotro is built from, held against `deny.toml` on every run. `make deny` asks cargo-deny itself, and for advisories.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn policy() -> toml::Table {
    std::fs::read_to_string(repository().join("deny.toml")).unwrap().parse().unwrap()
}

/// All packages of the machines that hotro is built for, and of the tests, without optional features: `make deny` has those too.
fn packages() -> Vec<Value> {
    let asked = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let told: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 200, "{}", packages.len());
    packages
}

/// Those that are not written here.
fn libraries() -> Vec<Value> {
    packages().into_iter().filter(|package| !package["source"].is_null()).collect()
}

#[test]
fn every_library_has_a_licence_that_is_allowed() {
    let policy = policy();
    let licences = &policy["licenses"];
    let allowed: Vec<Licensee> =
        licences["allow"].as_array().unwrap().iter().map(|name| Licensee::parse(name.as_str().unwrap()).unwrap()).collect();
    let exceptions: HashSet<&str> =
        licences["exceptions"].as_array().unwrap().iter().map(|exception| exception["crate"].as_str().unwrap()).collect();
    for library in libraries() {
        let name = library["name"].as_str().unwrap();
        // Somebody has read the files of these.
        if exceptions.contains(name) {
            continue;
        }
        let licence = library["license"].as_str().unwrap_or_else(|| panic!("{name} has no licence"));
        let expression = Expression::parse_mode(licence, ParseMode::LAX).unwrap_or_else(|error| panic!("{name}: {licence}: {error}"));
        assert!(expression.evaluate(|wanted| allowed.iter().any(|held| held.satisfies(wanted))), "{name}: {licence}");
    }
}

#[test]
fn no_library_is_banned_and_all_come_from_one_registry() {
    let policy = policy();
    let banned: Vec<&str> = policy["bans"]["deny"].as_array().unwrap().iter().map(|ban| ban["crate"].as_str().unwrap()).collect();
    assert!(banned.contains(&"openssl"), "{banned:?}");
    let libraries = libraries();
    for library in &libraries {
        let name = library["name"].as_str().unwrap();
        assert!(!banned.contains(&name), "{name} is banned");
    }
    // No folder of somebody's and no repository; which registry it is `make deny` knows.
    let sources: HashSet<&str> = libraries.iter().map(|library| library["source"].as_str().unwrap()).collect();
    assert!(sources.len() == 1 && sources.iter().all(|source| source.starts_with("registry+")), "{sources:?}");
}
