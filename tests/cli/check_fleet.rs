//! `mjpeg check` of a fleet: `--shard`, `--merge`, `--expect` and `--write-expect`.

use crate::kit;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use kit::peer;
use kit::run::{End, mjpeg, run, run_with_input, start};
use serde_json::Value;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A list of 24 cameras that are captures; one of them is missing.
fn list(folder: &Path) -> String {
    let motion = kit::repository("fixtures/captures/motion.http");
    let line = |n: usize| match n {
        17 => format!("cam-{n} /missing/{n}.http\n"),
        _ => format!("cam-{n} {} --frames 1\n", motion.display()),
    };
    let file = folder.join("cameras.txt");
    fs::write(&file, (0..24).map(line).collect::<String>()).unwrap();
    file.to_str().unwrap().into()
}

#[test]
fn shards_are_complete_and_disjoint_and_merge_to_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let list = list(folder.path());
    let mut files = Vec::new();
    let mut seen = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let end = run(&mut mjpeg(["check", "--targets", &list, "--shard", shard, "--format", "json"]));
        assert!([Some(0), Some(6)].contains(&end.code()), "{}", end.err);
        seen.extend(lines(&end.text()).iter().map(|it| it["name"].as_str().unwrap().to_string()));
        let file = folder.path().join(shard.replace('/', "-"));
        fs::write(&file, &end.out).unwrap();
        files.push(file);
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (24, 24));
    let merged = run(mjpeg(["check", "--format", "json", "--merge"]).args(&files)).expect(6);
    assert_eq!(lines(&merged.text()).len(), 24);
    assert!(merged.err.is_empty());
    // JSON of JSON is the same.
    let again =
        run_with_input(&mut mjpeg(["check", "--format", "json", "--merge", "-"]), &merged.out).expect(6);
    assert_eq!(again.text(), merged.text());
    // A shard that was killed before its first line is no complete one; a shard without a target is, and no failure.
    let empty = folder.path().join("empty");
    let merge = |input: &[u8]| {
        fs::write(&empty, input).unwrap();
        run(mjpeg(["check", "--format", "nagios", "--merge"]).arg(&empty))
    };
    assert!(merge(b"").expect(3).err.contains("empty is empty: "));
    let shards = (1..=2).map(|n| ["1/2", "2/2"][n - 1]);
    let json =
        |shard| run(&mut mjpeg(["check", "test:", "--frames", "1", "--format", "json", "--shard", shard]));
    let idle = shards.map(json).find(|end| end.out == b"\n").unwrap();
    merge(&idle.out).expect(0);
    let shards =
        (1..=4).map(|n| run(mjpeg(["check", "test:", "--frames", "1"]).args(["--shard", &format!("{n}/4")])));
    let printed = shards.filter(|end| !end.text().is_empty()).count();
    assert_eq!(printed, 1);
}

/// The JSON of the shards of a fleet of 24 cameras that pass, each in a file.
fn shards(folder: &Path, count: usize) -> Vec<String> {
    let motion = kit::repository("fixtures/captures/motion.http");
    let list = folder.join("cameras.txt");
    let line = |n: usize| format!("cam-{n} {} --frames 1\n", motion.display());
    fs::write(&list, (0..24).map(line).collect::<String>()).unwrap();
    let checked = |number: usize| {
        let shard = format!("{number}/{count}");
        let end =
            run(mjpeg(["check", "--format", "json", "--shard", &shard, "--targets"]).arg(&list)).expect(0);
        let file = folder.join(format!("shard-{number}-of-{count}.json"));
        fs::write(&file, end.out).unwrap();
        file.to_str().unwrap().to_string()
    };
    (1..=count).map(checked).collect()
}

fn merged(files: &[&str], more: &[&str]) -> End {
    run(mjpeg(["check"]).args(more).arg("--merge").args(files))
}

#[test]
fn a_fleet_without_one_of_its_shards_does_not_pass_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let all = shards(folder.path(), 3);
    let [one, two, three] = [0, 1, 2].map(|n| all[n].as_str());
    assert!(merged(&[one, two, three], &[]).expect(0).err.is_empty());
    let page = folder.path().join("page.html");
    let page = page.to_str().unwrap();
    for (format, status, shown) in [
        ("text", 6, "\nshard 2/3: error\n"),
        ("json", 6, "\"target\":\"shard 2/3\""),
        ("junit", 6, "<error message=\"not in any file\" type=\"error\""),
        ("github", 6, "::error title=error::shard 2/3: not in any file"),
        ("nagios", 3, "MJPEG UNKNOWN - 1 of "),
        ("prometheus", 6, "mjpeg_check_success{target=\"shard 2/3\"} 0\n"),
        ("markdown", 6, "## `shard 2/3`: error\n\n* reason: `not in any file`"),
    ] {
        let end = merged(&[one, three], &["--format", format, "--report", page]).expect(status);
        let text = end.text();
        assert!(text.contains(shown), "{format}: {text}");
        assert!(end.err.starts_with("mjpeg: check: shard 2/3: not in any file\nhint: "), "{}", end.err);
        let page = fs::read_to_string(page).unwrap();
        assert!(page.contains("1 of ") && page.contains("shard 2&#x2f;3"), "{format}");
    }
    // What was merged without a shard stays so.
    let json = merged(&[one, three], &["--format", "json"]).expect(6);
    let again =
        run_with_input(&mut mjpeg(["check", "--format", "json", "--merge", "-"]), &json.out).expect(6);
    assert_eq!(again.text(), json.text());
    // A camera that is critical is the worse for Nagios.
    let broken =
        run(&mut mjpeg(["check", "/missing.http", "test:", "--size=1x1", "--frames=1", "--format=json"]));
    let file = folder.path().join("broken.json");
    fs::write(&file, &broken.expect(6).out).unwrap();
    let end = merged(&[one, three, file.to_str().unwrap()], &["--format", "nagios"]).expect(2);
    assert!(end.err.contains("shard 2/3: not in any file"), "{}", end.err);
}

