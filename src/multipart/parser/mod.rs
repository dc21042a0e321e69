//! The parser: bytes in, events out.

mod beginning;
mod gap;
mod part;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;

use super::body::BodyScan;
use super::buffer::Buffer;
use super::deviation::{Deviation, DeviationKind};
use super::error::Error;
use super::event::{Event, Framing, Part, Span, Spans};
use super::extent::{BodyWalk, Extent};
use super::head::{HeadEnd, HeadScan};
use super::limits::Limits;
use super::scan::Scan;
use super::start::StartScan;
use crate::http::{FieldLine, Fields};

/// Reads a multipart stream however its bytes are cut.
///
/// The caller reads into the parser's own room, so that the reader's copy is the only one:
///
/// ```
/// use std::io::Read;
/// use mjpeg::jpeg::Walk;
/// use mjpeg::multipart::{Event, Parser};
///
/// # let mut reader = &b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n"[..];
/// let mut parser = Parser::new(Walk::new(), Some(b"b"));
/// let mut pictures = 0;
/// loop {
///     while let Some(event) = parser.next_event()? {
///         if let Event::Part(part) = event {
///             assert_eq!(part.body, [0xff, 0xd8, 0xff, 0xd9]);
///             pictures += 1;
///         }
///     }
///     if parser.is_finished() {
///         break;
///     }
///     match reader.read(parser.space())? {
///         0 => parser.finish(),
///         n => parser.filled(n),
///     }
/// }
/// assert_eq!(pictures, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The events are the same for every way to cut the input. Offsets count bytes of the decoded body
/// (without chunk framing) and never go back from one part to the next.
#[derive(Debug)]
pub struct Parser<W> {
    walk: W,
    limits: Limits,
    buffer: Buffer,
    scan: Scan,
    state: State,
    /// Bytes at the front of the buffer that the last event borrowed.
    release: usize,
    queue: VecDeque<Queued>,
    lines: Vec<FieldLine>,
    /// Parts seen, whole or skipped.
    parts: u64,
    eof: bool,
    no_multipart_said: bool,
    /// Bytes that walks ran beyond the ends of their bodies, less what has been repaid since.
    debt: u64,
}

/// What is at the front of the buffer.
#[derive(Debug, Clone, Copy)]
enum State {
    /// The start of the stream, or more of a stream that has shown no delimiter.
    Start(StartScan),
    /// The first byte behind a delimiter line.
    Head { scan: HeadScan, delimiter: Span },
    /// The first byte of a part's fields.
    Body { head: HeadEnd, scan: BodyScan, declared: Option<u64>, delimiter: Span },
    /// The first byte behind a body (or of what is left of one that is skipped).
    Gap(Gap),
    /// The input has ended and all is said.
    Finished,
}

/// Bytes to judge by.
struct Window<'a> {
    data: &'a [u8],
    /// There are more behind them, and they are to be decided without these.
    is_full: bool,
    eof: bool,
}

/// What is known of the bytes between a body and the next delimiter.
#[derive(Debug, Clone, Copy)]
struct Gap {
    kind: GapKind,
    /// Bytes of the gap that were dropped.
    gone: u64,
    /// Where to go on searching.
    from: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GapKind {
    AfterBody,
    /// Behind a picture that no delimiter followed: the next picture ends the gap as well.
    AfterBare,
    Skipping,
    Epilogue,
}

/// An event that is due, without its borrows.
#[derive(Debug)]
enum Queued {
    Deviation(Deviation),
    Preamble { len: usize },
    Part { fields: Range<usize>, body: Range<usize>, framing: Framing, extent: Extent, spans: Spans },
    CloseDelimiter(Span),
    Epilogue(Span),
}

impl Queued {
    /// The offset of a deviation; only deviations are sorted.
    fn offset(&self) -> u64 {
        if let Self::Deviation(deviation) = self { deviation.offset } else { 0 }
    }
}

impl<W: BodyWalk> Parser<W> {
    /// A parser for one body. `boundary` is the value of the Content-Type's parameter, if it has one;
    /// `walk` knows where pictures end.
    pub fn new(walk: W, boundary: Option<&[u8]>) -> Self {
        Self::with_limits(walk, boundary, Limits::default())
    }

    /// A parser with bounds other than the default ones.
    pub fn with_limits(walk: W, boundary: Option<&[u8]>, limits: Limits) -> Self {
        let limits = limits.sound();
        let scan = Scan::new(boundary, walk.signature());
        Self {
            walk,
            limits,
            buffer: Buffer::new(limits.read_bytes, limits.held_bytes()),
            scan,
            state: State::Start(StartScan::default()),
            release: 0,
            queue: VecDeque::new(),
            lines: Vec::new(),
            parts: 0,
            eof: false,
            no_multipart_said: false,
            debt: 0,
        }
    }

    /// Room to read into: at least [`Limits::read_bytes`], page-aligned at its origin.
    pub fn space(&mut self) -> &mut [u8] {
        self.let_go();
        self.buffer.space()
    }

    /// Gives the room back until the next [`Parser::space`], if little is held: for a caller that waits for bytes of many streams.
    /// Call it when [`Parser::next_event`] has returned `None`. What is returned can be lent to another parser; it is empty if more is held.
    pub fn release(&mut self) -> Vec<u8> {
        self.let_go();
        self.buffer.release()
    }

