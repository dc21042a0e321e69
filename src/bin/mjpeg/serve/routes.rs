//! Routes: what each path serves, in which stream.

use super::layout::Layout;
use crate::listen::request::{Method, Request};

/// First segments of paths that no further stream may have as its name.
pub const RESERVED: [&str; 6] = ["stream", "mjpeg", "snapshot", "state", "metrics", "healthz"];

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The page that shows the stream.
    Page,
    /// The stream, in the requested layout.
    Stream(Option<Layout>),
    /// The newest frame.
    Snapshot,
    /// The state of the server as JSON.
    State,
    /// The state of the server for Prometheus.
    Metrics,
    /// Whether frames arrive on time.
    Health,
    /// The path of a stream without the last slash: its page has relative links.
    Folder,
    /// The allowed methods.
    Options,
    /// The stream, in a layout that does not exist.
    UnknownLayout,
    /// An unknown path.
    NotFound,
}

/// Finds the stream and the route of a request. `names` are those of the streams; the first stream has none, and its
/// paths have no prefix. `/?action=` is the form of mjpg-streamer, which many clients use.
pub fn route(request: &Request, names: &[String]) -> (usize, Route) {
    let (first, rest) = split(&request.path);
    match names.iter().position(|name| !name.is_empty() && name == first) {
        Some(stream) => (stream, route_in_stream(request, rest)),
        None => (0, route_in_stream(request, &request.path)),
    }
}

/// Splits a path behind its first segment: `/cam/stream` into `cam` and `/stream`.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_at(path.find('/').unwrap_or(path.len()))
}

fn route_in_stream(request: &Request, path: &str) -> Route {
    let found = match (path, request.parameter("action")) {
        ("", _) => Route::Folder,
        ("/", Some("stream")) | ("/stream" | "/mjpeg", _) => match request.parameter("layout") {
            None => Route::Stream(None),
            Some(name) => {
                Layout::named(name).map_or(Route::UnknownLayout, |layout| Route::Stream(Some(layout)))
            }
        },
        ("/", Some("snapshot")) | ("/snapshot", _) => Route::Snapshot,
        ("/", _) => Route::Page,
        ("/state", _) => Route::State,
        ("/metrics", _) => Route::Metrics,
        ("/healthz", _) => Route::Health,
        ("*", _) => Route::Options,
        _ => Route::NotFound,
    };
    match request.method {
        Method::Options if found != Route::NotFound => Route::Options,
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_query_select_the_route() {
        let request = |method, target: &str| {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            Request { method, path: path.into(), query: query.into(), http11: true, fields: Vec::new() }
        };
        for (target, expected) in [
            ("/", Route::Page),
            ("/?x=y", Route::Page),
            ("/stream", Route::Stream(None)),
            ("/mjpeg?layout=early", Route::Stream(Some(Layout::Early))),
            ("/?action=stream&layout=leading", Route::Stream(Some(Layout::Leading))),
            ("/?action=stream", Route::Stream(None)),
            ("/stream?layout=sideways", Route::UnknownLayout),
            ("/snapshot", Route::Snapshot),
            ("/?action=snapshot", Route::Snapshot),
            ("/streams", Route::NotFound),
            ("/stream/", Route::NotFound),
            ("/STREAM", Route::NotFound),
        ] {
            assert_eq!(route(&request(Method::Get, target), &[]), (0, expected), "{target}");
            let options = if expected == Route::NotFound { Route::NotFound } else { Route::Options };
            assert_eq!(route(&request(Method::Options, target), &[]), (0, options), "{target}");
        }
    }

    #[test]
    fn the_first_segment_selects_the_stream() {
        let names = ["", "cam"].map(String::from);
        for (path, expected) in [
            ("/", (0, Route::Page)),
            ("/cam", (1, Route::Folder)),
            ("/cam/", (1, Route::Page)),
            ("/cam/stream", (1, Route::Stream(None))),
            ("/cam/snapshot", (1, Route::Snapshot)),
            ("/cam/cam", (1, Route::NotFound)),
            ("/camera/stream", (0, Route::NotFound)),
            ("//stream", (0, Route::NotFound)),
        ] {
            let (query, fields) = (String::new(), Vec::new());
            let request = Request { method: Method::Get, path: path.into(), query, http11: true, fields };
            assert_eq!(route(&request, &names), expected, "{path}");
        }
    }
}
