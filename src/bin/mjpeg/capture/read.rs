//! A read: when how much of a capture had come.

use std::time::Duration;

/// The first line of a timing file: the format and its version.
pub(super) const FIRST_LINE: &str = "# mjpeg timing 1";
/// The comment with the time of the first byte, in seconds since 1970-01-01 UTC.
pub(super) const START: &str = "# start ";
/// The comment with how and when the response ended.
pub(super) const END: &str = "# end ";

/// One read of the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Bytes of the capture up to the end of this read.
    pub end: u64,
    /// When it came, since the first byte.
    pub at: Duration,
}
