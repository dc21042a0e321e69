//! The long gaps between pictures, with what is known of each, and how late the reader was.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::findings::{Findings, Place};
use crate::check::cause::{Gap, GapCause, GapEvidence, Silence};
use crate::check::lateness::ReaderLateness;
use crate::check::rules::timing::READER_LATE;

/// Most gaps that are kept: the longest.
const MOST: usize = 64;
/// Shorter gaps are no stall without a limit that the user sets.
const SHORTEST: Duration = Duration::from_millis(1000);

/// The gaps so far.
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    last: Option<Duration>,
    /// What is known since the last picture.
    since: GapEvidence,
    /// The silence that goes on.
    now: Option<Silence>,
    long: Vec<Gap>,
    lateness: ReaderLateness,
    /// What cannot be judged because of us.
    withheld: Vec<&'static str>,
}

impl Gaps {
    /// Those of the next window: the gap goes on.
    pub fn continued(&self) -> Self {
        Self { last: self.last, since: self.since, ..Self::default() }
    }

    /// Nobody watched between the last picture and the next one.
    pub fn interrupt(&mut self) {
        (self.last, self.since) = (None, GapEvidence::default());
    }

    /// Takes a silence, before the picture that ends it.
    pub fn silence(&mut self, silence: &Silence) {
        self.since.add(silence);
        self.lateness.starved += silence.starved;
        if !silence.late.is_zero() {
            self.lateness.reads += 1;
            self.lateness.total += silence.late;
            self.lateness.longest = self.lateness.longest.max(silence.late);
        }
    }

    /// Takes the silence that goes on when this window ends.
    pub fn silent_now(&mut self, silence: &Silence) {
        self.now = Some(*silence);
    }

    /// Takes the time of the next picture.
    pub fn picture(&mut self, arrival: Duration, max_gap: Option<Duration>) {
        let evidence = core::mem::take(&mut self.since);
        if let Some(last) = self.last {
            let gap = Gap::new(last, arrival.saturating_sub(last), evidence);
            if gap.length >= max_gap.unwrap_or(SHORTEST).min(SHORTEST) {
                self.keep(gap);
            }
        }
        self.last = Some(arrival);
    }

    fn keep(&mut self, gap: Gap) {
        if self.long.len() < MOST {
            return self.long.push(gap);
        }
        let shortest = self.long.iter().enumerate().min_by_key(|(_, it)| it.length);
        if let Some((at, _)) = shortest.filter(|(_, it)| it.length < gap.length) {
            self.long.remove(at);
            self.long.push(gap);
        }
    }

    /// Decides about the gaps above `limit`. `watched`: from the first byte to the end. Returns whether the silence at the end is
    /// one of them.
    pub fn judge(&mut self, limit: Duration, watched: Option<Duration>) -> bool {
        let silence = watched.zip(self.last).map(|(watched, last)| (last, watched.saturating_sub(last)));
        if let Some((last, length)) = silence {
            let mut evidence = self.since;
            if let Some(silence) = &self.now {
                evidence.add(silence);
            }
            self.keep(Gap::new(last, length, evidence));
        }
        self.long.retain(|gap| gap.length > limit);
        self.long.iter_mut().for_each(|gap| gap.judge(limit));
        silence.is_some_and(|(_, length)| length > limit)
    }

    /// The gaps above the limit, once they are judged.
    pub fn long(&self) -> &[Gap] {
        &self.long
    }

    /// How many of them are ours.
    pub fn ours(&self) -> u64 {
        self.long.iter().filter(|gap| gap.cause == Some(GapCause::Reader)).count() as u64
    }

    /// How late the reader was.
    pub fn lateness(&self) -> ReaderLateness {
        self.lateness
    }

    /// Something is not judged because of us.
    pub fn withhold(&mut self, what: &'static str) {
        self.withheld.push(what);
    }

    /// Notes what is not judged. Returns the gaps above the limit.
    pub fn finish(self, findings: &mut Findings) -> (Vec<Gap>, ReaderLateness) {
        let ReaderLateness { total, longest, starved, .. } = self.lateness;
        if !self.withheld.is_empty() {
            let mut message: String = format!(
                "not judged: {}; we were late by {} ms, {} ms at once",
                self.withheld.join(", "),
                total.as_millis(),
                longest.as_millis()
            );
            if starved >= Duration::from_millis(10) {
                message += &format!(", and waited {} ms for a processor", starved.as_millis());
            }
            findings.note(&READER_LATE, Place::STREAM, message);
            findings.set_cause(&READER_LATE, Some(GapCause::Reader));
        }
        (self.long, self.lateness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::cause::Path;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_longest_gaps_are_kept_with_their_evidence() {
        let mut gaps = Gaps::default();
        let mut at = ms(0);
        gaps.picture(at, None);
        for length in 1..=1000u64 {
            let from = at;
            at += ms(1000 + length);
            gaps.silence(&Silence { from, to: at, late: ms(length), ..Silence::default() });
            gaps.picture(at, None);
        }
        gaps.judge(ms(1000), Some(at));
        assert_eq!(gaps.long().len(), MOST);
        assert!(
            gaps.long().iter().all(|it| it.evidence.late + ms(1000) == it.length && it.length > ms(1936))
        );
        assert_eq!((gaps.ours(), gaps.lateness().reads, gaps.lateness().longest), (64, 1000, ms(1000)));
    }

    #[test]
    fn a_gap_that_goes_on_in_the_next_window_keeps_what_is_known() {
        let mut gaps = Gaps::default();
        gaps.picture(ms(100), None);
        gaps.silence(&Silence { from: ms(100), to: ms(2100), late: ms(1900), ..Silence::default() });
        let mut next = gaps.continued();
        assert_eq!(next.lateness(), ReaderLateness::default());
        next.picture(ms(2200), None);
        next.judge(ms(1050), Some(ms(2200)));
        assert_eq!(next.ours(), 1);
    }

    #[test]
    fn a_silence_that_goes_on_counts_once_in_each_window() {
        let path = Path { answers: 2, due: ms(1300), ..Path::default() };
        let mut gaps = Gaps::default();
        gaps.picture(ms(100), None);
        gaps.silent_now(&Silence { from: ms(100), to: ms(3100), path: Some(path), ..Silence::default() });
        let mut next = gaps.continued();
        gaps.judge(ms(1050), Some(ms(3100)));
        assert_eq!(gaps.long()[0].cause, Some(GapCause::Camera));
        next.silence(&Silence { from: ms(100), to: ms(4100), path: Some(path), ..Silence::default() });
        next.picture(ms(4100), None);
        next.judge(ms(1050), Some(ms(4100)));
        assert_eq!(next.long()[0].evidence.silent, ms(4000));
    }
}
