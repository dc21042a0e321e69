//! What a fault remembers about one viewer.

use std::rc::Rc;
use std::time::Duration;

use super::fault::Fault;
use super::item::Item;
use super::pump::Held;
use super::random::Random;
use super::when::Occasion;

/// A fault of one viewer, and what it remembers.
#[derive(Debug)]
pub struct Slot {
    /// The fault.
    pub fault: Fault,
    /// The part that was asked for last, and the answer.
    decided: Option<(u64, bool)>,
    /// Whether it has concerned a part.
    is_done: bool,
    /// How many parts in a row before the last one it has concerned.
    pub run: u64,
    /// The last part with a mark.
    pub marked: u64,
    /// The picture that it has made last, and for which part.
    pub made: Option<(u64, Rc<[u8]>)>,
    /// What it holds back.
    pub held: Held,
    /// The last part that it leaves out.
    pub skips_to: u64,
    /// The part that comes later, and what of it was taken.
    pub late: Option<(u64, Vec<Item>)>,
}

impl Slot {
    /// A fault that remembers nothing.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            decided: None,
            is_done: false,
            run: 0,
            marked: 0,
            made: None,
            held: Held::default(),
            skips_to: 0,
            late: None,
        }
    }

    /// Whether the fault concerns a part. Parts are asked for in their order; the answer for one part stays the same.
    pub fn includes(&mut self, part: u64, age: Duration, mut random: Random) -> bool {
        if let Some((_, answer)) = self.decided.filter(|(decided, _)| *decided >= part) {
            return answer;
        }
        let was_included = self.decided.is_some_and(|(_, answer)| answer);
        let occasion = Occasion { part, age, is_done: self.is_done, random: random.fraction() };
        let answer = self.fault.when.parts.include(&occasion);
        self.is_done |= answer;
        self.run = if was_included && answer { self.run + 1 } else { 0 };
        self.decided = Some((part, answer));
        answer
    }

    /// What it still holds back.
    pub fn rest(mut self) -> Vec<Item> {
        let mut rest = self.held.pass(Vec::new(), |held| held);
        rest.extend(self.late.into_iter().flat_map(|(_, items)| items));
        rest
    }
}
