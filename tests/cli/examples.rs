//! Commands of the documents and of the help that have places of the reader in them, such as `http://camera/`. Each is run for a
//! second, in a folder that has what it names, and with the URL of a server in the place. It must not end as a command that is
//! wrong, or that finds no camera, no stream or no file. What is not run is in [`NOT_RUN`], with the reason.

mod found;

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Command;

use found::{Example, examples, without_variables};
use kit::run::{Server, mjpeg, run};

/// The beginnings of commands that are not run, and why.
const NOT_RUN: [(&str, &str); 22] = [
    ("cargo ", "takes minutes; the names in it are compared by tests/cli/readme.rs"),
    ("rustup ", "downloads; .ci/targets runs it"),
    (".ci/", "takes minutes, and is what runs the tests"),
    ("benches/", "takes minutes; the names in it are compared by tests/cli/readme.rs"),
    ("fuzz/", "takes minutes; the names in it are compared by tests/cli/readme.rs"),
    ("target/peers-venv/bin/python benches/", "takes minutes; the names are compared by tests/cli/readme.rs"),
    ("$P benches/", "takes minutes; the names in it are compared by tests/cli/readme.rs"),
    ("python3 -m venv ", "downloads programs that only a measurement needs"),
    ("npm install ", "downloads programs that only a measurement needs"),
    ("python3 benches/", "takes minutes; the names in it are compared by tests/cli/readme.rs"),
    ("djpeg ", "how a fixture was made, once"),
    ("ffmpeg -i source.ppm ", "how a fixture was made, once"),
    ("kill -USR1 ", "tests/cli/record_ring.rs sends the signal"),
    ("mjpeg check --targets - ", "reads what echo prints; tests/cli/check_baseline.rs does the same"),
    ("nginx ...", "no whole command; tests/cli/kit/nginx.rs runs nginx"),
    ("sbatch ", "needs Slurm; benches/fleet/slurm.sh runs it"),
    ("source <(mjpeg completions zsh)", "needs zsh; tests/cli/documents.rs makes all completions"),
    ("mjpeg completions fish | source", "needs fish; tests/cli/documents.rs makes all completions"),
    ("systemd-analyze ", "needs systemd; .ci/package runs it"),
    (
        "mjpeg check http://camera/stream --duration 5m --baseline ",
        "needs the five minutes before it; tests/cli/check_baseline.rs compares",
    ),
    ("mjpeg check https://", "needs a server with TLS; tests/cli/reach.rs has those"),
    ("mjpeg serve http://camera/video --proxy ", "needs a proxy; tests/cli/reach_proxy.rs has those"),
];

/// Two parts of an example that belong together, and listen on ports of the reader.
const CHAIN: &str =
    "ffmpeg -i http://127.0.0.1:8080/stream -q:v 5 -f mpjpeg -listen 1 http://127.0.0.1:8081/";

/// What answers in place of the reader's camera.
struct Camera {
    stream: String,
    snapshot: String,
}

