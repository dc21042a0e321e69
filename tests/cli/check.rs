//! `mjpeg check`: verdicts, rules and exit codes.

use crate::kit;

use std::fs;

use kit::camera::{Camera, HEAD, part, part_with_length};
use kit::run::{Server, mjpeg, run, start};
use kit::verdict::{check, names};
use serde_json::Value;

/// The first frames, each as `part` writes it, in one body.
fn body(part: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    kit::contents(&kit::frames())[..5].iter().map(|jpeg| part(jpeg)).collect()
}

#[test]
fn the_repeats_of_serve_are_no_stalls() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image.jpg");
    let frames = kit::contents(&kit::frames());
    fs::write(&image, &frames[0]).unwrap();
    let server = Server::start(&image, &["--repeat", "1s"]);
    let check = start(&mut mjpeg([
        "check",
        &server.stream,
        "--frames",
        "18",
        "--duration",
        "30s",
        "--format",
        "json",
    ]));
    // A camera with 10 frames per second that then falls silent.
    let temporary = folder.path().join(".new");
    for frame in &frames[..15] {
        let count = || state(&server)["frames"].as_u64().unwrap();
        let before = count();
        fs::write(&temporary, frame).unwrap();
        fs::rename(&temporary, &image).unwrap();
        kit::eventually("the frame is sent", || (count() > before).then_some(()));
    }
    let verdict: Value = serde_json::from_slice(&check.end().out).unwrap();
    assert_eq!(verdict["parts"], 18, "{verdict}");
    assert!(verdict["timing"]["gap_p50_ms"].as_f64() < Some(333.0), "{verdict}");
    assert!(verdict["timing"]["gap_max_ms"].as_f64() > Some(990.0), "{verdict}");
    assert!(!names(&verdict).contains(&"stall"), "{verdict}");
}

fn state(server: &Server) -> Value {
    serde_json::from_slice(&kit::http::get(server.address(), "/state").1).unwrap()
}

#[test]
fn a_stream_of_serve_passes_without_findings() {
    for layout in ["leading", "trailing", "early"] {
        let server = Server::start(&kit::frames(), &["--fps", "100", "--layout", layout]);
        let (end, verdict) = check(&server.stream, &["--frames", "40", "--deep", "--fail-on", "info"]);
        assert_eq!(names(&verdict), [""; 0], "{layout}");
        assert_eq!((&verdict["verdict"], &verdict["end"]), (&"pass".into(), &"cap".into()));
        assert_eq!((&verdict["parts"], &verdict["frames"]["width"]), (&40.into(), &320.into()));
        let fps = verdict["timing"]["fps"].as_f64().unwrap();
        assert!(fps > 10.0, "{verdict}");
        assert_eq!(verdict["consumers"]["ffmpeg"], "on_time");
        end.expect(0);
    }
}

#[test]
fn what_leaves_with_a_frame_decides_which_browsers_are_on_time() {
    for (layout, expected) in [
        ("leading", ["on_time", "late", "late", "late", "late"]),
        ("trailing", ["on_time", "on_time", "on_time", "late", "late"]),
        ("early", ["on_time", "on_time", "on_time", "on_time", "late"]),
    ] {
        let server = Server::start(&kit::frames(), &["--fps", "8", "--layout", layout]);
        let (end, verdict) = check(&server.stream, &["--frames", "10"]);
        let fates =
            ["ffmpeg", "gstreamer", "firefox", "chromium", "vlc"].map(|name| &verdict["consumers"][name]);
        assert_eq!(fates, expected, "{layout}");
        end.expect(0);
    }
}

#[test]
fn without_arrival_times_a_consumer_plays() {
    let capture =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures/ustreamer-4.9.http");
    let (_, verdict) = check(capture.to_str().unwrap(), &[]);
    assert!(verdict["consumers"].as_object().unwrap().values().all(|fate| fate == "plays"), "{verdict}");
}

