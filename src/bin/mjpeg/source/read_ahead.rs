//! How far a thread reads ahead of the reader of its pictures.

use std::time::Duration;

use crate::value::Rate;

/// Pictures of this time are read ahead.
const TIME: Duration = Duration::from_millis(500);
/// The fewest and the most pictures that are read ahead.
const FEWEST: f64 = 2.0;
const MOST: f64 = 16.0;
/// The bytes that are read ahead; one picture may be larger.
const BYTES: usize = 16 << 20;

/// Some pictures and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    pictures: usize,
    bytes: usize,
}

impl Load {
    /// One more picture.
    pub fn add(&mut self, bytes: usize) {
        self.pictures += 1;
        self.bytes += bytes;
    }

    /// Takes away what was added before.
    pub fn remove(&mut self, other: Load) {
        self.pictures -= other.pictures;
        self.bytes -= other.bytes;
    }

    /// Whether there is no picture.
    pub fn is_empty(&self) -> bool {
        self.pictures == 0
    }
}

/// How many pictures are read ahead. At a low rate there are few, so that a changed file is seen soon.
#[derive(Debug, Clone, Copy)]
pub struct ReadAhead {
    pictures: usize,
}

impl ReadAhead {
    /// The number for this frame rate.
    pub fn new(rate: Rate) -> Self {
        // Between 2 and 16.
        Self { pictures: (rate.fps() * TIME.as_secs_f64()).clamp(FEWEST, MOST) as usize }
    }

    /// How many pictures are read ahead.
    pub fn pictures(self) -> usize {
        self.pictures
    }

    /// Whether another picture may be read while the reader has not taken these.
    pub fn has_room(self, ahead: Load) -> bool {
        ahead.is_empty() || (ahead.pictures < self.pictures && ahead.bytes < BYTES)
    }

    /// Whether the thread must learn that the reader has taken these. Each message wakes it, which costs more than to send a
    /// small picture.
    pub fn is_due(self, taken: Load) -> bool {
        taken.pictures >= self.pictures / 2 || taken.bytes >= BYTES / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pictures: usize, bytes: usize) -> Load {
        Load { pictures, bytes }
    }

    #[test]
    fn half_a_second_is_read_ahead() {
        for (fps, pictures) in [("0.1", 2), ("1", 2), ("10", 5), ("30", 15), ("1000", 16)] {
            let ahead = ReadAhead::new(fps.parse().unwrap());
            assert!(ahead.has_room(load(pictures - 1, 0)) && !ahead.has_room(load(pictures, 0)), "{fps}");
            assert!(ahead.is_due(load(pictures / 2, 0)) && !ahead.is_due(load(pictures / 2 - 1, 0)), "{fps}");
        }
    }

    #[test]
    fn large_pictures_are_limited_by_their_bytes_but_one_is_always_read() {
        let ahead = ReadAhead::new(Rate::default());
        assert!(ahead.has_room(load(1, BYTES - 1)) && !ahead.has_room(load(1, BYTES)));
        assert!(ahead.has_room(load(0, 0)));
        assert!(ahead.is_due(load(1, BYTES / 2)));
    }

    #[test]
    fn the_thread_and_the_reader_never_wait_for_each_other() {
        // The reader says what it has taken at the latest when it finds no picture.
        for (fps, bytes) in [("1", 1), ("30", 1), ("30", BYTES / 3), ("30", BYTES * 2)] {
            let limit = ReadAhead::new(fps.parse().unwrap());
            let (mut ahead, mut taken, mut waiting, mut played) = (Load::default(), Load::default(), 0, 0);
            while played < 100 {
                while limit.has_room(ahead) {
                    ahead.add(bytes);
                    waiting += 1;
                }
                if waiting > 0 {
                    waiting -= 1;
                    played += 1;
                    taken.add(bytes);
                }
                if limit.is_due(taken) || waiting == 0 {
                    ahead.remove(std::mem::take(&mut taken));
                }
                assert!(waiting > 0 || limit.has_room(ahead), "{fps} {bytes}");
            }
        }
    }
}
