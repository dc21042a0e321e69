//! The only place that writes to standard output and standard error.
//!
//! Standard output carries results and nothing else. Standard error carries messages, one line
//! each: `mjpeg: <command>: <context>: <cause>`, and `hint: ...` if a remedy is known.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::channel::{SyncSender, sync_channel};
use crate::clock::{Clock, time_of_day};
use crate::exit::Failure;
use crate::redacted::in_words;

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
    let _ = std::thread::Builder::new().name("messages".into()).stack_size(128 * 1024).spawn(write);
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

/// A value as JSON on one line. Characters that a terminal may act on are escaped, so that the line can be shown.
///
/// # Errors
///
/// When the value has no JSON form.
pub fn json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    // Outside of strings JSON is ASCII. serde_json escapes the C0 controls.
    Ok(text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_unprintable(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        out
    }))
}

/// DEL, C1 (a terminal may take U+009B for ESC [), what changes the direction of the text around it, what ends a line for some
/// programs (U+2028, U+2029), and what cannot be seen, such as the tags of U+E0000. The joiners U+200C and U+200D are part of
/// words in some scripts.
fn is_unprintable(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a terminal or a log shows this character and does nothing else.
pub fn is_shown(c: char) -> bool {
    !c.is_control() && !is_unprintable(c)
}

/// Escapes text that may hold bytes from the network, for a terminal and for one line: control characters become
/// `\n`, `\x1b` and so on.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if is_unprintable(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(printable("a\x1b[31mred\r\nb\u{9b}c\0"), "a\\x1b[31mred\\r\\nb\\u{9b}c\\x00");
        assert_eq!(printable("plain, käse, 日本"), "plain, käse, 日本");
    }

    #[test]
    fn text_is_one_line_and_all_of_it_is_seen() {
        for c in
            ['\u{ad}', '\u{200b}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2060}', '\u{feff}', '\u{e0041}']
        {
            let text = format!("a{c}b");
            assert_eq!(printable(&text), format!("a\\u{{{:x}}}b", c as u32));
            let line = json(&text).unwrap();
            assert!(line.is_ascii(), "{line}");
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
        assert_eq!(printable("می\u{200c}خواهم 👨\u{200d}👩"), "می\u{200c}خواهم 👨\u{200d}👩");
    }

    #[test]
    fn a_message_has_an_end() {
        for (text, expected) in [("", ""), ("käse", "käse"), ("käse 1", "käse ...")] {
            assert_eq!(shortened(text, 5), expected);
        }
    }

    #[test]
    fn json_has_no_controls_and_means_the_same() {
        let text = "a\x1b\x7f\u{85}\u{9b}31m\u{202e}\u{2066}\u{200f}\u{61c}käse 日本 \"\\";
        let line = json(&text).unwrap();
        assert!(!line.chars().any(|c| c.is_control() || is_unprintable(c)), "{line}");
        assert!(line.contains("\\u007f\\u0085\\u009b31m\\u202e") && line.contains("käse 日本"), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
