//! Grey levels as the means of blocks have them.

/// A level from 0 to 255 as eight times its distance from mid-grey.
pub(super) const fn eighths(level: f64) -> i32 {
    ((level - 128.0) * 8.0) as i32
}
