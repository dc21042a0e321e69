//! `mjpeg serve URL`: the camera is connected while there are viewers.

use crate::kit;

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kit::busy_camera::{BusyCamera, Mode};
use kit::camera::{Camera, HEAD, part};
use kit::http::{self, Client};
use kit::run::{Server, mjpeg, run};
use serde_json::Value;

/// A relay that lets go of its camera soon.
fn relay(url: &str, args: &[&str]) -> Server {
    Server::start(url.as_ref(), &[&["--linger", "300ms"], args].concat())
}

fn state(server: &Server) -> Value {
    serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap()
}

/// Waits until the camera behind a server is in this state.
fn camera_is(server: &Server, expected: &str) {
    kit::eventually(expected, || (state(server)["upstream"]["state"] == expected).then_some(()));
}

/// The seconds since 1970 in X-Timestamp.
fn taken(head: &str) -> f64 {
    http::field(head, "X-Timestamp").unwrap().parse().unwrap()
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn without_viewers_there_is_no_connection_and_many_viewers_share_one() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = relay(&camera.url, &[]);
    // The first picture ends the probe.
    camera_is(&server, "idle");
    camera.is_left();
    let (count, bytes) = (camera.count(), camera.bytes());
    assert_eq!(count, 1);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(700) {
        assert_eq!((camera.count(), camera.bytes(), camera.open()), (count, bytes, 0));
        std::thread::sleep(Duration::from_millis(20));
    }
    for visit in 2..4 {
        let mut viewers: Vec<Client> = (0..8)
            .map(|_| {
                std::thread::spawn({
                    let address = server.address().to_string();
                    move || Client::watch(&address, "/stream")
                })
            })
            .collect::<Vec<_>>()
            .into_iter()
            .map(|viewer| viewer.join().unwrap())
            .collect();
        for viewer in &mut viewers {
            assert!(viewer.part().is_some() && viewer.part().is_some());
        }
        assert_eq!((camera.count(), camera.open()), (visit, 1));
        let upstream = &state(&server)["upstream"];
        assert_eq!((&upstream["state"], &upstream["mode"]), (&"live".into(), &"on-demand".into()));
        assert_eq!(upstream["connects"], visit);
        // The connection stays for some time after the last viewer.
        drop(viewers);
        camera.is_left();
        camera_is(&server, "idle");
        let (head, body) = http::get(server.address(), "/healthz");
        assert!(head.starts_with("HTTP/1.1 200 ") && body.starts_with(b"ok (camera idle for "), "{head}");
    }
    assert_eq!(camera.most_open(), 1);
    let metrics = String::from_utf8(http::get(server.address(), "/metrics").1).unwrap();
    for line in
        ["mjpeg_serve_upstream_connected 0", "mjpeg_serve_upstream_connects_total 3", "mjpeg_serve_healthy 1"]
    {
        assert!(metrics.lines().any(|other| other == line), "{line} in\n{metrics}");
    }
}

#[test]
fn a_viewer_that_comes_soon_after_the_last_one_uses_its_connection() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = Server::start(camera.url.as_ref(), &["--linger", "1h"]);
    camera_is(&server, "idle");
    for _ in 0..3 {
        assert!(Client::watch(server.address(), "/stream").part().is_some());
    }
    assert_eq!((camera.count(), camera.most_open()), (2, 1));
}

#[test]
fn a_snapshot_without_viewers_is_a_new_picture() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = relay(&camera.url, &[]);
    for visit in 2..4 {
        camera.is_left();
        camera_is(&server, "idle");
        let asked = now();
        let (head, body) = http::get(server.address(), "/snapshot");
        assert!(head.starts_with("HTTP/1.1 200 ") && body.starts_with(b"\xff\xd8"), "{head}");
        assert!(taken(&head) >= asked, "{} was taken before {asked}", taken(&head));
        assert_eq!(http::field(&head, "X-Frame-Age"), None);
        assert_eq!(camera.count(), visit);
    }
    camera.is_left();
    assert_eq!(camera.most_open(), 1);
}

#[test]
fn the_first_part_of_a_new_viewer_is_a_new_picture() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = relay(&camera.url, &[]);
    for _ in 0..2 {
        camera_is(&server, "idle");
        let asked = now();
        let part = Client::watch(server.address(), "/stream").part().unwrap();
        assert!(taken(&part.head) >= asked, "{}", part.head);
        camera.is_left();
    }
}

