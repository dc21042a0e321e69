//! Quantisation tables, and the quality they were made for.

/// The four tables a frame can choose from; entries in zigzag order, as they are sent.
///
/// ```text
/// DQT    := Lq 1*table                                         T.81 B.2.4.1
/// table  := Pq/Tq ( 64OCTET | 64( 2OCTET ) )                   Pq in the high four bits: 0 or 1
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuantisationTables {
    tables: [Option<[u16; 64]>; 4],
}

/// The setting of a libjpeg-like encoder that gives the nearest tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// 1 (worst) to 100.
    pub percent: u8,
    /// Whether the table is that one; otherwise the encoder has tables of its own, and the number
    /// only says which of libjpeg's are about as fine.
    pub exact: bool,
}

impl QuantisationTables {
    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.tables.iter_mut().for_each(|table| *table = None);
    }

    /// Takes over the tables of one DQT segment. Returns `false` when its parameters contradict T.81
    /// B.2.4.1; the tables before that place are kept.
    pub fn define(&mut self, mut parameters: &[u8]) -> bool {
        while let [selector, rest @ ..] = parameters {
            let (wide, number) = (selector >> 4, usize::from(selector & 15));
            let size = if wide == 0 { 64 } else { 128 };
            let (Some(slot), Some(entries)) = (self.tables.get_mut(number), rest.get(..size)) else {
                return false;
            };
            if wide > 1 {
                return false;
            }
            let mut table = [0; 64];
            if wide == 0 {
                table.iter_mut().zip(entries).for_each(|(to, &from)| *to = u16::from(from));
            } else {
                let pairs = entries.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                table.iter_mut().zip(pairs).for_each(|(to, from)| *to = from);
            }
            *slot = Some(table);
            parameters = &rest[size..];
        }
        true
    }

    /// Table `number`, if it has been defined.
    pub fn table(&self, number: u8) -> Option<&[u16; 64]> {
        self.tables.get(usize::from(number))?.as_ref()
    }
}

impl Quality {
    /// Estimates the setting from a luminance table.
    ///
    /// The source is the scale of the Independent JPEG Group's encoder, which libjpeg, libjpeg-turbo
    /// and those that copy their tables share (`jpeg_quality_scaling`, `jpeg_add_quant_table`): a setting
    /// `q` gives the scale `s = 5000 / q` below 50 and `200 - 2q` from there on, and an entry is
    /// `(e * s + 50) / 100`, at least 1 and at most 255, where `e` is that of T.81 Table K.1. Of the 100
    /// tables made so, the one with the smallest sum of differences to `luminance` is taken, the better
    /// quality of two. Above 255 the entries of 16-bit tables are compared as they are.
    ///
    /// ```
    /// use mjpeg::jpeg::Quality;
    ///
    /// assert_eq!(Quality::of(&[1; 64]), Quality { percent: 100, exact: true });
    /// ```
    pub fn of(luminance: &[u16; 64]) -> Self {
        let (largest, sums) = if luminance.iter().any(|&entry| entry > 255) {
            (32767, &SUMS_16_BIT)
        } else {
            (255, &SUMS_8_BIT)
        };
        let sum: u32 = luminance.iter().map(|&entry| u32::from(entry)).sum();
        // Two tables differ at least by the difference of their sums: few of the hundred need a comparison, behind that of the
        // nearest sum.
        let nearest = (1..=100_u8).min_by_key(|&it| sums[usize::from(it)].abs_diff(sum)).unwrap_or(1);
        let mut best = (difference(luminance, nearest, largest), nearest);
        for percent in 1..=100 {
            if sums[usize::from(percent)].abs_diff(sum) > best.0 {
                continue;
            }
            let difference = difference(luminance, percent, largest);
            if difference < best.0 || (difference == best.0 && percent > best.1) {
                best = (difference, percent);
            }
        }
        Self { percent: best.1, exact: best.0 == 0 }
    }
}

