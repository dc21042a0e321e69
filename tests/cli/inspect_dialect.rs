//! `mjpeg inspect --dialect-of`: the nearest dialect of a stream, and a file that `serve --dialect` takes.

use crate::kit;
use crate::serve_dialects::{comparable, names, six};

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use kit::http;
use kit::run::{Server, mjpeg, run};
use memchr::memmem;
use serde_json::Value;
use tempfile::TempDir;

/// The object that `inspect --dialect-of` prints.
fn dialect_of(target: &str, args: &[&str]) -> Value {
    let end = run(mjpeg(["inspect", target, "--dialect-of", "--format", "json"]).args(args));
    // A head that announces fewer bytes than come cuts the stream: the status says so, and the dialect is printed.
    assert!(matches!(end.code(), Some(0 | 5)), "{}", end.err);
    serde_json::from_slice(&end.out).unwrap_or_else(|error| panic!("{error}: {}", end.text()))
}

/// The bytes of a response that a server with this dialect file sends.
fn served(pictures: &Path, file: &Path) -> Vec<u8> {
    let server = Server::start(pictures, &["--dialect", file.to_str().unwrap(), "--once", "--fps", "100"]);
    let request = format!("GET /stream HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    let received = http::exchange(server.address(), request.as_bytes());
    server.run.end().expect(0);
    received
}

fn near(bytes: &[u8], at: usize) -> String {
    bytes[at.saturating_sub(80)..(at + 80).min(bytes.len())].escape_ascii().to_string()
}

#[test]
fn the_file_of_each_sample_gives_its_bytes_again() {
    let (folder, _) = six();
    let files = TempDir::new().unwrap();
    for name in names() {
        let path = kit::repository(&format!("fixtures/streams/{name}/stream.http"));
        let object = dialect_of(path.to_str().unwrap(), &[]);
        assert_eq!(object["nearest"]["name"], *name, "{object}");
        let file = files.path().join("dialect.toml");
        fs::write(&file, object["file"].as_str().unwrap()).unwrap();
        let received = comparable(&name, &served(folder.path(), &file));
        let mut sample = comparable(&name, &fs::read(path).unwrap());
        match &*name {
            // It announces a picture that does not come.
            "ustreamer-advance-headers" => {
                sample.truncate(memmem::rfind(&sample, b"Content-Type: image/jpeg").unwrap());
            }
            // A sample that was written by hand: it has a word where bytes of another camera are.
            "node-mjpeg-proxy-re-emitter" => continue,
            _ => {}
        }
        let equal = sample.iter().zip(&received).take_while(|(a, b)| a == b).count();
        assert!(sample == received, "{name}: {} instead of {}", near(&received, equal), near(&sample, equal));
    }
}

#[test]
fn the_file_of_each_real_capture_gives_its_bytes_again() {
    let folder = kit::repository("fixtures/captures");
    let captures = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let captures: Vec<_> = captures.filter(|path| path.extension().is_some_and(|it| it == "http")).collect();
    assert!(captures.len() >= 10);
    for capture in captures {
        let name = capture.file_stem().unwrap().to_str().unwrap();
        let out = TempDir::new().unwrap();
        let recorded = out.path().join("pictures");
        let mut record = mjpeg(["record".as_ref(), capture.as_os_str(), recorded.as_os_str()]);
        let end = run(record.args(["--trim", "--quiet"]));
        assert!(end.err.lines().count() <= 2, "{}", end.err);
        let object = dialect_of(capture.to_str().unwrap(), &[]);
        let file = out.path().join("dialect.toml");
        fs::write(&file, object["file"].as_str().unwrap()).unwrap();
        let received = comparable(name, &served(&recorded, &file));
        let seen = comparable(name, &fs::read(&capture).unwrap());
        let equal = seen.iter().zip(&received).take_while(|(a, b)| a == b).count();
        // Behind the last whole picture our stream ends, with the end of its chunks.
        let end = memmem::rfind(&received, b"\xff\xd9").unwrap();
        assert!(equal >= end, "{name}: {} instead of {}", near(&received, equal), near(&seen, equal));
        assert!(memmem::find_iter(&received, b"\xff\xd9").count() >= 3, "{name}");
    }
}

#[test]
fn each_served_dialect_is_recognised() {
    let (folder, _) = six();
    let names = Mutex::new(names());
    let check = || loop {
        let Some(name) = names.lock().unwrap().pop() else { return };
        let server = Server::start(folder.path(), &["--dialect", &name, "--fps", "20"]);
        let object = dialect_of(&server.stream, &["--frames", "12"]);
        let nearest = &object["nearest"];
        let is_equal = nearest["differ"].as_array().unwrap().is_empty();
        assert!(nearest["name"] == *name || is_equal, "{name}: {object}");
        assert_eq!(object["sent_from"], "times", "{name}: {object}");
        server.stop();
    };
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(check))));
}

