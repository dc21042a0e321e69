//! Concatenated pictures.

use memchr::memmem;

use super::walk::Walk;
use crate::multipart::buffer::Buffer;
use crate::multipart::{BodyWalk, Extent, Limits, Span};

/// Splits a stream of pictures that has no framing of its own: the output of `ffmpeg -f mjpeg`, `cat *.jpg`
/// and raw camera modes.
///
/// A picture goes from its SOI to its EOI by the marker walk ([`Walk`]), so a thumbnail in its EXIF
/// segment is a part of it. One that does not get that far ends where the next one starts, or at the
/// byte that is not allowed there, or with the input. The bytes between two pictures are one piece
/// with its place: line ends, lengths, boundaries, NULs.
///
/// Its use is that of [`crate::multipart::Parser`]: read into [`Splitter::space`], say how
/// much with [`Splitter::filled`], take pieces until there is none; at the end of the input call
/// [`Splitter::finish`] and take the last ones. The same pieces come out however the input is cut.
///
/// ```
/// use mjpeg::jpeg::{Piece, Splitter};
/// use mjpeg::multipart::{Extent, Span};
///
/// let mut splitter = Splitter::new();
/// let input = b"\xff\xd8\xff\xd9\r\n\xff\xd8\xff\xd9";
/// splitter.space()[..input.len()].copy_from_slice(input);
/// splitter.filled(input.len());
/// splitter.finish();
///
/// let Some(Piece::Picture { jpeg, extent, .. }) = splitter.next_piece() else { panic!() };
/// assert_eq!((jpeg, extent), (&b"\xff\xd8\xff\xd9"[..], Extent::Complete { end: 4 }));
/// let Some(Piece::Junk(span)) = splitter.next_piece() else { panic!() };
/// assert_eq!(span, Span { start: 4, len: 2 });
/// assert!(matches!(splitter.next_piece(), Some(Piece::Picture { .. })));
/// assert!(splitter.next_piece().is_none());
/// ```
#[derive(Debug)]
pub struct Splitter {
    walk: Walk,
    buffer: Buffer,
    state: State,
    /// Bytes of the last piece that are still in the buffer.
    release: usize,
    limit: usize,
    finished: bool,
}

/// A piece of a stream of concatenated pictures. The pieces are in order and without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A picture, or the beginning of one.
    Picture {
        /// Its bytes.
        jpeg: &'a [u8],
        /// Its range in the input.
        span: Span,
        /// [`Extent::Complete`] when it is complete; [`Extent::Broken`] when other bytes are at its end;
        /// [`Extent::Partial`] when the input ends first, or when it is larger than the limit.
        extent: Extent,
    },
    /// Bytes that belong to no picture.
    Junk(Span),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between pictures, since this offset.
    Between(u64),
    /// The buffer begins with the start of a picture.
    Picture,
}

impl Splitter {
    /// A splitter for pictures of at most 64 MiB.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A splitter with other bounds: of these, `body_bytes` bounds a picture and `read_bytes` is the
    /// smallest room to read into.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            walk: Walk::new(),
            buffer: Buffer::new(
                limits.read_bytes.max(1),
                limits.body_bytes.saturating_add(limits.read_bytes),
            ),
            state: State::Between(0),
            release: 0,
            limit: limits.body_bytes.max(Walk::new().signature().len()),
            finished: false,
        }
    }

    /// Room to read into.
    pub fn space(&mut self) -> &mut [u8] {
        self.let_go();
        self.buffer.space()
    }

    /// Says that the first `n` bytes of [`Splitter::space`] now hold what was read.
    ///
    /// # Panics
    ///
    /// When `n` is larger than the room was.
    pub fn filled(&mut self, n: usize) {
        self.buffer.filled(n);
    }

    /// Says that the input has ended.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next piece, or `None` when more bytes are needed (or, after [`Splitter::finish`], when there
    /// are no more). A picture borrows the splitter: use it before you read on.
    pub fn next_piece(&mut self) -> Option<Piece<'_>> {
        self.let_go();
        if let State::Between(since) = self.state {
            let at = self.find_start()?;
            self.state = State::Picture;
            if at > since {
                return Some(Piece::Junk(Span { start: since, len: at - since }));
            }
        }
        let (len, extent) = self.find_end()?;
        self.release = len;
        let start = self.buffer.offset();
        self.state = State::Between(start + len as u64);
        (len > 0).then(|| Piece::Picture {
            jpeg: &self.buffer.data()[..len],
            span: Span { start, len: len as u64 },
            extent,
        })
    }

    /// Consumes everything before the next picture, and returns the offset where it starts, or where the
    /// input ends.
    fn find_start(&mut self) -> Option<u64> {
        let signature = self.walk.signature();
        let data = self.buffer.data();
        let found = memmem::find(data, signature);
        let passed = match found {
            Some(at) => at,
            None if self.finished => data.len(),
            // Its first bytes may be the last ones here.
            None => data.len().saturating_sub(signature.len() - 1),
        };
        self.buffer.consume(passed);
        if found.is_none() && !self.finished {
            return None;
        }
        self.walk.restart();
        Some(self.buffer.offset())
    }

    /// How many bytes the picture in the buffer has, as soon as that is known.
    fn find_end(&mut self) -> Option<(usize, Extent)> {
        let data = self.buffer.data();
        let window = &data[..data.len().min(self.limit)];
        match self.walk.advance(window) {
            extent @ Extent::Complete { end } => Some((end, extent)),
            extent @ Extent::Broken { at } => Some((at, extent)),
            Extent::Partial | Extent::Foreign if self.finished || window.len() == self.limit => {
                Some((window.len(), Extent::Partial))
            }
            Extent::Partial | Extent::Foreign => None,
        }
    }

    fn let_go(&mut self) {
        self.buffer.consume(core::mem::take(&mut self.release));
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}
