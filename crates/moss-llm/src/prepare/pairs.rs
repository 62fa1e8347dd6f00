//! Each tool call and its result.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use moss_protocol::{AiMessage, Content, ContentPart, HumanMessage, JsonObject, Message, ToolCall};

use super::parts::{self, CallPart};

/// See [`Preparation::pair_tool_calls`](super::Preparation::pair_tool_calls).
pub(super) fn pair(messages: &[Arc<Message>]) -> Vec<Arc<Message>> {
    let pairs = Pairs::of(messages);
    let mut paired = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        match &**message {
            Message::System(_) => paired.push(Arc::clone(message)),
            Message::Human(human) => paired.extend(pairs.human(message, human, position)),
            Message::Ai(ai) => {
                let calls = pairs.calls_of(position);
                paired.extend(answered_calls(message, ai, calls));
                let results = calls.iter().filter_map(|call| match call.result {
                    Some(ResultAt::Message(result)) => messages.get(result),
                    Some(ResultAt::Part) | None => None,
                });
                paired.extend(results.map(Arc::clone));
            }
            // Each stands behind its call.
            Message::Tool(_) => {}
        }
    }
    paired
}

/// A call and where its result is.
struct Call<'a> {
    id: &'a str,
    result: Option<ResultAt>,
    /// Where the call is written out, if it is in the content alone.
    only_in_content: Option<CallPart<'a>>,
}

#[derive(Clone, Copy)]
enum ResultAt {
    /// A tool message at this position.
    Message(usize),
    /// A part of the user's message that follows.
    Part,
}

impl Call<'_> {
    fn stays(&self) -> bool {
        self.result.is_some() || parts::is_server_call(self.id)
    }
}

/// All calls of a conversation with their results.
struct Pairs<'a> {
    /// By the position of the assistant's message: `tool_calls`, `invalid_tool_calls`, then what its content
    /// alone has.
    calls: HashMap<usize, Vec<Call<'a>>>,
    /// Ids of the results that stand in users' messages, by the position of the message.
    in_place: HashMap<usize, Vec<&'a str>>,
}

impl<'a> Pairs<'a> {
    fn of(messages: &'a [Arc<Message>]) -> Self {
        let mut pairs = Self { calls: HashMap::new(), in_place: HashMap::new() };
        let mut open = Open::default();
        // The assistant's message whose results may follow as parts.
        let mut asked = None;
        for (position, message) in messages.iter().enumerate() {
            match &**message {
                Message::System(_) => asked = None,
                Message::Human(human) => {
                    if let Some(owner) = asked {
                        pairs.parts(human, position, owner, &mut open);
                    }
                    asked = None;
                }
                Message::Ai(ai) => {
                    let calls = calls(ai);
                    for (slot, call) in calls.iter().enumerate() {
                        open.add(call.id, position, slot);
                    }
                    if !calls.is_empty() {
                        pairs.calls.insert(position, calls);
                    }
                    asked = Some(position);
                }
                Message::Tool(tool) => {
                    if let Some((owner, slot)) = open.take(&tool.tool_call_id) {
                        pairs.answer(owner, slot, ResultAt::Message(position));
                    }
                }
            }
        }
        pairs
    }

    fn parts(
        &mut self,
        human: &'a HumanMessage,
        position: usize,
        owner: usize,
        open: &mut Open<'a>,
    ) {
        let Content::Parts(parts) = &human.content else { return };
        for id in parts.iter().filter_map(parts::answered) {
            if let Some(slot) = open.take_of(id, owner) {
                self.answer(owner, slot, ResultAt::Part);
                self.in_place.entry(position).or_default().push(id);
            }
        }
    }

    fn answer(&mut self, owner: usize, slot: usize, result: ResultAt) {
        if let Some(call) = self.calls.get_mut(&owner).and_then(|calls| calls.get_mut(slot)) {
            call.result = Some(result);
        }
    }

    fn calls_of(&self, position: usize) -> &[Call<'a>] {
        self.calls.get(&position).map_or(&[], Vec::as_slice)
    }

    /// A user's message without the results whose calls are gone; `None` where nothing else was in it.
    fn human(
        &self,
        message: &Arc<Message>,
        human: &HumanMessage,
        position: usize,
    ) -> Option<Arc<Message>> {
        let Content::Parts(parts) = &human.content else { return Some(Arc::clone(message)) };
        let mut known = self.in_place.get(&position).cloned().unwrap_or_default();
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            match parts::answered(part) {
                None => kept.push(part),
                Some(id) => {
                    if let Some(at) = known.iter().position(|known| *known == id) {
                        known.swap_remove(at);
                        kept.push(part);
                    }
                }
            }
        }
        if kept.len() == parts.len() {
            return Some(Arc::clone(message));
        }
        let kept: Vec<ContentPart> = kept.into_iter().cloned().collect();
        (!kept.is_empty()).then(|| {
            Arc::new(Message::Human(HumanMessage { content: kept.into(), ..human.clone() }))
        })
    }
}