#[test]
fn secrets_do_not_go_into_the_file() {
    let capture = kit::repository("fixtures/captures/ustreamer-4.9.http");
    let text = run(&mut mjpeg(["inspect", capture.to_str().unwrap(), "--dialect-of"])).expect(0).text();
    assert!(!text.contains("b84c4fb1f2f6c9c9") && text.contains("stream_client=x/xxxxxxxxxxxxxxxx; path=/"));
    assert!(text.contains("# replaced by x, because they may be secret or identify the camera: Set-Cookie"));
    let object = dialect_of(capture.to_str().unwrap(), &[]);
    assert_eq!(object["replaced"], serde_json::json!(["Set-Cookie"]));
    // What was kept as it is has a line too.
    let capture = kit::repository("fixtures/captures/web2py.http");
    let text = run(&mut mjpeg(["inspect", capture.to_str().unwrap(), "--dialect-of"])).expect(0).text();
    assert!(
        text.contains("constant, as received; check them before you publish the file: X-Powered-By, Server")
    );
}

#[test]
fn odd_field_lines_and_large_pictures_are_read_and_secrets_in_all_heads_hidden() {
    let mut pictures = kit::contents(&kit::repository("fixtures/streams/frames"));
    // One of 1.5 MiB: comments behind SOI (T.81 B.2.4.5).
    let comment = [&b"\xff\xfe\xff\xff"[..], &[b'c'; 65533]].concat();
    let large: Vec<u8> = [&pictures[2][..2], &comment.repeat(24), &pictures[2][2..]].concat();
    pictures[2] = large;
    let response = |serial: &str, token: &str| {
        let mut stream = format!(
            "HTTP/1.1 200 OK\r\nServer : cam\r\nX-Token :\r\n  {token}\r\n\
             Content-Type : multipart/x-mixed-replace;\r\n boundary=b\r\n\r\n"
        )
        .into_bytes();
        for picture in &pictures {
            let length = picture.len();
            let head = format!(
                "--b\r\nContent-Type : image/jpeg\r\nX-Serial : {serial}\r\nX-Name: me\r\nX-Session:\r\n\t{token}\r\n\
                 Content-Length : {length}\r\n\r\n"
            );
            stream.extend([head.as_bytes(), picture, b"\r\n"].concat());
        }
        stream
    };
    let folder = TempDir::new().unwrap();
    let capture = folder.path().join("odd.http");
    fs::write(&capture, response("Q77-5", "se3ret")).unwrap();
    let object = dialect_of(capture.to_str().unwrap(), &[]);
    let file = object["file"].as_str().unwrap();
    assert!(
        !file.contains("Q77") && !file.contains("se3ret") && file.contains("Content-Length : {length}"),
        "{file}"
    );
    assert_eq!(object["replaced"], serde_json::json!(["X-Token", "X-Serial", "X-Session"]));
    assert_eq!(object["constant"], serde_json::json!(["Server", "X-Name"]));
    let dialect = folder.path().join("odd.toml");
    fs::write(&dialect, file).unwrap();
    let frames = kit::picture::folder(&pictures.iter().map(|it| &it[..]).collect::<Vec<_>>());
    let received = served(frames.path(), &dialect);
    let expected = response("xxx-x", "xxxxxx");
    let equal = expected.iter().zip(&received).take_while(|(a, b)| a == b).count();
    // The end of the stream is that of the file.
    assert!(equal + 4 >= expected.len(), "{} instead of {}", near(&received, equal), near(&expected, equal));
}

#[test]
fn what_cannot_be_described_or_read_has_a_message() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("text.http");
    fs::write(&file, "HTTP/1.1 200 OK\r\n\r\nno picture").unwrap();
    let file = file.to_str().unwrap();
    run(&mut mjpeg(["inspect", file, "--dialect-of"])).expect(4);
    let end = run(&mut mjpeg(["inspect", file, "--dialect-of", "--format", "json"])).expect(4);
    let object: Value = serde_json::from_slice(&end.out).unwrap();
    assert_eq!(
        (&object["schema"], &object["verdict"], &object["target"]),
        (&"mjpeg.inspect.failure/1".into(), &"not_a_stream".into(), &file.into())
    );
    let dialect = folder.path().join("wrong.toml");
    for (text, message) in [
        (
            "title = 'a'\nsource = 'b'\nsent = 'after'\nhaed = ''\n",
            "wrong.toml: line 4: unknown field `haed`",
        ),
        ("title = 'a'\nsource = 'b'\nsent = 'after'\nhead = ['{x}']\n", "unknown place {x}"),
        ("title", "wrong.toml: line 1: "),
    ] {
        fs::write(&dialect, text).unwrap();
        let end = run(&mut mjpeg(["serve", "test:", "--dialect", dialect.to_str().unwrap()])).expect(6);
        assert!(end.err.contains(message), "{}", end.err);
    }
    let end = run(&mut mjpeg(["serve", "test:", "--dialect", "./missing"])).expect(6);
    assert!(end.err.contains("cannot read ./missing"), "{}", end.err);
    run(&mut mjpeg(["inspect", "test:", "--dialect-of", "--hex", "1"])).expect(2);
}
