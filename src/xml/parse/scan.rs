//! Where something is next. Most texts, names and values end within a few bytes, and a call of `memchr` costs more than
//! looking at eight of them as one word.

use memchr::{memchr, memchr2};

/// A one in each byte.
pub(super) const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit of each byte.
pub(super) const HIGHS: u64 = 0x80 * ONES;

/// The eight bytes at `at`, where there are as many.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).map(|word| u64::from_le_bytes(*word))
}

/// The high bit of the first byte that is `byte`; bits above that mean nothing.
#[inline]
const fn marks(word: u64, byte: u8) -> u64 {
    let differs = word ^ (byte as u64 * ONES);
    differs.wrapping_sub(ONES) & !differs & HIGHS
}

/// The byte of the lowest mark.
#[inline]
const fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Where `byte` is next.
#[inline]
pub(super) fn find(bytes: &[u8], from: usize, byte: u8) -> Option<usize> {
    let mut at = from;
    for _ in 0..2 {
        let Some(word) = word(bytes, at) else { break };
        let found = marks(word, byte);
        if found != 0 {
            return Some(at + first(found));
        }
        at += 8;
    }
    bytes.get(at..).and_then(|rest| memchr(byte, rest)).map(|found| at + found)
}

/// Where the closing quote or a `<` is next.
#[inline]
pub(super) fn end_of_value(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    for _ in 0..3 {
        let Some(word) = word(bytes, at) else { break };
        let found = marks(word, quote) | marks(word, b'<');
        if found != 0 {
            return Some(at + first(found));
        }
        at += 8;
    }
    bytes.get(at..).and_then(|rest| memchr2(quote, b'<', rest)).map(|found| at + found)
}

/// A name as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The local part begins here; `start` where there is no colon.
    pub(super) local: usize,
}

impl Written {
    /// Where the local part begins within the name: 0 where there is no colon.
    #[inline]
    pub(super) const fn local_offset(self) -> usize {
        self.local - self.start
    }
}

/// Everything at `start` that may be a name: up to the first byte below `A` that no name has. Whether it is one is asked
/// once for each name of the document.
#[inline]
pub(super) fn name(bytes: &[u8], start: usize) -> Written {
    let (mut at, mut local) = (start, start);
    loop {
        // Eight bytes at once: all that ends a name in a well-formed document comes before the letters.
        if let Some(word) = word(bytes, at) {
            let letters = (((word & !HIGHS) + (0x80 - b'A') as u64 * ONES) | word) & HIGHS;
            at += first(letters ^ HIGHS);
            if letters == HIGHS {
                continue;
            }
        }
        match bytes.get(at) {
            Some(b':') if local == start => local = at + 1,
            Some(b':' | b'-' | b'.' | b'0'..=b'9' | b'A'..) => {}
            _ => return Written { start, end: at, local },
        }
        at += 1;
    }
}
