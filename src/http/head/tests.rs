use super::*;

#[test]
fn status_lines_of_cameras() {
    use Version::*;
    for (line, version, status, reason) in [
        ("HTTP/1.1 200 OK", Http11, 200, "OK"),
        ("HTTP/1.0 200", Http10, 200, ""),
        ("ICY 200 OK", Icy, 200, "OK"),
        ("HTTP/1.0  401  Not  Today ", Http10, 401, "Not  Today"),
        ("HTTP/1.2 200 Okay", Other, 200, "Okay"),
    ] {
        let input = std::format!("{line}\r\nA: b\r\n\r\n");
        let head = Head::parse(input.as_bytes()).unwrap().unwrap();
        assert_eq!((head.version, head.status, head.reason.as_str()), (version, status, reason), "{line}");
    }
}

#[test]
fn a_head_is_found_wherever_it_is_cut() {
    let input = b"HTTP/1.0 200 OK\nContent-Type: x\r\n\nbody";
    let mut search = HeadSearch::default();
    for n in 0..=input.len() - 4 {
        let parsed = Head::parse(&input[..n]).unwrap();
        assert_eq!(parsed.is_some(), n >= input.len() - 4, "first {n} bytes");
        assert_eq!(search.parse(&input[..n]).unwrap(), parsed, "first {n} bytes, searched before");
    }
    let head = Head::parse(input).unwrap().unwrap();
    assert!(head.bare_lf);
    assert_eq!(head.text("content-type").as_deref(), Some("x"));
}

#[test]
fn an_error_names_its_offset_and_its_production() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".repeat(20_000)].concat();
    for (input, offset, kind) in [
        (&b"<html>"[..], 0, HeadErrorKind::Protocol),
        (b"HTTP/1.1 OK\r\n\r\n", 9, HeadErrorKind::Status),
        (&endless, HEAD_BYTES, HeadErrorKind::TooLong),
    ] {
        let error = Head::parse(input).unwrap_err();
        assert_eq!((error.offset, error.kind), (offset, kind));
        let text = std::format!("{error}");
        assert!(text.contains(kind.production()) && text.contains(&std::format!("byte {offset}")), "{text}");
    }
}

#[test]
fn the_bytes_of_a_head_are_kept_as_received() {
    let input = b"HTTP/1.0 200  OK \nA : b\r\nc\r\n\nbody";
    let head = Head::parse(input).unwrap().unwrap();
    assert_eq!(head.bytes(), &input[..input.len() - 4]);
    assert_eq!(head.fields().first("a"), Some(&b"b"[..]));
}

#[test]
fn the_chunked_coding_is_found_in_any_spelling() {
    for (value, chunked) in [("chunked", true), ("gzip, Chunked", true), ("identity", false)] {
        let input = std::format!("HTTP/1.1 200 OK\r\nTransfer-encoding: {value}\r\n\r\n");
        assert_eq!(Head::parse(input.as_bytes()).unwrap().unwrap().is_chunked(), chunked);
    }
}
