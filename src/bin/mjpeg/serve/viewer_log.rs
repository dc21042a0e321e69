//! Messages about viewers.

use std::fmt;
use std::time::Duration;

use mjpeg::counted::Counted;

use super::sending::Count;
use crate::output::{self, Reporter};

/// Most messages within [`WINDOW`].
const MESSAGES: u32 = 20;
const WINDOW: Duration = Duration::from_secs(1);
/// The shortest time between two messages about requests of this server itself.
const LOOP_INTERVAL: Duration = Duration::from_secs(3600);
/// Most characters of a request target in a message.
const TARGET_CHARS: usize = 200;

/// Why a viewer's connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The stream ended, and the viewer received all of it.
    StreamEnded,
    /// The peer disconnected.
    Disconnected,
    /// The peer received nothing for this time.
    Stuck(Duration),
    /// All slow viewers together kept too much memory in use.
    MemoryLimit,
    /// The peer had closed its side, and another viewer needed its place.
    Replaced,
    /// No picture came in time, and the viewer got an error.
    NoPicture,
    /// The server stopped before the viewer had received everything.
    Stopped,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::StreamEnded => "the stream ended",
            Self::Disconnected => "the viewer disconnected",
            Self::Stuck(time) => return write!(f, "received nothing for {time:?}"),
            Self::MemoryLimit => "slow viewers kept too much memory in use together",
            Self::Replaced => "it had closed its side, and a new viewer needed its place",
            Self::NoPicture => "no picture came",
            Self::Stopped => "the server stopped",
        };
        f.write_str(text)
    }
}

/// Whether viewers that come and go are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Only closed connections of stuck viewers.
    Faults,
    /// Each viewer.
    All,
}

/// Writes messages about viewers, a limited number per second.
#[derive(Debug)]
pub struct ViewerLog {
    reporter: Reporter,
    detail: Detail,
    window: Duration,
    written: u32,
    omitted: u64,
    /// When a request of this server itself was reported.
    looped_at: Option<Duration>,
}

impl ViewerLog {
    /// A log with this detail.
    pub fn new(reporter: Reporter, detail: Detail) -> Self {
        Self { reporter, detail, window: Duration::ZERO, written: 0, omitted: 0, looped_at: None }
    }

    /// A viewer has requested the stream.
    pub fn came(&mut self, peer: &str, target: &str, layout: &str, now: Duration) {
        if self.detail == Detail::All {
            let target = shortened(target);
            self.write(now, || format!("viewer {peer} watches {target} (layout {layout})"));
        }
    }

    /// A viewer's connection has ended `after` this time.
    pub fn left(&mut self, peer: &str, after: Duration, count: Count, reason: Reason, now: Duration) {
        let Count { sent, skipped, bytes } = count;
        let seconds = after.as_secs_f64();
        match self.detail {
            Detail::All => self.write(now, || {
                let (sent, bytes) = (Counted(sent, "frame"), output::bytes(bytes));
                format!("viewer {peer} left after {seconds:.1} s: {sent} sent, {skipped} skipped, {bytes}; {reason}")
            }),
            Detail::Faults if matches!(reason, Reason::Stuck(_)) => {
                self.write(now, || format!("viewer {peer} {reason}; connection closed"));
            }
            Detail::Faults => {}
        }
    }

    /// A request came through this server itself. Written once an hour at most.
    pub fn looped(&mut self, peer: &str, now: Duration) {
        if self.looped_at.is_none_or(|at| now >= at + LOOP_INTERVAL) {
            self.looped_at = Some(now);
            self.reporter.event(&format!(
                "refused a request of {peer}, which comes from this server itself: the URL of a stream leads back to it"
            ));
        }
    }

    /// When [`ViewerLog::tick`] has something to report.
    pub fn due(&self) -> Option<Duration> {
        (self.omitted > 0).then_some(self.window + WINDOW)
    }

    /// Reports omitted messages when their window is over.
    pub fn tick(&mut self, now: Duration) {
        if now < self.window + WINDOW {
            return;
        }
        self.flush();
        (self.window, self.written) = (now, 0);
    }

    /// Reports omitted messages.
    pub fn flush(&mut self) {
        if self.omitted > 0 {
            let text = format!("{} came or left", Counted(self.omitted, "more viewer"));
            self.reporter.event(&text);
            self.omitted = 0;
        }
    }

    fn write(&mut self, now: Duration, text: impl FnOnce() -> String) {
        self.tick(now);
        if self.written >= MESSAGES {
            self.omitted += 1;
            return;
        }
        self.written += 1;
        self.reporter.event(&text());
    }
}

fn shortened(target: &str) -> String {
    match target.char_indices().nth(TARGET_CHARS) {
        Some((at, _)) => format!("{}...", &target[..at]),
        None => target.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_above_the_limit_are_counted() {
        let mut log = ViewerLog::new(Reporter::new("test"), Detail::All);
        let start = Duration::from_secs(5);
        for _ in 0..MESSAGES + 7 {
            log.left("peer", WINDOW, Count::default(), Reason::Disconnected, start);
        }
        assert_eq!((log.written, log.omitted), (MESSAGES, 7));
        log.tick(start + WINDOW / 2);
        assert_eq!(log.omitted, 7);
        log.tick(start + WINDOW);
        assert_eq!((log.written, log.omitted), (0, 0));
    }

    #[test]
    fn a_long_target_is_cut_between_characters() {
        assert_eq!(shortened("/stream"), "/stream");
        let long = shortened(&"ü".repeat(9000));
        assert_eq!(long.chars().count(), TARGET_CHARS + 3);
    }
}
