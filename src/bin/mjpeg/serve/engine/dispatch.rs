//! Dispatch: starts the answer to a request.

use std::time::Duration;

use socket2::Socket;

use super::super::chunked::Chunked;
use super::super::connection::{SharedBody, Stage};
use super::super::deadlines::Timed;
use super::super::faults::{Injected, Injection};
use super::super::hub::Update;
use super::super::layout::Layout;
use super::super::relayed::Absence;
use super::super::report::{State, ViewerState};
use super::super::responder::Reply;
use super::super::script::Script;
use super::super::stream::Stream;
use super::super::via;
use super::super::viewer::Viewer;
use super::super::viewer_log::Reason;
use super::event_loop::Engine;
use super::settings::Settings;
use crate::clock::time_of_day;
use crate::listen::answer::Body;
use crate::listen::head::HeadStatus;
use crate::listen::request::Request;
use crate::value::Rate;

impl Engine {
    /// Starts the answer to a request.
    pub(super) fn dispatch(&mut self, number: usize, status: &HeadStatus, now: Duration) {
        let request = match status {
            HeadStatus::Whole(request) => request,
            HeadStatus::Refused(refusal) => {
                return self.answer(number, self.responder.answers.refusal(*refusal), now);
            }
            HeadStatus::Partial => return,
        };
        let Some((client, own)) = self.connections.get_mut(number).map(|it| (it.client, it.own)) else {
            return;
        };
        match self.responder.reply(request, own, client, now, self.clock.unix()) {
            Reply::Finite(bytes) => self.answer(number, bytes, now),
            Reply::Page(head, page) => self.answer_with(number, head, SharedBody::Text(page), now),
            Reply::Farm(body) => {
                let bytes = self.responder.answers.farm(&self.farm_state(now), body);
                self.answer(number, bytes, now);
            }
            Reply::Snapshot(stream, body) => {
                self.start_snapshot(number, stream, via::passed(request), body, now);
            }
            Reply::Loop(bytes) => self.refuse_loop(number, bytes, now),
            Reply::Denied(bytes, until) => self.wait(number, Stage::Delay { bytes, until }),
            Reply::State(stream, view, body) => {
                let bytes = self.responder.answers.state(&self.states(stream, now), view, body);
                self.answer(number, bytes, now);
            }
            Reply::StreamHead(stream) => {
                let head = self.streams.get(stream).and_then(Stream::response_head);
                self.answer(number, head.map(|head| head.to_vec()).unwrap_or_default(), now);
            }
            Reply::Stream(stream, _) if !self.make_room() || self.is_closed(stream) => {
                self.connections.count_refused(stream);
                self.answer(number, self.responder.answers.full(), now);
            }
            Reply::Stream(stream, _) if self.streams.get(stream).is_some_and(Stream::is_replay) => {
                self.start_replay(number, stream, &request.target(), now);
            }
            Reply::Stream(stream, layout) => {
                let facts = self.streams.get(stream).and_then(|stream| stream.facts.clone());
                let own = facts.as_ref().and_then(|facts| facts.layout);
                let layout = layout.or(own).unwrap_or(self.settings.layout);
                let camera = facts.as_ref().map(|facts| &facts.injected);
                match self.injector.admit(stream, camera, &request.query) {
                    Ok(None) => self.start_stream(number, stream, request, (layout, None), now),
                    Ok(Some(injection)) => {
                        self.start_faulty(number, stream, request, (layout, injection), now);
                    }
                    Err(why) => self.answer(number, self.responder.answers.bad_request(&why), now),
                }
            }
        }
    }

    /// Continues with a connection whose deadline has expired.
    pub(super) fn resume(&mut self, number: usize, now: Duration) {
        let Some(connection) = self.connections.get_mut(number) else { return };
        match &mut connection.stage {
            Stage::Delay { bytes, .. } => {
                let bytes = std::mem::take(bytes);
                connection.answer(bytes, SharedBody::None, now);
            }
            Stage::Snapshot { stream, body, .. } => {
                let (stream, body) = (*stream, *body);
                self.answer_snapshot(number, stream, body, now);
            }
            _ => {}
        }
        self.drive(number, now);
    }

    /// Whether the stream takes no more viewers.
    fn is_closed(&self, stream: usize) -> bool {
        self.shutdown_at.is_some() || self.streams.get(stream).is_none_or(|stream| stream.hub.is_closed())
    }

    /// Whether another viewer is allowed. At the limit, this closes a viewer whose peer has closed its side: most
    /// likely it has disconnected, and only the next frame would show that.
    fn make_room(&mut self) -> bool {
        if self.connections.viewers() < self.settings.viewers {
            return true;
        }
        let half_closed = self.connections.iter().find(|(_, connection)| {
            connection.half_closed.is_some() && matches!(connection.stage, Stage::Stream { .. })
        });
        let half_closed = half_closed.map(|(number, _)| number);
        half_closed.map(|number| self.close_for(number, Reason::Replaced)).is_some()
    }