const NO_PICTURE: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\nno picture\r\n--b--\r\n";
const CUT: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n\
    --b\r\nContent-Type: image/jpeg\r\nContent-Length: 100\r\n\r\ncut";

#[test]
fn a_url_that_does_not_work_ends_the_start_with_its_exit_code() {
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>no stream</p>";
    for (mode, code, why) in [
        (Mode::Answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), 3, "404"),
        (Mode::Answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), 3, "503"),
        (Mode::Answer(html), 4, "not an MJPEG stream"),
        (Mode::Answer(""), 5, "closed"),
        // A stream that ends without a picture: cleanly, in a part, and with none but damaged ones.
        (Mode::Answer(NO_PICTURE), 4, "no picture came"),
        (
            Mode::Answer("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"),
            4,
            "not an MJPEG",
        ),
        (Mode::Answer(CUT), 5, "no picture came"),
    ] {
        let camera = BusyCamera::start(mode);
        for args in [&[][..], &["--upstream", "always"]] {
            let mut serve = mjpeg(["serve", &camera.url, "--listen", "127.0.0.1:0"]);
            let end = run(serve.args(args)).expect(code);
            assert!(end.err.contains(why), "{}", end.err);
            // Nothing is announced that will not be served.
            assert!(end.out.is_empty(), "{}", end.text());
            assert_eq!(end.err.matches("http://127.0.0.1").count(), 1, "{}", end.err);
        }
        assert_eq!((camera.count(), camera.most_open()), (2, 1));
    }
    let end = run(&mut mjpeg(["serve", "test:", "--upstream", "always", "--linger", "1s"])).expect(2);
    assert!(end.err.contains("--upstream on-demand"), "{}", end.err);
    // Options for relays are refused where nothing is relayed, before anything is opened.
    for args in [
        &["--upstream", "always"][..],
        &["--linger", "1s"],
        &["--stale-ok"],
        &["--no-probe"],
        &["--poll", "1s"],
    ] {
        for source in ["test:", "no/such/directory", "-"] {
            let end = run(mjpeg(["serve", source]).args(args)).expect(2);
            assert!(end.err.contains(args[0]) && end.err.contains("URL"), "{}", end.err);
        }
    }
}

#[test]
fn a_silent_camera_ends_the_start_after_the_time_of_silence() {
    let silent = BusyCamera::start(Mode::Silence);
    let head_only = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        camera.wait_for_the_viewer_to_leave();
    });
    for url in [&silent.url, &head_only.url] {
        let begin = Instant::now();
        let end = run(&mut mjpeg(["serve", url, "--listen", "127.0.0.1:0", "--silence", "1s"])).expect(5);
        let took = begin.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(8)).contains(&took), "{took:?}");
        assert!(end.out.is_empty() && end.err.contains("hint: --silence T waits longer"), "{}", end.err);
    }
}

#[test]
fn silence_at_the_start_does_not_bound_the_pauses_later() {
    let frames = kit::contents(&kit::frames());
    let camera = Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        for jpeg in &frames[..2] {
            camera.send(&part(jpeg));
        }
        camera.wait_for_the_viewer_to_leave();
    });
    let args = ["--silence", "1s", "--upstream", "always"];
    let server = Server::start(camera.url.as_ref(), &args);
    kit::eventually("silence", || {
        http::get(server.address(), "/healthz").0.starts_with("HTTP/1.1 503 ").then_some(())
    });
    kit::eventually("a longer silence", || {
        (state(&server)["frame_age_ms"].as_f64().unwrap() > 2500.0).then_some(())
    });
    assert_eq!(state(&server)["upstream"]["state"], "live");
    assert_eq!(state(&server)["upstream"]["connects"], 1);
}

#[test]
fn without_a_probe_the_camera_may_come_later() {
    let camera = BusyCamera::start(Mode::Answer("HTTP/1.1 503 Starting\r\nContent-Length: 0\r\n\r\n"));
    let server = relay(&camera.url, &["--no-probe"]);
    assert_eq!((camera.count(), state(&server)["upstream"]["state"].as_str()), (0, Some("idle")));
    let viewer = std::thread::spawn({
        let address = server.address().to_string();
        move || Client::watch(&address, "/stream")
    });
    kit::eventually("two attempts", || (camera.count() >= 2).then_some(()));
    camera.set(Mode::Stream);
    let client = &mut viewer.join().unwrap();
    // The head of the response has waited for the first picture.
    assert!(client.head.starts_with("HTTP/1.1 200 ") && client.part().is_some(), "{}", client.head);
    assert_eq!(camera.most_open(), 1);
    server.run.says("back after");
}

