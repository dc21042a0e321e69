//! The open window of a camera: what its responses have shown since the last one.
//!
//! It takes what the transport reports, with the times, and knows no clock, socket or thread. Its memory does not grow: a
//! judge that goes on from window to window ([`Judge::window`]), and at most one finding for each rule.

use std::sync::Arc;
use std::time::Duration;

use mjpeg::check::{Finding, Judge, Report, Silence};
use mjpeg::multipart::{Event, Framing};
use mjpeg::stats::Timing;

use super::checkers;
use super::rules::Rules;
use crate::criteria::Verdict;
use crate::depth::Walks;
use crate::status;
use crate::transport::{End, Lost, OpenErrorKind, Opened, Pulse, Reason, Secrets};
use crate::value::in_words;

/// What a window has shown.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The verdict.
    pub verdict: Verdict,
    /// Why there is no stream, or why it ended.
    pub why: Option<String>,
    /// All findings, those that count first.
    pub findings: Vec<Finding>,
    /// How many of them count.
    pub counting: usize,
    /// Parts with a whole picture.
    pub pictures: u64,
    /// The timing of the last response in the window.
    pub timing: Option<Timing>,
    /// The size of its pictures.
    pub size: Option<(u16, u16)>,
    /// The median of their bytes.
    pub bytes_p50: Option<u64>,
    /// The longest time from the arrival of a picture to its judgement: we were busy or stopped.
    pub behind: Duration,
}

impl Seen {
    /// The findings that count.
    pub fn alarms(&self) -> &[Finding] {
        &self.findings[..self.counting]
    }
}

/// The open window of one camera.
#[derive(Debug)]
pub struct Window {
    rules: Arc<Rules>,
    walks: Walks,
    judge: Option<Box<Judge>>,
    /// Whether the judge takes the pictures of a snapshot URL, each of a response of its own.
    is_polled: bool,
    /// When arrival times are zero, by the clock.
    zero: Option<Duration>,
    /// What responses that ended in this window have shown.
    ended: Gathered,
    /// The worst loss in this window.
    worst: Option<(Verdict, String)>,
    /// Why there is no stream now.
    lost: Option<(Verdict, String)>,
    behind: Duration,
    /// The arrival time of the last read.
    last_read: Option<Duration>,
    /// What can be asked about a silence that goes on.
    pulse: Pulse,
    /// What the server of the last stream may repeat.
    secrets: Secrets,
}

/// The reports of a window together.
#[derive(Debug, Default)]
struct Gathered {
    findings: Vec<Finding>,
    parts: u64,
    pictures: u64,
    timing: Option<Timing>,
    size: Option<(u16, u16)>,
    bytes_p50: Option<u64>,
}

impl Window {
    /// A window in which nothing has happened.
    pub fn new(rules: &Arc<Rules>) -> Self {
        Self {
            rules: Arc::clone(rules),
            walks: Walks::new(rules.depth, true),
            judge: None,
            is_polled: false,
            zero: None,
            ended: Gathered::default(),
            worst: None,
            lost: None,
            behind: Duration::ZERO,
            last_read: None,
            pulse: Pulse::default(),
            secrets: Secrets::default(),
        }
    }

    /// A new connection begins: its arrival times have a zero of their own.
    pub fn begin(&mut self, now: Duration) {
        self.end_response(now);
        (self.zero, self.last_read) = (None, None);
    }

    /// The next sample begins. Whether the camera was there in the last one does not count in it.
    pub fn begin_sample(&mut self, now: Duration) {
        self.begin(now);
        (self.worst, self.lost) = (None, None);
    }

    /// A stream was opened at `now` of the clock.
    pub fn opened(&mut self, opened: &Opened, now: Duration) {
        self.lost = None;
        if opened.reason == Reason::Poll && self.is_polled && self.judge.is_some() {
            return;
        }
        self.is_polled = opened.is_polled;
        self.secrets = opened.secrets.clone();
        self.pulse = opened.pulse.clone();
        let mut judge = self.rules.judge();
        judge.start(opened.head_start);
        if let Some(head) = &opened.head {
            judge.head(head);
        }
        judge.begin_at(self.zero.map_or(Duration::ZERO, |zero| now.saturating_sub(zero)));
        self.judge = Some(judge);
    }

    /// One read: see [`Judge::received`].
    pub fn received(&mut self, reached: u64, at: Duration, now: Duration) {
        // The same read may be reported again.
        if self.last_read.replace(at) != Some(at) {
            self.came(at, now);
        }
        if let Some(judge) = &mut self.judge {
            judge.received(reached, at);
        }
    }

    /// A time without a byte, or a late read: see [`Judge::silence`].
    pub fn silence(&mut self, silence: &Silence) {
        if let Some(judge) = &mut self.judge {
            judge.silence(silence);
        }
    }