/// Calls that no result was seen for, by their id. Providers without ids of their own, and hosts, use the same
/// again in a later message: a result belongs to the latest.
#[derive(Default)]
struct Open<'a>(HashMap<&'a str, (usize, VecDeque<usize>)>);

impl<'a> Open<'a> {
    fn add(&mut self, id: &'a str, owner: usize, slot: usize) {
        let entry = self.0.entry(id).or_insert_with(|| (owner, VecDeque::new()));
        if entry.0 != owner {
            *entry = (owner, VecDeque::new());
        }
        entry.1.push_back(slot);
    }

    fn take(&mut self, id: &str) -> Option<(usize, usize)> {
        let (owner, slots) = self.0.get_mut(id)?;
        Some((*owner, slots.pop_front()?))
    }

    fn take_of(&mut self, id: &str, owner: usize) -> Option<usize> {
        let (known, slots) = self.0.get_mut(id)?;
        if *known == owner { slots.pop_front() } else { None }
    }
}

/// The calls of a message, in the order in which [`answered_calls`] looks at them.
fn calls(message: &AiMessage) -> Vec<Call<'_>> {
    let listed = message.tool_calls.iter().map(|call| call.id.as_str());
    let invalid = message.invalid_tool_calls.iter().map(|call| call.id.as_str());
    let mut calls: Vec<Call<'_>> =
        listed.chain(invalid).map(|id| Call { id, result: None, only_in_content: None }).collect();
    let Content::Parts(parts) = &message.content else { return calls };
    for part in parts {
        // A `tool_call` part is the Run interface's and carries its own result.
        let (id, written) = match part {
            ContentPart::Other(object) if part.kind() == "server_tool_use" => {
                (object.get("id").and_then(serde_json::Value::as_str), None)
            }
            ContentPart::Other(_) => {
                let written = parts::call(part);
                (written.and_then(|call| call.id), written)
            }
            ContentPart::Text { .. }
            | ContentPart::Think { .. }
            | ContentPart::Image { .. }
            | ContentPart::ToolCall(_) => continue,
        };
        if let Some(id) = id
            && !calls.iter().any(|call| call.id == id)
        {
            calls.push(Call { id, result: None, only_in_content: written });
        }
    }
    calls
}

/// The message with those calls alone that stay; a call that was in the content alone is listed too. `None` where
/// nothing but reasoning remains of a message that lost calls.
fn answered_calls(
    message: &Arc<Message>,
    ai: &AiMessage,
    calls: &[Call<'_>],
) -> Option<Arc<Message>> {
    let unchanged = calls.iter().all(|call| call.stays() && call.only_in_content.is_none());
    if unchanged {
        return Some(Arc::clone(message));
    }
    let stays = |slot: usize| calls.get(slot).is_some_and(Call::stays);
    let mut kept = ai.clone();
    let mut slots = 0..;
    kept.tool_calls.retain(|_| slots.next().is_some_and(stays));
    kept.invalid_tool_calls.retain(|_| slots.next().is_some_and(stays));
    for call in calls.iter().filter(|call| call.stays()) {
        if let Some(CallPart { name, input, .. }) = call.only_in_content {
            let args = input.cloned().unwrap_or_else(JsonObject::new);
            kept.tool_calls.push(ToolCall::new(call.id, name, args));
        }
    }
    if let Content::Parts(parts) = &mut kept.content {
        let known_id = |id: &str| calls.iter().any(|call| call.id == id && call.stays());
        let names: Vec<&str> = kept.tool_calls.iter().map(|call| call.name.as_str()).collect();
        parts.retain(|part| match parts::call(part) {
            None => true,
            // A part of the Run interface that no list of the message knows is not ours to judge.
            Some(CallPart { id: Some(id), .. }) => {
                known_id(id) || !calls.iter().any(|call| call.id == id)
            }
            Some(CallPart { id: None, name, .. }) => names.contains(&name),
        });
    }
    let lost = calls.iter().any(|call| !call.stays());
    (!lost || parts::says_something(&kept)).then(|| Arc::new(Message::Ai(kept)))
}
