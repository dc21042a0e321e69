//! When the camera behind a URL is connected, and what viewers get without it.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::demand::Connected;
use crate::value;

/// The options for sources that are URLs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for relays of URLs")]
#[group(skip)]
pub(super) struct RelayOptions {
    /// When the camera is connected: on-demand from the first viewer or snapshot on, until some time after the last one;
    /// always also without viewers. There is one connection for all viewers [default: on-demand]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(super) upstream: Option<Mode>,
    /// With --upstream on-demand: close the connection to the camera when there was no viewer for this time [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub(super) linger: Option<Duration>,
    /// Do not connect to the camera at the start. By default its first picture is fetched before the server listens, so that
    /// a URL which cannot be reached (3), is no stream (4), or gives no picture within --silence (5) ends the server with that
    /// exit status
    #[arg(long)]
    pub(super) no_probe: bool,
    /// Answer /snapshot with the last picture of a camera that is lost. By default a picture older than --silence is
    /// answered with 503 and its age in X-Frame-Age
    #[arg(long)]
    pub(super) stale_ok: bool,
}

/// How long a camera stays connected without viewers.
const LINGER: Duration = Duration::from_secs(5);

/// When a camera is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// All the time
    Always,
    /// While there are viewers
    OnDemand,
}

impl RelayOptions {
    /// One of them that is given.
    pub(super) fn given(&self) -> Option<&'static str> {
        [
            (self.upstream.is_some(), "--upstream"),
            (self.linger.is_some(), "--linger"),
            (self.no_probe, "--no-probe"),
            (self.stale_ok, "--stale-ok"),
        ]
        .into_iter()
        .find_map(|(is_given, name)| is_given.then_some(name))
    }

    /// When cameras are connected.
    pub(super) fn connected(&self) -> Connected {
        match self.upstream.unwrap_or(Mode::OnDemand) {
            Mode::Always => Connected::Always,
            Mode::OnDemand => Connected::OnDemand(self.linger.unwrap_or(LINGER)),
        }
    }
}
