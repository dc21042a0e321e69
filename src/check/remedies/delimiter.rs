//! Remedies: delimiters, lengths and line ends.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "M201",
        cure: "Send the delimiter as the first bytes of the body.",
        bad: "\\r\\nwelcome\\r\\n--frame\\r\\n",
        good: "--frame\\r\\n",
    },
    Remedy {
        code: "M202",
        cure: "Send a delimiter before the head of the first part too.",
        bad: "Content-Type: image/jpeg\\r\\n\\r\\n(JPEG)",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\n\\r\\n(JPEG)",
    },
    Remedy {
        code: "M203",
        cure: "Take the length from the bytes that are sent, after the last change of the picture.",
        bad: "Content-Length: 1000, and 1200 bytes",
        good: "Content-Length: 1200, and 1200 bytes",
    },
    Remedy {
        code: "M204",
        cure: "Take the length from the bytes that are sent: not from the buffer, not from another frame.",
        bad: "Content-Length: 65536, and 1200 bytes",
        good: "Content-Length: 1200, and 1200 bytes",
    },
    Remedy {
        code: "M205",
        cure: "Do not count the CRLF after the picture: it belongs to the next delimiter.",
        bad: "Content-Length: 1202 for 1200 bytes and CRLF",
        good: "Content-Length: 1200 for 1200 bytes and CRLF",
    },
    Remedy {
        code: "M206",
        cure: "Send Content-Length in each part: the number of bytes of its JPEG.",
        bad: "Content-Type: image/jpeg\\r\\n\\r\\n(JPEG)",
        good: "Content-Type: image/jpeg\\r\\nContent-Length: 1200\\r\\n\\r\\n(JPEG)",
    },
    Remedy {
        code: "M207",
        cure: "Send the length as a decimal number, or leave the field out.",
        bad: "Content-Length: %d",
        good: "Content-Length: 1200",
    },
    Remedy {
        code: "M208",
        cure: "Send Content-Length once.",
        bad: "Content-Length: 1200\\r\\nContent-Length: 1202",
        good: "Content-Length: 1200",
    },
    Remedy {
        code: "M209",
        cure: "End each line of the part head and each delimiter with CR and LF.",
        bad: "--frame\\nContent-Type: image/jpeg\\n\\n",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\n\\r\\n",
    },
    Remedy {
        code: "M210",
        cure: "End each line with CR and LF, and send Content-Length in each part.",
        bad: "--frame\\nContent-Type: image/jpeg\\n\\n",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: 1200\\r\\n\\r\\n",
    },
    Remedy {
        code: "M211",
        cure: "Send CRLF between the picture and the next delimiter.",
        bad: "(JPEG)--frame\\r\\n",
        good: "(JPEG)\\r\\n--frame\\r\\n",
    },
    Remedy {
        code: "M212",
        cure: "Send CRLF between the picture and the next delimiter, and Content-Length in each part.",
        bad: "(JPEG)--frame\\r\\n",
        good: "(JPEG)\\r\\n--frame\\r\\n",
    },
    Remedy {
        code: "M213",
        cure: "Write the delimiter as two dashes and the announced boundary. Keep the boundary in one constant.",
        bad: "boundary=frame, and lines --myframe",
        good: "boundary=frame, and lines --frame",
    },
    Remedy {
        code: "M214",
        cure: "Announce the boundary without its dashes, or put two more dashes into the delimiter.",
        bad: "boundary=--frame, and lines --frame",
        good: "boundary=frame, and lines --frame",
    },
    Remedy {
        code: "M215",
        cure: "Write two dashes before the boundary in each delimiter.",
        bad: "frame\\r\\nContent-Type: image/jpeg",
        good: "--frame\\r\\nContent-Type: image/jpeg",
    },
    Remedy {
        code: "M216",
        cure: "Keep one boundary for the whole response.",
        bad: "--frame1 ... --frame2",
        good: "--frame ... --frame",
    },
    Remedy {
        code: "M217",
        cure: "Send CRLF directly after the boundary.",
        bad: "--frame \\r\\n",
        good: "--frame\\r\\n",
    },
    Remedy {
        code: "M218",
        cure: "Send CRLF after the boundary, before the first field.",
        bad: "--frameContent-Type: image/jpeg",
        good: "--frame\\r\\nContent-Type: image/jpeg",
    },
    Remedy {
        code: "M219",
        cure: "Send the delimiter once before each part.",
        bad: "--frame\\r\\n--frame\\r\\nContent-Type: image/jpeg",
        good: "--frame\\r\\nContent-Type: image/jpeg",
    },
    Remedy {
        code: "M220",
        cure: "Put two dashes after the boundary only at the end of the stream.",
        bad: "(JPEG)\\r\\n--frame--\\r\\nContent-Type: image/jpeg",
        good: "(JPEG)\\r\\n--frame\\r\\nContent-Type: image/jpeg",
    },
    Remedy {
        code: "M221",
        cure: "Send one CRLF before each delimiter.",
        bad: "(JPEG)\\r\\n\\r\\n\\r\\n--frame",
        good: "(JPEG)\\r\\n--frame",
    },
    Remedy {
        code: "M222",
        cure: "Send only the bytes of the picture: the number that was read into the buffer, not its size.",
        bad: "Content-Length: 1200, 4096 bytes, \\r\\n--frame",
        good: "Content-Length: 1200, 1200 bytes, \\r\\n--frame",
    },
    Remedy {
        code: "M237",
        cure: "Send the pictures as multipart/x-mixed-replace: mjpeg serve does so from a file or from standard input.",
        bad: "(JPEG)(JPEG)",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\n\\r\\n(JPEG)\\r\\n--frame",
    },
    Remedy {
        code: "M238",
        cure: "Send nothing between the pictures, or send them as multipart.",
        bad: "(JPEG)(50 bytes of a record)(JPEG)",
        good: "--frame\\r\\nContent-Type: image/jpeg\\r\\n\\r\\n(JPEG)\\r\\n--frame",
    },
    Remedy {
        code: "M240",
        cure: "Nothing, if the capture was cut. Else end the stream after a whole part.",
        bad: "(half of a JPEG)",
        good: "(JPEG)\\r\\n--frame--\\r\\n",
    },
    Remedy {
        code: "M241",
        cure: "Send the delimiter as the first bytes of the body.",
        bad: "\\r\\n\\r\\n--frame\\r\\n",
        good: "--frame\\r\\n",
    },
    Remedy {
        code: "M243",
        cure: "Name the field Content-Length.",
        bad: "DataLen: 1200",
        good: "Content-Length: 1200",
    },
    Remedy {
        code: "M244",
        cure: "Send a delimiter before each part.",
        bad: "(JPEG)\\r\\nContent-Type: image/jpeg",
        good: "(JPEG)\\r\\n--frame\\r\\nContent-Type: image/jpeg",
    },
];
