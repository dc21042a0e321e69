//! Capture times in whole seconds, or in tenths: pictures share them, and they go on like a clock.

use core::time::Duration;

/// What such times are multiples of, in microseconds.
const UNITS: [u64; 2] = [1_000_000, 100_000];
/// So many steps are no chance.
const MANY: u64 = 10;

/// The capture times of new pictures so far.
#[derive(Debug, Clone, Default)]
pub struct Ticks {
    /// How many of [`UNITS`] are too coarse.
    finer: usize,
    /// The time of the last picture, as long as it stays the same.
    stay: Option<Stay>,
    highest: Duration,
    /// The arrival of the first picture.
    began: Option<Duration>,
    pictures: u64,
    /// The stay with the most pictures.
    longest: (u64, Duration),
    /// Changes to a later time.
    steps: u64,
    /// Those that are longer than the unit, and than the gap between the two pictures.
    leaps: u64,
    /// The sum of the steps.
    advanced: Duration,
}

/// Pictures in a row with the same time.
#[derive(Debug, Clone, Copy)]
struct Stay {
    time: Duration,
    pictures: u64,
    /// The arrival of the first one and of the last one.
    arrivals: (Duration, Duration),
}

impl Ticks {
    /// Takes the capture time of a new picture.
    pub fn picture(&mut self, time: Duration, arrival: Duration) {
        let micros = time.as_micros();
        while UNITS.get(self.finer).is_some_and(|&unit| !micros.is_multiple_of(unit.into())) {
            self.finer += 1;
        }
        self.began.get_or_insert(arrival);
        self.pictures += 1;
        let stay = match self.stay {
            Some(stay) if stay.time == time => {
                Stay { pictures: stay.pictures + 1, arrivals: (stay.arrivals.0, arrival), ..stay }
            }
            last => {
                if let Some(last) = last.filter(|last| last.time < time) {
                    self.step(time - last.time, arrival.saturating_sub(last.arrivals.1), time > self.highest);
                }
                Stay { time, pictures: 1, arrivals: (arrival, arrival) }
            }
        };
        self.stay = Some(stay);
        self.highest = self.highest.max(time);
        let (first, last) = stay.arrivals;
        self.longest = self.longest.max((stay.pictures, last.saturating_sub(first)));
    }

    /// `gap`: between the two pictures. A step that is not `new` only makes good for one back.
    fn step(&mut self, step: Duration, gap: Duration, new: bool) {
        self.steps += 1;
        self.advanced = self.advanced.saturating_add(step);
        let Some(unit) = self.unit() else { return };
        // Pictures that were taken in two units may have come a little closer.
        let is_leap = step > unit && step > gap.saturating_add(unit * 3 / 2);
        self.leaps += u64::from(is_leap && new);
    }

    fn unit(&self) -> Option<Duration> {
        UNITS.get(self.finer).copied().map(Duration::from_micros)
    }

    /// Those of the next window: the time of the last picture stays the same.
    pub fn continued(&self) -> Self {
        let Self { finer, stay, highest, .. } = *self;
        let length = |stay: Stay| (stay.pictures, stay.arrivals.1.saturating_sub(stay.arrivals.0));
        Self {
            finer,
            stay,
            highest,
            began: stay.map(|stay| stay.arrivals.1),
            pictures: stay.map_or(0, |stay| stay.pictures),
            longest: stay.map_or((0, Duration::ZERO), length),
            ..Self::default()
        }
    }

