//! What the server does, in a sentence that its developer can act on.

use mjpeg::counted::Counted;

use super::shape::{FLOWS, Sending, Shape};
use super::trace::End;
use crate::bench::verdict::Verdict;

/// What is known of the server.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the stream is.
    pub verdict: Verdict,
    /// How it is sent.
    pub shape: &'a Shape,
    /// The frames that came, and the size of the smallest part.
    pub frames: u64,
    /// The size of the smallest part.
    pub part_min: Option<u64>,
    /// How the response ended.
    pub end: Option<End>,
    /// The bytes of the last picture and of the smallest one before it, if the last one is smaller than all before it.
    pub shrunk: Option<(u64, u64)>,
    /// The `Server` field.
    pub server: &'a str,
}

impl Facts<'_> {
    /// The sentence.
    pub fn sentence(&self) -> String {
        match (self.verdict, self.shape.sending) {
            (_, Sending::Pieces { bytes }) => format!(
                "each frame comes in pieces of {} (median), some time apart: the server writes a part with several calls and \
                 waits between them, or the link is slow, or the machine is busy. Write each part with one call",
                Counted(bytes, "byte")
            ),
            (Verdict::Nothing, _) => {
                "no complete frame came: the server waits for more bytes than there are before it sends, \
                 or it has no picture"
                    .into()
            }
            (Verdict::Ends, _) => self.ends(),
            (_, Sending::Blocks { bytes }) => format!(
                "the bytes leave in blocks of {bytes}: something collects {bytes} bytes before it sends, so the end of a \
                 frame waits for the next {}. {}",
                if self.shape.at_once() > 1.5 {
                    format!("ones, and {:.1} frames come at once", self.shape.at_once())
                } else {
                    "one".into()
                },
                self.advice()
            ),
            (_, Sending::Tails { bytes }) => format!(
                "the last {} of a frame come with the next one: a buffer is not flushed at the end of a part, or \
                 the part is written with several calls without TCP_NODELAY. {}",
                Counted(bytes, "byte"),
                self.advice()
            ),
            (_, Sending::Whole) if self.shape.at_once() > 1.5 => format!(
                "whole frames come {:.1} at a time: the program that makes them collects them, or waits",
                self.shape.at_once()
            ),
            (Verdict::Bursts, Sending::Whole) => {
                "each part leaves whole, but sometimes late: the source of the pictures stalls, or the machine is busy"
                    .into()
            }
            (Verdict::Late, Sending::Whole) => {
                "each part leaves whole, but its picture is old by then: what makes or passes on the pictures needs that long, \
                 or the machine is busy"
                    .into()
            }
            (_, Sending::Whole) => "each part leaves whole when it is ready: nothing to change".into(),
            (_, Sending::Unknown) if self.shape.flow >= FLOWS => {
                "the bytes come without a pause, so it cannot be seen how they are sent: the link is as slow as the stream, or the \
                 server sends pictures as fast as it can"
                    .into()
            }
            (_, Sending::Unknown) => "too few bytes came to see how they are sent; try a longer --duration".into(),
        }
    }

    fn ends(&self) -> String {
        let frames = Counted(self.frames, "frame");
        let smallest = self.part_min.map(|min| format!(" ({})", Counted(min, "byte"))).unwrap_or_default();
        let suspicion = match self.shrunk {
            Some((last, before)) => format!(
                ". The last picture, of {}, was the first one below {before}: a loop that ends at a short read, with a block \
                 between these sizes, ends there",
                Counted(last, "byte")
            ),
            None => String::new(),
        };
        let why = match self.end {
            Some(End::Framed) => format!(
                "the response ended in an orderly way after {frames}, without an error: a server that takes a read shorter than \
                 its block for the end of the file does this. Make its block no larger than the smallest part{smallest}, \
                 or stop its loop only at an empty read"
            ),
            Some(End::Closed) => {
                format!(
                    "the server closed the connection after {frames}: look for an error in its log, and in its loop for a read \
                     shorter than a block{smallest} that is taken for the end"
                )
            }
            Some(End::Reset) => {
                format!(
                    "the connection was reset after {frames}: the server, or a program on the way, has died or has closed it"
                )
            }
            None => format!(
                "nothing came after {frames}, and the connection stayed open: the server's loop has ended or waits. If it \
                 reads blocks, make them no larger than the smallest part{smallest}"
            ),
        };
        why + &suspicion
    }

    /// What helps with this server.
    fn advice(&self) -> &'static str {
        let server = self.server.to_ascii_lowercase();
        let is = |names: &[&str]| names.iter().any(|name| server.contains(name));
        if is(&["nginx", "openresty"]) {
            "In nginx: `proxy_buffering off;` for this location, or the field `X-Accel-Buffering: no` from the program \
             behind it"
        } else if is(&["apache"]) {
            "In Apache: `flushpackets=on` in ProxyPass"
        } else if is(&[
            "wsgi", "gunicorn", "python", "werkzeug", "waitress", "cheroot", "rocket", "uvicorn", "aiohttp",
        ]) {
            "In Python: yield each part as one bytes object from a generator; `wsgi.file_wrapper` and `read(n)` collect \
             blocks"
        } else {
            "Write each part with one call and flush it, or read from the source only what is there"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mjpeg::stats::Batches;

    use super::*;

    fn sentence(verdict: Verdict, sending: Sending, end: Option<End>, server: &str) -> String {
        let interval = Duration::from_millis(33);
        let shrunk = (verdict == Verdict::Ends).then_some((28_900, 31_000));
        let mut frames_per_send = Batches::default();
        frames_per_send.push(1.0);
        let shape = Shape { sends: 9, sending, frames_per_send, torn: 0.0, flow: 0.0, interval };
        Facts { verdict, shape: &shape, frames: 15, part_min: Some(28_970), end, shrunk, server }.sentence()
    }

    #[test]
    fn the_sentence_names_the_figure_and_the_remedy_for_the_server() {
        for (verdict, sending, end, server, words) in [
            (
                Verdict::Late,
                Sending::Blocks { bytes: 4096 },
                None,
                "nginx/1.22",
                ["blocks of 4096", "proxy_buffering off"],
            ),
            (
                Verdict::Late,
                Sending::Blocks { bytes: 8192 },
                None,
                "gunicorn",
                ["blocks of 8192", "yield each part"],
            ),
            (Verdict::Late, Sending::Tails { bytes: 1 }, None, "", ["last 1 byte of", "flush it"]),
            (Verdict::Ends, Sending::Unknown, Some(End::Framed), "", ["after 15 frames", "28970 bytes"]),
            (
                Verdict::Ends,
                Sending::Unknown,
                Some(End::Closed),
                "",
                ["closed the connection", "28900 bytes, was the first one below 31000"],
            ),
            (Verdict::Ends, Sending::Unknown, Some(End::Reset), "", ["was reset", "after 15 frames"]),
            (Verdict::Ends, Sending::Unknown, None, "", ["stayed open", "28970 bytes"]),
            (Verdict::Streams, Sending::Whole, None, "", ["leaves whole", "nothing to change"]),
            (Verdict::Late, Sending::Whole, None, "", ["leaves whole", "old by then"]),
        ] {
            let text = sentence(verdict, sending, end, server);
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
    }
}
