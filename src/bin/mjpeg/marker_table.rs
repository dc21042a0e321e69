//! The markers of a picture, for `inspect --jpeg` and the page of `check --report`.

use mjpeg::counted::Counted;
use mjpeg::jpeg::{
    Coding, FrameHeader, Marker, Process, Quality, QuantisationTables, ScanHeader, Segment, Segments,
};
use mjpeg::multipart::Extent;

/// The markers of one picture, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarkerTable {
    /// The lines.
    pub entries: Vec<Entry>,
}

/// A marker, or bytes that belong to no marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Bytes from the start of the part's body.
    pub offset: usize,
    /// The symbol of T.81 Table B.1; absent for data.
    pub marker: Option<String>,
    /// Number of bytes, with those of the marker.
    pub bytes: usize,
    /// What it says. It may contain text of the picture.
    pub text: String,
}

impl MarkerTable {
    /// The markers of the picture that starts at `start` of `body`.
    pub fn of(body: &[u8], start: usize) -> Self {
        let mut table = Self::default();
        let picture = body.get(start..).unwrap_or_default();
        if start > 0 {
            table.push(0, None, start, "bytes before the picture");
        }
        if !picture.starts_with(b"\xff\xd8") {
            table.push(start, None, picture.len(), "not a JPEG");
            return table;
        }
        table.push(start, Some(Marker::SOI), 2, "");
        let mut segments = Segments::of(picture);
        let mut end = 2;
        for segment in segments.by_ref() {
            if segment.at > end {
                table.push(start + end, None, segment.at - end, "bytes between segments");
            }
            let bytes = segment.parameters.len() + 4;
            table.push(start + segment.at, Some(segment.marker), bytes, &meaning(&segment));
            end = segment.at + bytes;
            let coded = picture.get(segment.entropy_coded.clone()).unwrap_or_default();
            if !coded.is_empty() {
                table.push(start + segment.entropy_coded.start, None, coded.len(), &entropy_coded(coded));
                end = segment.entropy_coded.end;
            }
        }
        match segments.extent() {
            Extent::Complete { end: behind } => {
                if behind - 2 > end {
                    table.push(start + end, None, behind - 2 - end, "bytes between segments");
                }
                table.push(start + behind - 2, Some(Marker::EOI), 2, "");
                if picture.len() > behind {
                    table.push(start + behind, None, picture.len() - behind, "bytes behind EOI");
                }
            }
            Extent::Broken { at } => {
                if at > end {
                    table.push(start + end, None, at - end, "bytes between segments");
                }
                // Another picture may start inside of the last segment.
                let text = if at < end {
                    format!("the picture is broken at byte {}", start + at)
                } else {
                    "bytes that are no marker: the picture is broken here".into()
                };
                let from = at.max(end);
                table.push(start + from, None, picture.len().saturating_sub(from), &text);
            }
            Extent::Partial | Extent::Foreign => {
                table.push(start + end, None, picture.len().saturating_sub(end), "the picture is cut here");
            }
        }
        table
    }

    /// Whether the other picture has the same markers with the same meaning. The lengths of entropy-coded data and the
    /// contents of comments and application segments do not count.
    pub fn is_like(&self, other: &Self) -> bool {
        let differs = |entry: &&Entry| match entry.marker.as_deref() {
            Some(marker) => !(marker.starts_with("APP") || marker == "COM"),
            None => !entry.text.starts_with(ENTROPY_CODED),
        };
        let key = |entry: &Entry| (entry.marker.clone(), entry.bytes, entry.text.clone());
        let names = |table: &Self| table.entries.iter().map(|it| it.marker.clone()).collect::<Vec<_>>();
        let mine = self.entries.iter().filter(differs).map(key);
        names(self) == names(other) && mine.eq(other.entries.iter().filter(differs).map(key))
    }

    fn push(&mut self, offset: usize, marker: Option<Marker>, bytes: usize, text: &str) {
        let marker = marker.map(|marker| marker.to_string());
        self.entries.push(Entry { offset, marker, bytes, text: text.into() });
    }
}

const ENTROPY_CODED: &str = "entropy-coded data";

fn entropy_coded(coded: &[u8]) -> String {
    let is_restart = |pair: &&[u8]| pair[0] == 0xff && Marker(pair[1]).restart().is_some();
    match coded.windows(2).filter(is_restart).count() {
        0 => ENTROPY_CODED.into(),
        1 => format!("{ENTROPY_CODED}, 1 restart marker"),
        n => format!("{ENTROPY_CODED}, {n} restart markers"),
    }
}

