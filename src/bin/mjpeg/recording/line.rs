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
    /// Whether the connection ended inside this part: it lacks its end, and has not the length that was announced, without a
    /// delimiter that contradicts it. `next` is the line behind it.
    pub fn is_cut(&self, next: Option<&Self>) -> bool {
        let is_last = next.is_none_or(|next| next.reconnect.is_some());
        let has_other_length = self.deviations.iter().any(|it| it.starts_with("Content-Length is "));
        let is_announced = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("content-length") && value.trim().parse().ok() == self.body_bytes
        };
        let has_its_length = self.body_bytes.is_some() && self.fields.iter().any(is_announced);
        let is_cut = is_last && !has_its_length && !has_other_length;
        is_cut && self.damage.as_deref() == Some("no-eoi")
    }
}
