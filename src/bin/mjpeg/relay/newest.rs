//! A live stream: only its newest picture counts.

use std::time::Duration;

use mjpeg::multipart::{Part, Timestamp};

use super::sink::{Receiver, Sink};
use super::upstream::{NO_IDLE_LIMIT, Upstream, open_error, spawn};
use crate::clock::Clock;
use crate::source::error::Error;
use crate::source::live::Mailbox;
use crate::source::picture::Picture;
use crate::transport::{End, Flow};

impl Upstream {
    /// Reads standard input or a named pipe in a thread, and publishes each picture when it arrives. Opening a pipe waits
    /// for its first byte, which may take any time.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn forward(self, mailbox: Mailbox) -> Result<(), Error> {
        spawn(move || self.publish(&mailbox))
    }

    /// Runs in the thread, until the stream ends.
    fn publish(&self, mailbox: &Mailbox) {
        let mut sink = Sink::new(Newest { mailbox, clock: &self.clock });
        let why = match self.session(NO_IDLE_LIMIT) {
            Err(error) => return mailbox.fail(open_error(error)),
            Ok(mut session) => match session.run(&mut sink, None) {
                Ok(End::Signal(_) | End::Enough) => return,
                Ok(End::Closed) => return mailbox.end(),
                Ok(end) if sink.published == 0 => return mailbox.fail(self.without_picture(&end)),
                Ok(end) => format!("{}: {end}", self.target),
                Err(error) => error.to_string(),
            },
        };
        self.reporter.event(&why);
        mailbox.end();
    }
}

/// Puts each picture into a mailbox, where it replaces the one before.
pub(super) struct Newest<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) clock: &'a Clock,
}

impl Receiver for Newest<'_> {
    fn buffer(&self, length: usize) -> Vec<u8> {
        self.mailbox.buffer(length)
    }

    fn receive(&mut self, picture: Picture, part: &Part<'_>) -> Flow {
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
