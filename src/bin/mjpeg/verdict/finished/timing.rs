//! The times of a target.

use serde::{Deserialize, Serialize};

/// The times of the pictures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timing {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_frame_ms: Option<f64>,
    pub fps: f64,
    pub gap_p50_ms: f64,
    pub gap_p99_ms: f64,
    pub gap_max_ms: f64,
    pub jitter_ms: f64,
    pub stalls: u64,
}

/// How late we were.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reader {
    /// Reads that found bytes after a time in which we did not look.
    pub late_reads: u64,
    pub late_ms: f64,
    pub late_max_ms: f64,
    pub starved_ms: f64,
}
