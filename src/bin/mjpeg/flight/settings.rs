//! The settings of a flight recorder.

use std::time::Duration;

use super::names::CaptureNames;
use super::ring::Limits;
use crate::durability::Durability;
use crate::output::Reporter;

/// What a flight recorder does.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The names of the captures.
    pub names: CaptureNames,
    /// How much there is of the time before a trigger.
    pub limits: Limits,
    /// How long a capture goes on after the last trigger.
    pub after: Duration,
    /// How safe a capture is when it is complete.
    pub durability: Durability,
    /// What reports captures.
    pub reporter: Reporter,
}
