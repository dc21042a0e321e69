//! Remedies: recordings.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "R601",
        cure: "Restore the manifest from a copy, or record again; write notes about a recording into another file.",
        bad: "seq 3, part 3, file frame-000003.jpg",
        good: "{\"seq\":3,\"part\":3,\"offset\":20616,\"fields\":[]}",
    },
    Remedy {
        code: "R602",
        cure: "Copy the directory as a whole, and do not rename its files.",
        bad: "a line with frame-000003.jpg, and no such file",
        good: "a file for each line with a name",
    },
    Remedy {
        code: "R603",
        cure: "Restore the file from a copy. Work on copies of the files.",
        bad: "\"body_bytes\":10392, and a file of 8192 bytes",
        good: "\"body_bytes\":10392, and a file of 10392 bytes",
    },
    Remedy {
        code: "R604",
        cure: "Restore the file from a copy. Work on copies of the files.",
        bad: "a file that a program rotated or stripped",
        good: "the file as recorded",
    },
    Remedy {
        code: "R605",
        cure: "Restore the manifest from a copy.",
        bad: "\"seq\":1, \"seq\":2, \"seq\":4",
        good: "\"seq\":1, \"seq\":2, \"seq\":3, \"seq\":4",
    },
    Remedy {
        code: "R606",
        cure: "Run `mjpeg record --resume`, which removes the cut line and goes on, or remove it with an editor. `mjpeg record --fsync` \
               writes each frame and its line to the disk.",
        bad: "{\"seq\":3,\"part\":3,\"fi",
        good: "{\"seq\":3,\"part\":3,\"offset\":20616,\"fields\":[]}",
    },
    Remedy {
        code: "R607",
        cure: "Nothing to do. `mjpeg check FILE` looks at the frame that is not listed. End the recorder with SIGINT or SIGTERM, and all \
               frames have their line.",
        bad: "frame-000004.jpg without a line",
        good: "a line for each file",
    },
];
