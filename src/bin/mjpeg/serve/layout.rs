//! What leaves together with a frame.

use clap::ValueEnum;

/// What is sent together with a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    #[default]
    /// `early` if the next frame is known, else `trailing`
    Auto,
    /// Only the frame: players show it on time, browsers one frame late
    Leading,
    /// The next delimiter: Firefox shows the frame on time too
    Trailing,
    /// The next delimiter and the head of the next part: Chromium shows the frame on time too
    Early,
}

impl Layout {
    /// Finds a layout by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The name of the layout.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
    }
}
