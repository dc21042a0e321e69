//! The marker walk: the answer depends on the bytes alone.

use mjpeg::jpeg::Walk;
use mjpeg::multipart::{BodyWalk, Extent};

use super::cuts::Cuts;

/// `input`: a byte that chooses cuts, then a picture.
pub fn check(input: &[u8]) {
    let [seed, body @ ..] = input else { return };
    let whole = Walk::over(body);
    for seed in [1, *seed] {
        let (mut walk, mut end, mut answer) = (Walk::new(), 0, Extent::Partial);
        for length in Cuts::new(seed) {
            let now = walk.advance(&body[..end]);
            assert!(answer == Extent::Partial || now == answer, "{answer:?}, then {now:?} at {end}");
            answer = now;
            if end == body.len() {
                break;
            }
            end += length.min(body.len() - end);
        }
        assert_eq!(answer, whole, "cut by seed {seed}");
        walk.restart();
        assert_eq!(walk.advance(body), whole, "after a restart");
    }
    match whole {
        Extent::Complete { end } => {
            assert!(body[..end].ends_with(b"\xff\xd9"));
            assert_eq!(Walk::over(&body[..end - 1]), Extent::Partial);
            assert_eq!(Walk::over(&body[..end]), whole);
        }
        Extent::Broken { at } => assert!(at < body.len()),
        Extent::Foreign => assert!(!body.starts_with(b"\xff\xd8\xff")),
        Extent::Partial => assert!(body.iter().zip(b"\xff\xd8\xff").all(|(a, b)| a == b)),
    }
}
