//! What JavaScript asks of a graph.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::json::{JsonState, command_from_json};
use moss_graph::{
    Answers, BusyThread, CancellationToken, Drain, Durability, Input, Interrupts, RunFailure,
    RunId, RunOptions, StreamMode, StreamOptions,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// An operation on a graph, `{name: what it needs}`. The name stands outside, so that an input of many messages is read once and
/// not kept until the name is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Request {
    Run(Box<RunRequest>),
    GetState {
        thread: String,
        checkpoint: Option<String>,
        /// Of a subgraph.
        namespace: Option<String>,
        #[serde(default)]
        subgraphs: bool,
    },
    History {
        thread: String,
        limit: Option<usize>,
        before: Option<String>,
        filter: Option<Filter>,
    },
    UpdateState {
        thread: String,
        checkpoint: Option<String>,
        /// Of a subgraph.
        namespace: Option<String>,
        supersteps: Vec<Vec<Update>>,
    },
    Fork {
        thread: String,
        checkpoint: String,
    },
    Diff {
        thread: String,
        from: String,
        to: String,
    },
}

/// A run.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RunRequest {
    pub(super) thread: Option<String>,
    pub(super) checkpoint: Option<String>,
    pub(super) input: RunInput,
    #[serde(default)]
    pub(super) options: Options,
    pub(super) stream: Option<StreamRequest>,
}

/// What a run begins with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RunInput {
    Update(Value),
    /// Always with `true`.
    Continue(#[allow(dead_code, reason = "there is nothing to say but that")] bool),
    Resume(Value),
    Answers(BTreeMap<String, Value>),
    Command(Map<String, Value>),
}

/// How a run is to go.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Options {
    recursion_limit: Option<u64>,
    max_concurrency: Option<NonZeroUsize>,
    step_timeout_ms: Option<u64>,
    run_id: Option<String>,
    config: Map<String, Value>,
    interrupt_before: Stops,
    interrupt_after: Stops,
    durability: DurabilityName,
    on_busy: BusyName,
    metadata: Map<String, Value>,
    lease_ms: Option<u64>,
    pub(super) cache: Option<bool>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum DurabilityName {
    Sync,
    #[default]
    Async,
    Exit,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum BusyName {
    #[default]
    Reject,
    Enqueue,
    Interrupt,
    Rollback,
}

/// Names of nodes, or `*`.
#[derive(Default)]
struct Stops(Interrupts);

impl<'de> Deserialize<'de> for Stops {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Names(Vec<String>),
            All(String),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Names(names) if names.is_empty() => Interrupts::None,
            Either::Names(names) => Interrupts::At(names),
            Either::All(all) if all == "*" => Interrupts::All,
            Either::All(name) => Interrupts::At(vec![name]),
        }))
    }
}

/// What is told of a run while it goes on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StreamRequest {
    modes: Vec<String>,
    #[serde(default)]
    subgraphs: bool,
}

/// Which checkpoints of a history.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) source: Option<String>,
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
}

/// An update from outside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Update {
    #[serde(default)]
    pub(super) values: Value,
    pub(super) as_node: Option<String>,
}

impl RunInput {
    /// The fields of a run without a thread, which has nothing else to begin with.
    pub(super) fn alone(self) -> Result<Value, RunFailure> {
        match self {
            Self::Update(values) => Ok(values),
            Self::Continue(_) | Self::Resume(_) | Self::Answers(_) | Self::Command(_) => {
                Err(RunFailure::MissingStore { what: "going on with a run" })
            }
        }
    }

    /// The input of a run on a thread. `initial` is any state of the graph.
    pub(super) fn on_thread(self, initial: &JsonState) -> Result<Input<JsonState>, RunFailure> {
        Ok(match self {
            Self::Update(values) => Input::Update(initial.fields().input_update(values)?),
            Self::Continue(_) => Input::Continue,
            Self::Resume(answer) => Input::Resume(Answers::One(answer)),
            Self::Answers(answers) => Input::Resume(Answers::ById(answers)),
            Self::Command(mut command) => {
                let by_id = command.shift_remove("answers").and_then(by_id).map(Answers::ById);
                let one = command.shift_remove("resume").map(Answers::One);
                let command = command_from_json(initial, Value::Object(command))?;
                Input::Command { command, answers: by_id.or(one) }
            }
        })
    }
}

fn by_id(answers: Value) -> Option<BTreeMap<String, Value>> {
    match answers {
        Value::Object(answers) => Some(answers.into_iter().collect()),
        _ => None,
    }
}

impl Options {
    pub(super) fn run_options(self, cancellation: CancellationToken, drain: Drain) -> RunOptions {
        let defaults = RunOptions::default();
        RunOptions {
            recursion_limit: self.recursion_limit.unwrap_or(defaults.recursion_limit),
            cancellation,
            max_concurrency: self.max_concurrency,
            observer: None,
            run_id: self.run_id.and_then(|id| RunId::new(id).ok()),
            drain,
            step_timeout: self.step_timeout_ms.map(Duration::from_millis),
            config: Arc::new(self.config),
            interrupt_before: self.interrupt_before.0,
            interrupt_after: self.interrupt_after.0,
            durability: match self.durability {
                DurabilityName::Sync => Durability::Sync,
                DurabilityName::Async => Durability::Async,
                DurabilityName::Exit => Durability::Exit,
            },
            busy: match self.on_busy {
                BusyName::Reject => BusyThread::Reject,
                BusyName::Enqueue => BusyThread::Enqueue,
                BusyName::Interrupt => BusyThread::Interrupt,
                BusyName::Rollback => BusyThread::Rollback,
            },
            metadata: self.metadata,
            lease: self.lease_ms.map_or(defaults.lease, Duration::from_millis),
        }
    }
}

impl StreamRequest {
    /// The options, or the mode that is none.
    pub(super) fn options(&self) -> Result<StreamOptions, String> {
        let mode = |name: &String| StreamMode::from_name(name).ok_or_else(|| name.clone());
        let modes = self.modes.iter().map(mode).collect::<Result<Vec<_>, _>>()?;
        let options = StreamOptions::of(modes.into_iter().collect::<moss_graph::StreamModes>());
        Ok(StreamOptions { subgraphs: self.subgraphs, ..options })
    }
}
