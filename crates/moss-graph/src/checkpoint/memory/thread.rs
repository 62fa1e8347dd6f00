//! One thread in memory: its lease and its namespaces.

use std::collections::BTreeMap;
use std::sync::Arc;

use moss_protocol::{RunId, ThreadId};

use super::chain::Chain;
use crate::checkpoint::{
    CheckpointFilter, CheckpointId, CheckpointSelector, Commit, Epoch, Lease, LeaseMode,
    LeaseRequest, ListedCheckpoint, Namespace, PendingWrites, Retention, StoreError,
    StoredCheckpoint, Timestamp,
};

#[derive(Default)]
pub(super) struct Thread {
    held: Option<Held>,
    /// None of them is empty.
    chains: BTreeMap<Namespace, Chain>,
}

struct Held {
    owner: Arc<str>,
    epoch: Epoch,
    expires_at: Timestamp,
}

impl Thread {
    /// Whether there is no checkpoint.
    pub(super) fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    pub(super) fn held_epoch(&self) -> Option<Epoch> {
        self.held.as_ref().map(|held| held.epoch)
    }

    pub(super) fn acquire(
        &mut self,
        request: &LeaseRequest,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<Lease, StoreError> {
        let LeaseRequest { thread, owner, ttl, mode } = request;
        if let Some(held) = &self.held
            && *mode == LeaseMode::IfFree
            && held.owner != *owner
            && now < held.expires_at
        {
            return Err(StoreError::LeaseHeld {
                thread: thread.clone(),
                owner: held.owner.clone(),
                expires_at: held.expires_at,
            });
        }
        let expires_at = now.after(*ttl);
        self.held = Some(Held { owner: owner.clone(), epoch, expires_at });
        Ok(Lease { thread: thread.clone(), owner: owner.clone(), epoch, expires_at })
    }

    pub(super) fn renew(&mut self, until: Timestamp) {
        if let Some(held) = &mut self.held {
            held.expires_at = until;
        }
    }

    pub(super) fn release(&mut self) {
        self.held = None;
    }

    pub(super) fn load(
        &self,
        namespace: &Namespace,
        selector: CheckpointSelector,
    ) -> Option<StoredCheckpoint> {
        self.chains.get(namespace)?.load(selector)
    }

    pub(super) fn head(&self, namespace: &Namespace) -> Option<CheckpointId> {
        self.chains.get(namespace)?.head()
    }

    pub(super) fn commit(
        &mut self,
        thread: &ThreadId,
        commit: Arc<Commit>,
    ) -> Result<(), StoreError> {
        match self.chains.get_mut(&commit.namespace) {
            Some(chain) => chain.commit(thread, commit),
            None => {
                let namespace = commit.namespace.clone();
                let mut chain = Chain::default();
                chain.commit(thread, commit)?;
                self.chains.insert(namespace, chain);
                Ok(())
            }
        }
    }

    pub(super) fn put_writes(
        &mut self,
        thread: &ThreadId,
        writes: PendingWrites,
    ) -> Result<(), StoreError> {
        match self.chains.get_mut(&writes.namespace) {
            Some(chain) => chain.put_writes(thread, writes),
            None => Chain::default().put_writes(thread, writes),
        }
    }

    pub(super) fn list(&self, filter: &CheckpointFilter) -> Vec<ListedCheckpoint> {
        let mut fitting: Vec<_> = self
            .chains
            .iter()
            .flat_map(|(namespace, chain)| chain.checkpoints().map(move |kept| (namespace, kept)))
            .filter(|(namespace, checkpoint)| filter.fits(namespace, checkpoint))
            .collect();
        fitting
            .sort_by_key(|(namespace, checkpoint)| (std::cmp::Reverse(checkpoint.id), *namespace));
        fitting
            .into_iter()
            .take(filter.limit)
            .map(|(namespace, checkpoint)| ListedCheckpoint {
                namespace: namespace.clone(),
                checkpoint: checkpoint.clone(),
            })
            .collect()
    }

    pub(super) fn chains(&self) -> BTreeMap<Namespace, Chain> {
        self.chains.clone()
    }

    pub(super) fn set_chains(&mut self, chains: BTreeMap<Namespace, Chain>) {
        self.chains = chains;
    }

    pub(super) fn delete_run(&mut self, run: &RunId) -> u64 {
        let made: Vec<_> = self
            .chains
            .iter()
            .flat_map(|(namespace, chain)| {
                let made = chain.checkpoints().filter(|kept| kept.run.as_ref() == Some(run));
                made.map(|checkpoint| (namespace.clone(), checkpoint.id))
            })
            .collect();
        self.remove(made)
    }

    pub(super) fn prune(&mut self, retention: &Retention, now: Timestamp) -> u64 {
        let ages = self.chains.iter().map(|(namespace, chain)| {
            let made = chain.checkpoints().map(|checkpoint| (checkpoint.id, checkpoint.created_at));
            (namespace.clone(), made.collect())
        });
        let goes = retention.removes(&ages.collect(), now);
        self.remove(goes)
    }

    fn remove(&mut self, goes: Vec<(Namespace, CheckpointId)>) -> u64 {
        let mut removed = 0;
        for (namespace, id) in goes {
            if let Some(chain) = self.chains.get_mut(&namespace) {
                removed += u64::from(chain.remove(id));
            }
        }
        self.chains.retain(|_, chain| !chain.is_empty());
        removed
    }
}
