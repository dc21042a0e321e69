//! `mjpeg serve --dialect`: the bytes of cameras and servers, and when they are sent.

use crate::kit;

use std::fs;
use std::time::Duration;

use kit::http::{self, Client};
use kit::run::{Server, mjpeg, run};
use memchr::memmem;
use serde_json::Value;
use tempfile::TempDir;

/// A directory with the six pictures of the samples.
pub fn six() -> (TempDir, Vec<Vec<u8>>) {
    let pictures: Vec<_> = (1..=6)
        .map(|n| fs::read(kit::repository(&format!("fixtures/streams/frames/{n}.jpg"))).unwrap())
        .collect();
    let folder = kit::picture::folder(&pictures.iter().map(Vec::as_slice).collect::<Vec<_>>());
    (folder, pictures)
}

/// The names of all dialects.
pub fn names() -> Vec<String> {
    let out = run(mjpeg(["serve", "--list-dialects", "--format", "json"]).env("NO_COLOR", "1")).expect(0);
    let line =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_string();
    out.text().lines().map(line).collect()
}

/// The bytes with the values of these fields replaced: they depend on the time.
fn without_times(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for name in ["\nDate: ", "\nExpires: ", "\nSet-Cookie: ", "\nX-Timestamp: ", "\nX-UtcTime:"] {
        let found: Vec<_> = memmem::find_iter(&bytes, name.as_bytes()).collect();
        for at in found {
            let value = at + name.len();
            let end = value + bytes[value..].iter().position(|byte| *byte == b'\r').unwrap();
            bytes[value..end].fill(b'T');
        }
    }
    bytes
}

/// What the sample of a dialect must be replaced by, since no other server can know it.
pub fn comparable(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = without_times(bytes);
    match name {
        // Its buffer holds bytes of earlier pictures. Ours are NULs.
        "saljam-mjpeg" => {
            let ends: Vec<_> = memmem::find_iter(&bytes, b"\xff\xd9").map(|at| at + 2).collect();
            for end in ends {
                if let Some(junk) = bytes.get_mut(end..end + 4000) {
                    junk.fill(0);
                }
            }
        }
        // The sample says 160x120 of pictures that are smaller.
        "sercomm-mjpg-blocks" => {
            let heads: Vec<_> = memmem::find_iter(&bytes, b"MJPG").collect();
            heads.into_iter().for_each(|head| bytes[head + 8..head + 12].fill(0));
        }
        // Motion writes sizes in upper case (fixtures/captures/motion.http), the sample in lower case.
        "motion-4-5-5-x" => {
            let boundaries: Vec<_> = memmem::find_iter(&bytes, b"\r\n--BoundaryString\r\n").collect();
            boundaries.into_iter().for_each(|at| bytes[at - 3..at].make_ascii_lowercase());
        }
        // The sample has a word where the line end of the camera behind the proxy is.
        "node-mjpeg-proxy-re-emitter" => {
            let bytes = String::from_utf8_lossy(&bytes).replace("(upstream)", "");
            return bytes
                .lines()
                .filter(|line| !line.chars().all(|c| c.is_ascii_hexdigit()))
                .collect::<String>()
                .into();
        }
        _ => {}
    }
    bytes
}

