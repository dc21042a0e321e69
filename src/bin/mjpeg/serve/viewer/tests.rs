//! Tests of a viewer against simulated peers of any speed.

use mjpeg::multipart::Boundary;

use super::super::faults::Injector;
use super::super::part::Trailer;
use super::super::recipe::{Recipe, Standard};
use super::*;
use crate::source::picture::{Picture, SMALLEST};

/// Makes parts. Each picture contains its number and has its own length.
struct Stream {
    recipe: Standard,
}

impl Stream {
    fn new() -> Self {
        Self { recipe: Standard::new(Boundary::new("b").unwrap(), &[]) }
    }

    fn picture(number: u64) -> Picture {
        let text = "x".repeat(100 + number as usize);
        let length = (text.len() + 10) as u16;
        let jpeg = [
            b"\xff\xd8\xff\xfe",
            &length.to_be_bytes()[..],
            &number.to_be_bytes(),
            text.as_bytes(),
            &SMALLEST[2..],
        ];
        Picture::new(jpeg.concat()).unwrap()
    }

    fn part(&self, number: u64, trailer: Trailer) -> Rc<Part> {
        let frame = self.recipe.encode(Self::picture(number), number, Duration::ZERO);
        Rc::new(Part::new(Rc::new(frame), trailer, &self.recipe))
    }

    fn with_next_head(&self, number: u64) -> Rc<Part> {
        let next = self.recipe.encode(Self::picture(number + 1), number + 1, Duration::ZERO);
        self.part(number, Trailer::Promise(Rc::new(next)))
    }
}

/// Parses a stream strictly, by Content-Length, and returns the numbers of its pictures.
fn numbers(stream: &[u8], closed: bool) -> Vec<u64> {
    let mut rest = stream.strip_prefix(b"HEAD--b\r\n").expect("the first delimiter");
    let mut numbers = Vec::new();
    while let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let length: usize =
            head.split("Content-Length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let Some(body) = rest[end + 4..].get(..length) else { break };
        assert_eq!((&body[..2], &body[length - 2..]), (&b"\xff\xd8"[..], &b"\xff\xd9"[..]));
        numbers.push(u64::from_be_bytes(body[6..14].try_into().unwrap()));
        rest = &rest[end + 4 + length..];
        match rest.strip_prefix(b"\r\n--b\r\n") {
            Some(more) => rest = more,
            None => {
                assert_eq!(rest, if closed { &b"\r\n--b--\r\n"[..] } else { b"" });
                return numbers;
            }
        }
    }
    assert!(!closed, "no close-delimiter");
    numbers
}

