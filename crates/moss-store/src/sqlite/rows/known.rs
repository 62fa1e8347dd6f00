//! What the connection that writes knows of the file without looking.
//!
//! Only one connection of a process writes, so that what it wrote is what is there, until another process writes
//! or a transaction is undone. Then all of it is forgotten.
//!
//! What is not here is not known; that something is *not* in the file is said with an `Option`.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use moss_graph::ThreadId;
use moss_graph::checkpoint::{ChannelName, Namespace};

use super::counters::Counter;
use super::stretches::CommitRow;
use crate::calls::{HeldLease, ThreadRow};
use crate::rows::{BranchKey, LogKey, Mark, NamespaceKey, Point, Predecessor, ThreadKey};

/// How many threads, namespaces, branches and logs are known at most. Beyond, all are forgotten.
const MOST: usize = 4_096;

/// What is known of the file.
#[derive(Debug, Default)]
pub(in super::super) struct Known {
    /// The number by which SQLite tells whether another connection has changed the file.
    version: i64,
    threads: HashMap<ThreadId, ThreadKey>,
    leases: HashMap<ThreadKey, Option<HeldLease>>,
    namespaces: HashMap<ThreadKey, BTreeMap<Namespace, NamespaceKey>>,
    heads: HashMap<NamespaceKey, Option<Predecessor>>,
    branches: HashMap<BranchKey, KnownBranch>,
    /// The index behind a log's last item.
    ends: HashMap<LogKey, usize>,
    /// The key up to which commits have places.
    placed: Option<i64>,
    /// All rows of commits that have none.
    unplaced: Option<Vec<CommitRow>>,
    /// Numbers that were set aside and have not been given. As long as the file's version is the same, nobody else has given
    /// a greater one.
    numbers: HashMap<Counter, Range<i64>>,
}

#[derive(Debug, Default)]
struct KnownBranch {
    /// Whether it begins at no other branch.
    is_first: bool,
    /// Where its newest checkpoint stands.
    tip: Option<i64>,
    /// A point of it that has no pending writes.
    quiet: Option<i64>,
    /// Whether it was made here, so that all its changes have been noted.
    is_whole: bool,
    /// The newest changes of its channels.
    marks: BTreeMap<ChannelName, Option<Mark>>,
}

impl Known {
    /// Whether what is known is of this version of the file.
    pub(in super::super) const fn is_of(&self, version: i64) -> bool {
        self.version == version
    }

    /// Forgets all if the file's version is another than it was.
    pub(in super::super) fn see_version(&mut self, version: i64) {
        if !self.is_of(version) {
            self.forget_all();
            self.version = version;
        }
        self.bound();
    }

    /// Forgets all if that is too much.
    pub(in super::super) fn bound(&mut self) {
        let size = [self.threads.len(), self.heads.len(), self.branches.len(), self.ends.len()];
        if size.into_iter().any(|size| size > MOST) {
            self.forget();
        }
    }

    /// Forgets all: what was written is undone, or others have written.
    pub(in super::super) fn forget_all(&mut self) {
        self.forget();
        self.numbers.clear();
    }

    /// Forgets all but the numbers that were set aside: something is deleted.
    pub(super) fn forget(&mut self) {
        let Self { version: _, threads, leases, namespaces, heads, branches, ends, .. } = self;
        // What they have room for they need again soon.
        threads.clear();
        leases.clear();
        namespaces.clear();
        heads.clear();
        branches.clear();
        ends.clear();
        (self.placed, self.unplaced) = (None, None);
    }

    pub(super) fn thread(&self, id: &ThreadId) -> Option<ThreadRow> {
        let key = *self.threads.get(id)?;
        Some(ThreadRow { key, lease: self.leases.get(&key)?.clone() })
    }

    pub(super) fn set_thread(&mut self, id: &ThreadId, row: &ThreadRow) {
        self.threads.insert(id.clone(), row.key);
        self.leases.insert(row.key, row.lease.clone());
    }

    pub(super) fn set_lease(&mut self, thread: ThreadKey, lease: Option<&HeldLease>) {
        if let Some(known) = self.leases.get_mut(&thread) {
            *known = lease.cloned();
        }
        if lease.is_none() {
            self.forget_subgraphs(thread);
        }
    }

    /// Forgets the namespaces of a thread's subgraphs. A run is over, and the next one begins its own.
    fn forget_subgraphs(&mut self, thread: ThreadKey) {
        let Some(names) = self.namespaces.get_mut(&thread) else { return };
        let subgraphs = names.extract_if(.., |name, _| !name.is_root());
        for (_, key) in subgraphs {
            if let Some(Some(head)) = self.heads.remove(&key) {
                self.branches.remove(&head.point.branch);
            }
        }
    }

    pub(super) fn namespace(&self, thread: ThreadKey, name: &Namespace) -> Option<NamespaceKey> {
        self.namespaces.get(&thread)?.get(name).copied()
    }

    pub(super) fn set_namespace(&mut self, of: ThreadKey, name: &Namespace, key: NamespaceKey) {
        self.namespaces.entry(of).or_default().insert(name.clone(), key);
    }

