//! `mjpeg check`: snapshot URLs.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::time::Duration;

use kit::camera::{Camera, HEAD, part};
use kit::verdict::{check, names};
use serde_json::Value;

pub fn pictures() -> Vec<Vec<u8>> {
    kit::contents(&kit::frames())
}

pub fn head(fields: &str, length: Option<usize>) -> String {
    let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
    format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n{length}{fields}\r\n")
}

/// A camera that answers so many requests with different pictures.
fn camera(requests: usize, fields: &'static str, length: fn(usize) -> Option<usize>) -> Camera {
    let pictures = pictures();
    Camera::visits(requests, move |number, _, connection| {
        let picture = &pictures[number];
        connection.send(head(fields, length(picture.len())).as_bytes());
        connection.send(picture);
    })
}

/// Two requests.
const BRIEF: [&str; 4] = ["--frames", "2", "--poll", "100ms"];

pub fn message<'v>(verdict: &'v Value, name: &str) -> &'v str {
    let finding = verdict["findings"].as_array().unwrap().iter().find(|it| it["name"] == name);
    finding.unwrap_or_else(|| panic!("no {name}: {verdict}"))["message"].as_str().unwrap()
}

#[test]
fn a_snapshot_is_asked_again_and_is_no_broken_stream() {
    let (end, verdict) = check(&camera(2, "Cache-Control: no-store\r\n", Some).url, &["--frames", "2"]);
    end.expect(0);
    assert_eq!(names(&verdict), ["snapshot"], "{verdict}");
    assert_eq!(verdict["findings"][0]["severity"], "warning", "{verdict}");
    assert!(message(&verdict, "snapshot").contains("a new one after 1."), "{verdict}");
    assert_eq!(verdict["consumers_derived"]["snapshot"], "plays", "{verdict}");
    assert_eq!(verdict["consumers_derived"]["webkit_fetch"], "nothing", "{verdict}");

    // A program that polls needs nothing else, and one that reads streams gets nothing.
    let args = ["--frames", "2", "--poll", "100ms", "--consumers", "snapshot", "--fail-on", "warning"];
    let (end, verdict) = check(&camera(2, "Cache-Control: no-store\r\n", Some).url, &args);
    end.expect(0);
    assert_eq!((names(&verdict), &verdict["findings"][0]["severity"]), (vec!["snapshot"], &"info".into()));
    let (end, verdict) =
        check(&camera(2, "", Some).url, &[&BRIEF[..], &["--consumers", "gstreamer"]].concat());
    end.expect(1);
    assert_eq!(verdict["findings"][0]["severity"], "error", "{verdict}");
    assert_eq!(verdict["consumers_decided_by"]["gstreamer"], "H132", "{verdict}");
}

#[test]
fn limits_that_only_a_stream_can_keep_fail_a_snapshot() {
    let (end, verdict) = check(&camera(2, "", Some).url, &[&BRIEF[..], &["--expect-live"]].concat());
    end.expect(1);
    assert!(names(&verdict).contains(&"ended-early"), "{verdict}");
}

/// A camera whose answers take so long, with one picture of so many each. It ends with its process.
fn slow_camera(pictures: Vec<Vec<u8>>, pause: Duration) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/snapshot.jpg", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            std::thread::sleep(pause);
            let picture = &pictures[number % pictures.len()];
            let _ = stream.write_all(head("Connection: close\r\n", Some(picture.len())).as_bytes());
            let _ = stream.write_all(picture);
        }
    });
    url
}

