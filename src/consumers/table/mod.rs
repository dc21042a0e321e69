//! The consumers. To add one, write one `pub static` in the file of its kind and one line here, and measure it
//! with `benches/consumers`.

mod browsers;
mod libraries;
mod players;
mod relays;
mod scanners;

pub use browsers::{CHROMIUM, FIREFOX, WEBKITGTK};
pub use libraries::{AIOHTTP, FLUIDD, GO_MULTIPART, GO2RTC, MULTIPART_STREAM, PY_MJPEG};
pub use players::{FFMPEG, FFMPEG_STRICT, GSTREAMER, MPV, OPENCV, VLC};
pub use relays::{CURL, HAPROXY, HOME_ASSISTANT_PROXY, MJPEG_PROXY, NGINX, NGINX_UNBUFFERED};
pub use scanners::{
    HOME_ASSISTANT_STILL, MAINSAIL, MJPEG_CONSUMER, MJPEG_DECODER, PIPE2JPEG, SOI_EOI_SCANNER,
};

use super::consumer::Consumer;

/// All consumers, in the order of reports.
static CONSUMERS: &[&Consumer] = &[
    &FFMPEG,
    &FFMPEG_STRICT,
    &VLC,
    &CHROMIUM,
    &FIREFOX,
    &GSTREAMER,
    &OPENCV,
    &MPV,
    &WEBKITGTK,
    &GO_MULTIPART,
    &GO2RTC,
    &MULTIPART_STREAM,
    &AIOHTTP,
    &HOME_ASSISTANT_STILL,
    &PY_MJPEG,
    &SOI_EOI_SCANNER,
    &MJPEG_CONSUMER,
    &MJPEG_DECODER,
    &PIPE2JPEG,
    &MAINSAIL,
    &FLUIDD,
    &MJPEG_PROXY,
    &NGINX,
    &NGINX_UNBUFFERED,
    &HAPROXY,
    &HOME_ASSISTANT_PROXY,
    &CURL,
];

/// All consumers, in the order of reports. Later versions may add some.
pub fn consumers() -> impl Iterator<Item = &'static Consumer> {
    CONSUMERS.iter().copied()
}

/// The consumer with this name.
pub fn consumer(name: &str) -> Option<&'static Consumer> {
    consumers().find(|consumer| consumer.name == name)
}
