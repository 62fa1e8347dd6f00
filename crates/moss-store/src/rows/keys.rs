//! The numbers by which rows refer to each other within one database.

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) i64);
    };
}

key!(
    /// A thread.
    ThreadKey
);
key!(
    /// A namespace of a thread.
    NamespaceKey
);
key!(
    /// A branch of a namespace.
    BranchKey
);
key!(
    /// A log, of some channel of a namespace.
    LogKey
);

/// A place in a branch. Each branch goes on counting where the one it left had come to, so that places grow
/// along the way to a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) branch: BranchKey,
    pub(crate) seq: i64,
}
