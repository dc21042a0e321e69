//! The properties of one stream.

use std::sync::atomic::Ordering;

use mjpeg::counted::Counted;
use mjpeg::multipart::Framing;
use mjpeg::stats::{Batches, MeanGap, Timing};

use super::super::column::Known;
use super::super::emitter::Opened;
use super::super::region::Region;
use super::super::row::Row;
use super::super::run::Taker;
use super::super::watcher::{Around, Sink};
use super::item::{Item, Measure, Value};
use super::pictures::{Pictures, Values};
use super::response::{self, stable};
use crate::long_gaps::Gaps;
use crate::output;
use crate::problem::Problem;
use crate::progress::Parts;
use crate::transport::Flow;

/// How many standard errors apart two means of the same stream may be, and the factor for two errors.
const ERRORS: f64 = 5.0 * std::f64::consts::SQRT_2;
/// Most kinds of deviations, and of fields, that are kept.
const MOST: usize = 64;

/// The properties of one stream, collected from its rows.
#[derive(Debug, Default)]
pub struct Profile {
    /// Parts of both streams, for the progress.
    parts_of_all: Parts,
    response: Vec<Item>,
    /// Where the stream came from, and whether it had a head.
    source: Option<(Known, bool)>,
    parts: u64,
    framings: Values,
    delimiter: Option<Delimiter>,
    field_order: Values,
    fields: Vec<(String, Field)>,
    deviations: Vec<(String, u64)>,
    pictures: Pictures,
    mean_gap: MeanGap,
    gaps: Gaps,
    bytes: Batches,
}

#[derive(Debug)]
struct Delimiter {
    before: Values,
    behind: Values,
    boundary: Values,
}

/// The values of a field of part heads.
#[derive(Debug)]
enum Field {
    Same(String),
    Changes,
}

impl Field {
    /// Takes the value in the next part.
    fn next(&mut self, value: &str) {
        if matches!(self, Self::Same(same) if same != value) {
            *self = Self::Changes;
        }
    }
}

impl Taker for Profile {
    fn opened(&mut self, opened: &Opened<'_>) -> Result<(), Problem> {
        self.source = Some((opened.known, opened.head.is_some()));
        if let Some(head) = opened.head {
            self.response = response::items(head, opened.is_in_chunks);
        }
        Ok(())
    }
}

impl Sink for Profile {
    fn row(&mut self, row: Row) -> Result<Flow, Problem> {
        self.parts_of_all.fetch_add(1, Ordering::Relaxed);
        if row.is_cut {
            // Where a stream is cut says nothing about its camera.
            return Ok(Flow::More);
        }
        self.parts += 1;
        if let Some(framing) = row.framing {
            self.framings.add(framing_word(framing).into());
        }
        self.delimiter(&row.regions);
        let names: Vec<&str> = row.fields.iter().map(|(name, _)| &name[..]).collect();
        self.field_order.add(if names.is_empty() { "none".into() } else { names.join(", ") });
        let bytes = row.body_bytes.map(|bytes| bytes.to_string());
        for (name, value) in &row.fields {
            let is_length = name.eq_ignore_ascii_case("content-length") && bytes.as_ref() == Some(value);
            self.field(name, if is_length { "the bytes of the body" } else { value });
        }
        for deviation in &row.deviations {
            self.deviation(deviation);
        }
        if let Some(damage) = row.damage {
            self.deviation(&format!("damaged: {damage}"));
        }
        self.pictures.add(&row);
        if let Some(gap) = row.gap {
            self.mean_gap.push(output::ms(gap));
            self.gaps.push(gap);
        }
        if let Some(bytes) = row.body_bytes {
            self.bytes.push(bytes as f64);
        }
        Ok(Flow::More)
    }
}

impl Profile {
    /// A profile of no part yet. It counts its parts among those of all streams.
    pub fn counting(parts_of_all: Parts) -> Self {
        Self { parts_of_all, ..Self::default() }
    }

    /// The parts that it is made of.
    pub fn parts(&self) -> u64 {
        self.parts
    }

    /// The properties, in the order of their groups.
    pub fn items(&self, around: &Around) -> Vec<Item> {
        let mut items = self.response.clone();
        let mut push = |group, name: &str, value| items.push(Item { group, name: name.into(), value });
        if let Some(value) = self.framings.value() {
            push("framing", "end of a body", value);
        }
        if let Some(delimiter) = &self.delimiter {
            for (name, values) in [
                ("before a delimiter", &delimiter.before),
                ("delimiter", &delimiter.boundary),
                ("behind a delimiter", &delimiter.behind),
            ] {
                values.value().into_iter().for_each(|value| push("framing", name, value));
            }
        }
        if let Some(span) = around.preamble {
            push("framing", "preamble", Value::Text(Counted(span.len, "byte").to_string()));
        }
        if let Some(value) = self.field_order.value() {
            push("part head", "fields", value);
        }
        for (name, field) in &self.fields {
            let value = match field {
                Field::Same(value) => Value::Text(value.clone()),
                Field::Changes => Value::Text("changes from part to part".into()),
            };
            push("part head", name, value);
        }
        for (text, count) in &self.deviations {
            push("deviations", text, often(*count, self.parts));
        }
        items.extend(self.pictures.items());
        items.extend(self.timing(around.times.timing(None)));
        items
    }