#[test]
fn findings_are_judged_for_the_chosen_consumers() {
    let mut short = body(|jpeg| part_with_length(jpeg, jpeg.len() - 10));
    short.push(b"--foo--\r\n".to_vec());
    for (consumers, severity, code) in [
        (None, "error", 1),
        (Some("ffmpeg"), "error", 1),
        (Some("chromium,firefox"), "info", 0),
        (Some("chromium,go2rtc"), "error", 1),
    ] {
        let camera = Camera::sending(HEAD, short.clone());
        let chosen: Vec<&str> = consumers.iter().flat_map(|names| ["--consumers", names]).collect();
        let (end, verdict) = check(&camera.url, &[&chosen[..], &["--fail-on", "warning"]].concat());
        let finding = &verdict["findings"][0];
        assert_eq!((&finding["code"], &finding["severity"]), (&"M203".into(), &severity.into()), "{verdict}");
        assert_eq!(verdict["consumers_decided_by"]["go2rtc"], "M203", "{verdict}");
        end.expect(code);
    }
    run(&mut mjpeg(["check", "x", "--consumers", "netscape"])).expect(2);
}

#[test]
fn a_chosen_consumer_that_fails_without_a_finding_is_one() {
    // With its rule, the reason is ignored, but the consumer was asked for.
    let head = HEAD.replace("boundary=foo", "Boundary=foo");
    let args = ["--ignore", "H104,T404", "--consumers", "firefox"];
    let (end, verdict) = check(&Camera::sending(&head, body(part)).url, &args);
    assert_eq!(names(&verdict), ["consumer-fails"], "{verdict}");
    end.expect(1);
}

#[test]
fn targets_without_a_stream_have_their_own_verdicts() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<p>camera</p>\r\n";
    let camera = Camera::sending(page, Vec::new());
    let (end, verdict) = check(&camera.url, &[]);
    assert_eq!(verdict["verdict"], "not_a_stream");
    end.expect(4);

    let camera = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        body(part).iter().for_each(|part| camera.send(part));
        camera.wait_for_the_viewer_to_leave();
    });
    let (end, verdict) = check(&camera.url, &["--idle", "400ms"]);
    assert_eq!(
        (&verdict["verdict"], &verdict["end"], &verdict["parts"]),
        (&"stalled".into(), &"stalled".into(), &5.into())
    );
    end.expect(5);

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (end, verdict) = check(&format!("http://{closed}/"), &[]);
    assert_eq!(verdict["verdict"], "unreachable");
    end.expect(3);
    let (end, verdict) = check("/nowhere/at/all", &[]);
    assert_eq!(verdict["verdict"], "error");
    end.expect(6);
}

#[test]
fn the_exit_code_is_the_highest_of_all_targets() {
    let capture = kit::repository("fixtures/captures/go2rtc.http");
    let end = run(mjpeg(["check", "--format", "json", "/nowhere/at/all"]).arg(&capture)).expect(6);
    let lines: Vec<Value> = end.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["verdict"], "pass");
}

#[test]
fn captures_pass_and_a_cut_end_is_an_info() {
    for entry in fs::read_dir(kit::repository("fixtures/captures")).unwrap() {
        let capture = entry.unwrap().path();
        if capture.extension().is_none_or(|extension| extension != "http") {
            continue;
        }
        let (end, verdict) = check(capture.to_str().unwrap(), &["--deep"]);
        assert_eq!(verdict["verdict"], "pass", "{verdict}");
        assert!(names(&verdict).contains(&"cut"), "{verdict}");
        assert!(verdict.get("timing").is_none(), "a file has no arrival times: {verdict}");
        end.expect(0);
    }
}

#[test]
fn a_capture_without_chunk_framing_gives_the_same_verdict() {
    let raw = fs::read(kit::repository("fixtures/captures/go2rtc.http")).unwrap();
    let head = mjpeg::http::Head::parse(&raw).unwrap().unwrap();
    let mut body = raw[head.len..].to_vec();
    let n = mjpeg::http::Dechunker::new().decode(&mut body).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("decoded.http");
    fs::write(&path, [&raw[..head.len], &body[..n]].concat()).unwrap();
    let (_, mut decoded) = check(path.to_str().unwrap(), &[]);
    let (_, mut kept) = check(kit::repository("fixtures/captures/go2rtc.http").to_str().unwrap(), &[]);
    for verdict in [&mut decoded, &mut kept] {
        let verdict = verdict.as_object_mut().unwrap();
        verdict.remove("target");
        verdict.remove("duration_s");
        verdict.remove("started");
    }
    assert_eq!(decoded, kept);
}

