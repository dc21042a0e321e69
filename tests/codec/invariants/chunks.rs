//! The chunked coding: the same content for every way to cut the body.

use mjpeg::http::{ChunkError, Dechunker};

use super::cuts::Cuts;

/// `input`: a byte that chooses cuts, then a chunked body; the same bytes are sent in chunks too.
pub fn check(input: &[u8]) {
    let [seed, body @ ..] = input else { return };
    let whole = decode(body, 0);
    for seed in [1, *seed] {
        assert_eq!(decode(body, seed), whole, "cut by seed {seed}");
    }

    let mut sent = Vec::new();
    let mut rest = body;
    for length in Cuts::new(seed.saturating_add(1)) {
        if rest.is_empty() {
            break;
        }
        let (chunk, later) = rest.split_at(length.min(rest.len()));
        sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
        rest = later;
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(Dechunker::is_kept_in(&sent), Some(true));
    assert_eq!(
        decode(&sent, *seed),
        Decoded { content: body.to_vec(), is_done: true, error: None },
        "round trip"
    );
}

/// All that a decoder tells of a body: what came before a fault is content too.
#[derive(Debug, PartialEq, Eq)]
struct Decoded {
    content: Vec<u8>,
    is_done: bool,
    error: Option<ChunkError>,
}

fn decode(body: &[u8], seed: u8) -> Decoded {
    let (mut dechunker, mut content, mut rest) = (Dechunker::new(), Vec::new(), body.to_vec());
    for length in Cuts::new(seed) {
        if rest.is_empty() || dechunker.error().is_some() {
            break;
        }
        let later = rest.split_off(length.min(rest.len()));
        if let Ok(decoded) = dechunker.decode(&mut rest) {
            content.extend_from_slice(&rest[..decoded]);
        }
        rest = later;
    }
    Decoded { content, is_done: dechunker.is_done(), error: dechunker.error() }
}
