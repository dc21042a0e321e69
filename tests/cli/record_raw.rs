//! `mjpeg record --raw`: the response as received, and the times of its reads.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD, part};
use kit::run::{End, mjpeg, run, start};
use kit::timing;

fn jpeg() -> Vec<u8> {
    fs::read(&kit::jpegs(&kit::frames())[0]).unwrap()
}

fn record_raw(url: &str, raw: &Path) -> Command {
    let mut command = mjpeg(["record", url, "--quiet", "--raw"]);
    command.arg(raw);
    command
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn each_read_has_a_line_with_its_offset_and_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw.http");
    let pieces = [HEAD.as_bytes().to_vec(), part(&jpeg()), b"--foo\r\nX-Late: yes\r\n".to_vec()];
    let mut reached: Vec<usize> = Vec::new();
    for piece in &pieces {
        reached.push(reached.last().unwrap_or(&0) + piece.len());
    }
    let (of_camera, file) = (pieces.clone(), raw.clone());
    let camera = Camera::start(move |connection| {
        let mut sent = 0;
        for piece in &of_camera {
            connection.send(piece);
            sent += piece.len() as u64;
            // The next piece is another read.
            kit::eventually("the bytes in the file", || {
                fs::metadata(&file)
                    .is_ok_and(|it| it.len() == sent)
                    .then_some(())
                    // The head is written when the stream is open, with the first bytes behind it.
                    .or((sent == HEAD.len() as u64).then_some(()))
            });
        }
    });
    let before = unix();
    run(&mut record_raw(&camera.url, &raw)).expect(0);
    let text = fs::read_to_string(timing::of(&raw)).unwrap();
    assert_eq!(fs::read(&raw).unwrap(), pieces.concat());
    assert!(text.starts_with("# mjpeg timing 1\n# start "), "{text}");
    let start: f64 = text.lines().nth(1).unwrap()["# start ".len()..].parse().unwrap();
    assert!(before - 0.1 < start && start < unix() + 0.1, "{start}");
    let reads = timing::reads(&raw);
    let ends: Vec<usize> = reads.iter().map(|(end, _)| *end).collect();
    assert!(ends.ends_with(&reached[1..]), "{ends:?} {reached:?}");
    assert_eq!(reads[0].1, 0.0);
    assert!(reads.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{reads:?}");
    let end = text.lines().last().unwrap();
    assert!(end.starts_with("# end closed "), "{end}");
}

/// The gaps between three parts as recorded, and as sent, in seconds. The recorder is stopped while the second one comes.
#[cfg(target_os = "linux")]
fn gaps_of_a_stopped_recorder() -> Vec<(f64, f64)> {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw.http");
    let (go_on, wait) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel::<Instant>();
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        for _ in 0..3 {
            connection.send(&part(&jpeg()));
            tell.send(Instant::now()).unwrap();
            wait.recv().unwrap();
        }
    });
    let recorder = start(&mut record_raw(&camera.url, &raw));
    let written = |parts: usize| {
        let bytes = HEAD.len() + parts * part(&jpeg()).len();
        kit::eventually("the bytes in the file", || {
            fs::metadata(&raw).is_ok_and(|it| it.len() == bytes as u64).then_some(())
        });
        bytes
    };
    let next = || told.recv_timeout(Duration::from_secs(10)).unwrap();
    let mut sent = vec![next()];
    let mut reached = vec![written(1)];
    recorder.signal("STOP");
    kit::process::wait_until_stopped(recorder.pid());
    go_on.send(()).unwrap();
    sent.push(next());
    // How late the recorder is.
    std::thread::sleep(Duration::from_millis(700));
    recorder.signal("CONT");
    reached.push(written(2));
    go_on.send(()).unwrap();
    sent.push(next());
    reached.push(written(3));
    go_on.send(()).unwrap();
    recorder.end().expect(0);
    let reads = timing::reads(&raw);
    let at = |end: usize| reads.iter().find(|read| read.0 == end).unwrap().1;
    assert!(sent[2] - sent[1] >= Duration::from_millis(700));
    (0..2).map(|n| (at(reached[n + 1]) - at(reached[n]), (sent[n + 1] - sent[n]).as_secs_f64())).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn times_are_those_of_the_kernel_if_the_recorder_is_stopped() {
    // The kernel begins to stamp packets some time after the first socket asks: until then a stamp is the time of the read.
    let is_stamped = (0..10).any(|_| {
        let gaps = gaps_of_a_stopped_recorder();
        gaps.iter().all(|(gap, sent)| (gap - sent).abs() < 0.35)
    });
    assert!(is_stamped);
}

