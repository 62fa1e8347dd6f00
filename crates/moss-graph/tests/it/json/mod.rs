//! States whose fields are known at run time.

mod nodes;
mod reducers;
mod stored;
