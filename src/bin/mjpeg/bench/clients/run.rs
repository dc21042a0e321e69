//! Measures one row: opens the viewers, waits until they have a frame, and counts in a window.

use std::time::Duration;

use anyhow::Context;
use mjpeg::stats::Batches;
use socket2::SockAddr;

use super::arrivals::{Arrivals, Pattern};
use super::hall::Hall;
use super::live::Live;
use super::row::{Measured, Server};
use super::viewer::Window;
use crate::bench::obstacle::Obstacle;
use crate::bench::outputs::noise;
use crate::bench::process::{Process, Usage};
use crate::bench::viewers::Crowd;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::PlainRequest;

/// How long viewers may wait for their first frame, after the last one has come.
pub const SETTLE: Duration = Duration::from_secs(5);
/// Viewers that are opened in one turn of the loop: fewer than a server's queue of connections holds.
const OPENED_AT_ONCE: usize = 16;
/// Time between two looks at the server.
const SAMPLE: Duration = Duration::from_millis(500);

/// What all rows share.
pub struct Setting<'a> {
    /// The request of each viewer.
    pub request: &'a PlainRequest,
    /// Where to connect to.
    pub addresses: &'a [SockAddr],
    /// The length of the window.
    pub duration: Duration,
    /// How viewers come and go.
    pub pattern: Pattern,
    /// The process of the server.
    pub process: Option<&'a Process>,
    /// The clock.
    pub clock: Clock,
    /// Signals.
    pub stop: &'a Stop,
}

/// The end of a row.
pub struct Outcome {
    /// What was measured; `None` if a signal came before the window.
    pub measured: Option<Measured>,
    /// Why a viewer had no frame, the worst kind.
    pub worst: Option<Obstacle>,
}

/// Where a row is.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// Viewers come.
    Opening,
    /// The last ones wait for their first frame.
    Settling { until: Duration },
    /// Frames count.
    Window(Window),
}

impl Setting<'_> {
    /// Measures with `clients` viewers.
    ///
    /// # Errors
    ///
    /// If the system has no descriptors for it.
    pub fn row(&self, clients: u64, live: &mut Live) -> Result<Outcome, Problem> {
        let clock = &self.clock;
        let most = usize::try_from(clients).unwrap_or(usize::MAX);
        let mut crowd = Crowd::new(self.request, self.addresses, most, clock, self.stop)?;
        let mut hall = Hall::new(self.request, clock);
        let mut arrivals = Arrivals::new(self.pattern, clients, clock.now());
        let mut places: Vec<Option<(usize, usize)>> = vec![None; most];
        let mut came = 0;
        let mut watch = Watch::new(self.process, clock);
        let mut phase = Phase::Opening;
        loop {
            let now = clock.now();
            if self.stop.signal().is_some() {
                break;
            }
            let mut opened = 0;
            while opened < OPENED_AT_ONCE
                && let Some(place) = arrivals.arrival(now).or_else(|| arrivals.change(now))
            {
                let place = &mut places[place as usize];
                if let Some((number, index)) = place.take() {
                    hall.leave(number, index, &mut crowd);
                }
                *place = hall.open(&mut crowd);
                (opened, came) = (opened + 1, came + 1);
            }
            phase = match phase {
                Phase::Opening if arrivals.is_full() => Phase::Settling { until: now + SETTLE },
                Phase::Settling { until } if hall.tally.waiting() == 0 || now >= until => {
                    if now >= until && self.pattern.churn.is_none() {
                        hall.give_up(SETTLE);
                    }
                    let window = Window { start: clock.now(), end: clock.now() + self.duration };
                    hall.tally.begin(window);
                    watch.begin();
                    Phase::Window(window)
                }
                Phase::Window(window) if now >= window.end => break,
                phase => phase,
            };
            // A row without any viewer has nothing to count.
            if matches!(phase, Phase::Window(_)) && crowd.is_empty() && self.pattern.churn.is_none() {
                break;
            }
            watch.sample();
            live.show(clients, now, || self.measured(clients, came, &hall, &crowd, phase, &watch));
            let mut until = now + SAMPLE.min(live.interval());
            if let Phase::Window(Window { end, .. }) | Phase::Settling { until: end } = phase {
                until = until.min(end);
            }
            if let Some(next) = arrivals.next() {
                until = until.min(next);
            }
            crowd.turn(until, &mut hall).context("cannot wait for events")?;
        }
        watch.end();
        let measured = self.measured(clients, came, &hall, &crowd, phase, &watch);
        drop(crowd);
        let is_whole = matches!(phase, Phase::Window(_));
        Ok(Outcome { measured: measured.filter(|_| is_whole), worst: hall.worst })
    }

    fn measured(
        &self,
        clients: u64,
        arrivals: u64,
        hall: &Hall<'_>,
        crowd: &Crowd<'_>,
        phase: Phase,
        watch: &Watch<'_>,
    ) -> Option<Measured> {
        let now = self.clock.now();
        let (start, until) = match phase {
            Phase::Window(window) => (window.start, now.min(window.end)),
            _ => (now, now),
        };
        Some(Measured {
            clients,
            arrivals,
            tally: hall.tally.clone(),
            until,
            window: until.saturating_sub(start),
            has_no_lengths: crowd.has_no_lengths(),
            too_large: crowd.too_large(),
            server: watch.server(),
            server_noise: watch.server_noise(),
            client_cpu: watch.client(),
        })
    }
}

/// Looks at the server's process, and at this one.
struct Watch<'a> {
    process: Option<&'a Process>,
    clock: Clock,
    before: Option<Usage>,
    last: Option<Usage>,
    rss_bytes: u64,
    /// Processor time between two looks.
    slices: Batches,
    next: Duration,
    client_before: Duration,
    client_last: Duration,
}

impl<'a> Watch<'a> {
    fn new(process: Option<&'a Process>, clock: &Clock) -> Self {
        let (before, last) = (None, None);
        let client = clock.process();
        let clock = clock.clone();
        Self {
            process,
            next: clock.now(),
            clock,
            before,
            last,
            rss_bytes: 0,
            slices: Batches::default(),
            client_before: client,
            client_last: client,
        }
    }

    fn begin(&mut self) {
        self.before = self.process.map(Process::usage);
        self.last = self.before;
        self.client_before = self.clock.process();
        self.look();
    }

    fn sample(&mut self) {
        if self.clock.now() >= self.next {
            self.look();
        }
    }

    fn end(&mut self) {
        self.look();
    }

    fn look(&mut self) {
        self.next = self.clock.now() + SAMPLE;
        self.client_last = self.clock.process();
        let usage = self.process.filter(|process| process.lives()).map(Process::usage);
        if let Some((before, now)) = self.before.and(self.last).zip(usage) {
            self.slices.push(now.cpu_since(&before).as_secs_f64());
        }
        self.last = usage.or(self.last);
        self.rss_bytes = self.rss_bytes.max(self.last.map_or(0, |usage| usage.rss_bytes));
    }

    fn server(&self) -> Option<Server> {
        let (before, last) = (self.before?, self.last?);
        Some(Server {
            cpu: last.cpu_since(&before),
            rss_bytes: self.rss_bytes,
            descriptors: last.descriptors,
            threads: last.threads,
        })
    }

    fn server_noise(&self) -> Option<f64> {
        Some(noise::mean(&self.slices)).filter(|_| self.process.is_some())
    }

    fn client(&self) -> Duration {
        self.client_last.saturating_sub(self.client_before)
    }
}
