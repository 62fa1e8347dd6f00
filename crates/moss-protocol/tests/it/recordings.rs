//! The payloads that stand in the recorded runs of the Run interface are read and written back.
//!
//! The JSON text must come out as it went in, order of the members included. Two things are compared as
//! values instead, in the one scenario whose model does not stream: there the order of a tool call's and of a
//! usage's members is that of the client that parsed the answer, and this crate's types have one order. And a
//! usage that the runtime made itself, for an answer it cut off, lacks the details that this crate's type
//! always has; they come out empty.

use std::collections::BTreeMap;
use std::path::PathBuf;

use moss_protocol::{
    CompletedToolCall, ContentPart, ContextUsage, MessageCreation, MessageDelta, ReasoningDelta,
    RunStep, RunStepClosed, RunStepCompleted, RunStepDelta, SubagentPhase, SummarizeComplete,
    SummarizeDelta, SummarizeStart, Summary, ToolCall, ToolCallsDelta, ToolInput, Usage,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

/// What must be found at least once.
const KINDS: [&str; 17] = [
    "completed tool call",
    "content parts",
    "context usage",
    "message creation",
    "message delta",
    "reasoning delta",
    "returned content",
    "run step delta",
    "subagent data",
    "subagent phase",
    "summarize complete",
    "summarize delta",
    "summarize start",
    "summary",
    "tool call",
    "tool input",
    "usage",
];

#[derive(Default)]
struct Covered {
    scenario: String,
    counts: BTreeMap<&'static str, usize>,
    differences: Vec<String>,
}

impl Covered {
    fn check<T: DeserializeOwned + Serialize>(&mut self, kind: &'static str, json: &str) {
        *self.counts.entry(kind).or_default() += 1;
        let written = serde_json::from_str::<T>(json)
            .map_err(|error| error.to_string())
            .map(|value| serde_json::to_string(&value).unwrap());
        let as_values = self.scenario == "disable-streaming";
        let same = match &written {
            Ok(written) if as_values => {
                serde_json::from_str::<Value>(written).unwrap()
                    == serde_json::from_str::<Value>(json).unwrap()
            }
            Ok(written) => written == json,
            Err(_) => false,
        };
        if !same {
            let scenario = &self.scenario;
            self.differences.push(format!("{scenario}: {kind}\n  in:  {json}\n  out: {written:?}"));
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("=== ") {
            self.scenario = name.to_owned();
            return;
        }
        let line = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let Some((name, rest)) = line.split_once(' ') else { return };
        let after = |marker: &str| rest.split_once(marker).and_then(|(_, rest)| first_json(rest));
        match name {
            "contentParts" => self.whole::<Vec<Option<ContentPart>>>("content parts", rest),
            "returned" if rest != "undefined" => {
                self.whole::<Vec<Option<ContentPart>>>("returned content", rest);
            }
            "CTX" => self.whole::<ContextUsage>("context usage", rest),
            "START" => self.whole::<SummarizeStart>("summarize start", rest),
            "DELTA" => self.whole::<SummarizeDelta>("summarize delta", rest),
            "COMPLETE" => self.whole::<SummarizeComplete>("summarize complete", rest),
            "USAGE" => {
                let usage = after("{\"usage\":").unwrap();
                self.check::<Usage>("usage", usage.get());
            }
            "on_message_delta" => self.content::<MessageDelta>("message delta", rest),
            "on_reasoning_delta" => self.content::<ReasoningDelta>("reasoning delta", rest),
            "on_run_step_delta" => {
                let delta = first_json(rest).expect("a delta");
                self.check::<ToolCallsDelta>("run step delta", delta.get());
            }
            "on_run_step" => {
                if let Some(details) = after(" message_creation ") {
                    self.check::<MessageCreation>("message creation", details.get());
                }
                if let Some(calls) = after(" tool_calls ") {
                    self.check::<Vec<ToolCall>>("tool call", calls.get());
                }
                if let Some(summary) = after(" summary=") {
                    self.check::<Summary>("summary", summary.get());
                }
            }
            "on_run_step_completed" => {
                let result = first_json(rest).expect("a result");
                if result.get().starts_with(r#"{"type":"summary""#) {
                    self.check::<Summary>("summary", result.get());
                } else {
                    self.check::<CompletedToolCall>("completed tool call", result.get());
                }
            }
            "on_chat_model_end" => {
                if let Some(usage) = after(" usage=") {
                    let usage = usage.get();
                    let details = r#","input_token_details":{},"output_token_details":{}}"#;
                    let whole = match usage.strip_suffix('}') {
                        Some(start) if !usage.contains("details") => format!("{start}{details}"),
                        _ => usage.to_owned(),
                    };
                    self.check::<Usage>("usage", &whole);
                }
            }
            "on_tool_start" => {
                let input = first_json(rest).expect("an input");
                self.check::<ToolInput>("tool input", input.get());
            }
            "on_subagent_update" => self.subagent(rest),
            _ => {}
        }
    }

    fn whole<T: DeserializeOwned + Serialize>(&mut self, kind: &'static str, json: &str) {
        self.check::<T>(kind, json);
    }

    /// The recording has the list alone; the step's id and the rest of the payload are put around it.
    fn content<T: DeserializeOwned + Serialize>(&mut self, kind: &'static str, rest: &str) {
        let list = first_json(rest).expect("a content list");
        let payload = format!(r#"{{"id":"step_1","delta":{{"content":{list}}}}}"#);
        self.check::<T>(kind, &payload);
    }

    fn subagent(&mut self, rest: &str) {
        let phase = rest.split_once("phase=").unwrap().1.split(' ').next().unwrap();
        self.check::<SubagentPhase>("subagent phase", &format!("\"{phase}\""));
        // The recorder cuts long data off; what is cut is no JSON, and stands elsewhere whole.
        let Some(data) = rest.split_once(" data=").and_then(|(_, data)| first_json(data)) else {
            return;
        };
        let (kind, data) = ("subagent data", data.get());
        match phase {
            "run_step" => self.check::<RunStep>(kind, data),
            "run_step_delta" => self.check::<RunStepDelta>(kind, data),
            "run_step_completed" => self.check::<RunStepCompleted>(kind, data),
            "run_step_closed" => self.check::<RunStepClosed>(kind, data),
            "message_delta" => self.check::<MessageDelta>(kind, data),
            "reasoning_delta" => self.check::<ReasoningDelta>(kind, data),
            other => panic!("data in the phase {other}"),
        }
    }
}

/// The first JSON object or list in the text, as it is written there. None when it is cut off.
fn first_json(text: &str) -> Option<Box<RawValue>> {
    let text = &text[text.find(['{', '['])?..];
    serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>().next()?.ok()
}

fn recordings() -> Option<PathBuf> {
    let folder = match std::env::var_os("MOSS_CONFORMANCE") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
    };
    let expected = folder.join("expected");
    expected.is_dir().then_some(expected)
}

#[test]
fn recorded_payloads_come_back_as_they_were_written() {
    let Some(folder) = recordings() else {
        eprintln!("skipped: no recordings here. Set MOSS_CONFORMANCE to the folder that has them");
        return;
    };
    let mut covered = Covered::default();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        text.lines().for_each(|line| covered.line(line));
    }
    assert_eq!(covered.differences.join("\n"), "", "payloads that changed");
    let found: Vec<&str> = covered.counts.keys().copied().collect();
    assert_eq!(found, KINDS, "kinds of payloads found: {:?}", covered.counts);
    eprintln!("payloads read and written back: {:?}", covered.counts);
}
