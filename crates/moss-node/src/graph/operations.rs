//! What can be done with a graph: runs, and looks at its threads.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use moss_graph::checkpoint::{CheckpointId, CheckpointSource};
use moss_graph::json::{JsonState, JsonUpdate};
use moss_graph::{
    CancellationToken, Drain, EmptyInput, Ending, HistoryFilter, Outcome, ReduceError, RunError,
    RunFailure, RunOptions, StateError, StateGraphEngine, StreamEvent, StreamOptions, Thread,
    UpdateAs,
};
use serde_json::{Value, json};

use super::behaviours::Scope;
use super::dialogue::{Dialogue, Here};
use super::end::End;
use super::engine::Engine;
use super::error::GraphErrorJson;
use super::polling::Work;
use super::request::{Filter, Options, Request, RunRequest, StreamRequest, Update};
use super::snapshot::{InnerSnapshot, Snapshot};

/// One operation under way.
pub(super) struct Operation {
    pub(super) graph: Arc<Engine>,
    pub(super) dialogue: Arc<Dialogue>,
    pub(super) stops: (CancellationToken, Drain),
}

type Failed = RunError<JsonState>;

impl Operation {
    /// The operation, to be polled. Each kind is a future of its own, so that none is as large as the largest of them.
    pub(super) fn work(self, request: Request) -> Work {
        match request {
            Request::Run(mut request) => match request.thread.take() {
                None => Box::pin(self.run_once(request)),
                Some(thread) => Box::pin(self.run_on_thread(thread, request)),
            },
            Request::GetState { thread, checkpoint, namespace: None, subgraphs } => {
                Box::pin(async move { self.state(thread, checkpoint, subgraphs).await.into() })
            }
            Request::GetState { thread, checkpoint, namespace: Some(namespace), .. } => Box::pin(
                async move { self.inner_state(thread, checkpoint, &namespace).await.into() },
            ),
            Request::History { thread, limit, before, filter } => {
                Box::pin(async move { self.history(thread, (limit, before, filter)).await.into() })
            }
            Request::UpdateState { thread, checkpoint, namespace: None, supersteps } => {
                Box::pin(async move { self.update(thread, checkpoint, supersteps).await.into() })
            }
            Request::UpdateState { thread, checkpoint, namespace: Some(namespace), supersteps } => {
                Box::pin(async move {
                    self.update_inner(thread, checkpoint, &namespace, supersteps).await.into()
                })
            }
            Request::Fork { thread, checkpoint } => {
                Box::pin(async move { self.fork(thread, &checkpoint).await.into() })
            }
            Request::Diff { thread, from, to } => {
                Box::pin(async move { self.diff(thread, &from, &to).await.into() })
            }
        }
    }

    /// A run of which nothing is stored.
    async fn run_once(self, request: Box<RunRequest>) -> End {
        let result = self.outcome_once(request).await;
        self.ended(result)
    }

