//! A line of a manifest.

use serde::Deserialize;

/// A line. Unknown keys are ignored.
#[derive(Debug, Default, Deserialize)]
pub struct Line {
    /// Number among the written frames.
    pub seq: Option<u64>,
    /// Number of the part, from 1.
    pub part: u64,
    /// Name of the file.
    pub file: Option<String>,
    /// Bytes of the decoded body before the part's body.
    pub offset: u64,
    /// Bytes of the part's body.
    pub body_bytes: Option<u64>,
    /// When its last byte came.
    pub arrival_ms: Option<f64>,
    /// Names and values in the order sent.
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    /// What departed from the standards.
    #[serde(default)]
    pub deviations: Vec<String>,
    /// Why the frame is damaged.
    pub damage: Option<String>,
    /// The hash of the file, in lower-case hex.
    pub sha256: Option<String>,
    /// What the coded strip of the picture says.
    pub strip: Option<Strip>,
    /// Whether a run that resumed the recording begins with it.
    #[serde(default)]
    pub resumed: bool,
    /// Number of the reconnection that it is the first line behind.
    pub reconnect: Option<u64>,
}

/// What the manifest says of a coded strip, beyond what the picture shows.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Strip {
    /// The age of the picture when it came.
    pub age_ms: Option<f64>,
}

impl Line {
    /// Whether a run begins here, of which parts and times start again: the recording was resumed. `before`: the line before it.
    pub fn begins_run(&self, before: &Self) -> bool {
        let is_earlier = self.arrival_ms.zip(before.arrival_ms).is_some_and(|(now, last)| now < last);
        // Recordings of version 0.1.0 have no mark.
        self.resumed || is_earlier || self.part <= before.part
    }

    /// Whether the connection, or the run, ended inside this part: it lacks its end, and has not the length that was announced, without a
    /// delimiter that contradicts it. `next` is the line behind it.
    pub fn is_cut(&self, next: Option<&Self>) -> bool {
        let is_last = next.is_none_or(|next| next.reconnect.is_some() || next.begins_run(self));
        let has_other_length = self.deviations.iter().any(|it| it.starts_with("Content-Length is "));
        let is_announced = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("content-length") && value.trim().parse().ok() == self.body_bytes
        };
        let has_its_length = self.body_bytes.is_some() && self.fields.iter().any(is_announced);
        let is_cut = is_last && !has_its_length && !has_other_length;
        is_cut && self.damage.as_deref() == Some("no-eoi")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_begins_where_parts_or_times_start_again_and_not_behind_a_reconnection() {
        let line =
            |part, ms: f64, reconnect| Line { part, arrival_ms: Some(ms), reconnect, ..Line::default() };
        let last = line(7, 50.0, None);
        for (next, begins) in [
            (line(8, 90.0, None), false),
            (line(8, 9000.0, Some(1)), false),
            (line(1, 0.0, None), true),
            // The first run was shorter than the wait for the first frame of this one.
            (line(1, 70.0, None), true),
            // Its first frames were skipped.
            (line(12, 20.0, None), true),
        ] {
            assert_eq!(next.begins_run(&last), begins, "{next:?}");
        }
        // It was skipped to a later part, at a later time.
        assert!(Line { resumed: true, ..line(12, 300.0, None) }.begins_run(&last));
        // Recorded from a file: without times.
        let untimed = |part| Line { part, ..Line::default() };
        assert!(!untimed(8).begins_run(&untimed(7)) && untimed(1).begins_run(&untimed(7)));
    }
}
