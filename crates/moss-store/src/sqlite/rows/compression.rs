//! Values as the file has them: compressed where that makes them smaller.
//!
//! ```text
//! length: u32, the lowest byte first │ one block of LZ4
//! ```
//!
//! Checksums are those of the values themselves, so that what comes out of a block is checked too.

use std::borrow::Cow;
use std::cell::RefCell;

use bytes::Bytes;
use lz4_flex::block::{
    CompressTable, compress_into_with_table, compress_prepend_size, decompress,
    get_maximum_output_size, uncompressed_size,
};
use moss_graph::checkpoint::{MAX_BYTES, StoreError};
use rusqlite::types::Type;
use rusqlite::{Error, Row};

/// Added to the format of a value that is compressed. No format has so large a number.
const COMPRESSED: i64 = 1 << 17;

/// Smaller values are left as they are: a page holds many of them.
const LEAST_BYTES: usize = 256;

/// Longer values are not read: a value or a pack with the places of its items.
const MOST_BYTES: usize = MAX_BYTES + (1 << 20);

/// How many bytes one of a block may stand for. LZ4 counts a repetition in steps of 255.
const MOST_PER_BYTE: usize = 255;

/// A value with its format, as the file is to have them.
pub(super) fn compress(format: i64, value: &[u8]) -> (i64, Cow<'_, [u8]>) {
    // The length must fit into its four bytes.
    if (LEAST_BYTES..=u32::MAX as usize).contains(&value.len()) {
        let block = block(value);
        // What is hardly smaller is not worth being expanded whenever it is read.
        if block.len() < value.len() - value.len() / 8 {
            return (format | COMPRESSED, block.into());
        }
    }
    (format, value.into())
}

/// What compresses values of usual length, and need not be made for each.
struct Space {
    table: CompressTable,
    output: Vec<u8>,
}

thread_local! {
    static SPACE: RefCell<Space> =
        RefCell::new(Space { table: CompressTable::small(), output: Vec::new() });
}

/// The block that stands for a value, with the value's length before it.
fn block(value: &[u8]) -> Vec<u8> {
    let Some(length) = u16::try_from(value.len()).ok().filter(|length| *length < u16::MAX) else {
        return compress_prepend_size(value);
    };
    SPACE.with_borrow_mut(|Space { table, output }| {
        output.resize(get_maximum_output_size(value.len()).max(output.len()), 0);
        match compress_into_with_table(value, output, table) {
            Ok(size) => [&u32::from(length).to_le_bytes()[..], &output[..size]].concat(),
            // It has the room that it may need.
            Err(_) => compress_prepend_size(value),
        }
    })
}

/// A value with its format, as it was before it was compressed: from two columns of a row.
pub(super) fn read(row: &Row<'_>, format: usize, value: usize) -> rusqlite::Result<(i64, Bytes)> {
    let kept = row.get_ref(value)?.as_blob()?;
    let known = row.get(format)?;
    if known & COMPRESSED == 0 {
        return Ok((known, Bytes::copy_from_slice(kept)));
    }
    let damaged = || {
        let what = "a compressed value cannot be expanded".to_owned();
        let source = Box::new(StoreError::Corrupt { what, source: None });
        Error::FromSqlConversionFailure(value, Type::Blob, source)
    };
    let (length, block) = uncompressed_size(kept).map_err(|_| damaged())?;
    // Memory is taken for what a block can hold, not for what it claims.
    if length > block.len().saturating_mul(MOST_PER_BYTE) || length > MOST_BYTES {
        return Err(damaged());
    }
    let value = decompress(block, length).map_err(|_| damaged())?;
    if value.len() == length { Ok((known & !COMPRESSED, value.into())) } else { Err(damaged()) }
}
