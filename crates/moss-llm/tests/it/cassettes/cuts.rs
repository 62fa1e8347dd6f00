//! Decodes a recorded stream, however it is cut.

use moss_llm::wire::Wire;
use moss_llm::{ModelChunk, ModelError};

/// The chunks of a stream that comes in pieces.
pub(super) fn decode<'a>(
    wire: &dyn Wire,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<ModelChunk>, ModelError> {
    let mut frames = wire.framing().decoder();
    let mut decoder = wire.decoder();
    let mut chunks = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Some(piece) = frames.next_frame().unwrap() {
            chunks.extend(decoder.decode(piece.frame)?);
        }
    }
    while let Some(piece) = frames.finish().unwrap() {
        chunks.extend(decoder.decode(piece.frame)?);
    }
    decoder.finish()?;
    Ok(chunks)
}

/// The frames of a stream that comes in pieces: kind and data.
pub(super) fn frames<'a>(
    wire: &dyn Wire,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<(String, Vec<u8>)> {
    let mut frames = wire.framing().decoder();
    let mut found = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Some(piece) = frames.next_frame().unwrap() {
            found.push((piece.frame.kind.to_owned(), piece.frame.data.to_vec()));
        }
    }
    while let Some(piece) = frames.finish().unwrap() {
        found.push((piece.frame.kind.to_owned(), piece.frame.data.to_vec()));
    }
    found
}

/// Cuts an event stream in two at every byte. A cut touches the event that it lies in; so each is tried on that
/// event and the next one, and on the whole stream at some places, where the decoder's state differs. `end` finds
/// where the event ends that begins at the start of the bytes.
pub(super) fn every_cut(
    what: &dyn std::fmt::Display,
    wire: &dyn Wire,
    body: &[u8],
    end_of_event: impl Fn(&[u8]) -> usize,
) {
    let whole = frames(wire, [body]);
    let mut start = 0;
    let mut read = 0;
    while start < body.len() {
        let end = start + end_of_event(&body[start..]);
        let after = end + end_of_event(&body[end..]);
        let expected = frames(wire, [&body[start..after]]);
        assert!(whole[read..].starts_with(&expected), "{what}: windows differ at {start}");
        for cut in start..end {
            let seen = frames(wire, [&body[start..cut], &body[cut..after]]);
            assert!(seen == expected, "{what}: differs when cut at {cut}");
        }
        read += frames(wire, [&body[start..end]]).len();
        start = end;
    }
    for cut in (0..body.len()).step_by(body.len() / 16 + 1) {
        let seen = frames(wire, [&body[..cut], &body[cut..]]);
        assert!(seen == whole, "{what}: differs when cut at {cut}");
    }
}

/// Where the first event of an event stream ends.
pub(super) fn blank_line(bytes: &[u8]) -> usize {
    bytes.windows(2).position(|pair| pair == b"\n\n").map_or(bytes.len(), |end| end + 2)
}
