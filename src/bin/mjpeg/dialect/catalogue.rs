//! The dialects that the program has.

use std::fmt;

use mjpeg::check::nearest_word;

use super::description::Description;

/// The files of `fixtures/dialects`: each is a name and its text.
macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../../../fixtures/dialects/", $name, ".toml"))),)*]
    };
}

const FILES: &[(&str, &str)] = files![
    "a9-goahead-ip-camera",
    "arduino-esp32-camerawebserver-2-0",
    "arduino-esp32-camerawebserver-before-feb-2020",
    "arecont-vision",
    "axis-vapix-250s-manual",
    "axis-via-mjpeg-proxy-sample",
    "cam-reverse-a9-x5-pppp-cameras",
    "cam2ip",
    "circuitpython-bmp-stream",
    "darknet-http-stream",
    "droidcam-android",
    "esp32-cam-webserver",
    "ffmpeg-f-mpjpeg-listen-1",
    "firefox-mochitest-bug1180105-sjs-webcam-simulacrum-sjs",
    "flask-fastapi-copy-paste-classic",
    "foscam-g2-cgistream-getmjstream",
    "frigate-api-camera",
    "go2rtc",
    "gstreamer-multipartmux-tcpserversink",
    "hikvision-isapi-httppreview",
    "home-assistant-camera-proxy-stream",
    "ip-webcam-android-pavel-khlebovich",
    "ispy-mjpegfeed",
    "jvc-vn-v685u",
    "jvc-vn-v686u-raw-mode",
    "lumenera",
    "mcu-camera-image-jpg-with-trailing-blanks",
    "mjpg-streamer",
    "mjpg-streamer-wxp-compat-webcamxp",
    "motion-4-5-5-x",
    "multipart-stream-rs-serializer",
    "ncsa-style-nph-perl-server-push",
    "node-mjpeg-proxy-re-emitter",
    "node-mjpeg-test-server",
    "novatek-sigmastar-dash-cams-8192",
    "openipc-divinus",
    "panasonic-he40-ptz",
    "panasonic-nphmotionjpeg",
    "raspberrypi-node-camera-web-streamer-bug",
    "saljam-mjpeg",
    "screenstream-android",
    "sercomm-mjpg-blocks",
    "sim-use-stream-video",
    "sony-snc-5th-generation",
    "spyglass",
    "tasmota-webcam-2021",
    "tp-link-kasa-kc200",
    "trendnet-tv-ip-camera-web-server-1-0",
    "unity-videoserver",
    "ustreamer",
    "ustreamer-advance-headers",
    "vlc-mpjpeg-mux-default-mime",
    "vlc-mpjpeg-mux-documented-mime-option",
    "vvidic-mjpeg-proxy",
    "web-video-server-ros-ros2",
    "webkit-chromium-layouttests-multipart-php",
    "wowwee-rovio-winbond-w99702",
    "wpilib-cscore-mjpegserver",
];

/// Why there is no dialect of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// No name begins like this.
    Name(String),
    /// Several names begin like this.
    Ambiguous(String, Vec<&'static str>),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => {
                let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
                match nearest_word(name, &names) {
                    Some(near) => write!(f, "no dialect is called {name}; did you mean {near}?"),
                    None => write!(f, "no dialect is called {name}; --list-dialects shows all"),
                }
            }
            Self::Ambiguous(name, names) => {
                write!(f, "{name} can be {}", names.join(" or "))
            }
        }
    }
}

/// All dialects, by their names.
///
/// # Panics
///
/// Never: a test reads all files.
pub fn all() -> impl Iterator<Item = (&'static str, Description)> {
    FILES.iter().map(|(name, text)| {
        (*name, Description::parse(text).unwrap_or_else(|error| panic!("{name}: {error}")))
    })
}

/// The dialect of this name or title, or the only one whose name begins like this.
///
/// # Errors
///
/// When there is none, or several.
pub fn named(name: &str) -> Result<(&'static str, Description), Unknown> {
    let lower = name.to_lowercase();
    let is_meant = |file: &str, dialect: &Description| file == lower || dialect.title.to_lowercase() == lower;
    if let Some(found) = all().find(|(file, dialect)| is_meant(file, dialect)) {
        return Ok(found);
    }
    let beginning: Vec<_> = FILES
        .iter()
        .map(|(file, _)| *file)
        .filter(|file| !lower.is_empty() && file.starts_with(&lower))
        .collect();
    match beginning[..] {
        [] => Err(Unknown::Name(name.into())),
        [only] => all().find(|(file, _)| *file == only).ok_or_else(|| Unknown::Name(name.into())),
        _ => Err(Unknown::Ambiguous(name.into(), beginning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_read_and_have_their_own_titles() {
        let mut titles: Vec<_> = all().map(|(_, dialect)| dialect.title).collect();
        assert_eq!(titles.len(), 58);
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), 58);
    }

    #[test]
    fn a_dialect_is_found_by_its_name_its_title_and_the_beginning_of_its_name() {
        for (name, expected) in [
            ("mjpg-streamer", "mjpg-streamer"),
            ("uStreamer", "ustreamer"),
            ("Motion 4.5/5.x", "motion-4-5-5-x"),
            ("motion", "motion-4-5-5-x"),
        ] {
            assert_eq!(named(name).unwrap().0, expected, "{name}");
        }
        assert_eq!(named("nikon"), Err(Unknown::Name("nikon".into())));
        assert_eq!(named(""), Err(Unknown::Name(String::new())));
        let Err(Unknown::Ambiguous(_, names)) = named("vlc") else { panic!("ambiguous") };
        assert_eq!(names.len(), 2);
    }
}
