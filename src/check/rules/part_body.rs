//! The body of a part, apart from the JPEG inside it.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::timing::STALL;
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GO2RTC, GSTREAMER, MPV, OPENCV, VLC};

pub static BYTES_AFTER_BODY: Rule = Rule {
    code: "M222",
    name: "bytes-after-body",
    severity: Error,
    summary: "bytes between the end of the body and the delimiter",
    why: "The Content-Length is right, but bytes after the picture were sent too (saljam/mjpeg, \
          hybridgroup/mjpeg). FFmpeg, GStreamer, OpenCV and go2rtc stop after one frame; browsers do not \
          notice.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Nothing),
        (&GSTREAMER, Dies),
        (&OPENCV, Dies),
        (&GO2RTC, Dies),
    ],
};

pub static PART_NOT_PICTURE: Rule = Rule {
    code: "M226",
    name: "part-not-picture",
    severity: Error,
    summary: "a part between the frames is not a picture",
    why: "Text or XML between frames ends the stream in FFmpeg and VLC and crashes the tab in Chromium; Firefox \
          loses a frame by XML.",
    section: "WHATWG HTML 17.2",
    explains: &[],
    effects: &[
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Dies),
        (&VLC, Dies),
        (&CHROMIUM, Crashes),
        (&OPENCV, Dies),
        (&FIREFOX, Loses),
    ],
};

pub static PART_EMPTY: Rule = Rule {
    code: "M227",
    name: "part-empty",
    severity: Error,
    summary: "a part without a body",
    why: "The renderer of Chromium crashes; other readers lose a frame. Send nothing while there is no \
          picture.",
    section: "WHATWG HTML 17.2",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Crashes),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
        (&OPENCV, Dies),
        (&MPV, Loses),
    ],
};

pub static BODY_TOO_LARGE: Rule = Rule {
    code: "M236",
    name: "body-too-large",
    severity: Error,
    summary: "a body larger than the limit",
    why: "The part was skipped. No camera sends pictures that large: most likely the delimiter was lost.",
    section: "RFC 2046 5.1",
    explains: &[&STALL],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Loses),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
    ],
};

pub static BOUNDARY_IN_PICTURE: Rule = Rule {
    code: "M239",
    name: "boundary-in-picture",
    severity: Error,
    summary: "the boundary occurs inside a picture",
    why: "VLC, Chromium and Firefox search for the boundary even if Content-Length is right: the picture is \
          cut in two, and Chromium crashes. Use a long random boundary.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&VLC, Nothing), (&CHROMIUM, Crashes), (&FIREFOX, Nothing)],
};

pub static CUT: Rule = Rule {
    code: "M240",
    name: "cut",
    severity: Info,
    summary: "the input ends inside a part",
    why: "Captures end at any byte; everything before the cut was read. An input in which no part is complete is no stream \
          and does not pass.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[],
};
