//! Streams that cannot be carried further. They are findings only for the carriers that the user names.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static CROSS_ORIGIN_REFUSED: Rule = Rule {
    code: "H130",
    name: "cross-origin-refused",
    severity: Info,
    summary: "pages of another origin may not read the response",
    why: "Viewers that use fetch(), such as those of Mainsail and Fluidd, and canvases get nothing without \
          Access-Control-Allow-Origin; an `<img>` plays. It counts only with --consumers fetch. Send the field once, \
          with `*` or the origin of the page.",
    section: "WHATWG Fetch 3.3",
    explains: &[],
    effects: &[],
};

pub static FETCH_IN_WEBKIT: Rule = Rule {
    code: "H131",
    name: "fetch-in-webkit",
    severity: Info,
    summary: "WebKit gives fetch() no multipart/x-mixed-replace body",
    why: "Viewers that use fetch() show nothing in Safari and other WebKit browsers; an `<img>` plays. It counts only \
          with --consumers webkit_fetch. Use an `<img>` there.",
    section: "EvanBacon/serve-sim PR 3",
    explains: &[],
    effects: &[],
};

pub static RTP_JPEG_UNFIT: Rule = Rule {
    code: "J330",
    name: "rtp-jpeg-unfit",
    severity: Info,
    summary: "a picture that RTP/JPEG cannot carry",
    why: "RTP/JPEG sends no tables for Huffman codes and eight bytes about the picture: baseline, one scan of three \
          components, 4:2:2 or 4:2:0, at most 2040x2040, the Huffman tables of T.81 Annex K. A restreamer such as \
          `ffmpeg -c copy -f rtp` refuses all other pictures, or its receivers show garbage; it must encode them \
          again. It counts only with --consumers rtp_jpeg.",
    section: "RFC 2435 3.1 and 4.1",
    explains: &[],
    effects: &[],
};
