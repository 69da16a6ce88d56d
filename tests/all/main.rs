//! Tests that cross crates: one binary, so that it links once.

mod store;
