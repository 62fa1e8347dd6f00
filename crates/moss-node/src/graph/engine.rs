//! A compiled graph as JavaScript holds it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use moss_graph::json::definition::GraphDefinition;
use moss_graph::json::{JsonFields, JsonState};
use moss_graph::{CancellationToken, Drain, DrawFormat, MemoryCache, StateGraphEngine};
use serde_json::{Value, json};

use super::behaviours::Functions;
use super::dialogue::Dialogue;
use super::error::{GraphErrorJson, answer};
use super::operations::Operation;
use super::polling::Work;
use super::request::Request;
use super::store::Store;

/// How many outputs of nodes with a cache policy are kept for each graph.
pub(super) const CACHE_CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// A compiled graph, with the store of its threads.
pub(crate) struct Engine {
    pub(super) fields: JsonFields,
    /// Takes outputs from the cache.
    pub(super) engine: StateGraphEngine<JsonState>,
    /// The same without.
    pub(super) uncached: StateGraphEngine<JsonState>,
}

impl Engine {
    /// Compiles a definition.
    pub(super) fn create(
        definition: &str,
        store: Option<Arc<Store>>,
    ) -> Result<Self, GraphErrorJson> {
        let definition = serde_json::from_str(definition)
            .map_err(|error| GraphErrorJson::other("INVALID_GRAPH", error.to_string()))?;
        let definition = GraphDefinition::from_json(definition)?;
        let built = definition.build(&Functions)?;
        let mut engine = StateGraphEngine::persistent(built.graph, built.fields.initial());
        if let Some(store) = store {
            engine = engine.with_store(Arc::clone(&store.store));
        }
        let cache = Arc::new(MemoryCache::new(CACHE_CAPACITY));
        Ok(Self {
            fields: built.fields,
            uncached: engine.clone(),
            engine: engine.with_cache(cache),
        })
    }

    pub(super) fn draw(&self, format: &str) -> Value {
        let format = match format {
            "mermaid" => DrawFormat::Mermaid,
            "dot" => DrawFormat::Dot,
            "text" => DrawFormat::Text,
            other => {
                let problem =
                    format!("`{other}` is no format of a drawing; mermaid, dot and text are");
                return answer(GraphErrorJson::other("INVALID_CONFIG", problem));
            }
        };
        json!({ "ok": true, "text": self.engine.graph().draw(format) })
    }

    /// An operation, to be polled.
    pub(super) fn operation(
        self: &Arc<Self>,
        request: &str,
        dialogue: &Arc<Dialogue>,
        stops: (CancellationToken, Drain),
    ) -> Result<Work, GraphErrorJson> {
        let request: Request = serde_json::from_str(request)
            .map_err(|error| GraphErrorJson::other("INVALID_CONFIG", error.to_string()))?;
        let operation =
            Operation { graph: Arc::clone(self), dialogue: Arc::clone(dialogue), stops };
        Ok(operation.work(request))
    }
}
