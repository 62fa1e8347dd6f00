//! Any cut gives the same, and damage never a wrong call.

use moss_llm::wire::Wire;
use moss_llm::wire::responses::Responses;
use proptest::prelude::*;

use super::*;

fn stream() -> Vec<u8> {
    let frames = answer();
    let frame =
        |frame: &Value| format!("event: {}\ndata: {frame}\n\n", frame["type"].as_str().unwrap());
    frames.iter().map(frame).collect::<String>().into_bytes()
}

fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<ModelChunk>, ModelError> {
    let wire = Responses(ResponsesDialect::OPENAI);
    let (mut frames, mut decoder) = (wire.framing().decoder(), wire.decoder());
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

/// The arguments of the calls, joined.
fn arguments(chunks: &[ModelChunk]) -> String {
    let events = chunks.iter().flat_map(|chunk| &chunk.events);
    let pieces = events.filter_map(|event| match event {
        ModelEvent::ToolCall(piece) => piece.args.as_deref(),
        _ => None,
    });
    pieces.collect()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let stream = stream();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.sort_unstable();
        let mut start = 0;
        let mut pieces = Vec::new();
        for end in cuts.into_iter().chain([stream.len()]) {
            pieces.push(&stream[start..end]);
            start = end;
        }
        prop_assert_eq!(decoded(pieces).unwrap(), decoded([&stream[..]]).unwrap());
    }

    #[test]
    fn no_flipped_bytes_make_a_wrong_call(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4),
    ) {
        let mut damaged = stream();
        for (place, bits) in flips {
            let place = place.index(damaged.len());
            damaged[place] ^= bits;
        }
        if let Ok(chunks) = decoded([&damaged[..]]) {
            let said = arguments(&chunks);
            let is_whole = said.is_empty() || serde_json::from_str::<Value>(&said).is_ok();
            prop_assert!(is_whole || !is_completed(&chunks), "{said}");
        }
    }

    #[test]
    fn no_lost_or_doubled_frame_makes_a_wrong_call(
        picks in prop::collection::vec((0_usize..22, any::<bool>()), 1..4),
    ) {
        let mut frames = answer();
        for (place, doubles) in picks {
            let place = place % frames.len();
            if doubles {
                frames.insert(place, frames[place].clone());
            } else {
                frames.remove(place);
            }
            if frames.is_empty() {
                break;
            }
        }
        if let Ok(chunks) = chunks(&frames) {
            prop_assert_eq!(arguments(&chunks), r#"{"city":"Köln"}"#);
        }
    }

    #[test]
    fn anything_is_an_error_or_an_answer(frames in prop::collection::vec(".{0,60}", 0..6)) {
        let mut decoder = decoder();
        for frame in &frames {
            drop(decoder.decode_frame("", frame.as_bytes()));
        }
        drop(decoder.finish());
        drop(super::decoder().decode_response(frames.concat().as_bytes()));
    }
}

fn is_completed(chunks: &[ModelChunk]) -> bool {
    let mut events = chunks.iter().flat_map(|chunk| &chunk.events);
    events
        .any(|event| matches!(event, ModelEvent::Finished { reason: FinishReason::ToolCalls, .. }))
}
