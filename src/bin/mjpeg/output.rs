//! The only place that writes to standard output and standard error.
//!
//! Standard output carries results and nothing else. Standard error carries messages, one line
//! each: `mjpeg: <command>: <context>: <cause>`, and `hint: ...` if a remedy is known.

mod printable;

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::channel::{SyncSender, sync_channel};
use crate::clock::{Clock, time_of_day};
use crate::exit::Failure;
use crate::redacted::in_words;
use crate::threads;

pub use printable::{is_shown, json, printable};

/// Writes one line to standard output and flushes it.
///
/// # Errors
///
/// A closed pipe ends the run without a message (`mjpeg check ... | head`). Any other error, such as a full disk, is a
/// local failure.
pub fn result(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(stdout_failure)
}

/// The failure for an error of a write to standard output.
pub fn stdout_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::pipe_closed()
    } else {
        Failure::local(anyhow::Error::new(error).context("cannot write to standard output"))
    }
}

/// Standard output for results. A reader that closes it early does not change what a run found, so that is no failure here.
#[derive(Debug, Default)]
pub struct Results {
    is_closed: bool,
}

impl Results {
    /// Writes text and a line end, unless the text is empty or the reader has left.
    ///
    /// # Errors
    ///
    /// When it cannot be written, such as on a full disk.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        if text.is_empty() || self.is_closed {
            return Ok(());
        }
        match result(text) {
            Err(failure) if failure.cause.is_none() => {
                self.is_closed = true;
                Ok(())
            }
            result => result,
        }
    }

    /// Whether the reader has left.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }
}

/// The characters of a line of the terminal that standard output is; `None` if it is none.
pub fn stdout_width() -> Option<usize> {
    width(io::stdout())
}

/// The same of standard error.
pub fn stderr_width() -> Option<usize> {
    width(io::stderr())
}

fn width(stream: impl IsTerminal + std::os::fd::AsFd) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

/// Writes messages in the name of a command. Modules below the subcommands get one of these, since they do not
/// know which command runs them.
#[derive(Debug, Clone, Copy)]
pub struct Reporter {
    command: &'static str,
}

impl Reporter {
    /// A reporter for this command.
    pub const fn new(command: &'static str) -> Self {
        Self { command }
    }

    /// Writes one message: `mjpeg: <command>: <text>`.
    pub fn message(self, text: &str) {
        message(self.command, text);
    }

    /// Writes one message about something that happened in the run: see [`event`].
    pub fn event(self, text: &str) {
        event(self.command, text);
    }
}

/// Most characters of a message. A server may say much in its head, at each try.
const MOST_CHARS: usize = 2000;

/// Writes one line of message to standard error. Errors are ignored: no other place is left to report them.
pub fn message(command: &str, text: &str) {
    line(&format!("mjpeg: {command}: {}", printable(&in_words(&shortened(text, MOST_CHARS)))));
}

/// A text, or its first `most` characters and three dots.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into(),
    }
}

/// Writes one message about something that happened in a run, with the time of day, since people compare it with other logs:
/// `mjpeg: <command>: 2026-11-28T08:44:03.123Z <text>`.
pub fn event(command: &str, text: &str) {
    event_at(command, Clock::real().unix(), text);
}

/// The same, of something that happened at `unix`, since 1970-01-01 UTC.
pub fn event_at(command: &str, unix: Duration, text: &str) {
    message(command, &format!("{} {text}", time_of_day(unix)));
}

/// Writes one `hint:` line to standard error.
pub fn hint(text: &str) {
    line(&format!("hint: {}", printable(&in_words(&shortened(text, MOST_CHARS)))));
}

/// Writes one line to standard error as it is. The text must be ours or [`printable`].
pub fn line(text: &str) {
    let Some(background) = BACKGROUND.get() else { return write_line(text) };
    if background.lines.try_send(Line::Text(text.into())).is_err() {
        background.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// In one write: standard output may be the same file, and its lines would come between the text and its end.
fn write_line(text: &str) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

static BACKGROUND: OnceLock<Background> = OnceLock::new();

/// A thread that writes to standard error, so that no caller waits for it.
struct Background {
    lines: SyncSender<Line>,
    dropped: AtomicU64,
}

enum Line {
    Text(String),
    /// Answered when all earlier lines are written.
    Flush(SyncSender<()>),
}

/// Writes all further lines from a thread. Callers then never wait for a full stderr pipe. When the queue is full, lines
/// are dropped and counted.
pub fn in_background() {
    let (lines, waiting) = sync_channel(1000);
    if BACKGROUND.set(Background { lines, dropped: AtomicU64::new(0) }).is_err() {
        return;
    }
    let write = move || {
        for line in waiting {
            let dropped = BACKGROUND.get().map_or(0, |it| it.dropped.swap(0, Ordering::Relaxed));
            if dropped > 0 {
                let were = if dropped == 1 { "message was" } else { "messages were" };
                write_line(&format!("mjpeg: {dropped} {were} dropped: standard error was blocked"));
            }
            match line {
                Line::Text(text) => write_line(&text),
                Line::Flush(written) => drop(written.send(())),
            }
        }
    };
    // Without the thread all lines are dropped: frames matter more than messages.
    let _ = threads::start("messages", 128 * 1024, write);
}

/// Waits until all queued lines are written, `longest` at most.
pub fn settle(longest: Duration) {
    let Some(background) = BACKGROUND.get() else { return };
    let (written, all_written) = sync_channel(1);
    if background.lines.try_send(Line::Flush(written)).is_ok() {
        let _ = all_written.recv_timeout(longest);
    }
}

/// Writes why a run failed.
pub fn failure(command: &str, failure: &Failure) {
    if failure.cause.is_some() {
        message(command, &failure.to_string());
    }
    if let Some(text) = &failure.hint {
        hint(text);
    }
}

/// Whether progress should be drawn: standard error is a terminal.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Milliseconds with three decimal places, for JSON.
pub fn ms(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0)
}

/// Rounds to three decimal places; further digits of a measurement are noise.
pub fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// A number of bytes for text output: `1.4 MB`, in powers of 1000.
pub fn bytes(n: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(size, _)| n >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", n as f64 / *size as f64),
        None => format!("{n} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_an_end() {
        for (text, expected) in [("", ""), ("käse", "käse"), ("käse 1", "käse ...")] {
            assert_eq!(shortened(text, 5), expected);
        }
    }
}
