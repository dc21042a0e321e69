//! What the viewers of one row receive in its window. It knows times that it is given, and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::viewer::{Presence, Viewer, Window};
use crate::bench::outputs::noise;
use crate::bench::times::{histogram, micros, record};

/// The figures of all viewers of a row.
#[derive(Debug, Clone)]
pub struct Tally {
    viewers: Vec<Viewer>,
    window: Option<Window>,
    /// Gaps between frames in the window, in microseconds.
    pub gaps: Histogram<u64>,
    /// Ages of frames in the window, in microseconds.
    pub ages: Histogram<u64>,
    /// Times from opening to the first frame, in microseconds.
    pub first_frames: Histogram<u64>,
    /// Why viewers have no stream, or have lost it, with their numbers.
    pub reasons: BTreeMap<String, u64>,
    /// Bytes of frames in the window.
    frame_bytes: u64,
}

impl Tally {
    /// No viewers yet.
    pub fn new() -> Self {
        Self {
            viewers: Vec::new(),
            window: None,
            gaps: histogram(),
            ages: histogram(),
            first_frames: histogram(),
            reasons: BTreeMap::new(),
            frame_bytes: 0,
        }
    }

    /// One more viewer. Returns its index.
    pub fn open(&mut self, at: Duration) -> usize {
        self.viewers.push(Viewer::opened(at));
        self.viewers.len() - 1
    }

    /// The window begins; it ends at `end`.
    pub fn begin(&mut self, window: Window) {
        self.window = Some(window);
    }

    /// A frame of a viewer is complete.
    pub fn frame(&mut self, viewer: usize, at: Duration, bytes: u64, age: Option<Duration>) {
        let Some(it) = self.viewers.get_mut(viewer) else { return };
        let last = it.last.replace(at);
        if it.first.is_none() {
            it.first = Some(at);
            record(&mut self.first_frames, at.saturating_sub(it.opened));
        }
        if !self.window.is_some_and(|window| window.has(at)) {
            return;
        }
        self.frame_bytes += bytes;
        let gap = last.map(|last| at.saturating_sub(last));
        it.count_frame(at, gap);
        if let Some(gap) = gap {
            record(&mut self.gaps, gap);
        }
        if let Some(age) = age {
            record(&mut self.ages, age);
        }
    }

    /// Bytes of a viewer came, of frames or not.
    pub fn bytes(&mut self, viewer: usize, at: Duration, n: usize) {
        if self.window.is_some_and(|window| window.has(at))
            && let Some(it) = self.viewers.get_mut(viewer)
        {
            it.bytes += n as u64;
        }
    }

    /// A viewer lost its stream, or got none.
    pub fn over(&mut self, viewer: usize, at: Duration, why: String) {
        if let Some(it) = self.viewers.get_mut(viewer) {
            it.over = Some(at);
        }
        *self.reasons.entry(why).or_default() += 1;
    }

    /// The run has closed a viewer.
    pub fn leave(&mut self, viewer: usize, at: Duration) {
        if let Some(it) = self.viewers.get_mut(viewer) {
            it.over.get_or_insert(at);
            it.has_left = true;
        }
    }

    /// Whether a viewer has had a frame.
    pub fn has_frames(&self, viewer: usize) -> bool {
        self.viewers.get(viewer).is_some_and(|it| it.first.is_some())
    }

    /// Viewers that still wait for their first frame.
    pub fn waiting(&self) -> usize {
        self.viewers.iter().filter(|it| it.first.is_none() && it.over.is_none()).count()
    }

    /// Viewers that have had a frame.
    pub fn served(&self) -> u64 {
        self.viewers.iter().filter(|it| it.first.is_some()).count() as u64
    }

    /// Viewers that had a stream and have it no more.
    pub fn cut(&self) -> u64 {
        self.viewers.iter().filter(|it| it.first.is_some() && it.over.is_some() && !it.has_left).count()
            as u64
    }

