//! A plan: the steps that a viewer has not done yet.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::part::Part;
use super::script::{Script, Step};

/// The steps that the script of one viewer makes. It does no I/O and reads no clock.
#[derive(Debug)]
pub struct Plan {
    script: Box<dyn Script>,
    steps: VecDeque<Step>,
    /// When the step before the next one ended, as planned: a late wake-up does not move the steps behind it.
    ended_at: Duration,
}

/// What to do next.
#[derive(Debug)]
pub enum Next<'a> {
    /// Send these bytes, which are at least one.
    Send(&'a Part, Range<usize>),
    /// Call again at this time.
    Wait(Duration),
    /// Reset the connection.
    Reset,
    /// Close the connection.
    Close,
    /// Begin the next part.
    Done,
}

impl Plan {
    /// A plan without steps.
    pub fn new(script: Box<dyn Script>) -> Self {
        Self { script, steps: VecDeque::new(), ended_at: Duration::ZERO }
    }

    /// Plans these bytes of a part.
    pub fn begin(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration) {
        self.ended_at = now;
        self.script.steps(part, bytes, &mut self.steps);
    }

    /// The next step.
    pub fn next(&mut self, now: Duration) -> Next<'_> {
        while let Some(step) = self.steps.front() {
            match step {
                Step::Reset => return Next::Reset,
                Step::Close => return Next::Close,
                Step::Wait(time) => {
                    let until = self.ended_at + *time;
                    if now < until {
                        return Next::Wait(until);
                    }
                    self.ended_at = until;
                }
                Step::Send(_, range) if !range.is_empty() => break,
                Step::Send(..) => {}
            }
            self.steps.pop_front();
        }
        match self.steps.front() {
            Some(Step::Send(part, range)) => Next::Send(part, range.clone()),
            _ => Next::Done,
        }
    }

    /// Records that `n` bytes of the next step were sent. Returns its part and the offset behind these bytes. `late` is
    /// the time if the peer was slow: the steps behind this one move.
    pub fn advance(&mut self, n: usize, late: Option<Duration>) -> Option<(&Rc<Part>, usize)> {
        if let Some(now) = late {
            self.ended_at = now;
        }
        match self.steps.front_mut() {
            Some(Step::Send(part, range)) => {
                range.start += n;
                Some((part, range.start))
            }
            _ => None,
        }
    }

    /// The parts in the steps.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        self.steps.iter().filter_map(|step| match step {
            Step::Send(part, _) => Some(part),
            _ => None,
        })
    }
}
