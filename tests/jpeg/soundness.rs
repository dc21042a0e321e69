//! What the entropy walk says of damaged and of odd pictures.

use mjpeg::jpeg::{Checker, DamageKind, Marker, Note, Notes, Soundness, Unchecked};

use crate::encoder::{self, Plan};
use crate::fixture::{self, ARITHMETIC, SOUND, inserted, named, without};
use crate::verdict::{check, damage, notes};

#[test]
fn fixtures_are_sound() {
    let mut checker = Checker::new();
    for (name, jpeg) in SOUND {
        assert_eq!(checker.check(jpeg), Soundness::Sound(Notes::NONE), "{name}");
    }
}

#[test]
fn one_picture_leaves_nothing_to_the_next() {
    let mut checker = Checker::new();
    let bare = fixture::without_segments(named("444-optimised.jpg"), Marker::DHT);
    for (_, jpeg) in SOUND {
        checker.check(jpeg);
        assert_eq!(checker.check(&bare), check(&bare));
    }
}

#[test]
fn every_cut_is_found_where_it_is() {
    let mut checker = Checker::new();
    for (name, jpeg) in SOUND {
        for end in 3..jpeg.len() {
            match checker.check(&jpeg[..end]) {
                Soundness::Damaged(damage) => {
                    assert_eq!((damage.kind, damage.at), (DamageKind::Cut, end), "{name}");
                }
                Soundness::Sound(notes) => {
                    assert_eq!(notes.place(Note::NoEnd), Some(end), "{name}");
                    assert!(end >= jpeg.len() - 2, "{name}");
                }
                other => panic!("{name} at {end}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_lost_quarter_of_a_scan_is_found() {
    let mut checker = Checker::new();
    for (name, jpeg) in SOUND {
        let scan = fixture::scan(jpeg);
        let lost = scan.len() / 4;
        for at in scan.start..scan.end - lost {
            let found = checker.check(&without(jpeg, at..at + lost));
            assert!(matches!(found, Soundness::Damaged(_)), "{name} without {lost} bytes at {at}");
        }
    }
}

#[test]
fn tears_are_found() {
    let mut checker = Checker::new();
    for factors in [vec![(1, 1)], vec![(2, 2), (1, 1), (1, 1)]] {
        let plan = Plan { factors, ..Plan::default() };
        let [first, second] = [1, 2].map(|seed| encoder::encode(&plan, seed));
        let (start, end) = (fixture::scan(&first).start, first.len().min(second.len()) - 2);
        let is_missed = |&at: &usize| {
            let torn = [&first[..at], &second[at..]].concat();
            matches!(checker.check(&torn), Soundness::Sound(_))
        };
        // Where both halves meet at the same MCU, nothing is wrong with the picture.
        let missed = (start + 1..end).filter(is_missed).count();
        assert!(missed <= (end - start) / 50, "{missed} of {}", end - start);
    }
}

#[test]
fn zeros_in_a_scan_are_found() {
    let mut checker = Checker::new();
    for (name, jpeg) in SOUND {
        let scan = fixture::scan(jpeg);
        for at in scan.start..scan.end - scan.len() / 2 {
            let mut zeroed = jpeg.to_vec();
            zeroed[at..at + scan.len() / 2].fill(0);
            let found = checker.check(&zeroed);
            assert!(matches!(found, Soundness::Damaged(_)), "{name} at {at}");
        }
    }
}

#[test]
fn damages_are_named_and_placed() {
    let jpeg = named("420.jpg");
    let (scan, end) = (fixture::scan(jpeg), jpeg.len() - 2);
    let header = fixture::segments(jpeg, Marker::SOS)[0].clone();
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].clone();
    let tables = fixture::segments(jpeg, Marker::DQT)[0].clone();
    let mut unknown = jpeg.to_vec();
    unknown[header.start + 5] = 9;
    let mut overfull = jpeg.to_vec();
    overfull[fixture::segments(jpeg, Marker::DHT)[0].start + 5] = 3;
    let table: [(&str, Vec<u8>, DamageKind, usize); 12] = [
        ("text", b"GIF89a".to_vec(), DamageKind::NoStart, 0),
        ("cut", jpeg[..end - 1].to_vec(), DamageKind::Cut, end - 1),
        ("another one", [&jpeg[..2000], jpeg].concat(), DamageKind::NewPicture, 2000),
        ("another one behind its scan", [&jpeg[..end], jpeg].concat(), DamageKind::NewPicture, end),
        ("a stuffed byte for a marker code", inserted(jpeg, end, b"\xff\x02"), DamageKind::Misplaced, end),
        (
            "a second frame",
            inserted(jpeg, frame.start, &jpeg[frame.clone()]),
            DamageKind::Segment(Marker::SOF0),
            frame.end,
        ),
        ("no frame", without(jpeg, frame.clone()), DamageKind::NoFrame, header.start - frame.len()),
        (
            "no quantisation",
            fixture::without_segments(jpeg, Marker::DQT),
            DamageKind::MissingTable(Marker::DQT),
            header.start - 2 * tables.len(),
        ),
        ("an unknown component", unknown, DamageKind::Segment(Marker::SOS), header.start),
        (
            "a table with too many codes",
            overfull,
            DamageKind::Segment(Marker::DHT),
            fixture::segments(jpeg, Marker::DHT)[0].start,
        ),
        ("text in a scan", inserted(jpeg, end, b"Hello, world"), DamageKind::Long(12), end),
        ("no entropy-coded data", without(jpeg, scan.clone()), DamageKind::Short, scan.start),
    ];
    for (name, jpeg, kind, at) in table {
        let found = damage(&jpeg);
        assert_eq!((found.kind, found.at), (kind, at), "{name}: {found}");
    }
}

#[test]
fn restart_markers_must_come_in_order() {
    let jpeg = named("422-restart.jpg");
    let restarts = fixture::restarts(jpeg);
    let [first, second] = [restarts[0], restarts[1]];

    let mut wrong = jpeg.to_vec();
    wrong[second + 1] = 0xd5;
    let found = damage(&wrong);
    assert_eq!((found.kind, found.at), (DamageKind::Restart { expected: Some(1), found: 5 }, second));
    assert_eq!(found.mcu, Some(6));

    let interval_lost = damage(&without(jpeg, first..second));
    assert_eq!(interval_lost.kind, DamageKind::Restart { expected: Some(0), found: 1 });
    let eight_lost = damage(&without(jpeg, first..restarts[8]));
    assert_eq!(eight_lost.kind, DamageKind::Short);
    let marker_lost = damage(&without(jpeg, first..first + 2));
    assert!(matches!(marker_lost.kind, DamageKind::Long(_)), "{marker_lost}");

    let unannounced = damage(&fixture::without_segments(jpeg, Marker::DRI));
    assert_eq!(
        (unannounced.kind, unannounced.at),
        (DamageKind::Restart { expected: None, found: 0 }, first - 6)
    );
}

#[test]
fn missing_huffman_tables_are_the_standard_ones() {
    for name in ["420.jpg", "422-restart.jpg", "grey.jpg", "ffmpeg.jpg"] {
        let bare = fixture::without_segments(named(name), Marker::DHT);
        assert_eq!(notes(&bare), [Note::StandardTables], "{name}");
        let avi1 = inserted(&bare, 2, &fixture::segment(Marker::APP0, b"AVI1\0\0\0\0\0\0\0\0\0\0"));
        assert_eq!(notes(&avi1), [Note::StandardTables], "{name}");
    }
    let optimised = fixture::without_segments(named("444-optimised.jpg"), Marker::DHT);
    assert!(matches!(check(&optimised), Soundness::Damaged(_)));
    let progressive = damage(&fixture::without_segments(named("progressive.jpg"), Marker::DHT));
    assert_eq!(progressive.kind, DamageKind::MissingTable(Marker::DHT));
}

#[test]
fn the_number_of_lines_may_come_behind_the_first_scan() {
    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].clone();
    let mut open = jpeg.to_vec();
    let lines = [open[frame.start + 5], open[frame.start + 6]];
    open[frame.start + 5..frame.start + 7].fill(0);
    assert_eq!(damage(&open).kind, DamageKind::Segment(Marker::SOF0));
    let end = open.len() - 2;
    let told = inserted(&open, end, &fixture::segment(Marker::DNL, &lines));
    assert_eq!(notes(&told), [Note::NumberOfLines]);
    let wrong = inserted(&open, end, &fixture::segment(Marker::DNL, &[0, 60]));
    assert!(matches!(damage(&wrong).kind, DamageKind::Long(_)));
}

#[test]
fn fill_bytes_are_sound() {
    let jpeg = named("422-restart.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    for (at, bytes) in
        [(frame, &b"\xff\xff"[..]), (jpeg.len() - 2, b"\xff"), (fixture::restarts(jpeg)[0], b"\xff")]
    {
        assert_eq!(check(&inserted(jpeg, at, bytes)), Soundness::Sound(Notes::NONE), "{at} {bytes:x?}");
    }
}

#[test]
fn a_missing_scan_is_found() {
    let planes = named("planes.jpg");
    let [.., last] = &fixture::segments(planes, Marker::SOS)[..] else { panic!() };
    let missing = damage(&without(planes, last.start..planes.len() - 2));
    assert_eq!(missing.kind, DamageKind::MissingScan(3));
    let scans = fixture::segments(planes, Marker::SOS);
    let twice = damage(&inserted(planes, planes.len() - 2, &planes[scans[2].start..planes.len() - 2]));
    assert_eq!((twice.kind, twice.scan), (DamageKind::Progression, Some(4)));
}

#[test]
fn what_cannot_be_read_is_no_false_alarm() {
    assert_eq!(check(ARITHMETIC), Soundness::Unchecked(Unchecked::Arithmetic));
    let cut = damage(&ARITHMETIC[..ARITHMETIC.len() - 1]);
    assert_eq!(cut.kind, DamageKind::Cut);

    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].clone();
    for (code, reason) in
        [(0xc3, Unchecked::Lossless), (0xc5, Unchecked::Hierarchical), (0xcb, Unchecked::Arithmetic)]
    {
        let mut other = jpeg.to_vec();
        other[frame.start + 1] = code;
        assert_eq!(check(&other), Soundness::Unchecked(reason), "{code:x}");
    }
    assert_eq!(damage(b"\xff\xd8\xff\xd9").kind, DamageKind::NoFrame);
    let small = Checker::with_memory_limit(100).check(named("progressive.jpg"));
    assert_eq!(small, Soundness::Unchecked(Unchecked::TooLarge));
}

#[test]
fn a_huge_size_costs_nothing_without_data() {
    for (name, jpeg) in SOUND {
        let mut huge = jpeg.to_vec();
        let marker = [Marker::SOF0, Marker::SOF2];
        let frame = marker.iter().find_map(|&m| fixture::segments(jpeg, m).first().cloned()).unwrap();
        huge[frame.start + 5..frame.start + 9].fill(0xff);
        let expected =
            matches!(check(&huge), Soundness::Damaged(_) | Soundness::Unchecked(Unchecked::TooLarge));
        assert!(expected, "{name}");
    }
}

#[test]
fn bytes_behind_the_end_do_not_matter() {
    let jpeg = [named("420.jpg"), b"\0\0\r\n--boundary\xff\xd8\xff"].concat();
    assert_eq!(check(&jpeg), Soundness::Sound(Notes::NONE));
}

#[test]
fn twelve_bits_are_read() {
    let jpeg = encoder::encode(&Plan { precision: 12, ..Plan::default() }, 12);
    assert_eq!(notes(&jpeg), [Note::TwelveBits]);
    // The same data is out of range for 8 bits.
    let mut eight = jpeg.clone();
    eight[fixture::segments(&jpeg, Marker::SOF1)[0].start + 4] = 8;
    assert_eq!(damage(&eight).kind, DamageKind::Range);
}
