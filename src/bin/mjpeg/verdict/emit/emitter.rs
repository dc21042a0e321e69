//! What an output format is.

use crate::problem::Problem;
use crate::verdict::run::Run;
use crate::verdict::tasks::Task;
use crate::verdict::word::Verdict;

/// Turns the verdicts of one run of `mjpeg check` into text, for standard output.
///
/// The methods return what is to be printed now, without the last line end; an empty string prints
/// nothing. A format of one document for all targets collects them and returns it from `end`.
pub trait Emitter {
    /// Takes the verdict on the next target.
    ///
    /// # Errors
    ///
    /// When the text cannot be made.
    fn target(&mut self, task: &Task, run: &Run, verdict: Verdict) -> Result<String, Problem>;

    /// Called once after the last target.
    ///
    /// # Errors
    ///
    /// When the text cannot be made.
    fn end(&mut self) -> Result<String, Problem>;
}
