//! Finished targets for the tests of the formats.

use crate::verdict::finished::Finished;

fn parsed(json: &str) -> Finished {
    serde_json::from_str(json).unwrap()
}

/// A stream without findings.
pub fn good() -> Finished {
    parsed(
        r#"{"schema":"mjpeg.check/1","name":"front","target":"http://cam/1","source":"url","started":"2025-11-28T00:00:00.250Z",
        "verdict":"pass","end":"cap","cap":"frames","parts":100,"duration_s":4.1,"findings":[],
        "limits":{"fail_on":"error","min_fps":10.0,"max_gap_ms":500.0},
        "timing":{"first_frame_ms":120.0,"fps":25.0,"gap_p50_ms":40.0,"gap_p99_ms":50.0,"gap_max_ms":80.0,"jitter_ms":1.5,"stalls":0},
        "frames":{"width":640,"height":480,"bytes_p50":40000,"pictures":100,"identical":0,"walked":100,"unread":0},
        "consumers":{"vlc":"on_time","chromium":"late"}}"#,
    )
}

/// A stream whose name and text try to break out of each format.
pub fn hostile() -> Finished {
    let evil = "100% | <b>]]> `id` $(id) \"q\" 'q' \r\n::error::x, a: b\u{1b}[31m\u{202e}\u{0}";
    let mut it = good();
    it.name = Some("fro|nt'".into());
    let mut findings: Vec<crate::verdict::finished::Finding> = serde_json::from_str(
        r#"[{"code":"M203","name":"content-length-short","severity":"error","count":3,"part":4,"offset":12345,"message":""},
        {"code":"M215","name":"delimiter-padded","severity":"warning","count":1,"message":""}]"#,
    )
    .unwrap();
    for finding in &mut findings {
        finding.message = evil.into();
    }
    it.findings = findings;
    it.verdict = crate::criteria::Verdict::Fail;
    if let Some(timing) = &mut it.timing {
        timing.fps = 9.5;
    }
    it
}

/// A target without an answer.
pub fn silent() -> Finished {
    parsed(
        r#"{"schema":"mjpeg.check/1","target":"http://cam/","source":"url","verdict":"unreachable","parts":0,"duration_s":0.1,
        "findings":[],"limits":{"fail_on":"error"},"error":"connection refused"}"#,
    )
}
