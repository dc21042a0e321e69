//! Events as lines of text, for files of expected events.

use std::fmt::Write;

use mjpeg::jpeg::Walk;
use mjpeg::multipart::{Extent, Framing, Limits, Span, Spans};
use sha2::{Digest, Sha256};

use super::fixtures;
use super::invariants::cuts::Cuts;
use super::invariants::transcript::{Told, tell};

/// One line for each event of `body`, read byte by byte: `@` tells how many bytes had to come first.
///
/// ```text
/// @79 deviation part 1 at 0: LineEndMissing
/// @2445 part 1: delimiter 0+7 head 7+50 body 57+2288 ContentLength complete 2288 = frame 1
/// ```
///
/// Bodies that hold a picture of the fixtures are named by it, others by the start of their SHA-256.
pub fn events(body: &[u8], boundary: Option<&[u8]>) -> String {
    let (frames, mut out) = (fixtures::frames(), String::new());
    tell(Walk::new(), body, boundary, Limits::default(), Cuts::new(1), |told, received| {
        writeln!(out, "@{received} {}", line(&told, body, &frames)).expect("strings grow");
    });
    out
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(told: &Told, body: &[u8], frames: &[Vec<u8>]) -> String {
    match told {
        Told::Preamble(span) => format!("preamble {}", place(*span)),
        Told::Part { number, lines, framing, extent, spans, .. } => {
            let Spans { delimiter, head, body: span, .. } = *spans;
            let bytes = &body[span.start as usize..span.end() as usize];
            format!(
                "part {number}: delimiter {} head {} fields {} body {} {} {} = {}",
                place(delimiter),
                place(head),
                lines.len(),
                place(span),
                framing_name(*framing),
                extent_name(*extent),
                content(bytes, *extent, frames)
            )
        }
        Told::CloseDelimiter(span) => format!("close-delimiter {}", place(*span)),
        Told::Epilogue(span) => format!("epilogue {}", place(*span)),
        Told::Deviation(deviation) => {
            let part = deviation.part.map_or(String::new(), |part| format!(" part {part}"));
            format!("deviation{part} at {}: {:?}", deviation.offset, deviation.kind)
        }
        Told::Error(error) => format!("error: {error}"),
    }
}

fn place(span: Span) -> String {
    format!("{}+{}", span.start, span.len)
}

fn framing_name(framing: Framing) -> &'static str {
    match framing {
        Framing::ContentLength => "content-length",
        Framing::Delimited => "delimited",
        Framing::EndOfInput => "end-of-input",
        Framing::Scanned => "scanned",
    }
}

fn extent_name(extent: Extent) -> String {
    match extent {
        Extent::Partial => "partial".into(),
        Extent::Complete { end } => format!("complete {end}"),
        Extent::Foreign => "foreign".into(),
        Extent::Broken { at } => format!("broken {at}"),
    }
}

fn content(bytes: &[u8], extent: Extent, frames: &[Vec<u8>]) -> String {
    let picture = if let Extent::Complete { end } = extent { &bytes[..end] } else { bytes };
    match frames.iter().position(|frame| frame == picture) {
        Some(i) => format!("frame {}", i + 1),
        None => format!("sha256 {}", &sha256(bytes)[..16]),
    }
}
