//! What takes the events of a stream, and decides whether it goes on.

use std::time::Duration;

use mjpeg::check::Silence;
use mjpeg::multipart;

use super::connection::{Lost, Opened};
use super::tap::Tap;
use crate::problem::Problem;

/// Whether the observer wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    More,
    /// Go on, but this part is not what the observer waits for, such as an empty part or a damaged
    /// picture: the idle limit continues to run.
    Rejected,
    /// It has what it wanted.
    Enough,
}

/// Takes the events of a stream.
pub trait Observer {
    /// One event of the multipart body. `arrival`: when its last byte came, since the first byte of the
    /// body.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn event(&mut self, event: &multipart::Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem>;

    /// The first byte of the body has come, at this time since 1970-01-01 UTC. Only a live stream has one. This call comes
    /// before all events, and again with each stream of a camera.
    fn began(&mut self, _unix: Duration) {}

    /// One read, before the events of its bytes: at time `at` since the first byte of the body, the first
    /// `reached` bytes of the body had come.
    fn received(&mut self, _reached: u64, _at: Duration) {}

    /// A time without a byte, or a late read, before the call for the read that ended it; or the silence at the end of a stream.
    /// Its times count from the first byte of the body.
    fn silence(&mut self, _: &Silence) {}

    /// All events of the bytes so far have been given. Every deviation of the first `parts` parts is
    /// known.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn settled(&mut self, _parts: u64) -> Result<(), Problem> {
        Ok(())
    }

    /// A camera has a stream: the first one, or another one. Events of all its streams are numbered on, and their times
    /// count from the first byte of the first body. A tap that is returned sees the bytes of this response.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn opened(&mut self, _: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        Ok(None)
    }

    /// A camera has no stream at the moment, and is asked again.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn lost(&mut self, _: &Lost<'_>) -> Result<(), Problem> {
        Ok(())
    }
}
