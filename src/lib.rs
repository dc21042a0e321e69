//! MJPEG streams as bytes: `multipart/x-mixed-replace` over HTTP, read as tolerantly as it is sent and
//! written so that every client shows each frame on time.
//!
//! This is the codec of the `mjpeg` program, for other programs to use. It is a function of bytes,
//! offsets and given times: no sockets, no files, no threads, no clock, no `unsafe`, and `no_std` with
//! `alloc`. The caller reads and writes, so it fits any client, server and runtime.
//!
//! # Reading
//!
//! [`response::Reader`] takes the bytes of a response as they come and returns the head and the parts.
//! A part is returned the moment its last byte is in, and its body is a slice of the reader's own buffer.
//! The caller reads into the reader's space, so that read is the only copy. [`response::ReadStream`] puts
//! it over a `std::io::Read`:
//!
//! ```
//! use mjpeg::multipart;
//! use mjpeg::response::{Event, Expected, ReadStream};
//!
//! # let socket = &b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n\
//! #     --b\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n"[..];
//! let mut stream = ReadStream::new(socket, Expected::Response);
//! let mut frames = 0;
//! while let Some(event) = stream.next_event()? {
//!     match event {
//!         Event::Head(head) => assert_eq!(head.status, 200),
//!         Event::Body(multipart::Event::Part(part)) => frames += usize::from(part.body.starts_with(b"\xff\xd8")),
//!         Event::Body(multipart::Event::Deviation(deviation)) => {
//!             eprintln!("byte {}: {}", deviation.offset, deviation.kind);
//!         }
//!         _ => {}
//!     }
//! }
//! assert_eq!(frames, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`multipart::Parser`] reads a body alone, and [`multipart::Collector`] assigns to each part the
//! deviations that show only behind it.
//!
//! # Writing
//!
//! [`multipart::Serializer`] writes the pieces of a stream. The caller decides when each piece is sent;
//! its documentation says why that matters. Most viewers show a frame only when the delimiter behind it is there:
//! send it with the frame.
//!
//! ```
//! use mjpeg::multipart::{Boundary, PartHead, Serializer};
//!
//! let serializer = Serializer::new(Boundary::new("frame")?);
//! let mut out = format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n\r\n", serializer.content_type()).into_bytes();
//! serializer.first_delimiter(&mut out);
//! for jpeg in [b"\xff\xd8\xff\xd9"] {
//!     serializer.head(&mut out, &PartHead::new(jpeg.len() as u64));
//!     out.extend_from_slice(jpeg);
//!     // Behind the last picture of a stream that ends, `close_delimiter` takes the place of the delimiter.
//!     serializer.delimiter(&mut out);
//!     // Send `out` now.
//! }
//! # Ok::<(), mjpeg::multipart::InvalidBoundary>(())
//! ```
//!
//! # Checking
//!
//! [`check::Judge`] takes the same events, and says what is wrong with a stream and which programs it breaks: see [`check`].
//!
//! # The parts
//!
//! | module | what it knows | standard |
//! |---|---|---|
//! | [`http`] | response heads, field lines, content types, the chunked coding | RFC 9110, RFC 9112 |
//! | [`multipart`] | boundaries, the parser, the serialiser; no JPEG | RFC 2046 5.1 |
//! | [`response`] | head, transfer coding and multipart body in one reader | RFC 9112 |
//! | [`jpeg`] | markers, where a picture ends, what its header says, whether its scans are sound | ITU-T T.81 |
//! | [`consumers`] | what becomes of a stream in each known program that reads streams | measurements |
//! | [`check`] | the rules that streams are judged by, and the judge | all of them |
//! | [`stats`] | gaps, percentiles and stalls of given times | |
//! | [`strip`] | a strip in a picture that says when it was taken and which one it is | |
//! | [`counted`] | a number with its noun, for messages | |
//!
//! # What holds throughout
//!
//! * What departs from a standard is reported as a [`multipart::Deviation`], a [`http::FieldFlaw`] or a
//!   value, with its offset; reading continues. Reading is always tolerant; there is no strict mode.
//! * An error means that nothing can be read. It carries its offset and the broken production.
//! * No panic is reachable from bytes. Contracts with the caller are written under `# Panics`.
//! * The answers are the same however the input is cut into reads.
//! * Memory is bounded by limits of the caller's, and never sized by what a sender announces. Time is
//!   linear in the bytes, whatever they are.
//!
//! # What is out of scope
//!
//! Requests, connections, TLS, authentication and redirects; content codings such as gzip; nested
//! multiparts (a part that is one itself is a body like any other); pixels. Audio parts and motion
//! events between pictures are parts like any other.
//!
//! # Features
//!
//! `std` adds [`response::ReadStream`] and lets the searches choose vector instructions at run time.
//! `cli` (on by default, so that `cargo install mjpeg` works) is for the program and brings its
//! dependencies. A library user turns it off:
//!
//! ```toml
//! mjpeg = { version = "0.1", default-features = false, features = ["std"] }
//! ```
// The docs name `ReadStream`, which needs `std`.
#![cfg_attr(not(feature = "std"), allow(rustdoc::broken_intra_doc_links))]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod check;
pub mod consumers;
pub mod counted;
pub mod http;
pub mod jpeg;
pub mod multipart;
pub mod response;
pub mod stats;
pub mod strip;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
