//! The cues of a film: where its clusters begin.

use super::ebml::{master, uint};
use super::ids::{CUE_CLUSTER_POSITION, CUE_POINT, CUE_TIME, CUE_TRACK, CUE_TRACK_POSITIONS, CUES, TRACK};

/// Cues are thinned out above this count, so that a recording of weeks needs no more memory.
const MOST_CUES: usize = 1 << 16;

/// The ticks and the offsets of clusters.
#[derive(Debug)]
pub struct Cues {
    cues: Vec<(u64, u64)>,
    /// Each of so many clusters has a cue.
    stride: u64,
    clusters: u64,
}

impl Default for Cues {
    fn default() -> Self {
        Self { cues: Vec::new(), stride: 1, clusters: 0 }
    }
}

impl Cues {
    /// A cluster with the time `tick` begins at the offset `at` of the file.
    pub fn cluster(&mut self, tick: u64, at: u64) {
        if self.clusters.is_multiple_of(self.stride) {
            self.cues.push((tick, at));
        }
        self.clusters += 1;
        if self.cues.len() >= MOST_CUES {
            let mut index = 0;
            self.cues.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Appends the element. Positions count from `segment`, the offset of the segment's content.
    pub fn write(&self, segment: u64, out: &mut Vec<u8>) {
        master(out, CUES, |out| {
            for &(tick, cluster) in &self.cues {
                master(out, CUE_POINT, |out| {
                    uint(out, CUE_TIME, tick);
                    master(out, CUE_TRACK_POSITIONS, |out| {
                        uint(out, CUE_TRACK, TRACK.into());
                        uint(out, CUE_CLUSTER_POSITION, cluster - segment);
                    });
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cues_of_weeks_are_bounded() {
        let mut cues = Cues::default();
        for second in 0..300_000 {
            cues.cluster(second * 10_000, 1_000 + second * 30);
        }
        assert!(cues.cues.len() < MOST_CUES);
        assert!(cues.cues.windows(2).all(|pair| pair[1].0 - pair[0].0 == 8 * 10_000));
    }
}
