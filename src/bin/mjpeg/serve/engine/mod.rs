//! The loop that does everything: it accepts, answers and hands frames out, and never blocks.

mod burden;
mod reception;

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use socket2::{SockAddr, Socket};

use super::connection::{Connection, Rest, Stage, Step};
use super::hub::{Hub, News};
use super::pace::Timer;
use super::part::Layout;
use super::report::Totals;
use super::responder::Responder;
use super::slab::Slab;
use super::viewer::{Push, Viewer};
use crate::clock::Clock;
use crate::listen::request::Refusal;
use crate::listen::socket::{Accepted, Listener};
use crate::output::Reporter;
use crate::signal::{Stop, Waker};
use crate::source::error::Error;

/// The token by which a source says that it has left or made something.
pub const MAIL: Token = Token(0);
const TIMER: Token = Token(1);
const SIGNAL: Token = Token(2);
const LISTENERS: usize = 8;

/// How often overdue connections are looked for.
const SWEEP: Duration = Duration::from_millis(500);
/// How long to wait before accepting again when there was no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);
/// Most connections that are accepted at a time.
const AT_ONCE: u32 = 256;
/// How long viewers have to take the last part after a signal.
const FAREWELL: Duration = Duration::from_millis(800);

/// What was asked for on the command line.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where messages go.
    pub reporter: Reporter,
    /// The source, as it may be shown to anybody.
    pub source: String,
    /// The layout of viewers that ask for none.
    pub layout: Layout,
    /// How long a source may be silent and count as healthy.
    pub patience: Duration,
    /// Most connections at a time.
    pub connections: usize,
    /// Most viewers at a time.
    pub viewers: usize,
    /// Bytes the kernel may hold for a viewer; 0 leaves it to the kernel.
    pub viewer_buffer: usize,
    /// How long a request may take to come in.
    pub request_timeout: Duration,
    /// How long a viewer may take nothing while bytes wait for it.
    pub send_timeout: Duration,
}

/// The server.
pub struct Engine {
    poll: Poll,
    listeners: Vec<Listener>,
    slab: Slab,
    hub: Hub,
    timer: Timer,
    clock: Clock,
    stop: Stop,
    /// Kept open: it wakes the poll when a signal arrives.
    _signal: Waker,
    responder: Responder,
    settings: Settings,
    /// Connections that are viewers.
    viewers: usize,
    totals: Totals,
    started: Duration,
    /// Whether somebody took a snapshot since the last frame.
    glance: bool,
    accept_at: Option<Duration>,
    swept: Duration,
    /// Until when viewers may take the last part.
    ending: Option<Duration>,
    buffer: Box<[u8]>,
}

impl Engine {
    /// A server for these listeners, ready to run. `poll` is the one that a live source's mailbox wakes.
    ///
    /// # Errors
    ///
    /// When the system has no room for the descriptors it needs.
    pub fn new(
        poll: Poll,
        listeners: Vec<Listener>,
        hub: Hub,
        responder: Responder,
        settings: Settings,
        clock: Clock,
        stop: &Stop,
    ) -> io::Result<Self> {
        let started = clock.now();
        let registry = poll.registry();
        for (n, listener) in listeners.iter().enumerate() {
            let token = Token(LISTENERS + n);
            registry.register(&mut SourceFd(&listener.socket.as_raw_fd()), token, Interest::READABLE)?;
        }
        let signal = stop.waker()?;
        registry.register(&mut SourceFd(&signal.as_fd().as_raw_fd()), SIGNAL, Interest::READABLE)?;
        let timer = Timer::new(registry, TIMER)?;
        Ok(Self {
            poll,
            listeners,
            slab: Slab::default(),
            hub,
            timer,
            clock,
            stop: stop.clone(),
            _signal: signal,
            responder,
            settings,
            viewers: 0,
            totals: Totals::default(),
            started,
            glance: false,
            accept_at: None,
            swept: Duration::ZERO,
            ending: None,
            buffer: vec![0; 16 * 1024].into(),
        })
    }

