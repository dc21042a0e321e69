//! What becomes of a stream in a consumer.

use alloc::vec::Vec;

use super::body_end::BodyEnd;
use super::boundary::Boundary;
use super::cause::Cause;
use super::consumer::{Consumer, Framing, Parameters, Pictures, Probe};
use super::counting;
use super::delimiter::Source;
use super::fate::Fate;
use super::framing::{AtClose, Delivery, Multipart, Reading};
use super::markers::{Markers, PictureEnd, Reads};
use super::part_type::Kind;
use super::pictures::{Picture, find, pictures};
use super::response::{ChunkedHttp10, OtherTypes, type_name};
use super::stop::{NEVER, Stop};
use super::stream::{Body, Stream, StreamEnd};
use crate::http::Version;

/// What becomes of a stream in a consumer, and what decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prediction {
    /// What becomes of the frames.
    pub fate: Fate,
    /// What the consumer ran into, if not all is well.
    pub cause: Option<Cause>,
    /// Where, in bytes of the body that was given; absent for the response head.
    pub at: Option<usize>,
}

impl Prediction {
    /// The fate of a stream without a part.
    pub fn nothing() -> Self {
        Self { fate: Fate::Nothing, cause: None, at: None }
    }

    fn of_head(fate: Fate, cause: Cause) -> Self {
        Self { fate, cause: Some(cause), at: None }
    }
}

/// Predicts what consumers do with one stream.
#[derive(Debug)]
pub struct Predictor<'a> {
    stream: &'a Stream,
    decoded: View<'a>,
    /// With the chunk framing, for readers that do not remove it.
    framed: Option<View<'a>>,
}

/// A body and the pictures in it.
#[derive(Debug)]
struct View<'a> {
    body: Body<'a>,
    pictures: Vec<Picture>,
}

impl<'a> Predictor<'a> {
    /// A predictor for `stream`.
    pub fn new(stream: &'a Stream) -> Self {
        let body = stream.decoded();
        let pictures = |body: &Body<'_>| {
            let mut pictures = pictures(body);
            // The rest of the last picture may be what comes next. Alone it is judged as it is.
            let is_open = stream.end == StreamEnd::Open && pictures.len() > 1;
            pictures.pop_if(|picture| is_open && !picture.has_end);
            pictures
        };
        let decoded = View { pictures: pictures(&body), body };
        let is_odd = stream.head.is_chunked && stream.head.version == Version::Http10;
        let framed = is_odd.then(|| {
            let body = stream.framed();
            View { pictures: pictures(&body), body }
        });
        Self { stream, decoded, framed }
    }

    /// What becomes of the stream in `consumer`.
    pub fn predict(&self, consumer: &Consumer) -> Prediction {
        let prediction = self.reading(&consumer.parameters);
        match prediction.fate {
            Fate::OnTime | Fate::Late if !self.stream.has_times => {
                Prediction { fate: Fate::Plays, cause: None, at: None }
            }
            _ => prediction,
        }
    }

    fn reading(&self, parameters: &Parameters) -> Prediction {
        let head = &self.stream.head;
        let response = &parameters.response;
        if let Some((fate, cause)) = response.client.outcome(head) {
            return Prediction::of_head(fate, cause);
        }
        if let Some(cause) = response.refusal(head) {
            return Prediction::of_head(Fate::Nothing, cause);
        }
        let view = match &self.framed {
            Some(framed) if response.chunked_http10 == ChunkedHttp10::Raw => framed,
            _ => &self.decoded,
        };
        let Some(length) = head.content_length.and_then(|length| usize::try_from(length).ok()) else {
            return self.of_body(parameters, &view.body, &view.pictures);
        };
        let mut body = view.body.clone();
        body.cut(length);
        let prediction = self.of_body(parameters, &body, &view.pictures);
        if length >= view.body.bytes.len() || body.bytes.is_empty() {
            return prediction;
        }
        if let Framing::Relay(_) = parameters.framing {
            return Prediction { fate: Fate::Dies, cause: Some(Cause::BodyLength), at: Some(length) };
        }
        // The length is the cause if the whole body has a better fate.
        let is_to_blame = prediction.fate.loses_frames()
            && self.of_body(parameters, &view.body, &view.pictures).fate < prediction.fate;
        if is_to_blame {
            return Prediction { cause: Some(Cause::BodyLength), at: Some(length), ..prediction };
        }
        prediction
    }

    fn of_body(&self, parameters: &Parameters, body: &Body<'_>, pictures: &[Picture]) -> Prediction {
        if body.bytes.is_empty() {
            let crashes =
                matches!(parameters.framing, Framing::Multipart(multipart) if multipart.needs_delimiter);
            return Prediction::of_head(
                if crashes { Fate::Crashes } else { Fate::Nothing },
                Cause::BodyLength,
            );
        }
        let content_type = self.stream.head.content_type.as_deref().unwrap_or_default();
        let read = Read { parameters, stream: self.stream, body, pictures, content_type };
        match read.all() {
            Ok(reading) => {
                let (fate, cause, at) =
                    counting::fate(parameters, self.stream, body, read.counted(&reading), &reading);
                Prediction { fate, cause, at }
            }
            Err(prediction) => prediction,
        }
    }
}

struct Read<'a> {
    parameters: &'a Parameters,
    stream: &'a Stream,
    body: &'a Body<'a>,
    pictures: &'a [Picture],
    content_type: &'a [u8],
}

