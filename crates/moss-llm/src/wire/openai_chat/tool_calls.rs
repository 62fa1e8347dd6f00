//! Which piece belongs to which call.

use moss_protocol::{ToolCallChunk, ToolCallChunkKind};

use super::delta::CallParts;

/// The calls of one answer as far as they are known.
#[derive(Debug, Clone, Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
}

#[derive(Debug, Clone)]
struct Call {
    index: u32,
    id: Option<String>,
    name: Option<String>,
}

impl ToolCalls {
    /// Takes the next piece. The provider's index and id stay as they came. Where there is no index, one is
    /// inferred: a new id, or a name without an id, begins a new call; all else continues the last one. A
    /// name that merely repeats what the call is known as is left out, since readers join pieces.
    pub(super) fn accept(&mut self, parts: CallParts<'_>) -> ToolCallChunk {
        let CallParts { index, id, name, args, extra: _ } = parts;
        let index = index.unwrap_or_else(|| self.infer(id.as_deref(), name.is_some()));
        let mut chunk = ToolCallChunk {
            name: name.map(Into::into),
            args: args.map(Into::into),
            id: id.map(Into::into),
            index: Some(index),
            kind: ToolCallChunkKind::ToolCallChunk,
        };
        let same = |call: &&mut Call| {
            call.index == index && (chunk.id.is_none() || call.id.is_none() || call.id == chunk.id)
        };
        match self.calls.iter_mut().rev().find(same) {
            Some(call) => {
                if call.id.is_none() {
                    call.id.clone_from(&chunk.id);
                }
                if call.name.is_none() {
                    call.name.clone_from(&chunk.name);
                } else if call.name == chunk.name {
                    chunk.name = None;
                }
            }
            None => {
                self.calls.push(Call { index, id: chunk.id.clone(), name: chunk.name.clone() });
            }
        }
        chunk
    }

    fn infer(&self, id: Option<&str>, named: bool) -> u32 {
        let known = match id {
            Some(_) => self.calls.iter().find(|call| call.id.as_deref() == id),
            None if named => None,
            None => self.calls.last(),
        };
        match known {
            Some(call) => call.index,
            None => self.calls.iter().map(|call| call.index.saturating_add(1)).max().unwrap_or(0),
        }
    }
}
