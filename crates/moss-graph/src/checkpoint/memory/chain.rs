//! One namespace in memory: its checkpoints and the state at each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use moss_protocol::ThreadId;

use crate::Log;
use crate::checkpoint::{
    Blob, ChannelChange, ChannelName, ChannelValue, Checkpoint, CheckpointId, CheckpointSelector,
    Commit, CommitProblem, Namespace, PendingWrite, PendingWrites, StoreError, StoredCheckpoint,
    TaskKey, WriteKind,
};

/// By name.
type Channels = [(ChannelName, ChannelValue)];

#[derive(Clone, Default)]
pub(super) struct Chain {
    /// Boxed: the map makes room for eleven at a time.
    kept: BTreeMap<CheckpointId, Box<Kept>>,
}

#[derive(Clone)]
struct Kept {
    checkpoint: Checkpoint,
    /// No map: it would make room for eleven at each checkpoint, and most states have fewer.
    channels: Arc<Channels>,
    writes: BTreeMap<(TaskKey, WriteKind, u32), Blob>,
}

impl Chain {
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The checkpoints, from the oldest to the newest.
    pub(super) fn checkpoints(&self) -> impl Iterator<Item = &Checkpoint> {
        self.kept.values().map(|kept| &kept.checkpoint)
    }

    pub(super) fn head(&self) -> Option<CheckpointId> {
        self.kept.keys().next_back().copied()
    }

    pub(super) fn load(&self, selector: CheckpointSelector) -> Option<StoredCheckpoint> {
        let head = self.head()?;
        let kept = match selector {
            CheckpointSelector::Latest => self.kept.get(&head),
            CheckpointSelector::At(id) => self.kept.get(&id),
            CheckpointSelector::NotAfter(id) => {
                self.kept.range(..=id).next_back().map(|(_, kept)| kept)
            }
        }?;
        let writes = kept.writes.iter().map(|((task, kind, index), value)| PendingWrite {
            task: task.clone(),
            kind: *kind,
            index: *index,
            value: value.clone(),
        });
        Some(StoredCheckpoint {
            checkpoint: kept.checkpoint.clone(),
            channels: kept.channels.iter().cloned().collect(),
            writes: writes.collect(),
            head,
        })
    }

    pub(super) fn commit(
        &mut self,
        thread: &ThreadId,
        commit: Arc<Commit>,
    ) -> Result<(), StoreError> {
        let commit = Arc::unwrap_or_clone(commit);
        let Commit { namespace, expected_head, checkpoint, changes } = commit;
        let head = self.head();
        if head == Some(checkpoint.id) && head != expected_head {
            return Ok(());
        }
        self.expect_head(thread, &namespace, expected_head)?;
        let id = checkpoint.id;
        let refuse = |problem| StoreError::Refused {
            thread: thread.clone(),
            namespace: namespace.clone(),
            id,
            problem,
        };
        if let Some(head) = head
            && id <= head
        {
            return Err(refuse(CommitProblem::IdOutOfOrder { head }));
        }
        let channels = match checkpoint.parent {
            None => Arc::from([]),
            Some(parent) => match self.kept.get(&parent) {
                Some(kept) => Arc::clone(&kept.channels),
                None => {
                    let (thread, namespace) = (thread.clone(), namespace.clone());
                    return Err(StoreError::UnknownCheckpoint { thread, namespace, id: parent });
                }
            },
        };
        let channels = with_changes(channels, changes).map_err(refuse)?;
        if let Some(parent) = checkpoint.parent.and_then(|parent| self.kept.get_mut(&parent)) {
            parent.writes.clear();
        }
        let kept = Kept { checkpoint, channels, writes: BTreeMap::new() };
        self.kept.insert(id, Box::new(kept));
        Ok(())
    }

    pub(super) fn put_writes(
        &mut self,
        thread: &ThreadId,
        writes: PendingWrites,
    ) -> Result<(), StoreError> {
        self.expect_head(thread, &writes.namespace, Some(writes.checkpoint))?;
        let Some(kept) = self.kept.get_mut(&writes.checkpoint) else { return Ok(()) };
        for PendingWrite { task, kind, index, value } in writes.writes {
            match kept.writes.entry((task, kind, index)) {
                Entry::Vacant(free) => {
                    free.insert(value);
                }
                Entry::Occupied(mut taken) if kind.is_replaced() => {
                    taken.insert(value);
                }
                Entry::Occupied(_) => {}
            }
        }
        Ok(())
    }

    /// Removes a checkpoint, and says whether it was there.
    pub(super) fn remove(&mut self, id: CheckpointId) -> bool {
        self.kept.remove(&id).is_some()
    }

    fn expect_head(
        &self,
        thread: &ThreadId,
        namespace: &Namespace,
        expected: Option<CheckpointId>,
    ) -> Result<(), StoreError> {
        let found = self.head();
        if found == expected {
            return Ok(());
        }
        let (thread, namespace) = (thread.clone(), namespace.clone());
        Err(StoreError::HeadMoved { thread, namespace, expected, found })
    }
}

fn with_changes(
    channels: Arc<Channels>,
    changes: BTreeMap<ChannelName, ChannelChange>,
) -> Result<Arc<Channels>, CommitProblem> {
    if changes.is_empty() {
        return Ok(channels);
    }
    let mut all = Vec::with_capacity(channels.len() + changes.len());
    all.extend_from_slice(&channels);
    for (channel, change) in changes {
        let place = place_of(&all, &channel);
        let value = match change {
            ChannelChange::Set(value) => ChannelValue::Value(value),
            ChannelChange::Append(items) => {
                let mut log = log_of(&all, &channel)?;
                log.extend(items);
                ChannelValue::Log(log)
            }
            ChannelChange::Rewrite { keep: 0, items } => ChannelValue::Log(items.into()),
            ChannelChange::Rewrite { keep, items } => {
                let log = log_of(&all, &channel)?;
                if keep > log.len() {
                    let length = log.len();
                    return Err(CommitProblem::KeepsTooMuch { channel, keep, length });
                }
                ChannelValue::Log(log.iter().take(keep).cloned().chain(items).collect())
            }
            ChannelChange::Clear => {
                if let Ok(place) = place {
                    all.remove(place);
                }
                continue;
            }
        };
        match place {
            Ok(place) => all[place].1 = value,
            Err(place) => all.insert(place, (channel, value)),
        }
    }
    Ok(all.into())
}

/// Where a channel is, or else would be.
fn place_of(channels: &Channels, channel: &ChannelName) -> Result<usize, usize> {
    channels.binary_search_by(|(name, _)| name.cmp(channel))
}

/// The log of a channel, an empty one where it has no value.
fn log_of(channels: &Channels, channel: &ChannelName) -> Result<Log<Blob>, CommitProblem> {
    match place_of(channels, channel).map(|place| &channels[place].1) {
        Ok(ChannelValue::Log(log)) => Ok(log.clone()),
        Ok(ChannelValue::Value(_)) => Err(CommitProblem::NotALog { channel: channel.clone() }),
        Err(_) => Ok(Log::new()),
    }
}
