//! What Linux says about a process.

use std::fs;

use super::eventually;

/// The value of a line of `/proc/PID/status`; `None` if the process has ended.
pub fn status(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(value.trim().to_string())
}

/// The same as a number; sizes are in kB.
pub fn number(pid: u32, name: &str) -> Option<u64> {
    status(pid, name)?.trim_end_matches(" kB").parse().ok()
}

/// Waits until SIGSTOP has stopped the process.
pub fn wait_until_stopped(pid: u32) {
    let stat = format!("/proc/{pid}/stat");
    eventually("stopped", || fs::read_to_string(&stat).unwrap().contains(") T ").then_some(()));
}
