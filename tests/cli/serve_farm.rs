//! `mjpeg serve --farm`: many cameras in one process.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use kit::http::{self, Client};
use kit::run::{Run, mjpeg, run, start_with_input};
use serde_json::Value;
use tempfile::TempDir;

/// A server of a farm, in a folder that has its file and six pictures.
struct Farm {
    folder: TempDir,
    run: Run,
    address: String,
}

impl Farm {
    fn start(text: &str, args: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("frames")).unwrap();
        for n in 1..=6 {
            let name = format!("{n}.jpg");
            let picture = kit::repository(&format!("fixtures/streams/frames/{name}"));
            fs::copy(picture, folder.path().join("frames").join(name)).unwrap();
        }
        let file = folder.path().join("farm.toml");
        fs::write(&file, text).unwrap();
        let mut command = mjpeg(["serve", "--farm", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
        command.args(args).stdin(Stdio::null());
        let run = start_with_input(&mut command);
        let url = run.line();
        let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix('/'));
        let address = address.unwrap_or_else(|| panic!("{url}")).to_string();
        Self { folder, run, address }
    }

    fn get(&self, path: &str) -> (String, String) {
        let (head, body) = http::get(&self.address, path);
        (head, String::from_utf8_lossy(&body).into_owned())
    }

    fn state(&self) -> Value {
        serde_json::from_str(&self.get("/state").1).unwrap()
    }

    fn stop(self) {
        // A line says how many cameras there are.
        self.run.says("cameras, listed at");
        self.run.signal("TERM");
        self.run.end().expect(0);
    }
}

const THREE: &str = "
[defaults]
source = 'frames'
fps = 20

[[camera]]
name = 'cam[01-02]'
faults = ['stall=300ms@every=5']
dialect = 'motion'
auth = 'ann:secret'

[[camera]]
name = 'door'
listen = 0
layout = 'leading'
";

#[test]
fn each_camera_has_its_paths_its_dialect_and_its_faults() {
    let farm = Farm::start(THREE, &[]);
    let login = "YW5uOnNlY3JldA==";
    let request = |path: &str, more: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", farm.address);
        http::exchange(&farm.address, request.as_bytes())
    };
    // The dialect and the password of one camera only.
    for path in ["/cam01/stream", "/cam01/snapshot", "/cam02/state", "/cam01/"] {
        assert!(request(path, "").starts_with(b"HTTP/1.1 401 "), "{path}");
    }
    let with_password = format!("Authorization: Basic {login}\r\n");
    assert!(request("/cam01/snapshot", &with_password).starts_with(b"HTTP/1.1 200 "));
    assert!(request("/door/snapshot", "").starts_with(b"HTTP/1.1 200 "));
    let mut door = Client::watch(&farm.address, "/door/stream");
    assert!(door.part().unwrap().field("X-Timestamp").is_some());

    let target = format!("http://ann:secret@{}/cam02/stream", farm.address);
    let args = ["--frames", "12", "--max-gap", "200ms", "--fail-on", "error"];
    let verdict = kit::verdict::check(&target, &args).1;
    assert!(verdict["timing"]["stalls"].as_u64() >= Some(1), "{verdict}");
    let head = request("/cam02/stream", "");
    assert!(!String::from_utf8_lossy(&head).contains("secret"));
    let object =
        run(&mut mjpeg(["inspect", &target, "--dialect-of", "--frames", "4", "--format", "json"])).expect(0);
    let object: Value = serde_json::from_slice(&object.out).unwrap();
    assert_eq!(object["nearest"]["name"], "motion-4-5-5-x");
    farm.stop();
}

