//! Markers that T.81 reserves, and bytes between SOI and the first marker. What libjpeg, FFmpeg, Chromium, Firefox and
//! GStreamer do with each of these pictures was measured.

use mjpeg::jpeg::{Checker, DamageKind, Judgement, Marker, Note, Walk};

use crate::fixture::{self, inserted, named};

/// The notes with their places, by the markers and by the entropy-coded data.
fn notes(jpeg: &[u8]) -> Vec<(Note, usize)> {
    let markers = Judgement::of_markers(jpeg, Walk::over(jpeg));
    let entropy = Judgement::of_entropy(jpeg, &mut Checker::new());
    assert_eq!((markers.damage(), entropy.damage()), (None, None), "{:x?}", &jpeg[..jpeg.len().min(20)]);
    assert_eq!(markers.notes(), entropy.notes());
    markers.notes().iter().collect()
}

/// The offsets of all scan headers of a progressive picture.
fn scans(jpeg: &[u8]) -> Vec<usize> {
    fixture::segments(jpeg, Marker::SOS).iter().map(|scan| scan.start).collect()
}

fn note_of(code: u8) -> Option<Note> {
    match code {
        0x02..=0xbf | 0xdf | 0xf0..=0xf6 | 0xf9..=0xfd => Some(Note::ReservedMarker),
        0xc8 => Some(Note::JpgMarker),
        0xf7 | 0xf8 => Some(Note::JpegLsMarker),
        _ => None,
    }
}

