//! Over messages as an agent has them.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use moss_graph::{END, NodeContext, NodeError, NodeResult, START, StateGraph};
use moss_protocol::{AiMessage, HumanMessage, Message, ToolCall, ToolCallKind, ToolMessage};
use serde_json::Value;

use super::super::sequential::Messages;
use super::super::text::id;
use super::{TOOL, answer, query, result, supersteps};
use crate::shape::Shape;

pub fn shape(calls: usize) -> Result<Shape<Messages>> {
    let script: Arc<Vec<_>> = Arc::new((0..=calls).map(|turn| said(turn, calls)).collect());
    let llm = move |state: Arc<Messages>, _: NodeContext| {
        // A question and an answer for each turn stand behind the first message.
        let said = script.get(state.messages.len() / 2).cloned();
        async move {
            let said = said.context("the script is over").map_err(NodeError::from)?;
            Ok::<_, NodeError>(Messages::update().messages([said]))
        }
    };
    let graph = StateGraph::new()
        .node("llm", llm)
        .node("tools", tools)
        .edge(START, "llm")
        .conditional_edge("llm", route, ["tools", END])
        .edge("tools", "llm")
        .compile()?;
    let question = Message::Human(HumanMessage {
        content: "hi?".into(),
        id: Some("question".into()),
        ..HumanMessage::default()
    });
    Ok(Shape {
        graph,
        initial: Messages::default(),
        input: Messages::update().messages([Arc::new(question)]),
        supersteps: supersteps(calls),
        check: Box::new(move |state| {
            let messages = &state.messages;
            ensure!(messages.len() == 2 * calls + 2, "{} messages came of it", messages.len());
            let last = messages.last().context("there are messages")?;
            ensure!(last.content().text() == answer(), "the last message is not the answer");
            let told = messages.get(2 * calls).context("there are messages")?;
            ensure!(
                told.content().text() == result(&query(calls - 1)),
                "the last result is another"
            );
            Ok(())
        }),
    })
}

fn said(turn: usize, calls: usize) -> Arc<Message> {
    let mut message = AiMessage { id: Some(id(turn)), ..AiMessage::default() };
    if turn == calls {
        message.content = answer().into();
    } else {
        message.tool_calls = vec![ToolCall {
            name: TOOL.to_owned(),
            args: [("query".to_owned(), Value::from(query(turn)))].into_iter().collect(),
            id: format!("call_{turn}"),
            kind: ToolCallKind::ToolCall,
        }];
    }
    Arc::new(Message::Ai(message))
}

fn calls_of(state: &Messages) -> &[ToolCall] {
    match state.messages.last().map(AsRef::as_ref) {
        Some(Message::Ai(message)) => &message.tool_calls,
        Some(Message::System(_) | Message::Human(_) | Message::Tool(_)) | None => &[],
    }
}

fn route(state: &Messages) -> &'static str {
    if calls_of(state).is_empty() { END } else { "tools" }
}

async fn tools(state: Arc<Messages>, _: NodeContext) -> NodeResult<Messages> {
    let results = calls_of(&state).iter().map(|call| {
        let query = call.args.get("query").and_then(Value::as_str).unwrap_or_default();
        Arc::new(Message::Tool(ToolMessage {
            content: result(query).into(),
            id: Some(format!("result of {}", call.id)),
            name: Some(call.name.clone()),
            tool_call_id: call.id.clone(),
            ..ToolMessage::default()
        }))
    });
    Ok(Messages::update().messages(results))
}
