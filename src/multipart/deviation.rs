//! What departs from RFC 2046 and from the streams every client can read.

use core::fmt;

use crate::counted::Counted;
use crate::http::FieldFlaw;

/// One departure, with its place. The parser reads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// What departs.
    pub kind: DeviationKind,
    /// The part concerned, counted from 1; `None` before the first one.
    pub part: Option<u64>,
    /// Bytes from the start of the decoded body to the place.
    pub offset: u64,
}

/// The kinds of departure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviationKind {
    /// The delimiter is the boundary parameter itself although that starts with dashes: `boundary=--b`
    /// and `--b` lines, where RFC 2046 wants `----b` (Axis, Sony, Panasonic).
    DashesNotAdded,
    /// The delimiter is the boundary parameter without any dashes before it.
    DashesMissing,
    /// The delimiter has nothing to do with the boundary parameter.
    BoundaryMismatch,
    /// The stream starts with the head of its first part (ESP32 cameras before 2020).
    FirstDelimiterMissing,
    /// No delimiter between two parts.
    DelimiterLost,
    /// A delimiter that differs from the ones before it.
    DelimiterChanged,
    /// Nothing between the body and the delimiter (Rovio, DroidCam).
    LineEndMissing,
    /// This many bytes of empty lines between the body and the delimiter, beyond the one line end that
    /// belongs to it (Frigate, keep-alives of cscore).
    BlankLines {
        /// Number of bytes.
        bytes: u64,
    },
    /// Blanks behind the delimiter: legal transport padding that Firefox refuses.
    Padding,
    /// The first field starts on the delimiter's own line (viseron).
    DelimiterGlued,
    /// The delimiter line is repeated (Foscam G2).
    DelimiterDoubled,
    /// Parts follow the close-delimiter.
    CloseDelimiterFollowed,
    /// A line that ends in a bare LF.
    BareLf,
    /// A line of the head with a flaw.
    Field(FieldFlaw),
    /// No field at all: the picture follows the delimiter.
    HeadMissing,
    /// An empty line between the delimiter and the fields.
    BlankLineBeforeHead,
    /// More than one empty line between the fields and the picture: this many bytes too many.
    BlankLineAfterHead {
        /// Number of bytes.
        bytes: u64,
    },
    /// The picture follows the last field without an empty line.
    HeadUnterminated,
    /// The head is longer than the limit; its part is skipped.
    HeadTooLong,
    /// The head has this many lines; those above the limit are not kept.
    TooManyFields {
        /// Number of lines.
        lines: u64,
    },
    /// Content-Length is not a decimal number (`-1`, `0x2f`, an unfilled template).
    LengthInvalid,
    /// Several Content-Length fields that differ.
    LengthRepeated,
    /// The length is in a field of another name (`DataLen`).
    LengthElsewhere,
    /// Content-Length is smaller than the body.
    LengthShort {
        /// What the field says.
        declared: u64,
        /// What was there.
        actual: u64,
    },
    /// Content-Length is larger than the body.
    LengthLong {
        /// What the field says.
        declared: u64,
        /// What was there.
        actual: u64,
    },
    /// Content-Length counts the line end before the delimiter.
    LengthCountsLineEnd {
        /// What the field says.
        declared: u64,
        /// What was there.
        actual: u64,
    },
    /// Bytes between the end of a body and the next delimiter (saljam/mjpeg: the rest of its buffer).
    BytesAfterBody {
        /// Number of bytes.
        bytes: u64,
    },
    /// The head of another response between two parts, or inside a picture that it cuts; the stream starts over with it.
    ResponseHead {
        /// Number of bytes of the head.
        bytes: u64,
    },
    /// A whole picture is followed by the start of another one inside the body: this many bytes behind the
    /// first picture (Yaesu SCU-LAN10).
    PictureBegins {
        /// Number of bytes.
        bytes: u64,
    },
    /// The response head announces chunks, but the body is not in chunks.
    ChunksMissing,
    /// The response head announces a content coding such as gzip, but the body is not coded.
    ContentCodingMissing,
    /// A body above the limit; it is skipped.
    BodyTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Pictures without multipart framing, found by their own start and end.
    NoMultipart,
    /// Bytes between two such pictures (webcamXP's 50-byte records, Sercomm's `MJPG` blocks), or behind the last one (gphoto2
    /// with padding).
    BytesBetween {
        /// Number of bytes.
        bytes: u64,
    },
    /// The input ends inside a head, or behind one before the first byte of its body.
    InputEndsInHead,
}

