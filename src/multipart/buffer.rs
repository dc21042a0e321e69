//! The bytes between the reader and the parser.

use alloc::vec::Vec;
use core::mem;

/// Page size that the room for reads is aligned to. Copies between buffers whose distance is 1 to 31
/// bytes modulo 4096 run at a fifteenth of the speed on some processors, in the kernel too.
const PAGE: usize = 4096;
/// Reads that fit into the room at the start.
const READS: usize = 4;
/// A buffer that holds more than this is not released: what is held is copied.
const LITTLE: usize = 4096;

/// A window on a stream: bytes are added at its end and consumed at its front.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// Index of the first page-aligned byte: room is counted from here.
    origin: usize,
    start: usize,
    end: usize,
    /// Bytes that were consumed: the stream's offset of `start`.
    offset: u64,
    read_bytes: usize,
    /// The largest room, as long as the caller consumes in time.
    most_bytes: usize,
    /// The room that was used before the last release; 0: it was never released.
    used: usize,
    /// Memory for the next room, if it is enough.
    lent: Vec<u8>,
}

impl Buffer {
    /// A buffer that offers `read_bytes` of room or more and does not grow beyond `most_bytes`.
    pub(crate) fn new(read_bytes: usize, most_bytes: usize) -> Self {
        let (bytes, lent) = (Vec::new(), Vec::new());
        Self { bytes, origin: 0, start: 0, end: 0, offset: 0, read_bytes, most_bytes, used: 0, lent }
    }

    /// The bytes that were read and not consumed.
    pub(crate) fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The stream's offset of the first byte of [`Buffer::data`].
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Consumes the first `n` bytes of [`Buffer::data`].
    pub(crate) fn consume(&mut self, n: usize) {
        debug_assert!(n <= self.end - self.start);
        self.start += n;
        self.offset += n as u64;
    }

