//! What the answers are made from.

use std::time::Duration;

use crate::clock::Clock;
use crate::listen::host::Hosts;
use crate::monitor::fleet::Cameras;
use crate::monitor::probe::Prober;

/// What the answers are made from.
#[derive(Debug)]
pub struct Facts {
    /// The cameras that are watched.
    pub cameras: Cameras,
    /// What makes probes.
    pub prober: Prober,
    /// The names that requests may call this server.
    pub hosts: Hosts,
    /// The clock.
    pub clock: Clock,
    /// When the monitor started.
    pub started: Duration,
}
