//! How far to read a target, and how to judge it.

use std::fmt;
use std::time::Duration;

use mjpeg::check::{Carrier, Consumer, Expectations};
use mjpeg::counted::Counted;

use crate::transport::{self, Target};
use crate::verdict::depth::Depth;

/// Most parts that are read from a URL, if neither parts nor time are given.
const LIVE_FRAMES: u64 = 100;
/// Longest time that a URL is read, if neither parts nor time are given.
const LIVE_DURATION: Duration = Duration::from_secs(10);

/// How far to read a target, and how to judge it.
#[derive(Debug)]
pub struct Options {
    /// Most parts.
    pub frames: Option<u64>,
    /// Longest time.
    pub duration: Option<Duration>,
    /// A stream without a byte or a complete part for this long is stalled.
    pub idle: Duration,
    /// The rules and the limits.
    pub expectations: Expectations,
    /// How a URL is reached.
    pub transport: transport::Options,
    /// Which pictures have their entropy-coded data read.
    pub depth: Depth,
    /// The consumers that the findings are judged for; with no carriers either: all.
    pub consumers: Vec<&'static Consumer>,
    /// The carriers that the findings are judged for.
    pub carriers: Vec<&'static Carrier>,
}

/// How much of a target was to be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Most parts.
    pub frames: Option<u64>,
    /// Longest time.
    pub duration: Option<Duration>,
}

impl Asked {
    /// What `options` ask of `target`. An explicit limit removes the default of the other one.
    pub fn of(target: &Target, options: &Options) -> Self {
        let (frames, duration) = (options.frames, options.duration);
        let is_endless = matches!(target, Target::Url(_) | Target::Test(_));
        match (frames, duration) {
            (None, None) if is_endless => Self { frames: Some(LIVE_FRAMES), duration: Some(LIVE_DURATION) },
            _ => Self { frames, duration },
        }
    }
}

/// For people: `100 parts or 10s`.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(frames) = self.frames {
            Counted(frames, "part").fmt(f)?;
        }
        if self.frames.is_some() && self.duration.is_some() {
            f.write_str(" or ")?;
        }
        self.duration.map_or(Ok(()), |duration| humantime::format_duration(duration).fmt(f))
    }
}
