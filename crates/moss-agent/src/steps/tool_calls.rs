//! Tool calls as they stream in, put together from their pieces.

use moss_protocol::{InvalidToolCall, JsonObject, StepId, ToolCall, ToolCallChunk};

use super::ids::tool_call_id;

/// A tool call of which pieces have come.
#[derive(Debug, Clone, Default)]
pub(super) struct PartialCall {
    index: Option<u32>,
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) args: String,
    /// The step, once it has begun.
    pub(super) step: Option<StepId>,
}

impl PartialCall {
    /// The arguments so far, when they are a whole object already.
    pub(super) fn whole_args(&self) -> Option<JsonObject> {
        serde_json::from_str(&self.args).ok()
    }

    /// Whether enough is known to show it.
    pub(super) const fn is_named(&self) -> bool {
        self.id.is_some() && !self.name.is_empty()
    }

    /// All pieces so far, as one.
    pub(super) fn as_chunk(&self) -> ToolCallChunk {
        ToolCallChunk {
            name: Some(self.name.clone()),
            args: Some(self.args.clone()),
            id: self.id.clone(),
            index: self.index,
            ..ToolCallChunk::default()
        }
    }
}

/// The calls of one answer, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct PartialCalls {
    calls: Vec<PartialCall>,
}

impl PartialCalls {
    /// Adds a piece to its call, and gives the call.
    ///
    /// A piece belongs to the call of its index. Servers that put every call at index 0, or send no index,
    /// are told apart by the id: another id is another call. Where there is no id either, a name with
    /// arguments after a call that has all of its own is another call.
    pub(super) fn push(&mut self, chunk: &ToolCallChunk) -> &mut PartialCall {
        let some = |text: &'_ Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let id = chunk.id.as_deref().filter(|id| !id.is_empty());
        let is_whole = id.is_none() && some(&chunk.name) && some(&chunk.args);
        let position = self.calls.iter().rposition(|call| {
            let same_index = chunk.index.is_none() || call.index == chunk.index;
            let same_id = id.is_none() || call.id.is_none() || call.id.as_deref() == id;
            same_index && same_id && !(is_whole && call.whole_args().is_some())
        });
        let position = position.unwrap_or_else(|| {
            self.calls.push(PartialCall { index: chunk.index, ..PartialCall::default() });
            self.calls.len() - 1
        });
        let call = &mut self.calls[position];
        if call.id.is_none() {
            call.id = id.map(str::to_owned);
        }
        if let Some(name) = &chunk.name
            && call.name != *name
        {
            call.name.push_str(name);
        }
        if let Some(args) = &chunk.args {
            call.args.push_str(args);
        }
        call
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut PartialCall> {
        self.calls.iter_mut()
    }

    /// The calls once nothing more comes: those whose arguments are an object, and the others. No arguments
    /// at all are an empty object. A call without an id gets one.
    pub(super) fn finish(&mut self) -> (Vec<ToolCall>, Vec<InvalidToolCall>) {
        let (mut valid, mut invalid) = (Vec::new(), Vec::new());
        for call in &mut self.calls {
            let id = call.id.get_or_insert_with(tool_call_id).clone();
            // Some models write `null` for no arguments.
            let args = match call.args.trim() {
                "" | "null" => "{}",
                args => args,
            };
            match serde_json::from_str::<JsonObject>(args) {
                Ok(args) => valid.push(ToolCall::new(id, call.name.clone(), args)),
                Err(error) => invalid.push(InvalidToolCall {
                    name: call.name.clone(),
                    args: call.args.clone(),
                    id,
                    error: error.to_string(),
                }),
            }
        }
        (valid, invalid)
    }
}
