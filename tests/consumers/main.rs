//! The simulation of consumers against what real programs did.

#![allow(clippy::print_stdout)]

mod combinations;
mod dialects;
mod hostile;
mod limits;
mod open_streams;
mod outcomes;
mod reads;
mod real;
mod sampling;
mod streams;

#[allow(dead_code)]
#[path = "../codec/fixtures.rs"]
mod fixtures;
#[allow(dead_code)]
#[path = "../codec/recipe.rs"]
mod recipe;
