//! Reads the coded strips of the pictures of a stream, and what JSON says about them.

use std::io::Cursor;
use std::time::Duration;

use image::ImageFormat;
use mjpeg::strip::{Finder, Identity, Reader};
use serde::Serialize;

/// Pictures without a strip, from the start of a stream on, whose pixels are searched.
const SEARCHED: u64 = 20;
/// After them, only one of so many is searched: to decode a picture takes far longer than to read its coefficients.
const SELDOM: u64 = 256;
/// Pictures in a row without a strip whose pixels are searched, in a stream that had one in scaled pictures.
const PATIENCE: u64 = 20;
/// Pictures without a strip, from the start of a stream on, whose coefficients are read one by one.
const READ: u64 = 50;
/// After them only one of so many is read, until one has a strip.
const SAMPLED: u64 = 16;
/// The most pixels of a picture that is decoded: 8K.
const MOST_PIXELS: u64 = 7680 * 4320;

/// Reads the strip of each picture of a stream: from its DC coefficients, else from its pixels.
///
/// In a stream without strips it reads the first line of blocks of few pictures, and the pixels of very few.
#[derive(Debug, Default)]
pub struct StripReader {
    reader: Reader,
    finder: Finder,
    /// Pictures in a row without a strip.
    without: u64,
    /// Whether any picture had a strip.
    is_marked: bool,
    /// Whether pixels are searched.
    has_pixels: bool,
    /// Whether pixels have shown a strip.
    is_scaled: bool,
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
    /// A reader of a new stream, which looks at coefficients only: a search in pixels would hold up the reads of a stream, whose
    /// times are measured.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that also searches the pixels of scaled pictures.
    pub fn with_pixels() -> Self {
        Self { has_pixels: true, ..Self::default() }
    }

    /// The identity of the next picture.
    ///
    /// A strip that first appears behind many pictures without one is noticed 15 pictures late at most. From then on, each
    /// picture is read.
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

    /// Where pixels are searched, each frame is asked for, and none is left out.
    fn is_left_out(&self) -> bool {
        !self.has_pixels && !self.is_marked && self.without >= READ && !self.without.is_multiple_of(SAMPLED)
    }

    fn is_searched(&self) -> bool {
        let most = if self.is_scaled { PATIENCE } else { SEARCHED };
        self.has_pixels && (self.without < most || self.without.is_multiple_of(SELDOM))
    }

    fn search(&mut self, jpeg: &[u8]) -> Option<Identity> {
        let mut reader = image::ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg);
        reader.limits(limits());
        let grey = reader.decode().ok()?.into_luma8();
        let width = usize::try_from(grey.width()).ok()?;
        self.finder.find(grey.as_raw(), width)
    }
}

/// A picture may say that it is larger than the memory.
fn limits() -> image::Limits {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MOST_PIXELS * 4);
    limits
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
