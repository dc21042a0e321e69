//! The frames of real servers, by their SHA-256.

use std::fs;

use mjpeg::http::{Dechunker, Head};
use mjpeg::multipart::{Extent, Limits};

use super::invariants::cuts::Cuts;
use super::invariants::parser::open;
use super::invariants::transcript::{Told, read};
use super::{fixtures, report};

fn frames(stream: &[u8]) -> Vec<String> {
    let (boundary, body) = open(stream);
    let told = read(&body, boundary.as_deref(), Limits::default(), Cuts::new(0));
    told.iter()
        .filter_map(|told| match told {
            Told::Part { extent: Extent::Complete { .. }, spans, .. } => {
                Some(report::sha256(&body[spans.body.start as usize..spans.body.end() as usize]))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn captures_give_the_frames_of_their_notes_in_every_form() {
    let captures = fixtures::captures();
    assert_eq!(captures.len(), 10);
    let mut chunked = 0;
    for (name, path) in captures {
        let notes = fs::read(path.with_extension("json")).expect("readable");
        let notes: serde_json::Value = serde_json::from_slice(&notes).expect("JSON");
        let expected: Vec<String> = serde_json::from_value(notes["frames_sha256"].clone()).expect("a list");
        let stream = fs::read(&path).expect("readable");
        assert_eq!(frames(&stream), expected, "{name}");

        // GStreamer's sink sends no head at all.
        let Ok(Some(head)) = Head::parse(&stream) else { continue };
        let mut body = stream[head.len..].to_vec();
        if Dechunker::is_kept_in(&body) == Some(true) {
            chunked += 1;
            let decoded = Dechunker::new().decode(&mut body).expect("sound chunks");
            body.truncate(decoded);
            // As `curl -i` writes it: the head says chunked, the body is not.
            let decoded = [&stream[..head.len], &body].concat();
            assert_eq!(frames(&decoded), expected, "{name}, decoded");
        }
        assert_eq!(frames(&body), expected, "{name}, bare body");
    }
    assert!(chunked >= 2, "{chunked}");
}
