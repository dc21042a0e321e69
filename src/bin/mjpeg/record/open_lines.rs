//! The lines of the manifest until all deviations of their parts are known.

use std::time::Duration;

use mjpeg::multipart::{Collected, Collector, Deviation, DeviationKind, Event};

use super::line::Line;
use super::reconnection::Reconnection;
use crate::transport::Secrets;

/// Lines that wait for the deviations behind their parts.
#[derive(Default)]
pub struct OpenLines {
    lines: Collector<Line>,
    /// A reconnection whose first part has no line yet.
    reconnection: Option<Reconnection>,
    /// Of the request for the stream.
    secrets: Secrets,
}

/// A line with all its deviations.
pub enum Settled {
    /// The line of a part that was handled.
    Handled(Line),
    /// The line of a damaged part that the parser skipped.
    Skipped(Line),
}

impl OpenLines {
    /// Takes the next event of the stream.
    pub fn event(&mut self, event: &Event<'_>) {
        self.lines.event(event);
    }

    /// All deviations of so many parts are known.
    pub fn settled(&mut self, parts: u64) {
        self.lines.settled(parts);
    }

    /// The stream is read no further.
    pub fn finish(&mut self) {
        self.lines.finish();
    }

    /// Hides these secrets in the lines that follow.
    pub fn set_secrets(&mut self, secrets: Secrets) {
        self.secrets = secrets;
    }

    /// The next line has this reconnection.
    pub fn reconnected(&mut self, reconnection: Reconnection) {
        self.reconnection = Some(reconnection);
    }

    /// A part came at `arrival`, and the one before it at `last`.
    pub fn part(&mut self, arrival: Option<Duration>, last: Option<Duration>) {
        if let Some(reconnection) = &mut self.reconnection {
            reconnection.part(arrival, last);
        }
    }

    /// Keeps the line of a part until all its deviations are known.
    pub fn open(&mut self, part: u64, mut line: Line) {
        line.hide(&self.secrets);
        if let Some(reconnection) = self.reconnection.take() {
            reconnection.note(&mut line);
        }
        self.lines.open(part, line);
    }

    /// The next line whose deviations are known.
    pub fn next_settled(&mut self) -> Option<Settled> {
        for Collected { number, note, deviations, .. } in &mut self.lines {
            if let Some(mut line) = note {
                line.add_deviations(&deviations);
                return Some(Settled::Handled(line));
            }
            // Without damage it is not a picture, or was left out.
            if let Some((offset, damage)) = deviations.iter().find_map(|it| Some((it.offset, skipped(it)?))) {
                let mut line = Line::skipped(number, offset, damage);
                line.add_deviations(&deviations);
                return Some(Settled::Skipped(line));
            }
        }
        None
    }
}

/// The word for the damage of a part that the parser skipped.
fn skipped(deviation: &Deviation) -> Option<&'static str> {
    match deviation.kind {
        DeviationKind::BodyTooLarge { .. } => Some("too-large"),
        DeviationKind::HeadTooLong => Some("head-too-long"),
        _ => None,
    }
}
