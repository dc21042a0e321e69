//! When the system received the bytes of a read. A reader that is late, or was stopped, cannot know that.

use std::io;
use std::time::Duration;

use socket2::Socket;

use crate::clock::Clock;

/// How far the wall clock may move against the other one between two reads, beside a thousandth of the time, before it counts as set.
const SLACK: Duration = Duration::from_millis(1);

/// Which times of bytes are those at which the system received them. The others are those of the reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stamped {
    /// None.
    #[default]
    Nothing,
    /// Those of the files of a tap. Verdicts are about the times of the reads: how late these were is evidence of its own.
    Tap,
    /// All.
    All,
}

/// The stamps of a connection. They are times of the wall clock, which may be set; those of reads are of a clock that never is.
#[derive(Debug, Default)]
pub struct Stamps {
    /// That of the last read, since 1970-01-01 UTC.
    stamp: Option<Duration>,
    /// Both clocks at the last read: the one that is never set, and the wall clock.
    clocks: Option<(Duration, Duration)>,
}

impl Stamps {
    /// The next read has this stamp.
    pub fn note(&mut self, stamp: Option<Duration>) {
        self.stamp = stamp;
    }

    /// When the bytes of the last read came, by `clock`; those before came at `before`. Without a stamp, and if the wall clock was set
    /// since the read before, it is now.
    pub fn arrival(&mut self, clock: &Clock, before: Duration) -> Duration {
        let (now, wall) = both(clock);
        let last = self.clocks.replace((now, wall));
        let lag = self.stamp.take().and_then(|stamp| wall.checked_sub(stamp));
        match (lag, last) {
            (Some(lag), Some(last)) if is_steady(last, (now, wall)) => now.saturating_sub(lag).max(before),
            _ => now,
        }
    }
}

/// Both clocks at one time. A thread that loses the processor between them would take the wall clock for one that was set.
fn both(clock: &Clock) -> (Duration, Duration) {
    let pair = || {
        let (now, wall) = (clock.now(), clock.unix());
        (clock.now().saturating_sub(now), (now, wall))
    };
    let mut best = pair();
    for _ in 0..4 {
        if best.0 < SLACK / 4 {
            break;
        }
        let next = pair();
        if next.0 < best.0 {
            best = next;
        }
    }
    best.1
}

/// Whether the wall clock went on like the other one.
fn is_steady(before: (Duration, Duration), after: (Duration, Duration)) -> bool {
    let passed = after.0.saturating_sub(before.0);
    let shown = after.1.checked_sub(before.1);
    shown.is_some_and(|shown| shown.abs_diff(passed) <= SLACK + passed / 1000)
}

/// Asks for stamps, if the system gives them.
#[cfg(target_os = "linux")]
pub fn ask(socket: &Socket) {
    let _ = nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::ReceiveTimestampns, &true);
}

/// Reads, and says when the system received the last packet that bytes were taken of, since 1970-01-01 UTC.
///
/// # Errors
///
/// Those of the system.
#[cfg(target_os = "linux")]
pub fn read(socket: &Socket, room: &mut [u8]) -> io::Result<(usize, Option<Duration>)> {
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
    use nix::sys::time::TimeSpec;

    let mut stamps = nix::cmsg_space!(TimeSpec);
    let mut rooms = [io::IoSliceMut::new(room)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut rooms, Some(&mut stamps), MsgFlags::empty())?;
    let stamp = message.cmsgs().ok().and_then(|mut all| {
        all.find_map(|message| match message {
            ControlMessageOwned::ScmTimestampns(time) => Some(time.into()),
            _ => None,
        })
    });
    Ok((message.bytes, stamp))
}

/// Elsewhere there are none.
#[cfg(not(target_os = "linux"))]
pub fn ask(_: &Socket) {}

/// Reads.
///
/// # Errors
///
/// Those of the system.
#[cfg(not(target_os = "linux"))]
pub fn read(socket: &Socket, room: &mut [u8]) -> io::Result<(usize, Option<Duration>)> {
    io::Read::read(&mut &*socket, room).map(|n| (n, None))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_stamp_is_the_time_of_the_clock_that_is_never_set() {
        let clock = Clock::simulated();
        let mut stamps = Stamps::default();
        let mut read = |lag: Option<Duration>, before: Duration| {
            stamps.note(lag.map(|lag| clock.unix() - lag));
            stamps.arrival(&clock, before)
        };
        clock.advance(MS(1000));
        // Nothing to compare the wall clock with.
        assert_eq!(read(Some(MS(5)), MS(0)), MS(1000));
        clock.advance(MS(1000));
        assert_eq!(read(Some(MS(300)), MS(1000)), MS(1700));
        assert_eq!(read(None, MS(1700)), MS(2000));
        // Never before the bytes that came before.
        assert_eq!(read(Some(MS(300)), MS(1900)), MS(1900));
        clock.advance(MS(40));
        clock.set_forward(Duration::from_secs(3600));
        assert_eq!(read(Some(MS(7)), MS(2000)), MS(2040));
        // From then on it is steady again.
        clock.advance(MS(40));
        assert_eq!(read(Some(MS(7)), MS(2000)), MS(2073));
        // A stamp of the future.
        stamps.note(Some(clock.unix() + MS(50)));
        assert_eq!(stamps.arrival(&clock, MS(2000)), MS(2080));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn bytes_that_wait_for_the_reader_have_the_time_of_their_arrival() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let near = Socket::from(listener.accept().unwrap().0);
        ask(&near);
        let clock = Clock::real();
        let mut stamps = Stamps::default();
        let mut room = [0; 100];
        let mut read = || {
            let (n, stamp) = read(&near, &mut room).unwrap();
            stamps.note(stamp);
            (n, stamps.arrival(&clock, Duration::ZERO))
        };
        far.write_all(b"one").unwrap();
        assert_eq!(read().0, 3);
        // The kernel begins to stamp packets some time after the first socket asks: until then a stamp is the time of the read.
        let is_stamped = (0..50).any(|_| {
            far.write_all(b"three").unwrap();
            let sent = clock.now();
            // The reader is late.
            thread::sleep(MS(100));
            let (n, at) = read();
            assert_eq!(n, 5);
            at.abs_diff(sent) < MS(50)
        });
        assert!(is_stamped);
        drop(far);
        assert_eq!(read().0, 0);
    }
}
