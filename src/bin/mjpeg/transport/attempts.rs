//! Whether a camera is asked again, by what has become of the attempts so far.

use std::time::Duration;

use super::end::End;
use super::open_error::{OpenError, OpenErrorKind};
use super::reconnect::Reconnect;
use super::retry::{Retry, is_temporary, may_come_back};
use super::shown::Shown;

/// A stream that fails after less time than this with good frames was not really there: the pauses go on growing. Cameras
/// that end each connection on their own do so after five seconds or more; those that crash on each request, or have no
/// place left for a viewer, send a frame or two.
const BRIEF: Duration = Duration::from_secs(3);
/// Tries in a row that a camera may refuse with 401 although it accepted the password before. It may be starting; but many
/// lock the account after five wrong passwords.
const MOST_REFUSALS: u32 = 3;

/// The attempts to read one camera.
#[derive(Debug)]
pub struct Attempts {
    /// Those of `--wait`, until the first answer.
    wait: Option<Retry>,
    retry: Retry,
    /// Whether a good frame has come.
    is_proven: bool,
    /// Tries in a row that were refused with 401.
    refusals: u32,
}

impl Attempts {
    /// Before the first one. `wait_until`: how long to try until the first answer, by the clock.
    pub fn new(reconnect: Reconnect, wait_until: Option<Duration>) -> Self {
        let wait = wait_until.map(Retry::until);
        Self { wait, retry: Retry::of(reconnect), is_proven: false, refusals: 0 }
    }

    /// From now on, a stream that ended is opened again like this.
    pub fn set_reconnect(&mut self, reconnect: Reconnect) {
        self.retry = Retry::of(reconnect);
    }

    /// A stream was opened.
    pub fn opened(&mut self) {
        (self.wait, self.refusals) = (None, 0);
    }

    /// A try to open a stream failed. When to try again, by the clock.
    pub fn refused(&mut self, error: &OpenError, now: Duration) -> Option<Duration> {
        let is_refusal = matches!(error.kind, OpenErrorKind::Password | OpenErrorKind::Status(401));
        self.refusals = if is_refusal { self.refusals + 1 } else { 0 };
        let may_change = if self.is_proven {
            may_come_back(error.kind) && self.refusals < MOST_REFUSALS
        } else {
            is_temporary(error.kind)
        };
        let asked = error.retry_after;
        let waited = self.wait.as_mut().filter(|_| may_change).and_then(|wait| wait.next(now, asked));
        match waited {
            None if may_change => self.retry.next(now, asked),
            waited => waited,
        }
    }

    /// A stream was left before its end: it was a success if it had good frames.
    pub fn left(&mut self, shown: Shown) {
        if shown.good > 0 {
            self.is_proven = true;
            self.retry.succeeded();
        }
    }

    /// A stream that was requested at `started` ended.
    pub fn ended(&mut self, end: &End, shown: Shown, started: Duration) {
        self.is_proven |= shown.good > 0;
        let is_brief = shown.last_good.saturating_sub(started) < BRIEF;
        if shown.good > 0 && (*end == End::Closed || !is_brief) {
            self.retry.succeeded();
        }
    }

    /// When to open the next stream after one that ended like this, by the clock.
    pub fn after(&mut self, end: &End, now: Duration) -> Option<Duration> {
        let is_foreign = matches!(end, End::NotAStream(_)) && !self.is_proven;
        if is_foreign { None } else { self.retry.next(now, None) }
    }
}
