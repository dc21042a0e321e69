//! The options that count for one camera. A line of `--targets` may set them too.

use std::time::Duration;

use clap::Args;
use mjpeg::check::Expectations;

use super::rules::{Alarm, Rules};
use super::state::Patience;
use crate::criteria::{Demands, RuleChoice};
use crate::depth::DepthOptions;
use crate::targets::LineOptions;
use crate::transport;
use crate::value;

/// How a camera is read and judged.
#[derive(Debug, Clone, PartialEq, Args)]
#[group(skip)]
pub struct CameraOptions {
    /// Judge the stream once in this time. What crosses the border of two windows is found all the same
    #[arg(long, value_name = "T", default_value = "10s", value_parser = value::limit)]
    pub window: Duration,
    /// Do not hold a connection: once in this time, read the stream for one window. For cameras that serve one viewer
    #[arg(long, value_name = "T", value_parser = value::limit)]
    pub interval: Option<Duration>,
    /// A stream that sends no byte, or no complete part, for this long is stalled, and is asked for again
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::limit)]
    pub idle: Duration,
    /// Bad windows in a row until the camera is bad
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value::count::<u32>(1..))]
    pub bad_after: u32,
    /// Good windows in a row until a bad camera is good
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = value::count::<u32>(1..))]
    pub good_after: u32,
    /// The figures of each window.
    #[command(flatten)]
    pub demands: Demands,
    /// The rules of `mjpeg check`.
    #[command(flatten)]
    pub choice: RuleChoice,
    /// Which findings make a camera bad
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    pub fail_on: Alarm,
    /// Which pictures are read to their last code.
    #[command(flatten)]
    pub depth: DepthOptions,
    /// How the camera is reached.
    #[command(flatten)]
    pub transport: transport::Options,
}

impl CameraOptions {
    /// What the camera is judged by.
    pub fn rules(&self) -> Rules {
        let mut expectations = Expectations::default();
        expectations.rules = self.choice.selection(std::iter::empty());
        self.demands.demand(&mut expectations);
        Rules { expectations, alarm: self.fail_on, depth: self.depth.depth() }
    }

    /// How many windows change the state.
    pub fn patience(&self) -> Patience {
        Patience { bad_after: self.bad_after, good_after: self.good_after }
    }

    /// Why the options do not go together.
    ///
    /// # Errors
    ///
    /// What is wrong, for people.
    pub fn check(&self) -> Result<(), String> {
        match self.interval {
            Some(interval) if interval <= self.window => {
                Err("--interval must be longer than --window, the time for which the stream is read".into())
            }
            _ => Ok(()),
        }
    }
}

impl LineOptions for CameraOptions {
    fn is_of_lines(_: &str) -> bool {
        true
    }

    fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool) {
        self.transport.yield_to(is_typed);
        if ["deep", "shallow"].into_iter().any(is_typed) {
            self.depth = DepthOptions::default();
        }
    }
}
