//! Chat completions: every recorded reply decodes, however it is cut, and nothing is lost.

use moss_llm::wire::classify;
use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChat, OpenAiChatDecoder};
use moss_llm::{ModelErrorKind, ModelEvent};
use moss_protocol::Provider;

use super::chat_account::Account;
use super::cuts::{blank_line, decode, every_cut, frames};
use super::recordings::{Exchange, MISSING, exchanges};
use super::tally::{Settled, tally};

/// The folders whose providers speak the chat protocol.
const FOLDERS: &[(&str, Provider)] = &[
    ("openai", Provider::OpenAi),
    ("deepseek", Provider::DeepSeek),
    ("mistral", Provider::Mistral),
    ("groq", Provider::OpenAi),
    ("openrouter", Provider::OpenRouter),
    ("xai", Provider::Xai),
    ("perplexity", Provider::OpenAi),
    ("llamacpp", Provider::OpenAi),
];

/// All recorded chat completions.
pub(super) fn recorded() -> Option<Vec<Exchange>> {
    let folders: Vec<&str> = FOLDERS.iter().map(|(folder, _)| *folder).collect();
    exchanges(&folders, "/chat/completions", |path| path.ends_with("/chat/completions"))
}

/// In which dialect an exchange was held.
pub(super) fn dialect(exchange: &Exchange) -> ChatDialect {
    let (_, provider) =
        FOLDERS.iter().find(|(folder, _)| *folder == exchange.folder).expect("a known folder");
    ChatDialect::of(*provider).expect("a provider that speaks chat completions")
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
        r#"{"id":"x","model":"m","created":1,"choices":[{"index":0,"finish_reason":"stop","a":1,"#,
        r#""message":{"role":"assistant","content":"c","reasoning":"r","refusal":"n","b":{"c":[2]},"#,
        r#""images":[{"type":"image_url","image_url":{"url":"u"}}],"#,
        r#""tool_calls":[{"id":"i","type":"function","function":{"name":"f","arguments":"{}"}}]}},"#,
        r#"{"index":1,"message":{"content":"d"}}],"usage":{"prompt_tokens":3,"cost":4}}"#,
    );
    let chunk =
        OpenAiChatDecoder::new(ChatDialect::OPENAI).decode_response(body.as_bytes()).unwrap();
    assert_eq!(chunk.events.len(), 12);
    assert_eq!(Account::whole().settle(body, &chunk), Ok(21));
    for position in 0..chunk.events.len() {
        let mut lacking = chunk.clone();
        let lost = lacking.events.remove(position);
        assert!(Account::whole().settle(body, &lacking).is_err(), "{lost:?} is not missed");
    }
}

fn refused(exchange: &Exchange) {
    let provider = dialect(exchange).provider;
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
    let decode = |body: &[u8]| OpenAiChatDecoder::new(dialect(exchange)).decode_response(body);
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
    let wire = OpenAiChat(dialect(exchange));
    let whole = decode(&wire, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    assert!(
        matches!(whole.first().map(|chunk| &chunk.events[..]), Some([ModelEvent::Started(_), ..])),
        "{exchange}: does not begin with its start"
    );
    let single = decode(&wire, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange, &wire, body, blank_line);

    let frames = frames(&wire, [body]);
    assert!(frames.last().is_some_and(|(_, data)| data == b"[DONE]"), "{exchange}: has no end");
    let mut account = Account::stream();
    let mut leaves = 0;
    for ((_, frame), chunk) in frames.iter().zip(&whole) {
        let frame = str::from_utf8(frame).unwrap();
        leaves += account
            .settle(frame, chunk)
            .unwrap_or_else(|lost| panic!("{exchange}: {lost} in {frame}"));
    }
    leaves
}
