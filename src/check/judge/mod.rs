//! The judge: events of a stream in, a report out.

mod body_length;
mod capture_time;
mod content;
mod deviation;
mod expectations;
mod findings;
mod flow;
mod format;
mod freshness;
mod gaps;
mod part_head;
mod parts;
mod pictures;
mod recording;
mod repeats;
mod response;
mod rtp;
mod run;
mod snapshots;
mod strip;
mod ticks;
mod timing;
mod unframed;
mod watch;
mod window;

use alloc::format;
use core::mem;
use core::time::Duration;

use self::body_length::BodyLength;
use self::deviation::Length;
use self::findings::{Findings, Place};
use self::parts::Parts;
use self::snapshots::Candidate;
use self::unframed::Unframed;
use self::watch::Watch;
use crate::check::cause::Silence;
use crate::check::rule::Severity;
use crate::check::rules::carrier::CROSS_ORIGIN_REFUSED;
use crate::check::rules::timing::ENDED_EARLY;
use crate::consumers::HeadStart;
use crate::counted::Counted;
use crate::http::{ChunkError, Head};
use crate::jpeg::Checker;
use crate::multipart::{Collector, Deviation, DeviationKind, Event, Part};
use crate::strip::Identity;

pub use self::expectations::Expectations;
pub use self::recording::RecordingFault;
pub use self::snapshots::Snapshots;

/// Judges one stream. Give it the response head, then each event; then ask for the report.
///
/// ```
/// use mjpeg::check::{Expectations, Judge};
/// use mjpeg::http::Head;
///
/// let mut judge = Judge::new(Expectations::default());
/// judge.head(&Head::parse(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")?.unwrap());
/// let report = judge.finish(None);
/// assert_eq!(report.findings[0].rule.code, "H102");
/// # Ok::<(), mjpeg::http::HeadError>(())
/// ```
#[derive(Debug)]
pub struct Judge {
    expectations: Expectations,
    findings: Findings,
    /// What keeps the stream from carriers.
    obstacles: Findings,
    /// The findings and the obstacles of the head, which count in each window.
    of_head: (Findings, Findings),
    parts: Parts,
    /// Parts of earlier windows.
    earlier: u64,
    watch: Watch,
    /// Whether the last delimiter was a close-delimiter.
    is_ended: bool,
    /// Neither a head came nor one is missing: a file holds a body alone.
    is_bare: bool,
    body_length: BodyLength,
    /// Whether the response is a snapshot.
    candidate: Candidate,
    /// The deviations of each part, with its Content-Length.
    deviations: Collector<Length>,
    framing: Unframed,
    /// Whether the last part that was judged has a Content-Length.
    has_length: bool,
}

impl Judge {
    /// A judge of a new stream.
    pub fn new(expectations: Expectations) -> Self {
        Self {
            expectations,
            findings: Findings::default(),
            obstacles: Findings::default(),
            of_head: Default::default(),
            parts: Parts::new(),
            earlier: 0,
            watch: Watch::default(),
            is_ended: false,
            is_bare: true,
            body_length: BodyLength::default(),
            candidate: Candidate::default(),
            deviations: Collector::new(),
            framing: Unframed::default(),
            has_length: true,
        }
    }

    /// Takes what the response starts with, if that is not a status line. A response without a head has no
    /// other findings about its head.
    pub fn start(&mut self, start: HeadStart) {
        self.is_bare &= start != HeadStart::Body;
        if start == HeadStart::Body {
            self.obstacles.note(&CROSS_ORIGIN_REFUSED, Place::STREAM, "no response head");
        }
        response::start(start, &mut self.findings);
        self.of_head = (self.findings.clone(), self.obstacles.clone());
    }

    /// Takes the response head.
    pub fn head(&mut self, head: &Head) {
        self.is_bare = false;
        self.body_length = BodyLength::of(head);
        self.candidate.head(head);
        response::head(head, &mut self.findings);
        response::carried(head, &mut self.obstacles);
        self.parts.pictures.dash_boundary = response::dash_boundary(head);
        self.of_head = (self.findings.clone(), self.obstacles.clone());
    }

    /// Takes when the first byte of the body came: the time of day, since 1970-01-01 UTC, and the time since
    /// the request.
    pub fn began(&mut self, unix: Duration, waited: Duration) {
        self.watch = Watch { began: Some(unix), waited, ..self.watch };
    }

    /// Times of arrival do not count from the first byte of this body, but from an earlier one: this one came `since` later.
    pub fn begin_at(&mut self, since: Duration) {
        self.watch.since = since;
    }

    /// Whether the entropy-coded data of the next pictures is read; at first as the expectations say.
    pub fn set_deep(&mut self, deep: bool) {
        self.expectations.deep = deep;
    }

    /// Lends this judge a checker, and returns the one that it had. With many judges, those that read no picture at the moment
    /// need none: its tables are most of the memory of a judge. Without one, a judge makes its own.
    pub fn exchange_checker(&mut self, checker: Option<Checker>) -> Option<Checker> {
        mem::replace(&mut self.parts.pictures.checker, checker)
    }

