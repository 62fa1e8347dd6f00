//! Earlier answers go back as the provider made them, or as what can be made of them.

use super::*;

fn reasoning() -> Value {
    json!({"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed",
        "summary": [{"type": "summary_text", "text": "Hm"}]})
}

fn message() -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "phase": "commentary",
        "content": [{"type": "output_text", "text": "So", "annotations": []}]})
}

fn call(number: u32) -> Value {
    json!({"id": format!("fc_{number}"), "type": "function_call", "status": "completed",
        "call_id": format!("call_{number}"), "name": "f", "arguments": "{\"a\": 1}"})
}

/// An answer with an output, and the results of its calls.
fn answered(output: &Value, calls: &[u32], metadata: Value) -> Value {
    let mut response_metadata = object(json!({"output": output, "model_provider": "openai"}));
    response_metadata.extend(object(metadata));
    let calls = calls.iter().map(|number| format!("call_{number}"));
    let tool_calls: Vec<Value> =
        calls.clone().map(|id| json!({"id": id, "name": "f", "args": {"a": 1}})).collect();
    let answer = json!({"role": "assistant", "id": "resp_1",
    "content": [{"index": 0, "type": "text", "text": "So"}],
    "tool_calls": tool_calls, "response_metadata": response_metadata,
    "additional_kwargs": {
        "reasoning": {"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed",
            "summary": [{"type": "summary_text", "text": "Hm", "index": 0}]},
        "__openai_function_call_ids__": {"call_1": "fc_1", "call_2": "fc_2"},
    }});
    let results = calls.map(|id| json!({"role": "tool", "tool_call_id": id, "content": "ok"}));
    std::iter::once(answer).chain(results).collect()
}

fn result(number: u32) -> Value {
    json!({"type": "function_call_output", "call_id": format!("call_{number}"), "output": "ok"})
}

fn without_id(mut item: Value) -> Value {
    item.as_object_mut().unwrap().shift_remove("id");
    item
}

#[test]
fn an_output_goes_back_as_it_came() {
    let output = json!([reasoning(), message(), call(1)]);
    let ask = ask(answered(&output, &[1], json!({})));
    assert_eq!(ask.input(), json!([reasoning(), message(), call(1), result(1)]));
}

#[test]
fn what_is_not_stored_has_no_ids() {
    let bare = json!({"id": "rs_0", "type": "reasoning", "summary": []});
    let image = json!({"id": "ig", "type": "image_generation_call", "result": "AA"});
    let search = json!({"id": "ws", "type": "web_search_call", "status": "completed"});
    let output = json!([bare, search, image, reasoning(), message(), call(1)]);
    let mut ask = ask(answered(&output, &[1], json!({})));
    ask.parameters = object(json!({"store": false}));
    assert_eq!(
        ask.input(),
        json!([
            without_id(search),
            image,
            without_id(reasoning()),
            without_id(message()),
            without_id(call(1)),
            result(1),
        ])
    );
}

#[test]
fn a_call_that_the_host_took_out_is_gone_with_its_reasoning() {
    let second =
        json!({"id": "rs_2", "type": "reasoning", "encrypted_content": "e", "summary": []});
    let output = json!([message(), reasoning(), call(1), second, call(2)]);
    let ask = ask(answered(&output, &[2], json!({})));
    assert_eq!(ask.input(), json!([message(), second, call(2), result(2)]));
}

#[test]
fn a_call_that_the_host_added_follows() {
    let output = json!([message(), call(1)]);
    let ask = ask(answered(&output, &[1, 3], json!({})));
    let added = json!({"type": "function_call", "call_id": "call_3", "name": "f", "arguments": "{\"a\":1}"});
    assert_eq!(ask.input(), json!([message(), call(1), added, result(1), result(3)]));
}

/// OpenRouter sends a signature behind the text.
#[test]
fn reasoning_at_the_end_stays() {
    let ask = ask(answered(&json!([message(), reasoning()]), &[], json!({})));
    assert_eq!(ask.input(), json!([message(), reasoning()]));
}