    // The request is boxed as long as there is nothing but it: what is moved into a future stays part of it to its end.
    async fn outcome_once(&self, request: Box<RunRequest>) -> Result<Outcome<JsonState>, Ended> {
        let RunRequest { input, options, stream, .. } = *request;
        let (engine, options, stream) = self.prepared(options, stream)?;
        let state = self.graph.fields.state_later(input.alone()?).await;
        let state = state.map_err(refused)?;
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

    async fn run_on_thread(self, thread: String, request: Box<RunRequest>) -> End {
        let result = self.outcome_on_thread(thread, request).await;
        self.ended(result)
    }

    async fn outcome_on_thread(
        &self,
        thread: String,
        request: Box<RunRequest>,
    ) -> Result<Outcome<JsonState>, Ended> {
        let RunRequest { checkpoint, input, options, stream, .. } = *request;
        let (engine, options, stream) = self.prepared(options, stream)?;
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

    /// The engine for a run, its options, and what is told of it.
    fn prepared(
        &self,
        options: Options,
        stream: Option<StreamRequest>,
    ) -> Result<(&StateGraphEngine<JsonState>, RunOptions, Option<StreamOptions>), GraphErrorJson>
    {
        let stream = stream.as_ref().map(StreamRequest::options).transpose().map_err(|mode| {
            GraphErrorJson::other("INVALID_CONFIG", format!("`{mode}` is no stream mode"))
        })?;
        let cached = options.cache.unwrap_or(true);
        let engine = if cached { &self.graph.engine } else { &self.graph.uncached };
        let options = options.run_options(self.stops.0.clone(), self.stops.1.clone());
        Ok((engine, options, stream))
    }

    /// Tells what a run came to.
    fn ended(&self, result: Result<Outcome<JsonState>, Ended>) -> End {
        match result {
            Ok(Outcome { state, ending, checkpoint }) => {
                self.dialogue.tell(&state);
                End::of(&end(&ending, checkpoint))
            }
            Err(Ended::Early(error)) => Err(error).into(),
            Err(Ended::Failed(error)) => {
                self.dialogue.tell(error.state());
                Err(error.into()).into()
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
    ) -> Result<End, GraphErrorJson> {
        let thread = self.thread(thread)?;
        let snapshot = match checkpoint {
            None => thread.state().await?,
            Some(checkpoint) => thread.state_at(id(&checkpoint)?).await?,
        };
        let snapshot = match snapshot {
            Some(snapshot) if subgraphs => Some(thread.with_subgraphs(snapshot).await?),
            other => other,
        };
        if let Some(snapshot) = &snapshot {
            self.dialogue.tell_stored(0, &snapshot.values);
        }
        Ok(End::value(&snapshot.as_ref().map(Snapshot)))
    }

    /// The state of a subgraph.
    async fn inner_state(
        &self,
        thread: String,
        checkpoint: Option<String>,
        namespace: &str,
    ) -> Result<End, GraphErrorJson> {
        let thread = self.thread(thread)?;
        let snapshot = match checkpoint {
            None => Some(thread.subgraph_state(namespace).await?),
            Some(checkpoint) => thread.subgraph_state_at(namespace, id(&checkpoint)?).await?,
        };
        Ok(End::value(&snapshot.as_ref().map(InnerSnapshot)))
    }

    /// Updates a subgraph, at the checkpoint where it stands.
    async fn update_inner(
        &self,
        thread: String,
        checkpoint: Option<String>,
        namespace: &str,
        supersteps: Vec<Vec<Update>>,
    ) -> Result<End, GraphErrorJson> {
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
            Some(made) => Ok(End::value(&made.to_string())),
            None => Err(RunFailure::EmptyInput(EmptyInput::EmptyCommand).into()),
        }
    }

    async fn history(
        &self,
        thread: String,
        (limit, before, filter): (Option<usize>, Option<String>, Option<Filter>),
    ) -> Result<End, GraphErrorJson> {
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
        for (place, snapshot) in history.iter().enumerate() {
            self.dialogue.tell_stored(place, &snapshot.values);
        }
        Ok(End::value(&history.iter().map(Snapshot).collect::<Vec<_>>()))
    }

    async fn update(
        &self,
        thread: String,
        checkpoint: Option<String>,
        supersteps: Vec<Vec<Update>>,
    ) -> Result<End, GraphErrorJson> {
        let thread = self.thread(thread)?;
        let at = checkpoint.as_deref().map(id).transpose()?;
        let updates = |step: Vec<Update>| step.into_iter().map(update).collect();
        let supersteps: Vec<Vec<(JsonUpdate, UpdateAs)>> =
            supersteps.into_iter().map(updates).collect::<Result<_, RunFailure>>()?;
        Ok(End::value(&thread.update_all(at, supersteps).await?.to_string()))
    }

    async fn fork(&self, thread: String, checkpoint: &str) -> Result<End, GraphErrorJson> {
        Ok(End::value(&self.thread(thread)?.fork(id(checkpoint)?).await?.to_string()))
    }

    async fn diff(&self, thread: String, from: &str, to: &str) -> Result<End, GraphErrorJson> {
        Ok(End::value(&self.thread(thread)?.diff(id(from)?, id(to)?).await?))
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
