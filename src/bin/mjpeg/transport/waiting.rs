//! How long this thread was ready to run and had no processor.

use std::time::Duration;

/// The time since the thread began; zero where the system does not tell.
#[cfg(target_os = "linux")]
pub fn for_processor() -> Duration {
    // Three numbers: nanoseconds on a processor, nanoseconds ready without one, and times on one.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    parsed(&text)
}

/// The time since the thread began; zero where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn for_processor() -> Duration {
    Duration::ZERO
}

#[cfg(any(target_os = "linux", test))]
fn parsed(text: &str) -> Duration {
    Duration::from_nanos(text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_number_counts() {
        assert_eq!(parsed("123 4500000 7\n"), Duration::from_micros(4500));
        for text in ["", "5", "x y z", "1 -1 1"] {
            assert_eq!(parsed(text), Duration::ZERO);
        }
    }
}
