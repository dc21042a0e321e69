//! A table of results, as aligned text, CSV (RFC 4180) or Markdown.

use crate::page::escaped;
use crate::paint::{Ink, Paint};

/// A screen shows so many rows.
const LONG: usize = 12;

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// `None` if the value is not known: `-` in text, empty in CSV.
    text: Option<String>,
    is_number: bool,
    /// The colour of a cell that matters.
    ink: Option<Ink>,
}

impl Cell {
    /// A word or a sentence.
    pub fn word(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), is_number: false, ink: None }
    }

    /// A whole number.
    pub fn count(number: u64) -> Self {
        Self { text: Some(number.to_string()), is_number: true, ink: None }
    }

    /// A number with this many decimal places, if it is known.
    pub fn number(number: Option<f64>, decimals: usize) -> Self {
        Self { text: number.map(|number| format!("{number:.decimals$}")), is_number: true, ink: None }
    }

    /// The same in a colour, if there is one.
    #[must_use]
    pub fn inked(self, ink: Option<Ink>) -> Self {
        Self { ink, ..self }
    }

    /// How a page breaks a text: a short one not at all, a long one into few lines.
    fn class(&self) -> &'static str {
        match self.shown().chars().count() {
            0..=24 => " class=\"word\"",
            25..=40 => "",
            41.. => " class=\"sentence\"",
        }
    }

    fn shown(&self) -> &str {
        self.text.as_deref().unwrap_or("-")
    }
}

/// Rows of cells below named columns. Each row has a cell for each column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Appends a row.
    pub fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    /// Whether it does not fit a screen.
    pub fn is_long(&self) -> bool {
        self.rows.len() > LONG
    }

    /// The same without as many columns as it takes to be no wider than `width`: those named in `least`, the first ones first.
    pub fn within(&self, width: Option<usize>, least: &[&str]) -> Self {
        let mut table = self.clone();
        for name in least {
            if width.is_none_or(|width| table.width() <= width) {
                break;
            }
            if let Some(at) = table.columns.iter().position(|column| column == name) {
                table.columns.remove(at);
                table.rows.iter_mut().for_each(|row| drop(row.remove(at)));
            }
        }
        table
    }

    /// The characters of its longest line.
    fn width(&self) -> usize {
        self.text(Paint::Plain).lines().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    /// Aligned text, without a final line end.
    pub fn text(&self, paint: Paint) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let cells = cells.map(|cell| cell.shown().chars().count());
                cells.chain([self.columns[column].len()]).max().unwrap_or(0)
            })
            .collect();
        let is_number =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).any(|cell| cell.is_number);
        let padded = |column: usize, shown: &str, painted: String| {
            let padding = " ".repeat(widths[column] - shown.chars().count());
            if is_number(column) { padding + &painted } else { painted + &padding }
        };
        let names = (0..self.columns.len())
            .map(|column| padded(column, self.columns[column], paint.ink(Ink::Name, self.columns[column])));
        let mut lines = vec![names.collect::<Vec<_>>()];
        for row in &self.rows {
            lines.push(
                row.iter()
                    .enumerate()
                    .map(|(column, cell)| {
                        let shown = cell.shown();
                        let painted = cell.ink.map_or_else(|| shown.into(), |ink| paint.ink(ink, shown));
                        padded(column, shown, painted)
                    })
                    .collect(),
            );
        }
        let lines: Vec<String> = lines.iter().map(|line| line.join("  ").trim_end().to_string()).collect();
        lines.join("\n")
    }

    /// One line for each row, below a line with the names. Lines end in LF; the last one has no line end.
    pub fn csv(&self) -> String {
        let quoted = |text: &str| match text.contains(['"', ',', '\n', '\r']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.into(),
        };
        let names: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().map(|cell| cell.text.as_deref().map_or_else(String::new, quoted));
            cells.collect::<Vec<_>>().join(",")
        });
        [names.join(",")].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }

    /// The table of a page. The names and cells are escaped.
    pub fn html(&self) -> String {
        let class = |column: usize| match self.rows.first().is_some_and(|row| row[column].is_number) {
            true => " class=\"number\"",
            false => "",
        };
        let mut html = String::from(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures\"><table><thead><tr>",
        );
        for (column, name) in self.columns.iter().enumerate() {
            html += &format!("<th{}>{}</th>", class(column), escaped(name));
        }
        html += "</tr></thead><tbody>\n";
        for row in &self.rows {
            html += "<tr>";
            for (column, cell) in row.iter().enumerate() {
                let ink = match cell.ink {
                    Some(Ink::Error) => "<span class=\"error\">",
                    Some(Ink::Warning) => "<span class=\"warning\">",
                    Some(Ink::Good) => "<span class=\"good\">",
                    _ => "<span>",
                };
                let class = if cell.is_number { class(column) } else { cell.class() };
                html += &format!("<td{class}>{ink}{}</span></td>", escaped(cell.shown()));
            }
            html += "</tr>\n";
        }
        html + "</tbody></table></div>\n"
    }

    /// A Markdown table, without a final line end.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let names = line(self.columns.iter().map(|name| (*name).into()).collect());
        let dashes = line(
            (0..self.columns.len())
                .map(|column| {
                    let is_number = self.rows.first().is_some_and(|row| row[column].is_number);
                    if is_number { "---:".into() } else { "---".into() }
                })
                .collect(),
        );
        let rows = self
            .rows
            .iter()
            .map(|row| line(row.iter().map(|cell| cell.shown().replace('|', "\\|")).collect()));
        [names, dashes].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["name", "ms"]);
        table.push(vec![Cell::word("a, \"b\"|c"), Cell::number(Some(1.25), 1)]);
        table.push(vec![Cell::word("d"), Cell::number(None, 1).inked(Some(Ink::Error))]);
        table
    }

    #[test]
    fn each_format_escapes_its_own_characters_and_an_unknown_number_is_not_zero() {
        assert_eq!(table().csv(), "name,ms\n\"a, \"\"b\"\"|c\",1.2\nd,");
        assert_eq!(table().markdown(), "| name | ms |\n| --- | ---: |\n| a, \"b\"\\|c | 1.2 |\n| d | - |");
    }

    #[test]
    fn a_narrow_table_leaves_out_the_columns_that_matter_least() {
        let mut table = Table::new(&["name", "first", "second", "third"]);
        table.push(vec![Cell::word("a"), Cell::count(1), Cell::count(2), Cell::count(3)]);
        let names = |width| table.within(width, &["second", "none", "first"]).columns;
        assert_eq!(names(None), ["name", "first", "second", "third"]);
        assert_eq!(names(Some(26)), ["name", "first", "second", "third"]);
        assert_eq!(names(Some(25)), ["name", "first", "third"]);
        assert_eq!(names(Some(3)), ["name", "third"], "the others stay");
    }

    #[test]
    fn text_is_aligned_with_and_without_colours() {
        assert_eq!(table().text(Paint::Plain), "name       ms\na, \"b\"|c  1.2\nd           -");
        assert!(table().text(Paint::Coloured).ends_with("d           \x1b[1;31m-\x1b[0m"));
    }
}
