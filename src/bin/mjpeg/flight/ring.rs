//! The ring: the last bytes of the responses of a camera, bounded in time and in memory.

use std::collections::VecDeque;
use std::time::Duration;

use super::track::{Ended, Received, Track};

/// How much a ring keeps.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// This long back, and to the border of a part before that.
    pub time: Duration,
    /// This much memory at most.
    pub bytes: usize,
}

/// The responses, oldest first. The last one may still go on.
#[derive(Debug)]
pub struct Ring {
    limits: Limits,
    tracks: VecDeque<Track>,
    /// The memory that all of them need.
    cost: usize,
    /// Whether a part that began was larger than the memory.
    lacks_part: bool,
    /// Whether a part had to be forgotten although it is not old.
    is_full: bool,
}

/// What a capture of one response starts with: bytes that stand for those that are gone, then reads. `ended`: how the
/// response ended, if it has.
pub struct Snapshot {
    pub prefix: Vec<u8>,
    pub reads: Vec<Received>,
    pub ended: Option<Ended>,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: Limits) -> Self {
        Self { limits, tracks: VecDeque::new(), cost: 0, lacks_part: false, is_full: false }
    }

    /// Another response begins, whose body starts behind this many bytes.
    pub fn response(&mut self, head_bytes: usize, is_in_chunks: bool) {
        let track = Track::new(head_bytes, is_in_chunks);
        self.cost += track.cost();
        self.tracks.push_back(track);
    }

    /// Adds a read of the current response, and returns it.
    pub fn push(&mut self, bytes: &[u8], at: Duration) -> Option<Received> {
        let track = self.tracks.back_mut()?;
        let before = track.cost();
        let read = track.push(bytes, at).clone();
        self.cost += track.cost() - before;
        self.forget(at);
        Some(read)
    }

    /// The part that starts at this byte of the decoded body of the current response.
    pub fn part(&mut self, decoded: u64) {
        if let Some(track) = self.tracks.back_mut() {
            let before = track.cost();
            track.part(decoded);
            self.cost += track.cost() - before;
            self.lacks_part = track.first_at().is_none();
        }
    }

    /// The current response has ended.
    pub fn ended(&mut self, ended: Ended) {
        if let Some(track) = self.tracks.back_mut() {
            track.ended.get_or_insert(ended);
        }
    }

    /// Whether there was no response yet.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// Whether the limit of the memory was reached since the last call: the ring holds less time than it should.
    pub fn take_is_full(&mut self) -> bool {
        std::mem::take(&mut self.is_full)
    }

    /// Whether there are parts, and none of them fits into the memory.
    pub fn lacks_part(&self) -> bool {
        self.lacks_part && self.first_at().is_none()
    }

    /// When the first byte that is kept came.
    pub fn first_at(&self) -> Option<Duration> {
        self.tracks.iter().find_map(Track::first_at)
    }

    /// What captures at time `now` start with. The last one goes on if its response has not ended.
    pub fn snapshots(&mut self, now: Duration) -> Vec<Snapshot> {
        self.forget(now);
        self.tracks.iter().filter_map(Snapshot::of).collect()
    }

    /// What a capture of the current response starts with, unless it has ended.
    pub fn current(&self) -> Option<Snapshot> {
        self.tracks.back().filter(|track| track.ended.is_none()).and_then(Snapshot::of)
    }

    fn forget(&mut self, now: Duration) {
        let oldest = now.saturating_sub(self.limits.time);
        while self.tracks.len() > 1
            && self.tracks.front().is_some_and(|track| track.last_at().is_none_or(|at| at < oldest))
        {
            self.pop();
        }
        if let Some(track) = self.tracks.front_mut() {
            let before = track.cost();
            track.forget_before(oldest);
            self.cost -= before - track.cost();
        }
        while self.cost > self.limits.bytes {
            self.is_full = true;
            let Some(track) = self.tracks.front_mut() else { return };
            let before = track.cost();
            if !track.forget_part() {
                // One part alone is too large, or it is the last one of a response.
                track.forget_all();
            }
            self.cost -= before - track.cost();
            if self.tracks.len() > 1 && self.tracks.front().is_some_and(|track| track.first_at().is_none()) {
                self.pop();
            } else if self.first_at().is_none() {
                return;
            }
        }
    }

    fn pop(&mut self) {
        self.cost -= self.tracks.pop_front().map_or(0, |track| track.cost());
    }
}

