//! Bytes of the body by their meaning, for `--hex`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use mjpeg::http::Dechunker;
use mjpeg::multipart::{Part, Span};

use crate::problem::Problem;
use crate::transport::{Secrets, Session, Tap};

/// Most bytes of a region that are kept, unless it is the body.
const MOST: usize = 1 << 10;
/// Bytes behind those of a region that are read too: a secret may begin in it and end behind it.
const MARGIN: usize = 4 << 10;
/// Most bytes of the window: more than the parser's limit for a body.
const MOST_BYTES: usize = 66 << 20;
/// What is kept when there are more.
const KEPT_BYTES: usize = 1 << 20;

/// Some bytes of the decoded body that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// What they are: `between`, `delimiter`, `head`, `body`.
    pub name: &'static str,
    /// Offset of the first one.
    pub offset: u64,
    /// The bytes, or the first ones of them.
    pub bytes: Vec<u8>,
    /// Bytes that were left out behind them.
    pub left_out: u64,
}

/// The bytes of the decoded body since the end of the last part. It holds as much as the parser does: one part.
#[derive(Debug, Clone, Default)]
pub struct Window(Rc<RefCell<Bytes>>);

#[derive(Debug, Default)]
struct Bytes {
    /// Offset of the first byte.
    start: u64,
    bytes: Vec<u8>,
}

struct WindowTap {
    window: Window,
    /// Bytes of the response head that are still to come.
    head_bytes: usize,
    dechunker: Option<Dechunker>,
}

impl Tap for WindowTap {
    fn bytes(&mut self, bytes: &[u8], _: Duration) -> Result<(), Problem> {
        let head = self.head_bytes.min(bytes.len());
        self.head_bytes -= head;
        let mut body = bytes[head..].to_vec();
        if let Some(dechunker) = &mut self.dechunker {
            // The reader reports broken framing.
            let n = dechunker.decode(&mut body).unwrap_or(0);
            body.truncate(n);
        }
        self.window.0.borrow_mut().push(&body);
        Ok(())
    }
}

impl Window {
    /// The window over a session of which nothing has been read.
    ///
    /// # Errors
    ///
    /// Those of the tap.
    pub fn over(session: &mut Session) -> Result<Self, Problem> {
        let window = Self::default();
        let dechunker = session.is_in_chunks().then(Dechunker::new);
        let tap = WindowTap { window: window.clone(), head_bytes: session.body_start(), dechunker };
        session.set_tap(Box::new(tap))?;
        Ok(window)
    }

    /// The regions of a part that has just ended, with the first `most` bytes of its body, and with `x` in place of each byte of a secret
    /// that the server repeats. Its bytes are forgotten.
    pub fn take(&self, part: &Part<'_>, most: usize, secrets: &Secrets) -> Vec<Region> {
        let mut bytes = self.0.borrow_mut();
        let spans = part.spans;
        let before = if spans.delimiter.len > 0 { spans.delimiter } else { spans.head };
        let before = if before.len > 0 { before } else { spans.body };
        let between = Span { start: bytes.start, len: before.start.saturating_sub(bytes.start) };
        let regions = [
            ("between", between, MOST),
            ("delimiter", spans.delimiter, MOST),
            ("head", spans.head, MOST),
            ("body", spans.body, most),
        ];
        let regions = regions.into_iter().filter(|(_, span, _)| span.len > 0);
        let regions =
            regions.filter_map(|(name, span, most)| bytes.region(name, span, most, secrets)).collect();
        bytes.forget_before(spans.body.end());
        regions
    }
}

impl Bytes {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > MOST_BYTES {
            // The parser has given up the body that these bytes belong to.
            self.forget_before(self.start + (self.bytes.len() - KEPT_BYTES) as u64);
        }
    }

    fn region(&self, name: &'static str, span: Span, most: usize, secrets: &Secrets) -> Option<Region> {
        let start = usize::try_from(span.start.checked_sub(self.start)?).ok()?;
        let whole = usize::try_from(span.len).ok()?;
        let len = whole.min(most);
        let mut bytes = self.bytes.get(start..start + whole.min(most + MARGIN))?.to_vec();
        secrets.mask(&mut bytes);
        bytes.truncate(len);
        Some(Region { name, offset: span.start, left_out: span.len - len as u64, bytes })
    }

    fn forget_before(&mut self, offset: u64) {
        let n =
            usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.bytes.len());
        self.bytes.drain(..n);
        self.start += n as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_without_an_end_does_not_fill_the_memory() {
        let mut bytes = Bytes::default();
        let mebibyte = vec![7; 1 << 20];
        for n in 1..200_u64 {
            bytes.push(&mebibyte);
            assert!(bytes.bytes.len() <= MOST_BYTES);
            assert_eq!(bytes.start + bytes.bytes.len() as u64, n << 20);
        }
        let last = Span { start: (199 << 20) - 4, len: 4 };
        let none = Secrets::default();
        assert_eq!(bytes.region("body", last, 9, &none).unwrap().bytes, [7; 4]);
        assert_eq!(bytes.region("body", Span { start: 0, len: 4 }, 9, &none), None);
    }

    #[test]
    fn a_secret_in_a_region_is_hidden_also_if_only_its_start_is_shown() {
        let mut secrets = Secrets::default();
        secrets.add(b"hush123");
        let mut bytes = Bytes::default();
        bytes.push(b"abc hush123 def");
        let of = |most| bytes.region("body", Span { start: 0, len: 15 }, most, &secrets).unwrap();
        assert_eq!(of(15).bytes, b"abc xxxxxxx def");
        assert_eq!((of(7).bytes, of(7).left_out), (b"abc xxx".to_vec(), 8));
    }
}
