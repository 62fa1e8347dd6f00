//! JavaScript functions as parts of a graph.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use moss_graph::json::{JsonState, route_from_json};
use moss_graph::{
    Command, ErrorHandler, InterruptError, Node, NodeContext, NodeError, NodeFailure, NodeFuture,
    NodeOutput, Route,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::calls::{MOST_WAITING, Said, Thrown, WroteTooMuch};
use super::dialogue::{Call, Here, Seen};

/// A node that is a JavaScript function, by its number.
pub(super) struct FunctionNode(pub(super) u32);

impl Node<JsonState> for FunctionNode {
    fn run(&self, state: Arc<JsonState>, context: NodeContext) -> NodeFuture<'_, JsonState> {
        let function = self.0;
        Box::pin(async move {
            let Here { dialogue, scope } = Here::now()?;
            let (step, attempt) = (context.superstep(), context.attempt());
            let call = match state.shared_sent() {
                None => {
                    let seen = Seen { scope, state: &state, function };
                    let data = |call| (call, function, scope, step, attempt);
                    dialogue.call("@node", Some(seen), Some(&context), data)
                }
                Some(sent) => {
                    let input = dialogue.sent(sent);
                    let data = |call| (call, function, scope, step, attempt, input);
                    dialogue.call("@node", None, Some(&context), data)
                }
            };
            output(call, &state, &context).await
        })
    }
}

/// An error handler that is a JavaScript function.
pub(super) struct FunctionHandler(pub(super) u32);

impl ErrorHandler<JsonState> for FunctionHandler {
    fn handle(
        &self,
        state: Arc<JsonState>,
        failure: Arc<NodeFailure>,
        context: NodeContext,
    ) -> NodeFuture<'_, JsonState> {
        let function = self.0;
        Box::pin(async move {
            let Here { dialogue, scope } = Here::now()?;
            let (step, attempt) = (context.superstep(), context.attempt());
            let failure = told(&failure);
            let call = match state.shared_sent() {
                None => {
                    let seen = Seen { scope, state: &state, function };
                    let data = |call| (call, function, scope, step, attempt, failure);
                    dialogue.call("@handle", Some(seen), Some(&context), data)
                }
                Some(sent) => {
                    let input = dialogue.sent(sent);
                    let data = |call| (call, function, scope, step, attempt, failure, input);
                    dialogue.call("@handle", None, Some(&context), data)
                }
            };
            output(call, &state, &context).await
        })
    }
}

/// A failure as its handler is told of it.
fn told(failure: &NodeFailure) -> Value {
    #[derive(Serialize)]
    struct Failure<'f> {
        node: &'f str,
        name: &'f str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        thrown: Option<u32>,
    }
    let node = failure.node().as_str();
    let told = match failure {
        NodeFailure::Failed { source, .. } => match source.downcast_ref::<Thrown>() {
            Some(thrown) => Failure {
                node,
                name: &thrown.name,
                message: thrown.message.clone(),
                thrown: Some(thrown.call),
            },
            None => Failure { node, name: "Error", message: source.to_string(), thrown: None },
        },
        NodeFailure::TimedOut { .. } => {
            Failure { node, name: "NodeTimeoutError", message: failure.to_string(), thrown: None }
        }
        _ => Failure { node, name: "Error", message: failure.to_string(), thrown: None },
    };
    json!(told)
}

/// Asks a JavaScript router where to go on.
pub(super) async fn route(
    function: u32,
    state: Arc<JsonState>,
) -> Result<Route<JsonState>, NodeError> {
    let Here { dialogue, scope } = Here::now()?;
    let seen = Seen { scope, state: &state, function };
    let mut call = dialogue.call("@route", Some(seen), None, |call| (call, function, scope));
    match call.next().await {
        Said::Commands(commands) => {
            let places = commands.into_iter().map(|command| command.into_places(&state));
            let places = places.collect::<Result<Vec<_>, _>>()?;
            Ok(places.into_iter().flatten().collect())
        }
        said => Ok(route_from_json(&state, value(said)?)?),
    }
}

/// Asks a JavaScript reducer for a field's new value.
pub(super) async fn reduce(
    function: u32,
    held: Option<Arc<Value>>,
    writes: Vec<Value>,
) -> Result<Value, Box<dyn Error + Send + Sync>> {
    let Here { dialogue, .. } = Here::now().map_err(NodeError::into_inner)?;
    let mut call = match &held {
        None => dialogue.call("@reduce", None, None, |call| (call, function, &writes)),
        Some(held) => {
            dialogue.call("@reduce", None, None, |call| (call, function, &writes, &**held))
        }
    };
    value(call.next().await).map_err(NodeError::into_inner)
}

