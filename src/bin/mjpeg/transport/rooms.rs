//! Memory for reads, which streams that wait for bytes lend to each other. Without that, each thread's part of the heap would keep
//! room for the pictures of all its streams.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most of it that is kept.
const MOST: usize = 4;
/// What is larger is not kept: the next picture of another camera is hardly as large.
const LARGEST: usize = 256 << 10;

static FREE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Keeps memory that a reader has released.
pub fn give_back(room: Vec<u8>) {
    if (1..=LARGEST).contains(&room.capacity()) {
        let mut free = free();
        if free.len() < MOST {
            free.push(room);
        }
    }
}

/// Memory for a reader; none if there is none.
pub fn take() -> Vec<u8> {
    free().pop().unwrap_or_default()
}

fn free() -> MutexGuard<'static, Vec<Vec<u8>>> {
    // Nothing panics while it holds the lock.
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}
