//! `mjpeg record` with the streams of other programs: FFmpeg, GStreamer, VLC, uStreamer, motion, nginx and Python.

#![cfg(target_os = "linux")]

use crate::kit;
use crate::record::{manifest, record, summary};
use crate::serve_chain::ustreamer;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use kit::nginx::nginx;
use kit::peer;
use kit::run::{Server, mjpeg, run, start, start_with_input};

/// A port that was free a moment ago, for servers that cannot report a chosen one.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Records until the server that was just started answers. Servers for one client must not be probed.
fn record_when_up(url: &str, out: &Path, args: &[&str]) -> kit::run::End {
    kit::eventually("the server answers", || {
        let end = record(url, out, args);
        let is_down = end.err.contains("refused");
        (!is_down).then_some(end)
    })
}

fn is_consistent(out: &Path) -> usize {
    let lines = manifest(out);
    for (line, jpeg) in lines.iter().zip(kit::contents(out)) {
        assert_eq!(line["body_bytes"], jpeg.len());
    }
    assert_eq!(lines.len(), kit::jpegs(out).len());
    lines.len()
}

#[test]
fn ffmpeg_as_a_server_for_one_client() {
    let Some(mut ffmpeg) = peer::command("ffmpeg") else { return };
    let url = format!("http://127.0.0.1:{}/", free_port());
    ffmpeg.args(["-loglevel", "error", "-re", "-framerate", "100", "-i"]);
    ffmpeg.arg(kit::frames().join("frame-%06d.jpg")).args(["-c", "copy", "-f", "mpjpeg", "-listen", "1"]);
    let _ffmpeg = start(ffmpeg.arg(&url));
    let dir = tempfile::tempdir().unwrap();
    record_when_up(&url, dir.path(), &[]).expect(0);
    assert!(kit::contents(dir.path()) == kit::contents(&kit::frames()));
}

#[test]
fn multipartmux_of_gstreamer_through_a_pipe() {
    let Some(mut gst) = peer::command("gst-launch-1.0") else { return };
    let frames = kit::frames().join("frame-%06d.jpg");
    gst.args(["-q", "multifilesrc", &format!("location={}", frames.display()), "index=1", "stop-index=30"]);
    gst.args(["caps=image/jpeg,framerate=30/1", "!", "multipartmux", "boundary=foo", "!", "fdsink", "fd=1"]);
    let mut gst = gst.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut command = mjpeg(["record", "-", "--quiet", "--deep"]);
    let record = start_with_input(command.arg(dir.path()).stdin(gst.stdout.take().unwrap()));
    record.end().expect(0);
    gst.wait().unwrap();
    assert!(kit::contents(dir.path()) == kit::contents(&kit::frames()));
}

#[test]
fn mpjpeg_of_vlc() {
    let home = tempfile::tempdir().unwrap();
    let Some(mut vlc) = peer::vlc(home.path()) else { return };
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(home.path(), everyone).unwrap();
    let input = home.path().join("in.mjpeg");
    let frames = kit::contents(&kit::frames());
    fs::write(&input, frames.concat().repeat(30)).unwrap();
    let port = free_port();
    vlc.args(["--demux", "mjpeg", "--mjpeg-fps", "25"]).arg(&input);
    let _vlc = start(vlc.arg(format!("--sout=#standard{{access=http,mux=mpjpeg,dst=127.0.0.1:{port}/}}")));
    let out = home.path().join("out");
    let end = record_when_up(&format!("http://127.0.0.1:{port}/"), &out, &["--frames", "30"]).expect(0);
    assert_eq!(summary(&end)["frames_damaged"], 0);
    assert_eq!(is_consistent(&out), 30);
    assert!(kit::contents(&out).iter().all(|jpeg| frames.contains(jpeg)));
}

#[test]
fn frames_of_ustreamer_with_a_fake_camera() {
    let (Some(_), Some(_)) = (peer::find("ustreamer"), peer::find("cc")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_ustreamer, url) = ustreamer(folder.path());
    let out = folder.path().join("out");
    // uStreamer sends its own picture until its camera is open, then repeats frames of it.
    let args = ["--frames", "40", "--on-change", "--deep", "--name", "%H/{seq}.jpg", "--keep", "20"];
    let end = record(&url, &out, &args).expect(0);
    assert_eq!(summary(&end)["frames_damaged"], 0);
    let frames = kit::contents(&kit::frames());
    let lines = manifest(&out);
    assert!((20..=21).contains(&lines.len()), "{}", lines.len());
    for line in lines {
        let jpeg = fs::read(out.join(line["file"].as_str().unwrap())).unwrap();
        assert!(frames.contains(&jpeg), "{line}");
    }
}

