//! The reader of a response.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::body::Body;
use super::error::Error;
use super::start::{Expected, Start, Started};
use crate::http::{Head, HeadError};
use crate::multipart::{self, Limits};

/// One thing found in a response.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The head, first of all. There is no such event when the input starts with the body.
    Head(&'a Head),
    /// An event of the multipart body.
    Body(multipart::Event<'a>),
}

/// Reads one response.
///
/// Read into [`Reader::space`], say how much with [`Reader::filled`], take events until there are none,
/// and start again. Call [`Reader::finish`] when the input ends. Stop reading when
/// [`Reader::is_over`]: the response has ended although its connection may not have.
///
/// The events are the same however the input is cut into reads. Offsets count bytes of the decoded
/// body.
///
/// ```
/// use mjpeg::multipart;
/// use mjpeg::response::{Event, Expected, Reader};
///
/// let input = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\
///     Transfer-Encoding: chunked\r\n\r\n\
///     10\r\n--b\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n0\r\n\r\n";
/// let mut reader = Reader::new(Expected::Response);
/// let mut parts = 0;
/// for piece in input.chunks(7) {
///     reader.space()[..piece.len()].copy_from_slice(piece);
///     reader.filled(piece.len());
///     while let Some(event) = reader.next_event()? {
///         match event {
///             Event::Head(head) => assert_eq!(head.status, 200),
///             Event::Body(multipart::Event::Part(part)) => parts += part.number,
///             _ => {}
///         }
///     }
/// }
/// assert_eq!(parts, 1);
/// assert!(reader.is_over());
/// # Ok::<(), mjpeg::response::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    head: Option<Head>,
    /// The head's event has not been taken.
    head_is_due: bool,
    /// Bytes of the input before the body.
    body_start: usize,
    blank_before_head: usize,
    earlier_heads: Vec<Head>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Start(Start),
    /// Nothing can be read.
    NoHead(HeadError),
    Body(Box<Body>),
}

impl Reader {
    /// A reader at the start of a response.
    pub fn new(expected: Expected) -> Self {
        Self::with_limits(expected, Limits::default())
    }

    /// A reader whose multipart parser has bounds other than the default ones.
    pub fn with_limits(expected: Expected, limits: Limits) -> Self {
        Self {
            limits,
            head: None,
            head_is_due: false,
            body_start: 0,
            blank_before_head: 0,
            earlier_heads: Vec::new(),
            stage: Stage::Start(Start::new(expected)),
        }
    }

    /// Room for the next read. It is empty only when [`Reader::next_event`] returns an error.
    pub fn space(&mut self) -> &mut [u8] {
        match &mut self.stage {
            Stage::Start(start) => start.space(),
            Stage::NoHead(_) => &mut [],
            Stage::Body(body) => body.parser.space(),
        }
    }

    /// Gives the room back until the next [`Reader::space`], if little is held: for a caller that waits for bytes of many streams.
    /// Call it when [`Reader::next_event`] has returned `None`. What is returned can be lent to another reader; it is empty if more is held.
    pub fn release(&mut self) -> Vec<u8> {
        match &mut self.stage {
            Stage::Body(body) => body.parser.release(),
            _ => Vec::new(),
        }
    }

    /// Takes memory that [`Reader::release`] has returned, for the next [`Reader::space`]. It is freed if it is not enough.
    pub fn lend(&mut self, room: Vec<u8>) {
        if let Stage::Body(body) = &mut self.stage {
            body.parser.lend(room);
        }
    }

    /// Whether the next [`Reader::space`] needs no memory that could be lent.
    pub fn has_room(&self) -> bool {
        match &self.stage {
            Stage::Body(body) => body.parser.has_room(),
            _ => true,
        }
    }

    /// Says that the first `n` bytes of [`Reader::space`] now hold what was read.
    ///
    /// # Panics
    ///
    /// When `n` is larger than the room was.
    pub fn filled(&mut self, n: usize) {
        match &mut self.stage {
            Stage::Start(start) => {
                start.filled(n);
                self.start(false);
            }
            Stage::NoHead(_) => assert!(n == 0, "more bytes filled than there was space"),
            Stage::Body(body) => body.filled(n),
        }
    }

    /// Says that the input has ended. Take events until there are none afterwards.
    pub fn finish(&mut self) {
        self.start(true);
        if let Stage::Body(body) = &mut self.stage {
            body.parser.finish();
        }
    }

