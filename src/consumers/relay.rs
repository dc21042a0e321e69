//! Programs that pass a response on, and do not read it.

use memchr::memmem;

use super::cause::Cause;
use super::fate::Fate;
use super::head::ResponseHead;
use super::stream::Body;

/// How a consumer passes a response on.
#[derive(Debug, Clone, Copy)]
pub struct Relay {
    /// When it holds bytes back.
    pub buffering: Buffering,
    /// It begins at a delimiter, and puts CRLF before each.
    pub rewrites: bool,
}

/// When a relay holds bytes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffering {
    /// Never.
    Never,
    /// Unless the response is chunked.
    UnlessChunked,
    /// If the response is chunked or has a length.
    IfFramed,
}

impl Relay {
    /// What comes out behind the relay.
    pub(super) fn fate(&self, head: &ResponseHead, body: &Body<'_>) -> (Fate, Option<Cause>) {
        if self.rewrites {
            return rewritten(head, body);
        }
        let is_late = match self.buffering {
            Buffering::Never => false,
            Buffering::UnlessChunked => !head.is_chunked,
            Buffering::IfFramed => head.is_chunked || head.content_length.is_some(),
        };
        if is_late { (Fate::Late, Some(Cause::Buffering)) } else { (Fate::OnTime, None) }
    }
}

/// What becomes of a body whose delimiters are searched in each read and written again.
fn rewritten(head: &ResponseHead, body: &Body<'_>) -> (Fate, Option<Cause>) {
    let Some(content_type) = &head.content_type else { return (Fate::Crashes, Some(Cause::ContentType)) };
    let compact: alloc::vec::Vec<u8> =
        content_type.iter().copied().filter(|b| !b.is_ascii_whitespace() && *b != b'"').collect();
    // Without the parameter, the search starts at the ninth byte.
    let start = memmem::find(&compact, b"boundary=").map_or(8, |at| at + 9).min(compact.len());
    let value = compact[start..].split(|&b| b == b';').next().unwrap_or_default();
    let pattern = [b"--", value.strip_prefix(b"--").unwrap_or(value)].concat();
    let (mut read_start, mut is_started, mut changes) = (0, false, false);
    for read_end in body.events() {
        let read = &body.bytes[read_start..read_end];
        if let Some(at) = memmem::find(read, &pattern) {
            let before = &body.bytes[..read_start + at];
            let is_line = before.ends_with(b"\r\n") && at != 1;
            changes |= if is_started { !is_line } else { read_start + at > 0 };
            is_started = true;
        }
        read_start = read_end;
    }
    match (is_started, changes) {
        (false, _) => (Fate::Nothing, Some(Cause::BoundaryParameter)),
        (true, true) => (Fate::ChangesBytes, Some(Cause::Delimiter)),
        (true, false) => (Fate::OnTime, None),
    }
}
