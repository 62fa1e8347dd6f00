//! The scripted demo model.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use moss_llm::{
    ChatModel, DEMO_MODELS, DemoModel, DemoVariant, FinishReason, ModelChunk, ModelError,
    ModelErrorKind, ModelEvent, ModelRequest, ResponseInfo, ToolChoice,
};
use moss_protocol::{
    AiMessage, Message, ToolCall, ToolCallChunk, ToolDefinition, ToolMessage, ToolStatus, Usage,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::asking::{ask, object, question, text_of};

fn calculator() -> ToolDefinition {
    ToolDefinition::new(
        "calculator",
        "Evaluates an arithmetic expression",
        json!({
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
        }),
    )
}

fn weather() -> ToolDefinition {
    ToolDefinition::new(
        "get_weather",
        "Current weather of a city",
        json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "note": {"type": "string"},
            },
            "required": ["city"],
        }),
    )
}

fn with_tools<const N: usize>(text: &str, tools: [ToolDefinition; N]) -> ModelRequest {
    ModelRequest { tools: tools.into(), ..question(text) }
}

async fn play(variant: DemoVariant, request: &ModelRequest) -> Vec<ModelEvent> {
    let model = DemoModel::new(variant);
    let stream = model.stream(request.clone(), CancellationToken::new());
    let chunks: Vec<ModelChunk> = stream.map(Result::unwrap).collect().await;
    chunks.into_iter().flat_map(|chunk| chunk.events).collect()
}

async fn whole(variant: DemoVariant, request: &ModelRequest) -> Vec<ModelEvent> {
    let model = DemoModel::new(variant).with_streaming(false);
    let stream = model.stream(request.clone(), CancellationToken::new());
    let chunks: Vec<ModelChunk> = stream.map(Result::unwrap).collect().await;
    let [chunk] = chunks.try_into().unwrap();
    chunk.events
}

/// The calls of an answer, as name and arguments.
async fn calls(variant: DemoVariant, request: &ModelRequest) -> Vec<(String, Value)> {
    let events = whole(variant, request).await;
    let calls = events.into_iter().filter_map(|event| match event {
        ModelEvent::ToolCall(call) => Some(call),
        _ => None,
    });
    calls
        .map(|call| (call.name.unwrap(), serde_json::from_str(&call.args.unwrap()).unwrap()))
        .collect()
}

async fn said(variant: DemoVariant, request: &ModelRequest) -> String {
    text_of(&[ModelChunk { events: whole(variant, request).await }])
}

fn word(text: &str) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index: None }
}

fn words(text: &str) -> Vec<ModelEvent> {
    text.split_inclusive(' ').map(word).collect()
}

fn piece(args: &str) -> ModelEvent {
    ModelEvent::ToolCall(ToolCallChunk {
        args: Some(args.to_owned()),
        index: Some(0),
        ..ToolCallChunk::default()
    })
}

fn started(id: &str) -> ModelEvent {
    ModelEvent::Started(ResponseInfo {
        id: Some(id.to_owned()),
        model: Some("demo".to_owned()),
        ..ResponseInfo::default()
    })
}

fn usage(input_tokens: u64, output_tokens: u64) -> ModelEvent {
    ModelEvent::Usage(Usage {
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        ..Usage::default()
    })
}

/// The question about 37 * 91 after the calculator has answered.
fn calculated(status: Option<ToolStatus>, result: &str) -> ModelRequest {
    let mut request = with_tools("What is 37 * 91?", [calculator()]);
    let args = object(json!({"expression": "37 * 91"}));
    let call = AiMessage {
        tool_calls: vec![ToolCall::new("call_1", "calculator", args)],
        ..AiMessage::default()
    };
    let result = ToolMessage {
        content: result.into(),
        tool_call_id: "call_1".to_owned(),
        status,
        ..ToolMessage::default()
    };
    request.messages.push(Arc::new(Message::Ai(call)));
    request.messages.push(Arc::new(Message::Tool(result)));
    request
}

