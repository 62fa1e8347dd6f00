//! What dialects of chat completions insist on in a conversation, and the forms in which they take attachments.

use moss_llm::wire::openai_chat::ChatDialect;
use moss_llm::{ChatModel, ModelErrorKind, OutputSchema};
use moss_protocol::Provider;
use serde_json::{Value, json};

use crate::asking::{question, try_client};
use crate::openai_chat_encode::{Ask, ask, object};

const DIALECTS: [ChatDialect; 6] = [
    ChatDialect::OPENAI,
    ChatDialect::DEEPSEEK,
    ChatDialect::MISTRAL,
    ChatDialect::MOONSHOT,
    ChatDialect::OPENROUTER,
    ChatDialect::XAI,
];

fn sent(dialect: ChatDialect, messages: Value) -> Value {
    let parameters = object(json!({"thinking": {"type": "disabled"}}));
    Ask { dialect, parameters, ..ask(messages) }.messages()
}

fn user(content: impl Into<Value>) -> Value {
    json!({"role": "user", "content": content.into()})
}

fn result(id: &str, content: impl Into<Value>) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": content.into()})
}

/// A call of the tool `f` without arguments, as hosts list it.
fn asks(id: &str) -> Value {
    json!({"role": "assistant", "content": "", "tool_calls": [{"id": id, "name": "f", "args": {}}]})
}

/// The same as it is sent.
fn call(id: &str) -> Value {
    let function = json!({"name": "f", "arguments": "{}"});
    json!({"role": "assistant", "content": null,
        "tool_calls": [{"id": id, "type": "function", "function": function}]})
}

#[test]
fn what_lacks_its_call_or_its_result_is_not_sent() {
    let messages = json!([
        result("gone000000", "x"),
        user("Hi"),
        asks("abcdefgh1"),
        user("Wait"),
        result("abcdefgh1", "1"),
        asks("abcdefgh2"),
    ]);
    for dialect in DIALECTS {
        let mut expected =
            vec![user("Hi"), call("abcdefgh1"), result("abcdefgh1", "1"), user("Wait")];
        if dialect == ChatDialect::MISTRAL {
            expected.insert(3, json!({"role": "assistant", "content": "OK."}));
        }
        assert_eq!(sent(dialect, messages.clone()), json!(expected), "{dialect:?}");
    }
}

#[test]
fn mistral_takes_turns_and_ids_of_its_own() {
    let messages = json!([
        {"role": "system", "content": "A"},
        user("Hi"),
        user("there"),
        asks("call_0123456789"),
        result("call_0123456789", "1"),
        asks("Valid1234"),
        result("Valid1234", "2"),
        {"role": "assistant", "content": "So far"},
    ]);
    let body = sent(ChatDialect::MISTRAL, messages.clone());
    let id = body[2]["tool_calls"][0]["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    assert_eq!(
        body,
        json!([
            {"role": "system", "content": "A"},
            user("Hi\n\nthere"),
            call(&id),
            result(&id, "1"),
            call("Valid1234"),
            result("Valid1234", "2"),
            // It refuses an assistant's message at the end that is not to be gone on with.
            {"role": "assistant", "content": "So far", "prefix": true},
        ])
    );
    // The same in each request, so that prompt caches hold.
    assert_eq!(sent(ChatDialect::MISTRAL, messages), body);
}

#[test]
fn foreign_ids_stay_apart() {
    let ids: Vec<String> = (0..2000).map(|number| format!("call_{number}")).collect();
    let messages: Vec<Value> =
        ids.iter().flat_map(|id| [asks(id), result(id, "x"), user("go on")]).collect();
    let body = sent(ChatDialect::MISTRAL, json!(messages));
    let mut own: Vec<&str> = body
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["tool_call_id"].as_str())
        .collect();
    own.sort_unstable();
    own.dedup();
    assert_eq!(own.len(), ids.len());
}

