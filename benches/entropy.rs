//! Speed of the entropy walk: every Huffman code of the given pictures. Then what it costs to keep the means of the
//! blocks, and to judge what the pictures show by them.
//!
//! `cargo bench --bench entropy --no-default-features --features std -- FILE...`; see `benches/README.md`.
//! With `--only=walk`, `means` or `content` it does one of the three, 201 times a picture, for `perf stat`.
//! With `--in-turn` the pictures are those of one stream, one after the other.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use mjpeg::check::{Colour, Look, Stillness};
use mjpeg::jpeg::Checker;

/// Runs of each picture.
const RUNS: usize = 201;

/// What is done with a picture.
#[derive(Clone, Copy, PartialEq)]
enum Task {
    Walk,
    Means,
    Content,
}

const TASKS: [(&str, Task); 3] = [("walk", Task::Walk), ("means", Task::Means), ("content", Task::Content)];

struct Bench {
    bare: Checker,
    keeping: Checker,
    stillness: Stillness,
}

impl Bench {
    fn run(&mut self, task: Task, jpeg: &[u8]) {
        match task {
            Task::Walk => {
                black_box(self.bare.check(black_box(jpeg)));
            }
            Task::Means => {
                black_box(self.keeping.check(black_box(jpeg)));
            }
            Task::Content => {
                self.keeping.check(black_box(jpeg));
                black_box(self.keeping.means().map(|means| Look::of(means, Colour::Luminance)));
                black_box(self.stillness.picture(&self.keeping));
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() {
    // cargo bench passes flags of its own.
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let only = flags.iter().find_map(|flag| flag.strip_prefix("--only="));
    let tasks = TASKS.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let tasks: Vec<(&str, Task)> = tasks.collect();
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    for path in &paths {
        pictures.push(fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}")));
    }
    if flags.iter().any(|flag| flag == "--in-turn") {
        println!("{} pictures in turn", pictures.len());
        measure(&pictures, &tasks);
    } else {
        for (path, jpeg) in paths.iter().zip(pictures) {
            println!("{path}: {} bytes", jpeg.len());
            measure(&[jpeg], &tasks);
        }
    }
}

/// Does all tasks, each with all pictures one after the other, and prints the times of a picture.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn measure(pictures: &[Vec<u8>], tasks: &[(&str, Task)]) {
    let mut bench = Bench {
        bare: Checker::new(),
        keeping: Checker::new().with_sampled_means(Look::MCUS),
        stillness: Stillness::default(),
    };
    let rounds = (RUNS / pictures.len().max(1)).max(15);
    let mut times = vec![Vec::with_capacity(rounds); tasks.len()];
    for _ in 0..rounds {
        // In turn, so that other load of the machine affects all tasks equally.
        for (times, &(_, task)) in times.iter_mut().zip(tasks) {
            let started = Instant::now();
            pictures.iter().for_each(|jpeg| bench.run(task, jpeg));
            times.push(started.elapsed().as_nanos() as f64 / 1e3 / pictures.len() as f64);
        }
    }
    let mut base = None;
    for (times, (name, _)) in times.iter_mut().zip(tasks) {
        times.sort_unstable_by(f64::total_cmp);
        let (median, fastest) = (times[rounds / 2], times[0]);
        let (median_base, fastest_base) = *base.get_or_insert((median, fastest));
        let more = |time: f64, base: f64| (time / base - 1.0) * 100.0;
        println!(
            "{median:>9.1} us ({:+.1} %), fastest {fastest:>9.1} us ({:+.1} %)  {name}",
            more(median, median_base),
            more(fastest, fastest_base)
        );
    }
}
