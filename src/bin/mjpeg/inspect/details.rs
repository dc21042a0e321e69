//! What is shown of each part besides its row.

/// What is shown of each part besides its row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details {
    /// Its head as received.
    pub headers: bool,
    /// Its bytes in hex, with this many of its body.
    pub hex: Option<usize>,
    /// The markers of its picture.
    pub jpeg: bool,
}