    /// Turns a connection into a viewer. It receives what faults make of the stream, if there are some.
    pub(super) fn start_stream(
        &mut self,
        number: usize,
        stream: usize,
        request: &Request,
        (layout, injection): (Layout, Option<Injection>),
        now: Duration,
    ) {
        let Some(started) = self.streams.get_mut(stream) else { return };
        let Some(recipe) = started.hub.recipe(0) else { return };
        let layout = recipe.layout().unwrap_or(layout);
        let Some(connection) = self.connections.get_mut(number) else { return };
        limit_kernel_buffers(&connection.socket, &self.settings);
        self.log.came(&connection.peer, &request.target(), &layout.name(), now);
        self.attend_at = Duration::ZERO;
        let (head, chunks) = (recipe.response_head(), recipe.chunks());
        let Injected { head, script } = match injection {
            Some(injection) => injection.start(&head, chunks),
            None => {
                let chunked = |chunks| Box::new(Chunked::new(chunks, None)) as Box<dyn Script>;
                Injected { head, script: chunks.map(chunked) }
            }
        };
        let waits_until = started.head_patience().map(|patience| now + patience);
        let viewer = Viewer::new(0, layout, head, script).waiting(waits_until);
        self.connections.start_stream(number, stream, viewer);
        let update = started.start(via::passed(request), now);
        self.publish(stream, update, now);
        if update == Update::None {
            self.drive(number, now);
        }
    }

    /// Answers a viewer for whose stream no picture came in time.
    pub(super) fn refuse_viewer(&mut self, number: usize, now: Duration) {
        let Some(Stage::Stream { stream, .. }) = self.connections.get_mut(number).map(|it| &it.stage) else {
            return;
        };
        let absence = self.streams.get(*stream).map_or_else(Absence::not_yet, |stream| stream.absence(now));
        self.log_viewer(number, Reason::NoPicture);
        self.connections.end_stream(number);
        self.answer(number, self.responder.answers.no_picture(&absence, Body::Sent), now);
    }

    /// Answers a request that this server has sent itself.
    fn refuse_loop(&mut self, number: usize, bytes: Vec<u8>, now: Duration) {
        if let Some(connection) = self.connections.get_mut(number) {
            self.log.looped(&connection.peer, now);
        }
        self.answer(number, bytes, now);
    }

    /// Puts a connection into a stage that has a deadline.
    pub(super) fn wait(&mut self, number: usize, stage: Stage) {
        let Some(connection) = self.connections.get_mut(number) else { return };
        connection.stage = stage;
        if let Some(at) = connection.wakes_at() {
            self.deadlines.push(at, Timed::Connection(number));
        }
    }

    pub(super) fn answer(&mut self, number: usize, bytes: Vec<u8>, now: Duration) {
        self.answer_with(number, bytes, SharedBody::None, now);
    }

    pub(super) fn answer_with(&mut self, number: usize, bytes: Vec<u8>, shared: SharedBody, now: Duration) {
        self.connections.end_snapshot(number);
        if let Some(connection) = self.connections.get_mut(number) {
            connection.answer(bytes, shared, now);
        }
    }

    /// The state of one stream, or of all streams.
    fn states(&self, stream: Option<usize>, now: Duration) -> Vec<State> {
        let of = |stream: usize| stream..stream + 1;
        stream.map_or(0..self.streams.len(), of).filter_map(|stream| self.state(stream, now)).collect()
    }

    /// The state of a stream, for `/state` and `/metrics`.
    fn state(&self, index: usize, now: Duration) -> Option<State> {
        let stream = self.streams.get(index)?;
        let (hub, count, stats) = (&stream.hub, stream.hub.count(), stream.hub.stats());
        let viewers = self.connections.viewers_of(index).map(|(connection, viewer)| ViewerState {
            peer: connection.peer.clone(),
            layout: viewer.layout().name(),
            age_s: (now - connection.accepted_at).as_secs_f64(),
            frames_sent: viewer.count.sent,
            frames_skipped: viewer.count.skipped,
            bytes_sent: viewer.count.bytes,
            backlog_bytes: viewer.backlog() as u64,
        });
        let is_first = stream.name.is_empty();
        let patience = stream.relayed.as_ref().map_or(self.settings.patience, |relayed| relayed.patience);
        Some(State {
            schema: "mjpeg.state/1",
            name: (!stream.name.is_empty()).then(|| stream.name.clone()),
            streams: self.streams.iter().skip(1).filter(|_| is_first).map(|it| it.name.clone()).collect(),
            source: stream.source.clone(),
            healthy: hub.is_healthy(now, patience),
            time: time_of_day(self.clock.unix()),
            uptime_s: (now - self.started).as_secs_f64(),
            fps_asked: stats.pace.rate().map(Rate::fps),
            fps: hub.fps(now),
            frame_age_ms: hub.age(now).map(|age| age.as_secs_f64() * 1000.0),
            frame_bytes: hub.newest(0).map(|part| part.jpeg().len() as u64),
            frames: count.frames,
            frames_repeated: count.repeated,
            frames_torn: stats.torn,
            frames_uncarried: stats.uncarried,
            frames_unseen: stats.unseen,
            upstream: stream.relayed.as_ref().map(|relayed| relayed.state(now)),
            connections: self.connections.len() as u64,
            totals: self.connections.totals(index),
            viewers: viewers.collect(),
        })
    }
}

/// Limits how many bytes the kernel buffers for a viewer. Ignores options that the system does not have.
///
/// The send buffer limits the bytes that are not acknowledged, `TCP_NOTSENT_LOWAT` those that are not sent. With
/// both, a slow viewer lags by the buffer and one frame, not by seconds.
pub(super) fn limit_kernel_buffers(socket: &Socket, settings: &Settings) {
    if settings.viewer_buffer > 0 {
        let _ = socket.set_send_buffer_size(settings.viewer_buffer);
    }
    // TCP_USER_TIMEOUT is not set: with it, Linux 6.18 resets viewers that read slowly into a small receive buffer, although
    // no pause of theirs is near the timeout. The sweep closes those that accept nothing.
    #[cfg(target_os = "linux")]
    if settings.viewer_buffer > 0 {
        let _ = socket.set_tcp_notsent_lowat(u32::try_from(settings.viewer_buffer).unwrap_or(u32::MAX));
    }
}
