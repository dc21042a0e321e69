//! `mjpeg record --mkv`: a Matroska file that other programs play, with the same bytes and times.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use kit::camera::{Camera, HEAD, part};
use kit::peer;
use kit::run::{Run, Server, mjpeg, run, start};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn manifest(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The times in milliseconds and the SHA-256 of the frames, as FFmpeg reads them.
fn frames(mkv: &Path) -> Option<Vec<(f64, String)>> {
    let probe = |args: &[&str]| {
        let mut ffprobe = peer::command("ffprobe")?;
        let end = run(ffprobe.args(["-v", "error"]).args(args).arg(mkv)).expect(0);
        Some(String::from_utf8(end.out).unwrap())
    };
    let times = probe(&["-show_entries", "packet=pts_time", "-of", "csv=p=0"])?;
    let mut ffmpeg = peer::command("ffmpeg")?;
    ffmpeg.args(["-v", "error", "-i"]).arg(mkv);
    let end =
        run(ffmpeg.args(["-map", "0", "-c", "copy", "-f", "framehash", "-hash", "sha256", "-"])).expect(0);
    let text = String::from_utf8(end.out).unwrap();
    let hashes = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap().trim().to_string());
    let ms = times.lines().map(|line| line.trim_end_matches(',').parse::<f64>().unwrap() * 1000.0);
    Some(ms.zip(hashes).collect())
}

/// Expects that mkvinfo reads all elements of the file, and nothing else.
fn is_sound(mkv: &Path) {
    let Some(mut mkvinfo) = peer::command("mkvinfo") else { return };
    let end = run(mkvinfo.arg("--all").arg(mkv)).expect(0);
    let text = String::from_utf8(end.out).unwrap();
    for word in ["Warning", "Error", "Unknown element", "not a valid"] {
        assert!(!text.contains(word), "{text}");
    }
    assert!(text.contains("V_MJPEG") && text.contains("+ Cluster"), "{text}");
}

#[test]
fn ffmpeg_reads_the_same_frames_at_the_same_times() {
    let folder = tempfile::tempdir().unwrap();
    let (out, mkv) = (folder.path().join("out"), folder.path().join("all.mkv"));
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let args = ["--frames", "50", "--hash", "--quiet", "--mkv"];
    run(mjpeg(["record", &server.stream]).arg(&out).args(args).arg(&mkv)).expect(0);
    is_sound(&mkv);
    let Some(frames) = frames(&mkv) else { return };
    let lines = manifest(&out);
    assert_eq!((frames.len(), lines.len()), (50, 50));
    for ((ms, hash), line) in frames.iter().zip(&lines) {
        assert_eq!(*hash, line["sha256"]);
        let arrival = line["arrival_ms"].as_f64().unwrap();
        assert!((ms - arrival).abs() < 1.0, "{ms} {arrival}");
    }
    let mut ffprobe = peer::command("ffprobe").unwrap();
    ffprobe.args(["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]).arg(&mkv);
    let end = run(&mut ffprobe).expect(0);
    assert_eq!(&*end.err, "", "FFmpeg finds nothing wrong");
    let duration: f64 = end.text().trim().parse().unwrap();
    assert!((duration - frames[49].0 / 1000.0 - 0.05).abs() < 0.045, "{duration}");
    // The cues lead to a later cluster.
    let mut seek = peer::command("ffprobe").unwrap();
    seek.args(["-v", "error", "-read_intervals", "2%+#1", "-show_entries", "packet=pts_time"]);
    let end = run(seek.args(["-of", "csv=p=0"]).arg(&mkv)).expect(0);
    let first: f64 = end.text().lines().next().unwrap().trim_end_matches(',').parse().unwrap();
    assert!(first > 0.9, "{first}");
}

#[test]
fn vlc_reads_the_same_frames() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut vlc) = peer::vlc(folder.path()) else { return };
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let (mkv, copy) = (folder.path().join("all.mkv"), folder.path().join("copy"));
    let server = Server::start(&kit::frames(), &["--fps", "30"]);
    // VLC's muxer loses the last frames when it quits: those are repeated ones.
    run(mjpeg(["record", &server.stream, "--frames", "40", "--quiet", "--mkv"]).arg(&mkv)).expect(0);
    let sout = format!("#standard{{access=file,mux=mpjpeg,dst={}}}", copy.display());
    let _vlc = start(vlc.arg(&mkv).args(["--sout", &sout, "vlc://quit"]).stdin(Stdio::null()));
    let frames = kit::contents(&kit::frames());
    kit::eventually("all frames in VLC's copy", || {
        let copied = fs::read(&copy).unwrap_or_default();
        frames.iter().all(|frame| memchr::memmem::find(&copied, frame).is_some()).then_some(())
    });
}

