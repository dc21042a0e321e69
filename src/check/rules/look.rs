//! What the pictures look like: by the means of their blocks, if their entropy-coded data is read.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static BLACK: Rule = Rule {
    code: "C509",
    name: "black",
    severity: Warning,
    summary: "the pictures are black",
    why: "In at least ten pictures in a row, or for two seconds, or in all pictures, at least 98 % of the blocks are darker than a \
          tenth of the range, as for FFmpeg's blackdetect: no light, a closed iris or lens cap, or a source without \
          a signal. Only pictures of which the entropy-coded data is read are judged.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static FLAT: Rule = Rule {
    code: "C510",
    name: "flat",
    severity: Warning,
    summary: "the pictures have one brightness and no detail",
    why: "In at least ten pictures in a row, or for two seconds, or in all pictures, 98 % of the blocks have the same brightness \
          within 8 of 256 levels, and there is no texture: a covered lens, fog, or a source without a signal. Only \
          pictures of which the entropy-coded data is read are judged.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static OVER_EXPOSED: Rule = Rule {
    code: "C511",
    name: "over-exposed",
    severity: Warning,
    summary: "the pictures are white for the most part",
    why: "In at least ten pictures in a row, or for two seconds, or in all pictures, at least 80 % of the blocks are brighter than 245 \
          of 255: the exposure control fails, or the sun or a lamp shines into the lens. A white page on a screen looks \
          the same. Only pictures of which the entropy-coded data is read are judged.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static NEARLY_FROZEN: Rule = Rule {
    code: "C512",
    name: "nearly-frozen",
    severity: Warning,
    summary: "ten or more pictures in a row are nearly the same",
    why: "For two seconds or more the pictures differ on average by at most a thousandth of the range, as for FFmpeg's freezedetect, \
          and at least 97 % of their blocks keep the same detail: the source is frozen, and only a clock or a small \
          part of the picture changes. The noise of a camera changes the detail of most blocks. A screen or a drawn \
          picture without movement looks the same. Equal pictures are C503. Only pictures of which the entropy-coded \
          data is read are judged.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static CONCEALED: Rule = Rule {
    code: "C513",
    name: "concealed",
    severity: Warning,
    summary: "the lower part of a picture has the grey or green of lost data",
    why: "An eighth of the height or more, up to the lower edge, is mid-grey or the green of samples that are all zero, without \
          detail. A camera or a relay lost data of the picture and encoded what its decoder made of that, so the JPEG \
          itself is not damaged. Look for lost packets or overruns before the encoder. Only pictures of which the \
          entropy-coded data is read are judged.",
    section: "measured",
    explains: &[],
    effects: &[],
};
