//! Blocks and MCUs: T.81 A.1.1 and A.2.

use crate::jpeg::frame::FrameHeader;

/// Blocks that an MCU of several components may have: T.81 B.2.3.
pub(super) const MAX_BLOCKS: usize = 10;

/// What the MCUs of one scan are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// For each block of an MCU, the index of its component in the scan.
    blocks: [u8; MAX_BLOCKS],
    count: u8,
    /// Number of MCUs in the scan.
    pub(super) mcus: u32,
}

impl Layout {
    /// The MCUs of a scan of these components (indices into those of the frame) of a picture with
    /// `height` lines; `None` when an MCU would have more than ten blocks.
    pub(super) fn new(frame: &FrameHeader, height: u16, components: &[usize]) -> Option<Self> {
        if let [component] = components {
            // A.2.2: a scan of one component has one block in an MCU, and none beyond the picture.
            let (wide, high) = blocks(frame, height, *component);
            return Some(Self { blocks: [0; MAX_BLOCKS], count: 1, mcus: wide * high });
        }
        let (wide, high) = mcus(frame, height);
        let mut layout = Self { blocks: [0; MAX_BLOCKS], count: 0, mcus: wide * high };
        for (n, &component) in components.iter().enumerate() {
            let component = frame.components()[component];
            for _ in 0..component.horizontal * component.vertical {
                *layout.blocks.get_mut(usize::from(layout.count))? = n as u8;
                layout.count += 1;
            }
        }
        Some(layout)
    }

    /// For each block of an MCU, the index of its component in the scan.
    pub(super) fn blocks(&self) -> &[u8] {
        &self.blocks[..usize::from(self.count)]
    }
}

/// MCUs of a scan of several components: how many side by side, how many rows.
pub(super) fn mcus(frame: &FrameHeader, height: u16) -> (u32, u32) {
    let (horizontal, vertical) = largest_factors(frame);
    (u32::from(frame.width).div_ceil(8 * horizontal), u32::from(height).div_ceil(8 * vertical))
}

/// Blocks of one component that hold samples of the picture: how many side by side, how many rows.
pub(super) fn blocks(frame: &FrameHeader, height: u16, component: usize) -> (u32, u32) {
    let (horizontal, vertical) = largest_factors(frame);
    let component = frame.components()[component];
    let samples = (u32::from(frame.width) * u32::from(component.horizontal)).div_ceil(horizontal);
    let lines = (u32::from(height) * u32::from(component.vertical)).div_ceil(vertical);
    (samples.div_ceil(8), lines.div_ceil(8))
}

fn largest_factors(frame: &FrameHeader) -> (u32, u32) {
    let components = frame.components();
    let horizontal = components.iter().map(|c| c.horizontal).max().unwrap_or(1);
    let vertical = components.iter().map(|c| c.vertical).max().unwrap_or(1);
    (horizontal.into(), vertical.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::marker::Marker;

    fn frame(width: u8, luma: u8, chroma: u8) -> FrameHeader {
        let parameters = [8, 0, 17, 0, width, 3, 1, luma, 0, 2, chroma, 1, 3, chroma, 1];
        FrameHeader::parse(Marker::SOF0, &parameters).unwrap()
    }

    #[test]
    fn interleaved_scans_fill_up_their_mcus() {
        let layout = Layout::new(&frame(33, 0x22, 0x11), 17, &[0, 1, 2]).unwrap();
        assert_eq!((layout.blocks(), layout.mcus), (&[0, 0, 0, 0, 1, 2][..], 6));
        let layout = Layout::new(&frame(33, 0x22, 0x11), 17, &[1, 2]).unwrap();
        assert_eq!((layout.blocks(), layout.mcus), (&[0, 1][..], 6));
    }

    #[test]
    fn scans_of_one_component_do_not() {
        let table = [(0, 15), (1, 6), (2, 6)];
        for (component, mcus) in table {
            let layout = Layout::new(&frame(33, 0x22, 0x11), 17, &[component]).unwrap();
            assert_eq!((layout.blocks(), layout.mcus), (&[0][..], mcus));
        }
        assert_eq!(blocks(&frame(33, 0x21, 0x11), 17, 1), (3, 3));
        assert_eq!(blocks(&frame(33, 0x41, 0x11), 17, 2), (2, 3));
    }

    #[test]
    fn an_mcu_has_ten_blocks_at_most() {
        assert_eq!(Layout::new(&frame(33, 0x22, 0x22), 17, &[0, 1, 2]), None);
        assert_eq!(Layout::new(&frame(33, 0x42, 0x11), 17, &[0, 1, 2]).unwrap().blocks().len(), 10);
    }
}
