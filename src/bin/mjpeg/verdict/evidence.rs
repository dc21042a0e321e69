//! What the page of `--report` shows of a stream besides its verdict: times and sizes of all parts, and the parts that findings
//! name.

use std::collections::VecDeque;
use std::time::Duration;

use mjpeg::multipart::Part;

use crate::transport::Secrets;

/// Parts whose time and size are kept.
const DOTS: usize = 200_000;
/// Bytes of a head that are kept.
const HEAD_BYTES: usize = 4096;
/// Parts that are kept for the page.
const SHOTS: usize = 8;

/// A body of at most this many bytes is searched as a whole: the page may have the picture as it came.
const SMALL_BODY: usize = 100_000;

/// Time and size of a part.
#[derive(Debug, Clone, Copy)]
pub struct Dot {
    /// The number of the part.
    pub part: u64,
    /// When its last byte came, since the first byte of the body.
    pub arrival: Option<Duration>,
    /// The length of its body.
    pub bytes: u64,
}

/// A part.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Its number.
    pub part: u64,
    /// Its head as received.
    pub head: Vec<u8>,
    /// Its body.
    pub body: Vec<u8>,
}

/// What was kept of a stream.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The head of the response, as received.
    pub head: Vec<u8>,
    /// All parts, up to a limit.
    pub dots: Vec<Dot>,
    /// The first part, and those that findings name.
    pub shots: Vec<Shot>,
}

impl Evidence {
    /// Hides secrets of the request in the heads, and in the bodies where the page shows them.
    pub fn without(mut self, secrets: &Secrets) -> Self {
        self.head = secrets.shown_lines(&self.head);
        for shot in &mut self.shots {
            shot.head = secrets.shown_lines(&shot.head);
            secrets.hide_in_segments(&mut shot.body);
            // Bytes that belong to no segment.
            if shot.body.len() <= SMALL_BODY {
                secrets.mask(&mut shot.body);
            }
        }
        self
    }
}

/// Collects the evidence while the stream is read. Which parts findings name is known at the end, so it keeps bodies within a
/// limit: the first ones, because a finding names the first part that breaks its rule, and the last ones.
#[derive(Debug)]
pub struct Collector {
    evidence: Evidence,
    first: Vec<Shot>,
    last: VecDeque<Shot>,
    /// Bytes that `first` may still have.
    room_first: usize,
    /// Bytes that `last` may still have.
    room_last: usize,
}

impl Collector {
    /// Nothing is kept. `limit`: bytes of all kept parts.
    pub fn new(limit: usize) -> Self {
        Self {
            evidence: Evidence::default(),
            first: Vec::new(),
            last: VecDeque::new(),
            room_first: limit / 2,
            room_last: limit / 2,
        }
    }

    /// Keeps the head of the response.
    pub fn head(&mut self, head: &[u8]) {
        self.evidence.head = start(head);
    }

    /// Keeps a part.
    pub fn part(&mut self, part: &Part<'_>, arrival: Option<Duration>) {
        if self.evidence.dots.len() < DOTS {
            let dot = Dot { part: part.number, arrival, bytes: part.spans.body.len };
            self.evidence.dots.push(dot);
        }
        let shot = Shot { part: part.number, head: start(part.fields.head()), body: Vec::new() };
        let size = part.body.len() + shot.head.len();
        let is_early = self.last.is_empty() && size <= self.room_first;
        if !is_early {
            while size > self.room_last {
                let Some(oldest) = self.last.pop_front() else { return };
                self.room_last += oldest.size();
            }
        }
        let shot = Shot { body: part.body.to_vec(), ..shot };
        if is_early {
            self.room_first -= size;
            self.first.push(shot);
        } else {
            self.room_last -= size;
            self.last.push_back(shot);
        }
    }

    /// The evidence for findings that name these parts.
    pub fn finish(self, mut wanted: Vec<u64>) -> Evidence {
        wanted.extend(self.first.first().map(|shot| shot.part));
        let mut shots: Vec<Shot> =
            self.first.into_iter().chain(self.last).filter(|shot| wanted.contains(&shot.part)).collect();
        shots.truncate(SHOTS);
        Evidence { shots, ..self.evidence }
    }
}

impl Shot {
    fn size(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

fn start(head: &[u8]) -> Vec<u8> {
    head[..head.len().min(HEAD_BYTES)].to_vec()
}

#[cfg(test)]
mod tests {
    use mjpeg::jpeg::Segments;
    use mjpeg::multipart::{Event, Parser, Serializer};

    use super::*;

    /// Numbers of the kept parts out of ten with bodies of 100 bytes.
    fn kept(limit: usize) -> Vec<u64> {
        let mut bytes = Vec::new();
        let serializer = Serializer::new(mjpeg::multipart::Boundary::new("b").unwrap());
        serializer.first_delimiter(&mut bytes);
        for _ in 0..10 {
            bytes.extend_from_slice(b"Content-Length: 100\r\n\r\n");
            bytes.extend_from_slice(&[7; 100]);
            serializer.delimiter(&mut bytes);
        }
        let mut parser = Parser::new(mjpeg::jpeg::Walk::new(), Some(b"b"));
        let mut collector = Collector::new(limit);
        parser.space()[..bytes.len()].copy_from_slice(&bytes);
        parser.filled(bytes.len());
        parser.finish();
        while let Some(event) = parser.next_event().unwrap() {
            if let Event::Part(part) = event {
                collector.part(&part, None);
            }
        }
        let evidence = collector.finish((1..=10).collect());
        assert_eq!(evidence.dots.len(), 10);
        evidence.shots.iter().map(|shot| shot.part).collect()
    }

    #[test]
    fn secrets_in_comments_and_between_segments_are_hidden() {
        let mut secrets = Secrets::default();
        secrets.add(b"hush123");
        secrets.add(b"ab");
        let long = [&[b'x'; 70][..], b" hush123"].concat();
        let mut body = b"\xff\xd8".to_vec();
        for (marker, text) in
            [(0xfe, &b"pw=hush123 and ab."[..]), (0xe1, &b"Exif hush123"[..]), (0xe5, &long)]
        {
            body.extend_from_slice(&[0xff, marker, 0, text.len() as u8 + 2]);
            body.extend_from_slice(text);
        }
        body.extend_from_slice(b"\xff\xd9 hush123");
        let shot = Shot { part: 1, head: Vec::new(), body: body.clone() };
        let evidence = Evidence { shots: vec![shot], ..Evidence::default() }.without(&secrets);
        let shown = &evidence.shots[0].body;
        assert_eq!(shown.len(), body.len());
        let has = |text: &[u8]| shown.windows(text.len()).any(|it| it == text);
        assert!(!has(b"hush") && !has(b"ab.") && has(b"pw=(redacted)"), "{}", shown.escape_ascii());
        assert_eq!(Segments::of(shown).count(), 3);
    }

    #[test]
    fn the_first_and_the_last_parts_are_kept_within_the_limit() {
        assert_eq!(kept(1 << 20).len(), SHOTS);
        // A part has 123 bytes or so.
        assert_eq!(kept(600), [1, 2, 9, 10]);
        assert_eq!(kept(0), [0; 0]);
    }
}
