//! The part that a viewer is being sent, and what it was sent so far.

use std::ops::Range;
use std::rc::Rc;

use super::part::Part;
use super::sent_up_to::SentUpTo;

/// The part that a viewer is being sent.
#[derive(Debug)]
pub struct Sending {
    /// The part.
    pub part: Rc<Part>,
    /// Offset behind the last byte that was sent.
    pub at: usize,
    /// Offset behind the last byte that is to be sent.
    pub end: usize,
}

impl Sending {
    /// Where the part ends for a viewer without a script. If a newer part arrived before the frame was sent, it ends behind the
    /// frame: the head that would follow belongs to a frame that this viewer will skip.
    pub fn reached(&self, newest: Option<&Rc<Part>>) -> usize {
        let is_outdated = newest.is_some_and(|newest| newest.number() > self.part.number());
        let has_next_head = matches!(self.sent_up_to(), SentUpTo::Head(_));
        let frame_end = self.part.frame_end();
        if is_outdated && has_next_head && self.at <= frame_end { frame_end } else { self.end }
    }

    /// What the viewer has received when all of it is sent.
    pub fn sent_up_to(&self) -> SentUpTo {
        self.part.sent_up_to(self.end)
    }
}

/// Counters of one viewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Frames sent completely.
    pub sent: u64,
    /// Frames skipped because a newer one was available.
    pub skipped: u64,
    /// Bytes sent.
    pub bytes: u64,
}

impl Count {
    /// Counts the frame of a part if it ends in these bytes, which were sent.
    pub fn frame_end(&mut self, part: &Part, bytes: Range<usize>) {
        let body_end = part.body().end;
        self.sent += u64::from(bytes.start < body_end && body_end <= bytes.end);
    }
}
