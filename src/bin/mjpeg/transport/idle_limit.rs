//! How long a stream may be without a good part, and a file without a byte.

use std::time::Duration;

/// How long waiting bytes are read after the limit. This process may have been busy or stopped, and bytes that wait in the
/// socket are not late.
const GRACE: Duration = Duration::from_millis(100);

/// The shortest limit of a read: a disk may have to start to spin.
const LEAST_OF_READ: Duration = Duration::from_secs(10);

/// The limit, and the time since which it runs.
#[derive(Debug, Clone)]
pub struct IdleLimit {
    limit: Duration,
    counts: Counts,
    /// When the last part was seen that the observer did not reject, or the last byte was asked for; or the start.
    since: Duration,
    /// Parts that the observer rejected since then.
    rejected: u64,
    /// The longest time before a part that it did not reject.
    longest: Duration,
    /// Until when waiting bytes are read although the limit has passed.
    grace_end: Option<Duration>,
}

/// What has to come within the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// A good part, of a stream whose producer may pause.
    Parts,
    /// An answer to each read, of a file: a slow disk is not a camera that has stalled.
    Reads,
}

/// What the observer made of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// It counts.
    Good,
    /// It does not.
    Rejected,
}

impl IdleLimit {
    /// A limit that runs since `since` of the clock.
    pub fn new(limit: Duration, counts: Counts, since: Duration) -> Self {
        let limit = if counts == Counts::Reads { limit.max(LEAST_OF_READ) } else { limit };
        Self { limit, counts, since, rejected: 0, longest: Duration::ZERO, grace_end: None }
    }

    /// The same with another length.
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, grace_end: None, ..self }
    }

    /// The same, starting so much later.
    pub fn extended(self, by: Duration) -> Self {
        Self { since: self.since + by, ..self }
    }

    /// A part was seen at `now`.
    pub fn part(&mut self, judged: Judged, now: Duration) {
        match judged {
            Judged::Rejected => self.rejected += 1,
            Judged::Good => {
                self.longest = self.longest.max(now.saturating_sub(self.since));
                self.since = now;
                self.rejected = 0;
                self.grace_end = None;
            }
        }
    }

    /// Bytes have come, and the next ones are asked for at `now`.
    pub fn read(&mut self, now: Duration) {
        if self.counts == Counts::Reads {
            self.since = now;
            self.grace_end = None;
        }
    }

    /// When the limit passes, if nothing comes before.
    pub fn end(&self) -> Duration {
        self.since.saturating_add(self.limit).max(self.grace_end.unwrap_or_default())
    }

    /// Whether the limit is over. Call it at its end, which is extended once, to read the bytes that wait.
    pub fn is_over(&mut self, now: Duration) -> bool {
        let is_over = self.grace_end.is_some();
        self.grace_end.get_or_insert(now + GRACE);
        is_over
    }

    /// What has to come within it.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The longest time before a part that the observer did not reject.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The length of the limit.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Parts that the observer rejected since the last good one.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }
}
