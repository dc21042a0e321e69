//! The answers of a snapshot URL.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use super::repeats::{self, FROZEN_PICTURES};
use crate::check::rule::{Rule, Severity};
use crate::check::rules::content::TOO_SHORT_TO_JUDGE;
use crate::check::rules::jpeg::BYTES_BEFORE_SOI;
use crate::check::rules::snapshot::*;
use crate::check::rules::timing::FPS_BELOW_LIMIT;
use crate::counted::Counted;
use crate::http::{Allowance, ContentType, Head, cache_lifetime, decimal, parse_date};
use crate::multipart::{Extent, Part, Timestamp};

/// A picture that is older than this by its own fields is stale.
const OLD: Duration = Duration::from_secs(10);
/// A time that is further away counts from the start of the camera, or its clock was never set.
const FOREIGN: Duration = Duration::from_secs(86_400);

/// The answers to several requests for one snapshot. The first answer is judged like a stream of one part; of the others
/// only counts whether they show something new.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::check::Snapshots;
///
/// let mut snapshots = Snapshots::new(b"\xff\xd8 first \xff\xd9");
/// snapshots.next(b"\xff\xd8 first \xff\xd9", Duration::from_secs(1));
/// assert!(!snapshots.is_renewed());
/// snapshots.next(b"\xff\xd8 second \xff\xd9", Duration::from_secs(2));
/// assert!(snapshots.is_renewed());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshots {
    first: Vec<u8>,
    count: u64,
    /// From the first request to the last one.
    time: Duration,
    /// From the first request to the first one with a new picture.
    renewed_after: Option<Duration>,
    /// Why a request got no picture: the first one.
    refusal: Option<String>,
    refusals: u64,
}

impl Snapshots {
    /// Takes the picture of the first answer.
    pub fn new(picture: &[u8]) -> Self {
        Self {
            first: picture.to_vec(),
            count: 1,
            time: Duration::ZERO,
            renewed_after: None,
            refusal: None,
            refusals: 0,
        }
    }

    /// Takes the picture of the next answer, which was requested so long after the first one.
    pub fn next(&mut self, picture: &[u8], time: Duration) {
        self.count += 1;
        self.time = time;
        if !repeats::is_same(&self.first, picture) {
            self.renewed_after.get_or_insert(time);
        }
    }

    /// A request got no picture: why.
    pub fn refused(&mut self, why: String) {
        self.refusal.get_or_insert(why);
        self.refusals += 1;
    }

    /// Requests without a picture, and why the first of them got none.
    fn refusal(&self) -> Option<String> {
        let why = self.refusal.as_ref()?;
        Some(match self.refusals {
            1 => why.clone(),
            count => format!("{why}; {count} requests in all got no picture"),
        })
    }

    /// Whether one of the pictures shows something else than the first one.
    pub fn is_renewed(&self) -> bool {
        self.renewed_after.is_some()
    }

    /// Answers with a picture.
    pub fn count(&self) -> u64 {
        self.count
    }

    fn message(&self) -> String {
        let count = self.count;
        match (count, self.renewed_after) {
            (1, _) => "one picture; whether the next one is new was not examined".into(),
            (_, Some(after)) => {
                format!("one picture for each request; a new one after {:.1} s", after.as_secs_f64())
            }
            (_, None) => format!("one picture for each request; the same one {count} times"),
        }
    }

    /// What is to be said if no answer brought a new picture.
    fn unchanged(&self) -> Option<(&'static Rule, String)> {
        if self.count < 2 || self.is_renewed() {
            return None;
        }
        let (snapshots, seconds) = (Counted(self.count, "snapshot"), self.time.as_secs_f64());
        let message = format!("{snapshots} in {seconds:.1} s show the same");
        Some(match self.count {
            FROZEN_PICTURES.. => (&SNAPSHOT_STALE, message),
            _ => {
                let needed = format!("; {FROZEN_PICTURES} are needed to call the source frozen");
                (&TOO_SHORT_TO_JUDGE, message + &needed)
            }
        })
    }
}

/// What is known of a response that may be a snapshot.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// Its head, if its type is that of a picture.
    head: Option<Head>,
    parts: u64,
    /// Bytes before the first part.
    lead: u64,
    /// Whether there is one part so far, which nothing frames.
    is_lone: bool,
    /// Bytes of the response, when it has ended.
    bytes: Option<u64>,
    /// What other requests got.
    others: Option<Snapshots>,
    /// Whether the pictures of other answers are judged like parts.
    is_timed: bool,
}

impl Candidate {
    /// Takes the head of the response.
    pub fn head(&mut self, head: &Head) {
        let content_type = head.fields().first("content-type").map(ContentType::parse);
        self.head = content_type.is_some_and(|it| it.is_image()).then(|| head.clone());
    }

    /// Takes the number of bytes before the first part.
    pub fn preamble(&mut self, bytes: u64) {
        self.lead += bytes;
    }

    /// Takes the number of bytes of the response, when it has ended.
    pub fn ended_after(&mut self, bytes: u64) {
        self.bytes = Some(bytes);
    }

    /// Takes the next part.
    pub fn part(&mut self, part: &Part<'_>) {
        self.parts += 1;
        let is_framed = part.spans.delimiter.len > 0;
        self.is_lone = self.parts == 1 && !is_framed && part.extent != Extent::Foreign;
    }

