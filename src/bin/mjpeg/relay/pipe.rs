//! A stream that is played at a pace: each of its pictures counts, and the stream waits while none is due.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use mio::Waker;
use mjpeg::multipart::Part;

use super::sink::{Receiver, Sink};
use super::upstream::{NO_IDLE_LIMIT, Upstream, spawn, thread_ended};
use crate::source::error::Error;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::transport::{End, Flow};

impl Upstream {
    /// Opens the stream in a thread, and queues its pictures for a paced reader. `waker` wakes the reader
    /// for each picture. The stream is played `rounds` times, or without end if `None`; a pipe is played
    /// once.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened.
    pub fn paced(self, rounds: Option<u32>, waker: Waker) -> Result<Pipe, Error> {
        let rounds = if self.target.is_pipe() { Some(1) } else { rounds };
        let (opened, open_result) = sync_channel(1);
        let (send, pictures) = sync_channel(2);
        let waker = Arc::new(waker);
        let of_pipe = Arc::clone(&waker);
        spawn(move || {
            self.play(rounds, Queue { send, waker: &waker }, &opened);
            // The queue is now closed, which is how the reader sees the end.
            let _ = waker.wake();
        })?;
        open_result.recv().map_err(|_| thread_ended())??;
        Ok(Pipe { pictures, early: None, error: None, _waker: of_pipe })
    }

    /// Runs in the thread: plays the stream and queues its pictures.
    fn play(&self, rounds: Option<u32>, queue: Queue<'_>, opened: &SyncSender<Result<(), Error>>) {
        let errors = queue.send.clone();
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
                Ok(end) => self.reporter.message(&format!("{}: {end}", self.target)),
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
    /// A result that [`Paced::wait`] has received and [`Paced::next`] has not returned yet.
    early: Option<Result<Picture, Error>>,
    error: Option<Error>,
    /// Keeps the eventfd open. If the thread closed it at its end, the last wake-up would be lost.
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

/// The sending end of a [`Pipe`].
struct Queue<'a> {
    send: SyncSender<Result<Picture, Error>>,
    waker: &'a Waker,
}

impl Receiver for Queue<'_> {
    /// Waits until the queue has room. Ends the stream when the [`Pipe`] was dropped.
    fn receive(&mut self, picture: Picture, _: &Part<'_>) -> Flow {
        let sent = self.send.send(Ok(picture)).is_ok();
        // Waking fails only if the eventfd is full, and then a wake-up is pending.
        let _ = self.waker.wake();
        if sent { Flow::More } else { Flow::Enough }
    }
}
