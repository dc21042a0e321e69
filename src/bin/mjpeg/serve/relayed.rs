//! The camera of a relayed stream, as the server answers about it.

use std::rc::Rc;
use std::time::Duration;

use super::demand::Connected;
use super::part::Part;
use super::report::Upstream;
use crate::source::link::{Link, Phase, Status};

/// The shortest and the longest time after which a client is asked to come again, in seconds.
const RETRY_AFTER: (u64, u64) = (1, 600);
/// The shortest time to wait for a picture.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// The camera of a relayed stream.
#[derive(Debug)]
pub struct Relayed {
    /// The link to it.
    pub link: Link,
    /// When it is connected.
    pub connected: Connected,
    /// How old a picture may be that counts as new, and how long a viewer waits for one.
    pub patience: Duration,
    /// Whether a snapshot may be an old picture.
    pub is_stale_ok: bool,
    /// The newest picture from before the camera was wanted, for snapshots that may be old.
    pub last: Option<Rc<Part>>,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// How old the newest picture is.
    pub age: Option<Duration>,
    /// The reason in words, without passwords.
    pub why: String,
    /// After how many seconds to come again.
    pub retry_after: u64,
}

impl Relayed {
    /// How long a viewer or a snapshot waits for a picture.
    pub fn patience(&self) -> Duration {
        self.patience.max(LEAST_PATIENCE)
    }

    /// Whether the last attempt to reach the camera failed, or its stream ended.
    pub fn is_lost(&self) -> bool {
        self.link.status().phase == Phase::Lost
    }

    /// Why there is no picture of `source` that is new enough. `age` is that of the newest picture.
    pub fn absence(&self, source: &str, age: Option<Duration>, now: Duration) -> Absence {
        let Status { why, retry_at, phase, .. } = self.link.status();
        let why = match (why, phase) {
            (Some(why), _) => why,
            (None, Phase::Live) => format!("{source}: no new picture"),
            (None, _) => format!("{source}: no picture yet"),
        };
        let seconds = retry_at.unwrap_or_default().saturating_sub(now).as_secs_f64().ceil() as u64;
        Absence { age, why, retry_after: seconds.clamp(RETRY_AFTER.0, RETRY_AFTER.1) }
    }

    /// The state for `/state` and `/metrics`.
    pub fn state(&self, now: Duration) -> Upstream {
        let Status { phase, since, connects, failures, why, retry_at } = self.link.status();
        let mode = if self.connected == Connected::Always { "always" } else { "on-demand" };
        Upstream {
            mode,
            state: phase.word(),
            state_age_s: now.saturating_sub(since).as_secs_f64(),
            connects,
            failures,
            last_failure: why,
            retry_in_s: retry_at
                .filter(|_| phase == Phase::Lost)
                .map(|at| at.saturating_sub(now).as_secs_f64()),
        }
    }
}

impl Absence {
    /// There is no picture yet, and the reason is not known.
    pub fn not_yet() -> Self {
        Self { age: None, why: "no frame yet".into(), retry_after: RETRY_AFTER.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::wake::Wake;

    #[test]
    fn a_client_is_asked_to_come_again_when_the_camera_was_asked() {
        let link = Link::new(Wake::for_test().0);
        let patience = Duration::ZERO;
        let connected = Connected::Always;
        let relayed = Relayed { link: link.clone(), connected, patience, is_stale_ok: false, last: None };
        let second = Duration::from_secs(1);
        let absence = relayed.absence("cam", None, second);
        assert_eq!((absence.why.as_str(), absence.retry_after), ("cam: no picture yet", 1));
        assert_eq!(relayed.patience(), second);
        for (retry_at, retry_after) in [(5300, 5), (1000, 1), (700_000, 600)] {
            link.lost("cam: refused", Duration::from_millis(retry_at), second);
            let absence = relayed.absence("cam", Some(second), second);
            assert_eq!((absence.why.as_str(), absence.retry_after), ("cam: refused", retry_after));
        }
    }
}