impl Snapshot {
    fn of(track: &Track) -> Option<Self> {
        let (prefix, reads) = track.snapshot()?;
        Some(Self { prefix, reads, ended: track.ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// A ring to which a response with a part of 1000 bytes in each second is added.
    fn add(ring: &mut Ring, seconds: std::ops::Range<u64>) {
        ring.response(HEAD.len(), false);
        ring.push(HEAD, secs(seconds.start));
        for (n, second) in seconds.enumerate() {
            ring.push(&[b'x'; 1000], secs(second));
            ring.part(1000 * n as u64);
        }
    }

    fn lens(ring: &mut Ring, now: Duration) -> Vec<usize> {
        let len =
            |it: &Snapshot| it.prefix.len() + it.reads.iter().map(|read| read.bytes.len()).sum::<usize>();
        ring.snapshots(now).iter().map(len).collect()
    }

    #[test]
    fn it_holds_its_time_and_the_part_before_it() {
        let mut ring = Ring::new(Limits { time: secs(30), bytes: 1 << 20 });
        add(&mut ring, 0..1000);
        assert_eq!((ring.first_at(), ring.take_is_full()), (Some(secs(969)), false));
        assert_eq!(lens(&mut ring, secs(999)), [HEAD.len() + 31_000]);
        // After a long silence, the last part is still there.
        assert_eq!(lens(&mut ring, secs(5000)), [HEAD.len() + 1000]);
    }

    #[test]
    fn its_memory_is_bounded_also_by_a_part_without_end() {
        let mut ring = Ring::new(Limits { time: secs(3000), bytes: 100_000 });
        add(&mut ring, 0..1000);
        assert!(ring.take_is_full() && !ring.take_is_full());
        let kept = lens(&mut ring, secs(999))[0];
        assert!((80_000..100_000).contains(&kept), "{kept}");
        for _ in 0..1000 {
            ring.push(&[b'x'; 1000], secs(1000));
            assert!(ring.cost <= 100_000 && ring.cost == ring.tracks.iter().map(Track::cost).sum::<usize>());
        }
        // One byte in each read costs more than its byte.
        let mut ring = Ring::new(Limits { time: secs(3000), bytes: 100_000 });
        ring.response(0, false);
        (0..100_000).for_each(|_| drop(ring.push(b"x", secs(0))));
        assert!(ring.tracks[0].cost() <= 100_000);
    }

    #[test]
    fn responses_are_kept_by_time_and_memory_whatever_their_number() {
        // A picture in each second is a response of its own.
        let mut ring = Ring::new(Limits { time: secs(300), bytes: 1 << 20 });
        (0..1000).for_each(|second| add(&mut ring, second..second + 1));
        assert_eq!(ring.snapshots(secs(999)).len(), 301);
        assert!(!ring.take_is_full());
        let mut ring = Ring::new(Limits { time: secs(300), bytes: 100_000 });
        (0..1000).for_each(|second| add(&mut ring, second..second + 1));
        assert!(ring.take_is_full() && (50..90).contains(&ring.snapshots(secs(999)).len()));
        // Responses without a byte cost something, too.
        (0..100_000).for_each(|_| ring.response(0, false));
        ring.push(b"x", secs(999));
        assert!(ring.cost <= 100_000 && ring.cost == ring.tracks.iter().map(Track::cost).sum::<usize>());
    }

    #[test]
    fn a_part_that_does_not_fit_is_known_as_the_reason() {
        let mut ring = Ring::new(Limits { time: secs(300), bytes: 1000 });
        assert!(!ring.lacks_part());
        add(&mut ring, 0..3);
        assert!(ring.lacks_part() && ring.snapshots(secs(3)).is_empty());
        let mut ring = Ring::new(Limits { time: secs(300), bytes: 10_000 });
        add(&mut ring, 0..3);
        assert!(!ring.lacks_part());
    }

    #[test]
    fn several_responses_are_kept_apart_and_forgotten_with_their_time() {
        let mut ring = Ring::new(Limits { time: secs(30), bytes: 1 << 20 });
        for start in (0..100).step_by(10) {
            add(&mut ring, start..start + 5);
            ring.ended(("reset", secs(start + 5)));
        }
        let ends: Vec<_> = ring.snapshots(secs(100)).iter().map(|it| it.ended).collect();
        assert_eq!(ends, [75, 85, 95].map(|at| Some(("reset", secs(at)))));
        assert_eq!(lens(&mut ring, secs(100)), [HEAD.len() + 5000; 3]);
        // The last one stays.
        assert_eq!(ring.snapshots(secs(1000)).len(), 1);
    }
}
