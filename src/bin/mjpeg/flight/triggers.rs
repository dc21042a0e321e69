//! What starts captures from outside: a signal, for all flight recorders of the process.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::recorder::{FlightRecorder, Shared};

/// The flight recorders of a process. Clones share them. A recorder that is gone is left out.
#[derive(Debug, Clone, Default)]
pub struct Triggers(Arc<Mutex<Vec<Weak<Shared>>>>);

impl Triggers {
    /// Adds a recorder.
    pub fn add(&self, recorder: &FlightRecorder) {
        // Nothing panics while it holds the lock.
        let mut recorders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recorders.retain(|recorder| recorder.strong_count() > 0);
        recorders.push(recorder.weak());
    }

    /// Starts or extends a capture of each recorder.
    pub fn pull(&self) {
        let recorders = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let recorders: Vec<_> = recorders.iter().filter_map(FlightRecorder::of).collect();
        recorders.iter().for_each(FlightRecorder::trigger);
    }
}
