//! A camera that may come and go: its streams, one after the other, as one stream to the observer.

mod opening;

use std::time::Duration;

use super::attempts::Attempts;
use super::connection::{Lost, Reason};
use super::end::End;
use super::idle_limit::IdleLimit;
use super::learnt_limit::LearntLimit;
use super::observer::Observer;
use super::open::{Opener, Source};
use super::open_error::OpenError;
use super::options::Options;
use super::origin::Origin;
use super::pause::pause;
use super::reconnect::{Reconnect, Tries};
use super::session::Session;
use super::target::Target;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;

/// How a camera is treated.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// The longest time without a good frame, and the longest wait for an answer.
    pub idle: Duration,
    /// How long to try until the first answer (`--wait`).
    pub wait: Option<Duration>,
    /// Whether a stream that ended is opened again.
    pub reconnect: Reconnect,
    /// From one request to the next, if the URL answers with one picture; `None`: one is enough.
    pub poll: Option<Duration>,
}

/// Why a camera cannot be read.
#[derive(Debug)]
pub enum CameraError {
    /// There never was a stream.
    Unopened(OpenError),
    /// A problem of our side.
    Problem(Problem),
}

impl From<Problem> for CameraError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// A camera, or another target. It has one connection at most.
pub struct Camera {
    opener: Box<dyn Opener>,
    manner: Manner,
    clock: Clock,
    stop: Stop,
    state: State,
    attempts: Attempts,
    /// The idle limit of its streams, if it is learnt from them.
    learnt: Option<LearntLimit>,
    /// Streams opened so far.
    opened: u64,
    /// What the streams so far have shown.
    origin: Origin,
    /// How the last stream ended.
    last_end: Option<End>,
    /// Why the last try to open a stream failed.
    error: Option<OpenError>,
}

enum State {
    Open(Box<Session>),
    Due(Due),
}

/// The next try.
struct Due {
    /// When, by the clock.
    at: Duration,
    reason: Reason,
    /// The idle limit, if it goes on.
    idle: Option<IdleLimit>,
}

impl Camera {
    /// A camera that is asked by [`Camera::run`].
    pub fn new(target: &Target, options: &Options, manner: Manner, clock: &Clock, stop: &Stop) -> Self {
        Self::with_opener(Box::new(Source::new(target, options, clock, stop)), manner, clock, stop)
    }

    fn with_opener(mut opener: Box<dyn Opener>, manner: Manner, clock: &Clock, stop: &Stop) -> Self {
        let now = clock.now();
        if manner.reconnect.tries != Tries::AtMost(0) {
            opener.try_again();
        }
        Self {
            opener,
            manner,
            clock: clock.clone(),
            stop: stop.clone(),
            state: State::Due(Due { at: now, reason: Reason::First, idle: None }),
            attempts: Attempts::new(manner.reconnect, manner.wait.map(|wait| now + wait)),
            learnt: None,
            opened: 0,
            origin: Origin::default(),
            last_end: None,
            error: None,
        }
    }

    /// Reads until the observer has enough, `deadline` of the clock comes, a signal arrives, or the camera has failed as
    /// often as it may. After [`End::TimeUp`] and [`End::Enough`] it goes on where it was if it is called again. The deadline
    /// bounds each wait for an answer too.
    ///
    /// # Errors
    ///
    /// Why there never was a stream; what the observer cannot go on with.
    pub fn run(
        &mut self,
        observer: &mut dyn Observer,
        deadline: Option<Duration>,
    ) -> Result<End, CameraError> {
        loop {
            let ended = match &mut self.state {
                State::Due(due) => {
                    let at = due.at;
                    match self.passed(at, deadline) {
                        Some(end) => return Ok(end),
                        None => self.open(observer, deadline)?,
                    }
                }
                State::Open(session) => {
                    let look_at = self.learnt.map(|_| self.clock.now() + self.manner.idle);
                    match session.run(observer, deadline.into_iter().chain(look_at).min())? {
                        end @ (End::Enough | End::TimeUp | End::Signal(_)) => return Ok(end),
                        end => self.ended(end, observer)?,
                    }
                }
            };
            if let Some(end) = ended {
                return Ok(end);
            }
        }
    }