    /// An event of the stream, which is handled at `now` of the clock.
    pub fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>, now: Duration) {
        let Some(judge) = &mut self.judge else { return };
        if let Event::Part(part) = event {
            // A part that only bytes behind it, or the end of the input, have ended was not to be judged before.
            let is_due = part.framing != Framing::EndOfInput && arrival == self.last_read;
            if let Some(arrival) = arrival.filter(|_| is_due) {
                let zero = self.zero.unwrap_or(now);
                self.behind = self.behind.max(now.saturating_sub(zero + arrival));
            }
            judge.set_deep(self.walks.next(now, arrival));
            if let (true, true, Some(arrival)) = (self.is_polled, part.number > 1, arrival) {
                return checkers::lent(judge, |judge| judge.polled(part, arrival));
            }
            return checkers::lent(judge, |judge| judge.event(event, arrival));
        }
        judge.event(event, arrival);
    }

    /// Something came at `at` since the first byte; it is seen at `now` of the clock.
    fn came(&mut self, at: Duration, now: Duration) {
        let zero = now.saturating_sub(at);
        let zero = self.zero.map_or(zero, |earlier| earlier.min(zero));
        self.zero = Some(zero);
        self.behind = self.behind.max(now.saturating_sub(zero + at));
    }

    /// The stream ended, or could not be opened.
    pub fn lost(&mut self, lost: &Lost<'_>, now: Duration) {
        match (lost.end, lost.kind) {
            (Some(end), _) => self.ended(end, now),
            (None, Some(kind)) => self.unopened(kind, lost.why),
            (None, None) => {}
        }
    }

    /// The stream ended like this. A stream that should go on is not to end.
    pub fn ended(&mut self, end: &End, now: Duration) {
        if let Some(judge) = &mut self.judge {
            match end {
                End::Unframed(error) => judge.chunk_error(error),
                End::Closed if !judge.is_snapshot() => judge.ended_early("more"),
                _ => {}
            }
        }
        if let End::NotAStream(_) = end {
            self.judge = None;
        }
        self.end_response(now);
        if let Some(exit) = status::of_end(end, true) {
            self.is_lost(Verdict::of(exit), end.to_string());
        }
    }

    /// No stream could be opened.
    pub fn unopened(&mut self, kind: OpenErrorKind, why: &str) {
        self.judge = None;
        self.is_lost(Verdict::of(kind.into()), why.into());
    }

    /// The reading stops here, and the stream may go on.
    pub fn end_response(&mut self, now: Duration) {
        if let Some(judge) = self.judge.take() {
            let watched = self.watched(now);
            self.ended.add(judge.finish(watched));
        }
    }

    /// A sample of this `length` ends at `now`, although its stream may go on. If what came allows no verdict, that is a stall,
    /// since nobody waits for more. Returns why in words then.
    pub fn end_sample(&mut self, now: Duration, length: Duration) -> Option<String> {
        self.judge.as_ref()?;
        self.end_response(now);
        let Gathered { findings, parts, pictures, .. } = &self.ended;
        let time = in_words(length);
        let what = match parts {
            0 => format!("no complete part came in {time}"),
            _ if *pictures > 0 || findings.iter().any(|finding| self.rules.alarm.counts(finding)) => {
                return None;
            }
            1 => format!("the only part in {time} was no good picture"),
            _ => format!("none of the {parts} parts in {time} was a good picture"),
        };
        let why = format!("stalled: {what} (--window)");
        self.is_lost(Verdict::Stalled, why.clone());
        Some(why)
    }

    fn is_lost(&mut self, verdict: Verdict, why: String) {
        if self.worst.as_ref().is_none_or(|worst| worst.0 < verdict) {
            self.worst = Some((verdict, why.clone()));
        }
        self.lost = Some((verdict, why));
    }

    fn watched(&self, now: Duration) -> Option<Duration> {
        self.zero.map(|zero| now.saturating_sub(zero))
    }

    /// What the window that ends at `now` has shown, and the next one begins. `None`: nothing that allows a verdict.
    pub fn close(&mut self, now: Duration) -> Option<Seen> {
        let watched = self.watched(now);
        if let Some(judge) = &mut self.judge {
            if let Some((silence, zero)) = self.pulse.silence().zip(self.zero) {
                let since = |time: Duration| time.saturating_sub(zero);
                let (from, to) = (since(silence.from), since(silence.to));
                judge.silent_now(&Silence { from, to, ..silence });
            }
            self.ended.add(judge.window(watched));
        }
        let Gathered { mut findings, pictures, timing, size, bytes_p50, .. } =
            std::mem::take(&mut self.ended);
        for finding in &mut findings {
            finding.message = self.secrets.hidden_quotation(&finding.message);
        }
        let worst = self.worst.take();
        // A camera that is not there stays so in the next window.
        self.worst.clone_from(&self.lost);
        let alarm = self.rules.alarm;
        findings.sort_by_key(|finding| (!alarm.counts(finding), std::cmp::Reverse(finding.severity())));
        let counting = findings.iter().filter(|finding| alarm.counts(finding)).count();
        let verdict = match &worst {
            Some((verdict, _)) => *verdict,
            None if counting > 0 => Verdict::Fail,
            None if pictures > 0 => Verdict::Pass,
            None => return None,
        };
        let behind = std::mem::take(&mut self.behind);
        let why = worst.map(|(_, why)| why);
        Some(Seen { verdict, why, findings, counting, pictures, timing, size, bytes_p50, behind })
    }
}

impl Gathered {
    fn add(&mut self, report: Report) {
        for finding in report.findings {
            match self.findings.iter_mut().find(|it| it.rule == finding.rule) {
                Some(earlier) => earlier.count += finding.count,
                None => self.findings.push(finding),
            }
        }
        self.parts += report.parts;
        self.pictures += report.pictures;
        self.timing = report.timing.or(self.timing);
        self.size = report.frames.size.or(self.size);
        self.bytes_p50 = report.frames.bytes_p50.or(self.bytes_p50);
    }
}
