//! How the bytes of the pictures flow.

use super::freshness::LAG;
use super::timing::STALL;
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, MPV, OPENCV, VLC};

pub static HELD_TAIL: Rule = Rule {
    code: "T405",
    name: "held-tail",
    severity: Warning,
    summary: "the last bytes of a picture come with the next one",
    why: "Most pictures pause before their last bytes, for half of the time between two pictures or more: a buffer \
          of the server or of a proxy keeps them until the next picture pushes them out. Every reader \
          shows the picture that much later. Flush after each part.",
    section: "measured",
    explains: &[],
    effects: &[
        (&FFMPEG, Late),
        (&FFMPEG_STRICT, Late),
        (&VLC, Late),
        (&CHROMIUM, Late),
        (&FIREFOX, Late),
        (&GSTREAMER, Late),
        (&OPENCV, Late),
        (&MPV, Late),
    ],
};

pub static FILLED_CHUNKS: Rule = Rule {
    code: "T406",
    name: "filled-chunks",
    severity: Warning,
    summary: "bytes are sent only in full chunks of one size",
    why: "The server fills a buffer before it sends it: the end of a picture waits for the start of the next one, \
          and every reader shows it that much later. The message names the size of the buffer. Flush after \
          each part.",
    section: "measured",
    explains: &[],
    effects: &[
        (&FFMPEG, Late),
        (&FFMPEG_STRICT, Late),
        (&VLC, Late),
        (&CHROMIUM, Late),
        (&FIREFOX, Late),
        (&GSTREAMER, Late),
        (&OPENCV, Late),
        (&MPV, Late),
    ],
};

pub static BURSTS: Rule = Rule {
    code: "T407",
    name: "bursts",
    severity: Warning,
    summary: "several pictures come at once, then none for a while",
    why: "A buffer between the camera and the reader collects several pictures (nginx with proxy_buffering, a VPN, a \
          sleeping radio). All but the last one of a burst are late in every reader. In nginx, set \
          proxy_buffering off, or send X-Accel-Buffering: no.",
    section: "measured",
    explains: &[&STALL, &HELD_TAIL, &FILLED_CHUNKS, &LAG],
    effects: &[
        (&FFMPEG, Late),
        (&FFMPEG_STRICT, Late),
        (&VLC, Late),
        (&CHROMIUM, Late),
        (&FIREFOX, Late),
        (&GSTREAMER, Late),
    ],
};

pub static DRIP: Rule = Rule {
    code: "T408",
    name: "drip",
    severity: Info,
    summary: "a picture takes most of the time between two pictures to arrive",
    why: "The bytes of a picture come slowly, without a long pause: the link or the server is near its limit. \
          Frames are shown late by that time, and a larger picture lowers the rate. Use smaller pictures, \
          or fewer.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static JITTER: Rule = Rule {
    code: "T409",
    name: "jitter",
    severity: Info,
    summary: "the gaps between the pictures differ",
    why: "On average the gaps differ from their median by more than half of it. Movement looks uneven. A server \
          that sends a picture only when it changes has such gaps too.",
    section: "measured",
    explains: &[],
    effects: &[],
};
