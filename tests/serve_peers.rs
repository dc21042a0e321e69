//! `mjpeg serve`, watched by the programs that people watch streams with.

mod kit;

use std::collections::HashSet;
use std::fs;
use std::process::{Command, Stdio};

use kit::peer;
use kit::run::{Server, run, start};

#[test]
fn ffmpeg_copies_the_frames_bit_by_bit_in_every_layout() {
    let Some(_) = peer::find("ffmpeg") else { return };
    let frames = kit::contents(&kit::frames());
    for layout in ["leading", "trailing", "early"] {
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
fn gstreamer_reads_the_frames_bit_by_bit() {
    let Some(_) = peer::find("gst-launch-1.0") else { return };
    let frames: HashSet<Vec<u8>> = kit::contents(&kit::frames()).into_iter().collect();
    for layout in ["leading", "trailing", "early"] {
        let server = Server::start(&kit::frames(), &["--once", "--fps", "30", "--layout", layout]);
        let out = tempfile::tempdir().unwrap();
        let files = out.path().join("f%02d.jpg");
        let mut gst = Command::new("gst-launch-1.0");
        gst.args(["-q", "souphttpsrc", &format!("location={}", server.stream), "!", "multipartdemux"]);
        gst.args(["!", "image/jpeg", "!", "multifilesink", &format!("location={}", files.display())]);
        run(&mut gst).expect(0);
        let got: HashSet<Vec<u8>> = kit::contents(out.path()).into_iter().collect();
        // It may come a frame late to its own pipeline, but what it has is right.
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
    for layout in ["leading", "trailing", "early"] {
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

#[test]
fn chromium_shows_the_stream_pixel_by_pixel() {
    let (Some(_), Some(_)) = (peer::find("chromium"), peer::find("ffmpeg")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let only = folder.path().join("frames");
    fs::create_dir(&only).unwrap();
    let picture = kit::frames().join("frame-000007.jpg");
    fs::copy(&picture, only.join("1.jpg")).unwrap();
    let server = Server::start(&only, &["--fps", "10"]);

    let shot = folder.path().join("shot.png");
    let mut chromium = peer::chromium(&folder.path().join("profile")).unwrap();
    chromium.args(["--window-size=800,600", "--timeout=4000"]);
    chromium.arg(format!("--screenshot={}", shot.display())).arg(&server.stream);
    run(&mut chromium).expect(0);

    let pixels = |file: &std::path::Path| {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-i"]).arg(file).args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]);
        run(&mut ffmpeg).expect(0).out
    };
    let (screen, expected) = (pixels(&shot), pixels(&picture));
    assert_eq!((screen.len(), expected.len()), (800 * 600 * 3, 320 * 240 * 3));
    let at = |left: usize, top: usize, x: usize, y: usize| &screen[((top + y) * 800 + left + x) * 3..][..3];
    let near = |left, top, x: usize, y: usize| {
        let wanted = &expected[(y * 320 + x) * 3..][..3];
        at(left, top, x, y).iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) < 24)
    };
    let probes = [(20, 20), (70, 20), (115, 20), (160, 20), (205, 20), (250, 20), (300, 20), (300, 220)];
    let found = (0..=600 - 240)
        .flat_map(|top| (0..=800 - 320).map(move |left| (left, top)))
        .filter(|&(left, top)| probes.iter().all(|&(x, y)| near(left, top, x, y)))
        .map(|(left, top)| {
            let points = (0..240).flat_map(|y| (0..320).map(move |x| (x, y)));
            points.filter(|&(x, y)| near(left, top, x, y)).count()
        })
        .max();
    assert!(found.is_some_and(|same| same > 320 * 240 * 97 / 100), "{found:?} of {} pixels", 320 * 240);
}
