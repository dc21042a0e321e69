//! Whether and when a camera is asked again.

use std::time::Duration;

use super::backoff::Backoff;
use super::open_error::{OpenError, OpenErrorKind};
use super::pause::pause;
use super::reconnect::{Reconnect, Tries};
use super::refusal;
use crate::clock::Clock;
use crate::signal::Stop;

/// The first pause of `--wait`: a camera that reboots is ready at any moment.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause of `--wait`.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause between two connections of a camera that was reached before.
const LONGEST_OF_RECONNECT: Duration = Duration::from_secs(30);

/// Counts the tries in a row that failed, and says when the next one is.
#[derive(Debug)]
pub struct Retry {
    limit: Limit,
    backoff: Backoff,
    /// Tries since the last success.
    tries: u64,
}

#[derive(Debug)]
enum Limit {
    Tries(Tries),
    /// No try begins at this time of the clock, or later.
    Until(Duration),
}

impl Retry {
    /// The rule of `--reconnect`.
    pub fn of(reconnect: Reconnect) -> Self {
        let backoff = Backoff::new(reconnect.delay, LONGEST_OF_RECONNECT);
        Self { limit: Limit::Tries(reconnect.tries), backoff, tries: 0 }
    }

    /// The rule of `--wait`, which ends at `end` of the clock.
    pub fn until(end: Duration) -> Self {
        let backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        Self { limit: Limit::Until(end), backoff, tries: 0 }
    }

    /// When to try again, by the clock; `None`: no more. `asked`: the pause that the server asks for.
    pub fn next(&mut self, now: Duration, asked: Option<Duration>) -> Option<Duration> {
        if let Limit::Tries(Tries::AtMost(most)) = self.limit
            && self.tries >= most
        {
            return None;
        }
        let next = now.saturating_add(self.backoff.pause(asked));
        if let Limit::Until(end) = self.limit
            && next >= end
        {
            return None;
        }
        self.tries += 1;
        Some(next)
    }

    /// A try succeeded: the next failure is the first one again.
    pub fn succeeded(&mut self) {
        self.tries = 0;
        self.backoff.reset();
    }
}

/// Calls `attempt` until it succeeds, fails for good, or `wait` is over (`--wait`).
///
/// # Errors
///
/// The last error of `attempt`.
pub fn until<T>(
    wait: Duration,
    clock: &Clock,
    stop: &Stop,
    mut attempt: impl FnMut() -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let mut retry = Retry::until(clock.now() + wait);
    loop {
        let error = match attempt() {
            Err(error) if is_temporary(error.kind) => error,
            result => return result,
        };
        let Some(next) = retry.next(clock.now(), error.retry_after) else { return Err(error) };
        pause(next, clock, stop);
        if stop.signal().is_some() {
            return Err(error);
        }
    }
}

/// Whether the same request may succeed later.
pub fn is_temporary(kind: OpenErrorKind) -> bool {
    match kind {
        OpenErrorKind::Name
        | OpenErrorKind::Connect
        | OpenErrorKind::Silent
        | OpenErrorKind::Closed
        | OpenErrorKind::Reset => true,
        OpenErrorKind::Status(status) => refusal::is_temporary(status),
        OpenErrorKind::Local
        | OpenErrorKind::Url
        | OpenErrorKind::Proxy
        | OpenErrorKind::Tls
        | OpenErrorKind::Password
        | OpenErrorKind::Redirection
        | OpenErrorKind::Head
        | OpenErrorKind::Signal => false,
    }
}

/// Whether a request that has succeeded before may succeed again. The command line is right then, so it is the camera that
/// has changed: a camera that starts answers 404, 401 or a page before its stream is ready, or has another certificate.
pub fn may_come_back(kind: OpenErrorKind) -> bool {
    !matches!(kind, OpenErrorKind::Local | OpenErrorKind::Url | OpenErrorKind::Signal)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn run(wait: u64, errors: &[(OpenErrorKind, Option<u64>)]) -> (Option<OpenErrorKind>, usize, Duration) {
        let clock = Clock::simulated();
        let mut tries = 0;
        let result = until(Duration::from_secs(wait), &clock, &Stop::default(), || {
            tries += 1;
            let Some((kind, retry_after)) = errors.get(tries - 1).copied() else { return Ok(()) };
            let mut error = OpenError::new(kind, anyhow!("no"));
            error.retry_after = retry_after.map(Duration::from_secs);
            Err(error)
        });
        (result.err().map(|error| error.kind), tries, clock.now())
    }

    #[test]
    fn temporary_errors_are_tried_again_within_the_time() {
        use OpenErrorKind::*;
        let refused = (Connect, None);
        let (error, tries, time) = run(60, &[refused, (Name, None), (Status(503), None)]);
        assert_eq!((error, tries), (None, 4));
        // 250, 500 and 1000 ms, each shortened by up to a quarter.
        assert!((1312..=1750).contains(&time.as_millis()), "{time:?}");
        let (error, tries, time) = run(1, &[refused; 9]);
        assert_eq!(error, Some(Connect));
        assert!((3..=4).contains(&tries) && time < Duration::from_secs(1), "{tries} {time:?}");
        assert_eq!(run(60, &[(Status(401), None)]), (Some(Status(401)), 1, Duration::ZERO));
        assert_eq!(run(60, &[(Tls, None)]), (Some(Tls), 1, Duration::ZERO));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_pause() {
        use OpenErrorKind::*;
        assert_eq!(run(60, &[(Status(503), Some(7))]), (None, 2, Duration::from_secs(7)));
        assert_eq!(run(60, &[(Status(429), Some(61))]), (Some(Status(429)), 1, Duration::ZERO));
    }

    #[test]
    fn a_row_of_failures_has_an_end_and_a_success_starts_a_new_row() {
        let delay = Duration::from_secs(1);
        let mut retry = Retry::of(Reconnect { tries: Tries::AtMost(2), delay });
        let now = Duration::from_secs(100);
        assert!(retry.next(now, None).is_some_and(|at| at <= now + delay));
        assert!(retry.next(now, None).is_some_and(|at| at > now + delay));
        assert_eq!(retry.next(now, None), None);
        retry.succeeded();
        assert!(retry.next(now, None).is_some_and(|at| at <= now + delay));
        assert_eq!(Retry::of(Reconnect::NEVER).next(now, None), None);
        let mut retry = Retry::of(Reconnect { tries: Tries::Unlimited, delay });
        assert!((0..1000).all(|_| retry.next(now, None).is_some()));
    }
}
