//! What came before the stream that is read: the earlier streams of the same camera.

use std::time::Duration;

use mjpeg::multipart::{Event, Span};

/// What the numbers, the offsets and the times of a stream start from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// Parts of the earlier streams.
    pub parts: u64,
    /// Bytes of their decoded bodies.
    pub bytes: u64,
    /// When the first byte of the first body came, by the clock.
    pub first: Option<Duration>,
}

impl Origin {
    /// The event with numbers and offsets that go on from those of the earlier streams.
    pub fn shift<'a>(&self, event: Event<'a>) -> Event<'a> {
        let shifted = |span: Span| Span { start: span.start + self.bytes, len: span.len };
        match event {
            Event::Preamble { bytes, span } => Event::Preamble { bytes, span: shifted(span) },
            Event::Part(mut part) => {
                part.number += self.parts;
                let spans = &mut part.spans;
                for span in [&mut spans.delimiter, &mut spans.head, &mut spans.body, &mut spans.coded] {
                    *span = shifted(*span);
                }
                Event::Part(part)
            }
            Event::CloseDelimiter(span) => Event::CloseDelimiter(shifted(span)),
            Event::Epilogue(span) => Event::Epilogue(shifted(span)),
            Event::Deviation(mut deviation) => {
                // What comes before the first part of a stream is not before the parts of the earlier streams.
                let part = deviation.part.map(|part| part + self.parts);
                deviation.part = part.or((self.parts > 0).then_some(self.parts + 1));
                deviation.offset += self.bytes;
                Event::Deviation(deviation)
            }
        }
    }
}
