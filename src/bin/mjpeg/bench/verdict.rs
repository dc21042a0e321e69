//! What a stream is for its viewer, in one word.

/// The behaviour of a stream. The names are those of the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No frame.
    Nothing,
    /// The response ended, or stayed silent, before all frames were due.
    Ends,
    /// The largest gap is at least three intervals.
    Bursts,
    /// At least half of the frames are late by half an interval or more.
    Late,
    /// The frames arrive when they are due.
    Streams,
}

impl Verdict {
    /// The name in text and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Ends => "ends",
            Self::Bursts => "bursts",
            Self::Late => "late",
            Self::Streams => "streams",
        }
    }
}