    /// Room for the next read: at least `read_bytes`. The caller of the parser bounds what stays
    /// unconsumed, so the room is bounded too.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.start = self.origin;
            self.end = self.origin;
        }
        if !self.has_room() {
            self.make_room();
        }
        &mut self.bytes[self.end..]
    }

    /// Gives the room back, if little is held; else nothing. The next room is as large as was needed before.
    pub(crate) fn release(&mut self) -> Vec<u8> {
        let live = self.end - self.start;
        if live > LITTLE || self.bytes.len() <= LITTLE {
            return Vec::new();
        }
        self.used = self.end - self.origin;
        let held = self.bytes[self.start..self.end].to_vec();
        (self.origin, self.start, self.end) = (0, 0, live);
        mem::replace(&mut self.bytes, held)
    }

    /// Takes memory that was given back, for the next room. It is freed if it is not needed or not enough.
    pub(crate) fn lend(&mut self, room: Vec<u8>) {
        self.lent = room;
    }

    /// Whether the next read needs no other memory.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() - self.end >= self.read_bytes
    }

    /// Says that the first `n` bytes of the room now hold the stream.
    ///
    /// # Panics
    ///
    /// When `n` is more than the room that [`Buffer::space`] gave.
    pub(crate) fn filled(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.end, "more bytes filled than there was space");
        self.end += n;
    }

    fn make_room(&mut self) {
        let live = self.end - self.start;
        let needed = live + self.read_bytes;
        let room = self.bytes.len() - self.origin;
        let mut bytes = mem::take(&mut self.lent);
        // Moving the live bytes to the front pays when as many were consumed; otherwise twice the room
        // keeps the moves rare, so that a byte is moved a bounded number of times. With all the room
        // there may be, the live bytes are one body that is near its limit: they move once.
        if needed <= room && (self.start - self.origin >= live || room >= self.most_bytes) {
            self.bytes.copy_within(self.start..self.end, self.origin);
        } else {
            // A buffer that was released has its last size, and hardly any room before; one that must grow doubles.
            let usual = match self.used {
                0 => self.read_bytes.saturating_mul(READS),
                used => used + self.read_bytes,
            };
            let grown = if room > LITTLE { 2 * needed } else { needed };
            let room = grown.max(usual).min(self.most_bytes).max(needed).next_multiple_of(PAGE);
            if bytes.capacity() < room + PAGE {
                bytes = alloc::vec![0; room + PAGE];
            } else {
                bytes.resize(room + PAGE, 0);
            }
            let origin = bytes.as_ptr().align_offset(PAGE).min(PAGE);
            bytes.truncate(origin + room);
            bytes[origin..origin + live].copy_from_slice(&self.bytes[self.start..self.end]);
            self.bytes = bytes;
            self.origin = origin;
        }
        self.start = self.origin;
        self.end = self.origin + live;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in_whatever_is_moved() {
        let mut buffer = Buffer::new(10, 1 << 20);
        let (mut put, mut taken) = (0u64, 0u64);
        for round in 0..200_000u64 {
            let n = (round * 7 % 11) as usize;
            let space = buffer.space();
            assert!(space.len() >= 10);
            space[..n].iter_mut().for_each(|b| {
                *b = (put % 251) as u8;
                put += 1;
            });
            buffer.filled(n);
            let take = (round * 5 % 13) as usize;
            let take = take.min(buffer.data().len());
            for (i, b) in buffer.data()[..take].iter().enumerate() {
                assert_eq!(u64::from(*b), (taken + i as u64) % 251);
            }
            buffer.consume(take);
            taken += take as u64;
            assert_eq!(buffer.offset(), taken);
        }
    }

    #[test]
    fn the_room_is_page_aligned_and_does_not_grow_without_need() {
        let mut buffer = Buffer::new(64 << 10, 1 << 30);
        for _ in 0..1000 {
            let space = buffer.space();
            assert_eq!(space.as_ptr().align_offset(PAGE), 0);
            let n = space.len();
            buffer.filled(n);
            buffer.consume(n);
        }
        assert_eq!(buffer.bytes.len() - buffer.origin, READS * (64 << 10));
    }

    #[test]
    fn a_buffer_that_is_released_keeps_its_bytes_and_takes_as_much_room_again() {
        let mut buffer = Buffer::new(8 << 10, 1 << 30);
        for round in 0..20_u64 {
            let mut put = 0;
            while put < 20_000 {
                let n = buffer.space().len().min(20_000 - put);
                buffer.filled(n);
                put += n;
            }
            let room = buffer.bytes.len() - buffer.origin;
            assert!(room <= if round == 0 { 32 << 10 } else { 36 << 10 }, "{room}");
            let held = buffer.data().len();
            buffer.release();
            assert_eq!(buffer.data().len(), held, "much is held: nothing is released");
            buffer.bytes[buffer.end - 100..buffer.end].fill(7);
            buffer.consume(held - 100);
            buffer.release();
            assert_eq!((buffer.bytes.len(), buffer.data()), (100, &[7; 100][..]));
            assert_eq!(buffer.offset(), (round + 1) * 20_000 - 100);
        }
    }

    #[test]
    fn a_large_body_moves_few_times_also_behind_a_release() {
        let mut buffer = Buffer::new(4 << 10, 1 << 30);
        let mut is_released = false;
        for _ in 0..2 {
            let (mut moves, mut place) = (0, core::ptr::null());
            while buffer.data().len() < 16 << 20 {
                buffer.space();
                buffer.filled(4 << 10);
                moves += u32::from(buffer.data().as_ptr() != place);
                place = buffer.data().as_ptr();
            }
            // From four reads to 4096 of them in doublings; behind a release, as much room as before in one.
            assert!(moves <= if is_released { 4 } else { 14 }, "{moves}");
            buffer.consume(buffer.data().len() - 100);
            buffer.release();
            is_released = true;
        }
    }

    #[test]
    fn memory_that_one_buffer_gives_back_is_the_room_of_another_one() {
        let fill = |buffer: &mut Buffer, byte: u8| {
            let n = buffer.space().len().min(20_000);
            buffer.space()[..n].fill(byte);
            buffer.filled(n);
            n
        };
        let mut one = Buffer::new(20_000, 1 << 30);
        let mut other = Buffer::new(20_000, 1 << 30);
        fill(&mut one, 1);
        one.consume(19_990);
        let room = one.release();
        let (at, capacity) = (room.as_ptr(), room.capacity());
        assert!(capacity > 20_000 && !one.has_room());
        other.lend(room);
        let n = fill(&mut other, 2);
        assert_eq!((other.bytes.as_ptr(), other.data()), (at, &[2; 20_000][..n]));
        assert_eq!(other.data().as_ptr().align_offset(PAGE), 0);
        // What is too small is not used.
        other.consume(n);
        assert_eq!(other.release().capacity(), capacity);
        other.lend(Vec::with_capacity(100));
        assert!(other.space().len() >= 20_000);
        assert_eq!(one.data(), [1; 10]);
    }

    #[test]
    fn a_body_near_the_limit_does_not_make_the_room_grow_beyond_it() {
        let mut buffer = Buffer::new(1000, 1 << 20);
        for _ in 0..20 {
            while buffer.data().len() + 1000 <= 1 << 20 {
                buffer.space();
                buffer.filled(1000);
            }
            assert!(buffer.bytes.len() - buffer.origin <= (1 << 20) + PAGE);
            buffer.consume((1 << 20) - 5000);
        }
    }
}
