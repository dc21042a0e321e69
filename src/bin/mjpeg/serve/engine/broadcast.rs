//! Sending: from a new part of a stream to the sockets of its viewers.

use std::io;
use std::time::Duration;

use super::super::connection::{Stage, send};
use super::super::deadlines::Timed;
use super::super::hub::Update;
use super::super::viewer::Push;
use super::event_loop::Engine;

impl Engine {
    /// Publishes the next frame of a stream if it is due or has arrived.
    pub(super) fn poll_stream(&mut self, stream: usize, now: Duration) {
        let watched = self.connections.is_watched(stream);
        let Some(polled) = self.streams.get_mut(stream) else { return };
        let update = polled.poll(now, watched);
        self.publish(stream, update, now);
    }

    /// Sends a new part of a stream to its viewers, and sets the next deadline of the stream.
    pub(super) fn publish(&mut self, stream: usize, update: Update, now: Duration) {
        if update != Update::None {
            if update != Update::Part {
                self.end_with_streams();
            }
            self.broadcast(stream, update, now);
            self.answer_snapshots(stream, now);
        }
        let Some(published) = self.streams.get_mut(stream) else { return };
        if update != Update::None {
            published.hub.prepare();
        }
        let due = published.hub.due();
        if let Some(at) = due
            && published.deadline != due
        {
            published.deadline = due;
            self.deadlines.push(at, Timed::Stream(stream));
        }
    }

    /// Ends the run after the last stream.
    #[inline(never)]
    fn end_with_streams(&mut self) {
        if self.shutdown_at.is_none() && self.streams.iter().all(|stream| stream.hub.is_closed()) {
            // No deadline: the send timeout closes viewers that accept nothing.
            self.begin_shutdown(Duration::MAX);
        }
    }

    fn broadcast(&mut self, stream: usize, update: Update, now: Duration) {
        let Self { streams, connections, pushes, .. } = self;
        let Some(hub) = streams.get(stream).map(|stream| &stream.hub) else { return };
        connections.for_each_viewer(stream, |number, connection| {
            let Stage::Stream { viewer, .. } = &mut connection.stage else { return };
            let newest = hub.newest(viewer.recipe());
            if let Some(newest) = newest {
                viewer.offer(newest);
            } else if update == Update::End {
                // The stream ended before its first frame.
                return pushes.push((number, Ok(Push::Done)));
            }
            match viewer.push(newest, now, |slices| send(&connection.socket, slices)) {
                Ok(Push::Idle | Push::Blocked) => {}
                sent => pushes.push((number, sent)),
            }
        });
        if !self.pushes.is_empty() {
            self.after_pushes(now);
        }
    }

    /// Handles the results of sending that need more than to wait for the next part.
    #[inline(never)]
    fn after_pushes(&mut self, now: Duration) {
        for (number, sent) in std::mem::take(&mut self.pushes) {
            self.after_push(number, &sent, now);
        }
    }

    /// Acts on what a viewer has sent. Returns whether its connection must be read now, because the stream was sent to
    /// its end.
    pub(super) fn after_push(&mut self, number: usize, sent: &io::Result<Push>, now: Duration) -> bool {
        match sent {
            Ok(Push::Idle | Push::Blocked) => return false,
            Ok(Push::Waits) => {
                let wakes_at = self.connections.get_mut(number).and_then(|connection| connection.wakes_at());
                if let Some(at) = wakes_at {
                    self.deadlines.push(at, Timed::Connection(number));
                }
                return false;
            }
            Ok(Push::Refused) => {
                self.refuse_viewer(number, now);
                return true;
            }
            Ok(Push::Done) => {
                self.finish_viewer(number, now);
                return true;
            }
            Ok(Push::Reset) => self.reset(number),
            Err(_) => self.close(number),
        }
        false
    }
}