#[test]
fn reserved_markers_are_noted_before_the_first_scan_and_between_scans() {
    let jpeg = named("420.jpg");
    let progressive = named("progressive.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    let scan = scans(jpeg)[0];
    let tables = fixture::segments(progressive, Marker::DHT);
    // Behind a segment, where the marker is not in entropy-coded data.
    let between = tables.iter().find(|table| table.start > scans(progressive)[1]).unwrap().end;
    for code in 0x02..=0xfd {
        let Some(note) = note_of(code) else { continue };
        for (jpeg, at) in [(jpeg, 2), (jpeg, frame), (jpeg, scan), (progressive, between)] {
            let changed = inserted(jpeg, at, &[0xff, code, 0, 4, b'a', b'b']);
            let expected = match code {
                // The length is read as other bytes.
                0x02..=0xbf => vec![(note, at), (Note::NulBytes, at + 2), (Note::JunkBytes, at)],
                _ => vec![(note, at)],
            };
            assert_eq!(notes(&changed), expected, "FF {code:02X} at {at}");
        }
    }
}

#[test]
fn a_reserved_marker_is_found_in_other_bytes_between_segments() {
    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    for (bytes, at) in [
        (&b"ab\xff\x02cd"[..], Some(2)),
        (b"ab\xff\xff\xbfcd", Some(3)),
        (b"ab\xff\x00\xff\x02\xff\x03", Some(4)),
        (b"ab\xff\x00cd", None),
        (b"ab\xff\x01cd", None),
        (b"ab\xff\xd3cd", None),
    ] {
        let found = notes(&inserted(jpeg, frame, bytes));
        let place = |note| found.iter().find(|(it, _)| *it == note).map(|(_, at)| at - frame);
        assert_eq!((place(Note::JunkBytes), place(Note::ReservedMarker)), (Some(0), at), "{bytes:x?}");
    }
    // Twice: the first place counts.
    let twice = inserted(&inserted(jpeg, frame, b"\xff\x02"), 2, b"\xff\x03");
    assert_eq!(notes(&twice), [(Note::ReservedMarker, 2), (Note::JunkBytes, 2)]);
    let both = inserted(&inserted(jpeg, frame, b"\xff\xf0\0\x02"), 2, b"\xff\x03");
    assert_eq!(notes(&both), [(Note::ReservedMarker, 2), (Note::JunkBytes, 2)]);
}

#[test]
fn markers_behind_the_last_scan_are_late() {
    let jpeg = named("420.jpg");
    let end = jpeg.len() - 2;
    for (bytes, note) in [
        (&b"\xff\xf0\0\x04ab"[..], Note::LateMarker),
        (b"\xff\xdf\0\x03\x11", Note::LateMarker),
        (b"\xff\xc8\0\x02", Note::LateMarker),
        (b"\xff\xcc\0\x03a", Note::LateMarker),
        // FFmpeg loses the picture all the same.
        (b"\xff\xf7\0\x04ab", Note::JpegLsMarker),
    ] {
        assert_eq!(notes(&inserted(jpeg, end, bytes)), [(note, end)], "{bytes:x?}");
    }
    let comment = inserted(jpeg, end, b"\xff\xfe\0\x02\xff\x02");
    assert_eq!(notes(&comment), [(Note::LateMarker, end + 4), (Note::JunkBytes, end + 4)]);
    // One more before the scan.
    let both = inserted(&inserted(jpeg, end, b"\xff\xf0\0\x02"), 2, b"\xff\xf0\0\x02");
    assert_eq!(notes(&both), [(Note::ReservedMarker, 2)]);
}

#[test]
fn a_conditioning_is_noted_if_libjpeg_refuses_it() {
    let jpeg = named("420.jpg");
    for (parameters, is_noted) in [
        (&b""[..], false),
        (b"\0\0", false),
        (b"\x03\x10\x13\x05", false),
        (b"\0", true),
        (b"\0\0\0", true),
        (b"\x20\0", true),
        (b"\0\x01", true),
    ] {
        let changed = inserted(jpeg, 2, &fixture::segment(Marker::DAC, parameters));
        let expected = if is_noted { vec![(Note::Conditioning, 2)] } else { vec![] };
        assert_eq!(notes(&changed), expected, "{parameters:x?}");
    }
    assert_eq!(Judgement::of_entropy(fixture::ARITHMETIC, &mut Checker::new()).damage(), None);
}

#[test]
fn a_whole_picture_may_have_other_bytes_between_soi_and_its_first_marker() {
    for name in ["420.jpg", "progressive.jpg", "422-restart.jpg", "thumbnail.jpg"] {
        let jpeg = named(name);
        let long = [b'x'; 70_000];
        for junk in [&b"\0"[..], b"junk", b"a\xff\0b", b"a\xff\xd0b", &long] {
            let changed = inserted(jpeg, 2, junk);
            assert_eq!(notes(&changed), [(Note::BytesAfterStart, 2)], "{name}");
            let judgement = Judgement::of_markers(&changed, Walk::over(&changed));
            assert_eq!((judgement.start(), judgement.end()), (0, Some(changed.len())), "{name}");
            // Without EOI.
            let open = &changed[..changed.len() - 2];
            assert_eq!(notes(open), [(Note::BytesAfterStart, 2), (Note::NoEnd, open.len())], "{name}");
        }
    }
    let jpeg = named("420.jpg");
    let reserved = inserted(jpeg, 2, b"a\xff\x02b");
    assert_eq!(notes(&reserved), [(Note::BytesAfterStart, 2), (Note::ReservedMarker, 3)]);
}

#[test]
fn other_bytes_behind_soi_are_no_start_of_a_picture_that_is_not_whole() {
    let jpeg = named("420.jpg");
    let changed = inserted(jpeg, 2, b"junk");
    let no_frame = fixture::segments(jpeg, Marker::SOF0)[0].clone();
    let no_frame = fixture::without(&changed, no_frame.start + 4..no_frame.end + 4);
    let bodies = [
        b"\xff\xd8junk".to_vec(),
        b"\xff\xd8junk\xff\xd9".to_vec(),
        b"\xff\xd8x\xff\xd8\xff\xe0".to_vec(),
        changed[..2000].to_vec(),
        [&changed[..2000], &changed].concat(),
        no_frame,
    ];
    for body in bodies {
        let markers = Judgement::of_markers(&body, Walk::over(&body));
        let shown = &body[..8.min(body.len())];
        assert_eq!(markers.damage().map(|damage| damage.kind), Some(DamageKind::NoStart), "{shown:x?}");
        let entropy = Judgement::of_entropy(&body, &mut Checker::new());
        assert!(entropy.damage().is_some(), "{shown:x?}");
    }
}
