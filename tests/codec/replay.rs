//! The committed fuzz corpus, and the fixtures as fuzz inputs.

use std::fs;
use std::path::Path;

use super::fixtures;
use super::invariants::{
    chunks, consumers, content_type, entropy, fields, judge, parser, round_trip, split, strip, walk,
};

type Check = fn(&[u8]);

#[test]
fn the_corpus_holds_every_invariant() {
    let targets: [(&str, Check); 11] = [
        ("parser", parser::check),
        ("content_type", content_type::check),
        ("fields", fields::check),
        ("chunks", chunks::check),
        ("walk", walk::check),
        ("entropy", entropy::check),
        ("split", split::check),
        ("strip", strip::check),
        ("round_trip", round_trip::check),
        ("judge", judge::check),
        ("consumers", consumers::check),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A package is published without `fuzz/`, which has a manifest of its own.
    if !root.join("fuzz").exists() && root.join("Cargo.toml.orig").exists() {
        return;
    }
    let corpus = root.join("fuzz/corpus");
    let mut inputs = Vec::new();
    for (target, check) in targets {
        for entry in fs::read_dir(corpus.join(target)).expect("a corpus for each target") {
            inputs.push((entry.expect("readable").path(), check));
        }
    }
    assert!(inputs.len() > 100, "{}", inputs.len());
    fixtures::for_each(&inputs, |(path, check)| {
        let input = fs::read(path).expect("readable");
        let run = std::panic::catch_unwind(|| check(&input));
        assert!(run.is_ok(), "{}", path.display());
    });
}
