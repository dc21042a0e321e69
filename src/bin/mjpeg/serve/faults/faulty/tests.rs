//! The bytes and times that viewers with faults receive.

use std::io::IoSlice;

use mjpeg::multipart::Boundary;

use super::super::super::emulated::Emulated;
use super::super::super::layout::Layout;
use super::super::super::part::Trailer;
use super::super::super::recipe::{Recipe, Standard};
use super::super::super::viewer::{Push, Viewer};
use super::super::injector::Injector;
use super::*;
use crate::clock::Clock;
use crate::dialect;
use crate::source::picture::{Picture, SMALLEST};

/// What a viewer receives without faults, what it receives with faults and when in milliseconds, and how that ends.
type Played = (Vec<u8>, Vec<(u64, Vec<u8>)>, Push);

/// The bytes that a viewer without faults receives, and those that one with faults receives, by their times: five
/// parts, one each 100 ms, the last one with the close-delimiter.
fn play(faults: &[&str]) -> Played {
    play_in_steps(faults, 1)
}

/// The same with a loop that wakes up only once in so many milliseconds.
fn play_in_steps(faults: &[&str], step: usize) -> Played {
    play_recipe(&standard(), &mut Injector::of(faults), step, &|_| ())
}

fn standard() -> Standard {
    Standard::new(Boundary::new("b").unwrap(), &[])
}

/// The same, and from 250 ms on there are other faults in force.
fn play_changed(before: &[&str], behind: &[&str]) -> Played {
    let parsed = |faults: &[&str]| faults.iter().map(|text| text.parse().unwrap()).collect::<Vec<Fault>>();
    let set = FaultSet::new(parsed(before));
    let mut injector = Injector::new(set.clone(), 1, None, false);
    let change = |ms: u64| {
        if ms == 250 {
            set.replace(parsed(behind));
        }
    };
    play_recipe(&standard(), &mut injector, 1, &change)
}

/// The bytes that a viewer of a dialect receives without faults, and with one.
fn play_dialect(name: &str, fault: &str) -> (String, String) {
    let recipe = Emulated::new(Rc::new(dialect::named(name).unwrap().1), Clock::simulated());
    let (expected, received, _) = play_recipe(&recipe, &mut Injector::of(&[fault]), 1, &|_| ());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&expected), text(&joined(&received)))
}

/// The same with another recipe. `change` is called at each time, in milliseconds.
fn play_recipe(recipe: &dyn Recipe, injector: &mut Injector, step: usize, change: &dyn Fn(u64)) -> Played {
    let frame = |number: u64| {
        let picture = Picture::new(SMALLEST.to_vec()).unwrap();
        Rc::new(recipe.encode(picture, number, Duration::ZERO))
    };
    let layout = recipe.layout().unwrap_or(Layout::Trailing);
    let viewer = |script| Viewer::new(0, layout, Rc::from(&b"HEAD"[..]), script);
    let mut plain = viewer(None);
    let mut faulty = viewer(Some(injector.script()));
    let (mut expected, mut received, mut push) = (Vec::new(), Vec::new(), Push::Idle);
    let mut newest = None;
    for ms in (0..2000).step_by(step) {
        change(ms);
        let now = Duration::from_millis(ms);
        if ms % 100 == 0 && ms < 500 {
            let number = ms / 100 + 1;
            let trailer = if number == 5 { Trailer::Close } else { Trailer::Delimiter };
            let part = Rc::new(Part::new(frame(number), trailer, recipe));
            plain.offer(&part);
            faulty.offer(&part);
            newest = Some(part);
        }
        let send = |to: &mut Vec<u8>, slices: &[IoSlice<'_>]| {
            let before = to.len();
            slices.iter().for_each(|slice| to.extend_from_slice(slice));
            Ok(to.len() - before)
        };
        plain.push(newest.as_ref(), now, |slices| send(&mut expected, slices)).unwrap();
        if !matches!(push, Push::Reset | Push::Done) {
            let mut bytes = Vec::new();
            push = faulty.push(newest.as_ref(), now, |slices| send(&mut bytes, slices)).unwrap();
            if !bytes.is_empty() {
                received.push((ms, bytes));
            }
        }
    }
    (expected, received, push)
}

fn times(received: &[(u64, Vec<u8>)]) -> Vec<u64> {
    received.iter().map(|(ms, _)| *ms).collect()
}

fn joined(received: &[(u64, Vec<u8>)]) -> Vec<u8> {
    received.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
}

#[test]
fn timing_faults_change_only_the_times() {
    for (fault, expected_times) in [
        ("stall=30ms", vec![0, 30, 130, 230, 330, 430]),
        ("stall=30ms@2", vec![0, 100 + 30, 200, 300, 400]),
        ("stall-inside=20ms@every=2", vec![0, 100, 120, 200, 300, 320, 400]),
        ("burst=2", vec![0, 100, 300, 400]),
        ("hold-tail=7", vec![0, 100, 200, 300, 400]),
    ] {
        let (expected, received, push) = play(&[fault]);
        assert_eq!(times(&received), expected_times, "{fault}");
        assert_eq!((joined(&received), push), (expected, Push::Done), "{fault}");
    }
}

