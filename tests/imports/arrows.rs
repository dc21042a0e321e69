//! Which file imports from which, and the circles among them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tree::Tree;

/// For each file the files that it imports from, with the first line that does.
pub type Arrows = BTreeMap<String, BTreeMap<String, usize>>;

pub fn arrows(tree: &Tree) -> Arrows {
    let mut arrows = Arrows::new();
    for (name, file) in &tree.files {
        let Some(module) = tree.module_of(name) else { continue };
        let from = arrows.entry(name.clone()).or_default();
        // What a file only passes on, it does not depend on.
        let uses = file.uses.iter().filter(|used| !used.is_public || file.names.contains(&used.name));
        for path in uses.map(|used| &used.path).chain(&file.paths) {
            let Some(target) = tree.target(&module, path).filter(|target| target != name) else { continue };
            let line = from.entry(target).or_insert(path.line);
            *line = path.line.min(*line);
        }
    }
    for (name, file) in &tree.files {
        if file.is_index() {
            arrows.insert(name.clone(), BTreeMap::new());
        }
    }
    arrows
}

/// The shortest circle through each arrow that is part of one, as `a -> b -> a`; each once.
pub fn circles(arrows: &Arrows) -> BTreeSet<String> {
    let mut circles = BTreeSet::new();
    for (from, targets) in arrows {
        for to in targets.keys() {
            let Some(mut way) = way(arrows, to, from) else { continue };
            // A circle starts with its first name.
            let first = way.iter().enumerate().min_by_key(|(_, name)| *name).map_or(0, |(at, _)| at);
            way.rotate_left(first);
            way.push(way[0].clone());
            circles.insert(way.join(" -> "));
        }
    }
    circles
}

/// The shortest way from one file to another, both included.
fn way(arrows: &Arrows, from: &str, to: &str) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(name) = queue.pop_front() {
        if name == to {
            let mut way = vec![name.to_string()];
            let mut at = name;
            while at != from {
                at = before[at];
                way.insert(0, at.to_string());
            }
            return Some(way);
        }
        for next in arrows.get(name).into_iter().flat_map(BTreeMap::keys) {
            if next != from && !before.contains_key(&next[..]) {
                before.insert(next, name);
                queue.push_back(next);
            }
        }
    }
    None
}
