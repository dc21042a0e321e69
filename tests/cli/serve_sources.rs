//! The sources of `mjpeg serve`.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kit::http::{self, Client};
use kit::run::{Server, mjpeg, run, start, start_with_input};

/// A server whose standard input is a pipe.
fn piped(args: &[&str]) -> Server {
    Server::with("-".as_ref(), args, |command| {
        command.stdin(Stdio::piped());
    })
}

#[test]
fn a_relay_forwards_every_frame_with_its_timestamp() {
    let camera = Server::start(&kit::frames(), &["--fps", "20"]);
    let relay = Server::start(camera.stream.as_ref(), &[]);
    let mut client = Client::watch(relay.address(), "/stream");
    let frames = kit::contents(&kit::frames());
    let parts: Vec<_> = (0..25).map(|_| client.part().unwrap()).collect();
    let first = frames.iter().position(|frame| *frame == parts[0].body).unwrap();
    for (n, part) in parts.iter().enumerate() {
        assert!(part.body == frames[(first + n) % frames.len()], "part {n}");
    }
    // These are the timestamps of the camera: planned times, exactly one interval apart.
    let stamps: Vec<f64> =
        parts.iter().map(|part| part.field("X-Timestamp").unwrap().parse().unwrap()).collect();
    let even = stamps.windows(2).filter(|pair| (pair[1] - pair[0] - 0.05).abs() < 0.002).count();
    assert!(even >= 20, "{stamps:?}");
}

#[test]
fn a_relay_has_one_upstream_connection_and_reconnects() {
    let camera = Server::start(&kit::frames(), &["--fps", "50"]);
    let address = camera.address().to_string();
    let relay = Server::start(camera.stream.as_ref(), &["--repeat", "0s"]);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::watch(relay.address(), "/stream")).collect();
    clients.iter_mut().for_each(|client| assert!(client.part().is_some()));
    let state = || -> serde_json::Value { serde_json::from_slice(&http::get(&address, "/state").1).unwrap() };
    kit::eventually("one viewer", || (state()["viewers"].as_array()?.len() == 1).then_some(()));
    let state = state();
    // The probe at the start may have been another one.
    assert!(state["totals"]["viewers"].as_u64().unwrap() <= 2, "{state}");
    let camera_stream = camera.stream.clone();
    camera.stop();
    clients.iter_mut().for_each(|client| drop(client.bytes_within(Duration::from_millis(300))));
    let mut command = mjpeg(["serve", "--fps", "50", "--listen", &address]);
    let _again = start(command.arg(kit::frames()));
    kit::eventually("frames after the camera is back", || {
        (!clients[0].bytes_within(Duration::from_millis(200)).is_empty()).then_some(())
    });
    relay.run.says(&camera_stream);
}

#[test]
fn frames_from_standard_input_are_sent_when_they_arrive() {
    let frames = kit::contents(&kit::frames());
    let mut server = piped(&["--repeat", "0s"]);
    let mut input = server.run.child().stdin.take().unwrap();
    let mut client = Client::watch(server.address(), "/stream");
    for frame in &frames[..5] {
        input.write_all(frame).unwrap();
        assert_eq!(
            client.part().unwrap().body,
            *frame,
            "each frame must be sent at once, not with the next one"
        );
    }
    drop(input);
    // A delimiter was already sent after the last frame, so one more part follows: the same frame.
    assert_eq!(client.part().unwrap().body, frames[4]);
    assert!(client.part().is_none() && client.is_over());
    server.run.end().expect(0);
}

#[test]
fn with_a_rate_standard_input_is_read_at_that_rate() {
    let frames = kit::contents(&kit::frames());
    let folder = tempfile::tempdir().unwrap();
    let together = folder.path().join("all.mjpeg");
    fs::write(&together, frames.concat()).unwrap();
    let server = Server::with("-".as_ref(), &["--fps", "200"], |command| {
        command.stdin(fs::File::open(&together).unwrap());
    });
    let parts = Client::watch(server.address(), "/stream").rest();
    let bodies: Vec<_> = parts.into_iter().map(|part| part.body).collect();
    assert_eq!(bodies, frames);
    server.run.end().expect(0);
}

