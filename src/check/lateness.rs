//! How late the reader was.

use core::time::Duration;

/// How late the reader was: reads that found bytes after a time in which it did not look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderLateness {
    /// Late reads.
    pub reads: u64,
    /// Their lateness together.
    pub total: Duration,
    /// The longest.
    pub longest: Duration,
    /// The time in which the reading thread was ready and had no processor.
    pub starved: Duration,
}
