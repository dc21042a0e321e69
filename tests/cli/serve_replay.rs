//! `mjpeg serve` of a capture with the times of its reads: the same bytes, with the same gaps, to each viewer.

use crate::kit;

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kit::camera::{HEAD, part};
use kit::http::{self, Client};
use kit::run::{Server, mjpeg, run};

pub const GET: &[u8] = b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

pub fn jpegs() -> Vec<Vec<u8>> {
    kit::contents(&kit::frames()).into_iter().take(5).collect()
}

/// Writes a capture of these pieces, each of which came at its time in milliseconds, and how it ended.
pub fn capture(folder: &Path, pieces: &[(Vec<u8>, u64)], end: &str) -> PathBuf {
    let path = folder.join("site.http");
    let (mut bytes, mut timing) = (Vec::new(), "# mjpeg timing 1\n# start 1796911457.250000\n".to_string());
    for (piece, ms) in pieces {
        bytes.extend_from_slice(piece);
        writeln!(timing, "{} {}.{:03}", bytes.len(), ms / 1000, ms % 1000).unwrap();
    }
    if !end.is_empty() {
        writeln!(timing, "# end {end}").unwrap();
    }
    fs::write(&path, bytes).unwrap();
    fs::write(folder.join("site.http.timing"), timing).unwrap();
    path
}

/// Five frames with a long gap in the middle, and half of a sixth one.
fn uneven(folder: &Path) -> PathBuf {
    let jpegs = jpegs();
    let mut pieces = vec![(HEAD.as_bytes().to_vec(), 0)];
    let times = [10, 50, 90, 690, 730];
    pieces.extend(jpegs.iter().zip(times).map(|(jpeg, ms)| (part(jpeg), ms)));
    pieces.push((part(&jpegs[0])[..3000].to_vec(), 740));
    capture(folder, &pieces, "")
}

/// All bytes of a viewer, with the time at which each offset was reached.
fn received(address: &str) -> (Vec<u8>, Vec<(usize, Duration)>) {
    let mut socket = http::connect(address);
    let start = Instant::now();
    std::io::Write::write_all(&mut socket, GET).unwrap();
    let (mut all, mut reads, mut room) = (Vec::new(), Vec::new(), vec![0; 1 << 16]);
    loop {
        let n = socket.read(&mut room).unwrap();
        if n == 0 {
            return (all, reads);
        }
        all.extend_from_slice(&room[..n]);
        reads.push((all.len(), start.elapsed()));
    }
}

/// The largest pause between two reads, and the total time.
fn pauses(reads: &[(usize, Duration)]) -> (Duration, Duration) {
    let longest = reads.windows(2).map(|pair| pair[1].1 - pair[0].1).max().unwrap();
    (longest, reads[reads.len() - 1].1 - reads[0].1)
}

#[test]
fn each_viewer_gets_the_same_bytes_with_the_same_gaps_from_its_own_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    let bytes = fs::read(&path).unwrap();
    let server = Server::start(&path, &["--loops", "1"]);
    // The second viewer comes while the first one watches: else the server ends after the first one.
    let (first, second) = std::thread::scope(|scope| {
        let address = server.address();
        let first = scope.spawn(move || received(address));
        kit::eventually("the first viewer", || {
            (http::get(server.address(), "/state").1.windows(12).any(|it| it == b"\"backlog_byt"))
                .then_some(())
        });
        let second = received(address);
        (first.join().unwrap(), second)
    });
    server.run.end().expect(0);
    for (received, reads) in [first, second] {
        assert!(received == bytes, "{} bytes of {}", received.len(), bytes.len());
        let (longest, total) = pauses(&reads);
        // The recorded pause is 600 ms in 740 ms.
        assert!(
            longest > Duration::from_millis(450) && total > Duration::from_millis(700),
            "{longest:?} {total:?}"
        );
        assert!(longest.as_secs_f64() / total.as_secs_f64() > 0.5, "{longest:?} of {total:?}");
    }
}

#[test]
fn with_speed_times_pass_faster() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    let times = ["0.5", "10"].map(|speed| {
        let server = Server::start(&path, &["--once", "--speed", speed]);
        let (_, reads) = received(server.address());
        server.run.end().expect(0);
        pauses(&reads).1.as_secs_f64()
    });
    assert!(times[0] > 1.4 && times[1] < times[0] / 2.0, "{times:?}");
}

