//! Why a target shows no stream, or only a part of one, as JSON has it.

use serde::Serialize;

use crate::exit::Failure;
use crate::status;

/// Why a target shows no stream, or only a part of one.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// The target as typed, without a password.
    pub target: String,
    /// The word that `check` has for it.
    pub verdict: &'static str,
    /// The message.
    pub error: String,
}

impl Fault {
    /// The fault that `failure` reports of `target`.
    pub fn of(target: &str, failure: &Failure) -> Self {
        let verdict = status::word(failure.exit).unwrap_or("error");
        Self { target: target.into(), verdict, error: failure.to_string() }
    }

    /// A signal came before `target` was read.
    pub fn interrupted(target: &str) -> Self {
        Self { target: target.into(), verdict: "interrupted", error: "ended by a signal".into() }
    }
}
