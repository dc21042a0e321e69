//! While a camera is wanted: from the first viewer or snapshot on, until some time after the last one.

use std::time::Duration;

use super::frame_source::Demand;
use crate::source::link::Link;

/// The shortest and the longest time between two checks whether there are viewers.
const CHECK_INTERVAL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// When a relay is connected to its camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// From its start to its end.
    Always,
    /// While there are viewers, and for this long afterwards.
    OnDemand(Duration),
}

/// Whether a camera is wanted. It tells the link when that changes.
#[derive(Debug)]
pub struct Want {
    link: Link,
    connected: Connected,
    is_wanted: bool,
    /// When there was demand last.
    demanded_at: Duration,
    check_at: Duration,
}

impl Want {
    /// The camera behind `link` is wanted at once only if it is always connected.
    pub fn new(link: Link, connected: Connected) -> Self {
        let is_wanted = connected == Connected::Always;
        if is_wanted {
            link.want();
        }
        Self { link, connected, is_wanted, demanded_at: Duration::ZERO, check_at: Duration::ZERO }
    }

    /// Whether the camera is wanted.
    pub fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// The link to the camera.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// There is demand. Returns whether the camera was not wanted before.
    pub fn start(&mut self, now: Duration) -> bool {
        self.demanded_at = now;
        self.check_at = now + self.check_interval();
        if std::mem::replace(&mut self.is_wanted, true) {
            return false;
        }
        self.link.want();
        true
    }

    /// Notes whether there is demand. Returns whether the camera was released.
    pub fn note(&mut self, demand: Demand, now: Duration) -> bool {
        let Connected::OnDemand(linger) = self.connected else { return false };
        if now >= self.check_at {
            self.check_at = now + self.check_interval();
        }
        if demand == Demand::Some {
            self.demanded_at = now;
            // Also if nothing lingers.
            return false;
        }
        if !self.is_wanted || now < self.demanded_at + linger {
            return false;
        }
        self.is_wanted = false;
        self.link.release();
        true
    }

    fn check_interval(&self) -> Duration {
        let Connected::OnDemand(linger) = self.connected else { return CHECK_INTERVAL.1 };
        (linger / 4).clamp(CHECK_INTERVAL.0, CHECK_INTERVAL.1)
    }

    /// When to call [`Want::note`] again at the latest.
    pub fn due(&self) -> Option<Duration> {
        (self.is_wanted && self.connected != Connected::Always).then_some(self.check_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::wake::Wake;

    const SECOND: Duration = Duration::from_secs(1);

    fn want(connected: Connected) -> (Want, Link) {
        let link = Link::new(Wake::for_test().0);
        (Want::new(link.clone(), connected), link)
    }

    #[test]
    fn a_camera_is_wanted_until_some_time_after_the_last_demand() {
        let (mut want, link) = want(Connected::OnDemand(5 * SECOND));
        assert!(!link.is_wanted() && want.due().is_none());
        assert!(want.start(100 * SECOND) && link.is_wanted());
        assert!(!want.start(101 * SECOND));
        assert_eq!(want.due(), Some(102 * SECOND));
        assert!(!want.note(Demand::None, 105 * SECOND) && !want.note(Demand::Some, 105 * SECOND));
        assert!(!want.note(Demand::None, 109 * SECOND) && link.is_wanted());
        assert!(want.note(Demand::None, 110 * SECOND) && !link.is_wanted());
        assert!(!want.note(Demand::None, 111 * SECOND) && want.due().is_none());
        assert!(want.start(200 * SECOND) && link.is_wanted());
    }

    #[test]
    fn without_a_time_to_linger_a_camera_is_wanted_as_long_as_there_is_demand() {
        let (mut want, link) = want(Connected::OnDemand(Duration::ZERO));
        assert!(want.start(SECOND));
        assert!(!want.note(Demand::Some, SECOND) && !want.note(Demand::Some, 2 * SECOND) && link.is_wanted());
        assert!(want.note(Demand::None, 2 * SECOND) && !link.is_wanted());
    }

    #[test]
    fn a_camera_that_is_always_connected_is_never_released() {
        let (mut want, link) = want(Connected::Always);
        assert!(link.is_wanted() && !want.start(SECOND) && want.due().is_none());
        assert!(!want.note(Demand::None, 3600 * SECOND) && link.is_wanted());
    }
}
