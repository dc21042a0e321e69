//! MJPEG streams as bytes: `multipart/x-mixed-replace` over HTTP, read as tolerantly as it is sent and
//! written so that every client shows each frame on time.
//!
//! This is the codec of the `mjpeg` program, for other programs to use. It is a function of bytes,
//! offsets and given times: no sockets, no files, no threads, no clock, no `unsafe`, and `no_std` with
//! `alloc`. The caller reads and writes; so it fits under any client, any server and any runtime.
//!
//! # Reading
//!
//! [`multipart::Parser`] is given bytes as they come and tells of parts, with their bodies as slices of
//! its own buffer, in the moment their last byte is in. The caller reads into the parser's own room, so
//! the reader's copy is the only one.
//!
//! ```
//! use mjpeg::http::{ContentType, Head};
//! use mjpeg::jpeg::Walk;
//! use mjpeg::multipart::{Event, Parser};
//! use std::io::Read;
//!
//! # let mut socket = &b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n\
//! #     --b\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n"[..];
//! // The head of the response, from any reader: here byte by byte, to leave the body in it.
//! let mut bytes = Vec::new();
//! let head = loop {
//!     let mut byte = [0];
//!     socket.read_exact(&mut byte)?;
//!     bytes.extend(byte);
//!     if let Some(head) = Head::parse(&bytes)? {
//!         break head;
//!     }
//! };
//! let content_type = head.fields().first("Content-Type").unwrap_or_default();
//! let boundary = ContentType::parse(content_type).boundary;
//!
//! let mut parser = Parser::new(Walk::new(), boundary.as_ref().map(|boundary| &boundary.value[..]));
//! let mut frames = 0;
//! while !parser.is_finished() {
//!     while let Some(event) = parser.next_event()? {
//!         match event {
//!             Event::Part(part) => frames += usize::from(part.body.starts_with(b"\xff\xd8")),
//!             Event::Deviation(deviation) => eprintln!("byte {}: {}", deviation.offset, deviation.kind),
//!             _ => {}
//!         }
//!     }
//!     match socket.read(parser.space())? {
//!         0 => parser.finish(),
//!         n => parser.filled(n),
//!     }
//! }
//! assert_eq!(frames, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Writing
//!
//! [`multipart::Serializer`] writes the pieces of a stream; when each piece leaves is the caller's
//! business, and it matters: see there.
//!
//! ```
//! use mjpeg::multipart::{Boundary, PartHead, Serializer};
//!
//! let serializer = Serializer::new(Boundary::new("frame")?);
//! let mut out = format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n\r\n", serializer.content_type()).into_bytes();
//! serializer.first_delimiter(&mut out);
//! for jpeg in [b"\xff\xd8\xff\xd9"] {
//!     serializer.head(&mut out, &PartHead { content_length: jpeg.len() as u64, timestamp: None });
//!     out.extend_from_slice(jpeg);
//!     serializer.delimiter(&mut out);
//! }
//! # Ok::<(), mjpeg::multipart::InvalidBoundary>(())
//! ```
//!
//! # The parts
//!
//! | module | what it knows | its standard |
//! |---|---|---|
//! | [`http`] | response heads, field lines, content types, the chunked coding | RFC 9110, RFC 9112 |
//! | [`multipart`] | boundaries, the parser, the serialiser; no JPEG | RFC 2046 5.1 |
//! | [`jpeg`] | markers, where a picture ends, what its header says, whether its scans are sound | ITU-T T.81 |
//! | [`check`] | the table of rules that streams are judged by | all of them |
//! | [`stats`] | gaps, percentiles and stalls of given times | |
//!
//! # What holds throughout
//!
//! * What departs from a standard is told, as a [`multipart::Deviation`], a [`http::FieldFlaw`] or a
//!   value, with its offset; reading goes on. There is one way to read, tolerantly: no strict mode.
//! * An error means that nothing can be read. It carries its offset and the production it broke.
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
//! `std` lets the searches choose vector instructions at run time; `cli` (on by default) is for the
//! program. Other programs want `default-features = false, features = ["std"]`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod check;
pub mod http;
pub mod jpeg;
pub mod multipart;
pub mod stats;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
