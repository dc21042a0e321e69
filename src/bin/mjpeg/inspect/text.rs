//! `--format text`: rows to read.

use std::fmt::Write as _;
use std::time::Duration;

use mjpeg::counted::Counted;
use mjpeg::http::{Head, Version};
use mjpeg::stats::FrameTimes;

use super::column::Known;
use super::columns::{Columns, INDENT};
use super::details::Details;
use super::emitter::{Emitter, Opened};
use super::fault::Fault;
use super::row::Row;
use super::watcher::Around;
use super::{head_text, hex};
use crate::cadence;
use crate::lines::wrapped;
use crate::marker_table::MarkerTable;
use crate::output::{self, printable};
use crate::paint::{Ink, Paint};
use crate::problem::Problem;

/// A gap is long from here on, whatever the others are.
const LONG_GAP: Duration = Duration::from_millis(1050);

/// Text for a terminal.
pub struct Text {
    details: Details,
    /// Characters of a line; `None`: no limit.
    width: Option<usize>,
    paint: Paint,
    known: Known,
    columns: Columns,
    /// Whether the names of the columns were printed: the first row says which there are.
    has_heading: bool,
    times: FrameTimes,
    /// The markers of an earlier part.
    markers: Option<(u64, MarkerTable)>,
}

impl Text {
    /// Text without a row.
    pub fn new(details: Details, width: Option<usize>, paint: Paint) -> Self {
        Self {
            details,
            width,
            paint,
            known: Known::Saved,
            columns: Columns::new(Known::Saved, width, paint),
            has_heading: false,
            times: FrameTimes::default(),
            markers: None,
        }
    }

    /// The line with the names of the columns.
    fn heading(&mut self) -> String {
        self.has_heading = true;
        self.columns.heading() + "\n"
    }

    fn details(&mut self, row: &Row, text: &mut String) {
        for line in row.head.iter().flat_map(|head| head_text::lines(head, self.paint)) {
            let _ = write!(text, "\n{INDENT}{line}");
        }
        for region in &row.regions {
            for line in hex::lines(region, self.width, self.paint) {
                let _ = write!(text, "\n{line}");
            }
        }
        if let Some(markers) = &row.markers {
            self.markers(row.part, markers, text);
        }
    }

    fn markers(&mut self, part: u64, table: &MarkerTable, text: &mut String) {
        if let Some((earlier, _)) = self.markers.as_ref().filter(|(_, earlier)| earlier.is_like(table)) {
            let _ = write!(
                text,
                "\n{INDENT}{}",
                self.paint.ink(Ink::Dim, format!("markers as in part {earlier}"))
            );
            return;
        }
        let heading = format!("{:>8}  {:6}  {:>8}  says", "offset", "marker", "bytes");
        let _ = write!(text, "\n{INDENT}{}", self.paint.ink(Ink::Heading, heading));
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(INDENT.len() + 28).max(20));
        for entry in &table.entries {
            let marker = entry.marker.as_deref().unwrap_or("-");
            let mut says = wrapped(&printable(&entry.text), room).into_iter();
            let _ = write!(
                text,
                "\n{INDENT}{:>8}  {}  {:>8}  {}",
                entry.offset,
                self.paint.ink(Ink::Text, format!("{marker:6}")),
                entry.bytes,
                says.next().unwrap_or_default()
            );
            text.truncate(text.trim_end().len());
            for more in says {
                let _ = write!(text, "\n{INDENT}{:28}{more}", "");
            }
        }
        self.markers = Some((part, table.clone()));
    }
}

impl Emitter for Text {
    fn start(&mut self, opened: &Opened<'_>) -> String {
        self.known = opened.known;
        self.columns = Columns::new(opened.known, self.width, self.paint);
        let mut text = self.paint.ink(Ink::Name, printable(opened.target));
        match opened.head {
            Some(head) if self.details.headers => {
                for head in opened.earlier.iter().chain([head]) {
                    for line in head_text::lines(head.bytes(), self.paint) {
                        let _ = write!(text, "\n  {line}");
                    }
                }
            }
            Some(head) => {
                let mut line = status(head, opened.is_in_chunks);
                let earlier: Vec<String> = opened.earlier.iter().map(of_status).collect();
                if !earlier.is_empty() {
                    line += &format!("; before it: {}", earlier.join(", "));
                }
                for piece in wrapped(&line, self.width.unwrap_or(usize::MAX).saturating_sub(2)) {
                    let _ = write!(text, "\n  {piece}");
                }
            }
            None if opened.known == Known::Recording => {}
            None => text += "\n  no response head",
        }
        text
    }

    fn row(&mut self, row: &Row) -> Result<String, Problem> {
        let usual = self.times.timing(None).map(|timing| (timing.gap_p50 * 3).max(LONG_GAP));
        let is_long = row.gap.is_some_and(|gap| gap > usual.unwrap_or(LONG_GAP));
        if let Some(arrival) = row.arrival {
            if row.gap.is_none() {
                // The first one, or times that start again.
                self.times.interrupt();
            }
            self.times.push(arrival);
        }
        let mut text = String::new();
        if !self.has_heading {
            if row.strip.is_some() {
                self.columns = Columns::with_strips(self.known, self.width, self.paint);
            }
            text = self.heading();
        }
        text += &self.columns.row(row, is_long);
        self.details(row, &mut text);
        Ok(text)
    }

    fn failed(&mut self, _: &Fault) -> Result<String, Problem> {
        Ok(String::new())
    }

    fn end(&mut self, around: &Around, end: &str) -> String {
        let heading = if self.has_heading { String::new() } else { self.heading() };
        let mut text = Counted(around.parts, "part").to_string();
        if let Some(timing) = around.times.timing(None) {
            let gaps = [timing.gap_p50, timing.gap_p99, timing.gap_max].map(output::ms);
            let _ = write!(text, ", {}", cadence::line(timing.fps, gaps));
        }
        if let Some(mean) = around.bytes.checked_div(around.parts) {
            let _ = write!(text, ", {} a part", output::bytes(mean));
        }
        if let Some(span) = around.preamble {
            let _ = write!(text, "; {} before the first delimiter", Counted(span.len, "byte"));
        }
        if let Some(span) = around.close_delimiter {
            let _ = write!(text, "; close-delimiter at byte {}", span.start);
        }
        if around.epilogue > 0 {
            let _ = write!(text, ", {} behind it", Counted(around.epilogue, "byte"));
        }
        let _ = write!(text, "; {}", printable(end));
        heading + &wrapped(&text, self.width.unwrap_or(usize::MAX)).join("\n  ")
    }
}

/// What a response head says, in a line.
fn status(head: &Head, is_in_chunks: bool) -> String {
    let mut text = printable(&status_line(head));
    if head.version == Version::Other && head.fields().is_empty() {
        // The substitute for the head of a body that came alone.
        text = "no response head".into();
    }
    match head.text("content-type") {
        Some(value) => text += &format!(", {}", printable(&value)),
        None => text += ", no Content-Type",
    }
    if let Some(server) = head.text("server") {
        text += &format!(", server {}", printable(&server));
    }
    if is_in_chunks {
        text += ", chunked";
    }
    text
}

/// The status of a head, with its reason.
fn of_status(head: &Head) -> String {
    printable(format!("{} {}", head.status, head.reason).trim_end())
}

/// The status line of a response, without its line end.
pub fn status_line(head: &Head) -> String {
    let version = match head.version {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 => "HTTP/1.1",
        Version::Icy => "ICY",
        _ => "HTTP of another version",
    };
    format!("{version} {} {}", head.status, head.reason).trim_end().into()
}
