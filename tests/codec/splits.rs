//! The same events however the input is cut.

use std::collections::BTreeSet;
use std::fs;
use std::iter;

use mjpeg::multipart::Limits;

use super::fixtures;
use super::invariants::cuts::Cuts;
use super::invariants::parser::{open, small};
use super::invariants::transcript::{Told, read};
use super::recipe::Recipe;

struct Stream {
    name: String,
    boundary: Option<Vec<u8>>,
    body: Vec<u8>,
    limits: Limits,
    whole: Vec<Told>,
}

impl Stream {
    fn new(name: String, stream: &[u8], limits: Limits) -> Self {
        let (boundary, body) = open(stream);
        let whole = read(&body, boundary.as_deref(), limits, Cuts::new(0));
        Self { name, boundary, body, limits, whole }
    }

    fn check(&self, reads: impl Iterator<Item = usize>, what: impl FnOnce() -> String) {
        let cut = read(&self.body, self.boundary.as_deref(), self.limits, reads);
        assert!(cut == self.whole, "{}, {}", self.name, what());
    }

    fn check_cut(&self, at: usize) {
        self.check(iter::once(at).chain(iter::repeat(usize::MAX)), || format!("cut at {at}"));
    }

    fn check_byte_by_byte(&self) {
        self.check(iter::repeat(1), || "byte by byte".into());
    }
}

fn recipes(folder: &str, limits: Limits) -> Vec<Stream> {
    let mut recipes = fixtures::recipes();
    recipes.retain(|(name, _)| name.starts_with(folder));
    let of = |(name, path)| {
        let recipe = Recipe::parse(&fs::read_to_string(path).expect("readable"));
        Stream::new(name, &recipe.stream, limits)
    };
    recipes.into_iter().map(of).collect()
}

#[test]
fn classes_cut_once_or_twice_anywhere_tell_the_same() {
    let mut streams = recipes("classes/", Limits::default());
    streams.extend(recipes("classes/", small()));
    fixtures::for_each(&streams, |stream| {
        stream.check_byte_by_byte();
        for at in 0..=stream.body.len() {
            stream.check_cut(at);
            for next in 1..6 {
                let reads = [at, next].into_iter().chain(iter::repeat(usize::MAX));
                stream.check(reads, || format!("cut at {at} and {next} bytes behind"));
            }
        }
    });
}

#[test]
fn devices_cut_anywhere_tell_the_same() {
    let of = |(name, path): (String, std::path::PathBuf)| {
        Stream::new(name, &fs::read(path.join("stream.http")).expect("readable"), Limits::default())
    };
    let streams: Vec<_> = fixtures::devices().into_iter().map(of).collect();
    fixtures::for_each(&streams, |stream| {
        stream.check_byte_by_byte();
        (0..=stream.body.len()).for_each(|at| stream.check_cut(at));
    });
}

#[test]
fn deviations_cut_outside_of_their_pictures_tell_the_same() {
    fixtures::for_each(&recipes("deviations/", Limits::default()), |stream| {
        stream.check_byte_by_byte();
        stream.near_structures(40).into_iter().for_each(|at| stream.check_cut(at));
    });
}

#[test]
fn captures_cut_near_their_structures_and_at_a_thousand_other_places_tell_the_same() {
    let mut streams = Vec::new();
    for (name, path) in fixtures::captures() {
        let stream = fs::read(path).expect("readable");
        streams.push(Stream::new(name, &stream, Limits::default()));
    }
    let mut cuts = Vec::new();
    for (i, stream) in streams.iter().enumerate() {
        let mut places = stream.near_structures(4096);
        let mut random = i as u32;
        for _ in 0..1000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            places.insert(((u64::from(random) * stream.body.len() as u64) >> 32) as usize);
        }
        cuts.extend(places.into_iter().map(|at| (i, at)));
    }
    let cuts: Vec<_> = cuts.chunks(500).collect();
    fixtures::for_each(&cuts, |cuts| cuts.iter().for_each(|&(i, at)| streams[i].check_cut(at)));
    fixtures::for_each(&streams, Stream::check_byte_by_byte);
}

impl Stream {
    /// Every place at most `reach` bytes from an edge of a delimiter line, a head or a body.
    fn near_structures(&self, reach: usize) -> BTreeSet<usize> {
        let mut places = BTreeSet::new();
        for told in &self.whole {
            let spans = match told {
                Told::Part { spans, .. } => vec![spans.delimiter, spans.head, spans.body],
                Told::Preamble(span) | Told::CloseDelimiter(span) | Told::Epilogue(span) => vec![*span],
                Told::Deviation(_) | Told::Error(_) => continue,
            };
            for edge in spans.iter().flat_map(|span| [span.start as usize, span.end() as usize]) {
                places.extend(edge.saturating_sub(reach)..=(edge + reach).min(self.body.len()));
            }
        }
        places
    }
}
