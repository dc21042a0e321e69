//! A film: one track of JPEGs, from the EBML header to the cues.

use std::time::Duration;

use super::cues::Cues;
use super::ebml::{self, UNKNOWN, element, long_size, master, uint};
use super::ids::{
    CLUSTER_ID, CODEC_ID, CUES, DATE_UTC, DURATION, EBML, EBML_DOC_TYPE, EBML_DOC_TYPE_READ_VERSION,
    EBML_DOC_TYPE_VERSION, FLAG_LACING, INFO, MUXING_APP, PIXEL_HEIGHT, PIXEL_WIDTH, SEEK, SEEK_HEAD,
    SEEK_ID, SEEK_POSITION, SEGMENT, SIMPLE_BLOCK, TIMESTAMP, TIMESTAMP_SCALE, TRACK, TRACK_ENTRY,
    TRACK_NUMBER, TRACK_TYPE, TRACK_UID, TRACKS, VIDEO, WRITING_APP,
};

/// A tick of the timestamps: 0.1 ms, so that frames of one burst keep different times.
const TICK: Duration = Duration::from_micros(100);
/// Frames from this time on after the start of a cluster begin the next one. Times in a cluster have 15 bits: 3.2 s.
const CLUSTER: u64 = 10_000;
/// From 1970-01-01 to 2001-01-01, where dates begin (RFC 8794 7.6).
const EPOCH: Duration = Duration::from_secs(978_307_200);

/// Bytes of the element Duration, and of its place before the end.
const DURATION_BYTES: usize = 11;

/// Makes the bytes of a film, one frame after another.
#[derive(Debug)]
pub struct Film {
    /// Where the content of the segment begins: positions count from here.
    segment: u64,
    seek_head: u64,
    info: u64,
    duration: u64,
    tracks: u64,
    /// Where the size of the open cluster is, and its time in ticks.
    cluster: Option<(u64, u64)>,
    cues: Cues,
    /// The ticks of the last frame, and of the one before it.
    last: Option<u64>,
    gap: u64,
}

/// Bytes that replace others of the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Their offset in the file.
    pub at: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Where a frame is in a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    tick: u64,
    /// Where the size of its cluster is, and the time of the cluster in ticks.
    cluster: (u64, u64),
    /// Where its cluster begins, if it is the first frame there.
    begins_at: Option<u64>,
}

impl Film {
    /// A film of pictures of this size, and the bytes before its first frame. `zero`: the wall clock at the time zero, since
    /// 1970-01-01 UTC, if it is known.
    pub fn new(width: u16, height: u16, zero: Option<Duration>, out: &mut Vec<u8>) -> Self {
        master(out, EBML, |out| {
            element(out, EBML_DOC_TYPE, b"matroska");
            // SimpleBlock needs version 2.
            uint(out, EBML_DOC_TYPE_VERSION, 4);
            uint(out, EBML_DOC_TYPE_READ_VERSION, 2);
        });
        ebml::id(out, SEGMENT);
        out.extend_from_slice(&UNKNOWN);
        let segment = out.len() as u64;
        let mut film = Self {
            segment,
            seek_head: segment,
            info: 0,
            duration: 0,
            tracks: 0,
            cluster: None,
            cues: Cues::default(),
            last: None,
            gap: 0,
        };
        ebml::void(out, film.seek_head(0).len());
        film.info = out.len() as u64;
        let mut info = Vec::new();
        uint(&mut info, TIMESTAMP_SCALE, TICK.as_nanos() as u64);
        let before_duration = info.len();
        ebml::void(&mut info, DURATION_BYTES);
        if let Some(zero) = zero {
            let date = i64::try_from(zero.saturating_sub(EPOCH).as_nanos()).unwrap_or(i64::MAX);
            element(&mut info, DATE_UTC, &date.to_be_bytes());
        }
        let program = concat!("mjpeg ", env!("CARGO_PKG_VERSION"));
        element(&mut info, MUXING_APP, program.as_bytes());
        element(&mut info, WRITING_APP, program.as_bytes());
        element(out, INFO, &info);
        film.duration = (out.len() - info.len() + before_duration) as u64;
        film.tracks = out.len() as u64;
        master(out, TRACKS, |out| {
            master(out, TRACK_ENTRY, |out| {
                uint(out, TRACK_NUMBER, TRACK.into());
                uint(out, TRACK_UID, 1);
                // Video.
                uint(out, TRACK_TYPE, 1);
                uint(out, FLAG_LACING, 0);
                element(out, CODEC_ID, b"V_MJPEG");
                master(out, VIDEO, |out| {
                    uint(out, PIXEL_WIDTH, width.max(1).into());
                    uint(out, PIXEL_HEIGHT, height.max(1).into());
                });
            });
        });
        film
    }

