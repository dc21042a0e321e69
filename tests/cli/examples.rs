//! Commands of the documents and of the help that have places of the reader in them, such as `http://camera/`. Each is run for a
//! second, in a folder that has what it names, and with the URL of a server in the place. It must not end as a command that is
//! wrong, or that finds no camera, no stream or no file. What is not run is in [`NOT_RUN`], with the reason.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Command;

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

/// Programs that a line in a block of another language than `sh` may begin with, if it is a command.
const PROGRAMS: [&str; 23] = [
    "mjpeg",
    "curl",
    "ffmpeg",
    "ffplay",
    "ffprobe",
    "man",
    "jq",
    "kill",
    "nginx",
    "sbatch",
    "parallel",
    "cargo",
    "rustup",
    "python3",
    "pip",
    "npm",
    "git",
    "djpeg",
    "systemd-analyze",
    "systemctl",
    "docker",
    "kubectl",
    "haproxy",
];

/// What answers in place of the reader's camera.
struct Camera {
    stream: String,
    snapshot: String,
}

/// A command, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Example {
    place: String,
    command: String,
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
    let unused: Vec<&str> = NOT_RUN.iter().map(|(start, _)| *start).filter(|start| !is_used(start)).collect();
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

/// A command without the variables that are set in front of it.
fn without_variables(command: &str) -> &str {
    let is_set = |word: &str| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
    };
    let mut rest = command;
    while let Some((word, behind)) = rest.split_once(' ')
        && is_set(word)
    {
        rest = behind;
    }
    rest
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

/// All commands of documents that `tests/cli/readme.rs` does not run, and those of the help, which are those of the man pages too.
fn examples() -> Vec<Example> {
    let mut all = Vec::new();
    for document in kit::documents() {
        let text = fs::read_to_string(kit::repository(&document)).unwrap();
        let commands = in_blocks(&text).into_iter().chain(in_lines(&text));
        all.extend(commands.map(|command| Example { place: document.clone(), command }));
    }
    for words in std::iter::once(&[][..]).chain(kit::COMMANDS) {
        let help = run(mjpeg(words).arg("--help").env("COLUMNS", "1000")).expect(0).text();
        let (_, rest) = help.split_once("\nExamples:\n").unwrap();
        let examples = rest.split("\n\n").next().unwrap().replace("\\\n", "");
        let place = format!("mjpeg {}", words.join(" "));
        all.extend(examples.lines().map(|line| Example { place: place.clone(), command: command_of(line) }));
    }
    all
}

/// Lines of blocks that are not run as they are, and indented lines, if they are commands.
fn in_blocks(text: &str) -> Vec<String> {
    let mut block: Option<&str> = None;
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_none() { Some(language) } else { None };
            continue;
        }
        let is_shown = block.map_or(line.starts_with("    "), |language| language != "sh");
        let line = line.trim();
        let first = without_variables(line).split(' ').next().unwrap();
        let is_path = |start: &str| first.starts_with(start) && first.len() > start.len();
        if is_shown
            && (PROGRAMS.contains(&first)
                || ["benches/", ".ci/", "fuzz/", "target/", "$P"].iter().any(|it| is_path(it))
                || first == "$P")
        {
            all.push(command_of(line));
        } else if let Some(at) = line.find("mjpeg check ").filter(|_| is_shown && block.is_some()) {
            // In a file of another program, in quotes of it or not.
            let command = command_of(&line[at..]);
            let is_open = command.matches('\'').count() % 2 == 1;
            all.push(if is_open { command.trim_end_matches('\'').to_string() } else { command });
        }
    }
    all
}

/// Whole commands between backquotes in the text: those with a URL, and those of other programs.
fn in_lines(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2).flat_map(str::lines).filter(|line| !line.starts_with("    "));
    // A command may go on in the next line.
    let prose: String = prose.collect::<Vec<_>>().join(" ");
    let spans = prose.split('`').skip(1).step_by(2);
    let is_command = |span: &&str| {
        let words: Vec<&str> = without_variables(span).split_whitespace().collect();
        let is_whole = match words[..] {
            ["mjpeg", _, ..] => span.contains("http://"),
            ["curl", _, _, ..] => span.contains(" URL"),
            [program, _, _, ..] => PROGRAMS.contains(&program),
            _ => false,
        };
        is_whole && !span.contains("-f mpjpeg -c copy") && !span.starts_with("ffmpeg -c copy")
    };
    spans.filter(is_command).map(String::from).collect()
}

/// A line without what explains it, behind two spaces or a `#`.
fn command_of(line: &str) -> String {
    line.trim().split("  ").next().unwrap().split(" #").next().unwrap().to_string()
}

#[test]
fn a_command_ends_where_its_explanation_begins() {
    assert_eq!(command_of("    mjpeg serve a    what it is"), "mjpeg serve a");
    assert_eq!(command_of("mjpeg serve a # what it is"), "mjpeg serve a");
    assert_eq!(without_variables("A_B=1 C= cargo test"), "cargo test");
    let text = "```text\nmjpeg check a\nit\n```\nx `mjpeg check http://c/\n--deep`, `mjpeg check`\n\n    curl -i URL\n```sh\nmjpeg b\n```\n";
    assert_eq!(in_blocks(text), ["mjpeg check a", "curl -i URL"]);
    assert_eq!(in_lines(text), ["mjpeg check http://c/ --deep"]);
}
