//! The pause between two turns of the event loop.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use mio::{Events, Poll};
use rustix::event::{PollFd, PollFlags, poll};

/// Waits until `selector` has events and takes them; for this time at most, without end if `None`.
///
/// It is more precise than the timeout of the selector, which counts milliseconds, and cheaper than a timer among its events:
/// when a frame is due there are no events to take.
///
/// # Errors
///
/// When the system refuses. An interruption by a signal is not an error.
pub fn pause(selector: &mut Poll, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
    // Linux may let a thousandth of the time pass in addition: then this one is exact. If it does not, another pause follows.
    let timeout = timeout.map(|timeout| timeout - timeout / 1000);
    if timeout == Some(Duration::ZERO) {
        return take(selector, events, timeout);
    }
    if !events.is_empty() {
        // After events the next ones come soon, and the selector can wait for them itself, for whole milliseconds.
        let whole =
            timeout.map(|time| Duration::from_millis(time.as_millis().try_into().unwrap_or(u64::MAX)));
        if whole != Some(Duration::ZERO) {
            return take(selector, events, whole);
        }
    }
    events.clear();
    // A longer time than the system can express is without end.
    let timeout = timeout.and_then(|timeout| timeout.try_into().ok());
    let mut files = [PollFd::from_borrowed_fd(selector.registry().as_fd(), PollFlags::IN)];
    match poll(&mut files, timeout.as_ref()) {
        Ok(0) | Err(rustix::io::Errno::INTR) => Ok(()),
        Ok(_) => take(selector, events, Some(Duration::ZERO)),
        Err(error) => Err(error.into()),
    }
}

fn take(selector: &mut Poll, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
    match selector.poll(events, timeout) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// Lets the pauses of this thread end on time. By default, Linux may end each one 50 microseconds late.
pub fn be_precise() {
    #[cfg(target_os = "linux")]
    {
        // An error leaves the default.
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    use mio::unix::SourceFd;
    use mio::{Interest, Token};

    use super::*;

    #[test]
    fn a_pause_ends_with_its_time_or_with_an_event() {
        let mut selector = Poll::new().unwrap();
        let mut events = Events::with_capacity(8);
        let (read, mut write) = UnixStream::pair().unwrap();
        let file = std::os::fd::AsRawFd::as_raw_fd(&read);
        selector.registry().register(&mut SourceFd(&file), Token(7), Interest::READABLE).unwrap();
        for (timeout, least) in [(0, 0), (1_000, 998), (20_000, 19_900)] {
            let start = Instant::now();
            pause(&mut selector, &mut events, Some(Duration::from_micros(timeout))).unwrap();
            assert!(start.elapsed() >= Duration::from_micros(least), "{:?}", start.elapsed());
            assert!(events.is_empty());
        }
        for timeout in [None, Some(Duration::ZERO), Some(Duration::from_secs(60)), Some(Duration::MAX)] {
            write.write_all(b".").unwrap();
            pause(&mut selector, &mut events, timeout).unwrap();
            assert_eq!(
                events.iter().map(mio::event::Event::token).collect::<Vec<_>>(),
                [Token(7)],
                "{timeout:?}"
            );
        }
    }

    #[test]
    fn behind_events_a_pause_may_be_less_than_a_millisecond_too_short() {
        let mut selector = Poll::new().unwrap();
        let mut events = Events::with_capacity(8);
        let waker = mio::Waker::new(selector.registry(), Token(7)).unwrap();
        for micros in [700, 5_700] {
            waker.wake().unwrap();
            pause(&mut selector, &mut events, None).unwrap();
            assert!(!events.is_empty());
            let start = Instant::now();
            let time = Duration::from_micros(micros);
            pause(&mut selector, &mut events, Some(time)).unwrap();
            let (first, exact) = (start.elapsed(), time - time / 1000);
            assert!(events.is_empty() && first + Duration::from_millis(1) >= exact, "{first:?}");
            // The event loop waits for the rest.
            pause(&mut selector, &mut events, Some(time.saturating_sub(first))).unwrap();
            assert!(start.elapsed() >= exact - Duration::from_micros(10), "{:?}", start.elapsed());
        }
    }
}