impl Read<'_> {
    /// The pictures that the consumer should show: a reader of one picture owes no more.
    fn counted(&self, reading: &Reading) -> &[Picture] {
        match self.parameters.framing {
            Framing::Markers(Markers { one_in_all: true, .. }) => {
                let start = reading.deliveries.first().map_or(0, |delivery| delivery.start);
                let until = self.pictures.partition_point(|picture| picture.start <= start);
                let from = until.saturating_sub(1);
                &self.pictures[from..until.max(1).min(self.pictures.len())]
            }
            _ => self.pictures,
        }
    }

    fn all(&self) -> Result<Reading, Prediction> {
        let multipart = match &self.parameters.framing {
            Framing::Relay(relay) => {
                let (fate, cause) = relay.fate(&self.stream.head, self.body);
                return Err(Prediction { fate, cause, at: None });
            }
            Framing::Markers(markers) => {
                self.gate()?;
                let length = self.stream.head.content_length.unwrap_or_default();
                let is_short =
                    self.parameters.response.length_enforced && length > self.body.bytes.len() as u64;
                return Ok(markers.read(self.body, self.pictures, is_short));
            }
            Framing::Multipart(multipart) => multipart,
        };
        match self.gate()? {
            Gate::Multipart if self.parameters.probe == Probe::OtherTypes => self.multipart(multipart),
            Gate::Still { need } => {
                let is_shown = self.parameters.pictures == Pictures::Delivered;
                let deliveries = if is_shown || self.body.bytes.starts_with(b"\xff\xd8") {
                    [Delivery { start: 0, end: self.body.bytes.len(), need, kind: Kind::Image }].into()
                } else {
                    Vec::new()
                };
                Ok(Reading { deliveries, stop: Stop::Waits(Cause::ContentType), at: 0 })
            }
            _ => self.probed(multipart),
        }
    }

    fn gate(&self) -> Result<Gate, Prediction> {
        let response = &self.parameters.response;
        if response.types.contain(self.content_type) {
            return Ok(Gate::Multipart);
        }
        let is_jpeg = type_name(self.content_type).eq_ignore_ascii_case(b"image/jpeg");
        match response.other_types {
            OtherTypes::Probed => Ok(Gate::Probed),
            OtherTypes::Still { early } if is_jpeg => Ok(Gate::Still { need: if early { 1 } else { NEVER } }),
            OtherTypes::Still { .. } if response.dashes_suffice && self.body.bytes.starts_with(b"--") => {
                Ok(Gate::Multipart)
            }
            _ => Err(Prediction::of_head(Fate::Nothing, Cause::ContentType)),
        }
    }

    fn multipart(&self, rules: &Multipart) -> Result<Reading, Prediction> {
        let mut rules = *rules;
        let refused = |cause| Err(Prediction::of_head(Fate::Nothing, cause));
        let boundary = self.parameters.boundary.as_ref();
        let parameter = boundary.and_then(|boundary| boundary.find(self.content_type));
        if parameter.is_none() && matches!(rules.delimiters.source, Source::Parameter(_)) {
            if !boundary.is_some_and(|boundary| boundary.optional) {
                return refused(Cause::BoundaryParameter);
            }
            any_line(&mut rules);
        }
        let max_bytes = boundary.map_or(usize::MAX, |boundary: &Boundary| boundary.max_bytes);
        if parameter.is_some_and(|parameter| parameter.len() > max_bytes) {
            return refused(Cause::BoundaryLength);
        }
        if rules.starts_with_dashes && self.body.bytes.starts_with(b"\xff\xd8") {
            return refused(Cause::BodyStart);
        }
        if rules.complete_is_shown && self.stream.end == StreamEnd::Complete {
            rules.at_close = AtClose::Shown;
        }
        if self.stream.end == StreamEnd::Open {
            // There is no close yet: what readers show at one is still to come.
            rules.at_close = AtClose::Dropped;
        }
        Ok(rules.read(self.body, parameter, usize::MAX))
    }

    /// Reads a body by what it starts with.
    fn probed(&self, rules: &Multipart) -> Result<Reading, Prediction> {
        /// How far a part head is looked for.
        const PROBE_BYTES: usize = 128;
        let bytes = &self.body.bytes[..];
        if bytes.starts_with(b"--") {
            let mut first = *rules;
            any_line(&mut first);
            first.retries = 0;
            let reading = first.read(self.body, None, 1);
            if !(reading.deliveries.is_empty() && matches!(reading.stop, Stop::Dies { .. })) {
                return self.multipart(rules);
            }
        } else if bytes.starts_with(b"\xff\xd8") {
            let whole = |picture: &Picture| Delivery {
                start: picture.start,
                end: picture.end,
                need: NEVER,
                kind: Kind::Image,
            };
            let deliveries = self.pictures.iter().map(whole).collect();
            return Ok(Reading { deliveries, stop: Stop::Waits(Cause::BodyStart), at: 0 });
        }
        let start = &bytes[..bytes.len().min(PROBE_BYTES)];
        let has_head = find(start, b"\r\nContent-Type: image/jpeg\r\n", 0).is_some();
        if self.parameters.probe == Probe::OtherTypes || has_head {
            let markers = Markers {
                end: PictureEnd::NextSoi,
                reads: Reads::All,
                one_per_read: false,
                one_in_all: false,
            };
            return Ok(markers.read(self.body, self.pictures, false));
        }
        Err(Prediction { fate: Fate::Nothing, cause: Some(Cause::BodyStart), at: Some(0) })
    }
}

enum Gate {
    Multipart,
    Still { need: usize },
    Probed,
}

/// Takes each line that starts with two dashes as a delimiter.
fn any_line(rules: &mut Multipart) {
    rules.delimiters.source = Source::AnyLine;
    if !matches!(rules.body_end, BodyEnd::AnyDashes { .. }) {
        rules.body_end = BodyEnd::AnyDashes { read_bytes: 0 };
    }
}
