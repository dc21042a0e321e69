//! Scan headers: SOS.

use super::frame::{FrameComponent, FrameHeader};

/// What a scan header says.
///
/// ```text
/// SOS        := Ls Ns 1*4component Ss Se Ah/Al                 T.81 B.2.3
/// component  := Cs Td/Ta                                       Td in the high four bits
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanHeader {
    components: [ScanComponent; 4],
    component_count: u8,
    /// First coefficient of the band, in zigzag order.
    pub band_start: u8,
    /// Last coefficient of the band.
    pub band_end: u8,
    /// Bit position the scans before went down to; 0 in a first scan.
    pub approximation_high: u8,
    /// Bit position this scan goes down to.
    pub approximation_low: u8,
}

/// One component of a scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanComponent {
    /// Its identifier in the frame header.
    pub id: u8,
    /// Number of its table for DC coefficients, 0 to 3.
    pub dc_table: u8,
    /// Number of its table for AC coefficients, 0 to 3.
    pub ac_table: u8,
}

/// How the order of components in a scan compares with that in the frame header. T.81 B.2.3: it is the
/// same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanOrder {
    OfFrame,
    /// Another one that libjpeg reads.
    Tolerated,
    /// Another one that libjpeg refuses.
    Other,
}

impl ScanHeader {
    /// Reads the parameters of an SOS segment; `None` when they contradict T.81 B.2.3.
    pub fn parse(parameters: &[u8]) -> Option<Self> {
        let (&component_count, rest) = parameters.split_first()?;
        let (specifications, &[band_start, band_end, approximation]) = rest.split_last_chunk()?;
        let count = usize::from(component_count);
        if !(1..=4).contains(&count) || specifications.len() != 2 * count {
            return None;
        }
        let mut components = [ScanComponent::default(); 4];
        for (component, specification) in components.iter_mut().zip(specifications.chunks_exact(2)) {
            let [dc_table, ac_table] = [specification[1] >> 4, specification[1] & 15];
            if dc_table > 3 || ac_table > 3 {
                return None;
            }
            *component = ScanComponent { id: specification[0], dc_table, ac_table };
        }
        Some(Self {
            components,
            component_count,
            band_start,
            band_end,
            approximation_high: approximation >> 4,
            approximation_low: approximation & 15,
        })
    }

    /// The indices of the components in `frame`, and how their order compares with that of the frame;
    /// `None` if one is unknown or repeated.
    ///
    /// Where identifiers repeat, the first component that has no place in the scan yet is meant, as in
    /// libjpeg.
    pub(super) fn indices(&self, frame: &FrameHeader) -> Option<([usize; 4], ScanOrder)> {
        let (mut indices, mut order) = ([0; 4], ScanOrder::OfFrame);
        for (n, component) in self.components().iter().enumerate() {
            let (before, _) = indices.split_at(n);
            let is_meant =
                |&(index, c): &(usize, &FrameComponent)| c.id == component.id && !before.contains(&index);
            let (index, _) = frame.components().iter().enumerate().find(is_meant)?;
            // `get_sos` of libjpeg-turbo takes the slots of the scan for those of the frame: it does not
            // find a component whose slot in the frame comes before the one in the scan.
            if index < n {
                order = ScanOrder::Other;
            } else if before.last().is_some_and(|&last| last > index) && order == ScanOrder::OfFrame {
                order = ScanOrder::Tolerated;
            }
            indices[n] = index;
        }
        Some((indices, order))
    }

    /// The components, in the order of their blocks; at least one.
    pub fn components(&self) -> &[ScanComponent] {
        &self.components[..usize::from(self.component_count)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_of_three_components() {
        let scan = ScanHeader::parse(&[3, 1, 0x00, 2, 0x11, 3, 0x12, 0, 63, 0x21]).unwrap();
        assert_eq!(scan.components()[2], ScanComponent { id: 3, dc_table: 1, ac_table: 2 });
        assert_eq!((scan.band_start, scan.band_end), (0, 63));
        assert_eq!((scan.approximation_high, scan.approximation_low), (2, 1));
    }

    #[test]
    fn contradictions_are_no_scan() {
        let table: [&[u8]; 6] = [
            &[],
            &[0, 0, 63, 0],
            &[2, 1, 0, 0, 63, 0],
            &[1, 1, 0, 9, 0, 63, 0],
            &[1, 1, 0x40, 0, 63, 0],
            &[5, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0, 63, 0],
        ];
        for parameters in table {
            assert_eq!(ScanHeader::parse(parameters), None, "{parameters:?}");
        }
    }
}
