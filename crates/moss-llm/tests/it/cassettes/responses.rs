//! Responses: every recorded reply decodes, however it is cut, and nothing is lost or told twice.

use std::collections::BTreeMap;

use moss_llm::wire::responses::{Responses, ResponsesDecoder, ResponsesDialect};
use moss_llm::wire::{Wire, classify};
use moss_llm::{ModelChunk, ModelErrorKind, ModelEvent};
use moss_protocol::Provider;
use serde_json::Value;

use super::cuts::{blank_line, decode, every_cut, frames};
use super::recordings::{Exchange, MISSING, exchanges};
use super::responses_account::settle;
use super::tally::{Settled, tally};

/// The folders whose providers speak Responses.
const FOLDERS: &[(&str, Provider)] = &[
    ("openai", Provider::OpenAi),
    ("xai", Provider::Xai),
    ("openrouter", Provider::OpenRouter),
    ("llamacpp", Provider::OpenAi),
];

/// All recorded responses.
pub(super) fn recorded() -> Option<Vec<Exchange>> {
    let folders: Vec<&str> = FOLDERS.iter().map(|(folder, _)| *folder).collect();
    exchanges(&folders, "/responses", |path| path.ends_with("/responses"))
}

/// In which dialect an exchange was held.
pub(super) fn dialect(exchange: &Exchange) -> ResponsesDialect {
    let (_, provider) =
        FOLDERS.iter().find(|(folder, _)| *folder == exchange.folder).expect("a known folder");
    ResponsesDialect::of(*provider).expect("a provider that speaks Responses")
}

#[test]
fn every_recorded_reply_decodes_and_loses_nothing() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let told = tally(&exchanges, |exchange| {
        if exchange.status >= 400 {
            refused(exchange);
            Settled::Refused
        } else if exchange.is_stream() {
            Settled::Streamed(streamed(exchange))
        } else {
            Settled::Whole(in_one_piece(exchange))
        }
    });
    println!("{told}");
}

fn refused(exchange: &Exchange) {
    let error = classify(exchange.status, exchange.body.as_bytes(), dialect(exchange).provider);
    let body: Value = serde_json::from_str(&exchange.body).unwrap();
    let said = ["/error/message", "/error"]
        .iter()
        .find_map(|path| body.pointer(path)?.as_str())
        .unwrap_or_else(|| panic!("{exchange}: no words in {body}"));
    assert_eq!(error.to_string(), format!("{} {said}", exchange.status), "{exchange}");
    let kind = match said {
        key if key.starts_with("Incorrect API key") => ModelErrorKind::Auth,
        _ => ModelErrorKind::InvalidRequest,
    };
    assert_eq!(error.kind, kind, "{exchange}");
}

