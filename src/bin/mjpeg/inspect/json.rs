//! `--format json`: rows for programs, schema `mjpeg.inspect/1`.

use std::mem;

use mjpeg::http::Head;
use mjpeg::multipart::Framing;
use serde::Serialize;

use super::emitter::{Emitter, Opened};
use super::fault::Fault;
use super::region::Region;
use super::row::Row;
use super::watcher::Around;
use crate::marker_table::MarkerTable;
use crate::output;
use crate::problem::Problem;
use crate::strip_reader::Strip;

/// One JSON object for each part, each on one line.
#[derive(Debug)]
pub struct Json {
    target: String,
    /// The response head, until the first row has it.
    head: Option<String>,
    /// The heads before it, until then.
    earlier: Vec<String>,
    parts: u64,
    /// Whether the first row has the response head.
    headers: bool,
}

impl Json {
    /// No row yet. With `headers` the first one has the response head.
    pub fn new(headers: bool) -> Self {
        Self { target: String::new(), head: None, earlier: Vec::new(), parts: 0, headers }
    }
}

/// Unknown values are absent.
#[derive(Debug, Serialize)]
struct Object<'a> {
    schema: &'static str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    part: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrival_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strip: Option<Strip>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality_percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality_is_exact: Option<bool>,
    fields: &'a [(String, String)],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    deviations: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier_heads: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_head: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hex: Vec<RegionObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    markers: Option<Vec<MarkerObject<'a>>>,
}

/// The last line, if there is no stream or it failed.
#[derive(Debug, Serialize)]
struct FailureObject<'a> {
    schema: &'static str,
    #[serde(flatten)]
    fault: &'a Fault,
    parts: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier_heads: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_head: Option<String>,
}

#[derive(Debug, Serialize)]
struct RegionObject {
    name: &'static str,
    offset: u64,
    hex: String,
    left_out_bytes: u64,
}

#[derive(Debug, Serialize)]
struct MarkerObject<'a> {
    offset: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<&'a str>,
    bytes: usize,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
}

impl Emitter for Json {
    fn start(&mut self, opened: &Opened<'_>) -> String {
        self.target = opened.target.into();
        if self.headers {
            self.head = opened.head.map(text);
            self.earlier = opened.earlier.iter().map(text).collect();
        }
        String::new()
    }

    fn row(&mut self, row: &Row) -> Result<String, Problem> {
        self.parts += 1;
        let (width, height) = row.size.unzip();
        let object = Object {
            schema: "mjpeg.inspect/1",
            target: &self.target,
            seq: row.seq,
            part: row.part,
            file: row.file.as_deref(),
            offset: row.offset,
            body_bytes: row.body_bytes,
            arrival_ms: row.arrival.map(output::ms),
            gap_ms: row.gap.map(output::ms),
            framing: row.framing.map(framing),
            width,
            height,
            sampling: row.sampling,
            strip: row.strip,
            quality_percent: row.quality.map(|quality| quality.percent),
            quality_is_exact: row.quality.map(|quality| quality.exact),
            fields: &row.fields,
            deviations: &row.deviations,
            damage: row.damage,
            earlier_heads: mem::take(&mut self.earlier),
            response_head: self.head.take(),
            head: row.head.as_ref().map(|head| String::from_utf8_lossy(head).into_owned()),
            hex: row.regions.iter().map(region).collect(),
            markers: row.markers.as_ref().map(markers),
        };
        Ok(output::json(&object)?)
    }

    fn failed(&mut self, fault: &Fault) -> Result<String, Problem> {
        let object = FailureObject {
            schema: "mjpeg.inspect.failure/1",
            fault,
            parts: self.parts,
            earlier_heads: mem::take(&mut self.earlier),
            response_head: self.head.take(),
        };
        Ok(output::json(&object)?)
    }

    fn end(&mut self, _: &Around, _: &str) -> String {
        String::new()
    }
}

fn text(head: &Head) -> String {
    String::from_utf8_lossy(head.bytes()).into_owned()
}

/// The word for a framing in JSON.
pub fn framing(framing: Framing) -> &'static str {
    match framing {
        Framing::ContentLength => "content_length",
        Framing::Delimited => "delimited",
        Framing::EndOfInput => "end_of_input",
        Framing::Scanned => "scanned",
    }
}

fn region(region: &Region) -> RegionObject {
    let hex = region.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    RegionObject { name: region.name, offset: region.offset, hex, left_out_bytes: region.left_out }
}

fn markers(table: &MarkerTable) -> Vec<MarkerObject<'_>> {
    let entries = table.entries.iter();
    entries
        .map(|it| MarkerObject {
            offset: it.offset,
            marker: it.marker.as_deref(),
            bytes: it.bytes,
            text: &it.text,
        })
        .collect()
}
