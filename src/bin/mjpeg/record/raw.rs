//! The response as received, in a file: `--raw FILE`.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::durability::Durability;
use super::existing::Existing;
use super::hang::Operations;
use super::out_file::OutFile;
use crate::problem::Problem;
use crate::transport::Tap;

/// The file. Clones share it: the stream writes to it, and the recorder decides when it replaces an earlier file.
#[derive(Debug, Clone)]
pub struct RawFile {
    file: Rc<RefCell<Option<OutFile>>>,
    operations: Operations,
}

impl RawFile {
    /// Creates the file. An earlier one stays until [`RawFile::replace`].
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub fn create(path: &Path, existing: Existing, operations: &Operations) -> Result<Self, Problem> {
        let existing = if existing == Existing::Resume { Existing::Refuse } else { existing };
        let file = OutFile::create(path, existing, Durability::Closed)?;
        Ok(Self { file: Rc::new(RefCell::new(Some(file))), operations: operations.clone() })
    }

    /// Replaces an earlier file: the first good frame is in hand.
    ///
    /// # Errors
    ///
    /// When it cannot be replaced.
    pub fn replace(&self) -> Result<(), Problem> {
        self.operations.run(|| self.file.borrow_mut().as_mut().map_or(Ok(()), OutFile::replace))
    }

    /// Closes the file.
    ///
    /// # Errors
    ///
    /// Those of the close.
    pub fn close(&self) -> Result<(), Problem> {
        self.operations.run(|| self.file.borrow_mut().take().map_or(Ok(()), OutFile::close))
    }
}

impl Tap for RawFile {
    fn bytes(&mut self, bytes: &[u8], _: Duration) -> Result<(), Problem> {
        self.operations.run(|| self.file.borrow_mut().as_mut().map_or(Ok(()), |file| file.write(bytes)))
    }
}