#[test]
fn polled_pictures_are_judged_as_parts_in_time_if_that_is_asked_for() {
    let quick = || slow_camera(pictures(), Duration::ZERO);
    let (end, verdict) = check(&quick(), &["--frames", "6", "--poll", "200ms"]);
    end.expect(0);
    assert_eq!((&verdict["parts"], names(&verdict)), (&6.into(), vec!["snapshot"]), "{verdict}");
    let fps = verdict["timing"]["fps"].as_f64().unwrap();
    assert!((2.0..6.0).contains(&fps), "{verdict}");
    let text = message(&verdict, "snapshot");
    let after = text.split_once("a new one after ").and_then(|(_, rest)| rest.split_once(" s"));
    let seconds = after.and_then(|(seconds, _)| seconds.parse::<f64>().ok()).unwrap_or_default();
    assert!((0.2..2.0).contains(&seconds), "{verdict}");
    // As asked for, and not.
    let (end, verdict) = check(&quick(), &["--frames", "6", "--poll", "200ms", "--min-fps", "2"]);
    end.expect(0);
    assert_eq!(names(&verdict), ["snapshot"], "{verdict}");
    let slow = || slow_camera(pictures(), Duration::from_millis(700));
    let (end, verdict) =
        check(&slow(), &["--frames", "4", "--poll", "200ms", "--min-fps", "4", "--max-gap", "500ms"]);
    end.expect(1);
    let found = names(&verdict);
    assert!(found.contains(&"fps-below-limit") && found.contains(&"gap-above-limit"), "{verdict}");
    // A slow camera that nobody asked to be quick is none.
    let (end, verdict) = check(&slow(), &["--frames", "4", "--poll", "200ms"]);
    end.expect(0);
    assert_eq!(names(&verdict), ["snapshot"], "{verdict}");
    // What the pictures show.
    let frozen = slow_camera(vec![pictures().remove(0)], Duration::ZERO);
    let (_, verdict) = check(&frozen, &["--frames", "12", "--poll", "50ms"]);
    assert!(names(&verdict).contains(&"frozen") && names(&verdict).contains(&"snapshot-stale"), "{verdict}");
    assert_eq!(verdict["frames"]["identical"], 11, "{verdict}");
    let black = kit::picture::solid([0, 0, 0], 320, 240);
    let dark = slow_camera(vec![black.clone(), [&black[..], b"x"].concat()], Duration::ZERO);
    let (_, verdict) = check(&dark, &["--frames", "5", "--poll", "50ms"]);
    assert!(names(&verdict).iter().any(|name| name.contains("black")), "{verdict}");
}

#[test]
fn ten_equal_snapshots_are_stale_and_fewer_are_too_few() {
    let same = |requests| {
        let picture = pictures().remove(0);
        Camera::visits(requests, move |_, _, connection| {
            connection.send(head("", Some(picture.len())).as_bytes());
            connection.send(&picture);
        })
    };
    // As long as any stream: 10 s.
    let (end, verdict) = check(&same(10).url, &[]);
    end.expect(0);
    assert_eq!((&verdict["parts"], &verdict["end"]), (&10.into(), &"closed".into()), "{verdict}");
    assert_eq!(names(&verdict), ["frozen", "snapshot", "snapshot-stale"], "{verdict}");
    assert_eq!(verdict["findings"][2]["severity"], "info", "{verdict}");
    assert!(message(&verdict, "snapshot-stale").starts_with("10 snapshots in 9."), "{verdict}");
    assert_eq!(verdict["consumers_derived"]["snapshot"], "nothing", "{verdict}");
    assert_eq!(verdict["consumers_decided_by"]["snapshot"], "C516", "{verdict}");

    let (end, verdict) = check(&same(2).url, &["--frames", "2", "--consumers", "snapshot"]);
    end.expect(0);
    assert_eq!(names(&verdict), ["snapshot", "too-short-to-judge"], "{verdict}");
    let (end, verdict) = check(&same(1).url, &["--frames", "1"]);
    end.expect(0);
    assert!(message(&verdict, "snapshot").contains("was not examined"), "{verdict}");
}

