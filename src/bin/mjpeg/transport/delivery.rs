//! Gives the events of one stream to an observer, with the numbers, offsets and times of the camera.

use mjpeg::multipart::{self, Extent, Framing};
use mjpeg::response::{Error, Event};

use super::end::{End, Foreign};
use super::idle_limit::{IdleLimit, Judged};
use super::observer::{Flow, Observer};
use super::origin::Origin;
use super::shown::Shown;
use super::stream::Stream;
use crate::clock::Clock;
use crate::problem::Problem;

/// What an observer has been given of a stream.
#[derive(Debug)]
pub struct Delivery {
    /// What came before this stream, if it is not the first one of a camera.
    pub origin: Origin,
    /// What the stream has shown so far.
    pub shown: Shown,
    /// The input ended inside the body of the last part.
    pub is_cut: bool,
}

/// Why there is no event.
pub enum Drained {
    /// More bytes are needed.
    More,
    /// The stream is read no further.
    End(End),
}

impl Delivery {
    /// Of a stream behind those that `origin` counts.
    pub fn behind(origin: Origin) -> Self {
        Self { origin, shown: Shown::default(), is_cut: false }
    }

    /// What the next stream of the camera has before it.
    pub fn next_origin(&self, stream: &Stream) -> Origin {
        Origin {
            parts: self.origin.parts + self.shown.parts.max(stream.reader.settled_parts()),
            bytes: self.origin.bytes + stream.reader.received(),
            first: stream.arrivals.first(),
        }
    }

    /// Gives all events that have come to the observer.
    ///
    /// # Errors
    ///
    /// What the observer cannot go on with.
    pub fn drain(
        &mut self,
        stream: &mut Stream,
        idle: &mut IdleLimit,
        clock: &Clock,
        observer: &mut dyn Observer,
    ) -> Result<Drained, Problem> {
        loop {
            let event = match stream.reader.next_event() {
                // The head has been read before the session began, or is not one.
                Ok(Some(Event::Head(_))) => continue,
                Ok(Some(Event::Body(event))) => event,
                Ok(Some(_)) => continue,
                Ok(None) => {
                    observer.settled(self.origin.parts + stream.reader.settled_parts())?;
                    return Ok(Drained::More);
                }
                Err(Error::Chunked(error)) => return Ok(Drained::End(End::Unframed(error))),
                Err(error) => {
                    let foreign = Foreign { error, page: stream.page_shown() };
                    return Ok(Drained::End(End::NotAStream(foreign)));
                }
            };
            let is_part = matches!(event, multipart::Event::Part(_));
            let end = match &event {
                multipart::Event::Part(part) => {
                    let is_whole = matches!(part.extent, Extent::Complete { .. });
                    self.is_cut = part.framing == Framing::EndOfInput && !is_whole;
                    part.spans.body.end()
                }
                multipart::Event::Preamble { span, .. }
                | multipart::Event::CloseDelimiter(span)
                | multipart::Event::Epilogue(span) => span.end(),
                multipart::Event::Deviation(deviation) => deviation.offset,
            };
            let has_times = stream.arrivals.first().is_some();
            let arrival = if has_times { stream.arrivals.of_byte_before(end) } else { None };
            self.shown.event(&event);
            let flow = observer.event(&self.origin.shift(event), arrival)?;
            if is_part {
                stream.is_found();
                let judged = if flow == Flow::Rejected { Judged::Rejected } else { Judged::Good };
                // Now, not when it came: the time that the observer takes does not count as the stream's.
                let now = clock.now();
                idle.part(judged, now);
                if judged == Judged::Good {
                    self.shown.good += 1;
                    self.shown.last_good = now;
                }
            }
            if flow == Flow::Enough {
                return Ok(Drained::End(End::Enough));
            }
        }
    }
}