/// A camera that sends frames until its viewer leaves, and a recorder.
fn endless(mkv: &Path) -> (Camera, Run, Vec<u8>) {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[3]).unwrap();
    let sent = part(&jpeg);
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        while connection.try_send(&sent) {}
    });
    let recorder = start(mjpeg(["record", &camera.url, "--quiet", "--mkv"]).arg(mkv));
    (camera, recorder, jpeg)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn after_kill_9_all_whole_frames_can_be_played() {
    let folder = tempfile::tempdir().unwrap();
    let mkv = folder.path().join("killed.mkv");
    let (_camera, recorder, jpeg) = endless(&mkv);
    let size = || fs::metadata(&mkv).map_or(0, |metadata| metadata.len());
    // More than one cluster: more than a second.
    let begun = std::time::Instant::now();
    kit::eventually("some frames", || {
        (size() > 3_000_000 && begun.elapsed().as_secs_f64() > 1.3).then_some(())
    });
    recorder.signal("KILL");
    let _ = recorder.end().err.len();
    let Some(mut ffmpeg) = peer::command("ffmpeg") else { return };
    ffmpeg.args(["-v", "fatal", "-i"]).arg(&mkv);
    let end =
        run(ffmpeg.args(["-map", "0", "-c", "copy", "-f", "framehash", "-hash", "sha256", "-"])).expect(0);
    let text = end.text();
    let hashes: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap().trim())
        .collect();
    let expected = size() as usize / (jpeg.len() + 30);
    assert!(hashes.len() + 1 >= expected, "{} of {expected} frames", hashes.len());
    // The last one may be cut.
    let whole = sha256(&jpeg);
    assert!(hashes[..hashes.len() - 1].iter().all(|hash| *hash == whole));
}

#[test]
fn on_a_full_disk_the_file_ends_behind_the_last_whole_frame() {
    let folder = tempfile::tempdir().unwrap();
    let mkv = folder.path().join("full.mkv");
    let Some(mut strace) = peer::command("strace") else { return };
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[3]).unwrap();
    let camera = Camera::sending(HEAD, vec![part(&jpeg).repeat(20)]);
    strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(&mkv);
    strace.args(["-e", "inject=writev:error=ENOSPC:when=8+", env!("CARGO_BIN_EXE_mjpeg")]);
    let end = run(strace.args(["record", &camera.url, "--quiet", "--format", "json", "--mkv"]).arg(&mkv));
    assert!(end.err.contains("full.mkv: No space left"), "{}", end.err);
    let summary: Value = serde_json::from_slice(&end.out).unwrap();
    assert_eq!(summary["frames_written"], 7, "{summary}");
    assert_eq!(summary["bytes_written"], 7 * jpeg.len(), "{summary}");
    end.expect(6);
    is_sound(&mkv);
    let Some(frames) = frames(&mkv) else { return };
    assert_eq!(frames.len(), 7);
    assert!(frames.iter().all(|(_, hash)| *hash == sha256(&jpeg)));
    assert!(frames.windows(2).all(|pair| pair[0].0 < pair[1].0), "times rise, also in a burst: {frames:?}");
}

#[test]
fn without_arrival_times_those_of_the_camera_count() {
    let folder = tempfile::tempdir().unwrap();
    let (capture, mkv) = (folder.path().join("capture.http"), folder.path().join("all.mkv"));
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let parts = [100.25, 100.75, 103.0].map(|taken| {
        let head = format!("--foo\r\nX-Timestamp: {taken:.6}\r\nContent-Length: {}\r\n\r\n", jpeg.len());
        [head.as_bytes(), &jpeg, b"\r\n"].concat()
    });
    fs::write(&capture, [HEAD.as_bytes(), &parts.concat()].concat()).unwrap();
    run(mjpeg(["record"]).arg(&capture).args(["--quiet", "--mkv"]).arg(&mkv)).expect(0);
    let Some(frames) = frames(&mkv) else { return };
    let times: Vec<f64> = frames.iter().map(|it| it.0.round()).collect();
    assert_eq!(times, [0.0, 500.0, 2750.0]);
}

#[test]
fn an_earlier_file_is_kept_until_a_frame_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mkv = folder.path().join("all.mkv");
    fs::write(&mkv, "precious").unwrap();
    let record = |url: &str, args: &[&str]| {
        run(mjpeg(["record", url, "--quiet", "--frames", "1", "--mkv"]).arg(&mkv).args(args))
    };
    let end = record("test:", &[]);
    assert!(end.err.contains("all.mkv exists") && end.err.contains("--force"), "{}", end.err);
    end.expect(6);
    let camera = Camera::sending(HEAD, vec![b"--foo\r\n\r\nno picture\r\n--foo--".to_vec()]);
    let _ = record(&camera.url, &["--force"]).err.len();
    assert_eq!(fs::read(&mkv).unwrap(), b"precious");
    record("test:", &["--force"]).expect(0);
    assert!(fs::read(&mkv).unwrap().starts_with(b"\x1a\x45\xdf\xa3"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    run(mjpeg(["record", "test:", "--mkv", "x", "--raw", "x"]).args(["--frames", "1"])).expect(2);
}
