//! The rows of a recording: the lines of its manifest, and the pictures in their files.

use std::io;
use std::time::Duration;

use mjpeg::jpeg::{Judgement, Walk};

use super::details::Details;
use super::region::Region;
use super::row::Row;
use super::watcher::{Around, Sink};
use crate::problem::Problem;
use crate::recording::{Line, Recording};
use crate::signal::Stop;
use crate::strip_reader::{Strip, StripReader};
use crate::transport::Flow;

/// Passes the first `frames` lines of a recording on. A signal ends it.
///
/// # Errors
///
/// When the manifest cannot be read, and those of the sink.
pub fn rows(
    recording: &mut Recording,
    details: Details,
    frames: Option<u64>,
    sink: &mut impl Sink,
    stop: &Stop,
) -> Result<Around, Problem> {
    let mut around = Around::default();
    let mut last: Option<Duration> = None;
    let mut begins_run = false;
    let mut strips = StripReader::new();
    let mut next = recording.next_line()??;
    while let Some(line) = next {
        let is_last = frames.is_some_and(|frames| around.parts + 1 >= frames);
        // A line that cannot be read is reported behind the one before it, if it is asked for.
        let following = recording.next_line()?;
        let is_cut = following.as_ref().is_ok_and(|following| line.is_cut(following.as_ref()));
        let ends_run = matches!(&following, Ok(Some(following)) if following.begins_run(&line));
        let arrival = line.arrival_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
        let contents = line.file.as_deref().map(|file| recording.contents(file)).transpose()?;
        let contents = contents.and_then(Result::transpose);
        let is_read = matches!(contents, Some(Ok(_)));
        let mut row = row(line, contents, details, &mut strips);
        row.is_cut = is_cut;
        row.arrival = arrival;
        if begins_run {
            // Times start again where a recording was resumed.
            around.times.interrupt();
            last = None;
        }
        row.gap = arrival.zip(last).and_then(|(now, last)| now.checked_sub(last));
        if let Some(arrival) = arrival.filter(|_| !row.is_cut) {
            around.times.push(arrival);
        }
        (last, begins_run) = (arrival, ends_run);
        around.parts += 1;
        around.cut += u64::from(is_cut);
        around.unread += u64::from(!is_read && !is_cut);
        around.has_more = !matches!(following, Ok(None));
        around.bytes = around.bytes.saturating_add(row.body_bytes.unwrap_or(0));
        if sink.row(row)? == Flow::Enough || is_last || stop.signal().is_some() {
            break;
        }
        next = following?;
    }
    around.cut_line = recording.cut_line()?;
    Ok(around)
}

/// The row of a line. `contents`: those of its file.
fn row(line: Line, contents: Option<io::Result<Vec<u8>>>, details: Details, strips: &mut StripReader) -> Row {
    let Line { seq, part, file, offset, body_bytes, fields, deviations, damage, strip, .. } = line;
    let age_ms = strip.and_then(|strip| strip.age_ms);
    let mut row = Row { seq, part, file, offset, body_bytes, fields, ..Row::default() };
    if details.headers {
        let lines = row.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        row.head = Some(lines.collect::<String>().into_bytes());
    }
    match contents {
        Some(Ok(body)) => {
            let judgement = Judgement::of_markers(&body, Walk::over(&body));
            row.set_picture(&body, &judgement);
            row.strip =
                strips.read(&body).map(|identity| Strip { age_ms, ..Strip::of(&identity, None, None) });
            if details.jpeg {
                row.set_markers(&body, &judgement);
            }
            if let Some(most) = details.hex {
                let bytes = body[..body.len().min(most)].to_vec();
                let left_out = (body.len() - bytes.len()) as u64;
                row.regions = vec![Region { name: "body", offset, bytes, left_out }];
            }
        }
        Some(Err(error)) => {
            let file = row.file.as_deref().unwrap_or_default();
            row.deviations.push(format!("cannot read {file}: {error}"));
        }
        None => {
            let damage = damage.map(|damage| format!(": {damage}")).unwrap_or_default();
            row.deviations.push(format!("no file was written{damage}"));
        }
    }
    let noted = std::mem::take(&mut row.deviations);
    row.deviations = deviations;
    let more: Vec<String> = noted.into_iter().filter(|note| !row.deviations.contains(note)).collect();
    row.deviations.extend(more);
    row
}
