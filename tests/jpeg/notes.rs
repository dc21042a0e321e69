//! Pictures that decoders read although something about them is unusual, and their neighbours that decoders
//! refuse.

use mjpeg::jpeg::{DamageKind, Marker, Note, Soundness, Unchecked};

use crate::encoder::{self, Order, Padding, Plan};
use crate::fixture::{self, inserted, named};
use crate::verdict::{self, check, notes};

fn damage(jpeg: &[u8]) -> DamageKind {
    verdict::damage(jpeg).kind
}

/// With `byte` at `at`.
fn with(jpeg: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    jpeg[at] = byte;
    jpeg
}

#[test]
fn whatever_pads_the_last_byte_is_no_damage() {
    let progressive = Plan { order: Order::Progressive, ..Plan::default() };
    let webcam = Plan { size: (200, 100), restart_interval: 1, ..Plan::default() };
    let table = [
        (Plan { padding: Padding::Zeros, ..webcam.clone() }, vec![Note::ZeroPadding]),
        (Plan { padding: Padding::ZerosThenOnes, ..progressive }, vec![Note::ZeroPadding]),
        (Plan { padding: Padding::Mixed, ..webcam.clone() }, vec![Note::HiddenRestart]),
        (Plan { padding: Padding::Mixed, ..Plan::default() }, vec![Note::MixedPadding]),
        (Plan { padding: Padding::AtLeastOne, ..webcam }, vec![Note::ExtraPadding]),
    ];
    for (plan, expected) in table {
        assert_eq!(notes(&encoder::encode(&plan, 1)), expected, "{plan:?}");
    }
}

/// What follows the last MCU, before a restart marker and before EOI: djpeg shows the same picture each time. It warns of
/// some with 1 to 7 bytes, by how far it has read ahead, and of all with 8. FFmpeg shows the same picture too, except with
/// [`Note::HiddenRestart`].
#[test]
fn up_to_seven_bytes_behind_the_last_mcu_are_no_damage() {
    let ones = |bytes| [0xff, 0x00].repeat(bytes);
    // With the note before EOI, and the one before a restart marker.
    let table = [
        (ones(1), Ok([Note::ExtraPadding; 2])),
        (ones(7), Ok([Note::ExtraPadding; 2])),
        (ones(8), Ok([Note::ExtraBytes; 2])),
        (ones(40), Ok([Note::ExtraBytes; 2])),
        (vec![0x00], Ok([Note::ExtraBytes, Note::HiddenRestart])),
        (vec![0x55], Ok([Note::ExtraBytes, Note::HiddenRestart])),
        (vec![0x55; 7], Ok([Note::ExtraBytes, Note::HiddenRestart])),
        (vec![0x55; 8], Err(8)),
        (vec![0; 8], Err(8)),
        ([ones(3), vec![0x7f]].concat(), Ok([Note::ExtraBytes, Note::HiddenRestart])),
        ([vec![0x00], ones(3)].concat(), Ok([Note::ExtraBytes, Note::HiddenRestart])),
        ([ones(7), vec![0x7f]].concat(), Err(8)),
    ];
    for name in ["420.jpg", "422-restart.jpg", "progressive.jpg", "grey.jpg"] {
        let jpeg = named(name);
        let restarts = fixture::restarts(jpeg);
        for (n, at) in [jpeg.len() - 2].into_iter().chain(restarts.first().copied()).enumerate() {
            for (bytes, expected) in &table {
                let changed = inserted(jpeg, at, bytes);
                match expected {
                    Ok(of) => assert_eq!(notes(&changed), [of[n]], "{name} with {bytes:x?} at {at}"),
                    Err(count) => {
                        assert_eq!(
                            damage(&changed),
                            DamageKind::Long(*count),
                            "{name} with {bytes:x?} at {at}"
                        );
                    }
                }
            }
        }
    }
    let zeros = encoder::encode(&Plan { padding: Padding::Zeros, ..Plan::default() }, 3);
    let end = zeros.len() - 2;
    assert_eq!(notes(&inserted(&zeros, end, &[0; 7])), [Note::ExtraBytes]);
    assert_eq!(damage(&inserted(&zeros, end, &[0; 8])), DamageKind::Long(8));
}

