//! The mean gap of a stream, and how far it may be from that of another part of the same stream.

use super::batches::{Batches, LEAST, square_root};

/// The mean gap, by a linear regression over the arrival times of frames, and its standard error.
///
/// A frame comes at its time, plus a delay of its own, plus a drift that all later frames have too. The gaps show the delays
/// twice, at both of their ends, and their spread says little about the rate: delays of 10 ms move the rate of 300 frames by a
/// thousandth, and the gaps by a third. So the arrival times are averaged over batches of frames. In such means the delays
/// cancel out; what is left is the drift, and the error of the rate follows from it.
///
/// ```
/// use mjpeg::stats::MeanGap;
///
/// let mut gaps = MeanGap::default();
/// for n in 0..1000 {
///     // A frame each 40 ms; every other one is 30 ms late.
///     gaps.push(if n % 2 == 0 { 70.0 } else { 10.0 });
/// }
/// assert!((gaps.mean().unwrap() - 40.0).abs() < 0.01);
/// assert!(gaps.error().unwrap() < 0.01);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeanGap {
    /// Arrival times; the first one is 0.
    arrivals: Batches,
    last: f64,
}

impl MeanGap {
    /// Takes the next gap.
    pub fn push(&mut self, gap: f64) {
        if self.arrivals.count() == 0 {
            self.arrivals.push(0.0);
        }
        self.last += gap;
        self.arrivals.push(self.last);
    }

    /// Number of gaps.
    pub fn count(&self) -> u64 {
        self.arrivals.count().saturating_sub(1)
    }

    /// The mean gap; `None` without a gap.
    pub fn mean(&self) -> Option<f64> {
        let simple = || (self.count() > 0).then(|| self.last / self.count() as f64);
        self.slope().or_else(simple)
    }

    /// The standard error of the mean gap; `None` with too few gaps.
    pub fn error(&self) -> Option<f64> {
        let slope = self.slope()?;
        let (means, size) = self.arrivals.means();
        let count = means.len() as f64;
        let steps = means.clone().skip(1).zip(means).map(|(next, mean)| (next - mean) / size - slope);
        let variance = steps.map(|it| it * it).sum::<f64>() / (count - 2.0);
        // With s the drift from one frame to the next, the step between two means of m frames has the variance s^2 m 2/3, and a
        // regression over n frames s^2 6/5 / n. Their quotient, for steps by frame, is 9/5 / batches.
        Some(square_root(1.8 * variance / count))
    }

    /// The slope of the regression line through the means of the batches.
    fn slope(&self) -> Option<f64> {
        let (means, size) = self.arrivals.means();
        if means.len() < LEAST {
            return None;
        }
        let middle = (means.len() - 1) as f64 / 2.0;
        let x = |number: usize| number as f64 - middle;
        let squares: f64 = (0..means.len()).map(|number| x(number) * x(number)).sum();
        let products: f64 = means.enumerate().map(|(number, mean)| x(number) * mean).sum();
        Some(products / squares / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_gaps_have_a_mean_and_no_error() {
        let mut gaps = MeanGap::default();
        assert_eq!((gaps.mean(), gaps.error(), gaps.count()), (None, None, 0));
        gaps.push(30.0);
        gaps.push(50.0);
        assert_eq!((gaps.mean(), gaps.error(), gaps.count()), (Some(40.0), None, 2));
    }

    /// Sums of uniform random numbers: about normal, with a standard deviation of 1.
    fn normal() -> impl FnMut() -> f64 {
        let mut state = 1_u64;
        let mut uniform = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    }

    #[test]
    fn the_error_is_that_of_the_mean_of_many_streams() {
        let mut normal = normal();
        for (drift, delay) in [(1.0, 0.0), (0.0, 8.0), (0.5, 8.0)] {
            let (mut squares, mut errors) = (0.0, 0.0);
            for _ in 0..400 {
                let mut gaps = MeanGap::default();
                let mut before = delay * normal();
                for _ in 0..299 {
                    let late = delay * normal();
                    gaps.push(40.0 + drift * normal() + late - before);
                    before = late;
                }
                let off = gaps.mean().unwrap() - 40.0;
                squares += off * off / 400.0;
                errors += gaps.error().unwrap() / 400.0;
            }
            let real = square_root(squares);
            // Of delays alone it is the larger one, since a short stream hardly tells them from a drift.
            let most = if drift > 0.0 { 1.4 } else { 8.0 };
            assert!((0.8..most).contains(&(errors / real)), "{drift} {delay}: {errors}, real {real}");
        }
    }
}
