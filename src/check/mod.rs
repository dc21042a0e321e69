//! Verdicts: what is wrong with a stream, and whom it breaks.

mod damage;

pub use damage::Damage;
