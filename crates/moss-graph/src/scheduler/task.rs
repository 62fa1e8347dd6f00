//! Tasks: a node that is to run, and what it has come to.

use std::fmt;
use std::sync::Arc;

use crate::graph::{CompiledGraph, NodeIndex};
use crate::node::Onward;
use crate::state::State;
use crate::{NodeName, TimeoutPolicy};

/// One task of a run: a node in a superstep. The same in every execution that takes the same way.
///
/// Its text is `<superstep>:<node>`, as in `3:tools`; a task that was sent has its number behind it, as in
/// `3:tools#2`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    superstep: u64,
    send: u32,
    node: NodeName,
}

impl TaskId {
    pub(crate) const fn new(superstep: u64, node: NodeName, send: u32) -> Self {
        Self { superstep, send, node }
    }

    /// The superstep the task is part of; the first is 1.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.superstep
    }

    /// The node the task runs.
    #[must_use]
    pub const fn node(&self) -> &NodeName {
        &self.node
    }

    /// Which of the superstep's sent tasks it is, counted from 1; none for a task on the state.
    #[must_use]
    pub const fn send(&self) -> Option<u32> {
        if self.send == 0 { None } else { Some(self.send) }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.superstep, self.node)?;
        if self.send > 0 { write!(f, "#{}", self.send) } else { Ok(()) }
    }
}

/// A task's place among those of its run, in the order in which updates are applied: by superstep, nodes by name,
/// then what was sent, in the order it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskPlace {
    pub(super) superstep: u64,
    pub(super) send: u32,
    pub(super) node: NodeIndex,
    /// How many tasks follow each other on the longest way to it, itself among them.
    pub(super) depth: u64,
}

impl TaskPlace {
    /// The node.
    #[must_use]
    pub const fn node(self) -> NodeIndex {
        self.node
    }
}

/// A node that is to run.
pub struct Task<S> {
    pub(super) place: TaskPlace,
    /// What was sent to it. A task without runs on the state.
    pub(super) input: Option<Arc<S>>,
    pub(super) timeout: Option<TimeoutPolicy>,
}

impl<S> Task<S> {
    pub(crate) fn new(superstep: u64, target: Target<S>, send: u32) -> Self {
        let Target { node, input, timeout } = target;
        Self { place: TaskPlace { superstep, send, node, depth: 1 }, input, timeout }
    }

    pub(super) const fn at_depth(mut self, depth: u64) -> Self {
        self.place.depth = depth;
        self
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> NodeIndex {
        self.place.node
    }

    /// The task's place among all of its run.
    #[must_use]
    pub const fn place(&self) -> TaskPlace {
        self.place
    }

    /// The superstep it is part of.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.place.superstep
    }

    /// How deep in its run it is: how many tasks follow each other on the longest way to it, itself among them; 1 for
    /// those a run begins with. In supersteps all of one follow all of the one before. It is what the recursion limit
    /// counts.
    #[must_use]
    pub const fn depth(&self) -> u64 {
        self.place.depth
    }

    pub(crate) fn into_target(self) -> Target<S> {
        Target { node: self.place.node, input: self.input, timeout: self.timeout }
    }

    /// What was sent to it; a task without runs on the state.
    #[must_use]
    pub const fn input(&self) -> Option<&Arc<S>> {
        self.input.as_ref()
    }

    pub(crate) const fn timeout(&self) -> Option<TimeoutPolicy> {
        self.timeout
    }

    /// Which of the sent tasks it is, counted from 1; 0 for a task on the state.
    pub(crate) const fn send(&self) -> u32 {
        self.place.send
    }
}

impl<S: State> Task<S> {
    /// The task's id.
    #[must_use]
    pub fn id(&self, graph: &CompiledGraph<S>) -> TaskId {
        TaskId::new(self.place.superstep, graph.node_name(self.place.node).clone(), self.place.send)
    }
}

/// Where a finished task leads: a node, on the state or on an input of its own.
pub struct Target<S> {
    pub(crate) node: NodeIndex,
    pub(crate) input: Option<Arc<S>>,
    pub(crate) timeout: Option<TimeoutPolicy>,
}

impl<S> Target<S> {
    /// A node, on the state.
    #[must_use]
    pub const fn node(node: NodeIndex) -> Self {
        Self { node, input: None, timeout: None }
    }
}

/// A task that has run: what it wrote, and where its command and its routers lead. Its edges and joins need not be
/// told.
pub struct Finished<S: State> {
    pub(crate) place: TaskPlace,
    pub(crate) updates: Vec<S::Update>,
    pub(crate) targets: Vec<Target<S>>,
    pub(crate) onward: Onward,
    /// The state with the task's own updates, where a router has looked at it.
    pub(crate) fresh: Option<Arc<S>>,
}

impl<S: State> Finished<S> {
    /// A task that has run and wrote something, of a node without routers. For others see
    /// [`finish`](super::finish).
    #[must_use]
    pub fn new(task: &Task<S>, update: S::Update) -> Self {
        let place = task.place;
        Self {
            place,
            updates: vec![update],
            targets: Vec::new(),
            onward: Onward::Edges,
            fresh: None,
        }
    }

    /// The task's place.
    #[must_use]
    pub const fn place(&self) -> TaskPlace {
        self.place
    }
}

// Not derived: derived ones would ask the same of `S`, and show what no log should.
impl<S> Clone for Task<S> {
    fn clone(&self) -> Self {
        Self { input: self.input.clone(), ..*self }
    }
}

impl<S> fmt::Debug for Task<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("place", &self.place)
            .field("sent", &self.input.is_some())
            .finish_non_exhaustive()
    }
}

impl<S: PartialEq> PartialEq for Task<S> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place && self.input == other.input && self.timeout == other.timeout
    }
}

impl<S> Clone for Target<S> {
    fn clone(&self) -> Self {
        Self { input: self.input.clone(), ..*self }
    }
}

impl<S> fmt::Debug for Target<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("node", &self.node)
            .field("sent", &self.input.is_some())
            .finish_non_exhaustive()
    }
}

impl<S: State> fmt::Debug for Finished<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("place", &self.place)
            .field("updates", &self.updates.len())
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}
