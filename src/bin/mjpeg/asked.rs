//! How much of a target is to be read: `--frames` and `--duration` of commands that look at a stream.

use std::fmt;
use std::time::Duration;

use mjpeg::counted::Counted;

use crate::transport::{LEAST_OF_ANSWER, Target};

/// How much of a target was to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Most parts.
    pub frames: Option<u64>,
    /// Longest time.
    pub duration: Option<Duration>,
}

impl Asked {
    /// The default of a URL that is looked at.
    pub const LOOK: Self = Self { frames: Some(100), duration: Some(Duration::from_secs(10)) };
    /// The default of a URL whose figures are compared: 100 parts show too little. The time is enough for ten parts a second.
    pub const COMPARED: Self = Self { frames: Some(500), duration: Some(Duration::from_secs(60)) };

    /// What the options ask of `target`. An explicit limit removes the default of the other one.
    pub fn of(target: &Target, frames: Option<u64>, duration: Option<Duration>, default: Self) -> Self {
        let is_endless = matches!(target, Target::Url(_) | Target::Test(_));
        match (frames, duration) {
            (None, None) if is_endless => default,
            _ => Self { frames, duration },
        }
    }

    /// How long the target may take to open. The time limit is one for the camera; our disk has a while at least.
    pub fn patience(&self, target: &Target, idle: Duration) -> Duration {
        let least = if let Target::File(_) = target { LEAST_OF_ANSWER } else { Duration::ZERO };
        self.duration.map_or(idle, |duration| duration.min(idle)).max(least)
    }

    /// Why no part came until the time was up: the limit may be too short to tell.
    pub fn without_a_part(&self, idle: Duration) -> String {
        match self.duration {
            Some(duration) if duration < idle => {
                let duration = humantime::format_duration(duration);
                format!(
                    "no complete part came in the {duration} of --duration; a longer one tells whether it stalls"
                )
            }
            _ => "no complete part came in that time".into(),
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
