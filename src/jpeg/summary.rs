//! What the segments of a picture say about it.

use core::ops::Range;

use memchr::memchr_iter;

use super::frame::FrameHeader;
use super::marker::Marker;
use super::quantisation::{Quality, QuantisationTables};
use super::segment::{Segment, Segments};
use super::walk::Walk;
use crate::multipart::Extent;

/// What the marker segments of a picture say about it.
///
/// Reading is tolerant: contradictions are left out, and the segments before a cut or a broken
/// place are read. [`super::Checker`] says whether the entropy-coded data is sound.
///
/// ```
/// use mjpeg::jpeg::{Process, Summary};
///
/// let summary = Summary::of(include_bytes!("../../fixtures/jpeg/420.jpg"));
/// let frame = summary.frame.unwrap();
/// assert_eq!((frame.width, frame.height, frame.process()), (160, 120, Process::Baseline));
/// assert_eq!(frame.sampling(), Some("4:2:0"));
/// assert_eq!(summary.quality().map(|quality| quality.percent), Some(75));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How far the picture goes.
    pub extent: Extent,
    /// Bytes behind EOI, if there is an EOI.
    pub bytes_after_end: usize,
    /// Its frame header; the first one, if there are several.
    pub frame: Option<FrameHeader>,
    /// Number of lines by a DNL segment, which counts where the frame header says 0.
    pub number_of_lines: Option<u16>,
    /// Number of scans.
    pub scans: usize,
    /// MCUs between two restart markers, by the last DRI segment; `None` when it is 0 or not there.
    pub restart_interval: Option<u16>,
    /// Restart markers in all scans.
    pub restart_markers: usize,
    /// Its quantisation tables.
    pub quantisation: QuantisationTables,
    /// Which Huffman tables for DC coefficients it defines.
    pub dc_tables: [bool; 4],
    /// Which Huffman tables for AC coefficients it defines.
    pub ac_tables: [bool; 4],
    /// Whether there is a JFIF segment.
    pub jfif: bool,
    /// Whether there is an `AVI1` segment, as in AVI files and from webcams: Huffman tables may be left
    /// out then.
    pub avi1: bool,
    /// The transform that an `Adobe` segment names: 0 RGB or CMYK, 1 YCbCr, 2 YCCK.
    pub adobe_transform: Option<u8>,
    /// The range of the EXIF block, from its TIFF header on.
    pub exif: Option<Range<usize>>,
    /// The range of the first comment.
    pub comment: Option<Range<usize>>,
    /// The range of a JPEG thumbnail inside an APP1 segment.
    pub thumbnail: Option<Range<usize>>,
}

impl Summary {
    /// Reads the segments of a picture that begins with its SOI.
    pub fn of(jpeg: &[u8]) -> Self {
        let mut summary = Self {
            extent: Extent::Partial,
            bytes_after_end: 0,
            frame: None,
            number_of_lines: None,
            scans: 0,
            restart_interval: None,
            restart_markers: 0,
            quantisation: QuantisationTables::default(),
            dc_tables: [false; 4],
            ac_tables: [false; 4],
            jfif: false,
            avi1: false,
            adobe_transform: None,
            exif: None,
            comment: None,
            thumbnail: None,
        };
        let mut segments = Segments::of(jpeg);
        for segment in segments.by_ref() {
            summary.read(jpeg, &segment);
        }
        summary.extent = segments.extent();
        if let Extent::Complete { end } = summary.extent {
            summary.bytes_after_end = jpeg.len() - end;
        }
        summary
    }

    /// Number of lines: the frame header's, or that of DNL.
    pub fn height(&self) -> Option<u16> {
        match self.frame?.height {
            0 => self.number_of_lines,
            height => Some(height),
        }
    }

    /// The setting of a libjpeg-like encoder, by the table of the first component: [`Quality::of`].
    pub fn quality(&self) -> Option<Quality> {
        let luminance = self.frame.as_ref()?.components().first()?.quantisation_table;
        self.quantisation.table(luminance).map(Quality::of)
    }

    /// Whether all Huffman tables are missing although the picture has scans.
    pub fn lacks_huffman_tables(&self) -> bool {
        self.scans > 0 && self.dc_tables == [false; 4] && self.ac_tables == [false; 4]
    }

    fn read(&mut self, jpeg: &[u8], segment: &Segment<'_>) {
        let parameters = segment.parameters;
        let start = segment.at + 4;
        match segment.marker {
            Marker::DQT => {
                self.quantisation.define(parameters);
            }
            Marker::DHT => self.read_huffman_tables(parameters),
            Marker::DRI => {
                if let [high, low] = *parameters {
                    self.restart_interval = Some(u16::from_be_bytes([high, low])).filter(|&mcus| mcus > 0);
                }
            }
            Marker::DNL => {
                if let [high, low] = *parameters {
                    self.number_of_lines = Some(u16::from_be_bytes([high, low]));
                }
            }
            Marker::SOS => {
                self.scans += 1;
                self.restart_markers += restart_markers(jpeg, segment.entropy_coded.clone());
            }
            Marker::COM if self.comment.is_none() => self.comment = Some(start..start + parameters.len()),
            Marker::APP0 => {
                self.jfif |= parameters.starts_with(b"JFIF\0");
                self.avi1 |= parameters.starts_with(b"AVI1");
            }
            Marker::APP1 => {
                if parameters.starts_with(b"Exif\0") && self.exif.is_none() {
                    self.exif = Some((start + 6).min(start + parameters.len())..start + parameters.len());
                }
                if self.thumbnail.is_none() {
                    self.thumbnail =
                        thumbnail(parameters).map(|found| start + found.start..start + found.end);
                }
            }
            Marker::APP14 => {
                if let [b'A', b'd', b'o', b'b', b'e', .., transform] = *parameters
                    && parameters.len() == 12
                {
                    self.adobe_transform = Some(transform);
                }
            }
            marker if marker.is_frame_header() && self.frame.is_none() => {
                self.frame = FrameHeader::parse(marker, parameters);
            }
            _ => {}
        }
    }

    fn read_huffman_tables(&mut self, mut parameters: &[u8]) {
        while let Some((&[selector, ref counts @ ..], rest)) = parameters.split_first_chunk::<17>() {
            let count: usize = counts.iter().map(|&n| usize::from(n)).sum();
            let tables = match selector >> 4 {
                0 => &mut self.dc_tables,
                1 => &mut self.ac_tables,
                _ => return,
            };
            let (Some(table), Some(rest)) = (tables.get_mut(usize::from(selector & 15)), rest.get(count..))
            else {
                return;
            };
            *table = true;
            parameters = rest;
        }
    }
}

/// Counts restart markers in entropy-coded data.
fn restart_markers(jpeg: &[u8], entropy_coded: Range<usize>) -> usize {
    let entropy_coded = jpeg.get(entropy_coded).unwrap_or_default();
    let codes = memchr_iter(0xff, entropy_coded).filter_map(|at| entropy_coded.get(at + 1));
    codes.filter(|&&code| Marker(code).restart().is_some()).count()
}

/// A whole JPEG inside an APP1 segment. Its place is in the TIFF structure, but the walk finds it too,
/// and says where it ends.
fn thumbnail(parameters: &[u8]) -> Option<Range<usize>> {
    let start = memchr::memmem::find(parameters, b"\xff\xd8\xff")?;
    match Walk::over(&parameters[start..]) {
        Extent::Complete { end } => Some(start..start + end),
        _ => None,
    }
}
