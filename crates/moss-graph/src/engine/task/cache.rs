//! What a task gives to the cache of nodes, and takes from it.

use std::sync::Arc;

use super::{Bench, Job};
use crate::State;
use crate::error::RunFailure;
use crate::graph::NodeOptions;
use crate::node::{Goto, Onward, SendTo};
use crate::policy::Cached;
use crate::scheduler::{Finished, Target, Task};

impl<S: State> Bench<'_, S> {
    pub(super) fn cache_key(&self, job: &Job<S>, options: &NodeOptions<S>) -> Option<String> {
        self.engine.cache.as_ref()?;
        let policy = options.cache.as_ref()?;
        Some((policy.key)(job.task.input().unwrap_or(&job.state)))
    }

    pub(super) fn cached_task(
        &self,
        task: &Task<S>,
        cached: Cached<S>,
    ) -> Result<Finished<S>, RunFailure> {
        let target = |goto: Goto<S>| {
            let Some(node) = self.engine.graph.node_index(goto.name()) else {
                return Err(RunFailure::GraphChanged { missing: vec![goto.name().to_owned()] });
            };
            Ok(match goto {
                Goto::Node(_) => Target::node(node),
                Goto::Send(SendTo { input, timeout, .. }) => {
                    Target { node, input: Some(input), timeout }
                }
            })
        };
        let targets = cached.goto.into_iter().map(target).collect::<Result<_, _>>()?;
        let onward = Onward::Edges;
        Ok(Finished { place: task.place(), updates: cached.updates, targets, onward, fresh: None })
    }

    pub(super) fn to_cache(&self, finished: &Finished<S>) -> Cached<S> {
        let goto = finished.targets.iter().map(|target| {
            let name = self.engine.graph.node_name(target.node);
            match &target.input {
                None => Goto::from(name),
                Some(input) => Goto::Send(SendTo {
                    node: String::from(name).into(),
                    input: Arc::clone(input),
                    timeout: target.timeout,
                }),
            }
        });
        Cached { updates: finished.updates.clone(), goto: goto.collect() }
    }
}
