//! Recipes and captures tell the events written down for them.

use std::fs;

use super::invariants::parser::open;
use super::recipe::Recipe;
use super::{fixtures, report};

#[test]
fn every_recipe_tells_the_events_it_says() {
    fixtures::for_each(&fixtures::recipes(), |(_, path)| {
        let source = fs::read_to_string(path).expect("readable");
        let recipe = Recipe::parse(&source);
        let (boundary, body) = open(&recipe.stream);
        let actual = report::events(&body, boundary.as_deref());
        let blessed = || format!("{}= events\n{actual}", recipe.text);
        fixtures::assert_agrees(path, &recipe.expected, &actual, blessed);
    });
}

#[test]
fn every_device_and_capture_tells_the_events_beside_it() {
    let devices = fixtures::devices().into_iter().map(|(_, path)| path.join("stream.http"));
    let captures = fixtures::captures().into_iter().map(|(_, path)| path);
    fixtures::for_each(&devices.chain(captures).collect::<Vec<_>>(), |stream| {
        let (boundary, body) = open(&fs::read(stream).expect("readable"));
        let actual = report::events(&body, boundary.as_deref());
        let path = if stream.ends_with("stream.http") {
            stream.with_file_name("events.txt")
        } else {
            stream.with_extension("events")
        };
        let expected = fs::read_to_string(&path).unwrap_or_default();
        fixtures::assert_agrees(&path, &expected, &actual, || actual.clone());
    });
}
