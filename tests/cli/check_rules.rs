//! `mjpeg check`: a stream for each deviation, and its rule.

use crate::kit;

use kit::camera::{Camera, HEAD, chunk, part, part_with_length};
use kit::run::{mjpeg, run};
use kit::verdict::{check, names};

/// The first frames, each as `part` writes it, in one body.
fn body(part: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    kit::contents(&kit::frames())[..5].iter().map(|jpeg| part(jpeg)).collect()
}

/// A stream with one deviation, and the rule that must be the first finding.
struct Case {
    rule: &'static str,
    head: String,
    pieces: Vec<Vec<u8>>,
}

fn deviations() -> Vec<Case> {
    let case = |rule, pieces| Case { rule, head: HEAD.into(), pieces };
    let headed = |rule, from: &str, to: &str| Case { rule, head: HEAD.replace(from, to), pieces: body(part) };
    let text = |from: &'static str, to: &'static str| {
        body(move |jpeg| {
            let whole = part(jpeg);
            let end = whole.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
            let head = String::from_utf8(whole[..end].to_vec()).unwrap().replace(from, to);
            [head.as_bytes(), &whole[end..]].concat()
        })
    };
    vec![
        headed("boundary-missing", "; boundary=foo", ""),
        headed("delimiter-mismatch", "boundary=foo", "boundary=bar"),
        headed("delimiter-dashes", "boundary=foo", "boundary=--foo"),
        headed("boundary-name-case", "boundary=foo", "Boundary=foo"),
        headed("content-type-not-mixed-replace", "x-mixed-replace", "mixed"),
        headed("body-length", "Connection: close", "Content-Length: 99999999"),
        headed("body-length-short", "Connection: close", "Content-Length: 20000"),
        headed("body-length-invalid", "Connection: close", "Content-Length: -1"),
        headed("body-length-invalid", "Connection: close", "Content-Length: 99999999, 99999999"),
        headed("response-head-missing", HEAD, ""),
        headed("empty-line-before-status", "HTTP/1.1", "\r\nHTTP/1.1"),
        headed("status-line", "HTTP/1.1", "ICY"),
        case("content-length-short", body(|jpeg| part_with_length(jpeg, jpeg.len() - 10))),
        case("content-length-long", body(|jpeg| part_with_length(jpeg, jpeg.len() + 10))),
        case("content-length-counts-line-end", body(|jpeg| part_with_length(jpeg, jpeg.len() + 2))),
        case(
            "content-length-missing",
            body(|jpeg| [b"--foo\r\nContent-Type: image/jpeg\r\n\r\n", jpeg, b"\r\n"].concat()),
        ),
        case("content-length-invalid", text("Content-Length: ", "Content-Length: -")),
        case(
            "bare-lf",
            body(|jpeg| {
                let head = format!("--foo\nContent-Type: image/jpeg\nContent-Length: {}\n\n", jpeg.len());
                [head.as_bytes(), jpeg, b"\n"].concat()
            }),
        ),
        case("line-end-missing", body(|jpeg| part(jpeg).strip_suffix(b"\r\n").unwrap().to_vec())),
        case("preamble", [vec![b"hello, world\r\n".to_vec()], body(part)].concat()),
        case("part-type-not-jpeg", text("image/jpeg", "image/jpg")),
        case("part-type-parameter", text("image/jpeg", "image/jpeg; q=1")),
        case("part-type-missing", text("Content-Type: image/jpeg\r\n", "")),
        case("no-soi", body(|jpeg| part(&jpeg[4..]))),
        case("no-eoi", body(|jpeg| part(&jpeg[..jpeg.len() - 2]))),
        case("truncated", body(|jpeg| part(&jpeg[..jpeg.len() / 2]))),
        case("bytes-after-eoi", body(|jpeg| part(&[jpeg, &[0; 100]].concat()))),
        case("bytes-after-body", body(|jpeg| [&part(jpeg)[..], b"stale bytes\r\n"].concat())),
        case("part-empty", [body(part), vec![part(b"")], body(part)].concat()),
        case("delimiter-doubled", body(|jpeg| [b"--foo\r\n", &part(jpeg)[..]].concat())),
        case("delimiter-padded", text("--foo\r\n", "--foo \r\n")),
        case("first-delimiter-missing", {
            let mut pieces = body(part);
            pieces[0].drain(..7);
            pieces
        }),
        case("no-multipart", body(<[u8]>::to_vec)),
        case("chunk-framing", vec![b"this is no chunk".to_vec()]),
    ]
}

