//! Tool calls and results as text, for providers that refuse them in a request without tools.

use std::sync::Arc;

use moss_protocol::{
    AiMessage, Content, ContentPart, HumanMessage, Message, ToolMessage, ToolStatus,
};

use super::parts;

/// See [`Preparation::fold_tools`](super::Preparation::fold_tools).
pub(super) fn fold(messages: &[Arc<Message>]) -> Vec<Arc<Message>> {
    let mut folded = Vec::with_capacity(messages.len());
    let mut rest = messages;
    while let Some((message, after)) = rest.split_first() {
        let results = results(after);
        match &**message {
            Message::Ai(ai) if has_calls(ai) => {
                rest = &after[results.len()..];
                folded.extend(without_calls(ai));
                folded.push(told(calls(ai), results));
            }
            Message::Tool(_) => {
                let results = self::results(rest);
                rest = &rest[results.len()..];
                folded.push(told(Vec::new(), results));
            }
            Message::Ai(_) | Message::System(_) | Message::Human(_) => {
                rest = after;
                folded.push(Arc::clone(message));
            }
        }
    }
    folded
}

/// The tool messages at the start of these.
fn results(messages: &[Arc<Message>]) -> &[Arc<Message>] {
    let others = |message: &Arc<Message>| !matches!(**message, Message::Tool(_));
    &messages[..messages.iter().position(others).unwrap_or(messages.len())]
}

fn has_calls(message: &AiMessage) -> bool {
    let in_content = match &message.content {
        Content::Text(_) => false,
        Content::Parts(parts) => parts.iter().any(|part| parts::call(part).is_some()),
    };
    !message.tool_calls.is_empty() || !message.invalid_tool_calls.is_empty() || in_content
}

fn without_calls(message: &AiMessage) -> Option<Arc<Message>> {
    let mut kept = message.clone();
    kept.tool_calls.clear();
    kept.invalid_tool_calls.clear();
    if let Content::Parts(parts) = &mut kept.content {
        parts.retain(|part| parts::call(part).is_none());
    }
    parts::says_something(&kept).then(|| Arc::new(Message::Ai(kept)))
}

struct Call {
    id: String,
    name: String,
    arguments: String,
    output: Option<String>,
}

fn calls(message: &AiMessage) -> Vec<Call> {
    let listed = message.tool_calls.iter().map(|call| Call {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: json(&call.args),
        output: None,
    });
    let invalid = message.invalid_tool_calls.iter().map(|call| Call {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.args.clone(),
        output: None,
    });
    let mut calls: Vec<Call> = listed.chain(invalid).collect();
    let Content::Parts(parts) = &message.content else { return calls };
    for call in parts.iter().filter_map(parts::call) {
        let known = |known: &Call| match call.id {
            Some(id) => known.id == id,
            None => known.name == call.name,
        };
        if !calls.iter().any(known) {
            calls.push(Call {
                id: call.id.unwrap_or_default().to_owned(),
                name: call.name.to_owned(),
                arguments: call.input.map(json).unwrap_or_default(),
                output: call.output.map(str::to_owned),
            });
        }
    }
    calls
}

fn json(arguments: &moss_protocol::JsonObject) -> String {
    serde_json::to_string(arguments).unwrap_or_default()
}

/// What was called and what came of it, as a user's message.
fn told(calls: Vec<Call>, results: &[Arc<Message>]) -> Arc<Message> {
    let mut results: Vec<&ToolMessage> = results
        .iter()
        .filter_map(|message| match &**message {
            Message::Tool(result) => Some(result),
            Message::System(_) | Message::Human(_) | Message::Ai(_) => None,
        })
        .collect();
    let mut parts = Vec::new();
    for Call { id, name, arguments, output } in calls {
        let asked = format!("The tool `{name}` was called with {arguments}");
        let position = results.iter().position(|result| result.tool_call_id == id);
        match (position, output) {
            (Some(position), _) => tell(&asked, results.remove(position), &mut parts),
            (None, Some(output)) => {
                parts.push(ContentPart::text(format!("{asked} and answered:")));
                parts.push(ContentPart::text(output));
            }
            (None, None) => parts.push(ContentPart::text(format!("{asked} and gave no answer."))),
        }
    }
    for result in results {
        let asked = match &result.name {
            Some(name) => format!("The tool `{name}` was called"),
            None => "A tool was called".to_owned(),
        };
        tell(&asked, result, &mut parts);
    }
    let content = match parts.iter().map(ContentPart::as_text).collect::<Option<Vec<&str>>>() {
        Some(texts) => Content::Text(texts.join("\n\n")),
        None => Content::Parts(parts),
    };
    Arc::new(Message::Human(HumanMessage { content, ..HumanMessage::default() }))
}

fn tell(asked: &str, result: &ToolMessage, parts: &mut Vec<ContentPart>) {
    let how = match result.status {
        Some(ToolStatus::Error) => "failed",
        Some(ToolStatus::Success) | None => "answered",
    };
    parts.push(ContentPart::text(format!("{asked} and {how}:")));
    parts.extend(parts::into_parts(result.content.clone()));
}
