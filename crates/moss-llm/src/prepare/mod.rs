//! What a conversation has to look like before a provider takes it. Hosts keep histories that were cut, edited or
//! begun with another provider; each wire says which of these rules its provider insists on.
//!
//! The rules are applied in the order of the fields below, and each leaves the work of the earlier ones intact.
//! A conversation that keeps all of them comes back as it is, message by message the same allocation; so does
//! what was prepared before.
//!
//! No rule loses what was said, but for what its field names.

mod empty;
mod fold;
mod media;
mod pairs;
mod parts;
mod turns;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use moss_protocol::Message;

/// What a provider insists on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Preparation {
    /// Each tool call has its result right behind it, the results of one message's calls together and in the
    /// order of the calls. A result that stands further behind is fetched. Left out are calls without a result,
    /// results without a call before them, a second result of a call, and an assistant's message of which nothing
    /// but reasoning remains then.
    ///
    /// Calls that Anthropic's servers run themselves (their ids begin with `srvtoolu_`) need no result.
    pub(crate) pair_tool_calls: bool,
    /// Without tools in the request, tool calls and results become text: a user's message tells, in place of the
    /// results, what was called with what and what came of it. It is the user's, since models imitate what they
    /// seem to have written themselves.
    pub(crate) fold_tools: bool,
    /// Images and files in tool results move into a user's message behind the results of the batch.
    pub(crate) lift_tool_media: bool,
    /// Blank texts are left out, and messages without content; of a tool result only the blank parts, since the
    /// result has to stay.
    pub(crate) drop_empty: bool,
    /// User and assistant take turns: adjacent messages of one role become one, with the parts of both. The
    /// instructions stand first and are one message; those that come later become the user's. A conversation
    /// that begins with an assistant's message gets a user's before it, which says that there was more.
    ///
    /// Of the messages that become one, the first one's id and name are kept.
    pub(crate) alternate: bool,
}

impl Preparation {
    /// The conversation as the provider takes it. Messages that need no change are shared, not copied.
    pub(crate) fn apply(&self, messages: &[Arc<Message>], has_tools: bool) -> Vec<Arc<Message>> {
        let mut messages = messages.to_vec();
        if self.pair_tool_calls {
            messages = pairs::pair(&messages);
        }
        if self.fold_tools && !has_tools {
            messages = fold::fold(&messages);
        }
        if self.lift_tool_media {
            messages = media::lift(&messages);
        }
        if self.drop_empty {
            messages = empty::drop_empty(messages);
        }
        if self.alternate {
            messages = turns::alternate(messages);
        }
        messages
    }
}
