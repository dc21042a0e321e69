//! `mjpeg serve` with other servers: behind nginx, and as a relay of uStreamer.

#![cfg(target_os = "linux")]

use crate::kit;

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use kit::bridge::bridge;
use kit::http::Client;
use kit::nginx::nginx;
use kit::peer;
use kit::run::{Run, Server, mjpeg, run, start};

#[test]
fn nginx_with_default_buffers_forwards_each_frame_at_once() {
    let Some(_) = peer::find("nginx") else { return };
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    fs::write(&picture, &frames[0]).unwrap();

    let socket = folder.path().join("serve");
    let serve = start(mjpeg(["serve", "--repeat", "0s", "--unix"]).arg(&socket).arg(&picture));
    serve.line();
    let (_nginx, address) = nginx(folder.path(), &socket, "");

    // No byte follows a frame until the next frame: a proxy that waits for a full buffer would not forward it.
    let url = format!("http://{address}/stream");
    let out = folder.path().join("out");
    let record = start(mjpeg(["record", &url, "--frames", "4"]).arg(&out));
    for (n, frame) in frames[..4].iter().enumerate() {
        if n > 0 {
            fs::write(&picture, frame).unwrap();
        }
        let file = out.join(format!("frame-{:06}.jpg", n + 1));
        assert!(kit::eventually("the frame", || fs::read(&file).ok()) == *frame);
    }
    record.end().expect(0);
}

/// Starts uStreamer with a fake camera that shows the fixture frames, and returns the URL of its stream.
pub fn ustreamer(folder: &Path) -> (Run, String) {
    let camera = folder.join("camera.so");
    let source = kit::repository("benches/serve/camera.c");
    run(Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&camera).arg(source).arg("-ldl"))
        .expect(0);

    let socket = folder.join("ustreamer");
    let mut ustreamer = Command::new("ustreamer");
    ustreamer
        .env("LD_PRELOAD", &camera)
        .env("FAKE_CAMERA_FRAMES", kit::frames())
        .env("FAKE_CAMERA_FPS", "30");
    ustreamer
        .args(["--device", "/dev/fake-camera", "--format", "MJPEG", "--encoder", "HW", "--unix"])
        .arg(&socket);
    let run = start(&mut ustreamer);
    kit::eventually("uStreamer listens", || UnixStream::connect(&socket).ok());
    (run, format!("http://{}/stream", bridge(&socket)))
}

#[test]
fn frames_of_ustreamer_are_relayed_unchanged() {
    let (Some(_), Some(_)) = (peer::find("ustreamer"), peer::find("cc")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_ustreamer, url) = ustreamer(folder.path());

    let frames = kit::contents(&kit::frames());
    let server = Server::start(url.as_ref(), &[]);
    let mut client = Client::watch(server.address(), "/stream");
    // uStreamer sends its own picture until its camera is open.
    kit::eventually("the camera is there", || frames.contains(&client.part().unwrap().body).then_some(()));
    let mut last = 0.0;
    for _ in 0..40 {
        let part = client.part().unwrap();
        assert!(frames.contains(&part.body));
        let time: f64 = part.field("X-Timestamp").unwrap().parse().unwrap();
        assert!(time > last, "{time} after {last}");
        last = time;
    }
    // The relayed stream has no fault.
    run(&mut mjpeg(["check", &server.stream, "--deep", "--frames", "30"])).expect(0);
}
