//! Pictures out of somebody else's stream: a camera's URL, standard input, a capture.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use anyhow::{Context, anyhow};
use mio::Waker;
use mjpeg::jpeg::Judgement;
use mjpeg::multipart::{Event, Timestamp};

use crate::clock::Clock;
use crate::output::Reporter;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::source::error::{Error, Kind};
use crate::source::live::Mailbox;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::transport::{self, End, Flow, Observer, OpenError, OpenErrorKind, Session, Target};

/// How long a camera may be silent before it is asked again.
const IDLE: Duration = Duration::from_secs(10);
/// A silence that never ends a stream: standard input may be as slow as it likes.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 86_400);
/// How long the same reason is not told again.
const TELL_AGAIN: Duration = Duration::from_secs(60);
/// The pauses before asking a camera again; the last one is kept.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// A stream to take pictures from.
#[derive(Debug, Clone)]
pub struct Upstream {
    target: Target,
    clock: Clock,
    stop: Stop,
    reporter: Reporter,
}

impl Upstream {
    /// Nothing is opened yet.
    pub fn new(target: Target, clock: &Clock, stop: &Stop, reporter: Reporter) -> Self {
        Self { target, clock: clock.clone(), stop: stop.clone(), reporter }
    }

    /// Opens the stream, and publishes its pictures as they come from a thread of its own. A URL is
    /// asked again whenever its stream ends; anything else ends with its end.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened the first time.
    pub fn relay(self, mailbox: Mailbox) -> Result<(), Error> {
        // A session stays in its thread, so its thread opens it and tells how that went.
        let (tell, told) = sync_channel(1);
        // A pipe opens with its first byte, and that may take its time.
        let wait = !self.target.is_pipe();
        spawn(move || self.relay_from_thread(&mailbox, &tell))?;
        if wait { told.recv().map_err(|_| gone())? } else { Ok(()) }
    }

    /// Opens the stream, and hands its pictures out one by one to whoever sets the pace; `waker` tells that
    /// there is another one. It is played `rounds` times, or for ever; a pipe once.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened.
    pub fn paced(self, rounds: Option<u32>, waker: Waker) -> Result<Pipe, Error> {
        let rounds = if self.target.is_pipe() { Some(1) } else { rounds };
        let (tell, told) = sync_channel(1);
        let (send, pictures) = sync_channel(2);
        let waker = Arc::new(waker);
        let of_pipe = Arc::clone(&waker);
        spawn(move || {
            self.play(rounds, Line { send, waker: &waker }, &tell);
            // The line has been closed: that is its end.
            let _ = waker.wake();
        })?;
        told.recv().map_err(|_| gone())??;
        Ok(Pipe { pictures, early: None, error: None, _waker: of_pipe })
    }

    fn relay_from_thread(&self, mailbox: &Mailbox, tell: &SyncSender<Result<(), Error>>) {
        let again = matches!(self.target, Target::Url(_));
        let idle = if again { IDLE } else { FOREVER };
        let mut sink = Sink { published: 0, deliver: Deliver::Newest(mailbox), clock: &self.clock };
        let mut failures = 0;
        let mut told = Vec::new();
        let mut first = Some(tell);
        loop {
            let (before, began) = (sink.published, self.clock.now());
            let why = match self.session(idle) {
                Err(error) if first.is_some() && again => {
                    // Whoever waits for the word may have gone with a signal.
                    let _ = tell.send(Err(error));
                    return;
                }
                Err(error) if sink.published == 0 => return mailbox.fail(error),
                Err(error) => error.to_string(),
                Ok(mut session) => {
                    if let Some(tell) = first.take() {
                        let _ = tell.send(Ok(()));
                    }
                    match session.run(&mut sink, None) {
                        Ok(End::Signal(_) | End::Enough) => return,
                        Ok(End::Closed) if !again => return mailbox.end(),
                        Ok(end) => match self.nothing(&end).filter(|_| sink.published == 0) {
                            Some(error) if !again || error.kind == Kind::NotAStream => {
                                return mailbox.fail(error);
                            }
                            _ => format!("{}: {end}", self.target),
                        },
                        Err(error) => error.to_string(),
                    }
                }
            };
            if !again {
                self.reporter.message(&why);
                return mailbox.end();
            }
            let now = self.clock.now();
            // A camera that closes behind each frame is not to be asked ten times a second.
            failures = match sink.published > before {
                true if now >= began + PAUSES[PAUSES.len() - 1] => 0,
                true => (failures + 1).min(2),
                false => failures + 1,
            };
            // Told once a minute, not for each attempt to get the stream back.
            told.retain(|(_, at)| now < *at + TELL_AGAIN);
            if told.iter().all(|(known, _)| *known != why) {
                self.reporter.message(&format!("{why}; trying again"));
                told.push((why, now));
            }
            self.clock.advance(PAUSES[failures.min(PAUSES.len() - 1)]);
            if self.stop.signal().is_some() {
                return;
            }
        }
    }

