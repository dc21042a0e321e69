//! Whether a frame is good.

use mjpeg::jpeg::{Checker, Depth, Judgement, Note, Refusal};
use mjpeg::multipart::Part;

/// How far a picture may start behind the start of its part.
const MOST_BEFORE: usize = 4096;
const SOI_TWICE: &[u8] = b"\xff\xd8\xff\xd8";

/// Judges frames at the depth that was asked for.
pub struct Judge {
    depth: Depth,
    checker: Checker,
}

/// What is known about a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is damaged; `None` for a good frame.
    pub damage: Option<Refusal>,
    /// What is unusual about its bytes, in words.
    pub deviations: Vec<String>,
    /// How closely it was read.
    pub depth: Depth,
    /// Number of bytes from the start of the part to the end of EOI, if the picture has one.
    pub end: Option<usize>,
}

impl Judge {
    /// A judge that reads frames at `depth`. What the markers cannot decide is always read to the end.
    pub fn new(depth: Depth) -> Self {
        Self { depth, checker: Checker::new() }
    }

    /// Judges a part.
    ///
    /// FFmpeg, VLC and the browsers show pictures without EOI, with two SOI, and with padding before SOI. If all codes
    /// of such a picture are sound, it is good and has a deviation.
    pub fn judge(&mut self, part: &Part<'_>) -> Verdict {
        let body = part.body;
        let mut judgement = Judgement::of_markers(body, part.extent);
        if self.depth == Depth::Entropy {
            judgement = Judgement::of_entropy(body, &mut self.checker);
        } else if judgement.refusal().is_some() {
            let deep = Judgement::of_entropy(body, &mut self.checker);
            // The words for damage are those of the depth that was asked for.
            judgement = if deep.refusal().is_none() { deep } else { judgement };
        }
        let mut verdict = Verdict {
            damage: judgement.refusal(),
            deviations: Vec::new(),
            depth: judgement.depth(),
            end: judgement.end(),
        };
        if verdict.damage.is_some()
            && let Some((start, deviation)) = late_start(body)
        {
            let picture = Judgement::of_entropy(&body[start..], &mut self.checker);
            if picture.refusal().is_none() && picture.unchecked().is_none() {
                let end = picture.end().map(|end| start + end);
                verdict = Verdict { damage: None, deviations: vec![deviation], depth: picture.depth(), end };
                judgement = picture;
            }
        }
        if verdict.damage.is_none() {
            let notes = judgement.notes().iter();
            let notes = notes.filter(|(note, _)| matches!(note, Note::NoEnd | Note::JunkBytes));
            verdict.deviations.extend(notes.map(|(note, _)| note.to_string()));
            let rest = verdict.end.map_or(0, |end| body.len() - end);
            if rest > 0 {
                verdict.deviations.push(format!("{rest} bytes after EOI"));
            }
        }
        verdict
    }
}

/// Where the picture of a body starts that is not at its first byte, and what comes before it: NUL bytes and blanks, or
/// SOI. Other bytes may be what is left of a picture, and the next SOI that of its thumbnail.
fn late_start(body: &[u8]) -> Option<(usize, String)> {
    let padding = body.iter().take(MOST_BEFORE).take_while(|byte| b"\0\t\n\r ".contains(byte)).count();
    let mut start = padding;
    while start < MOST_BEFORE && body[start..].starts_with(SOI_TWICE) {
        start += SOI_TWICE.len() / 2;
    }
    match (padding, start) {
        (_, 0) => None,
        (0, _) => Some((start, "SOI repeated".into())),
        (_, _) if start == padding => Some((start, format!("{padding} bytes before SOI"))),
        (_, _) => Some((start, format!("{padding} bytes before SOI, SOI repeated"))),
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::jpeg::Walk;
    use mjpeg::multipart::{Event, Parser};

    use super::*;

    fn judged(body: &[u8], depth: Depth) -> Verdict {
        let head = format!("--b\r\nContent-Length: {}\r\n\r\n", body.len());
        let input = [head.as_bytes(), body, b"\r\n--b--\r\n"].concat();
        let mut parser = Parser::new(Walk::new(), Some(b"b"));
        for piece in input.chunks(1000) {
            parser.space()[..piece.len()].copy_from_slice(piece);
            parser.filled(piece.len());
        }
        parser.finish();
        while let Some(event) = parser.next_event().unwrap() {
            if let Event::Part(part) = event {
                return Judge::new(depth).judge(&part);
            }
        }
        panic!("no part");
    }

    #[test]
    fn what_players_show_is_good_and_what_lacks_bytes_is_damaged() {
        let jpeg = include_bytes!("../../../../fixtures/jpeg/420.jpg");
        let half = jpeg.len() / 2;
        let thumbnail =
            [&b"\xff\xd8\xff\xe1"[..], &(jpeg.len() as u16 + 2).to_be_bytes(), jpeg, &jpeg[2..half]].concat();
        for (name, body, deviation) in [
            ("sound", jpeg.to_vec(), Some("")),
            ("no EOI", jpeg[..jpeg.len() - 2].to_vec(), Some("no EOI")),
            ("two SOI", [&jpeg[..2], jpeg].concat(), Some("SOI repeated")),
            (
                "three SOI behind NULs",
                [b"\0\0", &jpeg[..2], &jpeg[..2], jpeg].concat(),
                Some("2 bytes before SOI, SOI repeated"),
            ),
            ("NULs before SOI", [b"\0\r\n", &jpeg[..]].concat(), Some("3 bytes before SOI")),
            ("bytes behind EOI", [&jpeg[..], b"abc"].concat(), Some("3 bytes after EOI")),
            (
                "the beginning of the next picture",
                [&jpeg[..], &jpeg[..half]].concat(),
                Some("bytes after EOI"),
            ),
            ("half a picture", jpeg[..half].to_vec(), None),
            ("half a picture behind NULs", [b"\0\0", &jpeg[..half]].concat(), None),
            ("half a picture with a thumbnail", thumbnail.clone(), None),
            ("the same without SOI", thumbnail[2..].to_vec(), None),
            ("text", b"<html>".to_vec(), None),
            ("NULs", vec![0; 9000], None),
            ("SOI only", jpeg[..2].repeat(5000), None),
        ] {
            for depth in [Depth::Markers, Depth::Entropy] {
                let verdict = judged(&body, depth);
                assert_eq!(verdict.damage.is_none(), deviation.is_some(), "{name} {depth:?}: {verdict:?}");
                let text = verdict.deviations.join("; ");
                assert!(text.contains(deviation.unwrap_or("")), "{name} {depth:?}: {verdict:?}");
                assert!(deviation != Some("") || text.is_empty(), "{name} {depth:?}: {verdict:?}");
            }
        }
    }

    #[test]
    fn lost_entropy_coded_data_is_found_at_its_depth() {
        let jpeg = include_bytes!("../../../../fixtures/jpeg/420.jpg");
        let torn = [&jpeg[..2000], &jpeg[2400..]].concat();
        assert_eq!(judged(&torn, Depth::Markers).damage, None);
        assert!(judged(&torn, Depth::Entropy).damage.is_some());
    }
}
