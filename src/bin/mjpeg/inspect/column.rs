//! The columns of the rows.

use mjpeg::jpeg::Quality;
use mjpeg::multipart::Framing;

use super::row::Row;
use crate::output;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Number of the part.
    Part,
    /// Time since the first byte, in seconds.
    Arrival,
    /// Time since the part before it, in milliseconds.
    Gap,
    /// Offset of the body.
    Offset,
    /// Bytes of the body.
    Bytes,
    /// How the end of the body was found.
    Framing,
    /// Width and height.
    Size,
    /// Chroma sampling.
    Sampling,
    /// Quality.
    Quality,
    /// Source and number of the coded strip.
    Strip,
    /// Age by the coded strip, in milliseconds.
    Age,
    /// File of a recording.
    File,
}

/// What the source of the rows knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A stream with arrival times.
    Live,
    /// A stream without them.
    Saved,
    /// The lines of a manifest and their files.
    Recording,
}

impl Column {
    /// All columns, in their order.
    pub const ALL: [Self; 12] = [
        Self::Part,
        Self::Arrival,
        Self::Gap,
        Self::Offset,
        Self::Bytes,
        Self::Framing,
        Self::Size,
        Self::Sampling,
        Self::Quality,
        Self::Strip,
        Self::Age,
        Self::File,
    ];
    /// Those that a narrow terminal leaves out, the first one first.
    pub const LEFT_OUT: [Self; 4] = [Self::Sampling, Self::Offset, Self::Framing, Self::File];

    /// The name of the column.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Arrival => "time s",
            Self::Gap => "gap ms",
            Self::Offset => "offset",
            Self::Bytes => "bytes",
            Self::Framing => "framing",
            Self::Size => "size",
            Self::Sampling => "chroma",
            Self::Quality => "q",
            Self::Strip => "strip",
            Self::Age => "age ms",
            Self::File => "file",
        }
    }

    /// Its characters.
    pub fn width(self) -> usize {
        match self {
            Self::Part => 4,
            Self::Arrival | Self::Bytes => 8,
            Self::Gap | Self::Framing => 7,
            Self::Offset => 10,
            Self::Size => 9,
            Self::Sampling => 6,
            Self::Quality => 3,
            Self::File => 16,
            Self::Strip => 12,
            Self::Age => 8,
        }
    }

    fn is_number(self) -> bool {
        matches!(
            self,
            Self::Part
                | Self::Arrival
                | Self::Gap
                | Self::Offset
                | Self::Bytes
                | Self::Quality
                | Self::Strip
                | Self::Age
        )
    }

    /// Whether the source of the rows knows it. `has_strips`: the pictures carry coded strips.
    pub fn is_known(self, known: Known, has_strips: bool) -> bool {
        match self {
            Self::Strip => has_strips,
            Self::Age => has_strips && known != Known::Saved,
            Self::Arrival | Self::Gap => known != Known::Saved,
            Self::Framing => known != Known::Recording,
            Self::File => known == Known::Recording,
            _ => true,
        }
    }

    /// The text of its cell.
    pub fn text(self, row: &Row) -> String {
        match self {
            Self::Part => row.part.to_string(),
            Self::Arrival => row.arrival.map(|it| format!("{:.3}", it.as_secs_f64())).unwrap_or_default(),
            Self::Gap => row.gap.map(|it| format!("{:.1}", output::ms(it))).unwrap_or_default(),
            Self::Offset => row.offset.to_string(),
            Self::Bytes => row.body_bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
            Self::Framing => row.framing.map_or("", framing).into(),
            Self::Size => row.size.map(|(width, height)| format!("{width}x{height}")).unwrap_or_default(),
            Self::Sampling => row.sampling.unwrap_or_default().into(),
            Self::Quality => row.quality.as_ref().map(quality).unwrap_or_default(),
            Self::Strip => row.strip.map(|it| format!("{:04x}:{}", it.source, it.number)).unwrap_or_default(),
            Self::Age => row.strip.and_then(|it| it.age_ms).map(|ms| format!("{ms:.1}")).unwrap_or_default(),
            Self::File => output::printable(row.file.as_deref().unwrap_or_default()),
        }
    }

    /// A text as wide as the column: numbers to the right.
    pub fn padded(self, text: &str) -> String {
        let width = self.width();
        if self.is_number() { format!("{text:>width$}") } else { format!("{text:width$}") }
    }
}

/// The word for a framing in text.
fn framing(framing: Framing) -> &'static str {
    match framing {
        Framing::ContentLength => "length",
        Framing::Delimited => "delim",
        Framing::EndOfInput => "end",
        Framing::Scanned => "scan",
    }
}

/// The estimate of an encoder's setting; `~` if its tables are not those of libjpeg.
pub fn quality(quality: &Quality) -> String {
    let Quality { percent, exact } = quality;
    if *exact { percent.to_string() } else { format!("~{percent}") }
}
