//! The report of a measurement, in one of its formats.

mod cells;
mod json;
mod plot;
mod rows;
mod text;

pub use self::plot::svg;
pub use self::rows::Report;

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table.
    Text,
    /// One JSON object, schema `mjpeg.bench.chunks/1`.
    Json,
    /// A line for each cell, with the keys of the JSON.
    Csv,
    /// The same as a Markdown table.
    Markdown,
}

/// The report, without a final line end.
pub fn print(report: &Report<'_>, format: Format, coloured: bool) -> String {
    match format {
        Format::Text => text::print(report, coloured),
        Format::Json => json::print(report),
        Format::Csv => cells::table(report).csv(),
        Format::Markdown => cells::table(report).markdown(),
    }
}
