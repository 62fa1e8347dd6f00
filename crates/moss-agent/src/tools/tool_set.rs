//! The tools of one agent.

use std::collections::HashMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use moss_protocol::ToolDefinition;

use super::schema::ArgumentCheck;
use super::suggestion::nearest;
use super::{Tool, ToolError, ToolInvocation, ToolOutput};
use crate::AgentError;

/// The tools of one agent, each with a name of its own, their schemas compiled once.
#[derive(Clone, Default)]
pub struct ToolSet {
    definitions: Arc<[ToolDefinition]>,
    tools: Arc<HashMap<String, Entry>>,
}

struct Entry {
    tool: Arc<dyn Tool>,
    check: Option<ArgumentCheck>,
}

impl ToolSet {
    /// The tools in the order in which the model is offered them.
    ///
    /// # Errors
    /// A tool without a name, two tools of one name, or a schema that is none.
    pub fn new(tools: Vec<Arc<dyn Tool>>) -> Result<Self, AgentError> {
        let definitions: Arc<[ToolDefinition]> =
            tools.iter().map(|tool| tool.definition().clone()).collect();
        ToolDefinition::check_names(&definitions)?;
        let tools = tools
            .into_iter()
            .map(|tool| {
                let definition = tool.definition();
                let check = if tool.checks_arguments() {
                    None
                } else {
                    Some(ArgumentCheck::new(definition)?)
                };
                Ok((definition.name.clone(), Entry { tool, check }))
            })
            .collect::<Result<HashMap<_, _>, AgentError>>()?;
        Ok(Self { definitions, tools: Arc::new(tools) })
    }

    /// What the model is offered.
    #[must_use]
    pub const fn definitions(&self) -> &Arc<[ToolDefinition]> {
        &self.definitions
    }

    /// Whether there is a tool of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.tools.contains_key(name)
    }

    /// The error of a call whose tool does not exist.
    pub(crate) fn not_found(&self, name: &str) -> ToolError {
        let names = self.definitions.iter().map(|tool| tool.name.as_str());
        ToolError::NotFound {
            name: name.to_owned(),
            suggestion: nearest(name, names).map(str::to_owned),
        }
    }

    /// Calls a tool. Cancellation and the time limit end the call; a panic is an error.
    pub(crate) async fn invoke(
        &self,
        mut invocation: ToolInvocation,
        limit: Option<Duration>,
    ) -> Result<ToolOutput, ToolError> {
        let name = invocation.call.name.clone();
        let Some(entry) = self.tools.get(&name) else { return Err(self.not_found(&name)) };
        if let Some(check) = &entry.check {
            invocation.call.args = check.check(&name, std::mem::take(&mut invocation.call.args))?;
        }
        let run = invocation.cancel.clone();
        invocation.cancel = run.child_token();
        // Whatever the tool handed on ends with the call, however that ends.
        let _ends_with_the_call = invocation.cancel.clone().drop_guard();
        let work = AssertUnwindSafe(async { entry.tool.invoke(invocation).await }).catch_unwind();
        let time_is_up = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = run.cancelled() => Err(ToolError::Cancelled),
            outcome = work => outcome.unwrap_or(Err(ToolError::Panicked { name })),
            () = time_is_up => Err(ToolError::TimedOut { name, limit: limit.unwrap_or_default() }),
        }
    }
}

impl fmt::Debug for ToolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.definitions.iter().map(|tool| &tool.name)).finish()
    }
}
