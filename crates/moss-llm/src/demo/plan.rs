//! What the demo model does for a question.

use std::time::Duration;

use moss_protocol::{Message, Provider, ToolCall, ToolDefinition, ToolMessage, ToolStatus};

use super::DemoVariant;
use super::arguments::arguments;
use super::choice::best;
use super::fingerprint::fingerprint;
use super::script::Script;
use crate::{FinishReason, ModelError, ModelErrorKind, ModelRequest, ToolChoice};

/// What its first answer says of itself.
const LABEL: &str = "I am the scripted demo model of MOSS, not a language model.";

/// The wait of `demo-slow` before each piece.
const PAUSE: Duration = Duration::from_millis(250);

/// Writes the script for a question.
pub(super) fn plan(
    variant: DemoVariant,
    seed: u64,
    streaming: bool,
    request: &ModelRequest,
) -> Script {
    let mut script = Script::default();
    let id = format!("demo-{:016x}", fingerprint(request, seed));
    match variant {
        DemoVariant::Fail => script.fail(ModelError {
            status: Some(503),
            ..failure("the demo model `demo-fail` fails on purpose")
        }),
        DemoVariant::FailMidstream => {
            script.start(id);
            script.text(&labelled(request, "This answer breaks off in the"));
            script.fail(failure("the demo model `demo-fail-midstream` breaks off on purpose"));
        }
        DemoVariant::Plain | DemoVariant::Parallel | DemoVariant::Slow => {
            answer(&mut script, id, variant, request);
        }
    }
    let script = if streaming { script } else { script.whole() };
    if variant == DemoVariant::Slow { script.paced(PAUSE) } else { script }
}

fn answer(script: &mut Script, id: String, variant: DemoVariant, request: &ModelRequest) {
    let results = results(request);
    let question = question(request);
    let calls = if results.is_empty() { calls(variant, request, &question, &id) } else { vec![] };
    let text = if !results.is_empty() {
        said(request, &results)
    } else if !calls.is_empty() {
        announced(&calls)
    } else {
        declined(request, &question)
    };
    script.start(id);
    script.text(&labelled(request, &text));
    for (index, call) in (0..).zip(&calls) {
        script.call(index, call);
    }
    let (reason, raw) = if calls.is_empty() {
        (FinishReason::Stop, "stop")
    } else {
        (FinishReason::ToolCalls, "tool_calls")
    };
    script.finish(reason, raw, input_tokens(request));
}

fn failure(message: &str) -> ModelError {
    ModelError::new(ModelErrorKind::Overloaded, Provider::Demo, message)
}

/// The text, after the label where the conversation has no answer yet.
fn labelled(request: &ModelRequest, text: &str) -> String {
    if request.messages.iter().any(|message| matches!(**message, Message::Ai(_))) {
        return text.to_owned();
    }
    format!("{LABEL} {text}")
}

/// The last human message.
fn question(request: &ModelRequest) -> String {
    let mut messages = request.messages.iter().rev();
    let text = messages.find_map(|message| match &**message {
        Message::Human(human) => Some(human.content.text()),
        _ => None,
    });
    text.unwrap_or_default()
}

/// The tool results at the end of the conversation.
fn results(request: &ModelRequest) -> Vec<&ToolMessage> {
    let mut results: Vec<&ToolMessage> = request
        .messages
        .iter()
        .rev()
        .map_while(|message| match &**message {
            Message::Tool(result) => Some(result),
            _ => None,
        })
        .collect();
    results.reverse();
    results
}

/// The tools to call, in the order of their calls.
fn chosen<'a>(
    variant: DemoVariant,
    request: &'a ModelRequest,
    question: &str,
) -> Vec<&'a ToolDefinition> {
    let tools = &*request.tools;
    match (&request.tool_choice, variant) {
        (ToolChoice::None, _) => Vec::new(),
        (ToolChoice::Tool(name), _) => tools.iter().filter(|tool| tool.name == *name).collect(),
        (_, DemoVariant::Parallel) => match tools {
            [tool] => vec![tool, tool],
            tools => tools.iter().collect(),
        },
        (ToolChoice::Required, _) => best(tools, question).or(tools.first()).into_iter().collect(),
        (ToolChoice::Auto, _) => best(tools, question).into_iter().collect(),
    }
}

