//! The pictures of a target.

use serde::{Deserialize, Serialize};

/// The pictures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Frames {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_p50: Option<u64>,
    /// Parts with a whole picture.
    pub pictures: u64,
    pub identical: u64,
    pub walked: u64,
    pub unread: u64,
}

/// What the coded strips of the pictures say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Strip {
    /// Of the last frame.
    pub source: u16,
    pub sources: u64,
    pub frames: u64,
    pub lost: u64,
    pub doubled: u64,
    pub reordered: u64,
    pub before_their_time: u64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// How old the frames were when they came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Latency {
    pub late: u64,
    pub latency_p50_ms: f64,
    pub latency_p99_ms: f64,
    pub latency_max_ms: f64,
}