/// What a function gives back that only gives something back.
fn value(said: Said) -> Result<Value, NodeError> {
    match said {
        Said::Returned(value) => Ok(value),
        Said::Threw(thrown) => Err(thrown.into()),
        Said::Commands(_)
        | Said::Waits
        | Said::Wrote(_)
        | Said::WroteMessage(..)
        | Said::Effect { .. }
        | Said::EffectEnded { .. }
        | Said::Sync(_) => Err(NodeError::from("routers and reducers only give a value back")),
    }
}

/// Follows a function until it is through, and gives its output.
async fn output(
    mut call: Call,
    state: &JsonState,
    context: &NodeContext,
) -> Result<Command<JsonState>, NodeError> {
    // Most functions say one thing, and that is their output.
    let first = call.next().await;
    if first.is_last() {
        return last(first, state);
    }
    // Boxed, so that those do not take the room that the others need.
    Box::pin(follow(call, first, state, context)).await
}

/// Follows a function that says more than its output, beginning with the `first` thing.
async fn follow(
    mut call: Call,
    first: Said,
    state: &JsonState,
    context: &NodeContext,
) -> Result<Command<JsonState>, NodeError> {
    let mut effects = Effects::new(context);
    let mut said = first;
    loop {
        if call.backlog() > MOST_WAITING {
            return Err(WroteTooMuch { node: context.node().to_string() }.into());
        }
        match said {
            Said::Wrote(value) => context.write(value).await,
            Said::WroteMessage(chunk, about) => context.write_message(chunk, about).await,
            Said::Sync(id) => call.dialogue.say("@synced", &[call.number, id]),
            Said::Effect { effect, name } => effects.begin(&call, effect, name),
            Said::EffectEnded { effect, result } => effects.end(effect, result),
            said => return last(said, state),
        }
        said = loop {
            tokio::select! {
                biased;
                said = call.next() => break said,
                Some((effect, result)) = effects.running.next() => tell_effect(&call, effect, result),
            }
        };
    }
}

fn last(said: Said, state: &JsonState) -> Result<Command<JsonState>, NodeError> {
    match said {
        Said::Returned(value) => value.into_command(),
        Said::Commands(commands) => {
            let commands = commands.into_iter().map(|command| command.into_command(state));
            Ok(Command::all(commands.collect::<Result<Vec<_>, _>>()?))
        }
        Said::Threw(thrown) => Err(thrown.into()),
        Said::Waits => Err(InterruptError::Waiting.into()),
        Said::Wrote(_)
        | Said::WroteMessage(..)
        | Said::Effect { .. }
        | Said::EffectEnded { .. }
        | Said::Sync(_) => Ok(Command::new()),
    }
}

type Effect<'c> =
    std::pin::Pin<Box<dyn Future<Output = (u32, Result<Value, NodeError>)> + Send + 'c>>;

/// The side effects of a node that are under way.
struct Effects<'c> {
    context: &'c NodeContext,
    running: FuturesUnordered<Effect<'c>>,
    /// Those that JavaScript is doing.
    done: Vec<(u32, oneshot::Sender<Result<Value, Thrown>>)>,
}

impl<'c> Effects<'c> {
    fn new(context: &'c NodeContext) -> Self {
        Self { context, running: FuturesUnordered::new(), done: Vec::new() }
    }

    /// Looks an effect up in the journal, and has JavaScript do it if it is not there.
    fn begin(&mut self, call: &Call, effect: u32, name: String) {
        let (done, result) = oneshot::channel();
        self.done.push((effect, done));
        let (dialogue, number, context) = (Arc::clone(&call.dialogue), call.number, self.context);
        self.running.push(Box::pin(async move {
            let doing = async {
                dialogue.say("@effect", &[number, effect]);
                match result.await {
                    Ok(result) => result.map_err(NodeError::from),
                    Err(_) => std::future::pending().await,
                }
            };
            (effect, context.effect::<Value, NodeError>(&name, doing).await)
        }));
    }

    fn end(&mut self, effect: u32, result: Result<Value, Thrown>) {
        if let Some(place) = self.done.iter().position(|(other, _)| *other == effect) {
            // The effect's future is there as long as the node is.
            let _ = self.done.swap_remove(place).1.send(result);
        }
    }
}

fn tell_effect(call: &Call, effect: u32, result: Result<Value, NodeError>) {
    match result {
        Ok(value) => call.dialogue.say("@effectDone", &(call.number, effect, true, value)),
        Err(error) => {
            let error = match error.as_error().downcast_ref::<Thrown>() {
                Some(thrown) => json!({ "name": thrown.name, "message": thrown.message }),
                None => json!({ "name": "Error", "message": error.to_string() }),
            };
            call.dialogue.say("@effectDone", &(call.number, effect, false, error));
        }
    }
}
