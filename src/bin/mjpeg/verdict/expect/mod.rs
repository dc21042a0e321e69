//! `--expect` and `--write-expect`: what one camera has to meet, as a file.

mod file;
mod written;

pub use file::Expected;
pub use written::{refusal, text};
