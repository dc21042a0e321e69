//! Routes: what each path serves, in which stream.

use std::collections::HashMap;

use super::layout::Layout;
use crate::listen::request::{Method, Request};

/// First segments of paths that no further stream may have as its name.
pub const RESERVED: [&str; 7] = ["stream", "mjpeg", "snapshot", "state", "metrics", "healthz", "targets"];

/// The names of the streams, and what is at the paths without a name.
#[derive(Debug)]
pub struct Names {
    names: Vec<String>,
    indices: HashMap<String, usize>,
    is_farm: bool,
}

impl Names {
    /// Streams of which the first one has no name: its paths have no prefix.
    pub fn behind_first(names: Vec<String>) -> Self {
        let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let indices = named.map(|(index, name)| (name.clone(), index)).collect();
        Self { names, indices, is_farm: false }
    }

    /// Streams that all have names. The other paths are those of the farm.
    pub fn of_farm(names: Vec<String>) -> Self {
        Self { is_farm: true, ..Self::behind_first(names) }
    }

    /// The name of a stream.
    pub fn name(&self, stream: usize) -> &str {
        self.names.get(stream).map_or("", String::as_str)
    }

    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

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
    /// The page with all cameras of a farm.
    Wall,
    /// The state of all cameras of a farm.
    Farm,
    /// The list of all cameras of a farm for `--targets`.
    Targets,
    /// The allowed methods.
    Options,
    /// The stream, in a layout that does not exist.
    UnknownLayout,
    /// An unknown path.
    NotFound,
}

/// Finds the stream and the route of a request; the paths of a farm belong to no stream. `own`: the stream of the port at
/// which the request came, if it has one. `/?action=` is the form of mjpg-streamer, which many clients use.
pub fn route(request: &Request, names: &Names, own: Option<usize>) -> (Option<usize>, Route) {
    if let Some(stream) = own {
        return (Some(stream), route_in_stream(request, &request.path));
    }
    let (first, rest) = split(&request.path);
    match names.indices.get(first) {
        Some(stream) => (Some(*stream), route_in_stream(request, rest)),
        None if names.is_farm => (None, route_in_farm(request)),
        None => (Some(0), route_in_stream(request, &request.path)),
    }
}

fn route_in_farm(request: &Request) -> Route {
    let found = match &*request.path {
        "/" => Route::Wall,
        "/state" => Route::Farm,
        "/targets" => Route::Targets,
        "/metrics" => Route::Metrics,
        "/healthz" => Route::Health,
        "*" => Route::Options,
        _ => Route::NotFound,
    };
    match request.method {
        Method::Options if found != Route::NotFound => Route::Options,
        _ => found,
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
            let names = Names::behind_first(vec![String::new()]);
            let found = |method| route(&request(method, target), &names, None);
            assert_eq!(found(Method::Get), (Some(0), expected), "{target}");
            let options = if expected == Route::NotFound { Route::NotFound } else { Route::Options };
            assert_eq!(found(Method::Options), (Some(0), options), "{target}");
        }
    }

    #[test]
    fn the_first_segment_selects_the_stream() {
        let names = Names::behind_first(["", "cam"].map(String::from).to_vec());
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
            let (stream, expected) = expected;
            assert_eq!(route(&request, &names, None), (Some(stream), expected), "{path}");
        }
    }

    #[test]
    fn a_farm_has_paths_of_its_own_and_a_port_those_of_one_camera() {
        let names = Names::of_farm(["cam1", "cam2"].map(String::from).to_vec());
        for (path, own, expected) in [
            ("/", None, (None, Route::Wall)),
            ("/state", None, (None, Route::Farm)),
            ("/targets", None, (None, Route::Targets)),
            ("/metrics", None, (None, Route::Metrics)),
            ("/stream", None, (None, Route::NotFound)),
            ("/cam2/stream", None, (Some(1), Route::Stream(None))),
            ("/cam2/state", None, (Some(1), Route::State)),
            ("/cam3/stream", None, (None, Route::NotFound)),
            ("/stream", Some(1), (Some(1), Route::Stream(None))),
            ("/", Some(1), (Some(1), Route::Page)),
            ("/cam1/stream", Some(1), (Some(1), Route::NotFound)),
        ] {
            let (query, fields) = (String::new(), Vec::new());
            let request = Request { method: Method::Get, path: path.into(), query, http11: true, fields };
            assert_eq!(route(&request, &names, own), expected, "{path}");
        }
    }
}
