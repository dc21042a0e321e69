//! The pictures of a recording as the parts of a stream.

use std::time::Duration;

use mjpeg::jpeg::Walk;
use mjpeg::multipart::{Boundary, Event, Framing, Parser, Serializer};

use crate::problem::Problem;
use crate::recording::Line;
use crate::transport::{Flow, Observer};

/// The largest offset that is told apart. A manifest may have any.
const MOST: u64 = 1 << 62;

/// Gives the parser the pictures in a frame of its own, and the observer their events with the numbers and offsets that were
/// recorded.
pub struct Framer {
    serializer: Serializer,
    parser: Parser<Walk>,
    bytes: Vec<u8>,
    is_empty: bool,
}

impl Framer {
    /// Nothing has been passed.
    pub fn new() -> Result<Self, Problem> {
        let serializer = Serializer::new(Boundary::new("mjpeg-recording-of-frames")?);
        let parser = Parser::new(Walk::new(), Some(b"mjpeg-recording-of-frames"));
        let mut bytes = Vec::new();
        serializer.first_delimiter(&mut bytes);
        Ok(Self { serializer, parser, bytes, is_empty: true })
    }

    /// Passes the part of a line on, with the number that it is to have. `is_cut`: the connection ended inside it.
    ///
    /// # Errors
    ///
    /// Those of the observer.
    pub fn pass(
        &mut self,
        line: &Line,
        number: u64,
        body: &[u8],
        is_cut: bool,
        arrival: Option<Duration>,
        watcher: &mut dyn Observer,
    ) -> Result<Flow, Problem> {
        self.is_empty = false;
        self.bytes.extend_from_slice(&head(line, body.len()));
        self.bytes.extend_from_slice(body);
        self.serializer.delimiter(&mut self.bytes);
        let origin = line.offset.min(MOST);
        let mut bytes = &self.bytes[..];
        let mut flow = Flow::More;
        while !bytes.is_empty() && flow != Flow::Enough {
            let space = self.parser.space();
            let n = bytes.len().min(space.len());
            space[..n].copy_from_slice(&bytes[..n]);
            self.parser.filled(n);
            bytes = &bytes[n..];
            while let Some(event) = self.parser.next_event()? {
                let event = recorded(event, number, origin, is_cut);
                flow = watcher.event(&event, arrival)?;
                if flow == Flow::Enough {
                    break;
                }
            }
        }
        self.bytes.clear();
        Ok(flow)
    }

    /// The recording has ended.
    ///
    /// # Errors
    ///
    /// Those of the observer.
    pub fn end(&mut self, watcher: &mut dyn Observer) -> Result<(), Problem> {
        // Without a picture there are no bytes, which the parser would call no stream.
        if !self.is_empty {
            self.parser.finish();
            while let Some(event) = self.parser.next_event()? {
                watcher.event(&event, None)?;
            }
        }
        Ok(())
    }
}

/// An event with the number and the offset of the part that it is about. `origin`: where its body was in the stream.
fn recorded(event: Event<'_>, number: u64, origin: u64, is_cut: bool) -> Event<'_> {
    match event {
        Event::Part(mut part) => {
            part.number = number;
            if is_cut {
                part.framing = Framing::EndOfInput;
            }
            let body = part.spans.body.start;
            let spans = &mut part.spans;
            for span in [&mut spans.delimiter, &mut spans.head, &mut spans.body, &mut spans.coded] {
                // The head of the frame here may be longer than the one that was recorded.
                span.start = (origin + span.start.saturating_sub(body))
                    .saturating_sub(body.saturating_sub(span.start));
            }
            Event::Part(part)
        }
        Event::Deviation(mut deviation) => {
            deviation.part = Some(number);
            deviation.offset = origin;
            Event::Deviation(deviation)
        }
        event => event,
    }
}

/// The head of a part with the fields that were recorded. Its length is that of the file.
fn head(line: &Line, len: usize) -> Vec<u8> {
    let is_kept = |name: &str| !["content-length", "content-type"].contains(&&name.to_ascii_lowercase()[..]);
    let is_plain = |text: &str| !text.contains(['\r', '\n']);
    let mut head = format!("Content-Type: image/jpeg\r\nContent-Length: {len}\r\n");
    for (name, value) in
        line.fields.iter().filter(|(name, value)| is_kept(name) && is_plain(name) && is_plain(value))
    {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    head.into_bytes()
}