fn unix() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn only_a_stream_of_a_url_has_times() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw.http");
    run(&mut record_raw(kit::repository("fixtures/captures/motion.http").to_str().unwrap(), &raw)).expect(0);
    assert_eq!(names(folder.path()), ["raw.http"]);
    // The times of another capture would be read as those of the new one.
    fs::write(timing::of(&raw), "# mjpeg timing 1\n").unwrap();
    let end = run(record_raw("test:", &raw).args(["--frames", "1", "--force"])).expect(0);
    drop(end);
    assert_eq!(names(folder.path()), ["raw.http"]);
}

#[test]
fn a_timing_file_is_refused_and_replaced_like_its_capture() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw.http");
    fs::write(timing::of(&raw), "precious").unwrap();
    let refused = run(&mut record_raw("http://127.0.0.1:1/", &raw));
    assert!(
        refused.err.contains("raw.http.timing exists") && refused.err.contains("--force"),
        "{}",
        refused.err
    );
    refused.expect(6);
    // Without a good frame nothing is replaced.
    let camera = Camera::sending(HEAD, vec![part(&jpeg()[..2000])]);
    let _ = run(record_raw(&camera.url, &raw).arg("--force")).expect(1).err.len();
    assert_eq!(names(folder.path()), ["raw.http.timing"]);
    assert_eq!(fs::read(timing::of(&raw)).unwrap(), b"precious");
    fs::write(&raw, "old bytes").unwrap();
    let camera = Camera::sending(HEAD, vec![part(&jpeg())]);
    run(record_raw(&camera.url, &raw).arg("--force")).expect(0);
    assert_eq!(names(folder.path()), ["raw.http", "raw.http.timing"]);
    assert_eq!(timing::reads(&raw).last().unwrap().0, fs::read(&raw).unwrap().len());
}

#[test]
fn files_of_an_earlier_run_that_would_be_in_the_way_of_a_reconnection_are_refused_at_the_start() {
    for name in ["raw.http.2", "raw.http.3", "raw.http.3.timing", "raw.http.41"] {
        let folder = tempfile::tempdir().unwrap();
        let raw = folder.path().join("raw.http");
        fs::write(folder.path().join(name), "precious").unwrap();
        let end = run(record_raw("http://127.0.0.1:1/", &raw).args(["--reconnect", "3"])).expect(6);
        assert!(end.err.contains(name) && end.err.contains("--force"), "{}", end.err);
        assert_eq!(names(folder.path()), [name]);
    }
}

#[test]
fn after_kill_9_every_whole_line_concerns_bytes_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw.http");
    let sent = part(&jpeg());
    let of_camera = sent.clone();
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        while connection.try_send(&of_camera) {}
    });
    let recorder = start(&mut record_raw(&camera.url, &raw));
    kit::eventually("some reads", || (timing::reads(&raw).len() > 50).then_some(()));
    recorder.signal("KILL");
    let _ = recorder.end().err.len();
    let (bytes, reads) = (fs::read(&raw).unwrap(), timing::reads(&raw));
    let all = [HEAD.as_bytes(), &sent.repeat(bytes.len() / sent.len() + 1)].concat();
    assert!(all.starts_with(&bytes));
    let (last, before) = (reads[reads.len() - 1].0, reads[reads.len() - 2].0);
    // At most the last read has no line, and no read is larger than the reader's buffer.
    assert!(last <= bytes.len() && bytes.len() - last < 1 << 20, "{before} {last} {}", bytes.len());
}

/// Runs `record --raw` under strace with a fault in one system call on one file.
fn injected(fault: &str, file: &Path, url: &str, raw: &Path) -> Option<End> {
    let mut strace = kit::peer::command("strace")?;
    strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(file).args(["-e", &format!("inject={fault}")]);
    Some(run(strace.arg(env!("CARGO_BIN_EXE_mjpeg")).args(["record", url, "--quiet", "--raw"]).arg(raw)))
}

#[test]
fn on_a_full_disk_bytes_and_times_agree() {
    for (of_timing, fault) in [
        (false, "write:error=ENOSPC:when=4+"),
        (true, "write:error=ENOSPC:when=4+"),
        (false, "close:error=ENOSPC"),
        (true, "close:error=ENOSPC"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let raw = folder.path().join("raw.http");
        let sent = part(&jpeg()).repeat(40);
        let camera = Camera::sending(HEAD, vec![sent.clone()]);
        let file = if of_timing { timing::of(&raw) } else { raw.clone() };
        let Some(end) = injected(fault, &file, &camera.url, &raw) else { return };
        assert!(end.err.contains("No space left") && end.err.contains(file.to_str().unwrap()), "{}", end.err);
        end.expect(6);
        let bytes = fs::read(&raw).unwrap();
        assert!([HEAD.as_bytes(), &sent].concat().starts_with(&bytes));
        let last = timing::reads(&raw).last().unwrap().0;
        assert!(if of_timing { last <= bytes.len() } else { last == bytes.len() }, "{fault}");
    }
}
