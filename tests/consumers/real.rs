//! Combinations of deviations, read by real programs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mjpeg::consumers::{Fate, Predictor, consumer};

use crate::combinations::{Combination, FRAMES};
use crate::{fixtures, streams};

/// Programs and their consumers; whether the times of the pictures mean something.
const READERS: &[(&str, bool)] =
    &[("opencv", true), ("gstreamer", true), ("ffmpeg", false), ("soi_eoi_scanner", true), ("aiohttp", true)];
/// Combinations in the gate; `MJPEG_ROUNDS` multiplies them.
const COMBINATIONS: u64 = 6;
/// From one frame to the next.
const STEP: Duration = Duration::from_millis(streams::STEP_MS);
/// The longest time of one reader.
const LIMIT: Duration = Duration::from_secs(40);
/// Readers that run at the same time: more of them delay each other.
const AT_ONCE: usize = 3;

/// What a program did, as far as the pictures that it shows tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    OnTime,
    Late,
    Plays,
    Partly,
    Nothing,
}

#[test]
fn combinations_of_deviations_do_to_real_programs_what_is_predicted() {
    let rounds = std::env::var("MJPEG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let readers: Vec<(&str, bool)> =
        READERS.iter().copied().filter(|&(reader, _)| is_installed(reader)).collect();
    let first = std::env::var("MJPEG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let seeds = AtomicU64::new(first);
    let (misses, outcomes) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = seeds.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + COMBINATIONS * rounds {
                        break;
                    }
                    for &(reader, is_timed) in &readers {
                        let (outcome, miss) = compare(seed, reader, is_timed);
                        *outcomes.lock().expect("no panic holds it").entry(outcome).or_insert(0u64) += 1;
                        if let Some(miss) = miss {
                            misses.lock().expect("no panic holds it").push(miss);
                        }
                    }
                }
            });
        }
    });
    let misses = misses.into_inner().expect("no panic holds it");
    let outcomes = outcomes.into_inner().expect("no panic holds it");
    let cells: u64 = outcomes.values().sum();
    println!("{} of {cells} cells, {outcomes:?}\n{}", cells - misses.len() as u64, misses.join("\n"));
    // A comparison in which nothing plays would compare nothing.
    assert!(readers.is_empty() || outcomes.len() >= 3, "{outcomes:?}");
    assert!(misses.len() as f64 <= cells as f64 * 0.03, "{}", misses.join("\n"));
}

/// What the reader did, and what is wrong with the prediction; a second run shows whether the machine was too slow.
fn compare(seed: u64, reader: &str, is_timed: bool) -> (Outcome, Option<String>) {
    let combination = Combination::of(seed, &fixtures::frames());
    let sends: Vec<&[u8]> = combination.sends.iter().map(|send| &send[..]).collect();
    let stream = streams::of_sends(&combination.head, &sends);
    let prediction = Predictor::new(&stream).predict(consumer(reader).expect("a consumer"));
    let predicted = match prediction.fate {
        Fate::OnTime | Fate::Late if !is_timed => Outcome::Plays,
        Fate::OnTime => Outcome::OnTime,
        Fate::Late => Outcome::Late,
        Fate::Loses | Fate::Dies => Outcome::Partly,
        _ => Outcome::Nothing,
    };
    let mut shown = run(reader, &combination);
    let mut outcome = Outcome::of(&shown, is_timed);
    if outcome != predicted {
        shown = run(reader, &combination);
        outcome = Outcome::of(&shown, is_timed);
    }
    let miss = (outcome != predicted).then(|| {
        let names = combination.names.join(" + ");
        format!("seed {seed} {reader}: {outcome:?}, predicted {prediction:?}; {names}; shown {shown:?}")
    });
    (outcome, miss)
}

fn is_installed(reader: &str) -> bool {
    let module = if reader == "aiohttp" { "import aiohttp, cv2" } else { "import cv2, numpy" };
    let program = match reader {
        "gstreamer" => "gst-launch-1.0",
        "ffmpeg" => "ffmpeg",
        _ => "true",
    };
    let python = Command::new(python()).args(["-c", module]).stderr(Stdio::null()).status();
    let program = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let is_installed =
        python.is_ok_and(|status| status.success()) && program.is_ok_and(|mut child| child.wait().is_ok());
    assert!(is_installed || std::env::var_os("MJPEG_REQUIRE_PEERS").is_none(), "{reader} is not installed");
    if !is_installed {
        println!("skipped: {reader} is not installed");
    }
    is_installed
}