    /// The next event, or `None` when more bytes are needed or, at the end, when there are no more
    /// events. An event borrows the reader.
    ///
    /// # Errors
    ///
    /// When the head, the chunk framing or the body cannot be read. What came before a fault of the
    /// chunk framing is returned first. After an error there is nothing more to read.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        Ok(if self.has_event()? { self.take_event() } else { None })
    }

    /// The head, once it has been read. `None` for a body without one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Bytes of empty lines before the first head.
    pub fn blank_before_head(&self) -> usize {
        self.blank_before_head
    }

    /// The heads before the one that counts, in order: interim ones (1xx), and in a saved response those of redirections,
    /// refusals and tunnels.
    pub fn earlier_heads(&self) -> &[Head] {
        &self.earlier_heads
    }

    /// Why the input is not a response, if it is not.
    pub fn head_error(&self) -> Option<HeadError> {
        match self.stage {
            Stage::NoHead(error) => Some(error),
            _ => None,
        }
    }

    /// Whether it is known where the body starts, so that [`Reader::head`] is final.
    pub fn is_started(&self) -> bool {
        matches!(self.stage, Stage::Body(_))
    }

    /// Bytes of the input before the body, once it is started.
    pub fn body_start(&self) -> usize {
        self.body_start
    }

    /// Whether the body comes in chunks, which are removed.
    pub fn is_in_chunks(&self) -> bool {
        self.body().is_some_and(|body| body.coding.is_in_chunks())
    }

    /// Bytes of the decoded body that have come.
    pub fn received(&self) -> u64 {
        self.body().map_or(0, |body| body.parser.received())
    }

    /// The number of parts for which every deviation is known: see
    /// [`Parser::settled_parts`](crate::multipart::Parser::settled_parts).
    pub fn settled_parts(&self) -> u64 {
        self.body().map_or(0, |body| body.parser.settled_parts())
    }

    /// Whether the framing says that the body has ended: the last chunk, or the length of a finite
    /// answer. Further bytes are ignored.
    pub fn is_over(&self) -> bool {
        self.body().is_some_and(|body| body.coding.is_over() || body.coding.error().is_some())
    }

    /// Whether the body may have ended: as many bytes have come as the head announces. Silence is then
    /// the end, since endless streams announce a length too.
    pub fn may_be_over(&self) -> bool {
        self.body().is_some_and(|body| body.coding.may_be_over())
    }

    /// Whether the input may end here: false before the body, and before the last chunk.
    pub fn may_end(&self) -> bool {
        self.body().is_some_and(|body| body.coding.may_end())
    }

    fn body(&self) -> Option<&Body> {
        match &self.stage {
            Stage::Body(body) => Some(body),
            _ => None,
        }
    }

    /// Goes on to the body, if what has come shows where it starts.
    fn start(&mut self, is_end: bool) {
        let Stage::Start(start) = &mut self.stage else { return };
        let started = match start.decide(is_end) {
            Ok(None) => return,
            Ok(Some(started)) => started,
            Err(error) => {
                self.stage = Stage::NoHead(error);
                return;
            }
        };
        let Started { head, coding, body: body_start, blank, earlier } = started;
        let mut body = Body::new(head.as_ref(), coding, self.limits);
        body.push(&start.bytes()[body_start..]);
        self.head = head;
        self.body_start = body_start;
        self.blank_before_head = blank;
        self.earlier_heads = earlier;
        self.head_is_due = self.head.is_some();
        self.stage = Stage::Body(Box::new(body));
    }

    /// Whether an event is due, so that [`Reader::take_event`] can lend it.
    pub(super) fn has_event(&mut self) -> Result<bool, Error> {
        match &mut self.stage {
            Stage::Start(_) => Ok(false),
            Stage::NoHead(error) => Err(Error::Head(*error)),
            Stage::Body(_) if self.head_is_due => Ok(true),
            Stage::Body(body) => body.has_event(),
        }
    }

    /// The event that [`Reader::has_event`] announced.
    pub(super) fn take_event(&mut self) -> Option<Event<'_>> {
        if core::mem::take(&mut self.head_is_due) {
            return self.head.as_ref().map(Event::Head);
        }
        match &mut self.stage {
            Stage::Body(body) => body.parser.take_event().map(Event::Body),
            _ => None,
        }
    }
}
