//! What is found in single parts and heads, and where.

use super::*;
use crate::check::report::Finding;
use crate::multipart::Limits;

/// The findings in a body of these bytes behind a head with this Content-Type.
fn findings(content_type: &str, body: &[u8]) -> Vec<Finding> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n");
    let mut judge = Judge::new(Expectations::default());
    judge.head(&Head::parse(head.as_bytes()).unwrap().unwrap());
    judge.set_deep(true);
    let mut parser = Parser::with_limits(Walk::new(), Some(b"b"), Limits::default());
    for piece in body.chunks(4096) {
        parser.space()[..piece.len()].copy_from_slice(piece);
        parser.filled(piece.len());
        while let Some(event) = parser.next_event().unwrap() {
            judge.event(&event, None);
        }
    }
    parser.finish();
    while let Some(event) = parser.next_event().unwrap() {
        judge.event(&event, None);
    }
    judge.finish(None).findings
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|it| it.rule.code).collect()
}

/// A picture with its frame header twice.
fn with_two_frames(jpeg: &[u8]) -> Vec<u8> {
    let sof = jpeg.windows(2).position(|pair| pair == b"\xff\xc0").unwrap();
    let length = usize::from(jpeg[sof + 3]) + 2;
    [&jpeg[..sof + length], &jpeg[sof..]].concat()
}

const MIXED: &str = "multipart/x-mixed-replace; boundary=b";

/// A part with these lines in its head.
fn part(lines: &str, body: &[u8]) -> Vec<u8> {
    [b"--b\r\n", lines.as_bytes(), b"\r\n", body, b"\r\n"].concat()
}

fn with_length(body: &[u8], length: usize) -> Vec<u8> {
    part(&format!("Content-Type: image/jpeg\r\nContent-Length: {length}\r\n"), body)
}

#[test]
fn an_empty_boundary_is_none() {
    let body: Vec<u8> = PICTURES.iter().flat_map(|jpeg| with_length(jpeg, jpeg.len())).collect();
    for parameter in ["", "; boundary=", "; boundary=\"\""] {
        let content_type = format!("multipart/x-mixed-replace{parameter}");
        assert!(codes(&findings(&content_type, &body)).contains(&"H103"), "{content_type}");
    }
}

#[test]
fn what_a_part_is_counts_behind_many_fields_too() {
    let [first, second] = PICTURES;
    for lines in [63, 64, 70, 200] {
        let other = "X-Other: 1\r\n".repeat(lines);
        let head = format!("{other}Content-Type: image/jpeg\r\nContent-Length: {}\r\n", first.len());
        let body = [part(&head, first), with_length(second, second.len())].concat();
        let found = codes(&findings(MIXED, &body));
        assert!(!found.iter().any(|code| ["M206", "M223", "M243"].contains(code)), "{lines}: {found:?}");
        assert!(found.contains(&"M235"), "{lines}: {found:?}");
    }
}

#[test]
fn a_damaged_picture_with_its_end_is_no_cut_part() {
    let [first, second] = PICTURES;
    let whole = with_length(first, first.len());
    let last = [b"--b\r\nContent-Type: image/jpeg\r\n\r\n", &with_two_frames(second)[..], b"\r\n"].concat();
    assert!(codes(&findings(MIXED, &[&whole[..], &last].concat())).contains(&"J305"));
    let cut = &last[..last.len() - 100];
    assert!(codes(&findings(MIXED, &[&whole[..], cut].concat())).contains(&"M240"));
}

#[test]
fn the_place_of_damage_is_that_in_the_body_of_the_response() {
    let jpeg = include_bytes!("../../../../fixtures/jpeg/422-restart.jpg");
    let restarts: Vec<usize> =
        (0..jpeg.len() - 1).filter(|&at| jpeg[at] == 0xff && (0xd0..0xd8).contains(&jpeg[at + 1])).collect();
    let torn = [&jpeg[..restarts[5]], &jpeg[restarts[6]..]].concat();
    for (picture, code) in [(torn, "J306"), (with_two_frames(jpeg), "J305")] {
        let body = with_length(&picture, picture.len());
        let start = body.len() - picture.len() - 2;
        let found = findings(MIXED, &body);
        let finding = found.iter().find(|it| it.rule.code == code).unwrap_or_else(|| panic!("{found:?}"));
        let said = finding.message.rsplit("byte ").next().unwrap();
        let said: u64 = said.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
        assert_eq!(finding.offset, Some(start as u64 + said), "{}", finding.message);
    }
}

#[test]
fn a_length_that_ends_inside_of_a_line_end_is_no_bare_lf() {
    let body: Vec<u8> = PICTURES.iter().flat_map(|jpeg| with_length(jpeg, jpeg.len() + 1)).collect();
    let found = codes(&findings(MIXED, &body));
    assert!(found.contains(&"M205"), "{found:?}");
    assert!(!found.contains(&"M209") && !found.contains(&"J304"), "{found:?}");
}

#[test]
fn a_value_that_is_no_time_hides_no_other_finding() {
    let found = |invalid: fn(u64) -> bool| {
        let mut stream = Stream::ordinary();
        for n in 0..100_u64 {
            // They fall behind by half of the time.
            let stamp = format!("{:.3}", 1_700_000_000.0 + n as f64 / 20.0);
            let stamp = if invalid(n) { "init" } else { &stamp };
            stream.send_stamped(PICTURES[n as usize % 2], stamp, n * 100);
        }
        codes(&stream.judge.finish(None).findings)
    };
    assert_eq!(found(|_| false), ["C505"]);
    let mut one = found(|n| n == 0);
    one.sort_unstable();
    assert_eq!(one, ["C505", "C508"]);
    assert_eq!(found(|n| n % 10 > 0), ["C508"]);
}

#[test]
fn a_short_step_back_is_said_in_a_small_unit() {
    for (by, said) in [(0.000_2, "200 µs"), (0.02, "20 ms"), (3.0, "3.0 s")] {
        let mut stream = Stream::ordinary();
        for n in 0..40_u64 {
            let stamp = 1_700_000_000.0 + n as f64 / 10.0 - if n == 30 { 0.1 + by } else { 0.0 };
            stream.send_stamped(PICTURES[n as usize % 2], &format!("{stamp:.6}"), n * 100);
        }
        let findings = stream.judge.finish(None).findings;
        let back = findings.iter().find(|it| it.rule.code == "C507").unwrap();
        assert_eq!(back.message, format!("X-Timestamp goes back by {said}"));
    }
}