#[test]
fn the_rule_of_each_deviation_is_the_first_finding() {
    for mut case in deviations() {
        if case.rule == "chunk-framing" {
            case.head = HEAD.replace("Connection: close", "Transfer-Encoding: chunked");
            case.pieces = [vec![chunk(&body(part).concat())], case.pieces].concat();
        } else {
            // The end of the last part is known only after a delimiter.
            case.pieces.push(b"--foo--\r\n".to_vec());
        }
        let camera = Camera::sending(&case.head, case.pieces);
        let (end, verdict) = check(&camera.url, &[]);
        let findings = verdict["findings"].as_array().unwrap();
        assert_eq!(names(&verdict).first(), Some(&case.rule), "{verdict}");
        let first = &findings[0];
        let code = match (case.rule, first["severity"].as_str().unwrap()) {
            ("chunk-framing", _) => 5,
            (_, "error") => 1,
            _ => 0,
        };
        assert_eq!(end.code(), Some(code), "{}: {verdict}", case.rule);
        let list = run(&mut mjpeg(["check", "--explain", first["code"].as_str().unwrap()])).expect(0);
        assert!(list.text().contains(case.rule), "{}", list.text());
    }
}

#[test]
fn an_odd_response_head_is_one_finding_that_decides_which_consumers_refuse_it() {
    let length = |value: &str| HEAD.replace("Connection: close", &format!("Content-Length: {value}"));
    for (head, code, refused, played) in [
        (String::new(), "H121", &["chromium", "firefox", "gstreamer", "aiohttp", "curl"][..], &[][..]),
        (format!("\r\n{HEAD}"), "H122", &["ffmpeg", "vlc", "curl", "go2rtc"], &["chromium", "gstreamer"]),
        (length("-1"), "H119", &["go_multipart", "aiohttp", "pipe2jpeg"], &["ffmpeg", "firefox"]),
        (length("unknown"), "H119", &["ffmpeg", "gstreamer", "curl"], &["firefox", "soi_eoi_scanner"]),
        (length("9, 5"), "H119", &["chromium", "firefox", "gstreamer"], &["ffmpeg"]),
        (
            length("99999999\r\nContent-Length: 99999999"),
            "H119",
            &["aiohttp", "mjpeg_proxy"],
            &["soi_eoi_scanner"],
        ),
        (length("18446744073709551616"), "H119", &["go_multipart", "pipe2jpeg"], &["ffmpeg", "curl"]),
        (
            HEAD.replace("Connection: close", "Content-Encoding: gzip"),
            "H118",
            &["ffmpeg", "firefox"],
            &["vlc"],
        ),
        (length("20000"), "H120", &[], &[]),
    ] {
        let pieces = [body(part), vec![b"--foo--\r\n".to_vec()]].concat();
        let (end, verdict) = check(&Camera::sending(&head, pieces).url, &["--ignore", "ended-early"]);
        let codes: Vec<&str> =
            verdict["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
        assert_eq!(codes, [code], "{head}: {verdict}");
        for name in refused {
            assert_eq!(verdict["consumers"][name], "nothing", "{head}: {name}: {verdict}");
            assert_eq!(verdict["consumers_decided_by"][name], code, "{head}: {name}: {verdict}");
        }
        for name in played {
            let fate = verdict["consumers"][name].as_str().unwrap();
            assert!(["on_time", "late"].contains(&fate), "{head}: {name}: {verdict}");
        }
        if code == "H120" {
            let fates = verdict["consumers"].as_object().unwrap();
            for name in ["ffmpeg", "vlc", "chromium", "firefox", "gstreamer", "curl", "nginx"] {
                assert!(["dies", "loses"].contains(&fates[name].as_str().unwrap()), "{name}: {verdict}");
                assert_eq!(verdict["consumers_decided_by"][name], "H120", "{name}: {verdict}");
            }
        }
        end.expect(1);
    }
}

#[test]
fn every_rule_is_listed_and_explained() {
    let list = run(&mut mjpeg(["check", "--list-rules"])).expect(0).text();
    assert_eq!(list.lines().count(), mjpeg::check::rules().count());
    for rule in mjpeg::check::rules() {
        let text = run(&mut mjpeg(["check", "--explain", rule.name])).expect(0).text();
        assert!(text.starts_with(&format!("{} {} ({})", rule.code, rule.name, rule.severity)), "{text}");
    }
    run(&mut mjpeg(["check", "--explain", "M999"])).expect(2);
}
