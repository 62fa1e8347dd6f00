//! What can be done with a graph: runs, and looks at its threads.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use moss_graph::checkpoint::{CheckpointId, CheckpointSource};
use moss_graph::json::{JsonState, JsonUpdate};
use moss_graph::{
    CancellationToken, Drain, EmptyInput, Ending, HistoryFilter, Outcome, ReduceError, RunError,
    RunFailure, RunOptions, StateError, StreamEvent, StreamOptions, Thread, UpdateAs,
};
use serde_json::{Value, json};

use super::behaviours::Scope;
use super::dialogue::{Dialogue, Here};
use super::engine::Engine;
use super::error::{GraphErrorJson, answer};
use super::request::{Filter, Request, RunInput, RunRequest, Update};
use super::snapshot;

/// One operation under way.
pub(super) struct Operation {
    pub(super) graph: Arc<Engine>,
    pub(super) dialogue: Arc<Dialogue>,
    pub(super) stops: (CancellationToken, Drain),
}

type Failed = RunError<JsonState>;

impl Operation {
    /// Does it, and gives the data of its `@end`.
    pub(super) async fn carry_out(self, request: Request) -> Value {
        let result = match request {
            Request::Run(request) => return self.run(*request).await,
            Request::GetState { thread, checkpoint, namespace: None, subgraphs } => {
                self.state(thread, checkpoint, subgraphs).await
            }
            Request::GetState { thread, checkpoint, namespace: Some(namespace), .. } => {
                self.inner_state(thread, checkpoint, &namespace).await
            }
            Request::History { thread, limit, before, filter } => {
                self.history(thread, (limit, before, filter)).await
            }
            Request::UpdateState { thread, checkpoint, namespace: None, supersteps } => {
                self.update(thread, checkpoint, supersteps).await
            }
            Request::UpdateState { thread, checkpoint, namespace: Some(namespace), supersteps } => {
                self.update_inner(thread, checkpoint, &namespace, supersteps).await
            }
            Request::Fork { thread, checkpoint } => self.fork(thread, &checkpoint).await,
            Request::Diff { thread, from, to } => self.diff(thread, &from, &to).await,
        };
        match result {
            Ok(value) => json!({ "ok": true, "value": value }),
            Err(error) => answer(error),
        }
    }

    async fn run(self, request: RunRequest) -> Value {
        let RunRequest { thread, checkpoint, input, options, stream } = request;
        let stream = match stream.as_ref().map(super::request::StreamRequest::options).transpose() {
            Ok(stream) => stream,
            Err(mode) => {
                let problem = format!("`{mode}` is no stream mode");
                return answer(GraphErrorJson::other("INVALID_CONFIG", problem));
            }
        };
        let cached = options.cache.unwrap_or(true);
        let options = options.run_options(self.stops.0.clone(), self.stops.1.clone());
        let result = match thread {
            None => self.run_once(input, options, (cached, stream)).await,
            Some(id) => {
                let at = (id, checkpoint);
                self.run_on_thread(at, input, options, (cached, stream)).await
            }
        };
        match result {
            Ok(Outcome { state, ending, checkpoint }) => {
                self.dialogue.tell(&state);
                end(&ending, checkpoint)
            }
            Err(Ended::Early(error)) => answer(error),
            Err(Ended::Failed(error)) => {
                self.dialogue.tell(error.state());
                answer(error.into())
            }
        }
    }

    /// A run of which nothing is stored.
    async fn run_once(
        &self,
        input: RunInput,
        options: RunOptions,
        (cached, stream): (bool, Option<StreamOptions>),
    ) -> Result<Outcome<JsonState>, Ended> {
        let RunInput::Update(values) = input else {
            return Err(RunFailure::MissingStore { what: "going on with a run" }.into());
        };
        let state = self.graph.fields.state_later(values).await;
        let state = state.map_err(refused)?;
        let engine = if cached { &self.graph.engine } else { &self.graph.uncached };
        let state = match stream {
            None => engine.run(state, options).await?,
            Some(stream) => {
                let mut run = engine.stream(state, options, stream);
                self.follow(&mut run).await;
                run.outcome().await?
            }
        };
        Ok(Outcome { state: Arc::new(state), ending: Ending::Done, checkpoint: None })
    }

