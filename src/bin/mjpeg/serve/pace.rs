//! When the next frame is due.

use std::io;
use std::time::Duration;

use mio::Registry;
#[cfg(target_os = "linux")]
use {
    mio::{Interest, Token, unix::SourceFd},
    rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
    std::os::fd::{AsRawFd, OwnedFd},
};

use crate::value::Rate;

/// A schedule without drift: frame `n` is due `n` intervals after the start, whenever those before were
/// really sent.
#[derive(Debug, Clone)]
pub struct Pace {
    rate: Rate,
    start: Duration,
    /// Frames since the start.
    count: u64,
}

impl Pace {
    /// A schedule whose first frame is due at once.
    pub fn new(rate: Rate, now: Duration) -> Self {
        Self { rate, start: now, count: 0 }
    }

    /// When the frame `ahead` frames behind the next one is due.
    pub fn due(&self, ahead: usize) -> Duration {
        self.start + self.rate.span(self.count + ahead as u64)
    }

    /// Notes that a frame was sent. When whole intervals have been missed (the machine slept, say), the
    /// schedule moves by them, and this says so: no frame is left out, and they do not come in a burst. A
    /// frame that is late by less than that is sent at once, and the one behind it is on time again.
    pub fn advance(&mut self, now: Duration) -> bool {
        let late = now.saturating_sub(self.due(1));
        let missed = (late.as_secs_f64() * self.rate.fps()) as u64;
        self.start += self.rate.span(missed);
        self.count += 1;
        missed > 0
    }
}

/// Wakes a poll at a given time, closer than the milliseconds that its own time-out counts in.
#[derive(Debug)]
pub struct Timer {
    #[cfg(target_os = "linux")]
    file: OwnedFd,
    set: Option<Duration>,
}

impl Timer {
    /// A timer that is not set; it reports to `registry` as `token`.
    ///
    /// # Errors
    ///
    /// When the system has no room for it.
    #[cfg(target_os = "linux")]
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let file = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&file.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { file, set: None })
    }

    /// Sets the timer to `due`, or to nothing, and says how long the poll may sleep because of it.
    ///
    /// The event is edge-triggered and setting a timer clears it, so it is never read.
    #[cfg(target_os = "linux")]
    pub fn set(&mut self, due: Option<Duration>, now: Duration) -> Option<Duration> {
        if self.set == due {
            return None;
        }
        let left = due.map_or(Duration::ZERO, |due| due.saturating_sub(now).max(Duration::from_nanos(1)));
        let spec = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) },
        };
        match timerfd_settime(&self.file, TimerfdTimerFlags::empty(), &spec) {
            Ok(_) => {
                self.set = due;
                None
            }
            // It has no reason to fail; if it does, the poll's own time-out is good enough.
            Err(_) => due.map(|_| left),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn new(_: &Registry, _: mio::Token) -> io::Result<Self> {
        Ok(Self { set: None })
    }

    #[cfg(not(target_os = "linux"))]
    pub fn set(&mut self, due: Option<Duration>, now: Duration) -> Option<Duration> {
        self.set = due;
        due.map(|due| due.saturating_sub(now))
    }

    /// Notes that the timer has run out.
    pub fn expired(&mut self) {
        self.set = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_frames_takes_an_hour() {
        let rate: Rate = "29.97".parse().unwrap();
        let mut pace = Pace::new(rate, Duration::from_secs(5));
        let mut now = Duration::from_secs(5);
        for n in 0..107_892u64 {
            assert_eq!(pace.due(0), pace.due(0).max(now));
            // Each frame is sent a little late, never by an interval.
            now = pace.due(0) + Duration::from_micros(n % 30_000);
            pace.advance(now);
        }
        let drift = pace.due(0).as_secs_f64() - (5.0 + 3600.0);
        assert!(drift.abs() < 1e-3, "{drift}");
    }

    #[test]
    fn a_gap_moves_the_schedule_by_whole_intervals() {
        let mut pace = Pace::new("10".parse().unwrap(), Duration::ZERO);
        pace.advance(Duration::from_millis(1));
        assert_eq!(pace.due(0), Duration::from_millis(100));
        assert!(!pace.advance(Duration::from_millis(234)), "34 ms late: the next one goes at once");
        assert_eq!(pace.due(0), Duration::from_millis(200));
        assert!(pace.advance(Duration::from_millis(1_234)));
        assert_eq!(pace.due(0), Duration::from_millis(1_200));
        assert_eq!(pace.due(2), Duration::from_millis(1_400));
    }
}
