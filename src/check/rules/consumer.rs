//! What becomes of the stream in the consumers that the user chose.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static CONSUMER_FAILS: Rule = Rule {
    code: "C590",
    name: "consumer-fails",
    severity: Error,
    summary: "a consumer of --consumers loses frames, and no other finding says why",
    why: "The simulation of this consumer loses frames, stops or shows nothing. What it runs into breaks no \
          other rule: most likely it requires more than the standards do.",
    section: "--consumers",
    explains: &[],
    effects: &[],
};
