//! Judges the order of the frames by the numbers in their coded strips, and sums the strips up.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;
use core::time::Duration;

use super::findings::{Findings, Place};
use crate::check::report::{Latency, Strips};
use crate::check::rules::strip::*;
use crate::counted::Counted;
use crate::strip::{Continuity, Identity, Latencies, Place as Order};

/// Ranges of missing frames that a message names.
const RANGES: usize = 8;

/// The numbers so far.
#[derive(Debug, Default)]
pub struct Numbers {
    continuity: Continuity,
    latencies: Latencies,
    /// The source of the last frame.
    source: Option<u16>,
    /// The first part behind a missing frame, the first doubled one with its number, the first reordered one.
    lost: Option<Place>,
    doubled: Option<(Place, u32)>,
    reordered: Option<(Place, u32)>,
}

impl Numbers {
    /// Takes the next picture with a strip, which came at `at` since 1970-01-01 UTC.
    pub fn picture(&mut self, identity: &Identity, at: Option<Duration>, place: Place) {
        self.source = Some(identity.source);
        if let Some(at) = at {
            self.latencies.push(identity, at);
        }
        match self.continuity.push(identity) {
            Order::First | Order::Next => {}
            Order::Behind(_) => {
                self.lost.get_or_insert(place);
            }
            Order::Doubled => {
                self.doubled.get_or_insert((place, identity.number));
            }
            Order::Reordered => {
                self.reordered.get_or_insert((place, identity.number));
            }
        }
    }

    /// Nobody watched between the last picture and the next one.
    pub fn interrupt(&mut self) {
        self.continuity.interrupt();
    }

    /// Judges all of them, and sums them up if there are any.
    pub fn finish(self, findings: &mut Findings) -> Option<Strips> {
        let it = &self.continuity;
        // A missing frame may have come after all.
        if let Some(place) = self.lost.filter(|_| it.lost() > 0) {
            let of = it.frames() + it.lost();
            let lost = Counted(it.lost(), "frame");
            let message = format!("{lost} of {of} {} missing{}", lost.verb(), named(it));
            findings.note_times(it.lost(), &FRAMES_LOST, place, message);
        }
        if let Some((place, number)) = self.doubled {
            let message = format!("{} came again, the first one is {number}", Counted(it.doubled(), "frame"));
            findings.note_times(it.doubled(), &FRAMES_DOUBLED, place, message);
        }
        if let Some((place, number)) = self.reordered {
            let frames = Counted(it.reordered(), "frame");
            let message = format!("{frames} came after a later one, the first one is {number}");
            findings.note_times(it.reordered(), &FRAMES_REORDERED, place, message);
        }
        let ages = self.latencies.ages();
        let percentiles = ages.percentile(50).zip(ages.percentile(99)).zip(ages.max());
        Some(Strips {
            source: self.source?,
            sources: it.sources(),
            frames: it.frames(),
            lost: it.lost(),
            doubled: it.doubled(),
            reordered: it.reordered(),
            early: self.latencies.early(),
            latency: percentiles.map(|((p50, p99), max)| Latency {
                p50,
                p99,
                max,
                late: self.latencies.late(),
            }),
        })
    }
}

/// The numbers of the missing frames of the last source.
fn named(continuity: &Continuity) -> String {
    let mut text = String::new();
    for (index, range) in continuity.missing().enumerate() {
        if index == RANGES {
            text += ", ...";
            break;
        }
        text += if index == 0 { ": " } else { ", " };
        // Writing to a string does not fail.
        let _ = match (range.start(), range.end()) {
            (first, last) if first == last => write!(text, "{first}"),
            (first, last) => write!(text, "{first} to {last}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::check::selection::Selection;

    fn findings(numbers: &[u32]) -> Vec<(&'static str, u64, Option<u64>, String)> {
        let mut judge = Numbers::default();
        for (part, &number) in (1..).zip(numbers) {
            judge.picture(&Identity { time_us: 0, number, source: 1 }, None, Place::in_part(part, 0));
        }
        let mut findings = Findings::default();
        judge.finish(&mut findings);
        let findings = findings.finish(&Selection::all()).into_iter();
        findings.map(|it| (it.rule.code, it.count, it.part, it.message)).collect()
    }

    #[test]
    fn each_fault_of_the_order_has_its_rule_with_the_numbers() {
        assert_eq!(findings(&[7, 8, 9]), []);
        assert_eq!(
            findings(&[1, 2, 5, 6, 8]),
            [("C517", 3, Some(3), "3 frames of 8 are missing: 3 to 4, 7".into())]
        );
        assert_eq!(findings(&[1, 2, 4]), [("C517", 1, Some(3), "1 frame of 4 is missing: 3".into())]);
        assert_eq!(
            findings(&[1, 2, 2, 3, 3]),
            [("C518", 2, Some(3), "2 frames came again, the first one is 2".into())]
        );
        let reordered = "1 frame came after a later one, the first one is 2";
        assert_eq!(findings(&[1, 3, 2, 4]), [("C519", 1, Some(3), reordered.into())]);
    }

    #[test]
    fn frames_of_a_time_in_which_nobody_watched_are_not_missing() {
        let mut judge = Numbers::default();
        for (part, number) in [(1, 1), (2, 3), (3, 40), (4, 42)] {
            if number == 40 {
                judge.interrupt();
            }
            judge.picture(&Identity { time_us: 0, number, source: 1 }, None, Place::in_part(part, 0));
        }
        let mut findings = Findings::default();
        assert_eq!(judge.finish(&mut findings).unwrap().lost, 2);
        let found = findings.finish(&Selection::all());
        assert_eq!(found[0].message, "2 frames of 6 are missing: 2, 41");
    }

    #[test]
    fn the_sum_has_the_ages_of_the_last_source_and_of_all_frames() {
        assert_eq!(Numbers::default().finish(&mut Findings::default()), None);
        let ms = Duration::from_millis;
        let mut judge = Numbers::default();
        for (source, number, age) in [(1, 7, 20), (2, 1, 20), (2, 2, 30), (2, 3, 200)] {
            let identity = Identity { time_us: 100_000 * u64::from(number), number, source };
            judge.picture(&identity, Some(ms(100 * u64::from(number) + age)), Place::STREAM);
        }
        let strips = judge.finish(&mut Findings::default()).unwrap();
        assert_eq!((strips.source, strips.sources, strips.frames, strips.early), (2, 2, 4, 0));
        assert_eq!(strips.latency, Some(Latency { p50: ms(20), p99: ms(200), max: ms(200), late: 1 }));
    }

    #[test]
    fn a_message_names_few_ranges() {
        let numbers: Vec<u32> = (0..100).map(|n| n * 2).collect();
        let message = &findings(&numbers)[0].3;
        assert!(message.ends_with(": 1, 3, 5, 7, 9, 11, 13, 15, ..."), "{message}");
    }
}
