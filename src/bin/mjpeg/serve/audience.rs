//! The audience of one stream: the connections that wait for its frames.

use super::report::Totals;
use super::sending::Count;
use super::viewer::Viewer;

/// The viewers of one stream, and the requests for snapshots that wait for its next frame. Connections are named by
/// their numbers.
#[derive(Debug, Default)]
pub struct Audience {
    /// The connections that are viewers.
    pub viewers: Vec<usize>,
    /// The connections that wait for a snapshot.
    pub snapshots: Vec<usize>,
    /// Counters over all viewers; of current viewers only their number.
    pub totals: Totals,
}

impl Audience {
    /// Adds a viewer.
    pub fn join(&mut self, number: usize) {
        self.viewers.push(number);
        self.totals.viewers += 1;
    }

    /// Removes a viewer and keeps its counters.
    pub fn leave(&mut self, number: usize, viewer: &Viewer) {
        self.viewers.retain(|other| *other != number);
        add(&mut self.totals, viewer.count);
    }
}

/// Adds the counters of a viewer to the totals.
pub fn add(totals: &mut Totals, count: Count) {
    totals.frames_sent += count.sent;
    totals.frames_skipped += count.skipped;
    totals.bytes_sent += count.bytes;
}
