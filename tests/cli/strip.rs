//! The coded strip in `check`, `inspect` and `record`: which frame of a source each part is, and how old.

use crate::kit;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma};
use kit::camera::{Camera, HEAD, part};
use kit::run::{Server, mjpeg, run};
use mjpeg::strip::{Grid, Identity};
use serde_json::{Value, json};

/// A grey picture of 320x240 with a strip.
fn frame(identity: Identity) -> Vec<u8> {
    let mut picture = GrayImage::from_pixel(320, 240, Luma([(identity.number * 40 % 251) as u8]));
    let grid = Grid::new(320, 240).unwrap();
    for ((x, y), is_white) in grid.places().zip(identity.boxes()) {
        for (dx, dy) in (0..grid.side).flat_map(|dy| (0..grid.side).map(move |dx| (dx, dy))) {
            picture.put_pixel((x + dx).into(), (y + dy).into(), Luma([if is_white { 235 } else { 16 }]));
        }
    }
    let mut jpeg = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 60)).unwrap();
    jpeg
}

/// The time of day.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// A saved stream of frames with these numbers, taken at 20 a second.
fn saved(folder: &Path, numbers: &[u32]) -> String {
    let mut bytes = HEAD.as_bytes().to_vec();
    for &number in numbers {
        let identity = Identity { time_us: u64::from(number) * 50_000, number, source: 0xbeef };
        bytes.extend(part(&frame(identity)));
    }
    let path = folder.join("stream.http");
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().into()
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The findings about strips: count, part and message, by code.
fn findings(target: &str) -> BTreeMap<String, Value> {
    let end = run(&mut mjpeg(["check", target, "--frames", "30", "--format", "json"]));
    let verdict: Value = serde_json::from_slice(&end.out).unwrap();
    let findings = verdict["findings"].as_array().unwrap().iter();
    let code = |it: &Value| it["code"].as_str().unwrap().to_string();
    findings.filter(|it| code(it).starts_with("C5")).map(|it| (code(it), it.clone())).collect()
}

#[test]
fn check_names_lost_doubled_and_reordered_frames() {
    let folder = tempfile::tempdir().unwrap();
    for (numbers, expected) in [
        (&[4, 5, 6, 7][..], vec![]),
        (&[4, 5, 9, 10, 12], vec![("C517", "warning", 4, 3, "4 frames of 9 are missing: 6 to 8, 11")]),
        (&[4, 5, 5, 6, 6, 6], vec![("C518", "info", 3, 3, "3 frames came again, the first one is 5")]),
        (
            &[4, 6, 5, 7],
            vec![("C519", "warning", 1, 3, "1 frame came after a later one, the first one is 5")],
        ),
    ] {
        let found = findings(&saved(folder.path(), numbers));
        let found: Vec<_> = found
            .values()
            .map(|it| {
                let text = |key: &str| it[key].as_str().unwrap();
                let number = |key: &str| it[key].as_u64().unwrap();
                (text("code"), text("severity"), number("count"), number("part"), text("message"))
            })
            .collect();
        assert_eq!(found, expected, "{numbers:?}");
    }
}

#[test]
fn check_judges_the_age_by_the_strip_whatever_the_fields_say() {
    let start = now().checked_sub(Duration::from_secs(5)).unwrap();
    let old = |number: u32| {
        let time = start + Duration::from_millis(50) * number;
        let jpeg = frame(Identity { time_us: time.as_micros() as u64, number, source: 1 });
        let stamp = format!("X-Timestamp: {:.6}\r\nContent-Length", now().as_secs_f64());
        let bytes = part(&jpeg);
        // A relay writes a field of its own.
        let at = bytes.windows(14).position(|it| it == b"Content-Length").unwrap();
        [&bytes[..at], stamp.as_bytes(), &bytes[at + 14..]].concat()
    };
    let camera = Camera::sending(HEAD, (1..=20).map(old).collect());
    let found = findings(&camera.url);
    let message =
        found.get("C506").or(found.get("C505")).unwrap_or_else(|| panic!("{found:?}"))["message"].clone();
    assert!(message.as_str().unwrap().contains("the coded strip"), "{message}");
}

fn verdict(target: &str, options: &[&str]) -> Value {
    let end = run(mjpeg(["check", target, "--format", "json"]).args(options));
    serde_json::from_slice(&end.out).unwrap()
}

#[test]
fn the_json_of_check_counts_the_frames_and_says_how_old_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let strip = verdict(&saved(folder.path(), &[4, 5, 5, 9, 8]), &[])["strip"].clone();
    let counts = json!({
        "source": 0xbeef, "sources": 1, "frames": 5, "lost": 2, "doubled": 1, "reordered": 1, "before_their_time": 0
    });
    assert_eq!(strip, counts, "a file has no times");

    let server = Server::start(Path::new("test:320x240"), &["--fps", "50"]);
    let strip = verdict(&server.stream, &["--frames", "20"])["strip"].clone();
    assert_eq!((&strip["frames"], &strip["before_their_time"]), (&json!(20), &json!(0)), "{strip}");
    let [p50, p99, max] =
        ["p50", "p99", "max"].map(|key| strip[format!("latency_{key}_ms")].as_f64().unwrap());
    assert!((0.0..5000.0).contains(&p50) && p50 <= p99 && p99 <= max, "{strip}");
    assert!(strip["late"].as_u64().is_some_and(|late| late < 20), "{strip}");

    let text = run(&mut mjpeg(["check", &saved(folder.path(), &[1, 3])])).text();
    let line = "  coded strips: 2 frames of source beef, 1 lost, 0 doubled, 0 reordered\n";
    assert!(text.contains(line), "{text}");
    let plain = kit::repository("fixtures/captures/motion.http");
    assert_eq!(verdict(plain.to_str().unwrap(), &[]).get("strip"), None);
}

