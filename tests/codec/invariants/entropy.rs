//! The entropy walk: the answer depends on the picture alone, and agrees with the marker walk.

use mjpeg::jpeg::{Checker, DamageKind, Judgement, Note, Soundness, Summary, Walk};
use mjpeg::multipart::Extent;

/// `input`: two bytes that choose a cut, then a picture.
pub fn check(input: &[u8]) {
    let [high, low, jpeg @ ..] = input else { return };
    let mut checker = Checker::new();
    let answer = checker.check(jpeg);
    if let Soundness::Damaged(damage) = answer {
        assert!(damage.at <= jpeg.len(), "{damage:?} of {} bytes", jpeg.len());
        assert!(damage.mcu.is_none() || damage.scan.is_some(), "{damage:?}");
    }

    let extent = Walk::over(jpeg);
    match extent {
        Extent::Complete { end } => {
            assert_eq!(Checker::new().check(&jpeg[..end]), answer, "bytes behind EOI count");
            let cut = (usize::from(*high) << 8 | usize::from(*low)) % end;
            let cut_answer = checker.check(&jpeg[..cut]);
            let is_found = matches!(cut_answer, Soundness::Damaged(_)) || has(cut_answer, Note::NoEnd);
            assert!(is_found, "cut at {cut} of {end}: {cut_answer:?}");
        }
        Extent::Foreign => assert!(is(answer, DamageKind::NoStart), "{answer:?}"),
        Extent::Partial => {
            let is_found = matches!(answer, Soundness::Damaged(_)) || has(answer, Note::NoEnd);
            assert!(is_found, "{extent:?}, but {answer:?}");
        }
        // The entropy walk goes on behind bytes that belong to no segment.
        Extent::Broken { .. } => {
            let is_found = !matches!(answer, Soundness::Sound(_)) || has(answer, Note::JunkBytes);
            assert!(is_found, "{extent:?}, but {answer:?}");
        }
    }

    // What the segments show is damage at every depth, and notes are found at every depth.
    let [markers, entropy] = [Judgement::of_markers(jpeg, extent), Judgement::of_entropy(jpeg, &mut checker)];
    assert_eq!(checker.check(jpeg), answer, "after itself");
    assert!(markers.damage().is_none() || entropy.damage().is_some(), "{markers:?}, but {entropy:?}");
    if entropy.damage().is_none() {
        assert!(markers.notes().iter().all(|(note, at)| entropy.notes().place(note) == Some(at)));
        assert_eq!((markers.end(), markers.refusal()), (entropy.end(), entropy.refusal()));
    }

    // Nothing is left over from other pictures, and little memory changes only what is read.
    assert_eq!(checker.check(jpeg), answer, "after another picture");
    let frugal = Checker::with_memory_limit(1024).check(jpeg);
    assert!(frugal == answer || !matches!(frugal, Soundness::Sound(_)), "{frugal:?}, but {answer:?}");
    let summary = Summary::of(jpeg);
    assert_eq!(summary, Summary::of(jpeg));
}

fn has(answer: Soundness, note: Note) -> bool {
    matches!(answer, Soundness::Sound(notes) if notes.contains(note))
}

fn is(answer: Soundness, kind: DamageKind) -> bool {
    matches!(answer, Soundness::Damaged(damage) if damage.kind == kind)
}
