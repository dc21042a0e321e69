//! `mjpeg check`: arrival times and capture times.

use crate::kit;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kit::camera::{Camera, HEAD, part};
use kit::http;
use kit::run::{Server, mjpeg, run, start};
use serde_json::Value;

fn check(camera: &Camera, args: &[&str]) -> Value {
    let end = run(mjpeg(["check", &camera.url, "--format", "json"]).args(args));
    serde_json::from_slice(&end.out).unwrap()
}

fn message<'a>(verdict: &'a Value, name: &str) -> Option<&'a str> {
    let findings = verdict["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == name)?["message"].as_str()
}

/// Sends 30 pictures, one each 50 ms: the bytes that `part` makes of the number, the time of day and the picture.
fn sending(part: impl Fn(usize, Duration, &[u8]) -> Vec<u8> + Send + 'static) -> Camera {
    Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        for (n, jpeg) in kit::contents(&kit::frames())[..30].iter().enumerate() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            camera.send(&part(n, now, jpeg));
            std::thread::sleep(Duration::from_millis(50));
        }
        camera.send(b"--foo--\r\n");
    })
}

/// A part with a further field.
fn part_with(field: &str, jpeg: &[u8]) -> Vec<u8> {
    let length = jpeg.len();
    let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n{field}\r\n\r\n");
    [head.as_bytes(), jpeg, b"\r\n"].concat()
}

/// Sends pictures with the capture time that `time` returns for the time of day.
fn stamped(time: fn(usize, Duration) -> Duration) -> Camera {
    sending(move |n, now, jpeg| part_with(&format!("X-Timestamp: {:.6}", time(n, now).as_secs_f64()), jpeg))
}

#[test]
fn capture_times_show_how_fresh_the_pictures_are() {
    const NAMES: [&str; 4] = ["lag-grows", "lag", "capture-time-back", "not-capture-time"];
    type Time = fn(usize, Duration) -> Duration;
    let cases: [(&str, Time, Option<&str>); 6] = [
        ("fresh", |_, now| now - Duration::from_millis(40), None),
        ("grows", |n, now| now - Duration::from_millis(50 * n as u64), Some("lag-grows")),
        ("old", |_, now| now - Duration::from_secs(5), Some("lag")),
        (
            "jumps back",
            |n, now| now - Duration::from_secs(if n % 7 == 3 { 3 } else { 0 }),
            Some("capture-time-back"),
        ),
        ("since the start", |n, _| Duration::from_millis(1000 + 50 * n as u64), Some("not-capture-time")),
        ("constant", |_, _| Duration::from_secs(1_700_000_000), Some("not-capture-time")),
    ];
    for (case, time, expected) in cases {
        let verdict = check(&stamped(time), &[]);
        let found: Vec<&str> = NAMES.into_iter().filter(|name| message(&verdict, name).is_some()).collect();
        assert_eq!(found, Vec::from_iter(expected), "{case}: {verdict}");
    }
    let verdict = check(&stamped(|_, now| now - Duration::from_secs(5)), &[]);
    assert!(message(&verdict, "lag").unwrap().contains("5.0 s before the arrival"), "{verdict}");
}

/// The picture with the comment of a JVC camera.
fn with_comment(time: &str, jpeg: &[u8]) -> Vec<u8> {
    let comment = format!("JVC V1.0 size = 123456      width = 640   timestamp = {time}    alarm = 00000000");
    let length = (comment.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xfe], &length, comment.as_bytes(), &jpeg[2..]].concat()
}

