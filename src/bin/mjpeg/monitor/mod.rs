//! `mjpeg monitor`: watches cameras for days, and says when their state changes.
//!
//! ```text
//! camera (thread): transport -> Window -> Judge
//! run: each window that is due -> Seen -> State -> change -> a line, a command, a capture
//! server (thread): /metrics, /state, the page; /probe (a thread for each): sample -> Seen
//! ```

mod camera;
mod change;
mod checkers;
mod fleet;
mod hook;
mod log;
mod options;
mod printer;
mod probe;
mod reader;
mod reload;
mod ring;
mod rules;
mod run;
mod server;
mod state;
mod totals;
mod window;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::clock::Clock;
use crate::listen::address::ListenAddress;
use crate::listen::host;
use crate::transport::{HostPattern, Target};
use crate::usage::Usage;
use crate::value;
use hook::Hooks;
use options::CameraOptions;

/// Watch cameras for days: a line for each change of their state, metrics, captures of faults
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg monitor http://camera/stream
  mjpeg monitor --targets cameras.txt --listen 9120 > changes.jsonl
  mjpeg monitor --targets cameras.txt --captures faults/
  mjpeg monitor --targets cameras.txt --on-change ./tell.sh
  mjpeg monitor http://camera/stream --interval 60s
  mjpeg monitor --listen 9120    # for Prometheus: /probe?target=http://...

SIGHUP reads the list of --targets again.

Exit status: 0 SIGINT or SIGTERM has ended the run, whatever the cameras were; 1 the reader of standard output has left; \
2 the command line is wrong; 6 a file, a folder or the address cannot be used, or the disk behind standard output is full.")]
pub struct Monitor {
    /// What to watch: URLs
    #[arg(required_unless_present_any = ["list", "listen"], value_name = "TARGET", value_parser = Target::parser())]
    targets: Vec<Target>,
    /// Watch also the targets in FILE, a line each: NAME URL [options]. The options are those for URLs and those of a window;
    /// see `mjpeg help targets`. SIGHUP reads it again: targets whose lines are the same keep their streams
    #[arg(long = "targets", value_name = "FILE")]
    list: Option<PathBuf>,
    #[command(flatten)]
    camera: CameraOptions,
    /// Serve /metrics and /probe for Prometheus, /state as JSON, and a page: HOST:PORT or PORT (of 127.0.0.1)
    #[arg(long, value_name = "ADDR")]
    listen: Option<ListenAddress>,
    /// Answer requests that call this server NAME. Repeatable [default: any name, or any name without a dot if ADDR is of this
    /// machine alone]
    #[arg(long, value_name = "NAME", value_parser = host::name, requires = "listen")]
    allow_host: Vec<String>,
    /// The modules of /probe?module=NAME: how long to read, limits, passwords, rules (TOML)
    #[arg(long, value_name = "FILE", requires = "listen")]
    config: Option<PathBuf>,
    /// Let /probe ask these hosts, and redirections lead to them: HOST[:PORT] with `*`, or ADDRESS/BITS. Repeatable [default:
    /// any host if ADDR is of this machine alone, else none]
    #[arg(long, value_name = "PATTERN", requires = "listen")]
    allow_target: Vec<HostPattern>,
    /// Start this command at each change, with the change in its environment: MJPEG_NAME, MJPEG_TO, MJPEG_CODES,
    /// MJPEG_MESSAGE, MJPEG_CAUSE, MJPEG_JSON and others. Its words are split as in a shell, but no shell is started
    #[arg(long, value_name = "CMD", value_parser = words)]
    on_change: Option<Words>,
    /// Give CMD to a shell: sh -c CMD
    #[arg(long, requires = "on_change")]
    shell: bool,
    /// End a command of --on-change after this time
    #[arg(long, value_name = "T", default_value = "30s", value_parser = value::limit, requires = "on_change")]
    on_change_timeout: Duration,
    /// Write the bytes around each fault to DIR/NAME-0001.http and so on, with their times beside them: `mjpeg check` reads
    /// them, and `mjpeg serve` plays them again
    #[arg(long, value_name = "DIR")]
    captures: Option<PathBuf>,
    /// With --captures: the most changes to bad of a camera that are captured in a run. Older captures stay
    #[arg(long, value_name = "N", default_value = "100", requires = "captures", value_parser = value::count::<u64>(0..))]
    captures_most: u64,
    /// With --captures: how much of the stream before a fault is kept in memory, for each camera. At least two windows
    #[arg(long, value_name = "T", default_value = "30s", value_parser = value::limit, requires = "captures")]
    ring: Duration,
    /// How long a capture goes on after a change to bad
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::duration, requires = "captures")]
    ring_after: Duration,
    /// The most memory that --ring keeps for each camera (k = 1024)
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = value::some_bytes, requires = "captures")]
    ring_bytes: u64,
    /// Write no messages about cameras to standard error
    #[arg(long, short)]
    quiet: bool,
}

/// The words of a command, and the text that they are from.
#[derive(Debug, Clone)]
struct Words {
    text: String,
    words: Vec<String>,
}

fn words(text: &str) -> Result<Words, String> {
    match shlex::split(text) {
        Some(words) if words.is_empty() => Err("it is empty".into()),
        Some(words) => Ok(Words { text: text.into(), words }),
        None => Err("a quote is not closed, or it ends with `\\`".into()),
    }
}

impl Monitor {
    /// Checks what clap does not.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        if let Some(option) = self.camera.transport.given()
            && self.list.is_none()
            && self.targets.is_empty()
        {
            return Err(Usage::conflict(format!("{option} is for targets, and there is none")));
        }
        if self.list.as_deref() == Some(Path::new("-")) {
            return Err(Usage::value("--targets: SIGHUP reads it again, so it must be a file"));
        }
        self.camera.check().map_err(Usage::value)?;
        for target in &self.targets {
            self.check_camera(target, &self.camera).map_err(Usage::value)?;
        }
        self.check_ring(&self.camera).map_err(Usage::value)
    }

    /// Why a target cannot be watched.
    fn check_camera(&self, target: &Target, options: &CameraOptions) -> Result<(), String> {
        if !target.is_live() {
            return Err(format!(
                "{target} is not a URL: only live streams can be watched{}",
                target.or_url()
            ));
        }
        options.check()?;
        self.check_ring(options)
    }

    /// Why a capture would not have the fault.
    fn check_ring(&self, options: &CameraOptions) -> Result<(), String> {
        if self.captures.is_some() && self.ring < options.window * 2 {
            return Err(
                "--ring must be at least twice --window: a fault is known at the end of its window".into()
            );
        }
        Ok(())
    }

    /// The commands of `--on-change`.
    fn hooks(&self, file_limit: Option<u64>, clock: &Clock) -> Option<Hooks> {
        let Words { text, words } = self.on_change.clone()?;
        let words = if self.shell { vec!["sh".into(), "-c".into(), text] } else { words };
        Some(Hooks::new(words, self.on_change_timeout, file_limit, clock))
    }
}
