//! The properties of two streams beside each other.

use super::importance::Importance;
use super::item::{Item, Value};

/// What may be unknown of a stream, in the order of the output.
const GROUPS: [&str; 5] = ["response", "framing", "part head", "deviations", "times"];

/// The properties of one stream.
#[derive(Debug, Default)]
pub struct Properties {
    /// The parts that were looked at.
    pub parts: u64,
    /// Those that are known.
    pub items: Vec<Item>,
    /// The groups of [`GROUPS`] that are not known.
    pub unknown: Vec<&'static str>,
}

/// The properties of two streams, the most important first, then in the order of the groups.
#[derive(Debug)]
pub struct Comparison {
    /// The parts that were looked at of each.
    pub parts: [u64; 2],
    /// The lines.
    pub pairs: Vec<Pair>,
    /// Groups of properties that are known of one stream alone, and `times`.
    pub not_compared: Vec<&'static str>,
}

/// A property of both streams.
#[derive(Debug)]
pub struct Pair {
    /// How much it matters.
    pub importance: Importance,
    /// What it belongs to.
    pub group: &'static str,
    /// Its name.
    pub name: String,
    /// The value of the first stream.
    pub left: Option<Value>,
    /// The value of the second stream.
    pub right: Option<Value>,
}

impl Comparison {
    /// Compares two lists of properties, without the groups that are unknown of one stream. Names of fields may be written in
    /// other letters: the list of fields shows that.
    pub fn of(left: &Properties, right: &Properties) -> Self {
        let is_known = |item: &&Item| ![left, right].iter().any(|it| it.unknown.contains(&item.group));
        let not_compared =
            GROUPS.into_iter().filter(|group| left.unknown.contains(group) != right.unknown.contains(group));
        let not_compared = not_compared.collect();
        let parts = [left.parts, right.parts];
        let [left, right] =
            [left, right].map(|it| it.items.iter().filter(is_known).cloned().collect::<Vec<Item>>());
        let is = |item: &Item, other: &Item| {
            item.group == other.group && item.name.eq_ignore_ascii_case(&other.name)
        };
        let value = |items: &[Item], wanted: &Item| {
            items.iter().find(|item| is(item, wanted)).map(|item| item.value.clone())
        };
        let mut pairs: Vec<Pair> = left
            .iter()
            .map(|item| Pair {
                importance: Importance::of(item),
                group: item.group,
                name: item.name.clone(),
                left: Some(item.value.clone()),
                right: value(&right, item),
            })
            .collect();
        for item in right.iter().filter(|item| !left.iter().any(|other| is(item, other))) {
            let last = pairs.iter().rposition(|pair| pair.group == item.group);
            let pair = Pair {
                importance: Importance::of(item),
                group: item.group,
                name: item.name.clone(),
                left: None,
                right: Some(item.value.clone()),
            };
            pairs.insert(last.map_or(pairs.len(), |last| last + 1), pair);
        }
        pairs.sort_by_key(|pair| pair.importance);
        Self { parts, pairs, not_compared }
    }

    /// Whether the streams differ.
    pub fn differs(&self) -> bool {
        self.pairs.iter().any(Pair::differs)
    }
}

impl Pair {
    /// Whether the values differ.
    pub fn differs(&self) -> bool {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => !left.is_like(right),
            (None, None) => false,
            // Too few frames for a figure are no difference.
            (Some(Value::Measure(_) | Value::Gaps(_)), None)
            | (None, Some(Value::Measure(_) | Value::Gaps(_))) => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::Measure;
    use super::*;

    fn item(group: &'static str, name: &str, value: Value) -> Item {
        Item { group, name: name.into(), value }
    }

    #[test]
    fn what_only_one_stream_has_is_a_difference_unless_it_is_a_figure() {
        let text = |text: &str| Value::Text(text.into());
        let fps = |value| Value::Measure(Measure { value, unit: "fps", tolerance: 0.5 });
        let left = vec![item("a", "x", text("1")), item("b", "y", text("2")), item("c", "fps", fps(15.0))];
        let right = [item("a", "z", text("1")), item("b", "y", text("2")), item("c", "fps", fps(15.4))];
        let of = |items: &[Item]| Properties { parts: 9, items: items.to_vec(), unknown: Vec::new() };
        let comparison = Comparison::of(&of(&left), &of(&right));
        let lines: Vec<(&str, bool)> =
            comparison.pairs.iter().map(|pair| (&pair.name[..], pair.differs())).collect();
        assert_eq!(lines, [("x", true), ("z", true), ("y", false), ("fps", false)]);
        let right = [item("b", "y", text("3")), item("c", "fps", fps(16.0))];
        assert_eq!(
            Comparison::of(&of(&left[1..]), &of(&right)).pairs.iter().filter(|it| it.differs()).count(),
            2
        );
        assert!(!Comparison::of(&of(&left[..2]), &of(&left)).differs());
    }
}
