//! The event loop: all viewers in one thread.
//!
//! A turn of the loop waits for events, reads the connections that have bytes, and takes the time after each read. The
//! events are edge-triggered: a read that does not fill the buffer has taken everything, so a frame costs one read and
//! no second call that finds nothing.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use socket2::SockAddr;

use super::frame::Frame;
use super::proof::Trust;
use super::viewer::{Appetite, Over, Taken, Viewer};
use crate::bench::page::PageBuffer;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::PlainRequest;

/// Bytes of one read.
const READ_BYTES: usize = 256 << 10;
/// Reads of one viewer in one turn, so that no viewer makes the others wait.
const READS: usize = 4;
/// Events of one turn.
const EVENTS: usize = 1024;
/// Time between two reads of a viewer that reads at a rate.
const TICK: Duration = Duration::from_millis(20);
/// Bytes of frames that all viewers together may hold, if frames have no lengths.
const HELD_BYTES: usize = 192 << 20;
/// The smallest and the largest frame that one viewer may hold.
const LEAST_BODY: usize = 256 << 10;
const MOST_BODY: usize = 64 << 20;
/// The event of a signal.
const SIGNAL: Token = Token(usize::MAX);

/// What is done with what viewers receive. `viewer` is the number that [`Crowd::open`] returned.
pub trait Audience {
    /// A frame is complete.
    fn frame(&mut self, viewer: usize, at: Duration, frame: Frame);
    /// Bytes have come.
    fn bytes(&mut self, viewer: usize, at: Duration, n: usize);
    /// The viewer is over. Its number may be used again.
    fn over(&mut self, viewer: usize, at: Duration, why: Over);
}

/// Viewers of one URL.
pub struct Crowd<'a> {
    request: &'a PlainRequest,
    addresses: &'a [SockAddr],
    selector: Poll,
    events: Events,
    viewers: Slab<Viewer>,
    /// Viewers that have more bytes than one turn reads.
    unfinished: VecDeque<usize>,
    buffer: PageBuffer,
    trust: Rc<Trust>,
    body_bytes: usize,
    authorization: Option<Vec<u8>>,
    /// Whether a viewer has had a rate.
    has_rates: bool,
    next_tick: Duration,
    clock: Clock,
    stop: Stop,
}

