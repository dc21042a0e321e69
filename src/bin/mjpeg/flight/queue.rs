//! What the thread of a capture has to write.

use std::collections::VecDeque;
use std::time::Duration;

use super::ring::Snapshot;
use super::track::{Ended, Received};

/// Bytes that a thread takes at once.
const BATCH_BYTES: usize = 4 << 20;
/// The word for the end of a capture that is long enough.
const LONG_ENOUGH: &str = "goal";

/// The steps of one capture that wait for its disk.
#[derive(Debug)]
pub struct Queue {
    /// Its number among the captures of the recorder.
    pub number: u64,
    steps: VecDeque<Step>,
    /// Bytes that wait in `steps`, and the most that may.
    waiting: usize,
    most: usize,
    /// When the capture is long enough.
    until: Duration,
    /// Whether the current response is part of it.
    has_current: bool,
    /// Nothing is added any more.
    end: Option<Ended>,
    /// Too many bytes waited: they are gone.
    is_overrun: bool,
}

/// What a thread does next.
#[derive(Debug)]
pub enum Step {
    /// Begin a file, with these bytes before the first read.
    Begin(Vec<u8>),
    /// Write a read.
    Read(Received),
    /// The response has ended.
    End(Ended),
}

/// What a thread finds.
#[derive(Debug)]
pub enum Due {
    /// These steps.
    Steps(Vec<Step>),
    /// Nothing before this time.
    Nothing(Duration),
    /// The capture has ended.
    End(Ended),
    /// The disk was too slow for so many bytes.
    Overrun(usize),
}

impl Queue {
    /// An empty queue.
    pub fn new(number: u64, until: Duration, most: usize) -> Self {
        Self {
            number,
            steps: VecDeque::new(),
            waiting: 0,
            most,
            until,
            has_current: false,
            end: None,
            is_overrun: false,
        }
    }

    /// Whether the capture goes on at time `now`.
    pub fn goes_on(&mut self, now: Duration) -> bool {
        if now > self.until {
            self.end.get_or_insert((LONG_ENOUGH, self.until));
        }
        self.end.is_none()
    }

    /// Whether it does not have the current response.
    pub fn lacks_current(&self) -> bool {
        !self.has_current
    }

    /// The capture is longer.
    pub fn extend(&mut self, until: Duration) {
        self.until = until;
    }

    /// Adds a response as far as the ring has it.
    pub fn begin(&mut self, snapshot: Snapshot) {
        let Snapshot { prefix, reads, ended } = snapshot;
        self.steps.push_back(Step::Begin(prefix));
        self.has_current = true;
        reads.into_iter().for_each(|read| self.push(read));
        if let Some(ended) = ended {
            self.response_ended(ended);
        }
    }

    /// Adds a read of the current response.
    pub fn push(&mut self, read: Received) {
        if !self.has_current || self.is_overrun {
            return;
        }
        self.waiting += read.bytes.len();
        self.steps.push_back(Step::Read(read));
        if self.waiting > self.most {
            self.is_overrun = true;
            self.steps.clear();
            self.end.get_or_insert((LONG_ENOUGH, self.until));
        }
    }

    /// The current response has ended.
    pub fn response_ended(&mut self, ended: Ended) {
        if std::mem::take(&mut self.has_current) {
            self.steps.push_back(Step::End(ended));
        }
    }

    /// The run ends: nothing follows.
    pub fn end(&mut self, ended: Ended) {
        self.end.get_or_insert(ended);
    }

    /// What is to do at time `now`.
    pub fn next(&mut self, now: Duration) -> Due {
        if self.is_overrun {
            return Due::Overrun(self.waiting);
        }
        let (mut steps, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH_BYTES
            && let Some(step) = self.steps.pop_front()
        {
            if let Step::Read(read) = &step {
                bytes += read.bytes.len();
            }
            steps.push(step);
        }
        self.waiting -= bytes;
        if !steps.is_empty() {
            return Due::Steps(steps);
        }
        if !self.goes_on(now)
            && let Some(ended) = self.end
        {
            return Due::End(ended);
        }
        Due::Nothing(self.until.saturating_add(Duration::from_millis(1)))
    }
}
