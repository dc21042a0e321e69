//! What is written about a camera that is lost and comes back: a few lines, however long or often that is.

use std::time::Duration;

/// After this long without a loss, the next one is written at once again.
const CALM: Duration = Duration::from_secs(600);
/// How long further losses are only counted at first. Each line doubles this time.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// Different reasons that are written at once each, between two calm times.
const REASONS: usize = 4;

/// Decides which losses and returns of one camera are written. The number of lines grows with the logarithm of the time
/// for which there is trouble: about twenty a day. It does no I/O and reads no clock.
#[derive(Debug)]
pub struct Outages {
    /// The name of the camera in messages.
    name: String,
    /// Since when the camera is lost.
    lost_at: Option<Duration>,
    /// When the camera came back last.
    back_at: Option<Duration>,
    /// The reasons that were written since it was calm.
    reasons: Vec<String>,
    /// Losses and failed attempts that were not written.
    counted: u64,
    /// When the last line was written, and how long after it losses are counted only.
    written_at: Duration,
    pause: Duration,
    /// Whether a line says that the camera is lost, so that its return is written too.
    is_announced: bool,
}

impl Outages {
    /// No loss so far.
    pub fn new(name: impl Into<String>) -> Self {
        let (written_at, pause) = (Duration::ZERO, Duration::ZERO);
        Self {
            name: name.into(),
            lost_at: None,
            back_at: None,
            reasons: Vec::new(),
            counted: 0,
            written_at,
            pause,
            is_announced: false,
        }
    }

    /// The camera is lost, or an attempt to reach it has failed. `why` names the camera. Returns the line to write.
    pub fn lost(&mut self, why: &str, now: Duration) -> Option<String> {
        let is_calm = self.lost_at.is_none() && self.back_at.is_none_or(|back| now >= back + CALM);
        let lost_at = *self.lost_at.get_or_insert(now);
        if is_calm {
            (self.counted, self.pause) = (0, Duration::ZERO);
            self.reasons.clear();
        }
        let is_new_reason = self.reasons.len() < REASONS && !self.reasons.iter().any(|known| known == why);
        if is_new_reason {
            self.reasons.push(why.into());
            self.is_announced = true;
            if !is_calm {
                return Some(format!("{why}; trying again"));
            }
        } else if now < self.written_at + self.pause {
            self.counted += 1;
            return None;
        }
        let line = match std::mem::take(&mut self.counted) {
            0 => format!("{why}; trying again"),
            // Short outages, one after the other.
            counted if lost_at > self.written_at => {
                let time = shown(now - self.written_at);
                format!("{why}; trying again ({counted} more failures in {time})")
            }
            _ => format!("{why}; lost for {}, trying again", shown(now - lost_at)),
        };
        self.written_at = now;
        self.pause = (self.pause * 2).max(FIRST_PAUSE);
        self.is_announced = true;
        Some(line)
    }

    /// A picture has come. Returns the line to write, if the camera was lost and a line said so.
    pub fn back(&mut self, now: Duration) -> Option<String> {
        let lost_at = self.lost_at.take()?;
        self.back_at = Some(now);
        let is_announced = std::mem::take(&mut self.is_announced);
        is_announced.then(|| format!("{}: back after {}", self.name, shown(now - lost_at)))
    }
}

/// A time in words: `0.4 s`, `1m 20s`.
fn shown(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        return format!("{:.1} s", time.as_secs_f64());
    }
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_day_without_the_camera_takes_a_dozen_lines() {
        let mut outages = Outages::new("cam");
        let lines: Vec<String> =
            (0..24 * 120).filter_map(|n| outages.lost("cam: refused", n * 30 * SECOND)).collect();
        assert!((8..=12).contains(&lines.len()), "{lines:?}");
        assert_eq!(lines[0], "cam: refused; trying again");
        assert_eq!(lines[1], "cam: refused; lost for 1m, trying again");
        assert_eq!(lines[2], "cam: refused; lost for 3m, trying again");
        assert_eq!(outages.back(86_400 * SECOND).as_deref(), Some("cam: back after 1day"));
        assert_eq!(outages.back(86_401 * SECOND), None);
    }

    #[test]
    fn a_camera_that_is_lost_every_second_takes_few_lines() {
        let mut outages = Outages::new("cam");
        let mut lines = Vec::new();
        for n in 0..86_400 {
            lines.extend(outages.lost("cam: the stream ended", n * SECOND));
            lines.extend(outages.back(n * SECOND + SECOND / 2));
        }
        assert!((16..=24).contains(&lines.len()), "{lines:?}");
        assert_eq!(lines[1], "cam: back after 0.5 s");
        assert_eq!(lines[2], "cam: the stream ended; trying again (59 more failures in 1m)");
    }

    #[test]
    fn only_the_first_reasons_are_written_at_once() {
        let mut outages = Outages::new("cam");
        let lines = (0..1000).filter_map(|n| outages.lost(&format!("cam: {n}"), n * SECOND / 20)).count();
        assert_eq!(lines, REASONS);
    }

    #[test]
    fn after_a_calm_time_a_loss_is_written_at_once() {
        let mut outages = Outages::new("cam");
        for at in [0, 700] {
            assert!(outages.lost("cam: reset", at * SECOND).is_some());
            let refused = outages.lost("cam: refused", (at + 5) * SECOND);
            assert_eq!(refused.as_deref(), Some("cam: refused; trying again"));
            assert_eq!(outages.lost("cam: refused", (at + 7) * SECOND), None);
            assert_eq!(outages.back((at + 12) * SECOND).as_deref(), Some("cam: back after 12s"));
            assert_eq!(outages.lost("cam: reset", (at + 20) * SECOND), None);
            // This return is not written, because the loss was not.
            assert_eq!(outages.back((at + 21) * SECOND), None);
        }
    }
}
