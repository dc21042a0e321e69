//! The report of a measurement, in one of its formats.

mod cells;
mod json;
mod plot;
mod rows;
mod text;

pub use self::cells::table;
pub use self::plot::svg;
pub use self::rows::Report;

use crate::bench::format::Format;
use crate::output;

/// The report, without a final line end.
pub fn print(report: &Report<'_>, format: Format, coloured: bool) -> String {
    match format {
        Format::Text => text::print(report, coloured, output::stdout_width()),
        Format::Json => json::print(report),
        Format::Csv => table(report).csv(),
        Format::Markdown => table(report).markdown(),
    }
}