#[test]
fn a_named_pipe_works_like_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.jpg");
    run(Command::new("mkfifo").arg(&pipe)).expect(0);
    // A signal ends the wait for a writer.
    let server = Server::start(&pipe, &[]);
    server.stop();

    let frames = kit::contents(&kit::frames());
    for args in [&[][..], &["--fps", "200"]] {
        let mut serve = mjpeg(["serve", "--listen", "127.0.0.1:0", "--repeat", "0s"]);
        let server = start(serve.arg(&pipe).args(args));
        let mut writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        writer.write_all(&frames[0]).unwrap();
        let stream = server.line();
        let mut client =
            Client::watch(stream.trim_start_matches("http://").trim_end_matches("/stream"), "/stream");
        assert!(client.part().unwrap().body == frames[0]);
        writer.write_all(&frames[1]).unwrap();
        drop(writer);
        assert!(client.rest().iter().any(|part| part.body == frames[1]));
        server.end().expect(0);
    }
}

#[test]
fn captures_and_concatenated_jpegs_are_played_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let frames = kit::contents(&kit::frames());
    let together = folder.path().join("all.mjpeg");
    fs::write(&together, frames.concat()).unwrap();
    let server = Server::start(&together, &["--loops", "2", "--fps", "200"]);
    let bodies: Vec<_> =
        Client::watch(server.address(), "/stream").rest().into_iter().map(|part| part.body).collect();
    assert_eq!(bodies, [frames.clone(), frames].concat());
    server.run.end().expect(0);

    let capture = kit::repository("fixtures/captures/mjpg-streamer.http");
    let about = fs::read(capture.with_extension("json")).unwrap();
    let about: serde_json::Value = serde_json::from_slice(&about).unwrap();
    let server = Server::start(&capture, &["--once", "--fps", "200"]);
    let parts = Client::watch(server.address(), "/stream").rest();
    let known = about.to_string();
    assert!(!parts.is_empty());
    for part in parts {
        let hash = <sha2::Sha256 as sha2::Digest>::digest(&part.body);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(known.contains(&hash), "{hash} is one of the capture's frames");
    }
}

#[test]
fn output_of_ffmpeg_can_be_piped_in() {
    let Some(mut ffmpeg) = kit::peer::command("ffmpeg") else { return };
    for format in ["mjpeg", "mpjpeg"] {
        ffmpeg.args([
            "-v",
            "error",
            "-re",
            "-f",
            "lavfi",
            "-i",
            "testsrc=r=20",
            "-t",
            "1",
            "-f",
            format,
            "-",
        ]);
        let mut feeder = ffmpeg.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let server = Server::with("-".as_ref(), &[], |command| {
            command.stdin(feeder.stdout.take().unwrap());
        });
        let parts = Client::watch(server.address(), "/stream").rest();
        assert!((15..=22).contains(&parts.len()), "{format}: {} parts", parts.len());
        server.run.end().expect(0);
        feeder.wait().unwrap();
        ffmpeg = Command::new("ffmpeg");
    }
}

#[test]
fn sources_without_a_stream_have_their_own_exit_codes() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}/stream");
    run(&mut mjpeg(["serve", &url, "--listen", "127.0.0.1:0"])).expect(3);
    let mut server = piped(&[]);
    server.run.child().stdin.take().unwrap().write_all(b"<html>no stream</html>").unwrap();
    let end = server.run.end().expect(4);
    assert!(end.err.contains("not an MJPEG stream"), "{}", end.err);
    for (bytes, args, code) in [
        (&b"<html>no stream</html>"[..], &["--fps", "5"][..], 4),
        (b"\xff\xd8\xff\xe0 half a picture", &[], 5),
        (b"\xff\xd8\xff\xe0 half a picture", &["--fps", "5"], 5),
    ] {
        let mut serve = mjpeg(["serve", "-", "--listen", "127.0.0.1:0"]);
        let mut server = start_with_input(serve.args(args).stdin(Stdio::piped()));
        server.child().stdin.take().unwrap().write_all(bytes).unwrap();
        let end = server.end().expect(code);
        assert_eq!(end.err.matches("mjpeg: serve: -").count(), 1, "{}", end.err);
    }
    let end = run(&mut mjpeg(["serve", "missing.jpg", "--once", "--listen", "127.0.0.1:0"])).expect(6);
    let says = "cannot open missing.jpg: No such file or directory";
    assert!(
        end.err.contains(says) && end.err.contains("without --once and --loops it is waited for"),
        "{}",
        end.err
    );
}