    async fn run_on_thread(
        &self,
        (thread, checkpoint): (String, Option<String>),
        input: RunInput,
        options: RunOptions,
        (cached, stream): (bool, Option<StreamOptions>),
    ) -> Result<Outcome<JsonState>, Ended> {
        let engine = if cached { &self.graph.engine } else { &self.graph.uncached };
        let thread = engine.thread(thread)?;
        let mut input = input.on_thread(&self.graph.fields.initial())?;
        if let Some(checkpoint) = checkpoint {
            input = input.at(id(&checkpoint)?);
        }
        match stream {
            None => Ok(thread.run(input, options).await?),
            Some(stream) => {
                let mut run = thread.stream(input, options, stream);
                self.follow(&mut run).await;
                Ok(run.outcome().await?)
            }
        }
    }

    /// Tells JavaScript the events of a run, as fast as it reads them.
    async fn follow(&self, run: &mut (impl Stream<Item = StreamEvent> + Unpin)) {
        let cancelled = &self.stops.0;
        while let Some(event) = run.next().await {
            tokio::select! {
                biased;
                () = self.dialogue.may_tell() => {}
                // Nobody reads on: the run is to come to its end.
                () = cancelled.cancelled() => {}
            }
            let StreamEvent { seq, namespace, payload } = event;
            let mode = payload.mode().as_str();
            self.dialogue.say("@event", &(seq, namespace.as_str(), mode, payload.to_json()));
        }
    }

    async fn state(
        &self,
        thread: String,
        checkpoint: Option<String>,
        subgraphs: bool,
    ) -> Result<Value, GraphErrorJson> {
        let thread = self.thread(thread)?;
        let snapshot = match checkpoint {
            None => thread.state().await?,
            Some(checkpoint) => thread.state_at(id(&checkpoint)?).await?,
        };
        Ok(match snapshot {
            None => Value::Null,
            Some(snapshot) if subgraphs => {
                snapshot::to_json(&thread.with_subgraphs(snapshot).await?)
            }
            Some(snapshot) => snapshot::to_json(&snapshot),
        })
    }

    /// The state of a subgraph.
    async fn inner_state(
        &self,
        thread: String,
        checkpoint: Option<String>,
        namespace: &str,
    ) -> Result<Value, GraphErrorJson> {
        let thread = self.thread(thread)?;
        Ok(match checkpoint {
            None => snapshot::inner_to_json(&thread.subgraph_state(namespace).await?),
            Some(checkpoint) => {
                let snapshot = thread.subgraph_state_at(namespace, id(&checkpoint)?).await?;
                snapshot.as_ref().map_or(Value::Null, snapshot::inner_to_json)
            }
        })
    }

    /// Updates a subgraph, at the checkpoint where it stands.
    async fn update_inner(
        &self,
        thread: String,
        checkpoint: Option<String>,
        namespace: &str,
        supersteps: Vec<Vec<Update>>,
    ) -> Result<Value, GraphErrorJson> {
        let thread = self.thread(thread)?;
        if let Some(checkpoint) = checkpoint
            && thread.subgraph_state(namespace).await?.checkpoint != id(&checkpoint)?
        {
            let problem = format!(
                "the graph at `{namespace}` does not stand at the checkpoint {checkpoint} any more, and an older \
                 one cannot be updated. Leave out `checkpointId`, or fork the thread first"
            );
            return Err(GraphErrorJson::other("INVALID_CONFIG", problem));
        }
        let mut made = None;
        for step in supersteps {
            let [update] = <[Update; 1]>::try_from(step).map_err(|_| {
                let problem = "a graph inside takes one update a superstep. Give a list for each";
                GraphErrorJson::other("INVALID_CONFIG", problem)
            })?;
            let (update, update_as) = (update.values, said_as(update.as_node));
            // Its routers see its own state, apart from that of the graph around it.
            let scope = Scope::open(Here { dialogue: Arc::clone(&self.dialogue), scope: 0 });
            let updated = thread.update_subgraph(namespace, update, update_as);
            made = Some(scope.within(updated).await?);
        }
        match made {
            Some(made) => Ok(made.to_string().into()),
            None => Err(RunFailure::EmptyInput(EmptyInput::EmptyCommand).into()),
        }
    }

