//! The sweep: closes connections that exceed a time limit or the memory limit.

use std::time::Duration;

use super::super::connection::{SharedBody, Stage};
use super::super::viewer_log::Reason;
use super::event_loop::{Engine, SWEEP_INTERVAL};
use super::memory_limit::{LIMIT, to_close};
use crate::listen::request::Refusal;

impl Engine {
    /// Closes connections that exceeded a time limit.
    pub(super) fn sweep(&mut self, now: Duration) {
        if now < self.last_sweep + SWEEP_INTERVAL {
            return;
        }
        self.last_sweep = now;
        self.free_memory(now);
        for number in 0..self.connections.capacity() {
            let Some(connection) = self.connections.get_mut(number) else { continue };
            if !connection.is_overdue(now, self.settings.request_timeout, self.settings.send_timeout) {
                continue;
            }
            match &connection.stage {
                Stage::Request(head) if !head.is_empty() => {
                    let bytes = self.responder.refusal(Refusal::Timeout);
                    connection.answer(bytes, SharedBody::None, now);
                    self.drive(number, now);
                }
                Stage::Delay { bytes, .. } => {
                    let bytes = bytes.clone();
                    connection.answer(bytes, SharedBody::None, now);
                    self.drive(number, now);
                }
                Stage::Stream(viewer) if viewer.stuck_since().is_some() => self.evict(number),
                _ => self.close(number),
            }
        }
    }

    /// Closes stuck and slow connections when all together keep too much memory in use.
    fn free_memory(&mut self, now: Duration) {
        let newest = self.hub.newest().map_or(0, |part| part.number);
        let to_close = to_close(&self.connections, newest, now, LIMIT);
        if to_close.is_empty() {
            return;
        }
        let (count, limit) = (to_close.len(), LIMIT >> 20);
        self.settings.reporter.message(&format!(
            "closed {count} slow connections: together they kept more than {limit} MiB of frames in memory"
        ));
        for number in to_close {
            self.totals.evicted += 1;
            self.close_for(number, Reason::MemoryLimit);
        }
    }

    /// Closes a viewer that exceeded the send timeout.
    pub(super) fn evict(&mut self, number: usize) {
        self.totals.evicted += 1;
        self.close_for(number, Reason::Stuck(self.settings.send_timeout));
    }
}