#[test]
fn what_breaks_polling_is_an_info_and_an_error_for_programs_that_poll() {
    const OLD: &str =
        "Date: Fri, 27 Nov 2026 14:00:00 GMT\r\nLast-Modified: Fri, 27 Nov 2026 13:00:00 GMT\r\n";
    const STAMP: &str = "Date: Fri, 27 Nov 2026 14:00:00 GMT\r\nX-Timestamp: 1795787970.5\r\n";
    type Length = fn(usize) -> Option<usize>;
    let table: [(&str, Length, &[&str], &str); 11] = [
        ("Cache-Control: max-age=60\r\n", Some, &["snapshot-cacheable"], "Cache-Control: max-age=60"),
        ("Age: 40\r\nCache-Control: no-cache\r\n", Some, &["snapshot-stale"], "Age: 40"),
        (OLD, Some, &["snapshot-stale", "snapshot-cacheable"], "Last-Modified is 3600 s before Date"),
        (STAMP, Some, &["snapshot-stale"], "X-Timestamp is 29 s before Date"),
        ("Cache-Control: no-store\r\n", |_| None, &["snapshot-length"], "neither Content-Length nor chunks"),
        ("", |length| Some(length + 10), &["snapshot-length"], "and the response ends after"),
        ("Expires: Fri, 27 Nov 2099 14:00:00 GMT\r\n", Some, &["snapshot-cacheable"], "which has no Date"),
        (
            "Pragma: no-cache\r\nExpires: Friday, 27-Nov-48 14:00:00 GMT\r\n",
            Some,
            &["snapshot-cacheable"],
            "which has no Date",
        ),
        (
            "Last-Modified: Fri Nov 27 13:00:00 2020\r\n",
            Some,
            &["snapshot-cacheable"],
            "and no Cache-Control",
        ),
        // A clock that was never set, and times of a camera that writes a file each second.
        ("Date: Fri, 27 Nov 2026 14:00:00 GMT\r\nX-Timestamp: 57.5\r\n", Some, &[], ""),
        (
            "Date: Fri, 27 Nov 2026 14:00:01 GMT\r\nLast-Modified: Fri, 27 Nov 2026 14:00:00 GMT\r\n",
            Some,
            &[],
            "",
        ),
    ];
    for (fields, length, expected, text) in table {
        let (end, verdict) = check(&camera(2, fields, length).url, &BRIEF);
        end.expect(0);
        let found = names(&verdict);
        assert_eq!((found[0], &found[1..]), ("snapshot", expected), "{fields}: {verdict}");
        for finding in &verdict["findings"].as_array().unwrap()[1..] {
            assert_eq!(finding["severity"], "info", "{verdict}");
        }
        if let Some(name) = expected.first() {
            assert!(message(&verdict, name).contains(text), "{verdict}");
        }
        let (end, verdict) =
            check(&camera(2, fields, length).url, &[&BRIEF[..], &["--consumers", "snapshot"]].concat());
        end.expect(i32::from(!expected.is_empty()));
        assert_eq!(names(&verdict).len(), expected.len() + 1, "{verdict}");
    }
}

#[test]
fn a_source_that_repeats_itself_each_second_is_not_stale() {
    // 30 pictures a second, in a round of 30.
    let server = kit::run::Server::start(&kit::frames(), &["--fps", "30"]);
    let (_, verdict) = check(&server.stream.replace("/stream", "/snapshot"), &["--duration", "3s"]);
    assert_eq!(names(&verdict), ["snapshot"], "{verdict}");
}

#[test]
fn a_request_that_gets_no_snapshot_is_a_finding() {
    for (answer, why) in [
        ("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "HTTP status 503"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n\u{1}\u{2}",
            "not an MJPEG stream",
        ),
    ] {
        let picture = pictures().remove(0);
        let camera = Camera::visits(4, move |number, _, connection| {
            if number == 1 {
                connection.send(head("", Some(picture.len())).as_bytes());
                connection.send(&picture);
            } else {
                connection.send(answer.as_bytes());
            }
        });
        let (end, verdict) = check(&camera.url, &["--consumers", "snapshot", "--poll", "200ms"]);
        end.expect(1);
        let message = message(&verdict, "snapshot-refused");
        // Later on a busy machine.
        let after = message.strip_prefix("request 2 after ").and_then(|rest| rest.split_once(" s: "));
        let seconds = after.and_then(|(seconds, _)| seconds.parse::<f64>().ok()).unwrap_or_default();
        assert!((0.2..5.0).contains(&seconds) && message.contains(why), "{verdict}");
        assert!(message.ends_with("3 requests in all got no picture"), "{verdict}");
    }
}

