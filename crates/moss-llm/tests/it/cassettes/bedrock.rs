//! Converse at Amazon Bedrock: every recorded reply decodes, however it is cut, and nothing is lost.

use moss_llm::ModelEvent;
use moss_llm::wire::bedrock::{Bedrock, BedrockDecoder, BedrockDialect};
use moss_llm::wire::{Frame, Wire, WireDecoder};
use moss_protocol::Provider;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::bedrock_account::Account;
use super::cuts::{decode, every_cut, frames};
use super::recordings::{Exchange, MISSING, exchanges};
use super::tally::{Settled, tally};

/// All recorded exchanges in Converse. What else is recorded goes over `/invoke`, in the models' own protocols.
pub(super) fn recorded() -> Option<Vec<Exchange>> {
    exchanges(&["bedrock"], "/converse", |path| {
        path.ends_with("/converse") || path.ends_with("/converse-stream")
    })
}

/// The model of an exchange.
pub(super) fn model(exchange: &Exchange) -> String {
    let model = exchange.path.split('/').nth(2).unwrap();
    model.replace("%3A", ":").replace("%2F", "/")
}

pub(super) fn is_stream(exchange: &Exchange) -> bool {
    exchange.path.ends_with("-stream")
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
        } else if is_stream(exchange) {
            Settled::Streamed(streamed(exchange))
        } else {
            Settled::Whole(in_one_piece(exchange))
        }
    });
    println!("{told}");
}

/// The test above is worth as much as the account: each event that is taken away is missed.
#[test]
fn the_account_misses_whatever_is_lost() {
    let body = json!({
        "output": {"message": {"role": "assistant", "a": 1, "content": [
            {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}},
            {"text": "t"},
            {"toolUse": {"toolUseId": "i", "name": "n", "input": {"x": 2}}},
            {"image": {"format": "png"}},
            {"new": {"b": 3}},
        ]}},
        "stopReason": "tool_use",
        "usage": {"inputTokens": 4},
    });
    let chunk = BedrockDecoder::new().decode_response(body.to_string().as_bytes()).unwrap();
    assert_eq!(Account::default().settle_whole(&body, &chunk), Ok(12));
    for position in 0..chunk.events.len() {
        // The start, the reason and the counts say nothing that is not said elsewhere too.
        let event = &chunk.events[position];
        if matches!(
            event,
            ModelEvent::Started(_) | ModelEvent::Finished { .. } | ModelEvent::Usage(_)
        ) {
            continue;
        }
        let mut lacking = chunk.clone();
        let lost = lacking.events.remove(position);
        assert!(
            Account::default().settle_whole(&body, &lacking).is_err(),
            "{lost:?} is not missed"
        );
    }
}

fn refused(exchange: &Exchange) {
    let headers: HeaderMap = exchange
        .headers
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let wire = Bedrock(BedrockDialect::default());
    let error = wire.error(exchange.status, &headers, &exchange.bytes, Provider::Bedrock);
    let body: Value = serde_json::from_slice(&exchange.bytes).unwrap();
    let said = body["message"].as_str().unwrap();
    assert_eq!(error.to_string(), format!("{} {said}", exchange.status), "{exchange}");
    let header = headers["x-amzn-errortype"].to_str().unwrap();
    assert_eq!(error.provider_code.as_deref(), header.split(':').next(), "{exchange}");
}

fn in_one_piece(exchange: &Exchange) -> usize {
    let decode = |body: &[u8]| BedrockDecoder::new().decode_response(body);
    let body = &exchange.bytes;
    let chunk = decode(body).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    for end in 0..body.len() {
        assert!(decode(&body[..end]).is_err(), "{exchange}: cut at {end}");
    }
    let body = serde_json::from_slice(body).unwrap();
    let leaves = Account::default().settle_whole(&body, &chunk);
    leaves.unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

fn streamed(exchange: &Exchange) -> usize {
    let body = &exchange.bytes[..];
    let wire = Bedrock(BedrockDialect::default());
    let whole = decode(&wire, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    let single = decode(&wire, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange, &wire, body, length);

    let mut account = Account::default();
    let mut decoder = BedrockDecoder::new();
    for (kind, data) in frames(&wire, [body]) {
        assert!(!decoder.is_done(), "{exchange}: goes on after its end");
        let chunk = decoder.decode(Frame { kind: &kind, data: &data }).unwrap();
        let data = serde_json::from_slice(&data).unwrap();
        account
            .settle_frame(&kind, data, &chunk.unwrap_or_default())
            .unwrap_or_else(|lost| panic!("{exchange}: {lost}"));
    }
    assert!(decoder.is_done(), "{exchange}: has no end");
    account.close().unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

/// How long the first message is.
fn length(bytes: &[u8]) -> usize {
    let word = bytes.first_chunk().map(|word| u32::from_be_bytes(*word));
    word.map_or(bytes.len(), |length| (length as usize).min(bytes.len()))
}
