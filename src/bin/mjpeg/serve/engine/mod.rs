//! The engine: one thread accepts connections, answers requests and sends frames. It never blocks.

mod accept;
mod command;
mod departure;
mod dispatch;
mod event_loop;
mod memory_limit;
mod settings;
mod sweep;

pub use event_loop::{Engine, SOURCE};
pub use settings::Settings;
