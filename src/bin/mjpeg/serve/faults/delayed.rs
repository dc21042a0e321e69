//! The script of a response whose head comes late.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::super::part::Part;
use super::super::script::{Kept, Script, Step};

/// Sends the head of a response after a pause, and then what another script says.
#[derive(Debug)]
pub struct Delayed {
    head: Option<(Duration, Rc<[u8]>)>,
    inner: Box<dyn Script>,
}

impl Delayed {
    /// A script that waits for `time` before this head.
    pub fn new(time: Duration, head: Rc<[u8]>, inner: Box<dyn Script>) -> Self {
        Self { head: Some((time, head)), inner }
    }
}

impl Script for Delayed {
    fn steps(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration, plan: &mut VecDeque<Step>) {
        if let Some((time, head)) = self.head.take() {
            let length = head.len();
            plan.extend([Step::Wait(time), Step::Text(head, 0..length)]);
        }
        self.inner.steps(part, bytes, now, plan);
    }

    fn kept(&self) -> Kept<'_> {
        self.inner.kept()
    }
}

/// Sends nothing.
#[derive(Debug)]
pub struct Silent;

impl Script for Silent {
    fn steps(&mut self, _: &Rc<Part>, _: Range<usize>, _: Duration, _: &mut VecDeque<Step>) {}
}
