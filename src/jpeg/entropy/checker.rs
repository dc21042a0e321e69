//! The reader of all Huffman codes, from picture to picture.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::bits::EntropyCoded;
use super::damage::{Soundness, Unchecked};
use super::means::BlockMeans;
use super::picture::Picture;
use super::structure::Answer;
use super::tables::HuffmanTables;

/// Memory for the history of progressive pictures by default: 16 MiB, enough for 89 million pixels of
/// 4:2:0.
const MEMORY_LIMIT: usize = 16 << 20;

/// Scans of a progressive picture that are read, as many as `jpegtran` would write.
const MAX_SCANS: u32 = 100;

/// Reads every Huffman code of a picture, without computing pixels.
///
/// It keeps its tables and buffers: for a stream, one checker for all frames. Then nothing is allocated
/// once the largest frame has been seen.
///
/// ```
/// use mjpeg::jpeg::{Checker, DamageKind, Soundness};
///
/// let jpeg = include_bytes!("../../../fixtures/jpeg/420.jpg");
/// let mut checker = Checker::new();
/// assert_eq!(checker.check(jpeg), Soundness::Sound(Default::default()));
///
/// let Soundness::Damaged(damage) = checker.check(&jpeg[..jpeg.len() / 2]) else { panic!() };
/// assert_eq!(damage.kind, DamageKind::Cut);
/// ```
#[derive(Debug)]
pub struct Checker {
    pub(super) tables: HuffmanTables,
    pub(super) segment: EntropyCoded,
    /// For each block of a progressive picture, which of its coefficients are not zero.
    pub(super) history: Vec<u64>,
    pub(super) means: Option<BlockMeans>,
    /// So many MCUs of each scan have their means kept, or somewhat more.
    pub(super) sample: usize,
    memory_limit: usize,
    /// The memory of the picture at hand: it would be much of the stack of a thread.
    picture: Option<Box<Picture>>,
}

impl Checker {
    /// A checker that takes at most 16 MiB for the history of a progressive picture.
    pub fn new() -> Self {
        Self::with_memory_limit(MEMORY_LIMIT)
    }

    /// A checker that takes at most `bytes` for the history of a progressive picture: 8 bytes for
    /// each block of 64 samples. Larger ones are [`Unchecked::TooLarge`].
    ///
    /// Sequential pictures need none. All need a copy of one entropy-coded segment.
    pub fn with_memory_limit(bytes: usize) -> Self {
        Self {
            tables: HuffmanTables::new(),
            segment: EntropyCoded::default(),
            history: Vec::new(),
            means: None,
            sample: usize::MAX,
            memory_limit: bytes,
            picture: None,
        }
    }

    /// The same, and it keeps the mean of each block: see [`BlockMeans`].
    #[must_use]
    pub fn with_means(self) -> Self {
        Self { means: Some(BlockMeans::default()), sample: usize::MAX, ..self }
    }

    /// The same for an even sample of `mcus` MCUs of each scan, or somewhat more; for all of them if there are not so many.
    #[must_use]
    pub fn with_sampled_means(self, mcus: usize) -> Self {
        Self { means: Some(BlockMeans::default()), sample: mcus, ..self }
    }

    /// The means of the blocks of the last picture; `None` if it is damaged or could not be read, if it has samples
    /// of 12 bits or if the means of more than 2^20 blocks were to be kept, or of none.
    pub fn means(&self) -> Option<&BlockMeans> {
        self.means.as_ref().filter(|means| means.is_started())
    }

    /// Checks a picture from its SOI to its EOI; bytes behind EOI are not read.
    pub fn check(&mut self, jpeg: &[u8]) -> Soundness {
        let answer = self.read(jpeg);
        match (answer.damage, answer.unchecked) {
            (Some(damage), _) => Soundness::Damaged(damage),
            (None, Some(reason)) => Soundness::Unchecked(reason),
            (None, None) => Soundness::Sound(answer.notes),
        }
    }

    /// As [`Checker::check`], with everything that was found out.
    pub(in crate::jpeg) fn read(&mut self, jpeg: &[u8]) -> Answer {
        self.forget();
        let mut unread = None;
        let mut picture = self.picture.take().unwrap_or_else(|| Box::new(Picture::new()));
        picture.clear();
        let mut answer = Answer::read(jpeg, 0..0, &mut picture, |picture, segment, plan| {
            if picture.scans > MAX_SCANS {
                unread = unread.or(Some(Unchecked::Scans));
            }
            if unread.is_none() {
                unread = self.read_scan(jpeg, picture, segment, plan)?;
            }
            picture.is_skimmed |= unread.is_some();
            Ok(())
        });
        self.picture = Some(picture);
        answer.unchecked = answer.unchecked.or(unread.filter(|_| answer.damage.is_none()));
        if let Some(means) = &mut self.means {
            means.finish(answer.damage.is_none() && answer.unchecked.is_none(), &self.history);
        }
        answer
    }

    /// Forgets the picture before.
    pub(super) fn forget(&mut self) {
        self.history.clear();
        if let Some(means) = &mut self.means {
            means.clear();
        }
    }

    /// Makes room for the history of a progressive picture with this many blocks, or says why not.
    pub(super) fn remember(&mut self, blocks: usize) -> Option<Unchecked> {
        if blocks > self.memory_limit / size_of::<u64>() {
            return Some(Unchecked::TooLarge);
        }
        self.history.resize(blocks, 0);
        None
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}
