//! What an output format is.

use crate::problem::Problem;
use crate::verdict::finished::Finished;

/// Turns the finished targets of one run of `mjpeg check` into text, for standard output.
///
/// The methods return what is to be printed now, without the last line end; an empty string prints
/// nothing. A format of one document for all targets collects them and returns it from `end`.
pub trait Emitter {
    /// Takes the next target.
    ///
    /// # Errors
    ///
    /// When the text cannot be made.
    fn target(&mut self, finished: &Finished) -> Result<String, Problem>;

    /// Called once after the last target.
    ///
    /// # Errors
    ///
    /// When the text cannot be made.
    fn end(&mut self) -> Result<String, Problem>;
}
