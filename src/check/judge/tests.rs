//! Tests of the judge: rules that are not selected, and the windows of a stream that goes on.

mod parts;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Expectations, Judge};
use crate::check::report::{Finding, Report};
use crate::check::rule::Severity;
use crate::check::selection::Selection;
use crate::http::Head;
use crate::jpeg::Walk;
use crate::multipart::{Event, Parser};

/// Two pictures that differ.
const PICTURES: [&[u8]; 2] = [
    include_bytes!("../../../fixtures/streams/frames/1.jpg"),
    include_bytes!("../../../fixtures/streams/frames/2.jpg"),
];

/// A stream of parts, each at a time of arrival in ms, for one judge.
struct Stream {
    judge: Judge,
    parser: Parser<Walk>,
}

impl Stream {
    fn new(expectations: Expectations, content_type: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n");
        let mut judge = Judge::new(expectations);
        judge.head(&Head::parse(head.as_bytes()).unwrap().unwrap());
        Self { judge, parser: Parser::new(Walk::new(), Some(b"b")) }
    }

    fn ordinary() -> Self {
        Self::new(Expectations::default(), "multipart/x-mixed-replace; boundary=b")
    }

    /// Sends a picture with a Content-Length that is too long by `wrong`.
    fn send(&mut self, picture: &[u8], wrong: usize, at_ms: u64) {
        self.send_with(&format!("Content-Length: {}", picture.len() + wrong), picture, at_ms);
    }

    /// Sends a picture with a capture time.
    fn send_stamped(&mut self, picture: &[u8], stamp: &str, at_ms: u64) {
        let fields = format!("Content-Length: {}\r\nX-Timestamp: {stamp}", picture.len());
        self.send_with(&fields, picture, at_ms);
    }

    fn send_with(&mut self, fields: &str, picture: &[u8], at_ms: u64) {
        let head = format!("--b\r\nContent-Type: image/jpeg\r\n{fields}\r\n\r\n");
        let bytes = [head.as_bytes(), picture, b"\r\n"].concat();
        self.parser.space()[..bytes.len()].copy_from_slice(&bytes);
        self.parser.filled(bytes.len());
        while let Some(event) = self.parser.next_event().unwrap() {
            let arrival = matches!(event, Event::Part(_)).then(|| Duration::from_millis(at_ms));
            self.judge.event(&event, arrival);
        }
    }

    fn window(&mut self, at_ms: u64) -> Vec<(&'static str, u64)> {
        found(&self.judge.window(Some(Duration::from_millis(at_ms))))
    }
}

fn found(report: &Report) -> Vec<(&'static str, u64)> {
    let counts = |finding: &&Finding| finding.severity() > Severity::Info;
    report.findings.iter().filter(counts).map(|finding| (finding.rule.name, finding.count)).collect()
}

#[test]
fn a_sound_stream_has_no_finding_in_any_window() {
    let mut stream = Stream::ordinary();
    for n in 0..100 {
        stream.send(PICTURES[n % 2], 0, n as u64 * 100);
        if n % 10 == 9 {
            let report = stream.judge.window(Some(Duration::from_millis(n as u64 * 100 + 50)));
            assert_eq!(found(&report), [], "{n}");
            let fps = report.timing.unwrap().fps;
            assert!((fps - 10.0).abs() < 0.01 && report.pictures == 10, "{n}: {fps}");
        }
    }
}

#[test]
fn a_run_of_equal_pictures_is_found_wherever_the_borders_are() {
    for border in 0..30 {
        let mut stream = Stream::ordinary();
        let mut all = Vec::new();
        // Pictures 10 to 20 show the same.
        for n in 0..30_usize {
            let picture = if (10..20).contains(&n) { PICTURES[0] } else { PICTURES[n % 2] };
            stream.send(picture, 0, n as u64 * 100);
            if n == border {
                all.extend(stream.window(n as u64 * 100));
            }
        }
        all.extend(stream.window(3000));
        let all: Vec<_> = all.into_iter().map(|(name, _)| name).collect();
        assert!(all.contains(&"frozen"), "{border}: {all:?}");
        assert!(all.iter().all(|name| *name == "frozen"), "{border}: {all:?}");
    }
}