    async fn history(
        &self,
        thread: String,
        (limit, before, filter): (Option<usize>, Option<String>, Option<Filter>),
    ) -> Result<Value, GraphErrorJson> {
        let before = before.as_deref().map(id).transpose()?;
        let mut wanted = HistoryFilter { limit, before, ..HistoryFilter::default() };
        if let Some(Filter { source, metadata }) = filter {
            wanted.metadata = metadata;
            wanted.source = match source {
                None => None,
                Some(name) => Some(CheckpointSource::from_name(&name).ok_or_else(|| {
                    GraphErrorJson::other(
                        "INVALID_CONFIG",
                        format!("`{name}` makes no checkpoints; input, loop, update and fork do"),
                    )
                })?),
            };
        }
        let history = self.thread(thread)?.history(wanted).await?;
        Ok(history.iter().map(snapshot::to_json).collect())
    }

    async fn update(
        &self,
        thread: String,
        checkpoint: Option<String>,
        supersteps: Vec<Vec<Update>>,
    ) -> Result<Value, GraphErrorJson> {
        let thread = self.thread(thread)?;
        let at = checkpoint.as_deref().map(id).transpose()?;
        let updates = |step: Vec<Update>| step.into_iter().map(update).collect();
        let supersteps: Vec<Vec<(JsonUpdate, UpdateAs)>> =
            supersteps.into_iter().map(updates).collect::<Result<_, RunFailure>>()?;
        Ok(thread.update_all(at, supersteps).await?.to_string().into())
    }

    async fn fork(&self, thread: String, checkpoint: &str) -> Result<Value, GraphErrorJson> {
        Ok(self.thread(thread)?.fork(id(checkpoint)?).await?.to_string().into())
    }

    async fn diff(&self, thread: String, from: &str, to: &str) -> Result<Value, GraphErrorJson> {
        Ok(json!(self.thread(thread)?.diff(id(from)?, id(to)?).await?))
    }

    fn thread(&self, id: String) -> Result<Thread<JsonState>, RunFailure> {
        self.graph.engine.thread(id)
    }
}

/// Why a run has no outcome.
enum Ended {
    /// It did not begin.
    Early(GraphErrorJson),
    Failed(Failed),
}

impl From<RunFailure> for Ended {
    fn from(failure: RunFailure) -> Self {
        Self::Early(failure.into())
    }
}

impl From<StateError> for Ended {
    fn from(error: StateError) -> Self {
        Self::Early(RunFailure::from(error).into())
    }
}

impl From<GraphErrorJson> for Ended {
    fn from(error: GraphErrorJson) -> Self {
        Self::Early(error)
    }
}

impl From<Failed> for Ended {
    fn from(error: Failed) -> Self {
        Self::Failed(error)
    }
}

/// Why an input is refused: told as on a thread, where it is no input at all.
fn refused(error: ReduceError) -> RunFailure {
    let ReduceError { field, update, source } = error;
    match source.downcast::<StateError>() {
        Ok(error) => (*error).into(),
        Err(source) => RunFailure::Input { source: ReduceError { field, update, source } },
    }
}

fn update(update: Update) -> Result<(JsonUpdate, UpdateAs), RunFailure> {
    Ok((JsonUpdate::from_json(update.values)?, said_as(update.as_node)))
}

fn said_as(node: Option<String>) -> UpdateAs {
    match node.as_deref() {
        None => UpdateAs::Last,
        Some("__input__" | "__start__") => UpdateAs::Input,
        Some("__end__") => UpdateAs::End,
        Some(node) => UpdateAs::Node(node.to_owned()),
    }
}

fn id(text: &str) -> Result<CheckpointId, GraphErrorJson> {
    text.parse().map_err(|error| {
        GraphErrorJson::new(
            "INVALID_CHECKPOINT_ID",
            &error as &moss_graph::checkpoint::InvalidCheckpointId,
        )
    })
}

/// The data of a run's `@end`.
fn end(ending: &Ending, checkpoint: Option<CheckpointId>) -> Value {
    let (kind, nodes) = match ending {
        Ending::Done => ("done", None),
        Ending::Interrupted(_) => ("interrupted", None),
        Ending::StoppedBefore(nodes) => ("stoppedBefore", Some(nodes)),
        Ending::StoppedAfter(nodes) => ("stoppedAfter", Some(nodes)),
        Ending::Drained => ("drained", None),
    };
    let nodes = nodes.into_iter().flatten().map(|node| node.as_str());
    json!({
        "ok": true,
        "ending": kind,
        "interrupts": ending.interrupts(),
        "nodes": nodes.collect::<Vec<_>>(),
        "checkpoint": checkpoint.map(|id| id.to_string()),
    })
}
