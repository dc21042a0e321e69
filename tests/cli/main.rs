//! The end-to-end tests of the program, as one test program: linking one is faster than linking seventeen.
//!
//! One file per subject; the kit has what they share. `cargo test --test cli record::` runs one file. Every
//! test makes its own temporary directory and its own ports, because all of them run in parallel.

mod kit;

mod bench;
mod check;
mod documents;
mod hostile;
mod judgement;
mod page;
mod readme;
mod record;
mod schemas;
mod serve;
mod serve_browsers;
mod serve_chain;
mod serve_faults;
mod serve_listen;
mod serve_mounts;
mod serve_peers;
mod serve_sources;
mod serve_watch;
