//! How the bytes of the pictures flow: tails that come late, filled chunks, pictures that drip.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::findings::{Findings, Place};
use super::gaps::Gaps;
use crate::check::rules::flow::*;
use crate::counted::Counted;
use crate::multipart::Span;
use crate::stats::{Bursts, FrameTimes};

/// Most reads that are kept for one part, and most pauses for the chunk size.
const MOST: usize = 4096;
/// Most pictures whose times are kept.
const PICTURES: usize = 1 << 16;
/// Shorter pauses are the scheduling of this machine.
const PAUSE: Duration = Duration::from_millis(5);
/// Fewer pictures show nothing.
const FEWEST: usize = 8;
/// A chunk is at least this large. Smaller ones are not told apart from chance.
const SMALLEST_CHUNK: u64 = 256;
/// At most one block in so many has another size.
const MOST_BLOCKS: usize = 10;
/// Most places where the size is looked for.
const WINDOWS: usize = 64;

/// The reads so far.
#[derive(Debug, Default)]
pub struct Flow {
    /// (bytes of the body that had come, when), as far as they concern the next part.
    reads: VecDeque<(u64, Duration)>,
    /// Offsets after which nothing came for a while, inside a picture.
    pauses: Vec<(u64, Duration)>,
    /// For each picture: from its first byte to its last, the longest pause in it, the bytes behind that.
    pictures: Vec<(Duration, Duration, u64)>,
    /// Where the last picture begins.
    last_start: Option<u64>,
    /// The bytes from each picture to the next one, if they are always as many; 0 if not.
    stride: Option<u64>,
    /// When the pictures came.
    times: Vec<Duration>,
}

impl Flow {
    /// The reads of the next window.
    pub fn continued(&mut self) -> Self {
        Self { reads: mem::take(&mut self.reads), ..Self::default() }
    }

    /// Takes one read: at time `at` the first `reached` bytes of the body had come.
    pub fn received(&mut self, reached: u64, at: Duration) {
        if self.reads.back().is_some_and(|last| last.0 >= reached) {
            return;
        }
        if self.reads.len() == MOST {
            // A huge part: its start is of no more use.
            self.reads.pop_front();
        }
        self.reads.push_back((reached, at));
    }

    /// Takes the body of the next picture.
    pub fn picture(&mut self, body: Span, arrival: Option<Duration>) {
        self.times.extend(arrival.filter(|_| self.times.len() < PICTURES));
        if let Some(last) = self.last_start.replace(body.start) {
            let stride = body.start.saturating_sub(last);
            self.stride =
                Some(self.stride.map_or(stride, |before| if before == stride { stride } else { 0 }));
        }
        while self.reads.front().is_some_and(|&(reached, _)| reached <= body.start) {
            self.reads.pop_front();
        }
        let mut longest = (Duration::ZERO, 0);
        let mut before: Option<(u64, Duration)> = None;
        let mut first = None;
        for &(reached, at) in &self.reads {
            first = first.or(Some(at));
            if let Some((offset, earlier)) = before {
                let pause = at.saturating_sub(earlier);
                if pause >= PAUSE && self.pauses.len() < MOST {
                    self.pauses.push((offset, pause));
                }
                longest = longest.max((pause, body.end().saturating_sub(offset)));
            }
            if reached >= body.end() {
                if let Some(first) = first.filter(|_| self.pictures.len() < PICTURES) {
                    self.pictures.push((at.saturating_sub(first), longest.0, longest.1));
                }
                break;
            }
            before = Some((reached, at));
        }
        // The read that ended this body may hold the start of the next one.
        while self.reads.len() > 1 && self.reads.front().is_some_and(|&(reached, _)| reached < body.end()) {
            self.reads.pop_front();
        }
    }

