//! `--on-change CMD`: a command for each change of a camera.
//!
//! It gets the change in its environment. Its words are those of CMD, split once at the start; no shell sees text of a camera
//! unless `--shell` is given, and then only as variables. The number of commands, their time and the queue are bounded.

use std::collections::VecDeque;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::change::Line;
use crate::clock::Clock;
use crate::file_limit;
use crate::output;

/// Commands that may run at the same time.
const MOST_RUNNING: usize = 8;
/// Changes that may wait for a command.
const MOST_WAITING: usize = 256;
/// How often running commands are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long commands may go on when the run ends.
const END_TIME: Duration = Duration::from_secs(5);

/// The commands of all changes.
pub struct Hooks {
    words: Vec<String>,
    timeout: Duration,
    file_limit: Option<u64>,
    clock: Clock,
    running: Vec<Running>,
    waiting: VecDeque<Call>,
}

/// Most characters of `MJPEG_MESSAGE`.
const MOST_CHARS: usize = 2000;
/// Most bytes of `MJPEG_JSON`: Linux starts no program with a variable of 128 KiB.
const MOST_BYTES: usize = 100_000;

/// What a command is started with.
struct Call {
    name: String,
    variables: Vec<(&'static str, String)>,
}

struct Running {
    child: Child,
    name: String,
    until: Duration,
    is_killed: bool,
}

impl Hooks {
    /// `words`: the program and its arguments, of which there is one at least. `file_limit`: that of the commands.
    pub fn new(words: Vec<String>, timeout: Duration, file_limit: Option<u64>, clock: &Clock) -> Self {
        let (running, waiting) = (Vec::new(), VecDeque::new());
        Self { words, timeout, file_limit, clock: clock.clone(), running, waiting }
    }

    /// Starts the command for a change, at once or when another one has ended.
    pub fn start(&mut self, line: &Line, json: &str) {
        if self.waiting.len() >= MOST_WAITING {
            output::event("monitor", &format!("{}: no command was started: too many wait", line.name));
            return;
        }
        let codes: Vec<&str> = line.findings.iter().map(|finding| finding.code).collect();
        let variables = vec![
            ("MJPEG_TIME", line.time.clone()),
            ("MJPEG_NAME", line.name.clone()),
            ("MJPEG_TARGET", line.target.clone()),
            ("MJPEG_FROM", line.from.into()),
            ("MJPEG_TO", line.to.into()),
            ("MJPEG_VERDICT", line.verdict.name().into()),
            ("MJPEG_CODES", codes.join(" ")),
            ("MJPEG_MESSAGE", output::printable(&output::shortened(&line.message(), MOST_CHARS))),
            ("MJPEG_CAUSE", line.cause().into()),
            ("MJPEG_JSON", if json.len() > MOST_BYTES { String::new() } else { json.into() }),
        ];
        self.waiting.push_back(Call { name: line.name.clone(), variables });
        self.tick();
    }

    /// Collects commands that have ended, ends those whose time is over, and starts those that wait. Returns when to look
    /// again.
    pub fn tick(&mut self) -> Duration {
        let now = self.clock.now();
        self.running.retain_mut(|running| !running.has_ended(now, self.timeout));
        while self.running.len() < MOST_RUNNING {
            // The changes of a camera are said in their order.
            let is_free = |call: &Call| self.running.iter().all(|running| running.name != call.name);
            let Some(call) = self.waiting.iter().position(is_free).and_then(|at| self.waiting.remove(at))
            else {
                break;
            };
            let name = call.name.clone();
            match self.spawn(call) {
                Ok(child) => {
                    let until = now + self.timeout;
                    self.running.push(Running { child, name, until, is_killed: false });
                }
                Err(error) => {
                    let program = self.words.first().map_or("", String::as_str);
                    output::event("monitor", &format!("{name}: cannot start `{program}`: {error}"));
                }
            }
        }
        if self.running.is_empty() { Duration::MAX } else { now + LOOK }
    }

    fn spawn(&self, call: Call) -> std::io::Result<Child> {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command.args(words).envs(call.variables);
        // Standard output is for the lines of JSON. A group of its own ends with all that it has started.
        command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
        file_limit::under(self.file_limit, || command.spawn())
    }

    /// Waits for the commands that run, for a short time; then they are killed.
    pub fn end(mut self) {
        let end = self.clock.now() + END_TIME;
        self.waiting.clear();
        while !self.running.is_empty() && self.clock.now() < end {
            self.tick();
            self.clock.advance(Duration::from_millis(20));
        }
        for running in &mut self.running {
            running.kill();
            let _ = running.child.wait();
        }
    }
}

impl Running {
    fn has_ended(&mut self, now: Duration, timeout: Duration) -> bool {
        match self.child.try_wait() {
            Ok(Some(status)) => {
                if !status.success() && !self.is_killed {
                    output::event(
                        "monitor",
                        &format!("{}: the command of --on-change failed: {status}", self.name),
                    );
                }
                true
            }
            Ok(None) if now >= self.until && !self.is_killed => {
                let after = timeout.as_secs_f64();
                let what = format!("{}: the command of --on-change was ended after {after} s", self.name);
                output::event("monitor", &what);
                self.kill();
                false
            }
            Ok(None) => false,
            // It is not our child any more.
            Err(_) => true,
        }
    }

    fn kill(&mut self) {
        self.is_killed = true;
        // The child has not been waited for, so its id is still its own.
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if group.is_none_or(|group| kill_process_group(group, Signal::KILL).is_err()) {
            let _ = self.child.kill();
        }
    }
}
