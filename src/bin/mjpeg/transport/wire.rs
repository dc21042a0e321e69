//! What the socket knows and an HTTP client forgets: when bytes came, and how they ended.
//!
//! An HTTP client turns a reset into a clean end of a close-delimited body, and it does not know a
//! stall. So the sockets are ours, and they report here.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mjpeg::check::Silence;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;

use super::evidence::Evidence;
use super::stamp::{self, Stamped, Stamps};
use super::tcp_state::Asked;
use crate::clock::Clock;
use crate::signal::Stop;

/// How the bytes of a connection, a pipe or a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireEnd {
    /// The peer closed in an orderly way, or the file ended.
    Closed,
    /// The connection was reset: the system's message.
    Reset(String),
    /// Nothing came until the deadline.
    Expired,
    /// A signal ended the run.
    Stopped,
}

/// What the socket and the reader above it share.
#[derive(Debug)]
pub struct Wire {
    clock: Clock,
    stop: Stop,
    /// Whose times are those at which the system received the bytes.
    stamped: Stamped,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    deadline: Option<Duration>,
    last_read: Duration,
    arrived: Duration,
    end: Option<WireEnd>,
    socket: Option<Arc<Socket>>,
    evidence: Evidence,
    stamps: Stamps,
}

impl Wire {
    /// A wire on which nothing has happened yet.
    pub fn new(clock: &Clock, stop: &Stop) -> Arc<Self> {
        Self::stamped(clock, stop, Stamped::Nothing)
    }

    /// A wire with times at which the system received the bytes, where it says so.
    pub fn stamped(clock: &Clock, stop: &Stop, stamped: Stamped) -> Arc<Self> {
        Arc::new(Self { clock: clock.clone(), stop: stop.clone(), stamped, state: Mutex::default() })
    }

    /// Prepares a socket before its first read.
    pub fn prepare(&self, socket: &Socket) {
        if self.stamped != Stamped::Nothing {
            stamp::ask(socket);
        }
    }

