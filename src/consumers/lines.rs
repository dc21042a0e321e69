//! Lines, as readers see them.

use core::ops::Range;

use super::cause::Cause;
use super::pictures::{find, find_byte};
use super::stop::{Step, Stop, dies};

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnds {
    /// LF, with or without CR.
    Both,
    /// CRLF.
    Crlf,
}

/// How a consumer reads lines.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// What ends a line.
    pub ends: LineEnds,
    /// A NUL ends a line too.
    pub nul_ends: bool,
    /// Only so many bytes of a line are looked at.
    pub seen_bytes: usize,
    /// The longest line, in bytes.
    pub max_bytes: usize,
}

impl Lines {
    /// Lines of any length that end in CRLF or LF.
    pub const ANY: Self =
        Self { ends: LineEnds::Both, nul_ends: false, seen_bytes: usize::MAX, max_bytes: usize::MAX };

    /// The line at `at`: its text, and where the next one starts.
    pub(super) fn line(&self, bytes: &[u8], at: usize) -> Step<(Range<usize>, usize)> {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = match self.ends {
            LineEnds::Crlf => find(bytes, b"\r\n", at),
            // One search for both: a search for LF alone would run over many NULs again and again.
            LineEnds::Both if self.nul_ends => memchr::memchr2(b'\n', 0, rest).map(|len| at + len),
            LineEnds::Both => find_byte(bytes, b'\n', at),
        };
        if let Some(end) = end.filter(|&end| bytes[end] == 0) {
            return Ok((self.seen(at, end), end + 1));
        }
        let Some(end) = end else { return Err(Stop::Waits(Cause::Delimiter)) };
        if end - at > self.max_bytes {
            return dies(Cause::LineLength, end);
        }
        match self.ends {
            LineEnds::Crlf => Ok((self.seen(at, end), end + 2)),
            LineEnds::Both => {
                let has_cr = end > at && bytes[end - 1] == b'\r';
                Ok((self.seen(at, end - usize::from(has_cr)), end + 1))
            }
        }
    }

    fn seen(&self, start: usize, end: usize) -> Range<usize> {
        start..end.min(start.saturating_add(self.seen_bytes))
    }
}
