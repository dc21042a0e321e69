//! A stream that is played at a pace: each of its pictures counts, and the stream waits while none is due.

use std::time::Duration;

use anyhow::anyhow;
use mjpeg::multipart::Part;

use super::sink::{Receiver, Sink};
use super::upstream::{NO_IDLE_LIMIT, Upstream, open_error, spawn, thread_ended};
use crate::channel::{self, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use crate::signal::Stop;
use crate::source::error::Error;
use crate::source::notices::{More, Notices};
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::source::wake::Wake;
use crate::transport::{End, Flow};

/// How often the wait for a stream that opens looks for signals.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(100);

impl Upstream {
    /// Opens the stream in a thread, and queues its pictures for a paced reader. `wake` wakes the reader
    /// for each picture. The stream is played `rounds` times, or without end if `None`; a pipe is played
    /// once.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened, or a signal arrives.
    pub fn paced(self, rounds: Option<u32>, wake: Wake) -> Result<Pipe, Error> {
        let rounds = if self.target.is_pipe() { Some(1) } else { rounds };
        let stop = self.stop.clone();
        let (opened, open_result) = sync_channel(1);
        let (send, pictures) = sync_channel(2);
        spawn(move || {
            self.play(rounds, Queue { send, wake: &wake }, &opened);
            // The queue is now closed, which is how the reader sees the end.
            wake.wake();
        })?;
        until_stopped(&open_result, &stop)?;
        Ok(Pipe { pictures, error: None })
    }

    /// Runs in the thread: plays the stream and queues its pictures.
    fn play(&self, rounds: Option<u32>, queue: Queue<'_>, opened: &SyncSender<Result<(), Error>>) {
        let errors = queue.send.clone();
        let mut notices = Notices::new(self.clock.clone(), self.reporter);
        let mut sink = Sink::new(queue);
        let mut round = 0;
        while rounds.is_none_or(|rounds| round < rounds) {
            let before = sink.published;
            let mut session = match self.session(NO_IDLE_LIMIT) {
                Ok(session) => session,
                Err(error) if round == 0 => return drop(opened.send(Err(open_error(error)))),
                Err(error) => return self.reporter.event(&error.to_string()),
            };
            if round == 0 {
                let _ = opened.send(Ok(()));
            }
            let ended = session.run(&mut sink, None);
            if let Ok(end) = &ended
                && sink.published == 0
                && !matches!(end, End::Closed | End::Enough | End::Signal(_))
            {
                return drop(errors.send(Err(self.without_picture(end))));
            }
            match ended {
                // A capture usually ends inside a part. That needs no message.
                Ok(End::Closed | End::Truncated) => {}
                Ok(End::Enough | End::Signal(_)) => return,
                Ok(end) => {
                    let why = format!("{}: {end}", self.target);
                    notices.say(
                        end.word("complete").unwrap_or("not a stream"),
                        &More::times(format_args!(": {why}")),
                        &why,
                    );
                }
                Err(error) => return self.reporter.event(&error.to_string()),
            }
            if sink.published == before {
                return;
            }
            round += 1;
        }
    }
}

/// Waits for the result of a thread that opens a stream. Its file system may never answer.
fn until_stopped(opened: &channel::Receiver<Result<(), Error>>, stop: &Stop) -> Result<(), Error> {
    loop {
        match opened.recv_timeout(STOP_CHECK_INTERVAL) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => return Err(thread_ended()),
            Err(RecvTimeoutError::Timeout) if stop.signal().is_some() => {
                return Err(anyhow!("a signal arrived before the stream was open").into());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Pictures that wait until they are due.
#[derive(Debug)]
pub struct Pipe {
    pictures: channel::Receiver<Result<Picture, Error>>,
    error: Option<Error>,
}

impl Paced for Pipe {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        match self.pictures.try_recv() {
            Ok(Ok(picture)) => Next::Picture(picture),
            Ok(Err(error)) => {
                self.error = Some(error);
                Next::End
            }
            Err(TryRecvError::Empty) => Next::Later,
            Err(TryRecvError::Disconnected) => Next::End,
        }
    }

    fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }
}

/// The sending end of a [`Pipe`].
struct Queue<'a> {
    send: SyncSender<Result<Picture, Error>>,
    wake: &'a Wake,
}

impl Receiver for Queue<'_> {
    /// Waits until the queue has room. Ends the stream when the [`Pipe`] was dropped.
    fn receive(&mut self, picture: Picture, _: &Part<'_>) -> Flow {
        let sent = self.send.send(Ok(picture)).is_ok();
        self.wake.wake();
        if sent { Flow::More } else { Flow::Enough }
    }
}
