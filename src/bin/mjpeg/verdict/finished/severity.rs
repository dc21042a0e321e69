//! The severity of a finding in JSON.

use mjpeg::check::Severity;
use serde::{Deserialize, Deserializer, Serializer};

/// `error`, `warning` or `info`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
pub fn serialize<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.name())
}

/// The severity with this name.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    let name = String::deserialize(deserializer)?;
    [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .find(|severity| severity.name() == name)
        .ok_or_else(|| serde::de::Error::custom(format!("{name:?} is no severity")))
}
