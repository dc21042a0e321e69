//! The link between a relay and its camera, which the event loop and the thread of the source share: whether the camera
//! is wanted, and whether it is connected.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::wake::Wake;
use crate::clock::Clock;

/// Most relays whose names are passed on, see [`Link::pass_on`].
const NAMES: usize = 32;

/// The link to one camera; clones share it. No function but those that say so waits.
#[derive(Debug, Clone)]
pub struct Link {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Signalled when the camera is wanted, and when it no longer is.
    changed: Condvar,
    wake: Wake,
}

#[derive(Debug, Default)]
struct State {
    is_wanted: bool,
    /// The relays that the requests of the viewers have passed.
    names: Vec<String>,
    /// Whether its pictures come one by one, each with a request of its own.
    is_polled: bool,
    status: Status,
}

/// The state of the link.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// What the link is doing.
    pub phase: Phase,
    /// Since when, as the monotonic clock says.
    pub since: Duration,
    /// Streams that were opened.
    pub connects: u64,
    /// Attempts that opened no stream, and streams that ended without our doing.
    pub failures: u64,
    /// The last failure since the last picture.
    pub why: Option<String>,
    /// When the next attempt is made at the earliest, after a failure.
    pub retry_at: Option<Duration>,
}

/// What a link is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing: the camera is not wanted.
    #[default]
    Idle,
    /// The first attempt since the camera is wanted is under way.
    Connecting,
    /// Pictures come.
    Live,
    /// The last attempt failed, or the stream ended. Further attempts follow.
    Lost,
}

impl Phase {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Lost => "lost",
        }
    }
}

/// What the thread of the source learns when a picture arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Somebody waits for the picture.
    Yes,
    /// The camera is no longer wanted.
    No,
}

/// The side of the event loop.
impl Link {
    /// A link to a camera that is not wanted. `wake` wakes the loop when the camera is lost.
    pub fn new(wake: Wake) -> Self {
        let shared = Shared { state: Mutex::default(), changed: Condvar::new(), wake };
        Self { shared: Arc::new(shared) }
    }

    /// The camera is wanted from now on.
    pub fn want(&self) {
        self.lock().is_wanted = true;
        self.shared.changed.notify_all();
    }

    /// The camera is no longer wanted: its connection is to be closed.
    pub fn release(&self) {
        {
            let mut state = self.lock();
            state.is_wanted = false;
            state.names.clear();
        }
        self.shared.changed.notify_all();
    }

    /// Remembers the relays that the request of a viewer has passed. The next request to the camera names them.
    pub fn pass_on(&self, names: impl IntoIterator<Item = String>) {
        let mut state = self.lock();
        for name in names {
            if state.names.len() < NAMES && !state.names.contains(&name) {
                state.names.push(name);
            }
        }
    }

    /// Whether the pictures of the camera come one by one, each with a request of its own.
    pub fn is_polled(&self) -> bool {
        self.lock().is_polled
    }

    /// The state of the link.
    pub fn status(&self) -> Status {
        self.lock().status.clone()
    }
}

/// The side of the thread.
impl Link {
    /// Whether the camera is wanted.
    pub fn is_wanted(&self) -> bool {
        self.lock().is_wanted
    }

    /// Waits until the camera is wanted.
    pub fn wait_until_wanted(&self) {
        let mut state = self.lock();
        while !state.is_wanted {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until `at`, or until the camera is no longer wanted.
    pub fn wait_until(&self, at: Duration, clock: &Clock) {
        let mut state = self.lock();
        while state.is_wanted {
            let left = at.saturating_sub(clock.now());
            if left.is_zero() {
                return;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The relays that the requests of the viewers have passed.
    pub fn names(&self) -> Vec<String> {
        self.lock().names.clone()
    }

    /// The camera is not connected, and not wanted.
    pub fn idle(&self, now: Duration) {
        self.lock().status.enter(Phase::Idle, now);
    }

    /// An attempt begins.
    pub fn connecting(&self, now: Duration) {
        let mut state = self.lock();
        // Until a picture comes, a lost camera stays lost.
        if state.status.phase != Phase::Lost {
            state.status.enter(Phase::Connecting, now);
        }
    }

    /// A stream, or one picture of a camera that is polled, was opened.
    pub fn connected(&self, is_polled: bool) {
        let mut state = self.lock();
        state.status.connects += 1;
        state.is_polled = is_polled;
    }

    /// A picture has arrived. Says whether it is wanted.
    pub fn pictured(&self, now: Duration) -> Wanted {
        let mut state = self.lock();
        if state.status.phase != Phase::Live {
            state.status.enter(Phase::Live, now);
            (state.status.why, state.status.retry_at) = (None, None);
        }
        if state.is_wanted { Wanted::Yes } else { Wanted::No }
    }

    /// The attempt failed, or the stream ended. The next attempt is not made before `retry_at`.
    pub fn lost(&self, why: &str, retry_at: Duration, now: Duration) {
        {
            let status = &mut self.lock().status;
            status.enter(Phase::Lost, now);
            status.failures += 1;
            (status.why, status.retry_at) = (Some(why.into()), Some(retry_at));
        }
        self.shared.wake.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // After a panic the state is still valid: each change is one assignment.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Status {
    fn enter(&mut self, phase: Phase, now: Duration) {
        if self.phase != phase {
            (self.phase, self.since) = (phase, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_lost_camera_is_lost_since_its_first_failure_until_a_picture_comes() {
        let (wake, _poll) = Wake::for_test();
        let link = Link::new(wake);
        link.want();
        link.connecting(SECOND);
        assert_eq!(link.status().phase, Phase::Connecting);
        for at in [2, 3, 5] {
            link.lost("no route", (at + 1) * SECOND, at * SECOND);
            link.connecting((at + 1) * SECOND);
        }
        let status = link.status();
        assert_eq!((status.phase, status.since, status.failures), (Phase::Lost, 2 * SECOND, 3));
        assert_eq!((status.why.as_deref(), status.retry_at), (Some("no route"), Some(6 * SECOND)));
        link.connected(false);
        assert_eq!(link.pictured(7 * SECOND), Wanted::Yes);
        link.release();
        assert_eq!(link.pictured(8 * SECOND), Wanted::No);
        let status = link.status();
        assert_eq!((status.phase, status.since, status.connects), (Phase::Live, 7 * SECOND, 1));
        assert_eq!(status.why, None);
    }

    #[test]
    fn the_names_of_relays_are_passed_on_once_until_the_camera_is_released() {
        let (wake, _poll) = Wake::for_test();
        let link = Link::new(wake);
        for _ in 0..2 {
            link.pass_on((0..2 * NAMES).map(|n| n.to_string()));
        }
        assert_eq!(link.names().len(), NAMES);
        link.release();
        assert!(link.names().is_empty());
    }

    #[test]
    fn a_pause_ends_when_the_camera_is_no_longer_wanted() {
        let (wake, _poll) = Wake::for_test();
        let (link, clock) = (Link::new(wake), Clock::real());
        link.want();
        let other = link.clone();
        let releases = std::thread::spawn(move || other.release());
        link.wait_until(Duration::from_secs(3600), &clock);
        assert!(!link.is_wanted());
        releases.join().unwrap();
    }
}
