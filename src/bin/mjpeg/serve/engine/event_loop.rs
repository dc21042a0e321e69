//! The event loop: it accepts connections, answers requests and sends frames. It never blocks.

use std::io;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::super::command::Command;
use super::super::connection::{Connection, Stage, Step};
use super::super::hub::{Hub, Update};
use super::super::report::Totals;
use super::super::responder::Responder;
use super::super::timer::Timer;
use super::super::viewer::Push;
use super::super::viewer_log::{Reason, ViewerLog};
use super::settings::Settings;
use crate::clock::Clock;
use crate::listen::socket::Listener;
use crate::signal::Stop;
use crate::source::error::Error;

/// The token of the waker with which a source reports a new frame or its end.
pub const SOURCE: Token = Token(FIRST_OWN_TOKEN);
const TIMER: Token = Token(FIRST_OWN_TOKEN + 1);
const SIGNAL: Token = Token(FIRST_OWN_TOKEN + 2);
const LISTENERS: Token = Token(FIRST_OWN_TOKEN + 3);
/// The token of the command that runs beside the server.
pub(super) const COMMAND: Token = Token(FIRST_OWN_TOKEN + 4);
/// Tokens below this one are connections: their keys in the slab.
const FIRST_OWN_TOKEN: usize = usize::MAX - 8;

/// How often to check for overdue connections.
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
/// How long viewers may take to receive the last part after a signal.
const SHUTDOWN_TIME: Duration = Duration::from_millis(800);

/// The server.
pub struct Engine {
    pub(super) poll: Poll,
    pub(super) listeners: Vec<Listener>,
    pub(super) connections: Slab<Connection>,
    pub(super) hub: Hub,
    timer: Timer,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    /// A command that runs beside the server.
    pub(super) command: Option<Command>,
    pub(super) log: ViewerLog,
    pub(super) responder: Responder,
    pub(super) settings: Settings,
    /// Connections that are viewers.
    pub(super) viewers: usize,
    pub(super) totals: Totals,
    pub(super) started: Duration,
    /// Whether a snapshot was requested since the last frame.
    pub(super) snapshot_taken: bool,
    pub(super) accept_at: Option<Duration>,
    pub(super) last_sweep: Duration,
    /// When to end at the latest; `None` while the server runs.
    pub(super) shutdown_at: Option<Duration>,
    buffer: Box<[u8]>,
}

