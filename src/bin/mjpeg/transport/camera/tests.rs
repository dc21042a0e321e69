mod play;

use play::Ends::{Close, Reset};
use play::Try::{Error, Page, Parts, Slow, SlowSnapshot, Snapshot};
use play::{PART, Play, SECOND};

use super::super::open_error::OpenErrorKind::{self, Connect, Silent, Status};
use super::*;

/// Whether each pause is one of this many seconds, shortened by up to a quarter.
#[track_caller]
fn assert_pauses(pauses: &[f64], full: &[f64]) {
    assert_eq!(pauses.len(), full.len(), "{pauses:?}");
    for (pause, full) in pauses.iter().zip(full) {
        let slack = 1e-6;
        assert!(*pause <= full + slack && *pause >= full * 0.75 - slack, "{pauses:?} instead of {full}");
    }
}

#[test]
fn numbers_offsets_and_times_go_on_over_connections_that_are_closed_one_after_the_other() {
    let mut play = Play::new(&[Parts(2, Close), Parts(3, Close), Parts(9, Close)], Tries::AtMost(1), None);
    play.seen.enough_at = Some(6);
    assert_eq!(play.run(None).unwrap(), End::Enough);
    assert_pauses(&play.pauses(&[2, 3]), &[1.0, 1.0]);
    let seen = &play.seen;
    assert_eq!(seen.parts.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let starts: Vec<u64> = seen.parts.iter().map(|it| it.1 / PART.len() as u64).collect();
    assert_eq!(starts, [0, 1, 2, 3, 4, 5]);
    // The first byte comes with the first part, a second behind the head.
    let asked = play.asked.borrow();
    for (part, since) in [(2, asked[1] + 1.0), (5, asked[2] + 1.0)] {
        assert!((seen.parts[part].2 - (since - asked[0] - 1.0)).abs() < 1e-6, "{:?}", seen.parts);
    }
    assert_eq!(seen.reasons, [Reason::First, Reason::Again, Reason::Again]);
    assert_eq!(seen.lost, ["the stream ended", "the stream ended"]);
    assert!(seen.settled >= 5);
}

#[test]
fn good_frames_and_a_clean_close_reset_the_pause_and_a_brief_success_with_a_bad_end_does_not() {
    let tries = [
        Parts(1, Close),
        Error(Connect, None),
        Error(Silent, None),
        Parts(1, Reset),
        Parts(1, Reset),
        Parts(1, Close),
        Parts(9, Reset),
        Parts(0, Close),
        Parts(1, Reset),
        Error(Status(404), None),
    ];
    let mut play = Play::new(&tries, Tries::Unlimited, None);
    assert!(matches!(play.run(None).unwrap(), End::Gone { kind: OpenErrorKind::Url, .. }));
    let pauses = play.pauses(&[1, 0, 0, 1, 1, 1, 9, 0, 1, 0]);
    assert_pauses(&pauses, &[1.0, 2.0, 4.0, 8.0, 16.0, 1.0, 1.0, 2.0, 4.0, 8.0]);
}

#[test]
fn the_pause_grows_to_thirty_seconds_and_is_longer_if_the_server_asks_for_more() {
    let mut tries = vec![Parts(1, Close)];
    tries.extend(vec![Error(Connect, None); 7]);
    tries.push(Error(Status(503), Some(45)));
    let mut play = Play::new(&tries, Tries::Unlimited, None);
    play.run(None).unwrap();
    let lasted = [1, 0, 0, 0, 0, 0, 0, 0, 0];
    let pauses = play.pauses(&lasted);
    assert_pauses(&pauses[..8], &[1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
    assert!((pauses[8] - 45.0).abs() < 1e-6, "{pauses:?}");
}

#[test]
fn so_many_tries_in_a_row_may_fail() {
    let refused = Error(Connect, None);
    let twice = [Parts(1, Close), refused.clone(), Parts(1, Close), refused.clone(), refused.clone()];
    let mut play = Play::new(&twice, Tries::AtMost(2), None);
    let end = play.run(None).unwrap();
    let End::Gone { last, kind, .. } = &end else { panic!("{end:?}") };
    assert_eq!((&**last, *kind, play.asked.borrow().len()), (&End::Closed, Connect, 5));
    assert_eq!(end.to_string(), "the stream ended, and was not there again: no");
    // Streams that fail count like those that cannot be opened.
    let mut play = Play::new(&[Parts(1, Reset), Parts(1, Reset), refused], Tries::AtMost(1), None);
    assert_eq!(play.run(None).unwrap(), End::Reset("gone".into()));
    let mut play = Play::new(&[Parts(1, Close)], Tries::AtMost(0), None);
    assert_eq!((play.run(None).unwrap(), play.seen.lost.len()), (End::Closed, 0));
}

#[test]
fn the_first_connection_may_fail_for_a_while_but_not_for_a_wrong_command_line() {
    let mut play =
        Play::new(&[Error(Connect, None), Error(Status(503), None), Parts(1, Close)], Tries::AtMost(3), None);
    play.seen.enough_at = Some(1);
    assert_eq!((play.run(None).unwrap(), play.asked.borrow().len()), (End::Enough, 3));
    for kind in [Status(404), Status(401), OpenErrorKind::Tls] {
        let mut play = Play::new(&[Error(kind, None)], Tries::Unlimited, None);
        assert!(matches!(play.run(None), Err(CameraError::Unopened(error)) if error.kind == kind));
        assert_eq!(play.asked.borrow().len(), 1);
    }
    let mut play = Play::new(&[Page], Tries::Unlimited, None);
    assert!(matches!(play.run(None).unwrap(), End::NotAStream(_)));
    assert_eq!(play.asked.borrow().len(), 1);
    let mut play = Play::new(&[Error(Connect, None), Error(Connect, None)], Tries::AtMost(1), None);
    assert!(matches!(play.run(None), Err(CameraError::Unopened(_))));
}

#[test]
fn a_camera_that_starts_may_answer_anything_but_a_password_is_sent_three_times_at_most() {
    let starting =
        [Parts(1, Close), Error(Status(404), None), Page, Error(Status(401), None), Parts(1, Close)];
    let mut play = Play::new(&starting, Tries::Unlimited, None);
    play.seen.enough_at = Some(2);
    assert_eq!(play.run(None).unwrap(), End::Enough);
    let mut tries = vec![Parts(1, Close)];
    tries.extend(vec![Error(Status(401), None); 9]);
    let mut play = Play::new(&tries, Tries::Unlimited, None);
    assert!(matches!(play.run(None).unwrap(), End::Gone { kind: Status(401), .. }));
    assert_eq!(play.asked.borrow().len(), 4);
}

#[test]
fn a_run_that_ends_in_a_pause_goes_on_there() {
    let mut play = Play::new(&[Parts(1, Close), Parts(3, Close)], Tries::AtMost(1), None);
    // The part comes in second 1, and the pause is at least 0.75 s.
    play.camera.run(&mut play.seen, Some(Duration::from_millis(1500))).unwrap();
    assert_eq!((play.clock.now(), play.asked.borrow().len()), (Duration::from_millis(1500), 1));
    assert_eq!(play.run(Some(4)).unwrap(), End::TimeUp);
    assert_eq!((play.asked.borrow().len(), play.seen.lost.len()), (2, 1));
    play.camera.close();
    let _ = play.run(Some(100)).unwrap();
    assert_eq!(play.seen.reasons.len(), 2, "the script is over, and the old stream was closed");
}

#[test]
fn a_picture_is_asked_for_again_and_again_as_parts_of_one_stream() {
    let mut play = Play::new(&[Snapshot, Snapshot, Snapshot, Snapshot], Tries::AtMost(0), Some(2));
    play.seen.enough_at = Some(4);
    assert_eq!(play.run(None).unwrap(), End::Enough);
    assert_eq!(*play.asked.borrow(), [0.0, 2.0, 4.0, 6.0]);
    assert_eq!(play.seen.parts, [(1, 0, 0.0), (2, 4, 2.0), (3, 8, 4.0), (4, 12, 6.0)]);
    assert_eq!(play.seen.reasons, [Reason::First, Reason::Poll, Reason::Poll, Reason::Poll]);
    assert!(play.seen.lost.is_empty());
    // Without an interval one picture is enough.
    let mut play = Play::new(&[Snapshot, Snapshot], Tries::AtMost(0), None);
    assert_eq!((play.run(None).unwrap(), play.seen.parts.len()), (End::Closed, 1));
    // The end of the time comes during a pause.
    let mut play = Play::new(&[Snapshot, Snapshot], Tries::AtMost(0), Some(60));
    assert_eq!((play.run(Some(5)).unwrap(), play.seen.parts.len()), (End::TimeUp, 1));
}

#[test]
fn polls_that_fail_end_the_run_unless_it_may_reconnect_and_damaged_pictures_end_it_in_any_case() {
    let tries = [Snapshot, Error(Status(503), Some(7)), Snapshot, Snapshot];
    let mut play = Play::new(&tries, Tries::AtMost(0), Some(1));
    assert!(matches!(play.run(None).unwrap(), End::Gone { kind: Status(503), .. }));
    let mut play = Play::new(&tries, Tries::AtMost(1), Some(1));
    play.seen.enough_at = Some(3);
    assert_eq!(play.run(None).unwrap(), End::Enough);
    assert_eq!(*play.asked.borrow(), [0.0, 1.0, 8.0, 9.0]);
    for (interval, polls) in [(1, 12), (60, 3)] {
        let mut play = Play::new(&vec![Snapshot; 99], Tries::AtMost(0), Some(interval));
        play.seen.rejects = true;
        assert_eq!(play.run(None).unwrap(), End::Rejected(polls));
    }
}

#[test]
fn time_in_which_the_process_is_stopped_is_not_the_cameras() {
    let mut play = Play::new(&[SlowSnapshot, SlowSnapshot, SlowSnapshot], Tries::AtMost(0), Some(2));
    assert_eq!(play.camera.run(&mut play.seen, Some(Duration::from_millis(1500))).unwrap(), End::TimeUp);
    play.clock.advance(1000 * SECOND);
    play.seen.enough_at = Some(3);
    assert_eq!(play.run(None).unwrap(), End::Enough);
}

#[test]
fn what_this_machine_has_is_opened_although_the_time_is_up() {
    for is_local in [false, true] {
        let mut play = Play::new(&[Parts(3, Close)], Tries::AtMost(0), None);
        play.is_local.set(is_local);
        play.clock.advance(2 * SECOND);
        assert_eq!(play.run(Some(1)).unwrap(), End::TimeUp);
        assert_eq!(play.asked.borrow().len(), usize::from(is_local));
    }
}

#[test]
fn a_slow_camera_is_cut_until_its_rate_is_known() {
    let cut = |least: u32, interval: u32| {
        let mut play = Play::new(&vec![Slow(interval); 99], Tries::Unlimited, None);
        let reconnect = Reconnect { tries: Tries::Unlimited, delay: SECOND };
        play.camera.go_on_with(reconnect, 10 * SECOND, LearntLimit::new(SECOND * least, 60 * SECOND));
        // It is asked in between whether it is still wanted.
        while play.clock.now() < 1800 * SECOND {
            let before = play.clock.now();
            assert_eq!(play.run(None).unwrap(), End::TimeUp);
            assert!(play.clock.now() <= before + 60 * SECOND);
        }
        assert!(play.seen.lost.iter().all(|why| why.starts_with("stalled")), "{:?}", play.seen.lost);
        play.seen.lost.len()
    };
    assert_eq!((cut(10, 9), cut(10, 15), cut(10, 35), cut(10, 55)), (0, 1, 2, 3));
    assert_eq!((cut(20, 15), cut(90, 80)), (0, 0));
    // Slower than a minute: for that the limit has to be told.
    assert!(cut(10, 80) > 10);
}

#[test]
fn a_limit_that_is_not_learnt_stays() {
    let mut play = Play::new(&vec![Slow(15); 99], Tries::Unlimited, None);
    assert_eq!(play.run(Some(600)).unwrap(), End::TimeUp);
    assert!(play.seen.lost.len() > 10, "{:?}", play.seen.lost);
}
