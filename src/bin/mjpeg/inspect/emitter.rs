//! What an output format of `inspect` is.

use mjpeg::http::Head;

use super::column::Known;
use super::fault::Fault;
use super::row::Row;
use super::watcher::Around;
use crate::problem::Problem;

/// Turns rows into text for standard output. The methods return what is to be printed now, without the last line end;
/// an empty string prints nothing.
pub trait Emitter {
    /// The stream is open.
    fn start(&mut self, opened: &Opened<'_>) -> String;

    /// The next row.
    ///
    /// # Errors
    ///
    /// When the text cannot be made.
    fn row(&mut self, row: &Row) -> Result<String, Problem>;

    /// There is no stream, or it failed. Standard error says so too.
    ///
    /// # Errors
    ///
    /// When the text cannot be made.
    fn failed(&mut self, fault: &Fault) -> Result<String, Problem>;

    /// The stream has ended: `end` says how, in a few words.
    fn end(&mut self, around: &Around, end: &str) -> String;
}

/// What is known when the first row may come.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The target as typed, without a password.
    pub target: &'a str,
    /// The response head; a bare body has none.
    pub head: Option<&'a Head>,
    /// The heads before it: of redirections and refusals on the way, and interim ones.
    pub earlier: &'a [Head],
    /// Whether the body comes in chunks.
    pub is_in_chunks: bool,
    /// What the source of the rows knows.
    pub known: Known,
}
