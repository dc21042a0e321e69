//! What a strip says, and its bits.

/// The boxes of a strip.
pub(super) const BOXES: usize = 144;

/// When a picture was taken, and which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Microseconds since 1970-01-01 UTC.
    pub time_us: u64,
    /// The number of the frame in its source, modulo 2^32.
    pub number: u32,
    /// The source.
    pub source: u16,
}

impl Identity {
    /// The boxes of its strip, row by row: whether each one is white.
    pub fn boxes(&self) -> [bool; BOXES] {
        let mut octets = [0; BOXES / 8];
        octets[..8].copy_from_slice(&self.time_us.to_be_bytes());
        octets[8..12].copy_from_slice(&self.number.to_be_bytes());
        octets[12..14].copy_from_slice(&self.source.to_be_bytes());
        let check = crc(&octets[..14]);
        octets[14..].copy_from_slice(&check.to_be_bytes());
        core::array::from_fn(|n| octets[n / 8] << (n % 8) & 0x80 != 0)
    }

    /// The identity with these boxes; `None` if their check says that it is none.
    pub(super) fn of_boxes(boxes: &[bool; BOXES]) -> Option<Self> {
        let number = |range: core::ops::Range<usize>| {
            boxes[range].iter().fold(0, |number: u64, &bit| number << 1 | u64::from(bit))
        };
        let identity =
            Self { time_us: number(0..64), number: number(64..96) as u32, source: number(96..112) as u16 };
        (identity.boxes() == *boxes).then_some(identity)
    }

    /// The identity whose boxes have these brightnesses. There is one only if each box is clearly dark or clearly bright,
    /// so that a picture without a strip is most often refused without a look at the check.
    pub(super) fn of_light(light: &[i32; BOXES], least_contrast: i32) -> Option<Self> {
        let (dark, bright) =
            light.iter().fold((i32::MAX, i32::MIN), |(low, high), &l| (low.min(l), high.max(l)));
        let (dark, range) = (i64::from(dark), i64::from(bright) - i64::from(dark));
        if range < i64::from(least_contrast.max(1)) {
            return None;
        }
        let mut boxes = [false; BOXES];
        for (is_white, &light) in boxes.iter_mut().zip(light) {
            // In twentieths of the range, the middle fifth is neither.
            match (i64::from(light) - dark) * 20 / range {
                0..8 => *is_white = false,
                12.. => *is_white = true,
                _ => return None,
            }
        }
        Self::of_boxes(&boxes)
    }
}

/// CRC-32 (ISO 3309): polynomial 0x04C11DB7, reflected.
fn crc(octets: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !octets.iter().fold(u32::MAX, |crc, &octet| (0..8).fold(crc ^ u32::from(octet), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_the_crc_of_png() {
        // The length and check of IEND, which every PNG file ends with.
        assert_eq!(crc(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn boxes_and_identity_are_the_same_thing() {
        for identity in [
            Identity { time_us: 0, number: 0, source: 0 },
            Identity { time_us: 1_767_225_600_123_456, number: 7, source: 0x8001 },
            Identity { time_us: u64::MAX, number: u32::MAX, source: u16::MAX },
        ] {
            let boxes = identity.boxes();
            assert_eq!(Identity::of_boxes(&boxes), Some(identity));
            for n in 0..BOXES {
                let mut wrong = boxes;
                wrong[n] = !wrong[n];
                assert_eq!(Identity::of_boxes(&wrong), None, "{n}");
            }
        }
    }

    #[test]
    fn boxes_of_doubtful_light_are_no_identity() {
        let identity = Identity { time_us: 5, number: 6, source: 7 };
        let light =
            |white: i32, black: i32| identity.boxes().map(|is_white| if is_white { white } else { black });
        assert_eq!(Identity::of_light(&light(235, 16), 40), Some(identity));
        assert_eq!(Identity::of_light(&light(50, 16), 40), None);
        let mut doubtful = light(235, 16);
        doubtful[9] = 126;
        assert_eq!(Identity::of_light(&doubtful, 40), None);
        assert_eq!(Identity::of_light(&[128; BOXES], 0), None);
        assert_eq!(Identity::of_light(&light(i32::MAX, i32::MIN), 40), Some(identity));
    }
}
