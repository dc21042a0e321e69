//! `mjpeg check`: what the pictures show, in clips that FFmpeg makes.

use crate::kit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kit::run::{mjpeg, run};
use serde_json::Value;

/// The findings of codes C509 and above: name, first part, message.
fn content(target: &Path, args: &[&str]) -> Vec<(String, u64, String)> {
    let end = run(mjpeg(["check", target.to_str().unwrap(), "--format", "json"]).args(args));
    let verdict: Value = serde_json::from_str(end.text().lines().next().unwrap()).unwrap();
    let findings = verdict["findings"].as_array().unwrap().iter();
    let findings =
        findings.filter(|finding| finding["code"].as_str().is_some_and(|code| ("C509".."D").contains(&code)));
    findings
        .map(|finding| {
            assert_ne!(finding["severity"], "error", "{finding}");
            let text = |key: &str| finding[key].as_str().unwrap().to_string();
            (text("name"), finding["part"].as_u64().unwrap(), text("message"))
        })
        .collect()
}

/// A clip in multipart form, as FFmpeg draws and encodes it.
fn clip(directory: &Path, filters: &str, encoder: &[&str]) -> PathBuf {
    let path = directory.join("clip.mpjpeg");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", filters]).args(encoder);
    assert!(ffmpeg.args(["-f", "mpjpeg"]).arg(&path).status().unwrap().success());
    path
}

const USUAL: &[&str] = &["-q:v", "4"];

#[test]
fn clips_get_the_findings_that_they_show() {
    if kit::peer::find("ffmpeg").is_none() {
        return;
    }
    let grey_half = "drawbox=y=ih/2:w=iw:h=ih/2:c=0x808080:t=fill:enable='eq(n,7)'";
    let green_half = "drawbox=y=ih/2:w=iw:h=ih/2:c=0x008700:t=fill:enable='eq(n,7)'";
    let moving = "testsrc2=s=320x240:r=10:d=4";
    // (filters, (name, first part, message))
    let table = [
        (moving.into(), None),
        (
            format!("{moving},drawbox=c=black:t=fill:enable='between(n,10,25)'"),
            Some(("black", 11, "16 pictures in a row are black")),
        ),
        (format!("{moving},drawbox=c=black:t=fill:enable='between(n,10,18)'"), None),
        ("color=black:s=64x64:r=10:d=0.5,noise=alls=3:allf=t".into(), Some(("black", 1, "all 5 pictures are black"))),
        (
            "color=0xb0b0b0:s=320x240:r=10:d=2,noise=alls=4:allf=t".into(),
            Some(("flat", 1, "all 20 pictures have one brightness and no detail")),
        ),
        (
            format!("{moving},drawbox=y=0:h=ih*9/10:w=iw:c=white:t=fill:enable='gte(n,20)'"),
            Some(("over-exposed", 21, "20 pictures in a row are white for the most part")),
        ),
        (
            "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=29:size=1,setpts=N/10/TB[a];\
             testsrc2=s=32x32:r=10:d=3[b];[a][b]overlay=shortest=1"
                .into(),
            Some(("nearly-frozen", 1, "all 30 pictures are nearly the same")),
        ),
        (
            "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=29:size=1,setpts=N/10/TB,noise=alls=6:allf=t".into(),
            None,
        ),
        (
            format!("{moving},{grey_half}"),
            Some(("concealed", 8, "the lower 46 % of the picture are grey without detail")),
        ),
        (
            format!("{moving},{green_half}"),
            Some(("concealed", 8, "the lower 46 % of the picture are green without detail")),
        ),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (filters, expected) in table {
        let path = clip(directory.path(), &filters, USUAL);
        let found = content(&path, &[]);
        let found: Vec<(&str, u64, &str)> =
            found.iter().map(|(name, part, message)| (name.as_str(), *part, message.as_str())).collect();
        assert_eq!(found, Vec::from_iter(expected), "{filters}");
        // Pictures that are not read are not judged.
        assert_eq!(content(&path, &["--shallow"]), [], "{filters}");
    }
}

/// A picture of this quality with its quantisation tables between frame header and scan, or where they were.
fn with_tables(quality: u8, behind_frame: bool) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_fn(32, 32, |x, y| image::Rgb([x as u8 * 7, y as u8 * 7, 90]));
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(&picture).unwrap();
    let segments: Vec<(u8, Vec<u8>)> = mjpeg::jpeg::Segments::of(&jpeg)
        .map(|it| (it.marker.code(), jpeg[it.at..it.at + 4 + it.parameters.len()].to_vec()))
        .collect();
    let of = |wanted: &dyn Fn(u8) -> bool| -> Vec<u8> {
        segments.iter().filter(|(code, _)| wanted(*code)).flat_map(|(_, bytes)| bytes.clone()).collect()
    };
    let (dqt, sof, scan) = (of(&|code| code == 0xdb), of(&|code| code == 0xc0), of(&|code| code == 0xda));
    let others = of(&|code| ![0xdb, 0xc0, 0xda].contains(&code));
    let at = jpeg.windows(scan.len()).position(|it| it == scan).unwrap();
    let [first, second] = if behind_frame { [sof, dqt] } else { [dqt, sof] };
    [&b"\xff\xd8"[..], &first, &others, &second, &jpeg[at..]].concat()
}

#[test]
fn tables_behind_the_frame_header_count_for_the_quality() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pictures.mjpeg");
    for (first, second) in [(true, true), (true, false), (false, true)] {
        let pictures = [with_tables(90, first), with_tables(90, second), with_tables(40, second)];
        fs::write(&path, pictures.concat()).unwrap();
        let found = content(&path, &[]);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, _, message)| (name.as_str(), message.as_str())).collect();
        assert_eq!(found, [("quality-change", "quality 40 after 90")], "{first} {second}");
    }
}

/// Options of the encoder, and the names and messages of the findings.
type Case = (&'static [&'static str], &'static [(&'static str, &'static str)]);

#[test]
fn a_change_of_size_sampling_or_quality_is_an_info() {
    if kit::peer::find("ffmpeg").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let first = fs::read(clip(directory.path(), "testsrc2=s=64x64:d=0.2", &["-q:v", "2"])).unwrap();
    let table: [Case; 3] = [
        (&["-q:v", "2", "-pix_fmt", "yuvj422p"], &[("sampling-change", "4:2:2 after 4:2:0")]),
        (&["-q:v", "20"], &[("quality-change", "quality 40 after 94")]),
        (&["-q:v", "2"], &[]),
    ];
    for (encoder, expected) in table {
        let path = clip(directory.path(), "testsrc2=s=64x64:d=0.2", encoder);
        let both = [&first[..], &fs::read(&path).unwrap()].concat();
        fs::write(&path, both).unwrap();
        let found = content(&path, &["--shallow"]);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, _, message)| (name.as_str(), message.as_str())).collect();
        assert_eq!(found, expected, "{encoder:?}");
    }
}