fn length(slices: &[IoSlice<'_>]) -> usize {
    slices.iter().map(|slice| slice.len()).sum()
}

fn joined(slices: &[IoSlice<'_>]) -> Vec<u8> {
    slices.iter().flat_map(|slice| slice.to_vec()).collect()
}

fn head() -> Rc<[u8]> {
    Rc::from(&b"HEAD"[..])
}

#[test]
fn a_fast_viewer_gets_every_part_with_one_send_each() {
    for layout in [Layout::Leading, Layout::Trailing, Layout::Early, Layout::Auto] {
        let stream = Stream::new();
        let mut viewer = Viewer::new(0, layout, head(), None);
        let (mut out, mut sends) = (Vec::new(), 0);
        for number in 1..=5 {
            let part = stream.with_next_head(number);
            viewer.offer(&part);
            let push = viewer.push(Some(&part), Duration::ZERO, |slices| {
                sends += 1;
                out.extend(joined(slices));
                Ok(length(slices))
            });
            assert_eq!(push.unwrap(), Push::Idle);
        }
        assert_eq!(numbers(&out, false), [1, 2, 3, 4, 5], "{layout:?}");
        assert_eq!(sends, 1 + 5, "{layout:?}");
        assert_eq!(viewer.count.sent, 5);
    }
}

/// At any speed of the peer and at any cut: the stream is valid, each promised frame is sent, and the last
/// frame and the close-delimiter arrive.
#[test]
fn a_slow_viewer_skips_frames_and_never_breaks_a_promise() {
    for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
        let windows = (1..400).flat_map(|window| [0, 1, 2].map(|end| (window, end)));
        for (window, end) in windows {
            let stream = Stream::new();
            let mut viewer = Viewer::new(0, layout, head(), None);
            let mut out = Vec::new();
            let mut parts: Vec<Rc<Part>> = (1..11).map(|number| stream.with_next_head(number)).collect();
            // A source that ends by itself promises nothing.
            parts.push(if end == 2 {
                stream.part(11, Trailer::Delimiter)
            } else {
                stream.with_next_head(11)
            });
            // The last part of a source that ends by itself, or by a signal, or that has no further picture.
            let (picture, trailer) =
                [(12, Trailer::Close), (12, Trailer::CloseAtOnce), (11, Trailer::CloseBehindNewest)][end]
                    .clone();
            let frame = stream.recipe.encode(Stream::picture(picture), 12, Duration::ZERO);
            parts.push(Rc::new(Part::new(Rc::new(frame), trailer, &stream.recipe)));
            for part in &parts {
                viewer.offer(part);
                let mut room = window;
                let mut send = |slices: &[IoSlice<'_>]| {
                    let n = length(slices).min(room);
                    room -= n;
                    out.extend_from_slice(&joined(slices)[..n]);
                    if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
                };
                viewer.push(Some(part), Duration::from_secs(1), &mut send).unwrap();
            }
            let last = parts.last();
            for _ in 0..4 {
                let all = |slices: &[IoSlice<'_>]| {
                    out.extend(joined(slices));
                    Ok(length(slices))
                };
                assert_eq!(viewer.push(last, Duration::ZERO, all).unwrap(), Push::Done);
            }
            let numbers = numbers(&out, true);
            assert!(numbers.is_sorted(), "{layout:?} {window}: {numbers:?}");
            assert!(end == 1 || numbers.last() == Some(&picture), "{layout:?} {window}: {numbers:?}");
            assert_eq!(viewer.count.sent, numbers.len() as u64, "{layout:?} {window}");
            assert!(viewer.count.skipped + viewer.count.sent <= 13);
        }
    }
}

#[test]
fn faults_of_time_break_no_promise_of_a_slow_viewer() {
    const FAULTS: [&[&str]; 5] = [
        &["fill=100"],
        &["hold-tail=50"],
        &["drip=50", "burst=2"],
        &["fill=64", "stall=30ms"],
        &["stall-inside=150ms@every=2"],
    ];
    for (faults, layout) in FAULTS
        .iter()
        .flat_map(|it| [Layout::Leading, Layout::Trailing, Layout::Early].map(|layout| (it, layout)))
    {
        for window in (1..400).step_by(13) {
            let faulty = Injector::of(faults).script();
            let stream = Stream::new();
            let mut viewer = Viewer::new(0, layout, head(), Some(faulty));
            let (mut out, mut newest, mut push) = (Vec::new(), None, Push::Idle);
            for ms in 0..10_000 {
                if push == Push::Done {
                    break;
                }
                if ms % 100 == 0 && ms < 1200 {
                    let number = ms / 100 + 1;
                    let is_last = number == 12;
                    let part =
                        if is_last { stream.part(12, Trailer::Close) } else { stream.with_next_head(number) };
                    viewer.offer(&part);
                    newest = Some(part);
                }
                let mut room = if ms % 10 == 0 { window } else { 0 };
                let send = |slices: &[IoSlice<'_>]| {
                    let n = length(slices).min(room);
                    room -= n;
                    out.extend_from_slice(&joined(slices)[..n]);
                    if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
                };
                push = viewer.push(newest.as_ref(), Duration::from_millis(ms), send).unwrap();
            }
            let numbers = numbers(&out, true);
            assert!(numbers.is_sorted(), "{faults:?} {layout:?} {window}: {numbers:?}");
            assert_eq!(numbers.last(), Some(&12), "{faults:?} {layout:?} {window}");
        }
    }
}

#[test]
fn stuck_time_counts_from_the_first_blocked_send() {
    let stream = Stream::new();
    let part = stream.part(1, Trailer::Delimiter);
    let mut viewer = Viewer::new(0, Layout::Trailing, head(), None);
    let block = |_: &[IoSlice<'_>]| Err(io::ErrorKind::WouldBlock.into());
    for at in [3, 4, 5] {
        let push = viewer.push(Some(&part), Duration::from_secs(at), block);
        assert_eq!(push.unwrap(), Push::Blocked);
        assert_eq!(viewer.stuck_since(), Some(Duration::from_secs(3)));
    }
    let all = |slices: &[IoSlice<'_>]| Ok(length(slices));
    assert_eq!(viewer.push(Some(&part), Duration::from_secs(6), all).unwrap(), Push::Idle);
    assert_eq!(viewer.stuck_since(), None);
    let gone = |_: &[IoSlice<'_>]| Err(io::ErrorKind::ConnectionReset.into());
    let part = stream.part(2, Trailer::Delimiter);
    assert!(viewer.push(Some(&part), Duration::from_secs(7), gone).is_err());
}

#[test]
fn the_time_of_the_last_picture_stands_still_while_a_fault_holds_the_next_one_back() {
    let stream = Stream::new();
    let mut viewer = Viewer::new(0, Layout::Leading, head(), Some(Injector::of(&["stall=60s@3"]).script()));
    let seconds = Duration::from_secs;
    let mut seen = Vec::new();
    for number in 1..=5 {
        let part = stream.part(number, Trailer::Delimiter);
        viewer.offer(&part);
        viewer.push(Some(&part), seconds(number), |slices| Ok(length(slices))).unwrap();
        seen.push(viewer.last_picture());
    }
    assert_eq!(seen, [1, 2, 2, 2, 2].map(|at| Some(seconds(at))));
    let part = stream.part(6, Trailer::Delimiter);
    viewer.push(Some(&part), seconds(70), |slices| Ok(length(slices))).unwrap();
    assert_eq!(viewer.last_picture(), Some(seconds(70)));
    let blocked = |_: &[IoSlice<'_>]| Err(io::ErrorKind::WouldBlock.into());
    let mut other = Viewer::new(0, Layout::Leading, head(), None);
    other.push(Some(&part), seconds(80), blocked).unwrap();
    assert_eq!(other.last_picture(), None);
}
