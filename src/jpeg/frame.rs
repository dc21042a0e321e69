//! Frame headers: SOF0 to SOF15.

use super::marker::Marker;

/// Components that are kept of a frame; T.81 allows 255, pictures in use have 1, 3 or 4.
pub const MAX_COMPONENTS: usize = 4;

/// What a frame header says.
///
/// ```text
/// SOFn       := Lf P Y X Nf 1*255component                     T.81 B.2.2
/// component  := C H/V Tq                                       H in the high four bits
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameHeader {
    /// Which SOF it is.
    pub marker: Marker,
    /// Bits per sample.
    pub precision: u8,
    /// Number of lines; 0 when a DNL segment behind the first scan has it.
    pub height: u16,
    /// Samples per line; never 0.
    pub width: u16,
    /// Number of components; never 0.
    pub component_count: u8,
    components: [FrameComponent; MAX_COMPONENTS],
}

/// One component of a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameComponent {
    /// Its identifier.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub horizontal: u8,
    /// Vertical sampling factor, 1 to 4.
    pub vertical: u8,
    /// Number of its quantisation table, 0 to 3.
    pub quantisation_table: u8,
}

/// How the coefficients are ordered and coded: T.81 Table B.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// SOF0: what nearly every camera sends.
    Baseline,
    /// SOF1, SOF5, SOF9, SOF13: sequential, 8 or 12 bits.
    Extended,
    /// SOF2, SOF6, SOF10, SOF14: the same coefficients in several scans.
    Progressive,
    /// SOF3, SOF7, SOF11, SOF15: prediction instead of the DCT.
    Lossless,
}

/// The entropy coder: T.81 Table B.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// SOF0 to SOF7.
    Huffman,
    /// SOF9 to SOF15.
    Arithmetic,
}

impl FrameHeader {
    /// Reads the parameters of a frame header; `None` if `marker` is not a frame header, or they contradict T.81
    /// B.2.2.
    pub fn parse(marker: Marker, parameters: &[u8]) -> Option<Self> {
        if !marker.is_frame_header() {
            return None;
        }
        let (&[precision, y0, y1, x0, x1, component_count], specifications) =
            parameters.split_first_chunk()?;
        let width = u16::from_be_bytes([x0, x1]);
        let fits = specifications.len() == usize::from(component_count) * 3;
        if !fits || width == 0 || component_count == 0 || !(2..=16).contains(&precision) {
            return None;
        }
        let mut components = [FrameComponent::default(); MAX_COMPONENTS];
        for (n, specification) in specifications.chunks_exact(3).enumerate() {
            let component = FrameComponent {
                id: specification[0],
                horizontal: specification[1] >> 4,
                vertical: specification[1] & 15,
                quantisation_table: specification[2],
            };
            let sampled = (1..=4).contains(&component.horizontal) && (1..=4).contains(&component.vertical);
            if !sampled || component.quantisation_table > 3 {
                return None;
            }
            if let Some(slot) = components.get_mut(n) {
                *slot = component;
            }
        }
        let height = u16::from_be_bytes([y0, y1]);
        Some(Self { marker, precision, height, width, component_count, components })
    }

    /// The components, or the first [`MAX_COMPONENTS`] of them.
    pub fn components(&self) -> &[FrameComponent] {
        &self.components[..usize::from(self.component_count).min(MAX_COMPONENTS)]
    }

    /// Whether it has more components than T.81 Table B.2 allows: four in a progressive frame.
    pub(super) fn is_overfull(&self) -> bool {
        usize::from(self.component_count) > MAX_COMPONENTS && self.process() == Process::Progressive
    }

    /// How the coefficients are ordered.
    pub fn process(&self) -> Process {
        match (self.marker.code(), self.marker.code() & 3) {
            (0xc0, _) => Process::Baseline,
            (_, 2) => Process::Progressive,
            (_, 3) => Process::Lossless,
            _ => Process::Extended,
        }
    }

    /// The entropy coder.
    pub fn coding(&self) -> Coding {
        if self.marker.code() < 0xc8 { Coding::Huffman } else { Coding::Arithmetic }
    }

