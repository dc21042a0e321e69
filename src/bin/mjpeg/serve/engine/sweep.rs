//! The sweep: closes connections that exceed a time limit or the memory limit.

use std::rc::Rc;
use std::time::Duration;

use mjpeg::counted::Counted;

use super::super::connection::{SharedBody, Stage};
use super::super::memory_limit::LIMIT;
use super::super::viewer_log::Reason;
use super::event_loop::{Engine, SWEEP_INTERVAL};
use crate::listen::request::Refusal;

impl Engine {
    /// Closes connections that exceeded a time limit.
    pub(super) fn sweep(&mut self, now: Duration) {
        if now < self.last_sweep + SWEEP_INTERVAL {
            return;
        }
        self.last_sweep = now;
        self.free_memory(now);
        let (request, send) = (self.settings.request_timeout, self.settings.send_timeout);
        for number in self.connections.select(|connection| connection.is_overdue(now, request, send)) {
            let Some(connection) = self.connections.get_mut(number) else { continue };
            match &connection.stage {
                Stage::Request(head) if !head.is_empty() => {
                    let bytes = self.responder.answers.refusal(Refusal::Timeout);
                    connection.answer(bytes, SharedBody::None, now);
                    self.drive(number, now);
                }
                Stage::Stream { viewer, .. } if viewer.stuck_since().is_some() => self.evict(number),
                _ => self.close(number),
            }
        }
    }

    /// Closes stuck and slow connections when all together keep too much memory in use.
    fn free_memory(&mut self, now: Duration) {
        let newest: Vec<_> =
            self.streams.iter().flat_map(|stream| stream.hub.parts()).map(Rc::as_ref).collect();
        let to_close = self.connections.over_memory(&newest, now);
        if to_close.is_empty() {
            return;
        }
        let (count, limit) = (Counted(to_close.len() as u64, "slow connection"), LIMIT >> 20);
        self.settings
            .reporter
            .event(&format!("closed {count}: together they kept more than {limit} MiB of frames in memory"));
        for number in to_close {
            self.connections.count_evicted(number);
            self.close_for(number, Reason::MemoryLimit);
        }
    }

    /// Closes a viewer that exceeded the send timeout.
    pub(super) fn evict(&mut self, number: usize) {
        self.connections.count_evicted(number);
        self.close_for(number, Reason::Stuck(self.settings.send_timeout));
    }
}
