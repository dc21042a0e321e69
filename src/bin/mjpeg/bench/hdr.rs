//! Histograms in a file: the log format 1.3 of HdrHistogram, one line for each histogram, with its name as tag.
//!
//! ```text
//! #[Histogram log format version 1.3]
//! #[StartTime: 1795825305.345 (seconds since epoch)]
//! "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
//! Tag=n=10 gap,0.000,10.000,34.815,HISTFAAAA...
//! ```
//!
//! The values are microseconds; Interval_Max is in milliseconds.

use std::io::{Cursor, Read};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use super::times;

/// The most bytes of a histogram behind its compression. Each of its counts has nine bytes at most; ours has 26 000.
const MOST_BYTES: u64 = 1 << 20;
/// The most histograms of a file.
const MOST_HISTOGRAMS: usize = 1000;
/// The most counts of all histograms of a file, also of those that are 0: a line of 50 bytes can stand for six million, and each is
/// looked at. This many take some seconds; the histograms of ours have 26 000 at most.
const MOST_COUNTS: usize = 1 << 28;
/// The first four bytes of a compressed and of a plain histogram, without the size of a word.
const COMPRESSED: u32 = 0x1c84_9304;
const PLAIN: u32 = 0x1c84_9303;
/// Bytes of the head of a plain histogram.
const HEAD: usize = 40;

/// A histogram with its name.
pub type Named = (String, Histogram<u64>);

/// The text of a log: what began at `start`, since 1970-01-01 UTC, and took `length`.
///
/// # Errors
///
/// If a histogram cannot be encoded. No cause for that is known.
pub fn log(start: Duration, length: Duration, histograms: &[Named]) -> anyhow::Result<String> {
    let mut text = format!(
        "#[Histogram log format version 1.3]\n#[StartTime: {:.3} (seconds since epoch)]\n\
         #[Values are microseconds, Interval_Max is in milliseconds]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        start.as_secs_f64()
    );
    for (name, histogram) in histograms {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(histogram, &mut bytes)
            .map_err(|error| anyhow!("cannot encode a histogram: {error}"))?;
        text += &format!(
            "Tag={},0.000,{:.3},{:.3},{}\n",
            name.replace([',', '\n', '\r'], " "),
            length.as_secs_f64(),
            histogram.max() as f64 / 1e3,
            STANDARD.encode(&bytes)
        );
    }
    Ok(text)
}

/// The histograms of a log, in their order. Those of one name are added.
///
/// # Errors
///
/// If a line is none of a log, with its number.
pub fn parse(text: &str) -> anyhow::Result<Vec<Named>> {
    let (mut all, mut counts) = (Vec::<Named>::new(), 0_usize);
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with(['#', '"']) {
            continue;
        }
        let (name, histogram) = named(line).with_context(|| format!("line {number}"))?;
        counts = counts.saturating_add(histogram.distinct_values());
        if counts > MOST_COUNTS {
            bail!("line {number}: the histograms have more than {MOST_COUNTS} counts in all");
        }
        add(&mut all, name, &histogram).with_context(|| format!("line {number}"))?;
    }
    Ok(all)
}

/// Adds a histogram to the one of its name.
///
/// # Errors
///
/// If there are too many names.
pub fn add(all: &mut Vec<Named>, name: String, histogram: &Histogram<u64>) -> anyhow::Result<()> {
    let index = match all.iter().position(|(known, _)| *known == name) {
        Some(index) => index,
        None if all.len() == MOST_HISTOGRAMS => bail!("more than {MOST_HISTOGRAMS} histograms"),
        None => {
            all.push((name, times::histogram()));
            all.len() - 1
        }
    };
    let sum = &mut all[index].1;
    for bucket in histogram.iter_recorded() {
        // Of other bounds too: what is above ours counts as the largest.
        sum.saturating_record_n(bucket.value_iterated_to(), bucket.count_at_value());
    }
    Ok(())
}

