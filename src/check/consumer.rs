//! The programs that read streams, for the rules that break them.

pub use crate::consumers::{
    CHROMIUM, Consumer, FFMPEG, FFMPEG_STRICT, FIREFOX, Fate as Effect, GO2RTC, GSTREAMER, MPV, OPENCV, VLC,
    WEBKITGTK,
};
