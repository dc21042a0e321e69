//! A plan: the steps that a viewer has not done yet.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::part::Part;
use super::script::{Script, Step};

/// The steps of one viewer. It does no I/O and reads no clock.
#[derive(Debug)]
pub struct Plan {
    script: Option<Box<dyn Script>>,
    steps: VecDeque<Step>,
    /// When the step before the next one ended, as planned: a late wake-up does not move the steps behind it.
    ended_at: Duration,
}

/// What to do next.
#[derive(Debug)]
pub enum Next {
    /// Send these bytes, which are at least one.
    Send(Rc<Part>, Range<usize>),
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
    /// A plan without steps. Without a script, the bytes of a part are sent at once.
    pub fn new(script: Option<Box<dyn Script>>) -> Self {
        Self { script, steps: VecDeque::with_capacity(1), ended_at: Duration::ZERO }
    }

    /// Plans these bytes of a part.
    pub fn begin(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration) {
        self.ended_at = now;
        match &mut self.script {
            Some(script) => script.steps(part, bytes, &mut self.steps),
            None => self.steps.push_back(Step::Send(Rc::clone(part), bytes)),
        }
    }

    /// The next step. With `limit`, bytes of that part behind the offset are left out.
    pub fn next(&mut self, limit: Option<(&Rc<Part>, usize)>, now: Duration) -> Next {
        loop {
            match self.steps.front() {
                None => return Next::Done,
                Some(Step::Reset) => return Next::Reset,
                Some(Step::Close) => return Next::Close,
                Some(Step::Wait(time)) => {
                    let until = self.ended_at + *time;
                    if now < until {
                        return Next::Wait(until);
                    }
                    self.ended_at = until;
                }
                Some(Step::Send(part, range)) => {
                    let limit = limit.filter(|(limited, _)| Rc::ptr_eq(limited, part));
                    let end = limit.map_or(range.end, |(_, end)| range.end.min(end));
                    if range.start < end {
                        return Next::Send(Rc::clone(part), range.start..end);
                    }
                }
            }
            self.steps.pop_front();
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
