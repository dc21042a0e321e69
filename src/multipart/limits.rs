//! How much of a stream is held at once.

/// Bounds of the parser's memory. The defaults fit all cameras in `fixtures/`.
///
/// ```
/// use mjpeg::multipart::Limits;
///
/// let limits = Limits::default().body_bytes(8 << 20).read_bytes(16 << 10);
/// assert_eq!(limits.body_bytes, 8 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest part head in bytes.
    pub head_bytes: usize,
    /// Most field lines of a part head that are kept.
    pub head_fields: usize,
    /// Largest body in bytes. What is larger is skipped up to the next delimiter.
    pub body_bytes: usize,
    /// How far to look for the first delimiter or picture, and between parts for the next delimiter
    /// before pictures without one are taken, in bytes; at least 4096.
    pub search_bytes: usize,
    /// Smallest room that [`super::Parser::space`] offers, in bytes.
    pub read_bytes: usize,
}

/// How far behind a body its delimiter must show for the body to be within the limit: more than the
/// longest delimiter line with the line behind it.
pub(super) const BEHIND_BYTES: usize = 4096;

impl Limits {
    /// With another longest part head.
    #[must_use]
    pub fn head_bytes(self, head_bytes: usize) -> Self {
        Self { head_bytes, ..self }
    }

    /// With another number of field lines.
    #[must_use]
    pub fn head_fields(self, head_fields: usize) -> Self {
        Self { head_fields, ..self }
    }

    /// With another largest body.
    #[must_use]
    pub fn body_bytes(self, body_bytes: usize) -> Self {
        Self { body_bytes, ..self }
    }

    /// With another search distance.
    #[must_use]
    pub fn search_bytes(self, search_bytes: usize) -> Self {
        Self { search_bytes, ..self }
    }

    /// With another smallest room for a read.
    #[must_use]
    pub fn read_bytes(self, read_bytes: usize) -> Self {
        Self { read_bytes, ..self }
    }

    /// The same with bounds that the searches can work with.
    pub(super) fn sound(self) -> Self {
        Self { search_bytes: self.search_bytes.max(BEHIND_BYTES), read_bytes: self.read_bytes.max(1), ..self }
    }

    /// How much of a body is read before it is too large.
    pub(super) fn body_window(&self) -> usize {
        self.body_bytes.saturating_add(BEHIND_BYTES)
    }

    /// The most bytes that are held at once: a head, a body, the bytes that show where it ends, and a read.
    pub(super) fn held_bytes(&self) -> usize {
        let part = self.head_bytes.saturating_add(2 * BEHIND_BYTES).saturating_add(self.body_window());
        part.max(self.search_bytes.saturating_add(BEHIND_BYTES)).saturating_add(self.read_bytes)
    }
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
