//! What is wrong with a recording, apart from its pictures and times.

use alloc::string::String;

use super::Judge;
use super::findings::Place;
use crate::check::rule::Rule;
use crate::check::rules::recording::{
    RECORDING_FILE_HASH, RECORDING_FILE_MISSING, RECORDING_FILE_SIZE, RECORDING_FRAME_MISSING,
    RECORDING_FRAME_UNLISTED, RECORDING_LINE, RECORDING_LINE_CUT,
};

/// What is wrong with a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingFault {
    /// A line of the manifest cannot be read.
    Line,
    /// The last line of the manifest is cut.
    LineCut,
    /// A file is missing or cannot be read.
    FileMissing,
    /// A file has another size than its part.
    FileSize,
    /// A file has another hash than the manifest says.
    FileHash,
    /// The number of a frame is left out.
    FrameMissing,
    /// The same where a recording was resumed.
    FrameUnlisted,
}

impl RecordingFault {
    fn rule(self) -> &'static Rule {
        match self {
            Self::Line => &RECORDING_LINE,
            Self::LineCut => &RECORDING_LINE_CUT,
            Self::FileMissing => &RECORDING_FILE_MISSING,
            Self::FileSize => &RECORDING_FILE_SIZE,
            Self::FileHash => &RECORDING_FILE_HASH,
            Self::FrameMissing => &RECORDING_FRAME_MISSING,
            Self::FrameUnlisted => &RECORDING_FRAME_UNLISTED,
        }
    }
}

impl RecordingFault {
    /// The code of its rule.
    pub fn code(self) -> &'static str {
        self.rule().code
    }
}

impl Judge {
    /// Takes a fault of the recording at a part; `None`: at a line that says no part.
    pub fn recording(&mut self, fault: RecordingFault, part: Option<u64>, message: impl Into<String>) {
        self.findings.note(fault.rule(), Place { part, offset: None }, message);
    }
}
