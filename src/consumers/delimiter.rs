//! How a consumer finds delimiters.

use super::lines::Lines;

/// How a consumer finds delimiters.
#[derive(Debug, Clone, Copy)]
pub struct Delimiters {
    /// What a delimiter is.
    pub source: Source,
    /// Where a delimiter is looked for.
    pub place: Place,
    /// What may follow it on its line.
    pub tail: Tail,
    /// How lines are read.
    pub lines: Lines,
    /// Two dashes after the boundary end the stream.
    pub close_ends: bool,
    /// A delimiter line that another one follows is skipped.
    pub doubled: bool,
    /// Blanks around the line are removed before it is compared.
    pub trimmed: bool,
    /// What becomes of bytes before the first delimiter.
    pub preamble: Preamble,
    /// Lines that are no delimiter are skipped before later delimiters too.
    pub skips_lines: bool,
    /// Blank lines before the first delimiter.
    pub blank_first: Blank,
    /// Blank lines before later delimiters.
    pub blank_next: Blank,
    /// Only CRLF is a blank line.
    pub blank_is_crlf: bool,
}

/// What a delimiter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The boundary parameter.
    Parameter(Dashes),
    /// The first line that starts with two dashes.
    FirstLine {
        /// That line must start with the boundary parameter, dashes aside.
        agrees: bool,
        /// Later lines must be equal to it.
        stays: bool,
    },
    /// Each line that starts with two dashes.
    AnyLine,
}

/// The two dashes before the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dashes {
    /// Always added.
    Added,
    /// Added unless the parameter starts with them.
    AddedUnlessThere,
    /// With or without: the first delimiter decides.
    Either,
}

/// Where a delimiter is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the start of a line.
    Line,
    /// Anywhere.
    Text,
}

/// What may follow a delimiter on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    Nothing,
    /// Blanks.
    Blanks,
    /// Anything.
    Anything,
    /// The reader does not look.
    Unread,
}

/// What becomes of bytes before the first delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preamble {
    /// They are an error.
    Refused,
    /// They are skipped, line by line.
    Lines,
    /// They are skipped.
    Skipped,
    /// They are the head of the first part.
    FirstPart,
}

/// Blank lines before a delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// At most so many.
    Lines(u32),
    /// Any white space.
    Space,
}

impl Delimiters {
    /// Lines of the boundary parameter with two dashes, and blank lines before them.
    pub const LINES: Self = Self {
        source: Source::Parameter(Dashes::Added),
        place: Place::Line,
        tail: Tail::Nothing,
        lines: Lines::ANY,
        close_ends: true,
        doubled: false,
        trimmed: false,
        preamble: Preamble::Refused,
        skips_lines: false,
        blank_first: Blank::Lines(u32::MAX),
        blank_next: Blank::Lines(u32::MAX),
        blank_is_crlf: false,
    };
}
