//! The judge: the same findings for every way to cut the input, and no panic at any times.

use std::time::Duration;

use mjpeg::check::{Expectations, Judge, Report, Snapshots};
use mjpeg::multipart::{Event as Body, Part};
use mjpeg::response::{Event, Expected, Reader};
use mjpeg::strip;

use super::cuts::Cuts;
use super::strip::said;

/// Events of a window.
const WINDOW: u64 = 3;

/// `input`: one byte with a bit for each choice, one that chooses cuts and times, then a response.
pub fn check(input: &[u8]) {
    let [choice, cut, response @ ..] = input else { return };
    let choices = Choices(*choice);
    let [whole, bytes, pieces] =
        [0, 1, *cut].map(|seed| judged(response, choices, Cuts::new(seed), |_| None));
    assert_eq!(bytes, whole, "byte by byte");
    assert_eq!(pieces, whole, "cut by seed {cut}");

    // Times that jump forwards. Any order of figures must be survived.
    let pace = u64::from(*cut) * 7_919;
    judged(response, choices, Cuts::new(*cut), |n| Some(Duration::from_micros(n * pace)));
    judged(response, choices, Cuts::new(*cut), |n| Some(Duration::MAX / 3 * (n % 3) as u32));
}

/// What the caller of the judge does.
#[derive(Debug, Clone, Copy)]
struct Choices(u8);

impl Choices {
    fn expected(self) -> Expected {
        if self.0 & 1 == 0 { Expected::Saved } else { Expected::Response }
    }

    fn is_deep(self) -> bool {
        self.0 & 2 == 0
    }

    /// Whether the time of day is known, and coded strips are read.
    fn is_live(self) -> bool {
        self.0 & 4 != 0
    }

    /// Whether a URL that answers with one picture is asked again.
    fn asks_again(self) -> bool {
        self.0 & 8 != 0
    }

    /// Whether there is a report for each window.
    fn has_windows(self) -> bool {
        self.0 & 16 != 0
    }
}

/// The reports of all windows, the last one at the end.
fn judged(
    response: &[u8],
    choices: Choices,
    mut reads: impl Iterator<Item = usize>,
    arrival: impl Fn(u64) -> Option<Duration>,
) -> Vec<Report> {
    let mut expectations = Expectations::default();
    expectations.deep = choices.is_deep();
    let mut judge = Judge::new(expectations);
    if choices.is_live() {
        judge.began(Duration::from_secs(1_795_867_200), Duration::from_millis(3));
    }
    let mut strips = strip::Reader::new();
    let mut reader = Reader::new(choices.expected());
    let (mut rest, mut is_finished, mut events, mut reports) = (response, false, 0, Vec::new());
    'reads: loop {
        loop {
            match reader.next_event() {
                Ok(Some(Event::Head(head))) => judge.head(head),
                Ok(Some(Event::Body(event))) => {
                    let at = arrival(events);
                    let part = if let Body::Part(part) = &event { Some(part) } else { None };
                    if let Some(part) = part.filter(|_| choices.is_live()) {
                        // A camera can say any identity, but no mutation finds one whose check is right.
                        let identity = strips.read(part.body).unwrap_or_else(|| said(part.body));
                        judge.identity(identity, at);
                    }
                    judge.event(&event, at);
                    if let Some(part) = part.filter(|_| choices.asks_again() && judge.is_snapshot()) {
                        ask_again(&mut judge, part, at.unwrap_or_default());
                    }
                    events += 1;
                    if choices.has_windows() && events % WINDOW == 0 {
                        reports.push(judge.window(at));
                    }
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
    reports.push(judge.finish(arrival(events)));
    for finding in reports.iter().flat_map(|report| &report.findings) {
        assert!(!finding.rule.name.is_empty(), "{finding:?}");
    }
    reports
}

/// As if the same picture came again, then another one, then none.
fn ask_again(judge: &mut Judge, part: &Part<'_>, at: Duration) {
    let mut snapshots = Snapshots::new(part.body);
    let mut next = *part;
    for (number, body) in [(2, part.body), (3, &part.body[part.body.len() / 2..])] {
        (next.number, next.body) = (number, body);
        snapshots.next(body, at);
        judge.polled(&next, at);
    }
    snapshots.refused("HTTP status 503".into());
    judge.snapshots(snapshots);
}