    /// Viewers with a connection whose last frame came at least `limit` before `until`.
    pub fn stalled(&self, until: Duration, limit: Duration) -> u64 {
        let is_stalled = |it: &&Viewer| it.last.is_some_and(|last| until.saturating_sub(last) >= limit);
        self.viewers.iter().filter(|it| it.over.is_none()).filter(is_stalled).count() as u64
    }

    /// Viewers with a gap of at least `limit` that has ended, and the largest gap.
    pub fn paused(&self, limit: Duration) -> Option<(u64, Duration)> {
        let gaps = self.viewers.iter().map(|it| it.gap_max).filter(|&gap| gap >= limit);
        gaps.fold(None, |most: Option<(u64, Duration)>, gap| {
            let (count, largest) = most.unwrap_or_default();
            Some((count + 1, largest.max(gap)))
        })
    }

    /// Frames in the window.
    pub fn frames(&self) -> u64 {
        self.viewers.iter().map(|it| it.frames).sum()
    }

    /// Bytes in the window, of frames and around them.
    pub fn received(&self) -> u64 {
        self.viewers.iter().map(|it| it.bytes).sum()
    }

    /// The mean size of a frame.
    pub fn mean_frame_bytes(&self) -> Option<f64> {
        let frames = self.frames();
        (frames > 0).then(|| self.frame_bytes as f64 / frames as f64)
    }

    /// Frames per second of each served viewer, ascending. A viewer that was there for less than a second of the window, and
    /// for less than half of it, has no rate.
    pub fn rates(&self, until: Duration) -> Vec<f64> {
        let mut rates: Vec<f64> = self.present(until).map(|it| it.fps()).collect();
        rates.sort_unstable_by(f64::total_cmp);
        rates
    }

    /// How much of the rate of a viewer is chance, as a share of it: that of the median one. The slowest of many is slower by
    /// chance, as far as the faster ones are apart.
    pub fn rate_noise(&self, until: Duration) -> (f64, f64) {
        let mut shares: Vec<f64> = self.present(until).map(|it| noise::rate(&it.viewer.gaps)).collect();
        shares.sort_unstable_by(f64::total_cmp);
        let rates = self.rates(until);
        let at = |values: &[f64], share: f64| {
            let last = values.len().saturating_sub(1);
            values.get((last as f64 * share) as usize).copied().unwrap_or_default()
        };
        let (share, median) = (at(&shares, 0.5), at(&rates, 0.5));
        let apart = (at(&rates, 1.0) - median) / median.max(1e-9);
        (share, share.max(apart))
    }

    /// Frames that were due at `fps` and did not come: those of served viewers, to the frame. A frame is due when its number
    /// says so, so a stall loses all frames that were due in it, not one.
    pub fn due_and_lost(&self, fps: f64, until: Duration) -> (u64, u64) {
        self.present(until).fold((0, 0), |(due, lost), it| {
            let expected = (it.time.as_secs_f64() * fps) as u64;
            // The window cuts a frame at each of its edges.
            let missing = expected.saturating_sub(it.intervals());
            (due + expected, lost + if missing > 1 { missing } else { 0 })
        })
    }

    /// The longest time of the window without a frame, of all served viewers. A stall that lasts to the end of the window counts:
    /// its frame never came, and so made no gap.
    pub fn gap_max(&self, until: Duration) -> Option<Duration> {
        let window = self.window?;
        self.viewers.iter().filter_map(|it| Some(it.gap_max.max(it.open_gap(window, until)?))).max()
    }

    /// The gaps with those that a stall hides: a gap of k intervals made k - 1 frames late, by k - 1, k - 2, ... intervals, and
    /// a gap that is open at the end counts like one that ends there.
    pub fn gaps_of_due_frames(&self, interval: Duration, until: Duration) -> Histogram<u64> {
        let mut gaps = self.gaps.clone();
        let open = self.viewers.iter().filter_map(|it| it.open_gap(self.window?, until));
        open.filter(|&open| open > interval * 2).for_each(|open| record(&mut gaps, open));
        gaps.clone_correct(micros(interval).max(1))
    }

