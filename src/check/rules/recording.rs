//! Recordings: files and the manifest that lists them.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static RECORDING_LINE: Rule = Rule {
    code: "R601",
    name: "recording-line",
    severity: Error,
    summary: "a line of the manifest cannot be read",
    why: "The line is not JSON, or has no part and offset: the manifest was changed. The lines after it are not \
          read. A last line without its end is another case: R606.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};

pub static RECORDING_LINE_CUT: Rule = Rule {
    code: "R606",
    name: "recording-line-cut",
    severity: Warning,
    summary: "the last line of the manifest is cut",
    why: "The recorder was killed, or the machine lost power, while it wrote the line. The frame of that line is not checked; all \
          frames before it are. `serve --timing manifest` plays the frames with a whole line; programs that read each line as JSON \
          fail at this one.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};

pub static RECORDING_FILE_MISSING: Rule = Rule {
    code: "R602",
    name: "recording-file-missing",
    severity: Error,
    summary: "a file of the manifest is missing or cannot be read",
    why: "The frame was written, and its file was removed or renamed since. `serve --timing manifest` cannot play it.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};

pub static RECORDING_FILE_SIZE: Rule = Rule {
    code: "R603",
    name: "recording-file-size",
    severity: Error,
    summary: "a file has another size than its part",
    why: "The file was changed since it was recorded, or its end is lost. A file without the bytes after EOI, as --trim \
          writes it, has the right size.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};

pub static RECORDING_FILE_HASH: Rule = Rule {
    code: "R604",
    name: "recording-file-hash",
    severity: Error,
    summary: "a file has another SHA-256 than the manifest says",
    why: "The file was changed since it was recorded: it is no proof of what the camera sent.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};

pub static RECORDING_FRAME_MISSING: Rule = Rule {
    code: "R605",
    name: "recording-frame-missing",
    severity: Error,
    summary: "the manifest leaves out a frame",
    why: "The numbers of the written frames go on by one. Lines were removed; with --keep only the first ones are. Where a recording was \
          resumed it is another case: R607.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};

pub static RECORDING_FRAME_UNLISTED: Rule = Rule {
    code: "R607",
    name: "recording-frame-unlisted",
    severity: Info,
    summary: "a frame has no line, where the recording was resumed",
    why: "The recorder was killed, or the machine lost power, before it wrote the line. It writes the line when the part has ended; in many \
          streams that shows only when the next part begins. The file of the frame may exist. `record --resume` leaves it, and uses its \
          number for no other frame. It is not checked.",
    section: "docs/schemas/manifest.schema.json",
    explains: &[],
    effects: &[],
};
