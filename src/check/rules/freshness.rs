//! The age of the pictures when they arrive.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static LAG_GROWS: Rule = Rule {
    code: "C505",
    name: "lag-grows",
    severity: Warning,
    summary: "the pictures become older and older",
    why: "The capture time (the coded strip, X-Timestamp, X-UtcTime, x-axis-dvr-frame-time, the comment of JVC cameras) falls behind the arrival more \
          and more: the server queues pictures instead of dropping them. Every frame arrives on time, but shows the past. Send the \
          newest picture.",
    section: "measured",
    explains: &[&LAG],
    effects: &[],
};

pub static LAG: Rule = Rule {
    code: "C506",
    name: "lag",
    severity: Warning,
    summary: "the pictures are more than a second old when they arrive",
    why: "The capture time (as for C505) is behind the arrival by the same time throughout: the server holds \
          back pictures, or the clocks of server and reader differ.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static CAPTURE_TIME_BACK: Rule = Rule {
    code: "C507",
    name: "capture-time-back",
    severity: Warning,
    summary: "the capture time goes back",
    why: "The capture time (as for C505) is smaller than that of the picture before: pictures are sent in the wrong order, an \
          old buffer is sent again, or the clock of the camera was set.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static NOT_CAPTURE_TIME: Rule = Rule {
    code: "C508",
    name: "not-capture-time",
    severity: Info,
    summary: "X-Timestamp or another capture time is none",
    why: "The value is no time, does not change from picture to picture, or is more than a day away from \
          the time of day (a time since the start of the camera). One in whole seconds, or in tenths, must change from \
          second to second, or from tenth to tenth. The age of the pictures cannot be judged.",
    section: "measured",
    explains: &[],
    effects: &[],
};
