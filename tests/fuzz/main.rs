//! libFuzzer over one of the harness's targets: HOTRO_FUZZ_TARGET names it, `make fuzz` runs them all.
#![no_main]

use std::sync::LazyLock;

use harness::fuzz::{INPUT_BYTES_MAX, TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("HOTRO_FUZZ_TARGET").unwrap_or_default();
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        panic!("HOTRO_FUZZ_TARGET: expected one of {}", names.join(", "))
    })
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(&bytes[..bytes.len().min(INPUT_BYTES_MAX)]);
});
