//! The event loop: it accepts connections, answers requests and sends frames. It never blocks.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::super::command::Command;
use super::super::connection::{Stage, Step, send};
use super::super::connections::Connections;
use super::super::deadlines::{Deadlines, Timed};
use super::super::faults::Injector;
use super::super::pause::{be_precise, pause};
use super::super::responder::Responder;
use super::super::stream::Stream;
use super::super::viewer::Push;
use super::super::viewer_log::ViewerLog;
use super::settings::Settings;
use crate::clock::Clock;
use crate::listen::socket::Listener;
use crate::signal::Stop;
use crate::source::error::Error;
use crate::source::wake::WakeUps;

/// The token of the wake-ups with which sources report new frames and their end.
pub const SOURCES: Token = Token(FIRST_OWN_TOKEN);
const SIGNAL: Token = Token(FIRST_OWN_TOKEN + 1);
/// The token of the command that runs beside the server.
pub(super) const COMMAND: Token = Token(FIRST_OWN_TOKEN + 3);
const FIRST_OWN_TOKEN: usize = usize::MAX - 8;
/// The token of the first listener. Tokens below this one are connections: their numbers.
const FIRST_LISTENER: usize = usize::MAX / 2;

/// How often to check for overdue connections.
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_millis(500);

/// The server.
pub struct Engine {
    pub(super) poll: Poll,
    pub(super) listeners: Vec<Listener>,
    /// The streams of listeners that belong to one, by their index.
    pub(super) own_ports: HashMap<usize, usize>,
    /// The listeners at which connections may wait.
    pub(super) ready: Vec<usize>,
    pub(super) connections: Connections,
    pub(super) streams: Vec<Stream>,
    wake_ups: WakeUps,
    /// The streams that were woken, in a buffer that is used again.
    woken: Vec<usize>,
    /// Results of sending a part, with the numbers of their connections, that are handled afterwards; almost always empty.
    pub(super) pushes: Vec<(usize, io::Result<Push>)>,
    pub(super) deadlines: Deadlines,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    /// A command that runs beside the server.
    pub(super) command: Option<Command>,
    pub(super) log: ViewerLog,
    pub(super) responder: Responder,
    pub(super) settings: Settings,
    /// The faults of the answers.
    pub(super) injector: Injector,
    pub(super) started: Duration,
    pub(super) accept_at: Option<Duration>,
    pub(super) last_sweep: Duration,
    /// When to end at the latest; `None` while the server runs.
    pub(super) shutdown_at: Option<Duration>,
    /// Until when a turn without events has only frames to send. Zero after changes.
    pub(super) attend_at: Duration,
    buffer: Box<[u8]>,
}

impl Engine {
    /// Creates a server of these streams. `wake_ups` are those of `poll`.
    ///
    /// # Errors
    ///
    /// When the system cannot create or register the descriptors.
    pub fn new(
        (poll, wake_ups): (Poll, WakeUps),
        listeners: Vec<Listener>,
        streams: Vec<Stream>,
        responder: Responder,
        settings: Settings,
        clock: Clock,
        stop: &Stop,
    ) -> io::Result<Self> {
        let started = clock.now();
        let registry = poll.registry();
        for (index, listener) in listeners.iter().enumerate() {
            let token = Token(FIRST_LISTENER + index);
            registry.register(&mut SourceFd(&listener.socket.as_raw_fd()), token, Interest::READABLE)?;
        }
        if let Some(signal) = stop.fd() {
            registry.register(&mut SourceFd(&signal.as_raw_fd()), SIGNAL, Interest::READABLE)?;
        }
        Ok(Self {
            poll,
            listeners,
            own_ports: HashMap::new(),
            ready: Vec::new(),
            connections: Connections::new(streams.len()),
            streams,
            wake_ups,
            woken: Vec::new(),
            pushes: Vec::new(),
            deadlines: Deadlines::default(),
            clock,
            stop: stop.clone(),
            command: None,
            log: ViewerLog::new(settings.reporter, settings.detail),
            responder,
            settings,
            injector: Injector::default(),
            started,
            accept_at: None,
            last_sweep: Duration::ZERO,
            shutdown_at: None,
            attend_at: Duration::ZERO,
            buffer: vec![0; 16 * 1024].into(),
        })
    }

    /// Requests at these listeners are for one stream each: the index of the listener, and of the stream.
    pub fn set_own_ports(&mut self, own_ports: HashMap<usize, usize>) {
        self.own_ports = own_ports;
    }

    /// Injects these faults into the answers from now on.
    pub fn inject(&mut self, injector: Injector) {
        self.injector = injector;
    }