#[test]
fn waits_follow_the_planned_times_and_do_not_add_up() {
    let (expected, received, _) = play(&["drip=40"]);
    assert_eq!(joined(&received), expected);
    assert_eq!(times(&received)[..6], [0, 10, 20, 100, 110, 120]);
    assert!(received[1..].iter().all(|(_, bytes)| bytes.len() <= 40));
    // The loop is up to 4 ms late: the third block still comes at the first wake-up from 20 ms on.
    let (_, received, _) = play_in_steps(&["drip=40"], 4);
    assert_eq!(times(&received)[..3], [0, 12, 20]);
}

#[test]
fn a_pump_sends_only_whole_chunks() {
    let (expected, received, _) = play(&["fill=100"]);
    assert_eq!(joined(&received), expected);
    let lengths: Vec<_> = received.iter().map(|(_, bytes)| bytes.len()).collect();
    let (last, chunks) = lengths[..].split_last().unwrap();
    assert_eq!(chunks[0], 4 + 100);
    assert!(chunks[1..].iter().all(|length| length % 100 == 0), "{lengths:?}");
    assert!(*last > 0);
}

#[test]
fn a_held_tail_comes_with_the_next_part() {
    let (expected, received, _) = play(&["hold-tail=7"]);
    let mut sent = 0;
    for (part, (_, bytes)) in received[..4].iter().enumerate() {
        sent += bytes.len();
        let up_to = expected.windows(5).enumerate().filter(|(_, five)| *five == b"--b\r\n");
        let whole = up_to.map(|(at, _)| at + 5).nth(part + 1).unwrap();
        assert_eq!(sent + 7, whole, "{part}");
    }
}

#[test]
fn a_pump_sends_what_it_holds_before_the_connection_closes() {
    let (_, sound, _) = play(&["epilogue@3"]);
    for pump in ["hold-tail=7", "fill=100", "burst=2"] {
        let (_, received, push) = play(&["epilogue@3", pump]);
        assert_eq!((joined(&received), push), (joined(&sound), Push::Done), "{pump}");
    }
}

#[test]
fn faults_of_the_connection_end_it() {
    let (expected, received, push) = play(&["cut@2"]);
    let bytes = joined(&received);
    assert_eq!((times(&received), push), (vec![0, 100], Push::Done));
    assert!(expected.starts_with(&bytes) && !bytes.ends_with(b"\xff\xd9"));
    let (_, received, push) = play(&["reset@1", "stall=1s@2"]);
    assert_eq!((times(&received), push), (vec![0], Push::Reset));
    let (expected, received, push) = play(&["close@3"]);
    let bytes = joined(&received);
    assert!(expected.starts_with(&bytes) && bytes.ends_with(b"\xff\xd9"));
    assert_eq!((bytes.windows(2).filter(|two| *two == b"\xff\xd9").count(), push), (3, Push::Done));
}

#[test]
fn faults_of_the_connection_and_of_time_are_about_the_picture_and_not_about_another_part_before_it() {
    let ends = |bytes: &[u8]| bytes.windows(2).filter(|two| *two == b"\xff\xd9").count();
    for other in ["part-text@1", "part-xml@1", "part-empty@1"] {
        let (_, sound, _) = play(&[other]);
        let sound = joined(&sound);
        let picture = sound.windows(2).position(|two| two == b"\xff\xd8").unwrap();
        for (fault, end) in [("cut@1", Push::Done), ("reset@1", Push::Reset)] {
            let (_, received, push) = play(&[other, fault]);
            let bytes = joined(&received);
            assert!(sound.starts_with(&bytes) && bytes.len() > picture + 2, "{other} {fault}");
            assert_eq!((ends(&bytes), push), (0, end), "{other} {fault}");
        }
        let (_, received, push) = play(&[other, "close@1"]);
        let bytes = joined(&received);
        assert!(sound.starts_with(&bytes) && bytes.ends_with(b"\xff\xd9"), "{other}");
        assert_eq!((ends(&bytes), push), (1, Push::Done), "{other}");
        let (_, received, push) = play(&[other, "epilogue@1"]);
        let bytes = joined(&received);
        let epilogue = b"\xff\xd9\r\n--b--\r\nthis is an epilogue\r\n";
        assert!(bytes.ends_with(epilogue) && ends(&bytes) == 1 && push == Push::Done, "{other}");
        let (_, received, _) = play(&[other, "stall-inside=20ms@1"]);
        assert_eq!(times(&received)[..2], [0, 20], "{other}");
        assert!(received[0].1.len() > picture + 2, "{other}");
        assert_eq!(joined(&received), sound, "{other}");
    }
}

