//! Where a conditional edge leads.

use std::borrow::Cow;
use std::slice;

use super::name::{END, NodeName};
use crate::node::{Goto, SendTo};

/// What a router answers: where a run goes on.
///
/// Made from one name or from several, with [`END`] among them where the branch may end, and from
/// [`SendTo`]s, each a task with an input of its own:
///
/// ```
/// use moss_graph::{END, Route};
///
/// let one: Route<()> = "tools".into();
/// let several: Route<()> = ["search", "summarize"].into();
/// assert_eq!(one.names().collect::<Vec<_>>(), ["tools"]);
/// assert_eq!(several.names().collect::<Vec<_>>(), ["search", "summarize"]);
/// assert_eq!(Route::<()>::end().names().collect::<Vec<_>>(), [END]);
/// ```
///
/// No name at all leads nowhere, as [`END`] does: it is the fan-out over an empty list. A name given twice
/// counts once, since a node runs once a superstep on the state; each [`SendTo`] counts.
#[derive(Debug, Clone)]
pub struct Route<S>(Targets<S>);

#[derive(Debug, Clone)]
enum Targets<S> {
    One(Goto<S>),
    Several(Vec<Goto<S>>),
}

impl<S> Route<S> {
    /// The route to [`END`].
    #[must_use]
    pub const fn end() -> Self {
        Self(Targets::One(Goto::Node(Cow::Borrowed(END))))
    }

    /// The places this route leads to, in the order they were given.
    #[must_use]
    pub fn targets(&self) -> &[Goto<S>] {
        match &self.0 {
            Targets::One(target) => slice::from_ref(target),
            Targets::Several(targets) => targets,
        }
    }

    /// The names of those places.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.targets().iter().map(Goto::name)
    }
}

impl<S> From<Goto<S>> for Route<S> {
    fn from(target: Goto<S>) -> Self {
        Self(Targets::One(target))
    }
}

impl<S> From<SendTo<S>> for Route<S> {
    fn from(target: SendTo<S>) -> Self {
        Goto::from(target).into()
    }
}

impl<S> From<&'static str> for Route<S> {
    fn from(target: &'static str) -> Self {
        Goto::from(target).into()
    }
}

impl<S> From<String> for Route<S> {
    fn from(target: String) -> Self {
        Goto::from(target).into()
    }
}

impl<S> From<NodeName> for Route<S> {
    fn from(target: NodeName) -> Self {
        Goto::from(target).into()
    }
}

impl<S> From<&NodeName> for Route<S> {
    fn from(target: &NodeName) -> Self {
        Goto::from(target).into()
    }
}

impl<S, T: Into<Goto<S>>> From<Vec<T>> for Route<S> {
    fn from(targets: Vec<T>) -> Self {
        targets.into_iter().collect()
    }
}

impl<S, T: Into<Goto<S>>, const N: usize> From<[T; N]> for Route<S> {
    fn from(targets: [T; N]) -> Self {
        targets.into_iter().collect()
    }
}

impl<S, T: Into<Goto<S>>> FromIterator<T> for Route<S> {
    fn from_iter<I: IntoIterator<Item = T>>(targets: I) -> Self {
        Self(Targets::Several(targets.into_iter().map(Into::into).collect()))
    }
}
