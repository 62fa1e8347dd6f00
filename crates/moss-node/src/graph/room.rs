//! What a Node environment holds by number: graphs, stores, models.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use moss_graph::{CancellationToken, Drain};
use serde_json::{Value, json};

use super::dialogue::{Dialogue, Here};
use super::engine::Engine;
use super::error::{self, GraphErrorJson};
use super::polling::{Polled, Work, lock};
use super::store::Store;
use crate::error_json::ErrorJson;
use crate::model::Model;
use crate::speaker::Speaker;

/// The graphs, stores and models of one Node environment, by number.
#[derive(Default)]
pub(crate) struct Room {
    engines: Mutex<Numbered<Engine>>,
    stores: Arc<Mutex<Numbered<Store>>>,
    models: Mutex<Numbered<Model>>,
}

struct Numbered<T> {
    last: u32,
    all: HashMap<u32, Arc<T>>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { last: 0, all: HashMap::new() }
    }
}

impl<T> Numbered<T> {
    fn add(&mut self, value: T) -> u32 {
        self.last += 1;
        self.all.insert(self.last, Arc::new(value));
        self.last
    }
}

impl Room {
    /// Opens a store. Waits for its file.
    pub(crate) fn open_store(&self, options: &str) -> Value {
        match Store::open(options) {
            Ok(store) => json!({ "ok": true, "store": lock(&self.stores).add(store) }),
            Err(error) => error::answer(error),
        }
    }

    /// Begins to connect to a store on a server. It does nothing before it is polled.
    pub(crate) fn connect_store(
        &self,
        speaker: &Arc<Speaker>,
        number: u32,
        options: &str,
    ) -> Value {
        let stores = Arc::clone(&self.stores);
        let work = Store::connect(options, move |store| lock(&stores).add(store));
        start_to_its_end(speaker, number, work)
    }

    /// Forgets a store. It is closed when nobody uses it any more.
    pub(crate) fn close_store(&self, store: u32) {
        let closed = lock(&self.stores).all.remove(&store);
        if let Some(closed) = closed {
            closed.close();
        }
    }

    /// Compiles a graph. Store 0 is none.
    pub(crate) fn create_graph(&self, definition: &str, store: u32) -> Value {
        let found = lock(&self.stores).all.get(&store).cloned();
        if store != 0 && found.is_none() {
            return error::closed_store();
        }
        match Engine::create(definition, found) {
            Ok(engine) => json!({ "ok": true, "graph": lock(&self.engines).add(engine) }),
            Err(error) => error::answer(error),
        }
    }

    /// Forgets a graph. Runs under way keep theirs.
    pub(crate) fn drop_graph(&self, graph: u32) {
        let dropped = lock(&self.engines).all.remove(&graph);
        drop(dropped);
    }

    /// Draws a graph.
    pub(crate) fn draw(&self, graph: u32, format: &str) -> Value {
        match self.engine(graph) {
            Some(engine) => engine.draw(format),
            None => error::dropped_graph(),
        }
    }

    /// Begins an operation on a graph. It does nothing before it is polled.
    pub(crate) fn start_graph(
        &self,
        speaker: &Arc<Speaker>,
        number: u32,
        (graph, request): (u32, &str),
    ) -> Value {
        let Some(engine) = self.engine(graph) else { return error::dropped_graph() };
        let dialogue = Arc::new(Dialogue::new(number, Arc::clone(speaker)));
        let (cancel, drain) = (CancellationToken::new(), Drain::new());
        let work = match engine.operation(request, &dialogue, (cancel.clone(), drain.clone())) {
            Ok(work) => work,
            Err(error) => return error::answer(error),
        };
        start(speaker, number, dialogue, (cancel, drain), work)
    }

    /// Begins an operation on a store.
    pub(crate) fn start_store(
        &self,
        speaker: &Arc<Speaker>,
        number: u32,
        (store, request): (u32, &str),
    ) -> Value {
        let Some(store) = lock(&self.stores).all.get(&store).cloned() else {
            return error::closed_store();
        };
        start_to_its_end(speaker, number, store.operation(request))
    }

    /// Makes a model.
    pub(crate) fn create_model(&self, config: &str) -> Value {
        match Model::create(config) {
            Ok(model) => json!({ "ok": true, "model": lock(&self.models).add(model) }),
            Err(error) => json!({ "ok": false, "error": ErrorJson::from(error) }),
        }
    }

    /// Forgets a model. Calls under way go on.
    pub(crate) fn drop_model(&self, model: u32) {
        let dropped = lock(&self.models).all.remove(&model);
        drop(dropped);
    }

    /// Begins a call of a model. It does nothing before it is polled.
    pub(crate) fn start_model(
        &self,
        speaker: &Arc<Speaker>,
        number: u32,
        (model, messages): (u32, &str),
    ) -> Value {
        let Some(model) = lock(&self.models).all.get(&model).cloned() else {
            return json!({ "ok": false, "error": ErrorJson::dropped() });
        };
        let dialogue = Arc::new(Dialogue::new(number, Arc::clone(speaker)));
        let cancel = CancellationToken::new();
        match model.ask(messages, &dialogue, cancel.clone()) {
            Ok(work) => start(speaker, number, dialogue, (cancel, Drain::new()), work),
            Err(error) => json!({ "ok": false, "error": ErrorJson::from(error) }),
        }
    }

    /// The environment ends.
    pub(crate) fn close(&self) {
        let engines = std::mem::take(&mut *lock(&self.engines));
        let stores = std::mem::take(&mut *lock(&self.stores));
        let models = std::mem::take(&mut *lock(&self.models));
        drop((engines, stores, models));
    }

    fn engine(&self, graph: u32) -> Option<Arc<Engine>> {
        lock(&self.engines).all.get(&graph).cloned()
    }
}

/// Begins an operation that nobody stops, unless it was refused.
fn start_to_its_end(
    speaker: &Arc<Speaker>,
    number: u32,
    work: Result<Work, GraphErrorJson>,
) -> Value {
    match work {
        Ok(work) => {
            let dialogue = Arc::new(Dialogue::new(number, Arc::clone(speaker)));
            start(speaker, number, dialogue, (CancellationToken::new(), Drain::new()), work)
        }
        Err(error) => error::answer(error),
    }
}

fn start(
    speaker: &Arc<Speaker>,
    number: u32,
    dialogue: Arc<Dialogue>,
    stops: (CancellationToken, Drain),
    work: Work,
) -> Value {
    let here = Here { dialogue: Arc::clone(&dialogue), scope: 0 };
    let work = Box::pin(here.within(work));
    speaker.polled.add(Polled::new(number, Arc::clone(speaker), dialogue, stops, work));
    json!({ "ok": true, "run": number })
}
