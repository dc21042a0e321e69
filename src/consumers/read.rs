//! One reading of a body in the way of a consumer.

use alloc::vec::Vec;

use super::body_end::BodyEnd;
use super::boundary::Boundary;
use super::cause::Cause;
use super::consumer::{Framing, Parameters, Pictures, Probe};
use super::delimiter::Source;
use super::fate::Fate;
use super::framing::{AtClose, Delivery, Multipart, Reading};
use super::markers::{Markers, PictureEnd, Reads};
use super::part_type::Kind;
use super::pictures::{Picture, find};
use super::prediction::Prediction;
use super::response::{OtherTypes, type_name};
use super::stop::{NEVER, Stop};
use super::stream::{Body, Stream, StreamEnd};

/// A body, and the consumer that reads it.
pub(super) struct Read<'a> {
    pub parameters: &'a Parameters,
    pub stream: &'a Stream,
    pub body: &'a Body<'a>,
    pub pictures: &'a [Picture],
    pub content_type: &'a [u8],
}

impl Read<'_> {
    /// The pictures that the consumer should show: a reader of one picture owes no more.
    pub fn counted(&self, reading: &Reading) -> &[Picture] {
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

    /// What the consumer takes out of the body; the fate if nothing is read.
    pub fn all(&self) -> Result<Reading, Prediction> {
        let multipart = match &self.parameters.framing {
            Framing::Relay(relay) => {
                let (fate, cause) = relay.fate(&self.stream.head, self.body);
                if fate == Fate::Nothing && self.stream.end == StreamEnd::Open && self.pictures.len() == 1 {
                    // The delimiter that it needs may be the next one.
                    return Err(Prediction { fate: Fate::Unknown, cause: None, at: None });
                }
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
            OtherTypes::DashesOrStill if self.body.bytes.trim_ascii_start().starts_with(b"--") => {
                Ok(Gate::Multipart)
            }
            OtherTypes::DashesOrStill if is_jpeg => match self.stream.head.content_length {
                Some(_) => Ok(Gate::Still { need: NEVER }),
                None => Err(Prediction::of_head(Fate::Nothing, Cause::BodyStart)),
            },
            OtherTypes::Probed | OtherTypes::DashesOrStill => Ok(Gate::Probed),
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
