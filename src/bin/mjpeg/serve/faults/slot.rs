//! What a fault remembers about one viewer.

use std::rc::Rc;
use std::time::Duration;

use super::fault::Fault;
use super::held::Held;
use super::item::{Item, Piece};
use super::random::Random;
use super::when::Occasion;

/// A fault of one viewer, and what it remembers.
#[derive(Debug)]
pub struct Slot {
    /// The fault.
    pub fault: Fault,
    /// The part that was asked for last, and the answer.
    decided: Option<(u64, bool)>,
    /// The last part that it may concern, if it is no longer in force.
    retired: Option<u64>,
    /// Whether it has concerned a part.
    is_done: bool,
    /// How many parts in a row before the last one it has concerned.
    pub run: u64,
    /// The last part with a mark.
    pub marked: u64,
    /// The picture that it has made last, and for which part.
    pub made: Option<(u64, Rc<[u8]>)>,
    /// The picture at which its source hangs.
    pub hangs_at: Option<Rc<[u8]>>,
    /// What it holds back.
    pub held: Held,
    /// The last part that it leaves out.
    pub skips_to: u64,
    /// The part that comes later, and what of it was taken.
    pub late: Option<(u64, Vec<Item>)>,
    /// Whether bytes of a part were sent: the delimiter of the part that is sent first has no line end before it.
    pub has_begun: bool,
}

impl Slot {
    /// A fault that remembers nothing. It concerns no part up to `begun`, of which bytes were sent.
    pub fn new(fault: Fault, begun: u64) -> Self {
        Self {
            fault,
            decided: (begun > 0).then_some((begun, false)),
            retired: None,
            is_done: false,
            run: 0,
            marked: 0,
            made: None,
            hangs_at: None,
            held: Held::default(),
            skips_to: 0,
            late: None,
            has_begun: begun > 0,
        }
    }

    /// Ends the fault behind the part `begun`, of which bytes were sent.
    pub fn retire(&mut self, begun: u64) {
        self.retired.get_or_insert(begun);
    }

    /// The last part that it may concern, if it is no longer in force.
    pub fn retired(&self) -> Option<u64> {
        self.retired
    }

    /// Whether the fault concerns a part. Parts are asked for in their order; the answer for one part stays the same.
    pub fn includes(&mut self, part: u64, age: Duration, mut random: Random) -> bool {
        if let Some((_, answer)) = self.decided.filter(|(decided, _)| *decided >= part) {
            return answer;
        }
        if self.retired.is_some_and(|last| part > last) {
            return false;
        }
        let was_included = self.decided.is_some_and(|(_, answer)| answer);
        let occasion = Occasion { part, age, is_done: self.is_done, random: random.fraction() };
        let answer = self.fault.when.parts.include(&occasion);
        self.is_done |= answer;
        self.run = if was_included && answer { self.run + 1 } else { 0 };
        self.decided = Some((part, answer));
        answer
    }

    /// The bytes that it holds back.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let late = self.late.iter().flat_map(|(_, items)| items).filter_map(Item::piece);
        self.held.pieces().chain(late)
    }

    /// What it still holds back, as items.
    pub fn rest(mut self) -> Vec<Item> {
        let mut rest = self.held.pass(Vec::new(), |held| held);
        rest.extend(self.late.map(|(_, items)| items).unwrap_or_default());
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_begins_and_ends_behind_the_part_that_has_begun() {
        let mut slot = Slot::new("no-eoi".parse().unwrap(), 3);
        let includes = |slot: &mut Slot, part| slot.includes(part, Duration::ZERO, Random::of(&[part]));
        assert!(!includes(&mut slot, 3));
        assert!(includes(&mut slot, 4));
        slot.retire(5);
        assert_eq!([4, 5, 6].map(|part| includes(&mut slot, part)), [true, true, false]);
    }
}
