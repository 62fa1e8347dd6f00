//! What a run and JavaScript say to each other.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_graph::json::{JsonState, JsonValue};
use moss_graph::{InterruptError, NodeContext, NodeError};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::calls::{Pending, Said};
use super::commands::SaidCommand;
use super::end::End;
use super::handles::Handles;
use super::inbox::Inbox;
use super::scopes::Scopes;
use super::telling::{Telling, ToldSent};
use crate::items::Items;
use crate::outbox::Entry;
use crate::speaker::Speaker;

/// How many events of a stream JavaScript may not have read yet; the run waits beyond that.
const STREAM_CREDIT: usize = 1024;

/// How large a piece of what is told in pieces is, about.
const PIECE_BYTES: usize = 96 * 1024;

/// The conversation of one run with JavaScript.
pub(crate) struct Dialogue {
    run: u32,
    speaker: Arc<Speaker>,
    last_call: AtomicU32,
    calls: Mutex<HashMap<u32, Arc<Pending>>>,
    scopes: Mutex<Scopes>,
    handles: Mutex<Handles>,
    credit: Semaphore,
}

/// Where a function is called from: the run, and which of its graphs.
#[derive(Clone)]
pub(crate) struct Here {
    pub(super) dialogue: Arc<Dialogue>,
    pub(super) scope: u32,
}

tokio::task_local! {
    /// The run that is being polled. Nodes are shared by all runs of a graph, and know theirs by this.
    static HERE: Here;
}

impl Here {
    /// Runs a future as part of a run.
    pub(super) async fn within<F: Future>(self, future: F) -> F::Output {
        HERE.scope(self, future).await
    }

    /// The run that is being polled.
    pub(super) fn now() -> Result<Self, NodeError> {
        HERE.try_with(Self::clone).map_err(|_| NodeError::from("the node runs outside of any run"))
    }
}

/// What a function sees of the state: the graph, what is in it, and the function, which says what graph it is.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s> {
    pub(super) scope: u32,
    pub(super) state: &'s Arc<JsonState>,
    pub(super) function: u32,
}

/// A call of a JavaScript function. Dropped before its end, it tells JavaScript that nobody waits for it.
pub(super) struct Call {
    pub(super) number: u32,
    pub(super) dialogue: Arc<Dialogue>,
    pending: Arc<Pending>,
}

impl Call {
    /// What the function says next.
    pub(super) async fn next(&mut self) -> Said {
        self.pending.inbox.next().await
    }

    /// How much the function has said that is not taken yet.
    pub(super) fn backlog(&self) -> usize {
        self.pending.inbox.len()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.dialogue.calls().remove(&self.number).is_some() {
            self.dialogue.say("@cancel", &[self.number]);
        }
    }
}

impl Dialogue {
    pub(super) fn new(run: u32, speaker: Arc<Speaker>) -> Self {
        Self {
            run,
            speaker,
            last_call: AtomicU32::new(0),
            calls: Mutex::default(),
            scopes: Mutex::default(),
            handles: Mutex::default(),
            credit: Semaphore::new(STREAM_CREDIT),
        }
    }

    /// Says one thing to JavaScript.
    pub(crate) fn say<T: Serialize + ?Sized>(&self, name: &str, data: &T) {
        let mut items = Items::default();
        items.push(name, |json| serde_json::to_writer(json, data));
        self.deliver(items);
    }

    /// Says the last thing.
    pub(super) fn end(&self, End(items): End) {
        self.deliver(items);
    }

    /// Tells the items of a snapshot's fields that are as they are stored, `[snapshot, field, items]`. They go ahead of the
    /// snapshot in pieces: JavaScript has a text that is larger than [`PIECE_BYTES`] laid out in memory of its own.
    pub(super) fn tell_stored(&self, snapshot: usize, state: &JsonState) {
        for field in state.fields().names() {
            let Some(stored) = state.stored(field) else { continue };
            let mut texts = stored.iter().map(|blob| &blob.bytes()[..]).peekable();
            while texts.peek().is_some() {
                let mut items = Items::default();
                items.push("@items", |json| {
                    json.reserve(PIECE_BYTES);
                    serde_json::to_writer(&mut *json, &(snapshot, field))?;
                    // The list of the two goes on with that of the items.
                    json.pop();
                    json.extend_from_slice(b",[");
                    while let Some(text) = texts.next() {
                        json.extend_from_slice(text);
                        let fits = |next: &&[u8]| json.len() + next.len() < PIECE_BYTES;
                        if !texts.peek().is_some_and(fits) {
                            break;
                        }
                        json.push(b',');
                    }
                    json.extend_from_slice(b"]]");
                    Ok(())
                });
                self.deliver(items);
            }
        }
    }

    fn deliver(&self, items: Items) {
        self.speaker.say(Entry { run: self.run, items: items.into_text(), events: 0 });
    }

    /// Calls a function. `data` makes the item's data of the call's number. A function that sees the state of its
    /// graph is told first what has changed in it.
    pub(super) fn call<T: Serialize>(
        self: &Arc<Self>,
        name: &str,
        seen: Option<Seen<'_>>,
        context: Option<&NodeContext>,
        data: impl FnOnce(u32) -> T,
    ) -> Call {
        let number = self.last_call.fetch_add(1, Ordering::Relaxed) + 1;
        let pending = Arc::new(Pending { inbox: Inbox::default(), context: context.cloned() });
        self.calls().insert(number, Arc::clone(&pending));
        let mut items = Items::default();
        if let Some(seen) = seen {
            self.tell_in(seen, &mut items);
        }
        items.push(name, |json| serde_json::to_writer(json, &data(number)));
        self.deliver(items);
        Call { number, dialogue: Arc::clone(self), pending }
    }

