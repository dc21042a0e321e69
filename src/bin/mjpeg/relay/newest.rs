//! A live stream: only its newest picture counts. A URL is opened again when its stream ends.

use std::cell::RefCell;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use mjpeg::multipart::{Part, Timestamp};

use super::sink::{Receiver, Sink};
use super::upstream::{NO_IDLE_LIMIT, Upstream, spawn, thread_ended};
use crate::clock::Clock;
use crate::source::error::{Error, Kind};
use crate::source::live::Mailbox;
use crate::source::notices::Notices;
use crate::source::picture::Picture;
use crate::transport::{End, Flow, Target};

/// How long a camera may be silent before its stream is opened again.
const IDLE: Duration = Duration::from_secs(10);
/// The pauses between attempts to open a stream again; further attempts use the last one.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

impl Upstream {
    /// Opens the stream in a thread, and publishes each picture when it arrives. A URL is opened again
    /// when its stream ends; every other source ends with its stream.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened the first time.
    pub fn relay(self, mailbox: Mailbox) -> Result<(), Error> {
        // A session cannot move between threads: its thread opens the stream and reports the result.
        let (opened, open_result) = sync_channel(1);
        // Opening a pipe waits for its first byte, which may take any time.
        let wait = !self.target.is_pipe();
        spawn(move || self.publish(&mailbox, &opened))?;
        if wait { open_result.recv().map_err(|_| thread_ended())? } else { Ok(()) }
    }

    /// Runs in the thread: opens the stream as often as needed and publishes its pictures.
    fn publish(&self, mailbox: &Mailbox, opened: &SyncSender<Result<(), Error>>) {
        let reopen = matches!(self.target, Target::Url(_));
        let idle = if reopen { IDLE } else { NO_IDLE_LIMIT };
        let notices = RefCell::new(Notices::new(self.clock.clone(), self.reporter));
        let mut sink = Sink::new(Newest { mailbox, clock: &self.clock, notices: &notices });
        let mut failures = 0;
        let mut first = Some(opened);
        loop {
            let (before, began) = (sink.published, self.clock.now());
            let (kind, why) = match self.session(idle) {
                Err(error) if first.is_some() && reopen => {
                    // After a signal the main thread may no longer wait for this result.
                    let _ = opened.send(Err(error));
                    return;
                }
                Err(error) if sink.published == 0 => return mailbox.fail(error),
                Err(error) => (error.to_string(), error.to_string()),
                Ok(mut session) => {
                    if let Some(opened) = first.take() {
                        let _ = opened.send(Ok(()));
                    }
                    match session.run(&mut sink, None) {
                        Ok(End::Signal(_) | End::Enough) => return,
                        Ok(End::Closed) if !reopen => return mailbox.end(),
                        Ok(end) => match self.without_picture(&end).filter(|_| sink.published == 0) {
                            Some(error) if !reopen || error.kind == Kind::NotAStream => {
                                return mailbox.fail(error);
                            }
                            // The text of an end may have bytes of the camera.
                            _ => {
                                let kind = end.word("complete").unwrap_or("not a stream");
                                (kind.to_string(), format!("{}: {end}", self.target))
                            }
                        },
                        Err(error) => (error.to_string(), error.to_string()),
                    }
                }
            };
            if !reopen {
                self.reporter.message(&why);
                return mailbox.end();
            }
            let now = self.clock.now();
            // A camera that closes after each frame must not be opened ten times a second.
            failures = match sink.published > before {
                true if now >= began + PAUSES[PAUSES.len() - 1] => 0,
                true => (failures + 1).min(2),
                false => failures + 1,
            };
            let more = format!("more times: {why}");
            notices.borrow_mut().say(&kind, &more, &format!("{why}; trying again"));
            self.clock.advance(PAUSES[failures.min(PAUSES.len() - 1)]);
            if self.stop.signal().is_some() {
                return;
            }
        }
    }
}

/// Puts each picture into a mailbox, where it replaces the one before.
struct Newest<'a> {
    mailbox: &'a Mailbox,
    clock: &'a Clock,
    notices: &'a RefCell<Notices>,
}

impl Receiver for Newest<'_> {
    fn buffer(&self, length: usize) -> Vec<u8> {
        self.mailbox.buffer(length)
    }

    fn receive(&mut self, picture: Picture, part: &Part<'_>) -> Flow {
        self.notices.borrow_mut().flush();
        self.mailbox.publish(picture, taken(part).unwrap_or_else(|| self.clock.unix()));
        Flow::More
    }

    fn torn(&self) {
        self.mailbox.count_torn();
    }
}

/// When the picture was taken, as its part says.
fn taken(part: &Part<'_>) -> Option<Duration> {
    part.fields.first("x-timestamp").and_then(Timestamp::parse).map(|Timestamp(taken)| taken)
}
