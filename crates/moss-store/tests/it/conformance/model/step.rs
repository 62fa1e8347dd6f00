//! The calls, with what is wrong about them now and then.

use moss_graph::checkpoint::WriteKind;
use proptest::prelude::*;
use proptest::sample::Index;

pub const NAMESPACES: [&str; 3] = ["", "own", "call:1"];
pub const CHANNELS: [&str; 3] = ["messages", "a", "b"];

/// A pending write: the task, the kind and the index.
pub type PutWrite = (u8, usize, u32);

#[derive(Debug, Clone)]
pub enum Step {
    Acquire {
        thread: usize,
        owner: u8,
        take_over: bool,
        /// Whether what is stored is loaded with it.
        loads: bool,
    },
    Release {
        thread: usize,
    },
    Commit {
        thread: usize,
        namespace: usize,
        parent: Parent,
        faults: Faults,
        run: Option<u8>,
        changes: Vec<(usize, Change)>,
        /// Whether the lease is given back with it, and what is put behind it.
        settles: Option<Vec<PutWrite>>,
    },
    PutWrites {
        thread: usize,
        namespace: usize,
        faults: Faults,
        writes: Vec<PutWrite>,
    },
    DeleteRun {
        thread: usize,
        run: u8,
    },
    Prune {
        thread: usize,
        keep: usize,
    },
    Copy {
        from: usize,
        to: usize,
    },
    DeleteThread {
        thread: usize,
    },
}

#[derive(Debug, Clone)]
pub enum Parent {
    Head,
    Any(Index),
    Nothing,
}

#[derive(Debug, Clone, Copy)]
pub struct Faults {
    pub old_lease: bool,
    pub old_head: bool,
}

#[derive(Debug, Clone)]
pub enum Change {
    Set,
    Append(usize),
    Rewrite { keep: usize, items: usize },
    Clear,
}

fn faults() -> impl Strategy<Value = Faults> {
    (prop::bool::weighted(0.05), prop::bool::weighted(0.05))
        .prop_map(|(old_lease, old_head)| Faults { old_lease, old_head })
}

pub fn step() -> impl Strategy<Value = Step> {
    let thread = || 0..2usize;
    let namespace = || prop_oneof![4 => Just(0usize), 1 => Just(1), 1 => Just(2)];
    let parent = prop_oneof![
        6 => Just(Parent::Head),
        3 => any::<Index>().prop_map(Parent::Any),
        1 => Just(Parent::Nothing),
    ];
    let change = prop_oneof![
        3 => Just(Change::Set),
        4 => (0..4usize).prop_map(Change::Append),
        2 => (0..8usize, 0..3usize).prop_map(|(keep, items)| Change::Rewrite { keep, items }),
        1 => Just(Change::Clear),
    ];
    let changes = prop::collection::vec((0..CHANNELS.len(), change), 0..4);
    let writes = || prop::collection::vec((0..3u8, 0..WriteKind::ALL.len(), 0..3u32), 0..5);
    let settles = prop::option::weighted(0.1, writes());
    let run = prop::option::of(0..3u8);
    let commit = (thread(), namespace(), parent, faults(), run, changes, settles);
    prop_oneof![
        2 => (thread(), 0..2u8, any::<bool>(), any::<bool>()).prop_map(
            |(thread, owner, take_over, loads)| Step::Acquire { thread, owner, take_over, loads },
        ),
        1 => thread().prop_map(|thread| Step::Release { thread }),
        20 => commit.prop_map(|(thread, namespace, parent, faults, run, changes, settles)| {
            Step::Commit { thread, namespace, parent, faults, run, changes, settles }
        }),
        4 => (thread(), namespace(), faults(), writes()).prop_map(
            |(thread, namespace, faults, writes)| Step::PutWrites { thread, namespace, faults, writes },
        ),
        1 => (thread(), 0..3u8).prop_map(|(thread, run)| Step::DeleteRun { thread, run }),
        1 => (thread(), 1..6usize).prop_map(|(thread, keep)| Step::Prune { thread, keep }),
        1 => (thread(), thread()).prop_map(|(from, to)| Step::Copy { from, to }),
        1 => thread().prop_map(|thread| Step::DeleteThread { thread }),
    ]
}
