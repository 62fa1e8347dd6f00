//! What the model keeps: everything, for each checkpoint.

use std::collections::BTreeMap;

use moss_graph::checkpoint::{
    Blob, ChannelChange, ChannelName, ChannelValue, Checkpoint, CheckpointId, Namespace,
    PendingWrite, StoredCheckpoint, WriteKind,
};

#[derive(Debug, Clone)]
pub struct Kept {
    pub checkpoint: Checkpoint,
    pub channels: BTreeMap<ChannelName, Value>,
    pub writes: BTreeMap<(String, WriteKind, u32), Blob>,
}

impl Kept {
    pub fn put(&mut self, writes: Vec<PendingWrite>) {
        for PendingWrite { task, kind, index, value } in writes {
            let key = (task.to_string(), kind, index);
            if kind.is_replaced() || !self.writes.contains_key(&key) {
                self.writes.insert(key, value);
            }
        }
    }
}

#[derive(Debug, Clone)]
pub enum Value {
    Value(Blob),
    Log(Vec<Blob>),
}

pub type Chains = BTreeMap<Namespace, BTreeMap<CheckpointId, Kept>>;

pub fn stored_as(kept: &Kept, head: CheckpointId) -> StoredCheckpoint {
    let channels = kept.channels.iter().map(|(channel, value)| {
        let value = match value {
            Value::Value(value) => ChannelValue::Value(value.clone()),
            Value::Log(items) => ChannelValue::Log(items.clone().into()),
        };
        (channel.clone(), value)
    });
    let writes = kept.writes.iter().map(|((task, kind, index), value)| PendingWrite {
        task: task.as_str().into(),
        kind: *kind,
        index: *index,
        value: value.clone(),
    });
    StoredCheckpoint {
        checkpoint: kept.checkpoint.clone(),
        channels: channels.collect(),
        writes: writes.collect(),
        head,
    }
}

/// The state after the changes; none where one of them makes no sense.
pub fn changed(
    mut channels: BTreeMap<ChannelName, Value>,
    changes: &BTreeMap<ChannelName, ChannelChange>,
) -> Option<BTreeMap<ChannelName, Value>> {
    for (channel, change) in changes {
        let log = match channels.get(channel) {
            Some(Value::Log(items)) => Some(items.clone()),
            Some(Value::Value(_)) => None,
            None => Some(Vec::new()),
        };
        let value = match change {
            ChannelChange::Set(value) => Value::Value(value.clone()),
            ChannelChange::Append(items) => Value::Log([log?, items.clone()].concat()),
            ChannelChange::Rewrite { keep: 0, items } => Value::Log(items.clone()),
            ChannelChange::Rewrite { keep, items } => {
                Value::Log([log?.get(..*keep)?, items].concat())
            }
            ChannelChange::Clear => {
                channels.remove(channel);
                continue;
            }
        };
        channels.insert(channel.clone(), value);
    }
    Some(channels)
}

pub fn prune(chains: &mut Chains, keep: usize) {
    for chain in chains.values_mut() {
        while chain.len() > keep {
            chain.pop_first();
        }
    }
    let oldest = chains.get(&Namespace::root()).and_then(|root| root.keys().next().copied());
    chains.retain(|namespace, chain| {
        let is_needed = oldest.is_none_or(|oldest| chain.keys().any(|id| *id > oldest));
        is_needed || !namespace.as_str().contains(':')
    });
}

pub fn count(chains: &Chains) -> u64 {
    chains.values().map(|chain| chain.len() as u64).sum()
}
