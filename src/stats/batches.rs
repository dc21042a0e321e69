//! A mean, and how far it may be from that of another sample of the same source.

use alloc::vec::Vec;

/// The most batches. It is even. Two batches become one when there would be more, so memory is bounded.
const MOST: usize = 16;
/// The least batches whose spread means something.
pub(super) const LEAST: usize = 4;

/// The method of batch means: a series is cut into batches of equal length, and the spread of their means gives the standard
/// error of the mean of all. It holds for series whose neighbours depend on each other. Of the gaps of a stream it is too large,
/// since the gap behind a late frame is short: [`super::MeanGap`] knows that.
///
/// ```
/// use mjpeg::stats::Batches;
///
/// let mut gaps = Batches::default();
/// for n in 0..1000 {
///     // A frame each 40 ms; every other one is 6 ms late.
///     gaps.push(if n % 2 == 0 { 46.0 } else { 34.0 });
/// }
/// assert_eq!(gaps.mean(), Some(40.0));
/// assert!(gaps.error().unwrap() < 0.1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Batches {
    /// Values in a batch.
    size: u64,
    /// Sums of the full batches.
    sums: Vec<f64>,
    /// The batch that is being filled.
    sum: f64,
    filled: u64,
    count: u64,
    total: f64,
}

impl Batches {
    /// Takes the next value.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        self.total += value;
        self.sum += value;
        self.filled += 1;
        if self.filled < self.size {
            return;
        }
        self.sums.push(self.sum);
        (self.sum, self.filled) = (0.0, 0);
        if self.sums.len() == MOST {
            self.sums = self.sums.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
            self.size *= 2;
        }
    }

    /// The means of the full batches, and the number of values in each of them.
    pub(super) fn means(&self) -> (impl ExactSizeIterator<Item = f64> + Clone + '_, f64) {
        let size = self.size as f64;
        (self.sums.iter().map(move |sum| sum / size), size)
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean of all values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.total / self.count as f64)
    }

    /// The standard error of the mean; `None` with too few values.
    pub fn error(&self) -> Option<f64> {
        if self.sums.len() < LEAST {
            return None;
        }
        let (n, size) = (self.sums.len() as f64, self.size as f64);
        let mean = self.sums.iter().sum::<f64>() / n / size;
        let squares: f64 = self.sums.iter().map(|sum| sum / size - mean).map(|it| it * it).sum();
        // Of the mean of the batches. Values that are in no batch yet make that of all values a little smaller.
        Some(square_root(squares / (n - 1.0) / n))
    }
}

impl Default for Batches {
    fn default() -> Self {
        Self { size: 1, sums: Vec::new(), sum: 0.0, filled: 0, count: 0, total: 0.0 }
    }
}

/// Newton's method; `f64::sqrt` needs the standard library.
pub(super) fn square_root(x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    // Half the exponent of x: within a factor of two of the root.
    let mut root = f64::from_bits((x.to_bits() >> 1) + (1023 << 51));
    for _ in 0..5 {
        root = (root + x / root) / 2.0;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_exact() {
        for x in [1e-12, 0.25, 2.0, 9.0, 1234.5, 1e12] {
            assert!((square_root(x) - f64::sqrt(x)).abs() < 1e-12 * x.max(1.0), "{x}");
        }
        assert_eq!(square_root(0.0), 0.0);
    }

    #[test]
    fn the_error_is_that_of_the_mean() {
        let mut batches = Batches::default();
        assert_eq!((batches.mean(), batches.error()), (None, None));
        for _ in 0..3 {
            batches.push(1.0);
        }
        assert_eq!((batches.mean(), batches.error()), (Some(1.0), None));
        // A linear congruential generator: uniform from 0 to 1, with a standard deviation of 0.289.
        let mut batches = Batches::default();
        let mut state = 1_u64;
        for _ in 0..10_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            batches.push((state >> 11) as f64 / (1_u64 << 53) as f64);
        }
        assert_eq!(batches.count(), 10_000);
        assert!((batches.mean().unwrap() - 0.5).abs() < 0.01);
        assert!((0.0014..0.0058).contains(&batches.error().unwrap()), "{:?}", batches.error());
    }
}