    fn play(&self, rounds: Option<u32>, line: Line<'_>, tell: &SyncSender<Result<(), Error>>) {
        let last_word = line.send.clone();
        let mut sink = Sink { published: 0, deliver: Deliver::Each(line), clock: &self.clock };
        let mut round = 0;
        while rounds.is_none_or(|rounds| round < rounds) {
            let before = sink.published;
            let mut session = match self.session(FOREVER) {
                Ok(session) => session,
                Err(error) if round == 0 => return drop(tell.send(Err(error))),
                Err(error) => return self.reporter.message(&error.to_string()),
            };
            if round == 0 {
                let _ = tell.send(Ok(()));
            }
            let ended = session.run(&mut sink, None);
            if let Ok(end) = &ended
                && sink.published == 0
                && let Some(error) = self.nothing(end)
            {
                return drop(last_word.send(Err(error)));
            }
            match ended {
                // Captures are cut where somebody stopped capturing: no reason to speak of.
                Ok(End::Closed | End::Truncated) => {}
                Ok(End::Enough | End::Signal(_)) => return,
                Ok(end) => self.reporter.message(&format!("{}: {end}", self.target)),
                Err(error) => return self.reporter.message(&error.to_string()),
            }
            if sink.published == before {
                return;
            }
            round += 1;
        }
    }

    /// What an end without a picture means.
    fn nothing(&self, end: &End) -> Option<Error> {
        let target = &self.target;
        match end {
            End::NotAStream(error) => {
                Some(Error::new(Kind::NotAStream, anyhow!("{target}: not an MJPEG stream: {error}")))
            }
            End::Truncated | End::Reset(_) | End::Stalled => {
                Some(Error::new(Kind::Stalled, anyhow!("{target}: {end}, and no picture came")))
            }
            _ => None,
        }
    }

    fn session(&self, idle: Duration) -> Result<Session, Error> {
        let started = self.clock.now();
        let options = transport::Options { patience: idle };
        let stream = transport::open(&self.target, &options, &self.clock, &self.stop).map_err(no_stream)?;
        Ok(Session::new(stream, &self.clock, idle, started))
    }
}

/// Pictures that wait in line for their time.
#[derive(Debug)]
pub struct Pipe {
    pictures: Receiver<Result<Picture, Error>>,
    /// One that was waited for and has not been fetched.
    early: Option<Result<Picture, Error>>,
    error: Option<Error>,
    /// Kept open: closed by a thread that ends, it would take its last word along.
    _waker: Arc<Waker>,
}

impl Paced for Pipe {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        match self.early.take().map_or_else(|| self.pictures.try_recv(), Ok) {
            Ok(Ok(picture)) => Next::Picture(picture),
            Ok(Err(error)) => {
                self.error = Some(error);
                Next::End
            }
            Err(TryRecvError::Empty) => Next::Later,
            Err(TryRecvError::Disconnected) => Next::End,
        }
    }

    fn give_back(&mut self, _: Picture) {}

    fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    fn wait(&mut self, longest: Duration) -> bool {
        if self.early.is_some() {
            return true;
        }
        match self.pictures.recv_timeout(longest) {
            Ok(picture) => self.early = Some(picture),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => {}
        }
        true
    }
}

/// The other end of a [`Pipe`].
struct Line<'a> {
    send: SyncSender<Result<Picture, Error>>,
    waker: &'a Waker,
}

impl Line<'_> {
    /// Lines a picture up, waiting until there is room. Says whether anybody is still there.
    fn push(&self, picture: Picture) -> bool {
        let sent = self.send.send(Ok(picture)).is_ok();
        // The eventfd of the waker is full only when a wake-up is pending already.
        let _ = self.waker.wake();
        sent
    }
}

/// Takes the pictures out of a stream's parts.
struct Sink<'a> {
    published: u64,
    deliver: Deliver<'a>,
    clock: &'a Clock,
}

enum Deliver<'a> {
    /// The newest one counts.
    Newest(&'a Mailbox),
    /// Each one counts, and waits until there is room for it.
    Each(Line<'a>),
}

impl Observer for Sink<'_> {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        let Event::Part(part) = event else { return Ok(Flow::More) };
        let judgement = Judgement::of_markers(part.body, part.extent);
        if judgement.damage().is_some() {
            if let Deliver::Newest(mailbox) = self.deliver {
                mailbox.count_torn();
            }
            return Ok(Flow::More);
        }
        let jpeg = judgement.end().and_then(|end| part.body.get(..end)).unwrap_or(part.body);
        let mut buffer = match &self.deliver {
            Deliver::Newest(mailbox) => mailbox.buffer(jpeg.len()),
            Deliver::Each(_) => Picture::buffer(jpeg.len()),
        };
        buffer.extend_from_slice(jpeg);
        let picture = Picture::whole(buffer, 0);
        self.published += 1;
        match &self.deliver {
            Deliver::Newest(mailbox) => {
                let timestamp = part.fields.first("x-timestamp").and_then(Timestamp::parse);
                mailbox.publish(picture, timestamp.map_or_else(|| self.clock.unix(), |Timestamp(at)| at));
                Ok(Flow::More)
            }
            Deliver::Each(line) => Ok(if line.push(picture) { Flow::More } else { Flow::Enough }),
        }
    }
}

/// The kind of the obstacle decides how `serve` ends.
fn no_stream(error: OpenError) -> Error {
    let kind = match error.kind {
        OpenErrorKind::Local => Kind::Local,
        OpenErrorKind::Silent | OpenErrorKind::Closed | OpenErrorKind::Reset | OpenErrorKind::Signal => {
            Kind::Stalled
        }
        _ => Kind::Unreachable,
    };
    Error { kind, problem: error.problem }
}

fn gone() -> Error {
    anyhow!("the thread of the source ended").into()
}

fn spawn(run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = std::thread::Builder::new().name("source".into()).stack_size(512 * 1024).spawn(run);
    thread.context("cannot start a thread for the source")?;
    Ok(())
}
