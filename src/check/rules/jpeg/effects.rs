//! What pictures of one kind do to the measured consumers.

use crate::consumers::Fate::{self, *};
use crate::consumers::{
    CHROMIUM, Consumer, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, MPV, OPENCV, VLC, WEBKITGTK,
};

/// The effects of a picture of which data is missing or wrong: decoders show a part of it, or something else.
pub static DAMAGED: [(&Consumer, Fate); 9] = [
    (&FFMPEG, Loses),
    (&FFMPEG_STRICT, Loses),
    (&VLC, Loses),
    (&CHROMIUM, Loses),
    (&FIREFOX, Loses),
    (&GSTREAMER, Loses),
    (&OPENCV, Loses),
    (&MPV, Loses),
    (&WEBKITGTK, Loses),
];

/// The effects of a picture that all measured decoders refuse. A program with OpenCV stops at it. Chromium shows no
/// picture after it, and its tab crashes when the server ends the stream (`benches/consumers/tab.py`). WebKitGTK was not
/// measured with such pictures.
pub static REFUSED_BY_ALL: [(&Consumer, Fate); 9] = [
    (&FFMPEG, Loses),
    (&FFMPEG_STRICT, Loses),
    (&VLC, Loses),
    (&CHROMIUM, Crashes),
    (&FIREFOX, Loses),
    (&GSTREAMER, Loses),
    (&OPENCV, Dies),
    (&MPV, Loses),
    (&WEBKITGTK, Unknown),
];

/// The effects of a picture with a number of components that no decoder knows: GStreamer's pipeline stops.
pub static UNKNOWN_COMPONENTS: [(&Consumer, Fate); 9] = [
    (&FFMPEG, Loses),
    (&FFMPEG_STRICT, Loses),
    (&VLC, Loses),
    (&CHROMIUM, Crashes),
    (&FIREFOX, Loses),
    (&GSTREAMER, Dies),
    (&OPENCV, Dies),
    (&MPV, Loses),
    (&WEBKITGTK, Unknown),
];

/// The effects of a picture that FFmpeg's decoder alone shows; VLC, OpenCV and mpv use it.
pub static FFMPEG_ALONE: [(&Consumer, Fate); 4] =
    [(&CHROMIUM, Crashes), (&FIREFOX, Loses), (&GSTREAMER, Loses), (&WEBKITGTK, Unknown)];

/// The effects of a picture that libjpeg refuses, but Firefox shows.
pub static REFUSED_BY_LIBJPEG: [(&Consumer, Fate); 3] =
    [(&CHROMIUM, Crashes), (&GSTREAMER, Loses), (&WEBKITGTK, Unknown)];

/// The effects of a picture that FFmpeg's decoder refuses.
pub static REFUSED_BY_FFMPEG: [(&Consumer, Fate); 6] = [
    (&FFMPEG, Loses),
    (&FFMPEG_STRICT, Loses),
    (&VLC, Loses),
    (&OPENCV, Dies),
    (&MPV, Loses),
    (&WEBKITGTK, Unknown),
];
