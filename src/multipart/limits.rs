//! How much of a stream is held at once.

/// Bounds of the parser's memory. The defaults fit every camera that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest part head in bytes.
    pub head_bytes: usize,
    /// Most field lines of a part head that are kept.
    pub head_fields: usize,
    /// Largest body in bytes. What is larger is skipped up to the next delimiter.
    pub body_bytes: usize,
    /// How far to look for the first delimiter or picture, and between parts for the next delimiter
    /// before pictures without one are taken, in bytes.
    pub search_bytes: usize,
    /// Smallest room that [`super::Parser::space`] offers, in bytes.
    pub read_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 16 << 10,
            head_fields: 64,
            body_bytes: 64 << 20,
            search_bytes: 1 << 20,
            read_bytes: 64 << 10,
        }
    }
}
