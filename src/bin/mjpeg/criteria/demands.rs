//! The figures that a stream must meet.

use std::time::Duration;

use clap::Args;
use mjpeg::check::Expectations;

use crate::value::{self, Dimensions, Rate};

/// Limits of the figures of a stream; a stream that misses one has an error.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[group(skip)]
pub struct Demands {
    /// Fail below this many frames per second
    #[arg(long, value_name = "F")]
    pub min_fps: Option<Rate>,
    /// Fail on a gap between two frames longer than this
    #[arg(long, value_name = "T", value_parser = value::limit)]
    pub max_gap: Option<Duration>,
    /// Fail if a picture has another size
    #[arg(long, value_name = "WxH")]
    pub size: Option<Dimensions>,
}

impl Demands {
    /// These limits, and where one is missing that of `others`.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        Self {
            min_fps: self.min_fps.or(others.min_fps),
            max_gap: self.max_gap.or(others.max_gap),
            size: self.size.or(others.size),
        }
    }

    /// Sets the limits of a judge.
    pub fn demand(&self, expectations: &mut Expectations) {
        expectations.min_fps = self.min_fps.map(Rate::fps);
        expectations.max_gap = self.max_gap;
        expectations.size = self.size.map(|size| (size.width, size.height));
    }
}
