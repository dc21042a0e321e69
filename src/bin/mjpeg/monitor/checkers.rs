//! The checkers of entropy-coded data, which all cameras share: each has large tables, and only as many are needed as there are
//! pictures that are read at one time.

use std::sync::{Mutex, PoisonError};

use mjpeg::check::Judge;
use mjpeg::jpeg::Checker;

/// Most of them that are kept for later pictures.
const MOST_KEPT: usize = 4;

/// The checkers that are free.
static FREE: Mutex<Vec<Checker>> = Mutex::new(Vec::new());

/// Lets `judge` have a checker while it takes a picture in `take`.
pub fn lent<T>(judge: &mut Judge, take: impl FnOnce(&mut Judge) -> T) -> T {
    // Nothing panics while it holds the lock.
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    judge.exchange_checker(free);
    let taken = take(judge);
    if let Some(checker) = judge.exchange_checker(None) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < MOST_KEPT {
            free.push(checker);
        }
    }
    taken
}