    /// Takes memory that [`Parser::release`] has returned, for the next [`Parser::space`]. It is freed if it is not enough.
    pub fn lend(&mut self, room: Vec<u8>) {
        self.buffer.lend(room);
    }

    /// Whether the next [`Parser::space`] needs no other memory.
    pub fn has_room(&self) -> bool {
        self.buffer.has_room()
    }

    /// Says that the first `n` bytes of [`Parser::space`] now hold what was read.
    ///
    /// # Panics
    ///
    /// When `n` is larger than the room was.
    pub fn filled(&mut self, n: usize) {
        self.buffer.filled(n);
    }

    /// Says that the input has ended. Call [`Parser::next_event`] until it returns `None` afterwards.
    pub fn finish(&mut self) {
        self.eof = true;
    }

    /// Whether the input has ended and every event has been taken.
    pub fn is_finished(&self) -> bool {
        matches!(self.state, State::Finished) && self.queue.is_empty()
    }

    /// Bytes of the decoded body that have come so far.
    pub fn received(&self) -> u64 {
        self.buffer.offset() + self.buffer.data().len() as u64
    }

    /// The next event, or `None` when more bytes are needed (or, after [`Parser::finish`], when there
    /// are no more). An event borrows the parser: take from it what you need before you read on.
    ///
    /// # Errors
    ///
    /// [`Error::NotAStream`] when nothing can be recovered.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        Ok(if self.has_event()? { self.take_event() } else { None })
    }

    /// Whether an event is due. It releases what the event before borrowed and parses up to the next
    /// event, so that [`Parser::take_event`] can lend it.
    pub(crate) fn has_event(&mut self) -> Result<bool, Error> {
        self.let_go();
        while self.queue.is_empty() {
            if !self.step()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The event that [`Parser::has_event`] announced.
    pub(crate) fn take_event(&mut self) -> Option<Event<'_>> {
        self.queue.pop_front().map(|queued| self.event(queued))
    }

    /// The number of parts, from the first one on, for which every deviation is known: the gap behind
    /// them has been parsed. It means something when [`Parser::next_event`] has returned `None`.
    pub fn settled_parts(&self) -> u64 {
        match self.state {
            State::Head { .. } | State::Body { .. } | State::Finished => self.parts,
            // In a gap, behind a close-delimiter and between pictures without multipart framing, more may
            // come that concerns the last part.
            State::Start(_) | State::Gap(_) => self.parts.saturating_sub(1),
        }
    }

    fn event(&mut self, queued: Queued) -> Event<'_> {
        let data = self.buffer.data();
        match queued {
            Queued::Deviation(deviation) => Event::Deviation(deviation),
            Queued::CloseDelimiter(span) => Event::CloseDelimiter(span),
            Queued::Epilogue(span) => Event::Epilogue(span),
            Queued::Preamble { len } => {
                self.release = len;
                Event::Preamble {
                    bytes: &data[..len],
                    span: Span { start: self.buffer.offset(), len: len as u64 },
                }
            }
            Queued::Part { fields, body, framing, extent, spans } => {
                self.release = body.end;
                let fields = Fields::new(&data[fields], &self.lines);
                Event::Part(Part { number: self.parts, fields, body: &data[body], framing, extent, spans })
            }
        }
    }

    fn let_go(&mut self) {
        self.buffer.consume(core::mem::take(&mut self.release));
    }

    /// Goes one step on. `false`: nothing more without more bytes.
    fn step(&mut self) -> Result<bool, Error> {
        match self.state {
            State::Start(scan) => self.start(scan),
            State::Head { scan, delimiter } => Ok(self.head(scan, delimiter)),
            State::Body { head, scan, declared, delimiter } => Ok(self.body(head, scan, declared, delimiter)),
            State::Gap(gap) => Ok(self.gap(gap)),
            State::Finished => Ok(false),
        }
    }

    /// A picture with neither delimiter nor head is at the front.
    fn bare_picture(&mut self) {
        self.lines.clear();
        self.walk.restart();
        let head = HeadEnd { start: 0, end: 0, body: 0, lines: 0, terminated: true };
        let scan = BodyScan::bare();
        self.state = State::Body { head, scan, declared: None, delimiter: self.empty_span() };
    }

    fn empty_span(&self) -> Span {
        Span { start: self.buffer.offset(), len: 0 }
    }

    /// The bytes to judge by: at most `most` of those that have come, and whether the input ends
    /// behind them. What is decided because there is no more of them is so decided for every way to
    /// cut the input.
    fn window(&self, from: usize, most: usize) -> Window<'_> {
        let data = self.buffer.data().get(from..).unwrap_or_default();
        let is_full = data.len() > most;
        Window { data: &data[..data.len().min(most)], is_full, eof: self.eof && !is_full }
    }

    /// Queues a deviation of the first part, before anything has been parsed.
    pub(crate) fn deviate_first(&mut self, kind: DeviationKind) {
        self.deviate(kind, 1, 0);
    }

    /// Queues a deviation at `at`, counted from the front of the buffer.
    fn deviate(&mut self, kind: DeviationKind, part: u64, at: usize) {
        let offset = self.buffer.offset() + at as u64;
        self.queue.push_back(Queued::Deviation(Deviation { kind, part: Some(part), offset }));
    }
}
