//! The JPEG part of the library, from outside: fixtures, what can happen to them, and generated pictures.

mod encoder;
mod fixture;
mod judgements;
mod notes;
mod properties;
mod reserved;
mod soundness;
mod splitting;
mod summaries;
mod verdict;
