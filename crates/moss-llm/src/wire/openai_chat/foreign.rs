//! What other providers' answers hold that no chat-completions server knows.

use std::sync::Arc;

use moss_protocol::{AiMessage, Content, ContentPart, Message};

/// Parts of an assistant's message in which other providers' wires keep reasoning, calls of tools that they ran
/// themselves and those tools' results, and copies of what stands in `tool_calls`.
const FOREIGN: &[&str] = &[
    "thinking",
    "redacted_thinking",
    "reasoning",
    "reasoning_content",
    "tool_use",
    "functionCall",
    // LangChain's standard blocks.
    "tool_call",
    "tool_call_chunk",
    "invalid_tool_call",
    "server_tool_call",
    "server_tool_call_result",
    "server_tool_use",
    "mcp_tool_use",
    "mcp_tool_result",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// How the ids of calls begin that Anthropic's servers ran.
const SERVER_CALL: &str = "srvtoolu_";

/// Whether a part of an assistant's content means nothing to whoever speaks chat completions.
pub(super) fn is_foreign(part: &ContentPart) -> bool {
    match part {
        ContentPart::Other(object) => match part.kind() {
            "" => ["toolUse", "reasoningContent", "functionCall", "executableCode"]
                .iter()
                .any(|name| object.contains_key(*name)),
            kind => FOREIGN.contains(&kind),
        },
        ContentPart::Text { .. }
        | ContentPart::Think { .. }
        | ContentPart::Image { .. }
        | ContentPart::ToolCall(_) => false,
    }
}

/// The message without calls that another provider's servers ran, where a host lists them; `None` for their results.
pub(super) fn without_foreign_calls(message: Arc<Message>) -> Option<Arc<Message>> {
    let is_server = |id: &str| id.starts_with(SERVER_CALL);
    match &*message {
        Message::Ai(ai) if ai.tool_calls.iter().any(|call| is_server(&call.id)) => {
            let mut kept: AiMessage = ai.clone();
            kept.tool_calls.retain(|call| !is_server(&call.id));
            if let Content::Parts(parts) = &mut kept.content {
                parts.retain(|part| match part {
                    ContentPart::ToolCall(call) => !is_server(call.id()),
                    ContentPart::Text { .. }
                    | ContentPart::Think { .. }
                    | ContentPart::Image { .. }
                    | ContentPart::Other(_) => true,
                });
            }
            Some(Arc::new(Message::Ai(kept)))
        }
        Message::Tool(result) if is_server(&result.tool_call_id) => None,
        Message::Ai(_) | Message::System(_) | Message::Human(_) | Message::Tool(_) => Some(message),
    }
}