#[test]
fn a_gap_that_crosses_a_border_is_found_and_silence_has_the_limit_of_the_window_before() {
    let mut stream = Stream::ordinary();
    for n in 0..10 {
        stream.send(PICTURES[n % 2], 0, n as u64 * 100);
    }
    // Silence from 0.9 s to 2.5 s, with a border at 1.7 s, when it is too short.
    assert_eq!(stream.window(1700), []);
    stream.send(PICTURES[0], 0, 2500);
    stream.send(PICTURES[1], 0, 2600);
    assert_eq!(stream.window(2700), [("stall", 1)]);
    assert_eq!(stream.window(9000), [("stall", 1)]);
    stream.send(PICTURES[0], 0, 9100);
    assert_eq!(stream.window(9200).first(), Some(&("stall", 1)));
}

#[test]
fn each_finding_counts_in_one_window_but_those_of_the_head_in_all() {
    let mut stream = Stream::new(Expectations::default(), "video/x-motion-jpeg");
    let mut lengths = 0;
    for n in 0..40 {
        stream.send(PICTURES[n % 2], if n % 7 == 3 { 5 } else { 0 }, n as u64 * 100);
        if n % 4 == 3 {
            let found = stream.window(n as u64 * 100);
            assert!(found.iter().any(|(name, _)| *name == "content-type-not-mixed-replace"), "{found:?}");
            lengths += found.iter().filter(|it| it.0 == "content-length-long").map(|it| it.1).sum::<u64>();
        }
    }
    let report = stream.judge.finish(Some(Duration::from_secs(4)));
    lengths += found(&report).iter().filter(|it| it.0 == "content-length-long").map(|it| it.1).sum::<u64>();
    assert_eq!(lengths, 6);
}

#[test]
fn a_wrong_delimiter_counts_in_each_window_of_its_response() {
    let mut stream = Stream::new(Expectations::default(), "multipart/x-mixed-replace; boundary=other");
    stream.parser = Parser::new(Walk::new(), Some(b"other"));
    for n in 0..12 {
        stream.send(PICTURES[n % 2], 0, n as u64 * 100);
        if n % 4 == 3 {
            assert_eq!(stream.window(n as u64 * 100), [("delimiter-mismatch", 1)], "{n}");
        }
    }
    stream.judge.ended_early("more");
    let report = stream.judge.finish(Some(Duration::from_millis(1200)));
    let message = &report.findings.iter().find(|it| it.rule.code == "T404").unwrap().message;
    assert!(message.contains("after 12 parts"), "{message}");
}

#[test]
fn the_rate_is_that_of_the_window() {
    let expectations = Expectations { min_fps: Some(4.0), ..Expectations::default() };
    let mut stream = Stream::new(expectations, "multipart/x-mixed-replace; boundary=b");
    // 10 pictures in the first second, then 2 in the second one.
    for n in 0..10 {
        stream.send(PICTURES[n % 2], 0, n as u64 * 100);
    }
    assert_eq!(stream.window(1000), []);
    for at_ms in [1100, 1800] {
        stream.send(PICTURES[at_ms as usize / 100 % 2], 0, at_ms);
    }
    assert_eq!(stream.window(2000), [("fps-below-limit", 1)]);
    // A stream that is opened later by the same clock.
    let expectations = Expectations { min_fps: Some(4.0), ..Expectations::default() };
    let mut later = Stream::new(expectations, "multipart/x-mixed-replace; boundary=b");
    later.judge.begin_at(Duration::from_secs(3600));
    for n in 0..10 {
        later.send(PICTURES[n % 2], 0, 3_600_000 + n as u64 * 100);
    }
    assert_eq!(later.window(3_601_000), []);
}

/// Pictures at these times, and the end of the check, in milliseconds. Returns the finding about the rate.
fn rate(min_fps: f64, pictures_ms: &[u64], end_ms: u64) -> Option<String> {
    let expectations = Expectations { min_fps: Some(min_fps), ..Expectations::default() };
    let mut stream = Stream::new(expectations, "multipart/x-mixed-replace; boundary=b");
    for (n, &at_ms) in pictures_ms.iter().enumerate() {
        stream.send(PICTURES[n % 2], 0, at_ms);
    }
    let report = stream.judge.finish(Some(Duration::from_millis(end_ms)));
    report.findings.iter().find(|it| it.rule.code == "T403").map(|it| it.message.clone())
}

