//! Servers that imitate OpenAI's, each in its own way.

use super::*;

/// A local server gives no index: pieces are matched by the item's id.
#[test]
fn pieces_without_an_index_find_their_item() {
    let added = |id: &str, call: &str| {
        json!({"type": "response.output_item.added", "item":
            {"id": id, "type": "function_call", "call_id": call, "name": "f", "arguments": ""}})
    };
    let delta = |id: &str, delta: &str| json!({"type": "response.function_call_arguments.delta", "item_id": id, "delta": delta});
    let frames = [
        added("fc_1", "call_1"),
        added("fc_2", "call_2"),
        delta("fc_1", "{"),
        delta("fc_2", "[1"),
        // Some name the call where they should name the item.
        delta("call_1", "}"),
        delta("fc_2", "]"),
    ];
    let said: Vec<ModelEvent> = events(&frames)
        .into_iter()
        .filter(|event| matches!(event, ModelEvent::ToolCall(_)))
        .collect();
    assert_eq!(
        said,
        [
            begins("call_1", "f", 0),
            begins("call_2", "f", 1),
            args("{", 0),
            args("[1", 1),
            args("}", 0),
            args("]", 1),
        ]
    );
}

/// Some servers give an item another id in each event: then the index tells.
#[test]
fn pieces_with_other_ids_find_their_item_by_its_index() {
    let mut frames = answer();
    for (number, frame) in frames.iter_mut().enumerate() {
        for id in ["/item_id", "/item/id"] {
            if let Some(id) = frame.pointer_mut(id) {
                *id = json!(format!("other_{number}"));
            }
        }
    }
    let said = |frames: &[Value]| -> Vec<ModelEvent> {
        let events = chunks(frames).unwrap().into_iter().flat_map(|chunk| chunk.events);
        events
            .filter(|event| {
                matches!(
                    event,
                    ModelEvent::Text { .. }
                        | ModelEvent::Reasoning { .. }
                        | ModelEvent::ToolCall(_)
                )
            })
            .collect()
    };
    assert_eq!(said(&frames), said(&answer()));
}

