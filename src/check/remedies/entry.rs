//! What a remedy is.

/// What to change so that a stream no longer breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remedy {
    /// The code of the rule.
    pub code: &'static str,
    /// What to change in the camera or server.
    pub cure: &'static str,
    /// What breaks the rule, in a line. `\r` and `\n` are written out.
    pub bad: &'static str,
    /// What to send instead.
    pub good: &'static str,
}
