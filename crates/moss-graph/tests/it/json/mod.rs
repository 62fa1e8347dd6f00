//! States whose fields are known at run time.

mod changes;
mod definition;
mod later;
mod nodes;
mod reducers;
mod shared;
mod stored;