    /// Tells the state of the whole graph.
    pub(super) fn tell(&self, state: &Arc<JsonState>) {
        let mut items = Items::default();
        self.tell_in(Seen { scope: 0, state, function: 0 }, &mut items);
        if !items.is_empty() {
            self.deliver(items);
        }
    }

    fn tell_in(&self, Seen { scope, state, function }: Seen<'_>, items: &mut Items) {
        let Some(changes) = self.scopes().tell(scope, state) else { return };
        let mut handles = self.handles();
        let unused = handles.release();
        if !unused.is_empty() {
            items.push("@release", |json| serde_json::to_writer(json, &unused));
        }
        items.push("@state", |json| {
            json.push(b'[');
            serde_json::to_writer(&mut *json, &scope)?;
            json.push(b',');
            Telling { handles: &mut handles, json }.changes(&changes, state.fields())?;
            json.push(b',');
            serde_json::to_writer(&mut *json, &function)?;
            json.push(b']');
            Ok(())
        });
    }

    /// What was sent to a task, as it is told.
    pub(super) fn sent<'s>(&self, sent: &'s JsonValue) -> ToldSent<'s> {
        ToldSent::of(sent, &self.handles())
    }

    /// A graph within the graph begins.
    pub(super) fn open_scope(&self) -> u32 {
        self.scopes().open()
    }

    /// A graph within the graph is through.
    pub(super) fn close_scope(&self, scope: u32) {
        if self.scopes().close(scope) {
            self.say("@forget", &[scope]);
        }
    }

    /// JavaScript says something of a call. What it says of a call that nobody waits for is dropped.
    pub(crate) fn hear(&self, call: u32, mut said: Said) {
        if let Said::Threw(thrown) = &mut said {
            thrown.call = call;
        }
        let pending = {
            let mut calls = self.calls();
            if said.is_last() { calls.remove(&call) } else { calls.get(&call).cloned() }
        };
        if let Some(pending) = pending {
            pending.inbox.put(said);
        }
    }

    /// JavaScript says that a function gave back commands.
    pub(crate) fn hear_commands(&self, call: u32, commands: Vec<SaidCommand>) {
        let heard = {
            let handles = self.handles();
            commands.into_iter().map(|command| command.heard(&handles)).collect::<Result<_, _>>()
        };
        self.hear(
            call,
            match heard {
                Ok(commands) => Said::Commands(commands),
                Err(unknown) => Said::Threw(unknown.into()),
            },
        );
    }

    /// JavaScript has released so many values, as it was told.
    pub(crate) fn released(&self, values: usize) {
        self.handles().released(values);
    }

    /// JavaScript has read so many events.
    pub(crate) fn took(&self, events: usize) {
        self.credit.add_permits(events.min(STREAM_CREDIT));
    }

    /// Waits until another event may be said.
    pub(crate) async fn may_tell(&self) {
        if let Ok(permit) = self.credit.acquire().await {
            permit.forget();
        }
    }

    /// A node asks: the answer, or that there is none yet.
    pub(crate) fn interrupt(&self, call: u32, question: &str) -> Value {
        let Some(context) = self.context(call) else { return json!({ "waiting": true }) };
        let Ok(Value::Object(mut question)) = serde_json::from_str(question) else {
            return json!({ "error": "the question cannot be read" });
        };
        let value = question.shift_remove("value").unwrap_or_default();
        let answer = match question.shift_remove("schema") {
            None | Some(Value::Null) => context.interrupt(value),
            Some(schema) => context.interrupt_for(value, schema),
        };
        match answer {
            Ok(answer) => json!({ "answer": answer }),
            Err(error) if is_waiting(&error) => json!({ "waiting": true }),
            Err(error) => {
                json!({ "error": { "code": "MISSING_CHECKPOINTER", "message": error.to_string() } })
            }
        }
    }

    /// A sign of life.
    pub(crate) fn heartbeat(&self, call: u32) {
        if let Some(context) = self.context(call) {
            context.heartbeat();
        }
    }

    /// What a node may want to know, and most do not.
    pub(crate) fn about(&self, call: u32) -> Value {
        let Some(context) = self.context(call) else { return json!({}) };
        json!({
            "taskId": context.task().to_string(),
            "threadId": context.thread_id().map(|id| id.as_str()),
            "runId": context.run_id().map(|id| id.as_str()),
            "checkpointId": context.checkpoint_id().map(|id| id.to_string()),
            "namespace": context.namespace().as_str(),
            "isDraining": context.is_draining(),
            "remainingSteps": context.remaining_steps(),
        })
    }

    fn context(&self, call: u32) -> Option<NodeContext> {
        self.calls().get(&call)?.context.clone()
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<u32, Arc<Pending>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handles(&self) -> MutexGuard<'_, Handles> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scopes(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_waiting(error: &NodeError) -> bool {
    let error = error.as_error().downcast_ref::<InterruptError>();
    matches!(error, Some(InterruptError::Waiting))
}
