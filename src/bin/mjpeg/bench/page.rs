//! A buffer that starts on a page.

use std::ops::{Deref, DerefMut};

const PAGE: usize = 4096;

/// A fixed number of bytes that start at a page boundary.
///
/// A copy between two buffers whose addresses differ by 1 to 31 modulo the page size runs up to
/// fifteen times slower than any other on common processors. Allocators hit that by luck, and
/// differently in each build: a measurement must not depend on it. The allocation is one page
/// larger than asked for, and the bytes before the boundary stay unused.
#[derive(Debug)]
pub struct PageBuffer {
    /// Never grows: moving the allocation would lose the alignment.
    allocation: Vec<u8>,
    start: usize,
    len: usize,
}

impl PageBuffer {
    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Self {
        let allocation = vec![0; len + PAGE];
        let start = allocation.as_ptr().align_offset(PAGE);
        // `align_offset` may decline to answer; then the buffer is merely not aligned.
        Self { start: if start < PAGE { start } else { 0 }, allocation, len }
    }

    /// A copy of `bytes`.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut buffer = Self::zeroed(bytes.len());
        buffer.copy_from_slice(bytes);
        buffer
    }
}

impl Deref for PageBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.allocation[self.start..self.start + self.len]
    }
}

impl DerefMut for PageBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.allocation[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_on_a_page_and_keeps_its_length() {
        for len in [0, 1, 4095, 4096, 65_536] {
            let buffer = PageBuffer::zeroed(len);
            assert_eq!(buffer.len(), len);
            assert_eq!(buffer.as_ptr() as usize % PAGE, 0, "{len}");
        }
        assert_eq!(&*PageBuffer::copy_of(b"jpeg"), b"jpeg");
    }
}
