//! The thresholds by name.

/// A threshold, as in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// A viewer was not served, or lost its stream.
    Served,
    /// `--max-gap`.
    MaxGap,
    /// `--min-fps`.
    MinFps,
    /// `--max-age`.
    MaxAge,
    /// `--max-loss`.
    MaxLoss,
}

impl Missed {
    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::MaxGap => "max_gap",
            Self::MinFps => "min_fps",
            Self::MaxAge => "max_age",
            Self::MaxLoss => "max_loss",
        }
    }
}
