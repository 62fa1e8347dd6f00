//! Content parts keep what they do not know.

use moss_protocol::{Content, ContentPart, ImageUrl, JsonObject, ToolCallPart};
use proptest::prelude::*;
use serde_json::{Value, json};

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

/// Reads the text as a part and writes it back.
fn round_trip(text: &str) -> (ContentPart, String) {
    let part: ContentPart = serde_json::from_str(text).unwrap();
    let written = serde_json::to_string(&part).unwrap();
    (part, written)
}

#[test]
fn known_parts_are_read_and_written_with_their_other_fields() {
    let cases = [
        (r#"{"type":"text","text":"a"}"#, ContentPart::text("a")),
        (r#"{"type":"think","think":"b"}"#, ContentPart::think("b")),
        (
            r#"{"index":1,"type":"text","text":"a","citations":[{"url":"u"}],"cache_control":{"type":"ephemeral"}}"#,
            ContentPart::Text {
                text: "a".to_owned(),
                extra: object(
                    json!({"index": 1, "citations": [{"url": "u"}], "cache_control": {"type": "ephemeral"}}),
                ),
            },
        ),
        (
            r#"{"type":"image_url","image_url":"data:image/png;base64,AA=="}"#,
            ContentPart::Image {
                image_url: ImageUrl::Plain("data:image/png;base64,AA==".to_owned()),
                extra: JsonObject::new(),
            },
        ),
        (
            r#"{"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"low"}}"#,
            ContentPart::Image {
                image_url: ImageUrl::Detailed {
                    url: "https://example.org/a.png".to_owned(),
                    detail: Some("low".to_owned()),
                },
                extra: JsonObject::new(),
            },
        ),
        (
            r#"{"type":"tool_call","tool_call":{"id":"c","name":"clock","args":"{}"}}"#,
            ContentPart::ToolCall(ToolCallPart(object(
                json!({"id": "c", "name": "clock", "args": "{}"}),
            ))),
        ),
    ];
    for (text, part) in cases {
        assert_eq!(round_trip(text), (part, text.to_owned()));
    }
}

#[test]
fn parts_of_another_kind_or_shape_are_kept_untouched() {
    for text in [
        r#"{"type":"thinking","thinking":"hm","signature":"sig"}"#,
        r#"{"index":0,"type":"redacted_thinking","data":"x"}"#,
        r#"{"type":"tool_call","tool_call":{"id":"c"},"agentId":"a"}"#,
        r#"{"type":"text","text":{"value":"an assistant's text"}}"#,
        r#"{"type":"image_url","image_url":{"base64":"AA"}}"#,
        r#"{"type":"text"}"#,
        r#"{"type":7}"#,
        r#"{"kind":"none"}"#,
        "{}",
    ] {
        let (part, written) = round_trip(text);
        assert!(matches!(part, ContentPart::Other(_)), "{text}: {part:?}");
        assert_eq!(written, text);
    }
}

#[test]
fn what_is_no_object_is_no_part() {
    for text in ["7", "null", "\"text\"", "[]"] {
        assert!(serde_json::from_str::<ContentPart>(text).is_err(), "{text}");
    }
}

#[test]
fn parts_say_what_they_are() {
    let call = ToolCallPart(object(json!({"id": "c", "name": "clock", "output": "12:00"})));
    assert_eq!((call.id(), call.name(), call.output()), ("c", "clock", Some("12:00")));
    let empty = ToolCallPart(JsonObject::new());
    assert_eq!((empty.id(), empty.name(), empty.output()), ("", "", None));
    let kinds = [
        ContentPart::text("a"),
        ContentPart::think("b"),
        ContentPart::ToolCall(call),
        ContentPart::Other(object(json!({"type": "summary"}))),
        ContentPart::Other(JsonObject::new()),
    ];
    let kinds: Vec<&str> = kinds.iter().map(ContentPart::kind).collect();
    assert_eq!(kinds, ["text", "think", "tool_call", "summary", ""]);
}

#[test]
fn content_is_text_or_parts() {
    let text = Content::from("a");
    let parts = Content::from(vec![
        ContentPart::text("a"),
        ContentPart::think("not said"),
        ContentPart::text("b"),
    ]);
    assert_eq!((text.text(), parts.text()), ("a".to_owned(), "ab".to_owned()));
    assert!(Content::default().is_empty() && Content::from(Vec::new()).is_empty());
    assert!(!text.is_empty() && !parts.is_empty());
    assert_eq!(serde_json::to_string(&text).unwrap(), "\"a\"");
    let json = r#"[{"type":"text","text":"a"},{"type":"think","think":"not said"},{"type":"text","text":"b"}]"#;
    assert_eq!(serde_json::to_string(&parts).unwrap(), json);
    assert_eq!(serde_json::from_str::<Content>(json).unwrap(), parts);
    assert!(serde_json::from_str::<Content>("7").is_err());
}

/// Any JSON, with the member names and kinds that parts give a meaning to more often than chance.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zé\"\\\\]{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["text", "think", "image_url", "tool_call", "low"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            any_object(inner).prop_map(Value::Object),
        ]
    })
}

fn any_object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = JsonObject> {
    let names = vec![
        "type",
        "text",
        "think",
        "image_url",
        "tool_call",
        "url",
        "detail",
        "index",
        "citations",
        "other",
    ];
    let member = (prop::sample::select(names).prop_map(str::to_owned), value);
    prop::collection::vec(member, 0..6).prop_map(JsonObject::from_iter)
}

proptest! {
    #[test]
    fn any_object_survives_as_a_part(object in any_object(any_json())) {
        let value = Value::Object(object);
        let part: ContentPart = serde_json::from_value(value.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&part).unwrap(), value);
    }
}