#[test]
fn an_answer_of_another_provider_is_what_it_said() {
    let output = json!([reasoning(), message(), call(1)]);
    let expected = json!([
        {"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": "So", "annotations": []}]},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{\"a\":1}"},
        result(1),
    ]);
    let mut ask = ask(answered(&output, &[1], json!({"model_provider": "xai"})));
    assert_eq!(ask.input(), expected);
    ask.dialect = ResponsesDialect::XAI;
    assert_eq!(ask.input(), json!([reasoning(), message(), call(1), result(1)]));
    // Azure is OpenAI's to LangChain.
    let mut ask = super::ask(answered(&output, &[1], json!({})));
    ask.dialect = ResponsesDialect::AZURE;
    assert_eq!(ask.input(), json!([reasoning(), message(), call(1), result(1)]));
    ask.dialect = ResponsesDialect::XAI;
    assert_eq!(ask.input(), expected);
}

#[test]
fn an_answer_that_the_host_edited_is_rebuilt() {
    let mut messages = answered(&json!([reasoning(), message(), call(1)]), &[1], json!({}));
    messages[0]["content"] = json!("Well");
    assert_eq!(
        ask(messages).input(),
        json!([
            reasoning(),
            {"type": "message", "role": "assistant", "content": "Well"},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f",
                "arguments": "{\"a\":1}"},
            result(1),
        ])
    );
}

/// Nobody has the reasoning of an answer that was cut, unless it was sealed before.
#[test]
fn an_answer_that_was_cut_is_rebuilt() {
    let mut messages = answered(&json!([]), &[], json!({"status": "in_progress"}));
    let said = json!({"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "So", "annotations": []}]});
    assert_eq!(ask(messages.clone()).input(), json!([reasoning(), said]));
    let kept = &mut messages[0]["additional_kwargs"]["reasoning"];
    kept.as_object_mut().unwrap().shift_remove("encrypted_content");
    assert_eq!(ask(messages.clone()).input(), json!([said]));
    messages[0]["response_metadata"]["status"] = json!("completed");
    assert_eq!(ask(messages.clone()).input()[0]["id"], "rs_1");
    let mut ask = ask(messages);
    ask.parameters = object(json!({"store": false}));
    assert_eq!(ask.input(), json!([said]));
}

#[test]
fn reasoning_alone_is_not_sent() {
    let mut messages = answered(&json!([]), &[], json!({}));
    messages[0]["content"] = json!("");
    assert_eq!(ask(messages).input(), json!([]));
}

#[test]
fn pieces_of_a_summary_are_joined() {
    let summary =
        |text: &str, index: u32| json!({"type": "summary_text", "text": text, "index": index});
    let mut messages = answered(&json!([]), &[], json!({}));
    messages[0]["additional_kwargs"]["reasoning"]["summary"] =
        json!([summary("a", 0), summary("b", 0), summary("c", 1), summary("open", 2)]);
    messages[0]["additional_kwargs"]["reasoning"]["content"] =
        json!([{"type": "reasoning_text", "text": "open"}]);
    let sent = ask(messages).input()[0].take();
    let joined = |text: &str| json!({"type": "summary_text", "text": text});
    assert_eq!(sent["summary"], json!([joined("ab"), joined("c")]));
    assert_eq!(sent["content"], json!([{"type": "reasoning_text", "text": "open"}]));
}

#[test]
fn a_message_without_metadata_is_what_it_said() {
    let citation = json!({"type": "url_citation", "url": "u"});
    let messages = json!([
        {"role": "assistant", "content": [
            {"type": "think", "think": "Hm"},
            {"type": "thinking", "thinking": "Hm", "signature": "s"},
            {"type": "reasoning", "reasoning": "Hm"},
            {"type": "text", "text": ""},
            {"type": "text", "text": "a", "annotations": [citation], "index": 0},
            {"type": "image_url", "image_url": "https://x"},
            {"type": "tool_use", "id": "call_1"},
        ], "additional_kwargs": {"refusal": "No"}, "id": "msg_7",
            "tool_calls": [{"id": "call_1", "name": "f", "args": {}}],
            "invalid_tool_calls": [{"id": "call_2", "name": "g", "args": "{oops", "error": "e"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "data:x"}},
        ]},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "one"}]},
        {"role": "assistant", "content": "Done"},
        {"role": "assistant", "content": ""},
    ]);
    assert_eq!(
        ask(messages).input(),
        json!([
            {"type": "message", "id": "msg_7", "role": "assistant", "content": [
                {"type": "output_text", "text": "a", "annotations": [citation]},
                {"type": "refusal", "refusal": "No"},
            ]},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call", "call_id": "call_2", "name": "g", "arguments": "{oops"},
            {"type": "function_call_output", "call_id": "call_1", "output": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": "data:x"},
            ]},
            {"type": "function_call_output", "call_id": "call_2", "output": "one"},
            {"type": "message", "role": "assistant", "content": "Done"},
        ])
    );
}

