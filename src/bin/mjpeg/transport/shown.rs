//! What a stream has shown so far.

use std::time::Duration;

use mjpeg::multipart::Event;

/// Parts of a stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// The number of its last part, also of one that was skipped.
    pub parts: u64,
    /// Parts that the observer did not reject.
    pub good: u64,
    /// When the last of these was seen, by the clock.
    pub last_good: Duration,
    /// The only part so far has nothing around it.
    pub is_bare: bool,
}

impl Shown {
    /// Notes an event.
    pub fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Part(part) => {
                self.is_bare = part.number == 1 && part.spans.delimiter.len == 0;
                self.parts = self.parts.max(part.number);
            }
            Event::Deviation(deviation) => {
                self.parts = self.parts.max(deviation.part.unwrap_or_default());
            }
            _ => {}
        }
    }
}
