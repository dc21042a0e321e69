//! One judgement of a picture at both depths.

use mjpeg::jpeg::{Checker, DamageKind, Grade, Judgement, Marker, Walk};

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
    let table: [(&str, Vec<u8>, [Grade; 2], &str); 13] = [
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
        ("no EOI", jpeg[..jpeg.len() - 2].to_vec(), [Damaged, Usable], "no-eoi"),
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
            let lacks_eoi = damage.kind == DamageKind::Cut && entropy.grade() == Grade::Usable;
            assert!(entropy.grade() == Grade::Damaged || lacks_eoi, "{name} changed at {at}: {damage}");
        }
    }
}
