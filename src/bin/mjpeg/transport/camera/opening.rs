//! How the next stream of a camera is opened.

use std::time::Duration;

use mjpeg::http::ContentType;

use super::{Camera, CameraError, Due, State};
use crate::transport::connection::{Lost, Opened, Reason};
use crate::transport::end::End;
use crate::transport::learnt_limit::LearntLimit;
use crate::transport::observer::Observer;
use crate::transport::open_error::OpenError;
use crate::transport::recorded::Recorded;
use crate::transport::session::Session;

impl Camera {
    /// Opens the stream that is due.
    pub(super) fn open(
        &mut self,
        observer: &mut dyn Observer,
        deadline: Option<Duration>,
    ) -> Result<Option<End>, CameraError> {
        let asked_at = self.clock.now();
        let left = deadline.map(|deadline| deadline.saturating_sub(asked_at));
        let patience = left.unwrap_or(self.manner.idle).min(self.manner.idle);
        let stream = match self.opener.open(patience) {
            Ok(stream) => stream,
            Err(error) => {
                if let Some(signal) = self.stop.signal() {
                    return Ok(Some(End::Signal(signal)));
                }
                if self.opened > 0 && deadline.is_some_and(|deadline| self.clock.now() >= deadline) {
                    return Ok(Some(End::TimeUp));
                }
                return self.refused(error, observer);
            }
        };
        let (reason, idle) = match &mut self.state {
            // If the pause was longer than planned, this process was stopped.
            State::Due(due) => {
                let late = asked_at.saturating_sub(due.at);
                (due.reason, due.idle.take().map(|idle| idle.extended(late)))
            }
            State::Open(_) => (Reason::Again, None),
        };
        self.attempts.opened();
        self.error = None;
        self.opened += 1;
        let content_type = stream.head().and_then(|head| head.fields().first("content-type"));
        let is_image = content_type.is_some_and(|value| ContentType::parse(value).is_image());
        let tap = observer.opened(&Opened {
            reason,
            head: stream.head().cloned(),
            head_start: stream.head_start(),
            body_start: stream.reader.body_start(),
            is_in_chunks: stream.reader.is_in_chunks(),
            offset: self.origin.bytes,
            recorded: stream.recorded().and_then(Recorded::start),
            is_live: stream.is_live(),
            is_polled: self.manner.poll.is_some() && (reason == Reason::Poll || is_image),
            secrets: stream.secrets().clone(),
            pulse: stream.pulse(),
        })?;
        let mut session = match idle {
            Some(idle) => Session::behind(self.origin, stream, &self.clock, idle, asked_at),
            None => {
                let idle = self.learnt.map_or(self.manner.idle, LearntLimit::limit);
                Session::first(self.origin, stream, &self.clock, idle, asked_at)
            }
        };
        match tap {
            Some(tap) => session.set_tap(tap)?,
            None => session.forget_early(),
        }
        self.state = State::Open(Box::new(session));
        Ok(None)
    }

    /// A try to open a stream failed.
    fn refused(&mut self, error: OpenError, observer: &mut dyn Observer) -> Result<Option<End>, CameraError> {
        let now = self.clock.now();
        let again_at = self.attempts.refused(&error, now);
        let Some(at) = again_at else {
            return match self.last_end.take() {
                None => Err(CameraError::Unopened(error)),
                Some(last) => {
                    Ok(Some(End::Gone { last: Box::new(last), kind: error.kind, why: error.to_string() }))
                }
            };
        };
        let (why, kind) = (error.to_string(), Some(error.kind));
        self.error = Some(error);
        observer.lost(&Lost { end: None, kind, why: &why, again_at: at })?;
        let reason = if self.opened == 0 { Reason::First } else { Reason::Again };
        self.state = State::Due(Due { at, reason, idle: None });
        Ok(None)
    }
}
