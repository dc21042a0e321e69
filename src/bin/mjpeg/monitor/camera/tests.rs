//! A day of a camera under the simulated clock: from events of the parser to changes of the state.

use std::hash::{BuildHasher, RandomState};

use clap::{Args, Command, FromArgMatches};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use mjpeg::consumers::HeadStart;
use mjpeg::http::Head;
use mjpeg::jpeg::Walk;
use mjpeg::multipart::Parser;

use super::*;
use crate::criteria::Verdict;
use crate::flight::Limits;
use crate::monitor::ring::Rings;
use crate::transport::{Lost, OpenErrorKind, Opened, Pulse, Reason, Secrets};

const SECOND: Duration = Duration::from_secs(1);
/// Faults in a day, and the time that each has for itself.
const FAULTS: u64 = 100;
const SLOT: u64 = 86_400 / FAULTS;

/// What goes wrong, and the rule or verdict that says so.
const KINDS: [(&str, &str); 8] = [
    ("stall", "T401"),
    ("frozen", "C503"),
    ("black", "C509"),
    ("torn", "J302"),
    ("long", "M204"),
    ("text", "M226"),
    ("reset", "stalled"),
    ("gone", "unreachable"),
];

/// Numbers from 0 up to `below`, the same ones for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn picture(dice: &mut Dice, brightest: u64) -> Vec<u8> {
    let pixels: Vec<u8> = (0..16 * 16).map(|_| dice.roll(brightest) as u8).collect();
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).write_image(&pixels, 16, 16, ExtendedColorType::L8).unwrap();
    jpeg
}

fn options(line: &[&str]) -> CameraOptions {
    let command = CameraOptions::augment_args(Command::new("x").no_binary_name(true));
    CameraOptions::from_arg_matches(&command.get_matches_from(line)).unwrap()
}

/// A camera that sends a picture a second.
struct Day {
    camera: Camera,
    clock: Clock,
    parser: Option<Parser<Walk>>,
    pictures: Vec<Vec<u8>>,
    black: Vec<u8>,
    sent: u64,
    changes: Vec<(u64, News)>,
}

impl Day {
    fn new(dice: &mut Dice) -> Self {
        Self::with(dice, &[])
    }

    fn with(dice: &mut Dice, line: &[&str]) -> Self {
        let clock = Clock::simulated();
        let target = Target::parse("http://camera/");
        let camera = Camera::new("front".into(), target, options(line), None, Duration::ZERO, &clock);
        let pictures = (0..7).map(|_| picture(dice, 256)).collect();
        let black = picture(dice, 3);
        let (parser, changes) = (None, Vec::new());
        Self { camera, clock, parser, pictures, black, sent: 0, changes }
    }

    fn open(&mut self, reason: Reason) {
        let head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";
        let opened = Opened {
            reason,
            head: Some(Head::parse(head).unwrap().unwrap()),
            head_start: HeadStart::StatusLine,
            body_start: head.len(),
            is_in_chunks: false,
            offset: 0,
            recorded: None,
            is_live: true,
            is_polled: false,
            secrets: Secrets::default(),
            pulse: Pulse::default(),
        };
        self.camera.watched().window.opened(&opened, self.clock.now());
        self.parser = Some(Parser::new(Walk::new(), Some(b"b")));
    }

    fn lose(&mut self, kind: Option<OpenErrorKind>) {
        self.parser = None;
        let now = self.clock.now();
        let reset = End::Reset("reset by peer".into());
        let end = kind.is_none().then_some(&reset);
        let why = "connection refused";
        self.camera.watched().window.lost(&Lost { end, kind, why, again_at: now + SECOND }, now);
    }