impl<'a> Crowd<'a> {
    /// No viewers yet, `most` at most. Each viewer connects to the first of `addresses` that accepts it.
    ///
    /// # Errors
    ///
    /// If the system has no descriptor for the loop.
    pub fn new(
        request: &'a PlainRequest,
        addresses: &'a [SockAddr],
        most: usize,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Self, Problem> {
        let selector = Poll::new()?;
        if let Some(fd) = stop.fd() {
            selector.registry().register(&mut SourceFd(&fd.as_raw_fd()), SIGNAL, Interest::READABLE)?;
        }
        Ok(Self {
            request,
            addresses,
            selector,
            events: Events::with_capacity(EVENTS),
            viewers: Slab::with_capacity(most),
            unfinished: VecDeque::new(),
            buffer: PageBuffer::zeroed(READ_BYTES),
            trust: Rc::default(),
            body_bytes: (HELD_BYTES / most.max(1)).clamp(LEAST_BODY, MOST_BODY),
            authorization: None,
            has_rates: false,
            next_tick: Duration::ZERO,
            clock: clock.clone(),
            stop: stop.clone(),
        })
    }

    /// Connects one more viewer. Returns its number, or why it cannot connect.
    ///
    /// # Errors
    ///
    /// When the connection fails at once.
    pub fn open(&mut self, appetite: Appetite) -> Result<usize, Over> {
        let mut last = Over::Unconnected("the name has no address".into());
        for address in self.addresses {
            let request = self.request.head(self.authorization.as_deref());
            let opened = self.clock.now();
            match Viewer::connect(address, request, &self.trust, self.body_bytes, opened) {
                Ok(mut viewer) => {
                    viewer.appetite = appetite;
                    viewer.has_password = self.authorization.is_some();
                    let number = self.viewers.insert(viewer);
                    match self.register(number) {
                        Ok(()) => return Ok(number),
                        Err(error) => last = Over::Unconnected(error.to_string()),
                    }
                    self.close(number);
                }
                Err(error) => last = Over::Unconnected(error.to_string()),
            }
        }
        Err(last)
    }

    fn register(&mut self, number: usize) -> io::Result<()> {
        let fd = self.viewers[number].socket().as_fd().as_raw_fd();
        let both = Interest::READABLE | Interest::WRITABLE;
        self.selector.registry().register(&mut SourceFd(&fd), Token(number), both)
    }

    /// Whether there is no viewer.
    pub fn is_empty(&self) -> bool {
        self.viewers.is_empty()
    }

    /// Closes a viewer's connection.
    pub fn close(&mut self, viewer: usize) {
        if let Some(viewer) = self.viewers.try_remove(viewer) {
            // Closing takes the descriptor out of the selector.
            drop(viewer);
        }
    }

    /// The addresses of a viewer's connection: its own, and that of the server.
    pub fn addresses(&self, viewer: usize) -> Option<(SocketAddr, SocketAddr)> {
        let socket = self.viewers.get(viewer)?.socket();
        Some((socket.local_addr().ok()?.as_socket()?, socket.peer_addr().ok()?.as_socket()?))
    }

    /// Changes how much a viewer reads.
    pub fn set_appetite(&mut self, viewer: usize, appetite: Appetite) {
        self.has_rates |= matches!(appetite, Appetite::Rate(_));
        if let Some(it) = self.viewers.get_mut(viewer) {
            it.appetite = appetite;
            it.allowance = 0.0;
            if it.is_readable {
                self.unfinished.push_back(viewer);
            }
        }
    }

    /// Whether the library's reader reads the streams, because their frames have no right lengths.
    pub fn has_no_lengths(&self) -> bool {
        self.trust.has_no_lengths()
    }

    /// Parts that were too large for the memory of a viewer.
    pub fn too_large(&self) -> u64 {
        self.viewers.iter().map(|(_, viewer)| viewer.too_large()).sum()
    }

    /// Waits for events until `until`, and reads what has come.
    ///
    /// # Errors
    ///
    /// If the system refuses to wait.
    pub fn turn(&mut self, until: Duration, audience: &mut impl Audience) -> io::Result<()> {
        let now = self.clock.now();
        let is_ticking = self.has_rates;
        let wake = if is_ticking { until.min(self.next_tick) } else { until };
        let timeout = if self.unfinished.is_empty() { wake.saturating_sub(now) } else { Duration::ZERO };
        if self.stop.signal().is_some() {
            return Ok(());
        }
        match self.selector.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for _ in 0..self.unfinished.len() {
            if let Some(number) = self.unfinished.pop_front() {
                self.read(number, audience);
            }
        }
        // The list of events is lent while viewers change.
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in events.iter().filter(|event| event.token() != SIGNAL) {
            let number = event.token().0;
            let Some(viewer) = self.viewers.get_mut(number) else { continue };
            // A viewer that does not read learns only from this that it was reset.
            let is_cut = event.is_error() || (event.is_read_closed() && event.is_write_closed());
            if is_cut && viewer.appetite == Appetite::Nothing {
                let over = Over::Reset("the connection was reset while it did not read".into());
                self.end(number, over, audience);
                continue;
            }
            if (event.is_writable() || event.is_error())
                && let Err(over) = viewer.send()
            {
                self.end(number, over, audience);
                continue;
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                viewer.is_readable = true;
                viewer.is_closing |= event.is_read_closed() || event.is_error();
                self.read(number, audience);
            }
        }
        self.events = events;
        if is_ticking && self.clock.now() >= self.next_tick {
            self.tick(audience);
        }
        Ok(())
    }

    /// Lets the viewers read that read at a rate.
    fn tick(&mut self, audience: &mut impl Audience) {
        let now = self.clock.now();
        let passed = (now.saturating_sub(self.next_tick) + TICK).min(Duration::from_secs(1));
        self.next_tick = now + TICK;
        let mut hungry = Vec::new();
        for (number, viewer) in &mut self.viewers {
            if let Appetite::Rate(rate) = viewer.appetite {
                // What was not used adds up to one second at most.
                let rate = rate as f64;
                viewer.allowance = (viewer.allowance + rate * passed.as_secs_f64()).min(rate);
                hungry.push(number);
            }
        }
        for number in hungry {
            self.read(number, audience);
        }
    }

    /// Reads what one viewer may read in this turn.
    fn read(&mut self, number: usize, audience: &mut impl Audience) {
        for _ in 0..READS {
            let Some(viewer) = self.viewers.get_mut(number).filter(|viewer| viewer.is_readable) else {
                return;
            };
            let most = match viewer.appetite {
                Appetite::Full => READ_BYTES,
                Appetite::Rate(_) => (viewer.allowance as usize).min(READ_BYTES),
                Appetite::Nothing => 0,
            };
            if most == 0 {
                return;
            }
            let is_closing = viewer.is_closing;
            let taken = viewer.read(&mut self.buffer[..most], &self.clock, &mut |at, frame| {
                audience.frame(number, at, frame);
            });
            if let Taken::Some(n, at) | Taken::All(n, at) = taken
                && n > 0
            {
                viewer.allowance -= n as f64;
                audience.bytes(number, at, n);
            }
            match taken {
                Taken::Some(..) => {}
                // The end came with these bytes, and no other event tells it.
                Taken::All(n, _) if n > 0 && is_closing => {}
                Taken::All(..) => {
                    viewer.is_readable = false;
                    return;
                }
                Taken::Over(over) => return self.end(number, over, audience),
            }
        }
        let is_full = self.viewers.get(number).is_some_and(|viewer| viewer.appetite == Appetite::Full);
        if is_full {
            self.unfinished.push_back(number);
        }
    }

    /// A viewer is over, or asks again with the password that the server wants.
    fn end(&mut self, number: usize, over: Over, audience: &mut impl Audience) {
        let Some(viewer) = self.viewers.try_remove(number) else { return };
        if let Over::Refusal(head) = &over
            && head.status == 401
            && !viewer.has_password
            && let Ok(authorization) = self.request.answer(head)
        {
            let (appetite, opened) = (viewer.appetite, viewer.opened);
            drop(viewer);
            self.authorization = Some(authorization);
            // The slab gives the place that was freed last, so the viewer keeps its number.
            match self.open(appetite) {
                Ok(again) if again == number => {
                    self.viewers[again].opened = opened;
                    return;
                }
                Ok(again) => self.close(again),
                Err(over) => return audience.over(number, self.clock.now(), over),
            }
        }
        audience.over(number, self.clock.now(), over);
    }
}
