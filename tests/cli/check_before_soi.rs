//! Bytes before the SOI of a picture (J322): one picture of several is a warning.

use crate::kit;

use std::fs;

use kit::camera::{Camera, HEAD, part};
use kit::picture::solid;
use kit::run::{Server, mjpeg, run};
use serde_json::Value;

/// Six parts; those with these numbers have `lead` before their SOI.
fn parts(numbers: &[usize], lead: &[u8]) -> Vec<Vec<u8>> {
    let body = |number: usize| {
        let jpeg = solid([40 * number as u8, 90, 100], 32, 32);
        if numbers.contains(&number) { [lead, &jpeg].concat() } else { jpeg }
    };
    let mut parts: Vec<Vec<u8>> = (1..=6).map(|number| part(&body(number))).collect();
    parts.push(b"--foo--\r\n".to_vec());
    parts
}

/// The exit status, and the only finding that is not an info.
fn check(target: &str, args: &[&str]) -> (Option<i32>, Value) {
    let all = ["check", target, "--format", "json", "--frames", "6", "--ignore", "C,T"];
    let end = run(mjpeg(all).args(args));
    let verdict: Value = serde_json::from_slice(&end.out).unwrap();
    let findings = verdict["findings"].as_array().unwrap();
    let found: Vec<&Value> =
        findings.iter().filter(|finding| finding["name"] == "bytes-before-soi").collect();
    assert_eq!(found.len(), 1, "{verdict}");
    (end.status.code(), found[0].clone())
}

#[test]
fn one_picture_behind_other_bytes_is_a_warning_that_names_chromium_and_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.http");
    for (lead, bytes) in
        [(&[0; 16][..], "16 bytes"), (b"sixteen bytes!!!", "16 bytes"), (&[0; 65536], "65536 bytes")]
    {
        let sent = parts(&[4], lead);
        fs::write(&file, [HEAD.as_bytes(), &sent.concat()].concat()).unwrap();
        let camera = Camera::sending(HEAD, sent);
        for target in [&camera.url, file.to_str().unwrap()] {
            let (status, finding) = check(target, &[]);
            assert_eq!(
                (status, &finding["severity"], &finding["part"]),
                (Some(0), &"warning".into(), &4.into())
            );
            let message = finding["message"].as_str().unwrap();
            assert!(message.starts_with(bytes) && message.contains("Chromium shows no frame"), "{message}");
            assert!(message.ends_with("start each body with FF D8"), "{message}");
        }
        let target = file.to_str().unwrap();
        assert_eq!(check(target, &["--fail-on", "warning"]).0, Some(1));
        // For Chromium alone it is what ends the stream; FFmpeg shows every frame.
        for (consumers, status, severity) in [
            ("chromium", 1, "error"),
            ("ffmpeg", 0, "info"),
            ("gstreamer", 1, "error"),
            ("snapshot", 1, "error"),
        ] {
            let (found, finding) = check(target, &["--consumers", consumers]);
            assert_eq!((found, &finding["severity"]), (Some(status), &severity.into()), "{consumers}");
        }
    }
}

#[test]
fn two_pictures_or_the_only_one_behind_other_bytes_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.http");
    let target = file.to_str().unwrap();
    for numbers in [&[2, 5][..], &[1, 2, 3, 4, 5, 6]] {
        fs::write(&file, [HEAD.as_bytes(), &parts(numbers, &[0; 16]).concat()].concat()).unwrap();
        let (status, finding) = check(target, &[]);
        assert_eq!((status, &finding["severity"]), (Some(1), &"error".into()), "{numbers:?}");
    }
    let lone = [HEAD.as_bytes(), &parts(&[1], b"\0\0")[0], b"--foo--\r\n"].concat();
    fs::write(&file, lone).unwrap();
    assert_eq!(check(target, &[]).0, Some(1));
}

#[test]
fn the_fault_at_one_part_is_a_warning_and_at_each_part_an_error() {
    for (fault, severity) in [("bytes-before-soi@3", "warning"), ("bytes-before-soi", "error")] {
        let server = Server::start(&kit::frames(), &["--fps", "40", "--fault", fault]);
        let (_, finding) = check(&server.stream, &[]);
        assert_eq!(finding["severity"], severity, "{fault}: {finding}");
        server.stop();
    }
}

/// The tab crashes when the server ends the stream, not when the connection is reset: `benches/consumers/tab.py`.
#[test]
fn what_becomes_of_the_tab_of_chromium_depends_on_how_the_stream_ends() {
    for (ending, fate) in [("close@12", "crashes"), ("reset@12", "dies")] {
        let faults = ["--fps", "50", "--fault", "bytes-before-soi@5", "--fault", ending];
        let server = Server::start(&kit::frames(), &faults);
        let end = run(&mut mjpeg(["check", &server.stream, "--format", "json"]));
        // A stream that is cut is a message too.
        let _ = end.err.len();
        let verdict: Value = serde_json::from_slice(&end.out).unwrap();
        assert_eq!(verdict["consumers"]["chromium"], fate, "{ending}: {verdict}");
        server.run.signal("INT");
        server.run.end().expect(0);
    }
}