#[test]
fn shards_that_are_not_of_one_fleet_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let of_two = shards(folder.path(), 2);
    let of_three = shards(folder.path(), 3);
    let [one, two] = [0, 1].map(|n| of_two[n].as_str());
    // The same file, and another run of the same shard.
    let copy = folder.path().join("copy.json");
    fs::copy(one, &copy).unwrap();
    for again in [one, copy.to_str().unwrap()] {
        let end = merged(&[one, again, two], &[]).expect(6);
        assert!(end.err.contains("shard 1/2") && end.err.contains("would count twice"), "{}", end.err);
        assert!(end.text().is_empty());
    }
    let end = merged(&[one, copy.to_str().unwrap(), two], &["--format", "nagios"]).expect(3);
    assert!(
        end.err.contains("the same shard 1/2") && end.text().starts_with("MJPEG UNKNOWN - "),
        "{}",
        end.err
    );
    // Another number of shards.
    let end = merged(&[one, &of_three[1], &of_three[2]], &[]).expect(6);
    assert!(
        end.err.contains("shard 2/2: not in any file\n") && end.err.contains("shard 1/3: not in"),
        "{}",
        end.err
    );
    let whole: Vec<&str> = of_two.iter().chain(&of_three).map(String::as_str).collect();
    merged(&whole, &[]).expect(0);
    // Another time, and other settings: each verdict stays as it was.
    let text = fs::read_to_string(two).unwrap();
    let day = text.split_once("\"started\":\"").unwrap().1[..10].to_string();
    fs::write(two, text.replace(&day, "2020-01-01")).unwrap();
    let end = merged(&[one, two], &[]).expect(0);
    assert!(end.err.contains("shard 2/2 was checked from 2020-01-01T"), "{}", end.err);
    fs::write(two, text.replace("\"fail_on\":\"error\"", "\"fail_on\":\"info\"")).unwrap();
    let end = merged(&[one, two], &[]).expect(0);
    assert!(end.err.contains("--fail-on was error in shard 1/2 and info in shard 2/2"), "{}", end.err);
}

#[test]
fn jobs_take_their_number_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let list = list(folder.path());
    let auto = |name: &str, value: &str| {
        let mut check = mjpeg(["check", "--targets", &list, "--shard", "auto/3", "--format", "json"]);
        check.env_remove("SLURM_ARRAY_TASK_ID").env_remove("JOB_COMPLETION_INDEX").env(name, value);
        run(&mut check)
    };
    let names = |text: &str| lines(text).iter().map(|it| it["name"].clone()).collect::<Vec<_>>();
    let plain = run(&mut mjpeg(["check", "--targets", &list, "--shard", "2/3", "--format", "json"])).text();
    assert_eq!(names(&auto("SLURM_ARRAY_TASK_ID", "2").text()), names(&plain));
    assert_eq!(names(&auto("JOB_COMPLETION_INDEX", "1").text()), names(&plain));
    for (name, value, why) in [
        ("SLURM_ARRAY_TASK_ID", "0", "must have the numbers 1 to 3"),
        ("JOB_COMPLETION_INDEX", "3", "must have the numbers 0 to 2"),
        ("OTHER", "1", "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"),
    ] {
        let end = auto(name, value).expect(2);
        assert!(end.err.contains(why), "{}", end.err);
    }
}

#[test]
fn gnu_parallel_runs_the_shards() {
    let Some(mut parallel) = peer::command("parallel") else { return };
    let folder = tempfile::tempdir().unwrap();
    let list = list(folder.path());
    let command = format!(
        "{} check --targets {list} --shard {{}}/3 --format json > shard-{{}}.json 2> /dev/null",
        env!("CARGO_BIN_EXE_mjpeg")
    );
    // The status is the number of shards that failed: the one with the missing file.
    let end = run(parallel
        .args(["--will-cite", "--jobs", "3", &command, ":::", "1", "2", "3"])
        .env("HOME", folder.path())
        .current_dir(folder.path()));
    assert_eq!(end.code(), Some(1), "{}", end.err);
    let files = ["shard-1.json", "shard-2.json", "shard-3.json"];
    let merge = |more: &[&str]| {
        run(mjpeg(["check", "--quiet"]).args(more).arg("--merge").args(files).current_dir(folder.path()))
            .expect(6)
    };
    let text = merge(&["--report", "fleet.html"]).text();
    let (_, table) = text.split_once("\n\n").unwrap();
    assert_eq!((table.lines().count(), table.matches("  pass").count()), (25, 23), "{text}");
    let page = fs::read_to_string(folder.path().join("fleet.html")).unwrap();
    assert!(page.contains("1 of 24 targets do not pass"));
    assert_eq!(merge(&["--format", "junit"]).text().matches("<testsuite ").count(), 24);
}

