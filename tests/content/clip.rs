//! The clips: what they show, and how they are encoded.

use std::path::{Path, PathBuf};

use crate::ffmpeg;

/// Frames a second of all clips.
pub const FPS: u32 = 10;

/// What a clip is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Clearly black or not, clearly frozen or not.
    Plain,
    /// A scene without movement, with noise in every picture.
    Noise,
}

/// A clip that FFmpeg makes.
#[derive(Debug)]
pub struct Clip {
    pub name: &'static str,
    pub kind: Kind,
    /// The filters that draw it.
    filters: &'static str,
    /// The options of the encoder.
    encoder: &'static [&'static str],
}

const fn plain(name: &'static str, filters: &'static str, encoder: &'static [&'static str]) -> Clip {
    Clip { name, kind: Kind::Plain, filters, encoder }
}

const fn noise(name: &'static str, filters: &'static str, encoder: &'static [&'static str]) -> Clip {
    Clip { name, kind: Kind::Noise, filters, encoder }
}

const FINE: &[&str] = &["-q:v", "2"];
const USUAL: &[&str] = &["-q:v", "5"];
const COARSE: &[&str] = &["-q:v", "24"];
const FULL_CHROMA: &[&str] = &["-q:v", "5", "-pix_fmt", "yuvj444p"];
const WIDE_CHROMA: &[&str] = &["-q:v", "5", "-pix_fmt", "yuvj422p"];
const RATE: &[&str] = &["-b:v", "1M"];