    /// Served viewers that were there long enough for a rate.
    fn present(&self, until: Duration) -> impl Iterator<Item = Presence<'_>> {
        let window = self.window.unwrap_or(Window { start: until, end: until });
        let least = Duration::from_secs(1).min((until.saturating_sub(window.start)) / 2);
        self.viewers.iter().filter_map(move |it| {
            let it = it.present(window, until)?;
            (it.time >= least && !it.time.is_zero()).then_some(it)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::times::percentile;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// A viewer with a frame at each of these times, in a window from 1 s to 3 s.
    fn tally(viewers: &[Vec<u64>]) -> Tally {
        let mut tally = Tally::new();
        tally.begin(Window { start: ms(1000), end: ms(3000) });
        for frames in viewers {
            let viewer = tally.open(ms(500));
            for &at in frames {
                tally.frame(viewer, ms(at), 1000, Some(ms(7)));
                tally.bytes(viewer, ms(at), 1100);
            }
        }
        tally
    }

    #[test]
    fn only_the_window_counts_but_first_frames_always_do() {
        let tally = tally(&[(600..3500).step_by(100).collect()]);
        assert_eq!((tally.frames(), tally.received()), (20, 22_000));
        assert_eq!(tally.rates(ms(3000)), [10.0]);
        assert_eq!(percentile(&tally.first_frames, 50.0).map(|it| it.as_millis()), Some(100));
        assert_eq!(tally.due_and_lost(10.0, ms(3000)), (20, 0));
        assert_eq!(tally.mean_frame_bytes(), Some(1000.0));
    }

    #[test]
    fn a_stall_that_does_not_end_counts_although_it_made_no_gap() {
        let tally = tally(&[(600..=1500).step_by(100).collect(), (600..3000).step_by(100).collect()]);
        // The largest gap between frames is 100 ms.
        assert_eq!(tally.gaps.max() / 1000, 100);
        assert_eq!(tally.gap_max(ms(3000)), Some(ms(1500)));
        assert_eq!(tally.due_and_lost(10.0, ms(3000)), (40, 14));
        // 1500, 1400, ... 100 ms: fifteen frames that were due, among 26 others.
        let due = tally.gaps_of_due_frames(ms(100), ms(3000));
        assert_eq!(percentile(&tally.gaps, 99.0).map(|it| it.as_millis()), Some(100));
        assert!(percentile(&due, 99.0).is_some_and(|it| it > ms(1400)), "{:?}", percentile(&due, 99.0));
    }

    #[test]
    fn a_viewer_that_gets_no_frame_is_not_served_and_one_that_loses_its_stream_is_cut() {
        let mut tally = tally(&[vec![], vec![600, 1100], vec![600, 1100]]);
        tally.over(0, ms(700), "HTTP status 503".into());
        tally.over(1, ms(2100), "the connection was reset".into());
        assert_eq!((tally.served(), tally.cut(), tally.waiting()), (2, 1, 0));
        assert_eq!(tally.reasons.len(), 2);
        tally.leave(2, ms(3000));
        assert_eq!(tally.cut(), 1, "who leaves is not cut");
        // One frame in 1.1 s, and one in 2 s.
        assert_eq!(
            tally.rates(ms(3000)).iter().map(|fps| (fps * 10.0).round()).collect::<Vec<_>>(),
            [5.0, 9.0]
        );
        assert_eq!(tally.gap_max(ms(3000)), Some(ms(1900)));
    }

    #[test]
    fn times_above_an_hour_count_as_an_hour() {
        let mut tally = tally(&[]);
        let viewer = tally.open(ms(0));
        tally.frame(viewer, Duration::from_secs(90_000), 1, None);
        assert!(percentile(&tally.first_frames, 50.0).is_some_and(|it| it >= Duration::from_secs(3590)));
    }
}
