//! The report of a measurement.

mod json;
mod rows;
mod text;

pub use self::rows::Report;
pub use self::text::{table, table_within};

use super::row::Row;
use crate::bench::format::Format;
use crate::bench::outputs::Comparison;
use crate::output;

/// The report, without a final line end.
pub fn print(report: &Report, format: Format, is_coloured: bool, comparison: Option<&Comparison>) -> String {
    let rows: Vec<&Row> = report.rows.iter().collect();
    match format {
        Format::Text => {
            let text = text::print(report, is_coloured.into(), output::stdout_width());
            let lines = comparison.map(Comparison::lines).unwrap_or_default();
            [vec![text], lines].concat().join("\n")
        }
        Format::Json => json::print(report, comparison),
        Format::Csv => text::figures(&rows).csv(),
        Format::Markdown => table(&rows).markdown(),
    }
}