    /// Whether the response so far is one picture, perhaps a damaged one, without a frame around it, as its type says: the
    /// answer of a snapshot URL.
    pub fn is_snapshot(&self) -> bool {
        self.candidate.is_snapshot()
    }

    /// Takes what other requests for this snapshot got.
    pub fn snapshots(&mut self, snapshots: Snapshots) {
        self.candidate.others(snapshots);
    }

    /// Takes the picture of another answer, as one more part: what it shows and when it came are judged. `arrival`: when its
    /// last byte came, since the first byte of the first answer.
    pub fn polled(&mut self, part: &Part<'_>, arrival: Duration) {
        self.candidate.polled();
        let (findings, obstacles) = (&mut self.findings, &mut self.obstacles);
        self.parts.part(part, Some(arrival), &self.expectations, findings, obstacles);
    }

    /// Takes what the coded strip of the next part says, before its event. The pixels of a scaled picture show it too, and
    /// only the caller can decode them. `at`: when the last byte of the part came, since 1970-01-01 UTC, if known.
    pub fn identity(&mut self, identity: Identity, at: Option<Duration>) {
        self.parts.identity = Some((identity, at));
    }

    /// Takes one read, before the events of its bytes: at time `at` since the first byte, the first `reached`
    /// bytes of the body had come.
    pub fn received(&mut self, reached: u64, at: Duration) {
        self.parts.flow.received(reached, at);
    }

    /// Takes a time without a byte, or a late read, before the read that ended it: what the caller knows of its cause.
    pub fn silence(&mut self, silence: &Silence) {
        self.parts.gaps.silence(silence);
    }

    /// Takes what is known of the silence that goes on when a window ends, before [`Judge::window`]. The next window takes
    /// it as a whole by [`Judge::silence`].
    pub fn silent_now(&mut self, silence: &Silence) {
        self.parts.gaps.silent_now(silence);
    }

    /// Nobody watched between the last part and the next one, and how long is not known: gaps, missing frames and the age of the
    /// pictures are judged on each side alone. Times of arrival must not go back all the same.
    pub fn interrupt(&mut self) {
        self.parts.interrupt(&self.watch, &mut self.findings);
    }

    /// A live stream has ended before `asked` was read, such as `20 s`.
    pub fn ended_early(&mut self, asked: &str) {
        let close = if self.is_ended { "with a close-delimiter" } else { "without a close-delimiter" };
        let parts = Counted(self.earlier + self.parts.count, "part");
        let message = format!("the stream ended {close} after {parts}; {asked} were to be read");
        let severity = match (self.expectations.live, self.is_ended) {
            (true, _) => Severity::Error,
            (false, false) => Severity::Warning,
            (false, true) => Severity::Info,
        };
        self.findings.note_as(severity, &ENDED_EARLY, message);
    }

    /// Takes the number of bytes of the body, without chunk framing, when the response has ended.
    pub fn ended_after(&mut self, bytes: u64) {
        self.candidate.ended_after(bytes);
    }

    /// Takes the error that ended the chunked body.
    pub fn chunk_error(&mut self, error: &ChunkError) {
        response::chunk_error(error, &mut self.findings);
    }

    /// Takes the next event of the parser. `arrival`: when its last byte arrived, if known.
    pub fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) {
        match event {
            Event::Preamble { span, bytes } => {
                let is_blank = bytes.iter().all(|b| b"\r\n".contains(b));
                let of_what = if is_blank { " of line ends" } else { "" };
                let message = format!("{}{of_what} before the first delimiter", Counted(span.len, "byte"));
                let place = Place { part: None, offset: Some(span.start) };
                self.findings.note(deviation::preamble(is_blank), place, message);
                self.candidate.preamble(span.len);
            }
            Event::Part(part) => {
                self.is_ended = false;
                self.candidate.part(part);
                response::part_end(part, self.body_length.counting(), &mut self.findings);
                let (findings, obstacles) = (&mut self.findings, &mut self.obstacles);
                self.parts.part(part, arrival, &self.expectations, findings, obstacles);
            }
            Event::CloseDelimiter(_) => self.is_ended = true,
            Event::Deviation(Deviation { kind: DeviationKind::ChunksMissing, .. }) => {
                self.body_length.chunks_missing([&mut self.findings, &mut self.of_head.0]);
            }
            Event::Deviation(_) | Event::Epilogue(_) => {}
        }
        self.deviations.event(event);
        if let Event::Part(part) = event {
            self.deviations.open(part.number, Length::of_part(part));
            self.framing.part(part);
        }
        self.judge_deviations();
    }

    /// Judges the deviations of the parts for which all of them are known.
    fn judge_deviations(&mut self) {
        for part in &mut self.deviations {
            // A part that was skipped, or never came, is judged like the one before it.
            let length = part.note.unwrap_or(if self.has_length { Length::Number } else { Length::None });
            self.has_length = length != Length::None;
            deviation::judge(&part.deviations, &length, &mut self.findings);
        }
        self.framing.judge(&mut self.findings);
    }
}

#[cfg(test)]
mod tests;
