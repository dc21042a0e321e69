//! What is between pictures.

use super::seen::Seat;
use crate::dialect::Values;

/// The text between pictures.
#[derive(Debug, Default, Clone)]
pub struct Between {
    /// What is before the first part.
    pub first: Vec<u8>,
    /// What is between a picture and the next part. The same behind each one, but for `filler`.
    pub rest: Vec<u8>,
    /// The text with places of what comes before `rest` and depends on the picture.
    pub filler: Option<String>,
    /// Its bytes, if it is not the room that a buffer has left.
    pub filler_bytes: Option<usize>,
}

impl Between {
    /// Where a picture and its filler end.
    pub fn end(&self, seat: &Seat) -> usize {
        let values = Values { length: seat.picture.len(), ..Values::default() };
        seat.picture.end + self.filler_bytes.unwrap_or(values.capacity() - values.length)
    }
}
