//! `mjpeg record --reconnect`: durations and signals while there is no stream.

use crate::kit;
use crate::record::{manifest, record, summary};
use crate::record_reconnect::stream;

use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use kit::camera::Camera;
use kit::run::{mjpeg, start};

#[test]
fn a_duration_covers_all_connections_and_the_pauses_between_them() {
    let frames = kit::contents(&kit::frames())[..2].to_vec();
    for (delay, visits) in [("400ms", 3), ("1h", 1)] {
        let sent = frames.clone();
        let camera = Camera::visits(visits, move |number, _, camera| {
            stream(camera, &sent);
            if number == 3 {
                camera.wait_for_the_viewer_to_leave();
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let args = ["--reconnect", "1", "--reconnect-delay", delay, "--duration", "1100ms"];
        let began = Instant::now();
        let end = record(&camera.url, dir.path(), &args).expect(0);
        assert!(began.elapsed() >= Duration::from_millis(1100) && began.elapsed() < Duration::from_secs(10));
        let summary = summary(&end);
        assert_eq!((&summary["end"], &summary["reconnects"]), (&"goal".into(), &(visits - 1).into()));
        assert_eq!(summary["frames_written"], 2 * visits, "{summary}");
    }
}

#[test]
fn signals_end_a_pause_and_a_connect_at_once_with_a_true_summary() {
    let frames = kit::contents(&kit::frames())[..3].to_vec();
    for (signal, number, goal) in [("INT", 2, false), ("TERM", 15, true), ("HUP", 1, true)] {
        for pauses in [true, false] {
            let sent = frames.clone();
            let visits = if pauses { 1 } else { 2 };
            let (connected, connects) = channel();
            let camera = Camera::visits(visits, move |number, _, camera| match number {
                1 => stream(camera, &sent),
                // It is connected, and waits for the head.
                _ => {
                    connected.send(()).unwrap();
                    camera.wait_for_the_viewer_to_leave();
                }
            });
            let dir = tempfile::tempdir().unwrap();
            let delay = if pauses { "1h" } else { "10ms" };
            let mut command = mjpeg(["record", &camera.url, "--reconnect", "9", "--reconnect-delay", delay]);
            command.arg(dir.path()).args(["--format", "json", "--idle", "1h"]);
            command.args(if goal { &["--frames", "9"][..] } else { &[] });
            let recording = start(&mut command);
            if pauses {
                recording.says(", reconnecting in ");
            } else {
                connects.recv_timeout(kit::PATIENCE).unwrap();
            }
            let began = Instant::now();
            recording.signal(signal);
            let end = recording.end();
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
            let summary = summary(&end);
            assert_eq!(
                (&summary["frames_written"], &summary["end"]),
                (&3.into(), &"signal".into()),
                "{summary}"
            );
            let _ = &*end.err;
            match goal {
                true => assert_eq!(end.status.signal(), Some(number)),
                false => drop(end.expect(0)),
            }
            assert_eq!(manifest(dir.path()).len(), 3);
        }
    }
}
