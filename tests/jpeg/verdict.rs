//! What the checker says of a whole picture.

use mjpeg::jpeg::{Checker, Damage, Note, Soundness};

pub fn check(jpeg: &[u8]) -> Soundness {
    Checker::new().check(jpeg)
}

/// The notes on a sound picture.
pub fn notes(jpeg: &[u8]) -> Vec<Note> {
    match check(jpeg) {
        Soundness::Sound(notes) => notes.iter().map(|(note, _)| note).collect(),
        other => panic!("{other:?}"),
    }
}

/// The damage of a damaged picture.
pub fn damage(jpeg: &[u8]) -> Damage {
    match check(jpeg) {
        Soundness::Damaged(damage) => damage,
        other => panic!("{other:?}"),
    }
}