#[tokio::test]
async fn arithmetic_goes_to_the_calculator_word_by_word() {
    let request = with_tools("What is 37 * 91?", [calculator()]);
    let events = play(DemoVariant::Plain, &request).await;
    let mut expected = vec![started("demo-ID")];
    expected.extend(words(
        "I am the scripted demo model of MOSS, not a language model. I call `calculator`.",
    ));
    expected.push(ModelEvent::ToolCall(ToolCallChunk {
        name: Some("calculator".to_owned()),
        args: Some(String::new()),
        id: Some("call_demo-ID_0".to_owned()),
        index: Some(0),
        ..ToolCallChunk::default()
    }));
    expected.extend([piece("{\"expres"), piece("sion\":\"3"), piece("7 * 91\"}")]);
    expected.push(ModelEvent::Finished {
        reason: FinishReason::ToolCalls,
        raw: "tool_calls".to_owned(),
    });
    expected.push(usage(4 + 3 + 9 + 23, 20 + 3 + 6));
    let id = id_of(&events);
    let expected = format!("{expected:?}").replace("demo-ID", &id);
    assert_eq!(format!("{events:?}"), expected);
    assert_eq!(events, play(DemoVariant::Plain, &request).await, "the same each time");
}

fn id_of(events: &[ModelEvent]) -> String {
    match &events[0] {
        ModelEvent::Started(info) => info.id.clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_result_is_the_answer() {
    let events = play(DemoVariant::Plain, &calculated(None, "3367")).await;
    let mut expected = vec![started(&id_of(&events))];
    expected.extend(words("`calculator` answered: 3367"));
    expected.push(ModelEvent::Finished { reason: FinishReason::Stop, raw: "stop".to_owned() });
    expected.push(usage(4 + (3 + 6) + 1 + (3 + 9 + 23), 7));
    assert_eq!(events, expected);
    let failed = calculated(Some(ToolStatus::Error), "division by zero");
    assert_eq!(said(DemoVariant::Plain, &failed).await, "`calculator` failed: division by zero");
}

#[tokio::test]
async fn an_unstreamed_answer_is_one_chunk_of_the_same_content() {
    let request = with_tools("What is 37 * 91?", [calculator()]);
    let events = whole(DemoVariant::Plain, &request).await;
    let id = id_of(&events);
    assert_eq!(
        events,
        [
            started(&id),
            word(
                "I am the scripted demo model of MOSS, not a language model. I call `calculator`."
            ),
            ModelEvent::ToolCall(ToolCallChunk {
                name: Some("calculator".to_owned()),
                args: Some(r#"{"expression":"37 * 91"}"#.to_owned()),
                id: Some(format!("call_{id}_0")),
                index: Some(0),
                ..ToolCallChunk::default()
            }),
            ModelEvent::Finished { reason: FinishReason::ToolCalls, raw: "tool_calls".to_owned() },
            usage(39, 29),
        ]
    );
}

#[tokio::test]
async fn without_a_tool_that_fits_it_answers_in_text() {
    let label = "I am the scripted demo model of MOSS, not a language model.";
    assert_eq!(
        said(DemoVariant::Plain, &question("Hello")).await,
        format!("{label} You wrote: “Hello” I may call no tool here, and can do nothing else.")
    );
    let request = with_tools("Sing a song", [calculator(), weather()]);
    assert_eq!(
        said(DemoVariant::Plain, &request).await,
        format!(
            "{label} You wrote: “Sing a song” None of the tools that I may call fits: `calculator`, `get_weather`."
        )
    );
    assert_eq!(
        said(DemoVariant::Plain, &question("")).await,
        format!("{label} You asked nothing. I may call no tool here, and can do nothing else.")
    );
}

#[tokio::test]
async fn the_label_comes_once_in_a_conversation() {
    let mut request = calculated(None, "3367");
    request.messages.extend(question("Thanks").messages);
    let text = said(DemoVariant::Plain, &request).await;
    assert_eq!(text, "You wrote: “Thanks” None of the tools that I may call fits: `calculator`.");
}

#[tokio::test]
async fn the_tool_is_chosen_by_the_words_of_the_question() {
    let paris = json!({"city": "Paris", "unit": "celsius"});
    for (text, expected) in [
        ("How is the weather in Paris?", ("get_weather", paris.clone())),
        ("Please call get_weather for Paris", ("get_weather", paris.clone())),
        ("Please use getWeather for Paris", ("get_weather", paris)),
        ("calculate (1 + 2) * 3 in Paris", ("calculator", json!({"expression": "(1 + 2) * 3"}))),
        ("The weather: 5 × 5 degrees", ("calculator", json!({"expression": "5 * 5"}))),
    ] {
        let request = with_tools(text, [weather(), calculator()]);
        let expected = (expected.0.to_owned(), expected.1);
        assert_eq!(calls(DemoVariant::Plain, &request).await, [expected], "{text}");
    }
}

#[tokio::test]
async fn the_tool_choice_is_obeyed() {
    let ask = |tool_choice| {
        let request = with_tools("What is 1 + 1?", [weather(), calculator()]);
        ModelRequest { tool_choice, ..request }
    };
    let names = async |tool_choice| {
        let calls = calls(DemoVariant::Plain, &ask(tool_choice)).await;
        calls.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(ToolChoice::None).await, Vec::<String>::new());
    assert_eq!(names(ToolChoice::Required).await, ["calculator"]);
    assert_eq!(names(ToolChoice::Tool("get_weather".to_owned())).await, ["get_weather"]);
    let request = with_tools("Sing", [weather(), calculator()]);
    let required = ModelRequest { tool_choice: ToolChoice::Required, ..request };
    assert_eq!(calls(DemoVariant::Plain, &required).await[0].0, "get_weather");
}

#[tokio::test]
async fn the_parallel_variant_calls_all_tools_or_one_twice() {
    let request = with_tools("1 + 2 and 3 * 4 in Rome", [calculator(), weather()]);
    assert_eq!(
        calls(DemoVariant::Parallel, &request).await,
        [
            ("calculator".to_owned(), json!({"expression": "1 + 2"})),
            ("get_weather".to_owned(), json!({"city": "Rome", "unit": "celsius"})),
        ]
    );
    let request = with_tools("1 + 2 and 3 * 4 in Rome", [calculator()]);
    assert_eq!(
        calls(DemoVariant::Parallel, &request).await,
        [
            ("calculator".to_owned(), json!({"expression": "1 + 2"})),
            ("calculator".to_owned(), json!({"expression": "3 * 4"})),
        ]
    );
    let events = play(DemoVariant::Parallel, &request).await;
    let id = id_of(&events);
    let ids: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::ToolCall(ToolCallChunk { id: Some(id), index, .. }) => Some((id, *index)),
            _ => None,
        })
        .collect();
    assert_eq!(ids, [(&format!("call_{id}_0"), Some(0)), (&format!("call_{id}_1"), Some(1))]);
}

#[tokio::test]
async fn the_failing_variants_fail_with_typed_errors() {
    let (chunks, error) = ask(&DemoModel::new(DemoVariant::Fail)).await;
    let error = error.unwrap();
    assert_eq!(chunks, []);
    assert_eq!((error.kind, error.status), (ModelErrorKind::Overloaded, Some(503)));
    assert_eq!(error.to_string(), "503 the demo model `demo-fail` fails on purpose");

    let (chunks, error) = ask(&DemoModel::new(DemoVariant::FailMidstream)).await;
    assert_eq!(
        text_of(&chunks),
        "I am the scripted demo model of MOSS, not a language model. This answer breaks off in the"
    );
    let error = error.unwrap();
    assert_eq!(error.kind, ModelErrorKind::Overloaded);
    assert_eq!(error.to_string(), "the demo model `demo-fail-midstream` breaks off on purpose");
}

#[tokio::test(start_paused = true)]
async fn the_slow_variant_waits_and_a_cancel_ends_the_wait() {
    let start = tokio::time::Instant::now();
    let events = play(DemoVariant::Slow, &question("Hi")).await;
    assert_eq!(start.elapsed(), Duration::from_millis(250) * u32::try_from(events.len()).unwrap());
    assert_eq!(events, play(DemoVariant::Plain, &question("Hi")).await);

    let cancel = CancellationToken::new();
    let mut stream = DemoModel::new(DemoVariant::Slow).stream(question("Hi"), cancel.clone());
    stream.next().await.unwrap().unwrap();
    let start = tokio::time::Instant::now();
    let (item, ()) = tokio::join!(stream.next(), async { cancel.cancel() });
    assert_eq!(item.unwrap().unwrap_err().kind, ModelErrorKind::Cancelled);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_cancelled_demo_says_nothing() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let stream = DemoModel::new(DemoVariant::Plain).stream(question("Hi"), cancel);
    let items: Vec<Result<ModelChunk, ModelError>> = stream.collect().await;
    let [Err(error)] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(error.kind, ModelErrorKind::Cancelled);
}

#[test]
fn models_are_known_by_name() {
    for name in DEMO_MODELS {
        let model = DemoModel::from_options(&object(json!({"model": name}))).unwrap();
        assert_eq!(model.info().model, *name);
    }
    let error = DemoModel::from_options(&object(json!({"model": "demo-x"}))).unwrap_err();
    assert_eq!(error.code().as_str(), "INVALID_CONFIG");
    assert_eq!(
        error.to_string(),
        "provider `demo` has no model `demo-x`. Its models: demo, demo-parallel, demo-fail, demo-fail-midstream, demo-slow"
    );
}

#[tokio::test]
async fn agents_side_by_side_have_ids_of_their_own() {
    let request = question("Hi");
    let mut ids = Vec::new();
    for seed in 0..3 {
        let model = DemoModel::new(DemoVariant::Plain).with_seed(seed);
        let mut stream = model.stream(request.clone(), CancellationToken::new());
        ids.push(id_of(&stream.next().await.unwrap().unwrap().events));
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
}

#[tokio::test]
async fn arguments_follow_the_schema() {
    for (schema, expected) in [
        (json!({"type": "object"}), json!({})),
        (json!({"type": "array"}), json!({})),
        (
            json!({"properties": {"a": {"type": "boolean"}, "b": {"type": "null"}}}),
            json!({"a": true}),
        ),
        (
            json!({"properties": {"q": {"type": "string"}, "n": {"type": "integer"}}, "required": ["q", "n"]}),
            json!({"q": "tool with 12 from New York to Berlin, fahrenheit", "n": 12}),
        ),
        (
            json!({"properties": {"place": {"type": "string"}, "n": {"type": "integer", "maximum": 5}}, "required": ["place", "n"]}),
            json!({"place": "Berlin", "n": 5}),
        ),
        (
            json!({"properties": {"n": {"type": ["null", "number"], "exclusiveMinimum": 20, "multipleOf": 8}}}),
            json!({"n": 24.0}),
        ),
        (
            json!({"properties": {"unit": {"enum": ["celsius", "fahrenheit"]}}, "required": ["unit"]}),
            json!({"unit": "fahrenheit"}),
        ),
        (
            json!({"properties": {"a": {"const": 7}, "b": {"examples": ["x"]}, "c": {"type": "string"}}, "required": ["a"]}),
            json!({"a": 7, "b": "x"}),
        ),
        (
            json!({
                "properties": {"list": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/item"}}},
                "required": ["list"],
                "$defs": {"item": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}},
            }),
            json!({"list": [{"id": 12}, {"id": 12}]}),
        ),
        (
            json!({"properties": {"a": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 8, "maxLength": 9}]}}, "required": ["a"]}),
            json!({"a": "Berlin.."}),
        ),
    ] {
        let tool = ToolDefinition::new("tool_with", "", schema.clone());
        let request = with_tools("tool with 12 from New York to Berlin, fahrenheit", [tool]);
        let request = ModelRequest { tool_choice: ToolChoice::Required, ..request };
        let calls = calls(DemoVariant::Plain, &request).await;
        assert_eq!(calls, [("tool_with".to_owned(), expected)], "{schema}");
    }
}

