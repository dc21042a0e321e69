//! How late the frames of a stream are, and how far that may be from another part of the same stream.

use alloc::vec::Vec;

use super::batches::square_root;

/// The most blocks. It is even. Two blocks become one when there would be more, so memory is bounded.
const BLOCKS: usize = 128;
/// The least blocks whose spread means something, and about how many coarse ones there are.
const LEAST: usize = 32;
const COARSE: usize = 8;
/// The correlation of neighbouring blocks above which they depend on each other: independent ones have a larger one in a few of a
/// hundred streams.
const DEPENDENT: f64 = 0.2;
/// How much larger the variance of the coarse blocks may be than that of independent ones. Above, delays add up, and no mean is
/// that of the camera.
const ADDING_UP: f64 = 5.0;
/// The most corners of the hull. Beyond that only some far enough from each other are kept: a stream that gets slower and slower has many.
const CORNERS: usize = 512;

/// How late frames are against the latest steady schedule that no frame is ahead of: of all lines below the arrival times, the one
/// with the least mean distance.
///
/// If the delays are exponential, this line and this mean are their maximum-likelihood estimates, and no other figure shows
/// sooner that they have grown. The gaps show each delay twice, and their percentiles a few frames only.
///
/// ```
/// use mjpeg::stats::Lateness;
///
/// let mut lateness = Lateness::default();
/// for n in 0..1000 {
///     // A frame each 40 ms; every other one is 30 ms late.
///     lateness.push(if n % 2 == 0 { 70.0 } else { 10.0 });
/// }
/// assert!((lateness.mean().unwrap() - 15.0).abs() < 0.1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    /// Frames, and the sum of their arrival times.
    count: u64,
    total: f64,
    last: f64,
    /// The lower convex hull of (number, arrival time).
    hull: Vec<(f64, f64)>,
    /// The least distance of its corners, but for the last one.
    spacing: f64,
    /// Frames in a block, the sums of the full ones, and the block that is being filled.
    size: u64,
    sums: Vec<f64>,
    sum: f64,
    filled: u64,
}

impl Default for Lateness {
    fn default() -> Self {
        Self {
            count: 0,
            total: 0.0,
            last: 0.0,
            hull: Vec::new(),
            spacing: 1.0,
            size: 1,
            sums: Vec::new(),
            sum: 0.0,
            filled: 0,
        }
    }
}

impl Lateness {
    /// Takes the next gap.
    pub fn push(&mut self, gap: f64) {
        if self.count == 0 {
            self.arrival(0.0);
        }
        self.arrival(self.last + gap);
    }

    fn arrival(&mut self, time: f64) {
        let point = (self.count as f64, time);
        while let [.., before, corner] = self.hull[..] {
            // The corner is not below the line from the one before it to the new point.
            if (corner.1 - before.1) * (point.0 - before.0) < (point.1 - before.1) * (corner.0 - before.0) {
                break;
            }
            self.hull.pop();
        }
        if let [.., before, corner] = self.hull[..]
            && corner.0 - before.0 < self.spacing
        {
            self.hull.pop();
        }
        self.hull.push(point);
        if self.hull.len() == CORNERS {
            self.spacing *= 2.0;
            let (mut kept, spacing) = (f64::MIN, self.spacing);
            self.hull.retain(|corner| {
                let keeps = corner.0 - kept >= spacing;
                kept = if keeps { corner.0 } else { kept };
                keeps
            });
        }
        self.last = time;
        self.count += 1;
        self.total += time;
        self.sum += time;
        self.filled += 1;
        if self.filled < self.size {
            return;
        }
        self.sums.push(self.sum);
        (self.sum, self.filled) = (0.0, 0);
        if self.sums.len() == BLOCKS {
            self.sums = self.sums.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
            self.size *= 2;
        }
    }

    /// The line: its start and its slope. It touches the hull at the mean number of the frames.
    fn line(&self) -> Option<(f64, f64)> {
        let middle = (self.count.checked_sub(1)?) as f64 / 2.0;
        let edge = self.hull.windows(2).find(|edge| middle <= edge[1].0)?;
        let slope = (edge[1].1 - edge[0].1) / (edge[1].0 - edge[0].0);
        Some((edge[0].1 - slope * edge[0].0, slope))
    }

    /// The mean lateness; `None` without a gap.
    pub fn mean(&self) -> Option<f64> {
        let (start, slope) = self.line()?;
        let middle = (self.count - 1) as f64 / 2.0;
        Some((self.total / self.count as f64 - start - slope * middle).max(0.0))
    }

