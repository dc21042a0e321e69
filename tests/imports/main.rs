//! Imports in `src/` point one way, as the picture in `docs/architecture.md` says: no circle between files, no arrow
//! that the picture does not have. Paths through `super`, `self` and `pub use` count.

mod arrows;
mod file;
mod layers;
mod tokens;
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use arrows::{Arrows, arrows, circles};
use layers::Layers;
use tree::{Crate, Tree};

const CRATES: [Crate; 2] =
    [Crate { name: "mjpeg", root: "src/lib.rs" }, Crate { name: "program", root: "src/bin/mjpeg/main.rs" }];

#[test]
fn imports_are_as_the_picture_has_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read(root, "src", &mut sources);
    let document = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let picture = document.split("```imports\n").nth(1).expect("a block of imports");
    let layers = Layers::parse(picture.split("```").next().unwrap());
    let (found, arrows) = faults(&sources, &layers);
    let found: Vec<_> = found.iter().map(|fault| placed(fault, &arrows)).collect();
    assert!(found.is_empty(), "imports that docs/architecture.md does not allow:\n{}", found.join("\n"));
}

fn faults(sources: &[(String, String)], layers: &Layers) -> (BTreeSet<String>, Arrows) {
    let tree = Tree::new(&CRATES, sources);
    let arrows = arrows(&tree);
    let mut faults: BTreeSet<String> = tree.faults.iter().cloned().collect();
    faults.extend(circles(&arrows));
    faults.extend(layers.faults(&arrows));
    (faults, arrows)
}

/// A fault with the line of each arrow.
fn placed(fault: &str, arrows: &Arrows) -> String {
    let names: Vec<&str> = fault.split(" -> ").collect();
    let kind = if names.len() > 2 { "circle" } else { "fault" };
    let lines: Vec<String> =
        names.windows(2).map(|pair| format!("{}:{}", pair[0], arrows[pair[0]][pair[1]])).collect();
    format!("{kind}: {fault} ({})", lines.join(", "))
}

/// The Rust files below `folder`, as path from the root and text. A `tests.rs`, `mutated.rs` and the folder `tests` are `#[cfg(test)]`, and the
/// build script is no module.
fn read(root: &Path, folder: &str, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if path.ends_with("/tests") {
            continue;
        }
        if entry.path().is_dir() {
            read(root, &path, sources);
        } else if path.ends_with(".rs")
            && !["/tests.rs", "/mutated.rs", "src/build.rs"].iter().any(|end| path.ends_with(end))
        {
            sources.push((path, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

/// The faults of a made-up crate, in which every module may import from every other one.
fn made_up(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<_> =
        files.iter().map(|(name, text)| (format!("src/{name}.rs"), (*text).to_string())).collect();
    let tree = Tree::new(&CRATES[..1], &sources);
    tree.faults.iter().cloned().chain(circles(&arrows(&tree))).collect()
}

#[test]
fn a_circle_through_super_is_found() {
    let found = made_up(&[
        ("lib", "mod a;"),
        ("a/mod", "mod b; use self::b::B; pub struct A(B);"),
        ("a/b", "use super::A; pub struct B(A);"),
    ]);
    assert_eq!(found, ["src/a/b.rs -> src/a/mod.rs -> src/a/b.rs"]);
}

#[test]
fn a_circle_through_a_pub_use_is_found_and_an_index_is_none() {
    let found = made_up(&[
        ("lib", "mod a;"),
        ("a/mod", "mod b; mod c; mod d; pub use b::B; pub use c::{C, Other as D};"),
        ("a/b", "use super::D; pub struct B(D);"),
        ("a/c", "use crate::a; pub struct C; pub struct Other(a::B);"),
        ("a/d", "use super::B; pub struct E(B);"),
    ]);
    assert_eq!(found, ["src/a/b.rs -> src/a/c.rs -> src/a/b.rs"]);
}

#[test]
fn paths_in_expressions_count_and_tests_do_not() {
    let found = made_up(&[
        ("lib", "pub mod a; pub mod b; pub mod c;"),
        ("a", "pub fn a() { crate::b::b(); }"),
        ("b", "use crate::c; #[arg(value_parser = c::C::parse)] pub fn b() { let b = super::c::<u8>(); }"),
        ("c", "// use crate::a;\n mod inner { pub fn c() { super::super::a::a() } }"),
    ]);
    assert_eq!(found, ["src/a.rs -> src/b.rs -> src/c.rs -> src/a.rs"]);
    let found = made_up(&[
        ("lib", "pub mod a; pub mod b;"),
        ("a", "#[cfg(test)]\nuse crate::b::{B};\n#[cfg(test)] mod tests { use crate::b; } pub struct A;"),
        ("b", "use crate::{a::A, fmt}; pub struct B(A, &'static str);"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_mod_line_without_a_file_and_a_file_without_a_mod_line_are_found() {
    let found = made_up(&[("lib", "\nmod a;"), ("b", "")]);
    assert_eq!(found, ["src/lib.rs:2: mod a; has no file", "src/b.rs: no `mod` line names this file"]);
}

#[test]
fn arrows_that_the_picture_does_not_have_are_found() {
    let layers = Layers::parse("src\nlib ->\na -> b/open\nb ->\nc -> a\ngone ->");
    let sources: Vec<_> = [
        ("lib", "mod a; mod b; mod c; mod d;"),
        ("a", "use crate::b::open::Open; use crate::b::Shut; pub struct A(Open, Shut);"),
        ("b/mod", "pub mod open; mod shut; pub use shut::Shut;"),
        ("b/open", "use super::Shut; pub struct Open(Shut);"),
        ("b/shut", "pub struct Shut;"),
        ("c", "use mjpeg_other::Thing; use crate::a; use crate::b; pub struct C(a::A);"),
        ("d", ""),
    ]
    .iter()
    .map(|(name, text)| (format!("src/{name}.rs"), (*text).to_string()))
    .collect();
    let tree = Tree::new(&CRATES[..1], &sources);
    let found: Vec<_> = layers.faults(&arrows(&tree)).into_iter().collect();
    assert_eq!(
        found,
        [
            "src/a.rs -> src/b/shut.rs",
            "src/c.rs -> src/b/mod.rs",
            "src/d.rs: not in the picture",
            "src/gone: no such module"
        ]
    );
}