impl Engine {
    /// Creates a server for these listeners. `poll` is the one that the source wakes.
    ///
    /// # Errors
    ///
    /// When the system cannot create or register the descriptors.
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
        for listener in &listeners {
            registry.register(&mut SourceFd(&listener.socket.as_raw_fd()), LISTENERS, Interest::READABLE)?;
        }
        if let Some(signal) = stop.fd() {
            registry.register(&mut SourceFd(&signal.as_raw_fd()), SIGNAL, Interest::READABLE)?;
        }
        let timer = Timer::new(registry, TIMER)?;
        Ok(Self {
            poll,
            listeners,
            connections: Slab::new(),
            hub,
            timer,
            clock,
            stop: stop.clone(),
            command: None,
            log: ViewerLog::new(settings.reporter, settings.detail),
            responder,
            settings,
            viewers: 0,
            totals: Totals::default(),
            started,
            snapshot_taken: false,
            accept_at: None,
            last_sweep: Duration::ZERO,
            shutdown_at: None,
            buffer: vec![0; 16 * 1024].into(),
        })
    }

    /// Serves until the source ends or a signal arrives, and every viewer has received the last part.
    ///
    /// # Errors
    ///
    /// When polling for events fails.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = self.clock.now();
            // Also if the source has ended and only slow viewers remain: the signal shortens the wait for them.
            if self.is_stopped(now) && self.shutdown_at.is_none_or(|until| until == Duration::MAX) {
                let update = self.hub.finish(now);
                self.begin_shutdown(now + SHUTDOWN_TIME);
                self.broadcast(update, now);
            }
            // A due frame comes first: it must not wait for requests.
            self.tick(now);
            let mut accept = false;
            for event in &events {
                match event.token() {
                    TIMER => self.timer.expired(),
                    // One event may report both a picture and the end of the source.
                    SOURCE => {
                        for _ in 0..2 {
                            let update = self.hub.fetch(now);
                            self.broadcast(update, now);
                        }
                        self.tick(now);
                    }
                    SIGNAL | COMMAND => {}
                    LISTENERS => accept = true,
                    Token(n) if event.is_error() || (event.is_write_closed() && event.is_read_closed()) => {
                        self.close_broken(n, None);
                    }
                    Token(n) => {
                        if event.is_read_closed()
                            && let Some(connection) = self.connections.get_mut(n)
                        {
                            connection.half_closed.get_or_insert(now);
                        }
                        self.drive(n, now);
                    }
                }
            }
            if accept || self.accept_at.is_some_and(|at| now >= at) {
                self.accept(now);
            }
            self.sweep(now);
            self.log.tick(now);
            if self.shutdown_at.is_some_and(|until| now >= until || self.is_everything_sent()) {
                self.log_rest();
                return Ok(());
            }
        }
    }

    /// Why the source never produced a frame, if that ended the run.
    pub fn take_error(&mut self) -> Option<Error> {
        self.hub.take_error()
    }

    /// Publishes a due frame.
    fn tick(&mut self, now: Duration) {
        let (viewers, snapshot_taken) = (self.viewers, &mut self.snapshot_taken);
        let update = self.hub.tick(now, || viewers > 0 || std::mem::take(snapshot_taken));
        self.broadcast(update, now);
    }

    /// How long the poll may block.
    fn timeout(&mut self) -> Option<Duration> {
        let now = self.clock.now();
        let due = self.hub.due();
        let timer = self.timer.set(due, now);
        // If a frame is due soon, the check for overdue connections runs then.
        let sweep = (!self.connections.is_empty() && due.is_none_or(|due| due > now + SWEEP_INTERVAL))
            .then_some(self.last_sweep + SWEEP_INTERVAL);
        let command = self.command.as_ref().and_then(Command::due);
        [self.accept_at, sweep, self.shutdown_at, command, self.log.due()]
            .into_iter()
            .flatten()
            .map(|at| at.saturating_sub(now))
            .chain(timer)
            .min()
    }

    /// Reads from and writes to one connection until its socket would block.
    pub(super) fn drive(&mut self, number: usize, now: Duration) {
        let Some(connection) = self.connections.get_mut(number) else { return };
        if let Stage::Stream(viewer) = &mut connection.stage {
            let socket = &connection.socket;
            match viewer.push(self.hub.newest(), now, |bytes| socket.send(bytes)) {
                Ok(Push::Idle | Push::Blocked) => return,
                Ok(Push::Done) => self.finish_viewer(number, now),
                Err(error) => return self.close_broken(number, Some(error)),
            }
        }
        loop {
            let Some(connection) = self.connections.get_mut(number) else { return };
            match connection.drive(now, &mut self.buffer) {
                Step::Wait => return,
                Step::Dispatch(status) => self.dispatch(number, &status, now),
                Step::Close => return self.close(number),
            }
        }
    }

    /// Sends a new part to all viewers.
    pub(super) fn broadcast(&mut self, update: Update, now: Duration) {
        if update == Update::None {
            return;
        }
        if matches!(update, Update::LastPart | Update::End) && self.shutdown_at.is_none() {
            // No deadline: the send timeout closes viewers that accept nothing.
            self.begin_shutdown(Duration::MAX);
        }
        let Some(newest) = self.hub.newest().map(Rc::clone) else { return };
        for number in 0..self.connections.capacity() {
            let Some(Connection { socket, stage: Stage::Stream(viewer), .. }) =
                self.connections.get_mut(number)
            else {
                continue;
            };
            viewer.offer(&newest);
            match viewer.push(Some(&newest), now, |bytes| socket.send(bytes)) {
                Ok(Push::Idle | Push::Blocked) => {}
                Ok(Push::Done) => self.finish_viewer(number, now),
                Err(error) => self.close_broken(number, Some(error)),
            }
        }
        drop(newest);
        self.hub.prepare();
    }

    /// Whether the kernel has all bytes for all peers. It delivers them after this process has ended, too.
    fn is_everything_sent(&self) -> bool {
        self.connections.iter().all(|(_, connection)| matches!(connection.stage, Stage::Drain { .. }))
    }

    /// Closes a broken connection. Without an `error`, the reason is the pending error of its socket.
    fn close_broken(&mut self, number: usize, error: Option<io::Error>) {
        let Some(connection) = self.connections.get_mut(number) else { return };
        let error = error.or_else(|| connection.socket.take_error().ok().flatten());
        let timed_out = error.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
        // TCP_USER_TIMEOUT expired before our own check.
        if timed_out && matches!(connection.stage, Stage::Stream(_)) {
            self.evict(number);
        } else {
            self.close(number);
        }
    }

    /// Stops listening and closes connections without a complete request. The run ends when the others are done,
    /// or at `until`.
    fn begin_shutdown(&mut self, until: Duration) {
        self.shutdown_at = Some(until);
        self.listeners.clear();
        let without_frame = self.hub.newest().is_none();
        for number in 0..self.connections.capacity() {
            let over = |connection: &mut Connection| match connection.stage {
                Stage::Request(_) | Stage::Delay { .. } => true,
                Stage::Stream(_) => without_frame,
                _ => false,
            };
            if self.connections.get_mut(number).is_some_and(over) {
                self.close_for(number, Reason::Stopped);
            }
        }
    }
}
