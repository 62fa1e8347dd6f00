//! Graphs as nodes of other graphs.

mod memory;
mod node;
mod output;

pub use memory::SubgraphMemory;
pub use node::{Subgraph, SubgraphError};