#[test]
fn an_end_after_the_last_frame_was_sent_ends_the_stream() {
    let frames = kit::contents(&kit::frames());
    for args in [&["--fps", "50"][..], &["--fps", "50", "--once"]] {
        let mut serve = mjpeg(["serve", "-", "--listen", "127.0.0.1:0"]);
        let mut server = start_with_input(serve.args(args).stdin(Stdio::piped()));
        let mut input = server.child().stdin.take().unwrap();
        input.write_all(&frames[0]).unwrap();
        let stream = server.line();
        let address = stream.trim_start_matches("http://").trim_end_matches("/stream");
        let mut client = Client::watch(address, "/stream");
        assert!(client.part().unwrap().body == frames[0]);
        // Only now the server learns that this was the last frame.
        drop(input);
        client.rest();
        assert!(client.is_over());
        server.end().expect(0);
    }
}

#[test]
fn closed_viewers_are_removed_while_the_source_is_silent() {
    let mut server = piped(&["--repeat", "0s", "--send-timeout", "1s"]);
    let mut input = server.run.child().stdin.take().unwrap();
    input.write_all(&kit::contents(&kit::frames())[0]).unwrap();
    for _ in 0..20 {
        assert!(Client::watch(server.address(), "/stream").part().is_some());
    }
    let state =
        || -> serde_json::Value { serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap() };
    kit::eventually("no viewer is left", || (state()["viewers"].as_array()?.is_empty()).then_some(()));
    // They were not evicted: they read all frames.
    assert_eq!(state()["totals"]["evicted"], 0);
    assert!(state()["fps"].is_null());
}

#[test]
fn a_directory_larger_than_the_cache_is_read_ahead_and_played() {
    let folder = tempfile::tempdir().unwrap();
    // 75 MiB in nine pictures, nearly all of it in COM segments (T.81 B.2.4.5).
    let grey = fs::read(kit::repository("fixtures/jpeg/grey.jpg")).unwrap();
    let pictures: Vec<Vec<u8>> = (0..9u8)
        .map(|n| {
            let segment = [b"\xff\xfe\xff\xff", &[n; 65_533][..]].concat();
            [&grey[..2], &segment.repeat(133)[..], &grey[2..]].concat()
        })
        .collect();
    for (n, picture) in pictures.iter().enumerate() {
        fs::write(folder.path().join(format!("{n}.jpg")), picture).unwrap();
    }
    let server = Server::start(folder.path(), &["--loops", "2", "--fps", "20", "--send-timeout", "60s"]);
    let parts = Client::watch(server.address(), "/stream?layout=early").rest();
    let numbers: Vec<usize> = parts.iter().map(|part| part.body[100].into()).collect();
    // A busy machine may skip frames, but sends none twice, and always sends the last one.
    assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "{numbers:?}");
    assert!(numbers.len() > 5 && numbers.last() == Some(&8), "{numbers:?}");
    assert!(parts.iter().zip(numbers).all(|(part, n)| part.body == pictures[n]));
    server.run.end().expect(0);
}

#[test]
fn a_source_that_takes_long_to_start_delays_no_other_answer() {
    // Each first viewer makes the source draw its large pictures again.
    let server = Server::start(Path::new("test:3840x2160"), &[]);
    let mut viewer = http::connect(server.address());
    write!(viewer, "GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address()).unwrap();
    // This request comes second and is answered before there is a picture for the first.
    let (head, _) = http::get(server.address(), "/healthz");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let received = viewer.peek(&mut [0; 10_000]).unwrap();
    assert!(received < 1000, "{received} bytes of the stream came before the other answer");
    let mut body = [0; 10_000];
    viewer.read_exact(&mut body).unwrap();
    server.stop();
}

#[test]
fn a_url_may_have_an_empty_port() {
    // RFC 3986 3.2.3: then it has the default port of its scheme. Another program may listen there.
    let server = start(&mut mjpeg(["serve", "--listen", "127.0.0.1:0", "http://127.0.0.1:/no/such/stream"]));
    let said = |run: &kit::run::Run| run.err().contains("http://127.0.0.1/no/such/stream");
    kit::eventually("a message about the default port", || said(&server).then_some(()));
    assert!(!server.err().contains("not a URL"), "{}", server.err());
}
