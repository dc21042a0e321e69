//! The flight recorder of one stream.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use anyhow::anyhow;

use super::queue::{Due, Queue};
use super::ring::{Limits, Ring};
use super::settings::Settings;
use super::writer::Writer;
use crate::clock::Clock;
use crate::output;
use crate::problem::Problem;
use crate::threads;
use crate::transport::Tap;

/// The bytes of a capture that may wait for its disk, as a multiple of those of the ring.
const WAITING: usize = 2;
/// Captures that may wait for their disk at the same time.
const MOST_WRITERS: usize = 2;
/// How long the end of a run waits for a disk that takes nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps the last bytes of a stream, and writes captures. Clones share it.
#[derive(Debug, Clone)]
pub struct FlightRecorder(Arc<Shared>);

/// What the threads share.
#[derive(Debug)]
pub struct Shared {
    settings: Settings,
    clock: Clock,
    state: Mutex<State>,
    changed: Condvar,
}

/// The captures so far. Each response of a trigger is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that are whole.
    pub written: u64,
    /// Triggers that could not be written, or not to their end.
    pub failed: u64,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    /// Bytes of the decoded bodies before the current response.
    origin: u64,
    /// The captures whose threads run. The last one may go on.
    queues: Vec<Queue>,
    triggers: u64,
    /// Rises with each step of a thread.
    steps: u64,
    tally: Tally,
    /// Whether it was said that the memory does not suffice.
    has_told: bool,
}

impl State {
    /// The capture that goes on.
    fn open(&mut self, now: Duration) -> Option<&mut Queue> {
        let queue = self.queues.last_mut()?;
        queue.goes_on(now).then_some(queue)
    }
}

impl FlightRecorder {
    /// A recorder that has seen nothing.
    pub fn new(settings: Settings, clock: &Clock) -> Self {
        let state = State {
            ring: Ring::new(settings.limits),
            origin: 0,
            queues: Vec::new(),
            triggers: 0,
            steps: 0,
            tally: Tally::default(),
            has_told: false,
        };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self(Arc::new(Shared { settings, clock: clock.clone(), state, changed }))
    }

    pub(super) fn weak(&self) -> Weak<Shared> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn of(weak: &Weak<Shared>) -> Option<Self> {
        weak.upgrade().map(Self)
    }

    /// A tap for the next response, whose body starts behind this many bytes. `origin`: bytes of the decoded bodies before it.
    pub fn response(&self, head_bytes: usize, is_in_chunks: bool, origin: u64) -> Box<dyn Tap> {
        self.ended("closed");
        let mut state = self.0.lock();
        state.ring.response(head_bytes, is_in_chunks);
        state.origin = origin;
        Box::new(self.clone())
    }

    /// A part starts at this byte of the decoded bodies.
    pub fn part(&self, decoded: u64) {
        let mut state = self.0.lock();
        let origin = state.origin;
        state.ring.part(decoded.saturating_sub(origin));
        self.0.begin_current(&mut state);
    }

    /// How the current response ended. A reconnection may follow.
    pub fn ended(&self, word: &'static str) {
        let ended = (word, self.0.clock.now());
        let mut state = self.0.lock();
        state.ring.ended(ended);
        if let Some(queue) = state.open(ended.1) {
            queue.response_ended(ended);
            self.0.changed.notify_all();
        }
    }

    /// Starts a capture; one that goes on becomes longer.
    pub fn trigger(&self) {
        let Shared { settings, clock, .. } = &*self.0;
        let now = clock.now();
        let until = now.saturating_add(settings.after);
        let mut state = self.0.lock();
        if let Some(queue) = state.open(now) {
            queue.extend(until);
            drop(state);
            return self.0.say(&format!("the capture goes on for {:?} from now", settings.after));
        }
        if state.ring.is_empty() {
            drop(state);
            return self.0.say("nothing is captured: there is no stream yet");
        }
        if state.queues.len() >= MOST_WRITERS {
            state.tally.failed += 1;
            drop(state);
            return self.0.say("nothing is captured: earlier captures still wait for their disk");
        }
        state.triggers += 1;
        let number = state.triggers;
        let mut queue = Queue::new(number, until, settings.limits.bytes.saturating_mul(WAITING));
        let snapshots = state.ring.snapshots(now);
        let is_empty = snapshots.is_empty();
        let lacks_part = state.ring.lacks_part();
        snapshots.into_iter().for_each(|snapshot| queue.begin(snapshot));
        let of_thread = self.clone();
        let spawned = threads::start("capture", 256 * 1024, move || of_thread.write(number));
        match &spawned {
            Ok(_) => state.queues.push(queue),
            Err(_) => state.tally.failed += 1,
        }
        drop(state);
        match spawned {
            Err(error) => self.0.say(&format!("nothing is captured: cannot start a thread: {error}")),
            Ok(_) if lacks_part => {
                let limit = output::bytes(settings.limits.bytes as u64);
                self.0.say(&format!(
                    "a part of the stream is larger than the {limit} of memory of the ring: the capture begins with the \
                     next part that fits; --ring-bytes gives more"
                ));
            }
            Ok(_) if is_empty => self.0.say("no part has come yet: the capture begins with the next one"),
            Ok(_) => {}
        }
    }

