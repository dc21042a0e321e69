//! `--format json`: verdicts for programs, schema `mjpeg.check/1`.

use super::emitter::Emitter;
use crate::output;
use crate::problem::Problem;
use crate::verdict::finished::Finished;

/// One JSON object for each target, each on one line.
#[derive(Debug)]
pub struct Json;

impl Emitter for Json {
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        Ok(output::json(finished)?)
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(String::new())
    }
}
