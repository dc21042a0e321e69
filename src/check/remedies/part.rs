//! Remedies: the heads and the bodies of parts.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "M223",
        cure: "Send Content-Type: image/jpeg in each part.",
        bad: "--frame\\r\\nContent-Length: 1200\\r\\n\\r\\n",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: 1200\\r\\n\\r\\n",
    },
    Remedy {
        code: "M224",
        cure: "Send image/jpeg as the type of each part.",
        bad: "Content-Type: image/jpg",
        good: "Content-Type: image/jpeg",
    },
    Remedy {
        code: "M225",
        cure: "Send image/jpeg without parameters.",
        bad: "Content-Type: image/jpeg; charset=utf-8",
        good: "Content-Type: image/jpeg",
    },
    Remedy {
        code: "M226",
        cure: "Send only pictures. Put other data into fields of the part head, or on another URL.",
        bad: "Content-Type: text/xml\\r\\n\\r\\n<motion/>",
        good: "Content-Type: image/jpeg\\r\\nX-Motion: 1\\r\\n\\r\\n(JPEG)",
    },
    Remedy {
        code: "M227",
        cure: "Send no part while there is no picture, or repeat the last picture.",
        bad: "Content-Length: 0\\r\\n\\r\\n\\r\\n--frame",
        good: "Content-Length: 1200\\r\\n\\r\\n(JPEG)\\r\\n--frame",
    },
    Remedy {
        code: "M228",
        cure: "Send Content-Type, Content-Length and an empty line before each picture.",
        bad: "--frame\\r\\n(JPEG)",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\n\\r\\n(JPEG)",
    },
    Remedy {
        code: "M229",
        cure: "Send an empty line between the last field and the picture.",
        bad: "Content-Type: image/jpeg\\r\\n(JPEG)",
        good: "Content-Type: image/jpeg\\r\\n\\r\\n(JPEG)",
    },
    Remedy {
        code: "M230",
        cure: "Send the first field directly after the line of the delimiter.",
        bad: "--frame\\r\\n\\r\\nContent-Type: image/jpeg",
        good: "--frame\\r\\nContent-Type: image/jpeg",
    },
    Remedy {
        code: "M231",
        cure: "Send exactly one empty line before the picture.",
        bad: "Content-Type: image/jpeg\\r\\n\\r\\n\\r\\n(JPEG)",
        good: "Content-Type: image/jpeg\\r\\n\\r\\n(JPEG)",
    },
    Remedy {
        code: "M232",
        cure: "Write each field as a name, a colon, a blank and a value on one line. Leave status lines out.",
        bad: "HTTP/1.0 200 OK\\r\\nContent-Type: image/jpeg",
        good: "Content-Type: image/jpeg",
    },
    Remedy {
        code: "M233",
        cure: "Put one blank after the colon.",
        bad: "Content-Type:image/jpeg",
        good: "Content-Type: image/jpeg",
    },
    Remedy {
        code: "M234",
        cure: "Send a few short fields in a part head, and the empty line after them.",
        bad: "a head of 20 kB",
        good: "Content-Type, Content-Length, X-Timestamp",
    },
    Remedy {
        code: "M235",
        cure: "Send a few fields in a part head.",
        bad: "65 field lines",
        good: "Content-Type, Content-Length, X-Timestamp",
    },
    Remedy {
        code: "M236",
        cure: "Look for the lost delimiter: a part has no Content-Length, or a wrong one. A stream of larger pictures needs another format.",
        bad: "a part of 70 MB",
        good: "parts of some kB up to a few MB",
    },
    Remedy {
        code: "M239",
        cure: "Use a long random boundary, and drop a frame that contains it.",
        bad: "boundary=a",
        good: "boundary=frame-5f2c9a7e41",
    },
    Remedy {
        code: "M242",
        cure: "Put the colon directly after the name of the field.",
        bad: "Content-Length : 1200",
        good: "Content-Length: 1200",
    },
];
