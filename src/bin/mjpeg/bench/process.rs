//! What a server's process costs: processor time, memory, descriptors, with its children. From /proc.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::anyhow;

use crate::problem::Problem;

/// Ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on all machines that run Linux programs.
const TICKS: u64 = 100;

/// A process and its children, as they are when it is made.
#[derive(Debug, Clone)]
pub struct Process {
    pids: Vec<u32>,
}

/// The state of a process at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Processor time since its start, by the scheduler, of the threads that live.
    scheduled: Duration,
    /// Processor time since its start in ticks, with threads that have ended.
    ticked: Duration,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
    /// Open descriptors; `None` if they belong to another user.
    pub descriptors: Option<u64>,
    /// Threads.
    pub threads: u64,
}

impl Process {
    /// The process with this number, and its children.
    ///
    /// # Errors
    ///
    /// If there is no such process, or no /proc.
    pub fn find(pid: u32) -> Result<Self, Problem> {
        if stat(pid).is_none() {
            return Err(missing(pid));
        }
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if let Some(stat) = stat(child) {
                children.entry(stat.parent).or_default().push(child);
            }
        }
        let (mut pids, mut at) = (vec![pid], 0);
        while at < pids.len() {
            let more = children.remove(&pids[at]).unwrap_or_default();
            pids.extend(more);
            at += 1;
        }
        Ok(Self { pids })
    }

    /// Its state now. Children that have ended do not count.
    pub fn usage(&self) -> Usage {
        let mut sum = Usage { descriptors: Some(0), ..Usage::default() };
        for &pid in &self.pids {
            let Some(stat) = stat(pid) else { continue };
            sum.ticked += Duration::from_millis(stat.ticks * 1000 / TICKS);
            sum.threads += stat.threads;
            sum.rss_bytes += resident(pid).unwrap_or(0);
            let open = fs::read_dir(format!("/proc/{pid}/fd")).ok().map(|entries| entries.count() as u64);
            sum.descriptors = sum.descriptors.zip(open).map(|(sum, open)| sum + open);
            for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
                let times = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
                let run = times.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
                sum.scheduled += Duration::from_nanos(run.unwrap_or(0));
            }
        }
        sum
    }

    /// Whether the process is still there.
    pub fn lives(&self) -> bool {
        self.pids.first().is_some_and(|&pid| stat(pid).is_some())
    }
}

impl Usage {
    /// Processor time since an earlier state. The scheduler's time is exact, but forgets threads that have ended; the ticks
    /// count those too.
    pub fn cpu_since(&self, earlier: &Self) -> Duration {
        let scheduled = self.scheduled.saturating_sub(earlier.scheduled);
        let ticked = self.ticked.saturating_sub(earlier.ticked);
        let error = Duration::from_millis(30);
        if ticked > scheduled + scheduled / 20 + error { ticked } else { scheduled }
    }
}

/// Parts of /proc/PID/stat.
struct Stat {
    parent: u32,
    ticks: u64,
    threads: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may have blanks and parentheses. Behind it is field 3, the state.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<u64>().ok());
    let state = *fields.first()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    Some(Stat { parent: field(4)?.try_into().ok()?, ticks: field(14)? + field(15)?, threads: field(20)? })
}

fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

fn missing(pid: u32) -> Problem {
    Problem::new(match fs::metadata("/proc/self/stat") {
        Ok(_) => anyhow!("--pid {pid}: there is no such process"),
        Err(_) => anyhow!("--pid needs /proc, as Linux has it"),
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_descriptors_and_processor_time() {
        let process = Process::find(std::process::id()).unwrap();
        let before = process.usage();
        let start = crate::clock::Clock::real();
        let mut sum = 0u64;
        while start.now() < Duration::from_millis(60) {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        let after = process.usage();
        assert!(sum != 1 && process.lives());
        assert!(after.cpu_since(&before) > Duration::from_millis(10), "{before:?} {after:?}");
        assert!(after.rss_bytes > 1 << 20 && after.descriptors.unwrap() >= 3 && after.threads >= 1);
    }

    #[test]
    fn a_process_that_does_not_exist_is_a_problem() {
        let problem = Process::find(u32::MAX).unwrap_err();
        assert_eq!(problem.to_string(), "--pid 4294967295: there is no such process");
    }
}