#[test]
fn motion_behind_our_server_with_a_digest_password() {
    let Some(mut motion) = peer::command("motion") else { return };
    let server = Server::start(&kit::frames(), &["--fps", "25"]);
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    // Motion decodes what it receives and encodes it again.
    let conf = format!(
        "daemon off\nsetup_mode off\nnetcam_url {}\nwidth 320\nheight 240\nframerate 25\ntext_right\n\
         target_dir {}\npicture_output off\nmovie_output off\npause on\nwebcontrol_port 0\n\
         stream_port {port}\nstream_localhost on\nstream_maxrate 25\n\
         stream_auth_method 2\nstream_authentication me:pass word\n",
        server.stream,
        folder.path().display()
    );
    let file = folder.path().join("motion.conf");
    fs::write(&file, conf).unwrap();
    let _motion = start(motion.arg("-n").arg("-c").arg(&file));
    let out = folder.path().join("out");
    let url = format!("http://127.0.0.1:{port}/");
    // A picture without a camera is always the same one: different pictures are those of our server.
    let args = ["--frames", "20", "--on-change", "--deep", "--wait", "1m", "--user", "me:pass word"];
    let end = record(&url, &out, &args).expect(0);
    assert_eq!(summary(&end)["frames_damaged"], 0);
    assert_eq!(is_consistent(&out), 20);
    let end = record(&url, &folder.path().join("no"), &["--user", "me:wrong"]).expect(3);
    assert!(end.err.contains("the user or the password is wrong"), "{}", end.err);
}

#[test]
fn nginx_in_front_buffered_and_not() {
    let Some(_) = peer::find("nginx") else { return };
    for directives in [
        "proxy_buffering off;",
        "proxy_buffering off; proxy_http_version 1.1;",
        "proxy_buffers 8 256k; proxy_buffer_size 256k; proxy_http_version 1.1;",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("serve");
        let serve = start(mjpeg(["serve", "--fps", "100", "--unix"]).arg(&socket).arg(kit::frames()));
        serve.line();
        let (_nginx, address) = nginx(folder.path(), &socket, directives);
        let url = format!("http://{address}/stream");
        let out = folder.path().join("out");
        let end = record(&url, &out, &["--frames", "60"]).expect(0);
        assert_eq!(summary(&end)["frames_damaged"], 0, "{directives}");
        assert_eq!(is_consistent(&out), 60);
        let frames = kit::contents(&kit::frames());
        assert!(kit::contents(&out).iter().all(|jpeg| frames.contains(jpeg)), "{directives}");
    }
}

/// A camera as people write it in Python: the standard library's server, and a generator of parts.
const PYTHON: &str = "
import glob, http.server, sys, time
class Camera(http.server.BaseHTTPRequestHandler):
    def parts(self):
        for name in sorted(glob.glob(sys.argv[1] + '/*.jpg')):
            yield b'--frame\\r\\nContent-Type: image/jpeg\\r\\n\\r\\n' + open(name, 'rb').read() + b'\\r\\n'
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=frame')
        self.end_headers()
        for part in self.parts():
            for at in range(0, len(part), 1000):
                self.wfile.write(part[at:at + 1000])
    def log_message(self, *args): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Camera)
print(server.server_port, flush=True)
server.serve_forever()
";

#[test]
fn a_python_generator_without_lengths() {
    let Some(mut python) = peer::python("http.server") else { return };
    let server = start(python.args(["-c", PYTHON]).arg(kit::frames()));
    let url = format!("http://127.0.0.1:{}/", server.line());
    let dir = tempfile::tempdir().unwrap();
    let all = dir.path().join("all.mjpeg");
    record(&url, &dir.path().join("out"), &["--concat", all.to_str().unwrap(), "--hash", "--fsync"])
        .expect(0);
    let frames = kit::contents(&kit::frames());
    assert!(kit::contents(&dir.path().join("out")) == frames);
    assert!(fs::read(&all).unwrap() == frames.concat());
    // One file of JPEGs is a stream again, for us and for FFmpeg.
    let end = record(all.to_str().unwrap(), &dir.path().join("again"), &[]).expect(0);
    assert_eq!(summary(&end)["frames_written"], 30);
    if let Some(mut ffmpeg) = peer::command("ffmpeg") {
        ffmpeg.args(["-loglevel", "error", "-f", "mjpeg", "-i"]).arg(&all).args(["-f", "framemd5", "-"]);
        let lines = run(&mut ffmpeg).expect(0).text();
        assert_eq!(lines.lines().filter(|line| !line.starts_with('#')).count(), 30);
    }
}

#[test]
fn a_served_stream_is_the_same_in_files_in_one_file_on_standard_output_and_with_curl() {
    let Some(mut curl) = peer::command("curl") else { return };
    let dir = tempfile::tempdir().unwrap();
    let all = dir.path().join("all.mjpeg");
    let server = || Server::start(&kit::frames(), &["--once", "--fps", "200"]);
    let stream = server();
    record(&stream.stream, &dir.path().join("out"), &[]).expect(0);
    stream.run.end().expect(0);
    let stream = server();
    run(mjpeg(["record", &stream.stream, "--quiet", "--concat"]).arg(&all)).expect(0);
    stream.run.end().expect(0);
    let stream = server();
    let end = run(&mut mjpeg(["record", &stream.stream, "-", "--quiet"])).expect(0);
    // The summary goes to standard error.
    assert!(end.err.starts_with("30 frames, "), "{}", end.err);
    let out = end.out;
    stream.run.end().expect(0);
    let stream = server();
    let saved = dir.path().join("saved");
    run(curl.args(["-s", "-i", &stream.stream, "-o"]).arg(&saved)).expect(0);
    stream.run.end().expect(0);
    record(saved.to_str().unwrap(), &dir.path().join("saved-out"), &[]).expect(0);
    let frames = kit::contents(&kit::frames());
    assert!(
        kit::contents(&dir.path().join("out")) == frames
            && kit::contents(&dir.path().join("saved-out")) == frames
    );
    assert!(out == frames.concat() && fs::read(&all).unwrap() == out);
}
