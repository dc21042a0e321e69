//! Speed of the entropy walk: every Huffman code of the given pictures.
//!
//! `cargo bench --bench entropy --no-default-features --features std -- FILE...`; see `benches/README.md`.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use mjpeg::jpeg::Checker;

/// Runs of each picture; the median counts.
const RUNS: usize = 101;

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() {
    // cargo bench passes flags of its own.
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let jpeg = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut checker = Checker::new();
        let mut times = [0; RUNS];
        for time in &mut times {
            let started = Instant::now();
            black_box(checker.check(black_box(&jpeg)));
            *time = started.elapsed().as_micros();
        }
        times.sort_unstable();
        println!("{:>7} us (fastest {} us)  {path}: {} bytes", times[RUNS / 2], times[0], jpeg.len());
    }
}
