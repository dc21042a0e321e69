//! One cell of the measurement: a pump, how it reads, and the HTTP version of the client.

use std::fmt;

use clap::ValueEnum;

use super::parts::Sequence;
use super::schedule::Schedule;

/// What moves frames to the socket, and when its loop stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Pump {
    /// Reads chunks and stops at the first read shorter than requested, as web2py does.
    EndsOnShortRead,
    /// Reads chunks and stops at an empty read, as WSGI servers do.
    EndsOnEmptyRead,
    /// `respond()` of the crate tiny_http, reading from an endless reader.
    TinyHttp,
    /// Sends each frame with one call, as `mjpeg serve` does.
    Direct,
}

/// What a read of n bytes returns. Each read blocks until its frame is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum ReadRule {
    /// One whole part, for any n.
    Part,
    /// At most n bytes, and fewer at the end of each part.
    Short,
    /// Exactly n bytes, across parts.
    Fill,
}

/// The HTTP version of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Http {
    /// HTTP/1.0: the body ends with the connection.
    V10,
    /// HTTP/1.1: the body may be chunked.
    V11,
}

impl Http {
    /// The version in JSON: `1.0`.
    pub fn number(self) -> &'static str {
        match self {
            Self::V10 => "1.0",
            Self::V11 => "1.1",
        }
    }
}

/// How a pump reads chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reads {
    /// What its reads return.
    pub rule: ReadRule,
    /// Bytes requested in each read.
    pub chunk_bytes: u64,
}

/// One cell: one measurement, and one row of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// What moves the frames.
    pub pump: Pump,
    /// How it reads; `None` for pumps without a chunk size.
    pub reads: Option<Reads>,
    /// The HTTP version of the request.
    pub http: Http,
}

impl Cell {
    /// All cells of a measurement, in the order of the report.
    pub fn all(pumps: &[Pump], rules: &[ReadRule], chunks: &[u64]) -> Vec<Self> {
        let mut cells = Vec::new();
        for &pump in pumps {
            match pump {
                Pump::EndsOnShortRead | Pump::EndsOnEmptyRead => {
                    for &rule in rules {
                        cells.extend(chunks.iter().map(|&chunk_bytes| Self {
                            pump,
                            reads: Some(Reads { rule, chunk_bytes }),
                            http: Http::V11,
                        }));
                    }
                }
                Pump::TinyHttp | Pump::Direct => {
                    cells.extend([Http::V10, Http::V11].map(|http| Self { pump, reads: None, http }));
                }
            }
        }
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The estimated load of this cell, server and client together, as a share of one processor core: one nanosecond
    /// per byte and 12 microseconds per chunk.
    pub fn load(&self, sequence: &Sequence, schedule: &Schedule) -> f64 {
        let bytes = sequence.mean() * schedule.fps();
        let chunks = match (self.pump, self.reads) {
            (_, Some(Reads { rule: ReadRule::Part, .. })) | (Pump::Direct, _) => schedule.fps(),
            (_, Some(Reads { rule: ReadRule::Short, chunk_bytes })) => {
                schedule.fps() * (sequence.mean() / chunk_bytes as f64).ceil()
            }
            (_, Some(Reads { rule: ReadRule::Fill, chunk_bytes })) => bytes / chunk_bytes as f64,
            (_, None) => bytes / 8192.0,
        };
        bytes * 1e-9 + chunks * 12e-6
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&word(&self.pump))?;
        if let Some(Reads { rule, chunk_bytes }) = self.reads {
            write!(f, ", read {}, chunk {chunk_bytes}", word(&rule))?;
        }
        write!(f, ", HTTP/{}", self.http.number())
    }
}

/// The name of `value` on the command line and in JSON.
pub fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pumps_without_a_chunk_size_have_one_row_for_each_http_version() {
        let cells = Cell::all(
            &[Pump::Direct, Pump::EndsOnShortRead, Pump::Direct],
            &[ReadRule::Short, ReadRule::Part],
            &[2048, 1024],
        );
        assert_eq!(cells.len(), 4 + 2);
        assert_eq!(cells[0].reads, Some(Reads { rule: ReadRule::Part, chunk_bytes: 1024 }));
        assert_eq!(cells[4], Cell { pump: Pump::Direct, reads: None, http: Http::V10 });
        assert!(cells[..4].iter().all(|cell| cell.http == Http::V11));
    }
}