#[test]
fn a_replay_that_is_recorded_gives_the_same_capture() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    let server = Server::start(&path, &["--once"]);
    let again = folder.path().join("again.http");
    let end = run(mjpeg(["record", &server.stream, "--quiet", "--raw"]).arg(&again));
    assert!(end.err.contains("after 5 good frames"), "{}", end.err);
    end.expect(5);
    server.run.end().expect(0);
    assert!(fs::read(&again).unwrap() == fs::read(&path).unwrap());
    let timing = fs::read_to_string(folder.path().join("again.http.timing")).unwrap();
    assert!(timing.lines().last().unwrap().starts_with("# end truncated 0."), "{timing}");
}

#[test]
fn the_end_of_a_replay_is_the_recorded_one() {
    let (head, jpeg) = (HEAD.as_bytes().to_vec(), jpegs().remove(0));
    let pieces = [(head, 0), (part(&jpeg), 10), (part(&jpeg)[..500].to_vec(), 20)];
    for (end, code, said) in [
        ("closed 0.050", 5, "cut inside a part"),
        ("reset 0.050", 5, "reset"),
        ("stalled 0.050", 5, "stalled"),
        ("goal 60.0", 5, "cut inside a part"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = capture(folder.path(), &pieces, end);
        let server = Server::start(&path, &["--once"]);
        let end = run(mjpeg(["record", &server.stream, "--quiet", "--idle", "1s", "--concat"])
            .arg(folder.path().join("frames")));
        assert!(end.err.contains(said), "{said}: {}", end.err);
        end.expect(code);
        // The last viewer has left.
        server.run.end().expect(0);
    }
}

#[test]
fn fps_layout_fault_or_boundary_take_the_capture_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    for args in
        [&["--fps", "50"][..], &["--layout", "leading"], &["--fault", "drip=64k"], &["--boundary", "own"]]
    {
        let server = Server::start(&path, args);
        let mut client = Client::watch(server.address(), "/stream");
        assert!(!client.head.contains("boundary=foo"), "{args:?}: {}", client.head);
        assert!(client.part().unwrap().field("X-Timestamp").is_some(), "{args:?}");
    }
    // Without its times too.
    fs::remove_file(folder.path().join("site.http.timing")).unwrap();
    let server = Server::start(&path, &[]);
    assert!(Client::watch(server.address(), "/stream").part().unwrap().field("X-Timestamp").is_some());
}

#[test]
fn the_head_and_a_snapshot_of_a_replay_are_recorded_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    let server = Server::start(&path, &[]);
    let head = http::exchange(server.address(), b"HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(String::from_utf8(head).unwrap(), HEAD);
    let snapshot = kit::eventually("the first picture", || {
        let (head, body) = http::get(server.address(), "/snapshot");
        head.starts_with("HTTP/1.1 200").then_some((head, body))
    });
    assert!(snapshot.1 == jpegs()[0]);
    assert_eq!(http::field(&snapshot.0, "X-Timestamp"), Some("1796911457.250000"));
    assert!(http::get(server.address(), "/healthz").0.starts_with("HTTP/1.1 200"));
    server.stop();
}

#[test]
fn times_that_cannot_be_used_are_refused_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    fs::write(folder.path().join("site.http.timing"), "# mjpeg timing 1\n10 0\n5 1\n").unwrap();
    let serve = |args: &[&str]| run(mjpeg(["serve", "--listen", "127.0.0.1:0"]).arg(&path).args(args));
    let end = serve(&[]);
    assert!(end.err.contains("site.http.timing: line 3") && end.err.contains("--fps"), "{}", end.err);
    end.expect(6);
    fs::remove_file(folder.path().join("site.http.timing")).unwrap();
    let end = serve(&["--speed", "2"]);
    assert!(end.err.contains("--speed needs recorded times"), "{}", end.err);
    end.expect(6);
    for args in
        [&["test:", "--speed", "2"][..], &["x.http", "--speed", "2", "--fps", "5"], &["x", "--speed", "0"]]
    {
        run(mjpeg(["serve"]).args(args)).expect(2);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_replay_keeps_little_of_its_capture_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = jpegs().remove(0);
    let round = part(&jpeg).repeat(10_000);
    let path = capture(folder.path(), &[(HEAD.as_bytes().to_vec(), 0), (round, 1)], "");
    let server = Server::start(&path, &["--once"]);
    let expected = fs::metadata(&path).unwrap().len();
    assert!(expected > 90_000_000);
    let mut socket = http::connect(server.address());
    std::io::Write::write_all(&mut socket, GET).unwrap();
    // Half of it is more than all buffers hold: until the rest is read, the process does not end.
    let half = std::io::copy(&mut (&mut socket).take(expected / 2), &mut std::io::sink()).unwrap();
    let kilobytes = kit::process::number(server.run.pid(), "VmHWM").unwrap();
    assert!(kilobytes < 40_000, "{kilobytes} kB");
    assert_eq!(half + std::io::copy(&mut socket, &mut std::io::sink()).unwrap(), expected);
    server.run.end().expect(0);
}