    /// Reads from a socket: what [`Wire::read`] and [`Wire::read_ready`] are to call.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn receive(&self, mut socket: &Socket, room: &mut [u8]) -> io::Result<usize> {
        if self.stamped == Stamped::Nothing {
            return socket.read(room);
        }
        let (n, stamp) = stamp::read(socket, room)?;
        self.state().stamps.note(stamp);
        Ok(n)
    }

    /// Sets the time (of the clock) at which waiting for a byte ends.
    pub fn set_deadline(&self, deadline: Option<Duration>) {
        self.state().deadline = deadline;
    }

    /// The time at which waiting for a byte ends, for inputs that are played.
    #[cfg(test)]
    pub fn deadline(&self) -> Option<Duration> {
        self.state().deadline
    }

    /// Forgets the connection so far: the next one starts, and waits for bytes until `deadline` of the clock.
    pub fn restart(&self, deadline: Duration) {
        *self.state() = State { deadline: Some(deadline), ..State::default() };
    }

    /// A connection begins: what the system is asked about, if it can be.
    pub fn connected(&self, asked: Option<Asked>) {
        self.state().evidence = Evidence::of(asked);
    }

    /// The silences and late reads since the last call.
    pub fn silences(&self) -> Vec<Silence> {
        self.state().evidence.take()
    }

    /// The silence now, if it is one, with what is known of the calling thread, which is the one that reads.
    pub fn silence(&self) -> Option<Silence> {
        let silence = self.silence_seen()?;
        Some(Silence { starved: self.state().evidence.starved(), ..silence })
    }

    /// The silence now, if it is one. Any thread may ask.
    pub fn silence_seen(&self) -> Option<Silence> {
        let mut state = self.state();
        let read = state.last_read;
        state.evidence.so_far(self.clock.now(), read)
    }

    /// When the last bytes came.
    pub fn last_read(&self) -> Duration {
        self.state().last_read
    }

    /// When the last bytes came, for a tap.
    pub fn arrived(&self) -> Duration {
        self.state().arrived
    }

    /// The signal that ended the run, if there was one.
    pub fn signal(&self) -> Option<i32> {
        self.stop.signal()
    }

    /// How the bytes ended, once they have.
    pub fn end(&self) -> Option<WireEnd> {
        self.state().end.clone()
    }

    /// Takes the socket of a connection without TLS.
    pub fn take_socket(&self) -> Option<Arc<Socket>> {
        self.state().socket.take()
    }

    /// Offers the socket of a connection without TLS to the reader.
    pub fn set_socket(&self, socket: Option<Arc<Socket>>) {
        self.state().socket = socket;
    }

    /// Waits until `source` has bytes, then reads. Zero bytes mean the end, which [`Wire::end`] names.
    pub fn read(
        &self,
        source: &dyn AsFd,
        read: &mut dyn FnMut() -> io::Result<usize>,
    ) -> Result<usize, WireEnd> {
        self.wait(source, PollFlags::IN).map_err(|end| self.ended(end))?;
        self.read_ready(source, read)
    }

    /// Reads from a non-blocking `source`, and waits for bytes if there are none.
    pub fn read_ready(
        &self,
        source: &dyn AsFd,
        read: &mut dyn FnMut() -> io::Result<usize>,
    ) -> Result<usize, WireEnd> {
        match self.try_read(source, read) {
            Ok(0) => Err(self.ended(WireEnd::Closed)),
            Ok(n) => {
                let mut state = self.state();
                let (now, before) = (self.clock.now(), state.last_read);
                let earlier = state.arrived;
                state.arrived = match self.stamped {
                    Stamped::Nothing => now,
                    Stamped::Tap | Stamped::All => state.stamps.arrival(&self.clock, earlier),
                };
                state.last_read = if self.stamped == Stamped::All { state.arrived } else { now };
                let left = || rustix::io::ioctl_fionread(source).unwrap_or_default();
                state.evidence.came(now, before, || n as u64 + left());
                state.end.take_if(|end| *end == WireEnd::Expired);
                Ok(n)
            }
            Err(end) => Err(self.ended(end)),
        }
    }

    /// Records how the bytes ended. The first record counts, but a wait that expired may be followed by more.
    pub fn ended(&self, end: WireEnd) -> WireEnd {
        let mut state = self.state();
        state.end.take_if(|end| *end == WireEnd::Expired);
        state.end.get_or_insert(end).clone()
    }

    fn try_read(
        &self,
        source: &dyn AsFd,
        read: &mut dyn FnMut() -> io::Result<usize>,
    ) -> Result<usize, WireEnd> {
        loop {
            if self.stop.signal().is_some() {
                return Err(WireEnd::Stopped);
            }
            let now = self.clock.now();
            match read() {
                Ok(n) => return Ok(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.nothing(now);
                    self.wait(source, PollFlags::IN)?;
                }
                Err(error) => return Err(WireEnd::Reset(error.to_string())),
            }
        }
    }

    /// There was nothing to read at `now`, or later.
    fn nothing(&self, now: Duration) {
        let mut state = self.state();
        let read = state.last_read;
        state.evidence.nothing(now, read);
    }

    /// Waits until one of `events` is there, the deadline has come, or a signal arrives.
    ///
    /// # Errors
    ///
    /// Why waiting is pointless.
    pub fn wait(&self, source: &dyn AsFd, events: PollFlags) -> Result<(), WireEnd> {
        self.wait_share(source, events, 1)
    }

    /// As [`Wire::wait`], but at most the `share`th part of the time until the deadline.
    ///
    /// # Errors
    ///
    /// Why waiting is pointless.
    pub fn wait_share(&self, source: &dyn AsFd, events: PollFlags, share: usize) -> Result<(), WireEnd> {
        let share = u32::try_from(share).unwrap_or(u32::MAX).max(1);
        let now = self.clock.now();
        let state = self.state();
        let deadline = state.deadline.map(|deadline| now + deadline.saturating_sub(now) / share);
        // A wait that is longer than it was to be shows that this process was stopped or had no processor.
        let mut tick = state.evidence.first_tick(now, state.last_read);
        drop(state);
        loop {
            if self.stop.signal().is_some() {
                return Err(WireEnd::Stopped);
            }
            let asked = self.clock.now();
            let left = deadline.map(|deadline| deadline.saturating_sub(asked));
            let is_tick = events == PollFlags::IN && left.is_none_or(|left| left > tick);
            let left = if is_tick { Some(tick) } else { left };
            let source = PollFd::from_borrowed_fd(source.as_fd(), events);
            let mut fds = [source.clone(), source];
            let fds = match self.stop.fd() {
                Some(fd) => {
                    fds[1] = PollFd::from_borrowed_fd(fd, PollFlags::IN);
                    &mut fds[..]
                }
                None => &mut fds[..1],
            };
            let timeout = left.map(|left| Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            });
            match poll(fds, timeout.as_ref()) {
                Ok(0) if is_tick => {
                    self.nothing(asked + tick);
                    tick = Evidence::next_tick(tick);
                }
                Ok(0) => return Err(WireEnd::Expired),
                // Errors and hang-ups count as readable: the read says what they are.
                Ok(_) if !fds[0].revents().is_empty() => {
                    self.state().evidence.woken(asked, left, self.clock.now());
                    return Ok(());
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(WireEnd::Reset(io::Error::from(error).to_string())),
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if it did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_wait_that_expired_is_not_the_end_if_bytes_come_later() {
        let clock = Clock::real();
        let wire = Wire::new(&clock, &Stop::default());
        let (near, mut far) = UnixStream::pair().unwrap();
        let mut room = [0; 8];
        let mut read = || wire.read(&near, &mut || (&mut &near).read(&mut room));
        wire.set_deadline(Some(Duration::ZERO));
        assert_eq!((read(), wire.end()), (Err(WireEnd::Expired), Some(WireEnd::Expired)));
        wire.set_deadline(None);
        far.write_all(b"late").unwrap();
        assert_eq!((read(), wire.end()), (Ok(4), None));
        drop(far);
        assert_eq!((read(), wire.end()), (Err(WireEnd::Closed), Some(WireEnd::Closed)));
        assert_eq!(wire.ended(WireEnd::Expired), WireEnd::Closed);
    }

    #[test]
    fn the_end_is_known_also_right_behind_a_wait_that_expired() {
        let wire = Wire::new(&Clock::real(), &Stop::default());
        wire.ended(WireEnd::Expired);
        assert_eq!(wire.ended(WireEnd::Closed), WireEnd::Closed);
    }
}
