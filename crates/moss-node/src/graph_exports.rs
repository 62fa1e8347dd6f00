//! What JavaScript calls for state graphs. See [`graph`](crate::graph) for how runs go on.

use napi::{Env, Result};
use napi_derive::napi;
use serde_json::{Value, json};

use crate::connected;
use crate::graph::Answers;

/// Opens a checkpoint store: `{"kind":"memory"}` or `{"kind":"sqlite","path":…}`. Gives `{"ok":true,"store":number}` or
/// `{"ok":false,"error":…}`.
#[napi(catch_unwind)]
pub fn open_store(env: Env, options: String) -> Result<String> {
    Ok(connected(&env)?.room.open_store(&options).to_string())
}

/// Begins to connect to a checkpoint store on a server: `{"kind":"postgres","url":…}`. Gives `{"ok":true,"run":number}` or
/// `{"ok":false,"error":…}`; its end tells the store's number.
#[napi(catch_unwind)]
pub fn connect_store(env: Env, options: String) -> Result<String> {
    Ok(connected(&env)?.connect_store(&options).to_string())
}

/// Forgets a store; graphs that were compiled with it keep it.
#[napi(catch_unwind)]
pub fn close_store(env: Env, store: u32) -> Result<()> {
    connected(&env)?.room.close_store(store);
    Ok(())
}

/// Compiles a graph's definition, with a store or with 0. Gives `{"ok":true,"graph":number}` or `{"ok":false,"error":…}`.
#[napi(catch_unwind)]
pub fn create_graph(env: Env, definition: String, store: u32) -> Result<String> {
    Ok(connected(&env)?.room.create_graph(&definition, store).to_string())
}

/// Forgets a graph. Its runs under way go on.
#[napi(catch_unwind)]
pub fn drop_graph(env: Env, graph: u32) -> Result<()> {
    connected(&env)?.room.drop_graph(graph);
    Ok(())
}

/// Draws a graph. Gives `{"ok":true,"text":…}` or `{"ok":false,"error":…}`.
#[napi(catch_unwind)]
pub fn draw_graph(env: Env, graph: u32, format: String) -> Result<String> {
    Ok(connected(&env)?.room.draw(graph, &format).to_string())
}

/// Begins a run, or a look at a thread. Gives `{"ok":true,"run":number}` or `{"ok":false,"error":…}`. It does nothing
/// before it is pumped.
#[napi(catch_unwind)]
pub fn start_graph(env: Env, graph: u32, request: String) -> Result<String> {
    Ok(connected(&env)?.start_graph(graph, &request).to_string())
}

/// Begins an operation on a store, likewise.
#[napi(catch_unwind)]
pub fn start_store(env: Env, store: u32, request: String) -> Result<String> {
    Ok(connected(&env)?.start_store(store, &request).to_string())
}

/// Makes a model of a run's configuration, of which it takes the agent. Gives `{"ok":true,"model":number}` or
/// `{"ok":false,"error":…}`.
#[napi(catch_unwind)]
pub fn create_model(env: Env, config: String) -> Result<String> {
    Ok(connected(&env)?.room.create_model(&config).to_string())
}

/// Forgets a model. Its calls under way go on.
#[napi(catch_unwind)]
pub fn drop_model(env: Env, model: u32) -> Result<()> {
    connected(&env)?.room.drop_model(model);
    Ok(())
}

/// Begins a call of a model with a list of messages, likewise. Its pieces are told as `@chunk`.
#[napi(catch_unwind)]
pub fn start_model(env: Env, model: u32, messages: String) -> Result<String> {
    Ok(connected(&env)?.start_model(model, &messages).to_string())
}

/// Hands over answers, `[[run,[answer,…]],…]`, and lets these runs go on. Gives a batch of what runs have to say.
#[napi(catch_unwind)]
pub fn pump_graphs(env: Env, answers: String) -> Result<String> {
    let answers: Answers = serde_json::from_str(&answers).map_err(|error| {
        napi::Error::from_reason(format!("the answers are unreadable: {error}"))
    })?;
    Ok(connected(&env)?.pump(answers))
}

/// Ends a run with an error, when it is pumped next. Safe at any time.
#[napi(catch_unwind)]
pub fn cancel_graph(env: Env, run: u32) -> Result<()> {
    if let Some(run) = connected(&env)?.polled(run) {
        run.cancel();
    }
    Ok(())
}

/// Asks a run to stop at the end of its superstep. Safe at any time.
#[napi(catch_unwind)]
pub fn drain_graph(env: Env, run: u32) -> Result<()> {
    if let Some(run) = connected(&env)?.polled(run) {
        run.drain();
    }
    Ok(())
}

/// A node asks: `{"value":…,"schema"?:…}`. Gives `{"answer":…}`, `{"waiting":true}` or `{"error":…}`.
#[napi(catch_unwind)]
pub fn graph_interrupt(env: Env, run: u32, call: u32, question: String) -> Result<String> {
    let run = connected(&env)?.polled(run);
    let answer = run
        .map_or_else(|| json!({ "waiting": true }), |run| run.dialogue.interrupt(call, &question));
    Ok(answer.to_string())
}

/// A node gives a sign of life.
#[napi(catch_unwind)]
pub fn graph_heartbeat(env: Env, run: u32, call: u32) -> Result<()> {
    if let Some(run) = connected(&env)?.polled(run) {
        run.dialogue.heartbeat(call);
    }
    Ok(())
}

/// What a node asks about its task: `{"taskId",…}`.
#[napi(catch_unwind)]
pub fn graph_context(env: Env, run: u32, call: u32) -> Result<String> {
    let run = connected(&env)?.polled(run);
    let about: Value = run.map_or_else(|| json!({}), |run| run.dialogue.about(call));
    Ok(about.to_string())
}
