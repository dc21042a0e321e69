//! Whether a frame is good.

use mjpeg::counted::Counted;
use mjpeg::jpeg::{Checker, Depth, Judgement, MarkerJudge, Note, Refusal};
use mjpeg::multipart::Part;

/// Judges frames at the depth that was asked for.
pub struct Judge {
    depth: Depth,
    markers: MarkerJudge,
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
    /// A judge that reads frames at `depth`.
    pub fn new(depth: Depth) -> Self {
        Self { depth, markers: MarkerJudge::new(), checker: Checker::new() }
    }

    /// Judges a part.
    pub fn judge(&mut self, part: &Part<'_>) -> Verdict {
        let judgement = match self.depth {
            Depth::Markers => self.markers.judge(part),
            Depth::Entropy => Judgement::of_entropy(part.body, &mut self.checker),
        };
        let damage = judgement.refusal();
        let deviations = if damage.is_none() { deviations(part.body, &judgement) } else { Vec::new() };
        Verdict { damage, deviations, depth: judgement.depth(), end: judgement.end() }
    }
}

/// What readers of the recording should know. The other notes make no difference to them.
fn deviations(body: &[u8], judgement: &Judgement) -> Vec<String> {
    let rest = judgement.end().map_or(0, |end| body.len() - end);
    let mut deviations = Vec::new();
    for (note, _) in judgement.notes().iter() {
        match note {
            Note::BytesBeforeStart => {
                let bytes = Counted(judgement.bytes_before_soi() as u64, "byte");
                deviations.push(format!("{bytes} before SOI"));
            }
            Note::BytesAfterStart | Note::RepeatedStart | Note::NoEnd | Note::JunkBytes => {
                deviations.push(note.to_string());
            }
            _ => {}
        }
    }
    if rest > 0 {
        deviations.push(format!("{} after EOI", Counted(rest as u64, "byte")));
    }
    deviations
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
                Some("2 bytes before SOI; SOI repeated"),
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
