//! The script of a viewer that receives faults: it changes the steps of each part.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::fault::{Fault, Kind};
use super::part::Part;
use super::script::{Script, Step};

/// The pause between two blocks of [`Kind::Drip`].
const DRIP_INTERVAL: Duration = Duration::from_millis(10);

/// Most blocks of one part: a plan has bounded memory.
const BLOCKS: usize = 1 << 16;

/// Injects faults into the stream of one viewer. Each fault takes the steps that the faults before it have left.
#[derive(Debug)]
pub struct Faulty {
    faults: Rc<[Fault]>,
    /// The number of the newest part, counted from 1.
    part: u64,
    /// What each fault holds back.
    held: Vec<Held>,
}

/// Bytes that are held back, in their order.
#[derive(Debug, Default)]
struct Held {
    bytes: VecDeque<(Rc<Part>, Range<usize>)>,
    /// How many parts began in them.
    parts: u64,
}

impl Faulty {
    /// A script with these faults for a new viewer.
    pub fn new(faults: Rc<[Fault]>) -> Self {
        let held = faults.iter().map(|_| Held::default()).collect();
        Self { faults, part: 0, held }
    }
}

impl Script for Faulty {
    fn steps(&mut self, part: &Rc<Part>, bytes: Range<usize>, plan: &mut VecDeque<Step>) {
        // The last bytes of a stream may have no frame.
        let has_frame = bytes.start < part.frame_end();
        self.part += u64::from(has_frame);
        let mut steps = vec![Step::Send(Rc::clone(part), bytes)];
        for (fault, held) in self.faults.iter().zip(&mut self.held) {
            let included = has_frame && fault.when.includes(self.part);
            steps = apply(included.then_some(fault.kind), held, part, steps);
        }
        plan.extend(steps);
    }
}

/// Changes the steps of a part by a fault, or by none if it does not concern this part.
fn apply(fault: Option<Kind>, held: &mut Held, part: &Part, steps: Vec<Step>) -> Vec<Step> {
    let body = part.body();
    let middle = body.start + body.len() / 2;
    match fault {
        // At the end of the stream, a server sends what it holds.
        Some(Kind::Fill(_) | Kind::HoldTail(_) | Kind::Burst(_)) if part.is_last() => {
            held.pass(steps, |held| held)
        }
        None => held.pass(steps, |held| held),
        Some(Kind::Stall(time)) => std::iter::once(Step::Wait(time)).chain(steps).collect(),
        Some(Kind::StallInside(time)) => split(steps, part, middle, &[Step::Wait(time)]),
        Some(Kind::Drip(bytes)) => drip(steps, bytes),
        Some(Kind::Fill(bytes)) => held.pass(steps, |held| held - held % bytes),
        Some(Kind::HoldTail(bytes)) => held.pass(steps, |held| held.saturating_sub(bytes)),
        Some(Kind::Burst(parts)) => {
            held.parts = (held.parts + 1) % parts;
            let full = held.parts == 0;
            held.pass(steps, |held| if full { held } else { 0 })
        }
        Some(Kind::Reset) => end(split(steps, part, middle, &[Step::Reset])),
        Some(Kind::Cut) => end(split(steps, part, middle, &[Step::Close])),
        Some(Kind::Close) => end(split(steps, part, body.end, &[Step::Close])),
    }
}

impl Held {
    /// Passes the bytes of the steps through; `release` says how many of all held bytes may go.
    fn pass(&mut self, steps: Vec<Step>, release: impl Fn(usize) -> usize) -> Vec<Step> {
        let mut out = Vec::new();
        for step in steps {
            match step {
                Step::Send(part, range) => self.bytes.push_back((part, range)),
                other => out.push(other),
            }
        }
        let held = self.bytes.iter().map(|(_, range)| range.len()).sum();
        let mut left = release(held);
        while left > 0 {
            let Some((part, range)) = self.bytes.front_mut() else { break };
            let end = range.end.min(range.start.saturating_add(left));
            out.push(Step::Send(Rc::clone(part), range.start..end));
            left -= end - range.start;
            range.start = end;
            if end == range.end {
                self.bytes.pop_front();
            }
        }
        out
    }
}

