//! What a program wrote to standard error.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;

/// The standard error of a program. Dropping it fails the test if it has too many messages and the test has not read
/// them.
pub struct Stderr {
    /// What it wrote.
    pub text: String,
    /// The program, for messages.
    pub name: String,
    /// The most messages; other programs may write any number.
    pub allowed: usize,
    /// Whether the test has read them.
    pub is_seen: Cell<bool>,
}

impl Deref for Stderr {
    type Target = str;

    fn deref(&self) -> &str {
        self.is_seen.set(true);
        &self.text
    }
}

impl fmt::Display for Stderr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Debug for Stderr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        let is_fault = !self.is_seen.get() && messages(&self.text) > self.allowed;
        assert!(
            !is_fault || std::thread::panicking(),
            "{} wrote more than {} messages to standard error:\n{}",
            self.name,
            self.allowed,
            self.text
        );
    }
}

/// The number of messages on standard error, without hints and the line with the page of `serve`.
fn messages(text: &str) -> usize {
    // Usage errors have several lines.
    if text.starts_with("error: ") || text.starts_with("\x1b[1m\x1b[31merror:") {
        return 1;
    }
    let names_page = |line: &str| {
        line.starts_with("mjpeg: serve: ")
            && (line.contains("curl --unix-socket ") || (line.contains("://") && line.ends_with('/')))
    };
    text.lines().filter(|line| !line.starts_with("hint: ") && !names_page(line)).count()
}
