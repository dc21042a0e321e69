//! A plain encoder for made-up coefficients: every way of coding that the entropy walk reads, each bit
//! written on its own. It knows nothing of the library.

/// How to code.
#[derive(Debug, Clone)]
pub struct Plan {
    pub precision: u8,
    pub size: (u16, u16),
    /// Sampling factors of the components.
    pub factors: Vec<(u8, u8)>,
    pub restart_interval: u16,
    pub order: Order,
    pub padding: Padding,
}

/// What follows the last MCU of an entropy-coded segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Ones up to a whole byte, as T.81 asks for.
    Ones,
    /// Zeros.
    Zeros,
    /// Zeros in all scans but the last: LEAD.
    ZerosThenOnes,
    /// Zeros and ones in turn.
    Mixed,
    /// One to eight ones: a whole byte where the data ends with one, as UVC webcams write.
    AtLeastOne,
}

/// Which scans there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Interleaved,
    Planes,
    /// Progressive: DC and AC coefficients in two steps each.
    Progressive,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            precision: 8,
            size: (75, 41),
            factors: vec![(2, 2), (1, 1), (1, 1)],
            restart_interval: 0,
            order: Order::Interleaved,
            padding: Padding::Ones,
        }
    }
}

/// Codes a picture of random coefficients.
pub fn encode(plan: &Plan, seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let components: Vec<Component> =
        (0..plan.factors.len()).map(|n| Component::new(plan, n, &mut random)).collect();
    let mut out = vec![0xff, 0xd8];
    segment(&mut out, 0xdb, &[&[0][..], &[1; 64]].concat());
    let sof = match (plan.order, plan.precision) {
        (Order::Progressive, _) => 0xc2,
        (_, 8) => 0xc0,
        _ => 0xc1,
    };
    let ((width, height), count) = (plan.size, components.len() as u8);
    let mut frame =
        vec![plan.precision, (height >> 8) as u8, height as u8, (width >> 8) as u8, width as u8, count];
    for (n, (h, v)) in plan.factors.iter().enumerate() {
        frame.extend([n as u8 + 1, h << 4 | v, 0]);
    }
    segment(&mut out, sof, &frame);
    // All values have a code: 255 of 8 bits, one of 9.
    let mut counts = [0; 16];
    (counts[7], counts[8]) = (255, 1);
    let values: Vec<u8> = (0..=255).collect();
    let sizes: Vec<u8> = (0..16).collect();
    let mut size_counts = [0; 16];
    size_counts[4] = 16;
    segment(&mut out, 0xc4, &[&[0x00], &size_counts[..], &sizes, &[0x10], &counts[..], &values].concat());
    if plan.restart_interval > 0 {
        segment(&mut out, 0xdd, &plan.restart_interval.to_be_bytes());
    }
    let all: Vec<usize> = (0..components.len()).collect();
    let mut scan = |chosen: &[usize], band: (u8, u8), bits: (u8, u8)| {
        scan(&mut out, plan, &components, chosen, band, bits);
    };
    match plan.order {
        Order::Interleaved => scan(&all, (0, 63), (0, 0)),
        Order::Planes => all.iter().for_each(|&n| scan(&[n], (0, 63), (0, 0))),
        Order::Progressive => {
            scan(&all, (0, 0), (0, 1));
            all.iter().for_each(|&n| scan(&[n], (1, 5), (0, 2)));
            all.iter().for_each(|&n| scan(&[n], (6, 63), (0, 1)));
            all.iter().for_each(|&n| scan(&[n], (1, 5), (2, 1)));
            scan(&all, (0, 0), (1, 0));
            all.iter().for_each(|&n| scan(&[n], (1, 63), (1, 0)));
        }
    }
    out.extend([0xff, 0xd9]);
    out
}

struct Component {
    factors: (usize, usize),
    /// Blocks in a row of whole MCUs, and those with samples.
    stride: usize,
    wide: usize,
    high: usize,
    blocks: Vec<[i32; 64]>,
}

impl Component {
    fn new(plan: &Plan, n: usize, random: &mut Random) -> Self {
        let largest = |f: fn(&(u8, u8)) -> u8| usize::from(plan.factors.iter().map(f).max().unwrap());
        let (h_max, v_max) = (largest(|f| f.0), largest(|f| f.1));
        let (width, height) = (usize::from(plan.size.0), usize::from(plan.size.1));
        let factors = (usize::from(plan.factors[n].0), usize::from(plan.factors[n].1));
        let stride = width.div_ceil(8 * h_max) * factors.0;
        let rows = height.div_ceil(8 * v_max) * factors.1;
        let reach = 1 << (plan.precision + 2);
        let block = |_| {
            let mut block = [0; 64];
            block[0] = random.below(2 * reach) as i32 - reach as i32;
            for _ in 0..random.below(12) {
                let size = random.below(u32::from(plan.precision) + 2);
                block[1 + random.below(63) as usize] = random.below(2 << size) as i32 - (1 << size);
            }
            block
        };
        Self {
            factors,
            stride,
            wide: (width * factors.0).div_ceil(h_max).div_ceil(8),
            high: (height * factors.1).div_ceil(v_max).div_ceil(8),
            blocks: (0..stride * rows).map(block).collect(),
        }
    }
}

