//! What a host configures.

use moss_protocol::{
    AgentConfig, AgentId, ConfigError, ErrorCode, GraphConfig, GraphType, JsonObject, Message,
    Provider, ReasoningKey, RunConfig, RunId, ToolDefinition,
};
use serde_json::{Value, json};

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn agent(id: &str, provider: Provider) -> AgentConfig {
    AgentConfig {
        agent_id: AgentId::from(id),
        name: None,
        provider,
        client_options: JsonObject::new(),
        instructions: None,
        additional_instructions: None,
        tools: Vec::new(),
        server_tools: Vec::new(),
        reasoning_key: None,
        tool_end: false,
    }
}

#[test]
fn one_agent_with_everything() {
    let config = json!({
        "runId": "run-1",
        "returnContent": true,
        "graphConfig": {
            "type": "standard",
            "agents": [{
                "agentId": "a",
                "name": "A",
                "provider": "openrouter",
                "clientOptions": {"model": "m", "temperature": 0.5},
                "instructions": "Be brief.",
                "additional_instructions": "Be kind.",
                "tools": [
                    {"name": "clock", "description": "The time", "schema": {"type": "object"}},
                    {"name": "bare"},
                ],
                "reasoningKey": "reasoning",
                "toolEnd": true,
                "maxContextTokens": 8000,
            }],
            "signal": {},
        },
        "customHandlers": {},
    });
    let parsed = RunConfig::from_json(&config).unwrap();
    let expected = AgentConfig {
        name: Some("A".to_owned()),
        client_options: object(json!({"model": "m", "temperature": 0.5})),
        instructions: Some("Be brief.".to_owned()),
        additional_instructions: Some("Be kind.".to_owned()),
        tools: vec![
            ToolDefinition::new("clock", "The time", json!({"type": "object"})),
            ToolDefinition::new("bare", "", json!({"type": "object", "properties": {}})),
        ],
        reasoning_key: Some(ReasoningKey::Reasoning),
        tool_end: true,
        ..agent("a", Provider::OpenRouter)
    };
    assert_eq!(
        parsed,
        RunConfig {
            run_id: RunId::new("run-1").unwrap(),
            graph: GraphConfig { kind: GraphType::Standard, agents: vec![expected] },
            return_content: true,
        }
    );
}

#[test]
fn the_legacy_shape_is_one_agent_named_default() {
    let config = json!({
        "runId": "run-1",
        "graphConfig": {
            "llmConfig": {"provider": "openAI", "model": "m", "streaming": false},
            "instructions": "Be brief.",
            "reasoningKey": "reasoning_content",
        },
    });
    let expected = AgentConfig {
        client_options: object(json!({"model": "m", "streaming": false})),
        instructions: Some("Be brief.".to_owned()),
        reasoning_key: Some(ReasoningKey::ReasoningContent),
        ..agent("default", Provider::OpenAi)
    };
    let parsed = RunConfig::from_json(&config).unwrap();
    assert_eq!(parsed.graph, GraphConfig { kind: GraphType::Standard, agents: vec![expected] });
    assert!(!parsed.return_content);
}

#[test]
fn several_agents() {
    let graph = json!({
        "type": "multi-agent",
        "agents": [{"agentId": "a", "provider": "xai"}, {"agentId": "b", "provider": "demo"}],
        "edges": [],
    });
    let agents = vec![agent("a", Provider::Xai), agent("b", Provider::Demo)];
    assert_eq!(
        GraphConfig::from_json(&graph),
        Ok(GraphConfig { kind: GraphType::MultiAgent, agents })
    );
}

#[test]
fn what_cannot_be_used_is_told_in_the_words_of_the_run_interface() {
    let with_graph = |graph: Value| json!({"runId": "r", "graphConfig": graph});
    let with_tools = |tools: Value| {
        with_graph(json!({"agents": [{"agentId": "a", "provider": "demo", "tools": tools}]}))
    };
    let cases = [
        (json!({"graphConfig": {}}), ErrorCode::MissingRunId, "Run ID not provided"),
        (json!({"runId": ""}), ErrorCode::MissingRunId, "Run ID not provided"),
        (json!({"runId": "r"}), ErrorCode::MissingGraphConfig, "Graph config not provided"),
        (with_graph(Value::Null), ErrorCode::MissingGraphConfig, "Graph config not provided"),
        (with_graph(json!([])), ErrorCode::InvalidConfig, "`graphConfig` is not an object"),
        (with_graph(json!({})), ErrorCode::MissingAgent, "At least one agent must be provided"),
        (
            with_graph(json!({"agents": []})),
            ErrorCode::MissingAgent,
            "At least one agent must be provided",
        ),
        (
            with_graph(json!({"type": "supervised", "agents": []})),
            ErrorCode::InvalidConfig,
            "`graphConfig.type` is `supervised`; it can be `standard` or `multi-agent`",
        ),
        (
            with_graph(json!({"llmConfig": {"provider": "nobody"}})),
            ErrorCode::UnknownProvider,
            "Unsupported LLM provider: nobody",
        ),
        (
            with_graph(json!({"agents": [{"agentId": "a"}]})),
            ErrorCode::InvalidConfig,
            "agent `a` has no `provider`. Set it to one of: openAI, vertexai, bedrock, anthropic, mistralai, mistral, google, azureOpenAI, deepseek, openrouter, xai, moonshot, ollama, demo",
        ),
        (
            with_tools(json!([{"name": "a"}, {"name": ""}])),
            ErrorCode::InvalidTool,
            "tool 1 has no name. Give each tool a non-empty `name`: the model calls it by that",
        ),
        (
            with_tools(json!([{"description": "d"}])),
            ErrorCode::InvalidTool,
            "tool 0 has no name. Give each tool a non-empty `name`: the model calls it by that",
        ),
        (
            with_tools(json!([{"name": "a"}, {"name": "a"}])),
            ErrorCode::DuplicateTool,
            "two tools are named `a`. Rename or remove one: a model could not tell them apart",
        ),
        (
            with_tools(json!([{"name": "a", "description": 7}])),
            ErrorCode::InvalidConfig,
            "tool 0 cannot be read: invalid type: integer `7`, expected a string",
        ),
    ];
    for (config, code, text) in cases {
        let error = RunConfig::from_json(&config).unwrap_err();
        assert_eq!((error.code(), error.to_string()), (code, text.to_owned()));
    }
}

#[test]
fn a_message_s_error_is_a_configuration_s() {
    let error = Message::list_from_json(vec![json!(7)]).unwrap_err();
    let text = error.to_string();
    let error = ConfigError::from(error);
    assert_eq!((error.code(), error.to_string()), (ErrorCode::InvalidMessage, text));
}

#[test]
fn tools_of_the_provider_are_told_from_the_host_s() {
    let web = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 5});
    let google = json!({"googleSearch": {}});
    let config = json!({"runId": "r", "graphConfig": {"agents": [{
        "agentId": "a",
        "provider": "anthropic",
        "tools": [web, {"name": "own", "description": "d"}, google, {"name": "other", "schema": {"type": "object"}}],
    }]}});
    let read = RunConfig::from_json(&config).unwrap();
    let agent = &read.graph.agents[0];
    assert_eq!(agent.server_tools, [object(web), object(google)]);
    let names: Vec<_> = agent.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["own", "other"]);
}