#[test]
fn every_command_with_places_of_the_reader_runs_or_says_why_not() {
    let server = Server::start(Path::new("test:320x240"), &["--fps", "20"]);
    let snapshot = server.stream.replace("/stream", "/snapshot");
    let camera = Camera { stream: server.stream.clone(), snapshot };
    let templates = tempfile::tempdir().unwrap();
    write_files(templates.path(), &camera);
    let all = examples();
    let (marked, runs): (Vec<Example>, Vec<Example>) =
        all.into_iter().partition(|it| reason(&it.command).is_some());
    assert!(runs.len() > 110 && marked.len() > 40, "{} and {}", runs.len(), marked.len());
    let attempt = |it: &Example| failure(it, &camera, templates.path());
    let failures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = runs
            .chunks(runs.len().div_ceil(6))
            .map(|some| scope.spawn(|| some.iter().filter_map(attempt).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let is_used = |start: &str| marked.iter().any(|it| without_variables(&it.command).starts_with(start));
    let is_left_out = |start: &str| start == "fuzz/" && !kit::has_fuzz();
    let unused: Vec<&str> =
        NOT_RUN.iter().map(|(start, _)| *start).filter(|it| !is_used(it) && !is_left_out(it)).collect();
    assert!(unused.is_empty(), "no such commands: {unused:?}");
}

/// Why a command is not run.
fn reason(command: &str) -> Option<&'static str> {
    let command = without_variables(command);
    let chain = CHAIN
        .starts_with(command.trim_end_matches([' ', '&', '\\']))
        .then_some("listens on a port of the reader");
    NOT_RUN.iter().find(|(start, _)| command.starts_with(start)).map(|(_, why)| *why).or(chain)
}

/// Runs it. Returns what is wrong with it.
fn failure(example: &Example, camera: &Camera, templates: &Path) -> Option<String> {
    let command = prepared(&example.command, camera);
    let optional = ["jq", "curl", "ffmpeg", "man", "less"];
    if optional
        .iter()
        .any(|it| command.split_whitespace().any(|word| word == *it) && kit::peer::look_for(it).is_none())
    {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    run(Command::new("cp").args(["-r", "."]).arg(folder.path()).current_dir(templates)).expect(0);
    // A recorder makes its files, and refuses those of others.
    if command.starts_with("mjpeg record ") && !command.contains("--resume") {
        for name in ["out", "night", "frames", "OUT"] {
            fs::remove_dir_all(folder.path().join(name)).unwrap();
        }
        for name in ["site.http", "site.http.timing", "out.mkv"] {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_mjpeg")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    // The status of each program of a pipeline. timeout has 124, and ends all that it started.
    let script = format!(
        "{command}\nfor status in \"${{PIPESTATUS[@]}}\"; do\n[ $status -lt 2 ] || exit $status\ndone"
    );
    // Other tests measure times meanwhile.
    let end = run(Command::new("nice")
        .args(["-n", "15", "timeout", "-k", "20", "1", "bash", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", &path)
        .env("HOME", folder.path())
        .env("CAMERA_URL", &camera.stream)
        .env("SLURM_ARRAY_TASK_ID", "1"));
    // 23: curl, whose reader has what it wants.
    let is_right = matches!(end.code(), Some(0 | 1 | 23 | 124));
    (!is_right).then(|| format!("{}: {command}: {}\n{}", example.place, end.status, end.err))
}

/// A command with what is there in the places of the reader.
fn prepared(command: &str, camera: &Camera) -> String {
    let mut words = String::new();
    let mut rest = command;
    while let Some(at) = rest.find("http://") {
        let (before, url) = rest.split_at(at);
        let end = url.find([' ', '\'', '"']).unwrap_or(url.len());
        words += before;
        words += if url[..end].contains("snap") { &camera.snapshot } else { &camera.stream };
        rest = &url[end..];
    }
    words += rest;
    for (place, value) in [
        ("\"$ARG1$\"", &camera.stream[..]),
        ("$ARG2$", "5"),
        (" URL", &format!(" {}", camera.stream)),
        ("$(pidof SERVER)", "$$"),
        ("$(pidof motion)", "$$"),
        ("$(pidof ustreamer)", "$$"),
        ("/usr/local/bin/", ""),
        ("/dev/shm/", ""),
        ("/run/", ""),
        ("/config/", ""),
        ("|| true", ""),
    ] {
        words = words.replace(place, value);
    }
    if let Some((before, behind)) = words.clone().split_once("--listen ") {
        let behind = behind.split_once(' ').map_or("", |(_, behind)| behind);
        words = format!("{before}--listen 127.0.0.1:0 {behind}");
    } else if !words.contains("--unix ") {
        words = words.replace("mjpeg serve ", "mjpeg serve --listen 127.0.0.1:0 ");
    }
    words.trim_end_matches([' ', '&', '\\']).to_string()
}

/// What the commands name.
fn write_files(folder: &Path, camera: &Camera) {
    let at = |name: &str| folder.join(name);
    run(mjpeg(["record", "test:320x240"]).arg(at("frames")).args(["--frames", "5", "--quiet"])).expect(0);
    run(mjpeg(["record", &camera.stream]).arg(at("out")).args(["--frames", "5", "--quiet"])).expect(0);
    for (of, copy) in [("frames", "front"), ("frames", "back"), ("out", "OUT"), ("out", "night")] {
        run(Command::new("cp").arg("-r").args([at(of), at(copy)])).expect(0);
    }
    for copy in ["image.jpg", "a.jpg"] {
        fs::copy(at("frames/frame-000001.jpg"), at(copy)).unwrap();
    }
    run(mjpeg(["record", &camera.stream, "--frames", "5", "--quiet", "--raw"])
        .arg(at("site.http"))
        .arg("--mkv")
        .arg(at("out.mkv")))
    .expect(0);
    fs::copy(kit::repository("fixtures/captures/motion.http"), at("capture.http")).unwrap();
    fs::create_dir(at("recordings")).unwrap();
    fs::copy(at("capture.http"), at("recordings/one.http")).unwrap();
    fs::copy(kit::repository("fixtures/dialects/motion-4-5-5-x.toml"), at("camera.toml")).unwrap();
    fs::copy(kit::repository("docs/monitor/modules.toml"), at("modules.toml")).unwrap();
    fs::write(at("farm.toml"), "[[camera]]\nname = \"cam[1-3]\"\nsource = \"frames/\"\n").unwrap();
    fs::write(at("cameras.txt"), format!("front {}\n", camera.stream)).unwrap();
    run(Command::new("cp").arg("-r").args([kit::repository("man"), at("man")])).expect(0);
    for passwords in ["users", "users.txt"] {
        fs::write(at(passwords), "user:correct-horse\n").unwrap();
    }
    fs::write(at("secret"), "correct-horse\n").unwrap();
    fs::write(at("tell.sh"), "#!/bin/sh\n").unwrap();
    run(Command::new("chmod").arg("+x").arg(at("tell.sh"))).expect(0);
    run(mjpeg(["check", &camera.stream, "--frames", "20", "--quiet", "--save-baseline"])
        .arg(at("firmware-1.json")))
    .expect(0);
    let json = run(mjpeg(["check", "--format", "json"]).arg(at("capture.http"))).text();
    fs::write(at("shard-1.json"), json).unwrap();
    let short = ["-n", "1", "--duration", "200ms", "--quiet", "--hdr"];
    run(mjpeg(["bench", "clients", &camera.stream]).args(short).arg(at("one.hdr"))).expect(0);
    if kit::peer::look_for("ffmpeg").is_some() {
        let pictures = at("frames").join("frame-%06d.jpg");
        for video in ["clip.mp4", "video.mp4"] {
            run(Command::new("ffmpeg").args(["-loglevel", "error", "-i"]).arg(&pictures).arg(at(video)))
                .expect(0);
        }
    }
}
