//! A whole response as it comes off a connection or out of a file: head, transfer coding and
//! multipart body in one sans-IO reader.
//!
//! [`Reader`] is given bytes as they come and returns [`Event`]s: the head, then the events of the
//! multipart body. It opens nothing and waits for nothing, so one event loop can read a thousand
//! responses. [`ReadStream`] puts it over a `std::io::Read` (feature `std`).
//!
//! | what comes | who sends it | how it is read |
//! |---|---|---|
//! | a body without a head | GStreamer's `tcpserversink` | as the body of a response with no fields |
//! | interim heads (1xx) | servers that answer `Expect` | skipped |
//! | chunks under `HTTP/1.0` | Kasa | decoded: the head's `Transfer-Encoding` counts |
//! | `Content-Length: 9999999` before an endless stream | webcamXP | ignored, unless the type is text, JSON or an image |
//! | several heads, with pages between them | `curl -iL`, `curl -i --digest` | the last head counts ([`Expected::Saved`]) |
//! | empty lines before the status line | files edited by hand | skipped |
//! | chunks or a content coding announced and not there | small servers | as it is, with a deviation |
//! | a compressed body | nginx with `gzip_types` | not at all: [`Error::Compressed`] |
//! | a head that says chunked before a decoded body | `curl -i` without `--raw` | as it is ([`Expected::Saved`]) |

mod body;
mod coding;
mod content_coding;
mod error;
mod reader;
mod start;
#[cfg(feature = "std")]
mod stream;

pub use error::Error;
pub use reader::{Event, Reader};
pub use start::Expected;
#[cfg(feature = "std")]
pub use stream::{ReadError, ReadStream};
