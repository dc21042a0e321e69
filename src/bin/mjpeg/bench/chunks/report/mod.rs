//! The report of a measurement, as text or JSON.

mod json;
mod rows;
mod text;

pub use self::rows::Report;

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// One JSON object, schema `mjpeg.bench.chunks/1`.
    Json,
}

/// The report without a line end at its end.
pub fn print(report: &Report<'_>, format: Format, coloured: bool) -> String {
    match format {
        Format::Text => text::print(report, coloured),
        Format::Json => json::print(report),
    }
}
