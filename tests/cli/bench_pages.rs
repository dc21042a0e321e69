//! `mjpeg bench` of what is no stream: what it is, and where the stream may be.

use crate::kit;

use kit::camera::{Camera, chunk};
use kit::run::{Server, mjpeg, run};

#[test]
fn a_page_is_named_with_the_path_of_the_stream() {
    let server = Server::start(&kit::frames(), &[]);
    for command in ["clients", "slow", "chunks", "path"] {
        let end = run(&mut mjpeg(["bench", command, &server.url("/"), "--duration", "300ms"])).expect(4);
        assert!(end.err.contains("not an MJPEG stream: the answer is text/html: \"mjpeg\""), "{}", end.err);
        assert!(end.err.contains("\nhint: this looks like mjpeg's own page, try /stream"), "{}", end.err);
    }
}

#[test]
fn a_page_is_named_however_it_is_sent() {
    let page = |more: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{more}\r\n");
        [head.as_bytes(), body].concat()
    };
    let body = b"<html><title>Camera 7</title>";
    for answer in [
        page("", body),
        page("Content-Length: 29\r\n", body),
        page("Transfer-Encoding: chunked\r\n", &[chunk(body), chunk(b"")].concat()),
    ] {
        for command in ["clients", "chunks"] {
            let answer = answer.clone();
            let camera = Camera::start(move |camera| camera.send(&answer));
            let words = ["bench", command, &camera.url, "--duration", "300ms"];
            let clients: &[&str] = if command == "clients" { &["-n", "1"] } else { &[] };
            let end = run(mjpeg(words).args(clients)).expect(4);
            assert!(end.err.contains("the answer is text/html: \"Camera 7\""), "{}", end.err);
            assert!(!end.err.contains("hint:"), "{}", end.err);
        }
    }
}

#[test]
fn what_cannot_be_reached_or_read_is_said_in_words() {
    for command in ["clients", "slow", "chunks", "path"] {
        let end = run(&mut mjpeg(["bench", command, "http://127.0.0.1:9/", "--duration", "300ms"])).expect(3);
        assert!(
            end.err.contains("http://127.0.0.1:9/: connection refused: nothing listens there"),
            "{}",
            end.err
        );
    }
    let end = run(&mut mjpeg(["bench", "merge", "no-such.hdr"])).expect(6);
    assert!(end.err.contains("mjpeg: bench: cannot read no-such.hdr: "), "{}", end.err);
}
