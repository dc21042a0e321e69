//! What else a stream may have to pass: consumers that are known from a standard or a report, not measured.

use crate::check::rule::Rule;
use crate::check::rules::carrier::{CROSS_ORIGIN_REFUSED, FETCH_IN_WEBKIT, RTP_JPEG_UNFIT};
use crate::check::rules::snapshot::{
    NOT_A_SNAPSHOT, SNAPSHOT_CACHEABLE, SNAPSHOT_LENGTH, SNAPSHOT_REFUSED, SNAPSHOT_STALE,
};

/// A way to carry the frames of a stream further. A stream that breaks one of its rules does not pass.
///
/// Carriers are equal if their names are equal.
#[derive(Debug)]
#[non_exhaustive]
pub struct Carrier {
    /// The key in JSON.
    pub name: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// Whether a stream can pass at all. A text for people names no carrier that refuses all streams.
    pub takes_streams: bool,
    /// The rules that a stream must keep.
    pub rules: &'static [&'static Rule],
}

impl PartialEq for Carrier {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Carrier {}

static CARRIERS: &[&Carrier] = &[
    &Carrier {
        name: "rtp_jpeg",
        summary: "frames in RTP packets, as RFC 2435 has them",
        takes_streams: true,
        rules: &[&RTP_JPEG_UNFIT],
    },
    &Carrier {
        name: "fetch",
        summary: "a viewer that uses fetch() in a page of another origin",
        takes_streams: true,
        rules: &[&CROSS_ORIGIN_REFUSED],
    },
    &Carrier {
        name: "webkit_fetch",
        summary: "the same in a WebKit browser",
        takes_streams: false,
        rules: &[&FETCH_IN_WEBKIT, &CROSS_ORIGIN_REFUSED],
    },
    &Carrier {
        name: "snapshot",
        summary: "a program that asks for one picture again and again",
        takes_streams: false,
        rules: &[&NOT_A_SNAPSHOT, &SNAPSHOT_REFUSED, &SNAPSHOT_STALE, &SNAPSHOT_CACHEABLE, &SNAPSHOT_LENGTH],
    },
];

/// All carriers, in the order of reports. Later versions may add some.
pub fn carriers() -> impl Iterator<Item = &'static Carrier> {
    CARRIERS.iter().copied()
}

/// The carrier with this name.
pub fn carrier(name: &str) -> Option<&'static Carrier> {
    carriers().find(|carrier| carrier.name == name)
}
