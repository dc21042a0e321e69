//! Starts threads. The work is boxed, so the code of the standard library that starts a thread is compiled once.

use std::io;
use std::thread::{Builder, JoinHandle};

/// The stack of a thread that needs no small one: the default of the standard library.
pub const STACK_BYTES: usize = 2 << 20;

/// Starts a thread with this name and a stack of this size.
///
/// # Errors
///
/// When the system refuses it.
pub fn start(
    name: &str,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    start_boxed(name, stack_bytes, Box::new(work))
}

fn start_boxed(name: &str, stack_bytes: usize, work: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.into()).stack_size(stack_bytes).spawn(work)
}
