//! The lines that tell a person what a run does.

use std::time::Duration;

use moss_agent::RunEvent;
use moss_protocol::{
    AiMessage, CompletedToolCall, FieldOrder, GraphEvent, LogLevel, RunStepResult, Usage,
};

use crate::seconds;
use crate::terminal::{Style, Terminal, one_line, shortened};

/// How much of arguments, results and reasoning a line shows.
const LONGEST: usize = 160;

/// Tells of a run on standard error, a line for each step.
#[derive(Debug)]
pub struct Progress {
    /// As on the command line.
    model: String,
    /// Reasoning that is not told yet.
    reasoning: String,
}

impl Progress {
    pub const fn new(model: String) -> Self {
        Self { model, reasoning: String::new() }
    }

    pub fn tell(&mut self, event: &RunEvent, terminal: &mut Terminal) {
        match &event.event {
            GraphEvent::ChatModelStart(_) => terminal.step("model", Style::Step, &self.model),
            GraphEvent::ReasoningDelta(delta) => {
                for part in &delta.delta.content {
                    if let moss_protocol::ContentPart::Think { think, .. } = part {
                        self.reasoning.push_str(think);
                    }
                }
            }
            GraphEvent::MessageDelta(_) | GraphEvent::RunStepClosed(_) => self.thought(terminal),
            GraphEvent::ChatModelEnd(end) => {
                self.thought(terminal);
                calls(&end.output, terminal);
            }
            GraphEvent::RunStepCompleted(completed) => match &completed.result {
                RunStepResult::ToolCall { tool_call, .. } => result(tool_call, terminal),
                RunStepResult::Summary { .. } => {}
            },
            GraphEvent::AgentLog(log) => match log.level {
                LogLevel::Debug | LogLevel::Info => {}
                LogLevel::Warn | LogLevel::Error => {
                    terminal.step("warning", Style::Warning, &one_line(&log.message));
                }
            },
            _ => {}
        }
    }

    fn thought(&mut self, terminal: &mut Terminal) {
        let reasoning = std::mem::take(&mut self.reasoning);
        if !reasoning.trim().is_empty() {
            terminal.step("thought", Style::Dim, &shortened(&reasoning, LONGEST));
        }
    }
}

fn calls(answer: &AiMessage, terminal: &mut Terminal) {
    for call in &answer.tool_calls {
        let args = serde_json::to_string(&call.args).unwrap_or_default();
        let line = format!("{} {}", one_line(&call.name), shortened(&args, LONGEST));
        terminal.step("call", Style::Step, &line);
    }
    for call in &answer.invalid_tool_calls {
        let line = format!("{} {}", one_line(&call.name), shortened(&call.args, LONGEST));
        terminal.step("call", Style::Step, &line);
    }
}

fn result(call: &CompletedToolCall, terminal: &mut Terminal) {
    let (label, style, output) = match call.order {
        FieldOrder::ArgsFirst => ("result", Style::Step, call.output.as_str()),
        // The tool failed, or could not be called. The Run interface has its own word before it.
        FieldOrder::IdFirst => {
            let output = call.output.strip_prefix("Error processing tool: ");
            ("error", Style::Warning, output.unwrap_or(&call.output))
        }
    };
    let line = format!("{}: {}", one_line(&call.name), shortened(output, LONGEST));
    terminal.step(label, style, &line);
}

/// What a run took.
#[derive(Debug, Default)]
pub struct Tally {
    pub model_calls: u64,
    pub tool_calls: u64,
    pub usage: Usage,
}

impl Tally {
    pub fn note(&mut self, event: &RunEvent) {
        match &event.event {
            GraphEvent::ChatModelStart(_) => self.model_calls += 1,
            GraphEvent::ChatModelEnd(end) => {
                if let Some(usage) = &end.output.usage_metadata {
                    self.usage += usage;
                }
            }
            GraphEvent::RunStepCompleted(_) => self.tool_calls += 1,
            _ => {}
        }
    }

    /// `0.1 s, 2 model calls, 1 tool call, 212 tokens (190 in, 22 out)`.
    pub fn shown(&self, duration: Duration) -> String {
        let mut parts = vec![seconds::shown(duration), counted(self.model_calls, "model call")];
        if self.tool_calls > 0 {
            parts.push(counted(self.tool_calls, "tool call"));
        }
        let Usage { input_tokens, output_tokens, total_tokens, .. } = self.usage;
        if total_tokens > 0 {
            let tokens = counted(total_tokens, "token");
            parts.push(format!("{tokens} ({input_tokens} in, {output_tokens} out)"));
        }
        parts.join(", ")
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
