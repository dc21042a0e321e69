//! Heads of parts that are no text: numbers are bytes, the lowest first.

use super::escape::escaped;
use super::found::Found;
use crate::dialect::Values;

/// The text with places that these heads have in common; each belongs to the values beside it.
pub fn find(texts: &[(&[u8], Values)]) -> Found {
    let Some((first, _)) = texts.first() else { return Found::default() };
    let alike: Vec<_> = texts.iter().filter(|(text, _)| text.len() == first.len()).collect();
    let mut found = Found::default();
    if alike.len() < texts.len() {
        found.unknown.push(format!(
            "{} of {} part heads have another length",
            texts.len() - alike.len(),
            texts.len()
        ));
    }
    let all = |at: usize, value: &dyn Fn(&Values) -> Option<Vec<u8>>| {
        alike.iter().all(|(text, values)| value(values).is_some_and(|value| text[at..].starts_with(&value)))
    };
    let length = |values: &Values| Some(u32::try_from(values.length).ok()?.to_le_bytes().to_vec());
    let width = |values: &Values| (values.size.0 > 0).then(|| values.size.0.to_le_bytes().to_vec());
    let height = |values: &Values| (values.size.1 > 0).then(|| values.size.1.to_le_bytes().to_vec());
    let mut plain = Vec::new();
    let (mut at, mut changes) = (0, 0);
    while at < first.len() {
        let place = if all(at, &length) {
            Some(("{length:u32}", 4))
        } else if all(at, &width) && at + 2 < first.len() && all(at + 2, &height) {
            Some(("{width:u16}{height:u16}", 4))
        } else {
            None
        };
        if let Some((place, bytes)) = place {
            found.text.push_str(&escaped(&std::mem::take(&mut plain)));
            found.text.push_str(place);
            at += bytes;
        } else {
            changes += usize::from(alike.iter().any(|(text, _)| text[at] != first[at]));
            plain.push(first[at]);
            at += 1;
        }
    }
    found.text.push_str(&escaped(&plain));
    if changes > 0 {
        found
            .unknown
            .push(format!("{changes} bytes of the part heads change, and are written as in the first part"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_sizes_are_found() {
        let values = |length| Values { length, size: (640, 480), ..Values::default() };
        let block =
            |length: u8| [b"MJPG", &[length, 0, 0, 0, 0x80, 2, 0xe0, 1][..], &[0; 6], b"\xff"].concat();
        let (one, two) = (block(9), block(11));
        let found = find(&[(&one, values(9)), (&two, values(11))]);
        assert_eq!(found.text, "MJPG{length:u32}{width:u16}{height:u16}{nul:6}{hex:ff}");
    }
}