#[test]
fn mistrals_reasoning_goes_back_as_it_came_to_models_that_reason() {
    let messages = json!([
        user("Hi"),
        {"role": "assistant", "content": "So", "additional_kwargs": {"reasoning_content": "Hm"}},
        user("And?"),
    ]);
    let thinking = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
        {"type": "text", "text": "So"},
    ]);
    let content = |model, parameters: Value| {
        let parameters = object(parameters);
        let dialect = ChatDialect::MISTRAL;
        Ask { dialect, model, parameters, ..ask(messages.clone()) }.messages()[1]["content"].take()
    };
    assert_eq!(content("magistral-medium-latest", json!({})), thinking);
    assert_eq!(content("mistral-small-latest", json!({"reasoning_effort": "high"})), thinking);
    assert_eq!(content("mistral-large-latest", json!({})), "So");
}

#[test]
fn a_model_that_thinks_wants_reasoning_where_tools_were_called() {
    let messages = json!([user("Hi"), asks("a"), result("a", "1")]);
    for dialect in DIALECTS {
        let wants = [ChatDialect::DEEPSEEK, ChatDialect::MOONSHOT].contains(&dialect);
        let body = Ask { dialect, ..ask(messages.clone()) }.messages();
        assert_eq!(body[1].get("reasoning_content"), wants.then_some(&json!("")), "{dialect:?}");
        assert_eq!(sent(dialect, messages.clone())[1].get("reasoning_content"), None);
    }
}

#[test]
fn perplexity_takes_turns() {
    let options = json!({"model": "sonar", "apiKey": "k", "baseURL": "https://api.perplexity.ai"});
    let client = try_client(Provider::OpenAi, options).unwrap();
    let mut request = question("Hi");
    request.messages.extend(question("there").messages);
    let body: Value = serde_json::from_slice(&client.encode(&request).unwrap()).unwrap();
    assert_eq!(body["messages"], json!([user("Hi\n\nthere")]));
}

#[test]
fn images_of_results_are_the_users_where_results_are_text() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://x"}});
    let messages = json!([user("Hi"), asks("abcdefgh1"), result("abcdefgh1", [image.clone()])]);
    let lifted = json!([
        user("Hi"),
        call("abcdefgh1"),
        result(
            "abcdefgh1",
            [json!({"type": "text",
            "text": "The result is in the user's message that follows."})]
        ),
        user([json!({"type": "text", "text": "From the result of a tool:"}), image.clone()]),
    ]);
    for dialect in DIALECTS {
        let body = sent(dialect, messages.clone());
        if dialect == ChatDialect::MISTRAL {
            assert_eq!(body[2], result("abcdefgh1", [image.clone()]));
        } else {
            assert_eq!(body, lifted, "{dialect:?}");
        }
    }
}

