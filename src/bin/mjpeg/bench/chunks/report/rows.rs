//! The rows of a report.

use crate::bench::chunks::cause;
use crate::bench::chunks::cell::Cell;
use crate::bench::chunks::model;
use crate::bench::chunks::parts::Sequence;
use crate::bench::chunks::schedule::Schedule;
use crate::bench::chunks::timeline::{Figures, Timeline};

/// Measured and predicted figures.
#[derive(Debug)]
pub struct Report<'a> {
    /// The lengths of the parts.
    pub sequence: &'a Sequence,
    /// When each frame was due.
    pub schedule: &'a Schedule,
    /// One row for each cell.
    pub rows: Vec<Row>,
}

/// One cell of the report.
#[derive(Debug)]
pub struct Row {
    /// The combination that was measured.
    pub cell: Cell,
    /// The figures of the measurement.
    pub measured: Figures,
    /// The figures of the model.
    pub predicted: Figures,
    /// The cause of the behaviour, in one sentence.
    pub cause: String,
}

impl<'a> Report<'a> {
    /// Compares measured timelines with those that the model predicts.
    pub fn new(sequence: &'a Sequence, schedule: &'a Schedule, timelines: &[(Cell, Timeline)]) -> Self {
        let rows = timelines
            .iter()
            .map(|(cell, timeline)| {
                let measured = timeline.figures(schedule);
                let predicted = model::timeline(cell, sequence, schedule).figures(schedule);
                let cause = cause::sentence(cell, sequence, schedule, &measured, &predicted);
                Row { cell: *cell, measured, predicted, cause }
            })
            .collect();
        Self { sequence, schedule, rows }
    }
}
