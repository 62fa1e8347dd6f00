//! A task that comes next, as it is stored.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TimeoutPolicy;
use crate::checkpoint::CheckpointId;

/// A task that comes next: the name of its node, or an object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum StoredTask<'g> {
    /// On the state, planned where it is stored.
    Node(Cow<'g, str>),
    Task(Box<FullTask<'g>>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FullTask<'g> {
    pub(super) node: Cow<'g, str>,
    pub(super) superstep: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) send: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<StoredTimeout>,
    /// The checkpoint it was planned at, where that is another than the one it is stored with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<String>,
}

impl<'g> StoredTask<'g> {
    /// A task that is stored behind a superstep.
    pub(super) fn new(task: FullTask<'g>, behind: u64) -> Self {
        let is_plain = task.superstep == behind.saturating_add(1)
            && (task.send, &task.origin) == (0, &None)
            && task.input.is_none()
            && task.timeout.is_none();
        if is_plain { Self::Node(task.node) } else { Self::Task(Box::new(task)) }
    }

    pub(super) fn into_full(self, behind: u64) -> FullTask<'g> {
        match self {
            Self::Task(task) => *task,
            Self::Node(node) => FullTask {
                node,
                superstep: behind.saturating_add(1),
                send: 0,
                input: None,
                timeout: None,
                origin: None,
            },
        }
    }

    pub(super) fn named(&self, behind: u64, checkpoint: CheckpointId) -> NamedTask {
        let (node, superstep, send, origin) = match self {
            Self::Node(node) => (node, behind.saturating_add(1), 0, None),
            Self::Task(task) => (&task.node, task.superstep, task.send, task.origin.clone()),
        };
        let send = if send == 0 { String::new() } else { format!("#{send}") };
        let origin = origin.unwrap_or_else(|| checkpoint.to_string());
        NamedTask {
            id: format!("{superstep}:{node}{send}"),
            node: node.to_string(),
            part: format!("{node}:{origin}{send}"),
        }
    }
}

// What serde derives for an enum without tags reads all of a task into something of its own first, inputs too.
impl<'de> Deserialize<'de> for StoredTask<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<'g>(PhantomData<StoredTask<'g>>);

        impl<'de, 'g> Visitor<'de> for Either<'g> {
            type Value = StoredTask<'g>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a node's name or a task")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(StoredTask::Node(name.to_owned().into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let task = FullTask::deserialize(MapAccessDeserializer::new(map))?;
                Ok(StoredTask::Task(Box::new(task)))
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredTimeout {
    run: Option<u64>,
    idle: Option<u64>,
    heartbeat_only: bool,
}

/// A task that comes next, by name.
pub(crate) struct NamedTask {
    pub(crate) id: String,
    pub(crate) node: String,
    /// The part of a namespace that leads to it.
    pub(crate) part: String,
}

impl From<TimeoutPolicy> for StoredTimeout {
    fn from(policy: TimeoutPolicy) -> Self {
        let millis = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        Self {
            run: policy.run.map(millis),
            idle: policy.idle.map(millis),
            heartbeat_only: policy.refresh == crate::Refresh::Heartbeat,
        }
    }
}

impl From<StoredTimeout> for TimeoutPolicy {
    fn from(stored: StoredTimeout) -> Self {
        Self {
            run: stored.run.map(Duration::from_millis),
            idle: stored.idle.map(Duration::from_millis),
            refresh: if stored.heartbeat_only {
                crate::Refresh::Heartbeat
            } else {
                crate::Refresh::Auto
            },
        }
    }
}
