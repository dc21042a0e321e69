//! `mjpeg check`: the dialects of real devices. What it calls an error breaks real programs.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use kit::camera::Camera;
use kit::peer;
use kit::verdict::check;
use serde_json::Value;

/// Frames of each stream that fails.
const FRAMES: usize = 6;

/// The packets that FFmpeg gets out of a stream.
fn packets_of_ffmpeg(url: &str) -> Option<usize> {
    let mut ffprobe = peer::command("ffprobe")?;
    ffprobe.args(["-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets"]);
    let out = ffprobe.args(["-of", "csv=p=0", url]).stdin(Stdio::null()).output().unwrap();
    // Without a packet it prints N/A, or nothing.
    Some(String::from_utf8_lossy(&out.stdout).trim().parse().unwrap_or(0))
}

/// The pictures that GStreamer gets out of a stream.
fn buffers_of_gstreamer(url: &str) -> Option<usize> {
    let mut gst = peer::command("gst-launch-1.0")?;
    gst.args(["-v", "souphttpsrc", &format!("location={url}"), "!", "multipartdemux", "!", "image/jpeg"]);
    let out = gst.args(["!", "fakesink", "silent=false"]).stdin(Stdio::null()).output().unwrap();
    Some(String::from_utf8_lossy(&out.stdout).matches("last-message = chain").count())
}

fn loses(verdict: &Value, consumer: &str) -> bool {
    let fate = verdict["consumers"][consumer].as_str().unwrap();
    ["loses", "dies", "nothing", "crashes"].contains(&fate)
}

#[test]
fn a_dialect_that_fails_breaks_real_programs() {
    let mut failed = 0;
    let mut folders: Vec<_> = fs::read_dir(kit::repository("fixtures/streams"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("frames"))
        .collect();
    folders.sort();
    for folder in &folders {
        let is_capture = |path: &Path| path.extension().is_some_and(|extension| extension == "http");
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let Some(capture) = files.find(|path| is_capture(path)) else { panic!("{}", folder.display()) };
        let (end, verdict) = check(capture.to_str().unwrap(), &[]);
        let findings = verdict["findings"].as_array().unwrap();
        let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
        end.expect(i32::from(errors > 0));
        if errors == 0 {
            continue;
        }
        failed += 1;
        let broken = verdict["consumers"].as_object().unwrap().keys().filter(|name| loses(&verdict, name));
        assert!(broken.count() > 0, "{verdict}");

        // The programs that are at hand do what is predicted of them.
        let response = fs::read(&capture).unwrap();
        let sending = || {
            let response = response.clone();
            Camera::visits(1, move |_, _, connection| connection.send(&response))
        };
        type Program = fn(&str) -> Option<usize>;
        let programs: [(&str, Program); 2] =
            [("ffmpeg", packets_of_ffmpeg), ("gstreamer", buffers_of_gstreamer)];
        for (name, pictures) in programs {
            if peer::find(if name == "ffmpeg" { "ffprobe" } else { "gst-launch-1.0" }).is_none() {
                continue;
            }
            let camera = sending();
            let count = pictures(&camera.url).unwrap();
            // The last picture may be dropped at the close.
            assert_eq!(count < FRAMES - 1, loses(&verdict, name), "{name}: {count} pictures: {verdict}");
        }
    }
    assert_eq!((folders.len(), failed), (58, 19));
}