/// All clips. `loop` takes frames by their number, `tpad` repeats the first or last one.
pub static CLIPS: &[Clip] = &[
    plain("movement", "testsrc2=s=320x240:r=10:d=20", USUAL),
    plain("movement, fine", "testsrc2=s=640x480:r=10:d=10", FINE),
    plain("movement, coarse", "testsrc2=s=640x480:r=10:d=10", COARSE),
    plain("a zoom", "mandelbrot=s=320x240:r=10,trim=duration=20", USUAL),
    plain("cells", "life=s=160x120:r=10:mold=10:seed=7,scale=320x240,trim=duration=10", USUAL),
    plain("a counter each second", "testsrc=s=320x240:r=10:d=20", USUAL),
    plain(
        "black, then movement",
        "testsrc2=s=320x240:r=10:d=20,drawbox=c=black:t=fill:enable='lt(t,7)'",
        USUAL,
    ),
    plain(
        "black twice",
        "mandelbrot=s=322x178:r=10,trim=duration=30,drawbox=c=black:t=fill:enable='between(t,5,9)+between(t,15,22)'",
        FULL_CHROMA,
    ),
    plain(
        "black for less than two seconds",
        "testsrc2=s=320x240:r=10:d=20,drawbox=c=black:t=fill:enable='between(t,5,6.5)'",
        USUAL,
    ),
    plain(
        "black with a bright corner",
        "testsrc2=s=640x480:r=10:d=20,drawbox=x=64:c=black:t=fill:enable='between(t,5,10)'",
        USUAL,
    ),
    plain(
        "black with a small bright corner",
        "testsrc2=s=640x480:r=10:d=20,drawbox=y=16:c=black:t=fill:enable='between(t,5,10)',\
         drawbox=x=128:c=black:t=fill:enable='between(t,5,10)'",
        USUAL,
    ),
    plain(
        "dark grey",
        "testsrc2=s=320x240:r=10:d=20,drawbox=c=0x202020:t=fill:enable='between(t,5,10)'",
        USUAL,
    ),
    plain("fade out", "testsrc2=s=320x240:r=10:d=20,fade=out:st=5:d=4", USUAL),
    plain("fade in", "mandelbrot=s=320x240:r=10,trim=duration=20,fade=in:st=4:d=8", WIDE_CHROMA),
    plain("slow fade out", "mandelbrot=s=640x480:r=10,trim=duration=30,fade=out:st=2:d=24", USUAL),
    plain("fade out, coarse", "testsrc2=s=640x480:r=10:d=20,fade=out:st=5:d=6", COARSE),
    plain("fade to white", "testsrc2=s=320x240:r=10:d=20,fade=out:st=5:d=4:color=white", USUAL),
    plain(
        "last picture repeated",
        "testsrc2=s=320x240:r=10:d=10,tpad=stop_mode=clone:stop_duration=10",
        USUAL,
    ),
    plain(
        "first picture repeated",
        "mandelbrot=s=320x240:r=10,trim=duration=10,tpad=start_mode=clone:start_duration=10",
        FINE,
    ),
    plain(
        "frozen in the middle",
        "testsrc2=s=320x240:r=10:d=20,loop=loop=60:size=1:start=70,setpts=N/10/TB",
        USUAL,
    ),
    plain(
        "frozen for a second",
        "testsrc2=s=320x240:r=10:d=20,loop=loop=10:size=1:start=70,setpts=N/10/TB",
        USUAL,
    ),
    plain(
        "frozen twice, coarse",
        "mandelbrot=s=640x480:r=10,trim=duration=10,loop=loop=40:size=1:start=30,loop=loop=50:size=1:start=90,\
         setpts=N/10/TB",
        COARSE,
    ),
    plain(
        "frozen, all of chroma",
        "testsrc2=s=322x178:r=10:d=10,loop=loop=60:size=1:start=40,setpts=N/10/TB",
        FULL_CHROMA,
    ),
    plain(
        "frozen noise",
        "mandelbrot=s=320x240:r=10,noise=alls=12:allf=t:all_seed=3,trim=duration=10,loop=loop=60:size=1:start=40,setpts=N/10/TB",
        USUAL,
    ),
    plain(
        "two pictures in turn",
        "testsrc2=s=320x240:r=10:d=10,loop=loop=40:size=2:start=30,setpts=N/10/TB",
        USUAL,
    ),
    plain("five frames a second, each twice", "testsrc2=s=320x240:r=5:d=20,fps=10", USUAL),
    plain("a picture each three seconds", "testsrc2=s=320x240:r=1/3:d=30,fps=10", USUAL),
    plain(
        "still with a small moving corner",
        "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=200:size=1,setpts=N/10/TB[a];\
         testsrc2=s=64x48:r=10:d=20[b];[a][b]overlay=shortest=1",
        USUAL,
    ),
    plain(
        "still with a tiny moving corner",
        "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=200:size=1,setpts=N/10/TB[a];\
         testsrc2=s=16x16:r=10:d=20[b];[a][b]overlay=shortest=1",
        USUAL,
    ),
    plain("movement at a given rate", "testsrc2=s=640x480:r=10:d=20", RATE),
    plain(
        "frozen at a given rate",
        "testsrc2=s=640x480:r=10:d=10,tpad=stop_mode=clone:stop_duration=10",
        RATE,
    ),
    plain(
        "black and frozen",
        "testsrc2=s=320x240:r=10:d=10,fade=out:st=5:d=2,tpad=stop_mode=clone:stop_duration=8",
        USUAL,
    ),
    // Of large pictures, a sample of the MCUs is looked at.
    plain("large: movement", "testsrc2=s=1920x1080:r=10:d=5", USUAL),
    plain("large: fade out", "mandelbrot=s=1920x1080:r=10,trim=duration=8,fade=out:st=1:d=4", USUAL),
    plain(
        "large: black, then movement",
        "testsrc2=s=1920x1080:r=10:d=7,format=yuv420p,drawbox=c=black:t=fill:enable='lt(t,4)'",
        USUAL,
    ),
    plain(
        "large: last picture repeated",
        "testsrc2=s=1920x1080:r=10:d=3,format=yuv420p,tpad=stop_mode=clone:stop_duration=4",
        USUAL,
    ),
    // The corner changes each picture by 0.06 to 0.29 grey levels on the average, and the limit is 0.256. Fifteen of its 108
    // MCUs are in the sample, which show 0.06 to 0.36. So the reference changes at other pictures than in FFmpeg.
    plain(
        "large: still with a small moving corner",
        "mandelbrot=s=1920x1080:r=10,trim=duration=0.1,loop=loop=60:size=1,setpts=N/10/TB[a];\
         testsrc2=s=192x144:r=10:d=6[b];[a][b]overlay=shortest=1",
        USUAL,
    ),
    noise(
        "strong noise",
        "mandelbrot=s=320x240:r=10,trim=duration=0.1,loop=loop=100:size=1,setpts=N/10/TB,noise=alls=20:allf=t:all_seed=1",
        USUAL,
    ),
    noise(
        "usual noise",
        "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=100:size=1,setpts=N/10/TB,noise=alls=8:allf=t:all_seed=2",
        USUAL,
    ),
    noise(
        "usual noise, coarse",
        "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=100:size=1,setpts=N/10/TB,noise=alls=8:allf=t:all_seed=2",
        COARSE,
    ),
    noise(
        "weak noise",
        "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=100:size=1,setpts=N/10/TB,noise=alls=4:allf=t:all_seed=3",
        USUAL,
    ),
    noise(
        "weak noise, fine",
        "testsrc2=s=640x480:r=10:d=0.1,loop=loop=100:size=1,setpts=N/10/TB,noise=alls=3:allf=t:all_seed=4",
        FINE,
    ),
    noise(
        "large: weak noise",
        "mandelbrot=s=1920x1080:r=10,trim=duration=0.1,loop=loop=40:size=1,setpts=N/10/TB,format=yuv420p,noise=alls=4:allf=t:all_seed=8",
        USUAL,
    ),
    noise("noise on grey", "color=gray:s=320x240:r=10:d=10,noise=alls=6:allf=t:all_seed=5", USUAL),
    noise("noise in the dark", "color=0x101010:s=640x480:r=10:d=10,noise=alls=6:allf=t:all_seed=6", USUAL),
    noise(
        "averaged noise",
        "mandelbrot=s=640x480:r=10,trim=duration=0.1,loop=loop=100:size=1,setpts=N/10/TB,noise=alls=10:allf=t+a:all_seed=7",
        USUAL,
    ),
];

impl Clip {
    /// Writes it into `directory`, as concatenated pictures.
    pub fn make(&self, directory: &Path) -> PathBuf {
        let path = directory.join("clip.mjpeg");
        let output = path.to_str().expect("it is made of names in ASCII");
        let mut arguments = vec!["-v", "error", "-f", "lavfi", "-i", self.filters];
        arguments.extend(self.encoder);
        arguments.extend(["-f", "mjpeg", output]);
        ffmpeg::run(&arguments);
        path
    }
}
