//! Runs `mjpeg` and other programs.
//!
//! Each test also checks the standard error of `mjpeg`: it must be empty if the run ends with 0 or is still running at the
//! end of the test, and have one message if the run fails. The line with the page of `serve` does not count. A test
//! that expects other messages reads [`End::err`] or [`Run::err`].

use std::cell::Cell;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::stderr::Stderr;
use super::{PATIENCE, process};

/// A running program. It is killed when dropped.
pub struct Run {
    name: String,
    /// Whether it is the binary of this project.
    is_ours: bool,
    /// Whether the test has read standard error.
    is_seen: Cell<bool>,
    child: Child,
    lines: Receiver<String>,
    out: Option<JoinHandle<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
    err_reader: Option<JoinHandle<()>>,
    /// The standard error pipe, if it is not read.
    unread: Option<ChildStderr>,
}

/// How a program ended.
#[derive(Debug)]
pub struct End {
    /// Its status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub out: Vec<u8>,
    /// What it wrote to standard error.
    pub err: Stderr,
}

impl End {
    /// The exit code; `None` after a signal.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Fails the test unless the program ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "status {}\n{}\n{}", self.status, self.text(), self.err);
        self
    }
}

/// The binary of this project, with these arguments.
pub fn mjpeg<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mjpeg"));
    command.args(args);
    command
}

/// Starts a program with empty standard input.
pub fn start(command: &mut Command) -> Run {
    command.stdin(Stdio::null());
    start_with_input(command)
}

/// Starts a program with the standard input that `command` sets.
pub fn start_with_input(command: &mut Command) -> Run {
    let mut run = start_unread(command);
    let err = Arc::clone(&run.err);
    run.err_reader = run.unread.take().map(|mut stderr| {
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                err.lock().unwrap().extend_from_slice(&buffer[..n]);
            }
        })
    });
    run
}

/// Starts a program and does not read its standard error, which is a pipe.
pub fn start_unread(command: &mut Command) -> Run {
    let name = format!("{command:?}");
    let is_ours = command.get_program() == env!("CARGO_BIN_EXE_mjpeg");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
    let (send, lines) = channel();
    let stdout = child.stdout.take().unwrap();
    let out = std::thread::spawn(move || {
        let (mut all, mut reader) = (Vec::new(), BufReader::new(stdout));
        loop {
            let start = all.len();
            match reader.read_until(b'\n', &mut all) {
                Ok(n) if n > 0 => {
                    let _ = send.send(String::from_utf8_lossy(&all[start..]).trim_end().to_string());
                }
                _ => return all,
            }
        }
    });
    let unread = child.stderr.take();
    Run {
        name,
        is_ours,
        is_seen: Cell::new(false),
        child,
        lines,
        out: Some(out),
        err: Arc::default(),
        err_reader: None,
        unread,
    }
}

/// Runs a program until it ends.
pub fn run(command: &mut Command) -> End {
    start(command).end()
}

/// Runs a program until it ends, with these bytes as its standard input.
pub fn run_with_input(command: &mut Command, input: &[u8]) -> End {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.rewind().unwrap();
    start_with_input(command.stdin(file)).end()
}

impl Run {
    /// The next line of standard output, without its line end.
    pub fn line(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("{}: no line on standard output\n{}", self.name, self.err_so_far()))
    }

    /// Standard error so far.
    pub fn err(&self) -> String {
        self.is_seen.set(true);
        self.err_so_far()
    }

    /// Waits until standard error contains this text.
    pub fn says(&self, text: &str) {
        super::eventually(text, || self.err().contains(text).then_some(()));
    }

    fn err_so_far(&self) -> String {
        String::from_utf8_lossy(&self.err.lock().unwrap()).into_owned()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Whether the program holds a socket.
    pub fn has_connection(&self) -> bool {
        let folder = format!("/proc/{}/fd", self.pid());
        let sockets = std::fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| {
            std::fs::read_link(entry.path())
                .is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
        });
        // The wakers for signals are socket pairs: two ends, one of them for each of three signals.
        sockets.count() > 4
    }

    /// Whether the program has handlers for SIGINT and SIGTERM.
    pub fn handles_signals(&self) -> bool {
        let caught = process::status(self.pid(), "SigCgt");
        let caught = caught.and_then(|caught| u64::from_str_radix(&caught, 16).ok()).unwrap_or_default();
        // Bit n - 1 is signal n.
        let both = 1 << 1 | 1 << 14;
        caught & both == both
    }

    /// The process itself, for its standard input.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal by its name: `TERM`, `INT`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(status.success(), "cannot send {name} to {}", self.name);
    }

    /// Waits until the program ends by itself.
    pub fn end(self) -> End {
        self.end_within(PATIENCE)
    }

    /// Waits until the program ends by itself, and fails the test after `longest`.
    pub fn end_within(mut self, longest: Duration) -> End {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                start.elapsed() < longest,
                "{}: still runs after {longest:?}\n{}",
                self.name,
                self.err_so_far()
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        let out = self.out.take().map(|reader| reader.join().unwrap()).unwrap_or_default();
        End { status, out, err: self.stderr(usize::from(!status.success())) }
    }

    /// All of standard error, after the program has ended.
    fn stderr(&mut self, allowed: usize) -> Stderr {
        if let Some(reader) = self.err_reader.take() {
            reader.join().unwrap();
        }
        Stderr {
            text: self.err_so_far(),
            name: self.name.clone(),
            allowed: if self.is_ours { allowed } else { usize::MAX },
            is_seen: self.is_seen.clone(),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self.is_ours && self.err_reader.is_some() {
            drop(self.stderr(0));
        }
    }
}

/// A running `mjpeg serve` on a free port.
pub struct Server {
    /// The process.
    pub run: Run,
    /// The URL of its stream.
    pub stream: String,
}

impl Server {
    /// Serves `source` with more arguments.
    pub fn start(source: &Path, args: &[&str]) -> Self {
        Self::with(source, args, |_| {})
    }

    /// Serves `source`; `change` may change the command.
    pub fn with(source: &Path, args: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let mut command = mjpeg(["serve"]);
        command.arg(source).args(["--listen", "127.0.0.1:0"]).args(args).stdin(Stdio::null());
        change(&mut command);
        let run = start_with_input(&mut command);
        let stream = run.line();
        Self { run, stream }
    }

    /// The URL of a path, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stream.strip_suffix("/stream").unwrap())
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> &str {
        self.stream.strip_prefix("http://").unwrap().strip_suffix("/stream").unwrap()
    }

    /// Ends the server with SIGTERM and expects exit code 0.
    pub fn stop(self) -> End {
        self.run.signal("TERM");
        self.run.end().expect(0)
    }
}
