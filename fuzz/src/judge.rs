//! The judge: the same findings for every way to cut the input, and no panic at any times.

use std::time::Duration;

use mjpeg::check::{Expectations, Judge, Report};
use mjpeg::response::{Event, Expected, Reader};

use super::cuts::Cuts;

/// `input`: one byte that chooses the depth and what is expected, one that chooses cuts and times, then a response.
pub fn check(input: &[u8]) {
    let [choice, cut, response @ ..] = input else { return };
    let expected = if choice & 1 == 0 { Expected::Saved } else { Expected::Response };
    let is_deep = choice & 2 == 0;
    let [whole, bytes, pieces] =
        [0, 1, *cut].map(|seed| judged(response, expected, is_deep, Cuts::new(seed), |_| None));
    assert_eq!(bytes, whole, "byte by byte");
    assert_eq!(pieces, whole, "cut by seed {cut}");

    // Times that jump forwards. Any order of figures must be survived.
    let pace = u64::from(*cut) * 7_919;
    judged(response, expected, is_deep, Cuts::new(*cut), |n| Some(Duration::from_micros(n * pace)));
    judged(response, expected, is_deep, Cuts::new(*cut), |n| Some(Duration::MAX / 3 * (n % 3) as u32));
}

fn judged(
    response: &[u8],
    expected: Expected,
    is_deep: bool,
    mut reads: impl Iterator<Item = usize>,
    arrival: impl Fn(u64) -> Option<Duration>,
) -> Report {
    let mut expectations = Expectations::default();
    expectations.deep = is_deep;
    let mut judge = Judge::new(expectations);
    let mut reader = Reader::new(expected);
    let (mut rest, mut is_finished, mut events) = (response, false, 0);
    'reads: loop {
        loop {
            match reader.next_event() {
                Ok(Some(Event::Head(head))) => judge.head(head),
                Ok(Some(Event::Body(event))) => {
                    judge.event(&event, arrival(events));
                    events += 1;
                }
                Ok(Some(_) | None) => break,
                Err(_) => break 'reads,
            }
        }
        if rest.is_empty() {
            if is_finished {
                break;
            }
            reader.finish();
            is_finished = true;
            continue;
        }
        let space = reader.space();
        assert!(!space.is_empty(), "no room to read into");
        let n = reads.next().unwrap_or(usize::MAX).min(space.len()).min(rest.len());
        let (now, later) = rest.split_at(n);
        space[..n].copy_from_slice(now);
        reader.filled(n);
        rest = later;
    }
    let report = judge.finish(arrival(events));
    for finding in &report.findings {
        assert!(!finding.rule.name.is_empty(), "{finding:?}");
    }
    report
}
