//! Faults that `serve` injects on purpose.

mod catalogue;
mod control;
mod delayed;
mod edit;
mod entry;
mod fault;
mod faulty;
mod frame;
mod held;
mod injector;
mod item;
mod list;
pub mod log;
mod options;
mod pump;
mod random;
mod set;
mod slot;
mod table;
mod when;

pub use delayed::Silent;
pub use entry::Answer;
pub use fault::Fault;
pub use injector::{CameraFaults, Injected, Injection, Injector};
pub use list::list;
pub use options::FaultOptions;
