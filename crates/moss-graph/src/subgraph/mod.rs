//! Graphs as nodes of other graphs.

mod inner;
mod memory;
mod node;
mod output;

pub use inner::InnerGraph;
pub use memory::SubgraphMemory;
pub use node::{Subgraph, SubgraphError};
