//! The programs that read streams, and what a broken rule does to them.

use core::fmt;

/// What becomes of the frames in a consumer, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Effect {
    /// It plays. Its delay may not have been measured.
    Plays,
    /// It plays, but shows frames later than those of a good stream.
    Late,
    /// It loses some frames and continues.
    Loses,
    /// It shows some frames, then stops.
    Dies,
    /// It shows nothing.
    Nothing,
    /// It crashes.
    Crashes,
}

impl Effect {
    /// The word in JSON.
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

/// A program that reads streams and was measured: 132 deviations of one stream were served to it on
/// loopback.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consumer {
    /// The key in JSON.
    pub name: &'static str,
    /// The product, the measured versions, and the options.
    pub version: &'static str,
}

pub static FFMPEG: Consumer = Consumer { name: "ffmpeg", version: "FFmpeg 8.1 and 5.1.9" };
/// FFmpeg compares delimiters with the announced boundary only with this option; few users set it.
pub static FFMPEG_STRICT: Consumer =
    Consumer { name: "ffmpeg_strict", version: "FFmpeg 5.1.9 with -strict_mime_boundary 1" };
pub static VLC: Consumer = Consumer { name: "vlc", version: "VLC 3.0.24" };
pub static CHROMIUM: Consumer = Consumer { name: "chromium", version: "Chromium 156.0.8078.79" };
pub static FIREFOX: Consumer = Consumer { name: "firefox", version: "Firefox 153 ESR" };
pub static GSTREAMER: Consumer = Consumer { name: "gstreamer", version: "GStreamer 1.22" };

/// All measured consumers, in the order of reports. A new one is one line here, and one entry in each
/// rule that breaks it.
static CONSUMERS: &[&Consumer] = &[&FFMPEG, &FFMPEG_STRICT, &VLC, &CHROMIUM, &FIREFOX, &GSTREAMER];

/// All measured consumers, in the order of reports. Later versions may add some.
pub fn consumers() -> impl Iterator<Item = &'static Consumer> {
    CONSUMERS.iter().copied()
}
