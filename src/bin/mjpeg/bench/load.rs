//! The options of the measurements that load a server: which process it is, whether it may be on another machine, and how the
//! report looks.

use std::time::Duration;

use super::format::Format;
use super::host;
use super::outputs;
use super::process::Process;
use crate::color::Color;
use crate::problem::Problem;
use crate::transport::{PlainOptions, PlainUrl};
use crate::usage::Usage;
use crate::value::{self, Rate};

/// What `clients` and `slow` have in common.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Options {
    /// The process of the server, to measure its processor time, memory and descriptors
    #[arg(long, value_name = "PID", value_parser = value::count::<u32>(1..))]
    pid: Option<u32>,

    /// Also measure a server on another machine. Many viewers may make it unusable for others: ask its owner first
    #[arg(long)]
    yes_load_this_host: bool,

    /// The format of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: Format,

    /// When to colour text, also help and errors of the command line
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,

    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,

    #[command(flatten)]
    pub outputs: outputs::Options,

    #[command(flatten)]
    pub transport: PlainOptions,
}

/// The title of thresholds in help. Each has it: that of a structure would be the title of all options behind it too.
pub const THRESHOLDS: &str = "Thresholds (exit code 1)";

/// The thresholds of both. The help is that of `clients`; `slow` has its own, since other figures count there.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Limits {
    /// The largest gap between two frames of a viewer
    #[arg(long, help_heading = THRESHOLDS, value_name = "T", value_parser = value::limit)]
    pub max_gap: Option<Duration>,

    /// The least frames per second of the slowest viewer
    #[arg(long, help_heading = THRESHOLDS, value_name = "F")]
    pub min_fps: Option<Rate>,

    /// The largest age of frames at their last byte, in the 99th percentile. Missed too if they carry no time
    #[arg(long, help_heading = THRESHOLDS, value_name = "T", value_parser = value::limit)]
    pub max_age: Option<Duration>,
}

impl Options {
    /// Checks that the host is this machine.
    ///
    /// # Errors
    ///
    /// If another machine could be loaded.
    pub fn check(&self, url: &PlainUrl) -> Result<(), Usage> {
        self.outputs.check()?;
        host::check(url, self.may_leave())
    }

    /// Whether another machine may be loaded.
    pub fn may_leave(&self) -> bool {
        self.yes_load_this_host || self.transport.unix_socket.is_some()
    }

    /// The process of the server.
    ///
    /// # Errors
    ///
    /// If there is none with this number.
    pub fn process(&self) -> Result<Option<Process>, Problem> {
        self.pid.map(Process::find).transpose()
    }
}