#[test]
fn a_server_that_only_tells_the_whole_loses_nothing() {
    let all = answer();
    let said = |frames: &[Value]| -> (String, String, String) {
        let mut said = (String::new(), String::new(), String::new());
        for event in chunks(frames).unwrap().into_iter().flat_map(|chunk| chunk.events) {
            match event {
                ModelEvent::Text { text, .. } => said.0.push_str(&text),
                ModelEvent::Reasoning { text, .. } => said.1.push_str(&text),
                ModelEvent::ToolCall(piece) => said.2.push_str(&piece.args.unwrap_or_default()),
                _ => {}
            }
        }
        said
    };
    let expected = said(&all);
    assert_eq!(expected, ("Hello".to_owned(), "Hmm".to_owned(), r#"{"city":"Köln"}"#.to_owned()));
    let without = |left_out: &[&str]| -> Vec<Value> {
        let is_left_out = |frame: &&Value| {
            let kind = frame["type"].as_str().unwrap();
            !left_out.iter().any(|part| kind.ends_with(part))
        };
        all.iter().filter(is_left_out).cloned().collect()
    };
    for left_out in [
        &[".delta"][..],
        &[".delta", "text.done", "arguments.done"],
        &[".delta", ".done"],
        &[".delta", ".done", ".added"],
        &[".added"],
        &[".done"],
        &["response.created", "response.in_progress"],
    ] {
        assert_eq!(said(&without(left_out)), expected, "without {left_out:?}");
    }
}

/// The end of the answer is worth as much where a server leaves its output out.
#[test]
fn an_end_without_output_is_made_of_the_items() {
    let mut frames = answer();
    let output = frames[21]["response"]["output"].take();
    frames[21]["response"]["output"] = json!([]);
    let last = chunks(&frames).unwrap().pop().unwrap();
    assert_eq!(*last.events.last().unwrap(), extra("output", output));
}

#[test]
fn a_text_that_was_told_otherwise_is_kept_as_the_whole_has_it() {
    let frames = [
        json!({"type": "response.output_text.delta", "item_id": "m", "content_index": 0, "delta": "Hullo"}),
        json!({"type": "response.output_text.done", "item_id": "m", "content_index": 0, "text": "Hello"}),
        completed(
            json!([{"id": "m", "type": "message", "content": [{"type": "output_text", "text": "Hello"}]}]),
        ),
    ];
    let said = events(&frames);
    assert_eq!(
        said[..3],
        [
            text("Hullo", 0),
            extra("output.0.content.0.text", json!("Hello")),
            finished(FinishReason::Stop, "completed"),
        ]
    );
}

#[test]
fn an_answer_without_a_beginning_has_one_all_the_same() {
    let frames = [
        json!({"type": "response.output_text.delta", "item_id": "m", "delta": "Hi"}),
        completed(json!([])),
    ];
    let said: Vec<ModelEvent> =
        chunks(&frames).unwrap().into_iter().flat_map(|chunk| chunk.events).collect();
    let extra_fields = object(json!({"model_provider": "openai"}));
    let info = ResponseInfo { extra: extra_fields, ..ResponseInfo::default() };
    assert_eq!(said[..2], [ModelEvent::Started(info), text("Hi", 0)]);
    // A server that knows its model only at the end.
    assert!(said.contains(&extra("model_name", json!("m"))));
    assert!(said.contains(&extra("id", json!("resp_1"))));
}

#[test]
fn the_transports_frames_are_not_the_answers() {
    let mut decoder = decoder();
    for frame in [&b""[..], b"[DONE]", b"{\"type\":\"keepalive\",\"sequence_number\":3}"] {
        assert_eq!(decoder.decode_frame("", frame).unwrap(), None);
    }
    // The event's name serves where the data have no type.
    let chunk = decoder.decode_frame("response.output_text.delta", b"{\"delta\":\"Hi\"}").unwrap();
    assert_eq!(chunk.unwrap().events[1], text("Hi", 0));
}

#[test]
fn half_a_character_is_mended() {
    let frame = br#"{"type":"response.output_text.delta","item_id":"m","delta":"a\ud83d"}"#;
    let chunk = decoder().decode_frame("", frame).unwrap().unwrap();
    assert_eq!(chunk.events[1], text("a\u{fffd}", 0));
}

#[test]
fn nothing_follows_the_end() {
    let mut decoder = decoder();
    let end = completed(json!([])).to_string();
    assert!(decoder.decode_frame("", end.as_bytes()).unwrap().is_some());
    assert!(decoder.is_done());
    assert_eq!(decoder.decode_frame("", end.as_bytes()).unwrap(), None);
    assert!(decoder.finish().is_ok());
}

#[test]
fn endless_items_are_an_error() {
    let mut decoder = decoder();
    let error = (0..).find_map(|number| {
        let item = json!({"type": "response.output_item.added", "output_index": number,
            "item": {"id": format!("m{number}"), "type": "message"}});
        decoder.decode_frame("", item.to_string().as_bytes()).err()
    });
    let error = error.unwrap();
    assert_eq!(error.kind, ModelErrorKind::Protocol);
    assert!(error.message.contains("more than 2048 items"), "{error}");
}

/// What grows with each item is told once, or an answer of many would be told as many times over.
#[test]
fn many_items_at_once_are_told_once() {
    let items: Vec<Value> = (0..2000)
        .map(|number| json!({"id": format!("ws_{number}"), "type": "web_search_call", "status": "completed"}))
        .collect();
    let said = events(&[completed(json!(items))]);
    assert_eq!(said[0], kwarg("tool_outputs", json!(items)));
    assert_eq!(said.len(), 4);
}