/// What a segment says.
fn meaning(segment: &Segment<'_>) -> String {
    let parameters = segment.parameters;
    match segment.marker {
        Marker::APP0 | Marker::APP1 | Marker::APP2 | Marker::APP14 => application(parameters),
        Marker::COM => format!("\"{}\"", start_of_text(parameters)),
        Marker::DQT => quantisation(parameters),
        Marker::DHT => huffman(parameters),
        Marker::DRI | Marker::DNL => match *parameters {
            [high, low] if segment.marker == Marker::DRI => match u16::from_be_bytes([high, low]) {
                0 => "no restart markers".into(),
                1 => "a restart marker behind each MCU".into(),
                n => format!("a restart marker every {n} MCUs"),
            },
            [high, low] => Counted(u16::from_be_bytes([high, low]).into(), "line").to_string(),
            _ => String::new(),
        },
        Marker::SOS => scan(parameters),
        marker if marker.is_frame_header() => {
            FrameHeader::parse(marker, parameters).as_ref().map_or_else(|| "cannot be read".into(), frame)
        }
        marker if marker.application().is_some() => application(parameters),
        _ => String::new(),
    }
}

/// The identifier of an application segment: text up to a NUL.
fn application(parameters: &[u8]) -> String {
    match *parameters {
        [b'J', b'F', b'I', b'F', 0, major, minor, unit, x1, x0, y1, y0, ..] => {
            let (x, y) = (u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
            let unit = match unit {
                0 => "",
                1 => " dpi",
                _ => " dots per cm",
            };
            format!("JFIF {major}.{minor:02}, density {x}x{y}{unit}")
        }
        [b'A', b'd', b'o', b'b', b'e', .., transform] if parameters.len() == 12 => {
            let transform = match transform {
                0 => "RGB or CMYK",
                1 => "YCbCr",
                2 => "YCCK",
                _ => "unknown transform",
            };
            format!("Adobe, {transform}")
        }
        _ => {
            let is_name = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
            let name: Vec<u8> = parameters.iter().take(40).take_while(is_name).copied().collect();
            String::from_utf8_lossy(&name).into_owned()
        }
    }
}

fn start_of_text(bytes: &[u8]) -> String {
    const MOST: usize = 60;
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\0', '\n', '\r']);
    let mut start: String = text.chars().take(MOST).collect();
    if start.len() < text.len() {
        start.push_str("...");
    }
    start
}

fn quantisation(mut parameters: &[u8]) -> String {
    let mut tables = QuantisationTables::default();
    let is_sound = tables.define(parameters);
    let mut names = Vec::new();
    while let Some(&selector) = parameters.first() {
        let (bits, number) = (if selector >> 4 == 0 { 8 } else { 16 }, selector & 15);
        let Some(table) = tables.table(number) else { break };
        let quality = if number == 0 {
            let Quality { percent, exact } = Quality::of(table);
            format!(", quality {}{percent}", if exact { "" } else { "about " })
        } else {
            String::new()
        };
        names.push(format!("table {number}, {bits} bits{quality}"));
        let size = 1 + if bits == 8 { 64 } else { 128 };
        parameters = parameters.get(size..).unwrap_or_default();
    }
    if !is_sound {
        names.push("the rest cannot be read".into());
    }
    names.join("; ")
}

fn huffman(mut parameters: &[u8]) -> String {
    let mut names = Vec::new();
    while let Some((&[selector, ref counts @ ..], rest)) = parameters.split_first_chunk::<17>() {
        let count: usize = counts.iter().map(|&n| usize::from(n)).sum();
        let class = if selector >> 4 == 0 { "DC" } else { "AC" };
        names.push(format!("{class} {}, {count} codes", selector & 15));
        let Some(rest) = rest.get(count..) else {
            names.push("cut".into());
            break;
        };
        parameters = rest;
    }
    names.join("; ")
}

fn frame(frame: &FrameHeader) -> String {
    let process = match frame.process() {
        Process::Baseline => "baseline",
        Process::Extended => "extended",
        Process::Progressive => "progressive",
        Process::Lossless => "lossless",
    };
    let coding = if frame.coding() == Coding::Arithmetic { ", arithmetic" } else { "" };
    let components: Vec<String> = frame
        .components()
        .iter()
        .map(|it| format!("{}:{}x{}/{}", it.id, it.horizontal, it.vertical, it.quantisation_table))
        .collect();
    let sampling = frame.sampling().map(|sampling| format!(", {sampling}")).unwrap_or_default();
    format!(
        "{process}{coding}, {}x{}, {} bits{sampling}, components {}",
        frame.width,
        frame.height,
        frame.precision,
        components.join(" ")
    )
}

fn scan(parameters: &[u8]) -> String {
    let Some(scan) = ScanHeader::parse(parameters) else { return "cannot be read".into() };
    let components: Vec<String> =
        scan.components().iter().map(|it| format!("{}:{}/{}", it.id, it.dc_table, it.ac_table)).collect();
    format!(
        "components {}, coefficients {} to {}, bits {}/{}",
        components.join(" "),
        scan.band_start,
        scan.band_end,
        scan.approximation_high,
        scan.approximation_low
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn fixture(name: &str) -> Vec<u8> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jpeg").join(name);
        std::fs::read(path).unwrap()
    }

    #[test]
    fn each_byte_of_a_picture_is_in_one_entry() {
        for name in ["420.jpg", "422-restart.jpg", "progressive-restart.jpg", "thumbnail.jpg", "cmyk.jpg"] {
            let jpeg = fixture(name);
            for end in [jpeg.len(), jpeg.len() / 2, 300] {
                let mut at = 0;
                for entry in MarkerTable::of(&jpeg[..end], 0).entries {
                    assert_eq!(entry.offset, at, "{name} {end} {entry:?}");
                    at += entry.bytes;
                }
                assert_eq!(at, end, "{name}");
            }
        }
    }

    #[test]
    fn each_byte_of_a_broken_picture_is_in_one_entry() {
        // A byte that fills up comes before the one that is no marker; another picture starts inside of a table.
        for (jpeg, texts) in [
            (&b"\xff\xd8\xff\xdb\0\x05abc\0d"[..], [9, 10]),
            (b"\xff\xd8\xff\xc4\0\x06\xff\xd8\xff\xe0d", [2, 10]),
        ] {
            let entries = MarkerTable::of(jpeg, 0).entries;
            let ends: Vec<_> = entries.iter().map(|it| it.offset + it.bytes).collect();
            let starts: Vec<_> = entries.iter().map(|it| it.offset).collect();
            assert_eq!(starts[1..], ends[..ends.len() - 1], "{entries:?}");
            assert_eq!(ends.last(), Some(&jpeg.len()), "{entries:?}");
            assert_eq!(starts[starts.len() - 2..], texts, "{entries:?}");
        }
    }

    #[test]
    fn the_table_says_what_the_segments_mean() {
        let table = MarkerTable::of(&[&b"x"[..], &fixture("420.jpg"), b"tail"].concat(), 1);
        let text: Vec<String> = table
            .entries
            .iter()
            .map(|it| format!("{} {}", it.marker.as_deref().unwrap_or("-"), it.text))
            .collect();
        assert_eq!(text[0], "- bytes before the picture");
        assert!(text.contains(&"APP0 JFIF 1.01, density 1x1".into()), "{text:?}");
        assert!(text.contains(&"DQT table 0, 8 bits, quality 75".into()), "{text:?}");
        let frame = "SOF0 baseline, 160x120, 8 bits, 4:2:0, components 1:2x2/0 2:1x1/1 3:1x1/1";
        assert!(text.contains(&frame.into()), "{text:?}");
        assert_eq!(text.last().unwrap(), "- bytes behind EOI");
    }

    #[test]
    fn pictures_of_one_camera_are_alike() {
        let (one, next) = (fixture("420.jpg"), fixture("444-optimised.jpg"));
        let table = |jpeg: &[u8]| MarkerTable::of(jpeg, 0);
        let mut other = one.clone();
        other.splice(other.len() - 2..other.len() - 2, *b"\x01\x02");
        assert!(table(&one).is_like(&table(&other)));
        assert!(!table(&one).is_like(&table(&next)));
    }

    proptest! {
        #[test]
        fn each_byte_of_any_part_is_in_one_line_of_its_table(body in mutated::bytes(&[
                include_bytes!("../../../fixtures/jpeg/thumbnail.jpg"),
                include_bytes!("../../../fixtures/jpeg/440-odd.jpg"),
                b"\xff\xd8\xff\xdb\0\x05\x10\0\x01\xff\xc0\0\x0b\x08\0\0\0\0\x01\x01\x11\0\xff\xdd\0\x04\0\x01\xff\xda\0\x08\x01\x01\0\0\x3f\0\xff\xd9",
            ]), start in any::<prop::sample::Index>()) {
            let start = start.index(body.len() + 1);
            // Each byte is in one line.
            let mut end = 0;
            for entry in MarkerTable::of(&body, start).entries {
                prop_assert_eq!(entry.offset, end, "{:?}", entry);
                end += entry.bytes;
            }
            prop_assert_eq!(end, body.len());
        }
    }
}
