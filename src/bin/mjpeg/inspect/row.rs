//! What is known of one part.

use std::time::Duration;

use mjpeg::counted::Counted;
use mjpeg::jpeg::{Judgement, Note, Quality, QuantisationTables, Refusal, Summary};
use mjpeg::multipart::{Deviation, DeviationKind, Framing, Part};

use super::region::Region;
use crate::marker_table::MarkerTable;
use crate::strip_reader::Strip;
use crate::transport::Secrets;

/// One part. What is unknown is absent.
#[derive(Debug, Default)]
pub struct Row {
    /// Number of the part, from 1.
    pub part: u64,
    /// Number among the written frames of a recording.
    pub seq: Option<u64>,
    /// File of a recording.
    pub file: Option<String>,
    /// Bytes of the decoded body before the part's body.
    pub offset: u64,
    /// Bytes of the body; absent when it was skipped unread.
    pub body_bytes: Option<u64>,
    /// When its last byte came, since the first byte of the body.
    pub arrival: Option<Duration>,
    /// From the arrival of the part before it.
    pub gap: Option<Duration>,
    /// Names and values in the order sent.
    pub fields: Vec<(String, String)>,
    /// What departed from the standards.
    pub deviations: Vec<String>,
    /// Whether the end of the input, or of a connection that was recorded, cuts it.
    pub is_cut: bool,
    /// Why no reader shows the picture.
    pub damage: Option<&'static str>,
    /// The same in a sentence.
    pub damage_text: Option<String>,
    /// How the end of the body was found; unknown in a recording.
    pub framing: Option<Framing>,
    /// Width and height of the picture.
    pub size: Option<(u16, u16)>,
    /// Its chroma sampling: `4:2:0`.
    pub sampling: Option<&'static str>,
    /// The setting of a libjpeg-like encoder.
    pub quality: Option<Quality>,
    /// What its coded strip says.
    pub strip: Option<Strip>,
    /// The bytes of its head, for `--headers`.
    pub head: Option<Vec<u8>>,
    /// Its bytes by their meaning, for `--hex`.
    pub regions: Vec<Region>,
    /// Its quantisation tables, with its markers.
    pub tables: Option<Box<QuantisationTables>>,
    /// Its markers, for `--jpeg`.
    pub markers: Option<MarkerTable>,
}

impl Row {
    /// A part of a stream, without the deviations of its framing, which are known later.
    pub fn of_part(part: &Part<'_>, arrival: Option<Duration>, judgement: &Judgement) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut row = Self {
            part: part.number,
            offset: part.spans.body.start,
            body_bytes: Some(part.spans.body.len),
            arrival,
            fields: part.fields.iter().map(|(name, value)| (text(name), text(value))).collect(),
            framing: Some(part.framing),
            ..Self::default()
        };
        if part.is_not_a_picture() {
            row.deviations.push("the part is not a picture".into());
        } else {
            row.set_picture(part.body, judgement);
        }
        row.is_cut = part.framing == Framing::EndOfInput && judgement.damage().is_some();
        row
    }

    /// A part that the parser skipped, since it exceeds a limit.
    pub fn skipped(part: u64, deviations: &[Deviation]) -> Self {
        let is_limit = |it: &&Deviation| skipped(it.kind).is_some();
        let limit = deviations.iter().find(is_limit);
        let mut row = Self { part, offset: limit.map_or(0, |it| it.offset), ..Self::default() };
        row.damage = limit.and_then(|it| skipped(it.kind));
        row.add_deviations(deviations);
        row
    }

    /// Sets what the picture shows by its segments.
    pub fn set_picture(&mut self, body: &[u8], judgement: &Judgement) {
        let summary = Summary::of(judgement.picture(body));
        self.size = summary.frame.map(|frame| frame.width).zip(summary.height());
        self.sampling = summary.frame.as_ref().and_then(mjpeg::jpeg::FrameHeader::sampling);
        self.quality = summary.quality();
        self.damage = judgement.refusal().map(Refusal::name);
        self.damage_text = judgement.refusal().map(|refusal| refusal.to_string());
        self.deviations.extend(notes(body, judgement));
    }

    /// Replaces what the server repeats of the request's secrets in the fields and the head.
    pub fn hide(&mut self, secrets: &Secrets) {
        secrets.hide_fields(&mut self.fields);
        self.head = self.head.take().map(|head| secrets.shown_lines(&head));
    }

    /// Keeps the markers of its picture.
    pub fn set_markers(&mut self, body: &[u8], judgement: &Judgement) {
        self.tables = Some(Box::new(Summary::of(judgement.picture(body)).quantisation));
        self.markers = Some(MarkerTable::of(body, judgement.start()));
    }

    /// Adds what departed from the standard of the framing.
    pub fn add_deviations(&mut self, deviations: &[Deviation]) {
        self.deviations.splice(0..0, deviations.iter().map(|deviation| deviation.kind.to_string()));
    }
}

/// Whether deviations belong to a part that was skipped.
pub fn is_skipped(deviations: &[Deviation]) -> bool {
    deviations.iter().any(|it| skipped(it.kind).is_some())
}

/// The word for the damage of a part that the parser skipped.
fn skipped(kind: DeviationKind) -> Option<&'static str> {
    match kind {
        DeviationKind::BodyTooLarge { .. } => Some("too-large"),
        DeviationKind::HeadTooLong => Some("head-too-long"),
        _ => None,
    }
}

/// What is unusual about a picture, in words.
fn notes(body: &[u8], judgement: &Judgement) -> Vec<String> {
    let notes = judgement.notes();
    let in_words = |(note, _)| match note {
        Note::BytesBeforeStart => {
            format!("{} before SOI", Counted(judgement.bytes_before_soi() as u64, "byte"))
        }
        note => Note::to_string(&note),
    };
    let rest = judgement.end().map_or(0, |end| body.len() - end) as u64;
    let rest = (rest > 0).then(|| format!("{} after EOI", Counted(rest, "byte")));
    notes.iter().map(in_words).chain(rest).collect()
}
