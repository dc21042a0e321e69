//! What a relay does with the streams of its camera: it publishes their pictures while they are wanted, and reports losses.

use std::cell::RefCell;
use std::time::Duration;

use mjpeg::multipart::{Event, Part};

use super::newest::Newest;
use super::outages::Outages;
use super::sink::{Receiver, Sink};
use super::upstream::Upstream;
use crate::channel::SyncSender;
use crate::problem::Problem;
use crate::source::error::Error;
use crate::source::link::{Link, Wanted};
use crate::source::live::Mailbox;
use crate::source::picture::Picture;
use crate::transport::{Flow, Lost, Observer, Opened, Tap};

/// Follows the streams of one camera.
pub(super) struct Follower<'a> {
    sink: Sink<Linked<'a>>,
    upstream: &'a Upstream,
    link: &'a Link,
    outages: &'a RefCell<Outages>,
    /// Takes the result of the attempt that must give a picture, until there is one.
    pub(super) start: Option<SyncSender<Result<(), Error>>>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(
        upstream: &'a Upstream,
        mailbox: &'a Mailbox,
        link: &'a Link,
        outages: &'a RefCell<Outages>,
        start: Option<SyncSender<Result<(), Error>>>,
    ) -> Self {
        let newest = Newest { mailbox, clock: &upstream.clock };
        Self { sink: Sink::new(Linked { newest, upstream, link, outages }), upstream, link, outages, start }
    }

    /// An attempt begins.
    pub(super) fn begin(&self) {
        self.link.connecting(self.upstream.clock.now());
        self.upstream.set_via(&self.link.names());
    }

    /// Waits until the camera is wanted and may be asked, which is not before `at`.
    pub(super) fn await_demand(&self, at: Duration) {
        let clock = &self.upstream.clock;
        loop {
            if !self.link.is_wanted() {
                self.link.idle(clock.now());
                self.link.wait_until_wanted();
            }
            self.link.wait_until(at, clock);
            if self.link.is_wanted() {
                return;
            }
        }
    }

    /// The camera is lost. `why` names it.
    pub(super) fn report_loss(&self, why: &str, again_at: Duration) {
        let now = self.upstream.clock.now();
        self.link.lost(why, again_at, now);
        if let Some(line) = self.outages.borrow_mut().lost(why, now) {
            self.upstream.reporter.event(&line);
        }
    }
}

impl Observer for Follower<'_> {
    /// The first picture ends the attempt of the start: what follows has other limits.
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        let flow = self.sink.event(event, arrival)?;
        let Some(start) = self.start.take_if(|_| self.sink.published > 0) else { return Ok(flow) };
        // After a signal the main thread may no longer wait for this result.
        let _ = start.send(Ok(()));
        Ok(Flow::Enough)
    }

    fn opened(&mut self, opened: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        self.link.connected(opened.is_polled);
        Ok(None)
    }

    /// Waits here, since the camera is asked again after this.
    fn lost(&mut self, lost: &Lost<'_>) -> Result<(), Problem> {
        // With --wait the start goes on.
        if self.start.is_some() {
            return Ok(());
        }
        match lost.end {
            // The text of an end does not name the camera.
            Some(_) => self.report_loss(&format!("{}: {}", self.upstream.target, lost.why), lost.again_at),
            None => self.report_loss(lost.why, lost.again_at),
        }
        self.await_demand(lost.again_at);
        self.begin();
        Ok(())
    }
}

/// Publishes pictures while the camera is wanted, and ends the stream when it is not.
struct Linked<'a> {
    newest: Newest<'a>,
    upstream: &'a Upstream,
    link: &'a Link,
    outages: &'a RefCell<Outages>,
}

impl Receiver for Linked<'_> {
    fn buffer(&self, length: usize) -> Vec<u8> {
        self.newest.buffer(length)
    }

    fn receive(&mut self, picture: Picture, part: &Part<'_>) -> Flow {
        let now = self.upstream.clock.now();
        let wanted = self.link.pictured(now);
        if let Some(line) = self.outages.borrow_mut().back(now) {
            self.upstream.reporter.event(&line);
        }
        match wanted {
            Wanted::Yes => self.newest.receive(picture, part),
            Wanted::No => Flow::Enough,
        }
    }

    fn torn(&self) {
        self.newest.torn();
    }
}
