//! Calls of the host's tools, and what the provider's own tools do.

use super::*;

#[test]
fn the_input_of_a_custom_tool_is_an_argument() {
    let item = json!({"id": "ctc_1", "type": "custom_tool_call", "call_id": "call_1", "name": "shout",
        "input": "say \"hé\"\n", "status": "completed"});
    let delta = |delta: &str| {
        json!({"type": "response.custom_tool_call_input.delta", "item_id": "ctc_1", "output_index": 0,
            "delta": delta})
    };
    let frames = [
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"id": "ctc_1",
            "type": "custom_tool_call", "call_id": "call_1", "name": "shout", "input": ""}}),
        delta("say \""),
        delta("hé\"\n"),
        json!({"type": "response.custom_tool_call_input.done", "item_id": "ctc_1", "output_index": 0,
            "input": "say \"hé\"\n"}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
    ];
    let said = events(&frames);
    assert_eq!(
        said,
        [
            begins("call_1", "shout", 0),
            kwarg("__openai_function_call_ids__", json!({"call_1": "ctc_1"})),
            args(r#"{"input":"say \""#, 0),
            args(r#"hé\"\n"#, 0),
            args(r#""}"#, 0),
            kwarg("tool_outputs", json!([item])),
        ]
    );
}

#[test]
fn a_custom_tool_without_input_has_an_empty_one() {
    let item = json!({"id": "c", "type": "custom_tool_call", "call_id": "call_1", "name": "go", "input": ""});
    let said =
        events(&[json!({"type": "response.output_item.done", "output_index": 0, "item": item})]);
    assert_eq!(said[..2], [begins("call_1", "go", 0), args(r#"{"input":""}"#, 0)]);
}

#[test]
fn computer_use_is_a_call() {
    let item = json!({"id": "cu_1", "type": "computer_call", "call_id": "call_1", "status": "completed",
        "action": {"type": "click", "x": 1, "y": 2, "button": "left"}, "pending_safety_checks": []});
    let frames = [
        json!({"type": "response.output_item.added", "output_index": 0, "item":
            {"id": "cu_1", "type": "computer_call", "call_id": "call_1", "status": "in_progress"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        completed(json!([item])),
    ];
    let said = events(&frames);
    let call = ModelEvent::ToolCall(ToolCallChunk {
        id: Some("call_1".to_owned()),
        name: Some("computer_use".to_owned()),
        args: Some(json!({"action": item["action"]}).to_string()),
        index: Some(0),
        ..ToolCallChunk::default()
    });
    assert_eq!(
        said[..3],
        [
            call,
            kwarg("tool_outputs", json!([item])),
            finished(FinishReason::ToolCalls, "completed"),
        ]
    );
}

/// Progress says nothing that the item does not say.
#[test]
fn the_providers_tools() {
    let progress = |tool: &str, state: &str| json!({"type": format!("response.{tool}.{state}"), "item_id": "x", "output_index": 0});
    let web = json!({"id": "ws", "type": "web_search_call", "status": "completed",
        "action": {"type": "search", "query": "q"}});
    let code = json!({"id": "ci", "type": "code_interpreter_call", "code": "1+1", "container_id": "c",
        "outputs": [{"type": "logs", "logs": "2"}], "status": "completed"});
    let mcp = json!({"id": "mcp", "type": "mcp_call", "server_label": "s", "name": "n",
        "arguments": "{}", "output": "o"});
    let consent = json!({"id": "mcpr", "type": "mcp_approval_request", "name": "n", "arguments": "{}",
        "server_label": "s"});
    let done = |index: u32, item: &Value| json!({"type": "response.output_item.done", "output_index": index, "item": item});
    let frames = [
        progress("web_search_call", "in_progress"),
        progress("web_search_call", "searching"),
        progress("web_search_call", "completed"),
        done(0, &web),
        progress("file_search_call", "searching"),
        progress("code_interpreter_call", "interpreting"),
        json!({"type": "response.code_interpreter_call_code.delta", "item_id": "ci", "output_index": 1, "delta": "1+"}),
        json!({"type": "response.code_interpreter_call_code.done", "item_id": "ci", "output_index": 1, "code": "1+1"}),
        progress("code_interpreter_call", "completed"),
        done(1, &code),
        progress("mcp_list_tools", "in_progress"),
        progress("mcp_list_tools", "completed"),
        progress("mcp_list_tools", "failed"),
        progress("mcp_call", "in_progress"),
        json!({"type": "response.mcp_call_arguments.delta", "item_id": "mcp", "output_index": 2, "delta": "{}"}),
        json!({"type": "response.mcp_call_arguments.done", "item_id": "mcp", "output_index": 2, "arguments": "{}"}),
        progress("mcp_call", "failed"),
        done(2, &mcp),
        done(3, &consent),
        completed(json!([web, code, mcp, consent])),
    ];
    let said = events(&frames);
    assert_eq!(
        said[..5],
        [
            kwarg("tool_outputs", json!([web])),
            kwarg("tool_outputs", json!([web, code])),
            kwarg("tool_outputs", json!([web, code, mcp])),
            kwarg("tool_outputs", json!([web, code, mcp, consent])),
            finished(FinishReason::Stop, "completed"),
        ]
    );
}

#[test]
fn an_image_is_finished_where_it_began() {
    let item = json!({"id": "ig", "type": "image_generation_call", "status": "completed",
        "output_format": "webp", "result": "FINAL"});
    let frames = [
        json!({"type": "response.output_item.added", "output_index": 0, "item":
            {"id": "ig", "type": "image_generation_call", "status": "in_progress"}}),
        json!({"type": "response.image_generation_call.in_progress", "item_id": "ig", "output_index": 0}),
        json!({"type": "response.image_generation_call.generating", "item_id": "ig", "output_index": 0}),
        json!({"type": "response.image_generation_call.partial_image", "item_id": "ig", "output_index": 0,
            "partial_image_index": 0, "partial_image_b64": "HALF", "output_format": "webp"}),
        json!({"type": "response.image_generation_call.completed", "item_id": "ig", "output_index": 0}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.output_text.delta", "item_id": "m", "output_index": 1, "content_index": 0, "delta": "Look"}),
    ];
    let image = |data: &str, metadata: Value| {
        part(
            json!({"type": "image", "mimeType": "image/webp", "data": data, "id": "ig",
            "metadata": metadata}),
            0,
        )
    };
    assert_eq!(
        events(&frames),
        [
            image("HALF", json!({"partial_image_index": 0, "output_format": "webp"})),
            image("FINAL", json!({"status": "completed"})),
            kwarg("tool_outputs", json!([item])),
            text("Look", 1),
        ]
    );
}

#[test]
fn what_is_spoken_comes_at_the_end() {
    let frames = [
        json!({"type": "response.audio.delta", "delta": "AAAA"}),
        json!({"type": "response.audio.transcript.delta", "delta": "Hel"}),
        json!({"type": "response.audio.delta", "delta": "BBBB"}),
        json!({"type": "response.audio.transcript.delta", "delta": "lo"}),
        json!({"type": "response.audio.transcript.done"}),
        json!({"type": "response.audio.done"}),
        completed(json!([])),
    ];
    let said = events(&frames);
    assert_eq!(said[0], kwarg("audio", json!({"data": "AAAABBBB", "transcript": "Hello"})));
}

#[test]
fn a_call_that_a_limit_cut_stays_half() {
    let half = |kind: &str, member: &str| json!({"id": "i", "type": kind, "call_id": "c", "name": "f", "status": "incomplete", member: "{\"a"});
    for (kind, member, said) in
        [("function_call", "arguments", "{\"a"), ("custom_tool_call", "input", r#"{"input":"{\"a"#)]
    {
        let end = json!({"type": "response.incomplete", "response": {"status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"}, "output": [half(kind, member)]}});
        let said_events = events(&[end]);
        assert_eq!(said_events[..2], [begins("c", "f", 0), args(said, 0)], "{kind}");
        assert_eq!(said_events[3], finished(FinishReason::Length, "max_output_tokens"));
    }
}

#[test]
fn wrong_arguments_are_an_error() {
    let added = json!({"type": "response.output_item.added", "output_index": 0, "item":
        {"id": "fc", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": ""}});
    let delta = json!({"type": "response.function_call_arguments.delta", "item_id": "fc", "delta": "{\"a\":1"});
    let done = |arguments: &str| json!({"type": "response.function_call_arguments.done", "item_id": "fc", "arguments": arguments});
    let says = |frames: &[Value]| chunks(frames).unwrap_err();
    let error = says(&[created(), added.clone(), delta.clone(), done("{\"a\":2}")]);
    assert_eq!(error.kind, ModelErrorKind::Protocol);
    assert!(error.message.contains("`call_1` are not those that were streamed"), "{error}");
    // The response says that it is whole, and the call is not.
    let error = says(&[created(), added.clone(), delta.clone(), completed(json!([]))]);
    assert!(error.message.contains("`call_1` has only half of its arguments"), "{error}");
    // Another spelling of the same is no error, and an end that was not streamed is told.
    let rest =
        json!({"type": "response.function_call_arguments.delta", "item_id": "fc", "delta": "}"});
    let frames =
        [created(), added.clone(), delta.clone(), rest, done("{ \"a\": 1 }"), completed(json!([]))];
    assert!(chunks(&frames).is_ok());
    let said = events(&[added, delta, done("{\"a\":1}")]);
    assert_eq!(said[2..], [args("{\"a\":1", 0), args("}", 0)]);
}
