//! A line that was found to be a delimiter.

/// A delimiter line, by offsets in the bytes that it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// The first byte of the dash-boundary.
    pub(super) start: usize,
    /// The first byte behind the dash-boundary.
    pub(super) text_end: usize,
    /// The first byte behind the line.
    pub(super) end: usize,
    pub(super) close: bool,
    pub(super) flaw: Option<LineFlaw>,
}

/// How a delimiter line departs from `delimiter *LWSP-char CRLF`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineFlaw {
    Padding,
    Glued,
    BareLf,
}
