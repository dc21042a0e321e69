//! `/probe?target=URL&module=NAME`: one look at a camera for each request, as blackbox_exporter has it.
//!
//! A request makes this process send requests to a host that the client names. So: only http and https; hosts only as far as
//! `--allow-target` and the module allow them, redirections included; a bounded number of probes, each bounded in time and
//! bytes; and the answer has numbers and our own words only.

mod look;
mod metrics;
mod modules;
mod refusals;

use std::ffi::OsStr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use self::look::look;
pub use self::modules::Modules;
use self::refusals::{Asked, Refusals, Turn};
use crate::clock::Clock;
use crate::exposition;
use crate::listen::answer::Answer;
use crate::listen::request::Request;
use crate::percent;
use crate::redacted::redacted;
use crate::signal::Stop;
use crate::transport::{HostPattern, Target};

/// Probes at the same time.
const MOST_PROBES: usize = 48;
/// The most bytes that a probe reads: 5 s of 100 Mbit a second.
const MOST_BYTES: u64 = 64 << 20;
/// The longest time of a probe if the request names none.
const LONGEST: Duration = Duration::from_millis(9500);
/// How much earlier than the timeout of the request the answer is made.
const MARGIN: Duration = Duration::from_millis(500);

/// Which hosts may be probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Any: only this machine can send requests.
    All,
    /// Those of the patterns; none if there is no pattern.
    Only(Vec<HostPattern>),
}

/// Makes probes.
#[derive(Debug)]
pub struct Prober {
    modules: Modules,
    allowed: Allowed,
    clock: Clock,
    stop: Stop,
    running: AtomicUsize,
    made: AtomicU64,
    refusals: Refusals,
}

impl Prober {
    /// A prober that has made no probe.
    pub fn new(modules: Modules, allowed: Allowed, clock: &Clock, stop: &Stop) -> Self {
        let (clock, stop) = (clock.clone(), stop.clone());
        Self {
            modules,
            allowed,
            clock,
            stop,
            running: AtomicUsize::new(0),
            made: AtomicU64::new(0),
            refusals: Refusals::default(),
        }
    }

    /// Probes that were made.
    pub fn count(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Makes the probe that a request asks for.
    pub fn answer(&self, request: &Request) -> Answer {
        match self.probe(request) {
            Ok(text) => Answer::new(200, exposition::CONTENT_TYPE, text),
            Err((status, why)) => Answer::text(status, &why),
        }
    }

    fn probe(&self, request: &Request) -> Result<String, (u16, String)> {
        let began = self.clock.now();
        let text =
            parameter(request, "target").ok_or((400, "the parameter target is missing".to_string()))?;
        let shown = redacted(&text);
        let target = Target::checked(OsStr::new(&text)).map_err(|why| (400, format!("{shown}: {why}")))?;
        if !target.is_live() {
            return Err((400, format!("{shown} is not an http or https URL")));
        }
        let name = parameter(request, "module");
        let module =
            self.modules.find(name.as_deref()).ok_or((400, "there is no such module".to_string()))?;
        let mut options = module.options.clone();
        let mut lists = Vec::new();
        if let Allowed::Only(patterns) = &self.allowed {
            if patterns.is_empty() {
                let why = "probes need --allow-target PATTERN, since other machines can send requests";
                return Err((403, why.into()));
            }
            lists.push((patterns, "of --allow-target"));
        }
        if !module.hosts.is_empty() {
            lists.push((&module.hosts, "of the module"));
        }
        for (patterns, whose) in &lists {
            if !patterns.iter().any(|pattern| pattern.allows_url(&target)) {
                return Err((403, format!("{shown} is not among the targets {whose}")));
            }
        }
        options.transport.allowed = lists.into_iter().map(|(patterns, _)| patterns.clone()).collect();
        let longest = longest(request);
        let asked = Asked { target: text, module: name };
        // Half of the time is left for the look.
        let patience =
            if module.has_secret() || shown != asked.target { longest / 2 } else { Duration::ZERO };
        let turn =
            self.refusals.turn(asked, patience, &self.clock, |look, ago| metrics::text(look, Some(ago)));
        let asking = match turn {
            Turn::Answer(text) => return Ok(text),
            Turn::Ask(asking) => asking,
        };
        let _place = Place::take(&self.running)
            .ok_or((503, format!("{MOST_PROBES} probes are running, and there are no more at a time")))?;
        self.made.fetch_add(1, Ordering::Relaxed);
        let left = longest.saturating_sub(self.clock.now().saturating_sub(began));
        let look = look(&target, &options, left, MOST_BYTES, &self.clock, &self.stop, &|| asking.known());
        let refused = (!look.pause.is_zero()).then_some(Duration::ZERO);
        let answer = metrics::text(&look, refused);
        asking.ended(look, self.clock.now());
        Ok(answer)
    }
}

/// The longest time of the probe of a request: Prometheus says how long it waits.
fn longest(request: &Request) -> Duration {
    let timeout =
        request.field("x-prometheus-scrape-timeout-seconds").and_then(|text| text.parse::<f64>().ok());
    let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // A timeout that is shorter than the margin leaves half of it.
    timeout
        .map_or(LONGEST, |timeout| timeout.saturating_sub(MARGIN).max(timeout / 2))
        .min(Duration::from_secs(60))
}

/// The value of a parameter of the query, decoded.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let text = request.parameter(name)?.replace('+', " ");
    String::from_utf8(percent::decoded(&text)).ok()
}

/// A place among the probes that run.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(running: &'a AtomicUsize) -> Option<Self> {
        let taken =
            running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n < MOST_PROBES).then_some(n + 1));
        taken.ok().map(|_| Self(running))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
