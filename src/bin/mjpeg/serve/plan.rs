//! A plan: the steps that a viewer has not done yet.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::part::Part;
use super::script::{Kept, Script, Step};

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
    Send(Gathered<'a>),
    /// Call again at this time.
    Wait(Duration),
    /// Reset the connection.
    Reset,
    /// Close the connection.
    Close,
    /// Begin the next part.
    Done,
}

/// Room for so many steps stays for the next part.
const USUAL_STEPS: usize = 1024;
/// Most slices of one send.
const SLICES: usize = 12;

/// The bytes of steps that follow each other without a pause.
#[derive(Debug)]
pub struct Gathered<'a> {
    slices: [IoSlice<'a>; SLICES],
    count: usize,
}

impl<'a> Gathered<'a> {
    /// The bytes at the beginning of these steps.
    fn of(steps: &'a VecDeque<Step>) -> Self {
        let mut gathered = Self { slices: [IoSlice::new(&[]); SLICES], count: 0 };
        for step in steps {
            let is_taken = match step {
                Step::Send(part, range) => gathered.add(&part.slices(range.clone())),
                Step::Text(text, range) => gathered.add(&[IoSlice::new(&text[range.clone()])]),
                Step::Wait(_) | Step::Sent(_) | Step::Note(_) | Step::Reset | Step::Close => false,
            };
            if !is_taken {
                break;
            }
        }
        gathered
    }

    /// Appends slices if there is room for all of them.
    fn add(&mut self, slices: &[IoSlice<'a>]) -> bool {
        let Some(room) = self.slices[self.count..].get_mut(..slices.len()) else { return false };
        room.copy_from_slice(slices);
        self.count += slices.len();
        true
    }

    /// The slices, for a vectored send.
    pub fn slices(&self) -> &[IoSlice<'a>] {
        &self.slices[..self.count]
    }
}

impl Plan {
    /// A plan without steps.
    pub fn new(script: Box<dyn Script>) -> Self {
        Self { script, steps: VecDeque::new(), ended_at: Duration::ZERO }
    }

    /// Plans these bytes of a part.
    pub fn begin(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration) {
        self.ended_at = now;
        self.script.steps(part, bytes, now, &mut self.steps);
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
                Step::Note(note) => note.write(),
                Step::Send(_, range) | Step::Text(_, range) if !range.is_empty() => break,
                Step::Send(..) | Step::Text(..) | Step::Sent(_) => {}
            }
            self.steps.pop_front();
        }
        if self.steps.is_empty() {
            // Of one large part in small chunks.
            if self.steps.capacity() > USUAL_STEPS {
                self.steps.shrink_to(0);
            }
            return Next::Done;
        }
        Next::Send(Gathered::of(&self.steps))
    }

    /// Records that `n` bytes of the next steps were sent. Calls `sent` with each part of them and the range of its bytes.
    /// `late` is the time if the peer was slow: the steps behind these move.
    pub fn advance(
        &mut self,
        n: usize,
        late: Option<Duration>,
        mut sent: impl FnMut(&Rc<Part>, Range<usize>),
    ) {
        if let Some(now) = late {
            self.ended_at = now;
        }
        let mut left = n;
        while let Some(Step::Send(_, range) | Step::Text(_, range)) = self.steps.front_mut() {
            let start = range.start;
            range.start += left.min(range.len());
            left -= range.start - start;
            let (range, is_done) = (start..range.start, range.start == range.end);
            if let Some(Step::Send(part, _)) = self.steps.front() {
                sent(part, range);
            }
            if !is_done {
                break;
            }
            self.steps.pop_front();
            while let Some(Step::Sent(part)) = self.steps.front() {
                let end = part.body().end;
                sent(part, end.saturating_sub(1)..end);
                self.steps.pop_front();
            }
            if left == 0 {
                break;
            }
        }
    }

    /// What is in the steps, and what the script holds back.
    pub fn kept(&self) -> Kept<'_> {
        let mut kept = self.script.kept();
        // A dialect may have a chunk for each byte.
        kept.own_bytes += self.steps.capacity() * size_of::<Step>();
        for step in &self.steps {
            match step {
                Step::Send(part, _) | Step::Sent(part) => kept.add_part(part),
                Step::Text(text, _) => kept.add_bytes(text),
                Step::Wait(_) | Step::Note(_) | Step::Reset | Step::Close => {}
            }
        }
        kept
    }

    /// The next byte, if the plan waits before it.
    pub fn next_byte(&self) -> Option<u8> {
        self.steps.front().filter(|step| matches!(step, Step::Wait(_)))?;
        for step in &self.steps {
            match step {
                Step::Send(part, range) if !range.is_empty() => {
                    return part
                        .slices(range.start..range.start + 1)
                        .iter()
                        .find_map(|slice| slice.first().copied());
                }
                Step::Text(text, range) if !range.is_empty() => return text.get(range.start).copied(),
                Step::Reset | Step::Close => return None,
                _ => {}
            }
        }
        None
    }

    /// Records that [`Plan::next_byte`] was sent. Calls `sent` as [`Plan::advance`] does.
    pub fn take_byte(&mut self, mut sent: impl FnMut(&Rc<Part>, Range<usize>)) {
        let bytes = |step: &&mut Step| matches!(step, Step::Send(_, range) | Step::Text(_, range) if !range.is_empty());
        match self.steps.iter_mut().find(bytes) {
            Some(Step::Send(part, range)) => {
                range.start += 1;
                sent(part, range.start - 1..range.start);
            }
            Some(Step::Text(_, range)) => range.start += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::chunked::Chunked;
    use super::super::part::Trailer;
    use super::super::recipe::{Recipe, Standard};
    use super::*;
    use crate::dialect::Chunks;
    use crate::source::picture::{Picture, SMALLEST};

    #[test]
    fn the_steps_of_small_chunks_count_as_memory_until_they_are_done() {
        let recipe = Standard::new(Boundary::new("b").unwrap(), &[]);
        let frame = recipe.encode(Picture::whole(SMALLEST.to_vec()), 1, Duration::ZERO);
        let part = Rc::new(Part::new(Rc::new(frame), Trailer::Nothing, &recipe));
        let bytes = part.body();
        let chunks = Chunks { size: Some(1), ..Chunks::default() };
        let mut plan = Plan::new(Box::new(Chunked::new(chunks, None)));
        // Each chunk is three steps.
        let rounds = USUAL_STEPS / bytes.len() + 1;
        (0..rounds).for_each(|_| plan.begin(&part, bytes.clone(), Duration::ZERO));
        let steps = 3 * rounds * bytes.len();
        assert_eq!(plan.steps.len(), steps);
        assert!(plan.kept().own_bytes >= steps * size_of::<Step>());
        while let Next::Send(gathered) = plan.next(Duration::ZERO) {
            let n = gathered.slices().iter().map(|slice| slice.len()).sum();
            plan.advance(n, None, |_, _| {});
        }
        assert_eq!(plan.kept().own_bytes, 0);
    }
}