impl fmt::Display for DeviationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DashesNotAdded => f.write_str("the delimiter lacks the two dashes before the boundary"),
            Self::DashesMissing => f.write_str("the delimiter has no dashes"),
            Self::BoundaryMismatch => f.write_str("the delimiter is not the announced boundary"),
            Self::FirstDelimiterMissing => f.write_str("no delimiter before the first part"),
            Self::DelimiterLost => f.write_str("no delimiter before the part"),
            Self::DelimiterChanged => f.write_str("the delimiter differs from the ones before it"),
            Self::LineEndMissing => f.write_str("no line end before the delimiter"),
            Self::BlankLines { bytes } => {
                write!(f, "{} of empty lines before the delimiter", Counted(*bytes, "byte"))
            }
            Self::Padding => f.write_str("blanks after the delimiter"),
            Self::DelimiterGlued => f.write_str("no line end after the delimiter"),
            Self::DelimiterDoubled => f.write_str("the delimiter line is repeated"),
            Self::CloseDelimiterFollowed => f.write_str("a part follows the close-delimiter"),
            Self::BareLf => f.write_str("a line ends in a bare LF"),
            Self::Field(flaw) => write!(f, "part head: {flaw}"),
            Self::HeadMissing => f.write_str("the part has no head"),
            Self::BlankLineBeforeHead => f.write_str("an empty line before the fields"),
            Self::BlankLineAfterHead { bytes } => {
                write!(f, "{} of empty lines too many before the body", Counted(*bytes, "byte"))
            }
            Self::HeadUnterminated => f.write_str("no empty line between the fields and the body"),
            Self::TooManyFields { lines } => write!(f, "the part head has {lines} lines"),
            Self::HeadTooLong => f.write_str("the part head is too long"),
            Self::LengthInvalid => f.write_str("Content-Length is not a number"),
            Self::LengthRepeated => f.write_str("several Content-Length fields that differ"),
            Self::LengthElsewhere => f.write_str("the length is not in a field named Content-Length"),
            Self::LengthShort { declared, actual } => {
                write!(
                    f,
                    "Content-Length is {declared}, the body has {} ({} more)",
                    Counted(*actual, "byte"),
                    actual - declared
                )
            }
            Self::LengthLong { declared, actual } => {
                write!(
                    f,
                    "Content-Length is {declared}, the body has {} ({} fewer)",
                    Counted(*actual, "byte"),
                    declared - actual
                )
            }
            Self::LengthCountsLineEnd { declared, actual } => {
                write!(
                    f,
                    "Content-Length {declared} counts the line end after the {} of the body",
                    Counted(*actual, "byte")
                )
            }
            Self::BytesAfterBody { bytes } => {
                write!(f, "{} between the body and the delimiter", Counted(*bytes, "byte"))
            }
            Self::ResponseHead { bytes } => {
                write!(f, "another response head, {} long, between two parts", Counted(*bytes, "byte"))
            }
            Self::PictureBegins { bytes } => {
                let bytes = Counted(*bytes, "byte");
                write!(f, "the body has the start of another picture, {bytes}, after the picture")
            }
            Self::ChunksMissing => f.write_str("the head announces chunks, but the body has none"),
            Self::ContentCodingMissing => {
                f.write_str("the head announces a content coding, but the body is not coded")
            }
            Self::BodyTooLarge { limit } => {
                write!(f, "the body is larger than {} and was skipped", Counted(*limit, "byte"))
            }
            Self::NoMultipart => f.write_str("pictures without multipart framing"),
            Self::BytesBetween { bytes } => {
                write!(f, "{} after an unframed picture", Counted(*bytes, "byte"))
            }
            Self::InputEndsInHead => f.write_str("the input ends in a part head"),
        }
    }
}
