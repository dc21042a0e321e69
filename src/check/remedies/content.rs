//! Remedies: what pictures show.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "C501",
        cure: "Set the size in the camera, or correct --size.",
        bad: "--size 1280x720, pictures of 640x480",
        good: "pictures of 1280x720",
    },
    Remedy {
        code: "C502",
        cure: "Keep one size for a stream; end the response when the size changes.",
        bad: "640x480, then 320x240",
        good: "640x480",
    },
    Remedy {
        code: "C503",
        cure: "Look at the source: is the camera connected, does its process run? Stop the stream when the source stops.",
        bad: "the same bytes ten times",
        good: "a new picture each time",
    },
    Remedy {
        code: "C504",
        cure: "Read more of the stream, for example with --frames 30.",
        bad: "--frames 3",
        good: "--frames 30",
    },
    Remedy {
        code: "C505",
        cure: "Keep only the newest picture for each viewer, and drop the others.",
        bad: "a queue of pictures for each viewer",
        good: "one newest picture for all viewers",
    },
    Remedy {
        code: "C506",
        cure: "Set the clocks by NTP. Then look for a queue or a buffer between the sensor and the socket.",
        bad: "X-Timestamp 3 s before the arrival",
        good: "X-Timestamp 0.1 s before the arrival",
    },
    Remedy {
        code: "C507",
        cure: "Send the pictures in the order of their capture, each once.",
        bad: "X-Timestamp: 12.5, 12.4",
        good: "X-Timestamp: 12.4, 12.5",
    },
    Remedy {
        code: "C508",
        cure: "Write the time of the capture into the field, in seconds since 1970 with decimals; or leave it out.",
        bad: "X-Timestamp: 0",
        good: "X-Timestamp: 1767225600.125",
    },
    Remedy {
        code: "C509",
        cure: "Look at the lens cap, the iris, the light and the cable of the sensor.",
        bad: "a picture without light",
        good: "a picture of the scene",
    },
    Remedy {
        code: "C510",
        cure: "Look whether the lens is covered or in fog, and whether the source has a signal.",
        bad: "one grey area",
        good: "a picture of the scene",
    },
    Remedy {
        code: "C511",
        cure: "Correct the exposure: automatic exposure, a smaller iris, another direction.",
        bad: "a white picture",
        good: "a picture with detail",
    },
    Remedy {
        code: "C512",
        cure: "As for C503: only the clock of the picture moves.",
        bad: "the same scene, only the clock changes",
        good: "the noise of a camera in each picture",
    },
    Remedy {
        code: "C513",
        cure: "Look for lost packets between the camera and what encodes its pictures: use TCP for RTSP, or a better link.",
        bad: "the lower half is grey",
        good: "a whole picture",
    },
    Remedy {
        code: "C514",
        cure: "Keep the settings of the encoder for a stream.",
        bad: "4:2:0, then 4:2:2",
        good: "4:2:0",
    },
    Remedy {
        code: "C515",
        cure: "Use a constant quality, or accept that the bit rate is controlled.",
        bad: "quality 80, then 45",
        good: "quality 80",
    },
    Remedy {
        code: "C516",
        cure: "Send Cache-Control: no-store, and write a new file for each snapshot.",
        bad: "Age: 60",
        good: "Cache-Control: no-store",
    },
    Remedy {
        code: "C590",
        cure: "Look at the cause in the list of consumers, and serve what that program reads: mjpeg serve is read by all of them.",
        bad: "what the program does not read",
        good: "the stream of mjpeg serve",
    },
];
