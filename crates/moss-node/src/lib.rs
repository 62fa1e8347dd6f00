//! The N-API binding: conversion, and no logic. `packages/runtime` is its only caller.
//!
//! Everything crosses as JSON text, and errors come back as data. All runs of a Node environment share one
//! [`Connection`](connection::Connection): one outbox, one wake-up of the JavaScript thread at a time.

// Registering functions with Node is foreign code by nature; the attribute macros write it.
#![allow(unsafe_code)]

mod connection;
mod error_json;
mod graph;
pub mod graph_exports;
mod items;
mod model;
mod outbox;
mod run;
mod sink;
mod speaker;
mod tool;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use napi::bindgen_prelude::Function;
use napi::{Env, Error, Result};
use napi_derive::{module_init, napi};
use serde_json::json;

use connection::Connection;
use error_json::ErrorJson;

/// Sets up the threads that runs are driven on: as many as `MOSS_RUNTIME_THREADS` says, one by default. One
/// thread drives many runs, since a run waits nearly all of its time; and with one, an event wakes no second.
#[module_init]
fn set_up_threads() {
    let threads = std::env::var("MOSS_RUNTIME_THREADS")
        .ok()
        .and_then(|threads| threads.parse().ok())
        .filter(|threads| *threads > 0)
        .unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("moss")
        .enable_all()
        .build();
    // Without threads of our own, napi makes its default ones.
    if let Ok(runtime) = runtime {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
}

/// The binding's version. Equals that of `packages/runtime`.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Connects this Node environment: `on_batch` gets the events of all its runs. Does not keep Node alive.
#[napi(catch_unwind)]
pub fn connect(env: Env, on_batch: Function<'_, String, ()>) -> Result<()> {
    let connection = Arc::new(Connection::new(&on_batch)?);
    // When the environment ends, so do its runs.
    env.set_instance_data(connection, (), |ended| ended.value.close())
}

/// Checks a run's configuration, and makes the run. Gives `{"ok":true,"run":number,"warnings":[…]}`
/// or `{"ok":false,"error":…}`.
#[napi(catch_unwind)]
pub fn create_run(env: Env, config: String) -> Result<String> {
    let connection = connected(&env)?;
    Ok(match connection.create_run(&config) {
        Ok((run, warnings)) => json!({"ok": true, "run": run, "warnings": warnings}).to_string(),
        Err(error) => ErrorJson::from(error).into_answer(),
    })
}

/// Runs an input. Gives `{"ok":true,"content":…,"messages":[…]}` or
/// `{"ok":false,"error":…,"messages":[]}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn process_run<'env>(
    env: &'env Env,
    run: u32,
    input: String,
) -> Result<napi::bindgen_prelude::PromiseRaw<'env, String>> {
    let found = connected(env)?.run(run).map(|run| (run.begin(), run));
    env.spawn_future(async move {
        let Some((cancel, run)) = found else { return Ok(ErrorJson::dropped().into_answer()) };
        let work = AssertUnwindSafe(run.process(&input, cancel)).catch_unwind();
        Ok(work.await.unwrap_or_else(|_| ErrorJson::panicked().into_answer()))
    })
}

/// The answer to the last events of a run: how many were handled, and whether the last of these failed.
#[napi(catch_unwind)]
pub fn handled(env: Env, run: u32, handled: u32, failed: bool) -> Result<()> {
    if let Some(run) = connected(&env)?.run(run) {
        run.handled(handled as usize, failed);
    }
    Ok(())
}

/// A tool returned: `{"content":…,"artifact"?:…,"status"?:…}`.
#[napi(catch_unwind)]
pub fn tool_returned(env: Env, run: u32, call: u32, result: String) -> Result<()> {
    if let Some(run) = connected(&env)?.run(run) {
        run.tools().returned(call, &result);
    }
    Ok(())
}

/// A tool threw: `{"name":…,"message":…}`.
#[napi(catch_unwind)]
pub fn tool_failed(env: Env, run: u32, call: u32, error: String) -> Result<()> {
    if let Some(run) = connected(&env)?.run(run) {
        run.tools().failed(call, &error);
    }
    Ok(())
}

/// Cancels what the run is doing. Safe at any time.
#[napi(catch_unwind)]
pub fn cancel_run(env: Env, run: u32) -> Result<()> {
    if let Some(run) = connected(&env)?.run(run) {
        run.cancel();
    }
    Ok(())
}

/// Cancels and forgets the run. Safe at any time.
#[napi(catch_unwind)]
pub fn drop_run(env: Env, run: u32) -> Result<()> {
    connected(&env)?.forget(run);
    Ok(())
}

fn connected(env: &Env) -> Result<Arc<Connection>> {
    env.get_instance_data::<Arc<Connection>>()?
        .map(|connection| Arc::clone(connection))
        .ok_or_else(|| Error::from_reason("connect() was not called in this environment"))
}
