//! Cameras that refused the password of a probe. Many lock the account after a few tries, and Prometheus asks each minute.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::look::Look;
use crate::clock::Clock;

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

/// The looks that ended so, the oldest first, and those of which it is not known yet.
#[derive(Debug, Default)]
struct State {
    refused: VecDeque<Refusal>,
    /// Those that are asked now and have not answered.
    asking: Vec<Asked>,
}

/// What is known of the passwords of cameras.
#[derive(Debug, Default)]
pub struct Refusals {
    state: Mutex<State>,
    changed: Condvar,
}

/// What a probe does.
#[derive(Debug)]
pub enum Turn<'a> {
    /// It answers with this: the camera must not be asked yet.
    Answer(String),
    /// It asks the camera.
    Ask(Asking<'a>),
}

/// A probe that asks a camera. Others wait until it is [known](Asking::known) or dropped.
#[derive(Debug)]
pub struct Asking<'a> {
    refusals: &'a Refusals,
    asked: Asked,
}

impl Refusals {
    /// The turn of a probe. It waits for one that sends the same password at the moment, for `patience` at most: whether that is refused
    /// is soon known. `answer` makes the text from a look, and how long ago it was.
    pub fn turn(
        &self,
        asked: Asked,
        patience: Duration,
        clock: &Clock,
        answer: impl Fn(&Look, Duration) -> String,
    ) -> Turn<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_asking = |state: &mut State| state.asking.contains(&asked);
        let waited = self.changed.wait_timeout_while(state, patience, is_asking);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let now = clock.now();
        state.refused.retain(|it| now < it.at + it.look.pause);
        if let Some(it) = state.refused.iter().find(|it| it.asked == asked) {
            return Turn::Answer(answer(&it.look, now.saturating_sub(it.at)));
        }
        state.asking.push(asked.clone());
        Turn::Ask(Asking { refusals: self, asked })
    }
}

impl Asking<'_> {
    /// The camera has answered with a stream.
    pub fn known(&self) {
        let mut state = self.refusals.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = state.asking.iter().position(|it| *it == self.asked) {
            state.asking.swap_remove(at);
            self.refusals.changed.notify_all();
        }
    }

    /// The look has ended at `now`.
    pub fn ended(self, look: Look, now: Duration) {
        if !look.pause.is_zero() {
            let mut state = self.refusals.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.refused.retain(|it| it.asked != self.asked);
            if state.refused.len() >= MOST {
                state.refused.pop_front();
            }
            state.refused.push_back(Refusal { asked: self.asked.clone(), at: now, look });
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.known();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn asked(target: usize, module: Option<&str>) -> Asked {
        Asked { target: target.to_string(), module: module.map(String::from) }
    }

    fn look(pause: u64) -> Look {
        Look { pause: Duration::from_secs(pause), ..Look::default() }
    }

    /// How many seconds ago the camera refused, if it must not be asked.
    fn turn(refusals: &Refusals, asked: Asked, clock: &Clock, pause: u64) -> Option<u64> {
        match refusals.turn(asked, Duration::ZERO, clock, |_, ago| ago.as_secs().to_string()) {
            Turn::Answer(text) => Some(text.parse().unwrap()),
            Turn::Ask(asking) => {
                asking.ended(look(pause), clock.now());
                None
            }
        }
    }

    #[test]
    fn a_refusal_counts_for_its_time_its_camera_and_its_module() {
        let (refusals, clock) = (Refusals::default(), Clock::simulated());
        let ask = |asked, pause| turn(&refusals, asked, &clock, pause);
        assert_eq!(ask(asked(1, None), 300), None);
        assert_eq!(ask(asked(2, None), 0), None);
        assert_eq!(ask(asked(1, None), 300), Some(0));
        clock.advance(Duration::from_secs(299));
        assert_eq!(ask(asked(1, None), 300), Some(299));
        assert_eq!(ask(asked(1, Some("other")), 0), None);
        assert_eq!(ask(asked(2, None), 0), None);
        clock.advance(Duration::from_secs(1));
        assert_eq!(ask(asked(1, None), 0), None);
        assert!(refusals.state.lock().unwrap().refused.is_empty());
    }

    #[test]
    fn their_number_is_limited() {
        let (refusals, clock) = (Refusals::default(), Clock::simulated());
        for target in 0..2 * MOST {
            assert_eq!(turn(&refusals, asked(target, None), &clock, 300), None);
        }
        let state = refusals.state.lock().unwrap();
        assert_eq!((state.refused.len(), state.asking.len()), (MOST, 0));
        assert_eq!(state.refused.back().unwrap().asked, asked(2 * MOST - 1, None));
    }

    #[test]
    fn probes_at_the_same_time_send_one_password() {
        let (refusals, clock) = (Refusals::default(), Clock::simulated());
        let ask = || refusals.turn(asked(1, None), Duration::from_secs(60), &clock, |_, _| String::new());
        let Turn::Ask(first) = ask() else { panic!("nothing is known yet") };
        thread::scope(|scope| {
            let second = scope.spawn(|| matches!(ask(), Turn::Answer(_)));
            first.ended(look(300), clock.now());
            assert!(second.join().unwrap());
        });
        // A stream that was opened holds nobody up.
        clock.advance(Duration::from_secs(301));
        let Turn::Ask(first) = ask() else { panic!("the time is over") };
        first.known();
        assert!(matches!(ask(), Turn::Ask(_)));
    }
}
