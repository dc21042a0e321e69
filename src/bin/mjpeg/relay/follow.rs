//! A camera behind a URL: connected while it is wanted.

use std::cell::RefCell;
use std::time::Duration;

use super::follower::Follower;
use super::outages::Outages;
use super::upstream::{Upstream, open_error, spawn, thread_ended};
use crate::channel::{Receiver, SyncSender, sync_channel};
use crate::source::error::Error;
use crate::source::link::Link;
use crate::source::live::Mailbox;
use crate::transport::{
    Camera, CameraError, End, LONG_PAUSE, LearntLimit, Manner, OpenErrorKind, Reconnect, Tries,
};

/// How long a camera may take to answer, and be without a good picture at least before its stream is opened again. A connection
/// that is no longer wanted stays for that time too.
const IDLE: Duration = Duration::from_secs(10);
/// How long it may be without one at most, unless the user waits longer.
const LONGEST_IDLE: Duration = Duration::from_secs(60);
/// The pause after a connection that we have closed: a camera notices that when it sends its next picture.
const CLOSE_PAUSE: Duration = Duration::from_millis(200);
/// How a camera is asked again once the relay has started.
const RECONNECT: Reconnect = Reconnect { tries: Tries::Unlimited, delay: Duration::from_millis(500) };

/// What to do if there is no picture in time.
const LONGER: &str = "--silence T waits longer for the first picture, and --no-probe starts without one";

/// How a relay starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With an attempt that must give a picture in time. If the camera is not wanted, its first picture ends the attempt.
    Probe,
    /// At once: a camera that cannot be reached is one that is lost.
    Blind,
}

/// The start of a relay: whether its camera gives a picture.
#[derive(Debug)]
pub struct Starting(Option<Receiver<Result<(), Error>>>);

impl Starting {
    /// Waits for the first picture of [`Start::Probe`].
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn wait(self) -> Result<(), Error> {
        // After a signal the thread ends without a result.
        self.0.map_or(Ok(()), |first| first.recv().map_err(|_| thread_ended())?)
    }
}

impl Upstream {
    /// Opens the stream in a thread while `link` wants it, and publishes each picture when it arrives. There is never more
    /// than one connection. If the URL answers with one picture, it is asked for the next one. `patience`: how long the first
    /// picture may take, and the later ones at least.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn relay(
        self,
        mailbox: Mailbox,
        link: Link,
        start: Start,
        patience: Duration,
    ) -> Result<Starting, Error> {
        if start == Start::Blind {
            spawn(move || self.follow(&mailbox, &link, None, patience))?;
            return Ok(Starting(None));
        }
        // A session cannot move between threads: its thread opens the stream and reports the result.
        let (found, first) = sync_channel(1);
        spawn(move || self.follow(&mailbox, &link, Some(found), patience))?;
        Ok(Starting(Some(first)))
    }

    /// Runs in the thread. `start` takes the result of the attempt that must give a picture.
    fn follow(
        &self,
        mailbox: &Mailbox,
        link: &Link,
        start: Option<SyncSender<Result<(), Error>>>,
        patience: Duration,
    ) {
        let mut is_probe = start.is_some();
        let limit = LearntLimit::new(patience.max(IDLE), LONGEST_IDLE);
        let manner = Manner {
            idle: patience,
            wait: self.options.wait.filter(|_| is_probe),
            reconnect: if is_probe { Reconnect::NEVER } else { RECONNECT },
            poll: Some(self.options.poll_interval()),
        };
        let mut camera = Camera::new(&self.target, &self.options, manner, &self.clock, &self.stop);
        let outages = RefCell::new(Outages::new(self.target.to_string()));
        let mut follower = Follower::new(self, mailbox, link, &outages, start);
        if !is_probe {
            camera.go_on_with(RECONNECT, IDLE, limit);
            follower.await_demand(Duration::ZERO);
        }
        let mut goes_on = false;
        loop {
            if !std::mem::take(&mut goes_on) {
                follower.begin();
            }
            let ended = camera.run(&mut follower, None);
            let was_probe = std::mem::take(&mut is_probe);
            if let Some(start) = follower.start.take() {
                // After a signal the main thread may no longer wait for this result.
                return drop(start.send(Err(self.without_start(ended))));
            }
            if was_probe {
                camera.go_on_with(RECONNECT, IDLE, limit);
            }
            let (why, pause) = match ended {
                Ok(End::Signal(_)) => return,
                Ok(end @ (End::Enough | End::TimeUp))
                    // A slow camera has a long limit: in between it must be seen that it is not wanted any more.
                    if link.is_wanted() && (was_probe || end == End::TimeUp) =>
                {
                    goes_on = true;
                    continue;
                }
                Ok(End::Enough | End::TimeUp) => {
                    camera.close();
                    (None, CLOSE_PAUSE)
                }
                Ok(end) => self.loss(&end),
                Err(CameraError::Unopened(error)) => {
                    (Some(error.to_string()), error.least_pause().max(LONG_PAUSE))
                }
                Err(CameraError::Problem(problem)) => (Some(problem.to_string()), LONG_PAUSE),
            };
            let again_at = self.clock.now() + pause;
            if let Some(why) = why {
                follower.report_loss(&why, again_at);
            }
            follower.await_demand(again_at);
        }
    }

    /// Why the first attempt gave no picture.
    fn without_start(&self, ended: Result<End, CameraError>) -> Error {
        let end = match ended {
            Err(CameraError::Unopened(error)) if error.kind == OpenErrorKind::Silent => {
                return open_error(error.hint(LONGER));
            }
            Err(CameraError::Unopened(error)) => return open_error(error),
            Err(CameraError::Problem(problem)) => return problem.into(),
            Ok(end) => end,
        };
        let hint = match &end {
            End::NotAStream(foreign) => foreign.hint(),
            End::Stalled | End::Rejected(_) => Some(LONGER),
            _ => Some("--no-probe starts without a picture"),
        };
        let error = self.without_picture(&end);
        match hint {
            Some(hint) => Error { problem: error.problem.hint(hint), ..error },
            None => error,
        }
    }

    /// Why the camera is lost after this end, and how long it is not asked.
    fn loss(&self, end: &End) -> (Option<String>, Duration) {
        let named = || format!("{}: {end}", self.target);
        match end {
            // These words name the camera.
            End::Gone { why, kind, .. } => (Some(why.clone()), kind.least_pause().max(LONG_PAUSE)),
            End::NotAStream(_) => (Some(named()), LONG_PAUSE),
            _ => (Some(named()), RECONNECT.delay),
        }
    }
}
