//! Rows in lines: which columns fit the terminal, and what is below a line.

use mjpeg::multipart::Framing;

use super::column::{Column, Known};
use super::row::Row;
use crate::lines::wrapped;
use crate::output;
use crate::paint::{Ink, Paint};

/// The least room for deviations and fields beside the columns, in characters.
const NOTES: usize = 19;
/// How far lines below a row are indented.
pub const INDENT: &str = "      ";

/// The columns that are shown, in their order.
#[derive(Debug)]
pub struct Columns {
    shown: Vec<Column>,
    /// Characters of a line; `None`: no limit.
    width: Option<usize>,
    paint: Paint,
}

impl Columns {
    /// The columns that are known and fit `width`, without those of coded strips.
    pub fn new(known: Known, width: Option<usize>, paint: Paint) -> Self {
        Self::of(Column::ALL.into_iter().filter(|it| it.is_known(known, false)).collect(), width, paint)
    }

    /// The same for pictures with coded strips.
    pub fn with_strips(known: Known, width: Option<usize>, paint: Paint) -> Self {
        Self::of(Column::ALL.into_iter().filter(|it| it.is_known(known, true)).collect(), width, paint)
    }

    fn of(mut shown: Vec<Column>, width: Option<usize>, paint: Paint) -> Self {
        for column in Column::LEFT_OUT {
            if width.is_some_and(|width| total(&shown) + NOTES > width) {
                shown.retain(|it| *it != column);
            }
        }
        Self { shown, width, paint }
    }

    /// The names of the columns.
    pub fn heading(&self) -> String {
        let cells: Vec<String> = self.shown.iter().map(|it| it.padded(it.heading())).collect();
        self.paint.ink(Ink::Heading, format!("{}  notes", cells.join("  ")))
    }

    /// A row: its line, and lines below it for what does not fit. `is_long`: its gap is far longer than usual.
    pub fn row(&self, row: &Row, is_long: bool) -> String {
        let cells: Vec<String> = self.shown.iter().map(|&it| self.cell(it, row, is_long)).collect();
        let mut line = cells.join("  ");
        let room = self.width.map(|width| width.saturating_sub(total(&self.shown)));
        let damage = row.damage.map(|damage| match &row.damage_text {
            Some(text) => format!("damaged ({damage}): {text}"),
            None => format!("damaged ({damage})"),
        });
        let damage = damage.map(|text| output::printable(&text));
        let deviations: Vec<String> = row.deviations.iter().map(|it| output::printable(it)).collect();
        let notes: Vec<(Ink, &String)> = damage
            .iter()
            .map(|text| (Ink::Error, text))
            .chain(deviations.iter().map(|text| (Ink::Warning, text)))
            .collect();
        let len: usize = notes.iter().map(|(_, text)| text.chars().count() + 2).sum();
        let painted = notes.iter().map(|(ink, text)| self.paint.ink(*ink, text));
        if room.is_none_or(|room| len <= room) {
            let mut all: Vec<String> = painted.collect();
            let fields = fields_of_note(row);
            let rest = room.map(|room| room - len);
            all.extend(shortened(&fields, rest).map(|fields| self.paint.ink(Ink::Dim, fields)));
            if !all.is_empty() {
                line += "  ";
                line += &all.join("; ");
            }
            return line.trim_end().into();
        }
        line.truncate(line.trim_end().len());
        for (ink, text) in notes {
            for piece in wrapped(text, self.width.unwrap_or(usize::MAX).saturating_sub(INDENT.len())) {
                line += "\n";
                line += INDENT;
                line += &self.paint.ink(ink, piece);
            }
        }
        line
    }

    fn cell(&self, column: Column, row: &Row, is_long: bool) -> String {
        let text = column.padded(&column.text(row));
        let ink = match column {
            Column::Part => Ink::Name,
            Column::Gap if is_long => Ink::Warning,
            Column::Framing if matches!(row.framing, Some(Framing::Scanned | Framing::EndOfInput)) => {
                Ink::Warning
            }
            _ => return text,
        };
        self.paint.ink(ink, text)
    }
}