#[test]
fn the_rate_is_that_between_the_pictures_and_silence_counts() {
    // 15 pictures a second, as many as the limit of a check says: the last one is the end.
    let steady: Vec<u64> = (0..10).map(|n| n * 1000 / 15).collect();
    assert_eq!(rate(15.0, &steady, 600), None);
    let message = rate(15.5, &steady, 600).expect("15 are fewer than 15.5");
    assert_eq!(message, "15.00 frames a second, asked for 15.5: 10 in 0.6 s");
    // An end between two pictures changes nothing, nor does a first picture that comes in the middle of a gap.
    assert_eq!(rate(15.0, &steady, 660), None);
    let later: Vec<u64> = steady.iter().map(|ms| ms + 60).collect();
    assert_eq!(rate(15.0, &later, 720), None);
    // Silence does.
    assert!(rate(15.0, &steady, 2600).is_some_and(|it| it.starts_with("3.85 frames a second")));
    let late: Vec<u64> = steady.iter().map(|ms| ms + 2000).collect();
    assert!(rate(15.0, &late, 2600).is_some_and(|it| it.starts_with("3.85 frames a second")));
    assert!(rate(15.0, &[10], 2600).is_some() && rate(15.0, &[], 2600).is_some());
}

/// The findings about capture times in whole seconds, of pictures at 10 fps. `times` makes the time of arrival and the capture
/// time in ms of the number of a picture.
fn of_seconds(pictures: u64, times: fn(u64) -> (u64, u64)) -> Vec<(&'static str, String)> {
    let mut stream = Stream::ordinary();
    for n in 0..pictures {
        let (arrival, taken) = times(n * 100);
        let stamp = format!("{}", 1_700_000_000 + taken / 1000);
        stream.send_stamped(PICTURES[n as usize % 2], &stamp, arrival);
    }
    let findings = stream.judge.finish(Some(Duration::from_millis(times(pictures * 100).0))).findings;
    let found = findings.into_iter().filter(|it| it.rule.code.starts_with("C50"));
    found.map(|it| (it.rule.code, it.message)).collect()
}

#[test]
fn capture_times_in_whole_seconds_are_judged_like_finer_ones() {
    assert_eq!(of_seconds(100, |ms| (ms, ms)), []);
    assert_eq!(of_seconds(12, |ms| (ms, ms / 10)), [], "the second may not be over");
    assert_eq!(of_seconds(100, |ms| (ms + ms / 5000 * 3200, ms + ms / 5000 * 3200)), [], "a stall");
    let [(code, message)] = &of_seconds(600, |ms| (ms, ms * 4 / 5))[..] else { panic!() };
    assert_eq!(*code, "C505");
    assert!(message.contains("by 9.0 s") || message.contains("by 8.8 s"), "{message}");
    let [(code, message)] = &of_seconds(600, |ms| (ms, ms / 30_000 * 30_000))[..] else { panic!() };
    assert_eq!((*code, &message[..]), ("C508", "598 new pictures have the X-Timestamp of the one before"));
}

#[test]
fn the_clock_of_the_camera_may_be_set_while_nobody_watches() {
    let found = |is_interrupted: bool| {
        let mut stream = Stream::ordinary();
        for n in 0..100_u64 {
            if n == 50 && is_interrupted {
                stream.judge.interrupt();
            }
            let stamp = 1_700_000_000.0 + n as f64 / 10.0 - if n < 50 { 0.0 } else { 4000.0 };
            stream.send_stamped(PICTURES[n as usize % 2], &format!("{stamp:.3}"), n * 100);
        }
        found(&stream.judge.finish(None))
    };
    assert_eq!(found(false).first().map(|it| it.0), Some("capture-time-back"));
    assert_eq!(found(true), []);
}

#[test]
fn the_time_in_which_nobody_watched_is_no_gap() {
    let mut stream = Stream::ordinary();
    for n in 0..20 {
        if n == 12 {
            stream.judge.interrupt();
        }
        stream.send(PICTURES[n % 2], 0, n as u64 * 200 + if n < 12 { 0 } else { 60_000 });
    }
    let report = stream.judge.finish(None);
    assert_eq!(found(&report), []);
    let timing = report.timing.unwrap();
    assert_eq!((timing.fps, timing.gap_max), (5.0, Duration::from_millis(200)));
}

fn report(rules: Selection) -> Report {
    let expectations = Expectations { rules, ..Expectations::default() };
    let mut judge = Judge::new(expectations);
    judge.head(&Head::parse(b"HTTP/1.1 200 OK\nContent-Type: x/y\n\n").unwrap().unwrap());
    judge.finish(None)
}

#[test]
fn rules_that_are_not_selected_change_nothing_in_the_report() {
    let all = report(Selection::all());
    assert_eq!(all.worst(), Some(Severity::Error));
    let warnings = report(Selection::all().without(["H102".parse().unwrap()]));
    assert_eq!(warnings.worst(), Some(Severity::Warning));
    let none = report(Selection::all().only(["J".parse().unwrap()]));
    assert_eq!((none.worst(), none.findings.len()), (None, 0));
}
