//! Messages as hosts write them.

use moss_protocol::{
    AiMessage, Content, ContentPart, HumanMessage, JsonObject, Message, SystemMessage, ToolCall,
    ToolMessage,
};
use serde_json::{Value, json};

fn read(list: Value) -> Result<Vec<Message>, String> {
    let list = list.as_array().unwrap().clone();
    Message::list_from_json(list).map_err(|error| error.to_string())
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

#[test]
fn roles_have_the_names_of_langchain_and_of_openai() {
    let system = Message::system("s");
    let human = Message::human("h");
    let ai = Message::ai("a");
    for (key, names) in [
        ("type", ["system", "human", "ai"]),
        ("role", ["system", "user", "assistant"]),
        ("role", ["developer", "human", "AIMessageChunk"]),
        ("type", ["developer", "user", "assistant"]),
    ] {
        let list = json!([
            {key: names[0], "content": "s"},
            {key: names[1], "content": "h"},
            {key: names[2], "content": "a"},
        ]);
        assert_eq!(read(list), Ok(vec![system.clone(), human.clone(), ai.clone()]), "{names:?}");
    }
}

#[test]
fn a_message_is_written_with_its_type_first_and_without_what_it_lacks() {
    let list = vec![
        Message::system("s"),
        Message::human(vec![ContentPart::text("h")]),
        Message::ai("a"),
        Message::tool("call_1", "t"),
    ];
    let text = r#"[{"type":"system","content":"s"},{"type":"human","content":[{"type":"text","text":"h"}]},{"type":"ai","content":"a"},{"type":"tool","content":"t","tool_call_id":"call_1"}]"#;
    assert_eq!(serde_json::to_string(&list).unwrap(), text);
    assert_eq!(serde_json::from_str::<Vec<Message>>(text).unwrap(), list);
    let contents: Vec<String> = list.iter().map(|message| message.content().text()).collect();
    assert_eq!(contents, ["s", "h", "a", "t"]);
}

#[test]
fn ids_names_and_extras_are_kept() {
    let extras = object(json!({"source": "hook"}));
    let list = json!([
        {"role": "system", "content": "s", "id": "m1", "additional_kwargs": {"source": "hook"}},
        {"role": "user", "content": "h", "name": "Ada"},
        {"role": "tool", "content": null, "tool_call_id": "c", "status": "error", "artifact": [1]},
    ]);
    let tool = ToolMessage {
        tool_call_id: "c".to_owned(),
        status: Some(moss_protocol::ToolStatus::Error),
        artifact: Some(json!([1])),
        ..ToolMessage::default()
    };
    assert_eq!(
        read(list),
        Ok(vec![
            Message::System(SystemMessage {
                content: Content::from("s"),
                id: Some("m1".to_owned()),
                additional_kwargs: extras,
                ..SystemMessage::default()
            }),
            Message::Human(HumanMessage {
                content: Content::from("h"),
                name: Some("Ada".to_owned()),
                ..HumanMessage::default()
            }),
            Message::Tool(tool),
        ])
    );
}

#[test]
fn tool_calls_are_read_in_langchain_s_and_in_openai_s_shape() {
    let args = object(json!({"city": "Oslo"}));
    let expected = |content: &str| {
        Message::Ai(AiMessage {
            content: Content::from(content),
            tool_calls: vec![ToolCall::new("call_1", "get_weather", args.clone())],
            ..AiMessage::default()
        })
    };
    let openai = json!([{
        "role": "assistant",
        "content": null,
        "tool_calls": [{
            "id": "call_1",
            "type": "function",
            "function": {"name": "get_weather", "arguments": "{\"city\":\"Oslo\"}"},
        }],
    }]);
    assert_eq!(read(openai), Ok(vec![expected("")]));
    let langchain = json!([{
        "type": "ai",
        "content": "Let me see.",
        "tool_calls": [{"name": "get_weather", "args": {"city": "Oslo"}, "id": "call_1", "type": "tool_call"}],
    }]);
    assert_eq!(read(langchain), Ok(vec![expected("Let me see.")]));
    // An answer of tool calls alone may have no content at all; a call without arguments has none.
    let bare = json!([{
        "role": "assistant",
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "clock"}}],
    }]);
    let clock = ToolCall::new("call_1", "clock", JsonObject::new());
    let message = AiMessage { tool_calls: vec![clock], ..AiMessage::default() };
    assert_eq!(read(bare), Ok(vec![Message::Ai(message)]));
}

#[test]
fn an_openai_call_with_empty_or_null_arguments_has_none() {
    for arguments in [json!(""), json!(" "), json!("null"), Value::Null] {
        let list = json!([{
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c", "function": {"name": "clock", "arguments": arguments}}],
        }]);
        let clock = ToolCall::new("c", "clock", JsonObject::new());
        let message = AiMessage { tool_calls: vec![clock], ..AiMessage::default() };
        assert_eq!(read(list), Ok(vec![Message::Ai(message)]), "{arguments}");
    }
}

#[test]
fn what_is_no_message_is_named_by_its_place_and_its_fault() {
    const HINT: &str = ". A message is a LangChain message, or an object with `role` (`system`, `user`, `assistant` or `tool`) and `content`; a `tool` message also needs `tool_call_id`";
    let cases = [
        (json!(null), "is not an object but null"),
        (json!("hi"), "is not an object but a string"),
        (json!(7), "is not an object but a number"),
        (json!(true), "is not an object but a boolean"),
        (json!([]), "is not an object but a list"),
        (json!({"content": "hi"}), "has neither a `role` nor a `type`"),
        (json!({"role": 7, "content": "hi"}), "has a number as its role"),
        (json!({"type": null, "content": "hi"}), "has null as its role"),
        (json!({"role": {}, "content": "hi"}), "has an object as its role"),
        (json!({"role": "robot", "content": "hi"}), "has the unknown role `robot`"),
        (json!({"role": "user"}), "has no `content`"),
        (
            json!({"role": "tool", "content": "hi"}),
            "of role `tool` cannot be read: missing field `tool_call_id`",
        ),
        (
            json!({"role": "user", "content": 7}),
            "of role `user` cannot be read: data did not match any variant of untagged enum Content",
        ),
        (
            json!({"role": "assistant", "content": "", "tool_calls": [{"id": "c", "function": {"name": "n", "arguments": "{"}}]}),
            "of role `assistant` cannot be read: invalid type: string \"{\", expected a map",
        ),
    ];
    for (bad, problem) in cases {
        let list = json!([{"role": "user", "content": "fine"}, bad]);
        assert_eq!(read(list), Err(format!("message 1 {problem}{HINT}")));
    }
}
