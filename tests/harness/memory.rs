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

/// The processes whose parent this is.
///
/// # Errors
/// There is no `/proc`.
pub fn children_of(process: u32) -> Result<Vec<u32>> {
    let parent = format!("PPid:\t{process}");
    let numbers = std::fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    // What ends meanwhile is no child any more.
    Ok(numbers
        .filter(|number| {
            let status = std::fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
            status.lines().any(|line| line == parent)
        })
        .collect())
}

/// Memory of a process and its children, what they share counted once.
///
/// # Errors
/// There is no such process, or it is somebody else's.
pub fn proportional_kb_with_children(process: u32) -> Result<u64> {
    let mut sum = proportional_kb(process)?;
    for child in children_of(process)? {
        sum += proportional_kb(child).unwrap_or(0);
    }
    Ok(sum)
}

fn proportional_kb(process: u32) -> Result<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("Pss")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
