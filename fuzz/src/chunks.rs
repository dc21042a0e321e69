//! The chunked coding: the same content for every way to cut the body.

use mjpeg::http::{ChunkError, Dechunker};

use super::cuts::Cuts;

/// `input`: a byte that chooses cuts, then a chunked body; the same bytes are sent in chunks too.
pub fn check(input: &[u8]) {
    let [seed, body @ ..] = input else { return };
    let whole = decode(body, 0);
    for seed in [1, *seed] {
        let cut = decode(body, seed);
        match &whole {
            Ok(_) => assert_eq!(cut, whole, "cut by seed {seed}"),
            // Content of the call that failed is lost, so only the error can be compared.
            Err(error) => assert_eq!(cut.as_ref().err(), Some(error), "cut by seed {seed}"),
        }
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
    assert_eq!(decode(&sent, *seed), Ok((body.to_vec(), true)), "round trip");
}

fn decode(body: &[u8], seed: u8) -> Result<(Vec<u8>, bool), ChunkError> {
    let (mut dechunker, mut content, mut rest) = (Dechunker::new(), Vec::new(), body.to_vec());
    for length in Cuts::new(seed) {
        if rest.is_empty() {
            break;
        }
        let later = rest.split_off(length.min(rest.len()));
        let decoded = dechunker.decode(&mut rest)?;
        content.extend_from_slice(&rest[..decoded]);
        rest = later;
    }
    Ok((content, dechunker.is_done()))
}
