//! One JPEG, immutable and shared.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mjpeg::jpeg::{DamageKind, Judgement, Refusal, Walk};

/// A JPEG from its SOI to its EOI. Clones share the bytes, so a clone costs no copy.
#[derive(Debug, Clone)]
pub struct Picture {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    jpeg: Vec<u8>,
    /// The file that it was read from, for messages.
    file: Option<Box<Path>>,
    /// The last check that found the picture good, see [`Picture::passes`].
    passed: AtomicU64,
}

/// Why a picture is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsound(Refusal);

impl std::fmt::Display for Unsound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Refusal::Damaged(damage) = self.0 else { return self.0.fmt(f) };
        match damage.kind {
            DamageKind::Empty => f.write_str("it is empty"),
            DamageKind::NoStart => f.write_str("it is not a JPEG"),
            DamageKind::Cut => f.write_str("it ends before its end marker"),
            DamageKind::NoFrame => f.write_str("it has no frame header or no scan"),
            _ => write!(f, "its structure is broken at byte {}", damage.at),
        }
    }
}

impl Picture {
    /// Takes the bytes of a JPEG. Bytes before SOI and after EOI are removed.
    ///
    /// # Errors
    ///
    /// If no consumer would show the picture, by [`Judgement::of_markers`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, Unsound> {
        Ok(Self::whole(trimmed(bytes)?))
    }

    /// Takes the bytes of a JPEG without a judgement: the caller has judged the JPEG, which ends with its EOI.
    pub fn whole(jpeg: Vec<u8>) -> Self {
        Self::shared(jpeg, None)
    }

    /// Takes the bytes of a JPEG as [`Picture::new`] does, which were read from this file.
    ///
    /// # Errors
    ///
    /// Those of [`Picture::new`].
    pub fn of_file(bytes: Vec<u8>, file: &Path) -> Result<Self, Unsound> {
        Ok(Self::shared(trimmed(bytes)?, Some(file.into())))
    }

    fn shared(jpeg: Vec<u8>, file: Option<Box<Path>>) -> Self {
        Self { shared: Arc::new(Shared { jpeg, file, passed: AtomicU64::new(0) }) }
    }

    /// The file that it was read from, if it is from one of its own.
    pub fn file(&self) -> Option<&Path> {
        self.shared.file.as_deref()
    }

    /// The JPEG, from SOI to EOI.
    pub fn jpeg(&self) -> &[u8] {
        &self.shared.jpeg
    }

    /// Bytes of memory that the picture uses.
    pub fn weight(&self) -> usize {
        self.shared.jpeg.capacity()
    }

    /// The buffer, emptied for the next JPEG; `None` while clones of the picture exist.
    pub fn into_buffer(self) -> Option<Vec<u8>> {
        let mut buffer = Arc::into_inner(self.shared)?.jpeg;
        buffer.clear();
        Some(buffer)
    }

    /// Whether the JPEG passes `check`. The picture remembers the number of the last check that it passed, so a
    /// picture that is played in a loop is checked once. Different checks have different numbers above 0.
    pub fn passes(&self, number: u64, check: impl FnOnce(&[u8]) -> bool) -> bool {
        if self.shared.passed.load(Ordering::Relaxed) == number {
            return true;
        }
        let passed = check(self.jpeg());
        if passed {
            self.shared.passed.store(number, Ordering::Relaxed);
        }
        passed
    }
}

/// A JPEG without the bytes before SOI and after EOI.
fn trimmed(mut bytes: Vec<u8>) -> Result<Vec<u8>, Unsound> {
    let judgement = Judgement::of_markers(&bytes, Walk::over(&bytes));
    if let Some(refusal) = judgement.refusal() {
        return Err(Unsound(refusal));
    }
    bytes.truncate(judgement.end().unwrap_or(bytes.len()));
    bytes.drain(..judgement.start());
    Ok(bytes)
}

/// The smallest picture that can be sent: one component, one sample, no entropy-coded data.
#[cfg(test)]
pub const SMALLEST: &[u8] =
    b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9";

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = SMALLEST;

    #[test]
    fn bytes_before_soi_and_after_eoi_are_removed() {
        for bytes in [[JPEG, b"stale"], [b"\0\r\n", JPEG], [&JPEG[..2], JPEG]] {
            assert_eq!(Picture::new(bytes.concat()).unwrap().jpeg(), JPEG);
        }
    }

    #[test]
    fn the_last_clone_gives_the_buffer_back() {
        let picture = Picture::new(JPEG.to_vec()).unwrap();
        let clone = picture.clone();
        assert_eq!(picture.jpeg().as_ptr(), clone.jpeg().as_ptr());
        assert_eq!(picture.into_buffer(), None);
        let buffer = clone.into_buffer().unwrap();
        assert!(buffer.is_empty() && buffer.capacity() >= JPEG.len());
    }

    #[test]
    fn a_passed_check_is_not_repeated() {
        let picture = Picture::new(JPEG.to_vec()).unwrap();
        assert!(!picture.passes(1, |_| false));
        assert!(picture.passes(1, |jpeg| jpeg == JPEG));
        assert!(picture.clone().passes(1, |_| panic!("already checked")));
        assert!(!picture.passes(2, |_| false));
    }

    #[test]
    fn only_a_sound_jpeg_is_a_picture() {
        for (bytes, message) in [
            (&b""[..], "it is empty"),
            (b"<html>", "it is not a JPEG"),
            (&JPEG[..JPEG.len() - 1], "it ends before its end marker"),
            (b"\xff\xd8\xff\xfe\x00\x04ab\xff\xd9", "it has no frame header or no scan"),
            (&[&JPEG[..JPEG.len() - 2], b"\xff\xd8\xff"].concat(), "its structure is broken at byte 25"),
        ] {
            assert_eq!(Picture::new(bytes.to_vec()).unwrap_err().to_string(), message);
        }
    }
}
