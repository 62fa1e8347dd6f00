//! Any sequence of calls, against a model that copies everything.

mod state;
mod step;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use moss_graph::RunId;
use moss_graph::checkpoint::{
    Blob, ChannelChange, Checkpoint, CheckpointFilter, CheckpointId, CheckpointQuery,
    CheckpointSource, CheckpointStore, Commit, JsonObject, Lease, LeaseRequest, ListedCheckpoint,
    Namespace, PendingWrite, PendingWrites, Retention, StoreError, StoreErrorCode, ThreadId,
    Timestamp, WriteKind,
};
use proptest::test_runner::{Config, TestRunner};
use state::{Chains, Kept, changed, count, prune, stored_as};
use step::{CHANNELS, Change, Faults, NAMESPACES, Parent, PutWrite, Step, step};

use crate::support::{MINUTE, Opened, blob, thread, write};

/// Runs so many random sequences of calls against a store and the model.
pub fn check<O: Opened>(cases: u32, open: impl AsyncFn() -> Option<O>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(step(), 1..60), |steps| {
        runtime.block_on(async {
            if let Some(opened) = open().await {
                let mut world = World::new(opened.store());
                for (number, step) in steps.into_iter().enumerate() {
                    world.step(number, step).await;
                }
                world.compare().await;
            }
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
struct ModelThread {
    id: ThreadId,
    /// The lease that is held.
    held: Option<Lease>,
    /// The lease that the calls use, and one that is lost.
    used: Option<Lease>,
    lost: Option<Lease>,
    chains: Chains,
}

struct World<'a> {
    store: &'a dyn CheckpointStore,
    threads: Vec<ModelThread>,
    last_id: Option<CheckpointId>,
    items: u32,
}

type Code = Result<(), StoreErrorCode>;

fn code<T>(result: &Result<T, StoreError>) -> Code {
    result.as_ref().map(|_| ()).map_err(StoreError::code)
}

impl<'a> World<'a> {
    fn new(store: &'a dyn CheckpointStore) -> Self {
        let thread = |name| ModelThread {
            id: thread(name),
            held: None,
            used: None,
            lost: None,
            chains: Chains::new(),
        };
        Self { store, threads: vec![thread("left"), thread("right")], last_id: None, items: 0 }
    }

    async fn step(&mut self, number: usize, step: Step) {
        match step {
            Step::Acquire { thread, owner, take_over, loads } => {
                self.acquire(thread, (owner, take_over, loads)).await
            }
            Step::Release { thread } => {
                let model = &mut self.threads[thread];
                if let Some(lease) = &model.used {
                    self.store.release(lease).await.unwrap();
                    if model.held.as_ref() == Some(lease) {
                        model.held = None;
                    }
                }
            }
            Step::Commit { thread, namespace, parent, faults, run, changes, settles } => {
                let run = run.map(|run| RunId::new(format!("run-{run}")).unwrap());
                let place = (thread, namespace, parent);
                self.commit(number, place, faults, run, changes, settles).await;
            }
            Step::PutWrites { thread, namespace, faults, writes } => {
                self.put_writes(thread, namespace, faults, writes).await;
            }
            Step::DeleteRun { thread, run } => {
                let run = RunId::new(format!("run-{run}")).unwrap();
                let model = &mut self.threads[thread];
                let before = count(&model.chains);
                for chain in model.chains.values_mut() {
                    chain.retain(|_, kept| kept.checkpoint.run.as_ref() != Some(&run));
                }
                model.chains.retain(|_, chain| !chain.is_empty());
                let removed = self.store.delete_run(&model.id, &run).await.unwrap();
                assert_eq!(removed, before - count(&model.chains));
                self.compare().await;
            }
            Step::Prune { thread, keep } => {
                let model = &mut self.threads[thread];
                let before = count(&model.chains);
                prune(&mut model.chains, keep);
                let retention = Retention::last(NonZeroUsize::new(keep).unwrap());
                let removed = self.store.prune(Some(&model.id), &retention).await.unwrap();
                assert_eq!(removed, before - count(&model.chains));
                self.compare().await;
            }
            Step::Copy { from, to } => {
                let (source, target) = (&self.threads[from], &self.threads[to]);
                let expected = if source.chains.is_empty() {
                    Err(StoreErrorCode::UnknownThread)
                } else if !target.chains.is_empty() {
                    Err(StoreErrorCode::ThreadExists)
                } else {
                    Ok(())
                };
                let result = self.store.copy_thread(&source.id, &target.id).await;
                assert_eq!(code(&result), expected);
                if expected.is_ok() {
                    self.threads[to].chains = source.chains.clone();
                    self.compare().await;
                }
            }
            Step::DeleteThread { thread } => {
                let model = &mut self.threads[thread];
                self.store.delete_thread(&model.id).await.unwrap();
                model.chains.clear();
                model.held = None;
            }
        }
    }

    async fn acquire(&mut self, thread: usize, (owner, take_over, loads): (u8, bool, bool)) {
        let model = &mut self.threads[thread];
        let owner = format!("owner-{owner}");
        let mut request = LeaseRequest::new(model.id.clone(), owner.clone(), MINUTE);
        if take_over {
            request = request.take_over();
        }
        let is_held = model.held.as_ref().is_some_and(|held| *held.owner != *owner);
        let result = if loads {
            let query = CheckpointQuery::latest(model.id.clone(), Namespace::root());
            let opened = self.store.open(&request, &query).await;
            opened.map(|(lease, stored)| {
                let newest = model.chains.get(&Namespace::root());
                let newest = newest.and_then(|chain| chain.iter().next_back());
                assert_eq!(stored, newest.map(|(head, kept)| stored_as(kept, *head)));
                lease
            })
        } else {
            self.store.acquire(&request).await
        };
        if is_held && !take_over {
            assert_eq!(code(&result), Err(StoreErrorCode::LeaseHeld));
        } else {
            let lease = result.unwrap();
            model.lost = model.used.replace(lease.clone());
            model.held = Some(lease);
        }
    }

    /// The lease that a call uses, and whether it is held.
    fn lease(&self, thread: usize, faults: Faults) -> Option<(Lease, bool)> {
        let model = &self.threads[thread];
        let lease = if faults.old_lease { &model.lost } else { &model.used };
        lease.clone().map(|lease| {
            let is_held = model.held.as_ref().is_some_and(|held| held.epoch == lease.epoch);
            (lease, is_held)
        })
    }

    async fn commit(
        &mut self,
        number: usize,
        (thread, namespace, parent): (usize, usize, Parent),
        faults: Faults,
        run: Option<RunId>,
        changes: Vec<(usize, Change)>,
        settles: Option<Vec<PutWrite>>,
    ) {
        if self.lease(thread, faults).is_none() {
            self.acquire(thread, (0, false, false)).await;
        }
        let Some((lease, is_held)) = self.lease(thread, faults) else { return };
        let namespace = Namespace::from(NAMESPACES[namespace]);
        let chain = self.threads[thread].chains.get(&namespace).cloned().unwrap_or_default();
        let head = chain.keys().next_back().copied();
        let ids: Vec<_> = chain.keys().copied().collect();
        let parent = match parent {
            Parent::Head => head,
            Parent::Any(_) if ids.is_empty() => None,
            Parent::Any(index) => Some(*index.get(&ids)),
            Parent::Nothing => None,
        };
        let now = Timestamp::from_millis(1_000_000 + number as u64);
        let id = CheckpointId::next(self.last_id, now);
        let checkpoint = Checkpoint {
            id,
            parent,
            superstep: number as i64 - 1,
            source: CheckpointSource::ALL[number % 4],
            created_at: now,
            run,
            metadata: JsonObject::new(),
            progress: blob(&number),
        };
        let expected_head = if faults.old_head { ids.iter().rev().nth(1).copied() } else { head };
        let mut commit = Commit::new(namespace.clone(), expected_head, checkpoint.clone());
        for (channel, change) in changes {
            let change = self.change(change);
            commit = commit.change(CHANNELS[channel].into(), change);
        }

        let before = parent.map(|parent| chain[&parent].channels.clone()).unwrap_or_default();
        let after = changed(before, &commit.changes);
        let expected = match &after {
            _ if !is_held => Err(StoreErrorCode::Fenced),
            _ if expected_head != head => Err(StoreErrorCode::HeadMoved),
            Some(_) => Ok(()),
            None => Err(StoreErrorCode::CommitRefused),
        };
        let ends = settles.is_some();
        let behind = settles.map(|writes| self.writes(writes)).unwrap_or_default();
        let result = if ends {
            self.store.settle(&lease, commit.into(), behind.clone()).await
        } else {
            self.store.commit(&lease, commit.into()).await
        };
        assert_eq!(code(&result), expected, "{result:?}");
        if let (Ok(()), Some(channels)) = (expected, after) {
            self.last_id = Some(id);
            let model = &mut self.threads[thread];
            let chain = model.chains.entry(namespace).or_default();
            if let Some(parent) = parent.and_then(|parent| chain.get_mut(&parent)) {
                parent.writes.clear();
            }
            let mut kept = Kept { checkpoint, channels, writes: BTreeMap::new() };
            kept.put(behind);
            chain.insert(id, kept);
            if ends {
                model.held = None;
            }
        }
    }

    fn writes(&mut self, writes: Vec<PutWrite>) -> Vec<PendingWrite> {
        let mut all = Vec::new();
        for (task, kind, index) in writes {
            self.items += 1;
            let value = format!("write {}", self.items);
            all.push(write(&format!("task-{task}"), WriteKind::ALL[kind], index, &value));
        }
        all
    }

    fn change(&mut self, change: Change) -> ChannelChange {
        let mut items = |count: usize| -> Vec<Blob> {
            (0..count)
                .map(|_| {
                    self.items += 1;
                    blob(&format!("item {}", self.items))
                })
                .collect()
        };
        match change {
            Change::Set => ChannelChange::Set(items(1).remove(0)),
            Change::Append(count) => ChannelChange::Append(items(count)),
            Change::Rewrite { keep, items: count } => {
                ChannelChange::Rewrite { keep, items: items(count) }
            }
            Change::Clear => ChannelChange::Clear,
        }
    }

    async fn put_writes(
        &mut self,
        thread: usize,
        namespace: usize,
        faults: Faults,
        writes: Vec<PutWrite>,
    ) {
        let Some((lease, is_held)) = self.lease(thread, faults) else { return };
        let namespace = Namespace::from(NAMESPACES[namespace]);
        let Some(chain) = self.threads[thread].chains.get(&namespace) else { return };
        let ids: Vec<_> = chain.keys().rev().copied().collect();
        let place = usize::from(faults.old_head && ids.len() > 1);
        let checkpoint = ids[place];
        let all = self.writes(writes);
        let expected = match place {
            _ if !is_held => Err(StoreErrorCode::Fenced),
            0 => Ok(()),
            _ => Err(StoreErrorCode::HeadMoved),
        };
        let call = PendingWrites { namespace: namespace.clone(), checkpoint, writes: all.clone() };
        let result = self.store.put_writes(&lease, call).await;
        assert_eq!(code(&result), expected, "{result:?}");
        if expected.is_ok() {
            let chain = self.threads[thread].chains.get_mut(&namespace).unwrap();
            chain.get_mut(&checkpoint).unwrap().put(all);
        }
    }

    /// Compares all there is.
    async fn compare(&self) {
        for ModelThread { id, chains, .. } in &self.threads {
            let mut expected: Vec<_> = chains
                .iter()
                .flat_map(|(namespace, chain)| {
                    chain.values().map(|kept| ListedCheckpoint {
                        namespace: namespace.clone(),
                        checkpoint: kept.checkpoint.clone(),
                    })
                })
                .collect();
            expected.sort_by(|a, b| {
                (b.checkpoint.id, &a.namespace).cmp(&(a.checkpoint.id, &b.namespace))
            });
            let filter = CheckpointFilter { limit: usize::MAX, ..CheckpointFilter::default() };
            assert_eq!(self.store.list(id, &filter).await.unwrap(), expected);
            for (namespace, chain) in chains {
                let head = *chain.keys().next_back().unwrap();
                for (at, kept) in chain {
                    let query = CheckpointQuery::at(id.clone(), namespace.clone(), *at);
                    let stored = self.store.load(&query).await.unwrap();
                    assert_eq!(stored, Some(stored_as(kept, head)));
                }
                let query = CheckpointQuery::latest(id.clone(), namespace.clone());
                let latest = self.store.load(&query).await.unwrap();
                assert_eq!(latest, Some(stored_as(&chain[&head], head)));
            }
        }
    }
}
