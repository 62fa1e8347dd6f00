//! States whose fields are known at run time.

mod changes;
mod later;
mod nodes;
mod reducers;
mod stored;
