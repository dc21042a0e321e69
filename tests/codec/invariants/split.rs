//! The splitter of concatenated pictures: the same pieces for every way to cut the input, without gaps.

use mjpeg::jpeg::{Piece, Splitter};
use mjpeg::multipart::{Extent, Limits, Span};

use super::cuts::Cuts;

/// `input`: one byte that chooses a limit, one that chooses cuts, then pictures and what is between.
pub fn check(input: &[u8]) {
    let [choice, seed, stream @ ..] = input else { return };
    let body_bytes = if choice & 1 == 0 { Limits::default().body_bytes } else { 700 };
    let limits = Limits::default().body_bytes(body_bytes).read_bytes(64);
    let whole = pieces(stream, limits, 0);
    let mut at = 0;
    for (span, _) in &whole {
        assert_eq!(span.start, at, "a gap");
        assert!(span.len > 0, "an empty piece");
        at = span.end();
    }
    assert_eq!(at, stream.len() as u64, "bytes are missing at the end");
    for seed in [1, *seed] {
        assert_eq!(pieces(stream, limits, seed), whole, "cut by seed {seed}");
    }
}

/// Pictures with their extent, and runs of junk, which may come in pieces.
fn pieces(stream: &[u8], limits: Limits, seed: u8) -> Vec<(Span, Option<Extent>)> {
    let (mut splitter, mut pieces, mut rest) = (Splitter::with_limits(limits), Vec::new(), stream);
    let mut reads = Cuts::new(seed);
    let mut finished = false;
    loop {
        while let Some(piece) = splitter.next_piece() {
            match piece {
                Piece::Picture { jpeg, span, extent } => {
                    assert_eq!(jpeg, &stream[span.start as usize..span.end() as usize]);
                    pieces.push((span, Some(extent)));
                }
                Piece::Junk(span) => match pieces.last_mut() {
                    Some((last, None)) if last.end() == span.start => last.len += span.len,
                    _ => pieces.push((span, None)),
                },
            }
        }
        if finished {
            return pieces;
        }
        if rest.is_empty() {
            splitter.finish();
            finished = true;
            continue;
        }
        let space = splitter.space();
        let n = reads.next().unwrap_or(usize::MAX).min(space.len()).min(rest.len());
        space[..n].copy_from_slice(&rest[..n]);
        splitter.filled(n);
        rest = &rest[n..];
    }
}