    /// Appends the bytes before a frame of `length` bytes at `time`. They are to be written at the offset `at` of the file. Frames of
    /// the same or an earlier time are moved behind the one before. The film changes with [`Film::placed`].
    pub fn frame(&self, length: usize, time: Duration, at: u64, out: &mut Vec<u8>) -> Placed {
        let before = out.len();
        let tick = u64::try_from((time + TICK / 2).as_micros() / TICK.as_micros()).unwrap_or(u64::MAX >> 8);
        let tick = self.last.map_or(tick, |last| tick.max(last + 1));
        let placed = match self.cluster {
            Some((size_at, start)) if tick - start < CLUSTER => {
                Placed { tick, cluster: (size_at, start), begins_at: None }
            }
            _ => {
                ebml::id(out, CLUSTER_ID);
                let size_at = at + (out.len() - before) as u64;
                out.extend_from_slice(&UNKNOWN);
                uint(out, TIMESTAMP, tick);
                Placed { tick, cluster: (size_at, tick), begins_at: Some(at) }
            }
        };
        ebml::id(out, SIMPLE_BLOCK);
        ebml::size(out, 4 + length as u64);
        let after_start = u16::try_from(tick - placed.cluster.1).unwrap_or_default();
        let [high, low] = after_start.to_be_bytes();
        // The last byte says: a key frame, no lacing.
        out.extend_from_slice(&[0x80 | TRACK, high, low, 0x80]);
        placed
    }

    /// The frame was written. The patch closes the cluster before.
    pub fn placed(&mut self, placed: &Placed) -> Option<Patch> {
        self.gap = self.last.map_or(0, |last| placed.tick - last);
        self.last = Some(placed.tick);
        let patch = placed.begins_at.and_then(|at| self.close_cluster(at));
        if let Some(at) = placed.begins_at {
            self.cues.cluster(placed.tick, at);
        }
        self.cluster = Some(placed.cluster);
        patch
    }

    /// The bytes behind the last frame, for the offset `at` of the file, and then what replaces earlier bytes, in this order.
    pub fn end(&mut self, at: u64, out: &mut Vec<u8>) -> Vec<Patch> {
        let mut patches: Vec<Patch> = self.close_cluster(at).into_iter().collect();
        self.cues.write(self.segment, out);
        let mut duration = Vec::new();
        // The last frame is shown as long as the one before it.
        let ticks = self.last.unwrap_or(0) + self.gap.max(1);
        element(&mut duration, DURATION, &(ticks as f64).to_be_bytes());
        patches.push(Patch { at: self.duration, bytes: duration });
        patches.push(Patch { at: self.seek_head, bytes: self.seek_head(at) });
        let size = at + out.len() as u64 - self.segment;
        patches.push(Patch { at: self.segment - 8, bytes: long_size(size).into() });
        patches
    }

    fn close_cluster(&mut self, at: u64) -> Option<Patch> {
        let (size_at, _) = self.cluster.take()?;
        Some(Patch { at: size_at, bytes: long_size(at - size_at - 8).into() })
    }

