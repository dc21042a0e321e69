//! Frames as parts of a stream, and the arithmetic of their lengths.

use anyhow::anyhow;
use mjpeg::multipart::{Boundary, PartHead, Serializer};

use crate::bench::page::PageBuffer;
use crate::problem::Problem;

/// The bytes after the JPEG in each part.
const TAIL: &[u8] = b"\r\n";

/// The parts of a stream that repeats its frames without end.
///
/// ```text
/// part := dash-boundary CRLF head CRLF jpeg CRLF
/// ```
///
/// The bytes around the JPEG have the same length in each part, so that only the pictures decide how parts compare with
/// the chunk size.
#[derive(Debug)]
pub struct Parts {
    parts: Vec<PageBuffer>,
    /// The bytes before the JPEG in each part.
    head_bytes: usize,
    sequence: Sequence,
    content_type: String,
}

impl Parts {
    /// Makes a part of each frame. There must be at least one frame.
    ///
    /// # Errors
    ///
    /// If each boundary that was tried occurs in a picture.
    pub fn new(frames: &[Vec<u8>]) -> Result<Self, Problem> {
        let digits = frames.iter().map(Vec::len).max().unwrap_or(0).to_string().len();
        let serializer = (0..1000)
            .filter_map(|number| Boundary::new(&format!("mjpeg-bench-{number:03}")).ok())
            .map(|boundary| Serializer::new(boundary).length_digits(digits))
            .find(|serializer| frames.iter().all(|jpeg| serializer.can_carry(jpeg)))
            .ok_or_else(|| Problem::new(anyhow!("each possible boundary occurs in a picture")))?;
        let parts: Vec<PageBuffer> = frames.iter().map(|jpeg| part(&serializer, jpeg)).collect();
        let sequence = Sequence::new(parts.iter().map(|part| part.len() as u64));
        let head_bytes = parts[0].len() - TAIL.len() - frames[0].len();
        Ok(Self { parts, head_bytes, sequence, content_type: serializer.content_type() })
    }

    /// The value of the response's `Content-Type` field.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The lengths of the parts.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// The bytes of part `number`, counted from 0.
    pub fn bytes(&self, number: u64) -> &[u8] {
        &self.parts[(number % self.parts.len() as u64) as usize]
    }

    /// The JPEG in part `number`.
    pub fn jpeg(&self, number: u64) -> &[u8] {
        let bytes = self.bytes(number);
        &bytes[self.head_bytes..bytes.len() - TAIL.len()]
    }
}

fn part(serializer: &Serializer, jpeg: &[u8]) -> PageBuffer {
    let mut bytes = Vec::with_capacity(jpeg.len() + 128);
    serializer.first_delimiter(&mut bytes);
    serializer.head(&mut bytes, &PartHead::new(jpeg.len() as u64));
    bytes.extend_from_slice(jpeg);
    bytes.extend_from_slice(TAIL);
    PageBuffer::copy_of(&bytes)
}

/// The lengths of an endless sequence of parts that repeats. Bytes are counted from the first byte of part 0.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The end of each part in the first round.
    ends: Vec<u64>,
}

impl Sequence {
    /// A sequence of parts with these lengths. There must be at least one, and none may be 0.
    pub fn new(lengths: impl IntoIterator<Item = u64>) -> Self {
        let ends = lengths
            .into_iter()
            .scan(0, |end, len| {
                *end += len;
                Some(*end)
            })
            .collect();
        Self { ends }
    }

    /// Parts before the sequence repeats.
    pub fn count(&self) -> u64 {
        self.ends.len() as u64
    }

    /// The length of part `number`.
    pub fn len(&self, number: u64) -> u64 {
        let index = self.index(number);
        self.ends[index] - if index == 0 { 0 } else { self.ends[index - 1] }
    }

    /// The length of the shortest part.
    pub fn min(&self) -> u64 {
        (0..self.count()).map(|number| self.len(number)).min().unwrap_or(0)
    }

    /// The length of the longest part.
    pub fn max(&self) -> u64 {
        (0..self.count()).map(|number| self.len(number)).max().unwrap_or(0)
    }

    /// The mean length.
    pub fn mean(&self) -> f64 {
        self.round() as f64 / self.count() as f64
    }

    /// The end of the JPEG in part `number`: the offset after its last byte.
    pub fn jpeg_end(&self, number: u64) -> u64 {
        number / self.count() * self.round() + self.ends[self.index(number)] - TAIL.len() as u64
    }

    /// The part with the byte at `offset`.
    pub fn part_at(&self, offset: u64) -> u64 {
        let within = offset % self.round();
        offset / self.round() * self.count() + self.ends.partition_point(|&end| end <= within) as u64
    }

    /// Bytes before the sequence repeats.
    fn round(&self) -> u64 {
        self.ends.last().copied().unwrap_or(1)
    }

    fn index(&self, number: u64) -> usize {
        (number % self.count()) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overhead_is_the_same_for_each_frame() {
        let frames: Vec<Vec<u8>> = [9, 10, 999, 12_345].map(|len| vec![0xff; len]).into();
        let parts = Parts::new(&frames).unwrap();
        for (number, frame) in frames.iter().enumerate() {
            let number = number as u64;
            assert_eq!(parts.bytes(number).len() - frame.len(), parts.bytes(0).len() - 9);
            assert_eq!(parts.jpeg(number), frame);
            assert_eq!(parts.jpeg(number + 4), frame, "the sequence repeats");
        }
        assert!(
            parts.bytes(1).starts_with(
                b"--mjpeg-bench-000\r\nContent-Type: image/jpeg\r\nContent-Length: 00010\r\n\r\n"
            )
        );
        assert!(parts.bytes(1).ends_with(b"\xff\xff\r\n"));
    }

    #[test]
    fn a_boundary_that_occurs_in_a_picture_is_not_used() {
        let parts = Parts::new(&[b"\xff\xd8--mjpeg-bench-000\xff\xd9".to_vec()]).unwrap();
        assert_eq!(parts.content_type(), "multipart/x-mixed-replace; boundary=mjpeg-bench-001");
    }

    #[test]
    fn offsets_and_parts_agree_with_counting() {
        let sequence = Sequence::new([5, 3, 9]);
        assert_eq!((sequence.min(), sequence.max(), sequence.count()), (3, 9, 3));
        let mut offset = 0;
        for number in 0..10 {
            for _ in 0..sequence.len(number) {
                assert_eq!(sequence.part_at(offset), number, "byte {offset}");
                offset += 1;
            }
            assert_eq!(sequence.jpeg_end(number), offset - TAIL.len() as u64);
        }
    }
}
