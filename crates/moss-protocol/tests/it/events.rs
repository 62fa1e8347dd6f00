//! The JSON of every event, exactly, both ways.

use moss_protocol::{
    AgentId, AgentLog, AgentUpdate, AiMessage, ChatModelEnd, ChatModelInput, ChatModelStart,
    ChatModelStream, CompletedToolCall, Content, ContentPart, ContextBreakdown, ContextUsage,
    EventName, EventRecord, FieldOrder, GraphEvent, JsonObject, LogLevel, Message,
    MessageContentType, MessageCreation, MessageDelta, MessageId, RECORD_VERSION, ReasoningDelta,
    RunId, RunStep, RunStepClosed, RunStepCompleted, RunStepDelta, RunStepResult, StepDetails,
    StepId, StepKind, StepStatus, SubagentPhase, SubagentUpdate, SummarizeComplete, SummarizeDelta,
    SummarizeStart, Summary, SummaryBoundary, SummaryCoverage, SummaryDelta, SummaryPiece,
    ToolCall, ToolCallChunk, ToolCallsDelta, ToolEnd, ToolInput, ToolMessage, ToolStart,
    ToolStatus, Usage,
};
use serde_json::{Value, json};

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn run() -> RunId {
    RunId::new("run-1").unwrap()
}

fn step(step_details: StepDetails) -> RunStep {
    RunStep {
        created_at: 7,
        id: StepId::from("step_1"),
        index: 2,
        run_id: run(),
        step_index: 1,
        kind: step_details.kind(),
        step_details,
        status: StepStatus::InProgress,
        usage: None,
        agent_id: None,
        group_id: None,
        summary: None,
    }
}

fn summary() -> Summary {
    Summary {
        kind: "summary".to_owned(),
        content: Some(vec![ContentPart::text("S")]),
        token_count: Some(68),
        coverage: Some(SummaryCoverage { retained_from_message_id: Some("m4".to_owned()) }),
        summary_version: Some(1),
        boundary: Some(SummaryBoundary { message_id: "step_1".to_owned(), content_index: 0 }),
        model: Some("m".to_owned()),
        provider: Some("openAI".to_owned()),
        created_at: Some("2026-01-01T00:00:00.000Z".to_owned()),
        extra: JsonObject::new(),
    }
}

fn completed(order: FieldOrder, outcome: Option<Value>) -> CompletedToolCall {
    CompletedToolCall {
        id: "call_1".to_owned(),
        name: "clock".to_owned(),
        args: "{}".to_owned(),
        output: "12:00".to_owned(),
        progress: 1,
        outcome,
        order,
    }
}

fn tool_completed(
    call: CompletedToolCall,
    completed_at: Option<u64>,
    eager: Option<bool>,
) -> GraphEvent {
    let result = RunStepResult::ToolCall {
        id: StepId::from("step_1"),
        index: 0,
        completed_at,
        eager,
        tool_call: call,
    };
    GraphEvent::RunStepCompleted(RunStepCompleted { result })
}