/// The fields that the row does not show otherwise.
fn fields_of_note(row: &Row) -> String {
    let is_length = |name: &str, value: &str| {
        name.eq_ignore_ascii_case("content-length")
            && row.body_bytes.is_some_and(|bytes| value == bytes.to_string())
    };
    let is_jpeg = |name: &str, value: &str| {
        name.eq_ignore_ascii_case("content-type") && value.eq_ignore_ascii_case("image/jpeg")
    };
    let fields = row.fields.iter().filter(|(name, value)| !is_length(name, value) && !is_jpeg(name, value));
    let shown = fields.map(|(name, value)| output::printable(&format!("{name}: {value}")));
    shown.collect::<Vec<_>>().join("; ")
}

/// The characters of a line before its notes.
fn total(columns: &[Column]) -> usize {
    columns.iter().map(|column| column.width() + 2).sum()
}

/// The text, or as much of it as has room; `None` for none.
fn shortened(text: &str, room: Option<usize>) -> Option<String> {
    let count = text.chars().count();
    match room {
        _ if text.is_empty() => None,
        Some(room) if count > room => {
            (room > 3).then(|| text.chars().take(room - 3).chain("...".chars()).collect())
        }
        _ => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::jpeg::Quality;

    use super::*;

    fn row() -> Row {
        Row {
            part: 12,
            offset: 123_456,
            body_bytes: Some(10_109),
            arrival: Some(std::time::Duration::from_millis(733)),
            gap: Some(std::time::Duration::from_micros(66_700)),
            fields: vec![
                ("Content-Type".into(), "image/jpeg".into()),
                ("Content-Length".into(), "10109".into()),
                ("X-Timestamp".into(), "0.733\x1b[2J".into()),
            ],
            framing: Some(Framing::ContentLength),
            size: Some((640, 480)),
            sampling: Some("4:2:0"),
            quality: Some(Quality { percent: 75, exact: true }),
            ..Row::default()
        }
    }

    #[test]
    fn columns_give_way_before_notes() {
        for (width, columns) in [
            (None, "part    time s   gap ms      offset     bytes  framing  size       chroma    q  notes"),
            (
                Some(200),
                "part    time s   gap ms      offset     bytes  framing  size       chroma    q  notes",
            ),
            (Some(80), "part    time s   gap ms     bytes  framing  size         q  notes"),
            (Some(60), "part    time s   gap ms     bytes  size         q  notes"),
        ] {
            assert_eq!(Columns::new(Known::Live, width, Paint::Plain).heading(), columns, "{width:?}");
        }
        let saved = Columns::new(Known::Saved, Some(80), Paint::Plain).heading();
        assert_eq!(saved, "part      offset     bytes  framing  size       chroma    q  notes");
    }

    #[test]
    fn rows_are_aligned_and_never_wider_than_the_terminal() {
        for width in [60, 80, 200] {
            let columns = Columns::new(Known::Live, Some(width), Paint::Plain);
            let text = columns.row(&row(), false);
            assert!(text.chars().count() <= width && !text.contains('\x1b'), "{text}");
            let heading = columns.heading();
            let place = |text: &str, what: &str| text.find(what).unwrap() + what.len();
            assert_eq!(place(&heading, "gap ms"), place(&text, "66.7"), "{heading}\n{text}");
            assert_eq!(heading.find("size"), text.find("640x480"));
            let mut odd = row();
            odd.deviations.push("the delimiter lacks the two dashes before the boundary".into());
            odd.damage = Some("no-eoi");
            for line in columns.row(&odd, false).lines() {
                assert!(line.chars().count() <= width, "{line}");
            }
        }
        let all = Columns::new(Known::Live, None, Paint::Plain).row(&row(), false);
        assert!(all.ends_with("75  X-Timestamp: 0.733\\x1b[2J"), "{all}");
    }
}
