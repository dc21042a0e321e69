//! The flight recorder: the last bytes of a stream in memory, written out when something has happened.
//!
//! ```text
//! reads, parts  ->  Ring: one Track for each response     (the reading thread)
//! trigger       ->  snapshot, then each further read      (a queue)
//!               ->  CaptureFile: bytes and times          (a thread for each capture)
//! ```
//!
//! A capture has one response, so that all that reads captures can read it. It knows no subcommand and no signal.

mod capture_file;
mod chunk_cursor;
mod names;
mod queue;
mod recorder;
mod ring;
mod settings;
mod track;
mod triggers;
mod writer;

pub use names::CaptureNames;
pub use recorder::{FlightRecorder, Tally};
pub use ring::Limits;
pub use settings::Settings;
pub use triggers::Triggers;
