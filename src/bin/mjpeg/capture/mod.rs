//! A capture: the bytes of a response in a file, and beside it the times of its reads.

mod read;
mod timing_reader;
mod timing_writer;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use read::Read;
pub use timing_reader::{Error as TimingError, TimingReader};
pub use timing_writer::TimingWriter;

/// What the name of the timing file has behind that of the capture.
const SUFFIX: &str = ".timing";

/// The path of the timing file of a capture.
pub fn timing_path(capture: &Path) -> PathBuf {
    let mut path = OsString::from(capture);
    path.push(SUFFIX);
    path.into()
}
