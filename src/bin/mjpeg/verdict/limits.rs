//! The options that count for one target. A line of `--targets` may set them too.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::criteria::Demands;
use crate::targets::LineOptions;
use crate::transport;
use crate::value;

/// How far a target is read, what it must do, and how it is reached.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Limits {
    /// Read at most N parts [default: 100 of a URL or `test:` without --duration, 500 with a baseline, else no limit]
    #[arg(long, value_name = "N", value_parser = value::count::<u64>(1..))]
    pub frames: Option<u64>,
    /// Read for at most this long [default: 10s of a URL or `test:` without --frames, 60s with a baseline, else no limit]
    #[arg(long, value_name = "T", value_parser = value::limit)]
    pub duration: Option<Duration>,
    /// A stream that sends no byte, or no complete part, for this long is stalled. A file on a disk has at least 10 s to answer each
    /// read
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::limit)]
    pub idle: Duration,
    /// The stream must not end: a stream that ends before --frames or --duration is an error
    #[arg(long)]
    pub expect_live: bool,
    /// The figures.
    #[command(flatten)]
    pub demands: Demands,
    /// Require what FILE says: min_fps, max_gap, size, expect_live, and rules to ignore with a reason and a last day. The options
    /// --min-fps, --max-gap and --size replace its values
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// How it is reached.
    #[command(flatten)]
    pub transport: transport::Options,
}

impl LineOptions for Limits {
    fn is_of_lines(_: &str) -> bool {
        true
    }

    fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool) {
        self.transport.yield_to(is_typed);
    }
}