    /// The standard error of the mean lateness; `None` with too few frames, and if delays add up. Delays that depend on their
    /// neighbours, as those of a network that is slow for a while, have a larger one.
    pub fn error(&self) -> Option<f64> {
        let (_, slope) = self.line()?;
        if self.sums.len() < LEAST {
            return None;
        }
        let step = slope * self.size as f64;
        let means = self.sums.iter().enumerate();
        let means: Vec<f64> =
            means.map(|(number, sum)| sum / self.size as f64 - step * number as f64).collect();
        let merged = means.len() / COARSE;
        let coarse: Vec<f64> =
            means.chunks_exact(merged).map(|few| few.iter().sum::<f64>() / merged as f64).collect();
        let of_fine = variance_of_mean(&means);
        if variance_of_mean(&coarse) > ADDING_UP * of_fine {
            return None;
        }
        // Of a series in which each value takes a part r of its neighbour's, the variance of the mean is larger by (1 + r) / (1 - r).
        let shared = correlation(&means);
        let more = if shared > DEPENDENT { (1.0 + shared) / (1.0 - shared) } else { 1.0 };
        Some(square_root(of_fine * more))
    }
}

/// The variance of the mean of independent values.
fn variance_of_mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (count - 1.0) / count
}

/// The correlation of each value with the next one; below 1.
fn correlation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|it| (it - mean) * (it - mean)).sum();
    let products: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exponentially distributed, with a mean of 1.
    fn exponential() -> impl FnMut() -> f64 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            -(((state >> 11) as f64 + 1.0) / (1_u64 << 53) as f64).ln()
        }
    }

    /// A stream whose frames are late by these times.
    fn stream(late: impl IntoIterator<Item = f64>) -> Lateness {
        let (mut lateness, mut before) = (Lateness::default(), None);
        for late in late {
            if let Some(before) = before {
                lateness.push(40.0 + late - before);
            }
            before = Some(late);
        }
        lateness
    }

    #[test]
    fn few_frames_have_a_mean_and_no_error() {
        let mut lateness = Lateness::default();
        assert_eq!((lateness.mean(), lateness.error()), (None, None));
        lateness.push(30.0);
        assert_eq!((lateness.mean(), lateness.error()), (Some(0.0), None));
        lateness.push(60.0);
        lateness.push(30.0);
        assert_eq!(lateness.mean(), Some(7.5));
    }

    #[test]
    fn the_line_is_the_best_one_below_all_arrivals() {
        let mut late = exponential();
        let late: Vec<f64> = (0..60).map(|_| late()).collect();
        // The best line goes through two arrivals.
        let mut least = f64::MAX;
        for i in 0..late.len() {
            for j in 0..i {
                let slope = (late[i] - late[j]) / (i - j) as f64;
                let over = |n: usize| late[n] - late[j] - slope * (n as f64 - j as f64);
                if (0..late.len()).all(|n| over(n) > -1e-9) {
                    least = least.min((0..late.len()).map(over).sum::<f64>() / late.len() as f64);
                }
            }
        }
        let mean = stream(late).mean().unwrap();
        assert!((mean - least).abs() < 1e-9, "{mean} {least}");
    }

    #[test]
    fn the_error_is_that_of_the_mean_of_many_streams() {
        let mut late = exponential();
        for frames in [100, 300, 3000] {
            let (mut squares, mut errors, mut known) = (0.0, 0.0, 0.0);
            for _ in 0..200 {
                let lateness = stream((0..frames).map(|_| 10.0 * late()));
                let off = lateness.mean().unwrap() - 10.0;
                squares += off * off / 200.0;
                if let Some(error) = lateness.error() {
                    errors += error;
                    known += 1.0;
                }
            }
            let real = square_root(squares);
            errors /= known;
            // Chance makes a few of them look as if their delays added up.
            assert!(known >= 190.0, "{frames}: {known}");
            assert!((0.8..1.25).contains(&(errors / real)), "{frames}: {errors}, real {real}");
        }
    }

    #[test]
    fn delays_that_depend_on_their_neighbours_have_a_larger_error() {
        let mut late = exponential();
        let mut errors = |shared: usize| {
            let mut sum = 0.0;
            for _ in 0..100 {
                let mut recent = std::vec![0.0; shared];
                let lateness = stream((0..300).map(|n| {
                    recent[n % shared] = 10.0 * late();
                    recent.iter().sum::<f64>() / shared as f64
                }));
                sum += lateness.error().unwrap_or_default() / 100.0;
            }
            sum
        };
        // The mean of all frames is that of all delays, whether frames share them or not. Delays that are not shared spread more; of
        // blocks that are taken as independent, the error would be smaller by a third.
        let (alone, shared) = (errors(1), errors(5));
        assert!((0.9..1.25).contains(&(shared / alone)), "{shared} {alone}");
    }

    #[test]
    fn delays_that_add_up_have_no_error_and_a_stream_that_slows_down_needs_bounded_memory() {
        let (mut late, mut sum) = (exponential(), 0.0);
        let adding = stream((0..300).map(|_| {
            sum += late() - 1.0;
            sum
        }));
        assert_eq!(adding.error(), None);
        let slower = stream((0..100_000).map(|n| f64::from(n) * f64::from(n) * 1e-4));
        assert!(slower.hull.len() <= CORNERS && slower.sums.len() <= BLOCKS);
        // The best line touches the parabola in the middle: a twelfth of the square of the length.
        assert!((slower.mean().unwrap() / (1e10 * 1e-4 / 12.0) - 1.0).abs() < 0.01, "{:?}", slower.mean());
    }
}
