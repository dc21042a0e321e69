//! `--keep`: only the newest frames stay.

use std::collections::VecDeque;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use mjpeg::http::decimal;

use crate::value;

/// Frames are removed in groups of a sixteenth of the limit: each removal rewrites the manifest.
const GROUP: u64 = 16;

/// How much of a recording stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// This many good frames, and this many damaged ones.
    Frames(u64),
    /// This many bytes of files and of their lines.
    Bytes(u64),
    /// The frames of this time.
    Age(Duration),
}

impl FromStr for Limit {
    type Err = String;

    /// Parses `1000`, `500M` or `30s`. `m` is minutes, `M` is 1024 x 1024 bytes.
    fn from_str(text: &str) -> Result<Self, String> {
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let expected = "expected frames, a size or an age: 1000, 500M or 30s";
        let limit = if unit.is_empty() || unit == text {
            Self::Frames(decimal(text).ok_or(expected)?)
        } else if unit.starts_with(['k', 'K', 'M', 'G']) {
            Self::Bytes(value::size(text)?)
        } else {
            Self::Age(value::limit(text)?)
        };
        match limit {
            Self::Frames(0) | Self::Bytes(0) => Err("expected at least one frame or byte".into()),
            limit => Ok(limit),
        }
    }
}

/// A line of the manifest, with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the file below OUT; `None` for a line without one.
    pub file: Option<String>,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of the line; 0 for a file that has none.
    pub line_bytes: u64,
    /// When it was written, since 1970-01-01 UTC.
    pub at: Duration,
    /// Whether it is a good frame.
    pub is_good: bool,
}

impl Entry {
    /// What it takes on the disk: a camera that sends empty parts fills it with lines alone.
    fn bytes(&self) -> u64 {
        self.file_bytes + self.line_bytes
    }
}

/// The lines of the manifest under a limit, the oldest first.
#[derive(Debug)]
pub struct Ring {
    limit: Limit,
    entries: VecDeque<Entry>,
    good: u64,
    /// Lines of damaged frames, and of parts without a file.
    damaged: u64,
    bytes: u64,
}

/// What is beyond the limit.
#[derive(Debug, Default)]
pub struct Expired {
    /// The entries, the oldest first.
    pub entries: Vec<Entry>,
    /// The bytes of the manifest that stay.
    pub kept: Vec<Range<u64>>,
}

impl Ring {
    /// An empty ring.
    pub fn new(limit: Limit) -> Self {
        Self { limit, entries: VecDeque::new(), good: 0, damaged: 0, bytes: 0 }
    }

    /// A ring that holds what an earlier run left. A time that is later than `now` (the clock was set back since) counts as `now`: else its
    /// file would not become old enough, and would keep all files behind it.
    pub fn resume(limit: Limit, earlier: Vec<Entry>, now: Duration) -> Self {
        let mut ring = Self::new(limit);
        earlier.into_iter().for_each(|entry| ring.push(Entry { at: entry.at.min(now), ..entry }));
        ring
    }

