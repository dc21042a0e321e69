//! An independent validator checks the JSON output of the commands against the schemas in `docs/schemas`.

use crate::kit;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use kit::camera::Camera;
use kit::http::{self, Client};
use kit::peer;
use kit::run::{Server, mjpeg, run, start};
use serde_json::{Value, json};

/// Prints the errors of each line `{schema, instance}` as a JSON array.
const VALIDATOR: &str = "
import json, sys
from jsonschema import Draft202012Validator
for line in sys.stdin:
    case = json.loads(line)
    Draft202012Validator.check_schema(case['schema'])
    errors = Draft202012Validator(case['schema']).iter_errors(case['instance'])
    print(json.dumps([error.message for error in errors]))
";

/// Printed objects, each with the name of its schema.
#[derive(Default)]
struct Printed(Vec<(&'static str, Value)>);

impl Printed {
    fn lines(&mut self, schema: &'static str, text: &[u8]) {
        let before = self.0.len();
        for line in String::from_utf8_lossy(text).lines() {
            self.0.push((schema, serde_json::from_str(line).unwrap()));
        }
        assert!(self.0.len() > before, "nothing printed for {schema}");
    }
}

#[test]
fn all_json_output_is_valid_by_its_schema() {
    let Some(mut python) = peer::python("jsonschema") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut printed = Printed::default();

    let record = |target: &str, more: &[&str]| {
        run(mjpeg(["record", target]).arg(&out).args(["--force", "--format", "json"]).args(more))
    };
    let capture = fs::read(kit::repository("fixtures/captures").join(first_capture())).unwrap();
    let cut = folder.path().join("cut");
    fs::write(&cut, &capture[..capture.len() * 2 / 3]).unwrap();
    let cut = cut.to_str().unwrap();
    printed.lines("record", &record("test:", &["--frames", "3", "--hash"]).expect(0).out);
    printed.lines("manifest", &fs::read(out.join("manifest.jsonl")).unwrap());
    printed.lines("record", &record(cut, &[]).out);
    printed.lines("manifest", &fs::read(out.join("manifest.jsonl")).unwrap());
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    printed.lines("record", &record(&server.stream, &["--frames", "3"]).expect(0).out);
    printed.lines("manifest", &fs::read(out.join("manifest.jsonl")).unwrap());
    printed.lines("record", &record("http://127.0.0.1:1/", &[]).expect(3).out);

    let html = Camera::sending("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", vec![b"<p>".to_vec()]);
    for target in ["test:", cut, &server.stream, "http://127.0.0.1:1/", &html.url] {
        printed.lines("check", &run(&mut mjpeg(["check", target, "--frames", "5", "--format", "json"])).out);
    }
    printed
        .lines("check.rule", &run(&mut mjpeg(["check", "--list-rules", "--format", "json"])).expect(0).out);
    let recording = out.to_str().unwrap();
    for target in ["test:", cut, &server.stream, recording] {
        let mut inspect = mjpeg(["inspect", target, "--headers", "--hex", "9", "--jpeg", "--frames", "3"]);
        printed.lines("inspect", &run(inspect.args(["--format", "json"])).out);
        let mut diff = mjpeg(["inspect", target, "--diff", &server.stream, "--frames", "3", "--all"]);
        let mut dialect =
            mjpeg(["inspect", "fixtures/captures/motion.http", "--dialect-of", "--format", "json"]);
        dialect.current_dir(kit::repository(""));
        printed.lines("inspect.dialect", &run(&mut dialect).expect(0).out);
        printed.lines("inspect.diff", &run(diff.args(["--format", "json"])).out);
    }
    for target in ["http://127.0.0.1:1/", &server.url("/"), "no/such/file"] {
        let failed = run(&mut mjpeg(["inspect", target, "--headers", "--format", "json"]));
        printed.lines("inspect.failure", &failed.out);
        let diff = run(&mut mjpeg(["inspect", target, "--diff", cut, "--format", "json"]));
        printed.lines("inspect.diff", &diff.out);
    }
    printed
        .lines("check", &run(&mut mjpeg(["check", recording, "--fail-on", "info", "--format", "json"])).out);
    let baseline = folder.path().join("baseline.json");
    for option in ["--save-baseline", "--baseline"] {
        let mut check = mjpeg(["check", &server.stream, "--frames", "9", "--format", "json", option]);
        printed.lines("check", &run(check.arg(&baseline)).out);
    }
    printed.0.push(("baseline", serde_json::from_slice(&fs::read(&baseline).unwrap()).unwrap()));
    let mut bench = mjpeg(["bench", "chunks"]);
    bench.arg(kit::frames()).args(["--duration", "300ms", "--chunk", "1k,64k", "--format", "json"]);
    printed.lines("bench.chunks", &run(&mut bench).expect(0).out);
    let pattern = Server::start(std::path::Path::new("test:"), &[]);
    let mut path = mjpeg(["bench", "path", &pattern.stream, "--frames", "3", "--format", "json"]);
    printed.lines("bench.path", &run(&mut path).expect(0).out);
    let (hdr, before) = (folder.path().join("path.hdr"), folder.path().join("path.json"));
    for option in ["--save-baseline", "--baseline"] {
        let mut path = mjpeg(["bench", "path", &pattern.stream, "--frames", "3", "--format", "json", option]);
        printed.lines("bench.path", &run(path.arg(&before).arg("--hdr").arg(&hdr)).expect(0).out);
    }
    printed.0.push(("bench.baseline", serde_json::from_slice(&fs::read(&before).unwrap()).unwrap()));
    let mut merge = mjpeg(["bench", "merge", "--format", "json"]);
    printed.lines("bench.merge", &run(merge.arg(&hdr)).expect(0).out);

    let list = run(&mut mjpeg(["serve", "--list-faults", "--format", "json"])).expect(0);
    printed.lines("serve.fault-list", &list.out);
    let log = folder.path().join("faults.jsonl");
    let faults = ["--fault", "no-eoi@2", "--fault", "response-field", "--fault-log", log.to_str().unwrap()];
    let faulty = Server::start(&kit::frames(), &faults);
    let mut client = Client::watch(faulty.address(), "/stream");
    (0..3).for_each(|_| drop(client.part().unwrap()));
    drop(client);
    faulty.run.signal("INT");
    faulty.run.end().expect(0);
    printed.lines("serve.fault", &fs::read(&log).unwrap());

    let mut monitor =
        mjpeg(["monitor", &server.stream, "http://127.0.0.1:1/", "--window=300ms", "--listen=0"]);
    let monitor = start(&mut monitor);
    let changes = format!("{}\n{}\n", monitor.line(), monitor.line());
    printed.lines("monitor", changes.as_bytes());
    let address =
        monitor.err().split("http://").find_map(|it| it.split_once("/\n").map(|it| it.0.to_string()));
    printed.lines("monitor.state", &http::get(&address.unwrap(), "/state").1);
    monitor.signal("TERM");
    monitor.end().expect(0);

    let measured = Server::start(&kit::frames(), &["--fps", "20"]);
    let bench = |args: &[&str]| run(mjpeg(["bench"]).args(args).args(["--format", "json", "--quiet"]));
    let pid = measured.run.pid().to_string();
    let clients =
        ["clients", &measured.stream, "-n", "1,3", "--duration", "400ms", "--pid", &pid, "--max-gap", "1ms"];
    printed.lines("bench.clients", &bench(&clients).expect(1).out);
    printed.lines(
        "bench.clients",
        &bench(&["clients", "http://127.0.0.1:1/", "-n", "2", "--duration", "300ms"]).out,
    );
    printed.lines(
        "bench.chunks.url",
        &bench(&["chunks", &measured.stream, "--duration", "600ms"]).expect(0).out,
    );
    let slow = ["slow", &measured.stream, "--duration", "1s", "--pid", &pid];
    printed.lines("bench.slow", &bench(&slow).out);
    printed.lines("bench.slow", &bench(&["slow", "http://127.0.0.1:1/"]).expect(3).out);
    let early = |args: &[&str]| run(mjpeg(["bench"]).args(args).args(["--format", "json"])).expect(3).out;
    printed.lines("bench.path", &early(&["path", "http://127.0.0.1:1/"]));
    printed.lines("bench.chunks.url", &early(&["chunks", "http://127.0.0.1:1/"]));
    drop(measured);

    let state = |server: &Server| http::get(server.address(), "/state").1;
    printed.lines("state", &state(&Server::start(&kit::frames(), &[])));
    let mut client = Client::watch(server.address(), "/stream?layout=leading");
    assert!(client.part().is_some() && client.part().is_some());
    printed.lines("state", &state(&server));
    // The server would close it, with a message, before all documents are checked on a slow machine.
    drop(client);
    printed.lines("state", &state(&Server::start(server.stream.as_ref(), &[])));
    let lost = Server::start("http://127.0.0.1:1/".as_ref(), &["--no-probe", "--silence", "1s"]);
    assert!(http::get(lost.address(), "/snapshot").0.starts_with("HTTP/1.1 503 "));
    printed.lines("state", &state(&lost));
    lost.run.says("127.0.0.1:1");
    let missing = Server::start(&folder.path().join("missing.jpg"), &[]);
    printed.lines("state", &state(&missing));
    missing.run.says("missing.jpg");

    let farm = folder.path().join("farm.toml");
    let camera = "[[camera]]\nsource = 'test:160x120'\n";
    let text = format!(
        "{camera}name = 'a'\n{camera}name = 'b'\nfaults = 'close@9'\nauth = 'a:b'\nlisten = 0\ndialect = 'motion'\n"
    );
    fs::write(&farm, text).unwrap();
    let mut serve = mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]);
    let running = start(serve.arg(&farm));
    let url = running.line();
    let state = http::get(url.trim_start_matches("http://").trim_end_matches('/'), "/state").1;
    printed.lines("farm", &state);
    running.says("2 cameras, listed at");

    let cases: Vec<(&str, Value, bool)> = printed
        .0
        .into_iter()
        .flat_map(|(schema, instance)| {
            // The schema must refuse an unknown key and a missing key.
            let mut stray = instance.clone();
            stray["stray"] = json!(1);
            let mut less = instance.clone();
            less.as_object_mut().unwrap().shift_remove(if schema == "manifest" { "part" } else { "schema" });
            [(schema, instance, true), (schema, stray, false), (schema, less, false)]
        })
        .collect();
    let mut schemas = HashMap::new();
    let input: String = cases
        .iter()
        .map(|(name, instance, _)| {
            let schema: &Value = schemas.entry(*name).or_insert_with(|| {
                let file = kit::repository(&format!("docs/schemas/{name}.schema.json"));
                serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
            });
            json!({ "schema": schema, "instance": instance }).to_string() + "\n"
        })
        .collect();
    let mut child =
        python.args(["-c", VALIDATOR]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let answers = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(answers.status.success());
    let answers: Vec<Vec<String>> = answers
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    assert_eq!(answers.len(), cases.len());
    for ((schema, instance, sound), errors) in cases.iter().zip(&answers) {
        assert_eq!(errors.is_empty(), *sound, "{schema}: {errors:?}\n{instance}");
    }
}

fn first_capture() -> String {
    let folder = fs::read_dir(kit::repository("fixtures/captures")).unwrap();
    let mut names: Vec<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".http"));
    names.sort();
    names.swap_remove(0)
}
