//! The summary of a recording.

use mjpeg::stats::Timing;
use serde::Serialize;

use crate::output;

/// The JSON object, `mjpeg.record/1`. Keys that are unknown are absent.
#[derive(Debug, Serialize)]
pub struct Summary {
    schema: &'static str,
    /// The target as typed, without its password.
    pub target: String,
    /// Good frames.
    pub frames_written: u64,
    /// Frames with damage; the manifest lists them.
    pub frames_damaged: u64,
    /// Bytes of good frames.
    pub bytes_written: u64,
    /// From the request to the end.
    pub duration_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    /// Connections made after the first one.
    pub reconnects: u64,
    /// `goal|closed|reset|stalled|truncated|signal|local`; absent without a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<&'static str>,
    /// Why there was no stream, or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Summary {
    /// The summary of a run that has not begun.
    pub fn new(target: String) -> Self {
        Self {
            schema: "mjpeg.record/1",
            target,
            frames_written: 0,
            frames_damaged: 0,
            bytes_written: 0,
            duration_s: 0.0,
            fps: None,
            gap_p50_ms: None,
            gap_p99_ms: None,
            gap_max_ms: None,
            reconnects: 0,
            end: None,
            error: None,
        }
    }

    /// Adds the times of the frames.
    pub fn set_timing(&mut self, timing: &Timing) {
        self.fps = Some(output::rounded(timing.fps));
        self.gap_p50_ms = Some(output::ms(timing.gap_p50));
        self.gap_p99_ms = Some(output::ms(timing.gap_p99));
        self.gap_max_ms = Some(output::ms(timing.gap_max));
    }

    /// One line for people.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} frames, {} in {:.1} s",
            self.frames_written,
            output::bytes(self.bytes_written),
            self.duration_s
        );
        if let (Some(fps), Some(gap)) = (self.fps, self.gap_max_ms) {
            text += &format!(", {fps:.1} fps, largest gap {gap:.0} ms");
        }
        if self.frames_damaged > 0 {
            text += &format!(", {} damaged", self.frames_damaged);
        }
        if let Some(end) = self.end {
            text += &format!(" ({end})");
        }
        text
    }
}
