//! Small frames that wait to be written together.
//!
//! A write for each frame costs more than the copy: many small writes end inside a page, and the kernel copies them slowly.

/// Bytes that are written together.
const MOST_BYTES: usize = 64 << 10;
/// The alignment of the bytes: the kernel copies fastest if their place in a page is their place in a page of the file.
const PAGE: usize = 4096;

/// The frames, one after another.
#[derive(Debug)]
pub struct Gathered {
    room: Vec<u8>,
    /// Where the first frame starts in `room`.
    start: usize,
    /// Where each frame ends, counted from the start of the first one.
    ends: Vec<usize>,
}

impl Gathered {
    /// Nothing.
    pub fn new() -> Self {
        Self { room: vec![0; MOST_BYTES + 2 * PAGE], start: 0, ends: Vec::new() }
    }

    /// Whether a frame gains by waiting.
    pub fn suits(frame: &[u8]) -> bool {
        frame.len() <= MOST_BYTES / 2
    }

    /// Whether a frame has room behind the others.
    pub fn fits(&self, frame: &[u8]) -> bool {
        self.len() + frame.len() <= MOST_BYTES
    }

    /// Adds a frame that has room. `at`: where the first one will be in the file.
    pub fn push(&mut self, frame: &[u8], at: u64) {
        if self.ends.is_empty() {
            let in_page = usize::try_from(at % PAGE as u64).unwrap_or_default();
            self.start = self.room.as_ptr().align_offset(PAGE).min(PAGE) + in_page;
        }
        let start = self.start + self.len();
        self.room[start..start + frame.len()].copy_from_slice(frame);
        self.ends.push(self.len() + frame.len());
    }

    /// The frames.
    pub fn bytes(&self) -> &[u8] {
        &self.room[self.start..self.start + self.len()]
    }

    /// Where each of them ends.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.ends.clear();
    }

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_place_in_a_page_that_they_will_have_in_the_file() {
        let mut gathered = Gathered::new();
        for at in [0, 1, 4095, 4096, 1_000_003] {
            let frames = [vec![1; 1000], vec![2; MOST_BYTES / 2], vec![3; MOST_BYTES / 2 - 1000]];
            for frame in &frames {
                assert!(Gathered::suits(frame) && gathered.fits(frame));
                gathered.push(frame, at);
            }
            assert!(!gathered.fits(b"1"));
            assert!(gathered.bytes() == frames.concat());
            assert_eq!(gathered.bytes().as_ptr() as usize % PAGE, at as usize % PAGE);
            assert_eq!(gathered.ends(), [1000, 1000 + MOST_BYTES / 2, MOST_BYTES]);
            gathered.clear();
            assert!(gathered.bytes().is_empty());
        }
    }
}
