//! What a section shows of the parts that were kept: pictures, heads, markers.

use serde::Serialize;

use super::thumbnail;
use crate::marker_table::MarkerTable;
use crate::output::{bytes, printable};
use crate::verdict::evidence::{Evidence, Shot};
use crate::verdict::finished::Finished;

/// Markers of a picture that are shown.
const ROWS: usize = 60;

/// A picture.
#[derive(Debug, Serialize)]
pub struct Picture {
    pub part: u64,
    pub codes: String,
    pub url: Option<String>,
    pub is_copy: bool,
    pub width: u32,
    pub height: u32,
    pub bytes: String,
}

/// A head, a text for each of its lines.
#[derive(Debug, Serialize)]
pub struct Head {
    pub title: String,
    pub lines: Vec<String>,
}

/// The markers of a picture.
#[derive(Debug, Serialize)]
pub struct Table {
    pub part: u64,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub offset: usize,
    pub marker: String,
    pub bytes: usize,
    pub text: String,
}

/// The picture of a part.
pub fn picture(shot: &Shot, it: &Finished) -> Picture {
    let codes: Vec<String> = it
        .findings
        .iter()
        .filter(|finding| finding.part == Some(shot.part))
        .map(|it| printable(&it.code))
        .collect();
    // What is inside of a part may have bytes before the picture.
    let start = shot.body.windows(3).take(4096).position(|bytes| bytes == b"\xff\xd8\xff").unwrap_or(0);
    let found = thumbnail::data_url(&shot.body[start..]);
    let size = mjpeg::jpeg::Summary::of(&shot.body[start..]).frame.map(|frame| (frame.width, frame.height));
    let (width, height) = size.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or((320, 240));
    let shown = u32::from(width).clamp(1, 480);
    Picture {
        part: shot.part,
        codes: codes.join(", "),
        is_copy: found.as_ref().is_some_and(|(_, is_copy)| *is_copy),
        url: found.map(|(url, _)| url),
        width: shown,
        height: (u64::from(shown) * u64::from(height) / u64::from(width)).clamp(1, 480) as u32,
        bytes: bytes(shot.body.len() as u64),
    }
}

/// The heads, a line of text for each of their lines. Bytes that are no UTF-8 are replaced.
pub fn heads(evidence: &Evidence) -> Vec<Head> {
    let head = |title: String, bytes: &[u8]| Head {
        title,
        lines: bytes
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| printable(&String::from_utf8_lossy(line)))
            .collect(),
    };
    let response = (!evidence.head.is_empty()).then(|| head("response".into(), &evidence.head));
    let parts = evidence.shots.iter().filter(|shot| !shot.head.is_empty());
    let parts = parts.map(|shot| head(format!("part {}", shot.part), &shot.head));
    response.into_iter().chain(parts).collect()
}

/// The markers and tables of a part.
pub fn table(shot: &Shot) -> Table {
    let entries = MarkerTable::of(&shot.body, 0).entries;
    let more = entries.len().saturating_sub(ROWS);
    let mut rows: Vec<Row> = entries
        .into_iter()
        .take(ROWS)
        .map(|entry| Row {
            offset: entry.offset,
            marker: entry.marker.unwrap_or_default(),
            bytes: entry.bytes,
            text: printable(&entry.text),
        })
        .collect();
    if more > 0 {
        let bytes = rows.iter().map(|row| row.bytes).sum();
        rows.push(Row {
            offset: bytes,
            marker: String::new(),
            bytes: 0,
            text: format!("and {more} further entries"),
        });
    }
    Table { part: shot.part, rows }
}
