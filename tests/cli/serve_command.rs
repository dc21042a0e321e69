//! `mjpeg serve SOURCE -- COMMAND`: the command gets the stream, and the server ends with it.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kit::http;
use kit::peer;
use kit::run::{Run, mjpeg, run, start};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// Serves the test frames beside a shell script.
fn beside(script: &str) -> Command {
    let mut command = mjpeg(SERVE);
    command.arg(kit::frames()).args(["--", "sh", "-c", script]);
    command
}

/// Whether a process exists, a zombie included.
fn exists(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

fn pid_of_child(run: &Run) -> String {
    let pid = run.line();
    assert!(exists(&pid), "{pid}");
    pid
}

#[test]
fn a_command_watches_the_stream_and_owns_standard_output() {
    let script = format!(
        "{} record \"$MJPEG_URL\" - --frames 3 --quiet && echo \"$MJPEG_SNAPSHOT_URL\" >&2 && exit 7",
        env!("CARGO_BIN_EXE_mjpeg")
    );
    let end = run(&mut beside(&script)).expect(7);
    let frames = kit::contents(&kit::frames());
    assert!(end.out == frames[..3].concat(), "{} bytes", end.out.len());
    assert!(end.err.contains("/snapshot\n") && !end.err.contains("web page"), "{}", end.err);
}

#[test]
fn a_command_has_the_standard_input_and_no_foreign_variables() {
    let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "MJPEG_UNIX_SOCKET"];
    let shown = names.map(|name| format!("${{{name}-none}}")).join(" ");
    let mut command = beside(&format!("cat; echo {shown} $(ulimit -S -n)"));
    command.envs(names.map(|name| (name, "1"))).env("LISTEN_FDS", "0");
    let limited = Command::new("sh")
        .args(["-c", "ulimit -S -n 256; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = limited.unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(out, "hello\nnone none none none 256\n");
}

#[test]
fn a_command_inherits_no_socket() {
    // Each open file of the shell, with what it is.
    const SCRIPT: &str = "ls -l /proc/$$/fd";
    let end = run(&mut beside(SCRIPT)).expect(0);
    assert!(end.text().contains(" 0 -> ") && !end.text().contains("socket:"), "{}", end.text());
    // Nor one that the server has inherited itself.
    let Some(mut python) = peer::command("python3") else { return };
    let inherit = "import os, socket, sys\n\
        s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n\
        os.dup2(s.fileno(), 3); os.set_inheritable(3, True)\n\
        os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n\
        os.execv(sys.argv[1], sys.argv[1:])";
    python.args(["-c", inherit, env!("CARGO_BIN_EXE_mjpeg"), "serve"]).arg(kit::frames());
    let end = run(python.args(["--", "sh", "-c", SCRIPT])).expect(0);
    assert!(end.text().contains(" 0 -> ") && !end.text().contains("socket:"), "{}", end.text());
}

#[test]
fn a_command_beside_a_unix_socket_knows_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("serve.sock");
    let mut command = mjpeg(["serve", "--unix"]);
    command.arg(&path).arg(kit::frames());
    let end = run(command.args(["--", "sh", "-c", "echo $MJPEG_UNIX_SOCKET $MJPEG_URL"])).expect(0);
    assert_eq!(end.text(), format!("{} http://localhost/stream\n", path.display()));
    assert!(!path.exists());
}

#[test]
fn the_exit_status_is_that_of_the_command() {
    for (script, status) in [("exit 0", 0), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
    {
        run(&mut beside(script)).expect(status);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes");
    fs::write(&file, "no program").unwrap();
    for (program, status) in [("/no/such/program", 127), (file.to_str().unwrap(), 126)] {
        let end = run(mjpeg(SERVE).arg(kit::frames()).args(["--", program])).expect(status);
        assert!(end.err.contains(&format!("cannot start `{program}`")), "{}", end.err);
    }
    // Our own failures keep their status, and the command is not started.
    run(mjpeg(["serve", "/no/such/folder", "--", "touch"]).arg(folder.path().join("started"))).expect(6);
    assert!(!folder.path().join("started").exists());
}

#[test]
fn a_signal_is_passed_on_and_the_command_may_end_in_its_own_way() {
    for (name, status) in [("TERM", 3), ("INT", 4), ("HUP", 5)] {
        let server = start(&mut beside(
            "trap 'r=3' TERM; trap 'r=4' INT; trap 'r=5' HUP; r=; echo $$; while [ -z \"$r\" ]; do sleep 0.05; done; \
             echo last; exit $r",
        ));
        let pid = pid_of_child(&server);
        server.signal(name);
        assert_eq!(server.line(), "last");
        server.end().expect(status);
        assert!(!exists(&pid));
    }
}

#[test]
fn other_signals_are_passed_on_and_the_stream_goes_on() {
    let script = "trap 'echo quit' QUIT; trap 'echo one' USR1; trap 'echo two' USR2; trap 'exit 6' TERM; \
                  echo $$ $MJPEG_URL; while :; do sleep 0.05; done";
    let server = start(&mut beside(script));
    let line = server.line();
    let (pid, url) = line.split_once(' ').unwrap();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/stream").unwrap();
    for _ in 0..2 {
        for (name, says) in [("QUIT", "quit"), ("USR1", "one"), ("USR2", "two")] {
            server.signal(name);
            assert_eq!(server.line(), says);
        }
        assert!(http::get(address, "/snapshot").0.starts_with("HTTP/1.1 200 "));
    }
    server.signal("TERM");
    server.end().expect(6);
    assert!(!exists(pid));

    // If they end the command, the server ends with it.
    for (name, status) in [("QUIT", 131), ("USR1", 138), ("USR2", 140)] {
        let server = start(&mut beside("ulimit -c 0; echo $$; exec sleep 60"));
        let pid = pid_of_child(&server);
        server.signal(name);
        server.end().expect(status);
        assert!(!exists(&pid));
    }
}

#[test]
fn the_stream_goes_on_until_the_command_has_ended() {
    let url = "trap 'x=1' TERM; x=; echo $$ $MJPEG_URL; while [ -z \"$x\" ]; do sleep 0.05; done; echo asked; read line";
    let mut command = beside(url);
    let mut server = kit::run::start_with_input(command.stdin(Stdio::piped()));
    let line = server.line();
    let (_, url) = line.split_once(' ').unwrap();
    server.signal("TERM");
    assert_eq!(server.line(), "asked");
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/stream").unwrap();
    assert!(kit::contents(&kit::frames()).contains(&http::get(address, "/snapshot").1));
    server.child().stdin.take().unwrap().write_all(b"\n").unwrap();
    server.end().expect(0);
}

#[test]
fn a_command_that_ignores_signals_is_killed() {
    let script = "trap '' TERM INT; echo $$; while :; do sleep 0.2; done";
    let server = start(&mut beside(script));
    let pid = pid_of_child(&server);
    let begin = Instant::now();
    server.signal("TERM");
    server.end_within(Duration::from_secs(15)).expect(137);
    assert!(begin.elapsed() > Duration::from_secs(4), "{:?}", begin.elapsed());
    assert!(!exists(&pid));

    // A second signal does not leave it behind.
    let server = start(&mut beside(script));
    let pid = pid_of_child(&server);
    let begin = Instant::now();
    server.signal("TERM");
    kit::eventually("the repeated signal is seen", || {
        if exists(&pid) {
            server.signal("TERM");
        }
        (!exists(&pid)).then_some(())
    });
    server.end().expect(137);
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[test]
fn a_command_may_finish_after_the_source_has_ended() {
    let script = "curl -sS \"$MJPEG_URL\" | wc -c; sleep 1; echo done; exit 9";
    let mut command = mjpeg(SERVE);
    command.arg(kit::frames()).args(["--once", "--fps", "200", "--", "sh", "-c", script]);
    if peer::find("curl").is_none() {
        return;
    }
    let end = run(&mut command).expect(9);
    let text = end.text();
    let (bytes, rest) = text.split_once('\n').unwrap();
    let frames: usize = kit::contents(&kit::frames()).iter().map(Vec::len).sum();
    assert!(bytes.trim().parse::<usize>().unwrap() > frames, "{text}");
    assert_eq!(rest, "done\n");

    // A signal still ends it then.
    let script = "curl -sS \"$MJPEG_URL\" >/dev/null; echo $$; exec sleep 60";
    let mut command = mjpeg(SERVE);
    command.arg(kit::frames()).args(["--once", "--fps", "200", "--", "sh", "-c", script]);
    let server = start(&mut command);
    let pid = pid_of_child(&server);
    server.signal("TERM");
    server.end_within(Duration::from_secs(4)).expect(143);
    assert!(!exists(&pid));
}

#[test]
fn a_command_ends_if_its_source_never_has_a_frame() {
    let mut command = mjpeg(SERVE);
    command.args(["-", "--", "sh", "-c", "echo $$; exec sleep 60"]);
    // The source may end before the server listens; then the command is not started.
    let end = start(&mut command).end_within(Duration::from_secs(10));
    assert!(matches!(end.code(), Some(4 | 5)), "{} {}", end.status, end.err);
    assert!(end.text().is_empty() || !exists(end.text().trim()));
}

#[test]
fn a_command_does_not_keep_descriptors_of_the_server() {
    let end = run(&mut beside("ls -l /proc/self/fd")).expect(0);
    assert!(!end.text().contains("socket:") && !end.text().contains("anon_inode"), "{}", end.text());
}

/// A server beside a shell script, in the foreground of a terminal. What is written to its standard input is typed there.
fn in_terminal(script: &str) -> Option<Run> {
    let mjpeg = env!("CARGO_BIN_EXE_mjpeg");
    let frames = kit::frames();
    // `script` gives the line to the shell. A shell that waited for us would be ended by Ctrl-C too.
    let line =
        format!("exec '{mjpeg}' serve --listen 127.0.0.1:0 '{}' -- sh -c '{script}'", frames.display());
    let mut command = peer::command("script")?;
    Some(kit::run::start_with_input(command.args(["-qefc", &line, "/dev/null"]).stdin(Stdio::piped())))
}

fn press_ctrl_c(terminal: &mut Run) {
    terminal.child().stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
}

#[test]
fn ctrl_c_reaches_a_command_once_and_the_second_one_kills_it() {
    // Some programs end at once, without cleaning up, at their second SIGINT. This one counts them for three seconds.
    let count = "n=0; trap \"n=\\$((n+1))\" INT; echo ready; i=0; \
                 while [ $i -lt 30 ]; do [ $n = 0 ] || i=$((i+1)); sleep 0.1; done; echo ints $n; exit 7";
    let Some(mut terminal) = in_terminal(count) else { return };
    assert_eq!(terminal.line().trim(), "ready");
    press_ctrl_c(&mut terminal);
    assert_eq!(terminal.line().trim(), "^Cints 1");
    terminal.end().expect(7);

    let deaf = "trap \"echo int\" INT; echo ready; while :; do sleep 0.1; done";
    let Some(mut terminal) = in_terminal(deaf) else { return };
    assert_eq!(terminal.line().trim(), "ready");
    press_ctrl_c(&mut terminal);
    assert_eq!(terminal.line().trim(), "^Cint");
    let begin = Instant::now();
    press_ctrl_c(&mut terminal);
    terminal.end_within(Duration::from_secs(10)).expect(137);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_signal_before_the_command_is_started_is_no_success() {
    // Accepts connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let server = start(mjpeg(SERVE).args([&url, "--", "touch", "/nonexistent/started"]));
    let _connection = silent.accept().unwrap();
    server.signal("TERM");
    let end = server.end();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&end.status), Some(15), "{}", end.status);
}
