//! Locks whose holder panicked are used on: what they guard is changed in one step each time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
