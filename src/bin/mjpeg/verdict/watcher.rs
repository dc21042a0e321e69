//! Takes the events of a target for the judge, the page and the baseline.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mjpeg::check::{Judge, Silence};
use mjpeg::multipart::{Event, Extent, Part};

use crate::clock::Clock;
use crate::depth::Walks;
use crate::problem::Problem;
use crate::progress::Parts;
use crate::strip_reader::StripReader;
use crate::transport::{Flow, Observer};
use crate::verdict::baseline::Steadiness;
use crate::verdict::evidence::Collector;
use crate::verdict::options::Options;
use crate::verdict::recorded::Judging;
use crate::verdict::sample::Sample;

/// What reads a target for its judge.
pub struct Watcher {
    /// What finds what is wrong.
    pub judge: Judge,
    strips: StripReader,
    /// When the first byte came, since 1970-01-01 UTC.
    began: Option<Duration>,
    parts_left: Option<u64>,
    /// When the first picture came, since the first byte.
    pub first_frame: Option<Duration>,
    /// The picture of a response that may be a snapshot.
    pub picture: Option<Vec<u8>>,
    walks: Walks,
    clock: Clock,
    /// What the consumers are asked about.
    pub sample: Option<Sample>,
    /// Of all targets together.
    parts: Parts,
    /// The figures for a baseline.
    pub steadiness: Steadiness,
    /// For the page, if there is one.
    pub collector: Option<Collector>,
}

impl Watcher {
    /// A watcher that has seen nothing, and has enough after `parts`.
    pub fn new(parts: Option<u64>, options: &Options, is_live: bool, clock: &Clock) -> Self {
        Self {
            judge: Judge::new(options.expectations.clone()),
            strips: StripReader::new(),
            began: None,
            parts_left: parts,
            first_frame: None,
            picture: None,
            walks: Walks::new(options.depth, is_live),
            clock: clock.clone(),
            sample: None,
            parts: Parts::clone(&options.parts),
            steadiness: Steadiness::default(),
            collector: options.evidence_bytes.map(Collector::new),
        }
    }

    /// Reads the strip of the next part for the judge.
    fn read_strip(&mut self, part: &Part<'_>, arrival: Option<Duration>) {
        if let Some(identity) = self.strips.read(part.body) {
            let at = self.began.zip(arrival).map(|(began, arrival)| began.saturating_add(arrival));
            self.judge.identity(identity, at);
        }
    }

    /// The picture of another answer of a snapshot URL.
    pub fn polled(&mut self, number: u64, part: &Part<'_>, arrival: Duration) {
        self.judge.set_deep(self.walks.next(self.clock.now(), Some(arrival)));
        let mut part = *part;
        part.number = number;
        self.read_strip(&part, Some(arrival));
        self.judge.polled(&part, arrival);
        self.parts.fetch_add(1, Ordering::Relaxed);
        self.steadiness.push(Some(arrival), part.spans.body.len);
        if let Some(collector) = &mut self.collector {
            collector.part(&part, Some(arrival));
        }
    }
}

impl Judging for Watcher {
    fn judge(&mut self) -> &mut Judge {
        &mut self.judge
    }

    fn interrupted(&mut self) {
        self.judge.interrupt();
        self.steadiness.interrupt();
    }
}

impl Observer for Watcher {
    fn began(&mut self, unix: Duration) {
        self.began = Some(unix);
    }

    fn received(&mut self, reached: u64, at: Duration) {
        self.judge.received(reached, at);
    }

    fn silence(&mut self, silence: &Silence) {
        self.judge.silence(silence);
    }

    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        if let Event::Part(part) = event {
            self.judge.set_deep(self.walks.next(self.clock.now(), arrival));
            self.read_strip(part, arrival);
        }
        self.judge.event(event, arrival);
        if let Event::Part(part) = event {
            self.parts.fetch_add(1, Ordering::Relaxed);
            self.steadiness.push(arrival, part.spans.body.len);
            if let Some(sample) = &self.sample {
                sample.part(part);
            }
            if let Some(collector) = &mut self.collector {
                collector.part(part, arrival);
            }
            self.first_frame = self.first_frame.or(arrival);
            let is_whole = matches!(part.extent, Extent::Complete { .. });
            self.picture = (is_whole && self.judge.is_snapshot()).then(|| part.body.to_vec());
            if let Some(left) = &mut self.parts_left {
                *left -= 1;
                if *left == 0 {
                    return Ok(Flow::Enough);
                }
            }
        }
        Ok(Flow::More)
    }
}
