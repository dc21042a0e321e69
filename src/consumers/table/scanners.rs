//! Readers that look for the markers of pictures.

use crate::consumers::consumer::{Consumer, Framing, Parameters, Pictures, Probe};
use crate::consumers::http_client::HttpClient;
use crate::consumers::markers::{Markers, PictureEnd, Reads};
use crate::consumers::response::{Response, Types};

const NODE: Response = Response { client: HttpClient::NODE, bare_lf: false, ..Response::ANY };
const FIRST_EOI: Markers =
    Markers { end: PictureEnd::FirstEoi, reads: Reads::Blocks(1024), one_per_read: true, one_in_all: false };
const SCANNER: Parameters = Parameters {
    response: Response::ANY,
    boundary: None,
    framing: Framing::Markers(FIRST_EOI),
    probe: Probe::OtherTypes,
    pictures: Pictures::Delivered,
    one_per_send: false,
    drops_empty: false,
};

/// One picture for a card: the first EOI in blocks of 100 kB.
pub static HOME_ASSISTANT_STILL: Consumer = Consumer {
    name: "home_assistant_still",
    version: "Home Assistant 2026.2.3 camera.mjpeg, one still, httpx 0.28.1",
    parameters: Parameters {
        response: Response { length_enforced: true, ..Response::ANY },
        framing: Framing::Markers(Markers { reads: Reads::Blocks(102_400), one_in_all: true, ..FIRST_EOI }),
        ..SCANNER
    },
};

/// The loop that is copied from answer to answer: `read(1024)`, find `FF D8`, find `FF D9`.
pub static SOI_EOI_SCANNER: Consumer = Consumer {
    name: "soi_eoi_scanner",
    version: "Python 3.11 urllib, read(1024), first SOI and EOI",
    parameters: Parameters { response: Response { client: HttpClient::URLLIB, ..Response::ANY }, ..SCANNER },
};

/// Needs Content-Length and SOI in one read.
pub static MJPEG_CONSUMER: Consumer = Consumer {
    name: "mjpeg_consumer",
    version: "mjpeg-consumer 2.0.0, Node 20",
    parameters: Parameters {
        response: NODE,
        framing: Framing::Markers(Markers {
            end: PictureEnd::SameRead,
            reads: Reads::Events,
            one_per_read: false,
            one_in_all: false,
        }),
        drops_empty: true,
        ..SCANNER
    },
};

/// Takes one picture out of each read.
pub static MJPEG_DECODER: Consumer = Consumer {
    name: "mjpeg_decoder",
    version: "mjpeg-decoder 1.0.3, Node 20",
    parameters: Parameters {
        response: Response { types: Types::MixedReplaceBoundary, ..NODE },
        framing: Framing::Markers(Markers {
            end: PictureEnd::Eoi { skipped: 0 },
            reads: Reads::Events,
            one_per_read: true,
            one_in_all: false,
        }),
        ..SCANNER
    },
};

/// Does not look for EOI in the first bytes of a picture.
pub static PIPE2JPEG: Consumer = Consumer {
    name: "pipe2jpeg",
    version: "pipe2jpeg 0.3.0, Node 20",
    parameters: Parameters {
        response: NODE,
        framing: Framing::Markers(Markers {
            end: PictureEnd::Eoi { skipped: 500 },
            reads: Reads::Events,
            one_per_read: false,
            one_in_all: false,
        }),
        ..SCANNER
    },
};

/// The viewer of the Klipper front end, on `fetch`: each SOI starts a buffer of Content-Length bytes.
pub static MAINSAIL: Consumer = Consumer {
    name: "mainsail",
    version: "Mainsail at df0ef3e34, Node 20",
    parameters: Parameters {
        response: Response { client: HttpClient::BROWSER, ..NODE },
        framing: Framing::Markers(Markers {
            end: PictureEnd::LengthAndOne,
            reads: Reads::Events,
            one_per_read: false,
            one_in_all: false,
        }),
        one_per_send: true,
        ..SCANNER
    },
};