#[test]
fn thresholds_select_ignore_and_fail_on_decide_the_exit_code() {
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let url = &server.stream;
    check(url, &["--frames", "10", "--min-fps", "1000"]).0.expect(1);
    check(url, &["--frames", "10", "--max-gap", "1ms"]).0.expect(1);
    check(url, &["--frames", "10", "--size", "640x480"]).0.expect(1);
    check(url, &["--frames", "10", "--size", "320x240", "--min-fps", "5"]).0.expect(0);

    let lacking = |args: &[&str], code: i32| {
        let mut pieces = body(|jpeg| [b"--foo\r\nContent-Type: image/jpeg\r\n\r\n", jpeg, b"\r\n"].concat());
        pieces.push(b"--foo--\r\n".to_vec());
        let camera = Camera::sending(HEAD, pieces);
        check(&camera.url, args).0.expect(code);
    };
    lacking(&[], 0);
    lacking(&["--fail-on", "warning"], 1);
    lacking(&["--fail-on", "warning", "--ignore", "M206"], 0);
    lacking(&["--fail-on", "warning", "--ignore", "content-length-missing"], 0);
    lacking(&["--fail-on", "warning", "--select", "H,J"], 0);
    run(&mut mjpeg(["check", "x", "--select", "Q9"])).expect(2);
}

#[test]
fn an_ignored_rule_is_no_finding_and_changes_no_prediction() {
    let mut stale = body(|jpeg| [&part(jpeg)[..], b"stale bytes\r\n"].concat());
    stale.push(b"--foo--\r\n".to_vec());
    let check_with = |args: &[&str]| {
        let (end, verdict) = check(&Camera::sending(HEAD, stale.clone()).url, args);
        let text = run(mjpeg(["check", &Camera::sending(HEAD, stale.clone()).url]).args(args)).text();
        assert_eq!(verdict["consumers"]["ffmpeg"], "dies", "{verdict}");
        (end, verdict, text)
    };
    let (end, _, text) = check_with(&[]);
    assert!(text.contains("dies: ffmpeg (M222)") && text.contains("--explain M222"), "{text}");
    end.expect(1);
    for args in [["--ignore", "M222"], ["--ignore", "bytes-after-body"], ["--select", "H,J,M203"]] {
        let (end, verdict, text) = check_with(&args);
        assert_eq!(verdict["verdict"], "pass", "{verdict}");
        assert!(text.contains("dies: ffmpeg") && !text.contains("M222"), "{text}");
        end.expect(0);
    }
}

#[test]
fn bytes_before_pictures_without_multipart_are_not_a_preamble() {
    for preamble in [&b""[..], b"\r\n\r\n", b"record"] {
        let pieces = [vec![preamble.to_vec()], body(<[u8]>::to_vec)].concat();
        let (_, verdict) = check(&Camera::sending(HEAD, pieces.clone()).url, &[]);
        assert_eq!(names(&verdict)[0], "no-multipart", "{verdict}");
        assert!(!names(&verdict).iter().any(|name| name.starts_with("preamble")), "{verdict}");
        // With the fault its consequences are ignored too.
        let (_, verdict) = check(&Camera::sending(HEAD, pieces).url, &["--ignore", "no-multipart"]);
        assert!(!names(&verdict).iter().any(|name| name.starts_with("preamble")), "{verdict}");
    }
}

#[test]
fn a_stream_without_parts_plays_in_no_consumer() {
    let camera = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        camera.wait_for_the_viewer_to_leave();
    });
    let end = run(&mut mjpeg(["check", &camera.url, "--idle", "300ms"])).expect(5);
    assert!(end.text().contains("0 parts") && !end.text().contains("plays"), "{}", end.text());
}

#[test]
fn text_from_the_network_is_escaped_for_the_terminal() {
    let head = HEAD.replace("multipart/x-mixed-replace", "\x1b]0;owned\x07multipart/\x1b[31mred");
    let camera = Camera::sending(&head, body(part));
    let end = run(&mut mjpeg(["check", &camera.url]));
    assert!(end.text().contains("\\x1b") && !end.text().contains('\x1b'), "{}", end.text());
}

#[test]
fn a_consumer_that_cannot_be_predicted_is_not_said_to_play() {
    // All consumers that were measured with a response without a head show nothing.
    let pieces = [body(part), vec![b"--foo--\r\n".to_vec()]].concat();
    let end = run(&mut mjpeg(["check", &Camera::sending("", pieces).url])).expect(1);
    assert!(end.text().contains("plays in 0 of 27 measured consumers"), "{}", end.text());
}
