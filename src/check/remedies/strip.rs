//! Remedies: lost, doubled and reordered frames.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "C517",
        cure: "Measure each part of the chain with `mjpeg bench path`; then raise the rate or the buffer of the one that drops frames, or lower the rate of the source.",
        bad: "frames 1, 2, 5",
        good: "frames 1, 2, 3",
    },
    Remedy {
        code: "C518",
        cure: "Let the program on the way pass frames as they come, such as -fps_mode passthrough of ffmpeg.",
        bad: "frames 1, 2, 2, 3",
        good: "frames 1, 2, 3",
    },
    Remedy {
        code: "C519",
        cure: "Send the frames of a viewer from one queue, in the order of their capture.",
        bad: "frames 1, 3, 2",
        good: "frames 1, 2, 3",
    },
];
