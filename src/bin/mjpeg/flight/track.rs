//! What is kept of one response: its head, and its last bytes from the border of a part on.

use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::Arc;
use std::time::Duration;

use super::chunk_cursor::ChunkCursor;

/// What a read costs besides its bytes: its entry, and what the allocator needs.
const READ_COST: usize = size_of::<Received>() + 48;
/// What a border costs.
const BORDER_COST: usize = size_of::<Border>();

/// What a response costs besides its reads: its entry, and what the allocator needs.
const TRACK_COST: usize = size_of::<Track>() + 256;

/// The bytes of a read. Captures share them.
#[derive(Debug, Clone)]
pub struct Received {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// Bytes of the response before them.
    start: u64,
    /// When they came, by the clock.
    pub at: Duration,
}

impl Received {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// The bytes from this offset of the response on.
    fn from(&self, offset: u64) -> &[u8] {
        let passed = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.get(passed..).unwrap_or_default()
    }
}

/// How a response ended, and when.
pub type Ended = (&'static str, Duration);

/// The end of one response, as far as it is kept. Offsets are those of the response, from its first byte on.
#[derive(Debug)]
pub struct Track {
    head: Vec<u8>,
    /// Bytes before the body.
    head_bytes: usize,
    /// The place in the framing, in a chunked body.
    cursor: Option<ChunkCursor>,
    reads: VecDeque<Received>,
    /// Bytes that have come.
    end: u64,
    borders: VecDeque<Border>,
    /// How the response ended, if it has.
    pub ended: Option<Ended>,
    cost: usize,
}

/// Where a reader can start: the response, or one of its parts.
#[derive(Debug, Clone, Copy)]
struct Border {
    offset: u64,
    at: Duration,
    /// Bytes of its chunk from it on, in a chunked body.
    chunk_rest: Option<u64>,
}

impl Track {
    /// A response whose body starts behind this many bytes.
    pub fn new(head_bytes: usize, is_in_chunks: bool) -> Self {
        Self {
            head: Vec::new(),
            head_bytes,
            cursor: is_in_chunks.then(|| ChunkCursor::new(head_bytes as u64)),
            reads: VecDeque::new(),
            end: 0,
            borders: VecDeque::new(),
            ended: None,
            cost: 0,
        }
    }

    /// The memory that it needs, in bytes.
    pub fn cost(&self) -> usize {
        TRACK_COST + self.cost + self.head.len()
    }

    /// When the first byte that a capture would have came.
    pub fn first_at(&self) -> Option<Duration> {
        self.borders.front().map(|border| border.at)
    }

    /// When the last bytes came.
    pub fn last_at(&self) -> Option<Duration> {
        self.reads.back().map(|read| read.at)
    }

    /// Adds the bytes of a read that came at `at`, and returns them.
    pub fn push(&mut self, bytes: &[u8], at: Duration) -> &Received {
        let of_head = (self.head_bytes - self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..of_head]);
        if self.end == 0 {
            self.add(Border { offset: 0, at, chunk_rest: None });
        }
        let read = Received { bytes: bytes.into(), start: self.end, at };
        self.end = read.end();
        self.cost += bytes.len() + READ_COST;
        self.reads.push_back(read);
        // It was added just now.
        &self.reads[self.reads.len() - 1]
    }

    /// Adds the border of the part that starts at this byte of the decoded body, if it is still there.
    pub fn part(&mut self, decoded: u64) {
        let (offset, chunk_rest) = match &mut self.cursor {
            None => (decoded.saturating_add(self.head_bytes as u64), None),
            Some(cursor) => {
                let first = self.reads.partition_point(|read| read.end() <= cursor.raw);
                let mut reads = self.reads.range(first..);
                let found = reads.find_map(|read| cursor.advance(read.from(cursor.raw), decoded));
                let Some(rest) = found else { return };
                (cursor.raw, Some(rest))
            }
        };
        let Some(at) = self.time_of(offset) else { return };
        if self.borders.back().is_none_or(|last| last.offset < offset) {
            self.add(Border { offset, at, chunk_rest });
        }
    }

    /// Forgets parts that no byte after `oldest` belongs to.
    pub fn forget_before(&mut self, oldest: Duration) {
        while self.borders.get(1).is_some_and(|next| next.at <= oldest) {
            self.forget_part();
        }
    }

    /// Forgets the oldest part. `false`: it is the only one.
    pub fn forget_part(&mut self) -> bool {
        if self.borders.len() < 2 {
            return false;
        }
        self.borders.pop_front();
        self.cost -= BORDER_COST;
        let offset = self.borders.front().map_or(self.end, |border| border.offset);
        self.forget_up_to(offset);
        true
    }

    /// Forgets all bytes: a capture can begin with the next part.
    pub fn forget_all(&mut self) {
        self.cost -= self.borders.len() * BORDER_COST;
        self.borders.clear();
        self.forget_up_to(self.end);
    }

    /// What a capture starts with: bytes that stand for those that are gone, and then the reads. `None`: there is no
    /// border.
    pub fn snapshot(&self) -> Option<(Vec<u8>, Vec<Received>)> {
        let border = self.borders.front()?;
        let mut prefix = Vec::new();
        if border.offset > 0 {
            prefix.extend_from_slice(&self.head);
        }
        if let Some(rest) = border.chunk_rest {
            prefix.extend_from_slice(format!("{rest:x}\r\n").as_bytes());
        }
        let mut reads: Vec<Received> = self.reads.iter().cloned().collect();
        // The first read has the border: earlier ones are gone.
        if let Some(first) = reads.first_mut().filter(|first| first.start < border.offset) {
            *first = Received { bytes: first.from(border.offset).into(), start: border.offset, ..*first };
        }
        Some((prefix, reads))
    }

    fn add(&mut self, border: Border) {
        self.borders.push_back(border);
        self.cost += BORDER_COST;
    }

    /// Forgets the reads that end before `offset`.
    fn forget_up_to(&mut self, offset: u64) {
        while let Some(read) = self.reads.front().filter(|read| read.end() <= offset) {
            if let Some(cursor) = self.cursor.as_mut().filter(|cursor| cursor.raw < read.end()) {
                // Bytes that are gone cannot be followed later.
                cursor.advance(read.from(cursor.raw), u64::MAX);
            }
            self.cost -= read.bytes.len() + READ_COST;
            self.reads.pop_front();
        }
    }

    /// When this byte came, if it has come and is kept.
    fn time_of(&self, offset: u64) -> Option<Duration> {
        let read = self.reads.get(self.reads.partition_point(|read| read.end() <= offset))?;
        (read.start <= offset).then_some(read.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\n";
    const PART: &str = "--b\r\n\r\nPICTURE\r\n";

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn bytes(track: &Track) -> Option<String> {
        let (mut bytes, reads) = track.snapshot()?;
        reads.iter().for_each(|read| bytes.extend_from_slice(&read.bytes));
        Some(String::from_utf8(bytes).unwrap())
    }

    /// A response with `parts` parts, one each 100 ms, in reads of `step` bytes. In chunks of `chunk` bytes.
    fn track(parts: usize, step: usize, chunk: Option<usize>) -> Track {
        let body = PART.repeat(parts);
        let coded = match chunk {
            None => body.clone().into_bytes(),
            Some(size) => body
                .as_bytes()
                .chunks(size)
                .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
                .collect(),
        };
        let mut track = Track::new(HEAD.len(), chunk.is_some());
        track.push(HEAD.as_bytes(), ms(0));
        let mut parsed = 0;
        for (n, read) in coded.chunks(step).enumerate() {
            let came = (n + 1) * step * body.len() / coded.len();
            track.push(read, ms((came / PART.len() * 100) as u64));
            // A part is known when its last byte has come.
            while parsed < came.min(body.len()) / PART.len() && n % 3 == 0 {
                track.part((parsed * PART.len()) as u64);
                parsed += 1;
            }
        }
        (parsed..parts).for_each(|part| track.part((part * PART.len()) as u64));
        track
    }

    /// The body without chunks.
    fn decoded(bytes: &str, is_in_chunks: bool) -> String {
        let body = bytes.strip_prefix(HEAD).unwrap();
        if !is_in_chunks {
            return body.into();
        }
        let mut body = body.as_bytes().to_vec();
        let n = mjpeg::http::Dechunker::new().decode(&mut body).unwrap();
        String::from_utf8(body[..n].to_vec()).unwrap()
    }

    #[test]
    fn a_capture_begins_with_the_head_and_then_the_border_of_a_part() {
        for step in [1, 2, 7, 17, 50, 1000] {
            for chunk in [None, Some(1), Some(5), Some(18), Some(1000)] {
                let mut track = track(10, step, chunk);
                let all = bytes(&track).unwrap();
                assert_eq!(decoded(&all, chunk.is_some()), PART.repeat(10));
                for left in (1..=10).rev() {
                    assert!(track.forget_part());
                    let bytes = bytes(&track).unwrap();
                    assert_eq!(decoded(&bytes, chunk.is_some()), PART.repeat(left), "{step} {chunk:?}");
                }
                assert!(!track.forget_part());
            }
        }
    }

    #[test]
    fn parts_are_forgotten_by_their_time_and_never_the_last_one() {
        let mut track = track(10, PART.len(), None);
        let cost = track.cost();
        track.forget_before(ms(350));
        assert_eq!(track.first_at(), Some(ms(300)));
        assert!(track.cost() < cost);
        track.forget_before(ms(100_000));
        assert_eq!(decoded(&bytes(&track).unwrap(), false), PART);
    }

    #[test]
    fn after_everything_was_forgotten_the_next_part_is_a_border_again() {
        for chunk in [None, Some(7)] {
            let mut track = track(3, 11, chunk);
            track.forget_all();
            assert_eq!((bytes(&track), track.first_at()), (None, None));
            assert!(track.cost() <= TRACK_COST + HEAD.len());
            let part = if chunk.is_some() { format!("10\r\n{PART}\r\n") } else { PART.into() };
            track.push(part.as_bytes(), ms(9_000));
            // The border of a part that is gone is none.
            track.part(2 * PART.len() as u64);
            assert_eq!(bytes(&track), None);
            track.part(3 * PART.len() as u64);
            assert_eq!(decoded(&bytes(&track).unwrap(), chunk.is_some()), PART);
        }
    }
}
