//! The size of an image, from the first bytes of its file.

/// How large an image is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// How much base64 is looked at: the Run interface looks at as much. Most JPEGs tell their size later than that.
const HEAD: usize = 80;

impl ImageSize {
    /// The size of a PNG, JPEG, GIF or lossy WebP image, given as base64 or as a `data:` URL, from the 60 bytes at its
    /// beginning. `None` where they do not tell it.
    #[must_use]
    pub fn of_base64(image: &str) -> Option<Self> {
        let base64 = match image.strip_prefix("data:") {
            Some(url) => url.split_once(',')?.1,
            None => image,
        };
        if base64.len() < 32 {
            return None;
        }
        let head = &base64.as_bytes()[..base64.len().min(HEAD)];
        Self::of_bytes(&decode(head))
    }

    fn of_bytes(file: &[u8]) -> Option<Self> {
        let size = |width, height| Some(Self { width, height });
        match file {
            [0x89, b'P', ..] => size(big(file, 16, 4)?, big(file, 20, 4)?),
            [0xff, 0xd8, ..] => {
                // The marker of a baseline or a progressive frame; the size follows.
                let frame =
                    file.windows(10).skip(2).find(|at| matches!(at, [0xff, 0xc0 | 0xc2, ..]))?;
                size(big(frame, 7, 2)?, big(frame, 5, 2)?)
            }
            [b'G', b'I', b'F', ..] => size(little(file, 6)?, little(file, 8)?),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
                size(little(file, 26)? & 0x3fff, little(file, 28)? & 0x3fff)
            }
            _ => None,
        }
    }
}

/// A number of so many bytes, the high ones first.
fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// A number of two bytes, the low one first.
fn little(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

/// What base64 stands for; ends at the first character that is none.
fn decode(base64: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(base64.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for char in base64 {
        let six = match char {
            b'A'..=b'Z' => char - b'A',
            b'a'..=b'z' => char - b'a' + 26,
            b'0'..=b'9' => char - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.extend((bits >> held).to_le_bytes().first());
        }
    }
    bytes
}