    /// Whether the frame holds differences to another one of a hierarchical picture (SOF5-7, SOF13-15).
    pub fn is_differential(&self) -> bool {
        self.marker.code() & 4 != 0
    }

    /// The customary name of the sampling factors: `grey`, `4:2:0` and so on; `None` for others.
    pub fn sampling(&self) -> Option<&'static str> {
        let [luma, chroma @ ..] = self.components() else { return None };
        let [blue, red, ..] = chroma else {
            return chroma.is_empty().then_some("grey");
        };
        if (blue.horizontal, blue.vertical) != (red.horizontal, red.vertical) {
            return None;
        }
        if luma.horizontal % blue.horizontal != 0 || luma.vertical % blue.vertical != 0 {
            return None;
        }
        // A fourth component (black, alpha) is sampled like the first one.
        if chroma.get(2).is_some_and(|c| (c.horizontal, c.vertical) != (luma.horizontal, luma.vertical)) {
            return None;
        }
        match (luma.horizontal / blue.horizontal, luma.vertical / blue.vertical) {
            (1, 1) => Some("4:4:4"),
            (1, 2) => Some("4:4:0"),
            (2, 1) => Some("4:2:2"),
            (2, 2) => Some("4:2:0"),
            (4, 1) => Some("4:1:1"),
            (4, 2) => Some("4:1:0"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOUR: [u8; 15] = [8, 0, 240, 1, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];

    #[test]
    fn a_baseline_header() {
        let frame = FrameHeader::parse(Marker::SOF0, &COLOUR).unwrap();
        assert_eq!((frame.width, frame.height, frame.precision), (320, 240, 8));
        assert_eq!((frame.process(), frame.coding()), (Process::Baseline, Coding::Huffman));
        assert_eq!(frame.components()[2].quantisation_table, 1);
        assert_eq!(frame.sampling(), Some("4:2:0"));
    }

    #[test]
    fn samplings_have_their_customary_names() {
        let table = [
            (0x11, 0x11, Some("4:4:4")),
            (0x21, 0x11, Some("4:2:2")),
            (0x22, 0x12, Some("4:2:2")),
            (0x12, 0x11, Some("4:4:0")),
            (0x41, 0x11, Some("4:1:1")),
            (0x31, 0x11, None),
            (0x11, 0x21, None),
        ];
        for (luma, chroma, expected) in table {
            let mut parameters = COLOUR;
            (parameters[7], parameters[10], parameters[13]) = (luma, chroma, chroma);
            let frame = FrameHeader::parse(Marker::SOF2, &parameters).unwrap();
            assert_eq!(frame.sampling(), expected, "{luma:x} {chroma:x}");
        }
        let grey = FrameHeader::parse(Marker::SOF0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]).unwrap();
        assert_eq!(grey.sampling(), Some("grey"));
    }

    #[test]
    fn markers_name_process_and_coder() {
        let table = [
            (0xc1, Process::Extended, Coding::Huffman, false),
            (0xc3, Process::Lossless, Coding::Huffman, false),
            (0xc6, Process::Progressive, Coding::Huffman, true),
            (0xc9, Process::Extended, Coding::Arithmetic, false),
            (0xca, Process::Progressive, Coding::Arithmetic, false),
            (0xcf, Process::Lossless, Coding::Arithmetic, true),
        ];
        for (code, process, coding, differential) in table {
            let frame = FrameHeader::parse(Marker(code), &COLOUR).unwrap();
            assert_eq!(
                (frame.process(), frame.coding(), frame.is_differential()),
                (process, coding, differential),
                "{code:x}"
            );
        }
    }

    #[test]
    fn contradictions_are_no_frame() {
        assert_eq!(FrameHeader::parse(Marker::DHT, &COLOUR), None);
        assert_eq!(FrameHeader::parse(Marker::SOF0, &COLOUR[..14]), None);
        for (at, byte) in [(0, 0), (5, 2), (7, 0x02), (7, 0x51), (8, 4)] {
            let mut parameters = COLOUR;
            parameters[at] = byte;
            assert_eq!(FrameHeader::parse(Marker::SOF0, &parameters), None, "{at}");
        }
    }
}
