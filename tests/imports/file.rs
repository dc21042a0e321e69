//! One source file: its child modules, its `use` statements and the paths in its expressions.

use std::collections::HashSet;

use crate::tokens::{Token, tokens};

/// A path, and the module inside the file in which it is (empty for the file's own module).
#[derive(Debug, Clone)]
pub struct Path {
    pub inside: Vec<String>,
    pub segments: Vec<String>,
    pub line: usize,
}

/// One name that a `use` statement brings in. A glob ends with `*`.
#[derive(Debug, Clone)]
pub struct Use {
    pub path: Path,
    pub name: String,
    pub is_public: bool,
}

#[derive(Debug, Default)]
pub struct File {
    /// `mod name;` with its line.
    pub children: Vec<(String, usize)>,
    pub uses: Vec<Use>,
    /// Paths of two or more segments outside `use` statements.
    pub paths: Vec<Path>,
    /// All names outside `use` statements.
    pub names: HashSet<String>,
    /// Modules with a body in this file.
    pub inline: HashSet<Vec<String>>,
}

impl File {
    /// Parts below `#[cfg(test)]` are left out.
    pub fn parse(source: &str) -> Self {
        let mut reader = Reader { tokens: tokens(source), at: 0, file: Self::default() };
        reader.read();
        reader.file
    }

    /// Whether the file holds nothing but `mod` and `use` lines.
    pub fn is_index(&self) -> bool {
        self.names.is_empty() && self.inline.is_empty()
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    file: File,
}

impl Reader {
    fn is(&self, ahead: usize, text: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is(text))
    }

    fn name(&self, ahead: usize) -> Option<String> {
        let token = self.tokens.get(self.at + ahead)?;
        token.is_name().then(|| token.text.clone())
    }

    fn read(&mut self) {
        let (mut depth, mut is_public) = (0, false);
        // Open inline modules, each with the depth of its brace.
        let mut inside: Vec<(String, usize)> = Vec::new();
        while self.at < self.tokens.len() {
            let names = || inside.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            if self.is(0, "#") && (self.is(1, "[") || self.is(1, "!")) {
                let inner = usize::from(self.is(1, "!"));
                self.at += 1 + inner;
                let attribute = self.group("[", "]");
                if inner == 0 && attribute == ["[", "cfg", "(", "test", ")", "]"] {
                    self.skip_item();
                } else {
                    self.note_attribute(&attribute, &names());
                }
                continue;
            }
            if self.is(0, "pub") {
                is_public = true;
                self.at += 1;
                if self.is(0, "(") {
                    self.group("(", ")");
                }
                continue;
            }
            if self.is(0, "use") {
                self.at += 1;
                self.use_tree(&names(), Vec::new(), is_public);
            } else if let (true, Some(name)) = (self.is(0, "mod"), self.name(1)) {
                if self.is(2, ";") {
                    let line = self.tokens[self.at].line;
                    self.file.children.push((name, line));
                    self.at += 2;
                } else {
                    inside.push((name, depth));
                    self.file.inline.insert(inside.iter().map(|(name, _)| name.clone()).collect());
                    self.at += 2;
                    continue;
                }
            } else if let Some(name) = self.name(0) {
                self.file.names.insert(name);
                self.path(names());
                is_public = false;
                continue;
            } else if self.is(0, "{") {
                depth += 1;
            } else if self.is(0, "}") {
                depth -= 1;
                if inside.last().is_some_and(|(_, open)| *open == depth) {
                    inside.pop();
                }
            }
            is_public = false;
            self.at += 1;
        }
    }

    /// Reads a bracketed group that starts here, and returns its tokens.
    fn group(&mut self, open: &str, close: &str) -> Vec<String> {
        let (start, mut depth) = (self.at, 0);
        while self.at < self.tokens.len() {
            depth += i32::from(self.is(0, open)) - i32::from(self.is(0, close));
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        self.tokens[start..self.at].iter().map(|token| token.text.clone()).collect()
    }

    /// Attributes name functions: `#[arg(value_parser = value::size)]`.
    fn note_attribute(&mut self, attribute: &[String], inside: &[String]) {
        let end = self.at;
        self.at = end - attribute.len();
        while self.at < end {
            if self.name(0).is_some() {
                self.path(inside.to_vec());
            } else {
                self.at += 1;
            }
        }
        self.at = end;
    }

    /// Skips the item after an attribute: an item up to its `;` or `}`, a field or a variant up to its comma.
    fn skip_item(&mut self) {
        const ITEMS: [&str; 14] = [
            "pub",
            "fn",
            "mod",
            "use",
            "struct",
            "enum",
            "impl",
            "const",
            "static",
            "type",
            "trait",
            "unsafe",
            "async",
            "macro_rules",
        ];
        while self.is(0, "#") {
            self.at += 1;
            self.group("[", "]");
        }
        let is_item = self.name(0).is_some_and(|name| ITEMS.contains(&&name[..]));
        let is_use = self.is(0, "use") || (self.is(0, "pub") && self.is(1, "use"));
        while self.at < self.tokens.len() {
            if self.is(0, "(") {
                self.group("(", ")");
            } else if self.is(0, "[") {
                self.group("[", "]");
            } else if self.is(0, "{") {
                self.group("{", "}");
                if !is_use {
                    return;
                }
            } else if self.is(0, "}") {
                return;
            } else {
                let ends = self.is(0, ";") || (!is_item && self.is(0, ","));
                self.at += 1;
                if ends {
                    return;
                }
            }
        }
    }

    /// Reads a path in an expression, a type or a pattern.
    fn path(&mut self, inside: Vec<String>) {
        let line = self.tokens[self.at].line;
        let continues =
            self.at > 0 && (self.tokens[self.at - 1].is("::") || self.tokens[self.at - 1].is("$"));
        let mut segments = Vec::new();
        while let Some(name) = self.name(0) {
            segments.push(name);
            self.at += 1;
            if !self.is(0, "::") || self.name(1).is_none() {
                break;
            }
            self.at += 1;
        }
        if segments.len() > 1 && !continues {
            self.file.paths.push(Path { inside, segments, line });
        }
    }

    /// Reads `a::b`, `a as b`, `a::{b, c}` and `a::*`; stops at the token behind it.
    fn use_tree(&mut self, inside: &[String], mut prefix: Vec<String>, is_public: bool) {
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        loop {
            if self.is(0, "::") {
                self.at += 1;
            } else if self.is(0, "{") {
                self.at += 1;
                while self.at < self.tokens.len() && !self.is(0, "}") {
                    self.use_tree(inside, prefix.clone(), is_public);
                    self.at += usize::from(self.is(0, ","));
                }
                self.at += 1;
                return;
            } else if self.is(0, "as") {
                let name = self.name(1).unwrap_or_default();
                self.at += 2;
                self.push_use(inside, prefix, name, is_public, line);
                return;
            } else if let Some(name) = self.name(0) {
                // `a::{self}` is `a`.
                if name != "self" || prefix.is_empty() {
                    prefix.push(name);
                }
                self.at += 1;
            } else if self.is(0, "*") {
                prefix.push("*".into());
                self.at += 1;
            } else {
                let name = prefix.last().cloned().unwrap_or_default();
                self.push_use(inside, prefix, name, is_public, line);
                return;
            }
        }
    }

    fn push_use(
        &mut self,
        inside: &[String],
        segments: Vec<String>,
        name: String,
        is_public: bool,
        line: usize,
    ) {
        let path = Path { inside: inside.to_vec(), segments, line };
        self.file.uses.push(Use { path, name, is_public });
    }
}
