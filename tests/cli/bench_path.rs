//! `mjpeg bench path`: frames that a chain loses, doubles, reorders and delays.

use crate::kit;

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kit::camera::{Camera, Connection, HEAD, part};
use kit::peer;
use kit::run::{End, Server, mjpeg, run};
use serde_json::{Value, json};

fn path(url: &str, args: &[&str]) -> End {
    run(mjpeg(["bench", "path", url]).args(args))
}

fn figures(url: &str, args: &[&str]) -> Value {
    let end = path(url, &[args, &["--format", "json"]].concat()).expect(0);
    serde_json::from_slice(&end.out).unwrap()
}

/// The pictures of the test pattern at this size, with the numbers 1 to `count`.
fn pictures(size: &str, count: usize) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let frames = count.to_string();
    run(mjpeg(["record", &format!("test:{size}"), "--quiet", "--frames", &frames]).arg(&out)).expect(0);
    kit::contents(&out)
}

/// A camera that sends these frames of the test pattern, by their numbers.
fn sending(size: &str, numbers: &[usize]) -> Camera {
    let pictures = pictures(size, *numbers.iter().max().unwrap());
    Camera::sending(HEAD, numbers.iter().map(|number| part(&pictures[number - 1])).collect())
}

#[test]
fn a_direct_path_loses_nothing() {
    let server = Server::start(Path::new("test:640x480"), &["--fps", "50"]);
    let figures = figures(&server.stream, &["--frames", "50", "--max-loss", "0", "--max-age", "5s"]);
    for key in ["lost", "doubled", "reordered", "unreadable", "before_their_time"] {
        assert_eq!(figures[key], 0, "{key}: {figures}");
    }
    assert_eq!((&figures["frames"], &figures["sources"]), (&json!(50), &json!(1)));
    // No frame leaves before its time, and one that is sent at once is young.
    let p50 = figures["latency_p50_ms"].as_f64().unwrap();
    assert!((0.0..500.0).contains(&p50), "{figures}");
}

/// A user of curl or ffprobe would not call it a success if the stream has stopped.
#[test]
fn a_stream_that_has_stopped_when_the_time_is_up_is_stalled_and_one_that_pauses_is_not() {
    let parts: Vec<Vec<u8>> = pictures("320x240", 6).iter().map(|it| part(it)).collect();
    for (goes_on, code) in [(false, 5), (true, 0)] {
        let parts = parts.clone();
        let camera = Camera::start(move |connection: &mut Connection| {
            connection.send(HEAD.as_bytes());
            for (number, part) in parts.iter().enumerate() {
                if number == 3 && !goes_on {
                    return connection.wait_for_the_viewer_to_leave();
                }
                // The pace of the camera, not a wait for something.
                std::thread::sleep(Duration::from_millis(if number == 3 { 2500 } else { 50 }));
                connection.send(part);
            }
            connection.wait_for_the_viewer_to_leave();
        });
        let end = path(&camera.url, &["--duration", "2s", "--idle", "4s", "--format", "json"]).expect(code);
        let figures: Value = serde_json::from_slice(&end.out).unwrap();
        // What comes behind its time does not count.
        assert_eq!(figures["frames"], 3, "{figures}");
        assert!(figures["gap_max_ms"].as_f64().unwrap() > 1000.0, "{figures}");
        assert_eq!(end.err.contains("stalled: no complete part came"), !goes_on, "{}", &*end.err);
    }
}

