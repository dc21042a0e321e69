//! How a target is reached.

use std::time::Duration;

/// What a subcommand may choose about reaching a target. A header, a proxy or a certificate goes here.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Longest wait for a name, for a connection, and for the response head.
    pub patience: Duration,
}
