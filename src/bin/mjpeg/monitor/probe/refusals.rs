//! Cameras that refused the password of a probe. Many lock the account after a few tries, and Prometheus asks each minute.

use std::collections::VecDeque;
use std::time::Duration;

use super::look::Look;

/// The most that are remembered.
const MOST: usize = 1024;

/// Which camera, and with which password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The URL as the request has it.
    pub target: String,
    /// The name of the module; `None` for the default one.
    pub module: Option<String>,
}

#[derive(Debug)]
struct Refusal {
    asked: Asked,
    at: Duration,
    look: Look,
}

/// The looks that ended so, the oldest first.
#[derive(Debug, Default)]
pub struct Refusals {
    all: VecDeque<Refusal>,
}

impl Refusals {
    /// The look that ended with a refusal, and how long ago, if the camera must not be asked yet.
    pub fn find(&mut self, asked: &Asked, now: Duration) -> Option<(&Look, Duration)> {
        self.all.retain(|it| now < it.at + it.look.pause);
        let it = self.all.iter().find(|it| it.asked == *asked)?;
        Some((&it.look, now.saturating_sub(it.at)))
    }

    /// Takes a look that has ended at `now`.
    pub fn note(&mut self, asked: Asked, look: Look, now: Duration) {
        if look.pause.is_zero() {
            return;
        }
        self.all.retain(|it| it.asked != asked);
        if self.all.len() >= MOST {
            self.all.pop_front();
        }
        self.all.push_back(Refusal { asked, at: now, look });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: usize, module: Option<&str>) -> Asked {
        Asked { target: target.to_string(), module: module.map(String::from) }
    }

    fn look(pause: u64) -> Look {
        Look { pause: Duration::from_secs(pause), ..Look::default() }
    }

    #[test]
    fn a_refusal_counts_for_its_time_its_camera_and_its_module() {
        let seconds = Duration::from_secs;
        let mut refusals = Refusals::default();
        refusals.note(asked(1, None), look(300), seconds(10));
        refusals.note(asked(2, None), look(0), seconds(10));
        let mut ago = |asked: &Asked, now| refusals.find(asked, seconds(now)).map(|(_, ago)| ago.as_secs());
        assert_eq!(ago(&asked(1, None), 10), Some(0));
        assert_eq!(ago(&asked(1, None), 309), Some(299));
        assert_eq!(ago(&asked(1, Some("other")), 309), None);
        assert_eq!(ago(&asked(2, None), 10), None);
        assert_eq!(ago(&asked(1, None), 310), None);
        assert!(refusals.all.is_empty());
    }

    #[test]
    fn their_number_is_limited() {
        let mut refusals = Refusals::default();
        for target in 0..2 * MOST {
            refusals.note(asked(target, None), look(300), Duration::ZERO);
            refusals.note(asked(target, None), look(300), Duration::ZERO);
        }
        assert_eq!(refusals.all.len(), MOST);
        assert!(refusals.find(&asked(2 * MOST - 1, None), Duration::ZERO).is_some());
    }
}