fn scan(
    out: &mut Vec<u8>,
    plan: &Plan,
    components: &[Component],
    chosen: &[usize],
    band: (u8, u8),
    bits: (u8, u8),
) {
    let mut header = vec![chosen.len() as u8];
    chosen.iter().for_each(|&n| header.extend([n as u8 + 1, 0]));
    header.extend([band.0, band.1, bits.0 << 4 | bits.1]);
    segment(out, 0xda, &header);
    let mcus = mcus(components, chosen);
    let mut writer = Bits { out, bits: Vec::new() };
    let is_last = bits.1 == 0 && band.1 == 63 && chosen.last() == Some(&(components.len() - 1));
    let padding = match plan.padding {
        Padding::ZerosThenOnes => {
            if is_last {
                Padding::Ones
            } else {
                Padding::Zeros
            }
        }
        padding => padding,
    };
    let mut predictions = [0; 4];
    for (number, mcu) in mcus.iter().enumerate() {
        let interval = usize::from(plan.restart_interval);
        if interval > 0 && number > 0 && number % interval == 0 {
            writer.fill_up(padding);
            writer.out.extend([0xff, 0xd0 | (number / interval - 1) as u8 & 7]);
            predictions = [0; 4];
        }
        for &(component, block) in mcu {
            let block = &components[component].blocks[block];
            write_block(&mut writer, block, &mut predictions[component], band, bits);
        }
    }
    writer.fill_up(padding);
}

/// For each MCU its blocks, by component and place.
fn mcus(components: &[Component], chosen: &[usize]) -> Vec<Vec<(usize, usize)>> {
    if let &[n] = chosen {
        let component = &components[n];
        let places = (0..component.high).flat_map(|y| (0..component.wide).map(move |x| (x, y)));
        return places.map(|(x, y)| vec![(n, y * component.stride + x)]).collect();
    }
    let first = &components[chosen[0]];
    let (across, down) =
        (first.stride / first.factors.0, first.blocks.len() / first.stride / first.factors.1);
    let mut mcus = Vec::new();
    for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
        let mut mcu = Vec::new();
        for &n in chosen {
            let (h, v) = components[n].factors;
            for (dy, dx) in (0..v).flat_map(|dy| (0..h).map(move |dx| (dy, dx))) {
                mcu.push((n, (y * v + dy) * components[n].stride + x * h + dx));
            }
        }
        mcus.push(mcu);
    }
    mcus
}

fn write_block(
    writer: &mut Bits<'_>,
    block: &[i32; 64],
    prediction: &mut i32,
    band: (u8, u8),
    (high, low): (u8, u8),
) {
    if band.0 == 0 && high > 0 {
        return writer.write((block[0] >> low) as u32 & 1, 1);
    }
    if band.0 == 0 {
        let dc = block[0] >> low;
        writer.size_and_value(dc - *prediction, |size| (size, 5));
        *prediction = dc;
    }
    let band = usize::from(band.0.max(1))..usize::from(band.1) + 1;
    // The point transform of AC coefficients divides towards zero: G.1.2.1.
    let value = |k: usize| block[k].signum() * (block[k].abs() >> low);
    let is_known = |k: usize| high > 0 && block[k].abs() >> high > 0;
    let last = band.clone().rev().find(|&k| !is_known(k) && value(k) != 0);
    let mut zeros = 0;
    let mut corrections = Vec::new();
    for k in band {
        if value(k) == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 && Some(k) <= last {
            writer.symbol(0xf0);
            corrections.drain(..).for_each(|bit| writer.write(bit, 1));
            zeros -= 16;
        }
        if is_known(k) {
            corrections.push(value(k).unsigned_abs() & 1);
            continue;
        }
        writer.size_and_value(value(k), |size| symbol(zeros << 4 | size));
        corrections.drain(..).for_each(|bit| writer.write(bit, 1));
        zeros = 0;
    }
    if zeros > 0 || !corrections.is_empty() {
        writer.symbol(0x00);
        corrections.drain(..).for_each(|bit| writer.write(bit, 1));
    }
}

/// Code and length of a value: all but one have 8 bits.
fn symbol(value: u32) -> (u32, u32) {
    if value < 255 { (value, 8) } else { (0x1fe, 9) }
}

fn segment(out: &mut Vec<u8>, marker: u8, parameters: &[u8]) {
    out.extend([0xff, marker]);
    out.extend((parameters.len() as u16 + 2).to_be_bytes());
    out.extend(parameters);
}

struct Bits<'o> {
    out: &'o mut Vec<u8>,
    bits: Vec<bool>,
}

impl Bits<'_> {
    fn write(&mut self, value: u32, count: u32) {
        self.bits.extend((0..count).rev().map(|n| value >> n & 1 != 0));
        while self.bits.len() >= 8 {
            let byte = self.bits.drain(..8).fold(0, |byte, bit| byte << 1 | u8::from(bit));
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0x00);
            }
        }
    }

    fn symbol(&mut self, value: u32) {
        let (code, length) = symbol(value);
        self.write(code, length);
    }

    fn size_and_value(&mut self, value: i32, code: impl Fn(u32) -> (u32, u32)) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let (code, length) = code(size);
        self.write(code, length);
        let bits = if value < 0 { value - 1 } else { value } as u32;
        self.write(bits & ((1 << size) - 1), size);
    }

    fn fill_up(&mut self, padding: Padding) {
        if padding == Padding::AtLeastOne {
            self.write(1, 1);
        }
        let mut bit = padding != Padding::Zeros;
        while !self.bits.is_empty() {
            self.write(bit.into(), 1);
            bit ^= padding == Padding::Mixed;
        }
    }
}

/// Numbers that are the same on every run: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as u32 % limit
    }
}
