//! Remedies: times.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "T401",
        cure: "Look at what happens before the gap: the exposure time of the camera, Wi-Fi, a garbage collection, a slow disk. Repeat the last picture if there is no new one.",
        bad: "a picture, 4 s nothing, a picture",
        good: "a picture each 66 ms",
    },
    Remedy {
        code: "T402",
        cure: "As for T401; or set --max-gap to what the application needs.",
        bad: "--max-gap 500ms, a gap of 800 ms",
        good: "gaps below 500 ms",
    },
    Remedy {
        code: "T403",
        cure: "Lower the size or the quality of the pictures, raise the rate in the camera, or set --min-fps to what the application needs.",
        bad: "--min-fps 10, 6.1 pictures a second",
        good: "10 pictures a second or more",
    },
    Remedy {
        code: "T404",
        cure: "Keep the connection open. Raise the limit of time for a response in the server or the proxy.",
        bad: "closed after 30 s",
        good: "open until the viewer leaves",
    },
    Remedy {
        code: "T405",
        cure: "Flush the socket or the response after each part, and set TCP_NODELAY.",
        bad: "write(part)",
        good: "write(part); flush()",
    },
    Remedy {
        code: "T406",
        cure: "Flush after each part, or write each part with one call.",
        bad: "a buffer of 16384 bytes, without flush",
        good: "a flush after each part",
    },
    Remedy {
        code: "T407",
        cure: "Turn the buffers off on the way: proxy_buffering off in nginx, or X-Accel-Buffering: no from the server.",
        bad: "proxy_buffering on;",
        good: "proxy_buffering off;",
    },
    Remedy {
        code: "T408",
        cure: "Lower the size, the quality or the rate of the pictures, or use a faster link.",
        bad: "200 kB pictures at 15 fps over 20 Mbit/s",
        good: "60 kB pictures at 15 fps over 20 Mbit/s",
    },
    Remedy {
        code: "T409",
        cure: "Send the pictures by a clock: one in each interval.",
        bad: "gaps of 20, 120, 20, 120 ms",
        good: "gaps of 66, 67, 66 ms",
    },
    Remedy {
        code: "T410",
        cure: "Measure again on a machine with time to spare; read fewer cameras with one process, or without --deep.",
        bad: "the process was stopped for 2 s, or 20 others want the processor",
        good: "an idle processor",
    },
];
