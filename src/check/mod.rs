//! Verdicts: what is wrong with a stream, and whom it breaks.
//!
//! A [`Judge`] is told what the transport and the parser see; its [`Report`] has one [`Finding`] for
//! each [`Rule`] that was broken. Nothing here reads a clock: times are given.

mod body_damage;
mod consumer;
mod judge;
mod report;
mod rule;
mod rules;

pub use body_damage::BodyDamage;
pub use consumer::{CONSUMERS, Effect, Effects};
pub use judge::{Expectations, Judge};
pub use report::{Finding, Frames, Report};
pub use rule::{Rule, Severity};
pub use rules::{find, rules};
