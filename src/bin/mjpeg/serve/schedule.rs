//! When the next frame is due.

use std::time::Duration;

use crate::value::Rate;

/// A schedule without drift: frame `n` is due `n` intervals after the start, even if frames before it were
/// late.
#[derive(Debug, Clone)]
pub struct Schedule {
    rate: Rate,
    start: Duration,
    /// How long before the start the first frame was due. That may be before zero of the clock.
    late: Duration,
    /// Frames since the start.
    count: u64,
    /// When the next frame is due.
    next: Duration,
}

impl Schedule {
    /// Creates a schedule whose first frame is due now.
    pub fn new(rate: Rate, now: Duration) -> Self {
        Self::late(rate, now, Duration::ZERO)
    }

    /// Creates a schedule whose first frame was due so long ago. It is due at once, and those behind it are on time.
    pub fn late(rate: Rate, now: Duration, late: Duration) -> Self {
        Self { rate, start: now, late, count: 0, next: now.saturating_sub(late) }
    }

    /// When a frame is due: the next one for `ahead` = 0, the one after it for 1, and so on.
    pub fn due(&self, ahead: usize) -> Duration {
        if ahead == 0 { self.next } else { self.due_at(self.count + ahead as u64) }
    }

    fn due_at(&self, count: u64) -> Duration {
        (self.start + self.rate.span(count)).saturating_sub(self.late)
    }

    /// Records that a frame was sent. If whole intervals were missed, for example because the machine was
    /// suspended, moves the schedule by them and returns true: no frame is skipped, and there is no burst. After
    /// a smaller delay the schedule stays, and the next frame is on time again.
    pub fn advance(&mut self, now: Duration) -> bool {
        self.next = self.due(1);
        self.count += 1;
        if now < self.next {
            return false;
        }
        let missed = ((now - self.next).as_secs_f64() * self.rate.fps()) as u64;
        self.start += self.rate.span(missed);
        self.next = self.due_at(self.count);
        missed > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_frames_takes_an_hour() {
        let rate: Rate = "29.97".parse().unwrap();
        let mut schedule = Schedule::new(rate, Duration::from_secs(5));
        let mut now = Duration::from_secs(5);
        for n in 0..107_892u64 {
            assert_eq!(schedule.due(0), schedule.due(0).max(now));
            // Each frame is sent a little late, never by an interval.
            now = schedule.due(0) + Duration::from_micros(n % 30_000);
            schedule.advance(now);
        }
        let drift = schedule.due(0).as_secs_f64() - (5.0 + 3600.0);
        assert!(drift.abs() < 1e-3, "{drift}");
    }

    #[test]
    fn a_schedule_may_have_begun_before_the_clock() {
        let ms = Duration::from_millis;
        let mut schedule = Schedule::late("10".parse().unwrap(), ms(30), ms(70));
        assert_eq!([0, 1, 2].map(|ahead| schedule.due(ahead)), [0, 60, 160].map(ms));
        schedule.advance(ms(30));
        assert_eq!([0, 1].map(|ahead| schedule.due(ahead)), [60, 160].map(ms));
        assert!(schedule.advance(ms(1_265)));
        assert_eq!(schedule.due(0), ms(1_260));
    }

    #[test]
    fn a_gap_moves_the_schedule_by_whole_intervals() {
        let mut schedule = Schedule::new("10".parse().unwrap(), Duration::ZERO);
        schedule.advance(Duration::from_millis(1));
        assert_eq!(schedule.due(0), Duration::from_millis(100));
        assert!(!schedule.advance(Duration::from_millis(234)), "34 ms late: the next one goes at once");
        assert_eq!(schedule.due(0), Duration::from_millis(200));
        assert!(schedule.advance(Duration::from_millis(1_234)));
        assert_eq!(schedule.due(0), Duration::from_millis(1_200));
        assert_eq!(schedule.due(2), Duration::from_millis(1_400));
    }
}