#[test]
fn calls_of_other_tools_have_their_own_results() {
    let custom = json!({"id": "ctc", "type": "custom_tool_call", "call_id": "call_1", "name": "shout", "input": "hey"});
    let computer = json!({"id": "cu", "type": "computer_call", "call_id": "call_2", "action": {"type": "wait"},
        "pending_safety_checks": []});
    let image = json!({"id": "ig", "type": "image_generation_call", "result": "AA"});
    let calls = json!([
        {"id": "call_1", "name": "shout", "args": {"input": "hey"}},
        {"id": "call_2", "name": "computer_use", "args": {"action": {"type": "wait"}}},
    ]);
    let results = |tool_kwargs: Value| {
        [
            json!({"role": "tool", "tool_call_id": "call_1", "content": "HEY", "additional_kwargs": tool_kwargs}),
            json!({"role": "tool", "tool_call_id": "call_2", "content": [
                {"type": "image_url", "image_url": {"url": "data:x"}}],
                "additional_kwargs": {"acknowledged_safety_checks": [{"id": "s"}]}}),
        ]
    };
    let sent_results = [
        json!({"type": "custom_tool_call_output", "call_id": "call_1", "output": "HEY"}),
        json!({"type": "computer_call_output", "call_id": "call_2",
            "output": {"type": "input_image", "image_url": "data:x"},
            "acknowledged_safety_checks": [{"id": "s"}]}),
    ];
    // With the output at hand, and with what the message holds beside it.
    let whole = json!({"role": "assistant", "content": "", "tool_calls": calls,
        "response_metadata": {"output": [image, custom, computer]}});
    let [first, second] = results(json!({}));
    let [third, fourth] = &sent_results;
    assert_eq!(
        ask(json!([whole, first, second])).input(),
        json!([image, custom, computer, third, fourth])
    );
    let rebuilt = json!({"role": "assistant", "content": "", "tool_calls": calls,
        "additional_kwargs": {"tool_outputs": [image, custom, computer]}});
    assert_eq!(
        ask(json!([rebuilt, first, second])).input(),
        json!([
            image,
            {"type": "custom_tool_call", "call_id": "call_1", "name": "shout", "input": "hey"},
            computer,
            third,
            fourth,
        ])
    );
    // LangChain's mark of a custom tool's result.
    let foreign = json!({"role": "assistant", "content": "", "tool_calls": [calls[0]]});
    let [first, _] = results(json!({"customTool": true}));
    assert_eq!(ask(json!([foreign, first])).input()[1], *third);
}

#[test]
fn results_may_stand_alone_where_the_provider_remembers_the_calls() {
    let messages = json!([{"role": "tool", "tool_call_id": "call_1", "content": "ok"}]);
    let mut ask = ask(messages);
    assert_eq!(ask.input(), json!([]));
    ask.parameters = object(json!({"previous_response_id": "resp_1"}));
    assert_eq!(ask.input(), json!([result(1)]));
}
