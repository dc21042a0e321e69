//! The codec over all fixtures: expected events, every split, an oracle, bounds, and the fuzz corpus.

mod bounds;
mod captures;
mod dialects;
mod expected;
mod fixtures;
mod invariants;
mod oracle;
#[allow(dead_code)] // tests/consumers uses all of it
mod recipe;
mod recovery;
mod replay;
mod report;
mod response;
mod splits;
