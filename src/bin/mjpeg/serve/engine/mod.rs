//! The engine: one thread accepts connections, answers requests and sends frames. It never blocks.

mod accept;
mod broadcast;
mod command;
mod departure;
mod dispatch;
mod event_loop;
mod farm;
mod faulty;
mod replay;
mod settings;
mod shutdown;
mod snapshots;
mod sweep;
#[cfg(test)]
mod tests;
mod timeout;

pub use event_loop::{Engine, SOURCES};
pub use settings::Settings;
