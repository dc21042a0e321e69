use std::io::{self, Read};

use mjpeg::multipart;
use mjpeg::response::Expected;

use super::super::observer::Flow;
use super::super::wire::Wire;
use super::*;
use crate::signal::Stop;

/// An endless stream: each read takes 100 ms and returns one part.
struct Parts(Clock);

impl Read for Parts {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n";
        self.0.advance(Duration::from_millis(100));
        room[..part.len()].copy_from_slice(part);
        Ok(part.len())
    }
}

/// Rejects all parts behind the first ones.
#[derive(Default)]
struct Picky {
    accepted: u64,
    rejected: u64,
}

impl Observer for Picky {
    fn event(&mut self, event: &multipart::Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        let multipart::Event::Part(part) = event else { return Ok(Flow::More) };
        if part.number <= self.accepted {
            return Ok(Flow::More);
        }
        self.rejected += 1;
        Ok(Flow::Rejected)
    }
}

/// Two parts, and then an error of the disk.
struct Broken(u8);

impl Read for Broken {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n";
        self.0 += 1;
        if self.0 > 2 {
            return Err(io::Error::other("bad sector"));
        }
        room[..part.len()].copy_from_slice(part);
        Ok(part.len())
    }
}

#[test]
fn a_read_error_is_ours_in_a_file_and_the_streams_on_a_connection() {
    for is_live in [false, true] {
        let clock = Clock::simulated();
        let wire = Wire::new(&clock, &Stop::default());
        let stream = Stream::new(Box::new(Broken(0)), Expected::Saved, &wire, &clock, is_live);
        let mut session = Session::new(stream, &clock, Duration::from_secs(1), Duration::ZERO);
        match session.run(&mut Picky { accepted: 9, ..Picky::default() }, None) {
            Err(problem) => assert!(!is_live && problem.to_string().contains("bad sector"), "{problem}"),
            Ok(end) => assert_eq!((end, is_live), (End::Reset("bad sector".into()), true)),
        }
    }
}

#[test]
fn a_slow_file_has_no_idle_limit() {
    let clock = Clock::simulated();
    let wire = Wire::new(&clock, &Stop::default());
    let mut stream = Stream::new(Box::new(Parts(clock.clone())), Expected::Saved, &wire, &clock, false);
    stream.set_may_pause(false);
    let mut session = Session::new(stream, &clock, Duration::from_millis(1), Duration::ZERO);
    let end =
        session.run(&mut Picky { accepted: 9, ..Picky::default() }, Some(Duration::from_secs(60))).unwrap();
    assert_eq!((end, clock.now()), (End::TimeUp, Duration::from_secs(60)));
}

#[test]
fn rejected_parts_do_not_extend_the_idle_limit() {
    for (accepted, rejected) in [(0, 10), (7, 10)] {
        let clock = Clock::simulated();
        let wire = Wire::new(&clock, &Stop::default());
        let stream = Stream::new(Box::new(Parts(clock.clone())), Expected::Saved, &wire, &clock, true);
        let mut session = Session::new(stream, &clock, Duration::from_secs(1), Duration::ZERO);
        let mut picky = Picky { accepted, ..Picky::default() };
        let end = session.run(&mut picky, None).unwrap();
        // The part that the end completes counts too.
        assert_eq!(end, End::Rejected(picky.rejected));
        // A part is complete one read later, when its delimiter has come; the grace adds a read.
        assert!(picky.rejected.abs_diff(rejected) <= 2, "{} of {rejected}", picky.rejected);
        assert!(clock.now() < Duration::from_millis(100) * (accepted as u32 + 14), "{:?}", clock.now());
    }
}
