//! `mjpeg record URL -`: frames on standard output, whose reader may be slow, stuck or gone.

use crate::kit;

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD, part};
use kit::run::{Server, mjpeg, run};

#[test]
fn a_blocked_standard_output_does_not_hold_the_run_up() {
    let server = Server::start(&kit::frames(), &["--fps", "200"]);
    for (args, signal, message) in [
        (&["--duration", "1s"][..], None, "did not take the last frame in time"),
        (&["--idle", "1s"], None, "took no byte within 1s"),
        (&["--frames", "100000"], Some("TERM"), "did not take the last frame in time"),
    ] {
        let mut command = mjpeg(["record", &server.stream, "-", "--quiet"]);
        // Nobody reads this pipe, but its reading end stays open.
        let (_reader, writer) = std::io::pipe().unwrap();
        let mut child =
            command.args(args).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        if let Some(signal) = signal {
            let threads = format!("/proc/{}/task", child.id());
            kit::eventually("a full pipe", || {
                let mut threads = fs::read_dir(&threads).unwrap().flatten();
                let waits = |place: std::io::Result<String>| place.is_ok_and(|place| place.contains("poll"));
                threads.any(|thread| waits(fs::read_to_string(thread.path().join("wchan")))).then_some(())
            });
            let status = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            assert!(status.success());
        }
        let start = Instant::now();
        let status = kit::eventually("its end", || child.try_wait().unwrap());
        assert!(start.elapsed() < Duration::from_secs(10), "{args:?}: {:?}", start.elapsed());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        // Between two frames nothing is cut, and the time is up or the signal ends the run.
        let is_clean =
            status.code() == Some(0) || std::os::unix::process::ExitStatusExt::signal(&status).is_some();
        assert!(is_clean || status.code() == Some(6) && err.contains(message), "{args:?}: {status} {err}");
    }
}

/// The reader never stops, but takes 20 s for this frame of 4 MiB.
#[test]
fn a_slow_reader_does_not_hold_the_run_up_and_the_frame_that_is_cut_is_no_success() {
    let jpeg = &kit::contents(&kit::frames())[0];
    // A comment of 64 KiB, as often as it takes.
    let comment = [&[0xff, 0xfe, 0xff, 0xff][..], &[0; 0xfffd]].concat();
    let jpeg = [&jpeg[..2], &comment.repeat(64), &jpeg[2..]].concat();
    for (args, signal) in
        [(&["--duration", "1s"][..], None), (&[], Some("TERM")), (&["--frames", "9"], Some("TERM"))]
    {
        let frame = part(&jpeg);
        let camera = Camera::start(move |camera| {
            camera.send(HEAD.as_bytes());
            camera.try_send(&frame);
            camera.wait_for_the_viewer_to_leave();
        });
        let mut command = mjpeg(["record", &camera.url, "-", "--quiet"]);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut child = command.args(args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        let is_over = Arc::new(AtomicBool::new(false));
        let (took, taken) = channel();
        let slow = std::thread::spawn({
            let is_over = Arc::clone(&is_over);
            move || {
                let mut piece = [0; 4096];
                while !is_over.load(Ordering::SeqCst) && matches!(reader.read(&mut piece), Ok(1..)) {
                    let _ = took.send(());
                    // The pace of the reader.
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        });
        taken.recv_timeout(kit::PATIENCE).expect("the frame begins");
        if let Some(signal) = signal {
            let status = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            assert!(status.success());
        }
        let start = Instant::now();
        let status = kit::eventually("its end", || child.try_wait().unwrap());
        let length = start.elapsed();
        is_over.store(true, Ordering::SeqCst);
        slow.join().unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(length < Duration::from_secs(8), "{args:?}: {length:?}");
        assert_eq!(status.code(), Some(6), "{args:?}: {status} {err}");
        assert!(err.contains("did not take the last frame in time"), "{args:?}: {err}");
        assert!(err.contains("hint: the output ends inside a frame"), "{args:?}: {err}");
    }
}

#[test]
fn a_reader_that_goes_away_before_the_goal_is_a_no() {
    for (args, code) in [(&["--frames", "1000"][..], 1), (&[], 0)] {
        let mut command = mjpeg(["record", "test:160x120", "-", "--quiet"]);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut child = command.args(args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        reader.read_exact(&mut [0; 20_000]).unwrap();
        drop(reader);
        let status = kit::eventually("its end", || child.try_wait().unwrap());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(status.code(), Some(code), "{err}");
        assert_eq!(err.contains("before the goal: standard output was closed"), code == 1, "{err}");
    }
}

#[test]
fn jpegs_are_not_written_to_a_terminal() {
    if kit::peer::find("script").is_none() {
        return;
    }
    let command = format!("{} record test: - --frames 1", env!("CARGO_BIN_EXE_mjpeg"));
    let end = run(Command::new("script").args(["--quiet", "--return", "--command", &command, "/dev/null"]));
    assert!(end.text().contains("standard output is a terminal"), "{}", end.text());
    end.expect(2);
}
