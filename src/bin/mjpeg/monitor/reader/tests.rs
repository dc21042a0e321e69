//! The reader with a camera on loopback that refuses it, under the simulated clock.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use clap::{Args, Command, FromArgMatches};

use super::*;
use crate::transport::Target;

/// When a camera with this `answer` is asked, in seconds from one request to the next.
fn pauses(line: &[&str], answer: &'static str) -> Vec<u64> {
    let command = CameraOptions::augment_args(Command::new("x").no_binary_name(true));
    let options = CameraOptions::from_arg_matches(&command.get_matches_from(line)).unwrap();
    let clock = Clock::simulated();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::parse(format!("http://{}/", listener.local_addr().unwrap()));
    let camera = Arc::new(Camera::new("front".into(), target, options, None, Duration::ZERO, &clock));
    let reader = Reader {
        camera: Arc::clone(&camera),
        clock: clock.clone(),
        stop: Stop::default(),
        log: Log::new(true),
    };
    let served = thread::spawn(move || {
        let mut times = Vec::new();
        for number in 0..4 {
            let (mut connection, _) = listener.accept().unwrap();
            times.push(clock.now().as_secs());
            let mut request = [0; 4096];
            assert!(connection.read(&mut request).unwrap() > 0);
            if number == 3 {
                camera.leave();
                break;
            }
            connection.write_all(answer.as_bytes()).unwrap();
        }
        times
    });
    reader.run(Duration::ZERO, Duration::ZERO);
    let times = served.join().unwrap();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_refused_password_is_not_sent_again_for_minutes() {
    const REFUSED: &str = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\
                           Connection: close\r\n\r\n";
    const BUSY: &str =
        "HTTP/1.1 503 Busy\r\nRetry-After: 100\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const ABSENT: &str = "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let samples = ["--window=10s", "--interval=20s", "--header=Authorization: Basic dTpw"];
    assert_eq!(pauses(&samples[2..], REFUSED), [300; 3]);
    assert_eq!(pauses(&[], REFUSED), [30; 3], "no password was sent");
    assert_eq!(pauses(&[], ABSENT), [30; 3]);
    assert_eq!(pauses(&samples, REFUSED), [300; 3]);
    assert_eq!(pauses(&samples, BUSY), [100; 3]);
    assert_eq!(pauses(&samples, ABSENT), [20; 3]);
}