#[test]
fn each_lost_doubled_and_reordered_frame_is_counted_and_named() {
    let camera = sending("320x240", &[2, 3, 7, 8, 8, 11, 9, 12, 14]);
    let figures = figures(&camera.url, &[]);
    assert_eq!(figures["lost_numbers"], json!([[4, 6], [10, 10], [13, 13]]));
    assert_eq!([&figures["doubled_numbers"], &figures["reordered_numbers"]], [&json!([8]), &json!([9])]);
    let counts = ["frames", "lost", "doubled", "reordered"].map(|key| figures[key].as_u64().unwrap());
    assert_eq!(counts, [9, 5, 1, 1], "{figures}");
    assert_eq!([&figures["first_number"], &figures["last_number"]], [2, 14]);

    let camera = sending("320x240", &[2, 3, 7, 9]);
    let end = path(&camera.url, &["--max-loss", "3"]).expect(1);
    let text = end.text();
    assert!(text.contains("#4-#6 #8\n") && text.contains("4 lost, at most 3 allowed"), "{text}");
}

/// The gate of a build must not pass on a server that dies.
#[test]
fn a_stream_that_ends_before_the_time_that_was_asked_for_fails_and_is_no_baseline() {
    let parts: Vec<Vec<u8>> = pictures("320x240", 3).iter().map(|it| part(it)).collect();
    let camera = || Camera::sending(HEAD, parts.clone());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.json");
    let save = ["--save-baseline", file.to_str().unwrap()];
    for args in
        [&["--duration", "20s"][..], &["--frames", "4"], &save, &[&save[..], &["--frames", "4"]].concat()]
    {
        let camera = camera();
        let end = path(&camera.url, &[args, &["--format", "json"]].concat()).expect(5);
        let object: Value = serde_json::from_slice(&end.out).unwrap();
        assert_eq!(object["frames"], 3, "{args:?}");
        assert!(end.err.contains("the stream ended before "), "{args:?}: {}", &*end.err);
        assert_eq!(end.err.contains("is not written"), args.contains(&"--save-baseline"), "{}", &*end.err);
        assert!(!file.exists(), "{args:?}");
    }
    path(&camera().url, &[&save[..], &["--frames", "3"]].concat()).expect(0);
    assert!(file.exists());
}

/// The times in the strips of this camera are those of 1970, so its pictures are as old as the clock says.
#[test]
fn a_picture_that_is_too_old_misses_the_threshold() {
    let camera = sending("320x240", &[1, 2]);
    let end = path(&camera.url, &["--max-age", "1h"]).expect(1);
    assert!(end.text().contains("--max-age"), "{}", end.text());
}

/// The time that a part of our server carries: that in the strip of its picture.
fn stamp(part: &kit::http::Part) -> Duration {
    Duration::from_secs_f64(part.field("X-Timestamp").unwrap().parse().unwrap())
}

/// Each run reads one frame. The relay knows when it sent it, and when the viewer had left, which is behind its arrival: the age is
/// between, however late the machine is.
#[test]
fn a_delay_on_the_way_is_the_age_of_the_pictures() {
    const DELAY: Duration = Duration::from_millis(300);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let server = Server::start(Path::new("test:320x240"), &["--fps", "20"]);
    for _ in 0..5 {
        let address = server.address().to_string();
        let (times, measured) = std::sync::mpsc::channel();
        let camera = Camera::start(move |connection: &mut Connection| {
            let frame = kit::http::Client::watch(&address, "/stream").part().unwrap();
            // The delay, not a wait for something.
            std::thread::sleep(DELAY);
            connection.send(HEAD.as_bytes());
            let sent = now();
            connection.send(&part(&frame.body));
            connection.wait_for_the_viewer_to_leave();
            times.send([sent, now()].map(|at| at.saturating_sub(stamp(&frame)))).unwrap();
        });
        let figures = figures(&camera.url, &["--frames", "1", "--idle", "10s"]);
        let [least, most] = measured.recv().unwrap();
        let age = Duration::from_secs_f64(figures["latency_max_ms"].as_f64().unwrap() / 1e3);
        // Figures have whole microseconds.
        let rounded = Duration::from_micros(1);
        assert!(
            least >= DELAY && (least - rounded..=most + rounded).contains(&age),
            "{least:?} {age:?} {most:?}"
        );
    }
}

