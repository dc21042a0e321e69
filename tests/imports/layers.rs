//! The picture in `docs/architecture.md`: which modules may import from which.
//!
//! ```text
//! src
//! multipart   -> http
//! jpeg        -> multipart/extent
//! ```
//!
//! A line without an arrow names a directory. Each line below it has a module of that directory, and behind the
//! arrow everything that it may import from besides itself. A file belongs to the module with the longest name
//! that fits; `multipart/extent` is a part of `multipart`.

use std::collections::BTreeSet;

use crate::arrows::Arrows;

#[derive(Debug)]
struct Module {
    /// Its path without `.rs`.
    path: String,
    may: Vec<String>,
}

#[derive(Debug)]
pub struct Layers(Vec<Module>);

impl Layers {
    pub fn parse(picture: &str) -> Self {
        let (mut modules, mut directory) = (Vec::new(), "");
        for line in picture.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let Some((name, targets)) = line.split_once("->") else {
                directory = line;
                continue;
            };
            let path = |name: &str| format!("{directory}/{name}");
            modules.push(Module {
                path: path(name.trim()),
                may: targets.split_whitespace().map(path).collect(),
            });
        }
        Self(modules)
    }

    /// The module of the picture that a file belongs to.
    fn module(&self, file: &str) -> Option<&Module> {
        let fitting = self.0.iter().filter(|module| holds(&module.path, file));
        fitting.max_by_key(|module| module.path.len())
    }

    /// The directory of the picture that a file belongs to: arrows between directories are not our matter.
    fn root(path: &str) -> bool {
        path.starts_with("src/bin/")
    }

    /// What does not fit the picture, one line each: files without a module, modules without a file, arrows
    /// that are not drawn.
    pub fn faults(&self, arrows: &Arrows) -> BTreeSet<String> {
        let mut faults = BTreeSet::new();
        for module in &self.0 {
            for path in module.may.iter().chain([&module.path]) {
                if !arrows.keys().any(|file| holds(path, file)) {
                    faults.insert(format!("{path}: no such module"));
                }
            }
        }
        for (from, targets) in arrows {
            let Some(module) = self.module(from) else {
                faults.insert(format!("{from}: not in the picture"));
                continue;
            };
            for to in targets.keys().filter(|to| Self::root(to) == Self::root(from)) {
                let is_own = self.module(to).is_some_and(|target| target.path == module.path);
                if !is_own && !module.may.iter().any(|path| holds(path, to)) {
                    faults.insert(format!("{from} -> {to}"));
                }
            }
        }
        faults
    }
}

/// Whether a file is a module or lies below it.
fn holds(path: &str, file: &str) -> bool {
    let rest = file.strip_prefix(path);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}