fn calls(variant: DemoVariant, request: &ModelRequest, question: &str, id: &str) -> Vec<ToolCall> {
    let chosen = chosen(variant, request, question);
    let mut calls = Vec::with_capacity(chosen.len());
    for (position, tool) in chosen.iter().enumerate() {
        let nth = chosen[..position].iter().filter(|before| before.name == tool.name).count();
        let args = arguments(tool, question, nth);
        calls.push(ToolCall::new(format!("call_{id}_{position}"), &tool.name, args));
    }
    calls
}

/// "I call `a` and `b`."
fn announced(calls: &[ToolCall]) -> String {
    let names: Vec<String> = calls.iter().map(|call| format!("`{}`", call.name)).collect();
    match names.as_slice() {
        [first, second] if first == second => format!("I call {first} twice."),
        [before @ .., last] if !before.is_empty() => {
            format!("I call {} and {last}.", before.join(", "))
        }
        names => format!("I call {}.", names.concat()),
    }
}

/// What the tools answered.
fn said(request: &ModelRequest, results: &[&ToolMessage]) -> String {
    let sentences: Vec<String> = results
        .iter()
        .map(|result| {
            let verb = match result.status {
                Some(ToolStatus::Error) => "failed",
                Some(ToolStatus::Success) | None => "answered",
            };
            format!(
                "{} {verb}: {}",
                called(request, result),
                shortened(&result.content.text(), 1000)
            )
        })
        .collect();
    sentences.join("\n")
}

/// The name of the tool that gave a result.
fn called(request: &ModelRequest, result: &ToolMessage) -> String {
    let calls = request.messages.iter().rev().filter_map(|message| match &**message {
        Message::Ai(answer) => Some(&answer.tool_calls),
        _ => None,
    });
    let call = calls.flatten().find(|call| call.id == result.tool_call_id);
    match result.name.as_ref().or(call.map(|call| &call.name)) {
        Some(name) => format!("`{name}`"),
        None => "The tool".to_owned(),
    }
}

/// Why no tool is called.
fn declined(request: &ModelRequest, question: &str) -> String {
    let heard = if question.trim().is_empty() {
        "You asked nothing.".to_owned()
    } else {
        format!("You wrote: “{}”", shortened(question.trim(), 200))
    };
    let names: Vec<String> = request.tools.iter().map(|tool| format!("`{}`", tool.name)).collect();
    if names.is_empty() || request.tool_choice == ToolChoice::None {
        return format!("{heard} I may call no tool here, and can do nothing else.");
    }
    format!("{heard} None of the tools that I may call fits: {}.", names.join(", "))
}

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A token for every four characters, begun ones included.
pub(super) fn tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(4)
}

fn input_tokens(request: &ModelRequest) -> u64 {
    let messages = request.messages.iter().map(|message| match &**message {
        Message::System(message) => tokens(&message.content.text()),
        Message::Human(message) => tokens(&message.content.text()),
        Message::Ai(message) => {
            let calls = message.tool_calls.iter();
            let calls = calls.map(|call| {
                tokens(&call.name) + tokens(&serde_json::Value::from(call.args.clone()).to_string())
            });
            tokens(&message.content.text()) + calls.sum::<u64>()
        }
        Message::Tool(message) => tokens(&message.content.text()),
    });
    let tools = request.tools.iter().map(|tool| {
        tokens(&tool.name) + tokens(&tool.description) + tokens(&tool.parameters.to_string())
    });
    messages.sum::<u64>() + tools.sum::<u64>()
}
