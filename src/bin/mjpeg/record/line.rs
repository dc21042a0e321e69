//! A line of the manifest: everything about a frame that its file does not contain.

use std::time::Duration;

use mjpeg::jpeg::Depth;
use mjpeg::jpeg::Refusal;
use mjpeg::multipart::{Deviation, Part};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::judge::Verdict;
use crate::gap::Gap;
use crate::strip_reader::Strip;
use crate::transport::Secrets;

/// One line. Keys that are unknown are absent.
#[derive(Debug, Default, Serialize)]
pub struct Line {
    /// Number among the written frames; absent for a damaged one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Number of the part, from 1.
    pub part: u64,
    /// Name of the file below OUT; absent when none was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Bytes of the decoded body before this frame.
    pub offset: u64,
    /// Bytes of the body; absent when it was skipped unread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_bytes: Option<u64>,
    /// When its last byte came, since the first byte of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival_ms: Option<f64>,
    /// When it came, by the clock of the machine: RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Whether it is the first line of a run that resumed the recording; absent elsewhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// The number of the reconnection that this is the first frame behind, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect: Option<u64>,
    /// From the last part before that reconnection to the first one behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_ms: Option<f64>,
    /// How the stream before that reconnection ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<&'static str>,
    /// If it stalled: the stall and its cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall: Option<Gap>,
    /// What its coded strip says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strip: Option<Strip>,
    /// Names and values in the order sent.
    pub fields: Vec<(String, String)>,
    /// What departed from the standards.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<String>,
    /// Why the frame is damaged; absent for a good frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<&'static str>,
    /// How closely the frame was read; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<&'static str>,
    /// The SHA-256 of the bytes written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Bytes of the file.
    #[serde(skip)]
    pub file_bytes: u64,
}

impl Line {
    /// The line of a part. Deviations of its framing are known later.
    pub fn new(part: &Part<'_>, arrival: Option<Duration>, verdict: &Verdict) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            part: part.number,
            offset: part.spans.body.start,
            body_bytes: Some(part.spans.body.len),
            arrival_ms: arrival.map(crate::output::ms),
            fields: part.fields.iter().map(|(name, value)| (text(name), text(value))).collect(),
            deviations: verdict.deviations.clone(),
            damage: verdict.damage.map(Refusal::name),
            depth: Some(depth_name(verdict.depth)),
            ..Self::default()
        }
    }

    /// The line of a part that was skipped unread at `offset` because it exceeds a limit.
    pub fn skipped(part: u64, offset: u64, damage: &'static str) -> Self {
        Self { part, offset, damage: Some(damage), ..Self::default() }
    }

    /// Adds what departed from the standard of the framing.
    pub fn add_deviations(&mut self, deviations: &[Deviation]) {
        self.deviations.splice(0..0, deviations.iter().map(|deviation| deviation.kind.to_string()));
    }

    /// Replaces what the server repeats of the request's secrets.
    pub fn hide(&mut self, secrets: &Secrets) {
        secrets.hide_fields(&mut self.fields);
    }

    /// Adds the hash of what was written.
    pub fn hash(&mut self, written: &[u8]) {
        self.sha256 = Some(Sha256::digest(written).iter().map(|byte| format!("{byte:02x}")).collect());
    }
}

/// The word for a depth in JSON.
pub fn depth_name(depth: Depth) -> &'static str {
    match depth {
        Depth::Markers => "markers",
        Depth::Entropy => "entropy",
    }
}