    pub(super) fn head(&self, namespace: NamespaceKey) -> Option<Option<Predecessor>> {
        self.heads.get(&namespace).copied()
    }

    pub(super) fn set_head(&mut self, namespace: NamespaceKey, head: Option<Predecessor>) {
        self.heads.insert(namespace, head);
        if let Some(Predecessor { point, .. }) = head {
            self.branches.entry(point.branch).or_default().tip = Some(point.seq);
        }
    }

    /// A checkpoint was added. It is the newest if it comes behind the one that was.
    pub(super) fn add_checkpoint(&mut self, namespace: NamespaceKey, row: Predecessor) {
        if let Some(head) = self.heads.get_mut(&namespace)
            && head.as_ref().is_none_or(|head| head.id < row.id)
        {
            *head = Some(row);
            let branch = self.branches.entry(row.point.branch).or_default();
            branch.tip = Some(row.point.seq);
            branch.quiet = Some(row.point.seq);
        }
    }

    pub(super) fn is_first(&self, branch: BranchKey) -> bool {
        self.branches.get(&branch).is_some_and(|branch| branch.is_first)
    }

    pub(super) fn set_first(&mut self, branch: BranchKey) {
        self.branches.entry(branch).or_default().is_first = true;
    }

    /// A branch was made that begins at no other one, and has nothing yet.
    pub(super) fn add_first(&mut self, branch: BranchKey) {
        self.branches.insert(
            branch,
            KnownBranch { is_first: true, is_whole: true, ..KnownBranch::default() },
        );
    }

    /// Whether there are no pending writes behind a point.
    pub(super) fn is_quiet(&self, Point { branch, seq }: Point) -> bool {
        self.branches.get(&branch).is_some_and(|branch| branch.quiet == Some(seq))
    }

    /// There may be pending writes behind a point.
    pub(super) fn add_writes(&mut self, Point { branch, seq }: Point) {
        if let Some(branch) = self.branches.get_mut(&branch)
            && branch.quiet == Some(seq)
        {
            branch.quiet = None;
        }
    }

    /// The newest change of a channel in a branch, if it is not behind a point.
    pub(super) fn mark(&self, upto: Point, channel: &ChannelName) -> Option<&Option<Mark>> {
        let branch = self.branches.get(&upto.branch)?;
        let mark = branch.marks.get(channel).or_else(|| branch.is_whole.then_some(&None))?;
        let is_before = mark.as_ref().is_none_or(|mark| mark.point.seq <= upto.seq);
        is_before.then_some(mark)
    }

    /// The newest change of a channel up to a point: it is the branch's newest if the point is.
    pub(super) fn set_mark(&mut self, upto: Point, channel: &ChannelName, mark: Option<Mark>) {
        if let Some(branch) = self.branches.get_mut(&upto.branch)
            && branch.tip == Some(upto.seq)
        {
            branch.marks.insert(channel.clone(), mark);
        }
    }

    /// A change was added. It is the newest if it comes behind the one that was.
    pub(super) fn add_mark(&mut self, mark: &Mark) {
        let Some(branch) = self.branches.get_mut(&mark.point.branch) else { return };
        let newest = match branch.marks.get_mut(&mark.channel) {
            Some(newest) => newest,
            None if branch.is_whole => branch.marks.entry(mark.channel.clone()).or_default(),
            None => return,
        };
        if newest.as_ref().is_none_or(|newest| newest.point.seq < mark.point.seq) {
            *newest = Some(mark.clone());
        }
    }

    pub(super) fn end(&self, log: LogKey) -> Option<usize> {
        self.ends.get(&log).copied()
    }

    /// Items were added to a log, or it is new: they end there or further on.
    pub(super) fn raise_end(&mut self, log: LogKey, end: usize) {
        if let Some(known) = self.ends.get_mut(&log) {
            *known = end.max(*known);
        }
    }

    pub(super) fn number(&mut self, counter: Counter) -> Option<i64> {
        self.numbers.get_mut(&counter)?.next()
    }

    pub(super) fn set_numbers(&mut self, counter: Counter, numbers: Range<i64>) {
        self.numbers.insert(counter, numbers);
    }

    pub(super) const fn placed(&self) -> Option<i64> {
        self.placed
    }

    pub(super) const fn set_placed(&mut self, key: i64) {
        self.placed = Some(key);
    }

    pub(super) fn add_unplaced(&mut self, row: CommitRow) {
        if let Some(unplaced) = &mut self.unplaced {
            unplaced.push(row);
        }
    }

    /// Takes the rows that are given places now.
    pub(super) const fn take_unplaced(&mut self) -> Option<Vec<CommitRow>> {
        self.unplaced.take()
    }

    /// All commits have places.
    pub(super) fn none_is_unplaced(&mut self) {
        self.unplaced = Some(Vec::new());
    }

    pub(super) fn add_log(&mut self, log: LogKey) {
        self.ends.insert(log, 0);
    }
}
