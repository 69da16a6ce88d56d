//! Memory of a process, as the system sees it.

use anyhow::{Context, Result};

/// Resident memory of a process: its number, or `self`.
///
/// # Errors
/// There is no such process.
pub fn resident_kb(process: &str) -> Result<u64> {
    status_kb(process, "VmRSS:")
}

/// The most that was resident of a process so far.
///
/// # Errors
/// There is no such process.
pub fn most_resident_kb(process: &str) -> Result<u64> {
    status_kb(process, "VmHWM:")
}

fn status_kb(process: &str, name: &'static str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
