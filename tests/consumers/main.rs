//! The simulation of consumers against what real programs did.

mod outcomes;
mod streams;

#[allow(dead_code)]
#[path = "../codec/fixtures.rs"]
mod fixtures;
#[allow(dead_code)]
#[path = "../codec/recipe.rs"]
mod recipe;
