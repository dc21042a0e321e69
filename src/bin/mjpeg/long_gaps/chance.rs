//! How likely numbers of long gaps are by chance.

/// How likely at least `count` gaps of this check are longer than the `rank`-th longest of the baseline: of the longest
/// `rank + count - 1` gaps of both, fewer than `rank` are of the baseline. `share` of all gaps are of this check.
pub fn at_least(rank: u64, count: u64, share: f64) -> f64 {
    let longest = (rank + count - 1) as f64;
    let mut log = longest * share.ln();
    let mut sum = 0.0;
    for of_baseline in 0..rank {
        sum += log.exp();
        let n = of_baseline as f64;
        log += ((longest - n) / (n + 1.0) * (1.0 - share) / share).ln();
    }
    sum.min(1.0)
}

/// The share for a limit that is higher by `scales` times the scale of an exponential tail: e^`scales` times fewer gaps are
/// above that limit.
pub fn share_beyond(share: f64, scales: f64) -> f64 {
    let beyond = share * (-scales).exp();
    beyond / (1.0 - share + beyond)
}

/// How likely `count` random places leave no longer part of a stream without one of them than `part`: the distribution of the
/// longest of `count + 1` spacings (Feller, An Introduction to Probability Theory, volume 2, I.9).
pub fn even(count: u64, part: f64) -> f64 {
    let (mut sum, mut ways) = (0.0, 1.0);
    for n in 0..=count + 1 {
        let left = 1.0 - n as f64 * part;
        if left <= 0.0 {
            break;
        }
        let sign = if n % 2 == 0 { 1.0 } else { -1.0 };
        sum += sign * ways * left.powf(count as f64);
        ways *= (count + 1 - n) as f64 / (n + 1) as f64;
    }
    sum.clamp(0.0, 1.0)
}

/// The first number up to `most` that suits, if all behind it do.
pub fn first(most: u64, suits: impl Fn(u64) -> bool) -> u64 {
    let (mut least, mut most) = (0, most);
    while least < most {
        let middle = least + (most - least) / 2;
        if suits(middle) { most = middle } else { least = middle + 1 }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_those_of_the_order_of_all_gaps() {
        // Six of as many gaps above the longest one: 1 of 64.
        assert!((at_least(1, 6, 0.5) - 1.0 / 64.0).abs() < 1e-12);
        // Of the first two of both, not both are of the baseline.
        assert!((at_least(2, 1, 0.5) - 0.75).abs() < 1e-12);
        assert!((at_least(1000, 0, 0.5) - 1.0).abs() < 1e-9);
        assert!(at_least(1, 1_000_000, 0.5) < 1e-100);
        // Of an exponential tail, half of the gaps above a limit are longer by ln 2 scales.
        assert!((share_beyond(0.5, std::f64::consts::LN_2) - 1.0 / 3.0).abs() < 1e-12);
        assert!((share_beyond(0.2, 0.0) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn even_places_are_rare() {
        // One place leaves three quarters at most if it is in the middle half.
        assert!((even(1, 0.75) - 0.5).abs() < 1e-12);
        assert!((even(3, 1.0) - 1.0).abs() < 1e-12);
        // Five places at equal distances, and a little further apart.
        assert!(even(5, 1.0 / 6.0) < 1e-12);
        assert!((1e-4..0.01).contains(&even(5, 0.22)), "{}", even(5, 0.22));
        assert_eq!(even(8, f64::MIN_POSITIVE), 0.0);
    }

    #[test]
    fn the_first_number_that_suits() {
        assert_eq!(first(100, |n| n >= 37), 37);
        assert_eq!(first(100, |_| false), 100);
        assert_eq!(first(0, |_| true), 0);
    }
}
