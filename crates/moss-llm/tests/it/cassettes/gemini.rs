//! Gemini: every recorded reply decodes, however it is cut, and nothing is lost.

use moss_llm::wire::classify;
use moss_llm::wire::gemini::{Gemini, GeminiDecoder};
use moss_llm::{ModelErrorKind, ModelEvent};
use moss_protocol::Provider;
use serde_json::Value;

use super::cuts::{decode, every_cut, frames};
use super::gemini_account::Account;
use super::recordings::{Exchange, MISSING, exchanges};
use super::tally::{Settled, tally};

/// All recorded exchanges of `generateContent`, streamed or not.
pub(super) fn recorded() -> Option<Vec<Exchange>> {
    exchanges(&["gemini"], "enerateContent", |path| {
        path.ends_with(":generateContent") || path.ends_with(":streamGenerateContent")
    })
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
        r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"r","thought":true},"#,
        r#"{"text":"t","thoughtSignature":"s"},{"functionCall":{"name":"f","args":{"a":[1]}},"#,
        r#""thoughtSignature":"u"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]},"#,
        r#""finishReason":"STOP","index":0,"safetyRatings":[{"category":"c"}],"#,
        r#""groundingMetadata":{"webSearchQueries":["q"]}},{"index":1,"content":{"parts":[{"text":"o"}]}}],"#,
        r#""usageMetadata":{"promptTokenCount":3,"toolUsePromptTokenCount":2},"responseId":"i"}"#,
    );
    let chunk = GeminiDecoder::new(Gemini::GOOGLE).decode_response(body.as_bytes()).unwrap();
    assert_eq!(chunk.events.len(), 13, "{chunk:#?}");
    assert_eq!(Account::default().settle(body, &chunk), Ok(19));
    for position in 0..chunk.events.len() {
        let mut lacking = chunk.clone();
        let lost = lacking.events.remove(position);
        assert!(Account::default().settle(body, &lacking).is_err(), "{lost:?} is not missed");
    }
}

fn refused(exchange: &Exchange) {
    let error = classify(exchange.status, exchange.body.as_bytes(), Provider::Google);
    let text = exchange.body.trim_start().strip_prefix("data:").unwrap_or(&exchange.body);
    let body: Value = serde_json::from_str(text).unwrap();
    let said = &body["error"];
    assert_eq!(
        error.to_string(),
        format!("{} {}", exchange.status, said["message"].as_str().unwrap()),
        "{exchange}"
    );
    assert_eq!(error.provider_code.as_deref(), said["status"].as_str(), "{exchange}");
    let kind = match said["details"][0]["reason"].as_str() {
        Some("API_KEY_INVALID") => ModelErrorKind::Auth,
        _ => match exchange.status {
            401 | 403 => ModelErrorKind::Auth,
            500.. => ModelErrorKind::Overloaded,
            400 | 404 => ModelErrorKind::InvalidRequest,
            _ => error.kind,
        },
    };
    assert_eq!(error.kind, kind, "{exchange}");
}

fn in_one_piece(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let decode = |body: &[u8]| GeminiDecoder::new(Gemini::GOOGLE).decode_response(body);
    let chunk = decode(body).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    // A body that was cut is never taken for a whole one.
    for end in (0..body.len()).step_by(body.len() / 64 + 1) {
        let error = decode(&body[..end]).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{exchange}: cut at {end}");
    }
    let mut account = Account::default();
    account.settle(&exchange.body, &chunk).unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

fn streamed(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let wire = Gemini::GOOGLE;
    let whole = decode(&wire, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    assert!(
        matches!(whole.first().map(|chunk| &chunk.events[..]), Some([ModelEvent::Started(_), ..])),
        "{exchange}: does not begin with its start"
    );
    let single = decode(&wire, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange, &wire, body, blank_line);

    let mut account = Account::default();
    let mut leaves = 0;
    for ((_, frame), chunk) in frames(&wire, [body]).iter().zip(&whole) {
        let frame = str::from_utf8(frame).unwrap();
        leaves += account
            .settle(frame, chunk)
            .unwrap_or_else(|lost| panic!("{exchange}: {lost} in {frame}"));
    }
    leaves
}

/// Where the first event of an event stream ends whose lines end with CR LF.
fn blank_line(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|end| end == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4)
}
