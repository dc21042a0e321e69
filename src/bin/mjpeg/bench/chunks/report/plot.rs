//! The largest gap over the chunk size, measured and predicted, as SVG.

use super::rows::Report;
use crate::bench::chunks::cell::word;
use crate::bench::plot::{self, Axis, Series};
use crate::bench::verdict::Verdict;

/// One series for each pump with chunks and each rule of reading.
pub fn svg(report: &Report<'_>) -> String {
    let mut all: Vec<Series> = Vec::new();
    for row in &report.rows {
        let Some(reads) = row.cell.reads else { continue };
        let name = format!("{}, {}", word(&row.cell.pump), word(&reads.rule));
        if all.last().is_none_or(|series| series.name != name) {
            all.push(Series { name, ..Series::default() });
        }
        let Some(series) = all.last_mut() else { continue };
        let size = reads.chunk_bytes as f64;
        let has_ended = matches!(row.measured.verdict, Verdict::Ends | Verdict::Nothing);
        match row.measured.gap.filter(|_| !has_ended) {
            Some(gap) => series.measured.push((size, gap.max.as_secs_f64() * 1e3)),
            None => series.ended.push(size),
        }
        if let Some(gap) = row.predicted.gap.filter(|_| !has_ended) {
            series.model.push((size, gap.max.as_secs_f64() * 1e3));
        }
    }
    let (sequence, fps) = (report.sequence, report.schedule.fps());
    let title = format!(
        "Largest gap between frames: parts of {} to {} bytes, {fps} fps",
        sequence.min(),
        sequence.max()
    );
    plot::svg(&title, Axis::Bytes, "chunk size", "gap", &all)
}
