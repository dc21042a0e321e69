//! What the name of OUT says about it.

use std::path::Path;

/// What OUT is by its name.
#[derive(Debug, PartialEq, Eq)]
pub enum OutName {
    /// A directory.
    Directory,
    /// The file of one picture.
    Picture,
    /// A file of a kind that OUT is not: what to write instead.
    OtherFile(String),
}

impl OutName {
    /// A name that ends in a slash is that of a directory, whatever its extension is.
    pub fn of(out: &Path) -> Self {
        let Some(extension) = out.extension().filter(|_| !out.as_os_str().as_encoded_bytes().ends_with(b"/"))
        else {
            return Self::Directory;
        };
        let name = out.display();
        let with = |extension: &str| out.with_extension(extension).display().to_string();
        Self::OtherFile(match &*extension.to_string_lossy().to_ascii_lowercase() {
            "jpg" | "jpeg" => return Self::Picture,
            "png" | "gif" | "bmp" | "webp" | "tif" | "tiff" | "avif" | "heic" | "jxl" | "jp2" | "ppm" => {
                format!("pictures are written as JPEG: {} with --frames 1", with("jpg"))
            }
            "mkv" => format!("a video is written by --mkv {name}"),
            "mp4" | "m4v" | "avi" | "mov" | "webm" | "mpg" | "mpeg" => {
                format!("a video is written by --mkv {}", with("mkv"))
            }
            "mjpeg" | "mjpg" => format!("frames in one file are written by --concat {name}"),
            "http" => format!("the response is written by --raw {name}"),
            _ => return Self::Directory,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_files_that_out_is_not_have_a_hint() {
        for (out, hint) in [
            ("a/still.PNG", "a/still.jpg with --frames 1"),
            ("night.mkv", "--mkv night.mkv"),
            ("night.mp4", "--mkv night.mkv"),
            ("all.mjpeg", "--concat all.mjpeg"),
            ("site.http", "--raw site.http"),
        ] {
            let OutName::OtherFile(instead) = OutName::of(Path::new(out)) else { panic!("{out}") };
            assert!(instead.ends_with(hint), "{instead}");
        }
        for out in ["still.jpg", "./x.JPEG"] {
            assert_eq!(OutName::of(Path::new(out)), OutName::Picture, "{out}");
        }
        for out in ["out", "out/", "still.png/", "a.jpg/", "cam.1", ".png", "..", "10.0.0.1", "-"] {
            assert_eq!(OutName::of(Path::new(out)), OutName::Directory, "{out}");
        }
    }
}
