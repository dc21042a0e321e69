//! Why no byte came for a while: whether we looked, and what the connection showed.
//!
//! It takes the times of the loop that waits and reads. Between ten bytes a second and silence it costs nothing: the system is
//! asked about the connection only in silences of a quarter of a second, at most twice a second.

use std::time::Duration;

use mjpeg::check::{Path, Silence};

use super::tcp_state::{Asked, TcpState};
use super::waiting;

/// Shorter silences are not reported.
const LEAST_SILENCE: Duration = Duration::from_millis(100);
/// Less is the scheduling of a machine that is not overloaded.
const LEAST_LATE: Duration = Duration::from_millis(20);
/// A wait that took less found the bytes there.
const AT_ONCE: Duration = Duration::from_millis(1);
/// After this time without a byte the system is asked about the connection.
const ASK_AFTER: Duration = Duration::from_millis(200);
/// Waits without a byte are this long: the first, and the longest.
const TICKS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));
/// Most silences that wait to be taken.
const MOST: usize = 16;
/// The other end is asked for a sign of life after a second without a packet.
pub const PROBE_AFTER: Duration = Duration::from_secs(1);
/// On a path that has lost packets in so long, the last packet before a silence may be lost too.
const MEMORY: Duration = Duration::from_secs(10);
/// How much later than asked its answer may be, apart from the way.
const ANSWER_TIME: Duration = Duration::from_millis(300);

/// What is known about the silence now, and those that were not taken yet.
#[derive(Debug, Default)]
pub struct Evidence {
    asked: Option<Asked>,
    /// When there was certainly nothing to read.
    looked: Duration,
    woken: Option<Woken>,
    first: Option<TcpState>,
    last: Option<TcpState>,
    held: Duration,
    quiet: Duration,
    /// When, and how many packets had come out of order: the last time that was asked for in passing, and the one before.
    marks: [(Duration, u32); 2],
    waited_for_processor: Option<Duration>,
    silences: Vec<Silence>,
}

/// The last wait.
#[derive(Debug, Clone, Copy)]
struct Woken {
    since: Duration,
    took: Duration,
    late: Duration,
    /// It found the bytes there.
    is_at_once: bool,
}

impl Evidence {
    /// Evidence about a connection of which the system can be asked.
    pub fn of(asked: Option<Asked>) -> Self {
        Self { asked, ..Self::default() }
    }

    /// How long to wait at most from `now` on, before it is known that nothing is there. After a time in which we did not look,
    /// we look at once. The last byte was read at `read`.
    pub fn first_tick(&self, now: Duration, read: Duration) -> Duration {
        if now.saturating_sub(self.looked.max(read)) < LEAST_LATE { TICKS.0 } else { Duration::ZERO }
    }

    /// The wait after one of `tick` without a byte.
    pub fn next_tick(tick: Duration) -> Duration {
        (tick * 3 / 2).clamp(TICKS.0, TICKS.1)
    }

    /// There was nothing to read at `now`, or later: this thread may have lost the processor since. The last byte was read at
    /// `read`.
    pub fn nothing(&mut self, now: Duration, read: Duration) {
        self.looked = now;
        self.waited_for_processor.get_or_insert_with(waiting::for_processor);
        if !read.is_zero() && now.saturating_sub(read) >= ASK_AFTER {
            self.ask(read, now);
        }
    }

    fn ask(&mut self, read: Duration, now: Duration) {
        let Some(state) = self.asked.as_ref().and_then(Asked::state) else { return };
        if state.has_hole {
            self.held = now.saturating_sub(read);
        }
        self.quiet = self.quiet.max(state.quiet);
        self.first.get_or_insert(state);
        self.last = Some(state);
    }

    /// A wait for at most `timeout`, begun at `since`, ended at `now` because there is something to read.
    pub fn woken(&mut self, since: Duration, timeout: Option<Duration>, now: Duration) {
        let took = now.saturating_sub(since);
        let late = timeout.map_or(Duration::ZERO, |timeout| took.saturating_sub(timeout));
        let is_at_once = took < AT_ONCE || timeout == Some(Duration::ZERO);
        self.woken = Some(Woken { since, took, late, is_at_once });
    }

