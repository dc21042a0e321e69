//! `mjpeg serve` with other servers: behind nginx, and as a relay of uStreamer.

#![cfg(target_os = "linux")]

use crate::kit;

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use kit::http::Client;
use kit::peer;
use kit::run::{Run, Server, mjpeg, run, start};

/// Forwards connections from a TCP port that the system chooses to a Unix socket at `path`, and returns `HOST:PORT`.
/// Servers that cannot report a chosen port listen at a path instead.
pub fn bridge(path: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let path = path.to_path_buf();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = UnixStream::connect(&path) else { return };
            let (near_too, far_too) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || carry(&near, far));
            std::thread::spawn(move || {
                let _ = io::copy(&mut &far_too, &mut &near_too);
                let _ = near_too.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    address
}

/// Forwards the request. When the viewer leaves, both connections are closed.
fn carry(mut near: &TcpStream, mut far: UnixStream) {
    let _ = io::copy(&mut near, &mut far);
    let _ = far.shutdown(std::net::Shutdown::Both);
}

#[test]
fn nginx_with_default_buffers_forwards_each_frame_at_once() {
    let Some(_) = peer::find("nginx") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let picture = folder.path().join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    fs::write(&picture, &frames[0]).unwrap();

    let sockets = [folder.path().join("serve"), folder.path().join("nginx")];
    let serve = start(mjpeg(["serve", "--repeat", "0s", "--unix"]).arg(&sockets[0]).arg(&picture));
    serve.line();
    // nginx runs as one process, which ends with the test.
    let conf = format!(
        "daemon off; master_process off; pid {path}/pid; error_log {path}/error;\n\
         events {{}}\n\
         http {{ access_log off; client_body_temp_path {path}/a; proxy_temp_path {path}/b;\n\
         fastcgi_temp_path {path}/c; uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;\n\
         server {{ listen unix:{path}/nginx; location / {{ proxy_pass http://unix:{path}/serve:/; }} }} }}\n"
    );
    fs::write(folder.path().join("conf"), conf).unwrap();
    let _nginx =
        start(Command::new("nginx").arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("conf")));
    kit::eventually("nginx listens", || UnixStream::connect(&sockets[1]).ok());

    // No byte follows a frame until the next frame: a proxy that waits for a full buffer would not forward it.
    let url = format!("http://{}/stream", bridge(&sockets[1]));
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
