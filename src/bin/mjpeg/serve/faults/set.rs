//! The faults that are in force. They may change while the server runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::Fault;

/// The faults of all viewers. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct FaultSet {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    faults: Mutex<Arc<[Fault]>>,
    /// How often the faults were replaced.
    version: AtomicU64,
}

impl FaultSet {
    /// These faults.
    pub fn new(faults: Vec<Fault>) -> Self {
        let set = Self::default();
        set.replace(faults);
        set
    }

    /// The faults in force.
    pub fn faults(&self) -> Arc<[Fault]> {
        // The lock is held only while a pointer is copied, so no thread can panic with it.
        Arc::clone(&self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other faults in force, from the next part of each viewer on; those of the whole response for later viewers only.
    pub fn replace(&self, faults: Vec<Fault>) {
        *self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults.into();
        self.shared.version.fetch_add(1, Ordering::Release);
    }

    /// Changes with each replacement.
    pub fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }
}