#[test]
fn capture_times_of_other_devices_are_read_too() {
    const OLD: Duration = Duration::from_secs(5);
    // Seconds of a day, as a clock shows them.
    let clock = |now: Duration| {
        let stamp = jiff::Timestamp::from_millisecond(now.as_millis() as i64).unwrap();
        stamp.strftime("%Y%m%d%H%M%S%3f").to_string()
    };
    type Part = Box<dyn Fn(usize, Duration, &[u8]) -> Vec<u8> + Send>;
    /// What is sent, and the name and message of the finding.
    type Case = (&'static str, Part, Option<(&'static str, &'static str)>);
    let cases: [Case; 6] = [
        (
            "seconds",
            Box::new(|_, now, jpeg| part_with(&format!("X-Timestamp: {}", now.as_secs()), jpeg)),
            None,
        ),
        (
            "Kasa, constant",
            Box::new(|_, _, jpeg| part_with("X-UtcTime:1700000000", jpeg)),
            Some(("not-capture-time", "have the X-UtcTime of the one before")),
        ),
        (
            "Axis",
            Box::new(|_, now, jpeg| {
                let then = now - OLD;
                let (seconds, hundredths) = (then.as_secs(), then.subsec_millis() / 10);
                part_with(&format!("x-axis-dvr-frame-time: {seconds}:{hundredths:02}"), jpeg)
            }),
            Some(("lag", "x-axis-dvr-frame-time is 5.0 s before")),
        ),
        (
            "JVC",
            Box::new(move |_, now, jpeg| part(&with_comment(&(clock(now - OLD) + "UTC"), jpeg))),
            Some(("lag", "JPEG comment is 5.0 s before")),
        ),
        (
            "JVC in Japan",
            Box::new(move |_, now, jpeg| {
                part(&with_comment(&(clock(now + 9 * 3600 * OLD / 5) + "JST"), jpeg))
            }),
            None,
        ),
        (
            "JVC elsewhere, later and later",
            Box::new(move |n, now, jpeg| {
                let then = now - Duration::from_millis(3_600_000 + 40 * n as u64);
                part(&with_comment(&(clock(then) + "XST"), jpeg))
            }),
            Some(("lag-grows", "JPEG comment falls behind")),
        ),
    ];
    for (case, part, expected) in cases {
        let verdict = check(&sending(part), &[]);
        let names = ["lag-grows", "lag", "capture-time-back", "not-capture-time"];
        let found: Vec<&str> = names.into_iter().filter(|name| message(&verdict, name).is_some()).collect();
        assert_eq!(found, Vec::from_iter(expected.map(|(name, _)| name)), "{case}: {verdict}");
        if let Some((name, text)) = expected {
            assert!(message(&verdict, name).unwrap().contains(text), "{case}: {verdict}");
        }
    }
}

/// Sends the stream of 40 pictures, one each 50 ms, only in blocks of `size` bytes.
fn in_blocks(size: usize) -> Camera {
    Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        let mut buffer = Vec::new();
        for jpeg in kit::contents(&kit::frames()).iter().cycle().take(40) {
            buffer.extend(part(jpeg));
            let full = buffer.len() / size * size;
            let rest = buffer.split_off(full);
            camera.send(&buffer);
            buffer = rest;
            std::thread::sleep(Duration::from_millis(50));
        }
        buffer.extend(b"--foo--\r\n");
        camera.send(&buffer);
    })
}

#[test]
fn filled_chunks_are_named_with_their_size() {
    let verdict = check(&in_blocks(4096), &[]);
    let message = message(&verdict, "filled-chunks").unwrap_or_else(|| panic!("{verdict}"));
    assert!(message.contains("chunks of 4096 bytes"), "{message}");
    assert_eq!(verdict["consumers"]["ffmpeg"], "late", "{verdict}");
}

#[test]
fn a_time_limit_inside_a_part_loses_no_frame() {
    for bytes in [100, 2000, 9000] {
        let camera = Camera::start(move |camera| {
            camera.send(HEAD.as_bytes());
            let pictures = kit::contents(&kit::frames());
            for jpeg in &pictures[..10] {
                camera.send(&part(jpeg));
                std::thread::sleep(Duration::from_millis(50));
            }
            camera.send(&part(&pictures[10])[..bytes]);
            camera.wait_for_the_viewer_to_leave();
        });
        let verdict = check(&camera, &["--duration", "2s"]);
        assert_eq!((&verdict["cap"], &verdict["parts"]), (&"duration".into(), &10.into()), "{verdict}");
        for (name, fate) in verdict["consumers"].as_object().unwrap() {
            let has_all = ["on_time", "late"].contains(&fate.as_str().unwrap());
            assert!(has_all, "{bytes}: {name}: {fate}: {verdict}");
        }
    }
}

