//! The multipart parser: the same events for every way to cut the input.

use mjpeg::http::{ContentType, Dechunker, Head};
use mjpeg::multipart::Limits;

use super::cuts::Cuts;
use super::transcript::read;

/// `input`: one byte that chooses limits and boundary, two that choose cuts, then a whole response or
/// a bare body.
pub fn check(input: &[u8]) {
    let [choice, first_cut, second_cut, stream @ ..] = input else { return };
    let limits = if choice & 1 == 0 { Limits::default() } else { small() };
    let given = [None, Some(&b"b"[..]), Some(b"--b"), Some(b"----foo")][usize::from(choice >> 1 & 3)];
    let (boundary, body) = open(stream);
    let boundary = boundary.as_deref().or(given);

    let whole = read(&body, boundary, limits, Cuts::new(0));
    for seed in [1, *first_cut, *second_cut] {
        let cut = read(&body, boundary, limits, Cuts::new(seed));
        assert_eq!(cut, whole, "cut by seed {seed}");
    }
}

/// Bounds that small inputs reach.
pub fn small() -> Limits {
    Limits::default().head_bytes(300).head_fields(3).body_bytes(700).search_bytes(4096).read_bytes(64)
}

/// The boundary parameter and the decoded body of a response, or all of a bare body.
pub fn open(stream: &[u8]) -> (Option<Vec<u8>>, Vec<u8>) {
    let Ok(Some(head)) = Head::parse(stream) else { return (None, stream.to_vec()) };
    let mut body = stream[head.len..].to_vec();
    if head.is_chunked() && Dechunker::is_kept_in(&body) == Some(true) {
        let decoded = Dechunker::new().decode(&mut body).unwrap_or_default();
        body.truncate(decoded);
    }
    let boundary =
        head.fields().first("content-type").map(ContentType::parse).and_then(|value| value.boundary);
    (boundary.map(|boundary| boundary.value.into_owned()), body)
}