/// Frames of the test pattern, as a relay that scales them sends them.
fn scaled(folder: &Path, count: u64) -> String {
    let out = folder.join("pattern");
    run(mjpeg(["record", "test:640x480", "--frames", &count.to_string()]).arg(&out)).expect(0);
    let small = kit::contents(&out).into_iter().map(|jpeg| {
        let picture = image::load_from_memory(&jpeg).unwrap();
        let picture = picture.resize_exact(400, 300, image::imageops::FilterType::Triangle);
        let mut jpeg = Vec::new();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 60)).unwrap();
        part(&jpeg)
    });
    let path = folder.join("scaled.http");
    fs::write(&path, [HEAD.as_bytes().to_vec()].into_iter().chain(small).collect::<Vec<_>>().concat())
        .unwrap();
    path.to_str().unwrap().into()
}

#[test]
fn the_strips_of_scaled_pictures_are_read_by_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = scaled(folder.path(), 10);
    let numbers = |rows: &[Value]| -> Vec<u64> {
        rows.iter().map(|row| row["strip"]["number"].as_u64().unwrap()).collect()
    };
    let expected: Vec<u64> = (1..=10).collect();
    let rows = run(&mut mjpeg(["inspect", &file, "--format", "json"])).expect(0);
    assert_eq!(numbers(&json_lines(&rows.out)), expected);
    let out = folder.path().join("out");
    run(mjpeg(["record", &file]).arg(&out)).expect(0);
    assert_eq!(numbers(&json_lines(&fs::read(out.join("manifest.jsonl")).unwrap())), expected);
    let recorded = out.to_str().unwrap();
    assert_eq!(
        numbers(&json_lines(&run(&mut mjpeg(["inspect", recorded, "--format", "json"])).expect(0).out)),
        expected
    );
    for target in [&file[..], recorded] {
        let strip = verdict(target, &[])["strip"].clone();
        assert_eq!((&strip["frames"], &strip["lost"]), (&json!(10), &json!(0)), "{target}: {strip}");
    }
}

#[test]
fn inspect_has_columns_for_strips_only_if_there_are_some() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path(), &[7, 9]);
    let text = run(&mut mjpeg(["inspect", &file])).expect(0).text();
    assert!(text.contains("  strip") && text.contains("  beef:7") && text.contains("  beef:9"), "{text}");
    assert!(!text.contains("age ms"), "{text}");
    let rows = json_lines(&run(&mut mjpeg(["inspect", &file, "--format", "json"])).expect(0).out);
    assert_eq!(rows[1]["strip"], json!({"number": 9, "source": 0xbeef, "time_us": 450_000}));

    let plain = kit::repository("fixtures/streams/frames");
    let bytes = [HEAD.as_bytes(), &part(&kit::contents(&plain)[0])].concat();
    let other = folder.path().join("other.http");
    fs::write(&other, bytes).unwrap();
    let text = run(mjpeg(["inspect"]).arg(&other)).expect(0).text();
    assert!(text.contains("part ") && !text.contains("strip"), "{text}");
    let rows = json_lines(&run(mjpeg(["inspect", "--format", "json"]).arg(&other)).expect(0).out);
    assert_eq!(rows[0].get("strip"), None);
}

