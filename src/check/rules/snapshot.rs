//! Answers with one picture. Most are infos, and errors for programs that poll (`--consumers snapshot`).

use super::delimiter::NO_MULTIPART;
use super::http::{BODY_LENGTH, CONTENT_TYPE_NOT_MIXED_REPLACE};
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static SNAPSHOT: Rule = Rule {
    code: "H132",
    name: "snapshot",
    severity: Warning,
    summary: "the response is one picture: a snapshot URL, not a stream",
    why: "A program that reads streams shows this picture and nothing else, or nothing. Programs that poll ask for a \
          snapshot again and again: `check` does so each second (--poll), for as long as it watches a stream. If you expected a stream, use \
          another URL; with --consumers snapshot this is an info, and what breaks polling is an error.",
    section: "RFC 9110 8.3",
    explains: &[&CONTENT_TYPE_NOT_MIXED_REPLACE, &NO_MULTIPART, &BODY_LENGTH],
    effects: &[],
};

pub static SNAPSHOT_LENGTH: Rule = Rule {
    code: "H133",
    name: "snapshot-length",
    severity: Info,
    summary: "a snapshot without the right Content-Length",
    why: "Without a Content-Length or chunks, a program cannot tell a whole snapshot from a cut one, and a connection \
          cannot be used again. With one that is too long, clients report an error or wait. Send the number of \
          bytes that follow the head.",
    section: "RFC 9112 6.3",
    explains: &[],
    effects: &[],
};

pub static SNAPSHOT_CACHEABLE: Rule = Rule {
    code: "H134",
    name: "snapshot-cacheable",
    severity: Info,
    summary: "a cache may answer with an old snapshot",
    why: "Browsers and proxies may show a stored picture instead of a new one: the response has a lifetime above zero \
          (max-age, Expires), or a Last-Modified and no word about caching, of which caches make a tenth of the age of \
          the file. A response without Date counts from its arrival, and `Pragma: no-cache` does not outweigh Expires: \
          nginx 1.22 does both. Send `Cache-Control: no-store`.",
    section: "RFC 9111 4.2",
    explains: &[],
    effects: &[],
};

pub static SNAPSHOT_REFUSED: Rule = Rule {
    code: "H135",
    name: "snapshot-refused",
    severity: Warning,
    summary: "a later request did not get a snapshot",
    why: "The first request got a picture. One of the requests after it, a second later, failed or got something else: \
          the server limits the rate or the number of requests, or is overloaded. After three failures one after the other, \
          `check` asks no more.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static NOT_A_SNAPSHOT: Rule = Rule {
    code: "H136",
    name: "not-a-snapshot",
    severity: Info,
    summary: "the response is not one picture",
    why: "A program that polls waits for the end of the response, which a stream does not have. It counts only with \
          --consumers snapshot. Use the snapshot URL of the camera.",
    section: "RFC 9110 8.3",
    explains: &[],
    effects: &[],
};

pub static SNAPSHOT_STALE: Rule = Rule {
    code: "C516",
    name: "snapshot-stale",
    severity: Info,
    summary: "snapshots are old, or the same again and again",
    why: "Ten snapshots or more, each asked for a second later, show the same, byte for byte or after another header; or the fields \
          Age, Last-Modified or X-Timestamp say that the picture is more than ten seconds old: a cache answers, the file is no \
          longer rewritten, or the source is frozen. A camera's noise makes each picture different.",
    section: "measured",
    explains: &[],
    effects: &[],
};