    /// Bytes were read at `now`; the last ones before them at `read`. `waiting` tells how many there were.
    pub fn came(&mut self, now: Duration, read: Duration, waiting: impl FnOnce() -> u64) {
        let woken = self.woken.take();
        if read.is_zero() {
            return;
        }
        if now.saturating_sub(self.marks[1].0) >= MEMORY
            && let Some(state) = self.asked.as_ref().and_then(Asked::state)
        {
            self.marks = [self.marks[1], (now, state.out_of_order)];
        }
        let known = self.looked.max(read);
        let late = match woken {
            Some(woken) if !woken.is_at_once => woken.late,
            Some(woken) => (woken.since + woken.took).saturating_sub(known),
            None => now.saturating_sub(known),
        };
        let late = if late >= LEAST_LATE { late } else { Duration::ZERO };
        if now.saturating_sub(read) < LEAST_SILENCE && late.is_zero() {
            return;
        }
        if self.first.is_some() {
            // The packet that ends the silence makes it no shorter: what counts is the time before it.
            let held = self.held;
            self.ask(read, now);
            self.held = held;
        }
        let waiting = if late.is_zero() { 0 } else { waiting() };
        let starved = self.starved();
        let silence = Silence { from: read, to: now, late, waiting, starved, path: self.path() };
        if self.silences.len() < MOST {
            self.silences.push(silence);
        }
        (self.first, self.last) = (None, None);
        (self.held, self.quiet) = (Duration::ZERO, Duration::ZERO);
    }

    /// How long the calling thread, the one that reads, was ready and had no processor since the last call.
    pub fn starved(&mut self) -> Duration {
        let waited = waiting::for_processor();
        let before = self.waited_for_processor.replace(waited);
        before.map_or(Duration::ZERO, |before| waited.saturating_sub(before))
    }

    /// What the connection has shown in the silence now.
    fn path(&self) -> Option<Path> {
        self.first.zip(self.last).map(|(first, last)| Path {
            out_of_order: last
                .out_of_order
                .wrapping_sub(first.out_of_order)
                .saturating_add(first.has_hole.into()),
            out_of_order_before: first.out_of_order.wrapping_sub(self.marks[0].1),
            held: self.held,
            answers: last.without_bytes().wrapping_sub(first.without_bytes()),
            quiet: self.quiet,
            due: PROBE_AFTER + ANSWER_TIME + last.round_trip * 4,
        })
    }

    /// The silences that were not taken yet.
    pub fn take(&mut self) -> Vec<Silence> {
        std::mem::take(&mut self.silences)
    }

    /// The silence now, without what is known of the thread that reads. The last byte was read at `read`.
    pub fn so_far(&mut self, now: Duration, read: Duration) -> Option<Silence> {
        if read.is_zero() || now.saturating_sub(read) < LEAST_SILENCE {
            return None;
        }
        let known = self.looked.max(read);
        self.ask(read, now);
        let waiting = self.last.map_or(0, |state| state.readable.into());
        // The time was up before we could read what is there.
        let late = if waiting > 0 { now.saturating_sub(known) } else { Duration::ZERO };
        Some(Silence { from: read, to: now, late, waiting, starved: Duration::ZERO, path: self.path() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_read_is_late_by_the_time_in_which_nothing_looked() {
        // (when nothing was there, (since, timeout, until) of the wait, when it was read, late)
        let cases = [
            // Bytes come in time, and after a wait that should have ended earlier.
            (Some(1000), Some((1000, 100, 1040)), 1040, 0),
            (Some(1000), Some((1000, 100, 3040)), 3040, 1940),
            // They were there when we looked again.
            (None, Some((3000, 100, 3000)), 3000, 2000),
            (None, Some((3000, 0, 3300)), 3300, 2300),
            (None, None, 3000, 2000),
            (Some(2990), Some((2990, 100, 2990)), 2990, 0),
            // A few milliseconds are usual.
            (None, None, 1019, 0),
        ];
        for (looked, wait, read, late) in cases {
            let mut evidence = Evidence::default();
            if let Some(looked) = looked {
                evidence.nothing(ms(looked), ms(1000));
            }
            if let Some((since, timeout, until)) = wait {
                evidence.woken(ms(since), Some(ms(timeout)), ms(until));
            }
            evidence.came(ms(read), ms(1000), || 77);
            let silences = evidence.take();
            let found = silences.first().map_or(ms(0), |it| it.late);
            assert_eq!(found, ms(late), "{looked:?} {wait:?} {read}");
            assert!(silences.iter().all(|it| (it.waiting == 77) == (late > 0)));
        }
    }

    #[test]
    fn a_silence_is_told_of_once_and_its_number_is_bounded() {
        let mut evidence = Evidence::default();
        for n in 1..100 {
            evidence.nothing(ms(n * 1000 + 500), ms(n * 1000));
            evidence.woken(ms(n * 1000 + 500), None, ms(n * 1000 + 999));
            evidence.came(ms(n * 1000 + 999), ms(n * 1000), || 0);
        }
        assert_eq!((evidence.take().len(), evidence.take().len()), (MOST, 0));
        assert_eq!(evidence.so_far(ms(100_050), ms(100_000)), None);
        let so_far = evidence.so_far(ms(100_500), ms(100_000)).unwrap();
        assert_eq!((so_far.from, so_far.to, so_far.late), (ms(100_000), ms(100_500), ms(0)));
    }
}
