//! A script: the steps in which a viewer receives its parts.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::faults::log::Note;
use super::part::Part;

/// One step of a viewer's plan.
#[derive(Debug, Clone)]
pub enum Step {
    /// Send these bytes of a part.
    Send(Rc<Part>, Range<usize>),
    /// Send these bytes, which belong to no part.
    Text(Rc<[u8]>, Range<usize>),
    /// Wait for this time after the step before.
    Wait(Duration),
    /// The picture of this part was sent, with other bytes.
    Sent(Rc<Part>),
    /// Log a fault.
    Note(Note),
    /// Reset the connection: the peer may lose bytes that it has not read.
    Reset,
    /// Close the connection after the bytes that were sent.
    Close,
}

/// What shared bytes take beside themselves: two counters, and what the allocator adds.
const SHARED_BYTES: usize = 32;

/// What a script holds back in memory.
#[derive(Debug, Default)]
pub struct Kept<'a> {
    /// The parts.
    pub parts: Vec<&'a Rc<Part>>,
    /// How many bytes that belong to no part.
    pub own_bytes: usize,
    /// The last bytes that were added: pieces of the same bytes follow each other.
    pub(super) last: Option<*const u8>,
}

impl<'a> Kept<'a> {
    /// Adds a part.
    pub fn add_part(&mut self, part: &'a Rc<Part>) {
        if self.parts.last().is_none_or(|last| !Rc::ptr_eq(last, part)) {
            self.parts.push(part);
        }
    }

    /// Adds bytes that belong to no part.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        if self.last.replace(bytes.as_ptr()) != Some(bytes.as_ptr()) {
            self.own_bytes += bytes.len() + SHARED_BYTES;
        }
    }
}

/// Turns the bytes that a viewer is to receive into steps. Each viewer has its own script, which may count its parts
/// and may hold bytes back. It may leave bytes out, send them twice, or send other bytes: this is the place for
/// faults of the wire. The fan-out does not know it.
pub trait Script: Debug {
    /// Appends the steps for these bytes of a part. They are the bytes that a viewer without a script receives now.
    fn steps(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration, plan: &mut VecDeque<Step>);

    /// What it holds back.
    fn kept(&self) -> Kept<'_> {
        Kept::default()
    }
}
