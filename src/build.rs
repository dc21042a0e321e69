//! Tells the program how it was optimised, and asks the linker for a smaller program, where it can make one.
//!
//! The latter only for the release profile without debug information: a debugger needs the tables that are left out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The linker script that leaves out the tables for unwinding. Nothing unwinds: a panic aborts, and the symbols that a
/// backtrace would name are stripped.
const SCRIPT: &str =
    "SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame_hdr) *(.gcc_except_table*) } }\nINSERT AFTER .text;\n";

/// Uses all of what is left out, folded or packed: text, constants and their addresses.
const TRIAL: &str =
    "fn main() { let words: Vec<String> = std::env::args().collect(); println!(\"{words:?}\"); }\n";

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rustc-env=MJPEG_OPT_LEVEL={}", value("OPT_LEVEL"));
    if !is_release() || value("CARGO_CFG_TARGET_OS") != "linux" || value("CARGO_FEATURE_CLI") != "1" {
        return;
    }
    let folder = PathBuf::from(value("OUT_DIR"));
    let script = folder.join("sections.ld");
    if fs::write(&script, SCRIPT).is_err() {
        return;
    }
    let candidates = [
        // Functions with the same code are one: generic ones, and those that drop a value.
        "-Wl,--icf=all".to_string(),
        // Addresses that the loader sets take a bit instead of 24 bytes. Needs glibc 2.36 or musl 1.2.4.
        "-Wl,-z,pack-relative-relocs".to_string(),
        format!("-Wl,--no-eh-frame-hdr,-T,{}", script.display()),
    ];
    let mut taken: Vec<String> = Vec::new();
    for argument in candidates {
        taken.push(argument);
        if !works(&folder, &taken) {
            taken.pop();
        }
    }
    for argument in taken {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}

fn is_release() -> bool {
    value("PROFILE") == "release" && value("DEBUG") == "false"
}

fn value(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Whether a program that is linked so can be made, and runs here.
fn works(folder: &Path, arguments: &[String]) -> bool {
    let (source, program) = (folder.join("trial.rs"), folder.join("trial"));
    if fs::write(&source, TRIAL).is_err() {
        return false;
    }
    let mut rustc = Command::new(value("RUSTC"));
    rustc.args(["--edition=2024", "-Cpanic=abort", "--target", &value("TARGET")]);
    // They may ask for another linker, or for a static program.
    let flags = value("CARGO_ENCODED_RUSTFLAGS");
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    rustc.arg("-o").arg(&program).arg(&source);
    succeeds(&mut rustc) && succeeds(&mut Command::new(&program))
}

fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
