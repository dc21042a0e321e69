//! Arrival times of the frames.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static STALL: Rule = Rule {
    code: "T401",
    name: "stall",
    severity: Warning,
    summary: "a gap much longer than the others",
    why: "The picture freezes. Without --max-gap, the limit is the larger of 1.05 seconds and three times the \
          median gap. With --max-gap, T402 reports the gap.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static GAP_ABOVE_LIMIT: Rule = Rule {
    code: "T402",
    name: "gap-above-limit",
    severity: Error,
    summary: "a gap above --max-gap",
    why: "The limit given with --max-gap is exceeded.",
    section: "--max-gap",
    explains: &[],
    effects: &[],
};

pub static FPS_BELOW_LIMIT: Rule = Rule {
    code: "T403",
    name: "fps-below-limit",
    severity: Error,
    summary: "fewer frames a second than --min-fps",
    why: "The limit given with --min-fps is missed by more than a hundredth: the rate of the whole pictures between the first \
          and the last one. A silence before the first or after the last one counts too if it is longer than the limit allows.",
    section: "--min-fps",
    explains: &[],
    effects: &[],
};

pub static ENDED_EARLY: Rule = Rule {
    code: "T404",
    name: "ended-early",
    severity: Warning,
    summary: "the stream ended before what was asked had been read",
    why: "A live stream has no end: the server closed the connection before --frames or --duration was reached (100 \
          parts or 10 s by default). Some servers end each connection after a few seconds; a viewer then \
          shows the last picture without an end. It is an info after a close-delimiter, which is the orderly end \
          of a stream, and an error with --expect-live.",
    section: "--expect-live",
    explains: &[],
    effects: &[],
};

pub static READER_LATE: Rule = Rule {
    code: "T410",
    name: "reader-late",
    severity: Warning,
    summary: "times are not judged, because this program was late",
    why: "The program that reads the stream was stopped, busy or had no processor, and read bytes late that had come \
          earlier. What its lateness explains is no finding about the camera: the message names what is not judged, and how \
          late it was.",
    section: "measured",
    explains: &[],
    effects: &[],
};
