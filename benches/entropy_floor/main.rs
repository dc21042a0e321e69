//! How fast the entropy walk could read the scans that refine the AC coefficients of luminance: loops that repeat its
//! steps without its decisions. What could be known in advance comes from arrays.
//!
//! `cargo bench --bench entropy_floor --no-default-features --features std -- FILE...` with progressive pictures, as
//! `cjpeg -progressive` makes them; see `benches/README.md`.

extern crate alloc;

use std::fs;
use std::hint::{black_box, select_unpredictable};
use std::time::Instant;

use bits::{BitReader, EntropyCoded};
use mjpeg::jpeg::{Checker, FrameHeader, Marker, ScanHeader, Segment, Segments, Soundness};
use steps::{Band, Codes, Step, Steps, first, refine};
use zero_bits::{BEYOND, PLACES, zero_after};

#[path = "../../src/jpeg/entropy/bits.rs"]
#[allow(dead_code, unused_imports, reason = "the walk uses the rest")]
mod bits;
mod steps;
#[path = "../../src/jpeg/entropy/zero_bits.rs"]
#[allow(dead_code, unused_imports, reason = "its tests run with the walk")]
mod zero_bits;

const RUNS: usize = 201;
/// As [`zero_after`] for the first 16 bits, with two look-ups at once.
#[inline(always)]
fn zero_by_two(bits: u64, zeros: u32) -> u32 {
    let [low, high] = [bits, bits >> 8].map(|bits| (bits & 255) as usize);
    let count = (low as u8).count_zeros();
    let in_low = u32::from(PLACES[low][(zeros & 15) as usize]);
    let in_high = u32::from(PLACES[high][(zeros.wrapping_sub(count) & 15) as usize]) + 8;
    let place = select_unpredictable(zeros < count, in_low, in_high);
    if place < 8 + u32::from(BEYOND) { place } else { far(bits, zeros) }
}

/// As [`zero_after`], with a branch where no coefficient is known on the way.
#[inline(always)]
fn zero_by_branch(bits: u64, zeros: u32) -> u32 {
    if bits & ((1 << (zeros + 1)) - 1) == 0 { zeros } else { zero_after(bits, zeros) }
}

#[cold]
#[inline(never)]
fn far(bits: u64, zeros: u32) -> u32 {
    zero_after(bits, zeros)
}

#[inline(always)]
fn skip(reader: &mut BitReader<'_>, length: u32, behind: u32) {
    if length + behind <= 56 {
        reader.skip(length + behind);
    } else {
        reader.skip(length);
        (0..behind / 64).for_each(|_| reader.skip_many(64));
        reader.skip_many(behind % 64);
    }
}

