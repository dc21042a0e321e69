//! The settings of the engine, from the command line.

use std::time::Duration;

use super::super::part::Layout;
use crate::output::Reporter;

/// What was asked for on the command line.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where messages go.
    pub reporter: Reporter,
    /// The source, as it may be shown to anybody.
    pub source: String,
    /// The layout of viewers that ask for none.
    pub layout: Layout,
    /// How long a source may be silent and count as healthy.
    pub patience: Duration,
    /// Most connections at a time.
    pub connections: usize,
    /// Most viewers at a time.
    pub viewers: usize,
    /// Bytes the kernel may hold for a viewer; 0 leaves it to the kernel.
    pub viewer_buffer: usize,
    /// How long a request may take to come in.
    pub request_timeout: Duration,
    /// How long a viewer may take nothing while bytes wait for it.
    pub send_timeout: Duration,
}
