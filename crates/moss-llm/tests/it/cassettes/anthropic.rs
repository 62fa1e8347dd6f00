//! Anthropic's Messages: every recorded reply decodes, however it is cut, and nothing is lost.

use moss_llm::wire::anthropic::{Anthropic, AnthropicDecoder, AnthropicDialect};
use moss_llm::wire::classify;
use moss_llm::{ModelChunk, ModelErrorKind, ModelEvent};
use moss_protocol::Provider;

use super::anthropic_account::Account;
use super::cuts::{blank_line, decode, every_cut, frames};
use super::recordings::{Exchange, MISSING, exchanges};
use super::tally::{Settled, tally};

/// All recorded messages.
pub(super) fn recorded() -> Option<Vec<Exchange>> {
    exchanges(&["anthropic"], "/messages", |path| path.ends_with("/messages"))
}

fn decoder() -> AnthropicDecoder {
    AnthropicDecoder::new(AnthropicDialect::ANTHROPIC)
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

/// The test above is worth as much as the account: each event that is taken away is missed.
#[test]
fn the_account_misses_whatever_is_lost() {
    let body = concat!(
        r#"{"id":"m","type":"message","role":"assistant","model":"c","content":["#,
        r#"{"type":"thinking","thinking":"t","signature":"s"},"#,
        r#"{"type":"text","text":"a","citations":[{"type":"char_location","cited_text":"q"}]},"#,
        r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}},"#,
        r#"{"type":"brand_new","b":{"c":[2]}},"#,
        r#"{"type":"tool_use","id":"toolu_1","name":"f","input":{"x":1},"caller":{"type":"direct"}}],"#,
        r#""stop_reason":"tool_use","stop_sequence":null,"#,
        r#""usage":{"input_tokens":3,"output_tokens":4,"service_tier":"standard"}}"#,
    );
    let chunk = decoder().decode_response(body.as_bytes()).unwrap();
    assert_eq!(Account::default().settle_whole(body, &chunk), Ok(27));
    for position in 0..chunk.events.len() {
        let mut lacking = chunk.clone();
        let lost = lacking.events.remove(position);
        let silent = matches!(&lost, ModelEvent::Kwarg { value, .. } if value.is_null());
        let missed = Account::default().settle_whole(body, &lacking).is_err();
        assert!(missed || silent, "{lost:?} is not missed");
    }
}

fn refused(exchange: &Exchange) {
    let error = classify(exchange.status, exchange.body.as_bytes(), Provider::Anthropic);
    let body: serde_json::Value = serde_json::from_str(&exchange.body).unwrap();
    let said = body["error"]["message"].as_str().unwrap();
    assert_eq!(error.to_string(), format!("{} {said}", exchange.status), "{exchange}");
    assert_eq!(error.provider_code.as_deref(), body["error"]["type"].as_str(), "{exchange}");
    let kind = match exchange.status {
        401 => ModelErrorKind::Auth,
        400 | 404 => ModelErrorKind::InvalidRequest,
        500.. => ModelErrorKind::Overloaded,
        _ => error.kind,
    };
    assert_eq!(error.kind, kind, "{exchange}");
}

fn in_one_piece(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let chunk =
        decoder().decode_response(body).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    for end in (0..body.len()).step_by(body.len() / 64 + 1) {
        let error = decoder().decode_response(&body[..end]).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{exchange}: cut at {end}");
    }
    Account::default()
        .settle_whole(&exchange.body, &chunk)
        .unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

fn streamed(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let wire = Anthropic::new(AnthropicDialect::ANTHROPIC);
    let whole = decode(&wire, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    assert!(
        matches!(whole.first().map(|chunk| &chunk.events[..]), Some([ModelEvent::Started(_), ..])),
        "{exchange}: does not begin with its start"
    );
    let single = decode(&wire, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange, &wire, body, blank_line);

    let mut account = Account::default();
    let mut decoder = decoder();
    let mut leaves = 0;
    for (_, frame) in frames(&wire, [body]) {
        let chunk = decoder.decode_frame(&frame).unwrap().unwrap_or_default();
        let frame = str::from_utf8(&frame).unwrap();
        leaves += account
            .settle(frame, &chunk)
            .unwrap_or_else(|lost| panic!("{exchange}: {lost} in {frame}"));
    }
    assert!(decoder.is_done(), "{exchange}: has no end");
    account.closed().unwrap_or_else(|lost| panic!("{exchange}: {lost}"));
    same_as_in_one_piece(exchange, whole);
    leaves
}

/// What a stream tells is what it would tell in one piece: no text, no call and no count is torn apart.
fn same_as_in_one_piece(exchange: &Exchange, chunks: Vec<ModelChunk>) {
    let mut args = std::collections::BTreeMap::<u32, String>::new();
    let mut inputs = std::collections::BTreeMap::new();
    for event in chunks.into_iter().flat_map(|chunk| chunk.events) {
        match event {
            ModelEvent::ToolCall(call) => {
                let args = args.entry(call.index.unwrap()).or_default();
                args.push_str(&call.args.unwrap_or_default());
            }
            ModelEvent::Part { index, part } if part["type"] == "tool_use" => {
                inputs.insert(index.unwrap(), part["input"].clone());
            }
            _ => {}
        }
    }
    let parsed = args.into_iter().map(|(index, args)| {
        let args = if args.is_empty() { "{}" } else { &args };
        (index, serde_json::from_str(args).unwrap())
    });
    assert_eq!(
        parsed.collect::<std::collections::BTreeMap<_, serde_json::Value>>(),
        inputs,
        "{exchange}"
    );
}
