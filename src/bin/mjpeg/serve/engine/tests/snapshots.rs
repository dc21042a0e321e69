//! Tests of snapshots that wait for their picture.

use super::*;

#[test]
fn a_snapshot_waits_for_a_source_that_starts_and_not_for_long() {
    let ready = Rc::new(Cell::new(false));
    let mut world = World::new([("", Source::Slow(Rc::clone(&ready)))], settings());
    let mut socket = world.request("/snapshot");
    assert_eq!(received(&mut socket), (String::new(), false));
    world.pass(999 * MS);
    assert_eq!(received(&mut socket).0, "");
    world.pass(MS);
    assert!(received(&mut socket).0.starts_with("HTTP/1.1 503 "));

    let mut socket = world.request("/snapshot");
    ready.set(true);
    world.engine.poll_stream(0, world.clock.now());
    world.settle();
    let (answer, closed) = received(&mut socket);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("image/jpeg") && closed, "{answer}");
}

#[test]
fn connections_that_no_longer_wait_for_a_snapshot_are_forgotten_without_a_picture_too() {
    let mut world = World::new([("", Source::Slow(Rc::default()))], settings());
    let mut answered = world.request("/snapshot");
    assert!(world.engine.connections.has_snapshots(0));
    world.pass(1000 * MS);
    assert!(received(&mut answered).0.starts_with("HTTP/1.1 503 "));
    assert!(!world.engine.connections.has_snapshots(0), "after the timeout");

    let [first, second] = [(); 2].map(|()| world.request("/snapshot"));
    drop(first);
    world.settle();
    assert!(world.engine.connections.has_snapshots(0), "the other client still waits");
    drop(second);
    world.settle();
    assert!(!world.engine.connections.has_snapshots(0), "after both clients have left");
}