#[test]
fn a_snapshot_that_fails_once_is_a_warning_and_is_asked_for_again() {
    let pictures = pictures();
    let camera = Camera::visits(4, move |number, _, connection| {
        if number == 2 {
            return connection.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        }
        connection.send(head("", Some(pictures[number].len())).as_bytes());
        connection.send(&pictures[number]);
    });
    let (end, verdict) = check(&camera.url, &["--frames", "3", "--poll", "100ms", "--fail-on", "warning"]);
    end.expect(1);
    assert_eq!(verdict["parts"], 3, "{verdict}");
    assert!(names(&verdict).contains(&"snapshot-refused"), "{verdict}");
}

#[test]
fn a_stream_is_not_a_snapshot() {
    let stream = || {
        let parts: Vec<Vec<u8>> = pictures().iter().map(|jpeg| part(jpeg)).collect();
        Camera::sending(HEAD, [parts, vec![b"--foo--\r\n".to_vec()]].concat())
    };
    let (end, verdict) = check(&stream().url, &["--consumers", "snapshot"]);
    end.expect(1);
    assert_eq!(verdict["findings"][0]["name"], "not-a-snapshot", "{verdict}");
    let (_, verdict) = check(&stream().url, &[]);
    assert!(!names(&verdict).contains(&"not-a-snapshot"), "{verdict}");
    assert_eq!(verdict["consumers_derived"]["snapshot"], "nothing", "{verdict}");

    // Several pictures, or a part, behind the type of a picture are a stream with a wrong type.
    let two: Vec<Vec<u8>> = pictures()[..2].to_vec();
    let (_, verdict) = check(&Camera::sending(&head("", None), two).url, &[]);
    assert!(names(&verdict).contains(&"content-type-not-mixed-replace"), "{verdict}");
    let one = [part(&pictures()[0]), b"--foo--\r\n".to_vec()].to_vec();
    let (_, verdict) = check(&Camera::sending(&head("", None), one).url, &[]);
    assert!(names(&verdict).contains(&"content-type-not-mixed-replace"), "{verdict}");
}

#[test]
fn a_saved_snapshot_says_that_its_freshness_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.http");
    let picture = pictures().remove(0);
    fs::write(&file, [head("", Some(picture.len())).as_bytes(), &picture].concat()).unwrap();
    let (end, verdict) = check(file.to_str().unwrap(), &[]);
    end.expect(0);
    assert_eq!(names(&verdict), ["snapshot"], "{verdict}");
    assert!(message(&verdict, "snapshot").contains("was not examined"), "{verdict}");
}

#[test]
fn the_duration_ends_a_request_for_the_next_snapshot_too() {
    let picture = pictures().remove(0);
    let camera = Camera::visits(2, move |number, _, connection| {
        if number == 1 {
            connection.send(head("", Some(picture.len())).as_bytes());
            connection.send(&picture);
        } else {
            connection.send(head("", Some(picture.len())).as_bytes());
            connection.wait_for_the_viewer_to_leave();
        }
    });
    let args = ["--duration", "2s", "--idle", "20s", "--wait", "30s", "--consumers", "snapshot"];
    let (end, verdict) = check(&camera.url, &args);
    end.expect(0);
    assert_eq!(names(&verdict), ["snapshot"], "{verdict}");
    assert!(verdict["duration_s"].as_f64().unwrap() < 4.0, "{verdict}");
}
