//! A directory of JPEGs in natural order.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use mjpeg::jpeg::Walk;
use mjpeg::multipart::Extent;

use crate::exit::Failure;
use crate::output;

/// More than this many bytes of pictures are refused: all of them stay in memory.
const MAX_BYTES: u64 = 1 << 30;

/// Reads the first `limit` JPEGs of `directory`. At least one.
///
/// Files that are not whole JPEGs are named in a message and skipped.
///
/// # Errors
///
/// When the directory or a picture cannot be read, when there is none, or when together they are
/// larger than 1 GiB.
pub fn load(directory: &Path, limit: u64) -> Result<Vec<Vec<u8>>, Failure> {
    let shown = directory.display();
    let mut frames = Vec::new();
    let mut bytes = 0;
    for path in pictures(directory).map_err(Failure::local)? {
        if frames.len() as u64 == limit {
            break;
        }
        let mut jpeg = fs::read(&path)
            .with_context(|| format!("cannot read the picture {}", path.display()))
            .map_err(Failure::local)?;
        let Extent::Complete { end } = Walk::over(&jpeg) else {
            output::message("bench", &format!("{} skipped: not a whole JPEG", path.display()));
            continue;
        };
        // What a camera leaves behind EOI is not part of the picture.
        jpeg.truncate(end);
        bytes += jpeg.len() as u64;
        if bytes > MAX_BYTES {
            return Err(Failure::local(anyhow!("the pictures in {shown} take more than 1 GiB"))
                .hint("measure with fewer of them, or for a shorter --duration: only frames that become due are read"));
        }
        frames.push(jpeg);
    }
    if frames.is_empty() {
        return Err(Failure::local(anyhow!("no JPEG in {shown}"))
            .hint("give a directory with files named *.jpg or *.jpeg"));
    }
    Ok(frames)
}

/// The files of `directory` that are pictures by their name, in natural order.
fn pictures(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read the directory {}", directory.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let is_jpeg = path.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("jpg") || extension.eq_ignore_ascii_case("jpeg")
        });
        if is_jpeg {
            paths.push(path);
        }
    }
    paths.sort_by(|a, b| natural(a.as_os_str().as_encoded_bytes(), b.as_os_str().as_encoded_bytes()));
    Ok(paths)
}

/// Compares names as people do: runs of digits by their value, so that `9` stands before `10`.
fn natural(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let digits_a = a.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits_b = b.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits_a > 0 && digits_b > 0 {
            let (number_a, rest_a) = a.split_at(digits_a);
            let (number_b, rest_b) = b.split_at(digits_b);
            let (value_a, value_b) = (significant(number_a), significant(number_b));
            let order = value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b));
            // `01` and `1` differ in name only: the shorter one first, so that the order is total.
            let order = order.then_with(|| number_a.len().cmp(&number_b.len()));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((x, rest_a)), Some((y, rest_b))) if x == y => (a, b) = (rest_a, rest_b),
            (x, y) => return x.map(|(x, _)| x).cmp(&y.map(|(y, _)| y)),
        }
    }
}

/// A run of digits without its leading zeros.
fn significant(digits: &[u8]) -> &[u8] {
    &digits[digits.iter().take_while(|&&digit| digit == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_natural_order() {
        let mut names =
            ["f10.jpg", "f9.jpg", "f1.jpg", "f01.jpg", "f", "a100b2", "a100b10", "f2.jpg", "F1.jpg"];
        names.sort_by(|a, b| natural(a.as_bytes(), b.as_bytes()));
        assert_eq!(
            names,
            ["F1.jpg", "a100b2", "a100b10", "f", "f1.jpg", "f01.jpg", "f2.jpg", "f9.jpg", "f10.jpg"]
        );
    }
}
