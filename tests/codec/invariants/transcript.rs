//! All that the parser tells about an input, with what must hold of each event.

use mjpeg::http::FieldLine;
use mjpeg::jpeg::Walk;
use mjpeg::multipart::{BodyWalk, Deviation, Error, Event, Extent, Framing, Limits, Parser, Span, Spans};

/// An event without its borrows: bodies are known by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Preamble(Span),
    Part { number: u64, head: Vec<u8>, lines: Vec<FieldLine>, framing: Framing, extent: Extent, spans: Spans },
    CloseDelimiter(Span),
    Epilogue(Span),
    Deviation(Deviation),
    Error(Error),
}

/// Reads `input`, cut as `reads` says.
pub fn read(
    input: &[u8],
    boundary: Option<&[u8]>,
    limits: Limits,
    reads: impl Iterator<Item = usize>,
) -> Vec<Told> {
    read_with(Walk::new(), input, boundary, limits, reads)
}

/// Reads `input` with a walk of the caller's.
pub fn read_with(
    walk: impl BodyWalk,
    input: &[u8],
    boundary: Option<&[u8]>,
    limits: Limits,
    reads: impl Iterator<Item = usize>,
) -> Vec<Told> {
    let mut told = Vec::new();
    tell(walk, input, boundary, limits, reads, |event, _| told.push(event));
    told
}

/// Reads `input` and tells each event with the number of bytes that had come by then.
pub fn tell(
    walk: impl BodyWalk,
    input: &[u8],
    boundary: Option<&[u8]>,
    limits: Limits,
    mut reads: impl Iterator<Item = usize>,
    mut to: impl FnMut(Told, usize),
) {
    let mut parser = Parser::with_limits(walk, boundary, limits);
    let (mut rest, mut place) = (input, Place::default());
    loop {
        loop {
            match parser.next_event() {
                Ok(Some(event)) => {
                    let received = input.len() - rest.len();
                    place.check(&event, input, received);
                    to(own(event), received);
                }
                Ok(None) => break,
                Err(error) => {
                    to(Told::Error(error), input.len() - rest.len());
                    return;
                }
            }
        }
        if parser.is_finished() {
            assert_eq!(parser.received(), input.len() as u64);
            return;
        }
        if rest.is_empty() {
            parser.finish();
            continue;
        }
        let space = parser.space();
        assert!(!space.is_empty(), "no room to read into");
        let n = reads.next().unwrap_or(usize::MAX).min(space.len()).min(rest.len());
        let (now, later) = rest.split_at(n);
        space[..n].copy_from_slice(now);
        parser.filled(n);
        rest = later;
    }
}

fn own(event: Event<'_>) -> Told {
    match event {
        Event::Preamble { span, .. } => Told::Preamble(span),
        Event::Part(part) => Told::Part {
            number: part.number,
            head: part.fields.head().to_vec(),
            lines: part.fields.lines().to_vec(),
            framing: part.framing,
            extent: part.extent,
            spans: part.spans,
        },
        Event::CloseDelimiter(span) => Told::CloseDelimiter(span),
        Event::Epilogue(span) => Told::Epilogue(span),
        Event::Deviation(deviation) => Told::Deviation(deviation),
    }
}

/// How far the events have come.
#[derive(Default)]
struct Place {
    offset: u64,
    part: u64,
}

impl Place {
    fn check(&mut self, event: &Event<'_>, input: &[u8], received: usize) {
        let (start, end) = match event {
            Event::Preamble { bytes, span } => {
                assert_eq!(*bytes, slice(input, *span), "preamble");
                (span.start, span.end())
            }
            Event::Part(part) => {
                let Spans { delimiter, head, body, .. } = part.spans;
                assert_eq!(part.body, slice(input, body), "body of part {}", part.number);
                assert!(delimiter.end() <= head.start && head.end() <= body.start, "{:?}", part.spans);
                assert!(part.number > self.part, "part {} behind part {}", part.number, self.part);
                self.part = part.number;
                if let Extent::Complete { end } = part.extent {
                    assert!(end <= part.body.len(), "{end} of {}", part.body.len());
                }
                (body.start, body.end())
            }
            // What departs in a delimiter line comes before it.
            Event::CloseDelimiter(span) => (span.end(), span.end()),
            Event::Epilogue(span) => (span.start, span.end()),
            Event::Deviation(deviation) => (deviation.offset, deviation.offset),
        };
        assert!(start >= self.offset, "offset goes back to {start} from {}: {event:?}", self.offset);
        assert!(end <= received as u64, "{event:?} before its bytes");
        self.offset = end;
    }
}

fn slice(input: &[u8], span: Span) -> &[u8] {
    &input[span.start as usize..span.end() as usize]
}
