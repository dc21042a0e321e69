//! What a consumer is.

use super::boundary::Boundary;
use super::framing::Multipart;
use super::length::Purpose;
use super::markers::{Markers, PictureEnd};
use super::relay::Relay;
use super::response::Response;

/// A program that reads streams, as data: one set of parameters of the reader. They were found by measurement: the streams of
/// `fixtures/consumers` were served to it over loopback.
///
/// Consumers are equal if their names are equal.
#[derive(Debug)]
#[non_exhaustive]
pub struct Consumer {
    /// The key in JSON.
    pub name: &'static str,
    /// The product, the measured versions, and the options.
    pub version: &'static str,
    /// How it reads.
    pub(crate) parameters: Parameters,
}

impl Consumer {
    /// Whether it ends a part where Content-Length says, so that it need not wait for the next one.
    pub fn trusts_lengths(&self) -> bool {
        match &self.parameters.framing {
            Framing::Multipart(multipart) => multipart.length.purpose == Purpose::Trusted,
            Framing::Markers(markers) => {
                matches!(markers.end, PictureEnd::LengthAndOne | PictureEnd::SameRead)
            }
            Framing::Relay(_) => false,
        }
    }

    /// Whether it decodes the pictures. Others pass them on as they are.
    pub fn decodes(&self) -> bool {
        matches!(self.parameters.pictures, Pictures::Decoded { .. })
    }
}

impl PartialEq for Consumer {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Consumer {}

/// How a consumer reads a stream.
#[derive(Debug, Clone, Copy)]
pub struct Parameters {
    /// What it accepts of the response head.
    pub response: Response,
    /// How it reads the boundary parameter, if it does.
    pub boundary: Option<Boundary>,
    /// How it reads the body.
    pub framing: Framing,
    /// Whether it guesses what a body is.
    pub probe: Probe,
    /// What it does with the bytes of a part.
    pub pictures: Pictures,
    /// Of pictures that come in one read, only the first is shown.
    pub one_per_send: bool,
    /// Empty pictures are not delivered.
    pub drops_empty: bool,
}

/// How a consumer reads the body.
#[derive(Debug, Clone, Copy)]
pub enum Framing {
    /// As multipart.
    Multipart(Multipart),
    /// By the markers of the pictures.
    Markers(Markers),
    /// It passes the body on.
    Relay(Relay),
}

/// Whether a consumer guesses what a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Only for types that are not multipart, if [`Response`] says so.
    OtherTypes,
    /// Always, and pictures without multipart must show a part head that says `image/jpeg`.
    Always,
}

/// What a consumer does with the bytes of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// It delivers them as they are.
    Delivered,
    /// It decodes them.
    Decoded {
        /// Bytes before SOI are skipped.
        skips_lead: bool,
        /// What becomes of bytes that are no picture.
        undecodable: Undecodable,
        /// Text is no picture, and skipped.
        skips_text: bool,
    },
}

/// What a decoder does with bytes that are no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecodable {
    /// It skips them.
    Skipped,
    /// It stops.
    Stops,
    /// It shows nothing more, and crashes when the server ends the stream; not if the connection is reset.
    Crashes,
}