    /// What is not known of the stream, since its source does not keep it: groups of properties, and `times`.
    pub fn unknown(&self) -> Vec<&'static str> {
        let Some((known, has_head)) = self.source else { return Vec::new() };
        let is_bare = !has_head && self.delimiter.is_none();
        match known {
            Known::Live => Vec::new(),
            Known::Recording => vec!["response", "framing"],
            // Pictures one behind the other.
            Known::Saved if is_bare => vec!["response", "framing", "part head", "deviations", "times"],
            Known::Saved if !has_head => vec!["response", "times"],
            Known::Saved => vec!["times"],
        }
    }

    fn delimiter(&mut self, regions: &[Region]) {
        let Some(line) = regions.iter().find(|it| it.name == "delimiter") else { return };
        let text = String::from_utf8_lossy(&line.bytes).into_owned();
        let name = text.trim_end_matches(['\r', '\n']);
        let delimiter = self.delimiter.get_or_insert_with(|| Delimiter {
            before: Values::default(),
            behind: Values::default(),
            boundary: Values::default(),
        });
        delimiter.boundary.add(stable(name));
        delimiter.behind.add(line_ends(&text[name.len()..]));
        // Nothing is before the first one.
        if self.parts > 1 {
            let before = regions.iter().find(|it| it.name == "between");
            let before = before.map(|it| String::from_utf8_lossy(&it.bytes).into_owned());
            delimiter.before.add(match before.as_deref() {
                Some(text) if text.chars().all(|c| c == '\r' || c == '\n') => line_ends(text),
                Some(_) => "other bytes".into(),
                None => line_ends(""),
            });
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        let has_room = self.fields.len() < MOST;
        match self.fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, field)) => field.next(value),
            None if has_room => {
                self.fields.push((name.into(), Field::Same(value.into())));
            }
            None => {}
        }
    }

    fn deviation(&mut self, text: &str) {
        // The same deviation with other numbers.
        let digits = |c: char| if c.is_ascii_digit() { '#' } else { c };
        let mut kind: String = text.chars().map(digits).collect();
        while kind.contains("##") {
            kind = kind.replace("##", "#");
        }
        let has_room = self.deviations.len() < MOST;
        match self.deviations.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None if has_room => self.deviations.push((kind, 1)),
            None => {}
        }
    }

    fn timing(&self, timing: Option<Timing>) -> Vec<Item> {
        let mut items = Vec::new();
        let mut push = |name: &str, value| {
            items.push(Item { group: "timing and sizes", name: name.into(), value });
        };
        let measure = |value, unit, tolerance| Value::Measure(Measure { value, unit, tolerance });
        if let Some(timing) = timing {
            let p50 = output::ms(timing.gap_p50);
            let spread = self.mean_gap.mean().zip(self.mean_gap.error()).filter(|(mean, _)| *mean > 0.0);
            // The relative error of a rate is that of the gaps.
            let relative = spread.map_or(0.2, |(mean, error)| (ERRORS * error / mean).max(0.01));
            let rate = spread.map_or(timing.fps, |(mean, _)| 1000.0 / mean);
            push("rate", measure(rate, "fps", rate * relative));
            push("gap p50", measure(p50, "ms", (output::ms(timing.jitter) * 2.0).max(0.05 * p50).max(2.0)));
            push("gap p99", Value::Gaps(self.gaps.clone()));
        }
        if let Some(mean) = self.bytes.mean() {
            let error = self.bytes.error().map_or(0.2 * mean, |error| ERRORS * error);
            push("bytes a part", measure(mean, "bytes", error.max(0.05 * mean)));
        }
        items
    }
}

fn framing_word(framing: Framing) -> &'static str {
    match framing {
        Framing::ContentLength => "by Content-Length",
        Framing::Delimited => "by the delimiter",
        Framing::EndOfInput => "by the end of the stream",
        Framing::Scanned => "by the end of the picture",
    }
}

/// Line ends in words: `CRLF`, `LF`, `CRLF CRLF`, `nothing`.
fn line_ends(text: &str) -> String {
    let named = text.replace("\r\n", "CRLF ").replace('\n', "LF ").replace('\r', "CR ");
    if named.is_empty() { "nothing".into() } else { named.trim_end().into() }
}

/// How many of the parts have something. Two streams are alike if both have it in some parts, or in every part.
fn often(count: u64, parts: u64) -> Value {
    let shown = if count >= parts { "in each part".into() } else { format!("in {count} of {parts} parts") };
    let kind = match count {
        1 => "once",
        count if count >= parts => "each",
        _ => "some",
    };
    Value::Kind { shown, kind: kind.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_counted_without_their_numbers() {
        let mut profile = Profile::default();
        for (declared, actual) in [(100, 101), (2222, 3)] {
            profile.parts += 1;
            profile.deviation(&format!("Content-Length is {declared}, the body has {actual} bytes"));
        }
        assert_eq!(profile.deviations, [("Content-Length is #, the body has # bytes".to_string(), 2)]);
        assert_eq!(often(2, 2), Value::Kind { shown: "in each part".into(), kind: "each".into() });
    }
}
