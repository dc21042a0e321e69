//! The formats of a report.

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables and sentences.
    Text,
    /// One JSON object; docs/schemas has its schema.
    Json,
    /// A line for each row, below their names.
    Csv,
    /// The same as a Markdown table.
    Markdown,
}
