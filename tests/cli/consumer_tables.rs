//! The tables of `benches/consumers`: a measured program gets its cells in them, and the others keep theirs.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::peer;

/// Reads a table, gives it these cells of these versions, and writes it.
const UPDATE: &str = "
import json, sys
folder, source, target, versions, rows = sys.argv[1:]
sys.path.insert(0, folder)
import table
whole, new = table.Table.read(source), table.Table()
new.rows, new.note = json.loads(rows), ''
new.versions = {name: (version, '2026-12-24') for name, version in json.loads(versions).items()}
whole.check_update(json.loads(versions), new.rows)
whole.update(new)
whole.write(target)
";

const TABLE: &str = "fixtures/consumers/debian-12.txt";

/// The table with these cells, or why it was refused; `None` without Python.
fn updated(versions: &str, rows: &str) -> Option<Result<String, String>> {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("table.txt");
    let mut python = peer::python("json")?;
    let paths = [kit::repository("benches/consumers"), kit::repository(TABLE), target.clone()];
    let end = python.args(["-B", "-c", UPDATE]).args(&paths).args([versions, rows]).output().unwrap();
    Some(if end.status.success() {
        Ok(fs::read_to_string(target).unwrap())
    } else {
        Err(String::from_utf8_lossy(&end.stderr).into_owned())
    })
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_table_without_new_cells_stays_the_same() {
    let Some(table) = updated("{}", "{}") else { return };
    assert_eq!(table.unwrap(), read(&kit::repository(TABLE)));
}

#[test]
fn new_cells_change_their_program_alone() {
    let before = read(&kit::repository(TABLE));
    let versions = r#"{"mpv": "mpv 0.35.1", "player": "Player 1"}"#;
    let rows = r#"{"nocl": {"mpv": "D", "player": "o"}, "ct-octet": {"mpv": ".", "player": "."}, "new": {"player": "L"}}"#;
    let Some(table) = updated(versions, rows) else { return };
    let table = table.unwrap();
    for line in ["# mpv              mpv 0.35.1, 2026-12-24", "# player           Player 1, 2026-12-24"] {
        assert!(table.contains(line), "{table}");
    }
    let row = |table: &str, name: &str| -> Vec<String> {
        let line = table.lines().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("{name}: {table}")).split_whitespace().map(String::from).collect()
    };
    for name in ["nocl", "ct-octet", "baseline", "fault:stall"] {
        let mut expected = row(&before, name);
        if name == "nocl" {
            expected[6] = "D".to_string();
        }
        expected.push(if name == "nocl" { "o" } else { "." }.to_string());
        assert_eq!(row(&table, name), expected);
    }
    assert_eq!(row(&table, "new").concat(), "new..........L");
}

#[test]
fn a_table_has_one_version_of_a_program() {
    let Some(table) = updated(r#"{"mpv": "mpv 1"}"#, r#"{"nocl": {"mpv": "o"}}"#) else { return };
    let message = table.unwrap_err();
    assert!(message.contains("mpv was mpv 0.35.1 and is mpv 1: measure all streams"), "{message}");
}