/// The fastest of [`RUNS`] runs over all steps, in milliseconds.
fn fastest(segment: &EntropyCoded, all: &Steps, step: impl Fn(&mut BitReader<'_>, &Step)) -> f64 {
    let time = |_| {
        let started = Instant::now();
        let mut reader = segment.reader();
        skip(&mut reader, 0, all.lead);
        for each in black_box(&all.steps) {
            reader.refill();
            step(&mut reader, each);
        }
        black_box(reader.position());
        started.elapsed().as_secs_f64() * 1e3
    };
    (0..RUNS).map(time).fold(f64::MAX, f64::min)
}

/// The loop that finds the bits behind each code by its value and the history.
fn by_history(segment: &EntropyCoded, all: &Steps, codes: &Codes, zero: impl Fn(u64, u32) -> u32) -> f64 {
    fastest(segment, all, |reader, step| {
        let (length, value) = codes.code(reader.peek());
        let (zeros, size) = (value >> 4, value & 15);
        // An end of block has no size and no history: all its bits are `rest`.
        let told = (size & 1) + zero(step.ahead, zeros) - zeros;
        skip(reader, length, told + u32::from(step.rest));
    })
}

/// The fastest of [`RUNS`] walks, in milliseconds.
fn walk(jpeg: &[u8]) -> f64 {
    let mut checker = Checker::new();
    let time = |_| {
        let started = Instant::now();
        assert!(matches!(checker.check(black_box(jpeg)), Soundness::Sound(_)), "a sound picture");
        started.elapsed().as_secs_f64() * 1e3
    };
    (0..RUNS).map(time).fold(f64::MAX, f64::min)
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn measure(path: &str) {
    let jpeg = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let segments: Vec<Segment<'_>> = Segments::of(&jpeg).collect();
    let header =
        segments.iter().find(|segment| segment.marker == Marker::SOF2).expect("a progressive picture");
    let frame = FrameHeader::parse(header.marker, header.parameters).expect("a frame header");
    let luminance = frame.components()[0].id;
    let blocks = usize::from(frame.width.div_ceil(8)) * usize::from(frame.height.div_ceil(8));
    let mut history = vec![0; blocks];
    let mut tables: [Option<Codes>; 4] = [const { None }; 4];
    let mut others = jpeg[..2].to_vec();
    let mut sums = [0.0; 5];
    let (mut count, mut several, mut with_codes) = (0, 0, 0);
    for segment in &segments {
        let mut is_refined = false;
        if segment.marker == Marker::DHT {
            let mut rest = segment.parameters;
            while let Some((&[selector, ref counts @ ..], values)) = rest.split_first_chunk::<17>() {
                let (values, behind) = values.split_at(counts.iter().map(|&n| usize::from(n)).sum());
                if selector >> 4 == 1 {
                    tables[usize::from(selector & 3)] = Some(Codes::new(counts, values));
                }
                rest = behind;
            }
        } else if let Some(scan) =
            ScanHeader::parse(segment.parameters).filter(|_| segment.marker == Marker::SOS)
            && let [component] = scan.components()
            && component.id == luminance
            && scan.band_start > 0
        {
            let codes = tables[usize::from(component.ac_table & 3)].as_ref().expect("a table");
            let band = Band {
                start: scan.band_start.into(),
                end: scan.band_end.into(),
                is_last: scan.approximation_low == 0,
            };
            let mut data = EntropyCoded::default();
            data.load(&jpeg, segment.entropy_coded.clone());
            let mut reader = data.reader();
            is_refined = scan.approximation_high > 0;
            if is_refined {
                let steps = refine(&mut reader, codes, &band, &mut history);
                let times = [
                    fastest(&data, &steps, |reader, _| reader.skip((reader.peek() >> 61) as u32 + 5)),
                    fastest(&data, &steps, |reader, step| {
                        let (length, _) = codes.code(reader.peek());
                        skip(reader, length, step.behind.into());
                    }),
                    by_history(&data, &steps, codes, zero_after),
                    by_history(&data, &steps, codes, zero_by_two),
                    by_history(&data, &steps, codes, zero_by_branch),
                ];
                sums.iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
                (count, several) = (count + steps.steps.len(), several + steps.several);
                with_codes += steps.blocks;
            } else {
                first(&mut reader, codes, &band, &mut history);
            }
        }
        if !is_refined {
            others.extend(&jpeg[segment.at..segment.entropy_coded.end]);
        }
    }
    others.extend(b"\xff\xd9");
    let (all, others) = (walk(&jpeg), walk(&others));
    println!("{path}: {} bytes, walk {all:.2} ms, without these scans {others:.2} ms", jpeg.len());
    println!("{count} codes one by one, {several} look-ups of several codes, {with_codes} blocks with codes");
    let names =
        ["only the bits", "and the codes", "and the history, 8 bits", "16 bits in two", "with a branch"];
    let each = |time: f64| time * 1e6 / count as f64;
    for (name, time) in names.iter().zip(sums) {
        println!("{time:>6.2} ms {:>5.1} ns  {name}", each(time));
    }
    let best = sums[2..].iter().copied().fold(f64::MAX, f64::min);
    let look_ups = several as f64 * each(sums[1]) / 1e6;
    println!(
        "{:.2} ms: {best:.2} for the best loop, {look_ups:.2} for the other look-ups, {others:.2} for the other scans",
        best + look_ups + others
    );
}

fn main() {
    // cargo bench passes flags of its own.
    std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).for_each(|path| measure(&path));
}
