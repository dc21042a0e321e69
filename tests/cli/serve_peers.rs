//! `mjpeg serve` with common stream players and clients.

use crate::kit;

use std::collections::HashSet;
use std::fs;
use std::process::{Command, Stdio};

use kit::run::{Server, run, start};
use kit::{http, peer, picture};

/// The three layouts that a viewer may request.
const LAYOUTS: [&str; 3] = ["leading", "trailing", "early"];

#[test]
fn ffmpeg_copies_the_frames_bit_by_bit_in_every_layout() {
    let Some(_) = peer::find("ffmpeg") else { return };
    let frames = kit::contents(&kit::frames());
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--fps", "60", "--layout", layout]);
        let out = tempfile::tempdir().unwrap();
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-i", &server.stream, "-c", "copy", "-frames:v", "30", "-f", "image2"]);
        run(ffmpeg.arg(out.path().join("out%02d.jpg"))).expect(0);
        // The first viewer starts the directory from its first frame.
        assert!(kit::contents(out.path()) == frames, "{layout}");
    }
}

#[test]
fn curl_reads_stream_snapshot_and_page() {
    let Some(_) = peer::find("curl") else { return };
    let server = Server::start(&kit::frames(), &["--once", "--fps", "100"]);
    let curl = |args: &[&str]| run(Command::new("curl").args(["-sS", "--max-time", "20"]).args(args));
    let page = curl(&["-f", &server.url("/")]).expect(0);
    assert!(page.text().contains("<html"));
    let shot = curl(&["-f", &server.url("/snapshot")]).expect(0);
    assert_eq!(shot.out, kit::contents(&kit::frames())[0]);
    let whole = curl(&["-f", "-i", "--raw", &server.stream]).expect(0);
    assert!(whole.out.starts_with(b"HTTP/1.1 200 OK\r\n") && whole.out.ends_with(b"--\r\n"));
    server.run.end().expect(0);
}

#[test]
fn curl_saves_the_frames_bit_by_bit_in_every_layout() {
    let Some(curl) = peer::find("curl") else { return };
    let frames = kit::contents(&kit::frames());
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--once", "--fps", "100", "--layout", layout]);
        let saved = run(Command::new(&curl).args(["-sS", "-f", "-i", "--max-time", "20", &server.stream]));
        let (head, body) = http::split(&saved.expect(0).out);
        let bodies: Vec<_> = http::parts(&head, &body).into_iter().map(|part| part.body).collect();
        assert!(bodies == frames, "{layout}: {} parts", bodies.len());
        server.run.end().expect(0);
    }
}

#[test]
fn mpv_shows_every_frame_in_order_in_every_layout() {
    let Some(mpv) = peer::find("mpv") else { return };
    let known = picture::decoded(&kit::frames());
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--fps", "60", "--layout", layout]);
        let out = tempfile::tempdir().unwrap();
        let mut mpv = Command::new(&mpv);
        mpv.args(["--no-config", "--no-terminal", "--ytdl=no", "--no-audio", "--frames=30"]);
        // No frame is dropped to keep time, and frames are saved with the highest JPEG quality.
        mpv.args(["--untimed", "--framedrop=no", "--vo=image", "--vo-image-jpeg-quality=100"]);
        mpv.arg(format!("--vo-image-outdir={}", out.path().display())).arg(&server.stream);
        run(&mut mpv).expect(0);
        let shown: Vec<_> =
            picture::decoded(out.path()).iter().map(|shown| picture::recognise(shown, &known)).collect();
        assert!(shown.iter().copied().eq((0..30).map(Some)), "{layout}: {shown:?}");
    }
}

#[test]
fn opencv_reads_every_frame_in_order_in_every_layout() {
    let Some(_) = peer::python("cv2") else { return };
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--fps", "60", "--layout", layout]);
        let mut python = peer::python("cv2").unwrap();
        python.arg(kit::repository("tests/cli/kit/opencv.py"));
        // Two more frames than files: the directory starts again.
        let read = run(python.arg(&server.stream).arg(kit::frames()).arg("32")).expect(0);
        let read: Vec<usize> = read.text().lines().map(|line| line.parse().unwrap()).collect();
        assert!(read.iter().copied().eq((1..=30).chain(1..=2)), "{layout}: {read:?}");
    }
}

#[test]
fn gstreamer_reads_the_frames_bit_by_bit() {
    let Some(_) = peer::find("gst-launch-1.0") else { return };
    let frames: HashSet<Vec<u8>> = kit::contents(&kit::frames()).into_iter().collect();
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--once", "--fps", "30", "--layout", layout]);
        let out = tempfile::tempdir().unwrap();
        let files = out.path().join("f%02d.jpg");
        let mut gst = Command::new("gst-launch-1.0");
        gst.args(["-q", "souphttpsrc", &format!("location={}", server.stream), "!", "multipartdemux"]);
        gst.args(["!", "image/jpeg", "!", "multifilesink", &format!("location={}", files.display())]);
        run(&mut gst).expect(0);
        let got: HashSet<Vec<u8>> = kit::contents(out.path()).into_iter().collect();
        // GStreamer may lose a frame at the start or the end, but all frames it has are correct.
        assert!(got.is_subset(&frames) && got.len() >= 28, "{layout}: {}", got.len());
    }
}

#[test]
fn vlc_reads_the_frames() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut vlc) = peer::vlc(folder.path()) else { return };
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(folder.path(), open).unwrap();
    let frames = kit::contents(&kit::frames());
    for layout in LAYOUTS {
        let server = Server::start(&kit::frames(), &["--fps", "30", "--layout", layout]);
        let file = folder.path().join(layout);
        let sout = format!("#standard{{access=file,mux=mpjpeg,dst={}}}", file.display());
        let _vlc = start(vlc.args([&server.stream, "--sout", &sout, "vlc://quit"]).stdin(Stdio::null()));
        let has = |frame: &Vec<u8>| {
            let copied = fs::read(&file).unwrap_or_default();
            memchr::memmem::find(&copied, frame).is_some()
        };
        kit::eventually(layout, || frames[..10].iter().all(has).then_some(()));
        vlc = peer::vlc(folder.path()).unwrap();
    }
}
