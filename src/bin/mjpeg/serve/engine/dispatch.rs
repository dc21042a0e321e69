//! Dispatch: starts the answer to a request.

use std::time::Duration;

use socket2::Socket;

use super::super::connection::{SharedBody, Stage};
use super::super::hub::Update;
use super::super::page;
use super::super::part::Layout;
use super::super::report::{State, ViewerState};
use super::super::responder::Reply;
use super::super::viewer::Viewer;
use super::super::viewer_log::Reason;
use super::departure::add;
use super::event_loop::Engine;
use super::settings::Settings;
use crate::listen::answer::Body;
use crate::listen::head::HeadStatus;

impl Engine {
    /// Starts the answer to a request.
    pub(super) fn dispatch(&mut self, number: usize, status: &HeadStatus, now: Duration) {
        let request = match status {
            HeadStatus::Whole(request) => request,
            HeadStatus::Refused(refusal) => {
                return self.answer(number, self.responder.refusal(*refusal), now);
            }
            HeadStatus::Partial => return,
        };
        let Some(client) = self.connections.get(number).map(|connection| connection.client) else { return };
        match self.responder.reply(request, client, now, self.clock.unix()) {
            Reply::Finite(bytes) => self.answer(number, bytes, now),
            Reply::Page(head) => self.answer_with(number, head, SharedBody::Text(page::PAGE), now),
            Reply::Snapshot(body) => {
                if self.hub.starts_for_snapshots() {
                    self.snapshot_taken = true;
                    let update = self.hub.start(now);
                    self.broadcast(update, now);
                }
                let Some(part) = self.hub.snapshot() else {
                    return self.answer(number, self.responder.no_snapshot(body), now);
                };
                let head = self.responder.snapshot(part.jpeg().len(), part.taken);
                let shared = if body == Body::Sent { SharedBody::Picture(part) } else { SharedBody::None };
                self.answer_with(number, head, shared, now);
            }
            Reply::Denied(bytes, until) => {
                if let Some(connection) = self.connections.get_mut(number) {
                    connection.stage = Stage::Delay { bytes, until };
                }
            }
            Reply::State(view, body) => {
                let bytes = self.responder.state(&self.state(now), view, body);
                self.answer(number, bytes, now);
            }
            Reply::Stream(_) if !self.make_room() || self.shutdown_at.is_some() => {
                self.totals.refused += 1;
                self.answer(number, self.responder.full(), now);
            }
            Reply::Stream(layout) => {
                let layout = layout.unwrap_or(self.settings.layout);
                self.start_stream(number, &request.target(), layout, now);
            }
        }
    }

    /// Whether another viewer is allowed. At the limit, this closes a viewer whose peer has closed its side: most
    /// likely it has disconnected, and only the next frame would show that.
    fn make_room(&mut self) -> bool {
        if self.viewers < self.settings.viewers {
            return true;
        }
        let half_closed = (0..self.connections.capacity()).find(|&number| {
            self.connections
                .get_mut(number)
                .is_some_and(|c| c.half_closed.is_some() && matches!(c.stage, Stage::Stream(_)))
        });
        half_closed.map(|number| self.close_for(number, Reason::Replaced)).is_some()
    }

    /// Turns a connection into a viewer.
    fn start_stream(&mut self, number: usize, target: &str, layout: Layout, now: Duration) {
        let head = self.responder.stream_head();
        let Some(connection) = self.connections.get_mut(number) else { return };
        limit_kernel_buffers(&connection.socket, &self.settings);
        connection.stage = Stage::Stream(Box::new(Viewer::new(layout, head)));
        self.log.came(&connection.peer, target, &layout.name(), now);
        self.viewers += 1;
        self.totals.viewers += 1;
        let update = self.hub.start(now);
        if update == Update::None { self.drive(number, now) } else { self.broadcast(update, now) }
    }

    fn answer(&mut self, number: usize, bytes: Vec<u8>, now: Duration) {
        self.answer_with(number, bytes, SharedBody::None, now);
    }

    fn answer_with(&mut self, number: usize, bytes: Vec<u8>, shared: SharedBody, now: Duration) {
        if let Some(connection) = self.connections.get_mut(number) {
            connection.answer(bytes, shared, now);
        }
    }

    /// The state of the server, for `/state` and `/metrics`.
    fn state(&self, now: Duration) -> State {
        let (count, newest) = (self.hub.count(), self.hub.newest());
        let mut totals = self.totals;
        let mut viewers = Vec::with_capacity(self.viewers);
        for (_, connection) in &self.connections {
            let Stage::Stream(viewer) = &connection.stage else { continue };
            add(&mut totals, viewer);
            viewers.push(ViewerState {
                peer: connection.peer.clone(),
                layout: viewer.layout().name(),
                age_s: (now - connection.accepted_at).as_secs_f64(),
                frames_sent: viewer.count.sent,
                frames_skipped: viewer.count.skipped,
                bytes_sent: viewer.count.bytes,
                backlog_bytes: viewer.backlog() as u64,
            });
        }
        State {
            schema: "mjpeg.state/1",
            source: self.settings.source.clone(),
            healthy: self.hub.is_healthy(now, self.settings.patience),
            uptime_s: (now - self.started).as_secs_f64(),
            fps_asked: self.hub.fps_asked(),
            fps: self.hub.fps(now),
            frame_age_ms: self.hub.age(now).map(|age| age.as_secs_f64() * 1000.0),
            frame_bytes: newest.map(|part| part.jpeg().len() as u64),
            frames: count.frames,
            frames_repeated: count.repeated,
            frames_torn: count.torn,
            frames_uncarried: count.uncarried,
            frames_unseen: count.unseen,
            connections: self.connections.len() as u64,
            totals,
            viewers,
        }
    }
}

/// Limits how many bytes the kernel buffers for a viewer. Ignores options that the system does not have.
///
/// The send buffer limits the bytes that are not acknowledged, `TCP_NOTSENT_LOWAT` those that are not sent. With
/// both, a slow viewer lags by the buffer and one frame, not by seconds.
fn limit_kernel_buffers(socket: &Socket, settings: &Settings) {
    if settings.viewer_buffer > 0 {
        let _ = socket.set_send_buffer_size(settings.viewer_buffer);
    }
    #[cfg(target_os = "linux")]
    {
        if settings.viewer_buffer > 0 {
            let _ = socket.set_tcp_notsent_lowat(u32::try_from(settings.viewer_buffer).unwrap_or(u32::MAX));
        }
        let _ = socket.set_tcp_user_timeout(Some(settings.send_timeout));
    }
}
