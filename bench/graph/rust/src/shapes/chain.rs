//! Nodes one after the other that each say something: what a superstep costs as graphs and conversations grow.

use std::sync::Arc;

use anyhow::{Result, ensure};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer};
use moss_graph::{Log, NodeContext, NodeError, NodeResult};
use moss_protocol::{HumanMessage, Message};
use serde_json::json;

use super::sequential::{Messages, chain};
use crate::shape::Shape;

pub fn typed(size: usize, messages: usize) -> Result<Shape<Messages>> {
    async fn node(state: Arc<Messages>, _: NodeContext) -> NodeResult<Messages> {
        Ok(Messages::update().messages([message(state.messages.len())]))
    }
    let begun: Vec<_> = (0..messages).map(message).collect();
    Ok(Shape {
        graph: chain(size, &node)?,
        initial: Messages { messages: begun.into() },
        input: Messages::update(),
        supersteps: size as u64,
        check: Box::new(move |state| {
            let (last, found) = (messages + size - 1, &state.messages);
            ensure!(found.len() == last + 1, "{} messages came of it", found.len());
            ensure!(found.last() == Some(&message(last)), "the last message is not the last");
            Ok(())
        }),
    })
}

pub fn json(size: usize, messages: usize) -> Result<Shape<JsonState>> {
    async fn node(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
        let said = state.log("messages").map_or(0, Log::len);
        Ok(JsonUpdate::from_json(json!({ "messages": [json_message(said)] }))?)
    }
    let begun: Vec<_> = (0..messages).map(json_message).collect();
    let fields = JsonFields::new().field("messages", Reducer::Messages);
    Ok(Shape {
        graph: chain(size, &node)?,
        initial: fields.state(json!({ "messages": begun }))?,
        input: JsonUpdate::default(),
        supersteps: size as u64,
        check: Box::new(move |state| {
            let last = messages + size - 1;
            let found = state.log("messages").map_or(0, Log::len);
            ensure!(found == last + 1, "{found} messages came of it");
            let found = state.log("messages").and_then(Log::last);
            ensure!(found.is_some_and(|found| **found == json_message(last)), "it is not the last");
            Ok(())
        }),
    })
}

fn message(number: usize) -> Arc<Message> {
    Arc::new(Message::Human(HumanMessage {
        content: "text".into(),
        id: Some(number.to_string()),
        ..HumanMessage::default()
    }))
}

fn json_message(number: usize) -> serde_json::Value {
    json!({ "type": "human", "id": number.to_string(), "content": "text" })
}
