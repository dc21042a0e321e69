//! What the scans of a progressive picture make the entropy walk do, written down.

use crate::bits::BitReader;
use crate::zero_bits::zero_after;

/// Bits of one look-up.
const LOOKUP_BITS: u32 = 11;

/// Length and value of the code that each beginning of 16 bits starts with, and of [`LOOKUP_BITS`] where they hold it.
pub struct Codes {
    short: Vec<u16>,
    full: Vec<u16>,
}

impl Codes {
    pub fn new(counts: &[u8], values: &[u8]) -> Self {
        let mut full = Vec::with_capacity(1 << 16);
        let mut values = values.iter();
        for (length, &count) in (1_u16..).zip(counts) {
            for &value in values.by_ref().take(count.into()) {
                full.extend(std::iter::repeat_n(length << 8 | u16::from(value), 1 << (16 - length)));
            }
        }
        full.resize(1 << 16, 16 << 8);
        let is_short = |code: u16| u32::from(code >> 8) <= LOOKUP_BITS;
        let short = full.iter().step_by(1 << (16 - LOOKUP_BITS));
        Self { short: short.map(|&code| if is_short(code) { code } else { 0 }).collect(), full }
    }

    /// Length and value of the next code.
    #[inline(always)]
    pub fn code(&self, bits: u64) -> (u32, u32) {
        let mut code = self.short[(bits >> (64 - LOOKUP_BITS)) as usize];
        if code == 0 {
            code = self.long(bits);
        }
        (u32::from(code >> 8), u32::from(code & 255))
    }

    #[cold]
    #[inline(never)]
    fn long(&self, bits: u64) -> u16 {
        self.full[(bits >> 48) as usize]
    }
}

/// A code that the walk reads on its own, and what follows it.
pub struct Step {
    /// Which coefficients are known from here on.
    pub ahead: u64,
    /// All bits behind the code, up to the code of the next step.
    pub behind: u16,
    /// Those of them that neither the code nor the history tells.
    pub rest: u16,
}

/// What one scan makes the walk do.
#[derive(Default)]
pub struct Steps {
    /// Bits before the first step.
    pub lead: u32,
    pub steps: Vec<Step>,
    /// Look-ups that find several codes behind the last known coefficient of a block.
    pub several: usize,
    /// Blocks with codes.
    pub blocks: usize,
}

impl Steps {
    fn pass(&mut self, bits: u32) {
        match self.steps.last_mut() {
            Some(step) => (step.behind, step.rest) = (step.behind + bits as u16, step.rest + bits as u16),
            None => self.lead += bits,
        }
    }
}

/// The band of a scan, and the last bit that it leaves out.
pub struct Band {
    pub start: usize,
    pub end: usize,
    pub is_last: bool,
}

fn known(block: u64, from: usize, to: usize) -> u32 {
    if from > to { 0 } else { (block & u64::MAX << from & u64::MAX >> (63 - to)).count_ones() }
}

/// T.81 G.1.2.2.
pub fn first(reader: &mut BitReader<'_>, codes: &Codes, band: &Band, history: &mut [u64]) {
    let mut n = 0;
    while n < history.len() {
        let (mut k, mut run) = (band.start, 0);
        while k <= band.end {
            reader.refill();
            let (length, value) = codes.code(reader.peek());
            reader.skip(length);
            let (zeros, size) = (value >> 4, value & 15);
            if size == 0 && zeros < 15 {
                run = (1 << zeros) - 1 + reader.take(zeros) as usize;
                break;
            }
            k += zeros as usize;
            if size > 0 {
                reader.skip(size);
                history[n] |= 1 << (k & 63);
            }
            k += 1;
        }
        n += 1 + run;
    }
}

/// T.81 G.1.2.3, with what it does written down.
pub fn refine(reader: &mut BitReader<'_>, codes: &Codes, band: &Band, history: &mut [u64]) -> Steps {
    let mut steps = Steps::default();
    let mut run = 0;
    for block in history {
        if run > 0 {
            run -= 1;
            let bits = known(*block, band.start, band.end);
            reader.skip_many(bits);
            steps.pass(bits);
            continue;
        }
        steps.blocks += 1;
        let mut k = band.start;
        let mut window = 0;
        while k <= band.end {
            reader.refill();
            let ahead = *block >> k;
            let is_free = band.is_last && known(*block, k, band.end) == 0;
            let before = reader.position();
            let (length, value) = codes.code(reader.peek());
            reader.skip(length);
            let (zeros, size) = (value >> 4, value & 15);
            let ends = size == 0 && zeros < 15;
            let mut told = 0;
            if ends {
                run = (1 << zeros) - 1 + reader.take(zeros) as usize;
                reader.skip_many(known(*block, k, band.end));
            } else {
                let passed = zero_after(ahead, zeros);
                told = size + passed - zeros;
                reader.skip_many(told);
                let place = k + passed as usize;
                *block |= u64::from(size) << (place & 63);
                k = place + 1;
            }
            let used = (reader.position() - before) as u32;
            if is_free {
                // A look-up has as many codes as fit.
                let fits = window > 0 && window + used <= LOOKUP_BITS && size + u32::from(ends) > 0;
                steps.several += usize::from(!fits);
                window = if fits { window + used } else { used };
                steps.pass(used);
            } else {
                let behind = (used - length) as u16;
                let ahead = if ends { 0 } else { ahead };
                steps.steps.push(Step { ahead, behind, rest: behind - told as u16 });
            }
            if ends {
                break;
            }
        }
    }
    steps
}
