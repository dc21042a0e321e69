//! Our verdict on each frame of a clip.

use std::path::Path;

use mjpeg::check::{Colour, Look, Stillness};
use mjpeg::jpeg::{Checker, Piece, Splitter};

use crate::clip::FPS;

/// Two seconds, the defaults of both filters.
const SHORTEST: usize = 2 * FPS as usize;

/// What the frames show.
pub struct Frames {
    black: Vec<bool>,
    /// Nearly the same as the last frame that is not.
    still: Vec<bool>,
}

impl Frames {
    pub fn of(path: &Path) -> Self {
        let clip = std::fs::read(path).unwrap();
        let mut checker = Checker::new().with_sampled_means(Look::MCUS);
        let mut stillness = Stillness::default();
        let mut frames = Self { black: Vec::new(), still: Vec::new() };
        each_picture(&clip, |jpeg| {
            checker.check(jpeg);
            let look = Look::of(checker.means().expect("it is sound"), Colour::Luminance);
            frames.black.push(look.is_black);
            frames.still.push(stillness.picture(&checker).expect("it is sound"));
        });
        frames
    }

    pub fn count(&self) -> usize {
        self.black.len()
    }

    /// The frames in black intervals of two seconds or more.
    pub fn black_seconds(&self) -> Vec<bool> {
        let mut found = vec![false; self.count()];
        let mut start = 0;
        while start < self.count() {
            let end = (start..self.count()).find(|&n| !self.black[n]).unwrap_or(self.count());
            // The last frame has no duration for the filter.
            if end.min(self.count() - 1) - start >= SHORTEST {
                found[start..end].fill(true);
            }
            start = end + 1;
        }
        found
    }

    /// The frames in frozen intervals of two seconds or more, the first one of each included.
    pub fn frozen_seconds(&self) -> Vec<bool> {
        let mut found = vec![false; self.count()];
        let mut start = 0;
        while start < self.count() {
            let end = (start + 1..self.count()).find(|&n| !self.still[n]).unwrap_or(self.count());
            if end - 1 - start >= SHORTEST {
                found[start..end].fill(true);
            }
            start = end;
        }
        found
    }
}

fn each_picture(clip: &[u8], mut take: impl FnMut(&[u8])) {
    let mut splitter = Splitter::new();
    let mut rest = clip;
    loop {
        while let Some(piece) = splitter.next_piece() {
            if let Piece::Picture { jpeg, .. } = piece {
                take(jpeg);
            }
        }
        if rest.is_empty() {
            return;
        }
        let space = splitter.space();
        let n = space.len().min(rest.len());
        space[..n].copy_from_slice(&rest[..n]);
        rest = &rest[n..];
        splitter.filled(n);
        if rest.is_empty() {
            splitter.finish();
        }
    }
}
