//! Content-Type values and boundaries.

use mjpeg::http::ContentType;
use mjpeg::multipart::Boundary;

pub fn check(input: &[u8]) {
    let parsed = ContentType::parse(input);
    assert!(!parsed.media_type.iter().any(|b| b"; ,\t:".contains(b)));
    assert!(input.trim_ascii().starts_with(parsed.media_type));
    let padded = [b" \t", input, b"\r\n "].concat();
    assert_eq!(ContentType::parse(&padded), parsed, "blanks around a value mean nothing");

    if let Some(boundary) = &parsed.boundary {
        assert!(boundary.name.eq_ignore_ascii_case(b"boundary"));
        assert!(boundary.value.len() < input.len());
        if !boundary.quoted {
            assert_eq!(boundary.value.trim_ascii(), &boundary.value[..]);
            assert!(!boundary.value.contains(&b';'));
        }
        let mut quoted = b"m/x; boundary=\"".to_vec();
        for &byte in boundary.value.iter() {
            if matches!(byte, b'"' | b'\\') {
                quoted.push(b'\\');
            }
            quoted.push(byte);
        }
        quoted.push(b'"');
        let again = ContentType::parse(&quoted).boundary.expect("written above");
        assert_eq!((&again.value, again.quoted, again.followed), (&boundary.value, true, false));
    }

    // What is legal to send is read back as it was.
    if let Ok(boundary) =
        str::from_utf8(input).map_err(drop).and_then(|text| Boundary::new(text).map_err(drop))
    {
        let value = format!("multipart/x-mixed-replace; boundary={}", boundary.parameter());
        let parsed = ContentType::parse(value.as_bytes());
        assert!(parsed.is_mixed_replace() && parsed.is_multipart());
        assert_eq!(&parsed.boundary.expect("written above").value[..], boundary.as_str().as_bytes());
    }
}