#[test]
fn what_is_no_verdict_is_not_merged() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let good = run(&mut mjpeg(["check", "test:", "--frames", "2", "--format", "json"])).expect(0).text();
    let cut = file("cut.json", &format!("{good}{}", &good[..good.len() / 2]));
    let end = run(&mut mjpeg(["check", "--merge", &cut])).expect(6);
    assert!(end.err.contains("cut.json:2: ") && end.text().is_empty(), "{}", end.err);
    // A run that was interrupted has not checked its targets.
    let interrupted = file("interrupted.json", &good.replace("\"pass\"", "\"interrupted\""));
    run(&mut mjpeg(["check", "--merge", &interrupted])).expect(6);
    for args in
        [&["check", "--merge", &cut, "--frames", "3"][..], &["check", "--merge", &cut, "--shard", "1/2"]]
    {
        run(&mut mjpeg(args)).expect(2);
    }
}

/// The pipe has no writer.
#[test]
fn a_signal_ends_a_merge_that_waits_for_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("shard.json");
    run(Command::new("mkfifo").arg(&fifo)).expect(0);
    let running = start(mjpeg(["check", "--format", "json", "--merge"]).arg(&fifo));
    kit::eventually("handlers of signals", || running.handles_signals().then_some(()));
    running.signal("TERM");
    let end = running.end();
    assert_eq!(end.status.signal(), Some(15), "{}", end.err);
    // What is printed could be merged.
    assert!(end.out.is_empty(), "{}", end.text());
}

#[test]
fn a_good_run_writes_expectations_that_it_meets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.toml");
    let file = file.to_str().unwrap();
    let motion = kit::repository("fixtures/captures/motion.http");
    let motion = motion.to_str().unwrap();
    let check = |args: &[&str]| run(mjpeg(["check", "--quiet"]).args(args));
    check(&[motion, "--write-expect", file]).expect(0);
    let written = fs::read_to_string(file).unwrap();
    assert!(written.contains("size = \"640x480\""), "{written}");
    check(&[motion, "--expect", file]).expect(0);
    let end = check(&["test:320x240", "--frames", "3", "--expect", file]).expect(1);
    assert!(end.text().contains("C501 size-mismatch"), "{}", end.text());
    // The option replaces the value of the file.
    check(&["test:320x240", "--frames", "3", "--expect", file, "--size", "320x240"]).expect(0);
    // Nothing is replaced unless asked for, and a bad run writes nothing.
    let end = check(&["test:", "--frames", "3", "--write-expect", file]).expect(6);
    assert!(end.err.contains("exists") && end.err.contains("--force"), "{}", end.err);
    let end =
        check(&["test:", "--frames", "3", "--size", "1x1", "--write-expect", file, "--force"]).expect(1);
    assert!(end.err.contains("was not written: the verdict is fail"), "{}", end.err);
    assert_eq!(fs::read_to_string(file).unwrap(), written);
    check(&["test:", "--frames", "3", "--write-expect", file, "--force"]).expect(0);
    assert!(fs::read_to_string(file).unwrap().contains("size = \"320x240\""));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nothing", &link).unwrap();
    let end = check(&["test:", "--frames", "3", "--write-expect", link.to_str().unwrap()]).expect(6);
    assert!(end.err.contains("link exists"), "{}", end.err);
    fs::remove_file(&link).unwrap();
    let end = check(&["test:", "test:640x480", "--write-expect", file, "--force"]).expect(6);
    assert!(end.err.contains("for one camera, and there are 2 targets"), "{}", end.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_exemption_counts_until_its_last_day() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.toml");
    let expect = |until: &str| {
        let text = format!("[[ignore]]\nrule = \"cut\"\nreason = \"ticket 7\"\nuntil = {until}\n");
        fs::write(&file, text).unwrap();
        let motion = kit::repository("fixtures/captures/motion.http");
        run(mjpeg(["check", "--fail-on", "info", "--expect"]).arg(&file).arg(motion))
    };
    let text = expect("9999-12-31").expect(0).text();
    assert!(text.contains("M240 is exempt until 9999-12-31: ticket 7") && !text.contains("info "), "{text}");
    let text = expect("2020-01-01").expect(1).text();
    assert!(
        text.contains("M240 was exempt until 2020-01-01: ticket 7") && text.contains("M240 cut"),
        "{text}"
    );
    let end = expect("soon").expect(6);
    assert!(end.err.contains("camera.toml:4: "), "{}", end.err);
}
