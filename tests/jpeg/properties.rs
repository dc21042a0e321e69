//! What holds for all pictures and for all bytes.

use mjpeg::jpeg::{Checker, Note, Piece, Segments, Soundness, Splitter, Summary, Walk};
use mjpeg::multipart::{BodyWalk, Extent};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::encoder::{self, Order, Padding, Plan};
use crate::fixture::SOUND;
use crate::splitting;

fn plans() -> impl Strategy<Value = Plan> {
    let factors = prop_oneof![
        Just(vec![(1, 1)]),
        Just(vec![(2, 2)]),
        Just(vec![(2, 2), (1, 1), (1, 1)]),
        Just(vec![(2, 1), (1, 2), (1, 1)]),
        Just(vec![(1, 2), (1, 1), (1, 1)]),
        Just(vec![(4, 1), (1, 1), (1, 1)]),
        Just(vec![(3, 1), (2, 1), (1, 1)]),
        Just(vec![(1, 1), (1, 1), (1, 1), (1, 1)]),
        Just(vec![(2, 2), (1, 1), (1, 1), (2, 2)]),
        Just(vec![(2, 1), (1, 1)]),
    ];
    let orders = prop_oneof![Just(Order::Interleaved), Just(Order::Planes), Just(Order::Progressive)];
    let precision = prop_oneof![Just(8_u8), Just(12)];
    (factors, orders, precision, 1..70_u16, 1..70_u16, prop_oneof![Just(0_u16), 1..9_u16]).prop_map(
        |(factors, order, precision, width, height, restart_interval)| Plan {
            precision,
            size: (width, height),
            factors,
            restart_interval,
            order,
            padding: Padding::Ones,
        },
    )
}

/// Fixtures with bytes changed, put in and taken out, behind one another.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), 0..40_usize, vec(any::<u8>(), 0..40));
    (vec((0..SOUND.len(), vec(change, 0..4)), 1..3)).prop_map(|pictures| {
        let mut all = Vec::new();
        for (n, changes) in pictures {
            let mut jpeg = SOUND[n].1.to_vec();
            for (at, gone, new) in changes {
                let at = at.index(jpeg.len());
                let end = (at + gone).min(jpeg.len());
                jpeg.splice(at..end, new);
            }
            all.extend(jpeg);
        }
        all
    })
}

/// Bytes of which many have a meaning.
fn markers() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => Just(0xff_u8),
        2 => Just(0x00),
        2 => Just(0xd8),
        1 => prop::sample::select(vec![0xc0, 0xc2, 0xc4, 0xd0, 0xd1, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xe1, 0xfe]),
        1 => 0..20_u8,
        1 => any::<u8>(),
    ];
    vec(byte, 0..300).prop_map(|bytes| [&[0xff, 0xd8], &bytes[..]].concat())
}

/// How many times as many random cases as usual: `MJPEG_ROUNDS`, 1 by default.
fn rounds() -> u32 {
    std::env::var("MJPEG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300 * rounds(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_up_pictures_are_sound(plan in plans(), seed in any::<u64>()) {
        let jpeg = encoder::encode(&plan, seed);
        let Soundness::Sound(notes) = Checker::new().check(&jpeg) else { panic!() };
        let twelve = (plan.precision == 12).then_some(Note::TwelveBits);
        let two = (plan.factors.len() == 2).then_some(Note::TwoComponents);
        let expected: Vec<Note> = twelve.into_iter().chain(two).collect();
        prop_assert_eq!(notes.iter().map(|(note, _)| note).collect::<Vec<_>>(), expected);
        let frame = Summary::of(&jpeg).frame.unwrap();
        prop_assert_eq!((frame.width, frame.height), plan.size);
    }

    #[test]
    fn a_scan_with_a_byte_too_few_or_too_many_is_no_sound_picture(plan in plans(), seed in any::<u64>()) {
        let jpeg = encoder::encode(&plan, seed);
        let end = jpeg.len() - 2;
        // One byte: a stuffed zero goes with its FF.
        let last = if jpeg[end - 2..end] == [0xff, 0x00] { end - 2 } else { end - 1 };
        let fewer = [&jpeg[..last], &jpeg[end..]].concat();
        prop_assert!(matches!(Checker::new().check(&fewer), Soundness::Damaged(_)));
        let with = |bytes: &[u8]| Checker::new().check(&[&jpeg[..end], bytes, &jpeg[end..]].concat());
        let one = with(&[0x7f]);
        prop_assert!(matches!(one, Soundness::Sound(notes) if notes.contains(Note::ExtraBytes)), "{one:?}");
        prop_assert!(matches!(with(&[0x7f; 8]), Soundness::Damaged(_)));
    }

    #[test]
    fn no_bytes_make_it_panic(jpeg in prop_oneof![damaged(), markers(), vec(any::<u8>(), 0..200)]) {
        let mut checker = Checker::new();
        let found = checker.check(&jpeg);
        if let Soundness::Damaged(damage) = found {
            prop_assert!(damage.at <= jpeg.len(), "{damage}");
        }
        prop_assert_eq!(checker.check(&jpeg), found, "checked twice");
        let summary = Summary::of(&jpeg);
        prop_assert_eq!(summary.extent, Walk::over(&jpeg));
        for segment in Segments::of(&jpeg) {
            prop_assert_eq!(&jpeg[segment.at + 4..][..segment.parameters.len()], segment.parameters);
            prop_assert!(segment.entropy_coded.end <= jpeg.len());
        }
    }

    #[test]
    fn the_walk_does_not_depend_on_how_bytes_come(
        jpeg in prop_oneof![damaged(), markers()],
        splits in vec(any::<Index>(), 0..20),
    ) {
        let mut splits: Vec<usize> = splits.iter().map(|split| split.index(jpeg.len() + 1)).collect();
        splits.sort_unstable();
        let mut walk = Walk::new();
        for split in splits {
            prop_assert_eq!(walk.advance(&jpeg[..split]), Walk::over(&jpeg[..split]));
        }
        prop_assert_eq!(walk.advance(&jpeg), Walk::over(&jpeg));
    }

    #[test]
    fn the_splitter_does_not_depend_on_how_bytes_come(
        stream in prop_oneof![damaged(), markers()],
        sizes in vec(1..5000_usize, 1..20),
    ) {
        let whole = splitting::pieces(&stream, &[usize::MAX]);
        prop_assert_eq!(&splitting::pieces(&stream, &sizes), &whole);
        // The pieces are the stream, in order and without gaps.
        let mut end = 0;
        for piece in &whole {
            prop_assert_eq!(piece.0.start, end);
            prop_assert!(piece.0.len > 0);
            end = piece.0.end();
        }
        prop_assert_eq!(end, stream.len() as u64);
    }

    #[test]
    fn concatenated_pictures_come_back(
        pictures in vec((0..SOUND.len(), prop::sample::select(vec![&b""[..], b"\r\n", b"\0\0\0\xff", b"--b\r\n"])), 0..5),
    ) {
        let mut splitter = Splitter::new();
        for (n, junk) in &pictures {
            let jpeg = [SOUND[*n].1, junk].concat();
            splitter.space()[..jpeg.len()].copy_from_slice(&jpeg);
            splitter.filled(jpeg.len());
        }
        splitter.finish();
        let mut expected = pictures.iter();
        while let Some(piece) = splitter.next_piece() {
            if let Piece::Picture { jpeg, extent, .. } = piece {
                prop_assert_eq!(jpeg, SOUND[expected.next().unwrap().0].1);
                prop_assert_eq!(extent, Extent::Complete { end: jpeg.len() });
            }
        }
        prop_assert!(expected.next().is_none());
    }
}
