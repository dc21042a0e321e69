//! The report of a measurement.

mod json;
mod rows;
mod text;

pub use self::rows::Report;
pub use self::text::table;

use super::row::Row;

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table, and what is to be said about its rows.
    Text,
    /// One JSON object, schema `mjpeg.bench.clients/1`.
    Json,
    /// A line for each row.
    Csv,
    /// The table in Markdown.
    Markdown,
}

/// The report, without a final line end.
pub fn print(report: &Report, format: Format, is_coloured: bool) -> String {
    let rows: Vec<&Row> = report.rows.iter().collect();
    match format {
        Format::Text => text::print(report, is_coloured.into()),
        Format::Json => json::print(report),
        Format::Csv => text::figures(&rows).csv(),
        Format::Markdown => table(&rows).markdown(),
    }
}
