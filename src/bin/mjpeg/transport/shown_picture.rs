//! A picture as it is shown.

use std::borrow::Cow;

use mjpeg::jpeg::{Marker, Segments};

use super::secrets::Secrets;

/// Segments of a picture, and bytes of each, that are searched: outputs show the start of so many.
const SEGMENTS: usize = 64;
const SEGMENT_BYTES: usize = 8192;

impl Secrets {
    /// Hides the values in the comments and the application segments of a picture. It keeps its length.
    pub fn hide_in_segments(&self, body: &mut [u8]) {
        if self.is_empty() {
            return;
        }
        let is_text = |marker: Marker| marker == Marker::COM || (0xe0..=0xef).contains(&marker.code());
        let segments = Segments::of(body).take(SEGMENTS).filter(|it| is_text(it.marker));
        let hidden: Vec<(usize, Vec<u8>)> = segments
            .filter_map(|segment| {
                let text = &segment.parameters[..segment.parameters.len().min(SEGMENT_BYTES)];
                let Cow::Owned(mut hidden) = self.hidden_bytes(text) else { return None };
                hidden.resize(text.len(), 0);
                Some((segment.at + 4, hidden))
            })
            .collect();
        for (at, text) in hidden {
            if let Some(place) = body.get_mut(at..at + text.len()) {
                place.copy_from_slice(&text);
            }
        }
    }
}
