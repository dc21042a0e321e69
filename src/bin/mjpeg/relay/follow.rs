//! A camera behind a URL: connected while it is wanted.

use std::cell::RefCell;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use super::follower::Follower;
use super::outages::Outages;
use super::upstream::{Upstream, open_error, spawn, thread_ended};
use crate::source::error::Error;
use crate::source::link::Link;
use crate::source::live::Mailbox;
use crate::transport::{Camera, CameraError, End, Manner, OpenErrorKind, Reconnect, Tries};

/// How long a camera may be without a good picture before its stream is opened again.
const IDLE: Duration = Duration::from_secs(10);
/// The pause after a connection that we have closed: a camera notices that when it sends its next picture.
const CLOSE_PAUSE: Duration = Duration::from_millis(200);
/// How a camera is asked again once the relay has started.
const RECONNECT: Reconnect = Reconnect { tries: Tries::Unlimited, delay: Duration::from_millis(500) };
/// The pause after an answer that is not a matter of time, such as 404.
const LONG_PAUSE: Duration = Duration::from_secs(30);
/// The pause after a refused password: many cameras lock the account after some of them.
const PASSWORD_PAUSE: Duration = Duration::from_secs(300);

/// How a relay starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With an attempt that must give a picture. If the camera is not wanted, its first picture ends the attempt.
    Probe,
    /// At once: a camera that cannot be reached is one that is lost.
    Blind,
}

impl Upstream {
    /// Opens the stream in a thread while `link` wants it, and publishes each picture when it arrives. There is never more
    /// than one connection. If the URL answers with one picture, it is asked for the next one.
    ///
    /// # Errors
    ///
    /// When the attempt of [`Start::Probe`] opens no stream.
    pub fn relay(self, mailbox: Mailbox, link: Link, start: Start) -> Result<(), Error> {
        if start == Start::Blind {
            return spawn(move || self.follow(&mailbox, &link, None));
        }
        // A session cannot move between threads: its thread opens the stream and reports the result.
        let (opened, open_result) = sync_channel(1);
        spawn(move || self.follow(&mailbox, &link, Some(opened)))?;
        open_result.recv().map_err(|_| thread_ended())?
    }

    /// Runs in the thread. `start` takes the result of opening the stream of the attempt that must give a picture.
    fn follow(&self, mailbox: &Mailbox, link: &Link, start: Option<SyncSender<Result<(), Error>>>) {
        let mut is_probe = start.is_some();
        let (reconnect, wait) =
            if is_probe { (Reconnect::NEVER, self.options.wait) } else { (RECONNECT, None) };
        let manner = Manner { idle: IDLE, wait, reconnect, poll: Some(self.options.poll_interval()) };
        let mut camera = Camera::new(&self.target, &self.options, manner, &self.clock, &self.stop);
        let outages = RefCell::new(Outages::new(self.target.to_string()));
        let mut follower = Follower::new(self, mailbox, link, &outages, start);
        if !is_probe {
            follower.await_demand(Duration::ZERO);
        }
        loop {
            follower.begin();
            let (why, pause) = match camera.run(&mut follower, None) {
                Ok(End::Signal(_)) => return,
                Ok(End::Enough | End::TimeUp) => {
                    camera.close();
                    (None, CLOSE_PAUSE)
                }
                Ok(end) if is_probe && follower.pictures() == 0 => {
                    let mut error = self.without_picture(&end);
                    let hint = match &end {
                        End::NotAStream(foreign) => foreign.hint(),
                        _ => Some("--no-probe starts without a picture"),
                    };
                    if let Some(hint) = hint {
                        error.problem = error.problem.hint(hint);
                    }
                    return mailbox.fail(error);
                }
                Ok(end) => self.loss(&end),
                Err(CameraError::Unopened(error)) => match follower.start.take() {
                    // After a signal the main thread may no longer wait for this result.
                    Some(start) => return drop(start.send(Err(open_error(error)))),
                    None => {
                        let asked = error.retry_after.unwrap_or_default();
                        let least = pause_after(error.kind);
                        (Some(error.to_string()), asked.clamp(least, PASSWORD_PAUSE))
                    }
                },
                Err(CameraError::Problem(problem)) => (Some(problem.to_string()), LONG_PAUSE),
            };
            if std::mem::take(&mut is_probe) {
                camera.set_reconnect(RECONNECT);
            }
            let again_at = self.clock.now() + pause;
            if let Some(why) = why {
                follower.report_loss(&why, again_at);
            }
            follower.await_demand(again_at);
        }
    }

    /// Why the camera is lost after this end, and how long it is not asked.
    fn loss(&self, end: &End) -> (Option<String>, Duration) {
        let named = || format!("{}: {end}", self.target);
        match end {
            // These words name the camera.
            End::Gone { why, kind, .. } => (Some(why.clone()), pause_after(*kind)),
            End::NotAStream(_) => (Some(named()), LONG_PAUSE),
            _ => (Some(named()), RECONNECT.delay),
        }
    }
}

/// The pause after an obstacle of this kind that is not a matter of time.
fn pause_after(kind: OpenErrorKind) -> Duration {
    if kind == OpenErrorKind::Status(401) { PASSWORD_PAUSE } else { LONG_PAUSE }
}
