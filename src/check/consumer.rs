//! Who reads streams, and what a departure does to them.

use core::fmt;

/// What becomes of the frames in a consumer, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It plays; nothing is known of its lateness.
    Plays,
    /// It plays, but shows frames later than those of a good stream.
    Late,
    /// It loses some frames and goes on.
    Loses,
    /// It shows some frames, then stops.
    Dies,
    /// It shows nothing.
    Nothing,
    /// It crashes.
    Crashes,
}

impl Effect {
    /// The word for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plays => "plays",
            Self::Late => "late",
            Self::Loses => "loses",
            Self::Dies => "dies",
            Self::Nothing => "nothing",
            Self::Crashes => "crashes",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The consumers that were measured, with their versions: 132 deviations of one stream were served to
/// each of them on loopback.
pub const CONSUMERS: [(&str, &str); 6] = [
    ("ffmpeg", "FFmpeg 8.1 and 5.1.9"),
    ("ffmpeg_strict", "FFmpeg 5.1.9 with -strict_mime_boundary 1"),
    ("vlc", "VLC 3.0.24"),
    ("chromium", "Chromium 156.0.8078.79"),
    ("firefox", "Firefox 153 ESR"),
    ("gstreamer", "GStreamer 1.22"),
];

/// One effect for each of [`CONSUMERS`], in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects(pub [Effect; 6]);

impl Effects {
    /// It harms nobody.
    pub const NONE: Self = Self([Effect::Plays; 6]);

    /// The worse of both, for each consumer.
    pub fn and(self, other: Self) -> Self {
        let mut worse = self.0;
        worse.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine = (*mine).max(theirs));
        Self(worse)
    }

    /// Names with their effects.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Effect)> {
        CONSUMERS.iter().map(|(name, _)| *name).zip(self.0)
    }
}