#[test]
fn a_capture_that_is_removed_is_played_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = uneven(folder.path());
    let bytes = fs::read(&path).unwrap();
    let server = Server::start(&path, &["--loops", "1"]);
    fs::remove_file(&path).unwrap();
    fs::remove_file(folder.path().join("site.http.timing")).unwrap();
    let (received, _) = received_all(server.address());
    assert!(received == bytes);
    server.run.end().expect(0);
}

#[test]
fn times_that_cannot_be_read_any_more_are_reported_once_and_are_the_result_of_a_replay_that_ends() {
    for (args, code) in [(&[][..], 0), (&["--once"], 6)] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&uneven(folder.path()), args);
        fs::write(folder.path().join("site.http.timing"), "# mjpeg timing 1\nnonsense\n").unwrap();
        let (bytes, _) = received_all(server.address());
        assert_eq!(bytes, b"");
        if code == 0 {
            server.run.says("cannot read");
            server.run.signal("TERM");
        }
        let end = server.run.end().expect(code);
        assert_eq!(end.err.matches("cannot read ").count(), 1, "{}", end.err);
        assert_eq!(end.err.matches("or its times: line 2 is not a larger offset").count(), 1, "{}", end.err);
    }
}

/// Each viewer reads the capture, or the frames of a recording, at its own place.
#[test]
fn many_viewers_of_a_replay_are_served_within_a_limit_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = jpegs().remove(0);
    let pieces = [(HEAD.as_bytes().to_vec(), 0), (part(&jpeg), 1), (part(&jpeg), 60_000)];
    let path = capture(folder.path(), &pieces, "");
    let out = folder.path().join("out");
    let camera = kit::camera::Camera::sending(HEAD, vec![part(&jpeg), part(&jpeg), b"--foo--\r\n".to_vec()]);
    run(mjpeg(["record", &camera.url, "--quiet"]).arg(&out)).expect(0);
    for (source, more, expected) in [(&path, "", 40), (&out, "--timing manifest", 12)] {
        let script = format!("ulimit -n 128; exec \"$0\" serve \"$1\" {more} --listen 127.0.0.1:0");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_mjpeg")]).arg(source);
        let run = kit::run::start(&mut command);
        let server = Server { stream: run.line(), run };
        let mut sockets: Vec<_> = (0..40).map(|_| http::connect(server.address())).collect();
        sockets.iter_mut().for_each(|socket| std::io::Write::write_all(socket, GET).unwrap());
        let mut statuses = Vec::new();
        for socket in &mut sockets {
            let mut answer = [0; 12];
            socket.read_exact(&mut answer).unwrap();
            statuses.push(String::from_utf8_lossy(&answer[9..]).into_owned());
        }
        let served = statuses.iter().filter(|status| **status == "200").count();
        assert!(served >= expected && statuses.iter().all(|it| it == "200" || it == "503"), "{statuses:?}");
        drop(sockets);
        server.stop();
    }
}

/// All bytes of a viewer, which may be none.
pub fn received_all(address: &str) -> (Vec<u8>, std::io::Result<usize>) {
    let mut socket = http::connect(address);
    std::io::Write::write_all(&mut socket, GET).unwrap();
    let mut all = Vec::new();
    let end = socket.read_to_end(&mut all);
    (all, end)
}
