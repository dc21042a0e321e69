//! Sources that have a frame when it happens, each in a thread of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::Error;
use super::picture::Picture;

/// Where a live source leaves its newest picture; clones share it.
#[derive(Debug, Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    slot: Mutex<Slot>,
    torn: AtomicU64,
    unseen: AtomicU64,
    waker: mio::Waker,
}

#[derive(Debug, Default)]
struct Slot {
    newest: Option<Shot>,
    /// A picture that nobody needs any more, for its buffer.
    spare: Option<Picture>,
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

/// What a mailbox held.
#[derive(Debug)]
pub enum Mail {
    /// A new picture, the newest one.
    Shot(Shot),
    /// Nothing new.
    Nothing,
    /// Nothing new, and nothing more will come.
    End,
    /// There never was anything, and this is why.
    Failed(Error),
}

impl Mailbox {
    /// A mailbox that calls `waker` whenever something is left in it.
    pub fn new(waker: mio::Waker) -> Self {
        let shared =
            Shared { slot: Mutex::default(), torn: AtomicU64::new(0), unseen: AtomicU64::new(0), waker };
        Self { shared: Arc::new(shared) }
    }

    /// Leaves a picture; one that was not fetched yet gives way. Never waits for whoever fetches it.
    pub fn publish(&self, picture: Picture, taken: Duration) {
        let replaced = self.lock().newest.replace(Shot { picture, taken });
        if replaced.is_some() {
            self.shared.unseen.fetch_add(1, Ordering::Relaxed);
        }
        self.wake();
    }

    /// Says that no more pictures will come.
    pub fn end(&self) {
        self.lock().ended = Some(Ended::Well);
        self.wake();
    }

    /// Says that no pictures will come, and why.
    pub fn fail(&self, error: Error) {
        self.lock().ended = Some(Ended::Badly(error));
        self.wake();
    }

    /// Counts a picture that was found incomplete and not published.
    pub fn count_torn(&self) {
        self.shared.torn.fetch_add(1, Ordering::Relaxed);
    }

    /// Pictures found incomplete so far.
    pub fn torn(&self) -> u64 {
        self.shared.torn.load(Ordering::Relaxed)
    }

    /// Pictures so far that gave way to a newer one before they were fetched.
    pub fn unseen(&self) -> u64 {
        self.shared.unseen.load(Ordering::Relaxed)
    }

    /// Fetches what is there.
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

    /// Gives a picture back for its buffer.
    pub fn give_back(&self, picture: Picture) {
        self.lock().spare = Some(picture);
    }

    /// A buffer for [`Picture::new`], a used one where there is one.
    pub fn buffer(&self, length: usize) -> Vec<u8> {
        let spare = self.lock().spare.take();
        spare.map_or_else(|| Picture::buffer(length), Picture::into_buffer)
    }

    fn wake(&self) {
        // The eventfd of the waker is full only when a wake-up is pending already.
        let _ = self.shared.waker.wake();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slot> {
        // A thread that panicked has left a whole slot: each change is one assignment.
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
