//! What becomes of a stream in a consumer.

use alloc::vec::Vec;

use super::cause::Cause;
use super::consumer::{Consumer, Framing, Parameters};
use super::counting;
use super::fate::Fate;
use super::markers::{Markers, Reads};
use super::pictures::{Picture, pictures};
use super::prediction::Prediction;
use super::read::Read;
use super::response::ChunkedHttp10;
use super::stream::{Body, Stream, StreamEnd};
use crate::http::Version;

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
            // The rest of the last picture may be what comes next, unless a delimiter has come. Alone it is judged as
            // it is.
            let is_open = stream.end == StreamEnd::Open && pictures.len() > 1;
            pictures.pop_if(|picture| is_open && !picture.has_end && !picture.is_followed(&body.bytes));
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
        let prediction = self.reading(&consumer.parameters, &self.decoded.body);
        if let Framing::Markers(Markers { reads: Reads::Events, .. }) = consumer.parameters.framing
            && let Some(body) = self.stream.divided(&self.decoded.body)
        {
            // What comes within milliseconds may be one read of this consumer, or several.
            let divided = self.reading(&consumer.parameters, &body);
            if divided.fate.loses_frames() != prediction.fate.loses_frames() {
                return Prediction { fate: Fate::Unknown, cause: None, at: None };
            }
        }
        match prediction.fate {
            Fate::OnTime | Fate::Late if !self.stream.has_times => {
                Prediction { fate: Fate::Plays, cause: None, at: None }
            }
            _ => prediction,
        }
    }

    /// `decoded`: the body without chunk framing.
    fn reading(&self, parameters: &Parameters, decoded: &Body<'_>) -> Prediction {
        let head = &self.stream.head;
        let response = &parameters.response;
        if let Some((fate, cause)) = response.client.outcome(head) {
            return Prediction::of_head(fate, cause);
        }
        if let Some(cause) = response.refusal(head) {
            return Prediction::of_head(Fate::Nothing, cause);
        }
        let (body, pictures) = match &self.framed {
            Some(framed) if response.chunked_http10 == ChunkedHttp10::Raw => (&framed.body, &framed.pictures),
            _ => (decoded, &self.decoded.pictures),
        };
        let Some(length) = head.content_length.and_then(|length| usize::try_from(length).ok()) else {
            return self.of_body(parameters, body, pictures);
        };
        let (whole, mut body) = (body, body.clone());
        body.cut(length);
        let prediction = self.of_body(parameters, &body, pictures);
        if length >= whole.bytes.len() || body.bytes.is_empty() {
            return prediction;
        }
        if let Framing::Relay(_) = parameters.framing {
            return Prediction { fate: Fate::Dies, cause: Some(Cause::BodyLength), at: Some(length) };
        }
        // The length is the cause if the whole body has a better fate.
        let is_to_blame = prediction.fate.loses_frames()
            && self.of_body(parameters, whole, pictures).fate < prediction.fate;
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
