//! Why a reader stopped, waited or lost a frame.

use core::fmt;

/// What a reader ran into. The rules of `check` that can explain it are named by `check`, not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The response starts with an empty line, or has no head.
    HeadStart,
    /// The Content-Length of the response is not one number.
    HeadLength,
    /// A content coding is announced, and the body is not coded.
    ContentCoding,
    /// The status line does not start with `HTTP/`.
    StatusLine,
    /// The lines of the response head end in LF alone.
    HeadBareLf,
    /// The chunked coding in a response of HTTP/1.0.
    ChunkedHttp10,
    /// Chunks are announced, and there are none.
    ChunksMissing,
    /// A line of the response head without a colon.
    HeadField,
    /// The Content-Type of the response.
    ContentType,
    /// The boundary parameter: absent, or in a form that this reader does not find.
    BoundaryParameter,
    /// The boundary is longer than this reader accepts.
    BoundaryLength,
    /// The length of the response ends the body.
    BodyLength,
    /// What the body starts with.
    BodyStart,
    /// No delimiter where one must be.
    Delimiter,
    /// Something follows the delimiter on its line.
    DelimiterTail,
    /// A close-delimiter.
    CloseDelimiter,
    /// A line ends in LF alone.
    BareLf,
    /// A line that is too long for this reader.
    LineLength,
    /// A line of a part head without a colon.
    FieldColon,
    /// A folded field.
    FieldFolded,
    /// Blanks between a field name and the colon.
    FieldBlank,
    /// More fields than this reader accepts.
    FieldCount,
    /// The Content-Type of a part.
    PartType,
    /// A part without Content-Length.
    LengthMissing,
    /// A Content-Length that is no usable number.
    LengthInvalid,
    /// Several Content-Length fields.
    LengthRepeated,
    /// The Content-Length is not where the body ends.
    LengthWrong,
    /// A part that holds no picture.
    Picture,
    /// A picture that lacks its end.
    Truncated,
    /// The start or end marker of a picture occurs inside it.
    Markers,
    /// The bytes that show the end of a frame come with the next one, or not at all.
    NextPart,
    /// The stream ends inside a part.
    Cut,
    /// Several frames come together.
    Burst,
    /// This consumer buffers the response.
    Buffering,
}

/// For people, a few words: what this reader does not read.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadStart => "the start of the response",
            Self::HeadLength => "the Content-Length of the response",
            Self::ContentCoding => "the content coding",
            Self::StatusLine => "the status line",
            Self::HeadBareLf => "LF alone in the response head",
            Self::ChunkedHttp10 => "chunks under HTTP/1.0",
            Self::ChunksMissing => "chunks that are announced and missing",
            Self::HeadField => "a line without a colon in the response head",
            Self::ContentType => "the Content-Type of the response",
            Self::BoundaryParameter => "the form of the boundary parameter",
            Self::BoundaryLength => "the length of the boundary",
            Self::BodyLength => "the Content-Length of the response, which ends the body",
            Self::BodyStart => "the start of the body",
            Self::Delimiter => "a place where it needs a delimiter",
            Self::DelimiterTail => "bytes after a delimiter",
            Self::CloseDelimiter => "a close-delimiter",
            Self::BareLf => "LF alone",
            Self::LineLength => "a long line",
            Self::FieldColon => "a line without a colon in a part head",
            Self::FieldFolded => "a folded field",
            Self::FieldBlank => "a blank before a colon",
            Self::FieldCount => "the number of fields",
            Self::PartType => "the Content-Type of a part",
            Self::LengthMissing => "no Content-Length where it looks for one",
            Self::LengthInvalid => "a Content-Length that is no number",
            Self::LengthRepeated => "several Content-Length fields",
            Self::LengthWrong => "a Content-Length that is wrong",
            Self::Picture => "a part without a picture",
            Self::Truncated => "a picture without its end",
            Self::Markers => "a marker or a length where this reader does not expect it",
            Self::NextPart => "the end of a frame that comes with the next one",
            Self::Burst => "frames that come together",
            Self::Cut => "the end of the stream inside a part",
            Self::Buffering => "this consumer buffers",
        })
    }
}
