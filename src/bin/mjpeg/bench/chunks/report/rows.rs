//! The rows of a report.

use crate::bench::chunks::cause;
use crate::bench::chunks::cell::Cell;
use crate::bench::chunks::course::{Course, Figures};
use crate::bench::chunks::model;
use crate::bench::chunks::parts::Sequence;
use crate::bench::chunks::schedule::Schedule;

/// The measured figures beside those of the model.
#[derive(Debug)]
pub struct Report<'a> {
    /// The lengths of the parts.
    pub sequence: &'a Sequence,
    /// When frames were due.
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
    /// What makes the stream the way it is, in one sentence.
    pub cause: String,
}

impl<'a> Report<'a> {
    /// Compares measured courses with those that the model predicts.
    pub fn new(sequence: &'a Sequence, schedule: &'a Schedule, courses: &[(Cell, Course)]) -> Self {
        let rows = courses
            .iter()
            .map(|(cell, course)| {
                let measured = course.figures(schedule);
                let predicted = model::course(cell, sequence, schedule).figures(schedule);
                let cause = cause::sentence(cell, sequence, schedule, &measured, &predicted);
                Row { cell: *cell, measured, predicted, cause }
            })
            .collect();
        Self { sequence, schedule, rows }
    }
}
