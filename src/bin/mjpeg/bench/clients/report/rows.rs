//! All rows of a measurement.

use std::time::Duration;

use crate::bench::clients::row::Row;

/// All rows.
#[derive(Debug)]
pub struct Report {
    /// The URL.
    pub target: String,
    /// The length of the windows.
    pub duration: Duration,
    /// The rate at which frames were due.
    pub fps: Option<f64>,
    /// One row for each number of viewers.
    pub rows: Vec<Row>,
}
