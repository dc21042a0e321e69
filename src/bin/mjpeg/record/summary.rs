//! The summary of a recording.

use std::time::Duration;

use mjpeg::check;
use mjpeg::counted::Counted;
use mjpeg::jpeg::Depth;
use mjpeg::stats::Timing;
use serde::{Serialize, Serializer};

use super::line::depth_name;
use super::progress::Figures;
use crate::clock::time_of_day;
use crate::flight::Tally;
use crate::gap::Gap;
use crate::output;

/// The JSON object, `mjpeg.record/1`. Keys that are unknown are absent.
#[derive(Debug, Serialize)]
pub struct Summary {
    schema: &'static str,
    /// The target as typed, without its password.
    pub target: String,
    /// Its name in the list of `--targets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Good frames that were written.
    pub frames_written: u64,
    /// Frames with damage; the manifest lists them.
    pub frames_damaged: u64,
    /// Good frames that `--skip`, `--every` or `--fps` left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub frames_left_out: u64,
    /// Good frames that `--on-change` did not write, because they repeat the last one.
    #[serde(skip_serializing_if = "is_zero")]
    pub frames_repeated: u64,
    /// Bytes of written frames.
    pub bytes_written: u64,
    /// When the run began: RFC 3339, UTC.
    started: String,
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
    /// Times that the stream was opened again after it had ended.
    pub reconnects: u64,
    /// Captures that `--ring` has written.
    #[serde(skip_serializing_if = "Option::is_none")]
    captures: Option<u64>,
    /// Those that could not be written whole.
    #[serde(skip_serializing_if = "is_zero")]
    captures_failed: u64,
    /// How closely frames were read: `markers|entropy`.
    depth: &'static str,
    /// `goal|closed|reset|stalled|truncated|signal|local`; absent without a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<&'static str>,
    /// The stall that ended the stream, with its cause.
    #[serde(serialize_with = "stall_json", skip_serializing_if = "Option::is_none")]
    pub stall: Option<check::Gap>,
    /// Why there was no stream, or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Summary {
    /// The summary of a run that begins at `started`, since 1970-01-01 UTC.
    pub fn new(target: String, depth: Depth, started: Duration) -> Self {
        Self {
            schema: "mjpeg.record/1",
            target,
            name: None,
            frames_written: 0,
            frames_damaged: 0,
            frames_left_out: 0,
            frames_repeated: 0,
            bytes_written: 0,
            started: time_of_day(started),
            duration_s: 0.0,
            fps: None,
            gap_p50_ms: None,
            gap_p99_ms: None,
            gap_max_ms: None,
            reconnects: 0,
            captures: None,
            captures_failed: 0,
            depth: depth_name(depth),
            end: None,
            stall: None,
            error: None,
        }
    }

    /// Sets the counts.
    pub fn set_figures(&mut self, figures: &Figures) {
        self.frames_written = figures.frames;
        self.frames_damaged = figures.damaged;
        self.bytes_written = figures.bytes;
        self.reconnects = figures.reconnects;
    }

    /// Sets the captures of `--ring`.
    pub fn set_captures(&mut self, tally: Option<Tally>) {
        self.captures = tally.map(|tally| tally.written);
        self.captures_failed = tally.map_or(0, |tally| tally.failed);
    }

    /// Good frames, written or not.
    pub fn frames_good(&self) -> u64 {
        self.frames_written + self.frames_left_out + self.frames_repeated
    }

    /// Whether something was recorded, or nothing went wrong.
    pub fn says_more_than_its_error(&self) -> bool {
        self.error.is_none() || self.frames_good() > 0 || self.frames_damaged > 0 || self.captures.is_some()
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
        let name = self.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let mut text = format!(
            "{name}{}, {} in {:.1} s from {}",
            Counted(self.frames_written, "frame"),
            output::bytes(self.bytes_written),
            self.duration_s,
            self.started
        );
        if let (Some(fps), Some(gap)) = (self.fps, self.gap_max_ms) {
            // Of all good frames, also of those that were left out.
            let whose = if self.frames_left_out + self.frames_repeated > 0 { "the stream has " } else { "" };
            text += &format!(", {whose}{fps:.1} fps, largest gap {gap:.0} ms");
        }
        for (frames, what) in [
            (self.frames_left_out, "left out"),
            (self.frames_repeated, "repeated"),
            (self.frames_damaged, "damaged"),
        ] {
            if frames > 0 {
                text += &format!(", {frames} {what}");
            }
        }
        if self.reconnects > 0 {
            text += &format!(", {}", Counted(self.reconnects, "reconnect"));
        }
        if let Some(captures) = self.captures {
            text += &format!(", {}", Counted(captures, "capture"));
        }
        text += if self.depth == depth_name(Depth::Entropy) {
            ", all data checked"
        } else {
            ", markers checked (--deep: all data)"
        };
        if let Some(end) = self.end {
            text += &format!("; {}", end_in_words(end));
        }
        text
    }
}

/// A word of [`Summary::end`] for people.
fn end_in_words(end: &'static str) -> &'static str {
    match end {
        "goal" => "the goal was reached",
        "closed" => "the stream ended",
        "reset" => "the connection was reset",
        "stalled" => "the stream stalled",
        "truncated" => "the stream was cut",
        "signal" => "ended by a signal",
        "local" => "ended on this side",
        other => other,
    }
}

fn stall_json<S: Serializer>(stall: &Option<check::Gap>, serializer: S) -> Result<S::Ok, S::Error> {
    stall.as_ref().map(Gap::from).serialize(serializer)
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
