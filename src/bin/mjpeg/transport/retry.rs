//! `--wait`: tries again while a camera reboots.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::open_error::{OpenError, OpenErrorKind};
use super::refusal;
use crate::clock::Clock;
use crate::signal::Stop;

/// The first pause between two tries.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Calls `attempt` until it succeeds, fails for good, or `wait` is over. The server may ask for a longer pause
/// (`Retry-After`); one that does not end within `wait` is not begun.
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
    let end = clock.now() + wait;
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match attempt() {
            Err(error) if is_temporary(error.kind) => error,
            result => return result,
        };
        let next = clock.now() + error.retry_after.unwrap_or_default().max(pause);
        if next >= end || stop.signal().is_some() {
            return Err(error);
        }
        pass(next, clock, stop);
        if stop.signal().is_some() {
            return Err(error);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether the same request may succeed later.
fn is_temporary(kind: OpenErrorKind) -> bool {
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
        | OpenErrorKind::Redirection
        | OpenErrorKind::Head
        | OpenErrorKind::Signal => false,
    }
}

/// Waits until `time` of the clock, or a signal.
pub fn pass(time: Duration, clock: &Clock, stop: &Stop) {
    loop {
        let left = time.saturating_sub(clock.now());
        let Some(fd) = stop.fd() else { return clock.advance(left) };
        if left.is_zero() || stop.signal().is_some() {
            return;
        }
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // An interrupted wait is one round of this loop.
        let _ = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout));
    }
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
        assert_eq!(
            run(60, &[refused, (Name, None), (Status(503), None)]),
            (None, 4, Duration::from_millis(1750))
        );
        assert_eq!(run(1, &[refused; 9]), (Some(Connect), 3, Duration::from_millis(750)));
        assert_eq!(run(60, &[(Status(401), None)]), (Some(Status(401)), 1, Duration::ZERO));
        assert_eq!(run(60, &[(Tls, None)]), (Some(Tls), 1, Duration::ZERO));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_pause() {
        use OpenErrorKind::*;
        assert_eq!(run(60, &[(Status(503), Some(7))]), (None, 2, Duration::from_secs(7)));
        assert_eq!(run(60, &[(Status(429), Some(61))]), (Some(Status(429)), 1, Duration::ZERO));
    }
}