    /// Ends the capture that goes on, with what there is, and waits until it is closed, as long as the disk takes something.
    pub fn finish(&self) -> Tally {
        // The end of the response is known, unless the run broke off.
        let ended = ("local", self.0.clock.now());
        let mut state = self.0.lock();
        state.queues.iter_mut().for_each(|queue| queue.end(ended));
        self.0.changed.notify_all();
        let mut steps = state.steps;
        while !state.queues.is_empty() {
            let waited = self.0.changed.wait_timeout(state, PATIENCE);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = after;
            if timeout.timed_out() && state.steps == steps {
                state.tally.failed += state.queues.len() as u64;
                self.0.say("a capture is left behind: its disk does not answer");
                break;
            }
            steps = state.steps;
        }
        state.tally
    }

    /// The thread of a capture.
    fn write(&self, number: u64) {
        let written = self.0.write_queue(number);
        let mut state = self.0.lock();
        state.queues.retain(|queue| queue.number != number);
        if let Err(error) = written {
            state.tally.failed += 1;
            self.0.say(&format!("{error:#}; this capture ends there, the run goes on"));
        }
        self.0.changed.notify_all();
    }
}

impl Tap for FlightRecorder {
    fn bytes(&mut self, bytes: &[u8], at: Duration) -> Result<(), Problem> {
        let mut state = self.0.lock();
        let Some(read) = state.ring.push(bytes, at) else { return Ok(()) };
        if state.ring.take_is_full() && !state.has_told {
            state.has_told = true;
            let Limits { time, bytes } = self.0.settings.limits;
            let held = at.saturating_sub(state.ring.first_at().unwrap_or(at)).as_secs_f64();
            let limit = output::bytes(bytes as u64);
            self.0.say(&format!(
                "{limit} of memory hold {held:.1} s of the stream, not {time:?}: see --ring-bytes"
            ));
        }
        if self.0.begin_current(&mut state) {
            // The snapshot has this read.
            return Ok(());
        }
        if let Some(queue) = state.open(at) {
            queue.push(read);
            self.0.changed.notify_all();
        }
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the current response to a capture that goes on without it, once there is a border. Returns whether it has.
    fn begin_current(&self, state: &mut State) -> bool {
        let now = self.clock.now();
        let Some(queue) = state.queues.last_mut() else { return false };
        if !queue.goes_on(now) || !queue.lacks_current() {
            return false;
        }
        let Some(snapshot) = state.ring.current() else { return false };
        queue.begin(snapshot);
        self.changed.notify_all();
        true
    }

    fn write_queue(&self, number: u64) -> anyhow::Result<()> {
        let mut writer = Writer::new(&self.settings, &self.clock);
        let written = self.write_steps(number, &mut writer);
        writer.report();
        written
    }

    fn write_steps(&self, number: u64, writer: &mut Writer<'_>) -> anyhow::Result<()> {
        let mut state = self.lock();
        loop {
            state.steps += 1;
            let now = self.clock.now();
            // It is there until this thread removes it.
            let Some(queue) = state.queues.iter_mut().find(|queue| queue.number == number) else {
                return Ok(());
            };
            match queue.next(now) {
                Due::Steps(steps) => {
                    drop(state);
                    let completed = writer.take(steps)?;
                    state = self.lock();
                    state.tally.written += completed;
                }
                Due::Nothing(until) => {
                    let waited = self.changed.wait_timeout(state, until.saturating_sub(now));
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Due::End(ended) => {
                    drop(state);
                    let completed = writer.end(ended)?;
                    let mut state = self.lock();
                    state.tally.written += completed;
                    if !writer.has_begun() {
                        let why = match state.ring.lacks_part() {
                            true => "no part fits into the memory of --ring-bytes",
                            false => "no part has come",
                        };
                        return Err(anyhow!("nothing was captured: {why}"));
                    }
                    return Ok(());
                }
                Due::Overrun(bytes) => {
                    return Err(anyhow!(
                        "the disk is too slow: {} waited for it",
                        output::bytes(bytes as u64)
                    ));
                }
            }
        }
    }

    fn say(&self, text: &str) {
        self.settings.reporter.event(text);
    }
}