#[test]
fn faults_combine_whatever_their_order_is() {
    let faults = ["burst=2", "stall=5ms@every=2"];
    let (expected, received, _) = play(&faults);
    assert_eq!((times(&received), joined(&received)), (vec![0, 100, 105, 300, 305, 400], expected));
    let [burst, stall] = faults;
    assert_eq!(play(&[stall, burst]).1, received);
}

#[test]
fn the_part_that_is_sent_first_has_no_line_end_before_its_delimiter() {
    // All parts are the same here, so another order is the same bytes.
    let (expected, received, _) = play(&["reordered@1"]);
    assert_eq!(joined(&received), expected);
    let part = (expected.len() - b"HEAD--b--\r\n".len()) / 5;
    for (fault, skipped) in [("skipped@1", 1), ("skipped=3@1", 3)] {
        let (_, received, _) = play(&[fault]);
        let sound = [b"HEAD", &expected[4 + skipped * part..]].concat();
        assert_eq!(joined(&received), sound, "{fault}");
    }
}

#[test]
fn a_viewer_keeps_the_faults_of_the_response_with_which_it_began() {
    const OF_ANOTHER_VIEWER: &str = "no-eoi@viewer=9";
    let (expected, received, _) = play_changed(&[OF_ANOTHER_VIEWER], &["boundary-too-long"]);
    assert_eq!(joined(&received), expected);
    let (_, long, _) = play(&["boundary-too-long"]);
    for behind in [&[][..], &[OF_ANOTHER_VIEWER], &["boundary-too-long"], &["response-lf"]] {
        let (_, received, _) = play_changed(&["boundary-too-long"], behind);
        assert_eq!(joined(&received), joined(&long), "{behind:?}");
    }
    // Faults of parts are those in force.
    let (_, received, _) = play_changed(&["boundary-too-long"], &["no-eoi"]);
    assert_ne!(joined(&received), joined(&long));
}

#[test]
fn faults_of_lines_change_lines_that_end_in_lf_too() {
    for (fault, from, to) in [
        ("delimiter-padded", "--myboundary\n", "--myboundary \n"),
        ("delimiter-changed", "--myboundary\n", "--myboundary2\n"),
        ("close-delimiter-followed", "--myboundary\n", "--myboundary--\n--myboundary\n"),
        ("part-head-unterminated", "jpeg\n\n", "jpeg\n"),
    ] {
        let (sound, received) = play_dialect("ncsa-style-nph-perl-server-push", fault);
        assert!(sound.matches(from).count() >= 5, "{fault}: {sound}");
        assert_eq!(received, sound.replace(from, to), "{fault}");
    }
    let (sound, received) = play_dialect("ncsa-style-nph-perl-server-push", "boundary-too-long");
    let delimiters = sound.matches("--myboundary\n").count();
    assert_eq!(received.matches("--myboundaryxxx").count(), delimiters, "{received}");
    // In a stream whose lines end in LF these have nothing to change.
    for fault in ["lines-lf", "lines-mixed"] {
        let (sound, received) = play_dialect("ncsa-style-nph-perl-server-push", fault);
        assert_eq!(received, sound, "{fault}");
    }
}

#[test]
fn a_changed_delimiter_behind_a_close_delimiter_is_the_last_one() {
    let (_, received, _) = play(&["close-delimiter-followed@2", "delimiter-changed@2"]);
    let text = String::from_utf8_lossy(&joined(&received)).into_owned();
    assert_eq!(text.matches("\r\n--b--\r\n--b2\r\nContent-Type").count(), 1, "{text}");
}

#[test]
fn the_line_end_before_a_delimiter_is_found_wherever_a_dialect_writes_it() {
    for (name, delimiter) in [
        ("motion-4-5-5-x", "--BoundaryString\r\n"),
        ("go2rtc", "--frame\r\n"),
        ("hikvision-isapi-httppreview", "--boundarySample\r\n"),
        ("flask-fastapi-copy-paste-classic", "--frame\r\n"),
        ("frigate-api-camera", "--frame\r\n"),
        ("mjpg-streamer", "--boundarydonotcross\r\n"),
        ("wpilib-cscore-mjpegserver", "--boundarydonotcross\r\n"),
    ] {
        let (sound, received) = play_dialect(name, "line-end-missing");
        let before = |text: &str, line_end: &str| text.matches(&format!("{line_end}{delimiter}")).count();
        // A dialect that begins each delimiter with a line end has one before the first.
        let (all, kept) = (before(&sound, "\r\n"), before(&received, "\r\n"));
        assert!(kept <= 1 && all >= kept + 4, "{name}: {sound} {received}");
        assert_eq!(before(&received, ""), before(&sound, ""), "{name}");
        let (_, received) = play_dialect(name, "blank-lines");
        assert_eq!(before(&received, "\r\n\r\n\r\n"), all - kept, "{name}: {received}");
    }
}

#[test]
fn without_a_fault_of_its_parts_a_dialect_is_as_before() {
    for (name, _) in dialect::all() {
        let (sound, received) = play_dialect(name, "no-eoi@99");
        assert_eq!(received, sound, "{name}");
    }
}
