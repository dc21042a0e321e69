//! Programs that pass the stream on to others.

use crate::consumers::consumer::{Consumer, Framing, Parameters, Pictures, Probe};
use crate::consumers::http_client::HttpClient;
use crate::consumers::relay::{Buffering, Relay};
use crate::consumers::response::Response;

const fn relay(response: Response, buffering: Buffering, rewrites: bool) -> Parameters {
    Parameters {
        response,
        boundary: None,
        framing: Framing::Relay(Relay { buffering, rewrites }),
        probe: Probe::OtherTypes,
        pictures: Pictures::Delivered,
        one_per_send: false,
        drops_empty: false,
    }
}

/// Puts CRLF before delimiters, and starts each viewer at one.
pub static MJPEG_PROXY: Consumer = Consumer {
    name: "mjpeg_proxy",
    version: "mjpeg-proxy 0.3.0, Node 20",
    parameters: relay(
        Response { client: HttpClient::NODE, bare_lf: false, ..Response::ANY },
        Buffering::Never,
        true,
    ),
};

/// Collects what is not chunked.
pub static NGINX: Consumer = Consumer {
    name: "nginx",
    version: "nginx 1.22.1 proxy_pass, defaults",
    parameters: relay(Response { icy: true, ..Response::ANY }, Buffering::UnlessChunked, false),
};

/// The remedy for that.
pub static NGINX_UNBUFFERED: Consumer = Consumer {
    name: "nginx_unbuffered",
    version: "nginx 1.22.1 proxy_buffering off, proxy_http_version 1.1",
    parameters: relay(Response { icy: true, ..Response::ANY }, Buffering::Never, false),
};

/// Holds small rests back for 200 ms if it knows where the body ends.
pub static HAPROXY: Consumer = Consumer {
    name: "haproxy",
    version: "HAProxy 2.6.12 mode http",
    parameters: relay(Response::ANY, Buffering::IfFramed, false),
};

/// The stream of a camera entity.
pub static HOME_ASSISTANT_PROXY: Consumer = Consumer {
    name: "home_assistant_proxy",
    version: "Home Assistant 2026.2.3 camera.mjpeg, aiohttp 3.14.5",
    parameters: relay(Response { client: HttpClient::AIOHTTP, ..Response::ANY }, Buffering::Never, false),
};

/// Bytes to standard output.
pub static CURL: Consumer = Consumer {
    name: "curl",
    version: "curl 7.88.1 -sSN",
    parameters: relay(Response { client: HttpClient::CURL, ..Response::ANY }, Buffering::Never, false),
};