    /// Adds the newest line.
    pub fn push(&mut self, entry: Entry) {
        *self.number(entry.is_good) += 1;
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    /// Takes the oldest lines out, once there are enough of them beyond the limit. The newest line stays.
    ///
    /// Frames: at most N and a sixteenth stay of the good ones, and as many of the damaged ones: a camera that sends many of these costs
    /// no good one. Bytes: at most SIZE stay, and at least 15/16 of it. Age: what is older goes in groups of a sixteenth of the time.
    pub fn expire(&mut self, now: Duration) -> Expired {
        let mut expired = Expired::default();
        if !self.is_due(now) {
            return expired;
        }
        let mut at = 0;
        let mut later = self.entries.len();
        for entry in std::mem::take(&mut self.entries) {
            later -= 1;
            let line = at..at + entry.line_bytes;
            at = line.end;
            if later > 0 && self.is_beyond(&entry, now) {
                *self.number(entry.is_good) -= 1;
                self.bytes -= entry.bytes();
                expired.entries.push(entry);
                continue;
            }
            self.entries.push_back(entry);
            match expired.kept.last_mut().filter(|it| it.end == line.start) {
                Some(range) => range.end = line.end,
                None => expired.kept.push(line),
            }
        }
        expired
    }

    fn is_due(&self, now: Duration) -> bool {
        match self.limit {
            Limit::Frames(limit) => self.good.max(self.damaged) > limit.saturating_add(limit / GROUP),
            Limit::Bytes(limit) => self.bytes > limit,
            Limit::Age(limit) => {
                let limit = limit + limit / GROUP as u32;
                self.entries.front().is_some_and(|entry| now.saturating_sub(entry.at) > limit)
            }
        }
    }

    /// Whether an entry must go, if all before it that must go have gone.
    fn is_beyond(&mut self, entry: &Entry, now: Duration) -> bool {
        match self.limit {
            Limit::Frames(limit) => *self.number(entry.is_good) > limit,
            Limit::Bytes(limit) => self.bytes > limit - limit / GROUP,
            Limit::Age(limit) => now.saturating_sub(entry.at) > limit,
        }
    }

    /// The number of good frames, or that of the other lines.
    fn number(&mut self, is_good: bool) -> &mut u64 {
        if is_good { &mut self.good } else { &mut self.damaged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(second: u64) -> Entry {
        let at = Duration::from_secs(second);
        Entry { file: Some(second.to_string()), file_bytes: 90, line_bytes: 10, at, is_good: true }
    }

    #[test]
    fn a_limit_is_a_number_a_size_or_an_age() {
        for (text, limit) in [
            ("1000", Limit::Frames(1000)),
            ("500M", Limit::Bytes(500 << 20)),
            ("64k", Limit::Bytes(64 << 10)),
            ("30s", Limit::Age(Duration::from_secs(30))),
            ("10m", Limit::Age(Duration::from_secs(600))),
            ("2days", Limit::Age(Duration::from_secs(2 * 86_400))),
        ] {
            assert_eq!(text.parse(), Ok(limit), "{text}");
        }
        for text in ["", "0", "0M", "0s", "-1", "+5", "+5M", "1.5M", "1q", "M"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_stays_is_within_the_limit_and_what_goes_is_the_oldest() {
        for (limit, least, most) in [
            (Limit::Frames(1), 1, 1),
            (Limit::Frames(5), 5, 5),
            (Limit::Frames(32), 32, 34),
            (Limit::Bytes(1000), 9, 10),
            (Limit::Bytes(1), 1, 1),
            (Limit::Age(Duration::from_secs(16)), 17, 18),
        ] {
            let mut ring = Ring::resume(limit, vec![entry(0), entry(1)], Duration::from_secs(1));
            let mut next = 0;
            for second in 2..100 {
                ring.push(entry(second));
                for gone in ring.expire(Duration::from_secs(second)).entries {
                    assert_eq!(gone, entry(next), "{limit:?}");
                    next += 1;
                }
                let left = second + 1 - next;
                assert!(left <= most && (left >= least || next == 0), "{limit:?}: {left}");
            }
            assert!(next > 0);
        }
    }

    #[test]
    fn lines_without_a_file_take_space_too() {
        let mut ring = Ring::new(Limit::Bytes(1000));
        for second in 0..1000 {
            ring.push(Entry { file: None, file_bytes: 0, is_good: false, ..entry(second) });
            ring.expire(Duration::from_secs(second));
            assert!(ring.entries.len() <= 100, "{second}");
        }
    }

    #[test]
    fn frames_from_the_future_go_like_those_of_now() {
        let limit = Limit::Age(Duration::from_secs(16));
        let mut ring = Ring::resume(limit, vec![entry(10_000), entry(10_001)], Duration::from_secs(5));
        assert!(ring.expire(Duration::from_secs(5)).entries.is_empty());
        ring.push(entry(6));
        assert_eq!(ring.expire(Duration::from_secs(23)).entries.len(), 2);
    }

    #[test]
    fn damaged_frames_are_limited_and_cost_no_good_one() {
        let mut ring = Ring::new(Limit::Frames(5));
        let goods = |ring: &Ring| ring.entries.iter().filter(|it| it.is_good).count();
        for second in 0..300 {
            ring.push(Entry { is_good: second % 10 == 0, ..entry(second) });
            let before: Vec<Entry> = ring.entries.iter().cloned().collect();
            let expired = ring.expire(Duration::from_secs(second));
            let good = (second as usize / 10 + 1).min(5);
            assert_eq!(goods(&ring), good, "{second}");
            assert!(ring.entries.len() - good <= 5, "{second}");
            // The lines that stay are those of the entries that stay.
            let left: Vec<u64> = ring.entries.iter().map(|it| it.at.as_secs()).collect();
            let kept: Vec<u64> = (0..before.len())
                .filter(|&n| expired.kept.iter().any(|range| range.contains(&(n as u64 * 10))))
                .map(|n| before[n].at.as_secs())
                .collect();
            assert!(expired.entries.is_empty() || kept == left, "{second}: {kept:?} {left:?}");
        }
    }
}
