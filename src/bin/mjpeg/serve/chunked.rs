//! The chunked coding of a dialect.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::part::Part;
use super::script::{Kept, Script, Step};
use crate::dialect::{Chunks, Together};

/// Makes a chunk of what is sent together: RFC 9112 7.1.
#[derive(Debug)]
pub struct Chunked {
    chunks: Chunks,
    /// The script that says what is sent together.
    inner: Option<Box<dyn Script>>,
    is_begun: bool,
    /// What ends each chunk. There may be one for each byte.
    line_end: Rc<[u8]>,
}

impl Chunked {
    /// A script that makes chunks of the steps of another one.
    pub fn new(chunks: Chunks, inner: Option<Box<dyn Script>>) -> Self {
        Self { chunks, inner, is_begun: false, line_end: Rc::from(*b"\r\n") }
    }

    /// Adds the chunks of bytes that are sent together.
    fn add(&mut self, part: &Rc<Part>, bytes: Range<usize>, plan: &mut VecDeque<Step>) {
        if bytes.is_empty() {
            return;
        }
        let picture = part.body();
        let (from, to) =
            (picture.start.clamp(bytes.start, bytes.end), picture.end.clamp(bytes.start, bytes.end));
        let relative = |at: usize| at - bytes.start;
        let delimiter = part.frame().delimiter();
        let starts = !self.is_begun && delimiter.start == bytes.start && delimiter.end <= bytes.end;
        self.is_begun = true;
        let mut line_ends = Vec::new();
        if self.chunks.cut_lines {
            for range in [bytes.start..from, to..bytes.end] {
                let mut at = relative(range.start);
                for slice in part.slices(range).iter() {
                    line_ends.extend(memchr::memchr_iter(b'\n', slice).map(|end| at + end + 1));
                    at += slice.len();
                }
            }
        }
        let first_delimiter = starts.then(|| relative(delimiter.end));
        let sent =
            Together { len: bytes.len(), picture: relative(from)..relative(to), line_ends, first_delimiter };
        for chunk in self.chunks.split(&sent) {
            let range = bytes.start + chunk.start..bytes.start + chunk.end;
            self.chunk(range.len(), Step::Send(Rc::clone(part), range), plan);
        }
    }

    /// One chunk.
    fn chunk(&self, length: usize, content: Step, plan: &mut VecDeque<Step>) {
        if length == 0 {
            return;
        }
        let size = if self.chunks.upper_case { format!("{length:X}\r\n") } else { format!("{length:x}\r\n") };
        plan.push_back(text(size.as_bytes()));
        plan.push_back(content);
        plan.push_back(Step::Text(Rc::clone(&self.line_end), 0..self.line_end.len()));
    }
}

impl Script for Chunked {
    fn steps(&mut self, part: &Rc<Part>, bytes: Range<usize>, now: Duration, plan: &mut VecDeque<Step>) {
        let is_end = part.closing().is_some_and(|closing| bytes.end >= closing.end);
        let mut steps = VecDeque::new();
        match &mut self.inner {
            Some(inner) => inner.steps(part, bytes, now, &mut steps),
            None => steps.push_back(Step::Send(Rc::clone(part), bytes)),
        }
        let is_closed = steps.iter().any(|step| matches!(step, Step::Reset | Step::Close));
        for step in steps {
            match step {
                Step::Send(part, bytes) => {
                    // A server ends its stream some time after the last frame.
                    let end = part.closing().map_or(bytes.end, |closing| closing.start);
                    let end = end.clamp(bytes.start, bytes.end);
                    for range in [bytes.start..end, end..bytes.end] {
                        self.add(&part, range, plan);
                    }
                }
                Step::Text(text, bytes) => self.chunk(bytes.len(), Step::Text(text, bytes), plan),
                step => plan.push_back(step),
            }
        }
        if is_end && !is_closed {
            plan.push_back(text(b"0\r\n\r\n"));
        }
    }

    fn kept(&self) -> Kept<'_> {
        self.inner.as_ref().map(|inner| inner.kept()).unwrap_or_default()
    }
}

fn text(bytes: &[u8]) -> Step {
    Step::Text(bytes.into(), 0..bytes.len())
}
