//! What the pictures of a stream have in common.

use mjpeg::jpeg::QuantisationTables;

use super::super::column::quality;
use super::super::row::Row;
use super::item::{Item, Value};
use crate::marker_table::MarkerTable;

/// How many different values of a property are kept.
const MOST: usize = 8;

/// The pictures of a stream.
#[derive(Debug, Default)]
pub struct Pictures {
    sizes: Values,
    processes: Values,
    samplings: Values,
    qualities: Values,
    quantisation: Values,
    huffman: Values,
    restarts: Values,
    markers: Values,
    /// The texts of each marker that may have one, with how many pictures had it.
    identifiers: Vec<(String, u64, Values)>,
}

/// The different values of a property, in the order of their first appearance.
#[derive(Debug, Default)]
pub struct Values(Vec<String>);

impl Values {
    /// Takes one more.
    pub fn add(&mut self, value: String) {
        if self.0.len() < MOST && !self.0.contains(&value) {
            self.0.push(value);
        }
    }

    /// All values in one text; their order does not matter.
    pub fn value(&self) -> Option<Value> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let more = if self.0.len() == MOST { ", ..." } else { "" };
        let shown = format!("{}{more}", self.0.join(", "));
        (!self.0.is_empty()).then(|| Value::Kind { shown, kind: sorted.join("\n") })
    }
}

impl Pictures {
    /// Takes the picture of a part.
    pub fn add(&mut self, row: &Row) {
        // The tables of a damaged picture may be those of two.
        let Some(markers) = row.markers.as_ref().filter(|_| row.damage.is_none()) else { return };
        if let Some((width, height)) = row.size {
            self.sizes.add(format!("{width}x{height}"));
        }
        self.samplings.add(row.sampling.unwrap_or("other").into());
        if let Some(estimate) = &row.quality {
            self.qualities.add(quality(estimate));
        }
        let frame = says(markers, |marker| marker.starts_with("SOF"));
        self.processes.add(match frame.first().and_then(|text| text.split_once(", ")) {
            Some((process, rest)) => {
                let bits = rest.split(", ").find(|it| it.ends_with(" bits")).unwrap_or_default();
                format!("{process}, {bits}")
            }
            None => "none".into(),
        });
        if let Some(tables) = &row.tables {
            self.quantisation.add(fingerprint(tables));
        }
        let huffman = says(markers, |marker| marker == "DHT");
        self.huffman.add(if huffman.is_empty() { "none".into() } else { huffman_tables(&huffman) });
        let restarts = says(markers, |marker| marker == "DRI");
        self.restarts.add(restarts.last().copied().unwrap_or("none").into());
        self.markers.add(order(markers));
        for entry in &markers.entries {
            let Some(marker) = entry.marker.as_deref() else { continue };
            if marker.starts_with("APP") || marker == "COM" {
                self.identifier(marker, &entry.text);
            }
        }
    }

    /// The properties.
    pub fn items(&self) -> Vec<Item> {
        [
            ("size", &self.sizes),
            ("process", &self.processes),
            ("chroma sampling", &self.samplings),
            ("quality (libjpeg)", &self.qualities),
            ("quantisation tables", &self.quantisation),
            ("restart interval", &self.restarts),
            ("order of markers", &self.markers),
            ("APPn and comments", &self.identifiers_value()),
        ]
        .into_iter()
        .filter_map(|(name, values)| Some((name, values.value()?)))
        .chain(self.huffman_value().map(|value| ("Huffman tables", value)))
        .map(|(name, value)| Item { group: "picture", name: name.into(), value })
        .collect()
    }

    fn identifier(&mut self, marker: &str, text: &str) {
        let known = self.identifiers.iter().position(|(known, ..)| known == marker);
        let at = known.unwrap_or_else(|| {
            self.identifiers.push((marker.into(), 0, Values::default()));
            self.identifiers.len() - 1
        });
        let (_, count, values) = &mut self.identifiers[at];
        *count += 1;
        values.add(text.into());
    }

    /// Some cameras write the time or a number into each picture.
    fn identifiers_value(&self) -> Values {
        let mut all = Values::default();
        for (marker, count, values) in &self.identifiers {
            if values.0.len() == MOST || (values.0.len() > 1 && values.0.len() as u64 == *count) {
                all.0.push(format!("{marker} that changes from picture to picture"));
            } else {
                all.0.extend(values.0.iter().cloned());
            }
        }
        all
    }

    /// Encoders that optimise have other tables in each picture.
    fn huffman_value(&self) -> Option<Value> {
        match self.huffman.0.len() {
            0 | 1 => self.huffman.value(),
            _ => Some(Value::Text("other ones from picture to picture".into())),
        }
    }
}

/// What the markers of a kind say.
fn says(markers: &MarkerTable, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
    let of_kind = |marker: &Option<String>| marker.as_deref().is_some_and(&is_meant);
    markers.entries.iter().filter(|it| of_kind(&it.marker)).map(|it| &it.text[..]).collect()
}

/// The tables in a few words. The ones of T.81 K.3 have 12 and 162 codes.
fn huffman_tables(says: &[&str]) -> String {
    let all = says.join("; ");
    let is_standard = |table: &str| table.ends_with(", 12 codes") || table.ends_with(", 162 codes");
    if all.split("; ").all(is_standard) { "of the size of the standard ones".into() } else { all }
}

/// The markers in their order, runs of the same one once: `SOI APP0 DQT SOF0 DHT SOS EOI`.
fn order(markers: &MarkerTable) -> String {
    let mut names: Vec<&str> = markers.entries.iter().filter_map(|it| it.marker.as_deref()).collect();
    names.dedup();
    names.join(" ")
}

/// The tables in a few characters: the first entries of each, and a hash of all (FNV-1a).
fn fingerprint(tables: &QuantisationTables) -> String {
    let known: Vec<&[u16; 64]> = (0..4).filter_map(|number| tables.table(number)).collect();
    let bytes = known.iter().flat_map(|table| table.iter()).flat_map(|entry| entry.to_be_bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let starts: Vec<String> = known
        .iter()
        .map(|table| {
            let entries: Vec<String> = table[..4].iter().map(u16::to_string).collect();
            format!("{} ..", entries.join(" "))
        })
        .collect();
    format!("{} ({hash:08x})", starts.join("; "))
}
