//! The report of a measurement, as text or JSON.

mod json;
mod rows;
mod text;

pub use self::rows::Report;

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table.
    Text,
    /// One JSON object, schema `mjpeg.bench.chunks/1`.
    Json,
}

/// The report, without a final line end.
pub fn print(report: &Report<'_>, format: Format, coloured: bool) -> String {
    match format {
        Format::Text => text::print(report, coloured),
        Format::Json => json::print(report),
    }
}
