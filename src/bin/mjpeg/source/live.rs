//! Live sources: each runs in its own thread and publishes frames when they arrive.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::Error;
use super::picture::Picture;
use super::wake::Wake;

/// A used buffer takes a picture again if it is at most so many times as large: a viewer that stays slow keeps all of it.
const MOST_TIMES: usize = 4;
/// Or if it is at most so large.
const SMALL: usize = 256 << 10;

/// Holds the newest picture of a live source; clones share it.
#[derive(Debug, Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    slot: Mutex<Slot>,
    torn: AtomicU64,
    unseen: AtomicU64,
    wake: Wake,
}

#[derive(Debug, Default)]
struct Slot {
    newest: Option<Shot>,
    /// The buffer of a used picture.
    spare: Option<Vec<u8>>,
    ended: Option<Ended>,
}

#[derive(Debug)]
enum Ended {
    Well,
    Badly(Error),
}

/// A picture and when it was taken, since 1970-01-01 UTC.
#[derive(Debug)]
pub struct Shot {
    /// The picture.
    pub picture: Picture,
    /// When it was taken.
    pub taken: Duration,
}

/// The content of a mailbox.
#[derive(Debug)]
pub enum Mail {
    /// A new picture, the newest one.
    Shot(Shot),
    /// Nothing new.
    Nothing,
    /// Nothing new, and the source has ended.
    End,
    /// The source failed before its first picture.
    Failed(Error),
}

impl Mailbox {
    /// A mailbox that calls `wake` for each picture and for the end.
    pub fn new(wake: Wake) -> Self {
        let shared =
            Shared { slot: Mutex::default(), torn: AtomicU64::new(0), unseen: AtomicU64::new(0), wake };
        Self { shared: Arc::new(shared) }
    }

    /// Puts a picture into the mailbox. It replaces a picture that was not taken yet. Never blocks on the reader.
    pub fn publish(&self, picture: Picture, taken: Duration) {
        let replaced = self.lock().newest.replace(Shot { picture, taken });
        if replaced.is_some() {
            self.shared.unseen.fetch_add(1, Ordering::Relaxed);
        }
        self.shared.wake.wake();
    }

    /// Drops a picture that was not taken yet.
    pub fn forget_picture(&self) {
        self.lock().newest = None;
    }

    /// Ends the source.
    pub fn end(&self) {
        self.lock().ended = Some(Ended::Well);
        self.shared.wake.wake();
    }

    /// Ends the source with an error, before its first picture.
    pub fn fail(&self, error: Error) {
        self.lock().ended = Some(Ended::Badly(error));
        self.shared.wake.wake();
    }

    /// Counts an incomplete picture, which is not published.
    pub fn count_torn(&self) {
        self.shared.torn.fetch_add(1, Ordering::Relaxed);
    }

    /// Incomplete pictures so far.
    pub fn torn(&self) -> u64 {
        self.shared.torn.load(Ordering::Relaxed)
    }

    /// Pictures so far that a newer one replaced before they were taken.
    pub fn unseen(&self) -> u64 {
        self.shared.unseen.load(Ordering::Relaxed)
    }

    /// Takes the newest picture, or the end.
    pub fn take(&self) -> Mail {
        let mut slot = self.lock();
        if let Some(shot) = slot.newest.take() {
            return Mail::Shot(shot);
        }
        match std::mem::take(&mut slot.ended) {
            None => Mail::Nothing,
            Some(Ended::Well) => Mail::End,
            Some(Ended::Badly(error)) => Mail::Failed(error),
        }
    }

    /// Gives a picture back, so that its buffer is used again.
    pub fn give_back(&self, picture: Picture) {
        let buffer = picture.into_buffer();
        if buffer.is_some() {
            self.lock().spare = buffer;
        }
    }

    /// An empty buffer for a picture of about `length` bytes, a used one if there is one that is not much too large.
    pub fn buffer(&self, length: usize) -> Vec<u8> {
        let spare = self.lock().spare.take();
        let largest = length.saturating_mul(MOST_TIMES).max(SMALL);
        spare.filter(|spare| spare.capacity() <= largest).unwrap_or_else(|| Vec::with_capacity(length))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slot> {
        // After a panic the slot is still valid: each change is one assignment.
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;

    #[test]
    fn a_buffer_is_used_again_unless_it_is_much_too_large() {
        let (wake, _poll) = Wake::for_test();
        let mailbox = Mailbox::new(wake);
        for (used, length, is_kept) in [
            (100_000, 110_000, true),
            (100_000, 2_000, true),
            (4_000_000, 1_000_000, true),
            (4_000_001, 1_000_000, false),
            (60 << 20, 3 << 20, false),
        ] {
            let mut jpeg = Vec::with_capacity(used);
            jpeg.extend_from_slice(SMALLEST);
            mailbox.give_back(Picture::whole(jpeg));
            let buffer = mailbox.buffer(length);
            let capacity = if is_kept { used } else { length };
            assert_eq!((buffer.len(), buffer.capacity()), (0, capacity), "{used} {length}");
        }
    }
}
