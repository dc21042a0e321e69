//! The picture of one frame, and what is drawn into it.

use std::time::{Duration, UNIX_EPOCH};

use mjpeg::strip::{Grid, Identity};

use super::font;

const WHITE: [u8; 3] = [255, 255, 255];
const BLACK: [u8; 3] = [0, 0, 0];

/// The pixels of one frame.
pub struct Canvas {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Rows of RGB pixels.
    pub pixels: Vec<u8>,
}

impl Canvas {
    /// Fills `number % 30` of thirty cells, so that each frame has other data to encode: the first thirty frames have
    /// thirty different sizes in bytes.
    pub fn tally(&mut self, number: u64) {
        let cell = self.width / 30;
        let (top, height) = (self.height / 2, self.height / 8);
        for n in 0..(number % 30) as usize {
            for y in (0..height).filter(|y| y / 2 % 2 == 0) {
                self.fill(n * cell, top + y, cell * 2 / 3, 1, if n % 2 == 0 { WHITE } else { BLACK });
            }
        }
    }

    /// A disc that bounces between the edges. It moves 1/60 of the width in each frame.
    pub fn ball(&mut self, number: u64) {
        let radius = self.width.min(self.height) / 10;
        let bounce = |length: usize, step: usize| {
            let way = length - 2 * radius - 1;
            let at = (number % (2 * way as u64)) as usize * step % (2 * way);
            radius + if at < way { at } else { 2 * way - at }
        };
        let (cx, cy) = (bounce(self.width, self.width / 60), bounce(self.height * 5 / 8, self.height / 50));
        for y in cy - radius..=cy + radius {
            for x in cx - radius..=cx + radius {
                let distance = x.abs_diff(cx).pow(2) + y.abs_diff(cy).pow(2);
                if distance <= (radius * 3 / 4).pow(2) {
                    self.set(x, y, [255, 140, 0]);
                } else if distance <= radius.pow(2) {
                    self.set(x, y, WHITE);
                }
            }
        }
    }

    /// The coded strip. It hides the upper part of the bars and of the ball.
    pub fn strip(&mut self, identity: &Identity) {
        let side = |pixels: usize| u16::try_from(pixels).unwrap_or(u16::MAX);
        let Some(grid) = Grid::new(side(self.width), side(self.height)) else { return };
        for ((x, y), is_white) in grid.places().zip(identity.boxes()) {
            let side = grid.side.into();
            self.fill(x.into(), y.into(), side, side, if is_white { WHITE } else { BLACK });
        }
    }

    /// The number and the time (RFC 3339), as text.
    pub fn caption(&mut self, number: u64, time: Duration) {
        // RFC 3339 has no later time than this.
        let latest = Duration::from_secs(253_402_300_799);
        let stamp = humantime::format_rfc3339_millis(UNIX_EPOCH + time.min(latest)).to_string();
        let (date, clock) = stamp.split_once('T').unwrap_or((&stamp, ""));
        let lines = [format!("FRAME {number}"), format!("{date} {clock}")];

        let dot = (self.width / (lines[1].len() * font::ADVANCE + 2)).min(self.height / 48).max(1);
        let line_height = (font::HEIGHT + 2) * dot;
        let top = self.height - 2 * line_height - self.height / 16;
        for (line, text) in lines.iter().enumerate() {
            let width = text.chars().count() * font::ADVANCE * dot + dot;
            let (left, top) = (self.width.saturating_sub(width) / 2, top + line * line_height);
            self.fill(left, top, width, line_height, BLACK);
            for (column, c) in text.chars().enumerate() {
                self.glyph(c, left + dot + column * font::ADVANCE * dot, top + dot, dot);
            }
        }
    }

    fn glyph(&mut self, c: char, left: usize, top: usize, dot: usize) {
        for (y, row) in font::glyph(c).into_iter().enumerate() {
            for x in (0..font::WIDTH).filter(|x| row >> (font::WIDTH - 1 - x) & 1 == 1) {
                self.fill(left + x * dot, top + y * dot, dot, dot, WHITE);
            }
        }
    }

    #[inline(always)]
    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, colour: [u8; 3]) {
        for y in top..top + height {
            for x in left..left + width {
                self.set(x, y, colour);
            }
        }
    }

    #[inline(always)]
    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }
}
