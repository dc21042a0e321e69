//! A stream that is played at a pace: each of its pictures counts, and the stream waits while none is due.

use std::sync::mpsc::{self, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use mjpeg::multipart::Part;

use super::sink::{Receiver, Sink};
use super::upstream::{NO_IDLE_LIMIT, Upstream, spawn, thread_ended};
use crate::source::error::Error;
use crate::source::notices::Notices;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::source::wake::Wake;
use crate::transport::{End, Flow};

impl Upstream {
    /// Opens the stream in a thread, and queues its pictures for a paced reader. `wake` wakes the reader
    /// for each picture. The stream is played `rounds` times, or without end if `None`; a pipe is played
    /// once.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened.
    pub fn paced(self, rounds: Option<u32>, wake: Wake) -> Result<Pipe, Error> {
        let rounds = if self.target.is_pipe() { Some(1) } else { rounds };
        let (opened, open_result) = sync_channel(1);
        let (send, pictures) = sync_channel(2);
        spawn(move || {
            self.play(rounds, Queue { send, wake: &wake }, &opened);
            // The queue is now closed, which is how the reader sees the end.
            wake.wake();
        })?;
        open_result.recv().map_err(|_| thread_ended())??;
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
                Err(error) if round == 0 => return drop(opened.send(Err(error))),
                Err(error) => return self.reporter.message(&error.to_string()),
            };
            if round == 0 {
                let _ = opened.send(Ok(()));
            }
            let ended = session.run(&mut sink, None);
            if let Ok(end) = &ended
                && sink.published == 0
                && let Some(error) = self.without_picture(end)
            {
                return drop(errors.send(Err(error)));
            }
            match ended {
                // A capture usually ends inside a part. That needs no message.
                Ok(End::Closed | End::Truncated) => {}
                Ok(End::Enough | End::Signal(_)) => return,
                Ok(end) => {
                    let why = format!("{}: {end}", self.target);
                    notices.say(
                        end.word("complete").unwrap_or("not a stream"),
                        &format!("more times: {why}"),
                        &why,
                    );
                }
                Err(error) => return self.reporter.message(&error.to_string()),
            }
            if sink.published == before {
                return;
            }
            round += 1;
        }
    }
}

/// Pictures that wait until they are due.
#[derive(Debug)]
pub struct Pipe {
    pictures: mpsc::Receiver<Result<Picture, Error>>,
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
