//! Items that were put behind a log together, in one value.
//!
//! ```text
//! count: u32 │ for each item: format: u16, start: u32, length: u32 │ the bytes that the items are parts of
//! ```
//!
//! Numbers have their lowest byte first. Items that were the same memory are the same part, when they are read again
//! as well.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use moss_graph::checkpoint::Blob;

/// The bytes beyond which a pack takes no further item: larger rows write no quicker, and who needs one item reads
/// the whole pack.
const MAX_BYTES: usize = 64 << 10;
/// The most items of a pack.
const MAX_ITEMS: usize = 4096;

const COUNT_BYTES: usize = 4;
const ENTRY_BYTES: usize = 10;

/// Cuts items into parts that are stored in one row each.
pub(super) fn parts(mut items: &[Blob]) -> impl Iterator<Item = &[Blob]> {
    std::iter::from_fn(move || {
        let (part, rest) = items.split_at(fitting(items));
        items = rest;
        Some(part).filter(|part| !part.is_empty())
    })
}

/// How many of the first items fit into a pack: one at least.
fn fitting(items: &[Blob]) -> usize {
    let mut seen = HashSet::new();
    let mut bytes = 0;
    for (count, item) in items.iter().take(MAX_ITEMS).enumerate() {
        if seen.insert(memory(item)) {
            bytes += item.bytes().len();
        }
        if bytes > MAX_BYTES {
            return count.max(1);
        }
    }
    items.len().min(MAX_ITEMS)
}

/// Where an item's bytes are: two that are in one place are the same.
fn memory(item: &Blob) -> (*const u8, usize) {
    (item.bytes().as_ptr(), item.bytes().len())
}

/// The items as one value.
pub(super) fn encode(items: &[Blob]) -> Bytes {
    let mut starts = HashMap::new();
    let mut pack = Vec::with_capacity(COUNT_BYTES + items.len() * ENTRY_BYTES);
    let mut parts = Vec::new();
    let mut length = 0;
    pack.extend(number(items.len()));
    for item in items {
        let start = *starts.entry(memory(item)).or_insert_with(|| {
            parts.push(item.bytes());
            length += item.bytes().len();
            length - item.bytes().len()
        });
        pack.extend(item.format().number().to_le_bytes());
        pack.extend(number(start));
        pack.extend(number(item.bytes().len()));
    }
    pack.reserve_exact(length);
    for part in parts {
        pack.extend_from_slice(part);
    }
    pack.into()
}

/// A number within a pack, whose limits keep it small.
fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// The formats and bytes of the items in a value; none where it is no pack.
pub(super) fn decode(pack: &Bytes) -> Option<Vec<(u16, Bytes)>> {
    let (count, behind) = pack.split_first_chunk::<COUNT_BYTES>()?;
    // Beyond the limits it was not written by us, and would take more memory than it may.
    let count =
        usize::try_from(u32::from_le_bytes(*count)).ok().filter(|count| *count <= MAX_ITEMS)?;
    let entries = behind.get(..count * ENTRY_BYTES)?;
    let bytes = pack.slice(COUNT_BYTES + entries.len()..);
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let item = |entry: &[u8]| {
        let (format, entry) = entry.split_first_chunk::<2>()?;
        let (start, entry) = entry.split_first_chunk::<4>()?;
        let (length, _) = entry.split_first_chunk::<4>()?;
        let start = usize::try_from(u32::from_le_bytes(*start)).ok()?;
        let end = start.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let part = (end <= bytes.len()).then(|| bytes.slice(start..end))?;
        Some((u16::from_le_bytes(*format), part))
    };
    entries.chunks_exact(ENTRY_BYTES).map(item).collect()
}
