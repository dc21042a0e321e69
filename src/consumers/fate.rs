//! What becomes of the frames of a stream in a consumer.

use core::fmt;

/// What becomes of the frames in a consumer, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fate {
    /// It shows each frame as soon as the frame is there.
    OnTime,
    /// It plays. There are no arrival times, so its delay is not known.
    Plays,
    /// It cannot be predicted.
    Unknown,
    /// It plays, but shows the newest frame only with the next one, or at the end.
    Late,
    /// A relay: it passes the frames on, but not the bytes as they came.
    ChangesBytes,
    /// It loses some frames and continues.
    Loses,
    /// It shows some frames, then stops.
    Dies,
    /// It shows nothing.
    Nothing,
    /// It crashes, some at the end of the stream only.
    Crashes,
}

impl Fate {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnTime => "on_time",
            Self::Plays => "plays",
            Self::Unknown => "unknown",
            Self::Late => "late",
            Self::ChangesBytes => "changes_bytes",
            Self::Loses => "loses",
            Self::Dies => "dies",
            Self::Nothing => "nothing",
            Self::Crashes => "crashes",
        }
    }

    /// Whether frames are lost.
    pub fn loses_frames(self) -> bool {
        self >= Self::Loses
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