    /// Where the elements at the top of the segment are. It always has the same length.
    fn seek_head(&self, cues: u64) -> Vec<u8> {
        let mut out = Vec::new();
        master(&mut out, SEEK_HEAD, |out| {
            for (name, at) in [(INFO, self.info), (TRACKS, self.tracks), (CUES, cues)] {
                master(out, SEEK, |out| {
                    element(out, SEEK_ID, &name.to_be_bytes());
                    element(out, SEEK_POSITION, &at.saturating_sub(self.segment).to_be_bytes());
                });
            }
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Reads an identifier or a size, and returns it with its length. A size has no marker.
    fn vint(bytes: &[u8], keep_marker: bool) -> (u64, usize) {
        let n = bytes[0].leading_zeros() as usize + 1;
        let value = bytes[..n].iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
        (if keep_marker { value } else { value & !(1 << (7 * n)) }, n)
    }

    /// The elements of some bytes: identifiers and contents.
    fn elements(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let (name, n) = vint(bytes, true);
            let (size, m) = vint(&bytes[n..], false);
            let (content, rest) = bytes[n + m..].split_at(size as usize);
            all.push((name, content));
            bytes = rest;
        }
        all
    }

    fn number(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
    }

    #[test]
    fn a_finished_film_has_all_frames_with_their_times_and_cues_to_its_clusters() {
        let times = [0, 40, 80, 999, 1_000, 1_040, 7_000, 7_000, 6_000];
        let mut file = Vec::new();
        let mut film = Film::new(640, 480, Some(Duration::from_secs(1_796_911_457)), &mut file);
        let apply = |file: &mut Vec<u8>, patch: Patch| {
            let at = patch.at as usize;
            file[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
        };
        for (n, time) in times.iter().enumerate() {
            // With the first frame the buffer has the head of the file too.
            let mut head = if n == 0 { std::mem::take(&mut file) } else { Vec::new() };
            let at = (file.len() + head.len()) as u64;
            // A frame that could not be written changes nothing.
            film.frame(3, ms(*time + 5_000), at, &mut Vec::new());
            let placed = film.frame(3, ms(*time), at, &mut head);
            let patch = film.placed(&placed);
            file.extend_from_slice(&head);
            file.extend_from_slice(&[n as u8; 3]);
            patch.into_iter().for_each(|patch| apply(&mut file, patch));
        }
        let (at, mut rest) = (file.len() as u64, Vec::new());
        let patches = film.end(at, &mut rest);
        file.extend_from_slice(&rest);
        patches.into_iter().for_each(|patch| apply(&mut file, patch));

        let top = elements(&file);
        assert_eq!(top.iter().map(|it| it.0).collect::<Vec<_>>(), [u64::from(EBML), u64::from(SEGMENT)]);
        let segment = top[1].1;
        let parts = elements(segment);
        let mut frames = Vec::new();
        let mut clusters = Vec::new();
        for (name, content) in &parts {
            if *name == u64::from(CLUSTER_ID) {
                let at = content.as_ptr() as usize - segment.as_ptr() as usize - 12;
                let inner = elements(content);
                let start = number(inner[0].1);
                clusters.push((start, at as u64));
                for (name, block) in &inner[1..] {
                    assert_eq!((*name, block[0], block[3]), (u64::from(SIMPLE_BLOCK), 0x81, 0x80));
                    frames.push((start + number(&block[1..3]), block[4..].to_vec()));
                }
            }
        }
        let ticks: Vec<u64> = frames.iter().map(|it| it.0).collect();
        assert_eq!(ticks, [0, 400, 800, 9_990, 10_000, 10_400, 70_000, 70_001, 70_002]);
        assert!(frames.iter().enumerate().all(|(n, it)| it.1 == [n as u8; 3]));
        let (name, cues) = parts[parts.len() - 1];
        assert_eq!(name, u64::from(CUES));
        let cues: Vec<_> = elements(cues)
            .iter()
            .map(|(_, point)| {
                let point = elements(point);
                (number(point[0].1), number(elements(point[1].1)[1].1))
            })
            .collect();
        assert_eq!(cues, clusters);
        assert_eq!(cues.iter().map(|it| it.0).collect::<Vec<_>>(), [0, 10_000, 70_000]);
        // The seek head leads to the elements that it names.
        for (_, seek) in elements(parts[0].1) {
            let seek = elements(seek);
            let at = number(seek[1].1) as usize;
            assert!(segment[at..].starts_with(seek[0].1));
        }
        let info = elements(parts[1].1);
        let duration = info.iter().find(|it| it.0 == u64::from(DURATION)).unwrap().1;
        assert_eq!(f64::from_be_bytes(duration.try_into().unwrap()), 70_003.0);
    }
}
