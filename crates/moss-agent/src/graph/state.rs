//! What the nodes of an agent's graph share.

use std::sync::Arc;

use moss_graph::{Log, State};
use moss_protocol::{AiMessage, Message};

/// The state of an agent's graph.
#[derive(Debug, Clone, Default, PartialEq, State)]
pub struct AgentState {
    /// The conversation, without the system message. Grows at its end only.
    #[state(append)]
    pub messages: Log<Arc<Message>>,
    /// The model's last answer, set by the node `done`.
    pub answer: Option<Arc<Message>>,
}

impl AgentState {
    /// The conversation's last message, when a model wrote it.
    #[must_use]
    pub fn last_ai_message(&self) -> Option<&AiMessage> {
        match self.messages.last()?.as_ref() {
            Message::Ai(message) => Some(message),
            Message::System(_) | Message::Human(_) | Message::Tool(_) => None,
        }
    }
}