#[test]
fn a_camera_may_have_its_own_port() {
    let farm = Farm::start(THREE, &[]);
    let url = farm.state()["cameras"][2]["url"].as_str().unwrap().to_string();
    let own = url.strip_prefix("http://").unwrap().strip_suffix("/stream").unwrap().to_string();
    assert_ne!(own, farm.address);
    assert!(Client::watch(&own, "/stream").part().is_some());
    assert!(http::get(&own, "/state").1.windows(13).any(|it| it == br#""name":"door""#));
    for path in ["/cam01/stream", "/door/stream", "/targets"] {
        assert!(http::get(&own, path).0.starts_with("HTTP/1.1 404 "), "{path}");
    }
    farm.stop();
}

#[test]
fn the_paths_of_the_farm_show_all_cameras() {
    let farm = Farm::start(THREE, &[]);
    let (head, page) = farm.get("/");
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.contains("Content-Security-Policy: default-src 'none'")
    );
    assert!(page.contains("<title>mjpeg: cameras</title>"));
    let (head, _) = farm.get("/stream");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    let mut client = Client::watch(&farm.address, "/door/stream");
    client.part().unwrap();
    let state = farm.state();
    assert_eq!(
        (&state["schema"], &state["viewers"], &state["healthy"]),
        (&"mjpeg.farm/1".into(), &1.into(), &3.into())
    );
    let cameras = state["cameras"].as_array().unwrap();
    let names: Vec<_> = cameras.iter().map(|camera| camera["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cam01", "cam02", "door"]);
    assert_eq!(cameras[0]["faults"], serde_json::json!(["stall=300ms@every=5"]));
    assert_eq!((&cameras[0]["dialect"], &cameras[0]["protected"]), (&"motion".into(), &true.into()));
    assert!(cameras[2].get("protected").is_none() && cameras[2]["viewers"] == 1);
    let (_, metrics) = farm.get("/metrics");
    assert!(
        metrics.contains(r#"mjpeg_serve_viewers{stream="door"} 1"#)
            && metrics.contains(r#"{stream="cam01"}"#)
    );
    assert!(farm.get("/healthz").0.starts_with("HTTP/1.1 200 "));
    let (_, targets) = farm.get("/targets");
    assert_eq!(targets.lines().count(), 3);
    assert!(targets.contains(&format!("door http://{}/door/stream\n", farm.address)));
    farm.stop();
}

#[test]
fn the_password_of_the_server_protects_what_has_no_other_one() {
    let farm = Farm::start(THREE, &["--auth", "bob:other"]);
    for path in ["/", "/state", "/targets", "/door/stream", "/cam01/stream"] {
        assert!(farm.get(path).0.starts_with("HTTP/1.1 401 "), "{path}");
    }
    let request = |login: &str, path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\n\r\n");
        String::from_utf8_lossy(&http::exchange(&farm.address, head.as_bytes())[..12]).into_owned()
    };
    let (bob, ann) = ("Ym9iOm90aGVy", "YW5uOnNlY3JldA==");
    assert_eq!(request(bob, "/state"), "HTTP/1.1 200");
    assert_eq!(request(bob, "/door/snapshot"), "HTTP/1.1 200");
    assert_eq!(request(ann, "/cam01/snapshot"), "HTTP/1.1 200");
    assert_eq!(request(bob, "/cam01/snapshot"), "HTTP/1.1 401");
    farm.stop();
}

/// The source of the camera is on time all the while.
#[test]
fn the_state_of_a_camera_shows_that_a_fault_holds_its_pictures_back() {
    let text = "
[defaults]
source = 'frames'
fps = 20
[[camera]]
name = 'stops'
faults = ['stall=600s@3']
[[camera]]
name = 'goes'
";
    let farm = Farm::start(text, &[]);
    let camera = |index: usize| farm.state()["cameras"][index].clone();
    let sent_age = |index: usize| camera(index)["sent_age_ms"].as_f64();
    assert_eq!((sent_age(0), sent_age(1)), (None, None));
    let mut viewers = ["stops", "goes"].map(|name| Client::watch(&farm.address, &format!("/{name}/stream")));
    for viewer in &mut viewers {
        assert!(viewer.part().is_some() && viewer.part().is_some());
    }
    let then = kit::eventually("a stall", || sent_age(0).filter(|age| *age > 500.0));
    kit::eventually("a longer one", || sent_age(0).filter(|age| *age > then + 500.0));
    kit::eventually("pictures of the other one", || {
        viewers[1].part();
        sent_age(1).filter(|age| *age < 500.0)
    });
    kit::eventually("frames of the source", || {
        let camera = camera(0);
        (camera["healthy"] == true && camera["frame_age_ms"].as_f64()? < 500.0).then_some(())
    });
    drop(viewers);
    farm.stop();
}

#[test]
fn two_hundred_cameras_are_as_the_file_says() {
    let text = "
[defaults]
source = 'frames'
fps = 5
[[camera]]
name = 'good[001-150]'
[[camera]]
name = 'pattern[1-20]'
source = 'test:160x120'
[[camera]]
name = 'stalls[1-20]'
faults = ['stall=1500ms@every=4']
layout = 'leading'
[[camera]]
name = 'cut[1-10]'
faults = ['cut@5']
";
    let farm = Farm::start(text, &[]);
    let list = farm.folder.path().join("targets");
    let (_, targets) = farm.get("/targets");
    assert_eq!(targets.lines().count(), 200);
    fs::write(&list, targets).unwrap();
    // T410 is about this machine, where other tests run too.
    let args =
        "--frames 8 --duration 60s --jobs 200 --format json --max-gap 1s --ignore T410".split_whitespace();
    let end = run(mjpeg(["check", "--targets", list.to_str().unwrap()]).args(args)).expect(5);
    let verdicts: Vec<Value> = end.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), 200);
    for verdict in verdicts {
        let name = verdict["name"].as_str().unwrap();
        let findings = verdict["findings"].as_array().unwrap();
        let serious: Vec<_> = findings.iter().filter(|it| it["severity"] != "info").collect();
        let stalls = verdict["timing"]["stalls"].as_u64();
        match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "good" | "pattern" => assert!(serious.is_empty() && stalls == Some(0), "{verdict}"),
            "stalls" => assert!(stalls >= Some(1), "{verdict}"),
            _ => assert_eq!(
                (&verdict["verdict"], &verdict["end"]),
                (&"stalled".into(), &"truncated".into()),
                "{verdict}"
            ),
        }
    }
    farm.stop();
}

#[test]
fn a_wrong_farm_has_a_message_with_its_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("farm.toml");
    let serve = |text: &str| {
        fs::write(&file, text).unwrap();
        run(mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]).arg(&file)).expect(6)
    };
    for (text, message) in [
        (
            "[[camera]]\nname = 'a'\nsorce = 'test:'\n",
            "farm.toml:3: sorce: no such key; did you mean source?",
        ),
        ("[[camera]]\nname = '../a'\nsource = 'test:'\n", "farm.toml:2: name: a name has letters"),
        ("[[camera]]\nname = 'a'\nsource = 'missing'\n", "farm.toml:1: source of a: cannot open "),
        ("[[camera]]\nname = 'a'\nsource = '.'\n", "farm.toml:1: source of a: "),
        ("[[camera]\n", "farm.toml:1: "),
    ] {
        let end = serve(text);
        assert!(end.err.contains(message), "{}", end.err);
    }
    let missing = Path::new("missing.toml");
    let end = run(mjpeg(["serve", "--farm"]).arg(missing)).expect(6);
    assert!(end.err.contains("cannot read the farm in missing.toml"), "{}", end.err);
    for other in [&["test:"][..], &["--fps", "3"], &["--dialect", "motion"], &["--stream", "a=test:"]] {
        run(mjpeg(["serve", "--farm"]).arg(&file).args(other)).expect(2);
    }
}
