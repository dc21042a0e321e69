//! Turns the events of a stream into rows.

use std::borrow::Cow;
use std::time::Duration;

use mjpeg::jpeg::MarkerJudge;
use mjpeg::multipart::{Collected, Collector, Event, Span};
use mjpeg::stats::FrameTimes;

use super::details::Details;
use super::region::Window;
use super::row::{Row, is_skipped};
use crate::problem::Problem;
use crate::strip_reader::{Strip, StripReader};
use crate::transport::{Flow, Observer, Secrets};

/// What takes the rows.
pub trait Sink {
    /// Takes the next row, once all its deviations are known.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn row(&mut self, row: Row) -> Result<Flow, Problem>;
}

impl<S: Sink> Sink for &mut S {
    fn row(&mut self, row: Row) -> Result<Flow, Problem> {
        (**self).row(row)
    }
}

/// The observer of a stream.
pub struct Watcher<S> {
    /// What takes the rows.
    pub sink: S,
    /// What came around the parts.
    pub around: Around,
    /// Of the request for the stream.
    pub secrets: Secrets,
    details: Details,
    window: Option<Window>,
    judge: MarkerJudge,
    strips: StripReader,
    /// When the first byte came, since 1970-01-01 UTC.
    began: Option<Duration>,
    rows: Collector<Row>,
    parts_left: Option<u64>,
    last_arrival: Option<Duration>,
    flow: Flow,
}

/// The figures of a stream, and what came around its parts.
#[derive(Debug, Default)]
pub struct Around {
    /// Parts.
    pub parts: u64,
    /// Those that the end of the input cuts: one at most. In a recording also those that the end of a connection or of a run cuts.
    pub cut: u64,
    /// Lines of a recording without a file that can be read.
    pub unread: u64,
    /// Whether the manifest of a recording has more lines.
    pub has_more: bool,
    /// The last line of the manifest of a recording, if it is cut.
    pub cut_line: Option<u64>,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// When they came.
    pub times: FrameTimes,
    /// Bytes before the first delimiter.
    pub preamble: Option<Span>,
    /// The close-delimiter.
    pub close_delimiter: Option<Span>,
    /// Bytes behind the close-delimiter.
    pub epilogue: u64,
}

impl<S: Sink> Watcher<S> {
    /// A watcher that has seen nothing.
    pub fn new(sink: S, details: Details, window: Option<Window>, frames: Option<u64>) -> Self {
        Self {
            sink,
            around: Around::default(),
            secrets: Secrets::default(),
            details,
            window,
            judge: MarkerJudge::new(),
            strips: StripReader::new(),
            began: None,
            rows: Collector::new(),
            parts_left: frames,
            last_arrival: None,
            flow: Flow::More,
        }
    }

    /// Passes on the rows that wait: the stream ended, or is not read any further.
    ///
    /// # Errors
    ///
    /// Those of the sink.
    pub fn finish(&mut self) -> Result<(), Problem> {
        self.rows.finish();
        self.pass_on()
    }

    fn pass_on(&mut self) -> Result<(), Problem> {
        for Collected { number, note, deviations, .. } in &mut self.rows {
            let row = match note {
                Some(mut row) => {
                    row.add_deviations(&deviations);
                    row
                }
                None if is_skipped(&deviations) => Row::skipped(number, &deviations),
                None => continue,
            };
            if self.flow != Flow::Enough {
                self.flow = self.sink.row(row)?;
            }
        }
        Ok(())
    }
}

impl<S: Sink> Observer for Watcher<S> {
    fn began(&mut self, unix: Duration) {
        self.began = Some(unix);
    }

    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        self.rows.event(event);
        self.pass_on()?;
        let part = match event {
            Event::Part(part) => part,
            Event::Preamble { span, .. } => {
                self.around.preamble = Some(*span);
                return Ok(self.flow);
            }
            Event::CloseDelimiter(span) => {
                self.around.close_delimiter = Some(*span);
                return Ok(self.flow);
            }
            Event::Epilogue(span) => {
                self.around.epilogue += span.len;
                return Ok(self.flow);
            }
            Event::Deviation(_) => return Ok(self.flow),
        };
        let judgement = self.judge.judge(part);
        let mut row = Row::of_part(part, arrival, &judgement);
        row.gap = arrival.zip(self.last_arrival).map(|(now, last)| now.saturating_sub(last));
        if self.details.headers {
            row.head = Some(part.fields.head().to_vec());
        }
        if let Some((window, most)) = self.window.as_ref().zip(self.details.hex) {
            row.regions = window.take(part, most, &self.secrets);
        }
        if self.details.jpeg {
            // Hidden before it is cut: the start of a comment may end in the middle of a password.
            let mut body = Cow::Borrowed(part.body);
            if !self.secrets.is_empty() {
                self.secrets.hide_in_segments(body.to_mut());
            }
            row.set_markers(&body, &judgement);
        }
        let identity = self.strips.read(part.body);
        row.strip = identity.map(|identity| Strip::of(&identity, self.began, arrival));
        self.last_arrival = arrival;
        self.around.parts += 1;
        self.around.cut += u64::from(row.is_cut);
        self.around.bytes += part.spans.body.len;
        if let Some(arrival) = arrival.filter(|_| !row.is_cut) {
            self.around.times.push(arrival);
        }
        row.hide(&self.secrets);
        self.rows.open(part.number, row);
        if let Some(left) = &mut self.parts_left {
            *left -= 1;
            if *left == 0 {
                return Ok(Flow::Enough);
            }
        }
        Ok(self.flow)
    }

    fn settled(&mut self, parts: u64) -> Result<(), Problem> {
        self.rows.settled(parts);
        self.pass_on()
    }
}