/// `[Tag=NAME,]START,LENGTH,MAX,HISTOGRAM`
fn named(line: &str) -> anyhow::Result<Named> {
    let (name, rest) = match line.strip_prefix("Tag=") {
        Some(rest) => rest.split_once(',').context("a tag without a histogram")?,
        None => ("", line),
    };
    let fields: Vec<&str> = rest.split(',').collect();
    let &[start, length, max, coded] = &fields[..] else {
        bail!("expected a start, a length, a maximum and a histogram");
    };
    for number in [start, length, max] {
        number.trim().parse::<f64>().ok().filter(|it| it.is_finite()).context("a time that is no number")?;
    }
    let bytes = STANDARD.decode(coded.trim()).context("the histogram is not base64")?;
    Ok((name.into(), histogram(&bytes)?))
}

/// A compressed histogram. Its length is checked before memory is taken for it.
fn histogram(bytes: &[u8]) -> anyhow::Result<Histogram<u64>> {
    let word = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_be_bytes)
    };
    let cookie = |bytes: &[u8]| word(bytes, 0).map(|cookie| cookie & !0xf0);
    let plain = match cookie(bytes) {
        Some(COMPRESSED) => {
            let mut plain = Vec::new();
            let mut inflated = ZlibDecoder::new(bytes.get(8..).unwrap_or_default()).take(MOST_BYTES + 1);
            inflated.read_to_end(&mut plain).context("the histogram is damaged")?;
            plain
        }
        Some(PLAIN) => bytes.to_vec(),
        _ => bail!("the histogram has an unknown format"),
    };
    if plain.len() as u64 > MOST_BYTES || cookie(&plain) != Some(PLAIN) {
        bail!("the histogram is too large, or has an unknown format");
    }
    let said = word(&plain, 4).unwrap_or(0) as usize;
    if said > plain.len().saturating_sub(HEAD) {
        bail!("the histogram is cut");
    }
    let digits = word(&plain, 12).unwrap_or(u32::MAX);
    if digits > 5 {
        bail!("the histogram has {digits} digits");
    }
    let payload = plain.get(HEAD..HEAD + said).unwrap_or_default();
    if has_impossible_run(payload) {
        bail!("the histogram is damaged: it has a run of empty counts that no histogram has");
    }
    Deserializer::new()
        .deserialize(&mut Cursor::new(plain))
        .map_err(|error| anyhow!("the histogram is damaged: {error}"))
}

