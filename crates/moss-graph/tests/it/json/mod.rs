//! States whose fields are known at run time.

mod changes;
mod nodes;
mod reducers;
mod stored;
