//! The measurement: two viewers, three phases.

use std::time::Duration;

use anyhow::Context;
use socket2::SockAddr;

use super::server_side;
use super::side::{Phase, Side};
use super::verdict::Measured;
use crate::bench::obstacle::Obstacle;
use crate::bench::process::Process;
use crate::bench::viewers::{Appetite, Audience, Crowd, Frame, Over};
use crate::clock::Clock;
use crate::output;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::PlainRequest;

/// How long the viewers may wait for their first frame.
const SETTLE: Duration = Duration::from_secs(5);
/// Time between two looks at the server.
const SAMPLE: Duration = Duration::from_millis(100);

/// Looks that must agree.
const CLOSED_LOOKS: u32 = 3;

/// What is measured, and how.
pub struct Setting<'a> {
    /// The request of both viewers.
    pub request: &'a PlainRequest,
    /// Where to connect to.
    pub addresses: &'a [SockAddr],
    /// Bytes per second that A reads while it is slow; nothing without it.
    pub rate: Option<u64>,
    /// How long A is slow.
    pub duration: Duration,
    /// The process of the server.
    pub process: Option<&'a Process>,
    /// Whether progress is hidden.
    pub is_quiet: bool,
    /// The clock.
    pub clock: Clock,
    /// Signals.
    pub stop: &'a Stop,
}

/// The two viewers. Their numbers in the loop are 0 and 1.
struct Pair<'a> {
    sides: [Side; 2],
    phase: Phase,
    resumed: Option<Duration>,
    obstacle: Option<Obstacle>,
    request: &'a PlainRequest,
    clock: Clock,
}

impl Audience for Pair<'_> {
    fn frame(&mut self, viewer: usize, at: Duration, frame: Frame) {
        let age = frame.stamp.and_then(|stamp| stamp.age(&self.clock));
        self.sides[viewer].frame(self.phase, at, age, self.resumed);
    }

    fn bytes(&mut self, viewer: usize, _: Duration, n: usize) {
        self.sides[viewer].bytes(self.phase, n);
    }

    fn over(&mut self, viewer: usize, at: Duration, why: Over) {
        let side = &mut self.sides[viewer];
        side.over = Some(at);
        if !side.is_served() {
            self.obstacle = Some(Obstacle::of(why, false, self.request, &self.clock));
        }
    }
}

/// Since when the server's end of a connection is closed. The table of connections is not read at one moment: one look at it may
/// miss an end that is open.
#[derive(Debug, Default)]
struct Closed {
    first: Option<Duration>,
    looks: u32,
}

impl Closed {
    fn look(&mut self, is_closed: bool, at: Duration) {
        if !is_closed && self.looks < CLOSED_LOOKS {
            *self = Self::default();
        } else if is_closed {
            self.first.get_or_insert(at);
            self.looks += 1;
        }
    }

    fn since(&self) -> Option<Duration> {
        self.first.filter(|_| self.looks >= CLOSED_LOOKS)
    }
}

impl Setting<'_> {
    /// Measures. Returns why there is nothing to measure, if a viewer is not served.
    ///
    /// # Errors
    ///
    /// If the system has no descriptors for it.
    pub fn run(&self) -> Result<Result<Measured, Obstacle>, Problem> {
        let clock = &self.clock;
        let mut crowd = Crowd::new(self.request, self.addresses, 2, clock, self.stop)?;
        let mut pair = Pair {
            sides: Default::default(),
            phase: Phase::Before,
            resumed: None,
            obstacle: None,
            request: self.request,
            clock: clock.clone(),
        };
        for _ in 0..2 {
            if let Err(over) = crowd.open(Appetite::Full) {
                return Ok(Err(Obstacle::of(over, false, self.request, clock)));
            }
        }
        let deadline = clock.now() + SETTLE;
        while !pair.sides.iter().all(Side::is_served) {
            if let Some(obstacle) = pair.obstacle.take() {
                return Ok(Err(obstacle));
            }
            if clock.now() >= deadline || self.stop.signal().is_some() {
                return Ok(Err(Obstacle::silence(SETTLE.as_secs())));
            }
            crowd.turn(deadline, &mut pair).context("cannot wait for events")?;
        }
        // What came before is no part of the measurement.
        pair.sides.iter_mut().for_each(Side::restart);
        let (mut lengths, mut closed) = ([Duration::ZERO; 3], Closed::default());
        let mut rss: Option<(u64, u64)> = None;
        let mut slow_since = Duration::ZERO;
        let first = clock.now();
        for phase in [Phase::Before, Phase::During, Phase::After] {
            if self.stop.signal().is_some() {
                break;
            }
            pair.phase = phase;
            let started = clock.now();
            match phase {
                Phase::Before => self.tell("both viewers read everything"),
                Phase::During => {
                    slow_since = started;
                    crowd.set_appetite(0, self.rate.map_or(Appetite::Nothing, Appetite::Rate));
                    self.tell("A is slow");
                }
                Phase::After => {
                    pair.resumed = Some(started);
                    crowd.set_appetite(0, Appetite::Full);
                    self.tell("A reads everything again");
                }
            }
            let length = if phase == Phase::During { self.duration } else { self.duration / 2 };
            let (end, mut look) = (started + length, started);
            while clock.now() < end && self.stop.signal().is_none() {
                if clock.now() >= look {
                    look = clock.now() + SAMPLE;
                    if let Some(bytes) = self.process.filter(|it| it.lives()).map(|it| it.usage().rss_bytes) {
                        let (before, most) = rss.unwrap_or((bytes, bytes));
                        rss = Some((if phase == Phase::Before { bytes } else { before }, most.max(bytes)));
                    }
                    let ends = if phase == Phase::Before { None } else { crowd.addresses(0) };
                    let is_closed = ends.and_then(|(own, server)| server_side::is_open(own, server));
                    closed.look(is_closed == Some(false), clock.now());
                }
                crowd.turn(end.min(look), &mut pair).context("cannot wait for events")?;
            }
            let now = clock.now();
            pair.sides.iter_mut().for_each(|side| side.end(phase, now));
            lengths[phase as usize] = now.saturating_sub(started);
        }
        let [a, b] = pair.sides;
        // A has read to the end of what was sent, so it has seen the end too.
        let cut_off_at = a.over.map(|over| closed.since().map_or(over, |since| since.min(over)));
        let cut_off_after = cut_off_at.map(|at| at.saturating_sub(slow_since));
        Ok(Ok(Measured { a, b, started: first, lengths, cut_off_after, rss }))
    }

    fn tell(&self, text: &str) {
        if !self.is_quiet {
            output::message("bench", text);
        }
    }
}