    /// Whether pictures may share these times: each unit has one of its own, however long the pictures of a unit took to
    /// arrive.
    pub fn is_clock(&self) -> bool {
        let Some((unit, stay)) = self.unit().zip(self.stay) else { return false };
        let (most, length) = self.longest;
        if self.steps == 0 {
            // The unit may not be over yet.
            return length <= unit * 6 / 5 && !stay.time.is_zero();
        }
        // It stood still: much longer than at other times, and with many more pictures.
        let is_still = length > unit * 3 && most.saturating_mul(self.steps) > (self.pictures - most) * 3;
        let watched = self.began.map_or(Duration::ZERO, |began| stay.arrivals.1.saturating_sub(began));
        let slowest = if self.steps < MANY { 2 } else { 10 };
        let is_slow = self.advanced.saturating_add(unit).saturating_mul(slowest) < watched;
        self.leaps * 4 <= self.steps && !is_still && !is_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the times that `time` makes of each picture's arrival in ms are a clock. Pictures come at `fps`; `arrive` says
    /// when one that is taken at a time comes.
    fn is_clock(seconds: u64, fps: u64, arrive: fn(u64) -> u64, time: fn(u64) -> u64) -> bool {
        let mut ticks = Ticks::default();
        for n in 0..seconds * fps {
            let taken = n * 1000 / fps;
            let (time, arrival) = (1_700_000_000_370 + time(taken), arrive(taken));
            ticks.picture(Duration::from_millis(time / 1000 * 1000), Duration::from_millis(arrival));
        }
        ticks.is_clock()
    }

    #[test]
    fn whole_seconds_are_a_clock_however_long_their_pictures_took_to_arrive() {
        let at_once = |taken| taken;
        for (case, arrive, time) in [
            ("right", at_once as fn(u64) -> u64, at_once as fn(u64) -> u64),
            ("a stall", |taken| taken + taken / 7000 * 3200, |taken| taken + taken / 7000 * 3200),
            (
                "a stall, then the pictures of that time at once",
                |taken| taken.max(taken.min(9000) / 4000 * 7000),
                at_once,
            ),
            ("slow", at_once, |taken| taken * 4 / 5),
            ("from a queue", |taken| taken * 5, at_once),
            ("set back", at_once, |taken| if taken < 30_000 { taken } else { taken - 20_000 }),
            ("now and then back", at_once, |taken| if taken % 350 == 0 { taken } else { taken + 3000 }),
        ] {
            assert!(is_clock(60, 20, arrive, time), "{case}");
        }
        assert!(is_clock(1, 20, at_once, |taken| taken / 2), "not over yet");
    }

    #[test]
    fn times_that_stand_still_or_leap_are_none() {
        let at_once = |taken| taken;
        for (case, time) in [
            ("constant", (|_| 0) as fn(u64) -> u64),
            ("once a minute", |taken| taken / 60_000 * 60_000),
            ("each 5 s", |taken| taken / 5000 * 5000),
            ("one second in a minute", |taken| taken / 60_000 * 1000),
            ("stands still after a while", |taken| taken.min(20_000)),
            ("stands still for a while", |taken| taken.saturating_sub(20_000).max(taken.min(3000))),
        ] {
            assert!(!is_clock(150, 20, at_once, time), "{case}");
        }
        assert!(!is_clock(2, 20, at_once, |_| 0), "constant for two seconds");
    }

    #[test]
    fn tenths_may_be_shared_and_finer_times_not() {
        for (unit, expected) in [(1_000_000, true), (100_000, true), (10_000, false), (33_333, false)] {
            let mut ticks = Ticks::default();
            let unit = Duration::from_micros(unit);
            for n in 0..200 {
                ticks.picture(unit * (5000 + n / 3), unit * n / 3);
            }
            assert_eq!(ticks.is_clock(), expected, "{unit:?}");
        }
        let mut zero = Ticks::default();
        zero.picture(Duration::ZERO, Duration::ZERO);
        assert!(!zero.is_clock());
        // Decimals that change once a second are no clock of tenths.
        let mut tenths = Ticks::default();
        for n in 0..200_u32 {
            tenths.picture(
                Duration::from_millis(1700 + u64::from(n / 20) * 1000),
                Duration::from_millis(50) * n,
            );
        }
        assert!(!tenths.is_clock());
    }

    #[test]
    fn a_time_that_stays_the_same_is_found_wherever_windows_begin() {
        let second = Duration::from_secs;
        let mut ticks = Ticks::default();
        for n in 0..10 {
            ticks.picture(second(5), second(1) * n / 10);
        }
        assert!(ticks.is_clock());
        let mut next = ticks.continued();
        for n in 10..15 {
            next.picture(second(5), second(1) * n / 10);
        }
        assert!(!next.is_clock());
        let mut going = ticks.continued();
        for n in 10..15 {
            going.picture(second(6), second(1) * n / 10);
        }
        assert!(going.is_clock());
    }
}