    /// One part, which comes now.
    fn send(&mut self, body: &[u8], length: usize, kind: &str) {
        let Some(parser) = &mut self.parser else { return };
        let head = format!("--b\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        let bytes = [head.as_bytes(), body, b"\r\n"].concat();
        parser.space()[..bytes.len()].copy_from_slice(&bytes);
        parser.filled(bytes.len());
        let (now, mut watched) = (self.clock.now(), self.camera.watched());
        while let Some(event) = parser.next_event().unwrap() {
            watched.window.event(&event, Some(now), now);
        }
    }

    /// A second passes with this part of fault `kind`; `at`: seconds since the fault began.
    fn second(&mut self, kind: Option<&str>, at: u64) {
        self.sent += 1;
        let next = self.pictures[self.sent as usize % self.pictures.len()].clone();
        match (kind, at) {
            (Some("stall"), 0..7) => {}
            (Some("frozen"), _) => self.send(&self.pictures[0].clone(), self.pictures[0].len(), "image/jpeg"),
            (Some("black"), _) => {
                let mut black = self.black.clone();
                // A comment makes each one another file.
                black.splice(2..2, [0xff, 0xfe, 0, 4, b'a' + at as u8, b'b']);
                self.send(&black, black.len(), "image/jpeg");
            }
            (Some("torn"), 0) => self.send(&next[..next.len() - 20], next.len() - 20, "image/jpeg"),
            (Some("long"), 0) => self.send(&next, next.len() + 9, "image/jpeg"),
            (Some("text"), 0) => self.send(b"starting up", 11, "text/plain"),
            (Some("reset"), 0) => self.lose(None),
            (Some("reset"), 2) => self.open(Reason::Again),
            (Some("gone"), 0 | 5) => self.lose(Some(OpenErrorKind::Connect)),
            (Some("gone"), 12) => self.open(Reason::Again),
            _ => self.send(&next, next.len(), "image/jpeg"),
        }
        self.clock.advance(SECOND);
        let (news, _) = self.camera.tick(&self.clock);
        let now = self.clock.now().as_secs();
        self.changes.extend(news.into_iter().map(|news| (now, news)));
    }
}

#[test]
fn a_day_with_a_hundred_faults_at_random_has_a_change_for_each_and_no_other() {
    let seed = RandomState::new().hash_one(0);
    let mut dice = Dice(seed);
    let mut day = Day::new(&mut dice);
    let mut faults = Vec::new();
    day.open(Reason::First);
    for slot in 0..FAULTS {
        let (begin, kind) = (20 + dice.roll(SLOT - 100), KINDS[dice.roll(8) as usize]);
        faults.push((slot * SLOT + begin, kind));
        for second in 0..SLOT {
            let at = second.wrapping_sub(begin);
            day.second((at < 13).then_some(kind.0), at);
        }
    }
    // Black pictures that are all equal are frozen too, which is said a window later.
    let mut changes = day.changes.iter().filter(|it| it.1.change.from != it.1.change.to);
    let (_, first) = changes.next().unwrap();
    assert_eq!((first.change.from, first.change.to), (Standing::Unknown, Standing::Good), "seed {seed}");
    for (begin, (kind, code)) in faults {
        let (at, news) =
            changes.next().unwrap_or_else(|| panic!("seed {seed}: {kind} at {begin}: no change"));
        let found: Vec<&str> = news.seen.alarms().iter().map(|finding| finding.rule.code).collect();
        let what = format!("seed {seed}: {kind} from {begin}: at {at} {:?} {found:?}", news.seen.verdict);
        assert_eq!((news.change.from, news.change.to), (Standing::Good, Standing::Bad), "{what}");
        assert!((begin..begin + 30).contains(at), "{what}");
        let is_named = found.contains(&code) || news.seen.verdict.name() == code;
        assert!(is_named, "{what}");
        let (at, news) = changes.next().unwrap_or_else(|| panic!("{what}: stays bad"));
        assert_eq!((news.change.from, news.change.to), (Standing::Bad, Standing::Good), "{what}");
        assert!(*at <= begin + 60, "{what}, good at {at}");
    }
    assert!(changes.next().is_none());
    let watched = day.camera.watched();
    assert_eq!((watched.totals.became_bad, watched.standing().0), (FAULTS, Standing::Good));
    assert_eq!(watched.totals.windows.iter().sum::<u64>(), 8640);
    // A finding counts once, however many windows it touches.
    let count = |code: &str| watched.totals.findings.iter().find(|it| it.0.code == code).map_or(0, |it| it.2);
    for (kind, code) in [("torn", "J302"), ("long", "M204"), ("text", "M226")] {
        let injected = faults_of(&day.changes, code);
        assert_eq!(count(code), injected, "seed {seed}: {kind}");
    }
}

/// Changes to bad with a finding of this rule.
fn faults_of(changes: &[(u64, News)], code: &str) -> u64 {
    let has = |news: &News| {
        news.change.to == Standing::Bad && news.seen.findings.iter().any(|it| it.rule.code == code)
    };
    changes.iter().filter(|(_, news)| has(news)).count() as u64
}

#[test]
fn captures_of_a_camera_have_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::simulated();
    let limits = Limits { time: SECOND, bytes: 1 << 20 };
    let rings = Rings { folder: folder.path().into(), limits, after: Duration::ZERO };
    let recorder = rings.recorder("front", &clock);
    let target = Target::parse("http://camera/");
    let camera = Camera::new("front".into(), target, options(&[]), None, Duration::ZERO, &clock);
    let head = b"HTTP/1.0 200 OK\r\n\r\n";
    let mut tap = recorder.response(head.len(), false, 0);
    tap.bytes(&[&head[..], b"--b\r\n\r\npicture"].concat(), clock.now()).unwrap();
    recorder.part(0);
    let written: Vec<u64> = (0..4)
        .map(|_| {
            camera.capture(&recorder, 2);
            recorder.finish().written
        })
        .collect();
    assert_eq!(written, [1, 2, 2, 2]);
}