    /// Serves until the source ends or a signal arrives, and every viewer has got the last part.
    ///
    /// # Errors
    ///
    /// When the system cannot be asked for events any more.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = self.clock.now();
            // Also when the source has ended, and only slow viewers are left.
            if self.stop.signal().is_some() && self.ending.is_none_or(|until| until == Duration::MAX) {
                let news = self.hub.finish(now);
                self.end(now + FAREWELL);
                self.spread(news, now);
            }
            // What is due comes first: it must not wait for whoever else has something to say.
            self.tick(now);
            let mut accept = false;
            for event in &events {
                match event.token() {
                    TIMER => self.timer.expired(),
                    // A picture and the word that it was the last one may have come together.
                    MAIL => {
                        for _ in 0..2 {
                            let news = self.hub.fetch(now);
                            self.spread(news, now);
                        }
                        self.tick(now);
                    }
                    SIGNAL => {}
                    Token(n) if n < Slab::FIRST => accept = true,
                    Token(n) if event.is_error() || (event.is_write_closed() && event.is_read_closed()) => {
                        self.lose(n, None);
                    }
                    Token(n) => {
                        if event.is_read_closed()
                            && let Some(connection) = self.slab.get_mut(n)
                        {
                            connection.half_closed.get_or_insert(now);
                        }
                        self.go_on(n, now);
                    }
                }
            }
            if accept || self.accept_at.is_some_and(|at| now >= at) {
                self.accept(now);
            }
            self.sweep(now);
            if self.ending.is_some_and(|until| now >= until || self.has_said_everything()) {
                return Ok(());
            }
        }
    }

    /// Why the source never had a frame, if that is why the run ended.
    pub fn take_error(&mut self) -> Option<Error> {
        self.hub.take_error()
    }

    /// Shows what is due.
    fn tick(&mut self, now: Duration) {
        let (viewers, glance) = (self.viewers, &mut self.glance);
        let news = self.hub.tick(now, || viewers > 0 || std::mem::take(glance));
        self.spread(news, now);
    }

    /// How long the poll may sleep.
    fn timeout(&mut self) -> Option<Duration> {
        let now = self.clock.now();
        let due = self.hub.due();
        let timer = self.timer.set(due, now);
        // The timer's event is as good an occasion to sweep as any.
        let sweep =
            (self.slab.len() > 0 && due.is_none_or(|due| due > now + SWEEP)).then_some(self.swept + SWEEP);
        [self.accept_at, sweep, self.ending]
            .into_iter()
            .flatten()
            .map(|at| at.saturating_sub(now))
            .chain(timer)
            .min()
    }

    fn accept(&mut self, now: Duration) {
        self.accept_at = None;
        for n in 0..self.listeners.len() {
            for turn in 0.. {
                if turn == AT_ONCE {
                    // Whoever is watching comes first.
                    self.accept_at = Some(now);
                    break;
                }
                match self.listeners[n].accept() {
                    Accepted::Connection(socket, peer) => self.welcome(socket, &peer, now),
                    Accepted::Gone => {}
                    Accepted::None => break,
                    Accepted::NoRoom => {
                        // The event will not come again for those who wait already.
                        self.accept_at = Some(now + NO_ROOM);
                        break;
                    }
                }
            }
        }
    }

    fn welcome(&mut self, socket: Socket, peer: &SockAddr, now: Duration) {
        if self.slab.len() >= self.settings.connections {
            // A new socket takes the few bytes of this answer at once; there is no room to wait.
            self.totals.refused += 1;
            let _ = socket.send(&self.responder.full());
            return;
        }
        let number = self.slab.vacant();
        let token = Token(number);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut SourceFd(&socket.as_raw_fd()), token, interest).is_ok() {
            let peer = peer.as_socket().map_or_else(|| "local".into(), |peer| peer.to_string());
            self.slab.insert(Connection::new(socket, peer, now));
        }
    }

    /// Lets one connection go on.
    fn go_on(&mut self, number: usize, now: Duration) {
        let Some(connection) = self.slab.get_mut(number) else { return };
        if let Stage::Stream(viewer) = &mut connection.stage {
            let socket = &connection.socket;
            match viewer.push(self.hub.newest(), now, |bytes| socket.send(bytes)) {
                Ok(Push::Idle | Push::Blocked) => return,
                Ok(Push::Done) => self.leave(number, now),
                Err(error) => return self.lose(number, Some(error)),
            }
        }
        loop {
            let Some(connection) = self.slab.get_mut(number) else { return };
            match connection.go_on(now, &mut self.buffer) {
                Step::Wait => return,
                Step::Judge(progress) => self.judge(number, &progress, now),
                Step::Close => return self.close(number),
            }
        }
    }

    /// Hands a new part to every viewer.
    fn spread(&mut self, news: News, now: Duration) {
        if news == News::None {
            return;
        }
        if matches!(news, News::LastPart | News::End) && self.ending.is_none() {
            // Whoever takes nothing is closed after the send timeout, so this comes to an end.
            self.end(Duration::MAX);
        }
        let Some(newest) = self.hub.newest().map(Rc::clone) else { return };
        for number in self.slab.numbers() {
            let Some(Connection { socket, stage: Stage::Stream(viewer), .. }) = self.slab.get_mut(number)
            else {
                continue;
            };
            viewer.offer(&newest);
            match viewer.push(Some(&newest), now, |bytes| socket.send(bytes)) {
                Ok(Push::Idle | Push::Blocked) => {}
                Ok(Push::Done) => self.leave(number, now),
                Err(error) => self.lose(number, Some(error)),
            }
        }
        drop(newest);
        self.hub.prepare();
    }

    /// Whether every byte for every peer is with the kernel, which delivers them without us too.
    fn has_said_everything(&self) -> bool {
        self.slab.iter().all(|(_, connection)| matches!(connection.stage, Stage::Drain { .. }))
    }

    /// A viewer has got everything.
    fn leave(&mut self, number: usize, now: Duration) {
        if let Some(connection) = self.slab.get_mut(number) {
            if let Stage::Stream(viewer) = &connection.stage {
                self.viewers -= 1;
                add(&mut self.totals, viewer);
            }
            connection.drain(now);
        }
    }

    /// A connection has broken, for a reason that its socket knows if it is not given.
    fn lose(&mut self, number: usize, error: Option<io::Error>) {
        let Some(connection) = self.slab.get_mut(number) else { return };
        let error = error.or_else(|| connection.socket.take_error().ok().flatten());
        let timed_out = error.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
        // The kernel's own send timeout has come before ours.
        if timed_out && matches!(connection.stage, Stage::Stream(_)) {
            self.evict(number);
        } else {
            self.close(number);
        }
    }

    /// Closes a viewer that takes nothing.
    fn evict(&mut self, number: usize) {
        let Some(connection) = self.slab.get_mut(number) else { return };
        let timeout = self.settings.send_timeout;
        self.settings
            .reporter
            .message(&format!("viewer {} took nothing for {timeout:?}; closed", connection.peer));
        self.totals.evicted += 1;
        self.close(number);
    }

    fn close(&mut self, number: usize) {
        let Some(connection) = self.slab.remove(number) else { return };
        if let Stage::Stream(viewer) = &connection.stage {
            self.viewers -= 1;
            add(&mut self.totals, viewer);
        }
        if self.accept_at.is_some() {
            self.accept_at = Some(Duration::ZERO);
        }
    }

    /// Closes the connections whose time has run out.
    fn sweep(&mut self, now: Duration) {
        if now < self.swept + SWEEP {
            return;
        }
        self.swept = now;
        self.relieve(now);
        for number in self.slab.numbers() {
            let Some(connection) = self.slab.get_mut(number) else { continue };
            if !connection.is_overdue(now, self.settings.request_timeout, self.settings.send_timeout) {
                continue;
            }
            match &connection.stage {
                Stage::Request(head) if !head.is_empty() => {
                    let bytes = self.responder.refusal(Refusal::Timeout);
                    connection.answer(bytes, Rest::Nothing, now);
                    self.go_on(number, now);
                }
                Stage::Delay { bytes, .. } => {
                    let bytes = bytes.clone();
                    connection.answer(bytes, Rest::Nothing, now);
                    self.go_on(number, now);
                }
                Stage::Stream(viewer) if viewer.stuck_since().is_some() => self.evict(number),
                _ => self.close(number),
            }
        }
    }

    /// Takes no more connections, drops those that have not asked yet, and ends when all others are done.
    fn end(&mut self, until: Duration) {
        self.ending = Some(until);
        self.listeners.clear();
        let without_frame = self.hub.newest().is_none();
        for number in self.slab.numbers() {
            let over = |connection: &mut Connection| match connection.stage {
                Stage::Request(_) | Stage::Delay { .. } => true,
                Stage::Stream(_) => without_frame,
                _ => false,
            };
            if self.slab.get_mut(number).is_some_and(over) {
                self.close(number);
            }
        }
    }
}

fn add(totals: &mut Totals, viewer: &Viewer) {
    totals.frames_sent += viewer.count.sent;
    totals.frames_skipped += viewer.count.skipped;
    totals.bytes_sent += viewer.count.bytes;
}
