//! The files of a crate as a tree of modules, and which file a path leads to.

use std::collections::HashMap;

use crate::file::{File, Path};

/// A crate: its name for other crates, and the file that is its root.
#[derive(Debug, Clone, Copy)]
pub struct Crate {
    pub name: &'static str,
    pub root: &'static str,
}

#[derive(Debug, Default)]
pub struct Tree {
    /// The files, by their paths.
    pub files: HashMap<String, File>,
    /// Modules by crate name and path, each with its file.
    modules: HashMap<Vec<String>, String>,
    /// `mod` lines whose file is missing, and files without a `mod` line.
    pub faults: Vec<String>,
}

/// Import aliases may point to each other; no honest chain is longer.
const ALIASES: usize = 16;

impl Tree {
    /// The modules of `crates` among these sources (path, text).
    pub fn new(crates: &[Crate], sources: &[(String, String)]) -> Self {
        let files = sources.iter().map(|(path, text)| (path.clone(), File::parse(text))).collect();
        let mut tree = Self { files, ..Self::default() };
        for root in crates {
            tree.add(vec![root.name.to_string()], root.root.to_string());
        }
        let mut known: Vec<_> = tree.files.keys().collect();
        known.retain(|file| tree.module_of(file).is_none());
        known.sort();
        tree.faults.extend(known.iter().map(|file| format!("{file}: no `mod` line names this file")));
        tree
    }

    fn add(&mut self, module: Vec<String>, file: String) {
        let Some(parsed) = self.files.get(&file) else {
            self.faults.push(format!("{file}: not there"));
            return;
        };
        let children = parsed.children.clone();
        for inline in &parsed.inline {
            self.modules.insert([&module[..], inline].concat(), file.clone());
        }
        for (child, line) in children {
            let path = [&module[..], std::slice::from_ref(&child)].concat();
            let directory = directory(&file, module.len() == 1);
            let places = [format!("{directory}/{child}.rs"), format!("{directory}/{child}/mod.rs")];
            match places.iter().find(|place| self.files.contains_key(*place)) {
                Some(place) => self.add(path, place.clone()),
                None => self.faults.push(format!("{file}:{line}: mod {child}; has no file")),
            }
        }
        self.modules.insert(module, file);
    }

    /// The module of a file: the one with the shortest path, the others are inside it.
    pub fn module_of(&self, file: &str) -> Option<Vec<String>> {
        let inside = self.modules.iter().filter(|(_, place)| *place == file);
        inside.map(|(module, _)| module.clone()).min_by_key(Vec::len)
    }

    /// The file that defines what `path` names in the file of `module`; none for other crates.
    pub fn target(&self, module: &[String], path: &Path) -> Option<String> {
        let here = [module, &path.inside].concat();
        self.resolve(&here, &path.segments, true, ALIASES).map(|(file, _)| file)
    }

    /// The file, and the module if the path names one.
    fn resolve(
        &self,
        here: &[String],
        path: &[String],
        is_local: bool,
        aliases: usize,
    ) -> Option<(String, Option<Vec<String>>)> {
        let mut module = here.to_vec();
        let mut rest = path;
        if is_local {
            let first = path.first()?;
            match &first[..] {
                "crate" => module.truncate(1),
                "self" => {}
                "super" => {
                    module.pop();
                }
                name if self.modules.contains_key(&[here, &[name.to_string()]].concat()) => {
                    module.push(name.to_string());
                }
                name if self.is_crate(name) && here[0] != *name => module = vec![name.to_string()],
                _ => return self.alias(here, path, true, aliases),
            }
            rest = &path[1..];
        }
        while let Some((name, behind)) = rest.split_first() {
            if name == "super" {
                module.pop();
            } else if let child @ [_, ..] = &[&module[..], std::slice::from_ref(name)].concat()[..]
                && self.modules.contains_key(child)
            {
                module = child.to_vec();
            } else {
                let alias = self.alias(&module, rest, false, aliases);
                return alias.or_else(|| Some((self.modules.get(&module)?.clone(), None)));
            }
            rest = behind;
        }
        Some((self.modules.get(&module)?.clone(), Some(module)))
    }

    /// Follows the `use` line in `module` that brings in the first name of `path`: any for a path in the module
    /// itself, a `pub use` for a path from elsewhere.
    fn alias(
        &self,
        module: &[String],
        path: &[String],
        is_local: bool,
        aliases: usize,
    ) -> Option<(String, Option<Vec<String>>)> {
        let owner = self.modules.get(module)?;
        let inside = &module[self.module_of(owner)?.len()..];
        let (name, behind) = path.split_first()?;
        let used = self.files[owner]
            .uses
            .iter()
            .find(|used| used.name == *name && used.path.inside == inside && (used.is_public || is_local))?;
        // `use name;` names a crate, and is no chain.
        if aliases == 0 || used.path.segments == [name.clone()] {
            return None;
        }
        let (file, found) = self.resolve(module, &used.path.segments, true, aliases - 1)?;
        match found {
            Some(found) if !behind.is_empty() => self.resolve(&found, behind, false, aliases - 1),
            found => Some((file, found)),
        }
    }

    fn is_crate(&self, name: &str) -> bool {
        self.modules.contains_key(&vec![name.to_string()])
    }
}

/// Where the files of child modules lie.
fn directory(file: &str, is_root: bool) -> String {
    match file.rsplit_once('/') {
        Some((directory, name)) if is_root || name == "mod.rs" => directory.to_string(),
        _ => file.strip_suffix(".rs").unwrap_or(file).to_string(),
    }
}
