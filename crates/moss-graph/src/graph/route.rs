//! Where a conditional edge leads.

use std::borrow::Cow;
use std::slice;

use super::name::{END, NodeName};

/// What a router answers: where a run goes on.
///
/// Made from one name or from several, with [`END`] among them where the branch may end:
///
/// ```
/// use moss_graph::{END, Route};
///
/// let one: Route = "tools".into();
/// let several: Route = ["search", "summarize"].into();
/// let end: Route = END.into();
/// assert_eq!(one.targets(), ["tools"]);
/// assert_eq!(several.targets(), ["search", "summarize"]);
/// assert_eq!(end, Route::end());
/// ```
///
/// No name at all leads nowhere, as [`END`] does: it is the fan-out over an empty list. A name given twice
/// counts once, since a node runs once a superstep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route(Targets);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Targets {
    One(Cow<'static, str>),
    Several(Vec<Cow<'static, str>>),
}

impl Route {
    /// The route to [`END`].
    #[must_use]
    pub const fn end() -> Self {
        Self(Targets::One(Cow::Borrowed(END)))
    }

    /// The names this route leads to, in the order they were given.
    #[must_use]
    pub fn targets(&self) -> &[Cow<'static, str>] {
        match &self.0 {
            Targets::One(target) => slice::from_ref(target),
            Targets::Several(targets) => targets,
        }
    }
}

impl From<&'static str> for Route {
    fn from(target: &'static str) -> Self {
        Self(Targets::One(target.into()))
    }
}

impl From<String> for Route {
    fn from(target: String) -> Self {
        Self(Targets::One(target.into()))
    }
}

impl From<NodeName> for Route {
    fn from(target: NodeName) -> Self {
        Self(Targets::One(String::from(target).into()))
    }
}

impl From<&NodeName> for Route {
    fn from(target: &NodeName) -> Self {
        Self(Targets::One(String::from(target).into()))
    }
}

impl From<Vec<&'static str>> for Route {
    fn from(targets: Vec<&'static str>) -> Self {
        targets.into_iter().map(Cow::Borrowed).collect()
    }
}

impl From<Vec<String>> for Route {
    fn from(targets: Vec<String>) -> Self {
        targets.into_iter().map(Cow::Owned).collect()
    }
}

impl From<Vec<NodeName>> for Route {
    fn from(targets: Vec<NodeName>) -> Self {
        targets.into_iter().map(|target| Cow::Owned(target.into())).collect()
    }
}

impl<const N: usize> From<[&'static str; N]> for Route {
    fn from(targets: [&'static str; N]) -> Self {
        targets.into_iter().map(Cow::Borrowed).collect()
    }
}

impl FromIterator<Cow<'static, str>> for Route {
    fn from_iter<I: IntoIterator<Item = Cow<'static, str>>>(targets: I) -> Self {
        Self(Targets::Several(targets.into_iter().collect()))
    }
}
