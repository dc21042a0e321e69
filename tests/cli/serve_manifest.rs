//! `mjpeg serve DIR --timing manifest`: a recorded directory with its gaps and the fields of its parts.

use crate::kit;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD};
use kit::http::{self, Client, Part};
use kit::run::{Server, mjpeg, run};

fn jpegs() -> Vec<Vec<u8>> {
    kit::contents(&kit::frames()).into_iter().take(4).collect()
}

/// The fields of the part with this number.
fn fields(number: usize, length: usize) -> String {
    format!("content-type: image/jpeg\r\nX-Number: {number}\r\nContent-Length: {length}")
}

/// Records four frames, and then gives them these times.
fn recording(out: &Path, times: [u64; 4]) {
    let jpegs = jpegs();
    let parts = jpegs.iter().enumerate().map(|(number, jpeg)| {
        [format!("--foo\r\n{}\r\n\r\n", fields(number, jpeg.len())).as_bytes(), jpeg, b"\r\n"].concat()
    });
    let camera = Camera::sending(HEAD, parts.collect());
    run(mjpeg(["record", &camera.url, "--quiet"]).arg(out)).expect(0);
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let lines = manifest.lines().zip(times).map(|(line, ms)| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["arrival_ms"] = ms.into();
        format!("{line}\n")
    });
    fs::write(out.join("manifest.jsonl"), lines.collect::<String>()).unwrap();
}

/// The parts of a viewer, with the times at which their bodies were there.
fn parts(server: &Server) -> Vec<(Part, Duration)> {
    let mut client = Client::watch(server.address(), "/stream");
    let start = Instant::now();
    std::iter::from_fn(|| client.part().map(|part| (part, start.elapsed()))).collect()
}

#[test]
fn frames_have_their_recorded_fields_and_gaps_in_each_round() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), [0, 50, 650, 700]);
    let args = ["--timing", "manifest", "--loops", "2", "--boundary", "own", "--verbose"];
    let server = Server::start(folder.path(), &args);
    let parts = parts(&server);
    let end = server.run.end().expect(0);
    assert!(end.err.contains("8 frames sent, 0 skipped"), "{}", end.err);
    assert_eq!(parts.len(), 8);
    for (n, (part, _)) in parts.iter().enumerate() {
        let jpeg = &jpegs()[n % 4];
        assert!(part.body == *jpeg, "frame {n}");
        assert_eq!(part.head, fields(n % 4, jpeg.len()));
    }
    for round in parts.chunks(4) {
        let gap = |n: usize| (round[n].1 - round[n - 1].1).as_secs_f64();
        assert!(gap(2) > 0.4 && gap(2) > gap(1) && gap(2) > gap(3), "{:?}", [1, 2, 3].map(gap));
    }
}

/// The first frames were removed (`--keep`), and `--resume` began the times at zero again.
#[test]
fn a_replay_begins_with_its_first_frame_and_a_resumed_recording_keeps_its_gaps() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), [3_600_000, 3_600_600, 0, 600]);
    let server = Server::start(folder.path(), &["--timing", "manifest", "--once"]);
    let parts = parts(&server);
    server.run.end().expect(0);
    assert_eq!(parts.len(), 4);
    let at = |n: usize| parts[n].1.as_secs_f64();
    assert!(at(0) < 10.0 && at(1) - at(0) > 0.4 && at(3) - at(2) > 0.4, "{:?}", [0, 1, 2, 3].map(at));
}

#[test]
fn times_of_any_size_do_not_stop_the_server() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), [0; 4]);
    let manifest = folder.path().join("manifest.jsonl");
    let text = fs::read_to_string(&manifest).unwrap();
    let huge = text.replacen("\"arrival_ms\":0", "\"arrival_ms\":1.8e22", 2);
    fs::write(&manifest, huge).unwrap();
    let server = Server::start(folder.path(), &["--timing", "manifest", "--loops", "3"]);
    // The first two frames come at once; the others are due after the end of the universe.
    let mut client = Client::watch(server.address(), "/stream");
    assert!(client.part().unwrap().body == jpegs()[0]);
    assert!(client.part().unwrap().body == jpegs()[1]);
    assert!(!server.run.err().contains("panicked"), "{}", server.run.err());
    server.stop();
}

