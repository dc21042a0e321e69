//! What decoders make of the pictures of a stream.
//!
//! The simulation of a consumer knows which bytes it gives to its decoder, and when. It does not decode. What is wrong
//! inside a picture is judged by the rules, which list what each decoder was measured to do with it.

use super::rule::Rule;
use super::rules::jpeg::*;
use crate::consumers::{Consumer, Fate};

/// A rule that pictures of the stream break, and how many do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) rule: &'static Rule,
    pub(super) pictures: u64,
}

impl Flaw {
    /// Whether the simulation does not know what decoders do with a picture that breaks `rule`. It knows which decoders
    /// search for SOI.
    pub(super) fn is_of_decoders(rule: &Rule) -> bool {
        rule.is_of_decoders() && *rule != BYTES_BEFORE_SOI
    }

    /// What becomes of a stream of `parts` parts in `consumer`.
    fn fate(&self, parts: u64, consumer: &Consumer) -> Fate {
        match self.rule.effect_on(consumer) {
            // A damaged picture is shown in part, any other is not shown.
            Fate::Loses | Fate::Dies if self.pictures >= parts && !self.is_damage() => Fate::Nothing,
            fate => fate,
        }
    }

    fn is_damage(&self) -> bool {
        [&TRUNCATED, &BROKEN, &SCAN_DAMAGED, &HIDDEN_RESTART].contains(&self.rule)
    }
}

/// What the pictures of a stream and its delivery together make of it in a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The worse fate of both.
    pub(super) fate: Fate,
    /// The rule of the pictures, if they decide.
    pub(super) decided_by: Option<&'static Rule>,
}

/// The fate of a stream of `parts` parts in `consumer`, to which it is `delivered` like that.
pub(super) fn decoded(flaws: &[Flaw], parts: u64, consumer: &Consumer, delivered: Fate) -> Decoded {
    let mut decoded = Decoded { fate: delivered, decided_by: None };
    if !consumer.decodes() {
        return decoded;
    }
    for flaw in flaws {
        let fate = flaw.fate(parts, consumer);
        // An unknown fate says less than a loss, and more than that the stream plays. A rule that does nothing to the
        // consumer does not know whether it plays on time.
        let is_worse = match fate {
            Fate::Plays => false,
            Fate::Unknown => !decoded.fate.loses_frames(),
            fate => fate > decoded.fate,
        };
        if is_worse {
            decoded = Decoded { fate, decided_by: Some(flaw.rule) };
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumers::CURL;
    use crate::consumers::{FFMPEG, GSTREAMER, OPENCV, WEBKITGTK};

    /// What is wrong, the parts, the consumer, the fate by delivery; then the fate and its rule.
    type Case<'a> = (&'a [Flaw], u64, &'a Consumer, Fate, Fate, Option<&'a Rule>);

    #[test]
    fn the_worse_of_delivery_and_pictures_counts() {
        let arithmetic = Flaw { rule: &ARITHMETIC, pictures: 3 };
        let damaged = Flaw { rule: &SCAN_DAMAGED, pictures: 3 };
        let table: [Case<'_>; 11] = [
            (&[], 3, &FFMPEG, Fate::OnTime, Fate::OnTime, None),
            (&[arithmetic], 4, &FFMPEG, Fate::OnTime, Fate::Loses, Some(&ARITHMETIC)),
            (&[arithmetic], 4, &FFMPEG, Fate::Dies, Fate::Dies, None),
            (&[arithmetic], 4, &OPENCV, Fate::Late, Fate::Dies, Some(&ARITHMETIC)),
            (&[arithmetic], 3, &OPENCV, Fate::Late, Fate::Nothing, Some(&ARITHMETIC)),
            (&[arithmetic], 3, &GSTREAMER, Fate::OnTime, Fate::OnTime, None),
            (&[arithmetic], 3, &WEBKITGTK, Fate::Late, Fate::Unknown, Some(&ARITHMETIC)),
            (&[arithmetic], 3, &WEBKITGTK, Fate::Loses, Fate::Loses, None),
            (&[arithmetic, damaged], 6, &WEBKITGTK, Fate::Late, Fate::Loses, Some(&SCAN_DAMAGED)),
            (&[damaged], 3, &FFMPEG, Fate::Plays, Fate::Loses, Some(&SCAN_DAMAGED)),
            // It does not decode.
            (&[damaged], 3, &CURL, Fate::Plays, Fate::Plays, None),
        ];
        for (n, (flaws, parts, consumer, delivered, fate, rule)) in table.into_iter().enumerate() {
            let found = decoded(flaws, parts, consumer, delivered);
            assert_eq!(found.fate, fate, "{n}: {}", consumer.name);
            assert_eq!(found.decided_by.map(|it| it.code), rule.map(|it| it.code), "{n}");
        }
    }
}
