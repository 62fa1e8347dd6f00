//! Recorded exchanges with real providers: every reply decodes, however it is cut, and nothing is lost.
//!
//! The recordings are not part of the project: `MOSS_CASSETTES` names their folder.

mod account;
mod recordings;
mod requests;

use std::collections::BTreeMap;
use std::fmt;

use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChatDecoder};
use moss_llm::wire::{Frame, WireDecoder, classify};
use moss_llm::{ModelChunk, ModelError, ModelErrorKind, ModelEvent, SseDecoder};

use account::Account;
use recordings::{Exchange, MISSING, exchanges};

#[derive(Debug, Default)]
struct Counts {
    exchanges: usize,
    streamed: usize,
    decoded: usize,
    refused: usize,
    leaves: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchanges, streamed, decoded, refused, leaves } = self;
        write!(
            f,
            "{exchanges} exchanges, {streamed} streamed, {decoded} decoded, {refused} with an error status, {leaves} leaves"
        )
    }
}

#[test]
fn every_recorded_reply_decodes_and_loses_nothing() {
    let Some(exchanges) = exchanges() else {
        println!("{MISSING}");
        return;
    };
    let mut counts = BTreeMap::<String, Counts>::new();
    for exchange in &exchanges {
        let counts = counts.entry(exchange.folder.clone()).or_default();
        counts.exchanges += 1;
        if exchange.status >= 400 {
            refused(exchange);
            counts.refused += 1;
        } else if exchange.is_stream() {
            counts.leaves += streamed(exchange);
            counts.streamed += 1;
            counts.decoded += 1;
        } else {
            counts.leaves += in_one_piece(exchange);
            counts.decoded += 1;
        }
    }
    for (folder, counts) in counts {
        println!("{folder}: {counts}");
    }
}

/// The test above is worth as much as the account: each event that is taken away is missed.
#[test]
fn the_account_misses_whatever_is_lost() {
    let body = concat!(
        r#"{"id":"x","model":"m","created":1,"choices":[{"index":0,"finish_reason":"stop","a":1,"#,
        r#""message":{"role":"assistant","content":"c","reasoning":"r","refusal":"n","b":{"c":[2]},"#,
        r#""tool_calls":[{"id":"i","type":"function","function":{"name":"f","arguments":"{}"}}]}},"#,
        r#"{"index":1,"message":{"content":"d"}}],"usage":{"prompt_tokens":3,"cost":4}}"#,
    );
    let chunk =
        OpenAiChatDecoder::new(ChatDialect::OPENAI).decode_response(body.as_bytes()).unwrap();
    assert_eq!(chunk.events.len(), 11);
    assert_eq!(Account::whole().settle(body, &chunk), Ok(19));
    for position in 0..chunk.events.len() {
        let mut lacking = chunk.clone();
        let lost = lacking.events.remove(position);
        assert!(Account::whole().settle(body, &lacking).is_err(), "{lost:?} is not missed");
    }
}

fn refused(exchange: &Exchange) {
    let provider = exchange.dialect.provider;
    let error = classify(exchange.status, exchange.body.as_bytes(), provider);
    let body: serde_json::Value = serde_json::from_str(&exchange.body).unwrap();
    let said = ["/error/message", "/message", "/detail"]
        .iter()
        .find_map(|path| body.pointer(path)?.as_str())
        .unwrap_or_else(|| panic!("{exchange}: no words in {body}"));
    assert_eq!(error.to_string(), format!("{} {said}", exchange.status), "{exchange}");
    let kind = match exchange.status {
        401 => ModelErrorKind::Auth,
        500.. => ModelErrorKind::Overloaded,
        _ => error.kind,
    };
    assert_eq!(error.kind, kind, "{exchange}");
}

fn in_one_piece(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let decode = |body: &[u8]| OpenAiChatDecoder::new(exchange.dialect).decode_response(body);
    let chunk = decode(body).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    // A body that was cut is never taken for a whole one.
    for end in (0..body.len()).step_by(body.len() / 64 + 1) {
        let error = decode(&body[..end]).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{exchange}: cut at {end}");
    }
    let mut account = Account::whole();
    account.settle(&exchange.body, &chunk).unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

fn streamed(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let whole =
        decode(exchange.dialect, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    assert!(
        matches!(whole.first().map(|chunk| &chunk.events[..]), Some([ModelEvent::Started(_), ..])),
        "{exchange}: does not begin with its start"
    );
    let single = decode(exchange.dialect, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange);

    let frames = frames([body]);
    assert!(frames.last().is_some_and(|frame| frame == "[DONE]"), "{exchange}: has no end");
    let mut account = Account::stream();
    let mut leaves = 0;
    for (frame, chunk) in frames.iter().zip(&whole) {
        leaves += account
            .settle(frame, chunk)
            .unwrap_or_else(|lost| panic!("{exchange}: {lost} in {frame}"));
    }
    leaves
}

/// Cuts the stream in two at every byte. A cut touches the event that it lies in; so each is tried on that
/// event and the next one, and on the whole stream at the ends of lines, where the decoder's state differs.
fn every_cut(exchange: &Exchange) {
    let body = exchange.body.as_bytes();
    let whole = frames([body]);
    let mut start = 0;
    let mut read = 0;
    while start < body.len() {
        let event = |from: usize| {
            let rest = &body[from..];
            rest.windows(2)
                .position(|pair| pair == b"\n\n")
                .map_or(body.len(), |end| from + end + 2)
        };
        let end = event(start);
        let after = event(end);
        let expected = frames([&body[start..after]]);
        assert!(whole[read..].starts_with(&expected), "{exchange}: windows differ at {start}");
        for cut in start..end {
            let seen = frames([&body[start..cut], &body[cut..after]]);
            assert!(seen == expected, "{exchange}: differs when cut at {cut}");
        }
        read += frames([&body[start..end]]).len();
        start = end;
    }
    for cut in (0..body.len()).step_by(body.len() / 16 + 1) {
        assert!(
            frames([&body[..cut], &body[cut..]]) == whole,
            "{exchange}: differs when cut at {cut}"
        );
    }
}

fn frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut sse = SseDecoder::default();
    let mut frames = Vec::new();
    let text = |data: &[u8]| String::from_utf8(data.to_vec()).unwrap();
    for piece in pieces {
        sse.push(piece);
        while let Some(event) = sse.next_event().unwrap() {
            frames.push(text(event.data));
        }
    }
    while let Some(event) = sse.finish().unwrap() {
        frames.push(text(event.data));
    }
    frames
}

fn decode<'a>(
    dialect: ChatDialect,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<ModelChunk>, ModelError> {
    let mut sse = SseDecoder::default();
    let mut wire = OpenAiChatDecoder::new(dialect);
    let mut chunks = Vec::new();
    for piece in pieces {
        sse.push(piece);
        while let Some(event) = sse.next_event().unwrap() {
            chunks.extend(wire.decode(Frame::from(event))?);
        }
    }
    while let Some(event) = sse.finish().unwrap() {
        chunks.extend(wire.decode(Frame::from(event))?);
    }
    wire.finish()?;
    Ok(chunks)
}
