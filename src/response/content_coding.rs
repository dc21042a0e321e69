//! Content codings, by which a body is compressed. Nothing here decompresses.

/// What the first byte of a body must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentCoding {
    /// `zstd`: a frame starts with 28 B5 2F FD (RFC 8878 3.1.1).
    Zstandard,
    /// `deflate`: the zlib format, whose first byte is 78 with a window of 32 KiB (RFC 1950 2.2).
    Deflate,
    /// `gzip` and others: no text, and no picture.
    Other,
}

impl ContentCoding {
    /// The coding in the value of `Content-Encoding`; `None` for `identity`.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii().to_ascii_lowercase();
        match &value[..] {
            b"" | b"identity" => None,
            b"zstd" => Some(Self::Zstandard),
            b"deflate" => Some(Self::Deflate),
            _ => Some(Self::Other),
        }
    }

    /// Whether a body that starts with this byte is compressed. Servers announce a coding that they do not use: such a body starts
    /// with text or a picture.
    pub fn may_start_with(self, byte: u8) -> bool {
        match self {
            Self::Zstandard => byte == 0x28,
            Self::Deflate => byte == 0x78,
            Self::Other => byte != 0xff && !byte.is_ascii_graphic() && !byte.is_ascii_whitespace(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_bodies_do_not_start_like_streams() {
        for (value, byte, is_coded) in [
            (&b"gzip"[..], 0x1f, true),
            (b" GZip ", 0x1f, true),
            (b"br", 0x8b, true),
            (b"zstd", 0x28, true),
            (b"deflate", 0x78, true),
            (b"gzip", b'-', false),
            (b"gzip", b'\r', false),
            (b"gzip", 0xff, false),
            (b"gzip", b'C', false),
            (b"zstd", b'-', false),
            (b"identity", 0x1f, false),
            (b"", 0x1f, false),
        ] {
            let coding = ContentCoding::parse(value);
            assert_eq!(coding.is_some_and(|it| it.may_start_with(byte)), is_coded, "{value:?} {byte}");
        }
    }
}