#[test]
fn a_recording_keeps_the_identity_and_the_age_of_each_frame() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let server = Server::start(Path::new("test:320x240"), &["--fps", "50"]);
    run(mjpeg(["record", &server.stream, "--frames", "10"]).arg(&out)).expect(0);
    let strips = |lines: &[Value]| lines.iter().map(|line| line["strip"].clone()).collect::<Vec<_>>();
    let manifest = strips(&json_lines(&fs::read(out.join("manifest.jsonl")).unwrap()));
    let numbers: Vec<u64> = manifest.iter().map(|it| it["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers.len(), 10);
    assert!(numbers.is_sorted(), "{numbers:?}");
    // No frame leaves before its time.
    assert!(
        manifest.iter().all(|it| it["age_ms"].as_f64().is_some_and(|age| age < 60_000.0)),
        "{manifest:?}"
    );
    let rows = run(mjpeg(["inspect", "--format", "json"]).arg(&out)).expect(0);
    assert_eq!(strips(&json_lines(&rows.out)), manifest);
    let live = json_lines(
        &run(&mut mjpeg(["inspect", &server.stream, "--frames", "3", "--format", "json"])).expect(0).out,
    );
    assert!(live.iter().all(|row| row["strip"]["age_ms"].is_f64()), "{live:?}");
}

/// Pictures of a camera, large enough for a strip.
fn pictures(folder: &Path, width: u32, count: u32) {
    for n in 1..=count {
        let picture = GrayImage::from_fn(width, 200, |x, y| Luma([(x * n + y * 3) as u8]));
        picture.save(folder.join(format!("{n}.jpg"))).unwrap();
    }
}

#[test]
fn serve_draws_strips_over_the_frames_of_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), 320, 3);
    let server = Server::start(folder.path(), &["--stamp", "--fps", "20"]);
    let end =
        run(&mut mjpeg(["bench", "path", &server.stream, "--frames", "12", "--format", "json"])).expect(0);
    let figures: Value = serde_json::from_slice(&end.out).unwrap();
    let counts = ["frames", "doubled", "reordered", "unreadable", "before_their_time"];
    assert_eq!(counts.map(|key| figures[key].as_u64().unwrap()), [12, 0, 0, 0, 0], "{figures}");
    // The picture is still there below the strip.
    let out = folder.path().join("out");
    run(mjpeg(["record", &server.stream, "--frames", "1"]).arg(&out)).expect(0);
    let stamped = image::load_from_memory(&kit::contents(&out)[0]).unwrap().into_luma8();
    assert_eq!(stamped.dimensions(), (320, 200));
    assert!(stamped.get_pixel(300, 180) != stamped.get_pixel(260, 180));
}

#[test]
fn serve_refuses_strips_where_there_is_no_room_or_no_file() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), 200, 1);
    let end = run(mjpeg(["serve", "--stamp", "--listen", "127.0.0.1:0"]).arg(folder.path())).expect(6);
    let picture = folder.path().join("1.jpg");
    let why = format!(
        "{} cannot have a strip: 200x200 is too small for a coded strip, which needs 288x64",
        picture.display()
    );
    assert!(end.err.contains(&why), "{}", &*end.err);
    let end = run(mjpeg(["serve", "--stamp", "--listen", "127.0.0.1:0"]).arg(picture)).expect(6);
    assert!(end.err.contains("is one picture"), "{}", &*end.err);
    for (source, why) in
        [("test:", "has the strip already"), ("http://127.0.0.1:1/", "is a URL"), ("-", "needs --fps")]
    {
        let end = run(&mut mjpeg(["serve", source, "--stamp", "--listen", "127.0.0.1:0"])).expect(2);
        assert!(end.err.contains(why), "{source}: {}", &*end.err);
    }
}