#[test]
fn with_speed_the_gaps_are_shorter() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), [0, 500, 1000, 1500]);
    let last = |speed: &str| {
        let server = Server::start(folder.path(), &["--timing", "manifest", "--once", "--speed", speed]);
        let parts = parts(&server);
        server.run.end().expect(0);
        parts[3].1.as_secs_f64()
    };
    let (normal, fast) = (last("1"), last("20"));
    assert!(normal > 1.3 && fast < normal / 2.0, "{normal} {fast}");
}

#[test]
fn a_file_that_was_trimmed_has_its_own_length() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("recording");
    recording(&folder, [0, 1, 2, 3]);
    let (path, jpeg) = (folder.join("frame-000002.jpg"), kit::contents(&kit::frames()).remove(9));
    fs::write(&path, &jpeg).unwrap();
    // Missing files are left out; a manifest may come from anywhere.
    fs::remove_file(folder.join("frame-000003.jpg")).unwrap();
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
    let outside = "{\"file\":\"../secret\",\"arrival_ms\":1,\"fields\":[]}\n";
    let injected = "{\"file\":\"frame-000001.jpg\",\"arrival_ms\":9,\"fields\":[[\"X\",\"a\\r\\nEvil: b\"],[\"Content-Length\",\"7\"]]}\n";
    fs::write(folder.join("manifest.jsonl"), [outside, &manifest, injected].concat()).unwrap();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    let server = Server::start(&folder, &["--timing", "manifest", "--once"]);
    let mut client = Client::watch(server.address(), "/stream");
    let first: Vec<Part> = (0..3).map(|_| client.part().unwrap()).collect();
    assert!(first[1].body == jpeg && first[2].body == jpegs()[3]);
    assert_eq!(first[1].head, fields(1, jpeg.len()));
    // As recorded, the length of the last part is wrong.
    let rest = client.bytes_within(Duration::from_secs(20));
    assert!(memchr::memmem::find(&rest, b"Evil").is_none());
    assert!(memchr::memmem::find(&rest, b"Content-Length: 7\r\n\r\n\xff\xd8").is_some());
    drop(client);
    server.run.end().expect(0);
}

#[test]
fn a_link_in_a_recording_shows_no_file_from_elsewhere() {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("recording");
    fs::create_dir(&folder).unwrap();
    recording(&folder, [0, 1, 2, 3]);
    let secret = around.path().join("secret");
    fs::write(&secret, "secret words").unwrap();
    // The first one is looked at before the server listens.
    for (file, target) in [("frame-000001.jpg", &secret), ("frame-000003.jpg", &"/dev/zero".into())] {
        fs::remove_file(folder.join(file)).unwrap();
        std::os::unix::fs::symlink(target, folder.join(file)).unwrap();
    }
    let server = Server::start(&folder, &["--timing", "manifest", "--once"]);
    let all = Client::watch(server.address(), "/stream").bytes_within(Duration::from_secs(20));
    server.run.end().expect(0);
    assert!(memchr::memmem::find(&all, b"secret words").is_none());
    assert_eq!(memchr::memmem::find_iter(&all, b"\xff\xd8").count(), 2);
    let text = |args: &[&str]| {
        let end = run(mjpeg(args).arg(&folder));
        assert!(end.err.is_empty() || !end.err.contains("panicked"), "{}", end.err);
        end.text()
    };
    assert!(text(&["check"]).contains("R602 recording-file-missing: frame-000001.jpg"));
    assert!(!text(&["inspect", "--all", "--hex=64"]).contains("secret"));
}

#[test]
fn a_directory_without_times_is_refused_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |args: &[&str]| {
        let listen = ["serve", "--listen", "127.0.0.1:0", "--timing", "manifest"];
        run(mjpeg(listen).arg(folder.path()).args(args))
    };
    let end = serve(&[]);
    assert!(
        end.err.contains("manifest.jsonl: No such file") && end.err.contains("record URL"),
        "{}",
        end.err
    );
    end.expect(6);
    run(mjpeg(["record", "test:", "--quiet", "--frames", "2"]).arg(folder.path())).expect(0);
    let end = serve(&[]);
    assert!(end.err.contains("no arrival_ms"), "{}", end.err);
    end.expect(6);
    for args in [&["--fps", "5"][..], &["--fault", "reset"], &["--layout", "early"]] {
        serve(args).expect(2);
    }
    run(&mut mjpeg(["serve", "test:", "--timing", "manifest"])).expect(2);
}

#[test]
fn a_snapshot_is_the_first_frame() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), [0, 1, 2, 3]);
    let server = Server::start(folder.path(), &["--timing", "manifest"]);
    assert!(http::get(server.address(), "/snapshot").1 == jpegs()[0]);
    server.stop();
}
