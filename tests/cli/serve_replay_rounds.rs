//! `mjpeg serve --loops` of a capture with the times of its reads.

use crate::kit;
use crate::serve_replay::{GET, capture, jpegs};

use std::fs;
use std::path::Path;

use kit::camera::{HEAD, chunk, part};
use kit::http;
use kit::run::{Server, mjpeg, run};
use serde_json::Value;

/// The frames that `record` finds, and the deviations and damages.
fn recorded(server: &Server, folder: &Path) -> (Vec<Vec<u8>>, Vec<Value>) {
    let out = folder.join("out");
    let _ = run(mjpeg(["record", &server.stream, "--quiet", "--force"]).arg(&out)).err.len();
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let lines = manifest.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let faults = lines.filter(|line| !line["deviations"].is_null() || !line["damage"].is_null()).collect();
    (kit::contents(&out), faults)
}

#[test]
fn a_round_begins_again_behind_the_last_complete_part() {
    let jpegs = jpegs();
    let parts: Vec<Vec<u8>> = jpegs.iter().map(|jpeg| part(jpeg)).collect();
    let cut = part(&jpegs[0])[..3000].to_vec();
    let chunked = HEAD.replace("Connection: close", "Transfer-Encoding: chunked");
    let last = b"--foo--\r\n".to_vec();
    let with_cut = [&parts[..], &[cut]].concat();
    let without_line_end = [&parts[..4], &[parts[4][..parts[4].len() - 2].to_vec()]].concat();
    let in_chunks = |parts: &[Vec<u8>], bytes: usize| -> Vec<Vec<u8>> {
        let all = parts.concat();
        all.chunks(bytes).map(chunk).chain([b"0\r\n\r\n".to_vec()]).collect()
    };
    let mut odd_chunks = in_chunks(&[&parts[..], std::slice::from_ref(&last)].concat(), 777);
    let whole = odd_chunks.clone();
    // Cut in the middle of a chunk.
    odd_chunks.truncate(odd_chunks.len() - 3);
    odd_chunks.last_mut().unwrap().truncate(300);
    for (name, head, pieces, faults) in [
        ("to the end of a part", HEAD, parts.clone(), 0),
        ("with a close-delimiter", HEAD, [&parts[..], std::slice::from_ref(&last)].concat(), 0),
        ("cut inside a part", HEAD, with_cut.clone(), 1),
        ("cut behind a body", HEAD, without_line_end, 0),
        ("a chunk for each part", &chunked, parts.iter().map(|part| chunk(part)).collect(), 0),
        ("odd chunks", &chunked, whole, 0),
        ("odd chunks, cut", &chunked, odd_chunks, 1),
        ("one chunk", &chunked, in_chunks(&[&parts[..], &[last]].concat(), 1 << 20), 0),
        ("one chunk, cut inside a part", &chunked, in_chunks(&with_cut, 1 << 20), 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let pieces = [&[head.as_bytes().to_vec()], &pieces[..]].concat();
        let timed: Vec<_> = pieces.iter().zip((0..).step_by(5)).map(|(it, ms)| (it.clone(), ms)).collect();
        let path = capture(folder.path(), &timed, "");
        let bytes = fs::read(&path).unwrap();
        // The server ends when its last viewer has received everything: each viewer has a server of its own.
        let server = Server::start(&path, &["--loops", "3"]);
        let (frames, found) = recorded(&server, folder.path());
        server.run.end().expect(0);
        let complete = if name == "odd chunks, cut" { 4 } else { 5 };
        let round = &jpegs[..complete];
        assert!(frames == [round, round, round].concat(), "{name}: {} frames", frames.len());
        assert_eq!(found.len(), faults, "{name}: {found:?}");
        let server = Server::start(&path, &["--loops", "3"]);
        let all = http::exchange(server.address(), GET);
        assert!(all.ends_with(&bytes[bytes.len() - 50..]), "{name}: the end is that of the capture");
        let closes = memchr::memmem::find_iter(&all, b"--foo--").count();
        assert!(closes <= 1, "{name}: {closes} close-delimiters");
        server.run.end().expect(0);
    }
}

#[test]
fn frames_of_a_replay_are_counted() {
    let chunked = HEAD.replace("Connection: close", "Transfer-Encoding: chunked");
    let parts: Vec<Vec<u8>> = jpegs().iter().map(|jpeg| part(jpeg)).collect();
    let cut = part(&jpegs()[0])[..3000].to_vec();
    let all = [&parts[..], &[cut]].concat();
    let odd: Vec<Vec<u8>> = all.concat().chunks(777).map(chunk).collect();
    for (head, pieces) in [(HEAD, all), (&chunked, odd)] {
        for (rounds, frames) in [("1", 5), ("3", 15)] {
            let folder = tempfile::tempdir().unwrap();
            let pieces = [&[head.as_bytes().to_vec()], &pieces[..]].concat();
            let timed: Vec<_> = pieces.into_iter().zip(0..).collect();
            // The connection stays open behind the last byte.
            let path = capture(folder.path(), &timed, "stalled 9.0");
            let server = Server::start(&path, &["--loops", rounds]);
            let mut viewer = http::connect(server.address());
            std::io::Write::write_all(&mut viewer, GET).unwrap();
            // Until the server is gone.
            let reads = std::thread::spawn(move || std::io::copy(&mut viewer, &mut std::io::sink()));
            let state = || serde_json::from_slice::<Value>(&http::get(server.address(), "/state").1).unwrap();
            kit::eventually("all frames", || (state()["viewers"][0]["frames_sent"] == frames).then_some(()));
            assert_eq!(state()["totals"]["frames_sent"], frames);
            drop(server);
            let _ = reads.join().unwrap();
        }
    }
}