fn check(event: GraphEvent, name: EventName, data: &str) {
    let text = format!(r#"{{"event":"{name}","data":{data}}}"#);
    assert_eq!(serde_json::to_string(&event).unwrap(), text);
    assert_eq!(serde_json::from_str::<GraphEvent>(&text).unwrap(), event, "{name}");
    assert_eq!(event.name(), name);
    let mut alone = Vec::new();
    event.serialize_data(&mut serde_json::Serializer::new(&mut alone)).unwrap();
    assert_eq!(String::from_utf8(alone).unwrap(), data, "{name}");
}

#[test]
fn run_steps() {
    let mut message = step(StepDetails::MessageCreation {
        message_creation: MessageCreation {
            message_id: MessageId::from("msg_1"),
            content_type: Some(MessageContentType::Think),
            phase: Some("commentary".to_owned()),
        },
    });
    message.agent_id = Some(AgentId::from("a"));
    message.group_id = Some(1);
    check(
        GraphEvent::RunStep(message),
        EventName::RunStep,
        r#"{"created_at":7,"id":"step_1","index":2,"runId":"run-1","stepIndex":1,"type":"message_creation","stepDetails":{"type":"message_creation","message_creation":{"message_id":"msg_1","content_type":"think","phase":"commentary"}},"status":"in_progress","usage":null,"agentId":"a","groupId":1}"#,
    );
    let call = ToolCall::new("call_1", "clock", object(json!({"z": 1, "a": 2})));
    let mut tool = step(StepDetails::ToolCalls { tool_calls: vec![call] });
    tool.summary = Some(Summary {
        kind: "summary".to_owned(),
        content: None,
        token_count: None,
        coverage: None,
        summary_version: None,
        boundary: None,
        model: Some("m".to_owned()),
        provider: None,
        created_at: None,
        extra: JsonObject::new(),
    });
    check(
        GraphEvent::RunStep(tool),
        EventName::RunStep,
        r#"{"created_at":7,"id":"step_1","index":2,"runId":"run-1","stepIndex":1,"type":"tool_calls","stepDetails":{"type":"tool_calls","tool_calls":[{"name":"clock","args":{"z":1,"a":2},"id":"call_1","type":"tool_call"}]},"status":"in_progress","usage":null,"summary":{"type":"summary","model":"m"}}"#,
    );
}

#[test]
fn step_deltas() {
    check(
        GraphEvent::MessageDelta(MessageDelta::text(StepId::from("step_1"), "Hi")),
        EventName::MessageDelta,
        r#"{"id":"step_1","delta":{"content":[{"type":"text","text":"Hi"}]}}"#,
    );
    check(
        GraphEvent::ReasoningDelta(ReasoningDelta::think(StepId::from("step_1"), "")),
        EventName::ReasoningDelta,
        r#"{"id":"step_1","delta":{"content":[{"type":"think","think":""}]}}"#,
    );
    let first = ToolCallChunk {
        name: Some("clock".to_owned()),
        args: Some(String::new()),
        id: Some("call_1".to_owned()),
        index: Some(0),
        ..ToolCallChunk::default()
    };
    let more = ToolCallChunk { args: Some("{\"a\":".to_owned()), ..ToolCallChunk::default() };
    let delta = ToolCallsDelta {
        kind: StepKind::ToolCalls,
        tool_calls: vec![first, more],
        auth: Some("https://example.org/auth".to_owned()),
        expires_at: Some(9),
    };
    check(
        GraphEvent::RunStepDelta(RunStepDelta { id: StepId::from("step_1"), delta }),
        EventName::RunStepDelta,
        r#"{"id":"step_1","delta":{"type":"tool_calls","tool_calls":[{"name":"clock","args":"","id":"call_1","index":0,"type":"tool_call_chunk"},{"args":"{\"a\":","type":"tool_call_chunk"}],"auth":"https://example.org/auth","expires_at":9}}"#,
    );
}

#[test]
fn step_ends() {
    check(
        tool_completed(completed(FieldOrder::ArgsFirst, None), Some(8), None),
        EventName::RunStepCompleted,
        r#"{"result":{"type":"tool_call","id":"step_1","index":0,"completed_at":8,"tool_call":{"args":"{}","name":"clock","id":"call_1","output":"12:00","progress":1}}}"#,
    );
    check(
        tool_completed(completed(FieldOrder::IdFirst, Some(json!("denied"))), None, Some(true)),
        EventName::RunStepCompleted,
        r#"{"result":{"type":"tool_call","id":"step_1","index":0,"eager":true,"tool_call":{"id":"call_1","name":"clock","args":"{}","output":"12:00","progress":1,"outcome":"denied"}}}"#,
    );
    let result = RunStepResult::Summary {
        id: StepId::from("step_1"),
        index: 0,
        completed_at: Some(8),
        summary: summary(),
    };
    check(
        GraphEvent::RunStepCompleted(RunStepCompleted { result }),
        EventName::RunStepCompleted,
        r#"{"result":{"type":"summary","id":"step_1","index":0,"completed_at":8,"summary":{"type":"summary","content":[{"type":"text","text":"S"}],"tokenCount":68,"coverage":{"retainedFromMessageId":"m4"},"summaryVersion":1,"boundary":{"messageId":"step_1","contentIndex":0},"model":"m","provider":"openAI","createdAt":"2026-01-01T00:00:00.000Z"}}}"#,
    );
    let closed = RunStepClosed {
        closed_at: 9,
        created_at: Some(7),
        id: StepId::from("step_1"),
        index: 2,
        run_id: Some(run()),
        status: StepStatus::Cancelled,
        step_index: Some(1),
        kind: StepKind::MessageCreation,
        agent_id: Some(AgentId::from("a")),
        group_id: Some(1),
    };
    check(
        GraphEvent::RunStepClosed(closed),
        EventName::RunStepClosed,
        r#"{"closed_at":9,"created_at":7,"id":"step_1","index":2,"runId":"run-1","status":"cancelled","stepIndex":1,"type":"message_creation","agentId":"a","groupId":1}"#,
    );
}

#[test]
fn model_calls() {
    let messages = vec![vec![Message::system("Be brief."), Message::human("Hi")]];
    check(
        GraphEvent::ChatModelStart(ChatModelStart { input: ChatModelInput { messages } }),
        EventName::ChatModelStart,
        r#"{"input":{"messages":[[{"type":"system","content":"Be brief."},{"type":"human","content":"Hi"}]]}}"#,
    );
    let chunk = object(json!({"content": "Hi", "tool_call_chunks": [], "additional_kwargs": {}}));
    check(
        GraphEvent::ChatModelStream(ChatModelStream { chunk }),
        EventName::ChatModelStream,
        r#"{"chunk":{"content":"Hi","tool_call_chunks":[],"additional_kwargs":{}}}"#,
    );
    let output = AiMessage {
        content: Content::from("Hi"),
        id: Some("chatcmpl-1".to_owned()),
        usage_metadata: Some(Usage {
            input_tokens: 1,
            output_tokens: 2,
            total_tokens: 3,
            ..Usage::default()
        }),
        ..AiMessage::default()
    };
    check(
        GraphEvent::ChatModelEnd(ChatModelEnd { output }),
        EventName::ChatModelEnd,
        r#"{"output":{"content":"Hi","id":"chatcmpl-1","usage_metadata":{"input_tokens":1,"output_tokens":2,"total_tokens":3,"input_token_details":{},"output_token_details":{}}}}"#,
    );
}

#[test]
fn tools() {
    let input = ToolInput { input: r#"{"a":1}"#.to_owned() };
    check(
        GraphEvent::ToolStart(ToolStart { input: input.clone() }),
        EventName::ToolStart,
        r#"{"input":{"input":"{\"a\":1}"}}"#,
    );
    let output = ToolMessage {
        content: Content::from("12:00"),
        name: Some("clock".to_owned()),
        tool_call_id: "call_1".to_owned(),
        status: Some(ToolStatus::Success),
        artifact: Some(json!([1])),
        ..ToolMessage::default()
    };
    check(
        GraphEvent::ToolEnd(ToolEnd { output, input }),
        EventName::ToolEnd,
        r#"{"output":{"content":"12:00","name":"clock","tool_call_id":"call_1","status":"success","artifact":[1]},"input":{"input":"{\"a\":1}"}}"#,
    );
}

#[test]
fn summaries() {
    let start = SummarizeStart {
        agent_id: AgentId::from("a"),
        provider: "openAI".to_owned(),
        model: Some("m".to_owned()),
        messages_to_refine_count: 4,
        summary_version: 1,
        extra: object(json!({"semanticIndexEntryCount": 0})),
    };
    check(
        GraphEvent::SummarizeStart(start),
        EventName::SummarizeStart,
        r#"{"agentId":"a","provider":"openAI","model":"m","messagesToRefineCount":4,"summaryVersion":1,"semanticIndexEntryCount":0}"#,
    );
    let delta = SummarizeDelta {
        id: StepId::from("step_1"),
        delta: SummaryDelta {
            summary: SummaryPiece {
                kind: "summary".to_owned(),
                content: vec![ContentPart::text("S")],
                provider: Some("openAI".to_owned()),
                model: Some("m".to_owned()),
            },
        },
    };
    let text = r#"{"id":"step_1","delta":{"summary":{"type":"summary","content":[{"type":"text","text":"S"}],"provider":"openAI","model":"m"}}}"#;
    check(GraphEvent::SummarizeDelta(delta), EventName::SummarizeDelta, text);
    let complete = SummarizeComplete {
        id: StepId::from("step_1"),
        agent_id: AgentId::from("a"),
        summary: None,
        error: Some("no".to_owned()),
    };
    check(
        GraphEvent::SummarizeComplete(complete),
        EventName::SummarizeComplete,
        r#"{"id":"step_1","agentId":"a","error":"no"}"#,
    );
}

#[test]
fn subagents_and_agents() {
    let update = SubagentUpdate {
        run_id: run(),
        parent_run_id: run(),
        subagent_run_id: RunId::new("run-1_sub_1").unwrap(),
        parent_tool_call_id: Some("call_1".to_owned()),
        subagent_type: "researcher".to_owned(),
        subagent_kind: Some("agent".to_owned()),
        subagent_agent_id: AgentId::from("r"),
        member_agent_id: Some(AgentId::from("r")),
        depth: Some(1),
        ancestry: Some(json!([])),
        parent_agent_id: Some(AgentId::from("a")),
        phase: SubagentPhase::MessageDelta,
        data: Some(json!({"id": "step_2"})),
        label: "Streaming…".to_owned(),
        timestamp: "2026-01-01T00:00:00.000Z".to_owned(),
    };
    check(
        GraphEvent::SubagentUpdate(update),
        EventName::SubagentUpdate,
        r#"{"runId":"run-1","parentRunId":"run-1","subagentRunId":"run-1_sub_1","parentToolCallId":"call_1","subagentType":"researcher","subagentKind":"agent","subagentAgentId":"r","memberAgentId":"r","depth":1,"ancestry":[],"parentAgentId":"a","phase":"message_delta","data":{"id":"step_2"},"label":"Streaming…","timestamp":"2026-01-01T00:00:00.000Z"}"#,
    );
    let agent_update = object(json!({"runId": "run-1", "message": "b takes over"}));
    check(
        GraphEvent::AgentUpdate(AgentUpdate { kind: "agent_update".to_owned(), agent_update }),
        EventName::AgentUpdate,
        r#"{"type":"agent_update","agent_update":{"runId":"run-1","message":"b takes over"}}"#,
    );
}

#[test]
fn logs_and_the_host_s_own() {
    let log = AgentLog {
        level: LogLevel::Warn,
        scope: "tools".to_owned(),
        message: "odd".to_owned(),
        data: Some(object(json!({"n": 1}))),
        run_id: Some(run()),
        agent_id: Some(AgentId::from("a")),
    };
    check(
        GraphEvent::AgentLog(log),
        EventName::AgentLog,
        r#"{"level":"warn","scope":"tools","message":"odd","data":{"n":1},"runId":"run-1","agentId":"a"}"#,
    );
    check(
        GraphEvent::CustomEvent(json!({"z": [null], "a": 1.5})),
        EventName::CustomEvent,
        r#"{"z":[null],"a":1.5}"#,
    );
}

fn context_usage(calibration_ratio: f64) -> GraphEvent {
    GraphEvent::ContextUsage(ContextUsage {
        run_id: run(),
        agent_id: AgentId::from("a"),
        breakdown: ContextBreakdown {
            max_context_tokens: 4000,
            instruction_tokens: 5,
            system_message_tokens: 5,
            dynamic_instruction_tokens: 0,
            tool_schema_tokens: 0,
            summary_tokens: 0,
            tool_count: 0,
            message_count: 1,
            message_tokens: 8,
            available_for_messages: -3,
            tool_token_counts: JsonObject::new(),
            extra: object(json!({"toolMessageTokens": 0})),
        },
        context_budget: 3800,
        effective_instruction_tokens: 5,
        pre_prune_context_tokens: 5,
        remaining_context_tokens: 3787,
        calibration_ratio,
    })
}

#[test]
fn context_usage_writes_a_ratio_as_javascript_does() {
    for (ratio, written) in [(1.0, "1"), (1.25, "1.25"), (0.0, "0")] {
        let data = format!(
            r#"{{"runId":"run-1","agentId":"a","breakdown":{{"maxContextTokens":4000,"instructionTokens":5,"systemMessageTokens":5,"dynamicInstructionTokens":0,"toolSchemaTokens":0,"summaryTokens":0,"toolCount":0,"messageCount":1,"messageTokens":8,"availableForMessages":-3,"toolTokenCounts":{{}},"toolMessageTokens":0}},"contextBudget":3800,"effectiveInstructionTokens":5,"prePruneContextTokens":5,"remainingContextTokens":3787,"calibrationRatio":{written}}}"#
        );
        check(context_usage(ratio), EventName::ContextUsage, &data);
    }
}

#[test]
fn a_record_carries_its_version_its_run_and_its_number() {
    let event = GraphEvent::MessageDelta(MessageDelta::text(StepId::from("step_1"), "Hi"));
    let record = EventRecord::new(run(), 3, event);
    assert_eq!(record.v, RECORD_VERSION);
    let text = r#"{"v":1,"run_id":"run-1","seq":3,"event":"on_message_delta","data":{"id":"step_1","delta":{"content":[{"type":"text","text":"Hi"}]}}}"#;
    assert_eq!(serde_json::to_string(&record).unwrap(), text);
    assert_eq!(serde_json::from_str::<EventRecord>(text).unwrap(), record);
}

#[test]
fn json_that_is_no_event_is_refused() {
    for text in [
        r#"{"event":"on_nothing","data":{}}"#,
        r#"{"event":"on_message_delta"}"#,
        r#"{"event":"on_run_step_closed","data":{"closed_at":1}}"#,
        r#"{"event":"on_run_step_completed","data":{"result":{"type":"tool_call","id":"s","index":0,"tool_call":{"name":"n"}}}}"#,
        r#"{"v":1,"run_id":"","seq":1,"event":"on_custom_event","data":{}}"#,
    ] {
        assert!(serde_json::from_str::<GraphEvent>(text).is_err() || text.contains("\"v\""));
        assert!(serde_json::from_str::<EventRecord>(text).is_err(), "{text}");
    }
}
