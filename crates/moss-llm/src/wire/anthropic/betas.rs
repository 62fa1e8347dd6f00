//! Beta features that a request needs, told in the header `anthropic-beta`.

use moss_protocol::{Content, ContentPart, JsonObject};
use serde_json::Value;

use crate::wire::WireRequest;

/// Types of tools, and the feature without which the provider does not know them. Types that are not here need
/// none.
const TOOLS: &[(&str, &str)] = &[
    ("computer_20241022", "computer-use-2024-10-22"),
    ("bash_20241022", "computer-use-2024-10-22"),
    ("text_editor_20241022", "computer-use-2024-10-22"),
    ("computer_20250124", "computer-use-2025-01-24"),
    ("computer_20251124", "computer-use-2025-11-24"),
    ("code_execution_20250522", "code-execution-2025-05-22"),
    ("code_execution_20250825", "code-execution-2025-08-25"),
    ("web_fetch_20250910", "web-fetch-2025-09-10"),
    ("memory_20250818", "context-management-2025-06-27"),
    ("tool_search_tool_regex_20251119", "advanced-tool-use-2025-11-20"),
    ("tool_search_tool_bm25_20251119", "advanced-tool-use-2025-11-20"),
    ("advisor_20260301", "advisor-tool-2026-03-01"),
    ("mcp_toolset", MCP),
];

const MCP: &str = "mcp-client-2025-11-20";
const FILES: &str = "files-api-2025-04-14";
const CONTEXT: &str = "context-management-2025-06-27";
const COMPACTION: &str = "compact-2026-01-12";
const COMPACTION_EDIT: &str = "compact_20260112";

/// The features that the host asks for and those that the request needs, each once.
pub(super) fn of(asked: &[String], request: &WireRequest<'_>) -> Vec<String> {
    let mut betas = asked.to_vec();
    let mut add = |beta: &str| {
        if !betas.iter().any(|known| known == beta) {
            betas.push(beta.to_owned());
        }
    };
    for tool in request.request.server_tools.iter() {
        let kind = tool.get("type").and_then(Value::as_str);
        if let Some((_, beta)) = TOOLS.iter().find(|(known, _)| Some(*known) == kind) {
            add(beta);
        }
    }
    let field = |name: &str| {
        let own = request.extra_body.get(name).or_else(|| request.parameters.get(name));
        own.filter(|value| !value.is_null())
    };
    if field("mcp_servers").is_some() {
        // Before there were sets of tools, a server offered all that it had.
        let has_set = request.request.server_tools.iter();
        let has_set =
            has_set.into_iter().any(|tool| tool.get("type") == Some(&"mcp_toolset".into()));
        add(if has_set { MCP } else { "mcp-client-2025-04-04" });
    }
    if let Some(management) = field("context_management") {
        let edits = management.get("edits").and_then(Value::as_array);
        let kinds = || edits.into_iter().flatten().map(|edit| edit.get("type"));
        if kinds().any(|kind| kind.is_some_and(|kind| kind == COMPACTION_EDIT)) {
            add(COMPACTION);
        }
        if kinds().any(|kind| kind.is_none_or(|kind| kind != COMPACTION_EDIT)) {
            add(CONTEXT);
        }
    }
    if field("output_config").is_some_and(|config| !config["task_budget"].is_null()) {
        add("task-budgets-2026-03-13");
    }
    if field("speed").is_some_and(|speed| speed == "fast") {
        add("fast-mode-2026-02-01");
    }
    if let Some(container) = field("container").and_then(Value::as_object)
        && has(container, "skills")
    {
        add("skills-2025-10-02");
    }
    if request.request.messages.iter().any(|message| names_file(message.content())) {
        add(FILES);
    }
    betas
}

fn has(object: &JsonObject, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

/// Whether an uploaded file is among the parts.
fn names_file(content: &Content) -> bool {
    let Content::Parts(parts) = content else { return false };
    parts.iter().any(|part| match part {
        ContentPart::Other(part) => is_file(part),
        ContentPart::Text { .. }
        | ContentPart::Think { .. }
        | ContentPart::Image { .. }
        | ContentPart::ToolCall(_) => false,
    })
}

fn is_file(part: &JsonObject) -> bool {
    let source = part.get("source").and_then(|source| source.get("file_id"));
    let is_upload = part.get("type").is_some_and(|kind| kind == "container_upload");
    let standard = part.get("source_type").is_some_and(|kind| kind == "id");
    is_upload || standard || source.is_some_and(Value::is_string) || has(part, "fileId")
}