#[test]
fn each_dialect_writes_the_bytes_of_its_sample() {
    let (folder, _) = six();
    let names = names();
    assert_eq!(names.len(), 58);
    for name in names {
        let sample = fs::read(kit::repository(&format!("fixtures/streams/{name}/stream.http"))).unwrap();
        let server = Server::start(folder.path(), &["--dialect", &name, "--once", "--fps", "100"]);
        let request = format!("GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
        let received = http::exchange(server.address(), request.as_bytes());
        server.run.end().expect(0);
        let (mut sample, received) = (comparable(&name, &sample), comparable(&name, &received));
        if name == "ustreamer-advance-headers" {
            // It announces a picture that does not come.
            sample.truncate(memmem::rfind(&sample, b"Content-Type: image/jpeg").unwrap());
        }
        let equal = sample.iter().zip(&received).take_while(|(a, b)| a == b).count();
        let from = equal.saturating_sub(80);
        let near = |bytes: &[u8]| bytes[from..(equal + 80).min(bytes.len())].escape_ascii().to_string();
        assert!(sample == received, "{name}: {} instead of {}", near(&received), near(&sample));
    }
}

#[test]
fn record_gets_the_pictures_of_each_dialect_bit_for_bit() {
    let (folder, pictures) = six();
    for name in names() {
        let out = TempDir::new().unwrap();
        let server = Server::start(folder.path(), &["--dialect", &name, "--once", "--fps", "100"]);
        run(&mut mjpeg(["record".as_ref(), server.url("/stream").as_ref(), out.path(), "--trim".as_ref()]))
            .expect(0);
        server.run.end().expect(0);
        assert!(kit::contents(out.path()) == pictures, "{name}");
    }
}

/// The codes of all findings about bytes; those about times depend on how the bytes come.
fn codes(target: &str) -> Vec<String> {
    let verdict = kit::verdict::check(target, &["--deep", "--fail-on", "error"]).1;
    let codes =
        verdict["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap());
    let mut codes: Vec<_> = codes.filter(|code| !code.starts_with(['T', 'C'])).map(String::from).collect();
    codes.sort();
    codes
}

#[test]
fn check_finds_in_a_served_dialect_what_it_finds_in_its_sample() {
    let (folder, _) = six();
    for name in names() {
        let server = Server::start(folder.path(), &["--dialect", &name, "--once", "--fps", "100"]);
        let served = codes(&server.url("/stream"));
        server.run.end().expect(0);
        let sample = kit::repository(&format!("fixtures/streams/{name}/stream.http"));
        let of_sample = match &*name {
            // Bytes that no other server can know, and a delimiter that announces no picture.
            "saljam-mjpeg" | "node-mjpeg-proxy-re-emitter" | "ustreamer-advance-headers" => continue,
            // A file may begin with its body, a response may not.
            "gstreamer-multipartmux-tcpserversink" => vec!["H121".to_string()],
            _ => codes(sample.to_str().unwrap()),
        };
        assert_eq!(served, of_sample, "{name}");
    }
}

#[test]
fn a_dialect_decides_what_is_sent_with_a_picture() {
    let (folder, pictures) = six();
    for (name, expected) in [
        ("darknet", &b""[..]),
        ("arecont", b""),
        ("spyglass", b"\r\n"),
        ("mjpg-streamer", b"\r\n--boundarydonotcross\r\n"),
        ("motion", b"\r\n\r\n"),
        (
            "ustreamer-advance-headers",
            b"\r\n--boundarydonotcross\r\nContent-Type: image/jpeg\r\nX-Timestamp: TTTTTTTTTTTTTTTTT\r\n\r\n",
        ),
    ] {
        let server = Server::start(folder.path(), &["--dialect", name, "--fps", "1"]);
        let mut client = Client::watch(server.address(), "/stream?layout=early");
        let bytes = without_times(&client.bytes_within(Duration::from_millis(600)));
        let end = memmem::find(&bytes, &pictures[0]).expect("the first picture") + pictures[0].len();
        assert_eq!(bytes[end..].escape_ascii().to_string(), expected.escape_ascii().to_string(), "{name}");
    }
}

#[test]
fn faults_and_dialects_combine() {
    let (folder, pictures) = six();
    let server =
        Server::start(folder.path(), &["--dialect", "motion", "--fault", "drip=500", "--once", "--fps", "5"]);
    let request = format!("GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    let received = http::exchange(server.address(), request.as_bytes());
    let chunks = memmem::find_iter(&received, b"\r\n1F4\r\n").count();
    assert!(chunks >= 24, "{chunks} chunks of 500 bytes");
    let out = TempDir::new().unwrap();
    let file = out.path().join("dripped.http");
    fs::write(&file, &received).unwrap();
    let recorded = out.path().join("out");
    run(&mut mjpeg(["record".as_ref(), file.as_os_str(), recorded.as_os_str()])).expect(0);
    assert!(kit::contents(&recorded) == pictures);
    server.run.end().expect(0);
}

#[test]
fn dialects_are_listed_and_found_by_name_title_or_beginning() {
    let text = run(&mut mjpeg(["serve", "--list-dialects"])).expect(0).text();
    assert!(
        text.lines()
            .any(|line| line.starts_with("motion-4-5-5-x ") && line.ends_with("Motion 4.5/5.x (Motion)"))
    );
    for (name, message) in [
        ("nikon", "no dialect is called nikon; --list-dialects shows all"),
        ("vlc", "vlc can be vlc-mpjpeg-mux-default-mime or vlc-mpjpeg-mux-documented-mime-option"),
    ] {
        let end = run(&mut mjpeg(["serve", "test:", "--dialect", name])).expect(2);
        assert!(end.err.contains(message), "{}", end.err);
    }
    for other in [&["--layout", "early"][..], &["--boundary", "b"], &["--cors", "*"]] {
        run(mjpeg(["serve", "test:", "--dialect", "motion"]).args(other)).expect(2);
    }
    run(&mut mjpeg(["serve", "--format", "json", "test:"])).expect(2);
}
