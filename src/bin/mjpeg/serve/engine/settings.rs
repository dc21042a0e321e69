//! The settings of the engine, from the command line.

use std::time::Duration;

use super::super::layout::Layout;
use super::super::viewer_log::Detail;
use crate::output::Reporter;

/// The settings of the engine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where messages go.
    pub reporter: Reporter,
    /// Which messages about viewers to write.
    pub detail: Detail,
    /// The layout for viewers that choose none.
    pub layout: Layout,
    /// Whether a request for a snapshot starts a paused source.
    pub snapshots_start_sources: bool,
    /// How long a source may be silent and still count as healthy.
    pub patience: Duration,
    /// Most connections at a time.
    pub connections: usize,
    /// Most viewers at a time.
    pub viewers: usize,
    /// Most bytes that the kernel buffers for a viewer; 0 keeps the default of the system.
    pub viewer_buffer: usize,
    /// How long a request may take to arrive.
    pub request_timeout: Duration,
    /// How long a viewer may accept no bytes while some wait to be sent.
    pub send_timeout: Duration,
}