/// The sum of the differences to the table of this setting.
fn difference(luminance: &[u16; 64], percent: u8, largest: u32) -> u32 {
    let mut sum = 0;
    for (&entry, &base) in luminance.iter().zip(&LUMINANCE) {
        sum += scaled(base, percent, largest).abs_diff(u32::from(entry));
    }
    sum
}

/// An entry of the table of a setting, at least 1 and at most `largest`.
const fn scaled(base: u8, percent: u8, largest: u32) -> u32 {
    let scale = if percent < 50 { 5000 / percent as u32 } else { 200 - 2 * percent as u32 };
    let entry = (base as u32 * scale + 50) / 100;
    if entry < 1 {
        1
    } else if entry > largest {
        largest
    } else {
        entry
    }
}

/// The sums of the tables of all settings, by their percent.
const SUMS_8_BIT: [u32; 101] = sums(255);
const SUMS_16_BIT: [u32; 101] = sums(32767);

const fn sums(largest: u32) -> [u32; 101] {
    let mut sums = [0; 101];
    let mut percent = 1;
    while percent <= 100 {
        let mut at = 0;
        while at < 64 {
            sums[percent as usize] += scaled(LUMINANCE[at], percent, largest);
            at += 1;
        }
        percent += 1;
    }
    sums
}

/// T.81 Table K.1, in zigzag order.
const LUMINANCE: [u8; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103,
    104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn the_standard_table_is_quality_50() {
        assert_eq!(Quality::of(&LUMINANCE.map(u16::from)), Quality { percent: 50, exact: true });
    }

    #[test]
    fn a_table_of_its_own_is_near_some_quality() {
        let mut table = LUMINANCE.map(u16::from);
        table[3] += 2;
        assert_eq!(Quality::of(&table), Quality { percent: 50, exact: false });
        assert_eq!(Quality::of(&[u16::MAX; 64]), Quality { percent: 1, exact: false });
    }

    #[test]
    fn the_setting_is_the_best_of_all_hundred() {
        let all_compared = |table: &[u16; 64]| {
            let largest = if table.iter().any(|&it| it > 255) { 32767 } else { 255 };
            let settings = (1..=100_u8).rev().map(|percent| (difference(table, percent, largest), percent));
            let (difference, percent) = settings.min_by_key(|&(difference, _)| difference).unwrap();
            Quality { percent, exact: difference == 0 }
        };
        let mut random = 1_u32;
        for case in 0..2000_u32 {
            let (percent, largest) = ((case % 100 + 1) as u8, if case % 3 == 0 { 32767 } else { 255 });
            // From the table itself to one that has nothing of it.
            let noise = [0, 2, 9, 40, 300][case as usize % 5];
            let table = LUMINANCE.map(|base| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let entry = scaled(base, percent, largest) + (random >> 8) % (noise + 1);
                entry.saturating_sub(noise / 2).clamp(1, 65535) as u16
            });
            assert_eq!(Quality::of(&table), all_compared(&table), "{table:?}");
        }
    }

    #[test]
    fn bytes_and_words_are_read() {
        let mut tables = QuantisationTables::default();
        let mut parameters: Vec<u8> = std::vec![0x13];
        parameters.extend((0..64_u16).flat_map(|n| (n * 5).to_be_bytes()));
        parameters.push(0x00);
        parameters.extend(1..=64);
        assert!(tables.define(&parameters));
        assert_eq!(tables.table(3).map(|t| t[63]), Some(315));
        assert_eq!(tables.table(0).map(|t| t[63]), Some(64));
        assert_eq!((tables.table(1), tables.table(9)), (None, None));
    }

    #[test]
    fn contradictions_define_nothing() {
        for parameters in [&[0; 64][..], &[0x04; 65], &[0x20; 129], &[0x10; 128]] {
            let mut tables = QuantisationTables::default();
            assert!(!tables.define(parameters));
            assert_eq!(tables, QuantisationTables::default());
        }
    }
}
