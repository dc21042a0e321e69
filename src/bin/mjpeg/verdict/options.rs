//! How far to read a target, and how to judge it.

use std::time::Duration;

use mjpeg::check::{Carrier, Expectations};
use mjpeg::consumers::Consumer;

use crate::asked::Asked;
use crate::depth::Depth;
use crate::progress::Parts;
use crate::transport;
use crate::verdict::exempt::Exempt;

/// How far to read a target, and how to judge it.
#[derive(Debug)]
pub struct Options {
    /// How much is read.
    pub asked: Asked,
    /// A stream without a byte or a complete part for this long is stalled.
    pub idle: Duration,
    /// The rules and the limits.
    pub expectations: Expectations,
    /// How a URL is reached.
    pub transport: transport::Options,
    /// Which pictures have their entropy-coded data read.
    pub depth: Depth,
    /// The consumers that the findings are judged for; with no carriers either: all.
    pub consumers: Vec<&'static Consumer>,
    /// The carriers that the findings are judged for.
    pub carriers: Vec<&'static Carrier>,
    /// The rules that do not count for a time.
    pub exempt: Vec<Exempt>,
    /// Bytes of parts that are kept for the page; absent without a page.
    pub evidence_bytes: Option<usize>,
    /// Parts that were read, of all targets together.
    pub parts: Parts,
}
