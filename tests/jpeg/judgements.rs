//! One judgement of a picture at both depths.

use mjpeg::jpeg::{Checker, Grade, Judgement, Marker, Note, Refusal, Walk};

use crate::encoder::{self, Padding, Plan};
use crate::fixture::{self, ARITHMETIC, SOUND, inserted, named, without};

fn judge(jpeg: &[u8]) -> [Judgement; 2] {
    let mut checker = Checker::new();
    [Judgement::of_markers(jpeg, Walk::over(jpeg)), Judgement::of_entropy(jpeg, &mut checker)]
}

#[test]
fn fixtures_are_sound_at_both_depths() {
    for (name, jpeg) in SOUND {
        assert_eq!(judge(jpeg).map(|judgement| judgement.grade()), [Grade::Sound; 2], "{name}");
    }
}

#[test]
fn pictures_are_graded_with_their_reasons() {
    use Grade::*;
    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].clone();
    let scan = fixture::scan(jpeg);
    let zeros = encoder::encode(&Plan { padding: Padding::Zeros, ..Plan::default() }, 1);
    let mut no_width = jpeg.to_vec();
    no_width[frame.start + 7..frame.start + 9].fill(0);
    let table: [(&str, Vec<u8>, [Grade; 2], &str); 14] = [
        ("nothing", Vec::new(), [Damaged; 2], "empty"),
        ("half a start", vec![0xff], [Damaged; 2], "no-soi"),
        ("text", b"<html>".to_vec(), [Damaged; 2], "no-soi"),
        ("a placeholder", b"\xff\xd8\xff\xd9".to_vec(), [Damaged; 2], "no-frame"),
        ("no frame header", without(jpeg, frame.clone()), [Damaged; 2], "no-frame"),
        ("no scan", without(jpeg, scan.start - 14..scan.end), [Damaged; 2], "no-frame"),
        ("no width", no_width, [Damaged; 2], "broken"),
        ("cut", jpeg[..2000].to_vec(), [Damaged; 2], "no-eoi"),
        ("two in one", [&jpeg[..2000], jpeg].concat(), [Damaged; 2], "broken"),
        (
            "a lost stretch",
            without(jpeg, scan.start + 500..scan.start + 900),
            [Sound, Damaged],
            "scan-damaged",
        ),
        ("no EOI", jpeg[..jpeg.len() - 2].to_vec(), [Usable; 2], ""),
        ("junk behind the scans", inserted(jpeg, scan.end, b"\xff\xfe\0\x02junk"), [Usable; 2], ""),
        ("junk between segments", inserted(jpeg, frame.start, b"junk"), [Usable; 2], ""),
        ("padded with zeros", zeros, [Sound, Usable], ""),
    ];
    for (name, jpeg, grades, word) in table {
        let judgements = judge(&jpeg);
        assert_eq!(judgements.map(|judgement| judgement.grade()), grades, "{name}");
        for damage in judgements.iter().filter_map(Judgement::damage) {
            assert_eq!(damage.kind.name(), word, "{name}: {damage}");
        }
    }
}

#[test]
fn what_the_segments_say_is_noted_at_both_depths() {
    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    let band = fixture::segments(jpeg, Marker::SOS)[0].end - 3;
    let three = encoder::encode(&Plan { factors: vec![(1, 1); 3], ..Plan::default() }, 5);
    let order = fixture::segments(&three, Marker::SOS)[0].start + 5;
    let changed = |jpeg: &[u8], changes: &[(usize, u8)]| {
        let mut jpeg = jpeg.to_vec();
        changes.iter().for_each(|&(at, byte)| jpeg[at] = byte);
        jpeg
    };
    let table = [
        (inserted(jpeg, frame, b"\0\0"), Note::NulBytes, frame),
        (inserted(jpeg, 2, b"\xff\xfe\0\x01"), Note::ShortSegment, 2),
        (changed(jpeg, &[(band, 1)]), Note::ScanParameters, band - 11),
        (changed(&three, &[(order, 2), (order + 2, 1)]), Note::ScanOrder, order - 5),
    ];
    for (jpeg, note, at) in table {
        for judgement in judge(&jpeg) {
            let notes: Vec<_> = judgement.notes().iter().collect();
            assert_eq!(notes, [(note, at)], "{:?}", judgement.depth());
            assert_eq!((judgement.grade(), judgement.refusal()), (Grade::Usable, None), "{note}");
        }
    }
    let without_tables = fixture::without_segments(named("ffmpeg.jpg"), Marker::DHT);
    assert!(judge(&without_tables).iter().all(|it| it.notes().contains(Note::StandardTables)));
}

#[test]
fn what_no_consumer_shows_is_refused_at_both_depths() {
    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].start;
    let changed = |changes: &[(usize, u8)]| {
        let mut jpeg = jpeg.to_vec();
        changes.iter().for_each(|&(at, byte)| jpeg[at] = byte);
        jpeg
    };
    let scan = fixture::segments(jpeg, Marker::SOS)[0].clone();
    let lines = fixture::segment(Marker::DNL, &jpeg[frame + 5..frame + 7]);
    let no_height = changed(&[(frame + 5, 0), (frame + 6, 0)]);
    let table = [
        ("hierarchical", changed(&[(frame + 1, 0xc5)]), "hierarchical"),
        ("DNL", inserted(&no_height, fixture::scan(jpeg).end, &lines), "number-of-lines"),
        ("neither height nor DNL", no_height, "broken"),
        ("9 bits", changed(&[(frame + 4, 9)]), "broken"),
        ("an unknown component", changed(&[(scan.start + 5, 77)]), "broken"),
    ];
    for (name, jpeg, word) in table {
        for judgement in judge(&jpeg) {
            let found = judgement.refusal().map(Refusal::name);
            assert_eq!((judgement.grade(), found), (Grade::Damaged, Some(word)), "{name}");
        }
    }
}

#[test]
fn what_is_not_read_is_usable_and_says_why() {
    let [markers, entropy] = judge(ARITHMETIC);
    assert_eq!((markers.grade(), entropy.grade()), (Grade::Usable, Grade::Usable));
    assert!(entropy.unchecked().is_some() && entropy.damage().is_none());
}

#[test]
fn damage_by_the_markers_is_damage_at_every_depth() {
    for (name, jpeg) in SOUND {
        for at in (0..jpeg.len()).step_by(7) {
            let mut changed = jpeg.to_vec();
            changed[at] ^= 0xff;
            let [markers, entropy] = judge(&changed);
            let Some(damage) = markers.damage() else { continue };
            assert_eq!(entropy.grade(), Grade::Damaged, "{name} changed at {at}: {damage}");
        }
    }
}