    /// Judges the flow. `watched`: from the first byte to the end. What our own lateness may have made is not judged.
    pub fn finish(
        self,
        times: &FrameTimes,
        watched: Option<Duration>,
        gaps: &mut Gaps,
        findings: &mut Findings,
    ) {
        let chunk = |mean: Duration| self.chunk_size(mean / 2);
        let Some(watched) = watched.filter(|watched| !watched.is_zero()) else { return };
        let Some(mean) = times.mean_gap() else { return };
        let late = gaps.lateness();
        // A late read makes a pause before it, and pictures that come at once.
        let is_ours = |count: usize| late.reads * 2 > count as u64;
        let bursts = Bursts::of(&self.times);
        if bursts.is_some_and(|bursts| is_ours(bursts.count)) {
            gaps.withhold("bursts");
        } else if let Some(bursts) = bursts {
            let mut message = format!(
                "bursts of {} pictures, {} ms from one to the next; the mean rate is {:.1} a second",
                bursts.frames,
                bursts.period.as_millis(),
                bursts.frames as f64 / bursts.period.as_secs_f64().max(1e-3)
            );
            if let Some(size) = chunk(mean) {
                message += &format!("; the bytes come in blocks of {size}");
            }
            findings.note_times(bursts.count as u64, &BURSTS, Place::STREAM, message);
        }
        if bursts.is_none() {
            jitter(
                times,
                late.total * 4 / u32::try_from(self.times.len()).unwrap_or(u32::MAX).max(1),
                gaps,
                findings,
            );
        }
        if self.pictures.len() < FEWEST || watched < mean {
            return;
        }
        let held: Vec<_> = self.pictures.iter().filter(|&&(_, pause, _)| pause >= mean / 2).collect();
        if held.len() * 10 >= self.pictures.len() * 6 && is_ours(held.len()) {
            return gaps.withhold("pauses in pictures");
        }
        if held.len() * 10 >= self.pictures.len() * 6 {
            let pause = median(held.iter().map(|&&(_, pause, _)| pause.as_micros() as u64));
            let bytes = median(held.iter().map(|&&(_, _, bytes)| bytes));
            let late = format!(
                "the last {} of a picture come {} ms after the bytes before them (medians)",
                Counted(bytes, "byte"),
                pause / 1000
            );
            // Between pictures of one size, held tails are as far apart as the pictures.
            let filled = chunk(mean).filter(|size| Some(*size) != self.stride);
            let (rule, message) = match filled {
                Some(size) => (&FILLED_CHUNKS, format!("the server sends chunks of {size} bytes: {late}")),
                None => (&HELD_TAIL, late),
            };
            return findings.note_times(held.len() as u64, rule, Place::STREAM, message);
        }
        let transfer = median(self.pictures.iter().map(|&(time, _, _)| time.as_micros() as u64));
        let gap = mean.as_micros() as u64;
        if transfer * 10 >= gap * 6 && transfer > 20_000 {
            let message = format!(
                "a picture takes {} ms to arrive, and the next one ends {} ms later",
                transfer / 1000,
                gap / 1000
            );
            findings.note(&DRIP, Place::STREAM, message);
        }
    }

    /// The size of the blocks between all pauses of `shortest` or more.
    fn chunk_size(&self, shortest: Duration) -> Option<u64> {
        let pauses = self.pauses.iter().filter(|&&(_, pause)| pause >= shortest.max(PAUSE));
        let offsets: Vec<u64> = pauses.map(|&(offset, _)| offset).collect();
        let blocks: Vec<u64> = offsets.windows(2).map(|pair| pair[1].abs_diff(pair[0])).collect();
        let common = |blocks: &[u64]| blocks.iter().fold(0, |size, &block| gcd(size, block));
        let all = common(&blocks);
        if blocks.len() >= 2 && all >= SMALLEST_CHUNK {
            return Some(all);
        }
        // What is larger than the buffer of a server may pass it by: the blocks behind it begin elsewhere.
        let is_of_most = |size: u64| {
            let others = blocks.iter().filter(|&&block| block % size != 0).count();
            others * MOST_BLOCKS <= blocks.len()
        };
        let sizes = blocks.windows(3).take(WINDOWS).map(common);
        sizes.filter(|&size| size >= SMALLEST_CHUNK && is_of_most(size)).max()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Judges the gaps of a stream without bursts. `ours`: jitter that our own lateness may have made.
fn jitter(times: &FrameTimes, ours: Duration, gaps: &mut Gaps, findings: &mut Findings) {
    let Some(timing) = times.timing(None) else { return };
    // Half of the usual gap, and more than the scheduling of a busy machine.
    if timing.jitter * 2 > timing.gap_p50 && timing.jitter > Duration::from_millis(20) {
        if ours >= timing.jitter {
            return gaps.withhold("jitter");
        }
        let message: String = format!(
            "the gaps differ by {} ms from their median of {} ms on average",
            timing.jitter.as_millis(),
            timing.gap_p50.as_millis()
        );
        findings.note(&JITTER, Place::STREAM, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offsets: impl Iterator<Item = u64>) -> Option<u64> {
        let pauses = offsets.map(|offset| (offset, PAUSE)).collect();
        Flow { pauses, ..Flow::default() }.chunk_size(PAUSE)
    }

    #[test]
    fn the_size_of_chunks_is_that_of_most_blocks() {
        let blocks = |count: u64| (0..count).map(|n| (n * 3 + n % 3) * 4096);
        assert_eq!(chunk(blocks(4)), Some(4096));
        assert_eq!(chunk(blocks(2)), None);
        // A large part has passed the buffer by, and the blocks behind it begin elsewhere.
        assert_eq!(chunk(blocks(3).chain(blocks(30).map(|offset| offset + 69_000_830))), Some(4096));
        // One block of five has another size.
        assert_eq!(chunk(blocks(30).map(|offset| offset + offset / (15 * 4096) * 100)), None);
        assert_eq!(chunk((0..1000).map(|n| n * 10_007 + n * n % 997)), None);
    }
}