#[test]
fn a_restart_marker_is_found_behind_zeros_and_then_ones() {
    let plan = Plan { size: (64, 16), restart_interval: 2, padding: Padding::Zeros, ..Plan::default() };
    // One whose first interval ends with zeros.
    let ends_with_zeros = |jpeg: &Vec<u8>| match check(jpeg) {
        Soundness::Sound(notes) => {
            notes.place(Note::ZeroPadding).is_some_and(|at| at < fixture::restarts(jpeg)[0])
        }
        other => panic!("{other:?}"),
    };
    let jpeg = (0..).map(|seed| encoder::encode(&plan, seed)).find(ends_with_zeros).unwrap();
    let restart = fixture::restarts(&jpeg)[0];
    assert_eq!(notes(&jpeg), [Note::ZeroPadding]);
    assert_eq!(notes(&inserted(&jpeg, restart, &[0xff, 0])), [Note::ZeroPadding, Note::ExtraBytes]);
    assert_eq!(notes(&inserted(&jpeg, restart, &[0])), [Note::ZeroPadding, Note::HiddenRestart]);
}

#[test]
fn a_restart_marker_behind_the_last_mcu_is_not_hidden() {
    let jpeg = named("422-restart.jpg");
    let end = jpeg.len() - 2;
    let expected = [Note::ExtraBytes, Note::TrailingRestart];
    let number = fixture::restarts(jpeg).len() as u8 & 7;
    assert_eq!(notes(&inserted(jpeg, end, &[0x55, 0xff, 0xd0 | number])), expected);
}

#[test]
fn a_restart_marker_behind_the_last_mcu_is_noted() {
    let jpeg = named("420.jpg");
    assert_eq!(notes(&inserted(jpeg, jpeg.len() - 2, b"\xff\xd0")), [Note::TrailingRestart]);
    // Whatever its number.
    let jpeg = named("422-restart.jpg");
    for number in 0..8 {
        let found = notes(&inserted(jpeg, jpeg.len() - 2, &[0xff, 0xd0 | number]));
        assert_eq!(found, [Note::TrailingRestart], "{number}");
    }
}

#[test]
fn scan_parameters_out_of_range_are_noted() {
    let jpeg = named("420.jpg");
    let header = fixture::segments(jpeg, Marker::SOS)[0].clone();
    for (at, byte) in
        [(header.end - 3, 1), (header.end - 2, 0), (header.end - 2, 255), (header.end - 1, 0x13)]
    {
        assert_eq!(notes(&with(jpeg, at, byte)), [Note::ScanParameters], "{byte} at {at}");
    }
}

#[test]
fn bytes_between_segments_are_noted_where_they_stand() {
    let jpeg = named("422-restart.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    let table: [(&[u8], Note); 4] = [
        (b"\0\0", Note::NulBytes),
        (b"\r\n", Note::JunkBytes),
        (b"any text", Note::JunkBytes),
        (b"\xff\xd3", Note::JunkBytes),
    ];
    for (bytes, note) in table {
        let Soundness::Sound(notes) = check(&inserted(jpeg, frame, bytes)) else { panic!("{bytes:x?}") };
        assert_eq!(notes.iter().collect::<Vec<_>>(), [(note, frame)], "{bytes:x?}");
    }
}

#[test]
fn comments_and_application_segments_may_be_shorter_than_their_length() {
    let jpeg = named("420.jpg");
    for marker in [Marker::COM, Marker::APP0, Marker::APP1, Marker::APP14] {
        for length in [0, 1] {
            let short = inserted(jpeg, 2, &[0xff, marker.code(), 0, length]);
            assert_eq!(notes(&short), [Note::ShortSegment], "{marker} of length {length}");
        }
    }
    let table = inserted(jpeg, 2, &[0xff, Marker::DQT.code(), 0, 1]);
    assert_eq!(damage(&table), DamageKind::Misplaced);
}

