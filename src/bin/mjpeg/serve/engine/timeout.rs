//! How long the event loop waits.

use std::time::Duration;

use super::super::command::Command;
use super::event_loop::{Engine, SWEEP_INTERVAL};

impl Engine {
    /// How long the poll may block.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let now = self.clock.now();
        let due = self.deadlines.first();
        let at = due.filter(|due| *due <= self.attend_at).or_else(|| self.next_turn(due, now));
        at.map(|at| at.saturating_sub(now))
    }

    /// When the next turn begins without events, if the earliest deadline is `due`.
    #[inline(never)]
    fn next_turn(&self, due: Option<Duration>, now: Duration) -> Option<Duration> {
        // If a frame is due soon, the check for overdue connections runs then.
        let sweep = (!self.connections.is_empty() && due.is_none_or(|due| due > now + SWEEP_INTERVAL))
            .then_some(self.last_sweep + SWEEP_INTERVAL);
        self.limits().into_iter().chain([due, sweep]).flatten().min()
    }

    /// The time limits besides the deadlines and the check for overdue connections.
    fn limits(&self) -> [Option<Duration>; 4] {
        let command = self.command.as_ref().and_then(Command::due);
        [self.accept_at, self.shutdown_at, command, self.log.due()]
    }

    /// Computes until when turns without events have only frames to send.
    pub(super) fn plan_attention(&mut self) {
        let limits = self.limits().into_iter().flatten().min();
        let sweep = self.last_sweep + SWEEP_INTERVAL;
        self.attend_at = limits.map_or(sweep, |limit| limit.min(sweep));
    }
}
