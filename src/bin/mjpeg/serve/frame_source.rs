//! What the hub requires of a source of frames.

use std::fmt::Debug;
use std::time::Duration;

use crate::source::error::Error;
use crate::source::picture::Picture;
use crate::value::Rate;

/// A picture and when it was taken.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The picture.
    pub picture: Picture,
    /// When it was taken or is due, since 1970-01-01 UTC.
    pub taken: Duration,
}

/// What a source knows about the frame after the one that it returns.
#[derive(Debug)]
pub enum Upcoming {
    /// It is this frame.
    Known(Frame),
    /// It will come, but is not known yet.
    Unknown,
    /// There may be none.
    Unsure,
    /// There is none.
    Never,
}

/// The result of [`FrameSource::poll`].
#[derive(Debug)]
pub enum Polled {
    /// A frame to publish now.
    Frame(Frame, Upcoming),
    /// The newest frame is to be sent again: the source was silent for too long.
    Again,
    /// The source has ended. It returns no further frame.
    Over,
    /// Nothing to do now.
    Pending,
}

/// Whether frames are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// There is a viewer, or a snapshot was requested since the last frame.
    Some,
    /// There is none.
    None,
}

/// The state and the counters of a source.
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// Who decides when a frame is shown.
    pub pace: Pace,
    /// Frames not sent because they contain the boundary.
    pub uncarried: u64,
    /// Incomplete frames.
    pub torn: u64,
    /// Frames replaced by a newer one before they were published.
    pub unseen: u64,
}

/// Who decides when a frame is shown.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Our schedule, at this rate. It may be paused.
    Scheduled {
        /// Frames per second.
        rate: Rate,
        /// Whether the schedule is running.
        running: bool,
    },
    /// The source: a frame is shown when it arrives.
    Live {
        /// The most frames per second, if there is a limit.
        highest: Option<Rate>,
        /// Whether frames are to come: a camera that no viewer wants is not connected.
        running: bool,
    },
}

impl Pace {
    /// The configured frames per second: the rate of the schedule, or the most of a live source, if it has a limit.
    pub fn rate(self) -> Option<Rate> {
        match self {
            Self::Scheduled { rate, .. } => Some(rate),
            Self::Live { highest, .. } => highest,
        }
    }
}

/// A source of frames. No function of it waits or does I/O; a source that produces frames in a thread wakes the loop.
pub trait FrameSource: Debug {
    /// Starts the source if it is paused: there is demand now. Returns whether it was paused.
    fn start(&mut self, now: Duration) -> bool;

    /// When [`FrameSource::poll`] must be called next, besides after a wake-up.
    fn due(&self) -> Option<Duration>;

    /// Returns the next frame if it is due or has arrived. A source may pause if there is no demand.
    fn poll(&mut self, now: Duration, demand: Demand) -> Polled;

    /// Fetches frames ahead. Call it after the newest frame has been sent.
    fn prepare(&mut self) {}

    /// Ends the source. Returns the frame that the last [`Upcoming::Known`] announced.
    fn finish(&mut self, now: Duration) -> Option<Frame>;

    /// The next frame, which is not published yet.
    fn peek(&self) -> Option<Frame>;

    /// Whether the source was started and its first frame since then has not come yet.
    fn is_starting(&self) -> bool;

    /// Takes a picture back that is no longer used, for its buffer.
    fn give_back(&mut self, picture: Picture);

    /// The state and the counters.
    fn stats(&self) -> Stats;

    /// Why the source never produced a frame, if it reported a reason.
    fn take_error(&mut self) -> Option<Error>;
}
