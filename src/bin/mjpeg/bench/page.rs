//! A buffer that starts at a page boundary.

use std::ops::{Deref, DerefMut};

const PAGE: usize = 4096;

/// A fixed number of bytes that start at a page boundary.
///
/// On common processors, a copy between two buffers whose addresses differ by 1 to 31 modulo the page size is up to
/// fifteen times slower. Whether an allocator returns such addresses depends on the build. A measurement must not
/// depend on that. The allocation is one page larger than `len`; the bytes before the boundary are unused.
#[derive(Debug)]
pub struct PageBuffer {
    /// Must not grow: a new allocation would lose the alignment.
    allocation: Vec<u8>,
    start: usize,
    len: usize,
}

impl PageBuffer {
    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Self {
        let allocation = vec![0; len + PAGE];
        let start = allocation.as_ptr().align_offset(PAGE);
        // `align_offset` may give no answer; then the buffer is not aligned.
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
    fn a_buffer_starts_at_a_page_boundary_and_has_its_length() {
        for len in [0, 1, 4095, 4096, 65_536] {
            let buffer = PageBuffer::zeroed(len);
            assert_eq!(buffer.len(), len);
            assert_eq!(buffer.as_ptr() as usize % PAGE, 0, "{len}");
        }
        assert_eq!(&*PageBuffer::copy_of(b"jpeg"), b"jpeg");
    }
}
