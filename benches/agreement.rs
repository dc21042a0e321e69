//! How far the judgement of pictures agrees with libjpeg-turbo: every JPEG below the given directories, against
//! `djpeg`. A disagreement is a false alarm (`djpeg` is silent, the picture is damaged here) or a miss (`djpeg`
//! warns of it or refuses it, and it is sound here).
//!
//! `cargo bench --bench agreement --no-default-features --features std -- DIR...`; see `benches/README.md`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use mjpeg::jpeg::{Checker, Grade, Judgement};

/// What `djpeg` says of a picture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Oracle {
    Silent,
    Warns,
    Refuses,
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn main() {
    // cargo bench passes flags of its own.
    let directories: Vec<OsString> = std::env::args_os()
        .skip(1)
        .filter(|argument| !argument.to_string_lossy().starts_with("--"))
        .collect();
    let mut paths = Vec::new();
    directories.iter().for_each(|directory| collect(Path::new(directory), &mut paths));
    paths.sort();
    let mut checker = Checker::new();
    let mut disagreements = 0;
    let mut table: BTreeMap<(String, Oracle), Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let Ok(jpeg) = fs::read(&path) else { continue };
        if !jpeg.starts_with(b"\xff\xd8\xff") {
            continue;
        }
        let (oracle, message) = djpeg(&jpeg);
        let judgement = Judgement::of_entropy(&jpeg, &mut checker);
        let ours = describe(&judgement);
        let disagreement = match (oracle, judgement.grade()) {
            (Oracle::Silent, Grade::Damaged) => Some("false alarm"),
            (Oracle::Warns | Oracle::Refuses, Grade::Sound) => Some("miss"),
            _ => None,
        };
        if let Some(word) = disagreement {
            disagreements += 1;
            println!("{word}: {}: {ours}; djpeg: {}", path.display(), message.trim());
        }
        table.entry((ours, oracle)).or_default().push(path);
    }
    println!("{:>8} {:>8} {:>8}  judgement", "silent", "warns", "refuses");
    let mut rows: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for ((ours, oracle), paths) in &table {
        let name = ours.split(" at ").next().unwrap_or(ours);
        rows.entry(name).or_default()[*oracle as usize] += paths.len();
    }
    for (ours, [silent, warns, refuses]) in rows {
        println!("{silent:>8} {warns:>8} {refuses:>8}  {ours}");
    }
    println!("{disagreements} disagreements");
}

/// The grade, and its reasons without numbers.
fn describe(judgement: &Judgement) -> String {
    let notes = judgement.notes().iter().map(|(note, _)| note.to_string());
    let reasons: Vec<String> = match (judgement.damage(), judgement.unchecked()) {
        (Some(damage), _) => {
            let kind = damage.kind.to_string();
            let kind: String = kind.chars().filter(|c| !c.is_ascii_digit()).collect();
            vec![format!("{kind} at byte {}", damage.at)]
        }
        (None, Some(unchecked)) => vec![format!("not checked: {unchecked}")],
        (None, None) => notes.collect(),
    };
    format!("{:?}: {}", judgement.grade(), reasons.join("; "))
}

/// The files below `path`.
fn collect(path: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(path) else {
        paths.push(path.to_path_buf());
        return;
    };
    for entry in entries.flatten() {
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if !is_link {
            collect(&entry.path(), paths);
        }
    }
}

fn djpeg(jpeg: &[u8]) -> (Oracle, String) {
    let mut child = Command::new("djpeg")
        .args(["-fast", "-outfile", "/dev/null"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("djpeg: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = thread::scope(|scope| {
        // A program that gives up early closes its input: that is its answer, not an error of ours.
        scope.spawn(move || drop(stdin.write_all(jpeg)));
        child.wait_with_output().expect("it was started")
    });
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    // 0: success, 2: success with warnings.
    let oracle = match output.status.code() {
        Some(0) if message.is_empty() => Oracle::Silent,
        Some(0 | 2) => Oracle::Warns,
        _ => Oracle::Refuses,
    };
    (oracle, message)
}