    /// Ends the connection, if there is one; a stream that had good frames was a success. The next call of [`Camera::run`] opens
    /// another one at once.
    pub fn close(&mut self) {
        if let State::Open(session) = &self.state {
            self.attempts.left(session.shown());
        }
        self.disconnect();
    }

    /// Ends the connection, however good its stream was.
    fn disconnect(&mut self) {
        self.leave();
        self.opener.close();
    }

    /// Leaves the stream, if there is one.
    fn leave(&mut self) {
        if let State::Open(session) = &self.state {
            self.origin = session.next_origin();
            self.state = State::Due(Due { at: self.clock.now(), reason: Reason::Again, idle: None });
        }
    }

    /// From now on, a stream that ended is opened again like this, an answer must come within `idle`, and a stream without a good
    /// frame for the time of `limit` ends; also the one that is open. However long that is, [`Camera::run`] returns [`End::TimeUp`]
    /// once in `idle` while a stream is open: the caller looks whether it is still wanted.
    pub fn go_on_with(&mut self, reconnect: Reconnect, idle: Duration, limit: LearntLimit) {
        self.attempts.set_reconnect(reconnect);
        self.manner.idle = idle;
        self.learnt = Some(limit);
        if let State::Open(session) = &mut self.state {
            session.set_idle(limit.limit());
        }
    }

    /// Why there is no stream yet, if one was asked for.
    pub fn unopened(&mut self) -> Option<OpenError> {
        self.error.take().filter(|_| self.opened == 0)
    }

    /// Waits until `at` of the clock. The end of the run, if that comes first.
    fn passed(&self, at: Duration, deadline: Option<Duration>) -> Option<End> {
        // What this machine has is opened in any case: its session decides when the time is up.
        let deadline = deadline.filter(|_| self.opened > 0 || !self.opener.is_local());
        pause(deadline.map_or(at, |deadline| deadline.min(at)), &self.clock, &self.stop);
        if let Some(signal) = self.stop.signal() {
            return Some(End::Signal(signal));
        }
        deadline.is_some_and(|deadline| self.clock.now() >= deadline).then_some(End::TimeUp)
    }

    /// A stream ended.
    fn ended(&mut self, end: End, observer: &mut dyn Observer) -> Result<Option<End>, CameraError> {
        let now = self.clock.now();
        let State::Open(session) = &self.state else { return Ok(Some(end)) };
        let (shown, started, idle) = (session.shown(), session.started(), session.idle().clone());
        let limit = idle.limit();
        // A picture may be cut although its response is not.
        let is_whole = end == End::Closed || end == End::Truncated && session.is_over();
        let poll = self.manner.poll.filter(|_| is_whole && session.is_snapshot());
        // The old connection is closed before the next one is made, or used again.
        if poll.is_some() {
            session.keep_connection();
            self.opener.keep_connections();
            self.leave();
        } else {
            self.disconnect();
        }
        self.attempts.ended(&end, shown, started);
        if let Some(learnt) = &mut self.learnt {
            learnt.ended(&end, shown.good, idle.longest());
        }
        let mut end = end;
        if let Some(interval) = poll {
            // Two damaged pictures in a row are not the end of a camera that is rarely asked.
            let idle = idle.with_limit(self.manner.idle.saturating_add(interval * 2));
            let at = started.saturating_add(interval).max(now);
            if at < idle.end() {
                self.last_end = Some(End::Closed);
                self.state = State::Due(Due { at, reason: Reason::Poll, idle: Some(idle) });
                return Ok(None);
            }
            end = End::Rejected(idle.rejected());
        }
        let again_at = self.attempts.after(&end, now);
        let Some(at) = again_at else { return Ok(Some(end)) };
        observer.lost(&Lost { end: Some(&end), kind: None, why: &end.within(limit), again_at: at })?;
        self.last_end = Some(end);
        self.state = State::Due(Due { at, reason: Reason::Again, idle: None });
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
