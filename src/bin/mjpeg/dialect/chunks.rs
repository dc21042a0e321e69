//! The chunks of a response: RFC 9112 7.1.

use std::ops::Range;

use serde::Deserialize;

/// How a server makes chunks: what is sent together is one chunk, or several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chunks {
    /// A chunk ends before the picture.
    pub cut_before_picture: bool,
    /// A chunk ends behind the picture.
    pub cut_after_picture: bool,
    /// Each line around the picture is a chunk.
    pub cut_lines: bool,
    /// The first delimiter of the stream is a chunk.
    pub cut_first_delimiter: bool,
    /// The most bytes of a chunk, as a server with a buffer of fixed size has them.
    pub size: Option<usize>,
    /// The sizes are written in upper case.
    pub upper_case: bool,
}

/// Bytes that a server sends together: text, a picture, text. Offsets count from the first one.
#[derive(Debug, Clone)]
pub struct Together {
    /// How many bytes there are.
    pub len: usize,
    /// The picture, or what is sent of it.
    pub picture: Range<usize>,
    /// Where the lines of the text end. Only needed with `cut_lines`.
    pub line_ends: Vec<usize>,
    /// Where the first delimiter of the stream ends, if this is the start of the stream.
    pub first_delimiter: Option<usize>,
}

impl Chunks {
    /// The chunks of bytes that are sent together, as ranges of them.
    pub fn split(&self, sent: &Together) -> Vec<Range<usize>> {
        let mut cuts = Vec::new();
        cuts.extend(sent.first_delimiter.filter(|_| self.cut_first_delimiter));
        cuts.extend(self.cut_before_picture.then_some(sent.picture.start));
        cuts.extend(self.cut_after_picture.then_some(sent.picture.end));
        if self.cut_lines {
            cuts.extend_from_slice(&sent.line_ends);
        }
        cuts.push(sent.len);
        cuts.sort_unstable();
        let size = self.size.unwrap_or(usize::MAX).max(1);
        let mut chunks = Vec::new();
        let mut start = 0;
        for cut in cuts {
            while start < cut {
                let stop = cut.min(start.saturating_add(size));
                chunks.push(start..stop);
                start = stop;
            }
        }
        chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_decide_where_chunks_end() {
        let line_ends = vec![5, 11, 13, 115];
        let sent = Together { len: 115, picture: 13..113, line_ends, first_delimiter: Some(5) };
        let sizes = |chunks: Chunks| chunks.split(&sent).iter().map(Range::len).collect::<Vec<_>>();
        let plain = Chunks::default();
        assert_eq!(sizes(plain), [115]);
        assert_eq!(sizes(Chunks { cut_before_picture: true, ..plain }), [13, 102]);
        assert_eq!(sizes(Chunks { cut_after_picture: true, ..plain }), [113, 2]);
        assert_eq!(sizes(Chunks { cut_first_delimiter: true, size: Some(64), ..plain }), [5, 64, 46]);
        assert_eq!(sizes(Chunks { cut_lines: true, cut_after_picture: true, ..plain }), [5, 6, 2, 100, 2]);
    }
}
