//! The report of a measurement.

mod json;
mod text;

use super::cause;
use super::cell::Cell;
use super::course::{Course, Figures};
use super::model;
use super::parts::Sequence;
use super::schedule::Schedule;

/// The forms a report can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// One JSON object, schema `mjpeg.bench.chunks/1`.
    Json,
}

/// What was measured, and what had been predicted.
#[derive(Debug)]
pub struct Report<'a> {
    /// The lengths of the parts.
    pub sequence: &'a Sequence,
    /// When frames were due.
    pub schedule: &'a Schedule,
    /// One for each cell.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub struct Row {
    cell: Cell,
    measured: Figures,
    predicted: Figures,
    cause: String,
}

impl<'a> Report<'a> {
    /// Puts the figures of measured courses beside those of the model.
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

    /// The report as text without a line end at its end.
    pub fn print(&self, format: Format, coloured: bool) -> String {
        match format {
            Format::Text => text::print(self, coloured),
            Format::Json => json::print(self),
        }
    }
}
