//! Reads the coded strips of the pictures of a stream, and what JSON says about them.

mod top;

use std::time::Duration;

use mjpeg::strip::{Finder, Identity, Reader};
use serde::Serialize;

use self::top::Top;

/// Pictures without a strip, from the start of a stream on, whose pixels are searched, if each frame is asked for.
const SEARCHED: u64 = 20;
/// The same if strips are looked for in passing.
const SEARCHED_IN_PASSING: u64 = 3;
/// After them, only one of so many is searched: to decode a picture takes far longer than to read its coefficients.
const SELDOM: u64 = 256;
/// The same if strips are looked for in passing.
const SELDOM_IN_PASSING: u64 = 8192;
/// Pictures in a row without a strip whose pixels are searched, in a stream that had one in scaled pictures.
const PATIENCE: u64 = 20;
/// Pictures without a strip, from the start of a stream on, whose coefficients are read one by one.
const READ: u64 = 50;
/// After them only one of so many is read, until one has a strip.
const SAMPLED: u64 = 64;

/// Reads the strip of each picture of a stream: from its DC coefficients, else from its pixels.
///
/// In a stream without strips it reads the first line of blocks of few pictures, and the pixels of very few.
#[derive(Debug, Default)]
pub struct StripReader {
    reader: Reader,
    top: Top,
    finder: Finder,
    /// Pictures in a row without a strip.
    without: u64,
    /// Whether any picture had a strip.
    is_marked: bool,
    effort: Effort,
    /// Whether pixels have shown a strip.
    is_scaled: bool,
}

/// How much is done for strips that a stream may not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Effort {
    /// Pictures are left out as long as none had a strip.
    #[default]
    InPassing,
    /// Each picture is read.
    Each,
}

/// What the strip of a picture says, for JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Strip {
    /// The number of the frame in its source.
    pub number: u32,
    /// The source.
    pub source: u16,
    /// When it was taken, in microseconds since 1970-01-01 UTC.
    pub time_us: u64,
    /// From then to its arrival, by the clock of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<f64>,
}

impl StripReader {
    /// A reader of a new stream that may have no strips: it looks into few pictures until one has a strip, since a search in
    /// pixels holds up the reads of a stream, whose times are measured.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that leaves no picture out.
    pub fn of_each() -> Self {
        Self { effort: Effort::Each, ..Self::default() }
    }

    /// The identity of the next picture.
    ///
    /// A strip that first appears behind many pictures without one is noticed 63 pictures late at most, and in scaled pictures
    /// 8191. From then on, each picture is read.
    pub fn read(&mut self, jpeg: &[u8]) -> Option<Identity> {
        if self.is_left_out() {
            self.without += 1;
            return None;
        }
        let identity = self.reader.read(jpeg).or_else(|| {
            let found = self.is_searched().then(|| self.search(jpeg)).flatten();
            self.is_scaled |= found.is_some();
            found
        });
        self.is_marked |= identity.is_some();
        self.without = if identity.is_some() { 0 } else { self.without + 1 };
        identity
    }

    fn is_left_out(&self) -> bool {
        let is_sampled = self.effort == Effort::InPassing && !self.is_marked && self.without >= READ;
        is_sampled && !self.without.is_multiple_of(SAMPLED)
    }

    fn is_searched(&self) -> bool {
        let (most, seldom) = match self.effort {
            _ if self.is_scaled => (PATIENCE, SELDOM),
            Effort::InPassing => (SEARCHED_IN_PASSING, SELDOM_IN_PASSING),
            Effort::Each => (SEARCHED, SELDOM),
        };
        self.without < most || self.without.is_multiple_of(seldom)
    }

    fn search(&mut self, jpeg: &[u8]) -> Option<Identity> {
        let grey = self.top.grey(jpeg)?;
        self.finder.find(grey.as_raw(), usize::try_from(grey.width()).ok()?)
    }
}

impl Strip {
    /// That of a picture that came at `arrival` behind the first byte, which came at `began` since 1970-01-01 UTC. Without
    /// both, and if the picture came before it was taken, it has no age.
    pub fn of(identity: &Identity, began: Option<Duration>, arrival: Option<Duration>) -> Self {
        let at = began.zip(arrival).map(|(began, arrival)| began.saturating_add(arrival));
        let age = at.and_then(|at| at.checked_sub(Duration::from_micros(identity.time_us)));
        let Identity { time_us, number, source } = *identity;
        Self { number, source, time_us, age_ms: age.map(crate::output::ms) }
    }
}

#[cfg(test)]
mod tests;