/// A sample with a response in which `send` is sent, if there is one: whether it is lost, and its verdict.
fn sample(day: &mut Day, send: Option<&dyn Fn(&mut Day)>) -> (Option<String>, Option<Verdict>) {
    day.camera.watched().window.begin_sample(day.clock.now());
    if let Some(send) = send {
        day.open(Reason::First);
        send(day);
    }
    day.clock.advance(SECOND);
    let (now, mut watched) = (day.clock.now(), day.camera.watched());
    let why = watched.window.end_sample(now, SECOND);
    (why, watched.window.close(now).map(|seen| seen.verdict))
}

#[test]
fn a_sample_without_a_complete_part_is_a_stall() {
    let mut day = Day::new(&mut Dice(7));
    let half = |day: &mut Day| {
        // Nothing of a part that is not complete is an event.
        let bytes = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8";
        let parser = day.parser.as_mut().unwrap();
        parser.space()[..bytes.len()].copy_from_slice(bytes);
        parser.filled(bytes.len());
        assert!(parser.next_event().unwrap().is_none());
    };
    let why = "stalled: no complete part came in 1s (--window)".to_string();
    let stalled = (Some(why), Some(Verdict::Stalled));
    assert_eq!(sample(&mut day, Some(&|_| {})), stalled);
    assert_eq!(sample(&mut day, Some(&half)), stalled);
}

#[test]
fn a_sample_without_a_good_picture_is_a_stall_if_no_finding_counts() {
    // A part without its end is complete when the next one begins.
    let parts = |count| move |day: &mut Day| (0..=count).for_each(|_| day.second(Some("torn"), 0));
    let mut day = Day::new(&mut Dice(7));
    assert_eq!(sample(&mut day, Some(&parts(1))), (None, Some(Verdict::Fail)));
    let mut day = Day::with(&mut Dice(7), &["--ignore=J"]);
    for (count, what) in
        [(1, "the only part in 1s was no good picture"), (2, "none of the 2 parts in 1s was a good picture")]
    {
        let stalled = (Some(format!("stalled: {what} (--window)")), Some(Verdict::Stalled));
        assert_eq!(sample(&mut day, Some(&parts(count))), stalled);
    }
}

#[test]
fn a_sample_that_found_no_camera_does_not_count_in_the_next_one() {
    let mut day = Day::new(&mut Dice(7));
    let gone = |day: &mut Day| day.lose(Some(OpenErrorKind::Connect));
    assert_eq!(sample(&mut day, Some(&gone)), (None, Some(Verdict::Unreachable)));
    // One that was not taken is as the last one.
    let now = day.clock.now();
    let skipped = day.camera.watched().window.close(now).map(|seen| seen.verdict);
    assert_eq!(skipped, Some(Verdict::Unreachable));
    assert_eq!(sample(&mut day, Some(&|day| day.second(None, 0))), (None, Some(Verdict::Pass)));
}