/// Whether a number of the payload is the least one of 64 bits, which the deserializer would negate. A number has seven bits
/// in each byte, and goes on if the eighth is set; a ninth byte has eight. All bits set is the least one.
fn has_impossible_run(payload: &[u8]) -> bool {
    let mut rest = payload;
    while !rest.is_empty() {
        let len = rest.iter().take(8).take_while(|byte| **byte >= 0x80).count() + 1;
        if len == 9 && rest.iter().take(9).all(|byte| *byte == 0xff) && rest.len() >= 9 {
            return true;
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn of(times: &[u64]) -> Histogram<u64> {
        let mut histogram = times::histogram();
        times.iter().for_each(|&time| histogram.saturating_record(time));
        histogram
    }

    #[test]
    fn a_log_holds_the_same_histograms_and_two_of_them_add() {
        let named = [("a, b".to_string(), of(&[1, 40_000, 40_000])), ("c".into(), of(&[u64::MAX]))];
        let text = log(Duration::from_millis(1500), Duration::from_secs(10), &named).unwrap();
        assert!(text.contains("StartTime: 1.500 ") && text.contains("\nTag=a  b,0.000,10.000,40."), "{text}");
        let once = parse(&text).unwrap();
        assert_eq!(once[0].0, "a  b");
        assert_eq!([once[0].1.len(), once[1].1.len()], [3, 1]);
        assert_eq!(once[0].1, named[0].1);
        let twice = parse(&(text.clone() + &text)).unwrap();
        assert_eq!((twice.len(), twice[0].1.len(), twice[0].1.max()), (2, 6, once[0].1.max()));
    }

    #[test]
    fn lines_that_are_none_are_refused_with_their_number() {
        let text = log(Duration::ZERO, Duration::ZERO, &[("x".into(), of(&[5]))]).unwrap();
        let line = text.lines().last().unwrap();
        let coded = line.rsplit(',').next().unwrap();
        // A head that says four gigabytes.
        let mut huge = PLAIN.to_be_bytes().to_vec();
        huge.extend_from_slice(&[0xff; 36]);
        for bad in [
            "1,2,3".to_string(),
            format!("a,2,3,{coded}"),
            format!("1,2,3,{}", &coded[..coded.len() - 8]),
            "1,2,3,AAAA".into(),
            format!("1,2,3,{}", STANDARD.encode(&huge)),
            "Tag=x".into(),
        ] {
            let error = parse(&format!("#\n{bad}\n")).unwrap_err().to_string();
            assert_eq!(error, "line 2", "{bad}");
        }
        assert!(parse("\n#x\n").unwrap().is_empty());
    }

    #[test]
    fn a_histogram_that_unpacks_without_end_is_refused() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &PLAIN.to_be_bytes()).unwrap();
        std::io::Write::write_all(&mut packed, &vec![0; 64 << 20]).unwrap();
        let bytes = [&COMPRESSED.to_be_bytes()[..], &[0; 4], &packed.finish().unwrap()].concat();
        let error = histogram(&bytes).unwrap_err().to_string();
        assert!(error.contains("too large"), "{error}");
    }

    #[test]
    fn many_histograms_with_much_room_are_refused() {
        // Five digits up to the largest value.
        let mut large = Histogram::<u64>::new_with_bounds(1, u64::MAX >> 1, 5).unwrap();
        large.record(1).unwrap();
        let text = log(Duration::ZERO, Duration::ZERO, &[("x".into(), large)]).unwrap();
        let line = text.lines().last().unwrap();
        assert!(line.len() < 200 && parse(line).unwrap()[0].1.len() == 1, "{line}");
        let error = parse(&format!("{line}\n").repeat(100)).unwrap_err().to_string();
        assert!(error.contains("counts in all"), "{error}");
    }

    #[test]
    fn damaged_histograms_cause_no_panic() {
        let text = log(Duration::ZERO, Duration::ZERO, &[("x".into(), of(&[5, 700, 90_000]))]).unwrap();
        let bytes = STANDARD.decode(text.lines().last().unwrap().rsplit(',').next().unwrap()).unwrap();
        let mut plain = Vec::new();
        ZlibDecoder::new(&bytes[8..]).read_to_end(&mut plain).unwrap();
        for at in 0..plain.len() {
            for bit in 0..8 {
                let mut damaged = plain.clone();
                damaged[at] ^= 1 << bit;
                // It may be another histogram.
                let _ = histogram(&damaged);
            }
            let _ = histogram(&plain[..at]);
        }
        // No memory is taken for what a head says.
        for (at, word, why) in [(4, u32::MAX, "is cut"), (12, 6, "has 6 digits")] {
            let mut damaged = plain.clone();
            damaged[at..at + 4].copy_from_slice(&word.to_be_bytes());
            let error = histogram(&damaged).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        // The least number of 64 bits, in the loops of the deserializer for the middle and for the end.
        for counts in [[&[0xff; 9][..], &[0; 20]].concat(), [&[2, 0x80, 2][..], &[0xff; 9]].concat()] {
            let mut damaged = plain[..HEAD].to_vec();
            damaged[4..8].copy_from_slice(&u32::try_from(counts.len()).unwrap().to_be_bytes());
            damaged.extend_from_slice(&counts);
            let error = histogram(&damaged).unwrap_err().to_string();
            assert!(error.contains("damaged"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_log_is_histograms_or_a_mistake(text in mutated::text(&[
                b"#[Histogram log format version 1.3]\nTag=n=10 gap,0.000,10.000,34.815,HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMP4DACHrAkE=\n",
                b"1,2,3,HISTEwAAAAMAAAAAAAAAAwAAAAAAAAABAAAA0DnQvAA/8AAAAAAAAAIEAg==",
            ])) {
            if let Ok(all) = parse(&text) {
                prop_assert!(all.len() <= MOST_HISTOGRAMS);
                prop_assert!(log(Duration::ZERO, Duration::ZERO, &all).is_ok());
            }
        }
    }
}
