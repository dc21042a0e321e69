//! All connections of the server, and which of them watch which stream.

use std::time::Duration;

use slab::Slab;

use super::audience::{Audience, add};
use super::connection::{Connection, Stage};
use super::memory_limit;
use super::part::Part;
use super::report::Totals;
use super::viewer::Viewer;

/// Owns all connections. A connection keeps its number until it is closed; then the number is used again.
#[derive(Debug)]
pub struct Connections {
    slab: Slab<Connection>,
    /// One for each stream.
    audiences: Vec<Audience>,
    viewers: usize,
}

impl Connections {
    /// No connections, for this many streams.
    pub fn new(streams: usize) -> Self {
        let audiences = (0..streams).map(|_| Audience::default()).collect();
        Self { slab: Slab::new(), audiences, viewers: 0 }
    }

    /// The number that the next connection gets.
    pub fn next_number(&self) -> usize {
        self.slab.vacant_key()
    }

    /// Adds a connection.
    pub fn insert(&mut self, connection: Connection) {
        self.slab.insert(connection);
    }

    /// The connection with this number.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut Connection> {
        self.slab.get_mut(number)
    }

    /// All connections with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Connection)> {
        self.slab.iter()
    }

    /// The numbers of the connections for which `select` returns true.
    pub fn select(&self, select: impl Fn(&Connection) -> bool) -> Vec<usize> {
        self.iter().filter(|(_, connection)| select(connection)).map(|(number, _)| number).collect()
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether there are no connections.
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// How many viewers all streams have.
    pub fn viewers(&self) -> usize {
        self.viewers
    }

    /// How many viewers a stream has.
    pub fn watching(&self, stream: usize) -> usize {
        self.audiences.get(stream).map_or(0, |audience| audience.viewers.len())
    }

    /// The viewers of a stream and their connections.
    pub fn viewers_of(&self, stream: usize) -> impl Iterator<Item = (&Connection, &Viewer)> {
        let numbers =
            self.audiences.get(stream).map(|audience| audience.viewers.iter()).into_iter().flatten();
        numbers.filter_map(|number| {
            let connection = self.slab.get(*number)?;
            match &connection.stage {
                Stage::Stream { viewer, .. } => Some((connection, &**viewer)),
                _ => None,
            }
        })
    }

    /// Whether a stream has a viewer.
    pub fn is_watched(&self, stream: usize) -> bool {
        self.audiences.get(stream).is_some_and(|audience| !audience.viewers.is_empty())
    }

    /// Turns a connection into a viewer of a stream.
    pub fn start_stream(&mut self, number: usize, stream: usize, viewer: Viewer) {
        let (Some(connection), Some(audience)) = (self.slab.get_mut(number), self.audiences.get_mut(stream))
        else {
            return;
        };
        connection.stage = Stage::Stream { viewer: Box::new(viewer), stream };
        audience.join(number);
        self.viewers += 1;
    }

    /// Calls `send` for each viewer of a stream.
    pub fn for_each_viewer(&mut self, stream: usize, mut send: impl FnMut(usize, &mut Connection)) {
        let Some(audience) = self.audiences.get(stream) else { return };
        for &number in &audience.viewers {
            if let Some(connection) = self.slab.get_mut(number) {
                send(number, connection);
            }
        }
    }

    /// Lets a connection wait for a snapshot of a stream.
    pub fn await_snapshot(&mut self, number: usize, stream: usize) {
        if let Some(audience) = self.audiences.get_mut(stream) {
            audience.snapshots.push(number);
        }
    }

    /// Whether connections wait for a snapshot of a stream.
    pub fn has_snapshots(&self, stream: usize) -> bool {
        self.audiences.get(stream).is_some_and(|audience| !audience.snapshots.is_empty())
    }

    /// Records that a connection no longer waits for a snapshot, if it did: it is answered or closed.
    pub fn end_snapshot(&mut self, number: usize) {
        let Some(Stage::Snapshot { stream, .. }) = self.slab.get(number).map(|it| &it.stage) else { return };
        if let Some(audience) = self.audiences.get_mut(*stream) {
            audience.snapshots.retain(|other| *other != number);
        }
    }

    /// The connections that wait for a snapshot of a stream. They are not listed again.
    pub fn take_snapshots(&mut self, stream: usize) -> Vec<usize> {
        self.audiences
            .get_mut(stream)
            .map(|audience| std::mem::take(&mut audience.snapshots))
            .unwrap_or_default()
    }

    /// Closes our side of a viewer that received everything.
    pub fn finish_viewer(&mut self, number: usize, now: Duration) {
        self.end_stream(number);
        if let Some(connection) = self.slab.get_mut(number) {
            connection.drain(now);
        }
    }

    /// Closes a connection. Returns whether it existed.
    pub fn close(&mut self, number: usize) -> bool {
        self.end_stream(number);
        self.end_snapshot(number);
        self.slab.try_remove(number).is_some()
    }

    /// The connections to close because all together keep too much memory in use. The pictures of `newest`, the
    /// newest parts of all streams, do not count.
    pub fn over_memory(&self, newest: &[&Part], now: Duration) -> Vec<usize> {
        memory_limit::to_close(&self.slab, newest, now, memory_limit::LIMIT)
    }

    /// Counts a viewer that is about to be closed because of a limit.
    pub fn count_evicted(&mut self, number: usize) {
        let stream = match self.slab.get(number).map(|connection| &connection.stage) {
            Some(Stage::Stream { stream, .. }) => *stream,
            _ => 0,
        };
        if let Some(audience) = self.audiences.get_mut(stream) {
            audience.totals.evicted += 1;
        }
    }

    /// Counts a viewer of a stream, or a connection, that was refused.
    pub fn count_refused(&mut self, stream: usize) {
        if let Some(audience) = self.audiences.get_mut(stream) {
            audience.totals.refused += 1;
        }
    }

    /// The counters over all viewers of a stream.
    pub fn totals(&self, stream: usize) -> Totals {
        let Some(audience) = self.audiences.get(stream) else { return Totals::default() };
        let mut totals = audience.totals;
        for number in &audience.viewers {
            if let Some(Stage::Stream { viewer, .. }) = self.slab.get(*number).map(|it| &it.stage) {
                add(&mut totals, viewer.count);
            }
        }
        totals
    }

    /// Records that a connection no longer watches its stream.
    pub fn end_stream(&mut self, number: usize) {
        let Some(Connection { stage: Stage::Stream { viewer, stream }, .. }) = self.slab.get(number) else {
            return;
        };
        if let Some(audience) = self.audiences.get_mut(*stream) {
            audience.leave(number, viewer);
        }
        self.viewers -= 1;
    }
}