#[tokio::test]
async fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({
        "type": "object",
        "properties": {"next": {"$ref": "#"}},
        "required": ["next"],
    });
    let tool = ToolDefinition::new("chain", "", schema);
    let calls = calls(DemoVariant::Plain, &with_tools("chain", [tool])).await;
    assert_eq!(calls.len(), 1);
}

proptest! {
    #[test]
    fn no_text_and_no_schema_brings_it_down(text in ".{0,60}", name in "[a-z]{1,8}", low in any::<f64>(), items in any::<u64>()) {
        let schema = json!({
            "type": "object",
            "properties": {
                "number": {"type": "number", "minimum": low, "multipleOf": low.abs()},
                "integer": {"type": "integer", "exclusiveMaximum": low},
                "expression": {"type": "string", "minLength": items, "maxLength": items},
                "list": {"type": "array", "minItems": items, "items": {"type": "string"}},
                name.clone(): {"$ref": text},
            },
            "required": ["number", "integer", "expression", "list", name],
        });
        let tool = ToolDefinition::new(name, text.clone(), schema);
        let request = ModelRequest { tool_choice: ToolChoice::Required, ..with_tools(&text, [tool]) };
        let stream = DemoModel::new(DemoVariant::Plain).stream(request, CancellationToken::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let items: Vec<_> = runtime.block_on(stream.collect());
        prop_assert!(items.iter().all(Result::is_ok));
    }
}