/// Inserts steps at an offset of the part.
fn split(steps: Vec<Step>, part: &Part, at: usize, insert: &[Step]) -> Vec<Step> {
    let mut out = Vec::new();
    let mut inserted = false;
    for step in steps {
        match step {
            Step::Send(of, range) if !inserted && std::ptr::eq(&*of, part) && range.end >= at => {
                inserted = true;
                let at = at.max(range.start);
                out.push(Step::Send(Rc::clone(&of), range.start..at));
                out.extend_from_slice(insert);
                out.push(Step::Send(of, at..range.end));
            }
            step => out.push(step),
        }
    }
    out
}

/// Removes the steps behind the end of the connection.
fn end(mut steps: Vec<Step>) -> Vec<Step> {
    if let Some(at) = steps.iter().position(|step| matches!(step, Step::Reset | Step::Close)) {
        steps.truncate(at + 1);
    }
    steps
}

/// Splits the bytes into blocks, with a pause behind each.
fn drip(steps: Vec<Step>, bytes: usize) -> Vec<Step> {
    let mut out = Vec::new();
    for step in steps {
        match step {
            Step::Send(part, range) => {
                let bytes = bytes.max(range.len().div_ceil(BLOCKS));
                for start in range.clone().step_by(bytes) {
                    let end = range.end.min(start.saturating_add(bytes));
                    out.extend([Step::Send(Rc::clone(&part), start..end), Step::Wait(DRIP_INTERVAL)]);
                }
            }
            step => out.push(step),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use mjpeg::multipart::Boundary;

    use super::super::layout::Layout;
    use super::super::part::Trailer;
    use super::super::recipe::{Recipe, Standard};
    use super::super::viewer::{Push, Viewer};
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    /// What a viewer receives without faults, what it receives with faults and when in milliseconds, and how that ends.
    type Played = (Vec<u8>, Vec<(u64, Vec<u8>)>, Push);

    /// The bytes that a viewer without faults receives, and those that one with faults receives, by their times: five
    /// parts, one each 100 ms, the last one with the close-delimiter.
    fn play(faults: &[&str]) -> Played {
        play_in_steps(faults, 1)
    }

    /// The same with a loop that wakes up only once in so many milliseconds.
    fn play_in_steps(faults: &[&str], step: usize) -> Played {
        let recipe = Standard::new(Boundary::new("b").unwrap(), &[]);
        let frame = |number: u64| {
            let picture = Picture::new(SMALLEST.to_vec()).unwrap();
            Rc::new(recipe.encode(picture, number, Duration::ZERO))
        };
        let faults: Rc<[Fault]> = faults.iter().map(|text| text.parse().unwrap()).collect();
        let viewer = |script| Viewer::new(0, Layout::Trailing, Rc::from(&b"HEAD"[..]), script);
        let mut plain = viewer(None);
        let mut faulty = viewer(Some(Box::new(Faulty::new(faults)) as Box<dyn Script>));
        let (mut expected, mut received, mut push) = (Vec::new(), Vec::new(), Push::Idle);
        let mut newest = None;
        for ms in (0..2000).step_by(step) {
            let now = Duration::from_millis(ms);
            if ms % 100 == 0 && ms < 500 {
                let number = ms / 100 + 1;
                let trailer = if number == 5 { Trailer::Close } else { Trailer::Delimiter };
                let part = Rc::new(Part::new(frame(number), trailer, &recipe));
                plain.offer(&part);
                faulty.offer(&part);
                newest = Some(part);
            }
            let send = |to: &mut Vec<u8>, slices: &[IoSlice<'_>]| {
                let before = to.len();
                slices.iter().for_each(|slice| to.extend_from_slice(slice));
                Ok(to.len() - before)
            };
            plain.push(newest.as_ref(), now, |slices| send(&mut expected, slices)).unwrap();
            if !matches!(push, Push::Reset | Push::Done) {
                let mut bytes = Vec::new();
                push = faulty.push(newest.as_ref(), now, |slices| send(&mut bytes, slices)).unwrap();
                if !bytes.is_empty() {
                    received.push((ms, bytes));
                }
            }
        }
        (expected, received, push)
    }

    fn times(received: &[(u64, Vec<u8>)]) -> Vec<u64> {
        received.iter().map(|(ms, _)| *ms).collect()
    }

    fn joined(received: &[(u64, Vec<u8>)]) -> Vec<u8> {
        received.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    #[test]
    fn timing_faults_change_only_the_times() {
        for (fault, expected_times) in [
            ("stall=30ms", vec![0, 30, 130, 230, 330, 430]),
            ("stall=30ms@2", vec![0, 100 + 30, 200, 300, 400]),
            ("stall-inside=20ms@every=2", vec![0, 100, 120, 200, 300, 320, 400]),
            ("burst=2", vec![0, 100, 300, 400]),
            ("hold-tail=7", vec![0, 100, 200, 300, 400]),
        ] {
            let (expected, received, push) = play(&[fault]);
            assert_eq!(times(&received), expected_times, "{fault}");
            assert_eq!((joined(&received), push), (expected, Push::Done), "{fault}");
        }
    }

    #[test]
    fn waits_follow_the_planned_times_and_do_not_add_up() {
        let (expected, received, _) = play(&["drip=40"]);
        assert_eq!(joined(&received), expected);
        assert_eq!(times(&received)[..6], [0, 10, 20, 100, 110, 120]);
        assert!(received[1..].iter().all(|(_, bytes)| bytes.len() <= 40));
        // The loop is up to 4 ms late: the third block still comes at the first wake-up from 20 ms on.
        let (_, received, _) = play_in_steps(&["drip=40"], 4);
        assert_eq!(times(&received)[..3], [0, 12, 20]);
    }

    #[test]
    fn a_pump_sends_only_whole_chunks() {
        let (expected, received, _) = play(&["fill=100"]);
        assert_eq!(joined(&received), expected);
        let lengths: Vec<_> = received.iter().map(|(_, bytes)| bytes.len()).collect();
        let (last, chunks) = lengths[..].split_last().unwrap();
        assert_eq!(chunks[0], 4 + 100);
        assert!(chunks[1..].iter().all(|length| length % 100 == 0), "{lengths:?}");
        assert!(*last > 0);
    }

    #[test]
    fn a_held_tail_comes_with_the_next_part() {
        let (expected, received, _) = play(&["hold-tail=7"]);
        let mut sent = 0;
        for (part, (_, bytes)) in received[..4].iter().enumerate() {
            sent += bytes.len();
            let up_to = expected.windows(5).enumerate().filter(|(_, five)| *five == b"--b\r\n");
            let whole = up_to.map(|(at, _)| at + 5).nth(part + 1).unwrap();
            assert_eq!(sent + 7, whole, "{part}");
        }
    }

    #[test]
    fn faults_of_the_connection_end_it() {
        let (expected, received, push) = play(&["cut@2"]);
        let bytes = joined(&received);
        assert_eq!((times(&received), push), (vec![0, 100], Push::Done));
        assert!(expected.starts_with(&bytes) && !bytes.ends_with(b"\xff\xd9"));
        let (_, received, push) = play(&["reset@1", "stall=1s@2"]);
        assert_eq!((times(&received), push), (vec![0], Push::Reset));
        let (expected, received, push) = play(&["close@3"]);
        let bytes = joined(&received);
        assert!(expected.starts_with(&bytes) && bytes.ends_with(b"\xff\xd9"));
        assert_eq!((bytes.windows(2).filter(|two| *two == b"\xff\xd9").count(), push), (3, Push::Done));
    }

    #[test]
    fn faults_combine() {
        let (expected, received, _) = play(&["burst=2", "stall=5ms@every=2"]);
        assert_eq!((times(&received), joined(&received)), (vec![0, 105, 305, 400], expected));
    }
}
