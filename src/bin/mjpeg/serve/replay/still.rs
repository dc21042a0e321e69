//! What the hub of a replay knows: the first picture, for snapshots. It publishes no frame.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use super::super::frame_source::{Demand, Frame, FrameSource, Pace, Polled, Stats};
use super::scan::Scan;
use crate::source::error::{Error, Kind};
use crate::source::picture::Picture;
use crate::value::Rate;

/// The source of frames of a replay.
#[derive(Debug)]
pub struct Still {
    scan: Arc<Scan>,
    /// When the capture began, since 1970-01-01 UTC.
    started: Duration,
}

impl Still {
    /// The first picture of what is scanned.
    pub fn new(scan: &Arc<Scan>, started: Duration) -> Self {
        Self { scan: Arc::clone(scan), started }
    }
}

impl FrameSource for Still {
    fn start(&mut self, _: Duration) -> bool {
        false
    }

    fn due(&self) -> Option<Duration> {
        None
    }

    fn poll(&mut self, _: Duration, _: Demand) -> Polled {
        Polled::Pending
    }

    fn finish(&mut self, _: Duration) -> Option<Frame> {
        None
    }

    fn peek(&self) -> Option<Frame> {
        Some(Frame { picture: self.scan.picture()?, taken: self.started })
    }

    fn is_starting(&self) -> bool {
        false
    }

    fn give_back(&mut self, _: Picture) {}

    fn stats(&self) -> Stats {
        // A schedule that is paused is healthy.
        let pace = Pace::Scheduled { rate: Rate::default(), running: false };
        Stats { pace, uncarried: 0, torn: 0, unseen: 0 }
    }

    fn take_error(&mut self) -> Option<Error> {
        self.scan.failure().map(|cause| Error::new(Kind::Local, anyhow!("{cause}")))
    }
}