#[test]
fn what_another_provider_ran_itself_is_not_sent() {
    let messages = json!([
        user("Hi"),
        {"role": "assistant", "content": [
            {"type": "server_tool_call", "id": "s", "name": "web_search", "args": {}},
            {"index": 0, "type": "thinking", "thinking": "Hm", "signature": "s"},
            {"index": 1, "type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
            {"index": 2, "type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
            {"index": 3, "type": "text", "text": "Found", "citations": []},
        ], "tool_calls": [{"id": "srvtoolu_1", "name": "web_search", "args": {}}]},
        result("srvtoolu_1", "x"),
        user("And?"),
    ]);
    let expected = json!([user("Hi"), {"role": "assistant", "content": "Found"}, user("And?")]);
    for dialect in DIALECTS {
        assert_eq!(sent(dialect, messages.clone()), expected, "{dialect:?}");
    }
}

/// What becomes of one part of a user's message.
fn attached(dialect: ChatDialect, part: Value) -> Result<Value, String> {
    let ask = Ask { dialect, ..ask(json!([user([part])])) };
    match ask.encode() {
        Ok(body) => {
            let mut body: Value = serde_json::from_slice(&body).unwrap();
            Ok(body["messages"][0]["content"][0].take())
        }
        Err(error) => {
            assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
            Err(error.message)
        }
    }
}

#[test]
fn images_in_all_forms_of_hosts() {
    let data = json!({"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AA=="}});
    let url = json!({"type": "image_url", "image_url": {"url": "https://x/y.png"}});
    for (part, expected) in [
        (
            json!({"type": "image", "source_type": "base64", "data": "AA==", "mime_type": "image/jpeg"}),
            &data,
        ),
        (json!({"type": "image", "data": "AA==", "mimeType": "image/jpeg"}), &data),
        (json!({"type": "image", "source_type": "url", "url": "https://x/y.png"}), &url),
        (json!({"type": "image", "url": "https://x/y.png"}), &url),
        (
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AA=="}}),
            &data,
        ),
        (json!({"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}), &url),
        (json!({"type": "media", "mimeType": "image/jpeg", "data": "AA=="}), &data),
        (json!({"inlineData": {"mimeType": "image/jpeg", "data": "AA=="}}), &data),
        (json!({"type": "input_image", "image_url": "data:image/jpeg;base64,AA=="}), &data),
        (data.clone(), &data),
        (url.clone(), &url),
    ] {
        for dialect in DIALECTS {
            assert_eq!(attached(dialect, part.clone()).as_ref(), Ok(expected), "{part}");
        }
    }
    let error = attached(ChatDialect::OPENAI, json!({"type": "image", "fileId": "f"})).unwrap_err();
    assert!(error.starts_with("Message 0 cannot be sent: its image is given by an id"), "{error}");
}

#[test]
fn files_as_each_dialect_takes_them() {
    let pdf = "data:application/pdf;base64,AA==";
    let base64 = json!({"type": "file", "source_type": "base64", "data": "AA==",
        "mime_type": "application/pdf", "metadata": {"filename": "a.pdf"}});
    let claude = json!({"type": "document", "title": "a.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}});
    let url = json!({"type": "file", "source_type": "url", "url": "https://x/a.pdf"});
    let id = json!({"type": "file", "source_type": "id", "id": "file-1"});
    let text = json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}});
    let own = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": pdf}});
    for part in [&base64, &claude, &own] {
        assert_eq!(attached(ChatDialect::OPENAI, part.clone()), Ok(own.clone()));
    }
    for part in [base64, claude] {
        assert_eq!(
            attached(ChatDialect::MISTRAL, part),
            Ok(json!({"type": "document_url", "document_url": pdf, "document_name": "a.pdf"}))
        );
    }
    let by_id = json!({"type": "file", "file": {"file_id": "file-1"}});
    assert_eq!(attached(ChatDialect::OPENAI, id.clone()), Ok(by_id));
    assert_eq!(
        attached(ChatDialect::MISTRAL, id),
        Ok(json!({"type": "file", "file_id": "file-1"}))
    );
    let error = attached(ChatDialect::OPENAI, url.clone()).unwrap_err();
    assert!(error.contains("which the provider does not fetch"), "{error}");
    assert_eq!(
        attached(ChatDialect::OPENROUTER, url.clone()),
        Ok(json!({"type": "file", "file": {"filename": "file", "file_data": "https://x/a.pdf"}}))
    );
    assert_eq!(
        attached(ChatDialect::MISTRAL, url),
        Ok(json!({"type": "document_url", "document_url": "https://x/a.pdf"}))
    );
    assert_eq!(attached(ChatDialect::OPENAI, text), Ok(json!({"type": "text", "text": "Hi"})));
}

#[test]
fn sounds_and_films() {
    let sound = |mime_type: &str| json!({"type": "audio", "source_type": "base64", "data": "AA==", "mime_type": mime_type});
    for (mime_type, format) in [("audio/wav", "wav"), ("audio/mpeg", "mp3"), ("audio/flac", "flac")]
    {
        assert_eq!(
            attached(ChatDialect::OPENAI, sound(mime_type)),
            Ok(json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": format}}))
        );
    }
    assert_eq!(
        attached(ChatDialect::MISTRAL, sound("audio/wav")),
        Ok(json!({"type": "input_audio", "input_audio": "AA=="}))
    );
    let url = json!({"type": "audio", "url": "https://x"});
    assert!(attached(ChatDialect::OPENAI, url).is_err());
    assert_eq!(
        attached(ChatDialect::OPENROUTER, json!({"type": "video", "url": "https://x/y.mp4"})),
        Ok(json!({"type": "video_url", "video_url": {"url": "https://x/y.mp4"}}))
    );
}

#[test]
fn what_was_spoken_goes_back_by_its_id() {
    let spoken = json!({"role": "assistant", "content": "", "additional_kwargs": {
        "audio": {"id": "audio_1", "data": "AA==", "transcript": "Hi", "expires_at": 1},
    }});
    assert_eq!(
        sent(ChatDialect::OPENAI, json!([user("Hi"), spoken]))[1],
        json!({"role": "assistant", "content": "", "audio": {"id": "audio_1"}})
    );
}

#[test]
fn the_shape_of_an_answer() {
    let schema = json!({"type": "object"});
    let output = OutputSchema {
        name: "answer".to_owned(),
        description: None,
        schema: schema.clone(),
        strict: true,
    };
    let body = |dialect, messages| {
        let mut ask = Ask { dialect, ..ask(messages) };
        ask.request.output = Some(output.clone());
        ask.body()
    };
    let asked = body(ChatDialect::OPENAI, json!([user("Hi")]));
    let format = json!({"name": "answer", "schema": schema, "strict": true});
    assert_eq!(asked["response_format"], json!({"type": "json_schema", "json_schema": format}));
    assert_eq!(asked["messages"], json!([user("Hi")]));
    // DeepSeek promises JSON, and no shape.
    let words = "Answer with a JSON object that follows this JSON Schema:\n{\"type\":\"object\"}";
    let system = |content: &str| json!({"role": "system", "content": content});
    for (messages, instructions) in [
        (json!([user("Hi")]), words.to_owned()),
        (json!([system("Be brief"), user("Hi")]), format!("Be brief\n\n{words}")),
    ] {
        let asked = body(ChatDialect::DEEPSEEK, messages);
        assert_eq!(asked["response_format"], json!({"type": "json_object"}));
        assert_eq!(asked["messages"], json!([system(&instructions), user("Hi")]));
    }
}

/// The messages that a client of OpenRouter sends.
fn marked(options: Value) -> Value {
    let mut all = object(json!({"apiKey": "k"}));
    all.extend(object(options));
    let client = try_client(Provider::OpenRouter, Value::Object(all)).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let mut request = question("one");
    request.messages = ask(json!([
        {"role": "system", "content": "Be brief"},
        user("one"),
        {"role": "assistant", "content": "1"},
        user("two"),
        {"role": "assistant", "content": "2"},
        user([json!({"type": "text", "text": "three"}), json!({"type": "image_url", "image_url": "https://x"})]),
    ]))
    .request
    .messages;
    let mut body: Value = serde_json::from_slice(&client.encode(&request).unwrap()).unwrap();
    body["messages"].take()
}

#[test]
fn prompts_are_marked_for_models_that_keep_only_what_is_marked() {
    for (ttl, mark) in [
        (json!(null), json!({"type": "ephemeral"})),
        (json!("1h"), json!({"type": "ephemeral", "ttl": "1h"})),
    ] {
        let text = |text: &str| json!({"type": "text", "text": text, "cache_control": mark});
        for model in ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-pro"] {
            assert_eq!(
                marked(json!({"model": model, "promptCache": true, "promptCacheTtl": ttl})),
                json!([
                    {"role": "system", "content": [text("Be brief")]},
                    user("one"),
                    {"role": "assistant", "content": "1"},
                    user([text("two")]),
                    {"role": "assistant", "content": "2"},
                    user([text("three"), json!({"type": "image_url", "image_url": "https://x"})]),
                ])
            );
        }
    }
    let plain = marked(json!({"model": "anthropic/claude-sonnet-4.5"}));
    assert_eq!(plain[0]["content"], "Be brief");
    assert_eq!(marked(json!({"model": "openai/gpt-5", "promptCache": true})), plain);
}