    /// Serves until all sources have ended or a signal arrives, and every viewer has received the last part.
    ///
    /// # Errors
    ///
    /// When polling for events fails.
    pub fn run(&mut self) -> io::Result<()> {
        be_precise();
        let mut events = Events::with_capacity(1024);
        // Opening the sources has used up the events of wake-ups, but not their list.
        self.wake(self.clock.now());
        while !self.is_over() {
            let timeout = self.timeout();
            self.turn(&mut events, timeout)?;
        }
        self.log_rest();
        Ok(())
    }

    /// Waits for events, for `timeout` at most, and handles them.
    pub(super) fn turn(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        pause(&mut self.poll, events, timeout)?;
        let now = self.clock.now();
        if events.is_empty() && now < self.attend_at {
            // Most turns. The less code they run, the less must come back into the caches after the pause.
            self.expire(now);
        } else {
            self.attend(events, now);
        }
        Ok(())
    }

    /// Handles events, due frames and time limits.
    #[inline(never)]
    fn attend(&mut self, events: &Events, now: Duration) {
        // Also if the sources have ended and only slow viewers remain: the signal shortens the wait for them.
        if self.is_stopped(now) && self.shutdown_at.is_none_or(|until| until == Duration::MAX) {
            self.stop_streams(now);
        }
        // A due frame comes first: it must not wait for requests.
        self.expire(now);
        for event in events {
            match event.token() {
                SOURCES => self.wake(now),
                SIGNAL | COMMAND => {}
                Token(n) if (FIRST_LISTENER..FIRST_OWN_TOKEN).contains(&n) => {
                    self.ready.push(n - FIRST_LISTENER);
                    self.accept_at = Some(now);
                }
                Token(n) if event.is_error() || (event.is_write_closed() && event.is_read_closed()) => {
                    self.close(n);
                }
                Token(n) => {
                    if event.is_read_closed()
                        && let Some(connection) = self.connections.get_mut(n)
                    {
                        connection.half_closed.get_or_insert(now);
                    }
                    self.drive(n, now);
                    if let Some(connection) = self.connections.get_mut(n) {
                        connection.probe(now);
                    }
                }
            }
        }
        if self.accept_at.is_some_and(|at| now >= at) {
            self.accept(now);
        }
        self.sweep(now);
        self.log.tick(now);
        self.plan_attention();
    }

    /// Why a source never produced a frame, if that ended its stream.
    pub fn take_error(&mut self) -> Option<Error> {
        self.streams.iter_mut().find_map(|stream| stream.hub.take_error())
    }

    /// Publishes the frames of the streams that were woken.
    fn wake(&mut self, now: Duration) {
        let mut woken = std::mem::take(&mut self.woken);
        self.wake_ups.take(&mut woken);
        for &stream in &woken {
            // One wake-up may report both a picture and the end of the source.
            self.poll_stream(stream, now);
            self.poll_stream(stream, now);
            self.report_loss(stream, now);
            self.take_blocks(stream, now);
        }
        self.woken = woken;
    }

    /// Continues with the streams and connections whose deadlines have expired.
    fn expire(&mut self, now: Duration) {
        while let Some((at, timed)) = self.deadlines.pop(now) {
            match timed {
                Timed::Stream(stream) => {
                    if let Some(stream) = self.streams.get_mut(stream) {
                        stream.deadline.take_if(|deadline| *deadline == at);
                    }
                    self.poll_stream(stream, now);
                }
                Timed::Connection(number) => {
                    let connection = self.connections.get_mut(number);
                    if connection.is_some_and(|connection| connection.wakes_at() == Some(at)) {
                        self.resume(number, now);
                    }
                }
            }
        }
        self.drop_old_deadlines();
    }

    /// Removes deadlines of connections that were closed before: their number is bounded.
    fn drop_old_deadlines(&mut self) {
        if self.deadlines.len() <= 64 + 2 * (self.streams.len() + self.connections.len()) {
            return;
        }
        let Self { deadlines, connections, streams, .. } = self;
        deadlines.retain(|at, timed| match timed {
            Timed::Stream(stream) => streams.get(stream).is_some_and(|stream| stream.deadline == Some(at)),
            Timed::Connection(number) => {
                connections.get_mut(number).is_some_and(|connection| connection.wakes_at() == Some(at))
            }
        });
    }

    /// Reads from and writes to one connection until its socket would block.
    pub(super) fn drive(&mut self, number: usize, now: Duration) {
        let Some(connection) = self.connections.get_mut(number) else { return };
        if let Stage::Stream { viewer, stream } = &mut connection.stage {
            let newest = self.streams.get(*stream).and_then(|stream| stream.hub.newest(viewer.recipe()));
            let sent = viewer.push(newest, now, |slices| send(&connection.socket, slices));
            if !self.after_push(number, &sent, now) {
                return;
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
}
