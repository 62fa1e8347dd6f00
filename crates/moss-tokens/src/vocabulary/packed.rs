//! The packed form of a vocabulary. `ranks/pack.mjs` writes it and describes it.

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

/// All bytes, and where those of each token begin and end.
pub(super) type Tokens = (Vec<u8>, Vec<(u32, u32)>);

/// The form and its version.
const MAGIC: &[u8; 4] = b"MTR1";

/// More than any vocabulary unpacks to.
const LIMIT: usize = 16 << 20;

/// Reads a packed vocabulary; `None` where it is damaged.
pub(super) fn unpack(file: &[u8]) -> Option<Tokens> {
    let (count, packed) = file.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let parts = decompress_to_vec_zlib_with_limit(packed, LIMIT).ok()?;

    let mut rest = parts.as_slice();
    let shared = varints(&mut rest, count)?;
    let lengths = varints(&mut rest, count)?;
    let (ids, mut own) = rest.split_at_checked(count.checked_mul(3)?)?;
    let id = |token: usize| {
        let byte = |part: usize| u32::from(ids[part * count + token]);
        byte(0) | byte(1) << 8 | byte(2) << 16
    };
    let largest = (0..count).map(id).max()?;

    let mut bytes: Vec<u8> = Vec::with_capacity(shared.iter().chain(&lengths).sum());
    let mut spans = vec![(0, 0); largest as usize + 1];
    let mut before = 0;
    for (token, (shared, length)) in shared.into_iter().zip(lengths).enumerate() {
        let start = bytes.len();
        if shared > start - before {
            return None;
        }
        bytes.extend_from_within(before..before + shared);
        bytes.extend_from_slice(own.split_off(..length)?);
        before = start;
        spans[id(token) as usize] = (u32::try_from(start).ok()?, u32::try_from(bytes.len()).ok()?);
    }
    Some((bytes, spans))
}

/// So many numbers, seven bits a byte, the low ones first.
fn varints(rest: &mut &[u8], count: usize) -> Option<Vec<usize>> {
    (0..count)
        .map(|_| {
            let mut number = 0;
            for shift in [0, 7, 14] {
                let byte = *rest.split_off_first()?;
                number |= usize::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    return Some(number);
                }
            }
            None
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::unpack;

    const FILES: [&[u8]; 3] = [
        include_bytes!("../../ranks/o200k_base.ranks"),
        include_bytes!("../../ranks/cl100k_base.ranks"),
        include_bytes!("../../ranks/claude.ranks"),
    ];

    #[test]
    fn the_vocabularies_that_are_built_in_unpack() {
        for (file, tokens) in FILES.into_iter().zip([199_998, 100_256, 64_995]) {
            let (_, spans) = unpack(file).unwrap();
            assert_eq!(spans.iter().filter(|(start, end)| start < end).count(), tokens);
        }
    }

    #[test]
    fn a_damaged_vocabulary_is_refused() {
        let [.., claude] = FILES;
        for cut in [0, 4, 8, 100, claude.len() - 1] {
            assert_eq!(unpack(&claude[..cut]), None);
        }
        let mut damaged = claude.to_vec();
        damaged[claude.len() / 2] ^= 0x10;
        assert_eq!(unpack(&damaged), None);
    }
}