fn in_one_piece(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let decode = |body: &[u8]| ResponsesDecoder::new(dialect(exchange)).decode_response(body);
    let chunk = decode(body).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    // A body that was cut is never taken for a whole one.
    for end in (0..body.len()).step_by(body.len() / 64 + 1) {
        let error = decode(&body[..end]).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{exchange}: cut at {end}");
    }
    let response: Value = serde_json::from_str(&exchange.body).unwrap();
    said_once(exchange, std::slice::from_ref(&chunk), &response);
    let frame = serde_json::json!({"type": "response.completed", "response": response});
    settle(&[frame], std::slice::from_ref(&chunk))
        .unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

fn streamed(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let wire = Responses(dialect(exchange));
    let whole = decode(&wire, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    assert!(
        matches!(whole.first().map(|chunk| &chunk.events[..]), Some([ModelEvent::Started(_), ..])),
        "{exchange}: does not begin with its start"
    );
    let single = decode(&wire, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange, &wire, body, blank_line);

    let frames: Vec<Value> = frames(&wire, [body])
        .into_iter()
        .filter(|(_, data)| data != b"[DONE]")
        .map(|(_, data)| serde_json::from_slice(&data).unwrap())
        .collect();
    let last = &frames.last().unwrap()["response"];
    said_once(exchange, &whole, last);
    whole_says_the_same(exchange, &whole, last);
    settle(&frames, &whole).unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

/// What was told piece by piece is what the response holds at its end, each thing once.
fn said_once(exchange: &Exchange, chunks: &[ModelChunk], response: &Value) {
    let mut text = String::new();
    let mut refusal = String::new();
    let mut thoughts = String::new();
    let mut calls = BTreeMap::<u32, (String, String, String)>::new();
    for event in chunks.iter().flat_map(|chunk| &chunk.events) {
        match event {
            ModelEvent::Text { text: piece, .. } => text.push_str(piece),
            ModelEvent::Refusal { text } => refusal.push_str(text),
            ModelEvent::Reasoning { text, .. } => thoughts.push_str(text),
            ModelEvent::ToolCall(piece) => {
                let call = calls.entry(piece.index.unwrap()).or_default();
                call.0.push_str(piece.id.as_deref().unwrap_or_default());
                call.1.push_str(piece.name.as_deref().unwrap_or_default());
                call.2.push_str(piece.args.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }
    let strings = |kind: &str, list: &str, member: &str| -> String {
        let items = response["output"].as_array().unwrap().iter();
        let parts = items
            .filter(|item| item["type"] == kind)
            .flat_map(|item| item[list].as_array().cloned().unwrap_or_default());
        parts.filter_map(|part| part[member].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(text, strings("message", "content", "text"), "{exchange}");
    assert_eq!(refusal, strings("message", "content", "refusal"), "{exchange}");
    let summaries = strings("reasoning", "summary", "text");
    assert_eq!(thoughts, summaries + &strings("reasoning", "content", "text"), "{exchange}");
    let items = response["output"].as_array().unwrap().iter();
    let expected: Vec<_> = items
        .filter(|item| item["type"] == "function_call")
        .map(|item| ["call_id", "name", "arguments"].map(|name| item[name].as_str().unwrap()))
        .map(|[id, name, args]| (id.to_owned(), name.to_owned(), args.to_owned()))
        .collect();
    assert_eq!(calls.into_values().collect::<Vec<_>>(), expected, "{exchange}");
}

/// The response of the last event, taken as an answer in one piece, says the same.
fn whole_says_the_same(exchange: &Exchange, streamed: &[ModelChunk], response: &Value) {
    let body = serde_json::to_vec(response).unwrap();
    let whole = Responses(dialect(exchange)).decoder().decode_response(&body).unwrap();
    let end = |events: &[ModelEvent]| -> Vec<ModelEvent> {
        let is_end = |event: &&ModelEvent| match event {
            ModelEvent::Usage(_) | ModelEvent::Finished { .. } => true,
            ModelEvent::Extra { path, .. } => path == "output" || path == "usage",
            _ => false,
        };
        events.iter().filter(is_end).cloned().collect()
    };
    let last = streamed.last().unwrap();
    assert_eq!(end(&last.events), end(&whole.events), "{exchange}");
}

/// The test above is worth as much as the account: each event that is taken away is missed.
#[test]
fn the_account_misses_whatever_is_lost() {
    let frames = [
        r#"{"type":"response.created","response":{"id":"r","model":"m","status":"in_progress"}}"#,
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs"}}"#,
        r#"{"type":"response.reasoning_summary_text.delta","item_id":"rs","output_index":0,"summary_index":0,"delta":"t"}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs","encrypted_content":"e","summary":[{"type":"summary_text","text":"t"}]}}"#,
        r#"{"type":"response.output_text.delta","item_id":"msg","output_index":1,"content_index":0,"delta":"c"}"#,
        r#"{"type":"response.output_text.annotation.added","item_id":"msg","output_index":1,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","url":"u"}}"#,
        r#"{"type":"response.refusal.delta","item_id":"msg","output_index":1,"content_index":1,"delta":"n"}"#,
        r#"{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc","call_id":"call","name":"f"}}"#,
        r#"{"type":"response.function_call_arguments.delta","item_id":"fc","delta":"{}"}"#,
        r#"{"type":"response.output_item.done","output_index":3,"item":{"type":"web_search_call","id":"ws","status":"completed"}}"#,
        r#"{"type":"response.new.thing","a":{"b":[1]}}"#,
        r#"{"type":"response.completed","timings":5,"response":{"id":"r","model":"m","status":"completed","output":[],"usage":{"input_tokens":3,"cost":4}}}"#,
    ];
    let mut decoder = ResponsesDecoder::new(ResponsesDialect::OPENAI);
    let chunks: Vec<ModelChunk> = frames
        .iter()
        .map(|frame| decoder.decode_frame("", frame.as_bytes()).unwrap().unwrap())
        .collect();
    let frames: Vec<Value> =
        frames.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect();
    settle(&frames, &chunks).unwrap();
    let mut tried = 0;
    for (number, chunk) in chunks.iter().enumerate() {
        for position in 0..chunk.events.len() {
            let mut lacking = chunks.clone();
            let lost = lacking[number].events.remove(position);
            assert!(settle(&frames, &lacking).is_err(), "{lost:?} is not missed");
            tried += 1;
        }
    }
    assert_eq!(tried, 17);
}