/// A camera whose pictures went through ffmpeg, which has read them from `url` as a stream of 20 fps.
fn behind_ffmpeg(url: &str, options: &'static [&'static str]) -> Camera {
    let url = url.to_string();
    Camera::start(move |connection| {
        let mut ffmpeg = peer::command("ffmpeg").unwrap();
        // The time of a frame follows from its number, not from the clock.
        ffmpeg.args(["-v", "error", "-r", "20", "-f", "mpjpeg", "-i", &url]);
        ffmpeg.args(options).args(["-pix_fmt", "yuvj420p"]);
        ffmpeg.args(["-f", "mpjpeg", "-boundary_tag", "foo", "-flush_packets", "1", "-"]);
        let mut ffmpeg = ffmpeg.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = ffmpeg.stdout.take().unwrap();
        connection.send(HEAD.as_bytes());
        let mut bytes = vec![0; 1 << 16];
        while let Ok(n @ 1..) = out.read(&mut bytes) {
            if !connection.try_send(&bytes[..n]) {
                break;
            }
        }
        ffmpeg.kill().unwrap();
        ffmpeg.wait().unwrap();
    })
}

/// The source waits for ffmpeg, so that a busy machine loses nothing: what is lost is lost by ffmpeg.
#[test]
fn frames_are_known_again_behind_ffmpeg() {
    let Some(_) = peer::find("ffmpeg") else { return };
    let parts: Vec<Vec<u8>> = pictures("640x480", 40).iter().map(|it| part(it)).collect();
    // Another quality and subsampling; scaled; unevenly scaled; every second frame.
    for (options, lost) in [
        (&["-q:v", "20", "-fps_mode", "passthrough"][..], 0),
        (&["-vf", "scale=256:192", "-q:v", "20", "-fps_mode", "passthrough"], 0),
        (&["-vf", "scale=640:360", "-q:v", "5", "-fps_mode", "passthrough"], 0),
        (&["-vf", "fps=10", "-q:v", "5"], 20),
    ] {
        let source = Camera::sending(HEAD, parts.clone());
        let camera = behind_ffmpeg(&source.url, options);
        let figures = figures(&camera.url, &["--idle", "20s"]);
        let count = |key: &str| figures[key].as_u64().unwrap();
        for key in ["unreadable", "reordered", "doubled", "before_their_time"] {
            assert_eq!(count(key), 0, "{key} {options:?}: {figures}");
        }
        // The first and the last frame of those that are left out are not between two others.
        assert!(count("lost").abs_diff(lost) <= u64::from(lost > 0), "{options:?}: {figures}");
        assert!((40 - lost).abs_diff(count("frames")) <= u64::from(lost > 0), "{options:?}: {figures}");
    }
}

#[test]
fn the_time_of_a_live_frame_survives_ffmpeg() {
    let Some(_) = peer::find("ffmpeg") else { return };
    let server = Server::start(Path::new("test:640x480"), &["--fps", "20"]);
    let camera = behind_ffmpeg(&server.stream, &["-q:v", "5", "-fps_mode", "passthrough"]);
    let figures = figures(&camera.url, &["--frames", "10", "--idle", "20s"]);
    for key in ["unreadable", "reordered", "before_their_time"] {
        assert_eq!(figures[key], 0, "{key}: {figures}");
    }
    assert_eq!(figures["frames"], 10, "{figures}");
    // Hours, if the time were read wrong; seconds on a busy machine.
    assert!((0.0..60_000.0).contains(&figures["latency_p50_ms"].as_f64().unwrap()), "{figures}");
}

#[test]
fn pictures_without_a_strip_are_said_to_have_none() {
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let end = path(&server.stream, &["--frames", "25"]).expect(1);
    assert!(end.err.contains("no frame has a coded strip") && end.err.contains("hint: "), "{}", end.err);
    let end = path("test:", &[]);
    assert_eq!(end.code(), Some(2), "{}", end.err);
}
