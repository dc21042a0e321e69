//! The known dialects that are nearest to a stream.

use super::properties::{self, Property};
use crate::dialect::{self, Description, Values};

/// How many of the next ones are named.
const OTHERS: usize = 3;

/// A known dialect beside that of a stream.
#[derive(Debug)]
pub struct Near {
    /// Its name.
    pub name: &'static str,
    /// Its title.
    pub title: String,
    /// The properties that agree.
    pub agree: Vec<&'static str>,
    /// The properties that differ: their values here and there.
    pub differ: Vec<(&'static str, String, String)>,
}

impl Near {
    fn of(here: &[Property], name: &'static str, known: &Description, values: &Values) -> Self {
        let mut near = Self { name, title: known.title.clone(), agree: Vec::new(), differ: Vec::new() };
        let there = properties::of(known, values);
        for (property, here) in here {
            let Some((_, there)) = there.iter().find(|(name, _)| name == property) else { continue };
            if here == there {
                near.agree.push(property);
            } else {
                near.differ.push((property, here.clone(), there.clone()));
            }
        }
        near
    }

    /// How many properties were compared.
    pub fn compared(&self) -> usize {
        self.agree.len() + self.differ.len()
    }
}

/// The nearest dialects, the nearest first. Properties in `unknown` are not compared.
pub fn find(described: &Description, unknown: &[&str], values: &Values) -> Vec<Near> {
    let mut here = properties::of(described, values);
    here.retain(|(name, _)| !unknown.contains(name));
    let mut all: Vec<_> = dialect::all().map(|(name, known)| Near::of(&here, name, &known, values)).collect();
    all.sort_by_key(|near| std::cmp::Reverse(near.agree.len()));
    all.truncate(1 + OTHERS);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_is_nearest_to_itself() {
        let values = Values { length: 12_345, size: (640, 480), ..Values::default() };
        for (name, known) in dialect::all() {
            let near = find(&known, &[], &values);
            assert!(near[0].differ.is_empty(), "{name}: {:?}", near[0]);
            let own = Near::of(&properties::of(&known, &values), name, &known, &values);
            assert!(own.differ.is_empty() && own.compared() == near[0].compared());
        }
    }
}