#[test]
fn a_viewer_of_a_camera_that_does_not_answer_gets_503_in_time() {
    for (mode, why) in [
        (Mode::Silence, "no picture yet"),
        (Mode::Answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "404 Not Found"),
    ] {
        let camera = BusyCamera::start(mode);
        let server = Server::start(camera.url.as_ref(), &["--no-probe", "--silence", "1s"]);
        let begin = Instant::now();
        let (head, body) = http::get(server.address(), "/stream");
        assert!(head.starts_with("HTTP/1.1 503 ") && begin.elapsed() >= Duration::from_secs(1), "{head}");
        let retry_after = http::field(&head, "Retry-After").unwrap();
        assert!((1..=600).contains(&retry_after.parse::<u64>().unwrap()), "{head}");
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains(why) && text.matches(&camera.url).count() == 1, "{text}");
        let (head, _) = http::get(server.address(), "/snapshot");
        assert!(head.starts_with("HTTP/1.1 503 ") && http::field(&head, "X-Frame-Age").is_none(), "{head}");
        let (head, body) = http::get(server.address(), "/healthz");
        assert!(
            head.starts_with("HTTP/1.1 503 ") && body.starts_with(b"the source is silent (camera "),
            "{head}"
        );
        assert_eq!(camera.most_open(), 1);
        let _ = server.run.err();
    }
}

#[test]
fn a_camera_that_is_always_connected_needs_no_viewer() {
    let camera = BusyCamera::start(Mode::Stream);
    let server = Server::start(camera.url.as_ref(), &["--upstream", "always"]);
    kit::eventually("frames without a viewer", || {
        (state(&server)["frames"].as_u64().unwrap() > 50).then_some(())
    });
    assert!(Client::watch(server.address(), "/stream").part().is_some());
    assert_eq!((camera.count(), camera.open()), (1, 1));
    assert_eq!(state(&server)["upstream"]["mode"], "always");
}

#[test]
fn a_camera_that_answers_with_one_picture_is_polled_while_there_are_viewers() {
    let camera = BusyCamera::start(Mode::Snapshot);
    let server = relay(&camera.url, &["--poll", "100ms", "--repeat", "0s"]);
    camera_is(&server, "idle");
    assert_eq!(camera.count(), 1);
    let mut client = Client::watch(server.address(), "/stream");
    let (begin, bodies): (_, Vec<_>) =
        (Instant::now(), (0..6).map(|_| client.part().unwrap().body).collect());
    assert!(begin.elapsed() >= Duration::from_millis(400), "{:?}", begin.elapsed());
    assert!(bodies.windows(2).all(|pair| pair[0] != pair[1]), "each picture is another one");
    drop(client);
    camera_is(&server, "idle");
    let count = camera.count();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(500) {
        assert_eq!(camera.count(), count);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(camera.most_open(), 1);
}

#[test]
fn ustreamer_has_one_client_while_there_are_viewers() {
    #[cfg(target_os = "linux")]
    {
        let (Some(_), Some(_)) = (kit::peer::find("ustreamer"), kit::peer::find("cc")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let (_ustreamer, url) = crate::serve_chain::ustreamer(folder.path());
        let clients = || {
            let mut curl = Command::new("curl");
            let socket = folder.path().join("ustreamer");
            let out = run(curl.args(["-sS", "--unix-socket"]).arg(socket).arg("http://localhost/state"))
                .expect(0)
                .out;
            serde_json::from_slice::<Value>(&out).unwrap()["result"]["stream"]["clients"].as_u64().unwrap()
        };
        let Some(_) = kit::peer::find("curl") else { return };
        let server = relay(&url, &[]);
        kit::eventually("no client", || (clients() == 0).then_some(()));
        let mut viewers: Vec<Client> = (0..4).map(|_| Client::watch(server.address(), "/stream")).collect();
        viewers.iter_mut().for_each(|viewer| assert!(viewer.part().is_some()));
        assert_eq!(clients(), 1);
        drop(viewers);
        kit::eventually("no client", || (clients() == 0).then_some(()));
    }
}
