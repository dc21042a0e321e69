//! The entropy walk against libjpeg-turbo: pictures that `cjpeg`, `jpegtran` and `ffmpeg` make are
//! sound, and whatever `djpeg` warns of in damaged ones is found.

mod damage;
mod peer;
mod picture;

use mjpeg::jpeg::{Checker, DamageKind, Note, Notes, Soundness, Summary, Unchecked};

use damage::Random;
use picture::Picture;

/// Bytes of a TCP segment on Ethernet: 1500 without the heads of IP and TCP with time stamps.
const TCP_SEGMENT: usize = 1448;

/// How many times as many random cases as usual: `MJPEG_ROUNDS`, 1 by default.
fn rounds() -> u32 {
    std::env::var("MJPEG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

#[test]
fn sound_pictures_are_sound() {
    let Some(pictures) = picture::all() else { return };
    let mut checker = Checker::new();
    for Picture { name, jpeg, .. } in &pictures {
        let expected = if name.contains("arithmetic") {
            Soundness::Unchecked(Unchecked::Arithmetic)
        } else {
            Soundness::Sound(Notes::NONE)
        };
        assert_eq!(checker.check(jpeg), expected, "{name}");
        assert_eq!(peer::djpeg(jpeg), peer::Verdict::Sound, "{name}");
    }
}

#[test]
fn pictures_without_huffman_tables_are_read_with_the_standard_ones() {
    let Some(pictures) = picture::all() else { return };
    let mut checker = Checker::new();
    for Picture { name, jpeg, .. } in pictures.iter().filter(|p| p.standard_tables) {
        let without = damage::without_huffman_tables(jpeg);
        let Soundness::Sound(notes) = checker.check(&without) else { panic!("{name}") };
        assert!(notes.iter().map(|(note, _)| note).eq([Note::StandardTables]), "{name}: {notes:?}");
        assert_eq!(peer::djpeg(&without), peer::Verdict::Sound, "{name}");
    }
}

#[test]
fn every_cut_is_found() {
    let Some(pictures) = picture::all() else { return };
    let mut checker = Checker::new();
    for Picture { name, jpeg, .. } in &pictures {
        let step = jpeg.len() / 500 + 1;
        for end in (0..jpeg.len()).step_by(step).chain(jpeg.len().saturating_sub(20)..jpeg.len()) {
            let damage = match checker.check(&jpeg[..end]) {
                Soundness::Damaged(damage) => damage,
                Soundness::Sound(notes) if notes.contains(Note::NoEnd) && end >= jpeg.len() - 2 => continue,
                found => panic!("{name} cut at {end}: {found:?}"),
            };
            let expected = match end {
                0 => (DamageKind::Empty, 0),
                1 => (DamageKind::NoStart, 0),
                _ => (DamageKind::Cut, end),
            };
            assert_eq!((damage.kind, damage.at), expected, "{name} cut at {end}");
        }
    }
}

#[test]
fn every_lost_tcp_segment_is_found() {
    let Some(pictures) = picture::large() else { return };
    let mut checker = Checker::new();
    let mut random = Random::new(1448);
    for Picture { name, jpeg, .. } in &pictures {
        let scan = damage::scan_data(jpeg);
        for _ in 0..200 * rounds() {
            let at = scan.start + random.below(scan.len() - TCP_SEGMENT);
            let lost = [&jpeg[..at], &jpeg[at + TCP_SEGMENT..]].concat();
            let found = checker.check(&lost);
            assert!(matches!(found, Soundness::Damaged(_)), "{name} without {TCP_SEGMENT} bytes at {at}");
        }
    }
}

#[test]
fn torn_frames_are_found() {
    let Some(pictures) = picture::large() else { return };
    let mut checker = Checker::new();
    let mut random = Random::new(2);
    let (mut cases, mut missed) = (0, 0);
    for pair in pictures.windows(2).filter(|pair| pair[0].family == pair[1].family) {
        let [first, second] = [&pair[0].jpeg, &pair[1].jpeg];
        let scans = [damage::scan_data(first), damage::scan_data(second)];
        for _ in 0..100 * rounds() {
            // At the same offset, as when a file is rewritten while it is read.
            let (start, end) = (scans[0].start.max(scans[1].start), scans[0].end.min(scans[1].end));
            let at = start + 100 + random.below(end - start - 200);
            let torn = [&first[..at], &second[at..]].concat();
            cases += 1;
            if !matches!(checker.check(&torn), Soundness::Damaged(_)) {
                // Where both halves meet at the same MCU, nothing is wrong with the picture.
                assert_eq!(peer::djpeg(&torn), peer::Verdict::Sound, "{} torn at {at}", pair[0].name);
                missed += 1;
            }
        }
    }
    assert!(missed * 100 <= cases, "{missed} of {cases} not found");
}

#[test]
fn four_kilobytes_of_zeros_are_found() {
    let Some(pictures) = picture::large() else { return };
    let mut checker = Checker::new();
    let mut random = Random::new(3);
    for Picture { name, jpeg, .. } in &pictures {
        let scan = damage::scan_data(jpeg);
        for _ in 0..100 * rounds() {
            let at = scan.start + random.below(scan.len() - 4096);
            let mut zeroed = jpeg.clone();
            zeroed[at..at + 4096].fill(0);
            let found = checker.check(&zeroed);
            assert!(matches!(found, Soundness::Damaged(_)), "{name} with zeros at {at}");
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "how much more is found is worth knowing")]
fn what_libjpeg_turbo_finds_of_flipped_bits_is_found() {
    let Some(pictures) = picture::all() else { return };
    let mut checker = Checker::new();
    let mut random = Random::new(4);
    let (mut ours, mut theirs, mut cases) = ([0; 3], [0; 3], 0);
    for Picture { name, jpeg, .. } in pictures.iter().filter(|p| !p.name.contains("arithmetic")) {
        for (n, flips) in [1, 10, 100].into_iter().enumerate() {
            for _ in 0..12 * rounds() {
                let flipped = damage::flip(jpeg, flips, &mut random);
                let (found, warned) = (checker.check(&flipped), peer::djpeg(&flipped));
                let found = is_reported(found);
                ours[n] += u32::from(found);
                theirs[n] += u32::from(warned != peer::Verdict::Sound);
                assert!(found || warned == peer::Verdict::Sound, "{name} with {flips} bits: {warned:?}");
            }
        }
        cases += 12 * rounds();
    }
    assert!(ours[0] >= theirs[0] && ours[1] >= theirs[1] && ours[2] >= theirs[2]);
    eprintln!("1, 10, 100 flipped bits: found {ours:?}, by djpeg {theirs:?} of {cases} each");
}

/// Whether an answer names damage, or the bytes behind the last MCU that may be its only trace.
fn is_reported(answer: Soundness) -> bool {
    match answer {
        Soundness::Damaged(_) => true,
        Soundness::Sound(notes) => [Note::ExtraBytes, Note::ExtraPadding, Note::HiddenRestart]
            .into_iter()
            .any(|note| notes.contains(note)),
        _ => false,
    }
}

#[test]
fn bytes_behind_the_last_mcu_are_judged_as_djpeg_does() {
    let Some(pictures) = picture::all() else { return };
    let mut checker = Checker::new();
    let (mut silent, mut warned) = (0, 0);
    for Picture { name, jpeg, .. } in pictures.iter().filter(|p| !p.name.contains("arithmetic")) {
        let scan = damage::scan_data(jpeg);
        let restart = jpeg[scan.clone()].windows(2).position(|pair| pair == b"\xff\xd0");
        for at in restart.map(|n| scan.start + n).into_iter().chain([scan.end]) {
            for bytes in [1, 2, 4, 6, 7, 8, 20] {
                for unit in [&b"\xff\0"[..], b"\x55", b"\0"] {
                    let changed = [&jpeg[..at], &unit.repeat(bytes), &jpeg[at..]].concat();
                    let (found, verdict) = (checker.check(&changed), peer::djpeg(&changed));
                    let case = format!("{name}: {bytes} times {unit:x?} at {at}: {found:?}, {verdict:?}");
                    if verdict == peer::Verdict::Sound {
                        assert!(matches!(found, Soundness::Sound(_)), "{case}");
                        silent += 1;
                    } else {
                        warned += 1;
                    }
                    assert!(is_reported(found), "{case}");
                }
            }
        }
    }
    assert!(silent > 100 && warned > 100, "{silent} silent, {warned} warned");
}

/// FFmpeg shows the same picture whatever comes before a restart marker, unless it does not find the marker.
#[test]
fn restart_markers_are_hidden_where_ffmpeg_does_not_find_them() {
    let Some(pictures) = picture::all() else { return };
    let mut checker = Checker::new();
    let pixels = |jpeg: &[u8]| {
        peer::run("ffmpeg", &["-v", "quiet", "-f", "mjpeg", "-i", "-", "-f", "rawvideo", "-"], jpeg)
    };
    let (mut shown, mut lost) = (0, 0);
    for Picture { name, jpeg, .. } in
        pictures.iter().filter(|p| p.family.contains("restart") && p.size == (160, 120))
    {
        let scan = damage::scan_data(jpeg);
        let restarts: Vec<usize> =
            scan.filter(|&at| jpeg[at] == 0xff && matches!(jpeg[at + 1], 0xd0..=0xd7)).collect();
        let base = pixels(jpeg);
        let at = restarts[restarts.len() / 2];
        for bytes in [1, 7] {
            for unit in [&b"\xff\0"[..], b"\x55", b"\0", b"\x7f"] {
                let changed = [&jpeg[..at], &unit.repeat(bytes), &jpeg[at..]].concat();
                let Soundness::Sound(notes) = checker.check(&changed) else { panic!("{name}") };
                let is_hidden = notes.contains(Note::HiddenRestart);
                let case = format!("{name}: {bytes} times {unit:x?} at {at}: {notes:?}");
                assert_eq!(pixels(&changed) != base, is_hidden, "{case}");
                *(if is_hidden { &mut lost } else { &mut shown }) += 1;
            }
        }
    }
    assert!(shown > 4 && lost > 12, "{shown} shown, {lost} lost");
}

#[test]
fn two_pictures_in_one_are_found() {
    let Some(pictures) = picture::large() else { return };
    let mut checker = Checker::new();
    for Picture { name, jpeg, .. } in &pictures {
        let scan = damage::scan_data(jpeg);
        let half = scan.start + scan.len() / 2;
        let found = checker.check(&[&jpeg[..half], &jpeg[..]].concat());
        let Soundness::Damaged(damage) = found else { panic!("{name}") };
        assert_eq!((damage.kind, damage.at), (DamageKind::NewPicture, half), "{name}");
    }
}

#[test]
fn summaries_say_what_the_encoder_was_told() {
    let Some(pictures) = picture::all() else { return };
    for picture in &pictures {
        let summary = Summary::of(&picture.jpeg);
        let frame = summary.frame.unwrap();
        assert_eq!((frame.width, frame.height), picture.size, "{}", picture.name);
        if let Some(quality) = picture.quality {
            assert_eq!(
                summary.quality().map(|q| (q.percent, q.exact)),
                Some((quality, true)),
                "{}",
                picture.name
            );
        }
        if let Some(sampling) = picture.sampling {
            assert_eq!(frame.sampling(), Some(sampling), "{}", picture.name);
        }
    }
}
