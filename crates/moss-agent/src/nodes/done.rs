//! The node that ends the run.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use moss_protocol::Message;

use super::{AgentNode, DONE};
use crate::{AgentState, AgentStateUpdate, NodeRun};

/// Settles the run's answer: the model's last message.
pub(crate) struct DoneNode;

#[async_trait]
impl AgentNode for DoneNode {
    fn name(&self) -> &str {
        DONE
    }

    async fn execute(
        &self,
        state: Arc<AgentState>,
        _: NodeRun,
    ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>> {
        let is_answer = |message: &&Arc<Message>| matches!(message.as_ref(), Message::Ai(_));
        let answer = state.messages.iter().rev().find(is_answer).cloned();
        Ok(AgentState::update().answer(answer))
    }
}
