//! Remedies: pictures.

use super::entry::Remedy;

pub static REMEDIES: &[Remedy] = &[
    Remedy {
        code: "J301",
        cure: "Start each body with FF D8 of a whole JPEG. Look for a buffer that is read while it is written.",
        bad: "00 00 FF E0 ...",
        good: "FF D8 FF E0 ...",
    },
    Remedy {
        code: "J302",
        cure: "Send all bytes of the picture, up to FF D9. Raise the size of the buffer that the encoder writes to.",
        bad: "FF D8 ... (half of the scan)",
        good: "FF D8 ... FF D9",
    },
    Remedy {
        code: "J303",
        cure: "Send FF D9 at the end of each picture. Many drivers report a length without it.",
        bad: "... (last byte of the scan)",
        good: "... (last byte of the scan) FF D9",
    },
    Remedy {
        code: "J304",
        cure: "Send the bytes up to FF D9: the number of bytes that the encoder used, not the size of its buffer.",
        bad: "FF D8 ... FF D9 00 00 00 00",
        good: "FF D8 ... FF D9",
    },
    Remedy {
        code: "J305",
        cure: "Copy a frame before the next one is written to the same buffer, and check that no packet is lost on the way.",
        bad: "FF D8 ... FF DA ... FF D8 ...",
        good: "FF D8 ... FF D9",
    },
    Remedy {
        code: "J306",
        cure: "Copy a frame before the next one is written to the same buffer, and look for packets that are lost between camera and server.",
        bad: "two halves of different frames",
        good: "one frame",
    },
    Remedy {
        code: "J307",
        cure: "Insert the Huffman tables of T.81 Annex K before the scan. Libraries of V4L2 and FFmpeg (mjpeg2jpeg) have a function for that.",
        bad: "FF D8 ... SOF0 SOS",
        good: "FF D8 ... SOF0 DHT SOS",
    },
    Remedy {
        code: "J308",
        cure: "Send no part while there is no picture.",
        bad: "FF D8 FF D9",
        good: "FF D8 ... SOF0 ... SOS ... FF D9",
    },
    Remedy {
        code: "J309",
        cure: "Configure the encoder for Huffman coding: baseline.",
        bad: "SOF9",
        good: "SOF0",
    },
    Remedy { code: "J310", cure: "Configure the encoder for baseline JPEG.", bad: "SOF3", good: "SOF0" },
    Remedy {
        code: "J311",
        cure: "Configure the encoder for baseline JPEG.",
        bad: "DHP ... SOF5",
        good: "SOF0",
    },
    Remedy {
        code: "J312",
        cure: "Configure the encoder for 8 bits per sample.",
        bad: "SOF1, 12 bits",
        good: "SOF0, 8 bits",
    },
    Remedy {
        code: "J313",
        cure: "Write the height into the frame header before the picture is sent.",
        bad: "SOF0 height 0 ... DNL 480",
        good: "SOF0 height 480",
    },
    Remedy {
        code: "J314",
        cure: "Send one, three or four components: grey, YCbCr or CMYK.",
        bad: "SOF0, 5 components",
        good: "SOF0, 3 components",
    },
    Remedy {
        code: "J315",
        cure: "Use baseline JPEG, or a progressive one with a few scans.",
        bad: "SOF2 with 200 scans",
        good: "SOF0 with 1 scan",
    },
    Remedy {
        code: "J316",
        cure: "Write the components of a scan in the order of the frame header.",
        bad: "SOF0 1 2 3, SOS 2 1 3",
        good: "SOF0 1 2 3, SOS 1 2 3",
    },
    Remedy {
        code: "J317",
        cure: "Write 0, 63 and 0 at the end of the scan header of a baseline picture.",
        bad: "SOS ... 00 00 00",
        good: "SOS ... 00 3F 00",
    },
    Remedy {
        code: "J318",
        cure: "Write the segments without padding, or pad with FF before a marker.",
        bad: "FF FE 00 04 41 42 00 00 FF DB",
        good: "FF FE 00 04 41 42 FF DB",
    },
    Remedy {
        code: "J319",
        cure: "Give each segment the length that it has.",
        bad: "FF FE 00 04 41 42 43 FF DB",
        good: "FF FE 00 05 41 42 43 FF DB",
    },
    Remedy {
        code: "J320",
        cure: "Count the two bytes of the length too: 2 is the smallest.",
        bad: "FF FE 00 00",
        good: "FF FE 00 02",
    },
    Remedy {
        code: "J321",
        cure: "Configure the camera to send plain JPEG: no gain map, no second picture, no motion photo.",
        bad: "FF D8 ... FF D9 FF D8 ... FF D9",
        good: "FF D8 ... FF D9",
    },
    Remedy {
        code: "J322",
        cure: "Start each body with FF D8: send the buffer from its first picture byte on, without the header or the \
               alignment of the encoder.",
        bad: "00 00 FF D8 ...",
        good: "FF D8 ...",
    },
    Remedy { code: "J323", cure: "Send FF D8 once.", bad: "FF D8 FF D8 FF E0", good: "FF D8 FF E0" },
    Remedy {
        code: "J324",
        cure: "Fill the last byte before a marker with ones, and add no further bytes.",
        bad: "... FF 00 FF D0",
        good: "... FF D0",
    },
    Remedy {
        code: "J325",
        cure: "Write nothing between the last MCU and the marker.",
        bad: "... 3F 12 34 FF D9",
        good: "... 3F FF D9",
    },
    Remedy {
        code: "J326",
        cure: "Fill the last byte before a restart marker with ones.",
        bad: "... (mixed bits) FF D0",
        good: "... (bits and ones) FF D0",
    },
    Remedy {
        code: "J327",
        cure: "Send one component (grey) or three (YCbCr).",
        bad: "SOF0 ... 02 01 11 00 02 11 00",
        good: "SOF0 ... 01 01 11 00",
    },
    Remedy { code: "J328", cure: "Send a smaller picture.", bad: "65535x1080", good: "1920x1080" },
    Remedy { code: "J329", cure: "Send a smaller picture.", bad: "20000x20000", good: "3840x2160" },
    Remedy {
        code: "J330",
        cure: "Configure the encoder for baseline, 4:2:0 or 4:2:2, the standard Huffman tables, at most 2040x2040; or send another format over RTP.",
        bad: "4:4:4, or 4096x2160",
        good: "4:2:0, 1920x1080",
    },
];
