//! EBML elements (RFC 8794): an identifier, a size, and the content.

/// The size "unknown" in eight bytes (RFC 8794 6.2).
pub const UNKNOWN: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/// A Void, whose content means nothing (RFC 8794 11.3.2).
const VOID: u32 = 0xec;

/// Appends an identifier, which has its length marker.
pub fn id(out: &mut Vec<u8>, id: u32) {
    out.extend(id.to_be_bytes().iter().skip_while(|&&byte| byte == 0));
}

/// A size in eight bytes, so that it can replace an unknown one.
pub fn long_size(bytes: u64) -> [u8; 8] {
    // 56 bits: more than a file can have.
    (bytes.min((1 << 56) - 2) | 1 << 56).to_be_bytes()
}

/// Appends a size in the fewest bytes.
pub fn size(out: &mut Vec<u8>, bytes: u64) {
    // With n bytes there are 7n bits, of which all ones mean "unknown".
    let n = (1..8).find(|n| bytes < (1 << (7 * n)) - 1).unwrap_or(8);
    let marked = if n == 8 { u64::from_be_bytes(long_size(bytes)) } else { bytes | 1 << (7 * n) };
    out.extend_from_slice(&marked.to_be_bytes()[8 - n..]);
}

/// Appends an element.
pub fn element(out: &mut Vec<u8>, name: u32, content: &[u8]) {
    id(out, name);
    size(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Appends an unsigned integer in the fewest bytes.
pub fn uint(out: &mut Vec<u8>, name: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let zeros = bytes.iter().take(7).take_while(|&&byte| byte == 0).count();
    element(out, name, &bytes[zeros..]);
}

/// Appends an element that consists of others.
pub fn master(out: &mut Vec<u8>, name: u32, content: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    content(&mut inner);
    element(out, name, &inner);
}

/// Appends a Void of `bytes` bytes in all: at least 2, at most 127.
pub fn void(out: &mut Vec<u8>, bytes: usize) {
    debug_assert!((2..=127).contains(&bytes));
    element(out, VOID, &vec![0; bytes - 2]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_fewest_bytes_and_never_mean_unknown() {
        for (bytes, expected) in [
            (0, &[0x80][..]),
            (126, &[0xfe]),
            (127, &[0x40, 0x7f]),
            (16_382, &[0x7f, 0xfe]),
            (16_383, &[0x20, 0x3f, 0xff]),
            (1 << 40, &[0x05, 0, 0, 0, 0, 0][..]),
        ] {
            let mut out = Vec::new();
            size(&mut out, bytes);
            assert_eq!(out, expected, "{bytes}");
        }
        assert_eq!(long_size(5), [1, 0, 0, 0, 0, 0, 0, 5]);
        assert_ne!(long_size(u64::MAX), UNKNOWN);
    }

    #[test]
    fn elements_are_an_identifier_a_size_and_a_content() {
        let mut out = Vec::new();
        uint(&mut out, 0x2ad7b1, 1_000_000);
        uint(&mut out, 0xd7, 0);
        void(&mut out, 4);
        master(&mut out, 0xe0, |out| uint(out, 0xb0, 640));
        let expected = [
            &[0x2a, 0xd7, 0xb1, 0x83, 0x0f, 0x42, 0x40][..],
            &[0xd7, 0x81, 0],
            &[0xec, 0x82, 0, 0],
            &[0xe0, 0x84, 0xb0, 0x82, 0x02, 0x80],
        ];
        assert_eq!(out, expected.concat());
    }
}
