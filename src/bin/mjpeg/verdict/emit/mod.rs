//! Output formats of verdicts.

mod emitter;
mod github;
mod json;
mod junit;
mod markdown;
mod nagios;
mod prometheus;
mod table;
mod text;

pub use emitter::Emitter;
pub use github::GitHub;
pub use json::Json;
pub use junit::JUnit;
pub use markdown::Markdown;
pub use nagios::{Nagios, service, unknown};
pub use prometheus::Prometheus;
pub use text::Text;
