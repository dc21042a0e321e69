//! The `Via` field of a relay's requests (RFC 9110 7.6.3).

use std::sync::{Arc, Mutex, PoisonError};

/// The value of the field, which may change from one request to the next; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Via {
    value: Arc<Mutex<String>>,
}

impl Via {
    /// Sets the value for the requests that follow.
    pub fn set(&self, value: String) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }

    /// The value.
    pub(super) fn value(&self) -> String {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Clones are equal: they share the value.
impl PartialEq for Via {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }
}
