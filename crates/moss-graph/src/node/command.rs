//! What a node may give back beside an update: where to go on.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::SendTo;
use crate::{NodeName, State};

/// Updates, and where the run goes on: LangGraph's `Command`.
///
/// What it names is run beside what the node's edges lead to. The names must be among the node's declared ends
/// ([`NodeOptions::ends`](crate::NodeOptions::ends)); [`END`](crate::END) leads nowhere.
///
/// ```
/// use moss_graph::{Command, SendTo, State};
///
/// #[derive(Clone, Default, State)]
/// struct Work {
///     topic: String,
/// }
///
/// let pass_on: Command<Work> = Command::update(Work::update().topic("tides".to_owned())).goto("write");
/// let fan_out = Command::<Work>::new()
///     .goto(SendTo::new("search", Work { topic: "moon".to_owned() }))
///     .goto(SendTo::new("search", Work { topic: "sun".to_owned() }));
/// # let _ = (pass_on, fan_out);
/// ```
pub struct Command<S: State> {
    updates: Vec<S::Update>,
    goto: Vec<Goto<S>>,
    parent: Option<Arc<dyn Any + Send + Sync>>,
}

/// What a command is made of.
pub(crate) struct Parts<S: State> {
    pub(crate) updates: Vec<S::Update>,
    pub(crate) goto: Vec<Goto<S>>,
    /// A `Command` of the graph around this one.
    pub(crate) parent: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) onward: Onward,
}

/// Where a finished task leads beside what its command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Onward {
    /// Along its node's edges, to its joins, and where its routers choose.
    #[default]
    Edges,
    /// Nowhere: the command of an error handler says where a failure leads.
    Nowhere,
}

/// One place to go on at: a node, or a task with an input of its own.
pub enum Goto<S> {
    /// A node, on the state; or [`END`](crate::END).
    Node(Cow<'static, str>),
    /// A node, on an input of its own.
    Send(SendTo<S>),
}

impl<S: State> Command<S> {
    /// A command that does nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { updates: Vec::new(), goto: Vec::new(), parent: None }
    }

    /// A command that writes an update.
    #[must_use]
    pub fn update(update: S::Update) -> Self {
        Self { updates: vec![update], ..Self::new() }
    }

    /// Writes another update, behind those there are. Two writes of a last-value field are a conflict here too.
    #[must_use]
    pub fn and_update(mut self, update: S::Update) -> Self {
        self.updates.push(update);
        self
    }

    /// Goes on at a node too.
    #[must_use]
    pub fn goto(mut self, place: impl Into<Goto<S>>) -> Self {
        self.goto.push(place.into());
        self
    }

    /// A command to the graph that this graph is a subgraph of (LangGraph's `Command.PARENT`): this graph's run ends
    /// at once, and the node it runs in gives back `command` instead.
    ///
    /// `P` is the state of that graph. Where it is another, or there is no graph around this one, the node fails.
    #[must_use]
    pub fn to_parent<P: State>(command: Command<P>) -> Self {
        Self { parent: Some(Arc::new(command)), ..Self::new() }
    }

    /// Several outputs of one node as one: LangGraph's list of updates and commands.
    #[must_use]
    pub fn all(commands: impl IntoIterator<Item = Self>) -> Self {
        commands.into_iter().fold(Self::new(), |mut all, command| {
            all.updates.extend(command.updates);
            all.goto.extend(command.goto);
            all.parent = command.parent.or(all.parent);
            all
        })
    }

    /// What an error handler gives back: where its command leads, and nowhere else; or, where that leads nowhere, on as
    /// the node would.
    pub(crate) fn into_handled_parts(self) -> Parts<S> {
        let mut parts = self.into_parts();
        if !parts.goto.is_empty() {
            parts.onward = Onward::Nowhere;
        }
        parts
    }

    pub(crate) fn into_parts(self) -> Parts<S> {
        Parts { updates: self.updates, goto: self.goto, parent: self.parent, onward: Onward::Edges }
    }
}

impl<S: State> Default for Command<S> {
    fn default() -> Self {
        Self::new()
    }
}

// The three are not derived: derived ones would ask the same of `S`, and show what no log should.
impl<S: State> Clone for Command<S> {
    fn clone(&self) -> Self {
        Self { updates: self.updates.clone(), goto: self.goto.clone(), parent: self.parent.clone() }
    }
}

impl<S: State> fmt::Debug for Command<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("updates", &self.updates.len())
            .field("goto", &self.goto)
            .field("to_parent", &self.parent.is_some())
            .finish()
    }
}

impl<S> Goto<S> {
    /// The name of the place.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Node(name) => name,
            Self::Send(send) => &send.node,
        }
    }
}

impl<S> Clone for Goto<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Node(name) => Self::Node(name.clone()),
            Self::Send(send) => Self::Send(send.clone()),
        }
    }
}

impl<S> fmt::Debug for Goto<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(name) => f.debug_tuple("Node").field(name).finish(),
            Self::Send(send) => send.fmt(f),
        }
    }
}

impl<S> From<&'static str> for Goto<S> {
    fn from(name: &'static str) -> Self {
        Self::Node(name.into())
    }
}

impl<S> From<String> for Goto<S> {
    fn from(name: String) -> Self {
        Self::Node(name.into())
    }
}

impl<S> From<Cow<'static, str>> for Goto<S> {
    fn from(name: Cow<'static, str>) -> Self {
        Self::Node(name)
    }
}

impl<S> From<NodeName> for Goto<S> {
    fn from(name: NodeName) -> Self {
        Self::from(&name)
    }
}

impl<S> From<&NodeName> for Goto<S> {
    fn from(name: &NodeName) -> Self {
        Self::Node(String::from(name).into())
    }
}

impl<S> From<SendTo<S>> for Goto<S> {
    fn from(send: SendTo<S>) -> Self {
        Self::Send(send)
    }
}
