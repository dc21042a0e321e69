//! What the manifest says of a reconnection, at the first part behind it.

use std::time::Duration;

use mjpeg::check::Gap;

use super::line::Line;
use crate::gap;
use crate::output;

/// A reconnection whose first part is not in the manifest yet.
#[derive(Debug, Clone)]
pub struct Reconnection {
    /// Its number, from 1.
    number: u64,
    /// How the stream before it ended.
    lost: Option<&'static str>,
    /// The stall that ended it.
    stall: Option<Gap>,
    /// Whether the first part behind it has come.
    is_over: bool,
    /// Between the last part before it and that part; `None` if there was none before.
    gap: Option<Duration>,
}

impl Reconnection {
    /// The reconnection with this number; `lost` says how the stream before it ended, by a `stall` perhaps.
    pub fn new(number: u64, lost: Option<&'static str>, stall: Option<Gap>) -> Self {
        Self { number, lost, stall, is_over: false, gap: None }
    }

    /// A part came at `arrival`, and the one before it at `last`. Only the first one counts.
    pub fn part(&mut self, arrival: Option<Duration>, last: Option<Duration>) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.gap = arrival.zip(last).map(|(arrival, last)| arrival.saturating_sub(last));
        }
    }

    /// Writes it into the line of the first part behind it.
    pub fn note(self, line: &mut Line) {
        line.reconnect = Some(self.number);
        line.gap_ms = self.gap.map(output::ms);
        line.lost = self.lost;
        line.stall = self.stall.as_ref().map(gap::Gap::from);
    }
}