#[test]
fn bursts_behind_a_buffering_proxy_are_named() {
    let verdict = check(&in_blocks(100_000), &[]);
    let message = message(&verdict, "bursts").unwrap_or_else(|| panic!("{verdict}"));
    assert!(message.contains("blocks of 100000"), "{message}");
}

#[test]
fn a_tail_that_is_held_back_is_found_and_a_whole_picture_is_not() {
    let held = |bytes: usize| {
        Camera::start(move |camera| {
            camera.send(HEAD.as_bytes());
            let mut tail = Vec::new();
            for jpeg in &kit::contents(&kit::frames())[..20] {
                let mut whole = part(jpeg);
                let rest = whole.split_off(whole.len() - bytes);
                camera.send(&[tail, whole].concat());
                tail = rest;
                std::thread::sleep(Duration::from_millis(60));
            }
            camera.send(&[tail, b"--foo--\r\n".to_vec()].concat());
        })
    };
    let verdict = check(&held(100), &[]);
    let found = message(&verdict, "held-tail").unwrap_or_else(|| panic!("{verdict}"));
    assert!(found.contains("the last 98 bytes"), "{found}");
    // The line end belongs to the delimiter.
    for bytes in [0, 2] {
        let verdict = check(&held(bytes), &[]);
        assert_eq!(message(&verdict, "held-tail").or(message(&verdict, "filled-chunks")), None, "{verdict}");
    }
}

#[test]
fn a_picture_that_drips_is_found() {
    let camera = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        for jpeg in &kit::contents(&kit::frames())[..10] {
            let whole = part(jpeg);
            for piece in whole.chunks(whole.len().div_ceil(12)) {
                camera.send(piece);
                std::thread::sleep(Duration::from_millis(8));
            }
        }
        camera.send(b"--foo--\r\n");
    });
    let verdict = check(&camera, &[]);
    assert!(message(&verdict, "drip").is_some(), "{verdict}");
}

#[test]
fn a_picture_that_serve_repeats_once_a_second_is_no_stall() {
    let folder = tempfile::tempdir().unwrap();
    let (file, new) = (folder.path().join("image.jpg"), folder.path().join("new"));
    let frames = kit::jpegs(&kit::frames());
    std::fs::copy(&frames[0], &file).unwrap();
    let server = Server::start(&file, &["--repeat", "1s"]);
    let args = ["check", &server.stream, "--frames", "14", "--duration", "20s", "--format", "json"];
    let check = start(&mut mjpeg(args));
    kit::eventually("a viewer", || {
        let state = http::get(server.address(), "/state").1;
        (serde_json::from_slice::<Value>(&state).unwrap()["totals"]["viewers"] == 1).then_some(())
    });
    // Most pictures come quickly, so a second is long beside their gaps.
    for frame in &frames[1..11] {
        std::fs::copy(frame, &new).unwrap();
        std::fs::rename(&new, &file).unwrap();
        std::thread::sleep(Duration::from_millis(60));
    }
    let end = check.end().expect(0);
    let verdict: Value = serde_json::from_slice(&end.out).unwrap();
    assert!(verdict["timing"]["gap_max_ms"].as_f64() >= Some(990.0), "{verdict}");
    assert_eq!(message(&verdict, "stall"), None, "{verdict}");
}

#[test]
fn limits_of_times_that_a_source_does_not_have_are_named() {
    let capture = format!("{}/fixtures/captures/motion.http", env!("CARGO_MANIFEST_DIR"));
    for (limits, words) in [
        (&["--min-fps", "5", "--max-gap", "1ms"][..], "--min-fps and --max-gap are not judged"),
        (&["--min-fps", "5"], "--min-fps is not judged"),
        (&["--max-gap", "1s"], "--max-gap is not judged"),
    ] {
        let end = run(mjpeg(["check", &capture]).args(limits)).expect(0);
        assert!(end.err.contains(words), "{}", end.err);
    }
    let end = run(&mut mjpeg(["check", &capture])).expect(0);
    assert!(!end.err.contains("not judged"), "{}", end.err);
}
