//! Bytes of a part for a vectored send.

use std::io::IoSlice;
use std::ops::{Deref, Range};

/// Bytes of a part in the buffers that hold them.
#[derive(Debug)]
pub struct Slices<'a> {
    slices: [IoSlice<'a>; 4],
    count: usize,
}

impl<'a> Slices<'a> {
    /// The bytes at these offsets of runs that follow each other. Empty slices are left out.
    pub fn new(runs: [&'a [u8]; 4], range: Range<usize>) -> Self {
        let mut slices = Self { slices: [IoSlice::new(&[]); 4], count: 0 };
        let mut start = 0;
        for run in runs {
            let end = start + run.len();
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                slices.slices[slices.count] = IoSlice::new(&run[from - start..to - start]);
                slices.count += 1;
            }
            start = end;
        }
        slices
    }
}

impl<'a> Deref for Slices<'a> {
    type Target = [IoSlice<'a>];

    fn deref(&self) -> &[IoSlice<'a>] {
        &self.slices[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_the_bytes_of_any_range() {
        let runs: [&[u8]; 4] = [b"ab", b"", b"cdefg", b"h"];
        let all = runs.concat();
        for (start, end) in (0..=all.len()).flat_map(|start| (start..=all.len()).map(move |end| (start, end)))
        {
            let slices = Slices::new(runs, start..end);
            assert!(slices.iter().all(|slice| !slice.is_empty()));
            assert_eq!(slices.iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>(), all[start..end]);
        }
    }
}