fn python() -> PathBuf {
    std::env::var_os("MJPEG_PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}

/// The pictures that the reader shows, by number, each with the time since its last byte was sent. 0: damaged.
fn run(reader: &str, combination: &Combination) -> Vec<(usize, f64)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().expect("bound").port());
    let frames = (1..=FRAMES).map(|number| fixtures::path(&format!("streams/frames/{number}.jpg")));
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/consumers/peers.py");
    let mut child = Command::new(python())
        .arg(script)
        .args([reader, &url])
        .args(frames)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Python");
    let shown = Mutex::new(Vec::new());
    let sent = Mutex::new(Vec::new());
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let deadline = Instant::now() + LIMIT;
    let is_over = Mutex::new(false);
    thread::scope(|scope| {
        let serving = scope.spawn(|| serve(&listener, combination, &sent, deadline));
        scope.spawn(|| {
            for line in out.lines().map_while(Result::ok) {
                if let Ok(number) = line.parse::<usize>() {
                    shown.lock().expect("no panic holds it").push((number, Instant::now()));
                }
            }
            *is_over.lock().expect("no panic holds it") = true;
        });
        serving.join().expect("no panic");
        while !*is_over.lock().expect("no panic holds it") && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
    });
    let sent = sent.into_inner().expect("no panic holds it");
    let lag = |number: usize, at: Instant| {
        let sent: Option<&Instant> = number.checked_sub(1).and_then(|i| sent.get(i));
        sent.map_or(0.0, |&sent| at.saturating_duration_since(sent).as_secs_f64())
    };
    let shown = shown.into_inner().expect("no panic holds it");
    shown.into_iter().map(|(number, at)| (number, lag(number, at))).collect()
}

/// Serves the stream to each connection; the last one counts, because some readers connect twice.
fn serve(listener: &TcpListener, combination: &Combination, sent: &Mutex<Vec<Instant>>, deadline: Instant) {
    listener.set_nonblocking(true).expect("a listener");
    // Readers connect within seconds, or again after a failed guess.
    let mut patience = deadline;
    while Instant::now() < patience {
        let Ok((socket, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        let _ = send(socket, combination, sent);
        patience = Instant::now() + Duration::from_millis(300);
    }
}

fn send(mut socket: TcpStream, combination: &Combination, sent: &Mutex<Vec<Instant>>) -> std::io::Result<()> {
    socket.set_nonblocking(false)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    socket.set_write_timeout(Some(Duration::from_secs(2)))?;
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && socket.read(&mut byte)? > 0 {
        request.push(byte[0]);
    }
    sent.lock().expect("no panic holds it").clear();
    socket.write_all(&combination.head)?;
    let mut due = Instant::now() + Duration::from_millis(streams::FIRST_MS);
    for bytes in &combination.sends {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        socket.write_all(bytes)?;
        sent.lock().expect("no panic holds it").push(Instant::now());
        due += STEP;
    }
    thread::sleep(Duration::from_millis(streams::SILENCE_MS));
    Ok(())
}

impl Outcome {
    fn of(shown: &[(usize, f64)], is_timed: bool) -> Self {
        let mut lags = [None; FRAMES];
        for &(number, lag) in shown.iter().filter(|(number, _)| *number > 0) {
            lags[number - 1].get_or_insert(lag);
        }
        let seen = lags.iter().flatten().count();
        if shown.is_empty() {
            return Self::Nothing;
        }
        if lags[..FRAMES - 1].iter().any(Option::is_none)
            || seen == 0
            || shown.iter().any(|&(number, _)| number == 0)
        {
            return Self::Partly;
        }
        if !is_timed {
            return Self::Plays;
        }
        let mut inner: Vec<f64> = lags[1..FRAMES - 1].iter().flatten().copied().collect();
        inner.sort_by(f64::total_cmp);
        if inner[inner.len() / 2] > STEP.as_secs_f64() / 2.0 { Self::Late } else { Self::OnTime }
    }
}