    /// The picture of another answer is judged like a part.
    pub fn polled(&mut self) {
        self.is_timed = true;
    }

    /// Takes what other requests got.
    pub fn others(&mut self, snapshots: Snapshots) {
        self.others = Some(snapshots);
    }

    /// Whether the response so far is one picture without a frame around it, as its type says.
    pub fn is_snapshot(&self) -> bool {
        self.head.is_some() && self.is_lone
    }

    /// Judges the response, and says whether it is a snapshot. `is_whole`: its picture is. `began`: when its first byte
    /// came, since 1970-01-01 UTC.
    pub fn finish(
        self,
        is_whole: bool,
        began: Option<Duration>,
        expectations: &Expectations,
        findings: &mut Findings,
        obstacles: &mut Findings,
    ) -> bool {
        let (Some(head), true) = (&self.head, self.is_lone) else {
            obstacles.note(&NOT_A_SNAPSHOT, Place::STREAM, "the response is not one picture");
            return false;
        };
        judge(head, began, self.others.as_ref(), findings);
        if is_whole {
            length(head, self.bytes, findings);
        }
        if is_whole && self.lead > 0 {
            let message = Counted(self.lead, "byte").to_string() + " before SOI";
            findings.note(&BYTES_BEFORE_SOI, Place::in_part(1, 0), message);
            // FFmpeg shows such a picture; for programs that poll it is an error.
            findings.set_severity(&BYTES_BEFORE_SOI, Severity::Warning);
        }
        if let Some(min) = expectations.min_fps.filter(|_| !self.is_timed) {
            let message = format!("a snapshot has no frame rate, asked for {min}");
            findings.note(&FPS_BELOW_LIMIT, Place::STREAM, message);
        }
        true
    }
}

/// Judges a response with one picture. `snapshots`: what other requests got; `None` if there were none.
fn judge(head: &Head, began: Option<Duration>, snapshots: Option<&Snapshots>, findings: &mut Findings) {
    let message = match snapshots {
        Some(snapshots) => snapshots.message(),
        None => "one picture; whether the next one is new was not examined".into(),
    };
    findings.note(&SNAPSHOT, Place::STREAM, message);
    let mut note = |rule, message: Option<String>| {
        if let Some(message) = message {
            findings.note(rule, Place::STREAM, message);
        }
    };
    note(&SNAPSHOT_CACHEABLE, cacheable(head, began));
    note(&SNAPSHOT_REFUSED, snapshots.and_then(Snapshots::refusal));
    // An old picture that does not change is one finding.
    match snapshots.and_then(Snapshots::unchanged) {
        Some((rule, message)) => note(rule, Some(message)),
        None => note(&SNAPSHOT_STALE, old(head)),
    }
}

/// Judges the length of a response with a whole picture, which ends after `bytes`, if it ended. Not all of them need
/// belong to the picture.
fn length(head: &Head, bytes: Option<u64>, findings: &mut Findings) {
    // RFC 9112 6.3: chunks override a length.
    if head.is_chunked() {
        return;
    }
    let announced = head.text("content-length");
    let message = match (announced.map(|text| decimal::<u64>(text.trim())), bytes) {
        (None, _) => "neither Content-Length nor chunks".into(),
        (Some(Some(announced)), Some(bytes)) if announced > bytes => {
            format!("Content-Length: {announced}, and the response ends after {bytes}")
        }
        // One that is no number, or too small, breaks a rule of all responses.
        _ => return,
    };
    findings.note(&SNAPSHOT_LENGTH, Place::STREAM, message);
}

/// What lets a cache use a response again that came at `began`.
fn cacheable(head: &Head, began: Option<Duration>) -> Option<String> {
    let (lifetime, allowance) = cache_lifetime(head, began)?;
    let seconds = lifetime.as_secs();
    let value = |name| head.text(name).unwrap_or_default();
    Some(match allowance {
        Allowance::MaxAge => format!("Cache-Control: {}", value("cache-control")),
        Allowance::Expires if head.text("date").is_some() => format!("Expires is {seconds} s after Date"),
        Allowance::Expires => format!("Expires is {seconds} s after the response, which has no Date"),
        Allowance::LastModified => format!(
            "Last-Modified: {}, and no Cache-Control: caches may use it for {seconds} s",
            value("last-modified")
        ),
    })
}

/// How old the picture is by its own fields and the server's own clock.
fn old(head: &Head) -> Option<String> {
    let fields = head.fields();
    let age = head.text("age").and_then(|age| decimal(age.trim())).map(Duration::from_secs);
    if let Some(age) = age.filter(|&age| age > OLD) {
        return Some(format!("Age: {}: a cache has kept it so many seconds", age.as_secs()));
    }
    let date = parse_date(fields.first("date")?)?;
    let stamp = fields.first("x-timestamp").and_then(Timestamp::parse).map(|it| it.0);
    let taken = [
        ("X-Timestamp", stamp.filter(|stamp| date.abs_diff(*stamp) < FOREIGN)),
        ("Last-Modified", fields.first("last-modified").and_then(parse_date)),
    ];
    taken.into_iter().find_map(|(name, time)| {
        let age = date.checked_sub(time?).filter(|&age| age > OLD)?;
        Some(format!("{name} is {} s before Date", age.as_secs()))
    })
}
