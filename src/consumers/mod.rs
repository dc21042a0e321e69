//! What programs that read MJPEG do with a stream, by simulation.
//!
//! One reader with parameters reads the same bytes and arrival times in the way of each [`Consumer`]: where
//! the boundary comes from, what counts as a delimiter, which length it believes, when it shows a frame. A
//! [`Consumer`] is data. Its parameters were fitted to measurements (`fixtures/consumers`): the real program
//! read streams with one deviation each. The reader also predicts streams with several deviations.
//!
//! ```text
//! Stream -> response -> boundary -> framing { delimiter, part head, part type, length, body end }
//!                                -> markers  (readers that know no multipart)
//!                                -> relay    (programs that pass the bytes on)
//!        -> counting -> Prediction
//! ```
//!
//! All stages work on byte offsets. A frame has a `need`: the bytes that must have come before the consumer
//! shows it. The arrival times turn that into a time; nothing is simulated in time. Each stage reads a byte
//! at most once or twice, so the cost is linear in the bytes.

mod body_end;
mod boundary;
mod cause;
mod chunks;
mod consumer;
mod counting;
mod delimiter;
mod fate;
mod form;
mod framing;
mod head;
mod http_client;
mod length;
mod lines;
mod markers;
mod markers_length;
mod matcher;
mod part_head;
mod part_type;
mod pictures;
mod predict;
mod prediction;
mod read;
mod relay;
mod response;
mod sampler;
mod stop;
mod stream;
mod table;

pub use cause::Cause;
pub use consumer::Consumer;
pub use fate::Fate;
pub use head::{ContentCoding, HeadStart, LengthFlaw, ResponseHead};
pub use predict::Predictor;
pub use prediction::Prediction;
pub use sampler::{SampleEnd, Sampler};
pub use stream::{Stream, StreamEnd};
pub use table::{
    AIOHTTP, CHROMIUM, CURL, FFMPEG, FFMPEG_STRICT, FIREFOX, GO2RTC, GSTREAMER, MPV, OPENCV, VLC, WEBKITGTK,
    consumer, consumers,
};
