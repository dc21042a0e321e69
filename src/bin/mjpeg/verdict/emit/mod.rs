//! Output formats of verdicts.

mod emitter;
mod json;
mod reason;
mod table;
mod text;

pub use emitter::Emitter;
pub use json::Json;
pub use text::Text;
