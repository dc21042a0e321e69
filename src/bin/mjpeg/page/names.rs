//! Places for the names of marks above a plot, in rows, so that no two of them overlap.

/// Units between two names.
const SPACE: f64 = 6.0;
/// Units that a letter is wide at most, on average: names are in digits and small letters of 12 units.
const LETTER: f64 = 7.2;

/// Rows, the lowest first: the parts that are taken.
#[derive(Debug, Default)]
pub struct Names {
    rows: [Vec<(f64, f64)>; 3],
    right: f64,
}

/// Where a name begins or ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The row, from the lowest.
    pub row: usize,
    /// What is at the mark: its `start` or its `end`.
    pub anchor: &'static str,
}

impl Names {
    /// In a plot that is so wide, with `other` text at the left of the upper row.
    pub fn new(right: f64, other: &str) -> Self {
        Self { rows: [Vec::new(), Vec::new(), vec![(0.0, width(other))]], right }
    }

    /// A place for a name at `x`; `None` if it would overlap others.
    pub fn place(&mut self, x: f64, name: &str) -> Option<Place> {
        let (behind, before) = (("start", (x, x + width(name))), ("end", (x - width(name), x)));
        let sides = if x > self.right / 2.0 { [before, behind] } else { [behind, before] };
        for (row, taken) in self.rows.iter_mut().enumerate() {
            for (anchor, part) in sides {
                let is_free = |it: &(f64, f64)| part.1 + SPACE <= it.0 || it.1 + SPACE <= part.0;
                if part.0 >= 0.0 && part.1 <= self.right && taken.iter().all(is_free) {
                    taken.push(part);
                    return Some(Place { row, anchor });
                }
            }
        }
        None
    }
}

fn width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_have_a_place_do_not_overlap() {
        let mut names = Names::new(1000.0, "gap in ms");
        let mut drawn: Vec<(usize, f64, f64)> = Vec::new();
        for n in 0..2000 {
            let x = f64::from(n * 617 % 1000);
            if let Some(Place { row, anchor }) = names.place(x, "M203 line") {
                let start = if anchor == "end" { x - width("M203 line") } else { x };
                let end = start + width("M203 line");
                assert!(start >= 0.0 && end <= 1000.0, "{x}");
                assert!(drawn.iter().all(|it| it.0 != row || it.2 < start || end < it.1), "{x}");
                assert!(row < 2 || start > width("gap in ms"), "{x}");
                drawn.push((row, start, end));
            }
        }
        assert!((10..45).contains(&drawn.len()), "{}", drawn.len());
        assert_eq!(Names::new(100.0, "").place(50.0, &"long".repeat(50)), None);
    }
}