#[test]
fn a_table_may_hold_the_start_of_a_picture() {
    let jpeg = named("420.jpg");
    let tables = fixture::segments(jpeg, Marker::DQT)[0].clone();
    let mut table = jpeg.to_vec();
    // High frequencies, where a small divisor hides nothing.
    table[tables.end - 3..tables.end].copy_from_slice(b"\xff\xd8\xff");
    assert!(matches!(check(&table), Soundness::Sound(notes) if notes.is_empty()));
}

#[test]
fn lossless_frames_may_have_differences_of_category_16() {
    let jpeg = named("grey.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    // A table whose only code means category 16.
    let table = [&[0x03, 1], &[0; 15][..], &[16]].concat();
    let with_table = inserted(jpeg, frame, &fixture::segment(Marker::DHT, &table));
    assert!(matches!(check(&with_table), Soundness::Sound(_)), "unused");
    let frame = fixture::segments(&with_table, Marker::SOF0)[0].start;
    let lossless = with(&with_table, frame + 1, 0xc3);
    assert_eq!(check(&lossless), Soundness::Unchecked(Unchecked::Lossless));
    let scan = fixture::segments(&with_table, Marker::SOS)[0].start;
    assert_eq!(
        damage(&with(&with_table, scan + 6, 0x30)),
        DamageKind::Segment(Marker::DHT),
        "used by a DCT scan"
    );
}

#[test]
fn codes_of_ones_are_no_huffman_table() {
    let jpeg = named("grey.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    let table = [&[0x03, 2], &[0; 15][..], &[0, 1]].concat();
    let with_table = inserted(jpeg, frame, &fixture::segment(Marker::DHT, &table));
    assert!(matches!(check(&with_table), Soundness::Sound(_)), "unused");
    let scan = fixture::segments(&with_table, Marker::SOS)[0].start;
    assert_eq!(damage(&with(&with_table, scan + 6, 0x30)), DamageKind::Segment(Marker::DHT));
}

#[test]
fn a_scan_has_the_order_of_its_frame() {
    let plan = Plan { factors: vec![(1, 1); 3], ..Plan::default() };
    let jpeg = encoder::encode(&plan, 5);
    let scan = fixture::segments(&jpeg, Marker::SOS)[0].start + 5;
    for order in [[3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]] {
        let mut jpeg = jpeg.clone();
        order.into_iter().enumerate().for_each(|(n, id)| jpeg[scan + 2 * n] = id);
        assert_eq!(notes(&jpeg), [Note::ScanOrder], "{order:?}");
    }
    let mut repeated = jpeg.clone();
    repeated[scan + 2] = 1;
    assert_eq!(damage(&repeated), DamageKind::Segment(Marker::SOS));
}

#[test]
fn components_with_the_same_identifier_are_taken_in_order() {
    let plan = Plan { factors: vec![(1, 1); 3], ..Plan::default() };
    let mut jpeg = encoder::encode(&plan, 5);
    let (frame, scan) =
        (fixture::segments(&jpeg, Marker::SOF0)[0].start, fixture::segments(&jpeg, Marker::SOS)[0].start);
    for n in 0..3 {
        jpeg[frame + 10 + 3 * n] = 1;
        jpeg[scan + 5 + 2 * n] = 1;
    }
    assert_eq!(notes(&jpeg), [Note::RepeatedComponent]);
}

#[test]
fn a_progressive_frame_has_four_components_at_most() {
    let plan = Plan { factors: vec![(1, 1); 4], order: Order::Progressive, ..Plan::default() };
    let jpeg = encoder::encode(&plan, 5);
    let frame = fixture::segments(&jpeg, Marker::SOF2)[0].clone();
    let header =
        [&jpeg[frame.start + 4..frame.start + 9], &[5], &jpeg[frame.start + 10..frame.end], &[5, 0x11, 0]];
    let five = |marker| {
        let header = fixture::segment(marker, &header.concat());
        [&jpeg[..frame.start], &header, &jpeg[frame.end..]].concat()
    };
    assert_eq!(damage(&five(Marker::SOF2)), DamageKind::Segment(Marker::SOF2));
    assert_eq!(check(&five(Marker::SOF1)), Soundness::Unchecked(Unchecked::Components));
}
